"""``yinxin print-copy``: numbered copies for paper, and what their codes lead to."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from api.answers.printed_copy import printed_answer
from api.cli.console import (
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
from api.schemas.printing import WARNING_EN, WARNING_ZH, PrintCopyModel, PrintRuleModel, PublicCopyModel
from signing.order import digest_of
from signing.printing.copy import Seen
from signing.printing.desk import PrintWish

PRINTER = "person:zhang.min=张敏"
app = typer.Typer(help="打印管控 / printed copies under control", no_args_is_help=True)
For = Annotated[str, typer.Option("--for", help="代表的企业 / the enterprise acted for (credit code)")]
Sealed = Annotated[Path, typer.Argument(metavar="FILE", help="签章后的文件 / the sealed document")]


@app.command()
def allow(
    *,
    file: Sealed,
    copies: Annotated[int, typer.Option(min=0, max=100_000, help="许可份数 / copies permitted in all")],
    uscc: For,
    show_page: Annotated[
        bool, typer.Option(help="扫码时公开首页图样 / show page 1 to whoever scans")
    ] = False,
    title: Annotated[str, typer.Option(help="文件名称 / title shown")] = "",
    home: HomeOption = None,
    actor: ActorOption = PRINTER,
    as_json: JsonOption = False,
) -> None:
    """设定打印份数 / set how many copies may be printed."""
    sha256 = digest_of(read_bytes(file)).hex
    with installation(home) as services:
        desk = services.papers.prints
        rule = desk.allow(sha256, copies, hand=hand(actor, uscc), shows_page=show_page, title=title)
    if as_json:
        print_json(PrintRuleModel.of(rule))
        return
    say(
        f"{rule.title}：许可打印 {rule.quota} 份，已用 {rule.used} 份",
        f"{rule.title}: {rule.quota} copies permitted, {rule.used} used",
    )


@app.command()
def make(
    *,
    file: Sealed,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="打印件 / the copy for paper")],
    uscc: For = "",
    password: Annotated[
        str | None, typer.Option(help="打开密码 / password", envvar="YINXIN_PDF_PASSWORD")
    ] = None,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    home: HomeOption = None,
    actor: ActorOption = PRINTER,
    as_json: JsonOption = False,
) -> None:
    """制作一份打印件（计入份数）/ make one copy for paper; it is counted."""
    wish = PrintWish(read_bytes(file), password)
    with installation(home) as services:
        key = request_key or uuid.uuid4().hex
        made = services.papers.prints.make(wish, request_key=key, hand=hand(actor, uscc or None))
        write_bytes(target, made.pdf)
    copy = made.copy
    if as_json:
        print_json(PrintCopyModel.of(copy))
        return
    grey = ("", "") if copy.seen is Seen.TRUE else ("，灰印", ", the seal in grey")
    say(
        f"第 {copy.number} 份（许可 {copy.quota} 份）{grey[0]}，验证码 {copy.shown_code}，已保存 {target}",
        f"Copy {copy.number} ({copy.quota} permitted){grey[1]}, code {copy.shown_code}, saved as {target}",
    )


@app.command("list")
def list_copies(file: Sealed, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出打印件 / list the copies of a document."""
    sha256 = digest_of(read_bytes(file)).hex
    with installation(home) as services:
        found = services.papers.prints.copies(sha256, hand=hand("person:operator"), limit=1000)
    if as_json:
        print_json([PrintCopyModel.of(one) for one in found])
        return
    made = table("验证码 / code", "份 / no", "印章 / seal", "状态 / state", "由 / by", "时间 / at", first=16)
    for one in found:
        seen = "原色 / true" if one.seen is Seen.TRUE else "灰 / grey"
        made.add_row(
            one.shown_code, str(one.number), seen, one.state.value, one.actor_name or one.actor,
            f"{one.at:%Y-%m-%d %H:%M}",
        )  # fmt: skip
    out().print(made)


@app.command()
def check(
    code: Annotated[str, typer.Argument(help="纸上的验证码 / the code on the paper")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """按验证码核对纸件 / check paper by its code."""
    with installation(home) as services:
        found = PublicCopyModel.of(printed_answer(services, code))
    if as_json:
        print_json(found)
        return
    voided = f"；已于 {found.voided_since:%Y-%m-%d} 作废：{found.voided_why}" if found.voided_since else ""
    grey = "" if found.seal == Seen.TRUE else "；灰印，未经许可"
    say(
        f"{found.title}，{found.pages} 页，{'、'.join(found.sealers)} 于 {found.sealed_at:%Y-%m-%d} 签章；"
        f"第 {found.number} 份（许可 {found.quota} 份）{grey}；电子原件核验：{found.verdict_zh}{voided}",
        f"{found.title}, {found.pages} pages, copy {found.number} of {found.quota}, seal {found.seal}, "
        f"the electronic original: {found.verdict}",
    )
    say(WARNING_ZH, WARNING_EN)
