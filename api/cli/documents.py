"""``yinxin seal-pdf``."""

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
    person,
    read_bytes,
    write_bytes,
)
from api.cli.verifying import PasswordOption
from api.sealing.container_choice import certification_of, lock_of
from api.sealing.placed import demand_place
from api.tokens.enrolment import token_of
from signing.level import Level
from signing.order import SealOrder

KEEPER = "person:li.wei=李伟"


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
