"""Seals: apply, approve, reject, freeze, resume, revoke, look up, draw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.schemas.seals import ApplyForSeal, ApproveSeal, SealModel, SealPageModel, StateReason
from api.tokens.enrolment import serial_of
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from seals.seal import SealKind, SealQuery, SealStatus

router = APIRouter(prefix="/api/v1/seals", tags=["seals"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Applicant = Annotated[Principal, Requires(Scope.SEAL_APPLY)]
Approver = Annotated[Principal, Requires(Scope.SEAL_APPROVE)]
Stopper = Annotated[Principal, Requires(Scope.SEAL_FREEZE)]
Revoker = Annotated[Principal, Requires(Scope.SEAL_REVOKE)]
MOVE = problems(404, 409)


@router.post("", summary="申请印章 / Apply for a seal", status_code=201, responses=problems(404, 409))
def apply(doors: Doors, caller: Applicant, body: ApplyForSeal) -> SealModel:
    """Apply for a seal; another person approves it."""
    caller.acting_for(body.uscc)
    return SealModel.of(doors.seals.apply(body.application(), actor=caller.actor))


@router.get("", summary="印章列表 / List seals")
def list_seals(  # noqa: PLR0913 - the parameters of an address or a form
    *,
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    kind: Annotated[str, Query(pattern="^(01|02|03|04|05|99|)$")] = "",
    status: SealStatus | None = None,
    cursor: Annotated[str, Query(max_length=14)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> SealPageModel:
    """List by code, a page at a time; a caller bound to an enterprise sees its seals only."""
    owner = caller.owner(uscc)
    query = SealQuery(owner, SealKind.of(kind) if kind else None, status, None, cursor, limit)
    return SealPageModel.of(doors.seals.list(query))


@router.get("/{code}", summary="印章详情 / Show a seal", responses=problems(404))
def show(doors: Doors, caller: Reader, code: str) -> SealModel:
    """Return one seal with its history."""
    found = own_seal(doors.seals, caller, code)
    return SealModel.of(found, tuple(doors.seals.history(code)))


@router.get(
    "/{code}/picture.svg",
    summary="印章图样 / Picture of a seal",
    responses=binary("image/svg+xml", "Vector, true size") | problems(404),
)
def picture(doors: Doors, caller: Reader, code: str) -> Response:
    """Draw the seal at true millimetre size; one that is not approved has 未备案 across it."""
    own_seal(doors.seals, caller, code)
    return Response(doors.seals.picture(code).svg(), media_type="image/svg+xml")


@router.post("/{code}/approval", summary="审批印章 / Approve", responses=MOVE)
def approve(doors: Doors, caller: Approver, code: str, body: ApproveSeal) -> SealModel:
    """Approve as a second person and bind the keeper's certificate."""
    own_seal(doors.seals, caller, code)
    certificate = doors.enrolment.in_force(serial_of(body.certificate_serial))
    return SealModel.of(doors.seals.approve(code, actor=caller.actor, certificate=certificate))


@router.post("/{code}/rejection", summary="驳回申请 / Reject", responses=MOVE)
def reject(doors: Doors, caller: Approver, code: str, body: StateReason) -> SealModel:
    """Turn an application down with a reason."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.reject(code, actor=caller.actor, reason=body.reason))


@router.post("/{code}/freeze", summary="冻结 / Freeze", responses=MOVE)
def freeze(doors: Doors, caller: Stopper, code: str, body: StateReason) -> SealModel:
    """Stop both sides at once, as an officer or the owner; see also ``/loss``."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.freeze(code, actor=caller.actor, reason=body.reason))


@router.post("/{code}/resume-request", summary="申请恢复 / Ask to resume", responses=MOVE)
def request_resume(doors: Doors, caller: Applicant, code: str) -> SealModel:
    """Ask for a frozen seal to be resumed."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.request_resume(code, actor=caller.actor))


@router.post("/{code}/resume", summary="确认恢复 / Confirm resuming", responses=MOVE)
def confirm_resume(doors: Doors, caller: Approver, code: str) -> SealModel:
    """Resume as a second person: the seal comes back to the state it had."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.confirm_resume(code, actor=caller.actor))


@router.post("/{code}/revocation", summary="注销印章 / Revoke", responses=MOVE)
def revoke(doors: Doors, caller: Revoker, code: str, body: StateReason) -> SealModel:
    """Revoke for ever."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.revoke(code, actor=caller.actor, reason=body.reason))
