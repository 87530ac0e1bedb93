"""Certificate profiles as data: what a certificate of each kind has, and nothing else ever has (RFC 5280 §4.2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from ca.errors import ProfileUnknown
from hsm.algorithms import Family, KeyKind

EKU_SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
EKU_CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
"""RFC 5280 §4.2.1.12."""
EKU_OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
"""RFC 6960 §4.2.2.2."""
EKU_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
"""RFC 3161 §2.3."""
EKU_DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"
"""RFC 9336 §3.1."""
EKU_SEAL_MAKER: Final = "1.3.6.1.5.5.7.3.37"
"""RFC 9509 §3.1, id-kp-jwt: the key signs JSON statements (seal statements, seal status lists), and no other profile
has it. An arc of our own under 2.25 (X.667) would have 128 bits, which pkilint and other parsers refuse."""
EKU_TRUST_LIST: Final = "0.4.0.2231.3.0"
"""ETSI TS 119 612 §5.7.1, id-tsl-kp-tslSigning: the key signs trust lists and nothing else."""
EKU_VERIFICATION: Final = "1.2.840.113556.1.8000.2554.27368.51203.50935.19158.25179.8394388.15299025.1"
"""The key signs verification reports and offline bundles; below the arc of the seal statement, as no standard names the purpose."""

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

ENCIPHERING: Final = frozenset({"key_encipherment", "data_encipherment", "key_agreement"})
"""What an encryption key does. A key that does any of this signs nothing: it is escrowed (I24, I25)."""
USES_OF_FAMILY: Final[Mapping[Family, frozenset[str]]] = MappingProxyType(
    {
        Family.RSA: frozenset(KEY_USAGE_BITS) - {"key_agreement", "encipher_only", "decipher_only"},
        Family.EC: frozenset(KEY_USAGE_BITS) - {"key_encipherment", "data_encipherment"},
        Family.SM2: frozenset(KEY_USAGE_BITS),
    }
)
"""What a key of each family can do at all: RFC 3279 §2.3.1, RFC 8813 §3; SM2 signs, agrees and encrypts (GB/T 32918)."""

_ALL_KINDS: Final = tuple(kind.value for kind in KeyKind)
_YEAR: Final = 365


class Purpose(StrEnum):
    """What the certified key is for; decides who may make it and whether it may be escrowed."""

    AUTHORITY = "authority"
    """It signs certificates and lists."""
    SERVICE = "service"
    """It signs what one service of the authority says: status, time, seal statements."""
    SIGNATURE = "signature"
    """It signs for its holder (签名证书); it is made where it is used and kept nowhere else."""
    ENCRYPTION = "encryption"
    """It deciphers for its holder (加密证书); the key centre makes and may escrow it."""


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
    """Uses wanted; a certificate has those that its key's family can do (:meth:`uses`)."""
    purpose: Purpose = Purpose.SIGNATURE
    extended_key_usage: tuple[str, ...] = ()
    extended_key_usage_critical: bool = False
    is_ca: bool = False
    path_length: int | None = None
    ocsp_no_check: bool = False
    crl_address: bool = True
    ocsp_address: bool = True
    subject_needs: tuple[str, ...] = ("common_name",)
    registered_enterprise: bool = False
    """The subject must be an enterprise of the register; in every profile a USCC that is named is a registered one."""
    key_kinds: tuple[str, ...] = _ALL_KINDS
    names_hosts: bool = False
    """It is for a server at the addresses that the request names, and says so (RFC 5280 §4.2.1.6)."""
    foreign: bool = False
    """It certifies another installation's authority, under terms that the request names (:mod:`ca.cross.terms`)."""
    test: bool = False
    """For drills and demonstrations only: refused in production, and its names must say so."""

    def __post_init__(self) -> None:
        if not set(self.key_usage) <= set(KEY_USAGE_BITS):
            raise ValueError("unknown key usage")
        signs = {"key_cert_sign", "crl_sign"} & set(self.key_usage)
        if bool(signs) != self.is_ca:
            raise ValueError("keyCertSign and cRLSign stand in a CA's profile and only there")
        if bool(ENCIPHERING & set(self.key_usage)) != (self.purpose is Purpose.ENCRYPTION):
            raise ValueError("keys of encryption profiles encipher, and no others do")
        if self.purpose is Purpose.ENCRYPTION and not set(self.key_usage) <= ENCIPHERING:
            raise ValueError("a key that enciphers signs nothing (I24)")
        if (self.purpose is Purpose.AUTHORITY) != self.is_ca:
            raise ValueError("authorities are CAs, and no others are")
        if self.foreign and (not self.is_ca or self.path_length is None):
            raise ValueError("other authorities are CAs of a bounded depth")
        if self.path_length is not None and not self.is_ca:
            raise ValueError("a leaf has no path length (RFC 5280 §4.2.1.9)")

    @property
    def self_signed(self) -> bool:
        """Tell whether a certificate of this kind is signed with its own key."""
        return self.id in self.issued_by

    def uses(self, family: Family) -> tuple[str, ...]:
        """Return the key usage of a certificate over a key of ``family``, in order of the bits."""
        able = USES_OF_FAMILY[family]
        return tuple(bit for bit in KEY_USAGE_BITS if bit in self.key_usage and bit in able)

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
    purpose=Purpose.AUTHORITY,
    is_ca=True,
    path_length=3,  # below it: a bridge, another installation's root, that one's issuing CA
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
    purpose=Purpose.AUTHORITY,
    is_ca=True,
    path_length=0,
    ocsp_address=False,
    subject_needs=("common_name", "organization"),
)
CROSS: Final = Profile(
    id="cross",
    title="交叉认证证书 / Cross certificate",
    issued_by=("root",),
    default_days=3 * _YEAR,
    max_days=5 * _YEAR,
    key_usage=("key_cert_sign", "crl_sign"),
    purpose=Purpose.AUTHORITY,
    is_ca=True,
    path_length=2,
    ocsp_address=False,
    foreign=True,
)
OCSP_RESPONDER: Final = Profile(
    id="ocsp-responder",
    title="OCSP 响应者 / OCSP responder",
    issued_by=("root", "issuing"),
    default_days=_YEAR,
    max_days=3 * _YEAR,
    key_usage=("digital_signature",),
    purpose=Purpose.SERVICE,
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
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_TIME_STAMPING,),
    extended_key_usage_critical=True,
    subject_needs=("common_name", "organization"),
)
DOCUMENT_SERVICE: Final = Profile(
    id="document-service",
    title="文件服务 / Document service",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature", "content_commitment"),
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_DOCUMENT_SIGNING,),
    subject_needs=("common_name", "organization"),
)
SEAL_MAKER: Final = Profile(
    id="seal-maker",
    title="制章者 / Seal maker",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature", "content_commitment"),
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_SEAL_MAKER,),
    subject_needs=("common_name", "organization"),
)
TRUST_LIST: Final = Profile(
    id="trust-list",
    title="信任清单签发 / Trust list signer",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature",),
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_TRUST_LIST,),
    subject_needs=("common_name", "organization"),
)
VERIFICATION: Final = Profile(
    id="verification",
    title="核验服务 / Verification service",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature", "content_commitment"),
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_DOCUMENT_SIGNING, EKU_VERIFICATION),
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
ENTERPRISE_SIGN: Final = Profile(
    id="enterprise-sign",
    title="企业签名证书 / Enterprise signing certificate",
    issued_by=("issuing",),
    default_days=_YEAR,
    max_days=3 * _YEAR + 1,
    key_usage=("digital_signature", "content_commitment"),
    extended_key_usage=(EKU_DOCUMENT_SIGNING,),
    subject_needs=("common_name", "organization", "uscc"),
    registered_enterprise=True,
)
ENTERPRISE_ENCRYPT: Final = Profile(
    id="enterprise-encrypt",
    title="企业加密证书 / Enterprise encryption certificate",
    issued_by=("issuing",),
    default_days=_YEAR,
    max_days=3 * _YEAR + 1,
    key_usage=("key_encipherment", "data_encipherment", "key_agreement"),
    purpose=Purpose.ENCRYPTION,
    subject_needs=("common_name", "organization", "uscc"),
    registered_enterprise=True,
)
PERSON_SIGN: Final = Profile(
    id="person-sign",
    title="个人签名证书 / Personal signing certificate",
    issued_by=("issuing",),
    default_days=_YEAR,
    max_days=3 * _YEAR + 1,
    key_usage=("digital_signature", "content_commitment"),
    extended_key_usage=(EKU_DOCUMENT_SIGNING,),
)
CHIP_AUTH: Final = Profile(
    id="chip-auth",
    title="芯片身份证书 / Chip authentication certificate",
    issued_by=("issuing",),
    default_days=5 * _YEAR,
    max_days=8 * _YEAR,
    key_usage=("digital_signature",),
    extended_key_usage=(EKU_CLIENT_AUTH,),
)
TLS_SERVER: Final = Profile(
    id="tls-server",
    title="服务器通信证书 / TLS server certificate",
    issued_by=("issuing",),
    default_days=_YEAR,
    max_days=2 * _YEAR,
    key_usage=("digital_signature",),
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_SERVER_AUTH,),
    subject_needs=("common_name", "organization"),
    names_hosts=True,
)
TLS_CLIENT: Final = Profile(
    id="tls-client",
    title="服务通信证书 / TLS certificate of a service",
    issued_by=("issuing",),
    default_days=_YEAR,
    max_days=2 * _YEAR,
    key_usage=("digital_signature",),
    purpose=Purpose.SERVICE,
    extended_key_usage=(EKU_CLIENT_AUTH,),
    subject_needs=("common_name", "organization"),
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
        for profile in (
            ROOT,
            ISSUING,
            CROSS,
            OCSP_RESPONDER,
            TSA,
            DOCUMENT_SERVICE,
            SEAL_MAKER,
            TRUST_LIST,
            VERIFICATION,
            ENTERPRISE_SEAL,
            ENTERPRISE_SIGN,
            ENTERPRISE_ENCRYPT,
            PERSON_SIGN,
            CHIP_AUTH,
            TLS_SERVER,
            TLS_CLIENT,
            TEST_SEAL,
        )
    }
)


def find_profile(profiles: Mapping[str, Profile], name: str) -> Profile:
    """Return the profile; an unknown name raises :class:`ProfileUnknown`."""
    try:
        return profiles[name]
    except KeyError as missing:
        raise ProfileUnknown(name) from missing
