"""Keys in someone else's remote service: a peer that speaks the CSC API and misbehaves where a test says so."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hsm.csc import CscProvider
from hsm.csc_errors import (
    RemoteAnswerInvalid,
    RemotePinRefused,
    RemoteServiceRefused,
    RemoteServicesInvalid,
    RemoteServiceUnavailable,
    RemoteSignatureUncertain,
)
from hsm.csc_service import read_services
from hsm.devices.errors import OperationNotOffered
from hsm.digest_signing import digest_signer
from hsm.errors import (
    KeyMismatch,
    KeyNotFound,
    PinRequired,
    SoftwareKeyRefused,
    TokenNotFound,
    UnsupportedAlgorithm,
)
from hsm.key_policy import KeyPolicy
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyRing, open_signer
from hsm.signer import Custody
from hsm.verification import verify_signature

URI = KeyUri("csc", "acme", "cred-1")
PIN = Pin("246810")
MESSAGE = b"a message of ours"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass
class Peer:
    """A service of somebody else: one credential, its key, what it was asked, and what it does wrong."""

    key: Key
    port: int = 0
    asked: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    wrong: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    raw: bool = False
    mode: str = "explicit"
    objects: tuple[str, ...] = ("PIN",)
    spent: set[str] = field(default_factory=set)

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.asked]

    def answer(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        known = {
            "v2/info": lambda: {"specs": "2.0.0.0", "methods": ["signatures/signHash"]},
            "v2/credentials/list": lambda: {"credentialIDs": ["cred-1"]},
            "v1/credentials/list": lambda: {"credentialIDs": ["cred-1"]},
            "v2/credentials/info": self._info,
            "v1/credentials/info": self._info,
            "v2/credentials/authorize": lambda: {"SAD": f"sad-{len(self.asked)}"},
            "v1/credentials/authorize": lambda: {"SAD": f"sad-{len(self.asked)}"},
            "v2/signatures/signHash": lambda: self._sign(body, body.get("hashes")),
            "v1/signatures/signHash": lambda: self._sign(body, body.get("hash")),
        }
        return known[method]()

    def _info(self) -> dict[str, Any]:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 7, now, now + timedelta(days=1))
        der = builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)
        algorithms = (
            ["1.2.840.10045.4.3.2"]
            if isinstance(self.key, ec.EllipticCurvePrivateKey)
            else ["1.2.840.113549.1.1.1"]
        )
        return {
            "key": {"status": "enabled", "algo": algorithms},
            "cert": {"certificates": [base64.b64encode(der).decode()]},
            "authMode": self.mode,
            "PIN": {"presence": "true" if "PIN" in self.objects else "false"},
            "auth": {"mode": self.mode, "objects": [{"type": "Password", "id": one} for one in self.objects]},
        }

    def _sign(self, body: dict[str, Any], values: Any) -> dict[str, Any]:
        assert body["SAD"] not in self.spent, "signed twice under one authorisation"
        self.spent.add(body["SAD"])
        digest = base64.b64decode(values[0])
        if isinstance(self.key, rsa.RSAPrivateKey):
            signature = self.key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        else:
            signature = self.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
            if self.raw:
                r, s = decode_dss_signature(signature)
                signature = r.to_bytes(32) + s.to_bytes(32)
        return {"signatures": [base64.b64encode(signature).decode()]}


@pytest.fixture(scope="module")
def line() -> Iterator[tuple[ThreadingHTTPServer, list[Peer]]]:
    """Serve whatever peer is last in the list."""
    peers: list[Peer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            peer, method = peers[-1], self.path.removeprefix("/base/csc/")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            peer.asked.append((method, body, self.headers.get("Authorization", "")))
            does = peer.wrong.get(method.partition("/")[2])
            made = does(body) if does is not None else peer.answer(method, body)
            if made is None:
                peer.wrong.pop(method.partition("/")[2], None)
                self.connection.close()
                return
            status, octets = made if isinstance(made, tuple) else (200, json.dumps(made).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server, peers
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def peer(line: tuple[ThreadingHTTPServer, list[Peer]]) -> Peer:
    server, peers = line
    made = Peer(ec.generate_private_key(ec.SECP256R1()), server.server_address[1])
    peers.append(made)
    return made


def provider(peer: Peer, folder: Path, version: str = "v2", pin: Pin | None = None) -> CscProvider:
    token = folder / "acme.token"
    token.write_text("s3cret\n")
    token.chmod(0o600)
    path = folder / "services.toml"
    path.write_text(
        f'[service.acme]\nurl = "http://127.0.0.1:{peer.port}/base"\nversion = "{version}"\n'
        'token_file = "acme.token"\nseconds = 10\n'
    )

    def pins(label: str) -> Pin:
        if pin is None:
            raise PinRequired(label)
        return pin

    return CscProvider(read_services(path), pins)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("raw", [False, True], ids=["DER", "r and s"])
def test_a_remote_key_is_a_signer(peer: Peer, tmp_path: Path, version: str, raw: bool) -> None:
    peer.raw = raw
    ring = KeyRing({"csc": provider(peer, tmp_path, version)})
    signer = open_signer(ring, str(URI), expected=peer.key.public_key(), pin=PIN)
    assert signer.custody is Custody.REMOTE
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
    digest = signer.algorithm.digest.digest(MESSAGE)
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, digest_signer(signer).sign_digest(digest))
    assert all(bearer == "Bearer s3cret" for _, _, bearer in peer.asked)
    [*_, (_, authorised, _), (method, _, _)] = peer.asked
    assert method == f"{version}/signatures/signHash"
    assert json.dumps(authorised).count("246810") == 1
    assert "246810" not in repr(signer)
    assert len(peer.spent) == 2, "each signature has an authorisation of its own"


def test_an_rsa_key_announced_by_its_kind_alone(peer: Peer, tmp_path: Path) -> None:
    peer.key = rsa.generate_private_key(65537, 2048)
    signer = provider(peer, tmp_path).signer(URI, pin=PIN)
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))


def test_the_certificate_must_match_and_the_policy_admit(peer: Peer, tmp_path: Path) -> None:
    keys = provider(peer, tmp_path)
    with pytest.raises(KeyMismatch):
        keys.signer(URI, expected=ec.generate_private_key(ec.SECP256R1()).public_key(), pin=PIN)
    with pytest.raises(SoftwareKeyRefused):
        open_signer(KeyRing({"csc": keys}, KeyPolicy(require_hardware=True)), URI, pin=PIN)
    with pytest.raises(TokenNotFound):
        keys.signer(KeyUri("csc", "other", "x"), pin=PIN)
    assert [one.uri for one in keys.keys("acme")] == [URI]
    assert keys.certificates("acme")[0].label == "cred-1"
    assert keys.probe("acme").ready


def test_a_pin_is_asked_for_where_the_credential_wants_one(peer: Peer, tmp_path: Path) -> None:
    with pytest.raises(PinRequired):
        provider(peer, tmp_path).signer(URI)
    provider(peer, tmp_path, pin=PIN).signer(URI).sign(MESSAGE)
    peer.objects = ()
    provider(peer, tmp_path).signer(URI).sign(MESSAGE)
    peer.mode = "oauth2code"
    with pytest.raises(OperationNotOffered):
        provider(peer, tmp_path).signer(URI)


def test_a_lost_answer_to_a_harmless_question_is_asked_for_once_more(peer: Peer, tmp_path: Path) -> None:
    signer = provider(peer, tmp_path).signer(URI, pin=PIN)
    peer.wrong["credentials/authorize"] = lambda _b: None
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
    assert peer.methods().count("v2/credentials/authorize") == 2
    assert peer.methods().count("v2/signatures/signHash") == 1


@pytest.mark.parametrize("lost", [None, (500, b"{}"), (502, b"<html>")])
def test_a_lost_answer_to_a_signature_is_never_asked_for_again(peer: Peer, tmp_path: Path, lost: Any) -> None:
    signer = provider(peer, tmp_path).signer(URI, pin=PIN)
    peer.wrong["signatures/signHash"] = lambda _b: lost
    with pytest.raises(RemoteSignatureUncertain):
        signer.sign(MESSAGE)
    assert peer.methods().count("v2/signatures/signHash") == 1


def test_a_signature_over_something_else_never_leaves(peer: Peer, tmp_path: Path) -> None:
    signer = provider(peer, tmp_path).signer(URI, pin=PIN)
    other = base64.b64encode(peer.key.sign(b"other", ec.ECDSA(hashes.SHA256()))).decode()  # type: ignore[call-arg,arg-type]
    for made in ({"signatures": [other]}, {"signatures": []}, {"signatures": ["!"]}, {"signatures": 1}, {}):
        peer.wrong["signatures/signHash"] = lambda _b, made=made: made  # type: ignore[misc]
        with pytest.raises(RemoteAnswerInvalid):
            signer.sign(MESSAGE)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, b'{"error": "invalid_pin", "error_description": "x"}'), RemotePinRefused),
        ((400, b'{"error": "invalid_request", "error_description": "no\\u0007"}'), RemoteServiceRefused),
        ((403, b"not json"), RemoteServiceRefused),
        ((200, b"[]"), RemoteAnswerInvalid),
        ((200, b"nonsense"), RemoteAnswerInvalid),
        ((200, b" " * ((1 << 20) + 2)), RemoteAnswerInvalid),
        ((200, b"[" * 100_000), RemoteAnswerInvalid),
        ((200, b"{}"), RemoteAnswerInvalid),
    ],
)
def test_what_a_service_may_answer_instead(
    peer: Peer, tmp_path: Path, answer: tuple[int, bytes], error: type[Exception]
) -> None:
    signer = provider(peer, tmp_path).signer(URI, pin=PIN)
    peer.wrong["credentials/authorize"] = lambda _b: answer
    with pytest.raises(error) as refused:
        signer.sign(MESSAGE)
    assert "\x07" not in str(refused.value.zh)  # type: ignore[attr-defined]
    assert "v2/signatures/signHash" not in peer.methods()


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"key": {}, "cert": {}},
        {"key": {"algo": []}, "cert": {"certificates": []}},
        {"key": {"algo": ["1"]}, "cert": {"certificates": ["!"]}},
        {"key": [], "cert": "x"},
    ],
)
def test_a_credential_that_is_not_described(peer: Peer, tmp_path: Path, told: dict[str, Any]) -> None:
    peer.wrong["credentials/info"] = lambda _b: told
    with pytest.raises(RemoteAnswerInvalid):
        provider(peer, tmp_path).signer(URI, pin=PIN)


def test_a_credential_that_is_not_there_or_does_not_do(peer: Peer, tmp_path: Path) -> None:
    keys = provider(peer, tmp_path)
    peer.wrong["credentials/info"] = lambda _b: (400, b'{"error": "invalid_request"}')
    with pytest.raises(KeyNotFound):
        keys.signer(URI, pin=PIN)
    peer.wrong["credentials/info"] = lambda _b: peer._info() | {"key": {"algo": ["1.2.3"]}}
    with pytest.raises(UnsupportedAlgorithm):
        keys.signer(URI, pin=PIN)


def test_a_service_that_is_away(tmp_path: Path, peer: Peer) -> None:
    away = Peer(peer.key, 1)
    with pytest.raises(RemoteServiceUnavailable):
        provider(away, tmp_path).signer(URI, pin=PIN)
    assert not provider(away, tmp_path).probe("acme").ready


def test_the_service_is_only_asked_to_sign(peer: Peer, tmp_path: Path) -> None:
    keys = provider(peer, tmp_path)
    for refused in (
        lambda: keys.create_token("t", PIN, PIN),
        lambda: keys.generate(URI, None),
        lambda: keys.destroy(URI),
        lambda: keys.import_certificate(URI, b""),
        lambda: keys.change_pin("acme", PIN, PIN),
        lambda: keys.unblock("acme", PIN, PIN),
    ):
        with pytest.raises(OperationNotOffered):
            refused()


@pytest.mark.parametrize(
    "text",
    [
        "not toml =",
        "[other]\nx = 1",
        '[service.a]\nurl = "http://sign.example"',
        '[service.a]\nurl = "ftp://127.0.0.1"',
        '[service.a]\nurl = "https://user:pw@sign.example"',
        '[service.a]\nurl = "https://sign.example?x=1"',
        '[service.a]\nurl = "https://sign.example"\nversion = "v3"',
        '[service.a]\nurl = "https://sign.example"\nseconds = 0',
        '[service.a]\nurl = "https://sign.example"\nunknown = 1',
        '[service.a]\nurl = "https://sign.example"\ntoken_file = "missing"',
        '[service.a]\nurl = "https://sign.example"\ntoken_file = "open.token"',
        f'[service.{"a" * 40}]\nurl = "https://sign.example"',
        "service = 1",
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "open.token").write_text("s3cret")
    (tmp_path / "open.token").chmod(0o644)
    path = tmp_path / "services.toml"
    path.write_text(text)
    with pytest.raises(RemoteServicesInvalid) as wrong:
        read_services(path)
    assert "s3cret" not in wrong.value.zh + wrong.value.en + str(wrong.value)
