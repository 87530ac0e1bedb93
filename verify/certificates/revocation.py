"""Was a certificate revoked, then and now: facts from CRLs (RFC 5280 §5) and OCSP responses (RFC 6960).

Every list and response is checked against the key of the certificate's issuer, or of a responder that this issuer
delegated; nothing is fetched. A fact speaks about an interval; :func:`state_at` reads the facts at one moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from verify.algorithms import DIGESTS, key_of
from verify.certificates import gm
from verify.certificates.crl_scope import ACCEPTED_CRL_EXTENSIONS
from verify.certificates.extensions import extensions_of
from verify.certificates.facts import Fact, together
from verify.certificates.links import usable
from verify.certificates.list_signers import ListSigners, crl_signed_by
from verify.certificates.lists import Crl, Lists
from verify.certificates.paths import Chain, PathFinder
from verify.certificates.purpose import OCSP_SIGNING, extended
from verify.digests import SM3, digest_of
from verify.policy import MAX_REVOCATION_ITEMS
from verify.report import CertificateStatus, StatusReport

__all__ = [
    "ACCEPTED_CRL_EXTENSIONS",
    "Evidence",
    "Fact",
    "Freshness",
    "answering",
    "answers_about",
    "crl_signed_by",
    "state_at",
]


MAX_SINGLE_ANSWERS: Final = 64
"""Certificates that one OCSP response speaks of; responders answer about one, or the few of a chain."""


@dataclass(frozen=True, slots=True)
class _Response:
    value: ocsp.OCSPResponse
    mark: bytes


class Evidence:
    """CRLs and OCSP responses from the document and from the trust store, indexed, each checked once.

    It may begin with those of the trust store, read before for all documents.
    """

    def __init__(self, paths: PathFinder, begun: Evidence | None = None) -> None:
        self._paths = paths
        self._lists = Lists()
        self._signers = ListSigners(paths, self._in_good_standing)
        self._responses: list[_Response] = []
        self._seen: set[bytes] = set()
        self._embedded: set[bytes] = set()
        self._own: set[bytes] = set()
        self._proved: dict[bytes, datetime] = {}
        self.state = 0
        """Stands for all that was added, in its order: what was worked out in one state may be otherwise in another."""
        if begun is not None:
            begun.hand_on(self)

    def hand_on(self, other: Evidence) -> None:
        """Let evidence that is still empty begin with what was added here by the trust store's owner."""
        other._lists = Lists(self._lists)
        other._responses = list(self._responses)
        other._seen, other._own = set(self._seen), set(self._own)
        other.state = self.state

    def add(self, crls: Iterable[bytes], responses: Iterable[bytes], *, embedded: bool) -> None:
        """Take DER octets; what cannot be decoded, or is over the limits, is left out as if it were not there.

        What the trust store holds and the document carries as well counts as embedded.
        """
        crls, responses = tuple(crls), tuple(responses)
        if not crls and not responses:
            return
        before, self.state = self.state, self._paths.steps.alone()  # until all of it is taken
        marks = [hashlib.sha256(der).digest() for der in crls]
        for der, mark in zip(crls, marks, strict=True):
            if self._is_new(mark, embedded=embedded):
                self._lists.add(der, mark)
        answers = [hashlib.sha256(der).digest() for der in responses]
        for der, mark in zip(responses, answers, strict=True):
            if self._is_new(mark, embedded=embedded):
                response = _answer_of(der)
                if response is not None:
                    self._responses.append(_Response(response, mark))
        self.state = self._paths.steps.after(before, ("added", embedded, *marks, "answers", *answers))

    def prove(self, items: Iterable[bytes], time: datetime) -> None:
        """Note that a trusted time-stamp proves that these lists and responses (DER) existed at ``time``."""
        self.state = self._paths.steps.alone()
        for der in items:
            mark = hashlib.sha256(der).digest()
            self._proved[mark] = min(time, self._proved.get(mark, time))

    def _existed(self, mark: bytes, before: datetime | None) -> bool:
        """Tell whether a document's own evidence is proved older than ``before``; the verifier's own evidence is its own."""
        if before is None or mark in self._own:
            return True
        return mark in self._proved and self._proved[mark] < before

    def learn(self, certificates: Iterable[x509.Certificate]) -> None:
        """Take certificates of a document: one of them may be the key with which an issuer signs its lists."""
        before, self.state = self.state, self._paths.steps.alone()  # until all of them are taken
        learnt = self._signers.learn(certificates)
        self.state = (
            self._paths.steps.after(before, ("learnt", *map(id, learnt)), learnt) if learnt else before
        )

    def _is_new(self, mark: bytes, *, embedded: bool) -> bool:
        """Note the digest of a list or an answer; tell whether it was not seen before, and is not over the limit."""
        (self._embedded if embedded else self._own).add(mark)
        fresh = mark not in self._seen and len(self._seen) < 4 * MAX_REVOCATION_ITEMS
        self._seen.add(mark)
        return fresh

    @property
    def newest(self) -> datetime | None:
        """The newest thisUpdate among the lists and responses."""
        times = list(self._lists.times())
        for response in self._responses:
            times += [single.this_update_utc for single in response.value.responses]
        return max(times, default=None)

    def facts(self, chain: Chain, position: int, before: datetime | None = None) -> tuple[Fact, ...]:
        """Return every verified fact about ``chain[position]``, whose issuer stands above it in the chain.

        ``before`` is when that issuer was revoked: whoever has its key since makes lists of any date, so of what a document
        brings along only that counts which is proved to be older (EN 319 102-1 §5.6.2.2).
        """
        above, asked = chain[position:], (self.state, before)
        known = self._paths.facts.find(above, asked)
        if known is None:
            certificate, issuer = chain[position], chain[position + 1]
            said = self._lists.said(
                certificate,
                lambda item: self._existed(item.mark, before) and self._signers.signed(item, chain, position),
                self._embedded,
            )
            found = (*together(said), *self._answers(certificate, issuer, before))
            known = self._paths.facts.keep(above, found, asked)
        return known

    def _answers(
        self, certificate: x509.Certificate, issuer: x509.Certificate, before: datetime | None = None
    ) -> list[Fact]:
        return [
            fact
            for response in self._responses
            if self._existed(response.mark, before)
            for fact in self._from_ocsp(response, certificate, issuer)
        ]

    def _in_good_standing(self, signer: x509.Certificate, maker: x509.Certificate, item: Crl) -> bool:
        """Tell whether a list's signer was good when it signed, and never revoked, by what ``maker``'s own key says."""
        said = self._lists.said(
            signer, lambda other: self._signers.signed_directly(other, maker), self._embedded
        )
        facts = together(said) + self._answers(signer, maker)
        state = state_at(signer, facts, item.value.last_update_utc, _NO_SLACK)
        never = all(fact.revoked_at is None or fact.on_hold for fact in facts)
        return never and state.status == CertificateStatus.GOOD.value

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
        paths = self._paths
        return paths.proved((item.mark, issuer), lambda: answering(item.value, issuer, paths) is not None)


def _answer_of(der: bytes) -> ocsp.OCSPResponse | None:
    """Read a response that answers; ``None`` for any other, and for one over the limit."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        counted = sum(1 for _ in islice(response.responses, MAX_SINGLE_ANSWERS + 1))
    except (ValueError, TypeError):
        return None
    return response if counted <= MAX_SINGLE_ANSWERS else None


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


def _has_nocheck(responder: x509.Certificate) -> bool:
    """RFC 6960 §4.2.2.2.1: without it, the responder's own state would have to be known."""
    try:
        extensions_of(responder).get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True


def _ocsp_verifies(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    signature, message = response.signature, response.tbs_response_bytes
    try:
        key = key_of(signer)
        if not usable(key):  # a responder's own key need not be in any path
            return False
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


_NO_SLACK = Freshness(timedelta(0), timedelta(0))


def state_at(
    certificate: x509.Certificate, facts: Sequence[Fact], when: datetime, fresh: Freshness
) -> StatusReport:
    """Read the facts at ``when``: revoked, on hold, good, or unknown for want of a fact that speaks about then."""
    permanent = [f for f in facts if f.revoked_at is not None and f.revoked_at <= when and not f.on_hold]
    if permanent:
        first = min(permanent, key=lambda f: f.revoked_at or when)
        return _report(_REVOKED, first)
    latest = None
    for fact in facts:
        later = latest is None or (fact.this_update, fact.on_hold) > (latest.this_update, latest.on_hold)
        if later and _speaks(fact, certificate, when, fresh):  # of two of one second, the suspension
            latest = fact
    if latest is None:
        return StatusReport(_UNKNOWN, as_of=max([fact.this_update for fact in facts], default=None))
    if latest.revoked_at is not None and latest.revoked_at <= when and latest.on_hold:
        return _report(_ON_HOLD, latest)
    return StatusReport(_GOOD, latest.source, as_of=latest.this_update)


def revoked_since(facts: Sequence[Fact], when: datetime) -> datetime | None:
    """Return since when a certificate is revoked for good, as is known at ``when``; ``None``: it is not."""
    times = [
        fact.revoked_at
        for fact in facts
        if fact.revoked_at is not None and fact.revoked_at <= when and not fact.on_hold
    ]
    return min(times, default=None)


_REVOKED: Final = CertificateStatus.REVOKED.value
_ON_HOLD: Final = CertificateStatus.ON_HOLD.value
_GOOD: Final = CertificateStatus.GOOD.value
_UNKNOWN: Final = CertificateStatus.UNKNOWN.value


def _report(status: str, fact: Fact) -> StatusReport:
    return StatusReport(status, fact.source, fact.revoked_at, fact.reason, fact.this_update)


def _speaks(fact: Fact, certificate: x509.Certificate, when: datetime, fresh: Freshness) -> bool:
    """Tell whether a fact says something about ``when`` (EN 319 102-1 §5.2.5, §5.2.6).

    A later list speaks about an earlier time, unless it may already have dropped an expired certificate.
    """
    if fact.this_update >= when:
        return fact.revoked_at is not None or fact.this_update <= certificate.not_valid_after_utc
    until = fact.next_update or fact.this_update + fresh.without_next
    return when <= until + fresh.skew
