"""One certificate judged at one time: its path, its state, and what stands in the way of trusting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509

from verify.algorithms import spki_of
from verify.certificates.facts import IN_COURSE, Fact
from verify.certificates.identity import maker_identity
from verify.certificates.paths import Chain, PathFinder, name
from verify.certificates.purpose import check_confines, needs_no_revocation
from verify.certificates.remembered import Remembered
from verify.certificates.revocation import Evidence, Freshness, revoked_since, state_at
from verify.civil_time import civil_day
from verify.errors import Finding, unsure
from verify.makers import MakerIdentity
from verify.policy import Policy
from verify.report import UNKNOWN, CertificateStatus, StatusReport
from verify.trusted_lists.anchors import Vouching
from verify.trusted_lists.decision import TrustDecision
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

MAX_PASSED: Final = 256
"""Good judgements that documents share; of one moment and one signatory there are two or three."""
MAX_CHOSEN: Final = 256
"""Paths that one judge remembers for one document."""
_REVOKED: Final = CertificateStatus.REVOKED.value
_UNKNOWN: Final = CertificateStatus.UNKNOWN.value
STOPPED: Final = frozenset({_REVOKED, CertificateStatus.ON_HOLD.value})
"""States in which an authority has taken a certificate out of use, for good or for a time."""
_ANCHOR: Final = StatusReport(CertificateStatus.GOOD.value, "anchor")


@dataclass(frozen=True, slots=True)
class Judged:
    """A certificate's chain (empty: none found), its own state at the time, and the first thing that is wrong."""

    chain: Chain
    state: StatusReport
    finding: Finding | None
    embedded: bool = False
    """Every revocation fact that was needed stands in the document itself."""
    trust: TrustDecision | None = None
    """Which list, or whose decree, makes the end of the chain an anchor; ``None`` where no chain was found."""


class Ordered(NamedTuple):
    """The path that was chosen of several, the one by whose word it stands or falls, and what that says against it."""

    chain: Chain
    word: Chain
    finding: Finding | None


class CertificateJudge:
    """Judge certificates with the paths and the evidence of one document.

    ``now`` is the time of verification, at which a trust list must be in force whatever time is asked about; without it
    the time asked about is taken. ``passed`` remembers good judgements for the documents that are judged by the same paths
    and the same policy: those of one moment with the same evidence share them.
    """

    def __init__(
        self,
        paths: PathFinder,
        evidence: Evidence,
        policy: Policy,
        now: datetime | None = None,
        passed: Remembered[Judged] | None = None,
    ) -> None:
        self.paths = paths.of_one_document()
        self.now = now
        self.latest = now
        self.evidence = evidence
        self._policy = policy
        self._fresh = Freshness(policy.freshness, policy.clock_skew)
        self._passed: Remembered[Judged] = Remembered(MAX_PASSED) if passed is None else passed
        self._known: dict[tuple[int, int, datetime], tuple[Chain, StatusReport]] = {}
        self._facts_known: dict[int, tuple[Chain, list[list[Fact]]]] = {}
        self._as_of = evidence.state
        self.evidence_as_of: datetime | None = None
        """The newest date of what authorities say of the certificates that were asked about; of other lists none counts."""
        self._linked: Remembered[tuple[Chain, ...]] = Remembered(MAX_CHOSEN)
        self._chosen: Remembered[tuple[tuple[Chain, ...], Finding | None]] = Remembered(MAX_CHOSEN)

    def look_back(self, present: datetime) -> None:
        """Take what was issued until ``present``, the clock's time, where the time of verification is an earlier one.

        A later list tells of an earlier time (EN 319 102-1 §5.2.5): each entry says since when.
        """
        self.latest = present if self.now is None else max(self.now, present)

    def judge(
        self,
        certificate: x509.Certificate,
        extra: Sequence[x509.Certificate],
        at: datetime,
        purpose: Callable[[x509.Certificate], None],
        kind: ServiceKind = ServiceKind.CA,
    ) -> Judged:
        """EN 319 102-1 §5.2.6: path, purpose, then the state of each certificate below the anchor at ``at``.

        A trust list vouches only by services of ``kind``.
        """
        self.evidence.learn(extra)
        parts, asked = (purpose, certificate, *extra), (self.evidence.state, self.now, self.latest, at, kind)
        known = self._passed.find(parts, asked)
        if known is not None:
            self._used(known.state)
            return known
        judged = self._judged(certificate, tuple(extra), at, purpose, kind)
        return judged if judged.finding is not None else self._passed.keep(parts, judged, asked)

    def _judged(
        self,
        certificate: x509.Certificate,
        extra: Chain,
        at: datetime,
        purpose: Callable[[x509.Certificate], None],
        kind: ServiceKind,
    ) -> Judged:
        try:
            chains, finding = self._choose(certificate, extra, at, kind)
        except Finding as unknown:
            return Judged((), UNKNOWN, unknown)
        chain, word, stopped = Ordered(chains[0], chains[0], None)
        if finding is None:
            chain, word, stopped = self.in_order(chains, extra, kind, at)
        trust = self.paths.decision(chain, Vouching(kind, at, self.now), at)
        if finding is None:
            meant = _first(lambda: purpose(certificate), lambda: check_confines(chain, purpose, trust))
            finding = meant or stopped
        state = self.state(word, 0, at)
        return Judged(chain, state, finding, self._embedded(chain, at), trust)

    def _choose(
        self, certificate: x509.Certificate, extra: Chain, at: datetime, kind: ServiceKind
    ) -> tuple[tuple[Chain, ...], Finding | None]:
        """Choose paths once for each question: a seal's maker is asked about for the list and the statement."""
        parts, asked = (certificate, *extra), (at, kind)
        known = self._chosen.find(parts, asked)
        if known is None:
            found = self.paths.holding(certificate, extra, at, Vouching(kind, at, self.now))
            known = self._chosen.keep(parts, found, asked)
        return known

    def known_as(
        self, certificate: x509.Certificate, extra: Sequence[x509.Certificate], *moments: datetime
    ) -> MakerIdentity:
        """Return as whom a seal maker is known, by every path that holds at one of these times."""
        kind, paths = ServiceKind.SEAL_MAKER, []
        for at in moments:
            try:
                chains, finding = self._choose(certificate, tuple(extra), at, kind)
            except Finding:
                continue
            if finding is None:
                asked = Vouching(kind, at, self.now)
                paths += [(chain, self.paths.decision(chain, asked, at)) for chain in chains]
        return maker_identity(paths)

    def in_order(
        self, chains: tuple[Chain, ...], extra: Sequence[x509.Certificate], kind: ServiceKind, at: datetime
    ) -> Ordered:
        """RFC 4158 §2.4: choose the first path whose certificates are all in order, or the first path with what is wrong with it.

        An authority that one root has ended may stand below another still, and a list may name what its own authority has ended. Where
        that was not in the course of things, whoever has the key may have made what is judged, by whichever path: one that has ended
        since, or vouches for nothing here, tells of it all the same.
        """
        judged = [(chain, self._stopped(chain, at)) for chain in chains]
        chain, finding = next((one for one in judged if one[1] is None), judged[0])
        if finding is not None:
            return Ordered(chain, chain, finding)
        keys = {spki_of(one) for one in chain}
        for other in self.linked(chain[0], extra, kind):
            if other != chain and not keys.isdisjoint(self._distrusted(other, at)):
                return Ordered(other if other in chains else chain, other, self._stopped(other, at))
        return Ordered(chain, chain, None)

    def linked(
        self, certificate: x509.Certificate, extra: Sequence[x509.Certificate], kind: ServiceKind
    ) -> tuple[Chain, ...]:
        """Return the paths that tell of a certificate, whether or not they hold (:meth:`PathFinder.linked`), once for one document."""
        parts = (certificate, *extra)
        known = self._linked.find(parts, kind)
        if known is None:
            known = self._linked.keep(parts, tuple(self.paths.linked(certificate, extra, kind)), kind)
        return known

    def _stopped(self, chain: Chain, at: datetime) -> Finding | None:
        return _first(lambda: self._check_states(chain, at))

    def _distrusted(self, chain: Chain, at: datetime) -> Iterator[bytes]:
        """Yield the keys below a path's anchor that were revoked for a reason that may be the key, or for none that is told.

        A leaf that is suspended is one of them; an authority may be so as one root's recognition of another.
        """
        for position in range(len(chain) - 1):
            state = self.state(chain, position, at)
            stopped = state.status == _REVOKED or (position == 0 and state.status in STOPPED)
            if stopped and state.reason not in IN_COURSE:
                yield spki_of(chain[position])

    def state(self, chain: Chain, position: int, when: datetime) -> StatusReport:
        """Tell the state of one certificate of a chain at ``when``; an anchor is good by decree."""
        self._forget()
        key = (id(chain), position, when)
        known = self._known.get(key)
        if known is None:  # with the chain itself, so that no other takes its identity
            known = self._known[key] = chain, self._state(chain, position, when)
            self._used(known[1])
        return known[1]

    def _used(self, state: StatusReport) -> None:
        if state.as_of is not None:
            self.evidence_as_of = max(state.as_of, self.evidence_as_of or state.as_of)

    def _forget(self) -> None:
        """Work everything out anew where the evidence has changed since."""
        if self._as_of != self.evidence.state:
            self._known.clear()
            self._facts_known.clear()
            self._as_of = self.evidence.state

    def _state(self, chain: Chain, position: int, when: datetime) -> StatusReport:
        if position >= len(chain) - 1:
            return _ANCHOR
        certificate = chain[position]
        found = state_at(certificate, self._facts(chain)[position], when, self._fresh)
        if found.status in STOPPED:
            return found
        if when.replace(microsecond=0) > certificate.not_valid_after_utc:
            return StatusReport(
                CertificateStatus.EXPIRED.value, "certificate", certificate.not_valid_after_utc
            )
        if when < certificate.not_valid_before_utc:
            return StatusReport(
                CertificateStatus.NOT_YET_VALID.value, "certificate", certificate.not_valid_before_utc
            )
        return found

    def _facts(self, chain: Chain) -> list[list[Fact]]:
        """Return what counts about each certificate below the anchor, in the order of the chain."""
        self._forget()
        known = self._facts_known.get(id(chain))
        if known is None:
            known = self._facts_known[id(chain)] = chain, self._said(chain)
        return known[1]

    def _said(self, chain: Chain) -> list[list[Fact]]:
        """Ask from the top down: when an issuer was revoked, as is known now, decides which of its lists count; an anchor never is."""
        found: list[list[Fact]] = []
        since = None
        for position in range(len(chain) - 2, -1, -1):
            facts = self._counting(chain, position, since)
            found.append(facts)
            since = None if self.now is None else revoked_since(facts, self.now)
        found.reverse()
        return found

    def _counting(self, chain: Chain, position: int, since: datetime | None) -> list[Fact]:
        if since is None:
            return self._made_by_now(self.evidence.facts(chain, position))
        ended = [fact for fact in self.evidence.facts(chain, position) if fact.revoked_at is not None]
        others = self.evidence.facts(chain, position, since)
        return [*ended, *self._made_by_now(others)]

    def _made_by_now(self, facts: Sequence[Fact]) -> list[Fact]:
        """Leave out facts made ahead of their time, which cannot know what happens until then; a revocation they may announce.

        RFC 6960 §3.2 (5), §4.2.2.1: whose thisUpdate is later than the present is unreliable, and so is one that was made later.
        """
        if self.latest is None:
            return list(facts)
        latest = self.latest + self._policy.clock_skew
        return [
            fact
            for fact in facts
            if max(fact.this_update, fact.made or fact.this_update) <= latest
            or (fact.revoked_at is not None and not fact.on_hold)
        ]

    def _check_states(self, chain: Chain, at: datetime) -> None:
        states = [self.state(chain, position, at) for position in range(len(chain) - 1)]
        for position, (certificate, found) in enumerate(zip(chain, states, strict=False)):
            if found.status in STOPPED:
                raise _revoked(certificate, found, authority=position > 0)
        for position, (certificate, found) in enumerate(zip(chain, states, strict=False)):
            told = position == 0 and needs_no_revocation(certificate)
            if found.status == _UNKNOWN and self._policy.require_revocation and not told:
                times = [fact.this_update for fact in self.evidence.facts(chain, position)]
                raise _unknown(certificate, found, at, times)

    def _embedded(self, chain: Chain, at: datetime) -> bool:
        for certificate, said in zip(chain, self._facts(chain), strict=False):
            facts = [fact for fact in said if fact.embedded]
            if not facts or state_at(certificate, facts, at, self._fresh).status == _UNKNOWN:
                return False
        return len(chain) > 1


def _first(*checks: Callable[[], None]) -> Finding | None:
    for check in checks:
        try:
            check()
        except Finding as finding:
            return finding
    return None


def _revoked(certificate: x509.Certificate, state: StatusReport, *, authority: bool) -> Finding:
    who, day = name(certificate.subject), civil_day(state.since) if state.since else "?"
    sub = SubIndication.REVOKED_CA_NO_POE if authority else SubIndication.REVOKED_NO_POE
    word_zh, word_en = ("暂停", "suspended") if state.status == "on_hold" else ("吊销", "revoked")
    return unsure(
        sub,
        f"证书“{who}”已于 {day} {word_zh}，且没有可信时间戳证明签章在此之前完成；请要求重新签章或补充证据。",
        f"The certificate of {who} was {word_en} on {day}, and no trusted time-stamp proves an earlier signature; "
        "ask for a new seal or for that evidence.",
    )


def _unknown(
    certificate: x509.Certificate, state: StatusReport, at: datetime, issued: Sequence[datetime]
) -> Finding:
    """Say what is missing: anything at all, news, or something of that time; ``issued`` is when what is at hand was."""
    who, newest = name(certificate.subject), state.as_of
    if newest is None and issued:
        return unsure(
            SubIndication.TRY_LATER,
            f"手头关于证书“{who}”的吊销信息签发于 {_minute(min(issued))}，晚于核验时间 {_minute(at)}，不能采信；"
            "请提供当时的 CRL 或 OCSP 后重新核验。",
            f"What is at hand on the revocation of {who} was issued on {_minute(min(issued))}, later than the time of verification, "
            f"{_minute(at)}, and does not count; add a CRL or OCSP response of that time and verify again.",
        )
    if newest is not None and newest >= at:
        end = certificate.not_valid_after_utc
        return unsure(
            SubIndication.TRY_LATER,
            f"手头的吊销信息（{_minute(newest)}）签发于证书“{who}”到期（{_minute(end)}）之后，可能已不再列出该证书；"
            f"请提供 {_minute(at)} 至到期之间签发的 CRL 或 OCSP 后重新核验。",
            f"What is at hand ({_minute(newest)}) was issued after the certificate of {who} ended ({_minute(end)}) and may have dropped "
            f"it; add a CRL or OCSP response issued between {_minute(at)} and its end, and verify again.",
        )
    age_zh, age_en = "", ""
    if newest is not None:
        age_zh, age_en = (
            f"（最近的吊销信息为 {civil_day(newest)}，已过期）",
            f" (the newest is of {civil_day(newest)}, stale)",
        )
    return unsure(
        SubIndication.TRY_LATER,
        f"缺少证书“{who}”在该时间的吊销信息{age_zh}，无法确认其是否有效；请更新 CRL 或 OCSP 后重新核验。",
        f"No revocation information for the certificate of {who} at that time{age_en}; "
        "add a current CRL or OCSP response and verify again.",
    )


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"
