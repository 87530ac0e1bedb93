"""Who works, and when it was last heard of. Takes a connection, never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from signing.batch.store import batch_worker

W: Final = batch_worker.c
SILENCE: Final = timedelta(seconds=15)
"""After so long without a word a worker counts as dead: it speaks every two seconds, in a thread of its own."""


@dataclass(frozen=True, slots=True)
class WorkerName:
    """A worker process: a name that is never given twice, the queue that it serves, the machine."""

    executor: str
    queue: str
    host: str


def beat(conn: sa.Connection, name: WorkerName, now: datetime) -> None:
    """Note that a worker is alive."""
    seen = conn.execute(batch_worker.update().where(W.executor == name.executor).values(seen_at=now))
    if seen.rowcount == 0:
        row = {"executor": name.executor, "queue": name.queue, "host": name.host}
        conn.execute(batch_worker.insert(), {**row, "started_at": now, "seen_at": now})


def silent(conn: sa.Connection, since: datetime) -> tuple[str, ...]:
    """Return the workers not heard of since a moment."""
    query = sa.select(W.executor).where(W.seen_at < since).order_by(W.executor)
    return tuple(conn.scalars(query))


def alive(conn: sa.Connection) -> frozenset[str]:
    """Return the workers on the list."""
    return frozenset(conn.scalars(sa.select(W.executor)))


def at_work(conn: sa.Connection, queue: str, since: datetime) -> int:
    """Count the workers of a queue heard of since a moment."""
    query = sa.select(sa.func.count()).select_from(batch_worker)
    return conn.execute(query.where(W.queue == queue, W.seen_at >= since)).scalar_one()


def dismiss(conn: sa.Connection, executor: str) -> bool:
    """Strike a worker off; tell whether it was on the list."""
    return conn.execute(batch_worker.delete().where(W.executor == executor)).rowcount == 1
