"""``yinxin seal``, pictures and imprints: picture, clean, compare, upload."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
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
    read_bytes,
    say,
    write_bytes,
)
from api.cli.seal import APPLICANT, Code
from api.schemas.imprints import ComparisonModel, UploadedPictureModel
from seals.drawing.vector import SealPicture
from seals.imprint.outcome import CleanedImprint
from seals.imprint.studio import ImprintStudio
from seals.imprint.uploads import PictureUpload


class Form(StrEnum):
    """Forms of a picture."""

    SVG = "svg"
    PDF = "pdf"
    PNG = "png"


Dpi = Annotated[int, typer.Option(min=72, max=1200, help="PNG 的分辨率 / resolution of a PNG")]
Size = Annotated[
    str,
    typer.Option(help="实际尺寸，如 42 或 40x30（毫米）；不给则按图片分辨率 / true size in mm, 42 or 40x30"),
]
Turn = Annotated[
    float | None,
    typer.Option(
        min=-360,
        max=360,
        help="顺时针转过的角度；不给则自动判断 / degrees it is turned clockwise",
        show_default=False,
    ),
]
Scan = Annotated[Path, typer.Argument(help="印模扫描件或照片 / scan or photograph: PNG, JPEG, TIFF, BMP")]


def picture(
    code: Code,
    form: Annotated[Form, typer.Option("--format", help="格式 / form")] = Form.PNG,
    target: Annotated[
        Path | None, typer.Option("--out", help="写到此文件 / write here", show_default=False)
    ] = None,
    dpi: Dpi = 600,
    home: HomeOption = None,
) -> None:
    """印章图样，实际尺寸；未备案的带“未备案”字样 / the seal's picture at true size."""
    with installation(home) as services:
        drawn = services.seals.picture(code)
        octets = services.studio.png(drawn, dpi) if form is Form.PNG else _vectors(drawn, form)
    target = target or Path(f"{code}.{form}")
    write_bytes(target, octets)
    across, down = drawn.size_mm
    say(f"已写入 {target}（{across:g} × {down:g} 毫米）", f"Wrote {target} ({across:g} × {down:g} mm)")


def clean(
    photo: Scan,
    target: Annotated[
        Path, typer.Option("--out", help="PNG、SVG 或 PDF，按后缀 / PNG, SVG or PDF by its ending")
    ],
    size: Size = "",
    turn: Turn = None,
) -> None:
    """照片去底，得到透明图样 / take a photographed imprint off its paper."""
    form = _form_of(target)
    octets = read_bytes(photo)
    with ImprintStudio() as studio:
        made = studio.clean(octets, title=photo.stem, size_mm=_size(size), turn_deg=turn)
    write_bytes(target, _written(made, form))
    across, down = made.picture.size_mm
    say(f"已写入 {target}（{across:g} × {down:g} 毫米）", f"Wrote {target} ({across:g} × {down:g} mm)")


def compare(
    scan: Scan,
    code: Code,
    overlay: Annotated[
        Path | None, typer.Option(help="叠加图 PNG 写到此文件 / write the overlay here", show_default=False)
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """印模与备案图样比对，结果供参考 / compare an imprint with the approved picture; the figures are advice."""
    octets = read_bytes(scan)
    with installation(home) as services:
        found = services.pictures.compare(code, octets)
    if overlay is not None:
        write_bytes(overlay, found.overlay_png)
    if as_json:
        print_json(ComparisonModel.of(replace(found, overlay_png=b"")))
        return
    worst, left, top = found.worst, *found.worst.box_mm[:2]
    say(
        f"重合度 {found.overlap:.1%}，旋转 {found.rotation_deg:g}°；最差处 {worst.overlap:.1%}（左 {left:g}、上 {top:g} 毫米）",
        f"Overlap {found.overlap:.1%}, turned {found.rotation_deg:g}°; worst place {worst.overlap:.1%} "
        f"({left:g} mm from the left, {top:g} mm from the top)",
    )
    say(found.advice.zh, found.advice.en)


def upload(
    photo: Scan,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码 / owner's code")],
    *,
    size: Size = "",
    turn: Turn = None,
    officer: Annotated[
        bool, typer.Option("--officer", help="以备案民警身份上传 / as the filing officer")
    ] = False,
    emblem: Annotated[bool, typer.Option("--emblem", help="含国徽等标志 / an emblem of state")] = False,
    reason: Annotated[str, typer.Option(help="原因 / reason")] = "",
    home: HomeOption = None,
    actor: ActorOption = APPLICANT,
    as_json: JsonOption = False,
) -> None:
    """上传印模作为印章图样 / keep a photographed imprint as the picture of a seal to be applied for."""
    asked = PictureUpload(uscc, read_bytes(photo), _size(size), turn, emblem, reason)
    with installation(home) as services:
        told = services.pictures.upload(
            asked, officer=officer, actor=person(actor, None if officer else uscc)
        )
    if as_json:
        print_json(UploadedPictureModel.of(told))
        return
    say("图样已保存，申请时填写其摘要：", "The picture is kept; name its digest in the application:")
    out().print(told.sha256)


def _written(made: CleanedImprint, form: Form) -> bytes:
    if form is Form.PNG:
        return made.png
    return _vectors(made.picture, form)


def _vectors(drawn: SealPicture, form: Form) -> bytes:
    return drawn.pdf() if form is Form.PDF else drawn.svg().encode()


def _form_of(target: Path) -> Form:
    try:
        return Form(target.suffix.lower().removeprefix("."))
    except ValueError:
        raise typer.BadParameter(".png .svg .pdf", param_hint="--out") from None


def _size(text: str) -> tuple[float, float] | None:
    """Read ``42`` or ``40x30``."""
    if not text:
        return None
    try:
        sides = [float(side) for side in text.lower().replace("×", "x").split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2) or not all(0 < side <= 100 for side in sides):
        raise typer.BadParameter("42 / 40x30", param_hint="--size")
    return sides[0], sides[-1]


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``yinxin seal``."""
    for name, command in (("picture", picture), ("clean", clean), ("compare", compare), ("upload", upload)):
        app.command(name)(command)
