"""What time demands of stamps: orders end or are made anew, gaps and presses are judged, pictures turn red, cases end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals import store as seal_store
from seals.devices import rows
from seals.devices.alarming import Alarming
from seals.devices.alarms import AlarmKind, Raised
from seals.devices.casework import Casework
from seals.devices.messages import command_from
from seals.devices.order import OrderKind
from seals.devices.order_book import Draft, OrderBook
from seals.devices.stamp import Bounds, OrderRecord, Stamp
from seals.devices.state import TRUSTED, OrderAct, OrderStatus, PictureStatus, UseStatus
from seals.devices.store import stamp, stamp_order, stamp_use
from seals.ledger import acting
from seals.states import SealStatus

PAGE: Final = 500
"""Rows looked at in one round of each kind: housekeeping comes every minute."""
_S: Final = stamp.c
_O: Final = stamp_order.c
_U: Final = stamp_use.c


class StampHousekeeping:
    """Goes over the register; each finding is one short transaction."""

    def __init__(  # noqa: PLR0913 - what it is made of, each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        *,
        book: OrderBook,
        alarming: Alarming,
        casework: Casework,
        bounds: Bounds,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._book = book
        self._alarming = alarming
        self._casework = casework
        self._bounds = bounds

    def run(self, *, actor: Actor) -> dict[str, int]:
        """Do all of it; return how many of each."""
        return {
            "stamp_seals_stopped": self._alarming.stop_seals(),
            "stamp_orders_expired": self._expire(actor),
            "stamp_orders_remade": self._remake(actor),
            "stamp_gaps": self._gaps(),
            "stamp_presses_stuck": self._stuck(),
            "stamp_pictures_late": self._late(),
            "stamp_cases_ended": self._end_cases(),
        }

    def _expire(self, actor: Actor) -> int:
        """End orders that no stamp has taken in time."""
        live = (OrderStatus.QUEUED.value, OrderStatus.SIGNED.value)
        found = self._orders(_O.status.in_(live), _O.expires_at < self._clock() - self._bounds.clock)
        return sum(self._move(order, OrderAct.EXPIRE, actor) for order in found)

    def _move(self, order: OrderRecord, act: OrderAct, actor: Actor) -> bool:
        with acting(self._engine, self._audit) as ledger:
            if not rows.move_order(ledger.conn, order, act):
                return False
            detail: dict[str, str | int | None] = {"order": order.id, "case": order.case}
            ledger.note(f"stamp.order_{act}d", actor=actor, subject=f"stamp:{order.stamp}", detail=detail)
        return True

    def _remake(self, actor: Actor) -> int:
        """Make anew what a stamp passed over: it took a later order first and would call this one replayed."""
        kinds = (OrderKind.USE.value, OrderKind.LOCK.value, OrderKind.CANCEL.value)
        trusted = sa.select(stamp.c.serial).where(stamp.c.status.in_([one.value for one in TRUSTED]))
        found = self._orders(
            _O.status == OrderStatus.SKIPPED.value,
            _O.remade == "",
            _O.kind.in_(kinds),
            sa.or_(_O.expires_at.is_(None), _O.expires_at > self._clock()),
            sa.or_(_O.kind != OrderKind.LOCK.value, _O.serial.not_in(trusted)),
        )
        return sum(self._again(order, actor) for order in found)

    def _again(self, order: OrderRecord, actor: Actor) -> bool:
        now = self._clock()
        command = command_from(json.loads(order.payload))
        with acting(self._engine, self._audit) as ledger:
            code = order.seal
            seal = seal_store.find(ledger.conn, code, lock=True) if code else None
            held = rows.find(ledger.conn, order.stamp, lock=True)
            if held is None or (order.expires_at is not None and order.expires_at <= now):
                return False
            active = seal is not None and seal.status is SealStatus.ACTIVE
            if order.kind is OrderKind.USE and not (
                active and held.status in TRUSTED and (held.seal, held.chip) == (order.seal, order.chip)
            ):
                return False
            if order.kind is OrderKind.LOCK and held.status in TRUSTED:
                return False  # two persons unlocked it since
            made = self._book.add(
                ledger.conn, held, Draft(command.order, order.asked_by, order.expires_at, order.reason)
            )
            ledger.conn.execute(stamp_order.update().where(_O.id == order.id).values(remade=made.id))
            detail: dict[str, str | int | None] = {
                "order": made.id,
                "instead_of": order.id,
                "kind": made.kind.value,
                "sequence": made.sequence,
                "case": made.case,
            }
            ledger.note("stamp.order_remade", actor=actor, subject=f"stamp:{order.stamp}", detail=detail)
        return True

    def _gaps(self) -> int:
        limit = self._clock() - self._bounds.gap
        return sum(
            self._raise(serial, lambda held: _missing(held, limit))
            for serial in self._serials(_S.gap_since < limit)
        )

    def _stuck(self) -> int:
        limit = self._clock() - self._bounds.press
        return sum(
            self._raise(serial, lambda held: _hanging(held, limit))
            for serial in self._serials(_S.pressed != "", _S.pressed_at < limit)
        )

    def _late(self) -> int:
        """Raise an alarm, once, for each use whose picture should be here."""
        counting = [status.value for status in UseStatus if status.counts]
        condition = (
            _U.picture.in_((PictureStatus.NONE.value, PictureStatus.AWAITED.value)),
            _U.picture_due < self._clock(),
            _U.status.in_(counting),
            _U.late_told.is_(False),
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            found = rows.uses(conn, *condition, limit=PAGE)
        for use in found:
            with acting(self._engine, self._audit) as ledger:
                held = rows.find(ledger.conn, use.stamp, lock=True)
                told = ledger.conn.execute(
                    stamp_use.update()
                    .where(_U.serial == use.stamp, _U.number == use.number, _U.late_told.is_(False))
                    .values(late_told=True)
                )
                if held is not None and told.rowcount:
                    raised = Raised(AlarmKind.PICTURE_LATE, use.number, f"{use.case or use.order}")
                    self._alarming.record(ledger, held, (raised,))
        return len(found)

    def _end_cases(self) -> int:
        """Close cases whose orders are done and whose pictures are here."""
        done = (
            OrderStatus.ACCEPTED.value,
            OrderStatus.REFUSED.value,
            OrderStatus.EXPIRED.value,
            OrderStatus.WITHDRAWN.value,
            OrderStatus.SKIPPED.value,
        )
        query = (
            sa.select(_O.case_id)
            .where(_O.case_id != "", _O.status.in_(done), _O.case_ended.is_(False))
            .distinct()
            .limit(PAGE)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            cases = tuple(conn.execute(query).scalars())
        return sum(self._end_case(case) for case in cases)

    def _end_case(self, case: str) -> bool:
        with acting(self._engine, self._audit) as ledger:
            return self._casework.end(ledger, case, self._clock())

    def _raise(self, serial: str, judge: Callable[[Stamp], Raised | None]) -> bool:
        with acting(self._engine, self._audit) as ledger:
            held = rows.find(ledger.conn, serial, lock=True)
            raised = judge(held) if held is not None else None
            return bool(raised and held and self._alarming.record(ledger, held, (raised,)))

    def _serials(self, *conditions: sa.ColumnElement[bool]) -> tuple[str, ...]:
        with self._engine.execution_options(read_only=True).connect() as conn:
            return tuple(conn.execute(sa.select(_S.serial).where(*conditions).limit(PAGE)).scalars())

    def _orders(self, *conditions: sa.ColumnElement[bool]) -> list[OrderRecord]:
        with self._engine.execution_options(read_only=True).connect() as conn:
            return rows.orders(conn, *conditions, limit=PAGE)


def _missing(held: Stamp, limit: datetime) -> Raised | None:
    """Say that events are missing for too long; a delivery may have come since."""
    if held.gap_since is None or held.gap_since >= limit:
        return None
    return Raised(AlarmKind.GAP, held.number + 1, "never delivered")


def _hanging(held: Stamp, limit: datetime) -> Raised | None:
    """Say that a press has had no outcome for too long; its count stays taken."""
    if held.pressed is None or held.pressed_at is None or held.pressed_at >= limit:
        return None
    return Raised(AlarmKind.OPEN_TOO_LONG, held.pressed_number, held.pressed.command)
