"""A seal's later life: loss, order, closing, suspension, renewal, destruction, how it stood at a past time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.access.seals import may_ask_keeper, may_strike, own_seal
from api.errors import NotFound
from api.schemas.moments import AnyMoment
from api.schemas.seal_life import (
    AskKeeper,
    AskRenewal,
    DestructionModel,
    MayStateReason,
    StandingModel,
    StrikeKeeper,
)
from api.schemas.seals import SealModel, StateReason
from api.services import Services
from api.tokens.enrolment import serial_of
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from seals.destruction import MAX_PICTURE, Destruction, Method, keep
from seals.destruction_store import Destroyed
from seals.errors import LossNotYours
from seals.keepers import KeeperWish, may_report_lost
from seals.renewal import RenewalRequest

router = APIRouter(prefix="/api/v1/seals/{code}", tags=["seals"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Applicant = Annotated[Principal, Requires(Scope.SEAL_APPLY)]
Approver = Annotated[Principal, Requires(Scope.SEAL_APPROVE)]
Stopper = Annotated[Principal, Requires(Scope.SEAL_FREEZE)]
Revoker = Annotated[Principal, Requires(Scope.SEAL_REVOKE)]
MOVE = problems(404, 409)


@router.post("/loss", summary="挂失 / Report lost", responses=problems(404, 409))
def report_lost(doors: Doors, caller: Reader, code: str, body: StateReason) -> SealModel:
    """Stop both sides at once: any keeper, anyone who acts for the owner, or an officer who may freeze."""
    found = own_seal(doors.seals, caller, code)
    if Scope.SEAL_FREEZE not in caller.scopes and not may_report_lost(found, caller.actor):
        raise LossNotYours(found.code)
    return SealModel.of(doors.seals.freeze(code, actor=caller.actor, reason=body.reason))


@router.get("/status", summary="某时状态 / State at a time", responses=problems(404))
def status(
    doors: Doors,
    caller: Reader,
    code: str,
    at: Annotated[AnyMoment | None, Query(description="A past moment with its zone; now by default")] = None,
) -> StandingModel:
    """Tell the state as of any past moment, with the validity and the links of that moment."""
    own_seal(doors.seals, caller, code)
    return StandingModel.of(doors.seals.standing_at(code, at))


@router.post("/order", summary="批准制作 / Order", responses=MOVE)
def order(doors: Doors, caller: Approver, code: str) -> SealModel:
    """Approve the application for engraving, as a second person."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.order(code, actor=caller.actor))


@router.post("/closing", summary="关闭 / Close", responses=MOVE)
def close(doors: Doors, caller: Approver, code: str, body: StateReason) -> SealModel:
    """Give up a seal that is being made or waits unclaimed."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.close(code, actor=caller.actor, reason=body.reason))


@router.post("/suspension", summary="停用 / Suspend", responses=MOVE)
def suspend(doors: Doors, caller: Stopper, code: str, body: StateReason) -> SealModel:
    """Put the seal out of use for a while, both sides."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.suspend(code, actor=caller.actor, reason=body.reason))


@router.post("/lift-request", summary="申请解除停用 / Ask to lift", responses=MOVE)
def request_lift(doors: Doors, caller: Applicant, code: str, body: MayStateReason) -> SealModel:
    """Ask, as the first of two persons, that the suspension end."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.request_lift(code, actor=caller.actor, reason=body.reason))


@router.post("/lift", summary="确认解除停用 / Lift", responses=MOVE)
def lift(doors: Doors, caller: Approver, code: str, body: MayStateReason) -> SealModel:
    """End the suspension as the second person."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.lift(code, actor=caller.actor, reason=body.reason))


@router.post("/renewal-request", summary="申请续期 / Ask to renew", responses=MOVE)
def request_renewal(doors: Doors, caller: Applicant, code: str, body: AskRenewal) -> SealModel:
    """Ask, as the first of two persons, for a new certificate and validity."""
    own_seal(doors.seals, caller, code)
    certificate = doors.enrolment.in_force(serial_of(body.certificate_serial))
    wish = RenewalRequest(certificate, body.valid_days)
    return SealModel.of(doors.seals.request_renewal(code, wish, actor=caller.actor, reason=body.reason))


@router.post("/renewal", summary="确认续期 / Renew", responses=MOVE)
def renew(doors: Doors, caller: Approver, code: str, body: MayStateReason) -> SealModel:
    """Carry out, as the second person, exactly what was asked for."""
    own_seal(doors.seals, caller, code)
    asked = doors.seals.renewal_waiting(code)
    if asked is not None:
        doors.enrolment.in_force(asked.serial)  # revoked since it was asked for: refused
    return SealModel.of(doors.seals.renew(code, actor=caller.actor, reason=body.reason))


@router.post("/keeper-request", summary="申请变更保管人 / Ask for another keeper", responses=MOVE)
def request_keeper(doors: Doors, caller: Reader, code: str, body: AskKeeper) -> SealModel:
    """Ask, as the first of two persons, for a further or another principal keeper: a keeper, or who may apply."""
    if not may_ask_keeper(caller, own_seal(doors.seals, caller, code)):
        caller.require(Scope.SEAL_APPLY)
    wish = KeeperWish(body.keeper, body.principal)
    return SealModel.of(doors.seals.request_keeper(code, wish, actor=caller.actor, reason=body.reason))


@router.post("/keeper-change", summary="确认变更保管人 / Confirm the keeper", responses=MOVE)
def change_keeper(doors: Doors, caller: Approver, code: str, body: MayStateReason) -> SealModel:
    """List, as the second person, exactly whom the last act asked for; never oneself."""
    own_seal(doors.seals, caller, code)
    return SealModel.of(doors.seals.change_keeper(code, actor=caller.actor, reason=body.reason))


@router.post("/keeper-removal", summary="撤销保管人 / Strike a keeper off", responses=MOVE)
def remove_keeper(doors: Doors, caller: Reader, code: str, body: StrikeKeeper) -> SealModel:
    """Strike a keeper off at once: a keeper lays the office down, or one who may stop the seal strikes off any."""
    if not may_strike(caller, own_seal(doors.seals, caller, code), body.keeper):
        caller.require(Scope.SEAL_FREEZE)
    return SealModel.of(doors.seals.remove_keeper(code, body.keeper, actor=caller.actor, reason=body.reason))


@router.post("/destruction", summary="登记销毁 / Record a destruction", status_code=201, responses=MOVE)
def destroy(  # noqa: PLR0913 - the parameters of a form
    *,
    doors: Doors,
    caller: Revoker,
    code: str,
    file: Annotated[UploadFile, File(description=f"JPEG or PNG, at most {MAX_PICTURE >> 20} MiB")],
    witness: Annotated[str, Form(max_length=200, examples=["person:zhang.min"])],
    method: Annotated[str, Form(max_length=16, examples=["crushed"])],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> DestructionModel:
    """Record that the physical seal of an ended pair was destroyed before a witness: once, with a picture."""
    own_seal(doors.seals, caller, code)
    kept = keep(doors.evidence_files, file.file.read(MAX_PICTURE + 1))
    what = Destruction(witness, Method.of(method), kept)
    doors.seals.destroy(code, what, actor=caller.actor, reason=reason)
    return DestructionModel.of(_destruction(doors, code))


@router.get("/destruction", summary="销毁记录 / Show the destruction", responses=problems(404))
def destruction(doors: Doors, caller: Reader, code: str) -> DestructionModel:
    """Tell who destroyed the physical seal, when, how and before whom."""
    own_seal(doors.seals, caller, code)
    return DestructionModel.of(_destruction(doors, code))


@router.get(
    "/destruction/picture",
    summary="销毁照片 / Picture of the destruction",
    responses=binary("application/octet-stream", "The picture as it was handed in") | problems(404),
)
def picture(doors: Doors, caller: Reader, code: str) -> Response:
    """Return the picture as it was handed in; never shown in the page itself."""
    own_seal(doors.seals, caller, code)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    octets = doors.evidence_files.get(_destruction(doors, code).picture_sha256)
    return Response(octets, media_type="application/octet-stream", headers=headers)


def _destruction(doors: Services, code: str) -> Destroyed:
    found = doors.seals.destruction(code)
    if found is None:
        raise NotFound
    return found
