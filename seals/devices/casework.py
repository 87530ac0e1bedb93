"""Stamps and cases: an approval taken becomes orders, presses are counted in their case, the case ends with its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import sqlalchemy as sa

from ca.actor import Actor
from seals.cases.approved import ApprovedUse
from seals.cases.case import CaseRecord, Hand
from seals.devices import rows
from seals.devices.order import OrderKind
from seals.devices.stamp import SYSTEM, OrderRecord, UseRecord
from seals.devices.state import OrderStatus, PictureStatus, UseStatus
from seals.devices.store import stamp_order, stamp_use
from seals.errors import SealError
from seals.ledger import Ledger

_O: Final = stamp_order.c
_U: Final = stamp_use.c
_PENDING: Final = frozenset({OrderStatus.QUEUED, OrderStatus.SIGNED})
"""States of an order that may yet be carried out; a skipped one is made anew while its end has not come."""


class PhysicalCases(Protocol):
    """What the desk of cases does in our transactions: :class:`seals.cases.physical.PhysicalUses` fits."""

    def take(self, ledger: Ledger, case_id: str, *, hand: Hand) -> ApprovedUse:
        """Begin the physical use of an approved case."""

    def record(
        self, ledger: Ledger, case_id: str, *, hand: Hand, count: int = 1, proof: str = ""
    ) -> CaseRecord:
        """Count imprints."""

    def give_back(self, ledger: Ledger, case_id: str, *, hand: Hand, why: str) -> CaseRecord:
        """End a use of which nothing more came; the case may be used again."""

    def close(self, ledger: Ledger, case_id: str, *, hand: Hand, proof: str = "") -> CaseRecord:
        """End the physical use with its evidence."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What the register knows of a case: its orders and presses."""

    orders: tuple[OrderRecord, ...]
    uses: tuple[UseRecord, ...]

    @property
    def counted(self) -> tuple[UseRecord, ...]:
        """Presses that count."""
        return tuple(use for use in self.uses if use.status.counts)

    def goes_on(self, now: datetime) -> bool:
        """Tell whether the case stays open: a press without outcome, an order that goes on, a picture that is missing."""
        return (
            any(use.status is UseStatus.OPEN for use in self.uses)
            or any(_goes_on(order, now) for order in self.orders)
            or any(use.picture is not PictureStatus.HERE for use in self.counted)
        )


def _goes_on(order: OrderRecord, now: datetime) -> bool:
    ended = order.expires_at is not None and order.expires_at <= now
    if order.status is OrderStatus.ACCEPTED:
        return order.left > 0 and not ended
    if order.status is OrderStatus.SKIPPED:
        return not order.remade and not ended
    return order.status in _PENDING


class Casework:
    """Tells cases what stamps did; everything in the caller's transaction."""

    def __init__(self, cases: PhysicalCases) -> None:
        self._cases = cases

    def take(self, ledger: Ledger, case_id: str, hand: Hand) -> ApprovedUse:
        """Begin the physical use of an approved case."""
        return self._cases.take(ledger, case_id, hand=hand)

    def report(
        self, ledger: Ledger, case_id: str, stamp: Actor, numbers: Sequence[int]
    ) -> tuple[tuple[int, str], ...]:
        """Count presses in their case; return those that it did not take, and why.

        A press in doubt counts too. The chain is not refused over it: what came onto paper is on paper.
        """
        if not self._count(ledger, case_id, stamp, numbers):
            return ()
        refused = ((number, self._count(ledger, case_id, stamp, (number,))) for number in numbers)
        return tuple((number, why) for number, why in refused if why)

    def _count(self, ledger: Ledger, case_id: str, stamp: Actor, numbers: Sequence[int]) -> str:
        """Count presses all at once or not at all; return why not."""
        proof = f"{stamp.id} {', '.join(map(str, numbers))}"
        hand = Hand(stamp, stamp.id)
        try:
            self._cases.record(ledger, case_id, hand=hand, count=len(numbers), proof=proof[:200])
        except SealError as refused:
            return type(refused).__name__
        return ""

    def end(self, ledger: Ledger, case_id: str, now: datetime) -> bool:
        """Close a case if nothing keeps it open; tell whether it closed. One that is not in use any more is left alone."""
        known, hand = case_file(ledger.conn, case_id), Hand(SYSTEM, "system")
        if known.goes_on(now):
            return False
        try:
            if known.counted:
                proof = ", ".join(f"{use.stamp}:{use.number}" for use in known.counted)
                self._cases.close(ledger, case_id, hand=hand, proof=proof[:200])
            else:
                self._cases.give_back(ledger, case_id, hand=hand, why="设备未用印 / no imprint was made")
        except SealError:  # its own desk has ended it
            _mark_ended(ledger.conn, case_id)
            return False
        _mark_ended(ledger.conn, case_id)
        return True


def _mark_ended(conn: sa.Connection, case_id: str) -> None:
    """Let housekeeping pass over the orders of a case that has ended."""
    conn.execute(stamp_order.update().where(_O.case_id == case_id).values(case_ended=True))


def case_file(conn: sa.Connection, case_id: str) -> CaseFile:
    """Read what the register knows of a case."""
    orders = rows.orders(conn, _O.case_id == case_id, _O.kind == OrderKind.USE.value)
    return CaseFile(tuple(orders), tuple(rows.uses(conn, _U.case_id == case_id)))
