"""Options of the command line that say where a seal goes, and ``yinxin find``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import HomeOption, installation, out, print_json, read_bytes, say, table
from api.schemas.placing import MatchModel
from signing.placing.errors import PlaceAmbiguous
from signing.placing.layout import Found
from signing.placing.page_range import PageRange
from signing.placing.preview import Outlook
from signing.placing.where import Where, parse_where, written

At = Annotated[
    str,
    typer.Option(
        "--at", help="页:X,Y 毫米，自左上角；或配合 --pages 写 X,Y / PAGE:X,Y in mm, or X,Y with --pages"
    ),
]
OnPages = Annotated[str, typer.Option("--pages", help="页码：1-3,5,8、odd、even、last、all / which pages")]
Keyword = Annotated[str, typer.Option("--keyword", help="盖在此文字处 / on this text")]
Match = Annotated[str, typer.Option("--match", help="all、first、last 或第几处 / which matches")]
Offset = Annotated[
    str,
    typer.Option(
        "--offset",
        help="关键字：右,下 毫米；骑缝章：距上（左）边毫米 / RIGHT,DOWN from the text; mm along the edge",
    ),
]
Field = Annotated[str, typer.Option("--field", help="签入已有的空白签名域 / an empty signature field")]
Fit = Annotated[str, typer.Option("--fit", help="签名域小于印章时：shrink 缩小，true 拒绝 / for --field")]
SeamEdge = Annotated[
    str, typer.Option("--seam", help="骑缝章所在边：right、left、top、bottom / seam seal over this edge")
]
Every = Annotated[str, typer.Option("--every", help="骑缝章：每多少页一枚 / pages that share one seam seal")]
Facing = Annotated[
    bool, typer.Option("--facing", help="骑缝章对开：相邻两页各半 / half a seal on either side of a joint")
]
Inset = Annotated[str, typer.Option("--inset", help="骑缝章离纸边毫米 / mm between slices and the edge")]
Unseen = Annotated[bool, typer.Option("--unseen", help="只签名，不显示印章 / sign without showing a seal")]
WhereText = Annotated[
    str, typer.Option("--where", help="位置的完整写法，如 seam=right;every=20 / any place in one text")
]
MayCover = Annotated[
    bool, typer.Option("--may-cover", help="允许压住已有签章 / may lie on an existing signature")
]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What was given; empty texts were not."""

    at: str = ""
    pages: str = ""
    keyword: str = ""
    match: str = ""
    offset: str = ""
    field: str = ""
    fit: str = ""
    seam: str = ""
    every: str = ""
    facing: bool = False
    inset: str = ""
    unseen: bool = False
    where: str = ""


def where_of(given: PlaceOptions) -> Where:
    """Make the one place that the options name. :class:`PlaceAmbiguous` for none or several, :class:`PlacementError`."""
    named = [given.at, given.keyword, given.field, given.seam, given.where, "unseen" * given.unseen]
    if sum(map(bool, named)) != 1:
        raise PlaceAmbiguous
    head = next(
        (f"{kind}={written(text)}" for kind, text in
         (("keyword", given.keyword), ("field", given.field), ("seam", given.seam)) if text),
        given.where or ("unseen" if given.unseen else ""),
    )  # fmt: skip
    more = {
        "pages": given.pages, "which": given.match, "offset": given.offset, "fit": given.fit,
        "every": given.every, "inset": given.inset, "facing": "yes" if given.facing else "",
    }  # fmt: skip
    if given.at:
        if not given.pages:
            return parse_where(";".join([given.at, *_written(more)]))
        head, more = f"pages={given.pages};at={given.at}", more | {"pages": ""}
    return parse_where(";".join([head, *_written(more)]))


def _written(options: dict[str, str]) -> list[str]:
    return [f"{name}={text}" for name, text in options.items() if text]


def find(
    *,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="要找的文字 / text to look for")],
    source: Annotated[Path, typer.Argument(metavar="FILE", help="PDF 或 OFD / document")],
    pages: OnPages = "all",
    password: Annotated[
        str | None, typer.Option(help="文件密码 / password", envvar="YINXIN_PDF_PASSWORD")
    ] = None,
    as_json: Json = False,
    home: HomeOption = None,
) -> None:
    """列出文字所在的页码和位置，供按关键字用印前核对 / list where a text stands."""
    chosen = PageRange(pages)
    with installation(home) as services:
        found = services.preview.find(read_bytes(source), text, chosen, password=password)
    if as_json:
        listed = enumerate(found.matches, start=1)
        print_json([MatchModel.of(number, match) for number, match in listed])
        return
    _list(text, found)


def _list(text: str, found: Found) -> None:
    say(f"“{text}”共 {len(found.matches)} 处", f"“{text}” stands in {len(found.matches)} place(s)")
    listing = _table()
    for number, match in enumerate(found.matches, start=1):
        listing.add_row(str(number), str(match.page), *(f"{side:.1f}" for side in match.box))
    out().print(listing)


def _table() -> Table:
    return table("序号 / no.", "页 / page", "左 / x", "上 / y", "宽 / w", "高 / h (mm)")


def tell(outlook: Outlook) -> None:
    """Print what would be drawn."""
    if not outlook.shown:
        say("不显示印章，只有签名", "No seal is shown; the document is signed invisibly")
        return
    say(
        f"印章将出现 {len(outlook.shown)} 处，一个签名覆盖整份文件（{outlook.pages} 页）",
        f"The seal would show in {len(outlook.shown)} place(s); one signature covers the whole file of {outlook.pages} page(s)",
    )
    listing = _table()
    for number, one in enumerate(outlook.shown, start=1):
        listing.add_row(str(number), str(one.page), *(f"{side:.1f}" for side in one.box))
    out().print(listing)
