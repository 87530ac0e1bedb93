"""The life of a case of use (业务流) as one literal table. Pure.

The desk moves along it by compare-and-swap, the page in ``docs/`` is drawn from it, the tests walk it.
"""

from __future__ import annotations

from typing import Final

from ca.words import Word


class CaseStatus(Word):
    """Where a case stands. *Void* means that its approvals are: the document changed."""

    DRAFT = "draft", "草稿"
    APPROVING = "approving", "审批中"
    APPROVED = "approved", "已批准"
    IN_USE = "in_use", "用印中"
    CLOSED = "closed", "已办结"
    REJECTED = "rejected", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "已过期"
    VOIDED = "voided", "审批已作废"


class CaseAct(Word):
    """What can be done to a case."""

    OPEN = "open", "申请用印"
    AMEND = "amend", "更换文件或内容"
    SUBMIT = "submit", "提交审批"
    ADMIT = "admit", "按规则免审批"
    APPROVE = "approve", "审批"
    GRANT = "grant", "批准"
    REJECT = "reject", "驳回"
    WITHDRAW = "withdraw", "撤回"
    EXPIRE = "expire", "过期"
    VOID = "void", "作废审批"
    USE = "use", "开始用印"
    PRESS = "press", "盖印一次"
    COUNT = "count", "用印一份"
    GIVE_BACK = "give_back", "未用印退回"
    FINISH = "finish", "用印完成"
    CLOSE = "close", "办结"


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
