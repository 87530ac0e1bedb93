"""How any act on a pair is judged and carried out: the table, the chip, the clock, the reason; then the move itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.clock import Clock
from seals import chip_store, event_store, store
from seals.errors import ActRefused, ClockWentBack, ReasonNeeded, SealHeldByChip, SealNotFound
from seals.ledger import Deed, Ledger
from seals.seal import SealRecord, is_electronic_code, is_physical_code
from seals.states import GIVING_ACTS, REASONED_ACTS, STOPPING_ACTS, SealAct, destination

MAX_REASON: Final = 200
"""Longest reason, in characters: a sentence or two, as the forms of practice have room for."""

Hook = Callable[[sa.Connection, SealRecord], None]
"""Called in the transaction of a move with the pair as it is after it; what it raises undoes the move."""


def is_code(code: str) -> bool:
    """Tell whether ``code`` has the form of either code."""
    return is_electronic_code(code) or is_physical_code(code)


def found(conn: sa.Connection, code: str) -> SealRecord:
    """Read a pair by either code; :class:`SealNotFound`."""
    record = store.find(conn, code) if is_code(code) else None
    if record is None:
        raise SealNotFound(code[:32])
    return record


@dataclass(frozen=True, slots=True)
class Turn:
    """One transaction in which pairs are moved: what every act has in common. It never commits."""

    ledger: Ledger
    clock: Clock
    on_move: tuple[Hook, ...] = ()

    @property
    def conn(self) -> sa.Connection:
        """The transaction's connection."""
        return self.ledger.conn

    def expect(self, code: str, act: SealAct) -> SealRecord:
        """Read a pair that the table lets ``act`` move; :class:`ActRefused`, :class:`SealHeldByChip`."""
        record = found(self.conn, code)
        if destination(act, record.status, record.frozen_from) is None:
            raise ActRefused(record.code, act, record.status)
        if act in GIVING_ACTS and chip_store.is_stopped(self.conn, record.code):
            raise SealHeldByChip(f"seal {record.code}: {act}")
        return record

    def deed(self, before: SealRecord, act: SealAct, actor: Actor, reason: str = "") -> Deed:
        """Date and reason an act. A clock gone back stops every act but those that only take power away."""
        reason = reason.strip()
        if len(reason) > MAX_REASON or (act in REASONED_ACTS and not reason):
            raise ReasonNeeded(act)
        now, last = self.clock(), event_store.last_moment(self.conn, before.code)
        if now < last and act not in STOPPING_ACTS:
            raise ClockWentBack(f"seal {before.code}: {last:%Y-%m-%dT%H:%M:%SZ} is on record")
        return Deed(act, actor, max(now, last), reason)

    def move(self, before: SealRecord, deed: Deed, changes: Mapping[str, object] | None = None) -> SealRecord:
        """Move the pair and tell those who follow it; :class:`seals.errors.SealMoved` when somebody was faster."""
        after = self.ledger.move(before, deed, changes)
        for hook in self.on_move:
            hook(self.conn, after)
        return after

    def act(self, code: str, act: SealAct, actor: Actor, reason: str = "") -> SealRecord:
        """Do an act that changes nothing but the state."""
        before = self.expect(code, act)
        return self.move(before, self.deed(before, act, actor, reason))
