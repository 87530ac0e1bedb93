"""The life of an enrolment as one literal table. Pure.

The desk moves along it by compare-and-swap, the diagram in the documents is drawn from it, the tests walk it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ca.words import Word


class EnrolmentStatus(Word):
    """Where an enrolment stands."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已提交"
    CHECKING = "checking", "审核中"
    APPROVING = "approving", "审批中"
    APPROVED = "approved", "已批准"
    ISSUING = "issuing", "签发中"
    ISSUED = "issued", "已签发"
    DELIVERED = "delivered", "已交付"
    REJECTED = "rejected", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "已过期"
    FAILED = "failed", "签发失败"


class EnrolmentAct(Word):
    """What can be done to an enrolment."""

    EDIT = "edit", "修改"
    SUBMIT = "submit", "提交"
    CHECK = "check", "审核材料"
    CLEAR = "clear", "材料齐备"
    APPROVE = "approve", "审批"
    GRANT = "grant", "批准"
    ADMIT = "admit", "随批次批准"
    BEGIN = "begin", "开始签发"
    ISSUE = "issue", "签发"
    FAIL = "fail", "签发失败"
    DELIVER = "deliver", "交付"
    REJECT = "reject", "驳回"
    WITHDRAW = "withdraw", "撤回"
    EXPIRE = "expire", "过期"


_S = EnrolmentStatus
FIRST_STATUS: Final = _S.DRAFT
"""Where a new request begins."""

TRANSITIONS: Final[dict[EnrolmentAct, dict[EnrolmentStatus, EnrolmentStatus]]] = {
    EnrolmentAct.EDIT: {
        _S.DRAFT: _S.DRAFT,
        _S.SUBMITTED: _S.DRAFT,
        _S.CHECKING: _S.DRAFT,
        _S.APPROVING: _S.DRAFT,
        _S.APPROVED: _S.DRAFT,
        _S.FAILED: _S.DRAFT,
    },
    EnrolmentAct.SUBMIT: {_S.DRAFT: _S.SUBMITTED},
    EnrolmentAct.CHECK: {_S.SUBMITTED: _S.CHECKING, _S.CHECKING: _S.CHECKING},
    EnrolmentAct.CLEAR: {_S.SUBMITTED: _S.APPROVING, _S.CHECKING: _S.APPROVING},
    EnrolmentAct.APPROVE: {_S.APPROVING: _S.APPROVING},
    EnrolmentAct.GRANT: {_S.APPROVING: _S.APPROVED},
    EnrolmentAct.ADMIT: {_S.DRAFT: _S.APPROVED},
    EnrolmentAct.BEGIN: {_S.APPROVED: _S.ISSUING, _S.ISSUING: _S.ISSUING},
    EnrolmentAct.ISSUE: {_S.ISSUING: _S.ISSUED},
    EnrolmentAct.FAIL: {_S.ISSUING: _S.FAILED},
    EnrolmentAct.DELIVER: {_S.ISSUED: _S.DELIVERED},
    EnrolmentAct.REJECT: {_S.SUBMITTED: _S.REJECTED, _S.CHECKING: _S.REJECTED, _S.APPROVING: _S.REJECTED},
    EnrolmentAct.WITHDRAW: {
        _S.DRAFT: _S.WITHDRAWN,
        _S.SUBMITTED: _S.WITHDRAWN,
        _S.CHECKING: _S.WITHDRAWN,
        _S.APPROVING: _S.WITHDRAWN,
        _S.APPROVED: _S.WITHDRAWN,
    },
    EnrolmentAct.EXPIRE: {
        _S.SUBMITTED: _S.EXPIRED,
        _S.CHECKING: _S.EXPIRED,
        _S.APPROVING: _S.EXPIRED,
        _S.APPROVED: _S.EXPIRED,
    },
}
"""Every move there is; what is not here is refused."""

OPEN: Final = frozenset(before for moves in TRANSITIONS.values() for before in moves)
"""States that something leads out of."""


class RejectionCode(StrEnum):
    """Why a request is rejected; a sentence always goes with it."""

    EVIDENCE = "evidence-insufficient"
    IDENTITY = "identity-unproven"
    NAME = "name-differs"
    KEY = "key-unsuitable"
    DUPLICATE = "duplicate"
    POLICY = "policy"
    OTHER = "other"
