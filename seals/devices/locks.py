"""A seal that is stopped stops its stamp: called by the registry in the transaction of each move.

The record of the seal's act is the record of this too (who, when, why), so nothing is appended here: the trail's head is
locked last in every transaction. The order to lock has its own record when it is signed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from seals.devices import rows
from seals.devices.order_book import OrderBook
from seals.devices.stamp import SYSTEM
from seals.devices.state import TRANSITIONS, StampAct
from seals.seal import SealRecord
from seals.states import SealStatus


@dataclass(frozen=True, slots=True)
class StampLocks:
    """A hook for :class:`seals.registry.SealRegistry`: ``on_move=(StampLocks(OrderBook(clock)),)``."""

    book: OrderBook

    def __call__(self, conn: sa.Connection, record: SealRecord) -> None:
        """Lock the stamp that the seal is mounted in, unless the seal is active."""
        if record.status is SealStatus.ACTIVE:
            return
        stamp = rows.mounted(conn, record.code)
        if stamp is None:
            return
        after = TRANSITIONS[StampAct.LOCK].get(stamp.status)
        if after is not None and not rows.change(conn, stamp, status=after.value, asked_by=""):
            raise AssertionError("a stamp moved under its lock")
        self.book.lock(
            conn, stamp, asked_by=SYSTEM.id, reason=f"印章{record.status.zh} / seal {record.status}"
        )
