"""``yinxin sign``: a detached signature over any file; and the options that say what a signature is written in and permits."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.console import (
    HomeOption,
    PinFileOption,
    ask_pin,
    installation,
    person,
    say,
    write_bytes,
)
from api.errors import FileUnreadable
from api.sealing.container_choice import Detached
from api.tokens.enrolment import token_of
from signing.containers.envelope import ContainerKind
from signing.level import Level
from signing.order import SealOrder
from signing.placing.where import Unseen
from signing.service import SealedDocument

KEEPER: Final = "person:li.wei=李伟"

Container = Annotated[
    ContainerKind | None,
    typer.Option(help="签名容器：cms、gbt35275、ses（后两者需 SM2 密钥）/ what the signature is written in"),
]
Certify = Annotated[
    str,
    typer.Option(
        help="认证签名：no-changes（不许改）、form-filling（可填表）、annotations（可批注）/ certify the document"
    ),
]
Lock = Annotated[
    str,
    typer.Option(
        help="锁定表单域：all、include:域名,域名、exclude:域名,域名，可加 ;p=1 / lock form fields from now on"
    ),
]


def say_sealed(sealed: SealedDocument, target: Path) -> None:
    """Say that it is done, and which readers can check the result."""
    verdict, own = sealed.report.verdict, sealed.own
    say(f"{verdict.zh}：已用印，{target}", f"{verdict.en}: sealed, {target}")
    if own is not None and own.readers is not None:
        say(f"可核验者：{own.readers.zh}", f"Who can check it: {own.readers.en}")


def sign(
    *,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="任意文件，不超过 512 MB / any file")],
    target: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="签名文件，默认 FILE.p7s / the signature")
    ] = None,
    seal: Annotated[str, typer.Option("--seal", help="印章编码 / code of the seal")],
    container: Annotated[Detached, typer.Option(help="CAdES 或 GB/T 35275（需 SM2 密钥）")] = Detached.CADES,
    level: Annotated[
        Level | None,
        typer.Option(help="默认 CAdES 为 B-LT，GB/T 35275 为 B-T / by default the best there is"),
    ] = None,
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="用印人 / who seals")] = KEEPER,
    pin_file: PinFileOption = None,
    key: Annotated[str, typer.Option("--request-key", help="重试时保持不变 / keep it when retrying")] = "",
    case: Annotated[str, typer.Option(help="已批准的用印事项编号 / number of the approved case")] = "",
    document_class: Annotated[str, typer.Option("--class", help="文件种类 / class of the document")] = "",
) -> None:
    """对任意文件作分离式签名：原文件不变，签名另存 / sign any file; the signature stands in a file of its own."""
    if not source.is_file():
        raise FileUnreadable(source)
    target = target or source.with_name(f"{source.name}.p7s")
    order = SealOrder(
        source.absolute(),
        source.name,
        seal,
        Unseen(),
        level or container.level,
        key or uuid.uuid4().hex,
        case=case,
        document_class=document_class,
        credential="cli",
        container=container.kind,
        detached=True,
    )
    with installation(home) as services:
        owner = services.seals.get(seal).owner
        pin = ask_pin(pin_file, token_of(owner.uscc), services.home)
        sealed = services.sealing.seal(order, actor=person(actor, owner.uscc), pin=pin)
        write_bytes(target, sealed.bytes)
        services.evidence.publish()
    say_sealed(sealed, target)
