"""``yinxin seal-pdf``, ``yinxin find`` and ``yinxin verify``."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from api.cli import containers, placing
from api.cli.console import (
    HomeOption,
    PinFileOption,
    ask_pin,
    installation,
    leave,
    person,
    read_bytes,
    write_bytes,
)
from api.cli.report import issuing
from api.sealing.container_choice import certification_of, lock_of
from api.sealing.placed import demand_place
from api.settings import load_settings
from api.tokens.enrolment import token_of
from ca.clock import system_clock
from signing.level import Level
from signing.order import SealOrder
from verify.command import run as run_verify

KEEPER = "person:li.wei=李伟"
PasswordOption = Annotated[
    str | None,
    typer.Option(help="加密 PDF 的密码 / password of an encrypted PDF", envvar="YINXIN_PDF_PASSWORD"),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command("seal-pdf")(seal_pdf)
    app.command("find")(placing.find)
    app.command("verify")(verify)


def seal_pdf(
    *,
    source: Annotated[Path, typer.Argument(metavar="IN", help="待用印的 PDF / document")],
    target: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="用印结果；--preview 时不需要 / sealed document")
    ] = None,
    seal: Annotated[str, typer.Option("--seal", help="印章编码 / code of the seal")],
    at: placing.At = "",
    pages: placing.OnPages = "",
    keyword: placing.Keyword = "",
    match: placing.Match = "",
    offset: placing.Offset = "",
    field: placing.Field = "",
    fit: placing.Fit = "",
    seam: placing.SeamEdge = "",
    every: placing.Every = "",
    facing: placing.Facing = False,
    inset: placing.Inset = "",
    unseen: placing.Unseen = False,
    where: placing.WhereText = "",
    may_cover: placing.MayCover = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="只列出将盖在哪里，不用印 / list the places, seal nothing")
    ] = False,
    level: Annotated[Level, typer.Option(help="PAdES")] = Level.B_LT,
    container: containers.Container = None,
    certify: containers.Certify = "",
    lock: containers.Lock = "",
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="用印人 / who seals")] = KEEPER,
    pin_file: PinFileOption = None,
    password: PasswordOption = None,
    key: Annotated[str, typer.Option("--request-key", help="重试时保持不变 / keep it when retrying")] = "",
    case: Annotated[str, typer.Option(help="已批准的用印事项编号 / number of the approved case")] = "",
    document_class: Annotated[str, typer.Option("--class", help="文件种类 / class of the document")] = "",
    amount: Annotated[int | None, typer.Option(min=0, help="金额（元）/ yuan, for the rules")] = None,
) -> None:
    """在 PDF 或 OFD 上用印；位置可用坐标、关键字、页码范围、签名域或骑缝 / seal a document."""
    place = placing.where_of(
        placing.PlaceOptions(
            at, pages, keyword, match, offset, field, fit, seam, every, facing, inset, unseen, where
        )
    )
    if target is None and not preview:
        raise typer.BadParameter("缺少输出文件名 OUT / name the output file OUT")
    order = SealOrder(
        read_bytes(source),
        source.name,
        seal,
        place,
        level,
        key or uuid.uuid4().hex,
        password,
        case=case,
        document_class=document_class,
        amount=amount,
        credential="cli",
        may_cover=may_cover,
        container=container,
        certify=certification_of(certify),
        lock=lock_of(lock),
    )
    with installation(home) as services:
        if target is None or preview:
            size = services.seals.picture(seal).size_mm
            outlook = services.preview.outlook(
                order.document, place, size, may_cover=may_cover, password=password
            )
            placing.tell(outlook)
            return
        owner = services.seals.get(seal).owner
        demand_place(services.preview, services.seals, order, person(actor, owner.uscc))
        pin = ask_pin(pin_file, token_of(owner.uscc), services.home)
        sealed = services.sealing.seal(order, actor=person(actor, owner.uscc), pin=pin)
        write_bytes(target, sealed.bytes)
        services.evidence.publish()
    containers.say_sealed(sealed, target)


def verify(
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="待验文件 / documents")],
    trust: Annotated[Path | None, typer.Option(help="信任文件夹 / folder of anchors")] = None,
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", help="信任清单（XML 或 JSON），可多次 / a trust list, XML or JSON"),
    ] = None,
    signer: Annotated[
        list[str] | None,
        typer.Option(help="清单签名证书或其 SHA-256 / the certificate of who signs it, or its SHA-256"),
    ] = None,
    at: Annotated[str, typer.Option(help="按此时间判断 / judge as of this time")] = "",
    proof: Annotated[
        Path | None,
        typer.Option(help="合并签名的证明文件 / proof of a document under a batch's one signature"),
    ] = None,
    content: Annotated[
        Path | None, typer.Option(help="分离式签名所签的原文件 / what a detached signature is over")
    ] = None,
    department: Annotated[
        str, typer.Option(help="按该部门的政策判断 / ask it too: its name, id or policy file")
    ] = "",
    act: Annotated[str, typer.Option(help="办理的事项 / the act that it is asked about")] = "",
    evidence: Annotated[
        Path | None, typer.Option(help="制度证据记录，默认取文件旁的 .evidence.jws / evidence records")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="核验报告 .pdf、.json、.xml、.jws / a report on one file"),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="离线核验包，代替信任文件夹 / offline bundle, in place of the folder")
    ] = None,
    bundle_signer: Annotated[
        str, typer.Option(help="离线核验包签名证书的 SHA-256 / SHA-256 of its signer's certificate")
    ] = "",
    table: Annotated[
        Path | None,
        typer.Option(
            "--out", help="许多文件的结论写入一张 .csv 或 .xlsx，中断后再执行即继续 / one table of many files"
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="--out 的并行进程数，0 为核数 / processes for --out")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    password: PasswordOption = None,
    home: HomeOption = None,
) -> None:
    """验章：0 有效，1 无效，2 无法判定，3 无法读取，4 有效但已作废，5 部门不予接受，6 有条件接受 / verify documents.

    0 passed, 1 failed, 2 indeterminate, 3 unreadable, 4 passed but voided since, 5 refused by the department, 6 accepted on conditions.
    """
    folder = trust or load_settings(home).home / "trust"
    arguments = [str(file) for file in files]
    usual = folder.is_dir() and bundle is None
    arguments += ["--trust", str(folder)] if trust is not None or usual else []
    arguments += [part for path in lists or () for part in ("--list", str(path))]
    arguments += [part for one in signer or () for part in ("--signer", one)]
    arguments += [] if bundle is None else ["--bundle", str(bundle)]
    arguments += ["--bundle-signer", bundle_signer] if bundle_signer else []
    arguments += [] if report is None else ["--report", str(report)]
    arguments += ["--at", at] if at else []
    arguments += [] if proof is None else ["--proof", str(proof)]
    arguments += ["--content", str(content)] if content is not None else []
    arguments += ["--department", department, "--act", act] if department else []
    arguments += [] if evidence is None else ["--evidence", str(evidence)]
    arguments += [] if table is None else ["--out", str(table), "--workers", str(workers)]
    arguments += ["--json"] if as_json else []
    arguments += [] if password is None else ["--password", password]
    if report is None:
        leave(run_verify(arguments, clock=system_clock))
    with issuing(home) as issuer:
        status = run_verify(arguments, clock=system_clock, issuer=issuer)
    leave(status)
