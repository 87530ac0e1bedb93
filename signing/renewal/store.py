"""The table of extensions. A store takes a connection and never commits.

One row a document that was extended: a document is extended at most once, its successor again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant
from signing.level import Level
from signing.retention.states import DocumentState
from signing.retention.store import StoredDocument, find_document, stored_document
from signing.store import metadata


class RenewalState(StrEnum):
    """Where an extension stands: begun before the time-stamp is asked for, then one of two ends."""

    BEGUN = "begun"
    COMPLETED = "completed"
    FAILED = "failed"


class RenewalAct(StrEnum):
    """What happens to an extension."""

    COMPLETE = "complete"
    FAIL = "fail"
    RETRY = "retry"


RENEWAL_TRANSITIONS: Final[dict[RenewalAct, dict[RenewalState, RenewalState]]] = {
    RenewalAct.COMPLETE: {RenewalState.BEGUN: RenewalState.COMPLETED},
    RenewalAct.FAIL: {RenewalState.BEGUN: RenewalState.FAILED},
    RenewalAct.RETRY: {RenewalState.FAILED: RenewalState.BEGUN},
}

renewal = sa.Table(
    "archive_renewal",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("document", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("begun_at", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("result", sa.String(64), nullable=False),
    sa.Column("fault", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('begun', 'completed', 'failed')", name="state"),
    sa.Index("archive_renewal_state", "state", "begun_at"),
)
"""``document`` is the SHA-256 of what is extended, ``result`` that of what came of it."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """One extension; ``result`` is set once completed, ``fault`` once failed."""

    id: str
    document: str
    state: RenewalState
    attempt: int
    actor: str
    begun_at: datetime
    settled_at: datetime | None = None
    result: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class RenewalProgress:
    """How far the archive is: documents at level B-LTA to be looked at, due and failing; extensions under way and done."""

    unexamined: int
    due: int
    failing: int
    under_way: int
    completed: int


_RENEWAL: Final = tuple(renewal.c)
_DOCUMENT: Final = tuple(stored_document.c)


def _read(row: sa.Row[tuple[Any, ...]]) -> Renewal:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return Renewal(**values | {"state": RenewalState(values["state"])})


def insert_renewal(conn: sa.Connection, made: Renewal) -> None:
    """Begin an extension; a document that has one raises ``sqlalchemy.exc.IntegrityError``."""
    values = {column.name: getattr(made, column.name) for column in _RENEWAL}
    conn.execute(renewal.insert().values(values | {"state": made.state.value}))


def find_renewal(conn: sa.Connection, document: str) -> Renewal | None:
    """Find the extension of a document."""
    row = conn.execute(sa.select(*_RENEWAL).where(renewal.c.document == document)).one_or_none()
    return None if row is None else _read(row)


def list_renewals(conn: sa.Connection, state: RenewalState | None, limit: int) -> list[Renewal]:
    """List extensions, the newest first."""
    chosen = sa.select(*_RENEWAL).order_by(renewal.c.begun_at.desc(), renewal.c.id).limit(limit)
    if state is not None:
        chosen = chosen.where(renewal.c.state == state.value)
    return [_read(row) for row in conn.execute(chosen)]


def move_renewal(conn: sa.Connection, before: Renewal, act: RenewalAct, changes: dict[str, Any]) -> bool:
    """Move by compare-and-swap on state and attempt; tell whether it was ours to move."""
    target = RENEWAL_TRANSITIONS[act].get(before.state)
    if target is None:
        return False
    moved = conn.execute(
        renewal.update()
        .where(
            renewal.c.id == before.id,
            renewal.c.state == before.state.value,
            renewal.c.attempt == before.attempt,
        )
        .values(state=target.value, **changes)
    )
    return moved.rowcount == 1


def link_successor(conn: sa.Connection, document: str, successor: str) -> StoredDocument | None:
    """Name what a document was extended to, once and only while it is kept; return it as it is now, or ``None``."""
    table = stored_document.c
    linked = conn.execute(
        stored_document.update()
        .where(table.digest == document, table.next == "", table.state == DocumentState.KEPT.value)
        .values(next=successor, fault="")
    )
    return find_document(conn, document) if linked.rowcount == 1 else None


def note_look(
    conn: sa.Connection, document: str, when: datetime, *, fades_at: datetime | None = None, fault: str = ""
) -> None:
    """Keep when a document's time-stamps were looked at, and what was found; a fault leaves ``fades_at`` as it is."""
    values: dict[str, Any] = {"looked_at": when, "fault": fault}
    if fades_at is not None:
        values["fades_at"] = fades_at
    conn.execute(stored_document.update().where(stored_document.c.digest == document).values(values))


def _newest() -> tuple[sa.ColumnElement[bool], ...]:
    table = stored_document.c
    return (table.level == Level.B_LTA.value, table.state == DocumentState.KEPT.value, table.next == "")


def _rested(before: datetime) -> sa.ColumnElement[bool]:
    """Let a document that failed wait before it is tried again."""
    table = stored_document.c
    return sa.or_(table.looked_at.is_(None), table.fault == "", table.looked_at < before)


def unexamined(conn: sa.Connection, rested: datetime, limit: int) -> Sequence[str]:
    """List documents of which nobody knows when they fade."""
    table = stored_document.c
    chosen = sa.select(table.digest).where(*_newest(), table.fades_at.is_(None), _rested(rested))
    return [str(row.digest) for row in conn.execute(chosen.order_by(table.stored_at).limit(limit))]


def fading(conn: sa.Connection, before: datetime, rested: datetime, limit: int) -> Sequence[str]:
    """List documents whose newest time-stamp fades before a time, the first to fade first."""
    table = stored_document.c
    chosen = sa.select(table.digest).where(*_newest(), table.fades_at < before, _rested(rested))
    return [str(row.digest) for row in conn.execute(chosen.order_by(table.fades_at).limit(limit))]


def progress(conn: sa.Connection, before: datetime) -> RenewalProgress:
    """Count what is to be done and what was done."""
    table = stored_document.c

    def count(*conditions: sa.ColumnElement[bool]) -> int:
        return int(
            conn.execute(
                sa.select(sa.func.count()).select_from(stored_document).where(*conditions)
            ).scalar_one()
        )

    states = sa.select(renewal.c.state, sa.func.count()).group_by(renewal.c.state)
    numbers = {str(state): int(number) for state, number in conn.execute(states)}
    return RenewalProgress(
        unexamined=count(*_newest(), table.fades_at.is_(None)),
        due=count(*_newest(), table.fades_at < before),
        failing=count(*_newest(), table.fault != ""),
        under_way=numbers.get(RenewalState.BEGUN.value, 0),
        completed=numbers.get(RenewalState.COMPLETED.value, 0),
    )
