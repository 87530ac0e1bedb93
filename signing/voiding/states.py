"""The life of a voiding as a literal table. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class VoidStatus(StrEnum):
    """Where a voiding stands."""

    ASKED = "asked"
    VOIDED = "voided"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _STATUS_ZH[self]


_STATUS_ZH: Final = {
    VoidStatus.ASKED: "待同意",
    VoidStatus.VOIDED: "已作废",
    VoidStatus.REFUSED: "不同意作废",
    VoidStatus.WITHDRAWN: "已撤回",
}


class VoidAct(StrEnum):
    """What can be done about a voiding."""

    ASK = "ask"
    AGREE = "agree"
    VOID = "void"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _ACT_ZH[self]


_ACT_ZH: Final = {
    VoidAct.ASK: "申请作废",
    VoidAct.AGREE: "同意",
    VoidAct.VOID: "同意并作废",
    VoidAct.REFUSE: "不同意",
    VoidAct.WITHDRAW: "撤回",
}

FIRST_STATUS: Final = VoidStatus.ASKED
"""Where :attr:`VoidAct.ASK` puts a new voiding."""

TRANSITIONS: Final[dict[VoidAct, dict[VoidStatus, VoidStatus]]] = {
    VoidAct.AGREE: {VoidStatus.ASKED: VoidStatus.ASKED},
    VoidAct.VOID: {VoidStatus.ASKED: VoidStatus.VOIDED},
    VoidAct.REFUSE: {VoidStatus.ASKED: VoidStatus.REFUSED},
    VoidAct.WITHDRAW: {VoidStatus.ASKED: VoidStatus.WITHDRAWN},
}
"""Every move there is: nothing leads out of *voided*."""
