"""``yinxin void``: void a sealed document by agreement of its sealers."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ID_WIDTH,
    ActorOption,
    HomeOption,
    JsonOption,
    hand,
    installation,
    out,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.schemas.voidings import VoidingModel
from signing.order import digest_of
from signing.voiding.desk import VoidWish
from signing.voiding.states import VoidStatus
from signing.voiding.voiding import Voiding

ASKER = "person:zhang.min=张敏"
SECOND = "person:chen.jing=陈静"
app = typer.Typer(help="作废 / voiding sealed documents", no_args_is_help=True)
For = Annotated[str, typer.Option("--for", help="代表的签章单位 / the sealer acted for (credit code)")]
Id = Annotated[str, typer.Argument(help="作废申请编号 / number of the voiding")]
Why = Annotated[str, typer.Option("--reason", help="原因（公开显示）/ reason, shown to everybody")]


@app.command()
def ask(
    *,
    file: Annotated[Path, typer.Argument(help="签章后的文件 / the sealed document")],
    reason: Why,
    uscc: For,
    home: HomeOption = None,
    actor: ActorOption = ASKER,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    as_json: JsonOption = False,
) -> None:
    """申请作废，即本单位第一人同意 / ask for a voiding: the first agreement of your enterprise."""
    wish = VoidWish(digest_of(read_bytes(file)).hex, reason)
    with installation(home) as services:
        key = request_key or uuid.uuid4().hex
        found = services.papers.voids.ask(wish, request_key=key, hand=hand(actor, uscc))
    _show(found, as_json=as_json)


@app.command()
def agree(
    voiding: Id, uscc: For, home: HomeOption = None, actor: ActorOption = SECOND, as_json: JsonOption = False
) -> None:
    """同意作废；最后一方同意即生效 / agree; the last agreement takes effect."""
    with installation(home) as services:
        found = services.papers.voids.agree(voiding, hand=hand(actor, uscc))
        services.papers.voids.reconcile(hand(actor).actor)
        services.evidence.publish()
        found = services.papers.voids.get(found.id, hand=hand(actor, uscc))
    _show(found, as_json=as_json)


@app.command()
def refuse(
    voiding: Id,
    reason: Why,
    uscc: For,
    home: HomeOption = None,
    actor: ActorOption = SECOND,
    as_json: JsonOption = False,
) -> None:
    """不同意作废 / refuse, with a reason."""
    with installation(home) as services:
        found = services.papers.voids.refuse(voiding, reason=reason, hand=hand(actor, uscc))
    _show(found, as_json=as_json)


@app.command()
def withdraw(
    voiding: Id,
    reason: Why,
    uscc: For,
    home: HomeOption = None,
    actor: ActorOption = ASKER,
    as_json: JsonOption = False,
) -> None:
    """撤回申请 / withdraw the request."""
    with installation(home) as services:
        found = services.papers.voids.withdraw(voiding, reason=reason, hand=hand(actor, uscc))
    _show(found, as_json=as_json)


@app.command()
def show(voiding: Id, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """查看作废申请 / show a voiding."""
    with installation(home) as services:
        found = services.papers.voids.get(voiding, hand=hand("person:operator"))
    _show(found, as_json=as_json)


@app.command("list")
def list_voidings(
    uscc: Annotated[str, typer.Option("--for", help="签章单位 / a sealer")] = "",
    status: Annotated[VoidStatus | None, typer.Option(help="状态 / state")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出作废申请 / list voidings."""
    with installation(home) as services:
        found = services.papers.voids.list(uscc, status, limit=200)
    if as_json:
        print_json([VoidingModel.of(one) for one in found])
        return
    made = table("编号 / number", "状态 / state", "文件与原因 / document, reason", first=ID_WIDTH)
    for one in found:
        waiting = "、".join(party.enterprise for party in one.waiting)
        state = f"{one.status.zh}：{waiting}" if waiting else one.status.zh
        made.add_row(one.id, state, f"{one.title}：{one.reason}")
    out().print(made)


@app.command()
def record(
    voiding: Id,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="另存为 / where to")],
    home: HomeOption = None,
) -> None:
    """取签名的作废记录（JWS）/ fetch the signed record."""
    with installation(home) as services:
        jws = services.papers.voids.record(voiding, hand=hand("person:operator"))
    write_bytes(target, jws.encode())
    say(f"已保存 {target}", f"Saved {target}")


def _show(found: Voiding, *, as_json: bool) -> None:
    if as_json:
        print_json(VoidingModel.of(found))
        return
    say(
        f"作废申请 {found.id}：{found.status.zh}（{found.title}，原因：{found.reason}）",
        f"voiding {found.id}: {found.status.value} ({found.title}: {found.reason})",
    )
    made = table("企业 / enterprise", "同意人数 / agreed", "需要 / needed")
    needed = {one.uscc for one in found.needed}
    for one in found.sealers:
        asked = str(found.rule.people) if one.uscc in needed else "–"
        made.add_row(f"{one.enterprise} {one.uscc}", str(found.people(one.uscc)), asked)
    out().print(made)
