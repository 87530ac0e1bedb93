"""Fetching from foreign addresses: where it may lead, how much it may take, and for how long."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from signing.recognition.addresses import check_ip, is_fetched, read_address, same_host
from signing.recognition.connecting import Reach
from signing.recognition.errors import ListAddressInvalid, ListUnreachable
from signing.recognition.fetching import Errand, WebFetcher
from tests.conftest import _free_port

ENDLESS = {
    "/continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/header": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
    "/chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "/trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"a: b\r\n"),
    "/body": (b"HTTP/1.0 200 OK\r\n\r\n", b"a"),
}
"""Answers of which each octet comes in time, and which have no end."""
OPEN = Reach(networks=(ip_network("127.0.0.0/8"),))


class Handler(BaseHTTPRequestHandler):
    """Answers by the path."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            return self._say(302, b"", Location="http://10.0.0.5/admin")
        if self.path == "/known" and self.headers.get("If-None-Match") == '"one"':
            return self._say(304, b"")
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            return None
        if self.path in ENDLESS:
            return self._talk(*ENDLESS[self.path])
        if self.path in ("/list", "/known"):
            return self._say(200, b"x" * 1000, ETag='"one"')
        return self._say(404, b"no")

    def _talk(self, first: bytes, again: bytes) -> None:
        """Say one thing over and over until the other side has enough."""
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(first)
            while True:
                self.wfile.write(again)
                time.sleep(0.01)

    def _say(self, status: int, octets: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_there_is_fetched_once(base: str) -> None:
    found = WebFetcher(Reach()).fetch(Errand(f"{base}/known", 1000, confirmed=True))
    assert (found.octets, found.etag) == (b"x" * 1000, '"one"')
    again = WebFetcher(Reach()).fetch(Errand(f"{base}/known", 1000, found.etag, confirmed=True))
    assert (again.octets, again.etag) == (None, '"one"')


@pytest.mark.parametrize(
    ("path", "limit", "why"),
    [
        ("/list", 999, "limit of 999"),
        ("/moved", 1000, "redirects"),
        ("/nothing", 1000, "HTTP 404"),
        ("/short", 1000, "connection failed"),
    ],
)
def test_too_much_elsewhere_and_half_is_refused(base: str, path: str, limit: int, why: str) -> None:
    """Attack: an answer without end; a redirect into our own net; a list cut off in the middle."""
    with pytest.raises(ListUnreachable, match=why):
        WebFetcher(Reach()).fetch(Errand(base + path, limit, confirmed=True))


def test_an_answer_that_drips_is_cut_off(base: str) -> None:
    """Attack: an octet now and then keeps a round of renewals waiting for ever."""
    watch = itertools.chain([0.0], itertools.repeat(31.0))
    with pytest.raises(ListUnreachable, match="no whole answer"):
        WebFetcher(Reach(), stopwatch=lambda: next(watch)).fetch(Errand(f"{base}/list", 1000, confirmed=True))


@pytest.mark.parametrize("path", ENDLESS)
def test_whoever_talks_without_end_is_cut_off(base: str, path: str) -> None:
    """Attack: interim answers, a header, a chunk's size or trailers that never end keep every round of renewals waiting."""
    with pytest.raises(ListUnreachable, match="no whole answer"):
        WebFetcher(Reach(), seconds=0.3).fetch(Errand(base + path, 10**9, confirmed=True))


def test_what_a_list_says_does_not_lead_into_our_net(base: str) -> None:
    """Attack (SSRF): a supply point that is this machine's own address, unless a person named it or the settings open it."""
    with pytest.raises(ListAddressInvalid):
        WebFetcher(Reach()).fetch(Errand(f"{base}/list", 1000))
    assert WebFetcher(OPEN).fetch(Errand(f"{base}/list", 1000)).octets


def test_nobody_at_home() -> None:
    with pytest.raises(ListUnreachable):
        WebFetcher(Reach()).fetch(Errand(f"http://127.0.0.1:{_free_port()}/list", 1000, confirmed=True))


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5", "192.168.1.1", "169.254.169.254", "127.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "0.0.0.0", "::ffff:10.0.0.5",
        "64:ff9b::10.0.0.5", "2002:a00:5::1", "fec0::1", "224.0.0.1", "ff02::1", "100.64.0.1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_private_addresses_are_closed_to_foreign_words(address: str) -> None:
    with pytest.raises(ListAddressInvalid):
        check_ip("https://x.example", address, Reach(), confirmed=False)
    assert str(check_ip("https://x.example", address, Reach(), confirmed=True))


def test_public_and_opened_addresses_are_reached() -> None:
    assert str(check_ip("https://x.example", "93.184.216.34", Reach(), confirmed=False))
    inside = Reach(networks=(ip_network("10.20.0.0/16"),))
    assert str(check_ip("https://x.example", "10.20.3.4", inside, confirmed=False))
    assert str(check_ip("https://x.example", "::ffff:10.20.3.4", inside, confirmed=False))
    with pytest.raises(ListAddressInvalid):
        check_ip("https://x.example", "10.21.0.1", inside, confirmed=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x.example/list",
        "file:///etc/passwd",
        "https://",
        "https://user@x.example/",
        "https://x.example:0/",
        "https://x.example:99999/",
        "https://x.exa mple/",
        "https://x.example/\nHost: y",
        "https://例子.example/",
        "https://[::1/",
        "http://x.example/list.json",
        "https://x.example/" + "a" * 2000,
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    """Plain HTTP beyond this machine, user names, other schemes, line ends: each is refused by name."""
    with pytest.raises(ListAddressInvalid):
        read_address(url, Reach())


def test_plain_http_needs_this_machine_or_a_setting() -> None:
    for url in ("http://localhost:8080/a", "http://127.0.0.1/a", "http://[::1]:1/a", "https://x.example/a"):
        assert read_address(url, Reach()).scheme
    assert read_address("http://x.example/a", Reach(plain_http=True)).hostname == "x.example"


def test_what_is_kept_of_supply_points() -> None:
    assert is_fetched("https://x.example/pki/CRL/issuing.CRL?x=1", (".crl",))
    assert not is_fetched("https://x.example/pki/ocsp/issuing", (".crl", ".jws"))
    assert not is_fetched("https://[x", (".crl",))
    assert same_host("http://a.example:1/x", "https://a.example/y")
    assert not same_host("http://a.example/x", "http://b.example/x")
    assert not same_host("http:///x", "http:///x")
