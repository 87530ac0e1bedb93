"""One transaction of the inventory: rows first, the audit trail last, so that no two writers wait for each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.tokens import inventory_store as store
from ca.tokens.state import TokenAct, TokenState
from ca.tokens.token import Token, TokenEvent

Note = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Deed:
    """One act about to be recorded: what, by whom, when, why."""

    act: TokenAct
    actor: Actor
    at: datetime
    reason: str = ""


@dataclass(slots=True)
class Ledger:
    """An open transaction and the audit records that will close it."""

    conn: sa.Connection
    _lines: list[tuple[str, Actor, str, Note]] = field(default_factory=list)

    def note(self, action: str, *, actor: Actor, subject: str, detail: Note) -> None:
        """Put a record aside for the end of the transaction."""
        self._lines.append((action, actor, subject, detail))

    def move(
        self, before: Token, state: TokenState, deed: Deed, changes: Mapping[str, object] | None = None
    ) -> Token:
        """Move a token by compare-and-swap and write its history; :class:`ca.tokens.errors.TokenMoved`."""
        stamped = {"moved_at": deed.at, "moved_by": deed.actor.id, **(changes or {})}
        after = store.move(self.conn, before, state, stamped)
        event = TokenEvent(after.serial, after.moves, deed.act, state, deed.at, deed.actor.id, deed.reason)
        store.insert_event(self.conn, event)
        detail: Note = {
            "state": state.value,
            "before": before.state.value,
            "reason": deed.reason,
            "holder": after.holder.uscc or after.holder.person,
            "number": after.number,
        }
        self.note(f"token.{deed.act}", actor=deed.actor, subject=f"token:{after.serial}", detail=detail)
        return after


@contextmanager
def acting(engine: sa.Engine, audit: AuditTrail) -> Iterator[Ledger]:
    """Open a transaction; at its end append the audit records and commit, or roll all of it back."""
    with engine.begin() as conn:
        ledger = Ledger(conn)
        yield ledger
        for action, actor, subject, detail in ledger._lines:  # noqa: SLF001 - its own module
            audit.append(conn, action, actor=actor, subject=subject, detail=detail)
