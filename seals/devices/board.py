"""What people see: stamps with what they hold and what is left, uses with the state of their picture, alarms; and the proof.

``prove`` folds a stamp's whole chain again, signatures included, and compares every count that the database keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.clock import Clock
from seals.devices import rows
from seals.devices.chain import ChainState, Tally, fold
from seals.devices.errors import StampUnknown
from seals.devices.events import SignedEvent, parse_event
from seals.devices.order_book import GIVING
from seals.devices.stamp import Alarm, OrderRecord, Stamp, UseRecord
from seals.devices.state import OrderStatus, PictureStatus, UseStatus
from seals.devices.store import stamp as stamp_table
from seals.devices.store import stamp_alarm, stamp_event, stamp_order, stamp_use

MAX_PAGE: Final = 200
ONLINE: Final = timedelta(minutes=5)
"""A stamp heard of since then counts as online; it polls every half minute."""
_S: Final = stamp_table.c
_O: Final = stamp_order.c
_U: Final = stamp_use.c
_A: Final = stamp_alarm.c
_E: Final = stamp_event.c


@dataclass(frozen=True, slots=True)
class StampView:
    """A stamp on the board; ``tasks`` are orders and grants that it may still carry out."""

    stamp: Stamp
    online: bool
    tasks: tuple[OrderRecord, ...]
    open_alarms: int
    pictures_late: int


@dataclass(frozen=True, slots=True)
class StampPage:
    """A page of stamps in order of serial numbers."""

    items: tuple[StampView, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class UseQuery:
    """Which uses to list: every filter given must match."""

    stamp: str = ""
    case: str = ""
    uscc: str | None = None
    late: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ChainProof:
    """What a stamp's chain proves, and where the database differs from it (nothing, if all is well)."""

    serial: str
    events: int
    head: str
    tallies: tuple[tuple[str, Tally], ...]
    differences: tuple[str, ...]


class StampBoard:
    """Reads; changes nothing."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def list(self, uscc: str | None = None, *, after: str = "", limit: int = 50) -> StampPage:
        """List stamps with what is left, of one owner or all."""
        limit = max(1, min(limit, MAX_PAGE))
        with self._reading() as conn:
            found = rows.page(conn, uscc, after, limit + 1)
            shown = tuple(self._view(conn, stamp) for stamp in found[:limit])
        return StampPage(shown, shown[-1].stamp.serial if len(found) > limit else None)

    def view(self, serial: str) -> StampView:
        """Show one stamp; :class:`StampUnknown`."""
        with self._reading() as conn:
            return self._view(conn, _found(conn, serial))

    def uses(self, query: UseQuery) -> tuple[UseRecord, ...]:
        """List uses, newest first."""
        conditions: list[sa.ColumnElement[bool]] = []
        if query.stamp:
            conditions.append(_U.serial == query.stamp)
        if query.case:
            conditions.append(_U.case_id == query.case)
        if query.uscc is not None:
            conditions.append(_U.serial.in_(_owned(query.uscc)))
        if query.late:
            conditions += [*_late(self._clock())]
        chosen = sa.select(*_U).where(*conditions).order_by(_U.received_at.desc(), _U.number.desc())
        with self._reading() as conn:
            found = conn.execute(chosen.limit(max(1, min(query.limit, MAX_PAGE))))
            return tuple(rows.use_of(row) for row in found)

    def alarms(
        self, *, serial: str = "", uscc: str | None = None, open_only: bool = True, after: int = 0
    ) -> tuple[Alarm, ...]:
        """List alarms, oldest first, from ``after`` on."""
        conditions: list[sa.ColumnElement[bool]] = []
        if open_only:
            conditions.append(_A.acknowledged_at.is_(None))
        if serial:
            conditions.append(_A.serial == serial)
        if uscc is not None:
            conditions.append(_A.serial.in_(_owned(uscc)))
        with self._reading() as conn:
            return tuple(rows.alarms(conn, *conditions, after=after, limit=MAX_PAGE))

    def alarm_owner(self, alarm: int) -> str | None:
        """Return whose stamp an alarm is about; nothing if there is no such alarm."""
        query = sa.select(_S.uscc).join(stamp_alarm, _A.serial == _S.serial).where(_A.id == alarm)
        with self._reading() as conn:
            return conn.execute(query).scalar_one_or_none()

    def prove(self, serial: str) -> ChainProof:
        """Prove a stamp's counts from its events alone.

        Every signature is checked again. Raises :class:`StampUnknown`, :class:`seals.devices.chain.ChainBroken` and
        :class:`seals.devices.errors.MessageSignatureInvalid` where the events kept are not what the chip signed.
        """
        with self._reading() as conn:
            stamp = _found(conn, serial)
            texts = conn.execute(sa.select(_E.jws).where(_E.serial == serial).order_by(_E.number)).scalars()
            events = [_proved(text, stamp) for text in texts]
            state = fold(events, serial)
            kept = {order.id: order for order in rows.orders(conn, _O.serial == serial, limit=10**6)}
            uses = rows.uses(conn, _U.serial == serial, limit=10**7)
        tallies = tuple(sorted(state.tallies.items()))
        return ChainProof(serial, state.number, state.head, tallies, _differences(state, stamp, kept, uses))

    def _view(self, conn: sa.Connection, stamp: Stamp) -> StampView:
        now = self._clock()
        tasks = rows.orders(
            conn,
            _O.serial == stamp.serial,
            _O.kind.in_(GIVING),
            _O.status.in_((OrderStatus.QUEUED.value, OrderStatus.SIGNED.value, OrderStatus.ACCEPTED.value)),
            _O.expires_at > now,
        )
        alarms = sa.select(sa.func.count()).where(_A.serial == stamp.serial, _A.acknowledged_at.is_(None))
        late = sa.select(sa.func.count()).where(_U.serial == stamp.serial, *_late(now))
        return StampView(
            stamp,
            stamp.seen_at is not None and now - stamp.seen_at <= ONLINE,
            tuple(order for order in tasks if order.left > 0),
            int(conn.execute(alarms).scalar_one()),
            int(conn.execute(late).scalar_one()),
        )

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _owned(uscc: str) -> sa.Select[tuple[str]]:
    return sa.select(_S.serial).where(_S.uscc == uscc)


def _late(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what a picture is that should be here."""
    return (
        _U.picture != PictureStatus.HERE.value,
        _U.picture_due < now,
        _U.status != UseStatus.RETURNED.value,
    )


def _found(conn: sa.Connection, serial: str) -> Stamp:
    stamp = rows.find(conn, serial)
    if stamp is None:
        raise StampUnknown(serial[:32])
    return stamp


def _proved(text: str, stamp: Stamp) -> SignedEvent:
    event = parse_event(text)
    event.check_signature(stamp.certificate.der)
    return event


def _differences(
    state: ChainState, stamp: Stamp, orders: dict[str, OrderRecord], uses: list[UseRecord]
) -> tuple[str, ...]:
    """Compare what the chain proves with what the tables keep."""
    found = []
    if (state.number, state.head) != (stamp.number, stamp.head):
        found.append(f"the chain ends at {state.number}, the register says {stamp.number}")
    if (state.pressed, state.locked, state.sequence) != (stamp.pressed, stamp.locked, stamp.obeyed):
        found.append("press, lock or sequence differ")
    counted: dict[str, Tally] = {}
    for use in uses:
        counted[use.order] = counted.get(use.order, Tally()).moved(None, use.status)
    if counted != dict(state.tallies):
        found.append("the list of uses differs from the chain")
    for name, order in orders.items():
        if order.tally != state.tallies.get(name, Tally()):
            found.append(f"order {name}: {order.tally} kept")
    return tuple(found)
