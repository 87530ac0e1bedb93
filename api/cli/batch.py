"""``yinxin batch``: one order over many documents: start, watch, retry, cancel, report, fetch, work."""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn

from api.batch.crew import Crew, CrewOrder
from api.batch.incoming import Found, from_folder, from_manifest, from_zip
from api.cli.console import (
    ID_WIDTH,
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
    err,
    hand,
    installation,
    leave,
    out,
    print_json,
    say,
    table,
    write_bytes,
)
from api.cli.documents import KEEPER
from api.schemas.batches import BatchModel
from api.services import Services
from api.tokens.enrolment import token_of
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.pins import Pin
from seals.cases.case import Hand
from signing.batch import report as reports
from signing.batch.batch import BatchForm, BatchProgress, BatchRequest, BatchState, DocumentState
from signing.level import Level
from verify.wording import TEST_NOTICE

app = typer.Typer(help="批量用印 / seal many documents in one order", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="BATCH", help="批次编号 / number of the batch")]
As = Annotated[str, typer.Option("--as", help="用印人 / who seals: person:ID[=NAME] or app:ID")]
Workers = Annotated[
    int,
    typer.Option(
        min=0, max=64, help="工作进程数；0 为交给 batch work / worker processes; 0: leave it to `batch work`"
    ),
]
NoPin = Annotated[
    bool,
    typer.Option(
        "--no-pin", help="密钥由系统保管，不需 PIN / the service keeps the key, no PIN is asked for"
    ),
]
LOOK_SECONDS: Final = 0.5
_AT_REST: Final = (BatchState.FINISHED, BatchState.HALTED, BatchState.CANCELLED)


@app.command()
def start(
    *,
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="文件夹、zip 或清单 CSV / folder, zip or manifest (CSV)")
    ],
    seal: Annotated[str, typer.Option("--seal", help="印章编码 / code of the seal")],
    at: Annotated[
        str, typer.Option("--at", help="用印位置，如 1:120,200 / where, for example 1:120,200")
    ] = "",
    title: Annotated[str, typer.Option(help="事由 / what it is")] = "",
    tree: Annotated[
        bool,
        typer.Option("--tree", help="合并签名：一个签名，每份一个证明 / one signature, a proof for each"),
    ] = False,
    level: Annotated[Level, typer.Option(help="PAdES")] = Level.B_LT,
    reason: Annotated[str, typer.Option(help="事由写入签名 / reason written into the signature")] = "",
    document_class: Annotated[str, typer.Option("--class", help="文件种类 / class of the documents")] = "",
    amount: Annotated[
        int | None, typer.Option(min=0, help="最大金额（元）/ the largest amount, yuan")
    ] = None,
    key: Annotated[str, typer.Option("--request-key", help="重试时保持不变 / keep it when retrying")] = "",
    workers: Workers = 2,
    no_pin: NoPin = False,
    home: HomeOption = None,
    actor: As = KEEPER,
    pin_file: PinFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """提交并启动一个批次 / hand documents in and start the batch."""
    with installation(home) as services, tempfile.TemporaryDirectory(prefix="yinxin-batch-") as folder:
        who = _hand(services, actor, seal)
        form = BatchForm.TREE if tree else BatchForm.EACH
        request = BatchRequest(
            title or source.stem, seal, at, level, form, reason,
            document_class=document_class, amount=amount, request_key=key or uuid.uuid4().hex,
        )  # fmt: skip
        batch = services.batches.desk.open(request, hand=who)
        if batch.state is BatchState.GATHERING:
            found = _found(source, Path(folder))
            _hand_in(services, batch.id, found, who)
            services.batches.desk.submit(batch.id, hand=who)
        err().print(f"批次 / batch: {batch.id}", soft_wrap=True)
        _run(services, batch.id, who, _Work(workers, no_pin, pin_file, as_json))


@app.command("continue")
def go_on(
    *,
    batch: Id,
    workers: Workers = 2,
    no_pin: NoPin = False,
    home: HomeOption = None,
    actor: As = KEEPER,
    pin_file: PinFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """审批后启动，或在暂停、中断后继续 / start once approved, or go on after a halt or a crash."""
    with installation(home) as services:
        who = _hand(services, actor, services.batches.desk.get(batch).request.seal_code)
        _run(services, batch, who, _Work(workers, no_pin, pin_file, as_json))


@app.command()
def retry(
    *,
    batch: Id,
    document: Annotated[
        list[int] | None, typer.Option(min=1, help="只重试这些序号 / only these numbers")
    ] = None,
    workers: Workers = 2,
    no_pin: NoPin = False,
    home: HomeOption = None,
    actor: As = KEEPER,
    pin_file: PinFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """重试失败的文件 / retry what failed, all or chosen."""
    numbers = None if not document else [one - 1 for one in document]
    with installation(home) as services:
        who = _hand(services, actor, services.batches.desk.get(batch).request.seal_code)
        work = _Work(workers, no_pin, pin_file, as_json)
        pin = work.pin(services, who)
        services.batches.retry(batch, numbers, hand=who, pin=pin, workers=workers)
        _follow(services, batch, work)


@app.command()
def status(*, batch: Id, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """批次进度与失败的文件 / progress, and what failed."""
    with installation(home) as services:
        progress = services.batches.desk.progress(batch)
        failed = services.batches.desk.documents(batch, state=DocumentState.FAILED, limit=100)
        if as_json:
            print_json(
                BatchModel.of(progress).model_dump(mode="json")
                | {"failures": [reports.line(one) for one in failed]}
            )
            return
        _show(progress)
        if failed:
            rows = table("序号 / no.", "文件 / file", "原因 / why")
            for one in failed:
                rows.add_row(str(one.number + 1), one.name, f"{one.fault.zh}\n{one.fault.en}")
            out().print(rows)


@app.command()
def watch(*, batch: Id, home: HomeOption = None) -> None:
    """看着批次直到结束 / watch it until it ends."""
    with installation(home) as services:
        _follow(services, batch, _Work(0, True, None, False))


@app.command()
def cancel(*, batch: Id, home: HomeOption = None, actor: As = KEEPER) -> None:
    """取消：未用印的不再用印 / cancel: what waits is not sealed any more."""
    with installation(home) as services:
        services.batches.desk.cancel(
            batch, hand=_hand(services, actor, services.batches.desk.get(batch).request.seal_code)
        )
        _show(services.batches.desk.progress(batch))


@app.command()
def report(
    *,
    batch: Id,
    target: Annotated[Path, typer.Argument(metavar="OUT", help=".json、.csv 或 .html / by its ending")],
    home: HomeOption = None,
) -> None:
    """批次报告 / the report, as JSON, CSV or a page."""
    with installation(home) as services:
        desk = services.batches.desk
        if target.suffix == ".csv":
            text = "".join(reports.as_csv(desk, batch))
        elif target.suffix in (".html", ".htm"):
            text = reports.as_page(desk, batch, "" if services.settings.production else TEST_NOTICE)
        else:
            text = reports.json_text(reports.as_json(desk, batch))
    write_bytes(target, text.encode())
    say(f"报告：{target}", f"Report: {target}")


@app.command()
def fetch(
    *,
    batch: Id,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="存放结果的文件夹 / where the results go")],
    home: HomeOption = None,
) -> None:
    """取回用印后的文件（合并签名则为证明）/ fetch the sealed documents, or their proofs."""
    with installation(home) as services:
        desk, count = services.batches.desk, 0
        tree = desk.get(batch).request.form is BatchForm.TREE
        for one in reports.every(desk, batch):
            if one.state is not DocumentState.DONE:
                continue
            name = Path(one.name).name
            target = folder / f"{one.number + 1:05}-{name}{'.proof.json' if tree else ''}"
            folder.mkdir(parents=True, exist_ok=True)
            if tree:
                write_bytes(
                    target, reports.json_text(services.batches.proof(batch, one.number).to_json()).encode()
                )
            else:
                digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(one.result))
                write_bytes(target, services.archive.path(digest).read_bytes())
            count += 1
    say(f"已取回 {count} 份：{folder}", f"Fetched {count}: {folder}")


@app.command("list")
def list_batches(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """最近的批次 / the newest batches."""
    with installation(home) as services:
        found = [services.batches.desk.progress(one.id) for one in services.batches.desk.list()]
    if as_json:
        print_json([BatchModel.of(one) for one in found])
        return
    rows = table("编号 / number", "事由 / title", "状态 / state", "完成 / done", first=ID_WIDTH)
    for one in found:
        state = one.batch.state
        rows.add_row(
            one.batch.id,
            one.batch.request.title,
            f"{state.zh} / {state.value}",
            f"{one.done}/{one.batch.total}",
        )
    out().print(rows)


@app.command()
def work(*, workers: Annotated[int, typer.Option(min=1, max=64)] = 2, home: HomeOption = None) -> None:
    """在本机为所有无需 PIN 的批次工作 / work here for every batch that needs no PIN, until interrupted."""
    with installation(home) as services:
        crew = Crew(CrewOrder(services.settings.home, workers))
        crew.start()
        say(f"{workers} 个工作进程已启动，Ctrl+C 结束。", f"{workers} workers are at work; Ctrl+C ends them.")
        try:
            while not crew.done():
                threading.Event().wait(LOOK_SECONDS)
        finally:
            crew.stop()


class _Work:
    """How a command works: with how many processes, with which PIN, and how it tells."""

    def __init__(self, workers: int, no_pin: bool, pin_file: Path | None, as_json: bool) -> None:
        self.workers = workers
        self.as_json = as_json
        self._no_pin = no_pin
        self._pin_file = pin_file

    def pin(self, services: Services, who: Hand) -> Pin | None:
        """Ask for the PIN once."""
        if self._no_pin or self.workers == 0 or who.actor.uscc is None:
            return None
        return ask_pin(self._pin_file, token_of(who.actor.uscc), services.home)


def _run(services: Services, batch_id: str, who: Hand, how: _Work) -> None:
    desk = services.batches.desk
    desk.demand_approval(batch_id)
    pin = how.pin(services, who)
    services.batches.start(batch_id, hand=who, pin=pin, workers=how.workers)
    _follow(services, batch_id, how)


def _follow(services: Services, batch_id: str, how: _Work) -> None:
    """Show progress until the batch is at rest, or once where nobody here works for it."""
    desk = services.batches.desk
    if how.workers or not how.as_json:
        _bar(services, batch_id)
    progress = desk.progress(batch_id)
    if how.as_json:
        print_json(BatchModel.of(progress))
    else:
        _show(progress)
    leave(0 if progress.batch.state is BatchState.FINISHED and not progress.failed else 1)


def _bar(services: Services, batch_id: str) -> None:
    desk = services.batches.desk
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=err(), transient=True) as bar:
        task = bar.add_task("用印中 / sealing", total=1, told="")
        while True:
            now = desk.progress(batch_id)
            bar.update(task, completed=now.done + now.failed, total=now.batch.total, told=_told(now))
            crew = services.batches.crew_of(batch_id)
            if now.batch.state in _AT_REST or now.batch.state is BatchState.WAITING:
                return
            if crew is None and now.workers == 0 and now.batch.attended:
                return  # nobody works for it, and nobody can without the PIN
            time.sleep(LOOK_SECONDS)


def _told(now: BatchProgress) -> str:
    left = "" if now.left_seconds is None else f"，约剩 {now.left_seconds} 秒 / {now.left_seconds} s left"
    return f"{now.rate}/s，失败 {now.failed}{left}"


def _show(now: BatchProgress) -> None:
    found = now.batch
    say(
        f"{found.state.zh}：共 {found.total} 份，已用印 {now.done}，失败 {now.failed}，未办 {now.left}，取消 {now.cancelled}",
        f"{found.state.value}: {found.total} in all, {now.done} sealed, {now.failed} failed, {now.left} left, {now.cancelled} cancelled",
    )
    if found.fault.zh:
        say(f"原因：{found.fault.zh}", f"Why: {found.fault.en}")


def _found(source: Path, folder: Path) -> Found:
    if source.is_dir():
        found = from_folder(source)
    elif source.suffix.lower() == ".csv":
        found = from_manifest(source, source.parent)
    else:
        found = from_zip(source, folder)
    if found.left:
        err().print(
            f"未收入 {len(found.left)} 个其他文件 / {len(found.left)} other files left out", soft_wrap=True
        )
    return found


def _hand_in(services: Services, batch_id: str, found: Found, who: Hand) -> None:
    for begin in range(0, len(found.documents), 200):
        services.batches.desk.add(batch_id, found.documents[begin : begin + 200], hand=who)


def _hand(services: Services, text: str, seal: str) -> Hand:
    return hand(text, services.seals.get(seal).owner.uscc)
