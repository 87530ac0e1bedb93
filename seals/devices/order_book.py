"""How any order comes on record: under the stamp's lock, the next sequence number by compare-and-swap, unsigned.

Signing comes later and elsewhere (:mod:`seals.devices.dispatch`): intent first, then the key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.clock import Clock
from seals.devices import rows
from seals.devices.chain import Tally
from seals.devices.errors import StampMoved
from seals.devices.messages import command_octets
from seals.devices.order import Command, GrantOrder, LockOrder, Order, OrderKind, UseOrder
from seals.devices.stamp import OrderRecord, Stamp
from seals.devices.state import OrderAct, OrderStatus
from seals.devices.store import stamp_order
from seals.devices.wire import whole_milliseconds
from seals.permit import random_id

_O: Final = stamp_order.c
GIVING: Final = (OrderKind.USE.value, OrderKind.GRANT.value)
"""Kinds of orders that let the seal be used."""
_SWITCHES: Final = (OrderKind.LOCK.value, OrderKind.UNLOCK.value)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order to be put on record: what it demands, until when, who asked, why."""

    order: Order
    asked_by: str
    expires_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Writes orders in the caller's transaction."""

    clock: Clock
    new_id: Callable[[], str] = random_id

    def add(self, conn: sa.Connection, stamp: Stamp, draft: Draft) -> OrderRecord:
        """Put an order on record for a stamp whose row the caller holds; :class:`StampMoved` if it does not."""
        held = rows.find(conn, stamp.serial, lock=True)
        sequence = None if held is None else rows.take_sequence(conn, held)
        if sequence is None:
            raise StampMoved(stamp.serial)
        order, end = draft.order, draft.expires_at
        command = Command(
            self.new_id(),
            stamp.serial,
            sequence,
            whole_milliseconds(self.clock()),
            None if end is None else whole_milliseconds(end),
            order,
        )
        gives = order if isinstance(order, UseOrder | GrantOrder) else None
        use = order if isinstance(order, UseOrder) else None
        record = OrderRecord(
            id=command.id,
            stamp=stamp.serial,
            sequence=sequence,
            kind=order.kind,
            status=OrderStatus.QUEUED,
            seal=gives.seal if gives else "",
            chip=gives.chip if gives else "",
            case=use.case if use else "",
            title=use.title if use else "",
            count=gives.count if gives else 0,
            operators=gives.operators if gives else (),
            fence=use.fence if use else None,
            issued_at=command.issued_at,
            expires_at=command.expires_at,
            asked_by=draft.asked_by,
            reason=draft.reason,
            payload=command_octets(command).decode(),
            jws="",
            remade="",
            tally=Tally(),
        )
        rows.insert_order(conn, record)
        return record

    def lock(self, conn: sa.Connection, stamp: Stamp, *, asked_by: str, reason: str) -> OrderRecord | None:
        """Order a stamp to lock, unless the last word on record is to lock; take back what was not signed yet."""
        withdraw_unsigned(conn, stamp.serial)
        if lock_ordered(conn, stamp.serial):
            return None
        return self.add(conn, stamp, Draft(LockOrder(reason[:200]), asked_by, reason=reason))


def lock_ordered(conn: sa.Connection, serial: str) -> bool:
    """Tell whether the last order to lock or unlock that is on record is to lock."""
    query = (
        sa.select(_O.kind)
        .where(_O.serial == serial, _O.kind.in_(_SWITCHES), _O.status.not_in(_DEAD))
        .order_by(_O.sequence.desc())
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none() == OrderKind.LOCK.value


_DEAD: Final = tuple(
    status.value
    for status in (OrderStatus.WITHDRAWN, OrderStatus.EXPIRED, OrderStatus.SKIPPED, OrderStatus.REFUSED)
)


def withdraw_unsigned(conn: sa.Connection, serial: str) -> int:
    """Take back orders of use that nobody has signed; return how many."""
    conditions = (_O.serial == serial, _O.status == OrderStatus.QUEUED.value, _O.kind.in_(GIVING))
    found = rows.orders(conn, *conditions)
    return sum(rows.move_order(conn, each, OrderAct.WITHDRAW) for each in found)
