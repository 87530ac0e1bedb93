"""``yinxin seal data`` and ``yinxin seal data-show``: make electronic seal data, and look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    installation,
    person,
    print_json,
    read_bytes,
    say,
    write_bytes,
)
from api.cli.seal import KEEPER, Code
from api.routes.seal_data import Layout
from api.schemas.seal_data import shown
from seals.ses.parts import SesSignature
from seals.ses.structure import is_signature, read_seal, read_signature


def data(
    *,
    code: Code,
    target: Annotated[Path, typer.Option("--out", help="写到此文件（.esl）/ write it here")],
    version: Annotated[
        int, typer.Option(min=4, max=5, help="4：GB/T 38540-2020；5：GM/T 0031-2025 / layout")
    ] = 4,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """制作并导出电子印章数据 / make and export electronic seal data (SESeal)."""
    layout = Layout(version).version
    with installation(home) as services:
        owner = services.seals.get(code).owner
        made = services.seal_data.current(code, layout, actor=person(actor, owner.uscc))
        write_bytes(target, made.octets)
    say(
        f"已导出 {layout.standard} 电子印章数据（{len(made.octets)} 字节），{target}",
        f"Seal data of {layout.standard}, {len(made.octets)} octets, written to {target}",
    )


def data_show(
    file: Annotated[Path, typer.Argument(help="印章或签章数据文件 / .esl or .dat")],
    picture: Annotated[
        Path | None, typer.Option(help="图样写到此文件 / write the picture in it here")
    ] = None,
) -> None:
    """查看电子印章或签章数据的内容（不核验；核验用 yinxin verify）/ show what seal data says, without judging it."""
    octets = read_bytes(file)
    found = read_signature(octets) if is_signature(octets) else read_seal(octets)
    if picture is not None:
        write_bytes(picture, (found.seal if isinstance(found, SesSignature) else found).picture.data)
    print_json(shown(found))


def add_to(app: typer.Typer) -> None:
    """Add the two commands to the group of seals."""
    app.command("data")(data)
    app.command("data-show")(data_show)
