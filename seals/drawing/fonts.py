"""Glyph outlines of the redistributable fonts (SIL OFL) that the project installs: Noto Serif SC and Noto Sans SC.

Outlines are CFF cubics in font units (1000 to the em), y upwards. A font file has 8 to 12 MB and takes most of a second
to open, so a :class:`FontShelf` opens each once and keeps the glyphs it has read.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

import pylopdf_fonts_zh_cn
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from seals.errors import FontMissing, GlyphMissing

EM: Final = 1000
"""Font units to the em, of both fonts."""
ASCENT: Final = 880
"""Top of the em box of a Chinese character above the baseline, in font units (OpenType ``idtp`` of Source Han)."""
DESCENT: Final = -120
"""Bottom of the em box below the baseline."""


class Face(Enum):
    """The two faces: 宋体 for names, 黑体 for digits."""

    SONG = "song"
    HEI = "hei"

    def path(self) -> Path:
        """Return the installed file."""
        shelf = pylopdf_fonts_zh_cn
        return Path(shelf.serif_path() if self is Face.SONG else shelf.sans_path())


Point = tuple[int, int]
Segment = tuple[str, tuple[Point, ...]]
"""``("M", (p,))``, ``("L", (p,))``, ``("C", (p, p, p))`` or ``("Z", ())``."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One outline: segments, advance width and ink box (left, bottom, right, top), all in font units."""

    segments: tuple[Segment, ...]
    advance: int
    box: tuple[int, int, int, int]


def operators(glyph: Glyph) -> str:
    """Write an outline as PDF path operators in font units, without painting it (ISO 32000-1 §8.5.2)."""
    return " ".join(
        f"{' '.join(f'{x} {y}' for x, y in points)} {_OPERATORS[kind]}".strip()
        for kind, points in glyph.segments
    )


_OPERATORS: Final = {"M": "m", "L": "l", "C": "c", "Z": "h"}


class FontShelf:
    """Opened fonts and the glyphs read from them; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fonts: dict[Face, Any] = {}
        self._glyphs: dict[tuple[Face, str], Glyph] = {}

    def glyph(self, face: Face, character: str) -> Glyph:
        """Return a character's outline.

        Raises :class:`GlyphMissing` naming the character, or :class:`FontMissing` if a file is not there.
        """
        found = self._glyphs.get((face, character))
        if found is not None:
            return found
        with self._lock:
            glyph = _read(self._open(face), character)
            self._glyphs[face, character] = glyph
        return glyph

    def _open(self, face: Face) -> Any:
        if face not in self._fonts:
            path = face.path()
            if not path.is_file():
                raise FontMissing(path.name)
            with TTFont(path, lazy=True) as font:  # what glyphs need is in memory before the file is closed
                glyphs, names = font.getGlyphSet(), font.getBestCmap()
                glyphs[".notdef"].draw(_OutlinePen(glyphs))
            self._fonts[face] = (glyphs, names)
        return self._fonts[face]


@cache
def shelf() -> FontShelf:
    """Return the process's one shelf, made when first asked for."""
    return FontShelf()


class _OutlinePen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Collects an outline as whole-number segments."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.segments: list[Segment] = []

    def _moveTo(self, at: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self.segments.append(("M", (_whole(at),)))

    def _lineTo(self, at: tuple[float, float]) -> None:  # noqa: N802
        self.segments.append(("L", (_whole(at),)))

    def _curveToOne(  # noqa: N802
        self, one: tuple[float, float], two: tuple[float, float], at: tuple[float, float]
    ) -> None:
        self.segments.append(("C", (_whole(one), _whole(two), _whole(at))))

    def _closePath(self) -> None:  # noqa: N802
        self.segments.append(("Z", ()))


def _whole(at: tuple[float, float]) -> Point:
    return round(at[0]), round(at[1])


def _read(font: tuple[Any, dict[int, str]], character: str) -> Glyph:
    glyphs, names = font
    name = names.get(ord(character))
    if name is None:
        raise GlyphMissing(character)
    pen = _OutlinePen(glyphs)
    glyphs[name].draw(pen)
    points = [point for _, found in pen.segments for point in found]
    across, along = [x for x, _ in points] or [0], [y for _, y in points] or [0]
    box = (min(across), min(along), max(across), max(along))
    return Glyph(tuple(pen.segments), round(glyphs[name].width), box)
