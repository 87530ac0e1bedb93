"""Whether an evidence record agrees with the statement inside the signature, and with itself.

A maker states under the signature what it knows before, and in the record what came of it. Where the two differ, or where
the record tells of what cannot have been, it proves nothing: whoever drew it up did not look at the registry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from seals.cases.states import CaseAct, CaseStatus
from verify.institution.record import EvidenceRecord, RecordedApproval
from verify.policy import CLOCK_SKEW
from verify.report import SealReport, SignatureReport

_UNUSABLE: Final = frozenset(
    {CaseStatus.REJECTED, CaseStatus.WITHDRAWN, CaseStatus.EXPIRED, CaseStatus.VOIDED}
)
"""States of a case from which no seal is used."""
_CERTIFICATE: Final = "certificate:"


def agrees(record: EvidenceRecord, seal: SealReport) -> bool:
    """Compare what both say of the seal, member by member: whose it is, of which kind, which physical seal it belongs to."""
    told = record.seal
    return (
        told.owner_uscc == seal.owner_uscc
        and told.owner_name == seal.owner
        and told.kind.code == seal.kind
        and told.physical_code == seal.physical_code
        and told.name == seal.name
    )


def is_possible(record: EvidenceRecord) -> bool:
    """Tell whether the use can have been so: permitted before, the seal's state older than it, the case not at its end by then."""
    use = record.use
    before = [
        act for act in reversed(record.acts) if act.at <= use.sealed_at
    ]  # of one second, the last counts
    return (
        use.granted_at <= use.sealed_at
        and record.seal.since <= use.sealed_at
        and not (before and max(before, key=lambda act: act.at).status in _UNUSABLE)
    )


def counting(record: EvidenceRecord, item: SignatureReport) -> int:
    """I22: count the people who approved, each known by a certificate, and what each signed, once.

    None counts who opened the case, or signed before it was opened or after the seal was used: by the record, or by the proved time.
    """
    end = record.use.sealed_at
    if item.time.trusted and item.time.value is not None:
        end = min(end, item.time.value + CLOCK_SKEW)
    opened = [act for act in record.acts if act.act is CaseAct.OPEN]
    applicants = {act.credential for act in opened if act.credential.startswith(_CERTIFICATE)}
    start = min((act.at for act in opened), default=None)
    counted = [one for one in record.approvals if _counts(one, start, end, applicants)]
    return min(len({one.certificate_sha256 for one in counted}), len({one.sha256 for one in counted}))


def _counts(one: RecordedApproval, start: datetime | None, end: datetime, applicants: set[str]) -> bool:
    return (
        (start is None or start <= one.at)
        and one.at <= end
        and f"{_CERTIFICATE}{one.certificate_sha256}" not in applicants
    )
