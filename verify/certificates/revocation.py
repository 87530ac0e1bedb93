"""Was a certificate revoked, then and now: facts from CRLs (RFC 5280 §5) and OCSP responses (RFC 6960).

Every list and response is checked against the key of the certificate's issuer, or of a responder that this issuer
delegated; nothing is fetched. A fact speaks about an interval; :func:`state_at` reads the facts at one moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from verify.certificates.answers import Response, Single, answering, fact_of, read_response
from verify.certificates.crl_scope import ACCEPTED_CRL_EXTENSIONS
from verify.certificates.delegates import digest_end
from verify.certificates.facts import ROUTINE, Fact, gravest, together
from verify.certificates.list_signers import ListSigners, crl_signed_by
from verify.certificates.lists import Crl, Lists
from verify.certificates.paths import Chain, PathFinder
from verify.certificates.remembered import Remembered
from verify.policy import MAX_REVOCATION_ITEMS
from verify.report import CertificateStatus, StatusReport

__all__ = ["ACCEPTED_CRL_EXTENSIONS", "Evidence", "Fact", "Freshness", "crl_signed_by", "state_at"]

MAX_BROUGHT: Final = 4 * MAX_REVOCATION_ITEMS
"""Lists and answers taken from one document, its signatures and its time-stamps; what the verifier itself holds is never left out."""
MAX_DELEGATES: Final = 256
"""Responders of which it is remembered since when they are revoked."""


class Evidence:
    """CRLs and OCSP responses from the document and from the trust store, indexed, each checked once.

    It may begin with those of the trust store, read before for all documents.
    """

    def __init__(self, paths: PathFinder, begun: Evidence | None = None) -> None:
        self._paths = paths
        self._lists = Lists()
        self._signers = ListSigners(paths, self._in_good_standing)
        self._responses: list[Response] = []
        self._by_serial: dict[int, tuple[Response, ...]] = {}
        self._ends: Remembered[tuple[Fact | None]] = Remembered(MAX_DELEGATES)
        self._brought = 0
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
        other._responses, other._by_serial = list(self._responses), dict(self._by_serial)
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
                response = read_response(der, mark)
                if response is not None:
                    self._take(response)
        self.state = self._paths.steps.after(before, ("added", embedded, *marks, "answers", *answers))

    def _take(self, response: Response) -> None:
        """Keep an answer, to be found by the numbers of the certificates that it is about."""
        self._responses.append(response)
        for serial in {single.serial_number for single, _ in response.singles}:
            self._by_serial[serial] = (*self._by_serial.get(serial, ()), response)

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
        """Note the digest of a list or an answer; tell whether it was not seen before and, if a document brings it, is within the limit."""
        (self._embedded if embedded else self._own).add(mark)
        fresh = mark not in self._seen and not (embedded and self._brought >= MAX_BROUGHT)
        self._brought += embedded and fresh
        self._seen.add(mark)
        return fresh

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
                lambda item: self._list_signer(item, chain, position, before),
                self._embedded,
            )
            found = (*together(said), *self._answers(certificate, issuer, before))
            known = self._paths.facts.keep(above, found, asked)
        return known

    def _list_signer(
        self, item: Crl, chain: Chain, position: int, before: datetime | None
    ) -> x509.Certificate | None:
        signer = self._signers.signer(item, chain, position) if self._existed(item.mark, before) else None
        if signer is None or signer in chain or self._was_sound(item.mark, signer):
            return signer
        return None

    def _was_sound(self, mark: bytes, delegate: x509.Certificate) -> bool:
        """ETSI TS 119 312 §5.2: a certificate with a digest of the past lends its word only to what is proved to be of then."""
        end = digest_end(delegate)
        return end is None or (mark in self._proved and self._proved[mark] < end)

    def _answers(
        self, certificate: x509.Certificate, issuer: x509.Certificate, before: datetime | None = None
    ) -> list[Fact]:
        return [
            fact
            for response in self._by_serial.get(certificate.serial_number, ())
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
        self, item: Response, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> list[Fact]:
        singles = item.about(certificate, issuer)
        signer = self._responder(item, issuer) if singles else None
        if signer is None or (signer != issuer and not self._lends_its_word(item, signer, issuer)):
            return []
        return self._told(item, singles, signer)

    def _told(self, item: Response, singles: Iterable[Single], signer: x509.Certificate) -> list[Fact]:
        embedded = item.mark in self._embedded
        found = (fact_of(item, one, signer, embedded=embedded) for one in singles)
        return [fact for fact in found if fact is not None]

    def _lends_its_word(self, item: Response, delegate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Tell whether a responder's answer counts: its certificate's digest was sound, and it was not revoked, as far as is known.

        Nobody need ask about a responder (RFC 6960 §4.2.2.2.1). Whoever knows all the same that one was revoked goes by that: its
        key dates what it signs as it likes, so of its answers those count that are proved older, and of what the verifier itself
        held, or where nothing was said against the key, those of an older date.
        """
        if not self._was_sound(item.mark, delegate):
            return False
        ended = self.end_of(delegate, issuer)
        since = None if ended is None else ended.revoked_at
        if ended is None or since is None:
            return True
        dated = item.value.produced_at_utc < since
        return dated and (ended.reason in ROUTINE or self._existed(item.mark, since))

    def end_of(self, delegate: x509.Certificate, issuer: x509.Certificate) -> Fact | None:
        """Return the first revocation for good of a responder that the issuer's own key tells of, or another responder that no list revokes."""
        parts = (delegate, issuer)
        known = self._ends.find(parts, self.state)
        if known is None:
            listed = self._listed_end(delegate, issuer)
            found = [] if listed is None else [listed]
            for item in self._by_serial.get(delegate.serial_number, ()):
                singles = item.about(delegate, issuer)
                signer = self._responder(item, issuer) if singles else None
                if signer is not None and signer != delegate and self._unlisted(signer, issuer):
                    found += self._told(item, singles, signer)
            known = (gravest(found),)
            self._ends.keep(parts, known, self.state)
        return known[0]

    def _unlisted(self, signer: x509.Certificate, issuer: x509.Certificate) -> bool:
        return signer == issuer or self._listed_end(signer, issuer) is None

    def _listed_end(self, delegate: x509.Certificate, issuer: x509.Certificate) -> Fact | None:
        said = self._lists.said(
            delegate, lambda other: self._signers.signed_directly(other, issuer), self._embedded
        )
        return gravest(together(said))

    def _responder(self, item: Response, issuer: x509.Certificate) -> x509.Certificate | None:
        """RFC 6960 §4.2.2.2: the issuer itself, or a responder that the issuer named."""
        return self._paths.proved((item.mark, issuer), lambda: answering(item.value, issuer, self._paths))


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
    ended = gravest(fact for fact in facts if fact.revoked_at is not None and fact.revoked_at <= when)
    if ended is not None:
        return _report(_REVOKED, ended)
    latest = None
    for fact in facts:
        later = latest is None or (fact.this_update, fact.on_hold) > (latest.this_update, latest.on_hold)
        if later and _speaks(fact, certificate, when, fresh):  # of two of one second, the suspension
            latest = fact
    if latest is None:
        return StatusReport(_UNKNOWN, as_of=max([fact.this_update for fact in facts], default=None))
    held = latest if latest.revoked_at is None or latest.on_hold else _held_until_revoked(certificate, facts)
    if held is not None and held.revoked_at is not None and held.revoked_at <= when:
        return _report(_ON_HOLD, held)
    return StatusReport(_GOOD, latest.source, as_of=latest.this_update)


def _held_until_revoked(certificate: x509.Certificate, facts: Sequence[Fact]) -> Fact | None:
    """RFC 5280 §5.3.1: return the suspension that was never lifted, as far as is known, and became a revocation of a later date."""
    end = certificate.not_valid_after_utc
    told = (fact for fact in facts if fact.on_hold or (fact.revoked_at is None and fact.knows(end)))
    last = max(told, key=lambda fact: (fact.this_update, fact.on_hold), default=None)
    return last if last is not None and last.on_hold else None


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
        return fact.revoked_at is not None or fact.knows(certificate.not_valid_after_utc)
    until = fact.next_update or fact.this_update + fresh.without_next
    if fact.ends is not None:
        until = min(until, fact.ends)
    return when - fresh.skew <= until
