"""Personalisation: one person asks with a plan, others approve exactly that plan, then the chip is made."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from api.access.scopes import Principal, Scope
from api.errors import InputInvalid
from api.routes.enrolment import officer_of
from api.schemas.enrolment import Approve
from api.schemas.personalisation import (
    AskPersonalisation,
    PersonalisationRequestModel,
    RejectPersonalisation,
)
from api.schemas.tokens import ProcedureModel, TokenModel
from api.services import Services
from api.tokens.personalisation import standard_plan
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, problems
from ca.tokens.plan import PersonalisationPlan

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.TOKEN_READ)]
Clerk = Annotated[Principal, Requires(Scope.TOKEN_MANAGE)]
Officer = Annotated[Principal, Requires(Scope.RA_APPROVE)]
MOVE = problems(404, 409)


def _own(doors: Services, caller: Principal, serial: str) -> None:
    caller.acting_for(doors.tokens.get(serial).holder.uscc)


@router.post(
    "/{serial}/personalisation-request",
    summary="申请个人化 / Ask for a personalisation",
    status_code=201,
    responses=MOVE,
)
def ask(doors: Doors, caller: Clerk, serial: str, body: AskPersonalisation) -> PersonalisationRequestModel:
    """Hand in the plan that others are to approve; another plan for the same chip voids the approvals of this one."""
    _own(doors, caller, serial)
    plan = _plan(doors, serial, body)
    return PersonalisationRequestModel.of(doors.token_work.requests.ask(plan, actor=caller.actor))


def _plan(doors: Services, serial: str, body: AskPersonalisation) -> PersonalisationPlan:
    if not body.standard:
        return body.plan(serial)
    if body.applications:
        raise InputInvalid(
            "standard 与 applications 只能给出一个。", "Give either standard or applications, not both."
        )
    return standard_plan(doors, serial)


@router.get(
    "/{serial}/personalisation-request", summary="个人化申请 / The personalisation request", responses=MOVE
)
def requested(doors: Doors, caller: Reader, serial: str) -> PersonalisationRequestModel:
    """Return the latest request: the plan, its digest, its approvals."""
    _own(doors, caller, serial)
    return PersonalisationRequestModel.of(doors.token_work.requests.get(serial))


@router.post(
    "/{serial}/personalisation-request/approvals",
    summary="批准个人化 / Approve a personalisation",
    responses=MOVE,
)
def approve(doors: Doors, caller: Officer, serial: str, body: Approve) -> PersonalisationRequestModel:
    """Approve exactly the plan that has the digest given, as another person than the one who asked."""
    _own(doors, caller, serial)
    requests = doors.token_work.requests
    return PersonalisationRequestModel.of(requests.approve(serial, body.ballot(), by=officer_of(caller)))


@router.post(
    "/{serial}/personalisation-request/rejection",
    summary="驳回个人化 / Turn a personalisation down",
    responses=MOVE,
)
def reject(
    doors: Doors, caller: Officer, serial: str, body: RejectPersonalisation
) -> PersonalisationRequestModel:
    """Turn the plan down, with a reason."""
    _own(doors, caller, serial)
    requests = doors.token_work.requests
    return PersonalisationRequestModel.of(requests.reject(serial, body.reason, by=officer_of(caller)))


@router.post("/{serial}/personalisation", summary="个人化 / Personalise", responses=MOVE)
def personalise(doors: Doors, caller: Clerk, serial: str) -> TokenModel:
    """Carry the approved plan out on the chip in the reader; called again, it goes on where it was cut off."""
    _own(doors, caller, serial)
    return TokenModel.of(doors.token_work.personalisation.run(serial, actor=caller.actor))


@router.get("/{serial}/personalisation", summary="个人化记录 / Personalisation record", responses=MOVE)
def procedure(doors: Doors, caller: Reader, serial: str) -> ProcedureModel:
    """Return the steps on record; they tell how far a running personalisation is."""
    _own(doors, caller, serial)
    return ProcedureModel.of(doors.token_work.personalisation.procedure(serial))
