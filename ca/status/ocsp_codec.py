"""OCSP requests and answers as octets (RFC 6960, RFC 5019, RFC 9654): pure, no status is decided here."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from cryptography import x509

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.key_facts import key_bits, key_identifier
from ca.status.revocation_list import REASON_CODES
from hsm.algorithms import DigestAlgorithm, SignatureAlgorithm
from hsm.public_keys import certificate_key

MAX_REQUEST_OCTETS: Final = 16 * 1024
"""Largest request read: one CertID takes about 80 octets; 32 of them and a requestor's certificate stay well below."""
MAX_GET_CHARACTERS: Final = 2048
"""Longest base64 text read from a URL: RFC 5019 §5 keeps a GET under 255 octets; proxies cut at 2,048 characters."""
MAX_CERTIFICATES: Final = 32
"""Most CertIDs in one request: real clients ask for one, chain checkers for three or four; each costs a look-up."""
MAX_EXTENSIONS: Final = 8
"""Most extensions in a request: RFC 6960 §4.4 knows seven."""
MIN_NONCE_OCTETS: Final = 1
MAX_NONCE_OCTETS: Final = 128
"""RFC 9654 §2.1: a nonce has 1 to 128 octets; a responder refuses others as malformed."""

BASIC_RESPONSE: Final = "1.3.6.1.5.5.7.48.1.1"
NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
KNOWN_EXTENSIONS: Final = frozenset(
    {NONCE, "1.3.6.1.5.5.7.48.1.4", "1.3.6.1.5.5.7.48.1.7", "1.3.6.1.5.5.7.48.1.8"}
)
"""Nonce, acceptable responses, service locator, preferred algorithms (RFC 6960 §4.4): read or safely passed over."""


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _digests_with(algorithm: DigestAlgorithm) -> Callable[[bytes], bytes]:
    return lambda data: algorithm.digest(data).value


_SHA1: Final = "1.3.14.3.2.26"
CERT_ID_DIGESTS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    _SHA1: _sha1,
    **{algorithm.oid: _digests_with(algorithm) for algorithm in DigestAlgorithm},
}
"""Digests by which a CertID may name the issuer. SHA-1 is what most clients send; it identifies, it proves nothing."""


class ResponseStatus(IntEnum):
    """``OCSPResponseStatus`` (RFC 6960 §4.2.1)."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6


class RequestRefused(Exception):
    """A request gets an error answer; ``status`` says which. Its text is for our log alone."""

    def __init__(self, status: ResponseStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class CertId:
    """One CertID: as sent (``encoded``, echoed in the answer) and as read."""

    encoded: bytes
    digest_oid: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """A request: the certificates asked for, and the nonce extension as sent, if there is one."""

    certificates: tuple[CertId, ...]
    nonce: bytes | None


class Standing(Enum):
    """``CertStatus`` (RFC 6960 §4.2.1)."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """The standing of one certificate; ``revoked_at`` and ``reason`` (an RFC 5280 name) only when revoked."""

    standing: Standing
    revoked_at: datetime | None = None
    reason: str = "unspecified"


UNKNOWN_STATUS: Final = CertificateStatus(Standing.UNKNOWN)
GOOD_STATUS: Final = CertificateStatus(Standing.GOOD)


def decode_get(path: str) -> bytes:
    """Read the request from the last part of a GET address (RFC 6960 §A.1: URL-encoded base64).

    Raises :class:`RequestRefused` (malformed) for text too long or not base64.
    """
    if len(path) > MAX_GET_CHARACTERS:
        raise RequestRefused(ResponseStatus.MALFORMED_REQUEST, "the GET address is too long")
    try:
        return base64.b64decode(unquote(path), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise RequestRefused(ResponseStatus.MALFORMED_REQUEST, "the GET address is not base64") from wrong


def parse_request(data: bytes) -> StatusRequest:
    """Read an ``OCSPRequest`` (RFC 6960 §4.1.1); a requestor's signature is passed over, we answer anyone.

    Raises :class:`RequestRefused` and nothing else, whatever the octets.
    """
    if len(data) > MAX_REQUEST_OCTETS:
        raise RequestRefused(ResponseStatus.MALFORMED_REQUEST, f"over {MAX_REQUEST_OCTETS} octets")
    try:
        return _request(data)
    except der.DerError as wrong:
        raise RequestRefused(ResponseStatus.MALFORMED_REQUEST, str(wrong)) from wrong


def _request(data: bytes) -> StatusRequest:
    outside = der.Reader(data)
    request = outside.enter(der.SEQUENCE)
    outside.finish()
    body = request.enter(der.SEQUENCE)
    if request.peek() == 0xA0:
        request.element()
    request.finish()
    if body.peek() == 0xA0:  # a version, which DER leaves out for v1
        version = body.enter(0xA0)
        if version.integer() != 0:
            raise der.DerError("only version 1 is known")
        version.finish()
    if body.peek() == 0xA1:
        body.element()
    certificates = _cert_ids(body.enter(der.SEQUENCE))
    nonce = _nonce(body.enter(0xA2)) if body.peek() == 0xA2 else None
    body.finish()
    return StatusRequest(certificates, nonce)


def _cert_ids(requests: der.Reader) -> tuple[CertId, ...]:
    found: list[CertId] = []
    while requests.more:
        if len(found) == MAX_CERTIFICATES:
            raise der.DerError(f"more than {MAX_CERTIFICATES} certificates are asked for")
        request = requests.enter(der.SEQUENCE)
        start = request.position
        cert_id = request.enter(der.SEQUENCE)
        encoded = request.data[start : cert_id.end]
        if request.peek() == 0xA0:
            _extensions(request.enter(0xA0))
        request.finish()
        found.append(_cert_id(cert_id, encoded))
    if not found:
        raise der.DerError("no certificate is asked for")
    return tuple(found)


def _cert_id(fields: der.Reader, encoded: bytes) -> CertId:
    algorithm = fields.enter(der.SEQUENCE)
    digest = algorithm.oid()
    if algorithm.more and algorithm.contents(der.NULL) != b"":
        raise der.DerError("NULL has contents")
    algorithm.finish()
    name_hash, key_hash = fields.contents(der.OCTET_STRING), fields.contents(der.OCTET_STRING)
    serial = fields.integer()
    fields.finish()
    return CertId(encoded, digest, name_hash, key_hash, serial)


def _extensions(wrapped: der.Reader) -> dict[str, tuple[bytes, bytes]]:
    """Return identifier → (whole extension, value); an unknown critical one is refused (RFC 6960 §4.4)."""
    extensions = wrapped.enter(der.SEQUENCE)
    wrapped.finish()
    found: dict[str, tuple[bytes, bytes]] = {}
    while extensions.more:
        if len(found) == MAX_EXTENSIONS:
            raise der.DerError(f"more than {MAX_EXTENSIONS} extensions")
        start = extensions.position
        extension = extensions.enter(der.SEQUENCE)
        name = extension.oid()
        critical = extension.boolean() if extension.peek() == 0x01 else False
        value = extension.contents(der.OCTET_STRING)
        extension.finish()
        if name in found or (critical and name not in KNOWN_EXTENSIONS):
            raise der.DerError(f"extension {name} is repeated, or critical and unknown")
        found[name] = (extensions.data[start : extension.end], value)
    return found


def _nonce(wrapped: der.Reader) -> bytes | None:
    """RFC 9654 §2.1: an OCTET STRING of 1 to 128 octets; return the value of the extension as sent."""
    found = _extensions(wrapped).get(NONCE)
    if found is None:
        return None
    value = der.Reader(found[1])
    if not MIN_NONCE_OCTETS <= len(value.contents(der.OCTET_STRING)) <= MAX_NONCE_OCTETS:
        raise der.DerError("a nonce has 1 to 128 octets (RFC 9654 §2.1)")
    value.finish()
    return found[1]


class IssuerHashes:
    """The names that CertIDs may call one issuer by: digests of its name and of its key (RFC 6960 §4.1.1)."""

    def __init__(self, issuer: x509.Certificate) -> None:
        name = issuer.subject.public_bytes()
        key = key_bits(certificate_key(issuer))
        self._known = {oid: (digest(name), digest(key)) for oid, digest in CERT_ID_DIGESTS.items()}

    def names(self, cert_id: CertId) -> bool:
        """Tell whether a CertID means this issuer."""
        return self._known.get(cert_id.digest_oid) == (cert_id.issuer_name_hash, cert_id.issuer_key_hash)

    def cert_id(self, serial: int) -> CertId:
        """Make the CertID of a serial, by SHA-1, which every client and viewer understands."""
        name_hash, key_hash = self._known[_SHA1]
        encoded = der.sequence(
            der.sequence(der.oid(_SHA1), der.null()),
            der.octet_string(name_hash),
            der.octet_string(key_hash),
            der.integer(serial),
        )
        return CertId(encoded, _SHA1, name_hash, key_hash, serial)


@dataclass(frozen=True, slots=True)
class ResponderFace:
    """The parts of an answer that never change: who answers, by which algorithm, with which certificates."""

    responder_id: bytes
    algorithm: SignatureAlgorithm
    algorithm_identifier: bytes
    certificates: bytes

    @classmethod
    def of(
        cls, certificate: x509.Certificate, algorithm: SignatureAlgorithm, chain: Sequence[bytes]
    ) -> ResponderFace:
        """Name the responder by the SHA-1 of its key (RFC 5019 §2.2.3) and attach ``chain`` (DER, its own first)."""
        key_hash = key_identifier(certificate_key(certificate))
        return cls(
            der.explicit(2, der.octet_string(key_hash)),
            algorithm,
            algorithm_identifier(algorithm),
            der.explicit(0, der.sequence(*chain)),
        )


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """When an answer was made and until when it holds; aware, written in whole seconds."""

    produced_at: datetime
    next_update: datetime


_time = lru_cache(maxsize=256)(der.generalized_time)
"""The two times of an answer are those of every answer in the same second."""
_BASIC: Final = der.oid(BASIC_RESPONSE)
_NONCE: Final = der.oid(NONCE)
_OK: Final = der.enumerated(ResponseStatus.SUCCESSFUL)


def _single(cert_id: CertId, status: CertificateStatus, this_update: bytes, next_update: bytes) -> bytes:
    if status.standing is Standing.GOOD:
        state = b"\x80\x00"
    elif status.standing is Standing.UNKNOWN or status.revoked_at is None:
        state = b"\x82\x00"
    else:
        reason = der.explicit(0, der.enumerated(REASON_CODES[status.reason]))
        state = der.tlv(0xA1, _time(status.revoked_at), reason)
    return der.sequence(cert_id.encoded, state, this_update, next_update)


def encode_response_data(
    face: ResponderFace,
    answers: Sequence[tuple[CertId, CertificateStatus]],
    times: AnswerTimes,
    nonce: bytes | None,
) -> bytes:
    """Encode ``ResponseData`` (RFC 6960 §4.2.1), the octets to be signed; thisUpdate equals producedAt."""
    now = _time(times.produced_at)
    until = der.explicit(0, _time(times.next_update))
    singles = [_single(cert_id, status, now, until) for cert_id, status in answers]
    extension = b""
    if nonce is not None:
        extension = der.explicit(1, der.sequence(der.sequence(_NONCE, der.octet_string(nonce))))
    return der.sequence(face.responder_id, now, der.sequence(*singles), extension)


def assemble(face: ResponderFace, response_data: bytes, signature: bytes) -> bytes:
    """Join a signed ``OCSPResponse``."""
    basic = der.sequence(
        response_data, face.algorithm_identifier, der.bit_string(signature), face.certificates
    )
    return der.sequence(_OK, der.explicit(0, der.sequence(_BASIC, der.octet_string(basic))))


def error_response(status: ResponseStatus) -> bytes:
    """Encode an unsigned error answer (RFC 6960 §2.3)."""
    return der.sequence(der.enumerated(status))
