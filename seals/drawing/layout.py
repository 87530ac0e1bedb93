"""Where every glyph of a seal stands: pure planning in millimetres, before anything is drawn.

The lower elements are placed first (code, then inscription); the name's arc then takes the largest letters and the widest
span that keep :data:`NAME_GAP_MM` from them, so that no length of name can make them touch.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from seals.drawing.fonts import Face
from seals.drawing.geometry import ArcName, Line, LowerCode, Shape, Template
from seals.drawing.plane import Frame, Oval, Quad, clearance, upright

NAME_GAP_MM: Final = 0.9
"""White left between the name and what stands below it, cell to cell."""
LINE_GAP_MM: Final = 0.6
"""White left between the inscription and the code, cell to cell."""
EDGE_GAP_MM: Final = 1.0
"""White left between an inscription's corners and the edge."""
FILL: Final = 0.94
"""How much of its pitch a glyph on an arc may fill at its feet, where neighbours are nearest."""
NATURAL: Final = 0.86
"""Width of an uncondensed glyph on an arc to its height: seal letters are a little taller than wide."""
NARROW: Final = 0.64
"""Narrowest glyph (to its height) before the letters are made lower instead."""
NARROWEST_LINE: Final = 0.62
_HEIGHT_STEP: Final = 0.2
"""Millimetres between the heights that are tried."""
_EASE: Final = 0.96
"""Each step that narrows an inscription until it clears the code."""
_OPENING: Final = 40.0
"""Degrees between the middles of two letters, the shortest name."""
_PER_LETTER: Final = 23.5
"""Degrees that each further letter adds, until the widest span is reached."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A character in its place: which group it is of, its face, frame, and em box (mm)."""

    part: str
    character: str
    face: Face
    frame: Frame
    width: float
    height: float

    @property
    def cell(self) -> Quad:
        """The corners of its em box."""
        return self.frame.box(-self.width / 2, self.width / 2, 0.0, self.height)


def code_letters(template: Template, spec: LowerCode, code: str) -> list[Letter]:
    """Set the code on the lower arc, heads inwards."""
    oval = Oval(
        template.width / 2 - template.edge - spec.inset, template.height / 2 - template.edge - spec.inset
    )
    first = -spec.pitch * (len(code) - 1) / 2
    return [
        Letter(
            "code", digit, Face.HEI, oval.inside(first + index * spec.pitch), spec.pitch * FILL, spec.height
        )
        for index, digit in enumerate(code)
    ]


def line_letters(
    template: Template, part: str, spec: Line, text: str, under: Sequence[Letter] = ()
) -> list[Letter]:
    """Set a straight line, narrowed (then lowered) until it clears ``under`` and the edge."""
    below = [letter.cell for letter in under]
    while True:
        letters = _straight(part, spec, text)
        whole = _row_box(letters)
        if _inside(template, whole) and clearance([whole], below) >= LINE_GAP_MM:
            return letters
        width = spec.width * _EASE
        height = spec.height if width >= NARROWEST_LINE * spec.height else spec.height * _EASE
        spec = replace(spec, width=width, height=height)


def _inside(template: Template, box: Quad) -> bool:
    """Tell whether a box keeps :data:`EDGE_GAP_MM` from the edge."""
    across = template.width / 2 - template.edge - EDGE_GAP_MM
    down = template.height / 2 - template.edge - EDGE_GAP_MM
    return all(math.hypot(x / across, y / down) <= 1 for x, y in box)


def _straight(part: str, spec: Line, text: str) -> list[Letter]:
    face = Face.SONG if part == "line" else Face.HEI
    first, foot = -spec.width * (len(text) - 1) / 2, spec.top + spec.height
    return [
        Letter(part, character, face, upright(first + index * spec.width, foot), spec.width, spec.height)
        for index, character in enumerate(text)
    ]


def _row_box(letters: list[Letter]) -> Quad:
    first, last = letters[0].cell, letters[-1].cell
    return (first[0], last[1], last[2], first[3])


def name_letters(template: Template, spec: ArcName, name: str, lower: list[Letter]) -> list[Letter]:
    """Set the name on the arc: the tallest letters that need no more narrowing than :data:`NARROW`."""
    obstacles = _outlines(lower)
    steps = math.ceil((spec.tallest - spec.lowest) / _HEIGHT_STEP)
    heights = [max(spec.lowest, spec.tallest - step * _HEIGHT_STEP) for step in range(steps + 1)]

    def too_narrow(height: float) -> bool:
        return _Arc(template, spec, len(name), height).widest(obstacles)[1] < NARROW * height

    height = heights[min(bisect_left(heights, True, key=lambda tall: not too_narrow(tall)), steps)]
    arc = _Arc(template, spec, len(name), height)
    pitch, width = arc.widest(obstacles)
    first = -pitch * (len(name) - 1) / 2
    return [
        Letter("name", character, Face.SONG, arc.oval.outside(first + index * pitch), width, height)
        for index, character in enumerate(name)
    ]


def _outlines(letters: list[Letter]) -> list[Quad]:
    """Return what the arc's right end could meet: each line as one box, and the last digits of the code."""
    rows = [[letter for letter in letters if letter.part == part] for part in ("line", "centre", "serial")]
    code = [letter.cell for letter in letters if letter.part == "code"]
    return [_row_box(row) for row in rows if row] + code[-3:]


class _Arc:
    """The oval on which the name's letters of one height stand."""

    def __init__(self, template: Template, spec: ArcName, count: int, height: float) -> None:
        margin = template.edge + spec.inset + height
        self.oval = Oval(template.width / 2 - margin, template.height / 2 - margin)
        self.count = count
        self.height = height
        wanted = _OPENING + _PER_LETTER * (count - 2)
        self._longest = self.oval.length_at(math.radians(min(wanted, spec.span) / 2))

    def _pitch(self, half: float) -> float:
        return 2 * half / (self.count - 1)

    def _width(self, half: float) -> float:
        return min(NATURAL * self.height, FILL * self._pitch(half))

    def _clear(self, half: float, obstacles: list[Quad]) -> bool:
        width = self._width(half)
        cell = self.oval.outside(half).box(-width / 2, width / 2, 0.0, self.height)
        return clearance([cell], obstacles) >= NAME_GAP_MM

    def widest(self, obstacles: list[Quad]) -> tuple[float, float]:
        """Return pitch and glyph width (mm) of the widest span whose last letter clears the obstacles."""
        low, high = 0.0, self._longest
        if not self._clear(high, obstacles):
            for _ in range(10):
                middle = (low + high) / 2
                low, high = (middle, high) if self._clear(middle, obstacles) else (low, middle)
            high = low
        return self._pitch(high), self._width(high)


def square_letters(template: Template, text: str) -> list[Letter]:
    """Set a name seal: columns from right to left, each filled from top to bottom."""
    inner = template.width - 2 * (template.edge + 0.9)
    columns = _columns(text)
    width = inner / len(columns)
    letters: list[Letter] = []
    for index, column in enumerate(columns):
        height = inner / len(column)
        x = inner / 2 - width * (index + 0.5)
        letters += [
            Letter("name", character, Face.SONG, upright(x, -inner / 2 + height * (row + 1)), width, height)
            for row, character in enumerate(column)
        ]
    return letters


def _columns(text: str) -> list[str]:
    """Part a text into about as many columns as rows, the longer ones first."""
    count = math.ceil(math.sqrt(len(text)))
    count = math.ceil(len(text) / math.ceil(len(text) / count))
    size, longer = divmod(len(text), count)
    ends = [size * index + min(index, longer) for index in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]


@dataclass(frozen=True, slots=True)
class Texts:
    """What stands where: the name on the arc (or in the square), inscription, middle, code on the lower arc, serial."""

    name: str
    code: str
    line: str = ""
    centre: str = ""
    serial: str = ""


def plan(template: Template, texts: Texts) -> list[Letter]:
    """Place every letter of a seal: the group ``name``, ``line``, ``centre``, ``code`` or ``serial`` is on each."""
    if template.shape is Shape.SQUARE:
        return square_letters(template, texts.name)
    lower = code_letters(template, template.code, texts.code) if template.code else []
    if template.line and texts.line:
        lower += line_letters(template, "line", template.line, texts.line, lower)
    if template.centre and texts.centre:
        lower += line_letters(template, "centre", template.centre, texts.centre)
    if template.serial and texts.serial:
        lower += line_letters(template, "serial", template.serial, texts.serial)
    above = name_letters(template, template.name, texts.name, lower) if template.name else []
    return above + lower
