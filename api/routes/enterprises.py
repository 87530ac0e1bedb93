"""Enterprises: register, rename, look up, enrol a seal keeper."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access.scopes import Principal, Scope
from api.answers.enterprise import enterprise_overview
from api.schemas.certificates import IssuedModel
from api.schemas.enterprises import (
    EnrolKeeper,
    EnterpriseModel,
    EnterprisePageModel,
    RegisterEnterprise,
    RenamedModel,
    RenameEnterprise,
)
from api.schemas.overview import EnterpriseOverviewModel
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, problems

router = APIRouter(prefix="/api/v1/enterprises", tags=["enterprises"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.CA_READ)]
Issuer = Annotated[Principal, Requires(Scope.CA_ISSUE)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("", summary="登记企业 / Register an enterprise", status_code=201, responses=problems(409))
def register(doors: Doors, caller: Issuer, body: RegisterEnterprise) -> EnterpriseModel:
    """Register an enterprise; the same code and name again returns the one that is there."""
    caller.acting_for(body.uscc)
    return EnterpriseModel.of(doors.enterprises.register(body.uscc, body.name, actor=caller.actor))


@router.get("", summary="企业列表 / List enterprises")
def list_enterprises(
    doors: Doors, caller: Reader, after: Annotated[str, Query(max_length=18)] = "", limit: Limit = 50
) -> EnterprisePageModel:
    """List by code, a page at a time; a caller bound to an enterprise sees that one."""
    if caller.actor.uscc is not None:
        return EnterprisePageModel(
            items=[EnterpriseModel.of(doors.enterprises.get(caller.actor.uscc))], next=None
        )
    found = doors.enterprises.list(after=after, limit=limit)
    items = [EnterpriseModel.of(one) for one in found]
    return EnterprisePageModel(items=items, next=found[-1].uscc if len(found) == limit else None)


@router.get("/{uscc}", summary="企业详情 / Show an enterprise", responses=problems(404))
def show(doors: Doors, caller: Reader, uscc: str) -> EnterpriseModel:
    """Return one enterprise with all its names."""
    caller.acting_for(uscc)
    return EnterpriseModel.of(doors.enterprises.get(uscc), doors.enterprises.names(uscc))


@router.get(
    "/{uscc}/overview", summary="企号：企业全貌 / Everything about an enterprise", responses=problems(404)
)
def overview(doors: Doors, caller: Reader, uscc: str) -> EnterpriseOverviewModel:
    """Return names, seals, certificates, chips, stamps and cases with their states; what the key may not see is null."""
    caller.acting_for(uscc)
    found = enterprise_overview(doors, uscc, caller)
    return EnterpriseOverviewModel.of(found, base_url=doors.settings.base_url, now=doors.clock())


@router.post("/{uscc}/name", summary="变更名称 / Change the name", responses=problems(404, 409))
def rename(doors: Doors, caller: Issuer, uscc: str, body: RenameEnterprise) -> RenamedModel:
    """Record a change of name; for each seal in use a new pair is applied for, which replaces it when approved."""
    caller.acting_for(uscc)
    pending = doors.seals.rename_owner(uscc, body.name, actor=caller.actor)
    shown = EnterpriseModel.of(doors.enterprises.get(uscc), doors.enterprises.names(uscc))
    return RenamedModel(enterprise=shown, applications=[record.code for record in pending])


@router.post(
    "/{uscc}/keepers",
    summary="签发到令牌 / Enrol a keeper",
    status_code=201,
    responses=problems(404, 409, 423),
)
def enrol(doors: Doors, caller: Issuer, uscc: str, body: EnrolKeeper, key: IdempotencyKey) -> IssuedModel:
    """Make a key in the enterprise's token and issue the keeper's certificate into it."""
    doors.demand_direct_issuance()
    caller.acting_for(uscc)
    order = body.order(uscc, key)
    enrolled = doors.enrolment.enrol(order, actor=caller.actor)
    return IssuedModel.of(enrolled.certificate, str(enrolled.key_uri))
