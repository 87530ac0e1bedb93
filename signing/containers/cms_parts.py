"""What of a CMS container depends on the signatory alone, encoded once: a seal signs thousands of documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.algorithm_identifiers import algorithm_identifier, digest_identifier
from ca.cms_names import CONTENT_TYPE, DATA, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2
from ca.der import SET, explicit, integer, octet_string, oid, sequence, set_of, tlv
from hsm.algorithms import DigestAlgorithm, SignatureAlgorithm

DETACHED: Final = sequence(oid(DATA))
"""EncapsulatedContentInfo without content: it stands in the document."""
SIGNATORIES_KEPT: Final = 256
"""Signatories whose parts are remembered, some ten kilobytes each."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Encoded pieces of one signatory's containers."""

    certificates: tuple[bytes, ...]
    """Its certificate and the chain, in DER order."""
    digest: bytes
    algorithm: bytes
    signer: bytes
    """What SignerInfo begins with: its version, IssuerAndSerialNumber, the digest's name."""
    bare: bytes
    """What SignedData begins with where it carries nothing else: all before the signers (RFC 5652 §5.1)."""
    named: bytes
    """The signed attribute that names the certificate (RFC 5035 §3)."""


def attribute(identifier: str, value: bytes) -> bytes:
    """Encode an attribute with one value."""
    return sequence(oid(identifier), set_of(value))


CONTENT_IS_DATA: Final = attribute(CONTENT_TYPE, oid(DATA))
"""The content type, as a signed attribute."""


def parts_of(certificate: x509.Certificate, chain: Sequence[bytes], algorithm: SignatureAlgorithm) -> Parts:
    """Encode, or remember, what stays the same."""
    return _parts(certificate, tuple(chain), algorithm)


@lru_cache(maxsize=SIGNATORIES_KEPT)
def _parts(certificate: x509.Certificate, chain: tuple[bytes, ...], algorithm: SignatureAlgorithm) -> Parts:
    certificates = tuple(sorted({certificate.public_bytes(Encoding.DER), *chain}))
    identifier = sequence(certificate.issuer.public_bytes(), integer(certificate.serial_number))
    digest = digest_identifier(algorithm.digest)
    return Parts(
        certificates,
        digest,
        algorithm_identifier(algorithm),
        integer(1) + identifier + digest,
        integer(1) + tlv(SET, digest) + DETACHED + explicit(0, *certificates),
        _signing_certificate(certificate, algorithm.digest),
    )


@lru_cache(maxsize=len(DigestAlgorithm))
def _before_digest(size: int) -> bytes:
    return attribute(MESSAGE_DIGEST, octet_string(bytes(size)))[:-size]


def message_digest(value: bytes) -> bytes:
    """Encode the attribute with a document's digest; what stands before the digest depends on its size alone."""
    return _before_digest(len(value)) + value


def _signing_certificate(certificate: x509.Certificate, algorithm: DigestAlgorithm) -> bytes:
    """Encode the attribute of RFC 5035 §3; the algorithm is left out when it is SHA-256, the default (X.690 §11.5)."""
    value = octet_string(algorithm.digest(certificate.public_bytes(Encoding.DER)).value)
    if algorithm is DigestAlgorithm.SHA256:
        named = sequence(sequence(sequence(value)))
    else:
        named = sequence(sequence(sequence(sequence(oid(algorithm.oid)), value)))
    return attribute(SIGNING_CERTIFICATE_V2, named)
