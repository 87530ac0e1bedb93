"""Setting a report's page: lines that flow, rows of facts, boxes; a new sheet where one is full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seals.drawing.fonts import Face
from seals.drawing.typesetting import A4, BLACK, POINT, Box, Colour, Measure, Text, broken
from verify.reports.pdf_file import Sheet

LEFT: Final = 16.0
RIGHT: Final = 16.0
TOP: Final = 14.0
BOTTOM: Final = 27.0
"""The mark of the verification service stands below the text of the first page."""
WIDTH: Final = A4[0] - LEFT - RIGHT
GREY: Final[Colour] = (105, 105, 105)
RULE: Final[Colour] = (200, 200, 200)
TINT: Final[Colour] = (244, 244, 241)
MOST: Final = 600
"""Characters of one foreign text that are set: the attached data has the whole."""


@dataclass(frozen=True, slots=True)
class Style:
    """Size in mm, face, colour, and the step from line to line in ems."""

    size: float
    face: Face = Face.SONG
    colour: Colour = BLACK
    leading: float = 1.42


ZH: Final = Style(9 * POINT)
EN: Final = Style(7 * POINT, Face.HEI, GREY, 1.35)
LABEL: Final = Style(8 * POINT, Face.HEI, GREY)
HEAD: Final = Style(10.5 * POINT, Face.HEI)


class Setting:
    """The sheets being set, and how far down the last one is filled."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.sheets: list[Sheet] = [[]]
        self.y = TOP

    def room(self, height: float) -> None:
        """Begin a new sheet unless this much is left."""
        if self.y + height > A4[1] - BOTTOM and self.y > TOP:
            self.sheets.append([])
            self.y = TOP

    def box(self, x: float, y: float, size: tuple[float, float], colour: Colour) -> None:
        """Fill a rectangle on the last sheet."""
        self.sheets[-1].append(Box(x, y, *size, colour))

    def rule(self) -> None:
        """Draw a line across."""
        self.box(LEFT, self.y, (WIDTH, 0.2), RULE)

    def printable(self, text: str) -> str:
        """Put a sign for every character without a glyph, and cut what is beyond all measure."""
        cut = text if len(text) <= MOST else f"{text[:MOST]}…"
        return self.measure.printable(cut.replace("\n", " "))

    def put(self, x: float, y: float, text: str, style: Style) -> float:
        """Set one line with its top at ``y``; return where it ends."""
        shown = self.printable(text)
        if shown:
            baseline = y + 0.92 * style.size
            self.sheets[-1].append(Text(x, baseline, style.size, shown, style.face, style.colour))
        return x + self.measure.width(style.face, shown, style.size)

    def lines(self, text: str, width: float, style: Style) -> list[str]:
        """Break a text into lines."""
        return broken(self.measure, self.printable(text), width, style.size, style.face)

    def height(self, text: str, width: float, style: Style) -> float:
        """Return how high a text becomes."""
        return len(self.lines(text, width, style)) * style.size * style.leading if text else 0.0

    def text(self, x: float, width: float, text: str, style: Style, y: float | None = None) -> float:
        """Set a text over as many lines as it takes, from ``y`` or from here; return where it ends below."""
        at = self.y if y is None else y
        for line in self.lines(text, width, style) if text else ():
            self.put(x, at, line, style)
            at += style.size * style.leading
        return at

    def facts(self, rows: Sequence[Fact], x: float = LEFT, width: float = WIDTH) -> None:
        """Set rows of a label and what it says, Chinese above English, each row kept whole."""
        for row in rows:
            column = width - LABEL_WIDTH
            high = self.height(row.zh, column, ZH) + self.height(row.en, column, EN) + 0.9
            self.room(high)
            end = self.put(x, self.y + 0.25, row.label, LABEL)
            self.put(end + 1.2, self.y + 0.6, row.label_en, EN)
            below = self.text(x + LABEL_WIDTH, column, row.zh, ZH)
            self.y = self.text(x + LABEL_WIDTH, column, row.en, EN, below) + 0.9

    def heading(self, zh: str, en: str, colour: Colour = BLACK) -> None:
        """Set a heading that keeps some lines with it."""
        self.room(16.0)
        self.y += 2.2
        end = self.put(LEFT, self.y, zh, Style(HEAD.size, Face.HEI, colour))
        self.put(end + 2, self.y + 0.9, en, Style(EN.size, Face.HEI, GREY))
        self.y += HEAD.size * 1.45
        self.rule()
        self.y += 1.4


LABEL_WIDTH: Final = 33.0


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says, in both languages; ``en`` may be empty where the Chinese line says it in figures."""

    label: str
    label_en: str
    zh: str
    en: str = ""
