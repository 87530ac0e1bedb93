"""From placed letters to marks: outlines fitted to their cells and made bold, the ring, the star, the banner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from seals.drawing.fonts import DESCENT, EM, Face, FontShelf, Glyph
from seals.drawing.geometry import Shape, Template
from seals.drawing.layout import Letter
from seals.drawing.plane import Frame
from seals.drawing.vector import Mark, Matrix

_FINE: Final = 4
"""Local units to a font unit: rounding to whole ones then costs under two micrometres."""
_CIRCLE_PARTS: Final = 8
_DIGIT_HEIGHT: Final = 733
"""Height of a digit of Noto Sans SC above the baseline, in font units."""
_SMALL: Final = 25
"""Millimetres below which a seal is a name seal, whose few large letters need a larger banner."""
_BANNER_SLOPE: Final = 30
"""Rise of the banner in degrees."""


@dataclass(frozen=True, slots=True)
class Boldness:
    """What a pen adds to the outline, in parts of the em: to uprights, and to level strokes."""

    across: int
    down: int


_BOLD: Final = {Face.SONG: Boldness(across=62, down=16), Face.HEI: Boldness(across=40, down=40)}
"""Noto's regular weights are too thin for a seal: uprights gain much, level strokes little, as in engraved 宋体."""
_BY_RULE: Final = frozenset({"centre", "serial"})
"""Groups whose height 国家税务总局公告2011年第7号 fixes, as it is seen."""
_HALO: Final = Boldness(across=170, down=170)
_BANNER: Final = Boldness(across=30, down=30)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How font units become micrometres: both scales, and the point of the outline that stands on the foot."""

    wide: float
    high: float
    middle: float
    foot: float


def _em_fit(letter: Letter, glyph: Glyph) -> _Fit:
    """Fit the em box to the cell; a narrow character stands in its middle."""
    return _Fit(letter.width * 1000 / EM, letter.height * 1000 / EM, glyph.advance / 2, DESCENT)


def _digit_fit(letter: Letter, glyph: Glyph) -> _Fit:
    """Fit a digit's own height to the cell, no wider than the cell. A height fixed by rule has the pen within it."""
    pen = _BOLD[Face.HEI].down if letter.part in _BY_RULE else 0
    high = letter.height * 1000 / (_DIGIT_HEIGHT + pen)
    return _Fit(min(high, letter.width * 1000 / glyph.advance), high, glyph.advance / 2, 0)


class Draughtsman:
    """Draws figures and letters in a box (mm), in micrometres from its top left corner."""

    def __init__(self, size_mm: tuple[float, float], fonts: FontShelf) -> None:
        self._size = size_mm
        self._fonts = fonts
        self._across = size_mm[0] * 500
        self._down = size_mm[1] * 500

    @property
    def _here(self) -> Matrix:
        return (1, 0, 0, 1, self._across, self._down)

    def ring(self, template: Template) -> Mark:
        """Draw the ring, oval or square: a line along the middle of its edge."""
        pen = round(template.edge * 1000)
        across, down = self._across - pen / 2, self._down - pen / 2
        if template.shape is Shape.SQUARE:
            path = _polygon([(-across, -down), (across, -down), (across, down), (-across, down)])
        else:
            path = _oval_path(across, down)
        return Mark("ring", "ink", filled=False, pen=pen, matrix=self._here, path=path)

    def star(self, template: Template) -> list[Mark]:
        """Draw a regular five-pointed star, one tip up, or nothing where the template has none."""
        if not template.star:
            return []
        outer = template.star * 1000 / (2 * math.sin(math.radians(72)))
        inner = outer * math.cos(math.radians(72)) / math.cos(math.radians(36))
        corners = []
        for index in range(10):
            radius, turn = (inner if index % 2 else outer), math.radians(36 * index)
            corners.append((radius * math.sin(turn), -radius * math.cos(turn)))
        return [Mark("star", "ink", filled=True, pen=0, matrix=self._here, path=_polygon(corners))]

    def letter(self, letter: Letter) -> Mark:
        """Draw one letter, bold."""
        glyph = self._fonts.glyph(letter.face, letter.character)
        fit = _em_fit(letter, glyph) if letter.face is Face.SONG else _digit_fit(letter, glyph)
        return self._fitted(letter, glyph, fit, _BOLD[letter.face])

    def banner(self, text: str) -> list[Mark]:
        """Draw large letters across the seal from lower left to upper right, all halos under all letters."""
        share = 0.29 if max(self._size) < _SMALL else 0.25
        size = share * math.hypot(*self._size) / math.sqrt(2)
        slope = math.radians(_BANNER_SLOPE)
        along, up = (math.cos(slope), -math.sin(slope)), (-math.sin(slope), -math.cos(slope))
        halos, letters = [], []
        for index, character in enumerate(text):
            step = (index - (len(text) - 1) / 2) * size * 1.05
            foot = (step * along[0] - up[0] * size / 2, step * along[1] - up[1] * size / 2)
            letter = Letter("banner", character, Face.HEI, Frame(foot, along, up), size, size)
            glyph = self._fonts.glyph(Face.HEI, character)
            fit = _em_fit(letter, glyph)
            halos.append(self._fitted(letter, glyph, fit, _HALO, colour="paper"))
            letters.append(self._fitted(letter, glyph, fit, _BANNER))
        return halos + letters

    def _fitted(
        self, letter: Letter, glyph: Glyph, fit: _Fit, bold: Boldness, *, colour: str = "ink"
    ) -> Mark:
        """Fit the outline. The local x axis is squeezed so that the one round pen is the wanted oval on paper."""
        stretch = bold.across * fit.wide / (bold.down * fit.high)
        unit_y = fit.high / _FINE
        unit_x = unit_y * stretch
        path = _glyph_path(glyph, fit, fit.wide / unit_x)
        (ax, ay), (ux, uy), (x, y) = letter.frame.along, letter.frame.up, letter.frame.foot
        matrix = (
            ax * unit_x,
            ay * unit_x,
            ux * unit_y,
            uy * unit_y,
            x * 1000 + self._across,
            y * 1000 + self._down,
        )
        return Mark(letter.part, colour, filled=True, pen=bold.down * _FINE, matrix=matrix, path=path)


def _glyph_path(glyph: Glyph, fit: _Fit, across: float) -> str:
    parts = []
    for operator, points in glyph.segments:
        spots = (f"{round((x - fit.middle) * across)} {round((y - fit.foot) * _FINE)}" for x, y in points)
        parts.append(operator + " ".join(spots))
    return "".join(parts)


def _polygon(corners: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{round(x)} {round(y)}" for x, y in corners) + "Z"


def _oval_path(across: float, down: float) -> str:
    """Return an oval as cubic arcs; with eight of them the error is under a tenth of a micrometre."""
    step = 2 * math.pi / _CIRCLE_PARTS
    reach = 4 / 3 * math.tan(step / 4)
    path = f"M{across:.1f} 0.0"
    for index in range(_CIRCLE_PARTS):
        one, two = step * index, step * (index + 1)
        spots = (
            (math.cos(one) - reach * math.sin(one), math.sin(one) + reach * math.cos(one)),
            (math.cos(two) + reach * math.sin(two), math.sin(two) - reach * math.cos(two)),
            (math.cos(two), math.sin(two)),
        )
        path += "C" + " ".join(f"{round(x * across)} {round(y * down)}" for x, y in spots)
    return path + "Z"
