"""``yinxin stamp``: register, mount, order, lock, unlock, alarms, uses, proofs of smart stamps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    installation,
    out,
    person,
    print_json,
    say,
    table,
    write_bytes,
)
from api.cli.stamp_link import register as register_line_commands
from api.files import read_file
from api.schemas.stamp_work import AlarmModel, ProofModel, UseModel
from api.schemas.stamps import StampModel
from api.tokens.enrolment import serial_of
from ca.certificate import CertificateRequest, SubjectName, spki_sha256
from ca.profile import CHIP_AUTH
from ca.request_file import read_request
from seals.cases.case import Hand
from seals.devices.board import StampView, UseQuery
from seals.devices.orders import UseSetting
from seals.devices.stamp import GrantWish, Registration, Stamp
from seals.devices.wire import Fence, Position

MANAGER = "person:mou.yi=设备管理员"
KEEPER = "person:li.wei=李伟"
app = typer.Typer(help="智能印章 / smart stamps", no_args_is_help=True)
Serial = Annotated[str, typer.Argument(help="设备序列号 / serial number")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]
Confirm = Annotated[bool, typer.Option("--confirm", help="确认，须由另一人 / confirm, as the second person")]
Operators = Annotated[
    list[str] | None, typer.Option("--operator", help="操作人编号，可多次 / who may press; again for more")
]
FenceOption = Annotated[
    str, typer.Option("--fence", help="围栏：纬度,经度,半径米 / fence: latitude,longitude,metres")
]


@app.command()
def certify(
    serial: Serial,
    request: Annotated[
        Path, typer.Option("--request", help="芯片密钥的 PKCS#10 请求 / request over its key")
    ],
    target: Annotated[Path, typer.Option("--out", help="证书写到此文件 / write the certificate here")],
    home: HomeOption = None,
    actor: ActorOption = MANAGER,
) -> None:
    """给设备芯片签发身份证书 / certify the key in a stamp's chip."""
    with installation(home) as services:
        services.demand_direct_issuance()
        key = read_request(read_file(request)).public_key
        name = (
            f"stamp:{serial}:{spki_sha256(key)[:32]}"  # the same request again returns the same certificate
        )
        wish = CertificateRequest(CHIP_AUTH.id, SubjectName(serial), key)
        made = services.authority.issue(wish, request_key=name, actor=person(actor))
    write_bytes(target, made.der)
    say(f"证书序列号 {made.serial:x}", f"certificate serial {made.serial:x}")


@app.command()
def register(
    serial: Serial,
    *,
    certificate: Annotated[str, typer.Option(help="芯片证书序列号（十六进制）/ certificate serial, hex")],
    uscc: Annotated[str, typer.Option(help="统一社会信用代码 / owner's code")],
    model: Annotated[str, typer.Option(help="型号 / model")] = "smart stamp",
    operator: Operators = None,
    fence: FenceOption = "",
    offline_cap: Annotated[int, typer.Option(help="离线额度上限，0 为不许 / most offline uses")] = 0,
    home: HomeOption = None,
    actor: ActorOption = MANAGER,
) -> None:
    """登记设备 / register a stamp."""
    wish = Registration(
        serial, model, uscc, serial_of(certificate), tuple(operator or ()), _fence(fence), offline_cap
    )
    with installation(home) as services:
        _say(services.stamps.register.register(wish, actor=person(actor, uscc)))


@app.command()
def mount(
    serial: Serial,
    seal: Annotated[str, typer.Option(help="印章编码 / seal's code")] = "",
    *,
    confirm: Confirm = False,
    home: HomeOption = None,
    actor: ActorOption = MANAGER,
) -> None:
    """装入印章，两人办理 / mount a seal; it takes two people."""
    with installation(home) as services:
        register_ = services.stamps.register
        if confirm:
            _say(register_.confirm_mount(serial, actor=person(actor)))
            return
        _say(register_.request_mount(serial, seal, actor=person(actor)))
    _second(f"yinxin stamp mount {serial} --confirm --as person:…")


@app.command()
def dismount(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = MANAGER) -> None:
    """取出印章 / take the seal out."""
    with installation(home) as services:
        _say(services.stamps.register.dismount(serial, actor=person(actor), reason=reason))


@app.command()
def lock(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = KEEPER) -> None:
    """锁定设备 / lock a stamp."""
    with installation(home) as services:
        after = services.stamps.register.lock(serial, actor=person(actor), reason=reason)
        services.stamps.dispatch(actor=person(actor))
        _say(after)


@app.command()
def unlock(
    serial: Serial,
    reason: Why = "",
    *,
    confirm: Confirm = False,
    home: HomeOption = None,
    actor: ActorOption = MANAGER,
) -> None:
    """解锁设备，两人办理 / unlock a stamp; it takes two people."""
    with installation(home) as services:
        register_ = services.stamps.register
        if confirm:
            after = register_.confirm_unlock(serial, actor=person(actor))
            services.stamps.dispatch(actor=person(actor))
            _say(after)
            return
        _say(register_.request_unlock(serial, actor=person(actor), reason=reason))
    _second(f"yinxin stamp unlock {serial} --confirm --as person:…")


@app.command()
def lost(
    serial: Serial, reason: Why = "设备遗失", home: HomeOption = None, actor: ActorOption = KEEPER
) -> None:
    """设备挂失，印章同时冻结 / report a stamp lost; its seal is frozen too."""
    with installation(home) as services:
        _say(services.stamps.report_lost(serial, actor=person(actor), reason=reason))
        services.stamps.dispatch(actor=person(actor))
        services.evidence.publish()


@app.command()
def found(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = MANAGER) -> None:
    """设备找回，仍锁定 / a lost stamp is here again; it stays locked."""
    with installation(home) as services:
        _say(services.stamps.register.report_found(serial, actor=person(actor), reason=reason))


@app.command()
def inspect(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = MANAGER) -> None:
    """登记拆动后的检查 / record the inspection of an opened stamp."""
    with installation(home) as services:
        _say(services.stamps.register.inspect(serial, actor=person(actor), reason=reason))


@app.command()
def retire(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = MANAGER) -> None:
    """设备退役 / retire a stamp."""
    with installation(home) as services:
        _say(services.stamps.register.retire(serial, actor=person(actor), reason=reason))


@app.command()
def order(
    serial: Serial,
    case: Annotated[str, typer.Option(help="已批准的实物用印单 / approved case of physical use")],
    *,
    place: Annotated[str, typer.Option(help="用印地点 / where")] = "",
    operator: Operators = None,
    fence: FenceOption = "",
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """按已批准的用印单下达指令 / order a use for an approved case."""
    setting = UseSetting(place, _fence(fence), tuple(operator or ()))
    with installation(home) as services:
        hand = Hand(person(actor), "cli")
        made = services.stamps.orders.use(serial, case, hand=hand, setting=setting)
        services.stamps.dispatch(actor=hand.actor)
    say(f"指令 {made.id}：{made.count} 次", f"order {made.id}: {made.count} uses")


@app.command()
def cancel(
    order_id: Annotated[str, typer.Argument(help="指令编号 / order")],
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """撤回未执行的指令 / cancel what is left of an order."""
    with installation(home) as services:
        services.stamps.orders.cancel(order_id, actor=person(actor))
        services.stamps.dispatch(actor=person(actor))
    say("已撤回；设备收到后生效。", "Cancelled; it takes effect when the stamp hears of it.")


@app.command()
def grant(
    serial: Serial,
    *,
    count: Annotated[int, typer.Option(help="次数 / uses")] = 0,
    hours: Annotated[int, typer.Option(min=1, max=72, help="有效小时 / hours")] = 8,
    operator: Operators = None,
    reason: Why = "",
    confirm: Annotated[int, typer.Option("--confirm", help="批准此申请 / grant this request")] = 0,
    home: HomeOption = None,
    actor: ActorOption = MANAGER,
) -> None:
    """离线额度，两人办理 / an offline allowance; it takes two people."""
    with installation(home) as services:
        if confirm:
            made = services.stamps.orders.confirm_grant(confirm, actor=person(actor))
            services.stamps.dispatch(actor=person(actor))
            say(f"离线额度 {made.count} 次：{made.id}", f"offline allowance of {made.count}: {made.id}")
            return
        end = services.clock() + timedelta(hours=hours)
        wish = GrantWish(count, tuple(operator or ()), end, reason)
        asked = services.stamps.orders.request_grant(serial, wish, actor=person(actor))
    _second(f"yinxin stamp grant {serial} --confirm {asked.id} --as person:…")


@app.command("list")
def list_stamps(home: HomeOption = None, uscc: str = "", *, as_json: JsonOption = False) -> None:
    """设备看板 / list stamps with what is left."""
    with installation(home) as services:
        views = services.stamps.board.list(uscc or None, limit=200).items
    if as_json:
        print_json([StampModel.of(view) for view in views])
        return
    listing = table(
        "序列号 / serial", "状态 / state", "印章 / seal", "剩余 / left", "告警 / alarms", "在线 / online"
    )
    for view in views:
        listing.add_row(*_row(view))
    out().print(listing)


@app.command()
def show(serial: Serial, home: HomeOption = None) -> None:
    """设备详情 / show a stamp."""
    with installation(home) as services:
        print_json(StampModel.of(services.stamps.board.view(serial)))


@app.command()
def alarms(
    home: HomeOption = None,
    serial: Annotated[str, typer.Option(help="只看此设备 / of this stamp")] = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="含已确认的 / acknowledged ones too")] = False,
    as_json: JsonOption = False,
) -> None:
    """告警 / alarms."""
    with installation(home) as services:
        items = services.stamps.board.alarms(serial=serial, open_only=not every)
    if as_json:
        print_json([AlarmModel.of(alarm) for alarm in items])
        return
    listing = table("编号 / id", "设备 / stamp", "告警 / alarm", "事件 / event", "时间 / at", "详情 / detail")
    for alarm in items:
        at = f"{alarm.raised_at:%Y-%m-%d %H:%M:%SZ}"
        listing.add_row(str(alarm.id), alarm.stamp, alarm.kind.zh, str(alarm.number), at, alarm.detail)
    out().print(listing)


@app.command()
def ack(
    alarm: Annotated[int, typer.Argument(help="告警编号 / alarm")],
    note: Annotated[str, typer.Option(help="查明的情况 / what was found")],
    home: HomeOption = None,
    actor: ActorOption = MANAGER,
) -> None:
    """确认告警 / acknowledge an alarm."""
    with installation(home) as services:
        services.stamps.alarms.acknowledge(alarm, actor=person(actor), note=note)
    say("已确认。", "Acknowledged.")


@app.command()
def uses(
    home: HomeOption = None,
    serial: Annotated[str, typer.Option(help="只看此设备 / of this stamp")] = "",
    case: Annotated[str, typer.Option(help="只看此用印单 / of this case")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """实物用印记录与影像状态 / uses and their pictures."""
    with installation(home) as services:
        found_, now = services.stamps.board.uses(UseQuery(serial, case)), services.clock()
    if as_json:
        print_json([UseModel.of(use, now) for use in found_])
        return
    listing = table(
        "设备 / stamp", "事件 / event", "用印单 / case", "结果 / outcome", "影像 / picture", first=8
    )
    for use in found_:
        picture = use.picture.zh + ("（逾期 / late）" if use.picture_late(now) else "")
        listing.add_row(use.stamp, str(use.number), use.case or use.order, use.status.value, picture)
    out().print(listing)


@app.command()
def prove(serial: Serial, home: HomeOption = None) -> None:
    """由签名事件重新核算全部次数 / count everything again from the signed events."""
    with installation(home) as services:
        proof = services.stamps.board.prove(serial)
    print_json(ProofModel.of(proof))
    if proof.differences:
        raise typer.Exit(1)


def _row(view: StampView) -> tuple[str, ...]:
    stamp = view.stamp
    left = "; ".join(f"{task.title or task.kind.value} {task.left}/{task.count}" for task in view.tasks)
    online = "是 / yes" if view.online else "否 / no"
    return (stamp.serial, stamp.status.zh, stamp.seal, left, str(view.open_alarms), online)


def _fence(text: str) -> Fence | None:
    if not text:
        return None
    try:
        latitude, longitude, radius = text.split(",")
        return Fence(Position(round(float(latitude) * 1e6), round(float(longitude) * 1e6)), int(radius))
    except (ValueError, OverflowError):
        raise typer.BadParameter("30.274,120.155,300", param_hint="--fence") from None


def _say(stamp: Stamp) -> None:
    zh = f"设备 {stamp.serial}：{stamp.status.zh}，印章 {stamp.seal or '未装入'}"
    say(zh, f"Stamp {stamp.serial}: {stamp.status.value}, seal {stamp.seal or 'none'}")


def _second(command: str) -> None:
    say(f"须由另一人确认：{command}", f"Another person confirms: {command}")


register_line_commands(app)
