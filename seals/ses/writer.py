"""Writing seals of v4 (GB/T 38540-2020) and v5 (GM/T 0031-2025): strict DER, spliced from its pieces.

What is signed is made first (:func:`encode_info`), so that it can be recorded before the key is touched; the whole is put
together around the same octets (:func:`assemble`). What the standards leave open and we chose: the type of a digest list is
``SM3`` with SM3 of the certificate's DER; pictures are PNG.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ca import der
from hsm.algorithms import DigestAlgorithm, SignatureAlgorithm
from seals.seal import is_electronic_code
from seals.ses.cursor import IA5_STRING, PRINTABLE_STRING
from seals.ses.parts import CertListType, SesVersion

DIGEST_TYPE: Final = "SM3"
"""``CertDigestObj.type`` is a free string in the standards; the name of the digest is what a reader can act on."""
ALGORITHM: Final = SignatureAlgorithm.SM2_SM3
_TIME_STAMP: Final = 0


@dataclass(frozen=True, slots=True)
class PictureContent:
    """The picture: a PNG at true size, and that size in whole millimetres."""

    png: bytes
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class SealContent:
    """What a seal says. ``signers`` are the DER certificates that may sign with it; times are written in whole seconds."""

    version: SesVersion
    vendor: str
    code: str
    type: int
    name: str
    list_type: CertListType
    signers: tuple[bytes, ...]
    created: datetime
    valid_from: datetime
    valid_to: datetime
    picture: PictureContent

    def __post_init__(self) -> None:
        if self.version is SesVersion.V1:
            raise ValueError("seals of GM/T 0031-2014 are read, not written")
        if not is_electronic_code(self.code):
            raise ValueError("an electronic seal's code has 14 digits")
        if not (self.vendor.isascii() and self.vendor.isprintable() and 0 < len(self.vendor) <= 64):
            raise ValueError("the maker's mark is 1 to 64 printable ASCII characters")
        if not self.signers:
            raise ValueError("a seal is made for at least one signer")


def encode_info(content: SealContent) -> bytes:
    """Encode ``SES_SealInfo``: the octets that the maker signs (§6.1 of the standards)."""
    return der.sequence(
        der.sequence(_ia5("ES"), der.integer(content.version.number), _ia5(content.vendor)),
        _ia5(content.code),
        _property(content),
        _picture(content.picture),
    )


def assemble(
    content: SealContent,
    info: bytes,
    maker_certificate: bytes,
    signature: bytes,
    time_stamp: bytes | None = None,
) -> bytes:
    """Encode a ``SESeal`` around signed octets; only v5 has a place for a time-stamp (``ValueError``)."""
    if time_stamp is not None and content.version is not SesVersion.V5:
        raise ValueError("only GM/T 0031-2025 has a time-stamp in the seal")
    stamp = b"" if time_stamp is None else der.explicit(_TIME_STAMP, der.bit_string(time_stamp))
    return der.sequence(
        info, der.octet_string(maker_certificate), der.oid(ALGORITHM.oid), der.bit_string(signature), stamp
    )


def _property(content: SealContent) -> bytes:
    times = (content.created, content.valid_from, content.valid_to)
    return der.sequence(
        der.integer(content.type),
        der.utf8_string(content.name),
        der.integer(content.list_type.value),
        der.sequence(*(_listed(content.list_type, certificate) for certificate in content.signers)),
        *map(der.generalized_time, times),
    )


def _listed(kind: CertListType, certificate: bytes) -> bytes:
    if kind is CertListType.CERTIFICATES:
        return der.octet_string(certificate)
    digest = DigestAlgorithm.SM3.digest(certificate).value
    return der.sequence(der.tlv(PRINTABLE_STRING, DIGEST_TYPE.encode()), der.octet_string(digest))


def _picture(picture: PictureContent) -> bytes:
    return der.sequence(
        _ia5("PNG"),
        der.octet_string(picture.png),
        der.integer(picture.width_mm),
        der.integer(picture.height_mm),
    )


def _ia5(text: str) -> bytes:
    return der.tlv(IA5_STRING, text.encode("ascii"))
