"""Text that flows over A4 sheets: headings, paragraphs, facts, tables, with a line at the foot of every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seals.drawing.fonts import Face
from seals.drawing.typesetting import A4, BLACK, POINT, Box, Colour, Text, broken
from signing.ofd.canvas import Image, Line, Sheet
from signing.ofd.font_file import Measure

BODY: Final = 10.5 * POINT
"""五号 in mm: the size of official text bodies."""
SMALL: Final = 8.5 * POINT
LEADING: Final = 1.55
GREY: Final[Colour] = (110, 110, 110)
RULE: Final[Colour] = (170, 170, 170)
TINT: Final[Colour] = (242, 242, 242)


@dataclass(frozen=True, slots=True)
class Margins:
    """White around the text, in mm."""

    left: float = 25.0
    right: float = 22.0
    top: float = 24.0
    bottom: float = 24.0


class Flow:
    """Sets one block after the other and begins a new sheet where one is full."""

    def __init__(
        self, measure: Measure | None = None, margins: Margins | None = None, size: tuple[float, float] = A4
    ) -> None:
        self.measure = measure or Measure()
        self.margins = margins or Margins()
        self._size = size
        self.sheets: list[Sheet] = [Sheet()]
        self.y_mm = self.margins.top

    @property
    def width_mm(self) -> float:
        """Width of the text."""
        return self._size[0] - self.margins.left - self.margins.right

    def room(self, height_mm: float) -> None:
        """Begin a new sheet unless this much is left on this one."""
        if self.y_mm + height_mm > self._size[1] - self.margins.bottom and self.y_mm > self.margins.top:
            self.sheets.append(Sheet())
            self.y_mm = self.margins.top

    def gap(self, height_mm: float) -> None:
        """Leave white."""
        self.y_mm += height_mm

    def line(
        self,
        text: str,
        size_mm: float = BODY,
        *,
        face: Face = Face.SONG,
        colour: Colour = BLACK,
        centred: bool = False,
    ) -> None:
        """Set one line that fits."""
        step = size_mm * LEADING
        self.room(step)
        x = self.margins.left
        if centred:
            x += (self.width_mm - self.measure.width(face, text, size_mm)) / 2
        if text:
            self.sheets[-1].add(Text(x, self.y_mm + size_mm, size_mm, text, face, colour))
        self.y_mm += step

    def paragraph(
        self, text: str, size_mm: float = BODY, *, face: Face = Face.SONG, colour: Colour = BLACK
    ) -> None:
        """Set a text over as many lines as it takes."""
        for line in broken(self.measure, text, self.width_mm, size_mm, face):
            self.line(line, size_mm, face=face, colour=colour)

    def heading(self, text: str) -> None:
        """Set a heading that keeps two lines with it."""
        self.room(5 * BODY * LEADING)
        self.gap(3.0)
        self.line(text, 13 * POINT, face=Face.HEI)
        self.gap(0.8)

    def rule(self, colour: Colour = RULE, width_mm: float = 0.2) -> None:
        """Draw a line across."""
        self.room(2.0)
        left = self.margins.left
        self.sheets[-1].add(Line((left, self.y_mm), (left + self.width_mm, self.y_mm), width_mm, colour))
        self.y_mm += 1.5

    def picture(self, octets: bytes, width_mm: float, height_mm: float) -> None:
        """Put a PNG or JPEG at the left."""
        self.room(height_mm)
        self.sheets[-1].add(Image(self.margins.left, self.y_mm, width_mm, height_mm, octets))
        self.y_mm += height_mm

    def table(
        self,
        rows: Sequence[Sequence[str]],
        shares: Sequence[float],
        *,
        head: bool = False,
        size_mm: float = BODY,
    ) -> None:
        """Set a table; ``shares`` are the columns' parts of the width, the first row a heading on every sheet if ``head``.

        A row is never torn: one longer than a sheet begins on a sheet of its own.
        """
        widths = [share / sum(shares) * self.width_mm for share in shares]
        for place, row in enumerate(rows):
            sheets = len(self.sheets)
            self._row(row, widths, size_mm, heading=head and place == 0)
            if head and place and len(self.sheets) > sheets:
                self._repeat(rows[0], widths, size_mm, row)

    def _repeat(
        self, head: Sequence[str], widths: Sequence[float], size_mm: float, row: Sequence[str]
    ) -> None:
        """Set the heading anew on a sheet that a row has just begun, and the row below it."""
        self.sheets[-1] = Sheet()
        self.y_mm = self.margins.top
        self._row(head, widths, size_mm, heading=True)
        self._row(row, widths, size_mm, heading=False)

    def _row(self, row: Sequence[str], widths: Sequence[float], size_mm: float, *, heading: bool) -> None:
        pad, step = 1.6, size_mm * 1.4
        face = Face.HEI if heading else Face.SONG
        cells = [
            broken(self.measure, text, width - 2 * pad, size_mm, face)
            for text, width in zip(row, widths, strict=True)
        ]
        height = max(map(len, cells)) * step + 2 * pad - (step - size_mm) / 2
        self.room(height)
        sheet, top, x = self.sheets[-1], self.y_mm, self.margins.left
        if heading:
            sheet.add(Box(x, top, self.width_mm, height, TINT))
        for lines, width in zip(cells, widths, strict=True):
            for place, text in enumerate(lines):
                if text:
                    sheet.add(Text(x + pad, top + pad + place * step + size_mm * 0.92, size_mm, text, face))
            sheet.add(Line((x, top), (x, top + height), 0.15, RULE))
            x += width
        right = self.margins.left + self.width_mm
        sheet.add(Line((right, top), (right, top + height), 0.15, RULE))
        for y in (top, top + height):
            sheet.add(Line((self.margins.left, y), (right, y), 0.15, RULE))
        self.y_mm += height

    def finished(self, foot: str = "") -> list[Sheet]:
        """Write the foot of every page: a text and the page's number of all. Return the sheets."""
        y = self._size[1] - self.margins.bottom / 2
        for place, sheet in enumerate(self.sheets, start=1):
            numbered = f"{place} / {len(self.sheets)}"
            right = self._size[0] - self.margins.right - self.measure.width(Face.SONG, numbered, SMALL)
            if foot:
                sheet.add(Text(self.margins.left, y, SMALL, foot, Face.SONG, GREY))
            sheet.add(Text(right, y, SMALL, numbered, Face.SONG, GREY))
        return self.sheets
