"""Queries on PIN letters and unblocking tasks. Takes a connection, never commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from ca.store import NO_BYTES
from ca.tokens.store import pin_letter, unblock_task

L: Final = pin_letter.c
U: Final = unblock_task.c


class LetterStatus(StrEnum):
    """Where a PIN letter stands; a printed or void one holds nothing any more."""

    PREPARED = "prepared"
    READY = "ready"
    PRINTED = "printed"
    VOID = "void"


class UnblockStatus(StrEnum):
    """Where an unblocking task stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DONE = "done"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Letter:
    """A PIN letter; ``sealed`` opens only with a key of the service's token."""

    id: int
    token: str
    application: str
    status: LetterStatus
    sealed: bytes = field(repr=False)
    made_at: datetime
    made_by: str
    printed_at: datetime | None
    printed_by: str


@dataclass(frozen=True, slots=True)
class UnblockTask:
    """An unblocking task: asked for by one, decided by another; ``letter`` is the new PIN's, once it is begun."""

    id: int
    token: str
    application: str
    status: UnblockStatus
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    letter: int | None


def insert_letter(  # noqa: PLR0913 - the columns of a row
    conn: sa.Connection, token: str, application: str, sealed: bytes, *, at: datetime, by: str
) -> int:
    """Write a letter in state *prepared*: its PIN is not in the chip yet, as far as is known."""
    values = {
        "token": token,
        "application": application,
        "status": LetterStatus.PREPARED,
        "sealed": sealed,
        "made_at": at,
        "made_by": by,
    }
    return int(conn.execute(pin_letter.insert().values(**values).returning(L.id)).scalar_one())


def letter(conn: sa.Connection, letter_id: int) -> Letter | None:
    """Return a letter, or nothing."""
    row = conn.execute(sa.select(*pin_letter.c).where(L.id == letter_id)).one_or_none()
    return None if row is None else _letter(row)


def letters(conn: sa.Connection, token: str, application: str = "") -> tuple[Letter, ...]:
    """Return a token's letters, oldest first."""
    query = sa.select(*pin_letter.c).where(L.token == token).order_by(L.id)
    if application:
        query = query.where(L.application == application)
    return tuple(_letter(row) for row in conn.execute(query))


def move_letter(
    conn: sa.Connection, letter_id: int, before: LetterStatus, now: LetterStatus, **changes: Any
) -> bool:
    """Move a letter by compare-and-swap; a printed or void one loses its content."""
    gone = {"sealed": NO_BYTES} if now in (LetterStatus.PRINTED, LetterStatus.VOID) else {}
    moved = conn.execute(
        pin_letter.update().where(L.id == letter_id, L.status == before).values(status=now, **gone, **changes)
    )
    return moved.rowcount == 1


def void_letters(conn: sa.Connection, token: str, application: str = "", keep: int = 0) -> int:
    """Void a token's letters, or an application's, but for ``keep``; their content is gone."""
    query = pin_letter.update().where(L.token == token, L.id != keep, L.status != LetterStatus.VOID)
    if application:
        query = query.where(L.application == application)
    return conn.execute(query.values(status=LetterStatus.VOID, sealed=NO_BYTES)).rowcount


def insert_task(  # noqa: PLR0913 - the columns of a row
    conn: sa.Connection, token: str, application: str, *, reason: str, by: str, at: datetime
) -> int | None:
    """Write a task; nothing when one is open already (the unique index decides)."""
    values = {
        "token": token,
        "application": application,
        "status": UnblockStatus.REQUESTED,
        "reason": reason,
        "requested_by": by,
        "requested_at": at,
    }
    try:
        with conn.begin_nested():
            made = conn.execute(unblock_task.insert().values(**values).returning(U.id)).scalar_one()
    except sa.exc.IntegrityError:
        return None
    return int(made)


def task(conn: sa.Connection, task_id: int) -> UnblockTask | None:
    """Return a task, or nothing."""
    row = conn.execute(sa.select(*unblock_task.c).where(U.id == task_id)).one_or_none()
    return None if row is None else _task(row)


def tasks(
    conn: sa.Connection, token: str = "", status: UnblockStatus | None = None
) -> tuple[UnblockTask, ...]:
    """Return tasks, newest first, at most 200."""
    query = sa.select(*unblock_task.c).order_by(U.id.desc()).limit(200)
    if token:
        query = query.where(U.token == token)
    if status is not None:
        query = query.where(U.status == status)
    return tuple(_task(row) for row in conn.execute(query))


def move_task(
    conn: sa.Connection, task_id: int, before: UnblockStatus, now: UnblockStatus, **changes: Any
) -> bool:
    """Move a task by compare-and-swap."""
    moved = conn.execute(
        unblock_task.update().where(U.id == task_id, U.status == before).values(status=now, **changes)
    )
    return moved.rowcount == 1


def set_task_letter(conn: sa.Connection, task_id: int, letter_id: int) -> bool:
    """Bind a task to the letter of its new PIN, once."""
    moved = conn.execute(
        unblock_task.update()
        .where(U.id == task_id, U.status == UnblockStatus.APPROVED, U.letter.is_(None))
        .values(letter=letter_id)
    )
    return moved.rowcount == 1


def _letter(row: Any) -> Letter:
    return Letter(
        row.id,
        row.token,
        row.application,
        LetterStatus(row.status),
        bytes(row.sealed),
        row.made_at,
        row.made_by,
        row.printed_at,
        row.printed_by,
    )


def _task(row: Any) -> UnblockTask:
    return UnblockTask(
        row.id,
        row.token,
        row.application,
        UnblockStatus(row.status),
        row.reason,
        row.requested_by,
        row.requested_at,
        row.decided_by,
        row.decided_at,
        row.letter,
    )
