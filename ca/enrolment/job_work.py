"""Doing one item of a job, so that doing it again after a power cut changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.certificate import RevocationReason
from ca.enrolment import enrolment_store, job_store, renewal
from ca.enrolment.errors import ContentChanged
from ca.enrolment.issuing import Issuing
from ca.enrolment.job_store import Instruction, JobItem, JobRecord, Target
from ca.enrolment.moving import Deed, load, move
from ca.enrolment.office import Office
from ca.enrolment.request import EnrolmentRecord
from ca.enrolment.rules import Matter
from ca.enrolment.states import EnrolmentAct
from ca.errors import AlreadyRevoked, CertificateUnknown, HoldNotReleasable
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
    request_key = f"job:{job.id}:{item.number}:{item.attempts}"
    known = _begin_renewal(office, job, item, request_key)
    issued = issuing.issue(known.id, actor=job.requester)
    return Outcome(issued.id, issued.serial)


def _begin_renewal(office: Office, job: JobRecord, item: JobItem, request_key: str) -> EnrolmentRecord:
    target = item.target
    with office.engine.begin() as conn:
        job_store.lock(conn, job.id, item.number)
        known = enrolment_store.by_request_key(conn, request_key)
        if known is not None:
            return known
        vetted = renewal.same_key(office, conn, target.serial, job.instruction.validity, target.issuer)
        if vetted.content.digest != target.digest:
            raise ContentChanged
        record = renewal.new_record(office, vetted, request_key, job.requester, batch=job.id)
        enrolment_store.insert(conn, record)
        deed = Deed(EnrolmentAct.ADMIT, job.requester, detail={**renewal.described(record), "job": job.id})
        return move(office, conn, load(conn, record.id), deed)
