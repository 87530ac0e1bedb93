"""Certificate profiles as data: what a certificate of each kind has, and nothing else ever has (RFC 5280 §4.2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from ca.errors import ProfileUnknown
from hsm.algorithms import KeyKind

EKU_OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
"""RFC 6960 §4.2.2.2."""
EKU_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
"""RFC 3161 §2.3."""
EKU_DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"
"""RFC 9336 §3.1."""
EKU_SEAL_MAKER: Final = "1.3.6.1.5.5.7.3.37"
"""RFC 9509 §3.1, id-kp-jwt: the key signs JSON statements (seal statements, seal status lists), and no other profile
has it. An arc of our own under 2.25 (X.667) would have 128 bits, which pkilint and other parsers refuse."""

KEY_USAGE_BITS: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
"""RFC 5280 §4.2.1.3, in order of their bits; ``content_commitment`` is nonRepudiation."""

_ALL_KINDS: Final = tuple(kind.value for kind in KeyKind)
_YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of certificate. Days are whole; subject fields are those of :class:`ca.certificate.SubjectName`."""

    id: str
    title: str
    issued_by: tuple[str, ...]
    """Profiles of the issuers that may use it; its own id means self-signed."""
    default_days: int
    max_days: int
    key_usage: tuple[str, ...]
    extended_key_usage: tuple[str, ...] = ()
    extended_key_usage_critical: bool = False
    is_ca: bool = False
    path_length: int | None = None
    ocsp_no_check: bool = False
    crl_address: bool = True
    ocsp_address: bool = True
    subject_needs: tuple[str, ...] = ("common_name",)
    registered_enterprise: bool = False
    """The subject is an enterprise of the register, under its registered name."""
    key_kinds: tuple[str, ...] = _ALL_KINDS
    test: bool = False
    """For drills and demonstrations only: refused in production, and its names must say so."""

    def __post_init__(self) -> None:
        if not set(self.key_usage) <= set(KEY_USAGE_BITS):
            raise ValueError("unknown key usage")
        signs = {"key_cert_sign", "crl_sign"} & set(self.key_usage)
        if bool(signs) != self.is_ca:
            raise ValueError("keyCertSign and cRLSign stand in a CA's profile and only there")
        if self.path_length is not None and not self.is_ca:
            raise ValueError("a leaf has no path length (RFC 5280 §4.2.1.9)")

    @property
    def self_signed(self) -> bool:
        """Tell whether a certificate of this kind is signed with its own key."""
        return self.id in self.issued_by

    @property
    def default_validity(self) -> timedelta:
        """How long a certificate lives when nobody says otherwise."""
        return timedelta(days=self.default_days)

    @property
    def max_validity(self) -> timedelta:
        """The longest life that may be asked for."""
        return timedelta(days=self.max_days)

    @property
    def hash(self) -> str:
        """SHA-256 over every field; stored with each certificate and constant through its issuance (I6)."""
        return _hash_of(self)


@lru_cache(maxsize=64)
def _hash_of(profile: Profile) -> str:
    """Compute the hash once for each profile, equal in every field: a profile cannot change."""
    fields: dict[str, Any] = asdict(profile)
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


ROOT: Final = Profile(
    id="root",
    title="根证书 / Root CA",
    issued_by=("root",),
    default_days=20 * _YEAR,
    max_days=30 * _YEAR,
    key_usage=("key_cert_sign", "crl_sign"),
    is_ca=True,
    path_length=1,
    crl_address=False,
    ocsp_address=False,
    subject_needs=("common_name", "organization"),
)
ISSUING: Final = Profile(
    id="issuing",
    title="签发 CA / Issuing CA",
    issued_by=("root",),
    default_days=10 * _YEAR,
    max_days=15 * _YEAR,
    key_usage=("key_cert_sign", "crl_sign"),
    is_ca=True,
    path_length=0,
    ocsp_address=False,
    subject_needs=("common_name", "organization"),
)
OCSP_RESPONDER: Final = Profile(
    id="ocsp-responder",
    title="OCSP 响应者 / OCSP responder",
    issued_by=("root", "issuing"),
    default_days=_YEAR,
    max_days=3 * _YEAR,
    key_usage=("digital_signature",),
    extended_key_usage=(EKU_OCSP_SIGNING,),
    ocsp_no_check=True,
    crl_address=False,
    ocsp_address=False,
    subject_needs=("common_name", "organization"),
)
TSA: Final = Profile(
    id="tsa",
    title="时间戳服务 / Time-stamp authority",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature",),
    extended_key_usage=(EKU_TIME_STAMPING,),
    extended_key_usage_critical=True,
    subject_needs=("common_name", "organization"),
)
SEAL_MAKER: Final = Profile(
    id="seal-maker",
    title="制章者 / Seal maker",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature", "content_commitment"),
    extended_key_usage=(EKU_SEAL_MAKER,),
    subject_needs=("common_name", "organization"),
)
ENTERPRISE_SEAL: Final = Profile(
    id="enterprise-seal",
    title="企业印章证书 / Enterprise sealing certificate",
    issued_by=("issuing",),
    default_days=_YEAR,
    max_days=3 * _YEAR + 1,
    key_usage=("digital_signature", "content_commitment"),
    extended_key_usage=(EKU_DOCUMENT_SIGNING,),
    subject_needs=("common_name", "organization", "uscc"),
    registered_enterprise=True,
)
TEST_SEAL: Final = Profile(
    id="test-seal",
    title="测试印章证书 / Sealing certificate for drills",
    issued_by=("issuing",),
    default_days=7,
    max_days=30,
    key_usage=("digital_signature", "content_commitment"),
    extended_key_usage=(EKU_DOCUMENT_SIGNING,),
    subject_needs=("common_name", "organization"),
    test=True,
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        profile.id: profile
        for profile in (ROOT, ISSUING, OCSP_RESPONDER, TSA, SEAL_MAKER, ENTERPRISE_SEAL, TEST_SEAL)
    }
)


def find_profile(profiles: Mapping[str, Profile], name: str) -> Profile:
    """Return the profile; an unknown name raises :class:`ProfileUnknown`."""
    try:
        return profiles[name]
    except KeyError as missing:
        raise ProfileUnknown(name) from missing
