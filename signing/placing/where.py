"""Where a seal is asked to go: a place, the same place on many pages, a keyword, a form field, the seam, or nowhere.

Each kind has one canonical text, which is part of an order's fingerprint and which :func:`parse_where` reads back.
Lengths are millimetres, from the top left corner of the page as displayed; pages count from 1.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import unquote

from signing.errors import PlacementError
from signing.placing.errors import KeywordUnusable, WhereUnreadable
from signing.placing.page_range import PageRange

MAX_PLACE_LENGTH: Final = 64
"""Longest text read as a place; ``99999:9999.99,9999.99`` has 21 characters."""
MAX_WHERE_LENGTH: Final = 2000
"""Longest text read: a keyword of 100 characters and a field name of 200, each written with up to nine characters."""
MAX_KEYWORD_LENGTH: Final = 100
"""A keyword is a phrase; longer texts break over lines and pages and match nothing."""
MAX_FIELD_NAME: Final = 200
"""Longest full name of a form field; names in use have some twenty characters."""
MAX_NTH: Final = 10_000
"""Highest match that can be asked for by number."""
FARTHEST_MM: Final = 200_000.0
"""No page is larger (ISO 32000-2 annex C with the largest UserUnit taken seriously)."""

ALL_PAGES: Final = PageRange("all")
_NUMBER: Final = r"-?[0-9]{1,6}(?:\.[0-9]{1,4})?"
_PLACE: Final = re.compile(
    r"\s*([0-9]{1,6})\s*:\s*([0-9]{1,5}(?:\.[0-9]{1,4})?)\s*,\s*([0-9]{1,5}(?:\.[0-9]{1,4})?)\s*"
)
_PAIR: Final = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")


class Where(ABC):
    """A wish; :func:`signing.placing.layout.lay_out` turns it into places on the pages of one document."""

    __slots__ = ()

    @abstractmethod
    def __str__(self) -> str:
        """Write the one text that :func:`parse_where` reads back as this."""


@dataclass(frozen=True, slots=True)
class Placement(Where):
    """The top left corner of a seal's box: page (from 1), mm from the left and from the top of the page as displayed."""

    page: int
    x_mm: float
    y_mm: float

    def __post_init__(self) -> None:
        if self.page < 1 or not (math.isfinite(self.x_mm) and math.isfinite(self.y_mm)):
            raise PlacementError(f"page {self.page}, {self.x_mm}, {self.y_mm}")

    @classmethod
    def parse(cls, text: str) -> Placement:
        """Read ``PAGE:X,Y`` such as ``2:120,200``; anything else raises :class:`PlacementError`."""
        found = _PLACE.fullmatch(text) if len(text) <= MAX_PLACE_LENGTH else None
        if found is None:
            raise PlacementError(text[:MAX_PLACE_LENGTH])
        page, x, y = found.groups()
        return cls(int(page), float(x), float(y))

    def __str__(self) -> str:
        return f"{self.page}:{self.x_mm:g},{self.y_mm:g}"


@dataclass(frozen=True, slots=True)
class OnPages(Where):
    """The same place on several pages: ``pages=1-3,5,8;at=120,200``."""

    pages: PageRange
    x_mm: float
    y_mm: float

    def __post_init__(self) -> None:
        _finite(self.x_mm, self.y_mm)

    def __str__(self) -> str:
        return f"pages={self.pages};at={self.x_mm:g},{self.y_mm:g}"


class Which(StrEnum):
    """Which matches of a keyword get the seal; a number asks for the n-th of the document."""

    ALL = "all"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class AtKeyword(Where):
    """The seal's centre on the centre of a text, moved by ``dx_mm`` to the right and ``dy_mm`` down.

    ``keyword=甲方盖章;which=last;offset=10,-5;pages=1-3``. :class:`KeywordUnusable`: empty or too long.
    """

    text: str
    which: Which | int = Which.FIRST
    dx_mm: float = 0.0
    dy_mm: float = 0.0
    pages: PageRange = ALL_PAGES

    def __post_init__(self) -> None:
        _finite(self.dx_mm, self.dy_mm)
        if not 0 < len(self.text.strip()) <= len(self.text) <= MAX_KEYWORD_LENGTH:
            raise KeywordUnusable(f"{len(self.text)} characters")
        if isinstance(self.which, int) and not 1 <= self.which <= MAX_NTH:
            raise WhereUnreadable(f"which={self.which}")

    def __str__(self) -> str:
        return (
            f"keyword={written(self.text)};which={self.which};"
            f"offset={self.dx_mm:g},{self.dy_mm:g};pages={self.pages}"
        )


class Fit(StrEnum):
    """How the seal fills a form field; it is never distorted and never made larger than it is."""

    SHRINK = "shrink"
    """In its true size in the middle; made smaller where the field is smaller."""
    TRUE = "true"
    """In its true size in the middle, or refused."""


@dataclass(frozen=True, slots=True)
class InField(Where):
    """In an empty signature field that the document brings along, by its full name: ``field=Signature1;fit=shrink``."""

    name: str
    fit: Fit = Fit.SHRINK

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= MAX_FIELD_NAME:
            raise WhereUnreadable(f"field={self.name[:40]}")

    def __str__(self) -> str:
        return f"field={written(self.name)};fit={self.fit}"


class Edge(StrEnum):
    """The edge of the paper that a seam seal runs over."""

    RIGHT = "right"
    LEFT = "left"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Seam(Where):
    """A seal across the pages (骑缝章): ``seam=right;every=20;pages=all;offset=centre;inset=0;facing=no``.

    ``every`` pages share one seal (0: all pages do). ``offset_mm`` is the seal's distance from the top (left and right edge)
    or from the left (top and bottom edge); without it the seal is centred on the edge. ``inset_mm`` keeps the slices off
    the paper's very edge, which many printers cannot reach. ``facing`` (对开): every two pages that follow each other share one
    seal, half on each.
    """

    edge: Edge = Edge.RIGHT
    every: int = 0
    pages: PageRange = ALL_PAGES
    offset_mm: float | None = None
    inset_mm: float = 0.0
    facing: bool = False

    def __post_init__(self) -> None:
        _finite(self.offset_mm or 0.0, self.inset_mm)
        if (
            self.every == 1
            or not 0 <= self.every <= MAX_NTH
            or (self.offset_mm or 0) < 0
            or self.inset_mm < 0
        ):
            raise WhereUnreadable(str(self))

    def __str__(self) -> str:
        offset = "centre" if self.offset_mm is None else f"{self.offset_mm:g}"
        facing = "yes" if self.facing else "no"
        return (
            f"seam={self.edge};every={self.every};pages={self.pages};"
            f"offset={offset};inset={self.inset_mm:g};facing={facing}"
        )


@dataclass(frozen=True, slots=True)
class Unseen(Where):
    """Nowhere: the document is signed and shows no seal."""

    def __str__(self) -> str:
        return "unseen"


def parse_where(text: str) -> Where:
    """Read any place; options may be left out and stand in any order. :class:`PlacementError` says what was not understood."""
    if len(text) > MAX_WHERE_LENGTH:
        raise WhereUnreadable(text[:40])
    kind, _, _ = text.strip().partition("=")
    if kind == "unseen":
        return Unseen()
    if kind not in _KINDS:
        return Placement.parse(text)
    given = _options(text)
    allowed, make = _KINDS[kind]
    unknown = [name for name in given if name not in allowed]
    if unknown:
        raise WhereUnreadable(f"{unknown[0]}={given[unknown[0]]}"[:40])
    return make(given)


Options = Mapping[str, str]
Choice = TypeVar("Choice", bound=StrEnum)


def _on_pages(given: Options) -> Where:
    return OnPages(PageRange(given["pages"]), *_pair("at", given.get("at", "")))


def _at_keyword(given: Options) -> Where:
    which = given.get("which", Which.FIRST)
    chosen = int(which) if which.isascii() and which.isdigit() and len(which) <= 5 else _choice(Which, which)
    dx, dy = _pair("offset", given.get("offset", "0,0"))
    return AtKeyword(given["keyword"], chosen, dx, dy, PageRange(given.get("pages", "all")))


def _in_field(given: Options) -> Where:
    return InField(given["field"], _choice(Fit, given.get("fit", Fit.SHRINK)))


def _seam(given: Options) -> Where:
    offset = given.get("offset", "centre")
    facing = given.get("facing", "no")
    every = given.get("every", "0")
    if facing not in ("yes", "no") or not (every.isascii() and every.isdigit() and len(every) <= 5):
        raise WhereUnreadable(f"facing={facing[:20]};every={every[:20]}")
    return Seam(
        _choice(Edge, given["seam"]),
        int(every),
        PageRange(given.get("pages", "all")),
        None if offset == "centre" else _number("offset", offset),
        _number("inset", given.get("inset", "0")),
        facing == "yes",
    )


_KINDS: Final[dict[str, tuple[tuple[str, ...], Callable[[Options], Where]]]] = {
    "pages": (("pages", "at"), _on_pages),
    "keyword": (("keyword", "which", "offset", "pages"), _at_keyword),
    "field": (("field", "fit"), _in_field),
    "seam": (("seam", "every", "pages", "offset", "inset", "facing"), _seam),
}


def _options(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if not sign or name.strip() in found:
            raise WhereUnreadable(part[:40])
        found[name.strip()] = unquote(value).strip()
    return found


def _choice(kind: type[Choice], text: str) -> Choice:
    try:
        return kind(text)
    except ValueError as wrong:
        raise WhereUnreadable(text[:40]) from wrong


def _pair(name: str, text: str) -> tuple[float, float]:
    found = _PAIR.fullmatch(text)
    if found is None:
        raise WhereUnreadable(f"{name}={text}"[:40])
    return float(found[1]), float(found[2])


def _number(name: str, text: str) -> float:
    if re.fullmatch(_NUMBER, text) is None:
        raise WhereUnreadable(f"{name}={text}"[:40])
    return float(text)


def written(text: str) -> str:
    """Write a keyword or a name so that it cannot be taken for options."""
    return "".join(f"%{ord(sign):02X}" if sign in "%;" or sign < " " else sign for sign in text.strip())


def _finite(*lengths: float) -> None:
    if not all(math.isfinite(length) and abs(length) <= FARTHEST_MM for length in lengths):
        raise PlacementError(f"lengths {lengths}")
