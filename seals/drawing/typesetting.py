"""Setting text: what stands on a page that we make, widths, lines, and a TrueType font of just the characters used.

Lengths are in mm from the page's top left; outlines are those of :mod:`seals.drawing.fonts` (SIL OFL).

Readers of OFD and PDF differ in which outlines they can draw; quadratic ones in a ``glyf`` table are drawn by all. The installed fonts
have cubic ones, so these are approximated to a thousandth of the em. The same characters give the same octets.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

from seals.drawing.fonts import ASCENT, DESCENT, EM, Face, FontShelf, Glyph, shelf
from seals.errors import GlyphMissing

POINT: Final = 25.4 / 72
"""Millimetres to the point."""
A4: Final = (210.0, 297.0)
"""Width and height in mm (ISO 216)."""
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""
BLACK: Final[Colour] = (0, 0, 0)
UNKNOWN_SIGN: Final = "□"
"""Set for a character that the fonts have not: a foreign file's name may hold any."""
TOLERANCE: Final = 1.0
"""Largest error of a curve, in font units: at 12 points less than a hundredth of a millimetre."""
NAMES: Final = {Face.SONG: "Yinxin Song", Face.HEI: "Yinxin Hei"}
"""The fonts may be changed and embedded under other names than their own (OFL, reserved font names)."""
_NOT_FIRST: Final = frozenset("，。、；：？！）】》”’％,.;:?!)]}%")
"""Signs that do not begin a line (避头尾)."""
_NOT_LAST: Final = frozenset("（【《“‘([{")
"""Signs that do not end one."""


@dataclass(frozen=True, slots=True)
class Text:
    """One line; ``y_mm`` is its baseline from the page's top, ``size_mm`` its em."""

    x_mm: float
    y_mm: float
    size_mm: float
    text: str
    face: Face = Face.SONG
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle, its corner at the top left."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    colour: Colour


class Measure:
    """Widths of text in a face, and the glyphs for it."""

    def __init__(self, fonts: FontShelf | None = None) -> None:
        self._fonts = fonts or shelf()

    def glyph(self, face: Face, character: str) -> Glyph:
        """Return a glyph. :class:`seals.errors.GlyphMissing` names a character that the fonts have not."""
        return self._fonts.glyph(face, character)

    def advance(self, face: Face, character: str, size_mm: float) -> float:
        """Return how far a character moves on, in mm."""
        return self.glyph(face, character).advance * size_mm / EM

    def width(self, face: Face, text: str, size_mm: float) -> float:
        """Return a line's width in mm."""
        return sum(self.advance(face, character, size_mm) for character in text)

    def printable(self, text: str) -> str:
        """Put a sign for every character, but for the end of a line, that is without a glyph in one of the faces."""
        return "".join(one if one == "\n" or self._has(one) else UNKNOWN_SIGN for one in text)

    def _has(self, character: str) -> bool:
        try:
            for face in Face:
                self._fonts.glyph(face, character)
        except GlyphMissing:
            return False
        return True


def characters(items: Iterable[object]) -> dict[Face, set[str]]:
    """Return the characters that the lines of text among ``items`` use of each face."""
    found: dict[Face, set[str]] = {}
    for item in items:
        if isinstance(item, Text):
            found.setdefault(item.face, set()).update(item.text)
    return found


def broken(measure: Measure, text: str, width_mm: float, size_mm: float, face: Face = Face.SONG) -> list[str]:
    """Break a text into lines no wider than ``width_mm``; Latin words and numbers stay whole where they fit on a line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for word in _words(paragraph):
            wide = measure.width(face, word, size_mm)
            if line and used + wide > width_mm and word[0] not in _NOT_FIRST:
                kept = _carried(line)
                lines.append(line[: len(line) - len(kept)].rstrip())
                line, used = kept, measure.width(face, kept, size_mm)
                word = word.lstrip() or ""  # noqa: PLW2901 - a space that ends a line is not carried
                wide = measure.width(face, word, size_mm)
            while used + wide > width_mm and len(word) > 1:
                at = _fitting(measure, word, (width_mm - used, size_mm), face)
                lines.append(line + word[:at])
                line, used, word = "", 0.0, word[at:]  # noqa: PLW2901
                wide = measure.width(face, word, size_mm)
            line, used = line + word, used + wide
        lines.append(line.rstrip())
    return lines


def _carried(line: str) -> str:
    at = len(line)
    while at > 1 and line[at - 1] in _NOT_LAST:
        at -= 1
    return line[at:]


def _fitting(measure: Measure, word: str, room: tuple[float, float], face: Face) -> int:
    used = 0.0
    for at, character in enumerate(word):
        used += measure.advance(face, character, room[1])
        if used > room[0]:
            return max(at, 1)
    return len(word)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        latin = character.isascii() and not character.isspace()
        if latin and words and words[-1][-1].isascii() and not words[-1][-1].isspace():
            words[-1] += character
        else:
            words.append(character)
    return words


def font_file(face: Face, characters: Iterable[str], measure: Measure) -> bytes:
    """Make the font. Raises what ``measure`` raises for a character without a glyph."""
    wanted = sorted(set(characters))
    glyphs: dict[str, Any] = {".notdef": TTGlyphPen(None).glyph()}
    metrics = {".notdef": (EM, 0)}
    for character in wanted:
        found = measure.glyph(face, character)
        name = f"u{ord(character):04X}"
        glyphs[name] = _outline(found)
        metrics[name] = (found.advance, found.box[0] if found.segments else 0)
    builder: Any = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(character): f"u{ord(character):04X}" for character in wanted})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(metrics)
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    name = NAMES[face]
    builder.setupNameTable(
        {
            "familyName": name,
            "styleName": "Regular",
            "uniqueFontIdentifier": name,
            "fullName": name,
            "psName": name.replace(" ", ""),
        }
    )
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT, usWinDescent=-DESCENT)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


def _outline(glyph: Glyph) -> Any:
    pen = TTGlyphPen(None)
    quadratic = Cu2QuPen(pen, TOLERANCE, reverse_direction=True)
    for kind, points in glyph.segments:
        if kind == "M":
            quadratic.moveTo(points[0])
        elif kind == "L":
            quadratic.lineTo(points[0])
        elif kind == "C":
            quadratic.curveTo(*points)
        else:
            quadratic.closePath()
    return pen.glyph()
