"""What the rules ask a report: its signatures, the list entries that vouch for them, their level, keys and times. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ca.rule_place import ANY
from seals.leave import Leave
from verify.acceptance.policy import DepartmentPolicy, Equivalence
from verify.institution.proofs import RECORD, PartState
from verify.ofd.report import OfdReport
from verify.report import DocumentReport, SignatureKind, SignatureReport, Verdict
from verify.trusted_lists.decision import BY_DECREE, ListEntry, TrustDecision
from verify.trusted_lists.model import ServiceStatus

_IN_FORCE = frozenset(status.value for status in ServiceStatus if status.in_force)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Vouched:
    """An entry that vouches for a signature and counts here: as it is (``accepted``), or by an equivalence."""

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
    def when(self) -> datetime:
        """The proved time of sealing; without a proof, the time of verification: nobody gains by claiming a time."""
        time = self.signature.time
        return time.value if time.trusted and time.value is not None else self.at

    @property
    def is_ofd(self) -> bool:
        """Tell whether the signature stands in an OFD package."""
        return isinstance(self.report, OfdReport)

    @property
    def level(self) -> str:
        """How much evidence goes with it; where the report names no level, only a proved time is known of."""
        found = self.signature.level.rpartition("-")[2]
        return found or ("T" if self.signature.time.trusted else "B")

    @property
    def leave(self) -> Leave | None:
        """What a trusted maker stated about this very use.

        A statement names the document as it was handed in. From a package that cannot be had back, so in one it counts beside
        the evidence record alone, which names the sealed octets.
        """
        seal, proofs = self.signature.seal, self.signature.proofs
        if seal is None or not seal.trusted:
            return None
        parts = () if proofs is None else proofs.institutional
        bound = any(part.name == RECORD and part.state is PartState.PRESENT for part in parts)
        return seal.leave if bound or not self.is_ofd else None

    @property
    def vouched(self) -> tuple[Vouched, ...]:
        """Return the entries that vouch for this signature and count for this department at that time."""
        found = []
        for entry in vouching(self.signature, self.at):
            found += _by_lists(self, entry)
            found += _by_equivalences(self, entry)
        return tuple(found)


def vouching(signature: SignatureReport, at: datetime) -> tuple[ListEntry, ...]:
    """Return the entries that vouch for a signature's certificate: the one that decided, and others in force then."""
    decision = decision_of(signature, at)
    if decision is None or not decision.trusted:
        return ()
    others = tuple(
        one
        for one in decision.others
        if one.vouches and (one.scheme_id == BY_DECREE or one.then.status in _IN_FORCE)
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


def _by_lists(facts: Facts, entry: ListEntry) -> list[Vouched]:
    found = []
    for number, one in enumerate(facts.policy.lists, 1):
        fits = (
            (one.scheme == entry.scheme_id or (one.scheme == ANY and entry.scheme_id != BY_DECREE))
            and (entry.scheme_id == BY_DECREE or entry.kind in one.kinds)
            and (one.services is None or entry.certificate_sha256 in one.services)
            and (one.seal_kinds is None or seal_kind(facts.signature) in one.seal_kinds)
            and _within(facts.when, one.since, one.until)
        )
        if fits:
            found.append(Vouched(entry, f"list {number} ({one.named})"))
    return found


def _by_equivalences(facts: Facts, entry: ListEntry) -> list[Vouched]:
    return [
        Vouched(entry, f"equivalence {one.id} ({one.scheme or BY_DECREE})", one)
        for one in facts.policy.equivalences
        if one.scheme == entry.scheme_id
        and entry.kind == one.kind
        and _within(facts.when, one.since, one.until)
    ]


def _within(when: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or when >= since) and (until is None or when <= until)


def seal_kind(signature: SignatureReport) -> str:
    """Return the seal's two-digit kind as its trusted maker states it; empty without one."""
    return signature.seal.kind if signature.seal is not None and signature.seal.trusted else ""
