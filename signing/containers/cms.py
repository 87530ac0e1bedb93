"""The CMS container of a PDF signature, built by concatenation (RFC 5652, ETSI EN 319 142-1 §6.3, EN 319 122-1).

A general ASN.1 library takes forty times as long for the same octets; what is constant here is encoded once. With an SM2
key the container is the same with the national algorithms in it, or, where asked for, that of GB/T 35275 (ADR 16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property, lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.cms import signing_time
from ca.cms_names import SIGNATURE_TIME_STAMP, SIGNED_DATA
from ca.der import SET, explicit, integer, octet_string, oid, sequence, set_of, tlv, utf8_string
from ca.gm_cms import GmSignedData
from hsm.algorithms import Digest, Family, SignatureAlgorithm
from hsm.public_keys import certificate_key, same_key
from hsm.signer import Signer
from seals.statement import SEAL_STATEMENT_OID
from signing.containers.cms_parts import (
    CONTENT_IS_DATA,
    DETACHED,
    SIGNATORIES_KEPT,
    Parts,
    attribute,
    message_digest,
    parts_of,
)

OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
"""RFC 5940 §2.1, id-ri-ocsp-response."""
_SIGNED: Final = b"\xa0"
"""The tag of the signed attributes where they stand in SignerInfo (RFC 5652 §5.4)."""
_SIGNED_DATA: Final = oid(SIGNED_DATA)
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


@dataclass(frozen=True)
class Signatory:
    """Who signs: an open key, its certificate and the chain above it (DER, issuer first, the anchor may be left out).

    ``wanted`` is the form of the container where the key is an SM2 one; all others write RFC 5652. What its containers have
    in common is encoded once.
    """

    signer: Signer
    certificate: x509.Certificate
    chain: Sequence[bytes] = ()
    wanted: ContainerForm = ContainerForm.RFC5652

    def __post_init__(self) -> None:
        if not same_key(certificate_key(self.certificate), self.signer.public_key):
            raise ValueError("the key does not belong to the certificate")

    @cached_property
    def form(self) -> ContainerForm:
        """The form in which this key's containers are written."""
        wanted = self.wanted
        if wanted is ContainerForm.RFC5652 or self.signer.algorithm.family is Family.SM2:
            return wanted
        return ContainerForm.RFC5652

    @cached_property
    def parts(self) -> Parts:
        """The pieces that its containers of RFC 5652 begin with."""
        return parts_of(self.certificate, self.chain, self.signer.algorithm)

    @cached_property
    def bare_size(self) -> int:
        """Octets of a container without a statement, with a signature as long as they come."""
        return _bare_size(self.certificate, tuple(self.chain), self.signer.algorithm, self.form)


@dataclass(frozen=True, slots=True)
class Revocation:
    """What a container itself carries to prove certificates by (level B-LT of CAdES): DER, chains beyond the signer's too."""

    certificates: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


NOTHING_CARRIED: Final = Revocation()


def signed_attributes(
    signatory: Signatory, document: Digest, statement: str | None, when: datetime | None = None
) -> bytes:
    """Encode the signed attributes as the SET that is signed (RFC 5652 §5.4).

    Content type, message digest, signing certificate (RFC 5035 §3) and, if given, the seal statement as one UTF8String.
    The signing time only where it is given (CAdES, EN 319 122-1 §6.3): a PDF states it in /M (EN 319 142-1 §6.3).
    ``ValueError``: the document was not digested by the algorithm that the key signs with.
    """
    if document.algorithm is not signatory.signer.algorithm.digest:
        raise ValueError(f"{document.algorithm} is not what the key signs with")
    stated = () if statement is None else (attribute(SEAL_STATEMENT_OID, utf8_string(statement)),)
    if signatory.form is ContainerForm.GBT35275:
        return _national(signatory).attributes(document, when, extra=stated)
    timed = () if when is None else (signing_time(when),)
    return _attributes(signatory.parts, document, *timed, *stated)


def _attributes(parts: Parts, document: Digest, *further: bytes) -> bytes:
    return set_of(CONTENT_IS_DATA, message_digest(document.value), parts.named, *further)


def container(
    signatory: Signatory,
    attributes: bytes,
    signature: bytes,
    token: bytes | None = None,
    carried: Revocation = NOTHING_CARRIED,
) -> bytes:
    """Encode the ContentInfo with one signer (RFC 5652 §5.1); ``token`` is a TimeStampToken (RFC 3161 appendix A).

    ``carried`` has no place in GB/T 35275, whose shape is older than evidence in a container: ``ValueError``.
    """
    stamps = () if token is None else (attribute(SIGNATURE_TIME_STAMP, token),)
    if signatory.form is ContainerForm.GBT35275:
        if carried.ocsp or carried.crls:
            raise ValueError("GB/T 35275 carries no revocation evidence")
        return _national(signatory).assemble(signature, attributes=attributes, unauthenticated=stamps)
    return _assemble(signatory.parts, attributes, signature, stamps, carried)


def _assemble(
    parts: Parts, attributes: bytes, signature: bytes, stamps: tuple[bytes, ...], carried: Revocation
) -> bytes:
    signer = tlv(
        SET,
        sequence(
            parts.signer,
            _SIGNED + attributes[1:],
            parts.algorithm,
            octet_string(signature),
            *((tlv(IMPLICIT_1, *stamps),) if stamps else ()),
        ),
    )
    if carried is NOTHING_CARRIED:
        return sequence(_SIGNED_DATA, explicit(0, sequence(parts.bare, signer)))
    # RFC 5652 §5.1: version 5 where revocation information of another format stands
    signed_data = sequence(
        integer(5 if carried.ocsp else 1),
        tlv(SET, parts.digest),
        DETACHED,
        tlv(IMPLICIT_0, *sorted({*parts.certificates, *carried.certificates})),
        _revocation(carried),
        signer,
    )
    return sequence(_SIGNED_DATA, explicit(0, signed_data))


def room_for(signatory: Signatory, statement: str | None, *, stamped: bool) -> int:
    """Octets that the finished container takes at most, so that the place for it is kept without a trial run."""
    size = signatory.bare_size
    if statement is not None:
        size += len(attribute(SEAL_STATEMENT_OID, utf8_string(statement)))
    return size + SLACK + (TIME_STAMP_ROOM if stamped else 0)


@lru_cache(maxsize=SIGNATORIES_KEPT)
def _bare_size(
    certificate: x509.Certificate,
    chain: tuple[bytes, ...],
    algorithm: SignatureAlgorithm,
    form: ContainerForm,
) -> int:
    """Measure a container without a statement, with a signature as long as they come."""
    blank, longest = (
        Digest(algorithm.digest, bytes(algorithm.digest.size)),
        bytes(_longest_signature(certificate)),
    )
    if form is ContainerForm.GBT35275:
        national = GmSignedData.of(certificate.public_bytes(Encoding.DER), chain)
        return len(national.assemble(longest, attributes=national.attributes(blank), unauthenticated=()))
    parts = parts_of(certificate, chain, algorithm)
    return len(_assemble(parts, _attributes(parts, blank), longest, (), NOTHING_CARRIED))


def _longest_signature(certificate: x509.Certificate) -> int:
    key = certificate_key(certificate)
    if isinstance(key, rsa.RSAPublicKey):
        return (key.key_size + 7) // 8
    return 2 * ((key.key_size + 7) // 8 + 1) + 8


def _national(signatory: Signatory) -> GmSignedData:
    return GmSignedData.of(signatory.certificate.public_bytes(Encoding.DER), signatory.chain)


def _revocation(carried: Revocation) -> bytes:
    """Encode RevocationInfoChoices (RFC 5652 §10.2.1): lists as they are, OCSP responses as RFC 5940 §2.1 wraps them."""
    answers = (tlv(IMPLICIT_1, oid(OCSP_RESPONSE), response) for response in carried.ocsp)
    found = sorted({*carried.crls, *answers})
    return tlv(IMPLICIT_1, *found) if found else b""
