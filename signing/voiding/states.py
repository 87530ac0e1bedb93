"""The life of a voiding as a literal table. Pure."""

from __future__ import annotations

from typing import Final

from ca.words import Word


class VoidStatus(Word):
    """Where a voiding stands."""

    ASKED = "asked", "待同意"
    VOIDED = "voided", "已作废"
    REFUSED = "refused", "不同意作废"
    WITHDRAWN = "withdrawn", "已撤回"


class VoidAct(Word):
    """What can be done about a voiding."""

    ASK = "ask", "申请作废"
    AGREE = "agree", "同意"
    VOID = "void", "同意并作废"
    REFUSE = "refuse", "不同意"
    WITHDRAW = "withdraw", "撤回"


FIRST_STATUS: Final = VoidStatus.ASKED
"""Where :attr:`VoidAct.ASK` puts a new voiding."""

TRANSITIONS: Final[dict[VoidAct, dict[VoidStatus, VoidStatus]]] = {
    VoidAct.AGREE: {VoidStatus.ASKED: VoidStatus.ASKED},
    VoidAct.VOID: {VoidStatus.ASKED: VoidStatus.VOIDED},
    VoidAct.REFUSE: {VoidStatus.ASKED: VoidStatus.REFUSED},
    VoidAct.WITHDRAW: {VoidStatus.ASKED: VoidStatus.WITHDRAWN},
}
"""Every move there is: nothing leads out of *voided*."""
