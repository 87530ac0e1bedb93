"""Requests and answers about putting keys and certificates on a chip: the plan that is asked for, its approvals, its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from api.schemas.enrolment import ActorModel, ApprovalModel, WaitingModel, waiting_of
from api.schemas.tokens import SERIAL_EXAMPLE, ApplicationPlanModel, PersonaliseToken, example
from ca.tokens.plan import PersonalisationPlan
from ca.tokens.request import PersonalisationRequest, RequestStatus

_PERSON: Final = {"id": "person:zhao.lei", "name": "赵磊"}
_DIGEST: Final = "9f2c4d6e8a0b1c3d5e7f9a0b2c4d6e8f9f2c4d6e8a0b1c3d5e7f9a0b2c4d6e8f"
_CONTAINER: Final[dict[str, Any]] = {"name": "bank", "purpose": "bank", "common_name": "测试云印 银行"}
_APPLICATION: Final[dict[str, Any]] = {"name": "bank", "pin_tries": 5, "containers": [_CONTAINER]}


class AskPersonalisation(BaseModel):
    """What a chip is to hold: the usual five (``standard``), or the applications named."""

    model_config = example({"applications": [_APPLICATION]})

    standard: bool = Field(default=False, description="The usual five; leave `applications` out then")
    applications: list[ApplicationPlanModel] = Field(default=[], max_length=16)

    def plan(self, serial: str) -> PersonalisationPlan:
        """Return the plan of the applications named."""
        return PersonaliseToken(applications=self.applications).plan(serial)


class RejectPersonalisation(BaseModel):
    """Why a plan is turned down."""

    model_config = example({"reason": "名称与营业执照不符"})

    reason: str = Field(max_length=500)


class PersonalisationRequestModel(BaseModel):
    """A plan with its digest, who asked, who approved, and which stages wait."""

    model_config = example(
        {
            "serial": SERIAL_EXAMPLE,
            "id": "00112233445566778899aabbccddeeff",
            "status": "asked",
            "status_zh": "待审批",
            "digest": _DIGEST,
            "plan": {"serial": SERIAL_EXAMPLE, "applications": [_APPLICATION]},
            "requester": _PERSON,
            "asked_at": "2026-01-01T00:00:00Z",
            "deadline": "2026-01-31T00:00:00Z",
            "reason": "",
            "approvals": [],
            "waiting": [{"stage": "review", "needed": 1, "scope": "ra:approve", "people": []}],
        }
    )

    serial: str
    id: str
    status: str
    status_zh: str
    digest: str
    plan: dict[str, Any]
    requester: ActorModel
    asked_at: datetime
    deadline: datetime
    reason: str
    approvals: list[ApprovalModel]
    waiting: list[WaitingModel]

    @classmethod
    def of(cls, found: PersonalisationRequest) -> PersonalisationRequestModel:
        """Show a request."""
        return cls(
            serial=found.token,
            id=found.id,
            status=found.status.value,
            status_zh=found.status.zh,
            digest=found.digest,
            plan=found.plan.as_object(),
            requester=ActorModel(id=found.requester.id, name=found.requester.name),
            asked_at=found.asked_at,
            deadline=found.deadline,
            reason=found.reason,
            approvals=[
                ApprovalModel(
                    stage=one.stage,
                    substitute=one.substitute,
                    person=ActorModel(id=one.actor.id, name=one.actor.name),
                    comment=one.comment,
                    at=one.at,
                )
                for one in found.approvals
            ],
            waiting=waiting_of(found.case) if found.status is RequestStatus.ASKED else [],
        )
