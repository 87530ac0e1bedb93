"""Queries on batches, their documents, chunks and workers. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from hsm.algorithms import Digest
from signing.batch.batch import (
    Batch,
    BatchDocument,
    BatchForm,
    BatchRequest,
    BatchState,
    DocumentState,
    Fault,
)
from signing.batch.store import batch, batch_document
from signing.level import Level

B: Final = batch.c
D: Final = batch_document.c


def insert(conn: sa.Connection, one: Batch) -> None:
    """Write a new batch; a request key in use raises ``sqlalchemy.exc.IntegrityError``."""
    asked = one.request
    values = {
        "id": one.id,
        "request_key": asked.request_key,
        "form": asked.form.value,
        "state": one.state.value,
        "moves": one.moves,
        "attended": int(one.attended),
        "title": asked.title,
        "actor": one.actor.id,
        "actor_name": one.actor.name,
        "actor_uscc": one.actor.uscc or "",
        "credential": one.credential,
        "seal_code": asked.seal_code,
        "placement": asked.placement,
        "level": asked.level.value,
        "reason": asked.reason,
        "location": asked.location,
        "document_class": asked.document_class,
        "amount": asked.amount,
        "case_id": one.case_id,
        "rule_hash": one.rule_hash,
        "root": "" if one.root is None else str(one.root),
        "total": one.total,
        "fault": "",
        "fault_zh": "",
        "fault_en": "",
        "created_at": one.created_at,
    }
    conn.execute(batch.insert(), values)


def find(conn: sa.Connection, batch_id: str, *, lock: bool = False) -> Batch | None:
    """Return a batch; ``lock`` holds its row."""
    query = sa.select(*B).where(B.id == batch_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _batch(row)


def by_request_key(conn: sa.Connection, key: str) -> Batch | None:
    """Return what was opened under a request key."""
    row = conn.execute(sa.select(*B).where(B.request_key == key)).one_or_none()
    return None if row is None else _batch(row)


def page(conn: sa.Connection, uscc: str, limit: int) -> tuple[Batch, ...]:
    """Return the newest batches, of one enterprise's people if named."""
    query = sa.select(*B).order_by(B.created_at.desc(), B.id).limit(limit)
    return tuple(map(_batch, conn.execute(query.where(B.actor_uscc == uscc) if uscc else query)))


def running(conn: sa.Connection) -> tuple[Batch, ...]:
    """Return the batches that are at work."""
    query = sa.select(*B).where(B.state == BatchState.RUNNING.value).order_by(B.id)
    return tuple(map(_batch, conn.execute(query)))


def move(conn: sa.Connection, before: Batch, after: BatchState, changes: dict[str, Any]) -> bool:
    """Move a batch by compare-and-swap on state and count of moves; tell whether nobody was faster."""
    moved = conn.execute(
        batch.update()
        .where(B.id == before.id, B.state == before.state.value, B.moves == before.moves)
        .values(state=after.value, moves=before.moves + 1, **changes)
    )
    return moved.rowcount == 1


def add(conn: sa.Connection, documents: Sequence[BatchDocument]) -> None:
    """Write documents; a mark in use raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(batch_document.insert(), [_row(one) for one in documents])


def _row(one: BatchDocument) -> dict[str, Any]:
    return {
        "batch_id": one.batch_id,
        "number": one.number,
        "chunk": one.chunk,
        "name": one.name,
        "document": str(one.document),
        "size": one.size,
        "placement": one.placement,
        "reason": one.reason,
        "mark": one.mark,
        "state": one.state.value,
        "attempts": one.attempts,
        "sealing": "",
        "result": "",
        "result_size": 0,
        "fault": "",
        "fault_zh": "",
        "fault_en": "",
        "settled_at": None,
    }


def count(conn: sa.Connection, batch_id: str) -> int:
    """Count the documents of a batch."""
    query = sa.select(sa.func.count()).select_from(batch_document).where(D.batch_id == batch_id)
    return conn.execute(query).scalar_one()


def marks(conn: sa.Connection, batch_id: str, wanted: Sequence[str]) -> set[str]:
    """Return which of these marks are in use."""
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        query = sa.select(D.mark).where(D.batch_id == batch_id, D.mark.in_(wanted[start : start + 500]))
        found |= set(conn.scalars(query))
    return found


def counts(conn: sa.Connection, batch_id: str) -> dict[DocumentState, int]:
    """Count the documents of a batch by state."""
    query = sa.select(D.state, sa.func.count()).where(D.batch_id == batch_id).group_by(D.state)
    return {DocumentState(state): number for state, number in conn.execute(query)}


def settled_since(conn: sa.Connection, batch_id: str, since: datetime) -> int:
    """Count the documents settled from a moment on."""
    query = sa.select(sa.func.count()).select_from(batch_document)
    return conn.execute(query.where(D.batch_id == batch_id, D.settled_at >= since)).scalar_one()


def digests(conn: sa.Connection, batch_id: str) -> list[Digest]:
    """Return the digests of every document in order of their numbers."""
    query = sa.select(D.document).where(D.batch_id == batch_id).order_by(D.number)
    return [Digest.parse(text) for text in conn.scalars(query)]


def documents(
    conn: sa.Connection,
    batch_id: str,
    *,
    state: DocumentState | None = None,
    after: int = -1,
    limit: int = 200,
) -> tuple[BatchDocument, ...]:
    """Return documents in order of their numbers, of one state if named, after ``after``."""
    query = sa.select(*D).where(D.batch_id == batch_id, D.number > after).order_by(D.number).limit(limit)
    if state is not None:
        query = query.where(D.state == state.value)
    return tuple(map(_document, conn.execute(query)))


def document(conn: sa.Connection, batch_id: str, number: int) -> BatchDocument | None:
    """Return one document."""
    row = conn.execute(sa.select(*D).where(D.batch_id == batch_id, D.number == number)).one_or_none()
    return None if row is None else _document(row)


def of_chunk(conn: sa.Connection, batch_id: str, chunk: int) -> tuple[BatchDocument, ...]:
    """Return the documents of a chunk that wait, in order."""
    waiting = DocumentState.WAITING.value
    query = (
        sa.select(*D).where(D.batch_id == batch_id, D.chunk == chunk, D.state == waiting).order_by(D.number)
    )
    return tuple(map(_document, conn.execute(query)))


def settle_failed(conn: sa.Connection, batch_id: str, number: int, fault: Fault, now: datetime) -> None:
    """Settle a document as failed, if it waits."""
    conn.execute(
        batch_document.update()
        .where(D.batch_id == batch_id, D.number == number, D.state == DocumentState.WAITING.value)
        .values(
            state=DocumentState.FAILED.value,
            attempts=D.attempts + 1,
            settled_at=now,
            **fault_columns(fault),
        )
    )


_SETTLE_DONE: Final = (
    batch_document.update()
    .where(
        D.batch_id == sa.bindparam("its_batch"),
        D.number == sa.bindparam("its_number"),
        # one that was sealed while its batch was being cancelled is sealed
        sa.or_(D.state == DocumentState.WAITING.value, D.state == DocumentState.CANCELLED.value),
    )
    .values(
        attempts=D.attempts + 1,
        **{
            name: sa.bindparam(name)
            for name in (
                "state", "sealing", "result", "result_size", "settled_at", "fault", "fault_zh", "fault_en"
            )
        },
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """A sealed document of a batch: its place, the sealing, and the result's digest (SHA-256, hex) and octets."""

    batch_id: str
    number: int
    sealing: str
    result: str
    size: int


def settle_done(conn: sa.Connection, done: Sequence[Done], now: datetime) -> None:
    """Settle documents as done, those that were to be settled."""
    fixed = {
        "state": DocumentState.DONE.value,
        "settled_at": now,
        **fault_columns(Fault()),
    }
    conn.execute(
        _SETTLE_DONE,
        [
            fixed
            | {
                "its_batch": one.batch_id,
                "its_number": one.number,
                "sealing": one.sealing,
                "result": one.result,
                "result_size": one.size,
            }
            for one in done
        ],
    )


def fault_columns(fault: Fault) -> dict[str, str]:
    """Return the columns that hold a fault."""
    return {"fault": fault.name[:64], "fault_zh": fault.zh, "fault_en": fault.en}


def wait_again(conn: sa.Connection, batch_id: str, numbers: Sequence[int] | None) -> int:
    """Let failed documents wait again: those named, or all; return how many."""
    query = batch_document.update().where(D.batch_id == batch_id, D.state == DocumentState.FAILED.value)
    if numbers is not None:
        query = query.where(D.number.in_(list(numbers)))
    again = query.values(state=DocumentState.WAITING.value, settled_at=None, **fault_columns(Fault()))
    return conn.execute(again).rowcount


def cancel_waiting(conn: sa.Connection, batch_id: str, now: datetime) -> int:
    """Cancel every document that waits; return how many."""
    query = batch_document.update().where(D.batch_id == batch_id, D.state == DocumentState.WAITING.value)
    return conn.execute(query.values(state=DocumentState.CANCELLED.value, settled_at=now)).rowcount


def _batch(row: sa.Row[Any]) -> Batch:
    asked = BatchRequest(
        row.title,
        row.seal_code,
        row.placement,
        Level(row.level),
        BatchForm(row.form),
        row.reason,
        row.location,
        row.document_class,
        row.amount,
        row.request_key,
    )
    return Batch(
        id=row.id,
        state=BatchState(row.state),
        moves=row.moves,
        attended=bool(row.attended),
        request=asked,
        actor=Actor(row.actor, row.actor_name, row.actor_uscc or None),
        credential=row.credential,
        case_id=row.case_id,
        rule_hash=row.rule_hash,
        root=Digest.parse(row.root) if row.root else None,
        total=row.total,
        fault=Fault(row.fault, row.fault_zh, row.fault_en),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _document(row: sa.Row[Any]) -> BatchDocument:
    made = BatchDocument(
        row.batch_id,
        row.number,
        row.chunk,
        row.name,
        Digest.parse(row.document),
        row.size,
        row.placement,
        row.reason,
        row.mark,
        DocumentState(row.state),
        row.attempts,
    )
    return replace(
        made,
        sealing=row.sealing,
        result=row.result,
        result_size=row.result_size,
        fault=Fault(row.fault, row.fault_zh, row.fault_en),
        settled_at=row.settled_at,
    )
