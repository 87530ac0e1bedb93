"""The life of a case of use (业务流) as one literal table. Pure.

The desk moves along it by compare-and-swap, the page in ``docs/`` is drawn from it, the tests walk it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class CaseStatus(StrEnum):
    """Where a case stands. *Void* means that its approvals are: the document changed."""

    DRAFT = "draft"
    APPROVING = "approving"
    APPROVED = "approved"
    IN_USE = "in_use"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOIDED = "voided"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _STATUS_ZH[self]


_STATUS_ZH: Final = {
    CaseStatus.DRAFT: "草稿",
    CaseStatus.APPROVING: "审批中",
    CaseStatus.APPROVED: "已批准",
    CaseStatus.IN_USE: "用印中",
    CaseStatus.CLOSED: "已办结",
    CaseStatus.REJECTED: "已驳回",
    CaseStatus.WITHDRAWN: "已撤回",
    CaseStatus.EXPIRED: "已过期",
    CaseStatus.VOIDED: "审批已作废",
}


class CaseAct(StrEnum):
    """What can be done to a case."""

    OPEN = "open"
    AMEND = "amend"
    SUBMIT = "submit"
    ADMIT = "admit"
    APPROVE = "approve"
    GRANT = "grant"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    VOID = "void"
    USE = "use"
    PRESS = "press"
    COUNT = "count"
    GIVE_BACK = "give_back"
    FINISH = "finish"
    CLOSE = "close"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _ACT_ZH[self]


_ACT_ZH: Final = {
    CaseAct.OPEN: "申请用印",
    CaseAct.AMEND: "更换文件或内容",
    CaseAct.SUBMIT: "提交审批",
    CaseAct.ADMIT: "按规则免审批",
    CaseAct.APPROVE: "审批",
    CaseAct.GRANT: "批准",
    CaseAct.REJECT: "驳回",
    CaseAct.WITHDRAW: "撤回",
    CaseAct.EXPIRE: "过期",
    CaseAct.VOID: "作废审批",
    CaseAct.USE: "开始用印",
    CaseAct.PRESS: "盖印一次",
    CaseAct.COUNT: "用印一份",
    CaseAct.GIVE_BACK: "未用印退回",
    CaseAct.FINISH: "用印完成",
    CaseAct.CLOSE: "办结",
}

_S = CaseStatus
FIRST_STATUS: Final = _S.DRAFT
"""Where :attr:`CaseAct.OPEN` puts a new case."""

TRANSITIONS: Final[dict[CaseAct, dict[CaseStatus, CaseStatus]]] = {
    CaseAct.AMEND: {_S.DRAFT: _S.DRAFT, _S.APPROVING: _S.DRAFT, _S.APPROVED: _S.DRAFT, _S.VOIDED: _S.DRAFT},
    CaseAct.SUBMIT: {_S.DRAFT: _S.APPROVING},
    CaseAct.ADMIT: {_S.DRAFT: _S.APPROVED},
    CaseAct.APPROVE: {_S.APPROVING: _S.APPROVING},
    CaseAct.GRANT: {_S.APPROVING: _S.APPROVED},
    CaseAct.REJECT: {_S.APPROVING: _S.REJECTED},
    CaseAct.WITHDRAW: {
        _S.DRAFT: _S.WITHDRAWN,
        _S.APPROVING: _S.WITHDRAWN,
        _S.APPROVED: _S.WITHDRAWN,
        _S.VOIDED: _S.WITHDRAWN,
    },
    CaseAct.EXPIRE: {_S.APPROVING: _S.EXPIRED, _S.APPROVED: _S.EXPIRED, _S.VOIDED: _S.EXPIRED},
    CaseAct.VOID: {_S.APPROVING: _S.VOIDED, _S.APPROVED: _S.VOIDED},
    CaseAct.USE: {_S.APPROVED: _S.IN_USE},
    CaseAct.PRESS: {_S.IN_USE: _S.IN_USE},
    CaseAct.COUNT: {_S.IN_USE: _S.APPROVED},
    CaseAct.GIVE_BACK: {_S.IN_USE: _S.APPROVED},
    CaseAct.FINISH: {_S.IN_USE: _S.CLOSED},
    CaseAct.CLOSE: {_S.APPROVED: _S.CLOSED, _S.VOIDED: _S.CLOSED, _S.IN_USE: _S.CLOSED},
}
"""Every move there is; what is not here is refused."""

UNUSED_ONLY: Final = frozenset({CaseAct.AMEND, CaseAct.WITHDRAW})
"""Acts refused once a copy was sealed: what was used cannot be taken back, only closed."""
WAITING: Final = tuple(sorted(before.value for before in TRANSITIONS[CaseAct.EXPIRE]))
"""States that a deadline ends."""
GIVING: Final = frozenset({CaseAct.SUBMIT, CaseAct.ADMIT, CaseAct.APPROVE, CaseAct.GRANT, CaseAct.USE})
"""Acts that bring a seal nearer to its use: they wait while the clock is behind what is on record."""
