"""The table of seal templates: shapes, sizes and places in millimetres.

No national law sizes every company seal (only the ceiling of 45 mm, 国发〔1999〕25号; the invoice seal alone is fixed, by
国家税务总局公告2011年第7号), so sizes are rows here and a new local rule is a new row. Places are measured from the seal's
centre, y downwards; a text's height is its em box. No row has a national emblem, and none can be drawn: such a picture
comes in only through the filing officer's hands (:mod:`seals.imprint.uploads`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from seals.errors import TextUnfit
from seals.seal import SealKind

MAX_NAME: Final = 50
"""Most characters on an arc: the longest registered enterprise names have about 45."""
MIN_NAME: Final = 2
MAX_LINE: Final = 12
"""Most characters of an inscription under the name."""
MAX_PERSON: Final = 15
"""Most characters of a person's name on a square seal: long names of minorities, with their dots."""
MIN_GAP_MM: Final = 0.4
"""Least white between any two groups of a seal (name, inscription, code, star, ring)."""


class Shape(Enum):
    """Outlines of seals."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class ArcName:
    """The name on the arc: white to the edge, tallest and lowest glyph (mm), widest span (degrees, all of it)."""

    inset: float
    tallest: float
    lowest: float
    span: float


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line of text: em height and width of a glyph (mm), top of its em box (mm below the centre)."""

    height: float
    width: float
    top: float


@dataclass(frozen=True, slots=True)
class LowerCode:
    """The code on the lower arc: white to the edge, height and pitch of a digit (mm)."""

    inset: float
    height: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of seal in one size. ``star`` is the width from tip to tip (mm), 0 for none; ``edge`` the ring (mm).

    ``serial`` is where an invoice seal has its number, "(1)", when its owner has several.
    """

    key: str
    kind: SealKind
    shape: Shape
    width: int
    height: int
    edge: float
    name: ArcName | None = None
    star: float = 0.0
    line: Line | None = None
    centre: Line | None = None
    code: LowerCode | None = None
    serial: Line | None = None


def _round(kind: SealKind, size: int, *, star: bool, line: Line | None) -> Template:
    scale = size / 42
    return Template(
        key=f"round-{size}",
        kind=kind,
        shape=Shape.ROUND,
        width=size,
        height=size,
        edge=1.2 if size >= 40 else 1.0,
        name=ArcName(inset=1.0 * scale, tallest=5.6 * scale, lowest=3.0 * scale, span=244),
        star=size / 3 if star else 0.0,
        line=line and Line(line.height * scale, line.width * scale, line.top * scale),
        code=LowerCode(inset=1.25 * scale, height=1.72 * scale, pitch=1.8 * scale),
    )


_UNDER_STAR: Final = Line(height=3.7, width=3.5, top=9.1)
_NO_STAR: Final = Line(height=4.6, width=4.3, top=6.2)

TEMPLATES: Final = (
    _round(SealKind.LEGAL_NAME, 42, star=True, line=None),
    _round(SealKind.LEGAL_NAME, 40, star=True, line=None),
    _round(SealKind.LEGAL_NAME, 38, star=True, line=None),
    _round(SealKind.LEGAL_NAME, 45, star=True, line=None),
    Template(
        key="oval-45x30",
        kind=SealKind.LEGAL_NAME,
        shape=Shape.OVAL,
        width=45,
        height=30,
        edge=1.0,
        name=ArcName(inset=0.9, tallest=4.8, lowest=2.6, span=244),
        code=LowerCode(inset=1.1, height=1.65, pitch=1.75),
    ),
    _round(SealKind.FINANCE, 38, star=False, line=_NO_STAR),
    Template(
        key="oval-40x30",
        kind=SealKind.INVOICE,
        shape=Shape.OVAL,
        width=40,
        height=30,
        edge=1.0,
        name=ArcName(inset=0.5, tallest=4.2, lowest=2.6, span=260),
        centre=Line(height=3.7, width=26 / 18, top=-1.85),
        line=Line(height=4.6, width=3.0, top=4.2),
        serial=Line(height=2.2, width=1.7, top=10.0),
    ),
    _round(SealKind.CONTRACT, 38, star=True, line=_UNDER_STAR),
    _round(SealKind.CONTRACT, 40, star=True, line=_UNDER_STAR),
    Template("square-18", SealKind.LEGAL_REPRESENTATIVE, Shape.SQUARE, 18, 18, 1.0),
    Template("square-20", SealKind.LEGAL_REPRESENTATIVE, Shape.SQUARE, 20, 20, 1.1),
    _round(SealKind.OTHER, 42, star=True, line=_UNDER_STAR),
    _round(SealKind.OTHER, 40, star=True, line=_UNDER_STAR),
    _round(SealKind.OTHER, 38, star=True, line=_UNDER_STAR),
)
"""Every template; the first of a kind is its default."""


def templates(kind: SealKind) -> tuple[Template, ...]:
    """Return the templates of a kind, the default first."""
    return tuple(found for found in TEMPLATES if found.kind is kind)


def template(kind: SealKind, key: str | None = None) -> Template:
    """Return a kind's template by key (its default without one); an unknown key raises :class:`TextUnfit`."""
    known = templates(kind)
    for found in known:
        if key is None or found.key == key:
            return found
    keys = "、".join(found.key for found in known)
    raise TextUnfit(
        f"{kind.zh}没有规格 {key}，可选：{keys}。",
        f"A {kind.en} has no template {key}; choose one of {keys}.",
    )
