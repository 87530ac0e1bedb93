"""``yinxin engraver``: the register of engraving shops, and the shop's counter: take, imprint, make, chip, offer, deliver."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
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
from api.errors import InputInvalid
from api.schemas.engravers import ShopModel
from api.schemas.filing import ImprintModel, JobPageModel, JobViewModel
from ca.tokens.inventory_store import Place
from seals.filing.job import Document, Job, JobQuery, NewShop, Shop
from seals.filing.people import Identity

OFFICER = "person:officer.gao=高警官"
ENGRAVER = "person:engraver.ma=马师傅"
app = typer.Typer(help="刻制单位与刻制任务 / engraving shops and their jobs", no_args_is_help=True)
ShopCode = Annotated[str, typer.Option("--shop", help="刻制单位统一社会信用代码 / the shop's code")]
JobId = Annotated[str, typer.Argument(help="任务编号 / number of the job")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]


@app.command()
def register(
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码")],
    name: Annotated[str, typer.Option(help="名称 / name")],
    division: Annotated[str, typer.Option(help="6 位行政区划代码 / GB/T 2260 division")],
    licence: Annotated[str, typer.Option(help="特种行业许可证号 / licence number")],
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """登记刻制单位，由备案民警办理 / register a shop, as a filing officer."""
    with installation(home) as services:
        made = services.filing.shops.register(NewShop(uscc, name, division, licence), actor=person(actor))
    _show_shop(made)


@app.command()
def suspend(uscc: str, reason: Why, home: HomeOption = None, actor: ActorOption = OFFICER) -> None:
    """暂停刻制单位 / suspend a shop."""
    with installation(home) as services:
        _show_shop(services.filing.shops.suspend(uscc, actor=person(actor), reason=reason))


@app.command()
def readmit(uscc: str, reason: Why, home: HomeOption = None, actor: ActorOption = OFFICER) -> None:
    """恢复刻制单位 / readmit a shop."""
    with installation(home) as services:
        _show_shop(services.filing.shops.readmit(uscc, actor=person(actor), reason=reason))


@app.command("list")
def list_shops(
    home: HomeOption = None,
    division: Annotated[str, typer.Option(help="行政区划 / division")] = "",
    after: Annotated[str, typer.Option(help="上一页最后的代码 / last code of the page before")] = "",
    as_json: JsonOption = False,
) -> None:
    """刻制单位列表 / list shops."""
    with installation(home) as services:
        found = services.filing.shops.list(division=division, after=after)
    if as_json:
        print_json({"items": [ShopModel.of(one) for one in found]})
        return
    listing = table("代码 / code", "名称 / name", "区划 / division", "许可证 / licence", "状态 / state")
    for one in found:
        listing.add_row(one.uscc, one.name, one.division, one.licence, one.state.zh)
    out().print(listing)


@app.command()
def jobs(
    shop: ShopCode,
    home: HomeOption = None,
    after: Annotated[str, typer.Option(help="上一页最后的任务 / last job of the page before")] = "",
    as_json: JsonOption = False,
) -> None:
    """本单位的任务与可承接的任务 / a shop's jobs and those it may take."""
    with installation(home) as services:
        page = services.filing.office.list(JobQuery(for_shop=shop, after=after))
    if as_json:
        print_json(JobPageModel.of(page))
        return
    show_jobs(page.items)


@app.command()
def show(
    job: JobId,
    shop: ShopCode,
    home: HomeOption = None,
    actor: ActorOption = ENGRAVER,
    overlay: Annotated[Path | None, typer.Option(help="比对图写到此文件 / write the overlay here")] = None,
) -> None:
    """任务详情 / show a job."""
    who = person(actor, shop)
    with installation(home) as services:
        view = services.filing.office.get(job, actor=who)
        if overlay is not None:
            number = view.job.imprint or len(view.imprints)
            octets = services.filing.office.imprint_file(job, number, overlay=True, actor=who)
            write_bytes(overlay, octets)
    print_json(JobViewModel.of(view, receivers=True))


@app.command()
def take(job: JobId, shop: ShopCode, home: HomeOption = None, actor: ActorOption = ENGRAVER) -> None:
    """接单 / take a job."""
    with installation(home) as services:
        tell(services.filing.workshop.take(job, actor=person(actor, shop)))


@app.command()
def release(
    job: JobId, shop: ShopCode, reason: Why, home: HomeOption = None, actor: ActorOption = ENGRAVER
) -> None:
    """退单 / give a job back before anything is made."""
    with installation(home) as services:
        tell(services.filing.workshop.release(job, actor=person(actor, shop), reason=reason))


@app.command()
def imprint(
    job: JobId,
    scan: Annotated[Path, typer.Argument(help="印模扫描件 PNG/JPEG/TIFF/BMP")],
    shop: ShopCode,
    home: HomeOption = None,
    actor: ActorOption = ENGRAVER,
    overlay: Annotated[Path | None, typer.Option(help="比对图写到此文件 / write the overlay here")] = None,
) -> None:
    """上传印模并与批准图样比对，比对值仅供参考 / upload an imprint and compare it; the figure is advice."""
    who = person(actor, shop)
    with installation(home) as services:
        with err().status("正在比对 / comparing…"):
            found = services.filing.workshop.upload_imprint(job, read_bytes(scan), actor=who)
        if overlay is not None:
            octets = services.filing.office.imprint_file(job, found.number, overlay=True, actor=who)
            write_bytes(overlay, octets)
    shown = ImprintModel.of(found)
    say(
        f"第 {found.number} 份印模，重合度 {found.overlap:.1%}：{shown.advice_zh}",
        f"Scan {found.number}, overlap {found.overlap:.1%}: {found.advice}.",
    )


@app.command()
def make(job: JobId, shop: ShopCode, home: HomeOption = None, actor: ActorOption = ENGRAVER) -> None:
    """制作完成 / record that the seal is engraved."""
    with installation(home) as services:
        tell(services.filing.workshop.make(job, actor=person(actor, shop)))


@app.command("chip")
def prove_chip(
    job: JobId,
    shop: ShopCode,
    chip: Annotated[str, typer.Option(help="芯片序列号 / serial number of the chip")],
    application: Annotated[str, typer.Option(help="应用名 / application")] = "psb",
    container: Annotated[str, typer.Option(help="容器名 / container")] = "seal",
    *,
    pin_file: PinFileOption = None,
    home: HomeOption = None,
    actor: ActorOption = ENGRAVER,
) -> None:
    """芯片应答质询：由插入的芯片签名，通过后为已个人化 / let the inserted chip answer the desk's challenge."""
    who, place = person(actor, shop), Place(chip, application, container)
    with installation(home) as services:
        asked = services.filing.chip.challenge(job, place, actor=who)
        pin = ask_pin(pin_file, f"{chip}/{application}", services.home)
        answer = services.token_work.gate.signer(place, pin=pin).sign(asked.message)
        tell(services.filing.chip.answer(job, asked.id, answer, actor=who))


@app.command()
def offer(job: JobId, shop: ShopCode, home: HomeOption = None, actor: ActorOption = ENGRAVER) -> None:
    """通知领取 / tell that the seal is ready."""
    with installation(home) as services:
        tell(services.filing.workshop.offer(job, actor=person(actor, shop)))


@app.command()
def deliver(
    job: JobId,
    shop: ShopCode,
    name: Annotated[str, typer.Option(help="领取人姓名 / receiver's name")],
    receipt: Annotated[Path, typer.Option(help="签收回执 / signed receipt")],
    *,
    document: Annotated[Document, typer.Option(help="证件种类 / kind of document")] = Document.RESIDENT_ID,
    number_file: Annotated[
        Path | None,
        typer.Option(help="含证件号码的文件；不给则询问 / file with the number; asked without it"),
    ] = None,
    letter: Annotated[Path | None, typer.Option(help="委托书 / letter of authority")] = None,
    home: HomeOption = None,
    actor: ActorOption = ENGRAVER,
) -> None:
    """交付：核验领取人；非法定代表人须有委托书 / hand the seal over to a proven person."""
    receiver = Identity(name, document, _number(number_file))
    with installation(home) as services:
        moved = services.filing.workshop.deliver(
            job,
            receiver,
            receipt=read_bytes(receipt),
            letter=b"" if letter is None else read_bytes(letter),
            actor=person(actor, shop),
        )
    tell(moved)


@app.command()
def rework(
    job: JobId, shop: ShopCode, reason: Why, home: HomeOption = None, actor: ActorOption = ENGRAVER
) -> None:
    """重新制作被退回或交付前遗失的印章 / begin again what was returned or lost."""
    with installation(home) as services:
        tell(services.filing.workshop.rework(job, actor=person(actor, shop), reason=reason))


def _number(number_file: Path | None) -> str:
    """Take the number from a file or the terminal: never from the command line, which others can read."""
    if number_file is not None:
        return read_bytes(number_file).decode("utf-8", "replace").strip()
    if not typer.get_text_stream("stdin").isatty():
        raise InputInvalid(
            "请用 --number-file 给出证件号码，或在终端输入。",
            "Give the document's number by --number-file or at a terminal.",
        )
    return str(typer.prompt("证件号码 / number of the document", hide_input=True))


def tell(job: Job) -> None:
    """Say how a job stands."""
    say(f"任务 {job.id}（印章 {job.seal}）：{job.status.zh}", f"Job {job.id}: {job.status.value}")


def show_jobs(found: tuple[Job, ...]) -> None:
    """Print jobs as a table, oldest first."""
    listing = table("任务 / job", "印章 / seal", "刻制单位 / shop", "状态 / status", first=32)
    for job in found:
        listing.add_row(job.id, job.seal, job.shop or "—", job.status.zh)
    out().print(listing)


def _show_shop(shop: Shop) -> None:
    say(f"刻制单位 {shop.name}（{shop.uscc}）：{shop.state.zh}", f"Shop {shop.uscc}: {shop.state.value}")
