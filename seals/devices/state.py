"""States of a smart stamp, of an order to it, of a use and of its picture, as literal tables.

Pure. The desk moves rows along these tables by compare-and-swap; diagram and tests read the same tables.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ca.words import Word


class StampStatus(Word):
    """States of a stamp on the register."""

    REGISTERED = "registered", "已登记"
    IN_SERVICE = "in_service", "在用"
    LOCKED = "locked", "已锁定"
    LOST = "lost", "已挂失"
    TAMPERED = "tampered", "疑遭拆动"
    RETIRED = "retired", "已退役"


class StampAct(StrEnum):
    """What can be done to a stamp."""

    REGISTER = "register"
    REQUEST_MOUNT = "request_mount"
    CONFIRM_MOUNT = "confirm_mount"
    DISMOUNT = "dismount"
    LOCK = "lock"
    REQUEST_UNLOCK = "request_unlock"
    CONFIRM_UNLOCK = "confirm_unlock"
    REPORT_LOST = "report_lost"
    REPORT_FOUND = "report_found"
    TAMPER = "tamper"
    INSPECT = "inspect"
    RETIRE = "retire"


FIRST_STATUS: Final = StampStatus.REGISTERED

TRANSITIONS: Final[dict[StampAct, dict[StampStatus, StampStatus]]] = {
    StampAct.REQUEST_MOUNT: {StampStatus.REGISTERED: StampStatus.REGISTERED},
    StampAct.CONFIRM_MOUNT: {StampStatus.REGISTERED: StampStatus.IN_SERVICE},
    StampAct.DISMOUNT: {
        StampStatus.IN_SERVICE: StampStatus.REGISTERED,
        StampStatus.LOCKED: StampStatus.REGISTERED,
    },
    StampAct.LOCK: {StampStatus.IN_SERVICE: StampStatus.LOCKED},
    StampAct.REQUEST_UNLOCK: {StampStatus.LOCKED: StampStatus.LOCKED},
    StampAct.CONFIRM_UNLOCK: {StampStatus.LOCKED: StampStatus.IN_SERVICE},
    StampAct.REPORT_LOST: {
        StampStatus.REGISTERED: StampStatus.LOST,
        StampStatus.IN_SERVICE: StampStatus.LOST,
        StampStatus.LOCKED: StampStatus.LOST,
        StampStatus.TAMPERED: StampStatus.LOST,
    },
    StampAct.REPORT_FOUND: {StampStatus.LOST: StampStatus.LOCKED},
    StampAct.TAMPER: {
        StampStatus.REGISTERED: StampStatus.TAMPERED,
        StampStatus.IN_SERVICE: StampStatus.TAMPERED,
        StampStatus.LOCKED: StampStatus.TAMPERED,
    },
    StampAct.INSPECT: {StampStatus.TAMPERED: StampStatus.LOCKED},
    StampAct.RETIRE: {
        StampStatus.REGISTERED: StampStatus.RETIRED,
        StampStatus.LOCKED: StampStatus.RETIRED,
        StampStatus.LOST: StampStatus.RETIRED,
        StampStatus.TAMPERED: StampStatus.RETIRED,
    },
}
"""Every move of a stamp there is. Found again or inspected it is still locked: two people let it go."""

TRUSTED: Final = frozenset({StampStatus.IN_SERVICE})
"""States in which an order to use a seal is made for the stamp."""


class OrderStatus(StrEnum):
    """States of an order to a stamp."""

    QUEUED = "queued"
    SIGNED = "signed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OrderAct(StrEnum):
    """What happens to an order."""

    SIGN = "sign"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SKIP = "skip"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


ORDER_TRANSITIONS: Final[dict[OrderAct, dict[OrderStatus, OrderStatus]]] = {
    OrderAct.SIGN: {OrderStatus.QUEUED: OrderStatus.SIGNED},
    OrderAct.ACCEPT: {
        OrderStatus.SIGNED: OrderStatus.ACCEPTED,
        OrderStatus.EXPIRED: OrderStatus.ACCEPTED,
    },
    OrderAct.REFUSE: {OrderStatus.SIGNED: OrderStatus.REFUSED},
    OrderAct.SKIP: {OrderStatus.SIGNED: OrderStatus.SKIPPED},
    OrderAct.EXPIRE: {OrderStatus.QUEUED: OrderStatus.EXPIRED, OrderStatus.SIGNED: OrderStatus.EXPIRED},
    OrderAct.WITHDRAW: {
        OrderStatus.QUEUED: OrderStatus.WITHDRAWN,
        OrderStatus.SIGNED: OrderStatus.WITHDRAWN,
        OrderStatus.ACCEPTED: OrderStatus.WITHDRAWN,
    },
}
"""Every move of an order. *Skipped*: the stamp took a later order first, so it will refuse this one (it is made anew).
*Withdrawn*: nobody signed it, or the stamp took the order that cancels it.
A late event may still say that the stamp took an order in time, before the register gave it up."""


class UseStatus(StrEnum):
    """What became of one press of the button, by the stamp's own chain of events; an open one is settled once and for good."""

    OPEN = "open"
    USED = "used"
    UNCERTAIN = "uncertain"
    RETURNED = "returned"

    @property
    def counts(self) -> bool:
        """Tell whether it takes one from what is left: only what is proved unused does not."""
        return self is not UseStatus.RETURNED


class PictureStatus(Word):
    """The picture of a use: none announced, announced by its digest, here."""

    NONE = "none", "缺失"
    AWAITED = "awaited", "同步中"
    HERE = "here", "已同步"
