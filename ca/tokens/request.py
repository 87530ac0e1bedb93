"""A personalisation that is asked for: the exact content that other people approve (I22). Pure.

What is approved is the plan with every subject, profile and rule that it stands for. Another plan, another name of the
holder, another profile behind the same word: each has another digest, and no approval covers it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ca.actor import Actor
from ca.audit import canonical_json
from ca.enrolment.approval import Case
from ca.enrolment.request import Approval
from ca.enrolment.rules import Rule
from ca.enterprise import Enterprise
from ca.profile import PROFILES
from ca.tokens.plan import PersonalisationPlan, plan_from_json
from ca.words import Word

FORM: Final = "yinxin-personalisation-v1"
"""Says what the canonical object means; a change of its members is a new form."""


class RequestStatus(Word):
    """Where a request stands."""

    ASKED = "asked", "待审批"
    APPROVED = "approved", "已批准"
    USED = "used", "已执行"
    """A chip was begun by it, once; the same chip is taken up by the same approval."""
    REJECTED = "rejected", "已驳回"
    SUPERSEDED = "superseded", "已被新计划取代"


class RequestAct(StrEnum):
    """What can be done with a request."""

    SEAT = "seat"
    """An approval that is not yet the last one."""
    APPROVE = "approve"
    REJECT = "reject"
    SUPERSEDE = "supersede"
    USE = "use"


REQUEST_TRANSITIONS: Final = {
    RequestAct.SEAT: {RequestStatus.ASKED: RequestStatus.ASKED},
    RequestAct.APPROVE: {RequestStatus.ASKED: RequestStatus.APPROVED},
    RequestAct.REJECT: {
        RequestStatus.ASKED: RequestStatus.REJECTED,
        RequestStatus.APPROVED: RequestStatus.REJECTED,
    },
    RequestAct.SUPERSEDE: {
        RequestStatus.ASKED: RequestStatus.SUPERSEDED,
        RequestStatus.APPROVED: RequestStatus.SUPERSEDED,
    },
    RequestAct.USE: {RequestStatus.APPROVED: RequestStatus.USED},
}
"""For each act, from where to where; whatever is not here is refused."""
OPEN: Final = (RequestStatus.ASKED, RequestStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class PersonalisationRequest:
    """One request with its approvals; ``moves`` counts its acts."""

    id: str
    token: str
    status: RequestStatus
    moves: int
    plan_text: str
    content: str
    rule: Rule
    requester: Actor
    asked_at: datetime
    deadline: datetime
    reason: str
    approvals: tuple[Approval, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the content, lower-case hexadecimal: what an approver names."""
        return digest_of(self.content)

    @property
    def plan(self) -> PersonalisationPlan:
        """What is to be put on the chip."""
        return plan_from_json(self.plan_text)

    @property
    def case(self) -> Case:
        """The request as a case to be approved, by the digest of what stands there."""
        return Case(
            self.id,
            1,
            self.digest,
            self.requester,
            self.rule,
            self.asked_at,
            self.deadline,
            self.approvals,
        )


def content_of(plan: PersonalisationPlan, holder: Enterprise, rule: Rule) -> str:
    """Return the canonical JSON of everything that approving a plan approves."""
    return canonical_json(
        {
            "form": FORM,
            "plan": plan.as_object(),
            "holder": {"uscc": holder.uscc, "name": holder.name},
            "profiles": {name: PROFILES[name].hash for name in plan.profiles},
            "rule_hash": rule.hash,
        }
    )


def digest_of(content: str) -> str:
    """Return the digest of a content."""
    return hashlib.sha256(content.encode()).hexdigest()
