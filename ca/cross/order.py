"""An order of cross certification: the terms as a person writes them (TOML), and the certificate that they are about. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.audit import canonical_json
from ca.certificate import CertificateRequest, SubjectName, public_key_of
from ca.cross.errors import CrossOrderInvalid, FingerprintDiffers, ForeignUnfit
from ca.cross.terms import MAX_NAMES, MAX_POLICIES, MAX_SKIP, CrossTerms, general_name
from ca.custody_policy import ANY_POLICY
from ca.profile import CROSS
from ca.rule_place import Place, read_toml
from ca.weak_keys import why_weak
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.errors import HsmError, SignatureInvalid
from hsm.verification import verify_signature

MAX_CERTIFICATE: Final = 16 * 1024
"""Octets of another authority's certificate; real ones have one or two thousand."""
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,40}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_KEYS: Final = {
    "issuer",
    "days",
    "path_length",
    "policies",
    "map",
    "permitted",
    "excluded",
    "require_explicit_policy",
    "inhibit_policy_mapping",
    "inhibit_any_policy",
}


@dataclass(frozen=True, slots=True)
class CrossOrder:
    """What is to be issued: by whom, for which certificate (DER), for how many days, under which terms.

    ``nonce`` tells one order from another with the same content.
    """

    issuer: str
    certificate: bytes
    days: int
    terms: CrossTerms
    nonce: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the other authority's certificate: what people compare."""
        return hashlib.sha256(self.certificate).hexdigest()

    @property
    def authority(self) -> str:
        """The other authority's name, as people write it (RFC 4514)."""
        return x509.load_der_x509_certificate(self.certificate).subject.rfc4514_string()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all of it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def id(self) -> str:
        """The order's number, half of its digest: who confirms by it confirms these very terms (I22)."""
        return self.digest[:32]

    def to_json(self) -> str:
        """Return the order as canonical JSON."""
        return canonical_json(
            {
                "issuer": self.issuer,
                "certificate": self.certificate.hex(),
                "days": self.days,
                "terms": self.terms.recorded(),
                "nonce": self.nonce,
            }
        )

    @classmethod
    def of(cls, recorded: Mapping[str, Any]) -> CrossOrder:
        """Return the order that :meth:`to_json` wrote."""
        certificate, terms = bytes.fromhex(recorded["certificate"]), CrossTerms.of(recorded["terms"])
        return cls(recorded["issuer"], certificate, recorded["days"], terms, recorded["nonce"])

    def check_fingerprint(self, said: str) -> None:
        """Compare what a person read out, in either case, with or without colons; raises :class:`FingerprintDiffers`."""
        plain = re.sub(r"[\s:]", "", said).lower()
        if not _FINGERPRINT.fullmatch(plain) or plain != self.fingerprint:
            raise FingerprintDiffers

    def request(self, now: datetime) -> CertificateRequest:
        """Return what the issuance is asked for: no longer than the other authority's own certificate lives."""
        foreign = x509.load_der_x509_certificate(self.certificate)
        left = foreign.not_valid_after_utc - now
        validity = min(timedelta(days=self.days), left)
        key = public_key_of(foreign)
        return CertificateRequest(CROSS.id, _called(foreign), key, validity, self.issuer, cross=self.terms)


def _called(foreign: x509.Certificate) -> SubjectName:
    """Say for lists and searches whom it is about; the name in the certificate is the other authority's own."""

    def first(oid: x509.ObjectIdentifier) -> str:
        found = foreign.subject.get_attributes_for_oid(oid)
        return str(found[0].value)[:64] if found else ""

    organization = first(NameOID.ORGANIZATION_NAME)
    name = first(NameOID.COMMON_NAME) or organization or "CA"
    return SubjectName(name, organization, country=first(NameOID.COUNTRY_NAME) or "CN")


def read_order(terms: bytes | Mapping[str, Any], certificate: bytes, now: datetime) -> CrossOrder:
    """Read terms (TOML, or its members) and certificate (DER or PEM).

    Raises :class:`CrossOrderInvalid` or :class:`ForeignUnfit`.
    """
    foreign, _ = read_foreign(certificate, now)
    if isinstance(terms, bytes):
        place = read_toml(terms, CrossOrderInvalid)
    else:
        place = Place("terms", terms, CrossOrderInvalid)
    place.only(_KEYS)
    return CrossOrder(
        place.word("issuer", needed=False) or "root",
        foreign.public_bytes(Encoding.DER),
        place.number("days", 1, CROSS.max_days, CROSS.default_days),
        _terms(place, foreign),
    )


def _terms(place: Place, foreign: x509.Certificate) -> CrossTerms:
    policies = _policies(place, _texts(place, "policies", MAX_POLICIES), "policies")
    if not policies:
        raise CrossOrderInvalid("policies", "至少写一个证书策略", "at least one policy is named")
    permitted = _names(place, "permitted")
    if not permitted:
        raise CrossOrderInvalid(
            "permitted", "至少写一个允许的名称范围", "at least one permitted name is said"
        )
    own_length = foreign.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    most = CROSS.path_length if own_length is None else min(own_length, CROSS.path_length or 0)
    return CrossTerms(
        subject=foreign.subject.public_bytes(),
        key_identifier=foreign.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest,
        path_length=place.number("path_length", 0, most or 0, 0),
        policies=policies,
        mappings=_mappings(place, policies),
        permitted=permitted,
        excluded=_names(place, "excluded"),
        require_explicit_policy=_skip(place, "require_explicit_policy", 0),
        inhibit_policy_mapping=_skip(place, "inhibit_policy_mapping", None),
        inhibit_any_policy=_skip(place, "inhibit_any_policy", 0),
    )


def _texts(place: Place, key: str, most: int) -> tuple[str, ...]:
    found = place.values.get(key, [])
    good = isinstance(found, list) and len(found) <= most and all(isinstance(one, str) for one in found)
    if not good:
        raise CrossOrderInvalid(key, f"应为至多 {most} 个文字", f"it is a list of at most {most} texts")
    place.distinct(found, key)
    return tuple(found)


def _policies(place: Place, found: tuple[str, ...], key: str) -> tuple[str, ...]:
    del place
    for one in found:
        if not _OID.fullmatch(one) or one == ANY_POLICY:
            raise CrossOrderInvalid(
                key, f"{one[:60]} 不是证书策略的 OID", f"{one[:60]} is not the dotted number of a policy"
            )
    return found


def _mappings(place: Place, policies: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for position, values in enumerate(place.tables("map", most=MAX_POLICIES)):
        one = place.inside(f"map {position + 1}", values)
        one.only({"ours", "theirs"})
        pair = (one.text("ours"), one.text("theirs"))
        _policies(place, pair, "map")
        if pair[0] not in policies:
            raise CrossOrderInvalid(
                "map", f"{pair[0]} 不在 policies 中", f"{pair[0]} is not among the policies"
            )
        pairs.append(pair)
    return tuple(pairs)


def _names(place: Place, key: str) -> tuple[str, ...]:
    found = _texts(place, key, MAX_NAMES)
    for text in found:
        try:
            general_name(text)
        except ValueError as wrong:
            raise CrossOrderInvalid(
                key, f"“{text[:60]}”不是 dn:/C=…、dns:、email:、uri: 或 ip: 形式的名称", str(wrong)
            ) from wrong
    return found


def _skip(place: Place, key: str, default: int | None) -> int | None:
    """Read a count of certificates that may follow; ``false`` leaves the constraint out."""
    if place.values.get(key, default) is (False if key in place.values else None):
        return None
    return place.number(key, 0, MAX_SKIP, 0)


def read_foreign(octets: bytes, now: datetime) -> tuple[x509.Certificate, bool]:
    """Read another authority's certificate; tell whether it signed it itself, which proves that it has the key.

    Raises :class:`ForeignUnfit` for what is no CA's certificate, has expired, or has a key that is not certified.
    """
    try:
        pem = b"-----BEGIN" in octets[:64]
        if len(octets) > MAX_CERTIFICATE:
            raise ForeignUnfit("文件过大", f"it has more than {MAX_CERTIFICATE} octets")
        foreign = (x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate)(octets)
        extensions, key = foreign.extensions, public_key_of(foreign)
        is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        named = len(list(foreign.subject)) > 0
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        HsmError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
    ):
        raise ForeignUnfit("不是 CA 证书", "it is no certificate of an authority") from None
    if not (is_ca and signs and named):
        raise ForeignUnfit("不是 CA 证书", "it is no certificate of an authority")
    if not foreign.not_valid_before_utc <= now <= foreign.not_valid_after_utc:
        raise ForeignUnfit("不在有效期内", "it is not valid now")
    weak = why_weak(key)
    if weak is not None:
        raise ForeignUnfit(f"密钥不安全（{weak}）", f"its key is weak ({weak})")
    return foreign, _self_signed(foreign, key)


def _self_signed(foreign: x509.Certificate, key: PublicKey) -> bool:
    if foreign.subject != foreign.issuer:
        return False
    oid = foreign.signature_algorithm_oid.dotted_string
    algorithm = next((one for one in SignatureAlgorithm if one.oid == oid), None)
    if algorithm is None:
        raise ForeignUnfit("签名算法不受支持", "its algorithm is not used here")
    try:
        verify_signature(key, algorithm, foreign.tbs_certificate_bytes, foreign.signature)
    except (SignatureInvalid, HsmError):
        raise ForeignUnfit("自签名不正确", "its own signature is wrong") from None
    return True
