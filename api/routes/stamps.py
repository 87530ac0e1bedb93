"""Smart stamps for people: register, mount, order, lock and unlock, alarms, uses with their pictures, proofs."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.access.scopes import Principal, Scope
from api.routes.cases import hand_of
from api.schemas.numbers import MAX_NUMBER
from api.schemas.stamp_work import (
    AlarmModel,
    AlarmsModel,
    AskGrant,
    GrantModel,
    OrderUse,
    ProofModel,
    UseModel,
    UsesModel,
)
from api.schemas.stamps import (
    Mount,
    RegisterStamp,
    StampModel,
    StampPageModel,
    StampReason,
    StampRules,
    TaskModel,
)
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from seals.devices.board import UseQuery
from seals.devices.errors import AlarmUnknown, GrantUnknown
from seals.devices.stamp import Stamp

router = APIRouter(prefix="/api/v1/stamps", tags=["stamps"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.STAMP_READ)]
Manager = Annotated[Principal, Requires(Scope.STAMP_MANAGE)]
User = Annotated[Principal, Requires(Scope.SEAL_USE)]
Stopper = Annotated[Principal, Requires(Scope.SEAL_FREEZE)]
MOVE: Final = problems(404, 409, 422)


@router.post("", summary="登记设备 / Register a stamp", status_code=201, responses=MOVE)
def register(doors: Doors, caller: Manager, body: RegisterStamp) -> StampModel:
    """Register a stamp by the certificate of the key in its chip."""
    caller.acting_for(body.uscc)
    made = doors.stamps.register.register(body.registration(), actor=caller.actor)
    return _shown(doors, made)


@router.get("", summary="设备看板 / List stamps")
def list_stamps(
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    cursor: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> StampPageModel:
    """List stamps with what is left of their orders; a caller bound to an enterprise sees its own."""
    page = doors.stamps.board.list(caller.owner(uscc), after=cursor, limit=limit)
    return StampPageModel(items=[StampModel.of(view) for view in page.items], next=page.next)


@router.get("/alarms", summary="告警 / Alarms")
def alarms(
    *,
    doors: Doors,
    caller: Reader,
    serial: Annotated[str, Query(max_length=32)] = "",
    every: Annotated[bool, Query(description="Acknowledged ones too")] = False,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
) -> AlarmsModel:
    """List alarms that nobody has acknowledged, or all."""
    found = doors.stamps.board.alarms(serial=serial, uscc=caller.actor.uscc, open_only=not every, after=after)
    return AlarmsModel(items=[AlarmModel.of(alarm) for alarm in found])


@router.post("/alarms/{alarm}/acknowledgement", summary="确认告警 / Acknowledge", responses=MOVE)
def acknowledge(doors: Doors, caller: Manager, alarm: int, body: StampReason) -> AlarmModel:
    """Record that you looked, and what you found."""
    owner = doors.stamps.board.alarm_owner(alarm)
    if owner is None:
        raise AlarmUnknown(str(alarm))
    caller.acting_for(owner)
    return AlarmModel.of(doors.stamps.alarms.acknowledge(alarm, actor=caller.actor, note=body.reason))


@router.get("/uses", summary="实物用印记录 / Uses")
def uses(
    *,
    doors: Doors,
    caller: Reader,
    serial: Annotated[str, Query(max_length=32)] = "",
    case: Annotated[str, Query(max_length=64)] = "",
    late: Annotated[bool, Query(description="Only those whose picture is overdue")] = False,
) -> UsesModel:
    """List presses of the button, newest first, with the state of their pictures."""
    found = doors.stamps.board.uses(UseQuery(serial, case, caller.actor.uscc, late))
    now = doors.clock()
    return UsesModel(items=[UseModel.of(use, now) for use in found])


@router.get("/{serial}", summary="设备详情 / Show a stamp", responses=problems(404))
def show(doors: Doors, caller: Reader, serial: str) -> StampModel:
    """Show one stamp."""
    return _shown(doors, _owned(doors, caller, serial))


@router.get("/{serial}/proof", summary="核验事件链 / Prove the chain", responses=MOVE)
def proof(doors: Doors, caller: Reader, serial: str) -> ProofModel:
    """Fold the stamp's signed events again and compare every count that is kept."""
    _owned(doors, caller, serial)
    return ProofModel.of(doors.stamps.board.prove(serial))


@router.get(
    "/{serial}/uses/{number}/picture",
    summary="用印影像 / Picture of a use",
    responses=binary("application/octet-stream", "As the stamp took it") | problems(404),
)
def picture(doors: Doors, caller: Reader, serial: str, number: int) -> Response:
    """Return the picture of a use, its digest compared with the signed one."""
    _owned(doors, caller, serial)
    data = doors.stamps.pictures.picture(serial, number)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.put("/{serial}/rules", summary="操作人、围栏与离线上限 / Set rules", responses=MOVE)
def set_rules(doors: Doors, caller: Manager, serial: str, body: StampRules) -> StampModel:
    """Replace who is enrolled, the fence and the offline cap."""
    _owned(doors, caller, serial)
    after = doors.stamps.register.set_rules(
        serial,
        operators=tuple(body.operators),
        fence=None if body.fence is None else body.fence.fence(),
        offline_cap=body.offline_cap,
        actor=caller.actor,
    )
    return _shown(doors, after)


@router.post("/{serial}/mounting", summary="申请装入印章 / Ask to mount a seal", responses=MOVE)
def request_mount(doors: Doors, caller: Manager, serial: str, body: Mount) -> StampModel:
    """Ask, as the first of two persons, that a seal be mounted."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.request_mount(serial, body.seal, actor=caller.actor))


@router.post("/{serial}/mounting/confirmation", summary="确认装入 / Confirm mounting", responses=MOVE)
def confirm_mount(doors: Doors, caller: Manager, serial: str) -> StampModel:
    """Mount the seal as the second person."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.confirm_mount(serial, actor=caller.actor))


@router.post("/{serial}/dismounting", summary="取出印章 / Dismount", responses=MOVE)
def dismount(doors: Doors, caller: Manager, serial: str, body: StampReason) -> StampModel:
    """Take the seal out; the stamp is locked."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.dismount(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/lock", summary="锁定 / Lock", responses=MOVE)
def lock(doors: Doors, caller: Stopper, serial: str, body: StampReason) -> StampModel:
    """Lock a stamp at once."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.lock(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/loss", summary="设备挂失 / Report lost", responses=MOVE)
def lose(doors: Doors, caller: Stopper, serial: str, body: StampReason) -> StampModel:
    """Report a stamp lost; its seal is frozen on both sides too."""
    known = _owned(doors, caller, serial)
    after = doors.stamps.report_lost(known.serial, actor=caller.actor, reason=body.reason)
    return _shown(doors, after)


@router.post("/{serial}/finding", summary="设备找回 / Report found", responses=MOVE)
def find(doors: Doors, caller: Manager, serial: str, body: StampReason) -> StampModel:
    """Record that a lost stamp is here again; it stays locked."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.report_found(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/inspection", summary="登记检查 / Record an inspection", responses=MOVE)
def inspect(doors: Doors, caller: Manager, serial: str, body: StampReason) -> StampModel:
    """Record what the inspection of an opened stamp found; it stays locked."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.inspect(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/retirement", summary="退役 / Retire", responses=MOVE)
def retire(doors: Doors, caller: Manager, serial: str, body: StampReason) -> StampModel:
    """End a stamp's service."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.retire(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/unlocking", summary="申请解锁 / Ask to unlock", responses=MOVE)
def request_unlock(doors: Doors, caller: Manager, serial: str, body: StampReason) -> StampModel:
    """Ask, as the first of two persons, that a locked stamp work again."""
    _owned(doors, caller, serial)
    made = doors.stamps.register.request_unlock(serial, actor=caller.actor, reason=body.reason)
    return _shown(doors, made)


@router.post("/{serial}/unlocking/confirmation", summary="确认解锁 / Confirm unlocking", responses=MOVE)
def confirm_unlock(doors: Doors, caller: Manager, serial: str) -> StampModel:
    """Let a locked stamp work again as the second person."""
    _owned(doors, caller, serial)
    return _shown(doors, doors.stamps.register.confirm_unlock(serial, actor=caller.actor))


@router.post("/{serial}/orders", summary="下达用印指令 / Order a use", status_code=201, responses=MOVE)
def order(doors: Doors, caller: User, serial: str, body: OrderUse) -> TaskModel:
    """Order a stamp to carry out an approved physical use."""
    _owned(doors, caller, serial)
    made = doors.stamps.orders.use(serial, body.case, hand=hand_of(caller), setting=body.setting())
    return TaskModel.of(made)


@router.delete("/orders/{order_id}", summary="撤回指令 / Cancel an order", responses=MOVE)
def cancel(doors: Doors, caller: User, order_id: str) -> TaskModel:
    """Take back what is left of an order or an offline allowance."""
    _owned(doors, caller, doors.stamps.orders.get(order_id).stamp)
    return TaskModel.of(doors.stamps.orders.cancel(order_id, actor=caller.actor))


@router.post("/{serial}/grants", summary="申请离线额度 / Ask for an offline allowance", responses=MOVE)
def ask_grant(doors: Doors, caller: Manager, serial: str, body: AskGrant) -> GrantModel:
    """Ask, as the first of two persons, for uses without a network."""
    _owned(doors, caller, serial)
    return GrantModel.of(doors.stamps.orders.request_grant(serial, body.wish(), actor=caller.actor))


@router.post(
    "/{serial}/grants/{grant}/confirmation", summary="批准离线额度 / Grant offline uses", responses=MOVE
)
def confirm_grant(doors: Doors, caller: Manager, serial: str, grant: int) -> TaskModel:
    """Grant an offline allowance as the second person."""
    _of_stamp(doors, caller, serial, grant)
    return TaskModel.of(doors.stamps.orders.confirm_grant(grant, actor=caller.actor))


@router.post(
    "/{serial}/grants/{grant}/refusal", summary="不批准离线额度 / Refuse offline uses", responses=MOVE
)
def refuse_grant(doors: Doors, caller: Manager, serial: str, grant: int) -> GrantModel:
    """Turn a request for an offline allowance down."""
    _of_stamp(doors, caller, serial, grant)
    return GrantModel.of(doors.stamps.orders.turn_down(grant, actor=caller.actor))


def _owned(doors: Doors, caller: Principal, serial: str) -> Stamp:
    """Return a stamp that the caller may see."""
    stamp = doors.stamps.register.get(serial)
    caller.acting_for(stamp.uscc)
    return stamp


def _of_stamp(doors: Doors, caller: Principal, serial: str, grant: int) -> None:
    _owned(doors, caller, serial)
    if grant not in {each.id for each in doors.stamps.orders.grants(serial)}:
        raise GrantUnknown(str(grant))


def _shown(doors: Doors, stamp: Stamp) -> StampModel:
    return StampModel.of(doors.stamps.board.view(stamp.serial))
