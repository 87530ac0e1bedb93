"""Queries on cases, votes and notices. Takes a connection, never commits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.keycentre.case import Case, CaseVote
from ca.keycentre.errors import CaseClosed, CaseUnknown, NoticeUnknown
from ca.keycentre.state import CASE_TRANSITIONS, CaseAct, CaseKind, CaseStatus
from ca.keycentre.store import key_notice, recovery_case, recovery_vote

_CASE: Final = tuple(recovery_case.c)
_VOTE: Final = tuple(recovery_vote.c)


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for somebody to read: ``addressee`` is holder or auditor, ``body`` canonical JSON."""

    case_id: str
    event: str
    addressee: str
    address: str
    body: str
    due_at: datetime
    delay_reason: str = ""
    id: int = 0
    sent_at: datetime | None = None


def insert(conn: sa.Connection, case: Case) -> None:
    """Open a case."""
    conn.execute(recovery_case.insert().values(**_row(case)))


def replace_document(conn: sa.Connection, before: Case, after: Case) -> bool:
    """Put an amended document in the place of the one that was read; false if it changed meanwhile."""
    moved = conn.execute(
        recovery_case.update()
        .where(
            recovery_case.c.id == before.id,
            recovery_case.c.status == CaseStatus.OPEN.value,
            recovery_case.c.document_sha256 == before.document_sha256,
        )
        .values(document=after.document, document_sha256=after.document_sha256, expires_at=after.expires_at)
    )
    return moved.rowcount == 1


def get(conn: sa.Connection, case_id: str) -> Case:
    """Return a case; :class:`CaseUnknown` if there is none."""
    row = conn.execute(sa.select(*_CASE).where(recovery_case.c.id == case_id)).one_or_none()
    if row is None:
        raise CaseUnknown(case_id)
    return _case_of(row)


def lock(conn: sa.Connection, case_id: str) -> Case:
    """Return a case, its row locked until the transaction ends."""
    query = sa.select(*_CASE).where(recovery_case.c.id == case_id).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        raise CaseUnknown(case_id)
    return _case_of(row)


def listed(conn: sa.Connection, status: CaseStatus | None, limit: int) -> list[Case]:
    """Return cases, newest first."""
    query = sa.select(*_CASE).order_by(recovery_case.c.requested_at.desc(), recovery_case.c.id).limit(limit)
    if status is not None:
        query = query.where(recovery_case.c.status == status.value)
    return [_case_of(row) for row in conn.execute(query)]


def move(conn: sa.Connection, case: Case, act: CaseAct, **values: Any) -> bool:
    """Move a case as the table says; false if it stands elsewhere by now, :class:`CaseClosed` if it must not."""
    target = CASE_TRANSITIONS[act].get(case.status)
    if target is None:
        raise CaseClosed(f"{act.value} of a case that is {case.status.value}")
    moved = conn.execute(
        recovery_case.update()
        .where(recovery_case.c.id == case.id, recovery_case.c.status == case.status.value)
        .values(status=target.value, **values)
    )
    return moved.rowcount == 1


def insert_vote(conn: sa.Connection, vote: CaseVote) -> None:
    """Record a vote; the same person or credential twice on the same bytes is an ``IntegrityError``."""
    conn.execute(recovery_vote.insert().values(**asdict(vote)))


def votes(conn: sa.Connection, case_id: str, document_sha256: str | None = None) -> list[CaseVote]:
    """Return the votes on a case, or on exactly these bytes of it, in the order of their time."""
    query = (
        sa.select(*_VOTE)
        .where(recovery_vote.c.case_id == case_id)
        .order_by(recovery_vote.c.voted_at, recovery_vote.c.custodian)
    )
    if document_sha256 is not None:
        query = query.where(recovery_vote.c.document_sha256 == document_sha256)
    return [CaseVote(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def insert_notice(conn: sa.Connection, notice: Notice) -> None:
    """Put a notice into the outbox."""
    values = {key: value for key, value in asdict(notice).items() if key not in ("id", "sent_at")}
    conn.execute(key_notice.insert().values(**values, status="waiting"))


def due_notices(conn: sa.Connection, now: datetime, limit: int) -> list[Notice]:
    """Return waiting notices whose time has come, oldest first."""
    query = (
        sa.select(*(column for column in key_notice.c if column.name != "status"))
        .where(key_notice.c.status == "waiting", key_notice.c.due_at <= now)
        .order_by(key_notice.c.due_at, key_notice.c.id)
        .limit(limit)
    )
    return [Notice(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def notices_of(conn: sa.Connection, case_id: str) -> list[Notice]:
    """Return every notice of a case, waiting or sent."""
    query = (
        sa.select(*(column for column in key_notice.c if column.name != "status"))
        .where(key_notice.c.case_id == case_id)
        .order_by(key_notice.c.id)
    )
    return [Notice(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def notice(conn: sa.Connection, notice_id: int) -> Notice:
    """Return one notice, waiting or sent; :class:`NoticeUnknown`."""
    row = conn.execute(
        sa.select(*(column for column in key_notice.c if column.name != "status")).where(
            key_notice.c.id == notice_id
        )
    ).one_or_none()
    if row is None:
        raise NoticeUnknown(str(notice_id))
    return Notice(**row._mapping)  # noqa: SLF001


def mark_sent(conn: sa.Connection, notice_id: int, at: datetime) -> bool:
    """Record that a notice was sent; false if it was before."""
    moved = conn.execute(
        key_notice.update()
        .where(key_notice.c.id == notice_id, key_notice.c.status == "waiting")
        .values(status="sent", sent_at=at)
    )
    return moved.rowcount == 1


def _row(case: Case) -> dict[str, Any]:
    return {**asdict(case), "status": case.status.value, "kind": case.kind.value}


def _case_of(row: sa.Row[*tuple[Any, ...]]) -> Case:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for a public view
    return Case(**{**fields, "status": CaseStatus(fields["status"]), "kind": CaseKind(fields["kind"])})
