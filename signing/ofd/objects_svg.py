"""Objects of a page as SVG (GB/T 33190 §8 to §11): text, paths, pictures, each in its own coordinates.

Nothing of the package gets into the SVG but escaped text, numbers that were read as numbers, and pictures known by their first
octets: a browser that shows it as an image runs no script and loads nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from seals.ses.pixels import look
from signing.ofd.descriptions import number as mm
from signing.ofd.figures import IDENTITY, deltas, matrix, numbers
from verify.ofd.structure import Box, numbers4
from verify.ofd.xml import Element

MAX_SIGNS: Final = 20_000
"""Signs of one text that are drawn; a line has some hundred."""
MAX_PATH: Final = 1024 * 1024
"""Octets of one path; coastlines of a map have some hundred thousand."""
MEDIA: Final = {"PNG": "image/png", "JPG": "image/jpeg", "GIF": "image/gif", "BMP": "image/bmp"}
_STEPS: Final = {"S": "M", "M": "M", "L": "L", "Q": "Q", "B": "C", "A": "A", "C": "Z"}
"""Path operators of GB/T 33190 table 37 and those of SVG; operands come in the same order."""
_BOLD: Final = 600
_HEXADECIMAL: Final = re.compile("#[0-9A-Fa-f]{1,2}")
_LINE_MM: Final = 0.353
"""Line width where none is named (GB/T 33190 §9.1): one point."""


def boundary(item: Element) -> Box:
    """Read an object's box on the page."""
    return numbers4(item.attributes.get("Boundary", "")) or (0.0, 0.0, 0.0, 0.0)


def moved(item: Element, origin: tuple[float, float]) -> str:
    """Return the way from an object's own coordinates to the page's."""
    x, y, _, _ = boundary(item)
    turned = matrix(item.attributes.get("CTM", ""))
    told = f"translate({joined((x + origin[0], y + origin[1]))})"
    return f'transform="{told}"' if turned == IDENTITY else f'transform="{told} matrix({joined(turned)})"'


def picture(octets: bytes | None, box: Box) -> str:
    """Draw a picture of a kind that browsers know; empty for any other."""
    media = MEDIA.get(look(octets).kind) if octets else None
    if octets is None or media is None:
        return ""
    x, y, width, height = map(mm, box)
    data = base64.b64encode(octets).decode()
    return (
        f'<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="data:{media};base64,{data}"/>'
    )


def path(item: Element, named: Element | None) -> str:
    """Draw a path; empty for one that is too long."""
    data = item.value("AbbreviatedData")
    if len(data) > MAX_PATH:
        return ""
    fill = _ink(item, named, "Fill", default=False)
    stroke = _ink(item, named, "Stroke", default=True)
    width = next(iter(numbers(_said(item, named, "LineWidth"))), _LINE_MM)
    steps = "".join(_steps(data))
    return f'<path d="{steps}" {fill} {stroke} stroke-width="{mm(width)}"/>'


def _steps(written: str) -> Iterator[str]:
    """Turn abbreviated path data into that of SVG; it ends where it is no longer any."""
    for part in written.split():
        if part in _STEPS:
            yield _STEPS[part]
        else:
            read = numbers(part)
            if not read:
                return
            yield f"{mm(read[0])} "


def text(item: Element, named: Element | None, *, serif: bool) -> str:
    """Draw a text object."""
    size = next(iter(numbers(item.attributes.get("Size", ""))), 0.0)
    if size <= 0:
        return ""
    style = [f'font-size="{mm(size)}"', _ink(item, named, "Fill", default=True)]
    style += ['font-family="serif"'] if serif else []
    style += ['font-style="italic"'] if item.attributes.get("Italic") == "true" else []
    weight = next(iter(numbers(item.attributes.get("Weight", ""))), 0.0)
    style += ['font-weight="bold"'] if weight >= _BOLD else []
    return f"<g {' '.join(style)}>{''.join(_lines(item))}</g>"


def _lines(item: Element) -> Iterator[str]:
    """Set each ``TextCode``: every sign at its own place where advances are named, white space left out."""
    x = y = 0.0
    for code in item.all("TextCode"):
        written = code.text[:MAX_SIGNS]
        x = next(iter(numbers(code.attributes.get("X", ""))), x)
        y = next(iter(numbers(code.attributes.get("Y", ""))), y)
        across = deltas(code.attributes.get("DeltaX", ""), len(written))
        down = deltas(code.attributes.get("DeltaY", ""), len(written))
        if across or down:
            places = list(_places(written, (x, y), across, down))
            signs = "".join(sign for sign, _, _ in places)
            xs, ys = joined(at_x for _, at_x, _ in places), joined(at_y for _, _, at_y in places)
        else:
            signs, xs, ys = written.strip(), mm(x), mm(y)
        yield f'<text x="{xs}" y="{ys}">{escape(signs)}</text>'


def _places(
    text: str, start: tuple[float, float], across: Sequence[float], down: Sequence[float]
) -> Iterator[tuple[str, float, float]]:
    x, y = start
    for at, sign in enumerate(text):
        if not sign.isspace():
            yield sign, x, y
        x += across[at] if at < len(across) else 0.0
        y += down[at] if at < len(down) else 0.0


def _said(item: Element, named: Element | None, name: str) -> str:
    """Return an attribute of an object, or of the drawing parameters that it names."""
    return item.attributes.get(name, "") or (named.attributes.get(name, "") if named else "")


def _ink(item: Element, named: Element | None, kind: str, *, default: bool) -> str:
    """Return fill or stroke as SVG has it; a shading is grey."""
    attribute = kind.lower()
    if item.attributes.get(kind, str(default).lower()) != "true":
        return f'{attribute}="none"'
    colour = item.first(f"{kind}Color") or (named.first(f"{kind}Color") if named else None)
    if colour is None:
        return f'{attribute}="#000"'
    alpha = next(iter(numbers(colour.attributes.get("Alpha", ""))), 255.0) / 255
    shown = _colour(colour.attributes.get("Value", "")) if not colour.children else "#aaa"
    return f'{attribute}="{shown}" {attribute}-opacity="{mm(min(1.0, max(0.0, alpha)))}"'


def _colour(value: str) -> str:
    """Read a colour: grey, red green blue, or the four printing inks, each 0 to 255 (``#`` before hexadecimal ones)."""
    read = [int(part[1:], 16) if _HEXADECIMAL.fullmatch(part) else -1 for part in value.split()]
    inks = read if read and min(read) >= 0 else [round(each) for each in numbers(value)]
    inks = [min(255, max(0, each)) for each in inks]
    if len(inks) == 1:
        inks *= 3
    if len(inks) == 4:
        inks = [(255 - ink) * (255 - inks[3]) // 255 for ink in inks[:3]]
    return "#" + "".join(f"{ink:02x}" for ink in inks) if len(inks) == 3 else "#000"


def frame(box: Box, origin: tuple[float, float] = (0.0, 0.0)) -> str:
    """Frame what is not drawn."""
    x, y, width, height = box
    if width <= 0 or height <= 0:
        return ""
    place = f'x="{mm(x + origin[0])}" y="{mm(y + origin[1])}" width="{mm(width)}" height="{mm(height)}"'
    return f'<rect {place} fill="#888" fill-opacity=".12" stroke="#888" stroke-width=".3" stroke-dasharray="2 1"/>'


def joined(values: Iterable[float]) -> str:
    """Write numbers one after the other."""
    return " ".join(map(mm, values))
