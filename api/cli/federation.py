"""``yinxin federation``: recognise another installation, with two people, in one command on each side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.cli.console import (
    ADMINISTRATOR,
    ID_WIDTH,
    HomeOption,
    JsonOption,
    installation,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
)
from api.cli.trust import own_list, show_fingerprint
from api.evidence.recognition import list_address
from api.schemas.trust_lists import ForeignListModel
from api.services import Services
from ca.actor import Actor
from signing.recognition.desk import Offer
from signing.recognition.foreign import ForeignList
from signing.recognition.handover import Standing

app = typer.Typer(help="互认：导入其他系统的信任清单 / recognise other installations", no_args_is_help=True)
Target = Annotated[
    str, typer.Argument(metavar="ADDRESS|FILE", help="对方地址或清单文件 / the other's address, or a file")
]
Print = Annotated[
    str, typer.Option("--fingerprint", help="对方管理员告知的指纹 / the fingerprint you were told")
]
By = Annotated[str, typer.Option("--by", help="提出人 / who proposes: NAME or person:ID=NAME")]
Second = Annotated[
    str, typer.Option("--confirmed-by", help="确认人，须为另一人 / who confirms, another person")
]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="清单编号 / number of the list")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]


@app.command()
def join(
    target: Target,
    fingerprint: Print,
    by: By,
    confirmed_by: Second,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """信任对方的清单，并给出对方要运行的命令 / trust the other's list, and print the command for the other side."""
    with installation(home) as services:
        found = services.recognition.join(
            _offer(target, fingerprint), by=_named(by), confirmed_by=_named(confirmed_by)
        )
        services.evidence.publish()
        standing = services.recognition.standing(found.id)
        own, url = own_list(services), services.settings.base_url
    if as_json:
        command = f"yinxin federation join {url} --fingerprint {own.fingerprint}"
        told = ForeignListModel.of(standing).model_dump(mode="json")
        print_json(told | {"own_fingerprint": own.fingerprint, "command": command})
        return
    say(
        f"已信任 {found.operator} 的清单第 {found.taken.sequence} 号（编号 {found.id}）",
        f"the list of {found.operator}, number {found.taken.sequence}, is trusted",
    )
    _pieces(standing)
    show_fingerprint(own)
    say("请对方运行（填写对方两人的姓名）：", "have the other side run, with the names of two people there:")
    command = f"yinxin federation join {url} --fingerprint {own.fingerprint} --by … --confirmed-by …"
    out().print(Text(f"  {command}"), soft_wrap=True)


@app.command()
def propose(
    target: Target, fingerprint: Print, by: By, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """提出信任一份清单，待另一人确认 / propose a list; another person confirms it."""
    with installation(home) as services:
        found = services.recognition.foreign.propose(_offer(target, fingerprint), actor=_named(by))
        _told(services, found, as_json=as_json)


@app.command()
def confirm(
    number: Number,
    fingerprint: Print,
    by: Annotated[str, typer.Option("--by", help="确认人 / who confirms")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """确认信任，须为另一人 / confirm a proposal, as another person."""
    with installation(home) as services:
        found = services.recognition.foreign.confirm(number, fingerprint, actor=_named(by))
        services.recognition.renewals.renew(found.id, _named(by))
        services.evidence.publish()
        _told(services, found, as_json=as_json)


@app.command()
def decline(
    number: Number, reason: Why, by: By, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """不采纳或收回提出的清单 / turn a proposal down, or take one's own back."""
    with installation(home) as services:
        found = services.recognition.foreign.decline(number, reason, actor=_named(by))
        _told(services, found, as_json=as_json)


@app.command("list")
def every(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出互认的系统 / list recognised installations."""
    with installation(home) as services:
        found = [services.recognition.standing(one.id) for one in services.recognition.foreign.every()]
        now = services.clock()
    if as_json:
        print_json([ForeignListModel.of(one) for one in found])
        return
    if not found:
        say("尚未与其他系统互认。", "No other installation is recognised yet.")
        return
    made = table("编号 / number", "运营者 / operator", "状态 / state", "清单 / list", first=ID_WIDTH)
    for standing in found:
        one = standing.found
        hours = max(0, int((now - one.taken.issued_at).total_seconds() // 3600))
        text = f"{one.taken.sequence}：{hours} h，至 {one.taken.next_update:%Y-%m-%d}"
        made.add_row(one.id, one.operator, _state(standing), text)
    out().print(made)


@app.command()
def refresh(
    number: Annotated[
        str, typer.Argument(metavar="[NUMBER]", help="清单编号；缺省为全部 / all without it")
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help="以文件更新 / renew by a file")] = None,
    by: Annotated[str, typer.Option("--by", help="办理人 / who acts")] = ADMINISTRATOR,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """立即更新清单、吊销列表与印章状态 / fetch lists, revocations and seal states now."""
    actor = _named(by)
    with installation(home) as services:
        chosen = (
            [services.recognition.foreign.get(number)] if number else services.recognition.foreign.in_force()
        )
        for one in chosen:
            if file is not None:
                services.recognition.renewals.take_file(one.id, read_bytes(file), actor)
            services.recognition.renewals.renew(one.id, actor)
        services.evidence.publish()
        found = [services.recognition.standing(one.id) for one in chosen]
    if as_json:
        print_json([ForeignListModel.of(one) for one in found])
        return
    for standing in found:
        say(f"{standing.found.operator}：{_state(standing)}", f"number {standing.found.taken.sequence}")
        _pieces(standing)


@app.command()
def leave(
    number: Number,
    reason: Why,
    by: Annotated[str, typer.Option("--by", help="申请人 / who asks")],
    confirmed_by: Annotated[
        str,
        typer.Option("--confirmed-by", help="另一人；缺省则待其同意 / another person; without one it waits"),
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """不再信任一份清单，须两人 / trust a list no longer; two people."""
    with installation(home) as services:
        recognition = services.recognition
        if confirmed_by:
            found = recognition.leave(number, reason, by=_named(by), confirmed_by=_named(confirmed_by))
            services.evidence.publish()
        else:
            found = recognition.foreign.ask_removal(number, reason, actor=_named(by))
        _told(services, found, as_json=as_json)


@app.command()
def agree(
    number: Number,
    by: Annotated[str, typer.Option("--by", help="同意人 / who agrees")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """同意移除，须为另一人 / agree to a removal, as another person."""
    with installation(home) as services:
        found = services.recognition.foreign.remove(number, actor=_named(by))
        services.evidence.publish()
        _told(services, found, as_json=as_json)


@app.command()
def keep(
    number: Number,
    by: Annotated[str, typer.Option("--by", help="办理人 / who acts")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """不同意移除，清单继续有效 / turn a removal down."""
    with installation(home) as services:
        _told(services, services.recognition.foreign.keep(number, actor=_named(by)), as_json=as_json)


def _offer(target: str, fingerprint: str) -> Offer:
    if target.startswith(("http://", "https://")):
        return Offer(fingerprint, list_address(target))
    return Offer(fingerprint, octets=read_bytes(Path(target)))


def _named(text: str) -> Actor:
    """Take a plain name too: people who federate are named once and need no number."""
    return person(text if ":" in text else f"person:{text}={text}")


def _told(services: Services, found: ForeignList, *, as_json: bool) -> None:
    standing = services.recognition.standing(found.id)
    if as_json:
        print_json(ForeignListModel.of(standing))
        return
    say(
        f"{found.operator} 的清单（编号 {found.id}）：{standing.found.status.zh}",
        f"the list of {found.operator}: {standing.found.status.value}",
    )


def _state(standing: Standing) -> str:
    status = standing.found.status
    if not standing.found.in_force:
        return status.zh
    if standing.expired:
        return "已过期，不再采信 / expired"
    trouble = standing.troubles[0][1] if standing.troubles else None
    return status.zh if trouble is None else f"{status.zh}：{trouble.zh} / {trouble.en}"


def _pieces(standing: Standing) -> None:
    for piece in standing.pieces:
        trouble = piece.attempt.trouble
        mark, style = ("✗", "bold red") if trouble else ("✓", "green")
        said = f"：{trouble.zh} / {trouble.en}" if trouble else ""
        out().print(Text.assemble((f"  {mark} ", style), f"{piece.url}{said}"), soft_wrap=True)
