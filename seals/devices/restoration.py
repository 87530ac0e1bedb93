"""After a restoration from a backup: every stamp is locked until two people let it go, and no sequence number is given twice.

Nothing published says what happened to a stamp since the backup: it may have been locked, opened, lost. Its own chain tells
when it sends again what the restored database does not have; until then nothing is ordered. Orders made since the backup
are unknown here, so the row of orders goes on far above all that can have been made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail, Entry
from seals.devices import rows
from seals.devices.order import OrderKind
from seals.devices.order_book import OrderBook
from seals.devices.state import TRANSITIONS, OrderAct, OrderStatus, StampAct
from seals.devices.store import stamp, stamp_order, stamp_request

SKIPPED_ORDERS: Final = 100_000
"""Sequence numbers passed over for every stamp: a year of the busiest one."""
_O: Final = stamp_order.c
_PENDING: Final = (OrderStatus.QUEUED.value, OrderStatus.SIGNED.value)


def lock_stamps(conn: sa.Connection, now: datetime, *, actor: Actor, audit: AuditTrail) -> int:
    """Lock every stamp in service, take back every order that was on its way; return how many stamps were locked."""
    conn.execute(stamp.update().values(sequence=stamp.c.sequence + SKIPPED_ORDERS, asked_by=""))
    conn.execute(stamp_request.delete())
    for order in rows.orders(conn, _O.status.in_(_PENDING), _O.kind != OrderKind.LOCK.value, limit=10**7):
        rows.move_order(conn, order, OrderAct.WITHDRAW)
    book = OrderBook(lambda: now)
    locked = []
    serials = conn.execute(sa.select(stamp.c.serial).order_by(stamp.c.serial)).scalars().all()
    for serial in serials:
        held = rows.find(conn, serial, lock=True)
        after = None if held is None else TRANSITIONS[StampAct.LOCK].get(held.status)
        if held is None or after is None:
            continue
        rows.change(conn, held, status=after.value)
        book.lock(conn, held, asked_by=actor.id, reason="备份恢复 / restored from a backup")
        detail = {"status": after.value, "seal": held.seal, "reason": "restored from a backup"}
        locked.append(Entry("stamp.lock", f"stamp:{serial}", detail))
    audit.append_many(conn, locked, actor=actor)
    return len(locked)
