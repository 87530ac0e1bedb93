"""Doing one item of a job, so that doing it again after a power cut changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.audit import Entry
from ca.certificate import RevocationReason
from ca.enrolment import enrolment_store, job_store, renewal
from ca.enrolment.errors import ContentChanged
from ca.enrolment.issuing import DONE, Issuing, attempt_key, issued_deed
from ca.enrolment.job_store import Instruction, ItemStatus, JobItem, JobRecord, Target
from ca.enrolment.moving import Deed, load, move_row
from ca.enrolment.office import Office
from ca.enrolment.request import EnrolmentRecord
from ca.enrolment.rules import Matter
from ca.enrolment.states import EnrolmentAct
from ca.errors import AlreadyRevoked, CaError, CertificateUnknown, HoldNotReleasable
from ca.revocation import Standing, standing_of

ENDING: dict[Matter, Standing] = {
    Matter.SUSPEND: Standing.HELD,
    Matter.RESUME: Standing.GOOD,
    Matter.REVOKE: Standing.REVOKED,
    Matter.MASS_REVOKE: Standing.REVOKED,
}
"""How a certificate stands once its item is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an item."""

    enrolment: str = ""
    new_serial: int | None = None


def plan(office: Office, conn: sa.Connection, instruction: Instruction, target: Target) -> Target:
    """Return the target with the digest of what would be certified for it; raises why it cannot be done at all."""
    if instruction.matter is Matter.BULK_RENEW:
        vetted = renewal.same_key(office, conn, target.serial, instruction.validity, target.issuer)
        return Target(target.issuer, target.serial, vetted.content.digest)
    standing = _standing(conn, target)
    if instruction.matter is Matter.RESUME and standing is not Standing.HELD:
        raise HoldNotReleasable("it is not on hold")
    if standing is Standing.REVOKED or (instruction.matter is Matter.SUSPEND and standing is Standing.HELD):
        raise AlreadyRevoked(f"serial {target.serial:x}")
    return target


def perform(office: Office, issuing: Issuing, job: JobRecord, item: JobItem) -> Outcome:
    """Do one item; what was done before is found and not done again."""
    if job.instruction.matter is Matter.BULK_RENEW:
        return _renew(office, issuing, job, item)
    try:
        _change_standing(office, job, item.target)
    except (AlreadyRevoked, HoldNotReleasable):
        with office.reading() as conn:
            standing = _standing(conn, item.target)
        if standing is not ENDING[job.instruction.matter]:
            raise
    return Outcome()


def _change_standing(office: Office, job: JobRecord, target: Target) -> None:
    instruction, authority = job.instruction, office.authority
    if instruction.matter is Matter.RESUME:
        authority.release(target.serial, actor=_last_approver(job), issuer=target.issuer)
        return
    if instruction.matter is Matter.SUSPEND:
        reason = RevocationReason.CERTIFICATE_HOLD
    else:
        reason = instruction.reason or RevocationReason.UNSPECIFIED
    authority.revoke(target.serial, reason, actor=job.requester, issuer=target.issuer)


def _last_approver(job: JobRecord) -> Actor:
    """I11: the second person lifts the hold."""
    return job.approvals[-1].actor if job.approvals else job.requester


def _standing(conn: sa.Connection, target: Target) -> Standing:
    rows = certificate_store.by_serial(conn, target.serial, target.issuer)
    if len(rows) != 1:
        raise CertificateUnknown(f"serial {target.serial:x}")
    return standing_of(rows[0].record)


def held_by(conn: sa.Connection, target: Target) -> str:
    """Return the actor id of whoever set the hold."""
    return certificate_store.by_serial(conn, target.serial, target.issuer)[0].revoked_by


def _renew(office: Office, issuing: Issuing, job: JobRecord, item: JobItem) -> Outcome:
    """Begin the renewal that was approved with the job, or find it, and issue it."""
    known = _begin_renewal(office, job, item)
    issued = issuing.issue(known.id, actor=job.requester)
    return Outcome(issued.id, issued.serial)


def _begin_renewal(office: Office, job: JobRecord, item: JobItem) -> EnrolmentRecord:
    with office.engine.begin() as conn:
        job_store.lock(conn, job.id, item.number)
        record, said = _renewal_row(office, conn, job, item)
        office.audit.append_many(conn, said, actor=job.requester)
    return record


def _renewal_row(
    office: Office, conn: sa.Connection, job: JobRecord, item: JobItem
) -> tuple[EnrolmentRecord, tuple[Entry, ...]]:
    """Begin the renewal of a locked item, or find it; what the trail must say is returned, to be written last."""
    target, request_key = item.target, f"job:{job.id}:{item.number}:{item.attempts}"
    known = enrolment_store.by_request_key(conn, request_key)
    if known is not None:
        return known, ()
    vetted = renewal.same_key(office, conn, target.serial, job.instruction.validity, target.issuer)
    if vetted.content.digest != target.digest:
        raise ContentChanged
    record = renewal.new_record(office, vetted, request_key, job.requester, batch=job.id)
    enrolment_store.insert(conn, record)
    deed = Deed(EnrolmentAct.ADMIT, job.requester, detail={**renewal.described(record), "job": job.id})
    moved, entry = move_row(office, conn, load(conn, record.id), deed)
    return moved, (entry,)


def renew_together(office: Office, issuing: Issuing, job: JobRecord, items: Sequence[JobItem]) -> None:
    """Renew and settle a chunk of items in four commits, or raise why one of them cannot be had.

    Whatever it leaves behind is found by :func:`perform`, item by item: an enrolment by the item's request key, its
    certificate by that of its first attempt. Rows are locked in the order of the items and the audit trail last, so that
    workers wait for each other and never in a circle.
    """
    actor, said = job.requester, []
    with office.engine.begin() as conn:
        for item in items:
            job_store.lock(conn, job.id, item.number)
        records = []
        for item in items:
            drafted, begun = _renewal_row(office, conn, job, item)
            record, moved = issuing.begin_row(conn, drafted, actor)
            records.append(record)
            said += [*begun, *moved]
        office.audit.append_many(conn, said, actor=actor)
    asked = [(one.content.certificate_request(), attempt_key(one, 1)) for one in records]
    made = office.authority.issue_many(asked, actor=actor)
    said = []
    with office.engine.begin() as conn:
        for item, record, issued in zip(items, records, made, strict=True):
            now = load(conn, record.id)
            if now.status not in DONE:
                said.append(move_row(office, conn, now, issued_deed(actor, issued))[1])
            said += settle(office, conn, job, item, Outcome(record.id, issued.serial))
        office.audit.append_many(conn, said, actor=actor)


def settle(
    office: Office, conn: sa.Connection, job: JobRecord, item: JobItem, outcome: Outcome | CaError
) -> tuple[Entry, ...]:
    """Note on an item what came of it; nothing to say if another worker did so first."""
    if isinstance(outcome, CaError):
        after, fault = ItemStatus.FAILED, type(outcome).__name__
        changes: dict[str, Any] = {
            "fault_zh": outcome.zh,
            "fault_en": outcome.en,
            "attempts": item.attempts + 1,
        }
    else:
        after, fault = ItemStatus.DONE, ""
        changes = {
            "fault_zh": "",
            "fault_en": "",
            "enrolment": outcome.enrolment,
            "new_serial": outcome.new_serial,
        }
    changes |= {"fault": fault, "at": office.now()}
    if not job_store.settle(conn, job.id, item, after, changes):
        return ()
    certificate = f"{item.target.issuer}:{item.target.serial:x}"
    detail = {"item": item.number, "certificate": certificate, "outcome": after.value, "fault": fault}
    return (Entry("job.item", f"job:{job.id}", detail),)
