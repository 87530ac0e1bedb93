"""One transaction of the registry: rows first, the audit trail last.

The trail's head is one row that every writer locks. Were it locked between two row locks, two transactions could wait
for each other; so records are collected here and appended just before the commit. New rows that nothing in the transaction
reads again may be put aside too: those of many documents then go to the database together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail, Entry
from seals import event_store, store
from seals.errors import ActRefused
from seals.seal import SealEvent, SealRecord
from seals.states import SealAct, destination


@dataclass(frozen=True, slots=True)
class Deed:
    """One act about to be recorded: what, by whom, when, why; ``facts`` go into its audit record."""

    act: SealAct
    actor: Actor
    at: datetime
    reason: str = ""
    facts: Mapping[str, str | int | None] = field(default_factory=dict)


Row = Mapping[str, object]
"""A row's columns by name."""
_Rows = dict[sa.Insert, list[Row]]


@dataclass(frozen=True, slots=True)
class _Line:
    action: str
    actor: Actor
    subject: str
    detail: Mapping[str, str | int | None]


@dataclass(slots=True)
class Ledger:
    """An open transaction and the audit records that will close it."""

    conn: sa.Connection
    _lines: list[_Line] = field(default_factory=list)
    _rows: tuple[_Rows, _Rows] = field(default_factory=lambda: ({}, {}))

    def put(self, statement: sa.Insert, row: Row, *, referred: bool = False) -> None:
        """Put a new row aside for the end of the transaction; rows that others refer to are ``referred`` and go first.

        ``statement`` is a constant of its module: the rows under one statement are written together.
        """
        self._rows[0 if referred else 1].setdefault(statement, []).append(row)

    def write_rows(self) -> None:
        """Write the rows that were put aside; a key in use raises ``sqlalchemy.exc.IntegrityError``."""
        for rows in self._rows:
            for statement, several in rows.items():
                self.conn.execute(statement, several)
            rows.clear()

    def note(
        self, action: str, *, actor: Actor, subject: str, detail: Mapping[str, str | int | None]
    ) -> None:
        """Put a record aside for the end of the transaction."""
        self._lines.append(_Line(action, actor, subject, detail))

    def move(self, before: SealRecord, deed: Deed, changes: Mapping[str, object] | None = None) -> SealRecord:
        """Move a pair along the table by compare-and-swap and write its history.

        Raises :class:`seals.errors.ActRefused` where the table has no such move, :class:`seals.errors.SealMoved`.
        """
        status = destination(deed.act, before.status, before.frozen_from)
        if status is None:
            raise ActRefused(before.code, deed.act, before.status)
        after = store.move(self.conn, before, deed.act, status, dict(changes or {}))
        self.write(after, deed)
        return after

    def write(self, after: SealRecord, deed: Deed) -> None:
        """Write an act into the pair's history, and put its audit record aside."""
        event = SealEvent(
            after.code, after.moves, deed.act, after.status, deed.at, deed.actor.id, deed.reason
        )
        event_store.insert_event(self.conn, event)
        bound = after.electronic.certificate
        detail = {
            "physical": after.physical.code,
            "status": after.status.value,
            "reason": deed.reason,
            "owner": after.owner.uscc,
            "owner_name": after.owner.name,
            "picture": after.electronic.picture_sha256,
            "certificate": bound.sha256 if bound else None,
            "predecessor": after.predecessor,
            "successor": after.successor,
            **deed.facts,
        }
        self.note(f"seal.{deed.act}", actor=deed.actor, subject=after.code, detail=detail)

    def close(self, audit: AuditTrail) -> None:
        """Write the rows put aside, then append the records in order; those of one actor in a row lock the trail's head once."""
        self.write_rows()
        for actor, lines in groupby(self._lines, key=lambda line: line.actor):
            entries = [Entry(line.action, line.subject, line.detail) for line in lines]
            audit.append_many(self.conn, entries, actor=actor)


@contextmanager
def acting(engine: sa.Engine, audit: AuditTrail) -> Iterator[Ledger]:
    """Open a transaction; at its end append the audit records and commit, or roll all of it back."""
    with engine.begin() as conn:
        ledger = Ledger(conn)
        yield ledger
        ledger.close(audit)
