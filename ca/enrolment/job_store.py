"""Orders and jobs: one instruction over one or many certificates, its states as a table, the queries on them.

Takes a connection, never commits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from ca.certificate import RevocationReason
from ca.enrolment import approval_store
from ca.enrolment.request import Approval
from ca.enrolment.rules import Matter, Rule
from ca.enrolment.store import enrolment_job as table
from ca.enrolment.store import enrolment_job_item as item
from ca.words import Word

FORM: Final = "yinxin-job-v1"
"""Says what the canonical object means."""
MAX_ITEMS: Final = 10_000
"""Certificates of one job: what two people can answer for, and a canonical text of about a megabyte."""


class JobStatus(Word):
    """Where a job stands."""

    ASKED = "asked", "等待审批"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    REJECTED = "rejected", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "已过期"


class JobAct(StrEnum):
    """What can be done to a job."""

    APPROVE = "approve"
    START = "start"
    END = "end"
    RETRY = "retry"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


JOB_TRANSITIONS: Final[dict[JobAct, dict[JobStatus, JobStatus]]] = {
    JobAct.APPROVE: {JobStatus.ASKED: JobStatus.ASKED},
    JobAct.START: {JobStatus.ASKED: JobStatus.RUNNING},
    JobAct.END: {JobStatus.RUNNING: JobStatus.DONE},
    JobAct.RETRY: {JobStatus.DONE: JobStatus.RUNNING},
    JobAct.REJECT: {JobStatus.ASKED: JobStatus.REJECTED},
    JobAct.WITHDRAW: {JobStatus.ASKED: JobStatus.WITHDRAWN},
    JobAct.EXPIRE: {JobStatus.ASKED: JobStatus.EXPIRED},
}
"""Every move there is."""


class ItemStatus(StrEnum):
    """Where one certificate of a job stands."""

    LEFT = "left"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Target:
    """One certificate; ``digest`` is of the content that renews it, empty where nothing is certified."""

    issuer: str
    serial: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What is approved: what is to be done, why, by which rule, to which certificates."""

    matter: Matter
    rule_hash: str
    targets: tuple[Target, ...]
    reason: RevocationReason | None = None
    text: str = ""
    validity: timedelta | None = None

    @property
    def canonical(self) -> str:
        """The canonical JSON whose SHA-256 is approved."""
        return canonical_json(
            {
                "form": FORM,
                "matter": self.matter.value,
                "rule_hash": self.rule_hash,
                "reason": None if self.reason is None else self.reason.value,
                "text": self.text,
                "validity_seconds": None if self.validity is None else int(self.validity.total_seconds()),
                "targets": [[one.issuer, f"{one.serial:x}", one.digest] for one in self.targets],
            }
        )


def read_instruction(text: str) -> Instruction:
    """Read :attr:`Instruction.canonical` back."""
    found = json.loads(text)
    seconds = found["validity_seconds"]
    return Instruction(
        Matter(found["matter"]),
        found["rule_hash"],
        tuple(Target(issuer, int(serial, 16), digest) for issuer, serial, digest in found["targets"]),
        None if found["reason"] is None else RevocationReason(found["reason"]),
        found["text"],
        None if seconds is None else timedelta(seconds=seconds),
    )


@dataclass(frozen=True, slots=True)
class JobItem:
    """One certificate of a job and what became of it; ``fault`` names the error, the sentences say what to do."""

    number: int
    status: ItemStatus
    target: Target
    attempts: int = 0
    fault: str = ""
    fault_zh: str = ""
    fault_en: str = ""
    enrolment: str = ""
    new_serial: int | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job with its progress."""

    id: str
    request_key: str
    status: JobStatus
    instruction: Instruction
    digest: str
    requester: Actor
    rule: Rule
    created_at: datetime
    deadline: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason_code: str
    reason: str
    report: str
    approvals: tuple[Approval, ...]
    done: int
    failed: int
    left: int

    @property
    def total(self) -> int:
        """How many certificates there are."""
        return self.done + self.failed + self.left


def insert(conn: sa.Connection, job: JobRecord, items: Sequence[JobItem]) -> None:
    """Insert a job with its items; a request key that is taken is an ``IntegrityError``."""
    conn.execute(
        table.insert().values(
            id=job.id,
            request_key=job.request_key,
            status=job.status,
            matter=job.instruction.matter.value,
            content=job.instruction.canonical,
            digest=job.digest,
            requester=job.requester.id,
            requester_name=job.requester.name,
            requester_uscc=job.requester.uscc or "",
            rule=job.rule.text,
            rule_hash=job.rule.hash,
            created_at=job.created_at,
            deadline=job.deadline,
        )
    )
    rows = [
        {
            "job": job.id,
            "number": one.number,
            "status": one.status,
            "issuer": one.target.issuer,
            "serial": one.target.serial,
            "digest": one.target.digest,
            "fault": one.fault,
            "fault_zh": one.fault_zh,
            "fault_en": one.fault_en,
        }
        for one in items
    ]
    if rows:
        conn.execute(item.insert(), rows)


def move(
    conn: sa.Connection, job: str, before: JobStatus, after: JobStatus, changes: Mapping[str, Any]
) -> bool:
    """Move a job; false if it is not in ``before`` any more."""
    done = conn.execute(
        table.update().where(table.c.id == job, table.c.status == before).values(status=after, **changes)
    )
    return done.rowcount == 1


def get(conn: sa.Connection, job: str) -> JobRecord | None:
    """Return a job, or nothing."""
    row = conn.execute(sa.select(*table.c).where(table.c.id == job)).one_or_none()
    return None if row is None else _whole(conn, row)


def by_request_key(conn: sa.Connection, request_key: str) -> JobRecord | None:
    """Return the job asked for under a request key, or nothing."""
    row = conn.execute(sa.select(*table.c).where(table.c.request_key == request_key)).one_or_none()
    return None if row is None else _whole(conn, row)


def page(conn: sa.Connection, status: JobStatus | None, after: str, limit: int) -> tuple[JobRecord, ...]:
    """Return jobs in order of their numbers."""
    query = sa.select(*table.c).where(table.c.id > after).order_by(table.c.id).limit(limit)
    if status is not None:
        query = query.where(table.c.status == status)
    return tuple(_whole(conn, row) for row in conn.execute(query).all())


def about(conn: sa.Connection, issuer: str, serial: int) -> tuple[str, ...]:
    """Return the numbers of the jobs that touch a certificate."""
    query = sa.select(item.c.job).where(item.c.issuer == issuer, item.c.serial == serial).distinct()
    return tuple(conn.scalars(query))


def overdue(conn: sa.Connection, at: datetime, limit: int) -> tuple[str, ...]:
    """Return the numbers of jobs that wait for approval past their deadline."""
    query = sa.select(table.c.id).where(table.c.status == JobStatus.ASKED, table.c.deadline < at)
    return tuple(conn.scalars(query.limit(limit)))


def covers(conn: sa.Connection, job: str, digest: str) -> bool:
    """Tell whether a job that was approved has a content of this digest among its items."""
    query = (
        sa.select(item.c.number)
        .join_from(item, table, item.c.job == table.c.id)
        .where(
            item.c.job == job,
            item.c.digest == digest,
            table.c.status.in_((JobStatus.RUNNING, JobStatus.DONE)),
        )
        .limit(1)
    )
    return bool(digest) and conn.execute(query).first() is not None


def items(
    conn: sa.Connection, job: str, status: ItemStatus | None = None, *, after: int = 0, limit: int = 100
) -> tuple[JobItem, ...]:
    """Return items of a job in order, beyond number ``after``."""
    query = sa.select(*item.c).where(item.c.job == job, item.c.number > after).order_by(item.c.number)
    if status is not None:
        query = query.where(item.c.status == status)
    return tuple(
        JobItem(
            row.number,
            ItemStatus(row.status),
            Target(row.issuer, row.serial, row.digest),
            row.attempts,
            row.fault,
            row.fault_zh,
            row.fault_en,
            row.enrolment,
            row.new_serial,
        )
        for row in conn.execute(query.limit(limit))
    )


def lock(conn: sa.Connection, job: str, number: int) -> None:
    """Let one worker at a time begin an item."""
    conn.execute(sa.select(item.c.number).where(item.c.job == job, item.c.number == number).with_for_update())


def settle(
    conn: sa.Connection, job: str, before: JobItem, after: ItemStatus, changes: Mapping[str, Any]
) -> bool:
    """Move an item; false if another worker did."""
    done = conn.execute(
        item.update()
        .where(item.c.job == job, item.c.number == before.number, item.c.status == before.status)
        .values(status=after, **changes)
    )
    return done.rowcount == 1


def reopen(conn: sa.Connection, job: str) -> int:
    """Put failed items back on the list; return how many. One whose content was never approved stays failed."""
    planned = sa.or_(item.c.attempts > 0, item.c.fault == "")
    done = conn.execute(
        item.update()
        .where(item.c.job == job, item.c.status == ItemStatus.FAILED, planned)
        .values(status=ItemStatus.LEFT)
    )
    return done.rowcount


def _whole(conn: sa.Connection, row: sa.Row[*tuple[Any, ...]]) -> JobRecord:
    count = sa.select(item.c.status, sa.func.count()).where(item.c.job == row.id).group_by(item.c.status)
    counts = {row[0]: int(row[1]) for row in conn.execute(count)}
    return JobRecord(
        id=row.id,
        request_key=row.request_key,
        status=JobStatus(row.status),
        instruction=read_instruction(row.content),
        digest=row.digest,
        requester=Actor(row.requester, row.requester_name, row.requester_uscc or None),
        rule=Rule.from_text(row.rule),
        created_at=row.created_at,
        deadline=row.deadline,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason_code=row.reason_code,
        reason=row.reason,
        report=row.report,
        approvals=approval_store.of_case(conn, row.id, 1),
        done=counts.get(ItemStatus.DONE, 0),
        failed=counts.get(ItemStatus.FAILED, 0),
        left=counts.get(ItemStatus.LEFT, 0),
    )
