"""Time-stamp requests and tokens as octets (RFC 3161, RFC 5816, RFC 5652): pure, no time is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from cryptography import x509

from ca import cms, cms_names, der
from ca.algorithm_identifiers import digest_identifier
from hsm.algorithms import Digest, DigestAlgorithm, SignatureAlgorithm

MAX_REQUEST_OCTETS: Final = 4096
"""Largest request read: imprint, policy and nonce take under 200 octets; 4 kB leaves room for extensions we refuse."""
MAX_NONCE_OCTETS: Final = 32
"""Longest nonce echoed: clients send 8 to 20 octets; RFC 3161 §2.4.1 asks for "a large random number"."""

_SIGNED_DATA: Final = der.oid(cms_names.SIGNED_DATA)
_TST_INFO: Final = der.oid(cms_names.TST_INFO)
_DIGESTS: Final = {algorithm.oid: algorithm for algorithm in DigestAlgorithm}


class FailureInfo(IntEnum):
    """``PKIFailureInfo``: the bits that RFC 3161 §2.4.2 allows."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


class StampRefused(Exception):
    """A request gets a rejection; ``failure`` says which, ``text`` stands in the answer (English, no secret)."""

    def __init__(self, failure: FailureInfo, text: str) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = text


@dataclass(frozen=True, slots=True)
class StampRequest:
    """A ``TimeStampReq``: the imprint, the policy asked for (dotted), the nonce, and whether certificates are wanted."""

    imprint: Digest
    policy: str | None = None
    nonce: int | None = None
    wants_certificates: bool = False


def parse_request(data: bytes) -> StampRequest:
    """Read a ``TimeStampReq`` (RFC 3161 §2.4.1). Raises :class:`StampRefused` and nothing else, whatever the octets."""
    if len(data) > MAX_REQUEST_OCTETS:
        raise StampRefused(FailureInfo.BAD_DATA_FORMAT, f"a request has at most {MAX_REQUEST_OCTETS} octets")
    try:
        return _request(data)
    except der.DerError as wrong:
        raise StampRefused(FailureInfo.BAD_DATA_FORMAT, f"not a DER TimeStampReq: {wrong}") from wrong


def _request(data: bytes) -> StampRequest:
    outside = der.Reader(data)
    fields = outside.enter(der.SEQUENCE)
    outside.finish()
    if fields.integer() != 1:
        raise StampRefused(FailureInfo.BAD_REQUEST, "only version 1 is known (RFC 3161 §2.4.1)")
    imprint = _imprint(fields.enter(der.SEQUENCE))
    policy = fields.oid() if fields.peek() == der.OID else None
    nonce = _nonce(fields) if fields.peek() == der.INTEGER else None
    wants = fields.boolean() if fields.peek() == 0x01 else False
    if fields.peek() == 0xA0:
        fields.element()
        fields.finish()
        raise StampRefused(FailureInfo.UNACCEPTED_EXTENSION, "no request extension is supported")
    fields.finish()
    return StampRequest(imprint, policy, nonce, wants)


def _imprint(fields: der.Reader) -> Digest:
    algorithm = fields.enter(der.SEQUENCE)
    name = algorithm.oid()
    if algorithm.more and algorithm.contents(der.NULL) != b"":
        raise der.DerError("NULL has contents")
    algorithm.finish()
    value = fields.contents(der.OCTET_STRING)
    fields.finish()
    known = _DIGESTS.get(name)
    if known is None:
        raise StampRefused(FailureInfo.BAD_ALG, "the imprint must be SHA-256, SHA-384, SHA-512 or SM3")
    if len(value) != known.size:
        raise StampRefused(FailureInfo.BAD_DATA_FORMAT, "the imprint has not the length of its algorithm")
    return Digest(known, value)


def _nonce(fields: der.Reader) -> int:
    start = fields.position
    nonce = fields.integer()
    if fields.position - start - 2 > MAX_NONCE_OCTETS:
        raise StampRefused(FailureInfo.BAD_REQUEST, f"a nonce has at most {MAX_NONCE_OCTETS} octets")
    return nonce


@dataclass(frozen=True, slots=True)
class StampFacts:
    """What a token says besides the imprint: policy, serial number, time (to the microsecond), accuracy (seconds)."""

    policy: str
    serial: int
    gen_time: datetime
    accuracy_seconds: int


def encode_tst_info(request: StampRequest, facts: StampFacts) -> bytes:
    """Encode ``TSTInfo`` (RFC 3161 §2.4.2). ``ordering`` is left at its default although our times strictly rise."""
    imprint = request.imprint
    return der.sequence(
        der.integer(1),
        der.oid(facts.policy),
        der.sequence(digest_identifier(imprint.algorithm), der.octet_string(imprint.value)),
        der.integer(facts.serial),
        der.generalized_time(facts.gen_time, fraction=True),
        der.sequence(der.integer(facts.accuracy_seconds)),
        der.integer(request.nonce) if request.nonce is not None else b"",
    )


class TokenTemplate:
    """The parts of a ``TimeStampToken`` that are the same for every token of a unit, encoded once.

    ``certificate`` is the unit's own, ``chain`` the DER of those above it without the root.
    """

    def __init__(
        self,
        certificate: x509.Certificate,
        der_: bytes,
        chain: Sequence[bytes],
        algorithm: SignatureAlgorithm,
    ) -> None:
        self.algorithm = algorithm
        self._digest = digest_identifier(algorithm.digest)
        self._signature_algorithm = cms.signature_algorithm(algorithm)
        issuer, serial = certificate.issuer.public_bytes(), der.integer(certificate.serial_number)
        self._signer_id = der.sequence(issuer, serial)
        self._certificates = der.tlv(0xA0, *sorted((der_, *chain)))
        self._content_type = cms.content_type(cms_names.TST_INFO)
        self._signing_certificate = cms.signing_certificate_v2(der_, issuer, serial, algorithm.family)

    def signed_attributes(self, tst_info: bytes, when: datetime) -> bytes:
        """Encode the signed attributes as the SET that is signed (RFC 5652 §5.4)."""
        return der.set_of(
            self._content_type,
            cms.signing_time(when),
            cms.message_digest(self.algorithm.digest.digest(tst_info)),
            self._signing_certificate,
        )

    def assemble(self, tst_info: bytes, attributes: bytes, signature: bytes, *, certificates: bool) -> bytes:
        """Join a token: ``ContentInfo`` with ``SignedData`` version 3 (RFC 5652 §5.1).

        The outer content type is that of RFC 5652 in the national suite too: RFC 3161 §2.4.2 defines a token by it, GB/T
        20520 takes the token over, and readers find the token by it. The suite shows inside, in digest and signature.
        """
        signer_info = der.sequence(
            der.integer(1),
            self._signer_id,
            self._digest,
            b"\xa0" + attributes[1:],  # the SET under its implicit tag
            self._signature_algorithm,
            der.octet_string(signature),
        )
        signed_data = der.sequence(
            der.integer(3),
            der.set_of(self._digest),
            der.sequence(_TST_INFO, der.explicit(0, der.octet_string(tst_info))),
            self._certificates if certificates else b"",
            der.set_of(signer_info),
        )
        return der.sequence(_SIGNED_DATA, der.explicit(0, signed_data))


def granted(token: bytes) -> bytes:
    """Encode the ``TimeStampResp`` that hands out a token: status *granted*."""
    return der.sequence(der.sequence(der.integer(0)), token)


def rejection(refused: StampRefused) -> bytes:
    """Encode the ``TimeStampResp`` of a refusal: status *rejection*, one sentence, one failure bit."""
    bit = int(refused.failure)
    octets = bytearray(bit // 8 + 1)
    octets[-1] = 0x80 >> bit % 8
    failure = der.bit_string(bytes(octets), 7 - bit % 8)
    text = der.sequence(der.utf8_string(refused.text))
    return der.sequence(der.sequence(der.integer(2), text, failure))
