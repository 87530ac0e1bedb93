"""What electronic seal data consists of, for all three versions of the standard, with the octets as they stand.

Names are the standard's own: GM/T 0031-2014 (v1), GB/T 38540-2020 (v4), GM/T 0031-2025 (v5). Each part that somebody
signed keeps its original octets: a signature is checked over those and never over a second encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

V1_STANDARD = "GM/T 0031-2014"


class SesVersion(Enum):
    """The three layouts: the number that ``header.version`` has in it, and the standard."""

    V1 = (1, V1_STANDARD)
    V4 = (4, "GB/T 38540-2020")
    V5 = (5, "GM/T 0031-2025")

    def __init__(self, number: int, standard: str) -> None:
        self.number = number
        self.standard = standard


class CertListType(Enum):
    """``certListType``: the signers' certificates themselves, or their digests."""

    CERTIFICATES = 1
    DIGESTS = 2


@dataclass(frozen=True, slots=True)
class Deviation:
    """A place where the octets differ from the standard's text and can be read all the same."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SesHeader:
    """``SES_Header``: the mark ``ES``, the version number as written, the maker's mark (``Vid``)."""

    mark: str
    version: int
    vendor: str


@dataclass(frozen=True, slots=True)
class CertDigest:
    """``CertDigestObj``: an algorithm by a free name, and the digest of a signer's certificate."""

    type: str
    value: bytes


@dataclass(frozen=True, slots=True)
class SignerList:
    """Who may sign with the seal: certificates (DER), digests of them, or, in v1 alone, free texts."""

    certificates: tuple[bytes, ...] = ()
    digests: tuple[CertDigest, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SesProperty:
    """``SES_ESPropertyInfo``; ``list_type`` is ``None`` in v1, which has no such member."""

    type: int
    name: str
    list_type: CertListType | None
    signers: SignerList
    created: datetime
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class SesPicture:
    """``SES_ESPictrueInfo``: type as written, octets, size in mm; ``pixels`` where the octets declare them."""

    type: str
    data: bytes
    width_mm: int
    height_mm: int
    pixels: tuple[int, int] | None = None

    @property
    def kind(self) -> str:
        """The type in capital letters: writers differ in case."""
        return self.type.upper()


@dataclass(frozen=True, slots=True)
class SesExtension:
    """``ExtData``; an item that is none keeps its octets under an empty identifier."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class SesSeal:
    """A ``SESeal``: its content, the maker's signature over it, and the octets that this signature is over."""

    version: SesVersion
    octets: bytes
    info: bytes
    """The octets of ``SES_SealInfo``."""
    header: SesHeader
    id: str
    property: SesProperty
    picture: SesPicture
    extensions: tuple[SesExtension, ...]
    maker_certificate: bytes
    algorithm: str
    signature: bytes
    signed: bytes
    """What the maker signed: ``SES_SealInfo``; in v1 a SEQUENCE of it, the certificate and the algorithm."""
    time_stamp: bytes | None = None
    deviations: tuple[Deviation, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeInfo:
    """``timeInfo`` as it stands; ``value`` is ``None`` where v1 holds something that tells no time by itself."""

    raw: bytes
    value: datetime | None


@dataclass(frozen=True, slots=True)
class SesSignature:
    """An ``SES_Signature``: a seal put under a document, of which it knows the digest and a name."""

    version: SesVersion
    octets: bytes
    signed: bytes
    """The octets of ``TBS_Sign``."""
    stated_version: int
    seal: SesSeal
    time: TimeInfo
    data_hash: bytes
    scope: str
    """``propertyInfo``: what is protected, in an OFD the path of Signature.xml."""
    extensions: tuple[SesExtension, ...]
    certificate: bytes
    algorithm: str
    signature: bytes
    time_stamp: bytes | None = None
    deviations: tuple[Deviation, ...] = ()
