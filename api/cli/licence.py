"""``yinxin licence``: grant an electronic licence, find it, suspend, resume, withdraw, cancel, revoke it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
    installation,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.errors import InputInvalid
from api.schemas.licences import LicenceModel
from api.tokens.enrolment import token_of
from ca.clock import BEIJING, Clock
from signing.level import Level
from signing.licences.desk import LicenceOrder
from signing.licences.licence import Licence, LicenceAct
from signing.placing.placement import Placement

ISSUER = "person:li.wei=李伟"
app = typer.Typer(help="电子证照 / electronic licences", no_args_is_help=True)
Identifier = Annotated[str, typer.Argument(help="证照标识 / identifier (GB/T 36904)")]
Reason = Annotated[str, typer.Option(help="原因 / why")]


@app.command()
def issue(
    *,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="证照版面 PDF / the licence's face")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="颁发结果 / sealed licence")],
    type_code: Annotated[str, typer.Option("--type", help="证照类型代码，21 位 / code of its type")],
    name: Annotated[str, typer.Option(help="证照名称，如 营业执照 / what it is called")],
    number: Annotated[str, typer.Option(help="证照号码 / the number on it")],
    holder: Annotated[str, typer.Option(help="持证主体的统一社会信用代码 / holder's USCC")],
    seal: Annotated[str, typer.Option("--seal", help="颁发机构的印章编码 / seal of the authority")],
    at: Annotated[str, typer.Option("--at", help="页:X,Y 毫米 / PAGE:X,Y in mm from the top left")],
    since: Annotated[str, typer.Option("--from", help="起始日 2026-01-31，默认今天 / first day")] = "",
    until: Annotated[str, typer.Option("--to", help="截止日，不给则长期 / last day, none without it")] = "",
    serial: Annotated[str, typer.Option(help="流水号，默认随机 / serial, drawn at random")] = "",
    version: Annotated[int, typer.Option(min=1, max=999, help="版本 / version")] = 1,
    level: Annotated[Level, typer.Option(help="PAdES")] = Level.B_LT,
    home: HomeOption = None,
    actor: ActorOption = ISSUER,
    pin_file: PinFileOption = None,
    case_id: Annotated[str, typer.Option("--case", help="已批准的用印事项 / the approved case")] = "",
    key: Annotated[str, typer.Option("--request-key", help="重试时保持不变 / keep it when retrying")] = "",
    as_json: JsonOption = False,
) -> None:
    """颁发证照：由颁发机构盖章并登记 / grant a licence: sealed by its authority, and on record."""
    place, document = Placement.parse(at), read_bytes(source)
    with installation(home) as services:
        owner = services.seals.get(seal).owner.uscc
        who = person(actor, owner)
        known = services.licences.asked(who, key) if key and not since else None
        begins = known.valid_from if known else _first(since, services.clock)
        order = LicenceOrder(
            type_code=type_code,
            name=name,
            number=number,
            holder_uscc=holder,
            valid_from=begins,
            valid_to=_day(until, "to", time.max.replace(microsecond=0)) if until else None,
            document=document,
            file_name=source.name,
            seal_code=seal,
            placement=place,
            request_key=key or uuid.uuid4().hex,
            serial=serial,
            version=version,
            level=level,
            case=case_id,
            credential="cli",
        )
        pin = ask_pin(pin_file, token_of(owner), services.home)
        granted, sealed = services.licences.issue(order, actor=who, pin=pin)
        services.evidence.publish()
        now = services.clock()
    write_bytes(target, sealed.bytes)
    if as_json:
        print_json(LicenceModel.of(granted, now))
        return
    say(
        f"已颁发：{granted.name} {granted.identifier}，{target}",
        f"Granted: {granted.name} {granted.identifier}, {target}",
    )


@app.command("list")
def list_licences(
    home: HomeOption = None,
    uscc: Annotated[str, typer.Option(help="持证主体或颁发机构 / holder or issuer")] = "",
    as_json: JsonOption = False,
) -> None:
    """证照列表 / list licences."""
    with installation(home) as services:
        found, now = services.licences.list(uscc, "", 200), services.clock()
    if as_json:
        print_json({"items": [LicenceModel.of(one, now) for one in found]})
        return
    listing = table(
        "名称 / name", "持证主体 / holder", "有效期至 / until", "状态 / status", "标识 / identifier", first=12
    )
    for one in found:
        until = one.valid_to.astimezone(BEIJING).date().isoformat() if one.valid_to else "长期 / no end"
        words = one.standing(now)
        listing.add_row(one.name, one.holder_name, until, words.zh, str(one.identifier))
    out().print(listing)


@app.command()
def show(identifier: Identifier, home: HomeOption = None) -> None:
    """证照详情 / show one."""
    with installation(home) as services:
        found, now = services.licences.get(identifier), services.clock()
    print_json(LicenceModel.of(found, now))


@app.command()
def suspend(
    identifier: Identifier, reason: Reason, home: HomeOption = None, actor: ActorOption = ISSUER
) -> None:
    """暂停 / suspend."""
    _told(_act(identifier, LicenceAct.SUSPEND, reason, home, actor))


@app.command()
def resume(
    identifier: Identifier, reason: Reason, home: HomeOption = None, actor: ActorOption = ISSUER
) -> None:
    """恢复 / resume."""
    _told(_act(identifier, LicenceAct.RESUME, reason, home, actor))


@app.command()
def withdraw(
    identifier: Identifier, reason: Reason, home: HomeOption = None, actor: ActorOption = ISSUER
) -> None:
    """撤回 / withdraw."""
    _told(_act(identifier, LicenceAct.WITHDRAW, reason, home, actor))


@app.command()
def cancel(
    identifier: Identifier, reason: Reason, home: HomeOption = None, actor: ActorOption = ISSUER
) -> None:
    """注销 / cancel."""
    _told(_act(identifier, LicenceAct.CANCEL, reason, home, actor))


@app.command()
def revoke(
    identifier: Identifier, reason: Reason, home: HomeOption = None, actor: ActorOption = ISSUER
) -> None:
    """吊销 / revoke."""
    _told(_act(identifier, LicenceAct.REVOKE, reason, home, actor))


def _act(identifier: str, act: LicenceAct, reason: str, home: Path | None, actor: str) -> Licence:
    with installation(home) as services:
        return services.licences.act(identifier, act, reason, actor=person(actor))


def _told(one: Licence) -> None:
    say(f"{one.name} {one.identifier}：{one.status.zh}", f"{one.name} {one.identifier}: {one.status.en}")


def _first(text: str, clock: Clock) -> datetime:
    if text:
        return _day(text, "from", time.min)
    return clock().astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _day(text: str, field: str, at: time) -> datetime:
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=BEIJING)
    except ValueError as wrong:
        raise InputInvalid(
            f"“--{field}”：日期应写作 2026-01-31。", f"--{field}: a day is written 2026-01-31."
        ) from wrong
    return datetime.combine(found.date(), at, BEIJING).astimezone(UTC)
