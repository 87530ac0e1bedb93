"""``yinxin seal``: apply, approve, reject, freeze, resume, revoke, list, show."""

from __future__ import annotations

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
from api.schemas.seals import SealModel
from api.tokens.enrolment import serial_of
from seals.seal import SealApplication, SealKind, SealQuery, SealRecord, SealStatus

APPLICANT = "person:zhang.min=张敏"
APPROVER = "person:chen.jing=陈静"
KEEPER = "person:li.wei=李伟"
app = typer.Typer(help="印章 / seals", no_args_is_help=True)
Code = Annotated[str, typer.Argument(help="14 位电子印章编码 / electronic code")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]


@app.command()
def apply(
    *,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码 / owner's code")],
    kind: Annotated[str, typer.Option(help="01 法定名称 02 财务 03 发票 04 合同 05 法人 99 其他")] = "01",
    keeper: Annotated[str, typer.Option(help="印章保管人 / keeper's actor id")] = "person:li.wei",
    line: Annotated[str, typer.Option(help="其他印章的下排文字 / inscription of another seal")] = "",
    holder: Annotated[str, typer.Option("--person", help="名章姓名 / name on a name seal")] = "",
    physical_code: Annotated[
        str | None, typer.Option(help="已刻实物的编码 / code of a seal already engraved", show_default=False)
    ] = None,
    engrave: Annotated[
        bool, typer.Option("--engrave", help="新刻实物，经制作与备案启用 / a new physical seal is engraved")
    ] = False,
    template: Annotated[
        str | None, typer.Option(help="规格，如 round-42 / shape and size", show_default=False)
    ] = None,
    uploaded: Annotated[
        str | None,
        typer.Option(
            "--picture", help="已上传图样的摘要 / digest of an uploaded picture", show_default=False
        ),
    ] = None,
    home: HomeOption = None,
    actor: ActorOption = APPLICANT,
) -> None:
    """申请印章（实物与电子一体）/ apply for a seal."""
    application = SealApplication(
        uscc,
        _kind(kind),
        person(keeper).id,
        line=line,
        person=holder,
        physical_code=physical_code,
        engrave=engrave,
        template=template,
        picture_sha256=uploaded,
    )
    with installation(home) as services:
        show_state(services.seals.apply(application, actor=person(actor, uscc)))


@app.command()
def approve(
    code: Code,
    certificate: Annotated[
        str, typer.Option(help="绑定的证书序列号；不给则取最近一张 / serial to bind")
    ] = "",
    home: HomeOption = None,
    actor: ActorOption = APPROVER,
) -> None:
    """审批印章，须由另一人 / approve, as a second person."""
    with installation(home) as services:
        bound = (
            services.enrolment.in_force(serial_of(certificate))
            if certificate
            else services.enrolment.latest(services.seals.get(code).owner.uscc)
        )
        record = services.seals.approve(code, actor=person(actor), certificate=bound)
        services.evidence.publish()
        show_state(record)


@app.command()
def reject(code: Code, reason: Why, home: HomeOption = None, actor: ActorOption = APPROVER) -> None:
    """驳回申请 / reject an application."""
    with installation(home) as services:
        show_state(services.seals.reject(code, actor=person(actor), reason=reason))


@app.command()
def freeze(
    code: Code, reason: Why = "印章遗失", home: HomeOption = None, actor: ActorOption = KEEPER
) -> None:
    """挂失，实物与电子同时停用 / report lost: both sides stop at once."""
    with installation(home) as services:
        record = services.seals.freeze(code, actor=person(actor), reason=reason)
        services.evidence.publish()
        show_state(record)


@app.command()
def resume(
    code: Code,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="确认恢复，须由另一人 / confirm, as a second person")
    ] = False,
) -> None:
    """申请或确认恢复，两人办理 / ask for or confirm resuming; it takes two people."""
    with installation(home) as services:
        act = services.seals.confirm_resume if confirm else services.seals.request_resume
        record = act(code, actor=person(actor))
        services.evidence.publish()
        show_state(record)
    if record.resume_requested_by is not None:
        say(
            f"恢复申请已登记（{record.resume_requested_by}）。须由另一人确认：yinxin seal resume {code} --confirm --as person:…",
            f"The request is on record ({record.resume_requested_by}); another person confirms it: "
            f"yinxin seal resume {code} --confirm --as person:…",
        )


@app.command()
def revoke(code: Code, reason: Why, home: HomeOption = None, actor: ActorOption = APPROVER) -> None:
    """注销印章 / revoke a seal for ever."""
    with installation(home) as services:
        record = services.seals.revoke(code, actor=person(actor), reason=reason)
        services.evidence.publish()
        show_state(record)


@app.command("list")
def list_seals(
    *,
    home: HomeOption = None,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码")] = "",
    status: Annotated[SealStatus | None, typer.Option(help="状态 / status")] = None,
    after: Annotated[str, typer.Option(help="上一页最后的编码 / last code of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: JsonOption = False,
) -> None:
    """印章列表 / list seals."""
    with installation(home) as services:
        page = services.seals.list(SealQuery(uscc or None, None, status, None, after, limit))
    if as_json:
        items = [SealModel.of(record) for record in page.records]
        print_json({"items": items, "next": page.next})
        return
    listing = table("编码 / code", "实物编码 / physical", "名称 / name", "种类 / kind", "状态 / status")
    for record in page.records:
        listing.add_row(record.code, record.physical.code, record.name, record.kind.zh, record.status.zh)
    out().print(listing)


@app.command()
def show(
    code: Code,
    home: HomeOption = None,
    picture: Annotated[Path | None, typer.Option(help="图样 SVG 写到此文件 / write the picture here")] = None,
) -> None:
    """印章详情 / show a seal."""
    with installation(home) as services:
        record = services.seals.get(code)
        history = tuple(services.seals.history(code))
        drawn = services.seals.picture(code).svg() if picture is not None else ""
    if picture is not None:
        write_bytes(picture, drawn.encode())
    print_json(SealModel.of(record, history))


def _kind(code: str) -> SealKind:
    try:
        return SealKind.of(code)
    except ValueError:
        raise typer.BadParameter("01 02 03 04 05 99", param_hint="--kind") from None


def show_state(record: SealRecord) -> None:
    """Say what a seal's state is now."""
    code = record.code
    zh, en = f"印章 {code}（{record.name}）：{record.status.zh}", f"Seal {code}: {record.status.value}"
    say(zh, en)
