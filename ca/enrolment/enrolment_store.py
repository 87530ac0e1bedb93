"""Queries on enrolments: insert, read, move by compare-and-swap. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.by_time import by_time
from ca.enrolment import approval_store
from ca.enrolment.request import CheckMark, Content, Delivery, EnrolmentRecord, read_content
from ca.enrolment.rules import Rule
from ca.enrolment.states import FIRST_STATUS, EnrolmentStatus
from ca.enrolment.store import enrolment as table
from ca.enrolment.store import enrolment_check as check
from ca.enrolment.store import enrolment_version as version

MAX_PAGE: Final = 500
"""Most enrolments in one page."""
_READ: Final = sa.select(
    *(column for column in table.c if column.name != "rule_hash"), version.c.content, version.c.csr
).join_from(table, version, sa.and_(version.c.enrolment == table.c.id, version.c.version == table.c.version))


@dataclass(frozen=True, slots=True)
class EnrolmentQuery:
    """Which enrolments to list: every condition that is given holds; ``after`` is the last id of the page before."""

    status: EnrolmentStatus | None = None
    uscc: str = ""
    requester: str = ""
    after: str = ""
    limit: int = 50
    oldest_first: bool = False


def insert(conn: sa.Connection, record: EnrolmentRecord) -> None:
    """Insert a new request with its first version; a request key that is taken is an ``IntegrityError``."""
    content, before = record.content, record.content.predecessor
    conn.execute(
        table.insert().values(
            id=record.id,
            request_key=record.request_key,
            status=FIRST_STATUS,
            moves=0,
            requester=record.requester.id,
            requester_name=record.requester.name,
            requester_uscc=record.requester.uscc or "",
            rule_hash=record.rule.hash,
            rule_version=record.rule.version,
            rule=record.rule.text,
            created_at=record.created_at,
            batch=record.batch,
            predecessor_serial=None if before is None else before.serial,
            changed_at=record.created_at,
            **content_columns(content, 1),
        )
    )
    insert_version(conn, record.id, 1, content, record.csr, by=record.requester, at=record.created_at)


def content_columns(content: Content, number: int) -> dict[str, Any]:
    """Return the columns that follow the content."""
    return {
        "version": number,
        "digest": content.digest,
        "matter": content.matter.value,
        "profile": content.profile,
        "name": content.subject.searched,
        "uscc": content.subject.uscc,
        "spki_sha256": content.spki_sha256,
    }


def insert_version(  # noqa: PLR0913 - the columns of one row
    conn: sa.Connection, enrolment: str, number: int, content: Content, csr: bytes, *, by: Actor, at: datetime
) -> None:
    """Keep a version for ever."""
    conn.execute(
        version.insert().values(
            enrolment=enrolment,
            version=number,
            content=content.text,
            digest=content.digest,
            csr=csr,
            by=by.id,
            at=at,
        )
    )


def move(
    conn: sa.Connection,
    before: EnrolmentRecord,
    after: EnrolmentStatus,
    changes: Mapping[str, Any],
    at: datetime,
) -> bool:
    """Move an enrolment; false if anybody moved it since ``before`` was read, ``IntegrityError`` if its key is asked for."""
    done = conn.execute(
        table.update()
        .where(table.c.id == before.id, table.c.status == before.status, table.c.moves == before.moves)
        .values(status=after, moves=before.moves + 1, changed_at=at, **changes)
    )
    return done.rowcount == 1


def get(conn: sa.Connection, enrolment: str) -> EnrolmentRecord | None:
    """Return an enrolment with its checks and the approvals of its present version, or nothing."""
    row = conn.execute(_READ.where(table.c.id == enrolment)).one_or_none()
    return None if row is None else _whole(conn, row)


def by_request_key(conn: sa.Connection, request_key: str) -> EnrolmentRecord | None:
    """Return the enrolment begun under a request key, or nothing."""
    row = conn.execute(_READ.where(table.c.request_key == request_key)).one_or_none()
    return None if row is None else _whole(conn, row)


def first_digest(conn: sa.Connection, enrolment: str) -> str:
    """Return the digest of what was first asked for, whatever it was changed into since."""
    query = sa.select(version.c.digest).where(version.c.enrolment == enrolment, version.c.version == 1)
    return str(conn.execute(query).scalar_one())


def by_serial(conn: sa.Connection, issuer: str, serial: int) -> EnrolmentRecord | None:
    """Return the enrolment that a certificate came of, as the first or second of a pair, or nothing."""
    either = sa.or_(table.c.serial == serial, table.c.encryption_serial == serial)
    row = conn.execute(_READ.where(table.c.issuer == issuer, either).order_by(table.c.id)).first()
    return None if row is None else _whole(conn, row)


def following(conn: sa.Connection, serial: int) -> tuple[EnrolmentRecord, ...]:
    """Return the enrolments that follow a certificate, oldest first."""
    query = _READ.where(table.c.predecessor_serial == serial).order_by(table.c.created_at, table.c.id)
    return tuple(_whole(conn, row) for row in conn.execute(query).all())


def open_for_key(conn: sa.Connection, spki_sha256: str) -> tuple[str, ...]:
    """Return the numbers of requests for a key that may still become a certificate."""
    ended = (
        EnrolmentStatus.ISSUED,
        EnrolmentStatus.DELIVERED,
        EnrolmentStatus.REJECTED,
        EnrolmentStatus.WITHDRAWN,
        EnrolmentStatus.EXPIRED,
        EnrolmentStatus.FAILED,
    )
    query = sa.select(table.c.id).where(table.c.spki_sha256 == spki_sha256, table.c.status.not_in(ended))
    return tuple(conn.scalars(query))


def page(conn: sa.Connection, query: EnrolmentQuery) -> tuple[EnrolmentRecord, ...]:
    """Return one page, newest first unless the oldest are wanted; :class:`ca.errors.CursorInvalid`."""
    statement = by_time(conn, _READ, table, after=query.after, oldest_first=query.oldest_first)
    if query.status is not None:
        statement = statement.where(table.c.status == query.status)
    if query.uscc:
        statement = statement.where(table.c.uscc == query.uscc)
    if query.requester:
        statement = statement.where(table.c.requester == query.requester)
    limit = max(1, min(query.limit, MAX_PAGE))
    return tuple(_whole(conn, row) for row in conn.execute(statement.limit(limit)).all())


def overdue(
    conn: sa.Connection, statuses: tuple[EnrolmentStatus, ...], at: datetime, limit: int
) -> tuple[str, ...]:
    """Return the numbers of those in one of ``statuses`` whose deadline lies before ``at``."""
    query = sa.select(table.c.id).where(table.c.status.in_(statuses), table.c.deadline < at).limit(limit)
    return tuple(conn.scalars(query))


def unchanged_since(
    conn: sa.Connection, status: EnrolmentStatus, at: datetime, limit: int
) -> tuple[str, ...]:
    """Return the numbers of those in ``status`` that nothing moved after ``at``."""
    query = sa.select(table.c.id).where(table.c.status == status, table.c.changed_at <= at).limit(limit)
    return tuple(conn.scalars(query))


def insert_check(conn: sa.Connection, enrolment: str, number: int, mark: CheckMark) -> None:
    """Record what a checker found."""
    conn.execute(
        check.insert().values(
            enrolment=enrolment,
            version=number,
            item=mark.item,
            outcome="found" if mark.found else "refused",
            remark=mark.remark,
            checker=mark.checker.id,
            checker_name=mark.checker.name,
            at=mark.at,
        )
    )


def _checks(conn: sa.Connection, enrolment: str, number: int) -> tuple[CheckMark, ...]:
    """Return the last mark of each item of a version."""
    query = (
        sa.select(
            check.c.item, check.c.outcome, check.c.remark, check.c.checker, check.c.checker_name, check.c.at
        )
        .where(check.c.enrolment == enrolment, check.c.version == number)
        .order_by(check.c.id)
    )
    found = {
        row.item: CheckMark(
            row.item, row.outcome == "found", row.remark, Actor(row.checker, row.checker_name), row.at
        )
        for row in conn.execute(query)
    }
    return tuple(found.values())


def _whole(conn: sa.Connection, row: sa.Row[*tuple[Any, ...]]) -> EnrolmentRecord:
    delivery = (
        Delivery(row.delivered_to, row.delivered_how, row.receipt_sha256, row.delivered_at)
        if row.delivered_at is not None
        else None
    )
    return EnrolmentRecord(
        id=row.id,
        request_key=row.request_key,
        status=EnrolmentStatus(row.status),
        moves=row.moves,
        version=row.version,
        content=read_content(row.content),
        digest=row.digest,
        rule=Rule.from_text(row.rule),
        requester=Actor(row.requester, row.requester_name, row.requester_uscc or None),
        created_at=row.created_at,
        changed_at=row.changed_at,
        deadline=row.deadline,
        approving_since=row.approving_since,
        csr=bytes(row.csr),
        batch=row.batch,
        reason_code=row.reason_code,
        reason=row.reason,
        issuer=row.issuer,
        serial=row.serial,
        encryption_serial=row.encryption_serial,
        envelope=bytes(row.envelope),
        delivery=delivery,
        checks=_checks(conn, row.id, row.version),
        approvals=approval_store.of_case(conn, row.id, row.version),
    )
