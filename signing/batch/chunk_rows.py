"""Queries on the chunks of batches and who holds them. Takes a connection, never commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from signing.batch.batch import BatchState, DocumentState
from signing.batch.store import batch, batch_chunk, batch_document

D: Final = batch_document.c
K: Final = batch_chunk.c
_OPEN: Final = "open"
_DONE: Final = "done"
_HOLD: Final = (
    sa.select(K.fence, batch.c.state)
    .join(batch, batch.c.id == K.batch_id)
    .where(K.batch_id == sa.bindparam("batch"), K.number == sa.bindparam("chunk"), K.state == _OPEN)
    .with_for_update(of=batch_chunk)
)


@dataclass(frozen=True, slots=True)
class OpenChunk:
    """A chunk that is not done: ``holder`` is who took it last, ``fence`` how often it was taken or taken away."""

    number: int
    fence: int
    holder: str


def split(conn: sa.Connection, batch_id: str, size: int, total: int) -> None:
    """Cut a batch into chunks of ``size`` documents."""
    conn.execute(batch_document.update().where(D.batch_id == batch_id).values(chunk=D.number // size))
    rows = [
        {"batch_id": batch_id, "number": number, "state": _OPEN, "fence": 0, "holder": ""}
        for number in range(-(-total // size))
    ]
    conn.execute(batch_chunk.insert(), rows)


def reopen(conn: sa.Connection, batch_id: str) -> tuple[int, ...]:
    """Open the chunks in which a document waits; return the open ones. Whoever held one is fenced out."""
    waiting = sa.select(D.chunk).where(D.batch_id == batch_id, D.state == DocumentState.WAITING.value)
    conn.execute(
        batch_chunk.update()
        .where(K.batch_id == batch_id, K.number.in_(waiting))
        .values(state=_OPEN, holder="", fence=K.fence + 1)
    )
    return open_chunks(conn, batch_id)


def open_chunks(conn: sa.Connection, batch_id: str) -> tuple[int, ...]:
    """Return the chunks that are not done."""
    query = sa.select(K.number).where(K.batch_id == batch_id, K.state == _OPEN).order_by(K.number)
    return tuple(conn.scalars(query))


def take_chunk(conn: sa.Connection, batch_id: str, number: int, holder: str) -> int | None:
    """Take a chunk over, whoever has it; return the new fence, or nothing if it is done."""
    moved = conn.execute(
        batch_chunk.update()
        .where(K.batch_id == batch_id, K.number == number, K.state == _OPEN)
        .values(fence=K.fence + 1, holder=holder)
    )
    if moved.rowcount != 1:
        return None
    found: int = conn.execute(
        sa.select(K.fence).where(K.batch_id == batch_id, K.number == number)
    ).scalar_one()
    return found


def hold_chunk(conn: sa.Connection, batch_id: str, number: int) -> tuple[int, BatchState] | None:
    """Return the fence of an open chunk and its batch's state, and keep the chunk so until the transaction ends."""
    row = conn.execute(_HOLD, {"batch": batch_id, "chunk": number}).one_or_none()
    return None if row is None else (row.fence, BatchState(row.state))


def end_chunk(conn: sa.Connection, batch_id: str, number: int, fence: int) -> bool:
    """Mark a chunk done, if the fence is its own."""
    moved = conn.execute(
        batch_chunk.update()
        .where(K.batch_id == batch_id, K.number == number, K.fence == fence, K.state == _OPEN)
        .values(state=_DONE)
    )
    return moved.rowcount == 1


def still_open(conn: sa.Connection, batch_id: str) -> tuple[OpenChunk, ...]:
    """Return the chunks that are not done, with their holders."""
    query = sa.select(K.number, K.fence, K.holder).where(K.batch_id == batch_id, K.state == _OPEN)
    return tuple(OpenChunk(*row) for row in conn.execute(query.order_by(K.number)))


def held_by(conn: sa.Connection, holder: str) -> tuple[tuple[str, int, int], ...]:
    """Return the open chunks that a worker took: batch, number, fence."""
    query = sa.select(K.batch_id, K.number, K.fence).where(K.holder == holder, K.state == _OPEN)
    return tuple((row.batch_id, row.number, row.fence) for row in conn.execute(query))


def take_away(conn: sa.Connection, holder: str) -> int:
    """Take from a holder every open chunk: its fence is too low from now on. Return how many."""
    query = batch_chunk.update().where(K.holder == holder, K.state == _OPEN)
    return conn.execute(query.values(holder="", fence=K.fence + 1)).rowcount


def take_back(conn: sa.Connection, batch_id: str, number: int, fence: int) -> bool:
    """Take back a chunk whose fence is still this one; tell whether it was so."""
    moved = conn.execute(
        batch_chunk.update()
        .where(K.batch_id == batch_id, K.number == number, K.fence == fence, K.state == _OPEN)
        .values(holder="", fence=K.fence + 1)
    )
    return moved.rowcount == 1
