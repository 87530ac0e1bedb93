"""The states of a pair, what can be done to it, and the one table of its moves. Pure; ``verify`` reads the words."""

from __future__ import annotations

from typing import Final

from ca.words import Word


class SealStatus(Word):
    """States of a pair; both sides always share one."""

    APPLIED = "applied", "待审批"
    MAKING = "making", "制作中"
    MADE = "made", "已制作"
    PERSONALISED = "personalised", "已个人化"
    AWAITING = "awaiting", "待交付"
    DELIVERED = "delivered", "已交付"
    RETURNED = "returned", "已退回"
    ACTIVE = "active", "启用"
    SUSPENDED = "suspended", "停用"
    FROZEN = "frozen", "挂失"
    REVOKED = "revoked", "已注销"
    SUPERSEDED = "superseded", "已换发"
    REJECTED = "rejected", "已驳回"
    CLOSED = "closed", "已关闭"


class SealAct(Word):
    """What can be done to a pair."""

    APPLY = "apply", "申请"
    APPROVE = "approve", "审批并备案"
    ORDER = "order", "批准制作"
    REJECT = "reject", "驳回"
    MAKE = "make", "制作完成"
    PERSONALISE = "personalise", "个人化"
    OFFER = "offer", "通知领取"
    DELIVER = "deliver", "交付"
    ACCEPT = "accept", "备案通过"
    RETURN = "return", "退回"
    REWORK = "rework", "重新制作"
    CLOSE = "close", "关闭"
    SUSPEND = "suspend", "停用"
    REQUEST_LIFT = "request_lift", "申请解除停用"
    LIFT = "lift", "确认解除停用"
    FREEZE = "freeze", "挂失"
    REQUEST_RESUME = "request_resume", "申请恢复"
    CONFIRM_RESUME = "confirm_resume", "确认恢复"
    REQUEST_RENEWAL = "request_renewal", "申请续期"
    RENEW = "renew", "确认续期"
    REQUEST_KEEPER = "request_keeper", "申请变更保管人"
    CHANGE_KEEPER = "change_keeper", "确认变更保管人"
    REMOVE_KEEPER = "remove_keeper", "撤销保管人"
    REVOKE = "revoke", "注销"
    SUPERSEDE = "supersede", "换发"
    DESTROY = "destroy", "销毁实物"


FIRST_STATUS: Final = SealStatus.APPLIED
"""Where :attr:`SealAct.APPLY` puts a new pair."""

TRANSITIONS: Final[dict[SealAct, dict[SealStatus, tuple[SealStatus, ...]]]] = {
    SealAct.APPROVE: {SealStatus.APPLIED: (SealStatus.ACTIVE,)},
    SealAct.ORDER: {SealStatus.APPLIED: (SealStatus.MAKING,)},
    SealAct.REJECT: {SealStatus.APPLIED: (SealStatus.REJECTED,)},
    SealAct.MAKE: {SealStatus.MAKING: (SealStatus.MADE,)},
    SealAct.PERSONALISE: {SealStatus.MADE: (SealStatus.PERSONALISED,)},
    SealAct.OFFER: {SealStatus.PERSONALISED: (SealStatus.AWAITING,)},
    SealAct.DELIVER: {SealStatus.AWAITING: (SealStatus.DELIVERED,)},
    SealAct.ACCEPT: {SealStatus.DELIVERED: (SealStatus.ACTIVE,)},
    SealAct.RETURN: {SealStatus.DELIVERED: (SealStatus.RETURNED,)},
    SealAct.REWORK: {
        SealStatus.RETURNED: (SealStatus.MAKING,),
        SealStatus.FROZEN: (SealStatus.MAKING,),
    },
    SealAct.CLOSE: {
        SealStatus.MAKING: (SealStatus.CLOSED,),
        SealStatus.MADE: (SealStatus.CLOSED,),
        SealStatus.PERSONALISED: (SealStatus.CLOSED,),
        SealStatus.AWAITING: (SealStatus.CLOSED,),
    },
    SealAct.SUSPEND: {SealStatus.ACTIVE: (SealStatus.SUSPENDED,)},
    SealAct.REQUEST_LIFT: {SealStatus.SUSPENDED: (SealStatus.SUSPENDED,)},
    SealAct.LIFT: {SealStatus.SUSPENDED: (SealStatus.ACTIVE,)},
    SealAct.FREEZE: {
        SealStatus.MADE: (SealStatus.FROZEN,),
        SealStatus.PERSONALISED: (SealStatus.FROZEN,),
        SealStatus.AWAITING: (SealStatus.FROZEN,),
        SealStatus.DELIVERED: (SealStatus.FROZEN,),
        SealStatus.RETURNED: (SealStatus.FROZEN,),
        SealStatus.ACTIVE: (SealStatus.FROZEN,),
        SealStatus.SUSPENDED: (SealStatus.FROZEN,),
    },
    SealAct.REQUEST_RESUME: {SealStatus.FROZEN: (SealStatus.FROZEN,)},
    SealAct.CONFIRM_RESUME: {
        SealStatus.FROZEN: (
            SealStatus.MADE,
            SealStatus.PERSONALISED,
            SealStatus.AWAITING,
            SealStatus.DELIVERED,
            SealStatus.RETURNED,
            SealStatus.ACTIVE,
            SealStatus.SUSPENDED,
        )
    },
    SealAct.REQUEST_RENEWAL: {SealStatus.ACTIVE: (SealStatus.ACTIVE,)},
    SealAct.RENEW: {SealStatus.ACTIVE: (SealStatus.ACTIVE,)},
    SealAct.REQUEST_KEEPER: {
        SealStatus.ACTIVE: (SealStatus.ACTIVE,),
        SealStatus.SUSPENDED: (SealStatus.SUSPENDED,),
    },
    SealAct.CHANGE_KEEPER: {
        SealStatus.ACTIVE: (SealStatus.ACTIVE,),
        SealStatus.SUSPENDED: (SealStatus.SUSPENDED,),
    },
    SealAct.REMOVE_KEEPER: {
        SealStatus.ACTIVE: (SealStatus.ACTIVE,),
        SealStatus.SUSPENDED: (SealStatus.SUSPENDED,),
        SealStatus.FROZEN: (SealStatus.FROZEN,),
    },
    SealAct.REVOKE: {
        SealStatus.MADE: (SealStatus.REVOKED,),
        SealStatus.PERSONALISED: (SealStatus.REVOKED,),
        SealStatus.AWAITING: (SealStatus.REVOKED,),
        SealStatus.DELIVERED: (SealStatus.REVOKED,),
        SealStatus.RETURNED: (SealStatus.REVOKED,),
        SealStatus.ACTIVE: (SealStatus.REVOKED,),
        SealStatus.SUSPENDED: (SealStatus.REVOKED,),
        SealStatus.FROZEN: (SealStatus.REVOKED,),
    },
    SealAct.SUPERSEDE: {
        SealStatus.ACTIVE: (SealStatus.SUPERSEDED,),
        SealStatus.SUSPENDED: (SealStatus.SUPERSEDED,),
        SealStatus.FROZEN: (SealStatus.SUPERSEDED,),
    },
    SealAct.DESTROY: {
        SealStatus.REVOKED: (SealStatus.REVOKED,),
        SealStatus.SUPERSEDED: (SealStatus.SUPERSEDED,),
        SealStatus.CLOSED: (SealStatus.CLOSED,),
    },
}
"""Every move there is. The registry, the diagram in the documents and the tests read this one table.

An act leads from a state to one other, with one exception: confirming the return of a frozen pair leads back to the state
that it was frozen in (:attr:`SealRecord.frozen_from`). :func:`destination` reads both.
"""

STOPPING_ACTS: Final = frozenset(
    {
        SealAct.REJECT,
        SealAct.RETURN,
        SealAct.CLOSE,
        SealAct.SUSPEND,
        SealAct.FREEZE,
        SealAct.REMOVE_KEEPER,
        SealAct.REVOKE,
        SealAct.SUPERSEDE,
    }
)
"""Acts that take power away: they go through even while the clock is wrong."""

REASONED_ACTS: Final = STOPPING_ACTS - {SealAct.SUPERSEDE}
"""Acts that must state a reason."""

GIVING_ACTS: Final = frozenset(
    {
        SealAct.APPROVE,
        SealAct.DELIVER,
        SealAct.ACCEPT,
        SealAct.LIFT,
        SealAct.CONFIRM_RESUME,
        SealAct.RENEW,
        SealAct.CHANGE_KEEPER,
    }
)
"""Acts that hand over a seal or give it power: they wait for a chip that is stopped (I26)."""

DESK_ACTS: Final = frozenset(
    {
        SealAct.ORDER,
        SealAct.MAKE,
        SealAct.PERSONALISE,
        SealAct.OFFER,
        SealAct.DELIVER,
        SealAct.ACCEPT,
        SealAct.RETURN,
        SealAct.REWORK,
        SealAct.CLOSE,
    }
)
"""Acts of making and filing, which the filing desk does in its own transaction (``SealRegistry.step``)."""

IN_USE: Final = frozenset({SealStatus.ACTIVE, SealStatus.SUSPENDED})
"""States of a filed pair that has not ended and is not frozen; a frozen one is told by ``frozen_from``."""


STOPPED_ZH: Final = {
    SealStatus.SUSPENDED: "停用",
    SealStatus.FROZEN: "挂失",
    SealStatus.REVOKED: "注销",
    SealStatus.SUPERSEDED: "换发",
}
"""States in which a pair that was in use no longer is, with the word for what was done to it."""

ENDED: Final = frozenset({SealStatus.REVOKED, SealStatus.SUPERSEDED, SealStatus.REJECTED, SealStatus.CLOSED})
"""States that are never left."""


def destination(act: SealAct, status: SealStatus, frozen_from: SealStatus | None = None) -> SealStatus | None:
    """Return where ``act`` leads from ``status``, or ``None`` where the table has no such move.

    ``frozen_from`` is the state that a frozen pair had: it comes back to that one, and only a pair that was never in use
    is made anew or left without a successor.
    """
    found = TRANSITIONS.get(act, {}).get(status, ())
    if status is SealStatus.FROZEN:
        if act is SealAct.CONFIRM_RESUME:
            return frozen_from if frozen_from in found else None
        if act is SealAct.REWORK and frozen_from in IN_USE:
            return None
        if act is SealAct.SUPERSEDE and frozen_from not in IN_USE:
            return None
    return found[0] if found else None
