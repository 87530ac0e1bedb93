"""What the rules ask a report: its signatures, the list entries that vouch for them, their level, keys and times. Pure.

Three words are taken for a signature: the authority's for whose it is, the maker's for the seal, the time-stamp authority's
for the time. Each counts here only where an entry of its kind vouches for it that this department accepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ca.rule_place import ANY
from seals.leave import Leave
from verify.acceptance.policy import LEVELS, DepartmentPolicy, Equivalence
from verify.institution.proofs import RECORD, PartState
from verify.ofd.report import OfdReport
from verify.report import (
    UNKNOWN,
    CertificateStatus,
    DocumentReport,
    SealReport,
    SealStatusReport,
    SignatureKind,
    SignatureReport,
    SigningTime,
    Verdict,
)
from verify.strength import Soundness
from verify.trusted_lists.decision import BY_DECREE, IN_FORCE, ListEntry, TrustDecision
from verify.trusted_lists.model import ServiceKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Vouched:
    """An entry that vouches for one of the three and counts here: as it is, or by an equivalence."""

    entry: ListEntry
    place: str
    """Where the policy says so: ``list 2 (https://…)``, ``equivalence eu``."""
    equivalence: Equivalence | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One signature of one document, before one department."""

    report: DocumentReport
    signature: SignatureReport
    policy: DepartmentPolicy

    @property
    def at(self) -> datetime:
        """When the document was verified."""
        return self.report.verified_at or _EPOCH

    @property
    def time(self) -> SigningTime | None:
        """The proved time, where this department takes the time-stamp authority's word."""
        time = self.signature.time
        return time if time.trusted and time.value is not None and self.clocks else None

    @property
    def when(self) -> datetime:
        """The proved time of sealing; without a proof, the time of verification: nobody gains by claiming a time."""
        time = self.time
        return self.at if time is None or time.value is None else time.value

    @property
    def is_ofd(self) -> bool:
        """Tell whether the signature stands in an OFD package."""
        return isinstance(self.report, OfdReport)

    @property
    def level(self) -> str:
        """How much evidence goes with it; where the report names no level, only a proved time is known of."""
        if self.time is None:
            return LEVELS[0]
        return self.signature.level.rpartition("-")[2] or LEVELS[1]

    @property
    def seal(self) -> SealReport | None:
        """What the seal's maker states, where this department takes its word."""
        seal = self.signature.seal
        return seal if seal is not None and seal.trusted and self.makers else None

    def seal_kinds(self, vouched: Vouched) -> frozenset[str]:
        """Return the seal's kind in this department's own words: foreign words, of maker or authority, count by their equivalence alone."""
        seal = self.seal
        if seal is None:
            return frozenset()
        equal = (maker.equivalence or vouched.equivalence for maker in self.makers)
        return frozenset({seal.kind if one is None else one.own_kind(seal.kind) for one in equal} - {""})

    @property
    def leave(self) -> Leave | None:
        """What a trusted maker stated about this very use.

        A statement names the document as it was handed in. From a package that cannot be had back, so in one it counts beside
        the evidence record alone, which names the sealed octets.
        """
        seal, proofs = self.seal, self.signature.proofs
        if seal is None:
            return None
        parts = () if proofs is None else proofs.institutional
        bound = any(part.name == RECORD and part.state is PartState.PRESENT for part in parts)
        return seal.leave if bound or not self.is_ofd else None

    @property
    def vouched(self) -> tuple[Vouched, ...]:
        """Return the entries that vouch for this signature's certificate and count for this department at that time."""
        return self._counting(decision_of(self.signature, self.at), ServiceKind.CA, self.when)

    @property
    def makers(self) -> tuple[Vouched, ...]:
        """Return the entries that vouch for the seal's maker and count here."""
        seal = self.signature.seal
        if seal is None or not seal.trusted:
            return ()
        return self._counting(_or_by_decree(seal.trust, self.at), ServiceKind.SEAL_MAKER, self.when)

    @property
    def has_ended(self) -> bool:
        """Tell whether something that the verdict needs has ended since, so that it rests on the proved time alone.

        That is the certificate or an authority above it, every entry that vouches for them or for the seal's maker, an algorithm, or
        the seal, also where it was stopped and is in use again.
        """
        item, makers = self.signature, self.makers
        weak = item.strength is not None and item.strength.now is Soundness.WEAK
        states = {item.certificate_now.status, item.authority_now.status}
        listed = any(one.entry.in_force for one in self.vouched) and (
            not makers or any(one.entry.in_force for one in makers)
        )
        return weak or not listed or states != {CertificateStatus.GOOD.value} or self._seal_has_ended

    @property
    def _seal_has_ended(self) -> bool:
        """Tell whether the seal ended or was stopped since; a list that is out of date does not deny it."""
        now, time = self.signature.seal_now, self.signature.time
        if now == UNKNOWN:  # there is no list
            return False
        used = time.claimed or time.value
        resumed = now.since is not None and used is not None and now.since > used
        return now.status != SealStatusReport.ACTIVE.value or resumed

    @property
    def clocks(self) -> tuple[Vouched, ...]:
        """Return the entries that vouch for the time-stamp authority and count here."""
        time = self.signature.time
        if not time.trusted or time.value is None:
            return ()
        return self._counting(_or_by_decree(time.trust, self.at), ServiceKind.TSA, time.value)

    def _counting(
        self, decision: TrustDecision | None, kind: ServiceKind, when: datetime
    ) -> tuple[Vouched, ...]:
        found = []
        for entry in vouching(decision):
            found += self._by_lists(entry, kind, when)
            found += self._by_equivalences(entry, kind, when)
        return tuple(found)

    def _by_lists(self, entry: ListEntry, kind: ServiceKind, when: datetime) -> list[Vouched]:
        found = []
        for number, one in enumerate(self.policy.lists, 1):
            fits = (
                (one.scheme == entry.scheme_id or (one.scheme == ANY and entry.scheme_id != BY_DECREE))
                and kind.value in one.kinds
                and (entry.scheme_id == BY_DECREE or entry.kind == kind.value)
                and (one.services is None or entry.certificate_sha256 in one.services)
                and (one.seal_kinds is None or self._stated_kind(kind) in one.seal_kinds)
                and _within(when, one.since, one.until)
            )
            if fits:
                found.append(Vouched(entry, f"list {number} ({one.named})"))
        return found

    def _stated_kind(self, asked: ServiceKind) -> str:
        """Return the seal's two-digit kind as its trusted maker states it; empty without one.

        For whose certificate it is, only a maker says so whose word counts here; whether that does, and the clock's, is asked before.
        """
        seal = self.seal if asked is ServiceKind.CA else self.signature.seal
        return seal.kind if seal is not None and seal.trusted else ""

    def _by_equivalences(self, entry: ListEntry, kind: ServiceKind, when: datetime) -> list[Vouched]:
        """Return what a foreign list says that is taken for one of ours, its makers and time-stamp authorities included."""
        return [
            Vouched(entry, f"equivalence {one.id} ({one.scheme or BY_DECREE})", one)
            for one in self.policy.equivalences
            if one.scheme == entry.scheme_id
            and entry.kind == (one.kind if kind is ServiceKind.CA else kind.value)
            and _within(when, one.since, one.until)
        ]


def vouching(decision: TrustDecision | None) -> tuple[ListEntry, ...]:
    """Return the entries that vouch for a certificate: the one that decided, and others in force then."""
    if decision is None or not decision.trusted:
        return ()
    others = tuple(
        one
        for one in decision.others
        if one.vouches and (one.scheme_id == BY_DECREE or one.then.status in IN_FORCE)
    )
    return (decision.entry, *others)


def decision_of(signature: SignatureReport, at: datetime) -> TrustDecision | None:
    """Return why its certificate is believed; where no list was asked, a path to an anchor of the folder is by decree."""
    if signature.trust is not None:
        return signature.trust
    signer = signature.signer
    if signer is None or not signer.chain:
        return None
    return TrustDecision(
        signature.verdict is Verdict.PASSED, at, ListEntry(BY_DECREE, provider=signer.chain[-1], kind="ca")
    )


def candidates(report: DocumentReport) -> tuple[SignatureReport, ...]:
    """Return what somebody put on the document: seals and signatures, no document time-stamps, no integrity file of a package.

    The list of an integrity file has names alone: whoever signed it for one package has signed no other that uses the same names.
    """
    return tuple(one for one in report.on_document if one.kind is not SignatureKind.TIMESTAMP)


def _within(when: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or when >= since) and (until is None or when <= until)


def _or_by_decree(decision: TrustDecision | None, at: datetime) -> TrustDecision:
    """Where no list was asked, what is trusted is so by the operator's own anchor."""
    return TrustDecision(True, at, ListEntry(BY_DECREE)) if decision is None else decision
