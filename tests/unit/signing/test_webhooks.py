"""Messages to other people's addresses: where they may go, what an answer may cost, what a receiver believes."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import ClassVar

import pytest

from signing.recognition.connecting import Reach
from signing.webhooks.errors import WebhookAddressInvalid, WebhookMessageInvalid, WebhookUnreachable
from signing.webhooks.message import Message, Receiver, Sending, Signed, check, sign
from signing.webhooks.posting import WebPost
from signing.webhooks.targets import check_ip, read_target
from tests.pki import Pki

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://oa.example.cn/yinxin"
HERE = Reach(plain_http=True, networks=(ip_network("127.0.0.0/8"),))


@pytest.fixture(scope="module")
def signed() -> tuple[Signed, Receiver]:
    party = Pki(NOW).party()
    made = sign(
        Message("n1", "test", NOW, {"order": {"id": "o1"}}), Sending(URL, 1, NOW), party.signer, party.der
    )
    return made, Receiver(URL, {hashlib.sha256(party.der).hexdigest()})


def test_a_message_is_believed_once(signed: tuple[Signed, Receiver]) -> None:
    made, receiver = signed
    assert check(made.body, made.signature, receiver, NOW).data == {"order": {"id": "o1"}}
    with pytest.raises(WebhookMessageInvalid, match="before"):
        check(made.body, made.signature, replace(receiver, seen={"n1"}), NOW)


def test_attacks_on_a_message(signed: tuple[Signed, Receiver]) -> None:
    """Attack: changed in one octet; sent on to another receiver; sent again later; signed by anybody's key; not signed."""
    made, receiver = signed
    flipped = bytearray(made.body)
    flipped[made.body.index(b"o1")] ^= 1
    stranger = Pki(NOW, name="Somebody").party()
    other = sign(Message("n1", "test", NOW, {}), Sending(URL, 1, NOW), stranger.signer, stranger.der)
    attacks = (
        (bytes(flipped), made.signature, receiver, NOW, "signature"),
        (made.body, made.signature, replace(receiver, audience=URL + "2"), NOW, "another address"),
        (made.body, made.signature, receiver, NOW + timedelta(minutes=6), "five minutes"),
        (made.body, made.signature, receiver, NOW - timedelta(minutes=6), "five minutes"),
        (other.body, other.signature, receiver, NOW, "trusted"),
        (made.body, "", receiver, NOW, "detached"),
        (made.body, made.signature.replace("..", ".e30."), receiver, NOW, "detached"),
    )
    for body, signature, who, when, why in attacks:
        with pytest.raises(WebhookMessageInvalid, match=why):
            check(body, signature, who, when)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.cn/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/x",
        "https://[fec0::1]/x",
        "https://100.64.0.1/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "https://255.255.255.255/x",
        "https://user@example.cn/x",
        "https://example.cn\\@127.0.0.1/x",
        "https://example.cn:0/x",
        "https:///x",
        "ftp://example.cn/x",
        "https://example.cn/ x",
        "https://example.cn/#x",
        "https://example.cn/" + "x" * 1000,
    ],
)
def test_no_way_into_a_private_network(url: str) -> None:
    """Attack: CWE-918, in every writing of an address."""
    with pytest.raises(WebhookAddressInvalid):
        read_target(url, Reach())


def test_what_may_be_sent_to() -> None:
    assert read_target("https://8.8.8.8:8443/x?y=1", Reach()).port == 8443
    assert str(check_ip("10.1.2.3", Reach(networks=(ip_network("10.1.0.0/16"),)))) == "10.1.2.3"
    with pytest.raises(WebhookAddressInvalid):
        check_ip("10.2.2.3", Reach(networks=(ip_network("10.1.0.0/16"),)))


def test_a_name_that_changes_its_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: DNS rebinding. One private address among several closes the name; the connection goes to what was checked."""
    asked: list[str] = []

    def resolve(host: str, *_more: object, **_named: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", (ip, 443)) for ip in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(WebhookAddressInvalid):
        WebPost(Reach()).post(URL, Signed(b"{}", "x..y"))
    assert asked == ["oa.example.cn"]


class Odd(BaseHTTPRequestHandler):
    """Answers by the path."""

    hits: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.hits.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/drip":  # a header without end, an octet now and then
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            try:
                for _ in range(600):
                    self.wfile.write(b"x")
                    time.sleep(0.05)
            except OSError:
                return
        status = {"/moved": 307, "/broken": 500}.get(self.path, 204)
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/admin")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_posting(base: str) -> None:
    """Attack: a redirect inwards is not followed; whoever drips for ever is cut off; nobody there is said."""
    post, message = WebPost(HERE, seconds=0.7), Signed(b"{}", "x..y")
    assert post.post(f"{base}/good", message) == 204
    for path, status, why in (
        ("/moved", 307, "not followed"),
        ("/broken", 500, "500"),
        ("/drip", 0, "no answer"),
    ):
        with pytest.raises(WebhookUnreachable, match=why) as refused:
            post.post(base + path, message)
        assert refused.value.status == status
    assert Odd.hits.count("/moved") == 1
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(WebhookUnreachable, match="failed"):
            post.post(f"http://127.0.0.1:{free.getsockname()[1]}/", message)
    with pytest.raises(WebhookAddressInvalid):
        WebPost(Reach(plain_http=True)).post(f"{base}/good", message)
