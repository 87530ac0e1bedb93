"""``yinxin filing``: order a seal, the officer's queue, accept, return, the exchange with the national platform."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    err,
    installation,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.cli.engraver import OFFICER, JobId, show_jobs, tell
from api.schemas.filing import JobPageModel, JobViewModel
from api.tokens.enrolment import serial_of
from ca.clock import system_clock
from seals.filing.exchange import stretch_of
from seals.filing.job import Document, ReturnReason
from seals.filing.national import FIELDS, Interface, civil
from seals.filing.people import Identity

APPROVER = "person:chen.jing=陈静"
app = typer.Typer(help="准刻、备案与国家平台 / ordering, filing, the national platform", no_args_is_help=True)
Start = Annotated[str, typer.Option("--from", help="起，北京时间 / from, UTC+8: 2026-01-01 00:00:00")]
End = Annotated[str, typer.Option("--to", help="止（不含），北京时间 / to, not included")]
Page = Annotated[int, typer.Option(min=1, help="页码 / page")]
Size = Annotated[int, typer.Option(min=1, max=500, help="每页条数 / entries a page")]
_LONG_AGO = "2000-01-01 00:00:00"


@app.command()
def order(
    code: Annotated[str, typer.Argument(help="14 位电子印章编码 / electronic code")],
    *,
    shop: Annotated[str, typer.Option(help="指定刻制单位；不给则区划内均可承接 / one shop only")] = "",
    representative: Annotated[
        str, typer.Option(help="法定代表人姓名 / the legal representative's name")
    ] = "",
    document: Annotated[Document, typer.Option(help="其证件种类 / document")] = Document.RESIDENT_ID,
    number_file: Annotated[
        Path | None, typer.Option(help="含其证件号码的文件 / file with its number")
    ] = None,
    home: HomeOption = None,
    actor: ActorOption = APPROVER,
) -> None:
    """准予刻制并开立任务，须由申请人以外的人办理 / approve for engraving and open the job."""
    known = None
    if representative:
        number = "" if number_file is None else read_bytes(number_file).decode("utf-8", "replace").strip()
        known = Identity(representative, document, number)
    with installation(home) as services:
        tell(services.filing.office.order(code, actor=person(actor), shop=shop, representative=known))


@app.command()
def queue(
    home: HomeOption = None,
    after: Annotated[str, typer.Option(help="上一页最后的任务 / last job of the page before")] = "",
    actor: ActorOption = OFFICER,
    as_json: JsonOption = False,
) -> None:
    """待备案队列，等候最久的在前 / what waits for a filing officer, the longest waiting first."""
    with installation(home) as services:
        page = services.filing.office.queue(actor=person(actor), after=after)
    if as_json:
        print_json(JobPageModel.of(page))
        return
    show_jobs(page.items)


@app.command()
def show(
    job: JobId,
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
    overlay: Annotated[Path | None, typer.Option(help="比对图写到此文件 / write the overlay here")] = None,
    scan: Annotated[Path | None, typer.Option(help="印模原件写到此文件 / write the scan here")] = None,
) -> None:
    """备案详情：历史、印模与比对值、交付 / show a filing."""
    who = person(actor)
    with installation(home) as services:
        office = services.filing.office
        view = office.get(job, actor=who)
        for path, laid in ((overlay, True), (scan, False)):
            if path is not None:
                write_bytes(path, office.imprint_file(job, view.job.imprint, overlay=laid, actor=who))
    print_json(JobViewModel.of(view, receivers=True))


@app.command()
def accept(
    job: JobId,
    certificate: Annotated[
        str, typer.Option(help="绑定的证书序列号；不给则取最近一张 / serial to bind")
    ] = "",
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """备案通过：绑定证书与芯片，印章启用 / file the seal: certificate and chip bound, the pair active."""
    with installation(home) as services:
        who = person(actor)
        owner = services.filing.office.get(job, actor=who).job.owner
        bound = (
            services.enrolment.in_force(serial_of(certificate))
            if certificate
            else services.enrolment.latest(owner)
        )
        filed = services.filing.office.accept(job, certificate=bound, actor=who)
        services.evidence.publish()
    tell(filed)


@app.command("return")
def return_filing(
    job: JobId,
    code: Annotated[str, typer.Option(help="退回原因代码，见 filing reasons / code of the reason")],
    reason: Annotated[str, typer.Option(help="说明 / text")],
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """备案退回，写明原因代码与说明 / return a filing with a reason."""
    with installation(home) as services:
        tell(services.filing.office.return_(job, code=code, reason=reason, actor=person(actor)))


@app.command()
def reasons() -> None:
    """退回原因代码表 / the table of reasons."""
    listing = table("代码 / code", "原因", "reason")
    for each in ReturnReason:
        listing.add_row(each.code, each.zh, each.en)
    out().print(listing)


# -- the national platform --------------------------------------------------------------------------------------------


@app.command()
def export(
    interface: Annotated[Interface, typer.Argument(help="release 发布 / renew 续期 / deactivate 失效")],
    path: Annotated[Path, typer.Argument(help="写到此文件 / file to write")],
    *,
    start: Start = _LONG_AGO,
    end: End = "",
    page: Page = 1,
    size: Size = 500,
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """按国家平台格式导出，由制章者签名 / export in the platform's shape, signed by the seal maker."""
    stretch = stretch_of(start, end or _tomorrow(), page, size)
    with installation(home) as services, _bar("签名 / signing") as progress:
        octets = services.filing.exchange.export(
            interface, stretch, actor=person(actor), progress=_Teller(progress)
        )
    write_bytes(path, octets)
    say(f"已写入 {path}（{len(octets)} 字节）", f"Written: {path}, {len(octets)} octets")


@app.command("import")
def take_in(
    path: Annotated[Path, typer.Argument(help="国家平台数据文件 / file of the platform")],
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """导入国家平台数据：先验签，全部成立才写入 / take in a file: all of it or nothing."""
    with installation(home) as services, _bar("验签 / checking") as progress:
        done = services.filing.exchange.take_in(
            read_bytes(path), actor=person(actor), progress=_Teller(progress)
        )
        if done.stopped:
            services.evidence.publish()
    say(
        f"新增 {done.taken} 条，已有 {done.known} 条，本系统停用印章 {len(done.stopped)} 枚",
        f"{done.taken} taken in, {done.known} known, {len(done.stopped)} own seals stopped.",
    )


@app.command()
def query(
    code: Annotated[str, typer.Argument(help="14 位印章编码")],
    *,
    name: Annotated[str, typer.Option(help="印章名称；不给则不核对 / compared if given")] = "",
    at: Annotated[str, typer.Option(help="时间，北京时间；不给则现在 / time in UTC+8, now without it")] = "",
    home: HomeOption = None,
) -> None:
    """状态查询：0 有效，1 无效 / status as of a time."""
    with installation(home) as services:
        when = at or civil(services.clock())
        question = {"sealCode": code, "sealName": name, "queryTime": when}
        print_json(services.filing.exchange.query(question))


@app.command()
def revocations(
    start: Start = _LONG_AGO, end: End = "", page: Page = 1, size: Size = 100, home: HomeOption = None
) -> None:
    """失效清单，按时间段分页 / the revocation list by time range."""
    with installation(home) as services:
        print_json(services.filing.exchange.revocations(stretch_of(start, end or _tomorrow(), page, size)))


@app.command()
def fields() -> None:
    """国家平台各接口字段与把握程度 / the platform's fields, and how sure each is."""
    listing = table("接口 / interface", "字段 / field", "格式 / form", "把握 / surety")
    for interface, known in FIELDS.items():
        for name, field in known.items():
            listing.add_row(interface.value, name, field.form, field.surety.value)
    out().print(listing)


def _tomorrow() -> str:
    return civil(system_clock() + timedelta(days=1))


def _bar(label: str) -> Progress:
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=err(), transient=True, disable=not sys.stderr.isatty())


class _Teller:
    """Show how far it is, on one bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, total=total)
