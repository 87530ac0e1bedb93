"""Queries on jobs, scans and deliveries. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from seals.filing.errors import JobExists, JobMoved
from seals.filing.job import (
    ENDED,
    TRANSITIONS,
    DeliveryRecord,
    Document,
    ImprintRecord,
    ImprintState,
    Job,
    JobAct,
    JobEvent,
    JobQuery,
    JobStatus,
    KnownPerson,
)
from seals.filing.store import filing_delivery, filing_event, filing_imprint, filing_job, filing_shop
from seals.store import seal

J: Final = filing_job.c
I: Final = filing_imprint.c  # noqa: E741 - the table's initial, as its neighbours have
D: Final = filing_delivery.c
E: Final = filing_event.c


def insert(conn: sa.Connection, values: Mapping[str, Any]) -> Job:
    """Write a new job; :class:`JobExists` where the seal has one in progress (the unique index decides)."""
    try:
        with conn.begin_nested():
            conn.execute(filing_job.insert().values(**values))
    except sa.exc.IntegrityError as wrong:
        raise JobExists(str(values["electronic_code"])) from wrong
    found = find(conn, values["id"])
    if found is None:
        raise JobMoved(str(values["id"]))
    return found


def find(conn: sa.Connection, job: str) -> Job | None:
    """Return a job, or nothing."""
    row = conn.execute(sa.select(*J).where(J.id == job)).one_or_none()
    return None if row is None else _job(row)


def move(conn: sa.Connection, before: Job, act: JobAct, changes: Mapping[str, Any]) -> Job:
    """Move a job by compare-and-swap on its state and count of acts; :class:`JobMoved` if somebody was faster."""
    moved = conn.execute(
        filing_job.update()
        .where(J.id == before.id, J.status == before.status, J.moves == before.moves)
        .values(status=TRANSITIONS[act][before.status], moves=before.moves + 1, **changes)
    )
    found = find(conn, before.id) if moved.rowcount == 1 else None
    if found is None:
        raise JobMoved(f"job {before.id}: {act}")
    return found


def insert_event(conn: sa.Connection, event: JobEvent) -> None:
    """Add one row of history."""
    conn.execute(
        filing_event.insert().values(
            job=event.job,
            number=event.number,
            act=event.act,
            status=event.status,
            at=event.at,
            actor=event.actor,
            detail=event.detail,
        )
    )


def events(conn: sa.Connection, job: str) -> tuple[JobEvent, ...]:
    """Read a job's history, oldest first."""
    rows = conn.execute(sa.select(*E).where(E.job == job).order_by(E.number))
    return tuple(
        JobEvent(row.job, row.number, JobAct(row.act), JobStatus(row.status), row.at, row.actor, row.detail)
        for row in rows
    )


def page(conn: sa.Connection, query: JobQuery, limit: int) -> tuple[Job, ...]:
    """Read jobs by age, oldest first; those that wait for an officer by the age of their delivery."""
    age = J.delivered_at if query.status is JobStatus.DELIVERED else J.opened_at
    chosen = sa.select(*J).order_by(age, J.id).limit(limit)
    if query.status is not None:
        chosen = chosen.where(J.status == query.status)
    if query.owner is not None:
        chosen = chosen.where(J.owner_uscc == query.owner)
    if query.seal is not None:
        chosen = chosen.where(J.electronic_code == query.seal)
    if query.for_shop is not None:
        division = (
            sa.select(filing_shop.c.division).where(filing_shop.c.uscc == query.for_shop).scalar_subquery()
        )
        free = sa.and_(J.shop == "", J.status == JobStatus.OPEN, J.division == division)
        chosen = chosen.where(sa.or_(J.shop == query.for_shop, free))
    if query.after:
        last = sa.select(age).where(J.id == query.after).scalar_subquery()
        chosen = chosen.where(sa.or_(age > last, sa.and_(age == last, J.id > query.after)))
    return tuple(_job(row) for row in conn.execute(chosen))


def idle(conn: sa.Connection, before: datetime, limit: int) -> tuple[Job, ...]:
    """Return jobs that nobody claimed: not delivered, without a move since ``before``."""
    waiting = (JobStatus.OPEN, JobStatus.TAKEN, JobStatus.MADE, JobStatus.PERSONALISED, JobStatus.OFFERED)
    query = sa.select(*J).where(J.status.in_(waiting), J.moved_at < before).order_by(J.moved_at).limit(limit)
    return tuple(_job(row) for row in conn.execute(query))


def of_ended_seals(conn: sa.Connection, ended: tuple[str, ...], limit: int) -> tuple[Job, ...]:
    """Return jobs in progress whose seal has come to an end."""
    from_seal = sa.select(*J).join_from(filing_job, seal, seal.c.electronic_code == J.electronic_code)
    query = from_seal.where(J.status.not_in(ENDED), seal.c.status.in_(ended)).order_by(J.id).limit(limit)
    return tuple(_job(row) for row in conn.execute(query))


def insert_imprint(conn: sa.Connection, record: ImprintRecord) -> None:
    """Write a scan whose comparison is still to be done."""
    values = {name: getattr(record, name) for name in filing_imprint.c.keys()}  # noqa: SIM118 - columns, not a dict
    conn.execute(filing_imprint.insert().values(**values))


_OUTCOME: Final = (
    "state",
    "overlap",
    "scale",
    "rotation_deg",
    "shift_x_mm",
    "shift_y_mm",
    "advice",
    "overlay_sha256",
    "fault",
)


def settle_imprint(conn: sa.Connection, after: ImprintRecord) -> bool:
    """Write how a comparison ended; false if that is written already."""
    done = conn.execute(
        filing_imprint.update()
        .where(I.job == after.job, I.number == after.number, I.state == ImprintState.PENDING)
        .values({name: getattr(after, name) for name in _OUTCOME})
    )
    return done.rowcount == 1


def drop_pending(conn: sa.Connection, job: str) -> None:
    """Let no comparison that is still under way count for what is made after this."""
    conn.execute(
        filing_imprint.update()
        .where(I.job == job, I.state == ImprintState.PENDING)
        .values(state=ImprintState.FAILED, fault="Reworked")
    )


def adopt_imprint(conn: sa.Connection, record: ImprintRecord) -> None:
    """Let a compared scan be the job's, unless the job went on meanwhile or has a later one."""
    conn.execute(
        filing_job.update()
        .where(J.id == record.job, J.status == JobStatus.TAKEN, J.imprint < record.number)
        .values(imprint=record.number)
    )


def imprints(conn: sa.Connection, job: str) -> tuple[ImprintRecord, ...]:
    """Return a job's scans, oldest first."""
    rows = conn.execute(sa.select(*I).where(I.job == job).order_by(I.number))
    return tuple(_imprint(row) for row in rows)


def pending_imprints(conn: sa.Connection, before: datetime, limit: int) -> tuple[ImprintRecord, ...]:
    """Return scans uploaded before a moment that are not compared yet."""
    query = sa.select(*I).where(I.state == ImprintState.PENDING, I.at < before).order_by(I.at).limit(limit)
    return tuple(_imprint(row) for row in conn.execute(query))


def insert_delivery(conn: sa.Connection, record: DeliveryRecord) -> None:
    """Write to whom a seal was handed over."""
    conn.execute(
        filing_delivery.insert().values(
            job=record.job,
            number=record.number,
            **person_columns("receiver", record.receiver),
            letter_sha256=record.letter_sha256,
            receipt_sha256=record.receipt_sha256,
            at=record.at,
            actor=record.actor,
        )
    )


def deliveries(conn: sa.Connection, job: str) -> tuple[DeliveryRecord, ...]:
    """Return a job's deliveries, oldest first."""
    rows = conn.execute(sa.select(*D).where(D.job == job).order_by(D.number))
    return tuple(
        DeliveryRecord(
            row.job,
            row.number,
            KnownPerson(
                row.receiver_name, Document(row.receiver_document), row.receiver_tail, row.receiver_proof
            ),
            row.letter_sha256,
            row.receipt_sha256,
            row.at,
            row.actor,
        )
        for row in rows
    )


def person_columns(prefix: str, known: KnownPerson | None) -> dict[str, str]:
    """Return a person as the columns of a row; nobody is four empty texts."""
    parts = ("", "", "", "") if known is None else (known.name, known.document.value, known.tail, known.proof)
    names = ("name", "document", "tail", "proof")
    return {f"{prefix}_{name}": part for name, part in zip(names, parts, strict=True)}


def _job(row: Any) -> Job:
    known = None
    if row.representative_name:
        document = Document(row.representative_document)
        known = KnownPerson(
            row.representative_name, document, row.representative_tail, row.representative_proof
        )
    return Job(
        id=row.id,
        seal=row.electronic_code,
        owner=row.owner_uscc,
        division=row.division,
        shop=row.shop,
        status=JobStatus(row.status),
        moves=row.moves,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        moved_at=row.moved_at,
        moved_by=row.moved_by,
        representative=known,
        imprint=row.imprint,
        chip=row.chip,
        delivered_at=row.delivered_at,
        reason_code=row.reason_code,
        reason=row.reason,
    )


def _imprint(row: Any) -> ImprintRecord:
    values = {name: getattr(row, name) for name in filing_imprint.c.keys()}  # noqa: SIM118
    return ImprintRecord(**{**values, "state": ImprintState(row.state)})
