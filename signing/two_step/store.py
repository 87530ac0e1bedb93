"""The table of sealings that wait for a signature made elsewhere. Takes a connection, never commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from ca.store import UtcInstant
from signing.store import metadata


class WaitState(StrEnum):
    """States of the waiting: open, then one of three ends. The sealing's own state tells what became of the document."""

    WAITING = "waiting"
    RETURNED = "returned"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class WaitAct(StrEnum):
    """What happens to a waiting sealing."""

    RETURN = "return"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[dict[WaitAct, dict[WaitState, WaitState]]] = {
    WaitAct.RETURN: {WaitState.WAITING: WaitState.RETURNED},
    WaitAct.EXPIRE: {WaitState.WAITING: WaitState.EXPIRED},
    WaitAct.WITHDRAW: {WaitState.WAITING: WaitState.WITHDRAWN},
}
"""Every move there is; the database moves by compare-and-swap."""

waiting = sa.Table(
    "waiting_sealing",
    metadata,
    sa.Column("sealing", sa.ForeignKey("sealing.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("certificate_sha256", sa.String(64), nullable=False),
    sa.Column("algorithm", sa.String(32), nullable=False),
    sa.Column("container", sa.String(16), nullable=False),
    sa.Column("statement", sa.Text, nullable=False),
    sa.Column("protected", sa.String(140), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("to_sign", sa.LargeBinary, nullable=False),
    sa.Column("source_size", sa.BigInteger, nullable=False),
    sa.Column("asked_at", UtcInstant, nullable=False),
    sa.Column("deadline", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("signature_sha256", sa.String(64), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'returned', 'expired', 'withdrawn')", name="state"),
    sa.Index("waiting_sealing_due", "state", "deadline"),
)
"""``protected`` is the digest of the document's octets outside the place of the container, ``scope`` where that place is;
``to_sign`` are the octets that were given out, ``source_size`` how many octets of the draft are the document as it came."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sealing that waits, as the database holds it."""

    sealing: str
    attempt: int
    state: WaitState
    certificate_sha256: str
    algorithm: str
    container: str
    statement: str = field(repr=False)
    protected: str
    scope: str
    to_sign: bytes = field(repr=False)
    source_size: int
    asked_at: datetime
    deadline: datetime
    settled_at: datetime | None = None
    signature_sha256: str = ""


def _waiting(row: sa.Row[tuple[object, ...]]) -> Waiting:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return Waiting(**values | {"state": WaitState(str(values["state"]))})


def insert(conn: sa.Connection, made: Waiting) -> None:
    """Record what was given out."""
    values = {column.name: getattr(made, column.name) for column in waiting.c}
    conn.execute(waiting.insert(), values | {"state": made.state.value})


def latest(conn: sa.Connection, sealing: str) -> Waiting | None:
    """Find the newest attempt of a sealing."""
    query = sa.select(*waiting.c).where(waiting.c.sealing == sealing)
    row = conn.execute(query.order_by(waiting.c.attempt.desc()).limit(1)).one_or_none()
    return None if row is None else _waiting(row)


def move(conn: sa.Connection, before: Waiting, act: WaitAct, changes: dict[str, object]) -> bool:
    """Move by compare-and-swap; tell whether it was ours to move."""
    target = TRANSITIONS[act].get(before.state)
    if target is None:
        return False
    moved = conn.execute(
        waiting.update()
        .where(
            waiting.c.sealing == before.sealing,
            waiting.c.attempt == before.attempt,
            waiting.c.state == before.state.value,
        )
        .values(state=target.value, **changes)
    )
    return moved.rowcount == 1


def due(conn: sa.Connection, moment: datetime, limit: int) -> list[Waiting]:
    """List what waits past its deadline, oldest first."""
    query = (
        sa.select(*waiting.c)
        .where(waiting.c.state == WaitState.WAITING.value, waiting.c.deadline < moment)
        .order_by(waiting.c.deadline)
        .limit(limit)
    )
    return [_waiting(row) for row in conn.execute(query)]


def is_waiting(conn: sa.Connection, sealing: str, attempt: int) -> bool:
    """Tell whether this attempt of a sealing waits for its signature."""
    query = sa.select(waiting.c.state).where(waiting.c.sealing == sealing, waiting.c.attempt == attempt)
    return conn.execute(query).scalar_one_or_none() == WaitState.WAITING.value


def end_all(conn: sa.Connection, moment: datetime) -> int:
    """End all waiting: after a restoration the signature may have been given since. Return how many."""
    open_ones = waiting.update().where(waiting.c.state == WaitState.WAITING.value)
    return conn.execute(open_ones.values(state=WaitState.EXPIRED.value, settled_at=moment)).rowcount
