"""The CMS container of a PDF signature, built by concatenation (RFC 5652, ETSI EN 319 142-1 §6.3, EN 319 122-1).

A general ASN.1 library takes forty times as long for the same octets; what is constant here is encoded once. With an SM2
key the container is the same with the national algorithms in it, or, where asked for, that of GB/T 35275 (ADR 16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
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
from ca.gm_cms import GmSignedData
from hsm.algorithms import Digest, DigestAlgorithm, Family
from hsm.public_keys import certificate_key, same_key
from hsm.signer import Signer
from seals.statement import SEAL_STATEMENT_OID

IMPLICIT_0: Final = 0xA0
IMPLICIT_1: Final = 0xA1
TIME_STAMP_ROOM: Final = 16 * 1024
"""Octets kept for a time-stamp token: ours has 1.5 to 5 kB with its chain, a national one with CRLs inside up to 12."""
SLACK: Final = 64
"""Octets kept for lengths that grow by an octet or two."""


class ContainerForm(Enum):
    """How the container of an SM2 signature is written: its name in the settings, and the PDF's /SubFilter.

    GM/T 0112-2021 fixes names of its own for /Filter and /SubFilter; they are not public, so the common ones stand here.
    """

    RFC5652 = ("rfc5652", "/ETSI.CAdES.detached")
    """CMS with its international content types (EN 319 142-1); every reader finds its way about in it."""
    GBT35275 = ("gbt35275", "/adbe.pkcs7.detached")
    """The national message syntax with its own content types, in the shape of PKCS #7 version 1.5."""

    def __init__(self, label: str, sub_filter: str) -> None:
        self.label = label
        self.sub_filter = sub_filter

    @classmethod
    def of(cls, label: str) -> ContainerForm:
        """Return the form of this name; any other is ``ValueError``."""
        for form in cls:
            if form.label == label:
                return form
        raise ValueError(f"no form of container is called {label!r}")


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: an open key, its certificate and the chain above it (DER, issuer first, the anchor may be left out).

    ``wanted`` is the form of the container where the key is an SM2 one; all others write RFC 5652.
    """

    signer: Signer
    certificate: x509.Certificate
    chain: Sequence[bytes] = ()
    wanted: ContainerForm = ContainerForm.RFC5652

    def __post_init__(self) -> None:
        if not same_key(certificate_key(self.certificate), self.signer.public_key):
            raise ValueError("the key does not belong to the certificate")

    @property
    def form(self) -> ContainerForm:
        """The form in which this key's containers are written."""
        return self.wanted if self.signer.algorithm.family is Family.SM2 else ContainerForm.RFC5652


def signed_attributes(signatory: Signatory, document: Digest, statement: str | None) -> bytes:
    """Encode the signed attributes as the SET that is signed (RFC 5652 §5.4).

    Content type, message digest, signing certificate (RFC 5035 §3) and, if given, the seal statement as one UTF8String.
    No signing time: a PDF states it in /M (EN 319 142-1 §6.3, requirement on signing-time).
    """
    stated = () if statement is None else (_attribute(SEAL_STATEMENT_OID, utf8_string(statement)),)
    if signatory.form is ContainerForm.GBT35275:
        return _national(signatory).attributes(document, extra=stated)
    return set_of(
        _attribute(CONTENT_TYPE, oid(DATA)),
        _attribute(MESSAGE_DIGEST, octet_string(document.value)),
        _attribute(SIGNING_CERTIFICATE_V2, _signing_certificate(signatory.certificate, document.algorithm)),
        *stated,
    )


def container(signatory: Signatory, attributes: bytes, signature: bytes, token: bytes | None = None) -> bytes:
    """Encode the ContentInfo with one signer (RFC 5652 §5.1); ``token`` is a TimeStampToken (RFC 3161 appendix A)."""
    stamps = () if token is None else (_attribute(SIGNATURE_TIME_STAMP, token),)
    if signatory.form is ContainerForm.GBT35275:
        return _national(signatory).assemble(signature, attributes=attributes, unauthenticated=stamps)
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
    if stamps:
        parts.append(tlv(IMPLICIT_1, *stamps))
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


def _national(signatory: Signatory) -> GmSignedData:
    return GmSignedData.of(signatory.certificate.public_bytes(Encoding.DER), signatory.chain)


def _certificates(signatory: Signatory) -> list[bytes]:
    own = signatory.certificate.public_bytes(Encoding.DER)
    return sorted({own, *signatory.chain})
