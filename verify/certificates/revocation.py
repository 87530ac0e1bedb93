"""Was a certificate revoked, then and now: facts from CRLs (RFC 5280 §5) and OCSP responses (RFC 6960).

Every list and response is checked against the key of the certificate's issuer, or of a responder that this issuer
delegated; nothing is fetched. A fact speaks about an interval; :func:`state_at` reads the facts at one moment.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from verify.algorithms import DIGESTS, key_of
from verify.certificates import gm
from verify.certificates.paths import PathFinder
from verify.certificates.purpose import OCSP_SIGNING, extended
from verify.digests import SM3, digest_of
from verify.policy import MAX_CRL_OCTETS, MAX_REVOCATION_ITEMS
from verify.report import CertificateStatus, StatusReport

ACCEPTED_CRL_EXTENSIONS: Final = {
    x509.AuthorityKeyIdentifier.oid,
    x509.CRLNumber.oid,
    x509.IssuingDistributionPoint.oid,
}
"""Critical extensions that we understand; a CRL with any other is not used (RFC 5280 §5.2)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One verified statement about one certificate: revoked at a time, or not revoked as of ``this_update``."""

    source: str
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None = None
    reason: str = ""
    embedded: bool = False

    @property
    def on_hold(self) -> bool:
        """Tell whether this is a suspension, which may be lifted (RFC 5280 §5.3.1)."""
        return self.reason == "certificateHold"


@dataclass(frozen=True, slots=True)
class _Crl:
    value: x509.CertificateRevocationList
    mark: bytes


@dataclass(frozen=True, slots=True)
class _Response:
    value: ocsp.OCSPResponse
    mark: bytes


class Evidence:
    """CRLs and OCSP responses from the document and from the trust store, indexed, each checked once."""

    def __init__(self, paths: PathFinder) -> None:
        self._paths = paths
        self._crls: dict[bytes, list[_Crl]] = defaultdict(list)
        self._responses: list[_Response] = []
        self._seen: set[bytes] = set()
        self._embedded: set[bytes] = set()
        self._signed: dict[tuple[bytes, x509.Certificate], bool] = {}
        self._facts: dict[tuple[x509.Certificate, x509.Certificate], list[Fact]] = {}

    def add(self, crls: Iterable[bytes], responses: Iterable[bytes], *, embedded: bool) -> None:
        """Take DER octets; what cannot be decoded, or is over the limits, is left out as if it were not there.

        What the trust store holds and the document carries as well counts as embedded.
        """
        self._facts.clear()
        for der in crls:
            mark = self._mark(der, embedded=embedded)
            if mark is not None and len(der) <= MAX_CRL_OCTETS:
                try:
                    loaded = x509.load_der_x509_crl(der)
                    _ = (loaded.last_update_utc, loaded.next_update_utc, loaded.extensions)
                except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
                    continue
                self._crls[loaded.issuer.public_bytes()].append(_Crl(loaded, mark))
        for der in responses:
            mark = self._mark(der, embedded=embedded)
            if mark is not None:
                try:
                    response = ocsp.load_der_ocsp_response(der)
                except (ValueError, TypeError):
                    continue
                if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
                    self._responses.append(_Response(response, mark))

    def _mark(self, der: bytes, *, embedded: bool) -> bytes | None:
        """Return the digest of octets not seen before, ``None`` for the others and for those over the limit."""
        mark = hashlib.sha256(der).digest()
        if embedded:
            self._embedded.add(mark)
        fresh = mark not in self._seen and len(self._seen) < 4 * MAX_REVOCATION_ITEMS
        self._seen.add(mark)
        return mark if fresh else None

    @property
    def newest(self) -> datetime | None:
        """The newest thisUpdate among the lists and responses."""
        times = [item.value.last_update_utc for items in self._crls.values() for item in items]
        for response in self._responses:
            times += [single.this_update_utc for single in response.value.responses]
        return max(times, default=None)

    def facts(self, certificate: x509.Certificate, issuer: x509.Certificate) -> list[Fact]:
        """Return every verified fact about ``certificate``, whose issuer in the path is ``issuer``."""
        key = (certificate, issuer)
        if key not in self._facts:
            self._facts[key] = self._collect(certificate, issuer)
        return self._facts[key]

    def _collect(self, certificate: x509.Certificate, issuer: x509.Certificate) -> list[Fact]:
        found = [
            fact
            for item in self._crls.get(certificate.issuer.public_bytes(), [])
            if (fact := self._from_crl(item, certificate, issuer)) is not None
        ]
        for response in self._responses:
            found += self._from_ocsp(response, certificate, issuer)
        return found

    def _from_crl(self, item: _Crl, certificate: x509.Certificate, issuer: x509.Certificate) -> Fact | None:
        crl = item.value
        if not crl_applies(crl, certificate) or not self._crl_signed(item, issuer):
            return None
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        next_update = crl.next_update_utc
        if entry is None:
            return Fact("crl", crl.last_update_utc, next_update, embedded=item.mark in self._embedded)
        revoked_at, reason = _entry(entry)
        return Fact("crl", crl.last_update_utc, next_update, revoked_at, reason, item.mark in self._embedded)

    def _crl_signed(self, item: _Crl, issuer: x509.Certificate) -> bool:
        """RFC 5280 §6.3.3 (f): the issuer may sign CRLs, and its key made this signature."""
        key = (item.mark, issuer)
        if key not in self._signed:
            self._signed[key] = crl_signed_by(item.value, issuer)
        return self._signed[key]

    def _from_ocsp(
        self, item: _Response, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> list[Fact]:
        singles = [s for s in item.value.responses if _single_is_for(s, certificate, issuer)]
        if not singles or not self._ocsp_signed(item, issuer):
            return []
        embedded = item.mark in self._embedded
        return [fact for single in singles if (fact := _from_single(single, embedded)) is not None]

    def _ocsp_signed(self, item: _Response, issuer: x509.Certificate) -> bool:
        """RFC 6960 §4.2.2.2: signed by the issuer itself, or by a responder that the issuer named."""
        key = (item.mark, issuer)
        if key not in self._signed:
            self._signed[key] = self._answers_for(item.value, issuer)
        return self._signed[key]

    def _answers_for(self, response: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
        return answering(response, issuer, self._paths) is not None


def answering(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, paths: PathFinder
) -> x509.Certificate | None:
    """RFC 6960 §4.2.2.2: return who signed a response, the issuer itself or a responder that it named; ``None``: neither."""
    if _ocsp_verifies(response, issuer):
        return issuer
    for responder in response.certificates[:8]:
        purposes = extended(responder)
        if purposes is None or OCSP_SIGNING not in purposes[0] or not _has_nocheck(responder):
            continue
        produced = response.produced_at_utc
        in_time = responder.not_valid_before_utc <= produced <= responder.not_valid_after_utc
        if in_time and paths.issued(responder, issuer) and _ocsp_verifies(response, responder):
            return responder
    return None


def answers_about(
    single: ocsp.OCSPSingleResponse, known: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """RFC 6960 §4.1.1: return the authority whose name and key an answer names by their hashes."""
    try:
        algorithm = _hash_name(single)
        for one in known:
            bits = key_of(one).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            named = digest_of(algorithm, one.subject.public_bytes())
            if (single.issuer_name_hash, single.issuer_key_hash) == (
                named,
                digest_of(algorithm, _key_bits(bits)),
            ):
                return one
    except (ValueError, UnsupportedAlgorithm):
        return None
    return None


def crl_signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """RFC 5280 §6.3.3 (f): the issuer may sign CRLs, and its key made this signature."""
    return _may_sign_crls(issuer) and _crl_verifies(crl, issuer)


def crl_applies(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """RFC 5280 §5.2, §6.3.3 (b): the list is complete, understood, numbered, and its scope has the certificate."""
    extensions = {extension.oid: extension for extension in crl.extensions}
    if any(e.critical and oid not in ACCEPTED_CRL_EXTENSIONS for oid, e in extensions.items()):
        return False
    if x509.DeltaCRLIndicator.oid in extensions or x509.CRLNumber.oid not in extensions:
        return False
    scope = extensions.get(x509.IssuingDistributionPoint.oid)
    return scope is None or _in_scope(scope.value, certificate)


def _in_scope(scope: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    try:
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    if scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs:
        return False
    if (scope.only_contains_user_certs and authority) or (scope.only_contains_ca_certs and not authority):
        return False
    if (
        scope.relative_name is not None
    ):  # a part of the whole as well, and nothing of ours names points like that
        return False
    return scope.full_name is None or not set(scope.full_name).isdisjoint(_points(certificate))


def _points(certificate: x509.Certificate) -> set[x509.GeneralName]:
    """Return where the certificate says its issuer's own list over all reasons is."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return set()
    whole = (point for point in points if point.crl_issuer is None and point.reasons is None)
    return {general for point in whole for general in point.full_name or ()}


def _entry(entry: x509.RevokedCertificate) -> tuple[datetime, str]:
    """Read date and reason; for a compromised key the invalidity date counts where it is earlier (§5.3.2)."""
    revoked_at, reason = entry.revocation_date_utc, "unspecified"
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        if reason == "keyCompromise":
            invalid = entry.extensions.get_extension_for_class(x509.InvalidityDate).value
            revoked_at = min(revoked_at, invalid.invalidity_date_utc)
    except (x509.ExtensionNotFound, ValueError):
        pass
    return revoked_at, reason


def _may_sign_crls(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _crl_verifies(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        if gm.is_sm2(crl):
            gm.check_crl(crl, key_of(issuer))
            return True
        algorithm = crl.signature_hash_algorithm
        if algorithm is not None and algorithm.name.replace("-", "_") not in DIGESTS:
            return False
        key = key_of(issuer)
        if not isinstance(
            key,
            rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey,
        ):
            return False
        return crl.is_signature_valid(key)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False


def _has_nocheck(responder: x509.Certificate) -> bool:
    """RFC 6960 §4.2.2.2.1: without it, the responder's own state would have to be known."""
    try:
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True


def _ocsp_verifies(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    signature, message = response.signature, response.tbs_response_bytes
    try:
        key = key_of(signer)
        if gm.is_sm2(response):
            gm.check_response(response, key)
            return True
        algorithm = response.signature_hash_algorithm
        if algorithm is not None and algorithm.name.replace("-", "_") not in DIGESTS:
            return False
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(signature, message, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, message)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _single_is_for(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    """RFC 6960 §4.1.1: serial, hash of the issuer's name, hash of its key."""
    if single.serial_number != certificate.serial_number:
        return False
    try:
        algorithm = _hash_name(single)
        name_hash = digest_of(algorithm, certificate.issuer.public_bytes())
        bits = key_of(issuer).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        key_hash = digest_of(algorithm, _key_bits(bits))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return single.issuer_name_hash == name_hash and single.issuer_key_hash == key_hash


def _hash_name(single: ocsp.OCSPSingleResponse) -> str:
    """Name the hash of a CertID; one unknown to the library can only be SM3, for the values then are compared as such."""
    try:
        return single.hash_algorithm.name
    except UnsupportedAlgorithm:
        return SM3


def _key_bits(spki: bytes) -> bytes:
    from asn1crypto import keys  # noqa: PLC0415

    return bytes(keys.PublicKeyInfo.load(spki)["public_key"].contents[1:])


def _from_single(single: ocsp.OCSPSingleResponse, embedded: bool) -> Fact | None:
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return None
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return Fact("ocsp", single.this_update_utc, single.next_update_utc, embedded=embedded)
    reason = "unspecified" if single.revocation_reason is None else single.revocation_reason.value
    revoked_at = single.revocation_time_utc
    return Fact("ocsp", single.this_update_utc, single.next_update_utc, revoked_at, reason, embedded)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a fact may be: ``without_next`` where it names no next update, ``skew`` between two clocks."""

    without_next: timedelta
    skew: timedelta


def state_at(
    certificate: x509.Certificate, facts: list[Fact], when: datetime, fresh: Freshness
) -> StatusReport:
    """Read the facts at ``when``: revoked, on hold, good, or unknown for want of a fact that speaks about then."""
    permanent = [f for f in facts if f.revoked_at is not None and not f.on_hold and f.revoked_at <= when]
    if permanent:
        first = min(permanent, key=lambda f: f.revoked_at or when)
        return _report(CertificateStatus.REVOKED, first)
    speaking = [f for f in facts if _speaks(f, certificate, when, fresh)]
    if not speaking:
        newest = max(facts, key=lambda f: f.this_update, default=None)
        as_of = None if newest is None else newest.this_update
        return StatusReport(CertificateStatus.UNKNOWN.value, as_of=as_of)
    latest = max(speaking, key=lambda f: f.this_update)
    if latest.on_hold and latest.revoked_at is not None and latest.revoked_at <= when:
        return _report(CertificateStatus.ON_HOLD, latest)
    return StatusReport(CertificateStatus.GOOD.value, latest.source, as_of=latest.this_update)


def _report(status: CertificateStatus, fact: Fact) -> StatusReport:
    return StatusReport(status.value, fact.source, fact.revoked_at, fact.reason, fact.this_update)


def _speaks(fact: Fact, certificate: x509.Certificate, when: datetime, fresh: Freshness) -> bool:
    """Tell whether a fact says something about ``when`` (EN 319 102-1 §5.2.5, §5.2.6).

    A later list speaks about an earlier time, unless it may already have dropped an expired certificate.
    """
    if fact.this_update >= when:
        return fact.revoked_at is not None or fact.this_update <= certificate.not_valid_after_utc
    until = fact.next_update or fact.this_update + fresh.without_next
    return when <= until + fresh.skew
