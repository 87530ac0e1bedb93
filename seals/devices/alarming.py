"""Recording alarms and doing what they demand: lock the stamp in the same transaction, stop the seal right after.

The stamp's row moves with the alarm. The seal is frozen by the registry in a transaction of its own, for the registry is
its only door; ``seal_stop`` on the alarm says *due* until it is done, and housekeeping finishes what a crash left due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.devices import rows
from seals.devices.alarms import AlarmKind, Raised, Stop
from seals.devices.errors import AlarmUnknown, StampMoved
from seals.devices.order_book import OrderBook
from seals.devices.stamp import SYSTEM, Alarm, Stamp
from seals.devices.state import TRANSITIONS, StampAct
from seals.devices.store import stamp_alarm
from seals.errors import ActRefused, ReasonNeeded, SealMoved
from seals.ledger import Ledger, acting
from seals.moves import MAX_REASON
from seals.seal import SealRecord

MAX_DETAIL: Final = 500
_A: Final = stamp_alarm.c
_DUE: Final = "due"
_DONE: Final = "done"

LASTING: Final = frozenset(
    {AlarmKind.GAP, AlarmKind.FORK, AlarmKind.ROLLBACK, AlarmKind.CLOCK, AlarmKind.BATTERY}
)
"""Kinds that every further event would raise again: one open alarm of each is enough."""

Freeze = Callable[[str, Actor, str], SealRecord]
"""Stops a seal on both its sides: ``SealRegistry.freeze`` fits."""


class Alarming:
    """Keeps alarms."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, *, book: OrderBook, freeze: Freeze
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._book = book
        self._freeze = freeze

    def record(self, ledger: Ledger, held: Stamp, raised: Iterable[Raised]) -> tuple[AlarmKind, ...]:
        """Record alarms about a stamp whose row the caller holds, and stop the stamp where they say so.

        One that is on record about the same event (of a lasting kind: about any) and not acknowledged is not recorded
        again.
        """
        alarms = list(raised)
        if not alarms:
            return ()
        known = rows.open_alarms(ledger.conn, held.serial)
        fresh = []
        for each in alarms:
            about = (each.kind.value, 0 if each.kind in LASTING else each.number)
            if about not in known:
                known.add(about)
                fresh.append(each)
        rows.add_alarms(ledger.conn, [self._row(each, held) for each in fresh])
        for each in fresh:
            detail: dict[str, str | int | None] = {
                "kind": each.kind.value,
                "event": each.number,
                "detail": each.detail,
                "seal": held.seal,
                "stops": each.kind.stop.value,
            }
            ledger.note("stamp.alarm", actor=SYSTEM, subject=f"stamp:{held.serial}", detail=detail)
        self._stop(ledger, held, fresh)
        return tuple(each.kind for each in fresh)

    def stop_seals(self) -> int:
        """Freeze the seals that alarms demand; return how many alarms were settled."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            due = rows.alarms(conn, _A.seal_stop == _DUE)
        return sum(self._stop_seal(alarm) for alarm in due)

    def acknowledge(self, alarm: int, *, actor: Actor, note: str) -> Alarm:
        """Record that somebody looked, and what they found; :class:`AlarmUnknown`, :class:`seals.errors.ReasonNeeded`."""
        note = note.strip()
        if not 0 < len(note) <= MAX_REASON:
            raise ReasonNeeded("acknowledge")
        with acting(self._engine, self._audit) as ledger:
            moved = ledger.conn.execute(
                stamp_alarm.update()
                .where(_A.id == alarm, _A.acknowledged_at.is_(None))
                .values(acknowledged_by=actor.id, acknowledged_at=self._clock(), note=note)
            )
            if moved.rowcount != 1:
                raise AlarmUnknown(str(alarm))
            found = rows.alarms(ledger.conn, _A.id == alarm)[0]
            detail: dict[str, str | int | None] = {"alarm": alarm, "kind": found.kind.value, "note": note}
            ledger.note(
                "stamp.alarm_acknowledged", actor=actor, subject=f"stamp:{found.stamp}", detail=detail
            )
            return found

    def _stop(self, ledger: Ledger, held: Stamp, fresh: list[Raised]) -> None:
        stops = {each.kind.stop for each in fresh} - {Stop.NOTHING}
        if not stops:
            return
        act = StampAct.TAMPER if Stop.OPENED in stops else StampAct.LOCK
        why = ", ".join(sorted({each.kind.value for each in fresh if each.kind.stop is not Stop.NOTHING}))
        after = TRANSITIONS[act].get(held.status)
        if after is not None:
            if not rows.change(ledger.conn, held, status=after.value, asked_by=""):
                raise StampMoved(held.serial)
            detail: dict[str, str | int | None] = {"status": after.value, "seal": held.seal, "reason": why}
            ledger.note(f"stamp.{act}", actor=SYSTEM, subject=f"stamp:{held.serial}", detail=detail)
        self._book.lock(ledger.conn, held, asked_by=SYSTEM.id, reason=why)

    def _stop_seal(self, alarm: Alarm) -> bool:
        why = f"智能印章 {alarm.stamp}：{alarm.kind.zh} / {alarm.kind}"[:MAX_REASON]
        try:
            self._freeze(alarm.seal, SYSTEM, why)
        except ActRefused:
            pass  # it is stopped already, or has ended
        except SealMoved:
            return False  # somebody acts on it in this moment: housekeeping comes back
        with self._engine.begin() as conn:
            moved = conn.execute(
                stamp_alarm.update().where(_A.id == alarm.id, _A.seal_stop == _DUE).values(seal_stop=_DONE)
            )
        return moved.rowcount == 1

    def _row(self, raised: Raised, held: Stamp) -> dict[str, object]:
        stops_seal = raised.kind.stop in (Stop.BOTH, Stop.OPENED) and held.seal
        return {
            "serial": held.serial,
            "kind": raised.kind.value,
            "number": raised.number,
            "raised_at": self._clock(),
            "detail": raised.detail[:MAX_DETAIL],
            "proof": raised.proof,
            "seal": held.seal,
            "seal_stop": _DUE if stops_seal else "",
            "acknowledged_by": "",
            "note": "",
        }
