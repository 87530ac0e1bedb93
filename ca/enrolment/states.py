"""The life of an enrolment as one literal table. Pure.

The desk moves along it by compare-and-swap, the diagram in the documents is drawn from it, the tests walk it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class EnrolmentStatus(StrEnum):
    """Where an enrolment stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHECKING = "checking"
    APPROVING = "approving"
    APPROVED = "approved"
    ISSUING = "issuing"
    ISSUED = "issued"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _STATUS_ZH[self]


_STATUS_ZH: Final = {
    EnrolmentStatus.DRAFT: "草稿",
    EnrolmentStatus.SUBMITTED: "已提交",
    EnrolmentStatus.CHECKING: "审核中",
    EnrolmentStatus.APPROVING: "审批中",
    EnrolmentStatus.APPROVED: "已批准",
    EnrolmentStatus.ISSUING: "签发中",
    EnrolmentStatus.ISSUED: "已签发",
    EnrolmentStatus.DELIVERED: "已交付",
    EnrolmentStatus.REJECTED: "已驳回",
    EnrolmentStatus.WITHDRAWN: "已撤回",
    EnrolmentStatus.EXPIRED: "已过期",
    EnrolmentStatus.FAILED: "签发失败",
}


class EnrolmentAct(StrEnum):
    """What can be done to an enrolment."""

    EDIT = "edit"
    SUBMIT = "submit"
    CHECK = "check"
    CLEAR = "clear"
    APPROVE = "approve"
    GRANT = "grant"
    ADMIT = "admit"
    BEGIN = "begin"
    ISSUE = "issue"
    FAIL = "fail"
    DELIVER = "deliver"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _ACT_ZH[self]


_ACT_ZH: Final = {
    EnrolmentAct.EDIT: "修改",
    EnrolmentAct.SUBMIT: "提交",
    EnrolmentAct.CHECK: "审核材料",
    EnrolmentAct.CLEAR: "材料齐备",
    EnrolmentAct.APPROVE: "审批",
    EnrolmentAct.GRANT: "批准",
    EnrolmentAct.ADMIT: "随批次批准",
    EnrolmentAct.BEGIN: "开始签发",
    EnrolmentAct.ISSUE: "签发",
    EnrolmentAct.FAIL: "签发失败",
    EnrolmentAct.DELIVER: "交付",
    EnrolmentAct.REJECT: "驳回",
    EnrolmentAct.WITHDRAW: "撤回",
    EnrolmentAct.EXPIRE: "过期",
}

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
