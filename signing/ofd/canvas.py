"""What stands on a page that we make: text, lines, boxes, paths, pictures; every length in mm from the page's top left."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from seals.drawing.fonts import Face
from seals.drawing.typesetting import BLACK, Box, Colour, Text
from signing.ofd.descriptions import number
from signing.ofd.font_file import Measure
from verify.ofd.xml import NAMESPACE


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke."""

    start: tuple[float, float]
    end: tuple[float, float]
    width_mm: float = 0.2
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Image:
    """A PNG or JPEG in a rectangle."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    octets: bytes


Item = Text | Line | Box | Image


@dataclass(slots=True)
class Sheet:
    """One page."""

    items: list[Item] = field(default_factory=list)

    def add(self, *items: Item) -> None:
        """Put items on the page, later ones over earlier ones."""
        self.items.extend(items)


@dataclass(slots=True)
class Numbers:
    """Object numbers of one document, from 1 (ST_ID, GB/T 33190 §7.2)."""

    last: int = 0

    def next(self) -> int:
        """Return a number that was not given yet."""
        self.last += 1
        return self.last


@dataclass(frozen=True, slots=True)
class Resources:
    """Numbers of the fonts and pictures that pages refer to."""

    fonts: dict[Face, int]
    images: dict[bytes, int]


def page_xml(
    sheet: Sheet, size: tuple[float, float], resources: Resources, numbers: Numbers, measure: Measure
) -> bytes:
    """Write one ``Content.xml`` (GB/T 33190 §7.7)."""
    layer = numbers.next()
    body = "".join(_item(item, resources, numbers.next(), measure) for item in sheet.items)
    box = f"0 0 {number(size[0])} {number(size[1])}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Page xmlns:ofd="{NAMESPACE}">'
        f"<ofd:Area><ofd:PhysicalBox>{box}</ofd:PhysicalBox></ofd:Area>"
        f'<ofd:Content><ofd:Layer ID="{layer}">{body}</ofd:Layer></ofd:Content></ofd:Page>'
    ).encode()


def _item(item: Item, resources: Resources, identifier: int, measure: Measure) -> str:
    if isinstance(item, Text):
        return _text(item, resources.fonts[item.face], identifier, measure)
    if isinstance(item, Line):
        return _line(item, identifier)
    if isinstance(item, Box):
        return _box(item, identifier)
    width, height = number(item.width_mm), number(item.height_mm)
    return (
        f'<ofd:ImageObject ID="{identifier}" Boundary="{_numbers(item.x_mm, item.y_mm)} {width} {height}" '
        f'CTM="{width} 0 0 {height} 0 0" ResourceID="{resources.images[item.octets]}"/>'
    )


def _text(item: Text, font: int, identifier: int, measure: Measure) -> str:
    """Each advance is written out: readers without the font keep the columns."""
    advances = [measure.advance(item.face, character, item.size_mm) for character in item.text]
    top, high = item.y_mm - item.size_mm, 1.3 * item.size_mm
    deltas = f' DeltaX="{" ".join(map(number, advances[:-1]))}"' if len(advances) > 1 else ""
    return (
        f'<ofd:TextObject ID="{identifier}" Boundary="{_numbers(item.x_mm, top, sum(advances) + 0.1, high)}" '
        f'Font="{font}" Size="{number(item.size_mm)}">{_colour("FillColor", item.colour)}'
        f'<ofd:TextCode X="0" Y="{number(item.size_mm)}"{deltas}>{escape(item.text)}</ofd:TextCode></ofd:TextObject>'
    )


def _line(item: Line, identifier: int) -> str:
    (x1, y1), (x2, y2) = item.start, item.end
    half = item.width_mm / 2
    left, top = min(x1, x2) - half, min(y1, y2) - half
    box = _numbers(left, top, abs(x1 - x2) + item.width_mm, abs(y1 - y2) + item.width_mm)
    path = f"M {_numbers(x1 - left, y1 - top)} L {_numbers(x2 - left, y2 - top)}"
    return (
        f'<ofd:PathObject ID="{identifier}" Boundary="{box}" LineWidth="{number(item.width_mm)}">'
        f"{_colour('StrokeColor', item.colour)}<ofd:AbbreviatedData>{path}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _box(item: Box, identifier: int) -> str:
    width, height = number(item.width_mm), number(item.height_mm)
    return (
        f'<ofd:PathObject ID="{identifier}" Boundary="{_numbers(item.x_mm, item.y_mm)} {width} {height}" '
        f'Stroke="false" Fill="true">{_colour("FillColor", item.colour)}'
        f"<ofd:AbbreviatedData>M 0 0 L {width} 0 L {width} {height} L 0 {height} C</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _colour(name: str, colour: Colour) -> str:
    return f'<ofd:{name} Value="{colour[0]} {colour[1]} {colour[2]}"/>'


def _numbers(*values: float) -> str:
    return " ".join(map(number, values))
