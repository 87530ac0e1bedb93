"""``yinxin archive``: stored documents, how long they are kept, holds, extensions, and whether all are there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ID_WIDTH,
    REFUSED,
    HomeOption,
    JsonOption,
    err,
    installation,
    leave,
    out,
    person,
    print_json,
    say,
    table,
    write_bytes,
)
from api.schemas.archive import DocumentFileModel, DocumentModel, HoldModel, RenewalsModel
from api.services import Services
from signing.retention.scrub import scrub as scrub_all
from signing.retention.states import DocumentState, HoldState
from signing.retention.store import EVERY, DocumentQuery

app = typer.Typer(no_args_is_help=True, help="归档文件：保管期限、保全、延期、删除 / stored documents")
SHOWN = 12
"""Digits of a digest shown in a table; any eight or more that are unique call the document."""
ARCHIVIST = "person:archivist=档案管理员"
Digest = Annotated[
    str, typer.Argument(metavar="SHA256", help="文件的 SHA-256 或其前几位 / digest, or its first digits")
]
AsOption = Annotated[str, typer.Option("--as", help="经办人 / who acts")]
Reason = Annotated[str, typer.Option("--reason", help="理由，记入审计 / goes on record")]
_STATE = {
    DocumentState.KEPT: "在册 / kept",
    DocumentState.DELETING: "删除中 / going",
    DocumentState.DELETED: "已删除 / gone",
}
_HOLD = {
    HoldState.STANDING: "保全中 / stands",
    HoldState.ASKED: "待确认解除 / release asked",
    HoldState.LIFTED: "已解除 / lifted",
}


@app.command("list")
def list_documents(
    *,
    uscc: Annotated[str, typer.Option(help="只列此企业 / of this enterprise")] = "",
    held: Annotated[bool, typer.Option("--held", help="只列保全中的 / only those on hold")] = False,
    ended: Annotated[
        bool, typer.Option("--ended", help="只列期满的 / only those whose time is over")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="最多几份 / at most")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出归档文件，最新在前 / list stored documents, the newest first."""
    with installation(home) as services:
        by = services.clock() if ended else None
        query = DocumentQuery(uscc, held=held, ended_by=by, limit=limit)
        found = services.keeping.documents.list(query)
    if as_json:
        print_json([DocumentModel.of(one) for one in found])
        return
    shown = table(
        "SHA-256",
        "文件 / name",
        "级别 / level",
        "保管至 / until",
        "有效至 / proof",
        "状态 / state",
        first=SHOWN,
    )
    for one in found:
        until = "永久 / ever" if one.retention and one.retain_until is None else _day(one.retain_until)
        shown.add_row(_short(one.digest), one.name, one.level, until, _day(one.fades_at), _STATE[one.state])
    out().print(shown)


@app.command()
def show(digest: Digest, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """一份文件的各版本与保全 / a document, what it was extended to, and its holds."""
    with installation(home) as services:
        file = services.keeping.documents.show(_digest(services, digest))
    if as_json:
        print_json(DocumentFileModel.of(file))
        return
    first = file.versions[0]
    say(f"{first.name}（{first.owner_uscc}）", f"sealing {first.sealing}")
    versions = table(
        "SHA-256", "版本 / no.", "存入 / since", "级别 / level", "有效至 / proof", "状态 / state", first=SHOWN
    )
    for one in file.versions:
        row = (_short(one.digest), str(one.number), _day(one.stored_at), one.level, _day(one.fades_at))
        versions.add_row(*row, _STATE[one.state])
    out().print(versions)
    if first.deleted_at is not None:
        zh = f"{_day(first.deleted_at)} 由 {first.deleted_by} 删除：{first.delete_reason}"
        say(zh, f"deleted on {_day(first.deleted_at)} by {first.deleted_by}")
    for hold in file.holds:
        say(f"保全 {hold.id}：{_HOLD[hold.state]}，{hold.reason}", f"placed by {hold.placed_by}")


@app.command()
def fetch(
    digest: Digest, target: Annotated[Path, typer.Argument(metavar="OUT")], *, home: HomeOption = None
) -> None:
    """取出归档文件 / fetch a document."""
    with installation(home) as services:
        _, stream = services.keeping.documents.open(_digest(services, digest))
        with stream:
            write_bytes(target, stream.read())
    say(f"已取出：{target}", f"fetched: {target}")


@app.command()
def classify(
    digest: Digest,
    name: Annotated[str, typer.Argument(metavar="CLASS", help="类别，如 y30 / retention class")],
    *,
    actor: AsOption = ARCHIVIST,
    home: HomeOption = None,
) -> None:
    """设定保管期限（只能延长）/ give a document its retention class."""
    with installation(home) as services:
        file = services.keeping.documents.classify(_digest(services, digest), name, actor=person(actor))
    until = file.versions[0].retain_until
    say(f"保管至：{_day(until) or '永久'}", f"kept until {_day(until) or 'ever'}")


@app.command()
def hold(
    digest: Annotated[
        str, typer.Argument(metavar="SHA256|ALL", help="文件摘要，或 ALL（全部）/ digest, or ALL")
    ],
    *,
    reason: Reason,
    actor: AsOption = ARCHIVIST,
    home: HomeOption = None,
) -> None:
    """法律保全：期满也不得删除 / hold a document."""
    with installation(home) as services:
        placed = services.keeping.documents.hold(_digest(services, digest), reason, actor=person(actor))
    say(f"已保全，编号 {placed.id}", "on hold; this number lifts it")


@app.command()
def holds(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出有效的保全 / list the holds that stand."""
    with installation(home) as services:
        found = services.keeping.documents.standing()
    if as_json:
        print_json([HoldModel.of(one) for one in found])
        return
    shown = table("编号 / number", "状态 / state", "理由 / reason", "文件 / of", first=ID_WIDTH)
    for one in found:
        shown.add_row(one.id, _HOLD[one.state], one.reason, _short(one.origin))
    out().print(shown)


@app.command()
def release(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="保全编号 / number of the hold")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="申请人写明理由 / by whoever asks")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="由另一人确认 / by another person")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="不同意解除 / keep the hold")] = False,
    actor: AsOption = ARCHIVIST,
    home: HomeOption = None,
) -> None:
    """解除保全：一人申请，另一人确认 / lift a hold: one asks, another confirms."""
    with installation(home) as services:
        desk, who = services.keeping.documents, person(actor)
        if confirm:
            moved = desk.release(hold_id, actor=who)
        elif refuse:
            moved = desk.refuse_release(hold_id, actor=who)
        else:
            moved = desk.ask_release(hold_id, reason, actor=who)
    say(_HOLD[moved.state], f"hold {moved.id}")


@app.command()
def extend(
    digest: Digest,
    *,
    password: Annotated[
        str | None, typer.Option(help="加密 PDF 的密码", envvar="YINXIN_PDF_PASSWORD")
    ] = None,
    actor: AsOption = ARCHIVIST,
    home: HomeOption = None,
) -> None:
    """立即延长有效期（追加证据与文档时间戳）/ extend a document now."""
    with installation(home) as services:
        made = services.keeping.renewals.extend(
            _digest(services, digest), actor=person(actor), password=password
        )
    say(f"已延长，有效期至 {_day(made.fades_at)}：{made.digest}", "extended; this is the new document")


@app.command()
def renewals(
    *,
    run: Annotated[bool, typer.Option("--run", help="立即执行一轮 / extend what is due now")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """延期进度 / how far extensions are."""
    with installation(home) as services:
        desk = services.keeping.renewals
        if run:
            services.keeping.housekeep(person(ARCHIVIST))
        model = RenewalsModel.of(desk.progress(), list(desk.newest(limit=50)))
    if as_json:
        print_json(model)
        return
    zh = f"待查 {model.unexamined}，将失效 {model.due}，失败 {model.failing}，进行中 {model.under_way}，已延期 {model.completed}"
    en = f"unexamined {model.unexamined}, due {model.due}, failing {model.failing}, under way {model.under_way}"
    say(zh, f"{en}, done {model.completed}")
    shown = table(
        "文件 / document", "状态 / state", "次数 / tries", "开始 / begun", "原因 / fault", first=SHOWN
    )
    for one in model.items:
        shown.add_row(_short(one.document), one.state, str(one.attempt), _day(one.begun_at), one.fault)
    if model.items:
        out().print(shown)


@app.command()
def delete(digest: Digest, *, reason: Reason, actor: AsOption = ARCHIVIST, home: HomeOption = None) -> None:
    """删除期满且未保全的文件，留删除记录 / delete a document whose time is over."""
    with installation(home) as services:
        services.keeping.documents.delete(_digest(services, digest), reason, actor=person(actor))
    say("已删除，删除记录永久保留。", "deleted; the record of it stays")


@app.command()
def scrub(
    *,
    deep: Annotated[bool, typer.Option("--deep", help="逐字节核对 / read every octet")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """核对归档是否完整 / see whether every document is there, whole."""
    progress = err()
    with installation(home) as services:
        archive = services.archive
        found = scrub_all(
            services.keeping.documents,
            archive,
            deep=deep,
            progress=lambda count: progress.print(count, end="\r"),
        )
    if as_json:
        names = ("documents", "octets", "missing", "damaged", "unknown")
        print_json({name: getattr(found, name) for name in names})
    else:
        word = "完整" if found.whole else "不完整"
        zh = f"{word}：{found.documents} 份，缺失 {len(found.missing)}，损坏 {len(found.damaged)}，未登记 {len(found.unknown)}"
        say(zh, f"{found.octets} octets")
        for kind, digests in (("缺失 / missing", found.missing), ("损坏 / damaged", found.damaged)):
            for digest in digests:
                out().print(f"{kind} {digest}")
    if not found.whole:
        leave(REFUSED)


def _digest(services: Services, text: str) -> str:
    """Read a digest or its first digits; ALL is every document."""
    return EVERY if text == "ALL" else services.keeping.documents.resolve(text.lower())


def _short(digest: str) -> str:
    return digest[:SHOWN] if digest != EVERY else "全部 / every"


def _day(when: datetime | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%d}"
