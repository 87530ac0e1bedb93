"""What can be wrong with a place that is asked for: the family of :class:`signing.errors.PlacementError`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from signing.errors import PlacementError


class PageRangeUnreadable(PlacementError):
    """A choice of pages cannot be read."""

    zh = "页码范围不正确，写法如 1-3,5,8，或 all（全部）、odd（奇数页）、even（偶数页）、last（末页）。"
    en = "The pages cannot be read; write 1-3,5,8 or all, odd, even, last."


class NoPageChosen(PlacementError):
    """The document has none of the pages chosen."""

    def __init__(self, pages: str, count: int) -> None:
        super().__init__(f"{pages} of {count}")
        self.zh = f"所选页码“{pages}”在这份 {count} 页的文件中一页也没有；请改选页码。"
        self.en = f"The document has {count} page(s), none of them among “{pages}”; choose other pages."


class WhereUnreadable(PlacementError):
    """A place is written in a way that is not known here."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.zh = f"无法识别的用印位置：“{part}”。可用写法：1:120,200；pages=1-3;at=120,200；keyword=甲方盖章;which=last；field=名称；seam=right；unseen。"
        self.en = (
            f"The place “{part}” cannot be read. Known forms: 1:120,200; pages=1-3;at=120,200; "
            "keyword=TEXT;which=last; field=NAME; seam=right; unseen."
        )


class PlaceAmbiguous(PlacementError):
    """Not exactly one place was given."""

    zh = "请恰好指定一种用印位置：坐标（--at）、关键字（--keyword）、签名域（--field）、骑缝章（--seam）或不可见（--unseen）。"
    en = "Give exactly one place: coordinates (--at), a keyword, a field, the seam, or --unseen."


class KeywordUnusable(PlacementError):
    """The keyword is empty or too long to be searched for."""

    zh = "关键字不能为空，且不超过 100 个字符；请填写文件中原样出现的一小段文字。"
    en = "A keyword has 1 to 100 characters; give a short text as it stands in the document."


class KeywordMissing(PlacementError):
    """The keyword stands nowhere on the pages searched."""

    def __init__(self, text: str, searched: int, pictures: Sequence[int] = ()) -> None:
        super().__init__(f"{searched} pages searched, {len(pictures)} without text")
        self.text, self.searched, self.pictures = text, searched, tuple(pictures)
        self.zh = f"没有找到关键字“{text}”（已查 {searched} 页），未生成文件。"
        self.en = f"The text “{text}” was not found on the {searched} page(s) searched; no file was made. "
        if not pictures:
            self.zh += "请核对文字，或改为点选位置。"
            self.en += "Check the wording, or choose the place by hand."
        elif len(pictures) == searched:
            self.zh += "这些页面只有图像、没有文字（多为扫描件），关键字可能在图像里；请改为点选位置，或先做文字识别。"
            self.en += "These pages hold only pictures (a scan?), and the text may stand in one: choose the place by hand, or recognise the text first."
        else:
            self.zh += (
                f"其中第 {_listed(pictures)} 页只有图像、没有文字，关键字可能在图像里；请改为点选位置。"
            )
            self.en += f"Page(s) {_listed(pictures)} hold only pictures, and the text may stand in one: choose the place by hand."


class KeywordTooSeldom(PlacementError):
    """The n-th match was asked for and there are fewer."""

    def __init__(self, text: str, wanted: int, count: int) -> None:
        super().__init__(f"match {wanted} of {count}")
        self.text, self.wanted, self.count = text, wanted, count
        self.zh = f"关键字“{text}”只出现 {count} 处，没有第 {wanted} 处；请改选 1 到 {count}。"
        self.en = (
            f"The text “{text}” stands in {count} place(s), there is no number {wanted}; choose 1 to {count}."
        )


class SearchFailed(PlacementError):
    """The document's text could not be read: it is damaged, hostile, or too much for the time and memory allowed."""

    zh = "读取文件文字时失败（文件异常或过大），无法按关键字定位；请改为点选位置。"
    en = (
        "The text of the document could not be read (damaged or too large); choose the place by hand instead."
    )


class FieldMissing(PlacementError):
    """The document has no signature field of this name."""

    def __init__(self, name: str, empty: Sequence[str]) -> None:
        super().__init__(name)
        self.name, self.empty = name, tuple(empty)
        self.zh = f"文件中没有名为“{name}”的签名域；" + _choice_zh(empty)
        self.en = f"The document has no signature field “{name}”; " + _choice_en(empty)


class FieldSigned(PlacementError):
    """The field carries a signature already."""

    def __init__(self, name: str, empty: Sequence[str]) -> None:
        super().__init__(name)
        self.name, self.empty = name, tuple(empty)
        self.zh = f"签名域“{name}”已经签署，不能再次用印；" + _choice_zh(empty)
        self.en = f"The signature field “{name}” is signed already; " + _choice_en(empty)


class FieldTooSmall(PlacementError):
    """The seal in its true size is larger than the field."""

    def __init__(self, name: str, field_mm: tuple[float, float], seal_mm: tuple[float, float]) -> None:
        super().__init__(f"field {field_mm}, seal {seal_mm}")
        self.name, self.field_mm, self.seal_mm = name, field_mm, seal_mm
        field, seal = (f"{size[0]:.0f}×{size[1]:.0f} mm" for size in (field_mm, seal_mm))
        self.zh = f"签名域“{name}”为 {field}，小于印章 {seal}；请改用“缩小放入”（fit=shrink）或点选位置。"
        self.en = f"The field “{name}” is {field}, smaller than the seal of {seal}; let it shrink (fit=shrink) or choose a place."


class CoversSignature(PlacementError):
    """The seal would lie over a signature or seal that is there already."""

    def __init__(self, page: int, name: str) -> None:
        super().__init__(f"page {page}, {name}")
        self.page, self.name = page, name
        self.zh = f"第 {page} 页的印章会压住已有的签章（{name}）；请换一个位置，或明确允许覆盖。"
        self.en = f"On page {page} the seal would cover the signature {name}; choose another place, or allow it to cover."


class SeamNeedsPages(PlacementError):
    """A seam seal over fewer than two pages."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} page(s)")
        self.count = count
        self.zh = (
            f"骑缝章至少需要两页，所选只有 {count} 页；单页文件请直接点选位置用印（一个签名即保护整份文件）。"
        )
        self.en = (
            f"A seam seal runs over at least two pages and {count} is chosen; seal a single page at a place "
            "(one signature protects the whole file)."
        )


class TooManySpots(PlacementError):
    """The seal would be drawn more often than allowed."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} spots")
        self.count, self.limit = count, limit
        self.zh = f"印章将出现 {count} 处，超过 {limit} 处的上限；请缩小页码范围。"
        self.en = f"The seal would be drawn {count} times, over the limit of {limit}; choose fewer pages."


NAMED: Final = 8
"""Names or page numbers listed in a sentence; the rest is counted."""


def _listed(items: Sequence[object]) -> str:
    shown = ", ".join(map(str, items[:NAMED]))
    return shown if len(items) <= NAMED else f"{shown}…"


def _choice_zh(names: Sequence[str]) -> str:
    return f"可用的空白签名域：{_listed(names)}。" if names else "文件中没有空白签名域，请改为点选位置。"


def _choice_en(names: Sequence[str]) -> str:
    return f"empty fields: {_listed(names)}." if names else "it has no empty field; choose a place instead."
