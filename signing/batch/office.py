"""What the desk of batches works with, and the one way in which a batch moves."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from seals.cases.case import Hand
from seals.cases.desk import UseDesk
from signing.batch import rows
from signing.batch.batch import TRANSITIONS, Batch, BatchAct
from signing.batch.errors import BatchActRefused, BatchUnknown
from signing.batch.inputs import Inputs

Detail = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class BatchOffice:
    """The parts, each once."""

    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    uses: UseDesk
    inputs: Inputs
    new_id: Callable[[], str] = lambda: secrets.token_hex(16)

    def reading(self) -> sa.Connection:
        """Open a connection that only reads."""
        return self.engine.execution_options(read_only=True).connect()

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return self.clock()

    def note(self, conn: sa.Connection, what: str, one: Batch, hand: Hand, detail: Detail) -> None:
        """Put an act on the audit trail, in the transaction that does it."""
        said = {**detail, "credential": hand.credential, "case": one.case_id}
        self.audit.append(conn, f"batch.{what}", actor=hand.actor, subject=f"batch:{one.id}", detail=said)


@dataclass(frozen=True, slots=True)
class BatchDeed:
    """One act: by whose hand, which columns change with it, what the record says besides."""

    act: BatchAct
    hand: Hand
    changes: Mapping[str, Any]
    detail: Detail


def load(conn: sa.Connection, batch_id: str, *, lock: bool = False) -> Batch:
    """Return a batch; :class:`BatchUnknown` if there is none."""
    found = rows.find(conn, batch_id, lock=lock) if len(batch_id) <= 32 else None
    if found is None:
        raise BatchUnknown
    return found


def move(office: BatchOffice, conn: sa.Connection, before: Batch, deed: BatchDeed) -> Batch:
    """Move a batch and put it on record; :class:`BatchActRefused` where the table has no such move, or somebody was faster."""
    after = TRANSITIONS[deed.act].get(before.state)
    if after is None:
        raise BatchActRefused(
            f"批次当前为“{before.state.zh}”，不能执行此操作。",
            f"The batch is {before.state.value}: {deed.act.value} is not possible.",
        )
    if not rows.move(conn, before, after, dict(deed.changes)):
        raise BatchActRefused
    office.note(conn, after.value, before, deed.hand, deed.detail)
    return load(conn, before.id)
