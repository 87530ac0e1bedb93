"""``yinxin seal``, the later life: order, close, suspend, lift, renew, hand over, destroy, status as of a past time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    installation,
    moment,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
)
from api.cli.seal import APPLICANT, APPROVER, KEEPER, Code, Why, show_state
from api.errors import InputInvalid
from api.schemas.seal_life import DestructionModel, StandingModel
from api.tokens.enrolment import serial_of
from seals.destruction import Destruction, Method, keep
from seals.history import Standing
from seals.keepers import KeeperWish
from seals.renewal import RenewalRequest
from seals.seal import SealRecord

Maybe = Annotated[str, typer.Option("--reason", help="说明 / a word on why")]
Confirm = Annotated[bool, typer.Option("--confirm", help="由另一人确认 / confirm, as a second person")]


def order(code: Code, home: HomeOption = None, actor: ActorOption = APPROVER) -> None:
    """批准制作实物，须由另一人 / approve for engraving, as a second person."""
    with installation(home) as services:
        show_state(services.seals.order(code, actor=person(actor)))


def close(code: Code, reason: Why, home: HomeOption = None, actor: ActorOption = APPROVER) -> None:
    """关闭制作中或无人领取的印章 / close a seal that is being made or not claimed."""
    with installation(home) as services:
        show_state(services.seals.close(code, actor=person(actor), reason=reason))


def suspend(code: Code, reason: Why, home: HomeOption = None, actor: ActorOption = KEEPER) -> None:
    """停用，实物与电子同时 / put both sides out of use for a while."""
    with installation(home) as services:
        record = services.seals.suspend(code, actor=person(actor), reason=reason)
        services.evidence.publish()
        show_state(record)


def lift(
    code: Code,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
    reason: Maybe = "",
    confirm: Confirm = False,
) -> None:
    """申请或确认解除停用，两人办理 / ask for or confirm the end of a suspension; it takes two people."""
    with installation(home) as services:
        act = services.seals.lift if confirm else services.seals.request_lift
        record = act(code, actor=person(actor), reason=reason)
        services.evidence.publish()
        show_state(record)
    if not confirm:
        _ask_second("lift", code)


def rename_owner(
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 / unified social credit code")],
    name: Annotated[str, typer.Argument(help="新的登记名称 / the new registered name")],
    home: HomeOption = None,
    actor: ActorOption = APPLICANT,
) -> None:
    """企业更名：为每枚在用的印章申请换发 / record an owner's new name; each seal in use is applied for anew."""
    with installation(home) as services:
        pending = services.seals.rename_owner(uscc, name, actor=person(actor))
        services.evidence.publish()
    say(f"已登记新名称“{name}”；原名称下盖的文件照常核验。", f"The new name is recorded: {name}")
    for record in pending:
        say(
            f"换发申请 {record.code}（替换 {record.predecessor}）：先签发新名称的证书，再由另一人 yinxin seal approve。",
            f"Seal {record.code} waits to replace {record.predecessor}: issue a certificate to the new name, then approve it.",
        )


def renew(
    code: Code,
    home: HomeOption = None,
    actor: ActorOption = APPLICANT,
    certificate: Annotated[
        str, typer.Option(help="新证书序列号；不给则取最近一张 / serial of the new certificate")
    ] = "",
    days: Annotated[int | None, typer.Option(help="有效天数 / days of validity", show_default=False)] = None,
    reason: Maybe = "",
    confirm: Confirm = False,
) -> None:
    """申请或确认续期，两人办理 / ask for or confirm a renewal; it takes two people."""
    with installation(home) as services:
        if confirm:
            asked = services.seals.renewal_waiting(code)
            if asked is not None:
                services.enrolment.in_force(asked.serial)  # revoked since it was asked for: refused
            record = services.seals.renew(code, actor=person(actor), reason=reason)
        else:
            bound = (
                services.enrolment.in_force(serial_of(certificate))
                if certificate
                else services.enrolment.latest(services.seals.get(code).owner.uscc)
            )
            wish = RenewalRequest(bound, days)
            record = services.seals.request_renewal(code, wish, actor=person(actor), reason=reason)
        show_state(record)
    if not confirm:
        _ask_second("renew", code)


def hand_over(
    code: Code,
    keeper: Annotated[str, typer.Option(help="新保管人 / the new keeper: person:ID")] = "",
    principal: Annotated[
        bool, typer.Option("--principal", help="交接主要保管人 / as the principal keeper")
    ] = False,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
    reason: Maybe = "",
    confirm: Confirm = False,
) -> None:
    """申请或确认保管人交接，两人办理 / ask for or confirm a further or another principal keeper; it takes two people."""
    with installation(home) as services:
        if confirm:
            record = services.seals.change_keeper(code, actor=person(actor), reason=reason)
        elif keeper:
            wish = KeeperWish(person(keeper).id, principal)
            record = services.seals.request_keeper(code, wish, actor=person(actor), reason=reason)
        else:
            raise InputInvalid("请用 --keeper 指明新保管人。", "Name the new keeper with --keeper.")
        show_state(record)
        _show_keepers(record)
    if not confirm:
        _ask_second("hand-over", code)


def remove_keeper(
    code: Code,
    keeper: Annotated[str, typer.Argument(help="保管人 / keeper: person:ID")],
    reason: Why,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """撤销保管人，立即生效；主要保管人须先交接 / strike a keeper off, at once; the principal one hands over first."""
    with installation(home) as services:
        record = services.seals.remove_keeper(code, keeper, actor=person(actor), reason=reason)
        show_state(record)
        _show_keepers(record)


def _show_keepers(record: SealRecord) -> None:
    listed = "、".join(f"{one}*" if one == record.keeper else one for one in record.keepers)
    say(f"保管人（* 主要）：{listed}", f"Keepers (* principal): {listed}")


def destroy(
    code: Code,
    picture: Annotated[Path, typer.Option(help="销毁照片 JPEG/PNG / picture of what is left")],
    witness: Annotated[str, typer.Option(help="监销人 / the witness: person:ID")],
    method: Annotated[
        str, typer.Option(help="、".join(f"{each.key} {each.zh}" for each in Method))
    ] = Method.CRUSHED.key,
    reason: Maybe = "",
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """登记实物销毁，须有监销人与照片 / record the destruction of the physical seal, with witness and picture."""
    how, octets = Method.of(method), read_bytes(picture)
    with installation(home) as services:
        what = Destruction(person(witness).id, how, keep(services.evidence_files, octets))
        show_state(services.seals.destroy(code, what, actor=person(actor), reason=reason))
        found = services.seals.destruction(code)
    if found is not None:
        print_json(DestructionModel.of(found))


def status(
    code: Annotated[str, typer.Argument(help="14 位电子或 13 位实物编码 / either code")],
    home: HomeOption = None,
    at: Annotated[str, typer.Option(help="查询此时的状态 / as of this past moment")] = "",
    as_json: JsonOption = False,
) -> None:
    """印章现在或过去某时的状态 / how a seal stands now, or stood at a past time."""
    when = moment(at) if at else None
    with installation(home) as services:
        found = services.seals.standing_at(code, when)
    if as_json:
        print_json(StandingModel.of(found))
        return
    _show_standing(found)


def _show_standing(found: Standing) -> None:
    listing = table("项目 / item", "内容 / value")
    word = f"{found.status.zh} / {found.status.value}"
    rows = {
        "印章 / seal": f"{found.code} {found.name}",
        "实物编码 / physical": found.physical_code,
        "时间 / at": f"{found.at:%Y-%m-%d %H:%M:%S} UTC",
        "状态 / state": word + ("（已过期 / expired）" if found.expired else ""),
        "自 / since": f"{found.since:%Y-%m-%d %H:%M:%S} UTC",
        "有效期 / valid": ""
        if found.valid_from is None or found.valid_to is None
        else f"{found.valid_from:%Y-%m-%d} – {found.valid_to:%Y-%m-%d}",
        "前一枚 / predecessor": found.predecessor or "",
        "换发为 / successor": found.successor or "",
    }
    for item, value in rows.items():
        if value:
            listing.add_row(item, value)
    out().print(listing)


def _ask_second(command: str, code: str) -> None:
    say(
        f"申请已登记。须由另一人确认：yinxin seal {command} {code} --confirm --as person:…",
        f"The request is on record; another person confirms it: yinxin seal {command} {code} --confirm --as person:…",
    )


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``yinxin seal``."""
    for command in (
        order,
        close,
        suspend,
        lift,
        renew,
        rename_owner,
        hand_over,
        remove_keeper,
        destroy,
        status,
    ):
        app.command()(command)
