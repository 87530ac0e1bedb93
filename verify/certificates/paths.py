"""Certification paths (RFC 5280 §6): a bounded search of our own, then the library's rules on each exact chain.

The search only follows names and signatures and stops after MAX_PATH_STEPS, so chains made to explode cannot; the
rules (constraints, path length, critical extensions) are ``cryptography``'s, run on one chain with one anchor. It knows
no SM2: a chain with such a key goes by :mod:`verify.certificates.rules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from hsm.sm2.public_key import Sm2PublicKey
from verify.algorithms import DIGESTS, key_of
from verify.certificates import gm
from verify.certificates.rules import RuleBroken, check_rules
from verify.errors import Finding, unsure
from verify.policy import MAX_CERTIFICATES, MAX_CHAIN_DEPTH, MAX_PATH_STEPS
from verify.trust import TrustStore
from verify.verdict import SubIndication

MAX_CANDIDATES: Final = 8
"""Chains tried for one leaf; cross-certification gives two or three."""

MAX_REMEMBERED: Final = 4096
"""Signatures between certificates, and chains, that one finder remembers: some megabytes in a service that seals for years."""

_CA_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, None)
    .may_be_present(x509.AuthorityKeyIdentifier, Criticality.NON_CRITICAL, None)
    .require_present(x509.SubjectKeyIdentifier, Criticality.NON_CRITICAL, None)
    .may_be_present(x509.NameConstraints, Criticality.CRITICAL, None)
)
"""RFC 5280 §4.2.1.9, §4.2.1.1, §4.2.1.2, §4.2.1.10; the library accepts no policy without basic constraints."""
_LEAF_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_not_present(x509.NameConstraints)
    .require_present(x509.AuthorityKeyIdentifier, Criticality.NON_CRITICAL, None)
)
"""RFC 5280 §4.2.1.10, §4.2.1.1. Key usage and purpose are the caller's: they differ for seals, time-stamps, OCSP."""

Chain = tuple[x509.Certificate, ...]
"""From the leaf to its anchor, both included."""


def fingerprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the certificate's DER."""
    return certificate.fingerprint(hashes.SHA256())


def name(subject: x509.Name) -> str:
    """Write a distinguished name for people: common name, else organization, else RFC 4514."""
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME):
        found = subject.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)
    return subject.rfc4514_string()


@dataclass(slots=True)
class _Search:
    pool: dict[bytes, list[x509.Certificate]]
    steps: int = 0
    found: list[Chain] = field(default_factory=list)


class PathFinder:
    """Find and check paths from certificates to the anchors of one trust store."""

    def __init__(self, trust: TrustStore) -> None:
        self._anchors = frozenset(trust.anchors)
        self._by_subject: dict[bytes, list[x509.Certificate]] = defaultdict(list)
        for certificate in (*trust.anchors, *trust.intermediates):
            self._by_subject[certificate.subject.public_bytes()].append(certificate)
        self._issued: dict[tuple[x509.Certificate, x509.Certificate], bool] = {}
        self._sound: set[Chain] = set()

    def is_anchor(self, certificate: x509.Certificate) -> bool:
        """Tell whether the trust store believes this very certificate."""
        return certificate in self._anchors

    def candidates(self, leaf: x509.Certificate, extra: Sequence[x509.Certificate]) -> list[Chain]:
        """Return chains that link ``leaf`` to an anchor by name and signature, shortest first; no rule is applied."""
        pool = {subject: list(items) for subject, items in self._by_subject.items()}
        for certificate in extra[:MAX_CERTIFICATES]:
            pool.setdefault(certificate.subject.public_bytes(), []).append(certificate)
        search = _Search(pool)
        self._extend(search, (leaf,))
        return sorted(search.found, key=len)

    def _extend(self, search: _Search, chain: Chain) -> None:
        tip = chain[-1]
        if self.is_anchor(tip):
            search.found.append(chain)
            return
        if len(chain) > MAX_CHAIN_DEPTH:
            return
        issuers = search.pool.get(tip.issuer.public_bytes(), [])
        for issuer in sorted(issuers, key=self.is_anchor, reverse=True):
            if len(search.found) >= MAX_CANDIDATES or search.steps >= MAX_PATH_STEPS:
                return
            if any(issuer == seen for seen in chain):
                continue
            search.steps += 1
            if self.issued(tip, issuer):
                self._extend(search, (*chain, issuer))

    def issued(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Tell whether names match and ``issuer``'s key made the certificate's signature."""
        key = (certificate, issuer)
        known = self._issued.get(key)
        if known is None:
            known = made_by(certificate, issuer)
            if len(self._issued) >= MAX_REMEMBERED:
                self._issued.clear()
            self._issued[key] = known
        return known

    def choose(
        self, leaf: x509.Certificate, extra: Sequence[x509.Certificate], at: datetime
    ) -> tuple[Chain, Finding | None]:
        """Return the first chain that holds at ``at``, or the first chain with what is wrong with it.

        Raises NO_CERTIFICATE_CHAIN_FOUND when no chain reaches an anchor: an unknown issuer is never green.
        """
        first: tuple[Chain, Finding] | None = None
        for chain in self.candidates(leaf, extra):
            try:
                self._check(chain, at)
            except Finding as finding:
                first = first or (chain, finding)
            else:
                return chain, None
        if first is None:
            raise unsure(
                SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
                "无法识别签发机构：证书不是由受信任的机构签发的。请确认来源，或将其根证书加入信任库后重新核验。",
                "The issuer is not recognised: the certificate does not lead to a trusted authority. "
                "Check where the file comes from, or add its root to the trust store and verify again.",
            )
        return first

    def _check(self, chain: Chain, at: datetime) -> None:
        """Apply RFC 5280 §6.1 to one chain at one time; raises ``Finding``.

        Only the validities depend on the time: a chain that once kept every other rule keeps them ever after.
        """
        for certificate in chain:
            check_validity(certificate, at)
        if chain not in self._sound:
            _check_lasting(chain, at)
            if len(self._sound) >= MAX_REMEMBERED:
                self._sound.clear()
            self._sound.add(chain)


def made_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether names match and ``issuer``'s key made the certificate's signature."""
    try:
        if gm.is_sm2(certificate):
            gm.check_certificate(certificate, key_of(issuer))
            return certificate.issuer == issuer.subject
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _check_lasting(chain: Chain, at: datetime) -> None:
    """Apply every rule of RFC 5280 §6.1 to a chain whose certificates are all valid at ``at``; raises ``Finding``."""
    for certificate in chain[:-1]:
        _check_algorithm(certificate)
        _check_form(certificate)
    for certificate in chain[1:]:
        _check_authority(certificate)
    if len(chain) > 1:
        _check_rules(chain, at)


def check_validity(certificate: x509.Certificate, at: datetime) -> None:
    """RFC 5280 §4.1.2.5: ``at`` lies inside the validity, both ends included; raises OUT_OF_BOUNDS_NO_POE."""
    who = name(certificate.subject)
    at = at.replace(microsecond=0)
    if at < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.date()
        raise unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            f"证书“{who}”在该时间尚未生效（自 {day} 起有效），请核对时间。",
            f"The certificate of {who} was not yet valid at that time (valid from {day}); check the time.",
        )
    if at > certificate.not_valid_after_utc:
        day = certificate.not_valid_after_utc.date()
        raise unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            f"证书“{who}”已于 {day} 到期，且没有可信时间戳证明签章在到期前完成；请要求重新签章或补充证据。",
            f"The certificate of {who} expired on {day}, and no trusted time-stamp proves an earlier signature; "
            "ask for a new seal or for that evidence.",
        )


def _check_algorithm(certificate: x509.Certificate) -> None:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if algorithm is not None and algorithm.name.replace("-", "_") not in DIGESTS:
        raise unsure(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"证书“{name(certificate.subject)}”使用了不被接受的算法（{algorithm.name}），请更换证书后重新签章。",
            f"The certificate of {name(certificate.subject)} rests on an algorithm that is not accepted "
            f"({algorithm.name}); sign again with a new certificate.",
        )


def _check_form(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.1.2.2 (positive serial), §4.2.1.6 (critical names for an empty subject), §4.2.1.9 (CA bits)."""
    extensions = {extension.oid: extension for extension in certificate.extensions}
    if certificate.serial_number <= 0:
        raise _chain_failure("a serial number is not positive")
    names = extensions.get(x509.SubjectAlternativeName.oid)
    if not list(certificate.subject) and (names is None or not names.critical):
        raise _chain_failure("an empty subject without critical alternative names")
    usage = extensions.get(x509.KeyUsage.oid)
    constraints = extensions.get(x509.BasicConstraints.oid)
    authority = constraints is not None and constraints.value.ca
    if usage is not None and usage.value.key_cert_sign and not authority:
        raise _chain_failure("a certificate that is no CA claims to sign certificates")


def _check_authority(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.2.1.9, §4.2.1.3: an issuer is a CA and may sign certificates."""
    extensions = certificate.extensions
    try:
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound as missing:
        authority = missing.oid != x509.BasicConstraints.oid
        usage = True
    if not (authority and usage):
        raise _chain_failure(f"{name(certificate.subject)} is not allowed to issue certificates")


def holds_sm2(chain: Chain) -> bool:
    """Tell whether a chain has an SM2 key somewhere: the library cannot walk it."""
    return any(isinstance(key_of(certificate), Sm2PublicKey) for certificate in chain)


def _check_rules(chain: Chain, at: datetime) -> None:
    if holds_sm2(chain):
        try:
            check_rules(chain)
        except RuleBroken as broken:
            raise _chain_failure(str(broken)) from broken
        return
    verifier = (
        PolicyBuilder()
        .store(Store([chain[-1]]))
        .time(at)
        .max_chain_depth(MAX_CHAIN_DEPTH)
        .extension_policies(ca_policy=_CA_POLICY, ee_policy=_LEAF_POLICY)
        .build_client_verifier()
    )
    try:
        verifier.verify(chain[0], list(chain[1:-1]))
    except VerificationError as error:
        raise _chain_failure(str(error).splitlines()[0][:200]) from error
    except (ValueError, x509.UnsupportedGeneralNameType, x509.DuplicateExtension) as error:
        raise _chain_failure("an extension cannot be decoded") from error


def _chain_failure(detail: str) -> Finding:
    return unsure(
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        "证书链不符合规范，不能信任该签章；请联系证书签发机构。",
        f"The certificate chain breaks a rule, so the signature cannot be trusted; ask its issuer ({detail}).",
    )
