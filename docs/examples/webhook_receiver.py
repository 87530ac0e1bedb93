"""A receiver of Yinxin's messages: nothing but Python and ``cryptography``. Run it behind your TLS; take ``check`` into your own code.

    python webhook_receiver.py https://oa.example.cn/yinxin 3f9c…   # its own public address, and who may sign

The SHA-256 is that of the verification service's certificate, as it stands in the installation's trusted list
(``/trust/list.json``, service kind "verification"). Whoever signs with another certificate is not believed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

TOLERANCE = timedelta(minutes=5)
MAX_BODY = 1024 * 1024


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(body: bytes, signature: str, audience: str, signers: set[str], now: datetime) -> dict:
    """Return what a message says; ``ValueError`` if it is not to be believed."""
    head, value = signature.split("..")
    header = json.loads(_decoded(head))
    if header["typ"] != "yinxin-webhook+jws":
        raise ValueError("another kind of signature")
    der = base64.b64decode(header["x5c"][0])
    if hashlib.sha256(der).hexdigest() not in signers:
        raise ValueError("signed by a certificate that is not trusted")
    signed = f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}".encode()
    try:
        _verify(x509.load_der_x509_certificate(der).public_key(), header["alg"], _decoded(value), signed)
    except InvalidSignature as wrong:
        raise ValueError("the signature is wrong") from wrong
    told = json.loads(body)
    if told["audience"] != audience:
        raise ValueError("it is for another address")
    if abs(now - datetime.fromisoformat(told["sent_at"])) > TOLERANCE:
        raise ValueError("it was sent too long ago")
    return told


def _verify(key: object, alg: str, value: bytes, signed: bytes) -> None:
    if alg == "RS256":
        key.verify(value, signed, padding.PKCS1v15(), hashes.SHA256())
        return
    digest = {"ES256": hashes.SHA256(), "ES384": hashes.SHA384()}[alg]
    half = len(value) // 2
    pair = encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))
    key.verify(pair, signed, ec.ECDSA(digest))


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to a message that is to be believed, also one that was had before; 400 to any other."""

    audience = ""
    signers: set[str] = set()
    seen: dict[
        str, dict
    ] = {}  # in earnest: a table with the number as its key, written with what you do about it

    def do_POST(self) -> None:
        try:
            body = self.rfile.read(min(int(self.headers["Content-Length"]), MAX_BODY))
            told = check(
                body, self.headers["Yinxin-Signature"], self.audience, self.signers, datetime.now(UTC)
            )
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            self._answer(400, str(wrong))
            return
        if told["id"] not in self.seen:
            self.seen[told["id"]] = told
            self.taken(told)
        self._answer(204, "")

    def taken(self, told: dict) -> None:
        """Do what is to be done, once for each number."""
        print(told["type"], told["data"]["order"]["id"], told["data"]["order"].get("verdicts", ""))

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    Receiver.audience, Receiver.signers = sys.argv[1], set(sys.argv[2:])
    ThreadingHTTPServer(("127.0.0.1", 8090), Receiver).serve_forever()
