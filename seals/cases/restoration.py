"""After a restoration from a backup: what may have been used, changed or ended since gives nothing any more.

Cases that were open are ended on record, each with its entry, and have to be asked for again; standing authorisations are ended
for the same reason: each may have been used up or ended since. The registration of a signer that was ended since would live
again, so every one waits for its confirmation anew. Runs in the transaction that restores the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from seals.cases import case_store
from seals.cases.case import Hand
from seals.cases.office import CaseDeed, load, move
from seals.cases.signer_store import SignerStatus
from seals.cases.standing_store import TRANSITIONS, StandingStatus
from seals.cases.states import CaseAct, CaseStatus
from seals.cases.store import use_case, use_signer, use_standing
from seals.ledger import Ledger

_ENDING: Final = {
    CaseStatus.APPROVING: CaseAct.EXPIRE,
    CaseStatus.APPROVED: CaseAct.EXPIRE,
    CaseStatus.VOIDED: CaseAct.EXPIRE,
    CaseStatus.IN_USE: CaseAct.CLOSE,
}
_WHY: Final = "从备份恢复 / restored from a backup"


@dataclass(frozen=True, slots=True)
class UsesRetired:
    """How many cases and authorisations were ended, and registrations put back to be confirmed."""

    cases: int
    standing: int
    signers: int


def retire_uses(conn: sa.Connection, at: datetime, *, actor: Actor, audit: AuditTrail) -> UsesRetired:
    """End what is open; return how many of each."""
    ledger, hand = Ledger(conn), Hand(actor, "system")
    query = sa.select(use_case.c.id).where(use_case.c.status.in_([one.value for one in _ENDING]))
    cases = conn.scalars(query.order_by(use_case.c.id)).all()
    for case_id in cases:
        case = load(conn, case_id)
        last = case_store.last_entry(conn, case_id)[2] or at
        deed = CaseDeed(_ENDING[case.status], hand, {"reason": _WHY}, {"reason": _WHY})
        move(ledger, case, deed, max(at, last))
    ending = [status.value for status in TRANSITIONS["delete"]]
    standing = conn.execute(
        use_standing.update()
        .where(use_standing.c.status.in_(ending))
        .values(status=StandingStatus.DELETED.value, ended_by=actor.id, ended_at=at, reason=_WHY)
    ).rowcount
    signers = conn.execute(
        use_signer.update()
        .where(use_signer.c.status == SignerStatus.CONFIRMED.value)
        .values(status=SignerStatus.REQUESTED.value, decided_by="", decided_at=None)
    ).rowcount
    detail: dict[str, str | int | None] = {"standing": standing, "signers": signers, "cases": len(cases)}
    ledger.note("use.retired", actor=actor, subject="uses", detail=detail)
    ledger.close(audit)
    return UsesRetired(len(cases), standing, signers)
