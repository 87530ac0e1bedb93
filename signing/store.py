"""The room's tables: sealings, and which key belongs to a seal's certificate. A store takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from ca.store import UtcInstant
from ca.store import metadata as ca_metadata

metadata = sa.MetaData(naming_convention=ca_metadata.naming_convention)


class SealingState(StrEnum):
    """States of a sealing: reserved before anything is touched, then one of two ends."""

    RESERVED = "reserved"
    COMPLETED = "completed"
    FAILED = "failed"


class SealingAct(StrEnum):
    """What happens to a sealing."""

    COMPLETE = "complete"
    FAIL = "fail"
    RETRY = "retry"


TRANSITIONS: Final[dict[SealingAct, dict[SealingState, SealingState]]] = {
    SealingAct.COMPLETE: {SealingState.RESERVED: SealingState.COMPLETED},
    SealingAct.FAIL: {SealingState.RESERVED: SealingState.FAILED},
    SealingAct.RETRY: {SealingState.FAILED: SealingState.RESERVED},
}
"""Every move there is; the database moves by compare-and-swap on state and attempt."""

sealing = sa.Table(
    "sealing",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.String(200), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("placement", sa.Text, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),
    sa.Column("permit", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("reserved_at", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("result", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("fault", sa.Text, nullable=False),
    sa.UniqueConstraint("actor", "idempotency_key"),
    sa.CheckConstraint("state IN ('reserved', 'completed', 'failed')", name="state"),
    sa.Index("sealing_state", "state", "id"),
)
"""``document`` is the digest of the input with its algorithm; ``result`` that of the sealed file (SHA-256, hex)."""

seal_key = sa.Table(
    "seal_key",
    metadata,
    sa.Column("certificate_sha256", sa.String(64), primary_key=True),
    sa.Column("key_uri", sa.Text, nullable=False),
    sa.Column("bound_at", UtcInstant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SealingRecord:
    """One sealing as the database holds it; ``result`` and ``size`` are set once completed, ``fault`` once failed."""

    id: str
    actor: str
    idempotency_key: str
    fingerprint: str
    seal_code: str
    name: str
    document: str
    placement: str
    level: str
    permit: str
    state: SealingState
    attempt: int
    reserved_at: datetime
    settled_at: datetime | None = None
    result: str = ""
    size: int = 0
    fault: str = ""


def _record(row: sa.Row[tuple[object, ...]]) -> SealingRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return SealingRecord(**values | {"state": SealingState(str(values["state"]))})


_COLUMNS: Final = tuple(sealing.c)


_INSERT: Final = sealing.insert()
_MOVE: Final = sealing.update().where(
    sealing.c.id == sa.bindparam("its_id"),
    sealing.c.state == sa.bindparam("its_state"),
    sealing.c.attempt == sa.bindparam("its_attempt"),
)
_TAKEN: Final = sa.select(sealing.c.idempotency_key).where(
    sealing.c.actor == sa.bindparam("who"),
    sealing.c.idempotency_key.in_(sa.bindparam("keys", expanding=True)),
)
_BY_KEY: Final = sa.select(*_COLUMNS).where(
    sealing.c.actor == sa.bindparam("who"), sealing.c.idempotency_key == sa.bindparam("key")
)


def insert_sealings(conn: sa.Connection, records: Sequence[SealingRecord]) -> None:
    """Reserve; an actor's idempotency key taken raises ``sqlalchemy.exc.IntegrityError``."""
    rows = [
        {column.name: getattr(record, column.name) for column in _COLUMNS} | {"state": record.state.value}
        for record in records
    ]
    conn.execute(_INSERT, rows)


def keys_taken(conn: sa.Connection, actor: str, keys: Sequence[str]) -> set[str]:
    """Tell under which of these keys the actor asked for a sealing before."""
    return set(conn.scalars(_TAKEN, {"who": actor, "keys": list(keys)}))


def find_by_key(conn: sa.Connection, actor: str, idempotency_key: str) -> SealingRecord | None:
    """Find what an actor asked for under a key."""
    row = conn.execute(_BY_KEY, {"who": actor, "key": idempotency_key}).one_or_none()
    return None if row is None else _record(row)


def find_sealing(conn: sa.Connection, sealing_id: str) -> SealingRecord | None:
    """Find a sealing by its id."""
    row = conn.execute(sa.select(*_COLUMNS).where(sealing.c.id == sealing_id)).one_or_none()
    return None if row is None else _record(row)


def reserved_sealings(conn: sa.Connection, after: str, limit: int) -> list[SealingRecord]:
    """List open reservations in order of id, after ``after``."""
    chosen = (
        sa.select(*_COLUMNS)
        .where(sealing.c.state == SealingState.RESERVED.value, sealing.c.id > after)
        .order_by(sealing.c.id)
        .limit(limit)
    )
    return [_record(row) for row in conn.execute(chosen)]


Move = tuple[SealingRecord, dict[str, object]]
"""A sealing as it was read, and the columns that change with its move."""


def move_sealing(
    conn: sa.Connection, before: SealingRecord, act: SealingAct, changes: dict[str, object]
) -> bool:
    """Move by compare-and-swap on state and attempt; tell whether it was ours to move."""
    return move_sealings(conn, act, [(before, changes)])


def move_sealings(conn: sa.Connection, act: SealingAct, moves: Sequence[Move]) -> bool:
    """Move several in one statement, each with its changes of the same columns; tell whether all were ours to move.

    If they were not, the caller rolls back: some may have moved.
    """
    rows = []
    for before, changes in moves:
        target = TRANSITIONS[act].get(before.state)
        if target is None:
            return False
        expected = {"its_id": before.id, "its_state": before.state.value, "its_attempt": before.attempt}
        rows.append({**expected, "state": target.value, **changes})
    return conn.execute(_MOVE, rows).rowcount == len(rows)


def insert_seal_key(conn: sa.Connection, certificate_sha256: str, key_uri: str, when: datetime) -> None:
    """Remember where the key of a certificate is; a second binding raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        seal_key.insert().values(certificate_sha256=certificate_sha256, key_uri=key_uri, bound_at=when)
    )


_SEAL_KEY: Final = sa.select(seal_key.c.key_uri).where(
    seal_key.c.certificate_sha256 == sa.bindparam("sha256")
)


def find_seal_key(conn: sa.Connection, certificate_sha256: str) -> str | None:
    """Find the key's URI."""
    found: str | None = conn.execute(_SEAL_KEY, {"sha256": certificate_sha256}).scalar_one_or_none()
    return found
