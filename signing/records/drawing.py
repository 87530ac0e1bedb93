"""Drawing an evidence record up from the registry's own records: the sealing, its permit, case, rule, seal and trail.

Reads only. What contradicts itself raises :class:`RecordBroken`: a record is signed, so it is true or not made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from seals import event_store
from seals import store as seal_store
from seals.cases import case_store, round_store
from seals.cases.case import CaseApproval, CaseEntry, CaseRecord, first_break
from seals.cases.states import CaseAct
from seals.cases.warrant import Ground
from seals.leave import Leave
from seals.members import MAX_TEXT
from seals.renewal import certificate_at
from seals.seal import SealRecord
from seals.store import seal_permit
from signing.records.errors import RecordBroken, RecordOfNothing, RecordWithoutCase
from signing.store import SealingRecord, SealingState, find_sealing
from verify.institution.record import (
    MAX_ACTS,
    EvidenceRecord,
    RecordedAct,
    RecordedApproval,
    RecordedSeal,
    RecordedUse,
    TrailPlace,
)

_ROLES: Final = {
    CaseAct.OPEN: "applicant",
    CaseAct.AMEND: "applicant",
    CaseAct.SUBMIT: "applicant",
    CaseAct.WITHDRAW: "applicant",
    CaseAct.CLOSE: "applicant",
    CaseAct.ADMIT: "service",
    CaseAct.EXPIRE: "service",
    CaseAct.APPROVE: "approver",
    CaseAct.GRANT: "approver",
    CaseAct.REJECT: "approver",
    CaseAct.VOID: "approver",
}
"""Whose role an act is; every other is of whoever holds the seal."""
_USES: Final = frozenset({CaseAct.USE, CaseAct.COUNT, CaseAct.FINISH, CaseAct.PRESS, CaseAct.GIVE_BACK})
_TRAILED: Final = ("permit.granted", "permit.consumed", "permit.used", "sealing.intent", "sealing.completed")


def draw(
    conn: sa.Connection, audit: AuditTrail, sealing_id: str, issuer: str, now: datetime
) -> EvidenceRecord:
    """Draw up the record of a finished sealing; raises a :class:`signing.records.errors.RecordError`."""
    sealing = find_sealing(conn, sealing_id)
    if sealing is None or sealing.state is not SealingState.COMPLETED or sealing.settled_at is None:
        raise RecordOfNothing
    case = _case(conn, sealing.permit)
    entries = case_store.entries(conn, case.id)
    if first_break(entries) is not None:
        raise RecordBroken(f"case {case.id}")
    return EvidenceRecord(
        issuer=issuer,
        issued_at=now,
        use=_use(conn, sealing, sealing.settled_at, case, entries),
        seal=_seal(conn, sealing),
        leave=Leave(
            case.ground.value,
            case.id,
            case.rule.id,
            case.rule.version,
            case.rule.hash,
            case.approvals_sha256,
        ),
        needed=sum(stage.needed for stage in case.rule.stages) if case.ground is Ground.CASE else 0,
        approvals=tuple(_approval(one) for one in case.approvals),
        acts=_acts(case, entries, sealing.permit),
        trail=_trail(conn, audit, sealing),
    )


def _case(conn: sa.Connection, permit: str) -> CaseRecord:
    found = round_store.cases_of_permits(conn, (permit,)).get(permit)
    case = None if found is None else case_store.find(conn, found[0])
    if case is None:
        raise RecordWithoutCase
    return case


def _use(
    conn: sa.Connection,
    sealing: SealingRecord,
    settled_at: datetime,
    case: CaseRecord,
    entries: tuple[CaseEntry, ...],
) -> RecordedUse:
    query = sa.select(seal_permit.c.granted_at, seal_permit.c.actor, seal_permit.c.document)
    permit = conn.execute(query.where(seal_permit.c.id == sealing.permit)).one_or_none()
    algorithm, _, handed_in = sealing.document.partition(":")
    if permit is None or permit.document != sealing.document:
        raise RecordBroken(f"permit {sealing.permit}")
    if algorithm != "sha256":
        raise RecordWithoutCase
    keeper = next((one.actor for one in entries if Actor(permit.actor).is_any_of(one.actor.id)), None)
    return RecordedUse(
        sealing=sealing.id,
        permit=sealing.permit,
        granted_at=permit.granted_at,
        sealed_at=settled_at,
        handed_in=handed_in,
        document_sha256=sealing.result,
        document_size=sealing.size,
        keeper="" if keeper is None else _name(keeper),
        keeper_role="application" if case.ground is Ground.STANDING else "keeper",
    )


def _seal(conn: sa.Connection, sealing: SealingRecord) -> RecordedSeal:
    """Tell of the seal as it was when its use began: its state, and its certificate, whatever it was renewed with since.

    When the sealing was settled says nothing of the seal: one that was cut off is settled hours later.
    """
    code, when = sealing.seal_code, sealing.reserved_at
    record: SealRecord | None = seal_store.find(conn, code)
    event = event_store.latest(conn, code, when)
    certificate = None if record is None else certificate_at(conn, record, when)
    if record is None or event is None or certificate is None:
        raise RecordBroken(f"seal {code}")
    return RecordedSeal(
        code=record.code,
        physical_code=record.physical.code,
        kind=record.kind,
        name=record.name,
        owner_name=record.owner.name,
        owner_uscc=record.owner.uscc,
        status=event.status,
        since=event_store.began(conn, event),
        certificate_sha256=certificate.sha256,
    )


def _approval(found: CaseApproval) -> RecordedApproval:
    return RecordedApproval(found.stage, _name(found.actor), found.at, found.certificate_sha256, found.sha256)


def _acts(case: CaseRecord, entries: tuple[CaseEntry, ...], permit: str) -> tuple[RecordedAct, ...]:
    """Tell every act on the case itself, and of its uses this one."""
    told = [one for one in entries if one.act not in _USES or permit in one.detail]
    holder = "application" if case.ground is Ground.STANDING else "keeper"
    return tuple(
        RecordedAct(
            one.act,
            one.status,
            one.at,
            _name(one.actor),
            _ROLES.get(one.act, holder) if case.ground is Ground.CASE else holder,
            _credential(one.credential),
        )
        for one in told[:MAX_ACTS]
    )


def _credential(found: str) -> str:
    """Keep of a credential its kind, and of a certificate the digest; the rest of an API key is nobody's business."""
    kind, _, rest = found.partition(":")
    if kind == "certificate" and len(rest) == 64:
        return found.lower()
    return kind if kind.isascii() and kind.islower() and kind.replace("-", "").isalpha() else ""


def _name(actor: Actor) -> str:
    """Return a person's name for the record: never the id, and nothing that could not be read back."""
    return actor.name if actor.name.isprintable() and 0 < len(actor.name) <= MAX_TEXT else ""


def _trail(conn: sa.Connection, audit: AuditTrail, sealing: SealingRecord) -> tuple[TrailPlace, ...]:
    found = audit.about(conn, (sealing.permit, sealing.id), 20, actions=_TRAILED)
    return tuple(TrailPlace(one.number, one.action, one.digest) for one in found)
