"""Orders to a stamp as types: use, offline grant, lock, unlock, cancel, and the envelope of them all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from hsm.algorithms import Digest
from seals.devices.wire import Fence, fence_members

MAX_COUNT: Final = 10_000
"""Most uses in one order: a day of the fastest stamp."""
MAX_OPERATORS: Final = 50
"""Most people named in one order: as many as fingerprints fit in a stamp."""


class OrderKind(StrEnum):
    """What an order demands."""

    USE = "use"
    GRANT = "grant"
    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class UseOrder:
    """Put the mounted seal on paper ``count`` times, for one approved case.

    ``seal`` is the 14-digit code, ``chip`` the serial number of the chip in the seal's body (empty if it has none),
    ``evidence`` the digest of the approvals. ``operators`` may press (empty: whoever the stamp has enrolled).
    """

    kind: ClassVar[OrderKind] = OrderKind.USE
    seal: str
    chip: str
    case: str
    document: Digest
    title: str
    count: int
    place: str
    fence: Fence | None
    evidence: Digest
    operators: tuple[str, ...] = ()

    def members(self) -> dict[str, Any]:
        """Write it."""
        return {
            "seal": self.seal,
            "chip": self.chip,
            "case": self.case,
            "document": str(self.document),
            "title": self.title,
            "count": self.count,
            "place": self.place,
            "fence": fence_members(self.fence),
            "evidence": str(self.evidence),
            "operators": list(self.operators),
        }


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """An offline allowance (离线额度): ``count`` uses without a case, by these operators, until the order's end."""

    kind: ClassVar[OrderKind] = OrderKind.GRANT
    seal: str
    chip: str
    count: int
    operators: tuple[str, ...]

    def members(self) -> dict[str, Any]:
        """Write it."""
        return {
            "seal": self.seal,
            "chip": self.chip,
            "count": self.count,
            "operators": list(self.operators),
        }


@dataclass(frozen=True, slots=True)
class LockOrder:
    """Stop: whatever was ordered or granted before waits until an unlock."""

    kind: ClassVar[OrderKind] = OrderKind.LOCK
    reason: str

    def members(self) -> dict[str, Any]:
        """Write it."""
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class UnlockOrder:
    """Go on after a lock."""

    kind: ClassVar[OrderKind] = OrderKind.UNLOCK
    reason: str

    def members(self) -> dict[str, Any]:
        """Write it."""
        return {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Forget what is left of an earlier order or grant."""

    kind: ClassVar[OrderKind] = OrderKind.CANCEL
    target: str

    def members(self) -> dict[str, Any]:
        """Write it."""
        return {"target": self.target}


Order = UseOrder | GrantOrder | LockOrder | UnlockOrder | CancelOrder

ENDLESS: Final = frozenset({OrderKind.LOCK, OrderKind.CANCEL})
"""Orders that only take power away have no end: a stamp that was off for a year still locks."""


@dataclass(frozen=True, slots=True)
class Command:
    """An order with its envelope: which stamp, in which place of the row, made when, good until when."""

    id: str
    device: str
    sequence: int
    issued_at: datetime
    expires_at: datetime | None
    order: Order
