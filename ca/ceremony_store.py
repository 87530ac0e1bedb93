"""Queries on ceremony records. Takes a connection, never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ca.store import ceremony


@dataclass(frozen=True, slots=True)
class CeremonyRecord:
    """A ceremony begun or completed; ``plan`` and ``record`` are canonical JSON, ``record`` empty until the end."""

    id: str
    complete: bool
    plan: str
    record: str
    performed_by: str


def find(conn: sa.Connection, ceremony_id: str) -> CeremonyRecord | None:
    """Return a ceremony, or nothing."""
    query = sa.select(
        ceremony.c.id, ceremony.c.status, ceremony.c.plan, ceremony.c.record, ceremony.c.performed_by
    ).where(ceremony.c.id == ceremony_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return CeremonyRecord(row.id, row.status == "complete", row.plan, row.record, row.performed_by)


def insert(conn: sa.Connection, ceremony_id: str, plan: str, *, by: str, at: datetime) -> None:
    """Record that a ceremony was begun."""
    conn.execute(
        ceremony.insert().values(
            id=ceremony_id, status="begun", begun_at=at, performed_by=by, plan=plan, record=""
        )
    )


def complete(conn: sa.Connection, ceremony_id: str, record: str, *, at: datetime) -> bool:
    """Record that a ceremony is complete; false if it was not begun or is complete already."""
    moved = conn.execute(
        ceremony.update()
        .where(ceremony.c.id == ceremony_id, ceremony.c.status == "begun")
        .values(status="complete", completed_at=at, record=record)
    )
    return moved.rowcount == 1
