"""``yinxin parties``: several enterprises seal one document, in order or free."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ID_WIDTH,
    ActorOption,
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
    hand,
    installation,
    moment,
    out,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.schemas.rounds import RoundModel, TimelineModel, read_party
from api.services import Services
from api.tokens.enrolment import token_of
from seals.cases.case import Hand
from signing.containers.certification import Certification, FieldLock
from signing.level import Level
from signing.parties.round import Round, RoundWish
from signing.parties.round_store import RoundQuery
from signing.parties.sealing import PartyChoice
from signing.placing.where import parse_where

INITIATOR = "person:zhang.min=张敏"
KEEPER = "person:li.wei=李伟"
app = typer.Typer(help="多方签署 / several parties on one document", no_args_is_help=True)
For = Annotated[str, typer.Option("--for", help="代表的企业 / the enterprise acted for (credit code)")]
Id = Annotated[str, typer.Argument(help="签署事项编号 / number of the round")]
Number = Annotated[int, typer.Argument(help="签署方序号 / number of the party")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]


def acting(text: str, uscc: str) -> Hand:
    """Read ``--as`` and ``--for``."""
    return hand(text, uscc or None)


@app.command("open")
def open_round(
    *,
    file: Annotated[Path, typer.Argument(help="待签文件 / the document")],
    title: Annotated[str, typer.Option(help="事由 / what it is")],
    party: Annotated[list[str], typer.Option(help="签署方 USCC|角色|顺序|种类|位置 / a party; repeat it")],
    days: Annotated[int, typer.Option(min=1, max=365, help="期限（天）/ days until the deadline")] = 15,
    remind: Annotated[str, typer.Option(help="到期前几天提醒 / days before to remind")] = "3,1",
    reserve: Annotated[bool, typer.Option(help="预留签名域 / keep a field for each party")] = True,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    home: HomeOption = None,
    actor: ActorOption = INITIATOR,
    uscc: For = "",
    as_json: JsonOption = False,
) -> None:
    """发起多方签署 / begin a round."""
    octets, who = read_bytes(file), acting(actor, uscc)
    parties = tuple(read_party(one) for one in party)
    reminders = tuple(int(one) for one in remind.split(",") if one.strip().isdecimal())
    with installation(home) as services:
        wish = RoundWish(title, parties, services.clock() + timedelta(days=days), reminders, reserve)
        key = request_key or uuid.uuid4().hex
        found = services.papers.rounds.open(octets, file.name, wish, request_key=key, hand=who)
    _show(found, as_json=as_json)


@app.command()
def seal(
    *,
    round_id: Id,
    party: Number,
    seal_code: Annotated[str, typer.Option("--seal", help="印章编码 / code of the seal")],
    at: Annotated[str, typer.Option("--at", help="未约定位置时 / place, where none was agreed")] = "",
    version: Annotated[int | None, typer.Option(help="已查看的版本 / the version looked at")] = None,
    level: Annotated[Level, typer.Option(help="PAdES")] = Level.B_LT,
    case: Annotated[str, typer.Option(help="用印事项编号 / number of the approved case")] = "",
    certify: Annotated[str, typer.Option(help="认证 / no-changes, form-filling, annotations")] = "",
    lock: Annotated[str, typer.Option(help="锁定 / all, include:NAME,…, exclude:NAME,…")] = "",
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
    pin_file: PinFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """作为签署方用印 / seal as a party."""
    choice = PartyChoice(
        seal_code,
        parse_where(at) if at else None,
        version,
        level,
        case,
        certify=Certification.parse(certify) if certify else None,
        lock=FieldLock.parse(lock) if lock else None,
    )
    with installation(home) as services:
        owner = services.seals.get(seal_code).owner.uscc
        pin = ask_pin(pin_file, token_of(owner), services.home)
        rounds = services.papers.rounds
        made = rounds.sealing.seal(round_id, party, choice, hand=acting(actor, owner), pin=pin)
        services.evidence.publish()
    _show(made.round, as_json=as_json)


@app.command()
def decline(
    round_id: Id,
    party: Number,
    reason: Why,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
    uscc: For = "",
    as_json: JsonOption = False,
) -> None:
    """拒签 / decline, with a reason."""
    with installation(home) as services:
        found = services.papers.rounds.decline(round_id, party, reason=reason, hand=acting(actor, uscc))
    _show(found, as_json=as_json)


@app.command()
def substitute(
    round_id: Id,
    party: Number,
    by: Annotated[str, typer.Option("--by", help="接替的企业 / credit code of who takes the place")],
    reason: Why,
    home: HomeOption = None,
    actor: ActorOption = INITIATOR,
    uscc: For = "",
    as_json: JsonOption = False,
) -> None:
    """更换签署方 / put another enterprise in a party's place."""
    with installation(home) as services:
        rounds, who = services.papers.rounds, acting(actor, uscc)
        found = rounds.substitute(round_id, party, by, reason=reason, hand=who)
    _show(found, as_json=as_json)


@app.command()
def withdraw(
    round_id: Id,
    reason: Why,
    home: HomeOption = None,
    actor: ActorOption = INITIATOR,
    uscc: For = "",
    as_json: JsonOption = False,
) -> None:
    """撤回 / withdraw, as the initiator."""
    with installation(home) as services:
        found = services.papers.rounds.withdraw(round_id, reason=reason, hand=acting(actor, uscc))
    _show(found, as_json=as_json)


@app.command()
def extend(
    round_id: Id,
    until: Annotated[str, typer.Option("--until", help="新期限 / new deadline, ISO 8601")],
    home: HomeOption = None,
    actor: ActorOption = INITIATOR,
    uscc: For = "",
    as_json: JsonOption = False,
) -> None:
    """延长期限 / move the deadline."""
    with installation(home) as services:
        found = services.papers.rounds.extend(round_id, moment(until), hand=acting(actor, uscc))
    _show(found, as_json=as_json)


@app.command("list")
def list_rounds(
    uscc: For = "",
    waiting: Annotated[
        bool, typer.Option("--waiting", help="只看轮到该企业的 / only those that wait")
    ] = False,
    after: Annotated[str, typer.Option(help="从此编号之后 / after this number")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出签署事项 / list rounds."""
    with installation(home) as services:
        found = services.papers.rounds.list(RoundQuery(None, uscc, waiting, after, 100))
    if as_json:
        print_json([RoundModel.of(one) for one in found])
        return
    made = table(
        "编号 / number",
        "事由 / what",
        "状态 / state",
        "进度 / done",
        "轮到 / turn",
        "期限 / by",
        first=ID_WIDTH,
    )
    for one in found:
        turn = "、".join(party.role for party in one.called)
        done = f"{one.version}/{len(one.parties)}"
        made.add_row(one.id, one.title, one.status.zh, done, turn, f"{one.deadline:%Y-%m-%d}")
    out().print(made)


@app.command()
def show(round_id: Id, home: HomeOption = None, uscc: For = "", as_json: JsonOption = False) -> None:
    """查看签署事项与记录 / show a round and who did what."""
    with installation(home) as services:
        who = acting("person:operator", uscc)
        found = services.papers.rounds.get(round_id, hand=who)
        entries = services.papers.rounds.entries(round_id, hand=who)
    if as_json:
        timeline = TimelineModel.of(entries).model_dump(mode="json")["items"]
        print_json(RoundModel.of(found).model_dump(mode="json") | {"timeline": timeline})
        return
    _show(found, as_json=False)
    made = table("时间 / at", "办理 / act", "签署方 / party", "由 / by", "凭据 / credential")
    for one in entries:
        party = found.party(one.party)
        role = "" if party is None else party.role
        made.add_row(
            f"{one.at:%Y-%m-%d %H:%M:%S}", one.act.zh, role, one.actor.name or one.actor.id, one.credential
        )
    out().print(made)


@app.command()
def fetch(
    round_id: Id,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="另存为 / where to")],
    version: Annotated[
        int | None, typer.Option(help="版本，默认最新 / version, the newest by default")
    ] = None,
    home: HomeOption = None,
    uscc: For = "",
) -> None:
    """取回文件 / fetch a version of the document."""
    with installation(home) as services:
        octets = _document(services, round_id, version, uscc)
    write_bytes(target, octets)
    say(f"已保存 {target}", f"Saved {target}")


def _document(services: Services, round_id: str, version: int | None, uscc: str) -> bytes:
    return services.papers.rounds.document(round_id, version, hand=acting("person:operator", uscc))


def _show(found: Round, *, as_json: bool) -> None:
    if as_json:
        print_json(RoundModel.of(found))
        return
    say(
        f"签署事项 {found.id}：{found.status.zh}，已签 {found.version}/{len(found.parties)} 方",
        f"round {found.id}: {found.status.value}, {found.version} of {len(found.parties)} sealed",
    )
    called = {one.number for one in found.called}
    made = table(
        "序号 / no", "角色 / part", "企业 / enterprise", "状态 / state", "位置 / where", "原因 / reason"
    )
    for one in found.parties:
        state = "轮到 / turn" if one.number in called else one.status.zh
        made.add_row(str(one.number), one.role, one.enterprise, state, one.field or one.where, one.reason)
    out().print(made)
