"""A TrueType font of just the characters that a document uses, from the outlines of :mod:`seals.fonts` (SIL OFL).

Readers of OFD differ in which outlines they can draw; quadratic ones in a ``glyf`` table are drawn by all. The installed fonts have
cubic ones, so these are approximated to a thousandth of the em. The same characters give the same octets.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

from seals.errors import GlyphMissing
from seals.fonts import ASCENT, DESCENT, EM, Face, FontShelf, Glyph, shelf
from signing.ofd.errors import TextUnprintable

TOLERANCE: Final = 1.0
"""Largest error of a curve, in font units: at 12 points less than a hundredth of a millimetre."""
NAMES: Final = {Face.SONG: "Yinxin Song", Face.HEI: "Yinxin Hei"}
"""The fonts may be changed and embedded under other names than their own (OFL, reserved font names)."""


class Measure:
    """Widths of text in a face, and the glyphs for it."""

    def __init__(self, fonts: FontShelf | None = None) -> None:
        self._fonts = fonts or shelf()

    def glyph(self, face: Face, character: str) -> Glyph:
        """Return a glyph. :class:`TextUnprintable` names a character that the fonts have not."""
        try:
            return self._fonts.glyph(face, character)
        except GlyphMissing as missing:
            raise TextUnprintable(character) from missing

    def advance(self, face: Face, character: str, size_mm: float) -> float:
        """Return how far a character moves on, in mm."""
        return self.glyph(face, character).advance * size_mm / EM

    def width(self, face: Face, text: str, size_mm: float) -> float:
        """Return a line's width in mm."""
        return sum(self.advance(face, character, size_mm) for character in text)


def font_file(face: Face, characters: Iterable[str], measure: Measure) -> bytes:
    """Make the font. :class:`TextUnprintable`."""
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
