"""The CMS container of a PDF signature, built by concatenation (RFC 5652, ETSI EN 319 142-1 §6.3, EN 319 122-1).

A general ASN.1 library takes forty times as long for the same octets; what is constant here is encoded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.algorithm_identifiers import algorithm_identifier, digest_identifier
from ca.cms_names import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNATURE_TIME_STAMP,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
)
from ca.der import explicit, integer, octet_string, oid, sequence, set_of, tlv, utf8_string
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.signer import Signer
from seals.statement import SEAL_STATEMENT_OID

IMPLICIT_0: Final = 0xA0
IMPLICIT_1: Final = 0xA1
TIME_STAMP_ROOM: Final = 16 * 1024
"""Octets kept for a time-stamp token: ours has 1.5 to 5 kB with its chain, a national one with CRLs inside up to 12."""
SLACK: Final = 64
"""Octets kept for lengths that grow by an octet or two."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: an open key, its certificate and the chain above it (DER, issuer first, the anchor may be left out)."""

    signer: Signer
    certificate: x509.Certificate
    chain: Sequence[bytes] = ()

    def __post_init__(self) -> None:
        if self.certificate.public_key() != self.signer.public_key:
            raise ValueError("the key does not belong to the certificate")


def signed_attributes(signatory: Signatory, document: Digest, statement: str | None) -> bytes:
    """Encode the signed attributes as the SET that is signed (RFC 5652 §5.4).

    Content type, message digest, signing certificate (RFC 5035 §3) and, if given, the seal statement as one UTF8String.
    No signing time: a PDF states it in /M (EN 319 142-1 §6.3, requirement on signing-time).
    """
    attributes = [
        _attribute(CONTENT_TYPE, oid(DATA)),
        _attribute(MESSAGE_DIGEST, octet_string(document.value)),
        _attribute(SIGNING_CERTIFICATE_V2, _signing_certificate(signatory.certificate, document.algorithm)),
    ]
    if statement is not None:
        attributes.append(_attribute(SEAL_STATEMENT_OID, utf8_string(statement)))
    return set_of(*attributes)


def container(signatory: Signatory, attributes: bytes, signature: bytes, token: bytes | None = None) -> bytes:
    """Encode the ContentInfo with one signer (RFC 5652 §5.1); ``token`` is a TimeStampToken (RFC 3161 appendix A)."""
    algorithm = signatory.signer.algorithm
    certificate = signatory.certificate
    digest = digest_identifier(algorithm.digest)
    parts = [
        integer(1),
        sequence(certificate.issuer.public_bytes(), integer(certificate.serial_number)),
        digest,
        bytes((IMPLICIT_0,)) + attributes[1:],
        algorithm_identifier(algorithm),
        octet_string(signature),
    ]
    if token is not None:
        parts.append(tlv(IMPLICIT_1, _attribute(SIGNATURE_TIME_STAMP, token)))
    signed_data = sequence(
        integer(1),
        set_of(digest),
        sequence(oid(DATA)),
        tlv(IMPLICIT_0, *_certificates(signatory)),
        set_of(sequence(*parts)),
    )
    return sequence(oid(SIGNED_DATA), explicit(0, signed_data))


def room_for(signatory: Signatory, statement: str | None, *, stamped: bool) -> int:
    """Octets that the finished container takes at most, so that the place for it is kept without a trial run."""
    blank = Digest(signatory.signer.algorithm.digest, bytes(signatory.signer.algorithm.digest.size))
    attributes = signed_attributes(signatory, blank, statement)
    size = len(container(signatory, attributes, bytes(_longest_signature(signatory.signer))))
    return size + SLACK + (TIME_STAMP_ROOM if stamped else 0)


def _longest_signature(signer: Signer) -> int:
    key = signer.public_key
    if isinstance(key, rsa.RSAPublicKey):
        return (key.key_size + 7) // 8
    return 2 * ((key.key_size + 7) // 8 + 1) + 8


def _attribute(identifier: str, value: bytes) -> bytes:
    return sequence(oid(identifier), set_of(value))


def _signing_certificate(certificate: x509.Certificate, algorithm: DigestAlgorithm) -> bytes:
    """RFC 5035 §3: the digest algorithm is left out when it is SHA-256, the default (X.690 §11.5)."""
    value = octet_string(algorithm.digest(certificate.public_bytes(Encoding.DER)).value)
    if algorithm is DigestAlgorithm.SHA256:
        return sequence(sequence(sequence(value)))
    return sequence(sequence(sequence(sequence(oid(algorithm.oid)), value)))


def _certificates(signatory: Signatory) -> list[bytes]:
    own = signatory.certificate.public_bytes(Encoding.DER)
    return sorted({own, *signatory.chain})
