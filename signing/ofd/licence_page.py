"""The face of an electronic licence as an OFD page: frame, name, number, the facts, who grants it (GB/T 36905: licences are OFD)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from seals.drawing.fonts import Face
from seals.drawing.typesetting import A4, POINT, Box, Colour, Text, broken
from signing.ofd.canvas import Image, Sheet
from signing.ofd.errors import PageTooFull
from signing.ofd.font_file import Measure
from signing.ofd.maker import About, make_document

LOWEST_MM: Final = 208.0
"""Where the last line of facts must stand, so that seal and code stand free; a licence is one page."""
_FRAME: Final[Colour] = (150, 110, 50)
_LABEL: Final[Colour] = (90, 70, 40)
_LEFT, _RIGHT = 30.0, A4[0] - 30.0
SEAL_MM: Final = (138.0, 212.0)
"""Where the authority's seal of 40 mm goes: over its name and the date, as on paper."""


@dataclass(frozen=True, slots=True)
class LicenceFace:
    """What stands on a licence; ``facts`` are pairs of label and text in the order of the page, ``code`` a PNG of its QR code."""

    name: str
    number: str
    facts: Sequence[tuple[str, str]]
    authority: str
    granted: datetime
    copy: str = ""
    """副本 and the like, below the name."""
    code: bytes = b""


def licence_page(face: LicenceFace, measure: Measure | None = None) -> bytes:
    """Set the page. :class:`PageTooFull`, :class:`signing.ofd.errors.TextUnprintable`."""
    measure = measure or Measure()
    sheet = Sheet()
    _frame(sheet)
    _name(sheet, face, measure)
    _facts(sheet, face.facts, measure)
    _authority(sheet, face, measure)
    if face.code:
        sheet.add(Image(_LEFT, 214, 28, 28, face.code))
    about = About(face.name, face.granted, face.authority, face.number)
    return make_document(about, [sheet], measure=measure)


def _frame(sheet: Sheet) -> None:
    for inset, width in ((14.0, 1.0), (17.0, 0.3)):
        wide, high = A4[0] - 2 * inset, A4[1] - 2 * inset
        for x, y in ((inset, inset), (inset, inset + high)):
            sheet.add(Box(x - width / 2, y - width / 2, wide + width, width, _FRAME))
        for x in (inset, inset + wide):
            sheet.add(Box(x - width / 2, inset - width / 2, width, high + width, _FRAME))


def _name(sheet: Sheet, face: LicenceFace, measure: Measure) -> None:
    size = 34 * POINT
    spaced = "  ".join(face.name) if len(face.name) <= 6 else face.name
    while measure.width(Face.SONG, spaced, size) > _RIGHT - _LEFT:
        size *= 0.9
    _centred(sheet, measure, spaced, 62, size)
    if face.copy:
        _centred(sheet, measure, face.copy, 72, 14 * POINT)
    _centred(sheet, measure, f"编号  {face.number}", 84, 11 * POINT)


def _centred(sheet: Sheet, measure: Measure, text: str, y: float, size: float) -> None:
    sheet.add(Text((A4[0] - measure.width(Face.SONG, text, size)) / 2, y, size, text))


def _facts(sheet: Sheet, facts: Sequence[tuple[str, str]], measure: Measure) -> None:
    size, y = 13 * POINT, 104.0
    labels = max((measure.width(Face.HEI, label, size) for label, _ in facts), default=0.0)
    for label, text in facts:
        sheet.add(Text(_LEFT, y, size, label, Face.HEI, _LABEL))
        for line in broken(measure, text, _RIGHT - _LEFT - labels - 8, size):
            sheet.add(Text(_LEFT + labels + 8, y, size, line))
            y += size * 1.55
        y += size * 0.45
    if y - 2 * size > LOWEST_MM:
        raise PageTooFull(f"{y:.0f} mm")


def _authority(sheet: Sheet, face: LicenceFace, measure: Measure) -> None:
    size = 14 * POINT
    middle = SEAL_MM[0] + 20
    for y, text in (
        (230.0, face.authority),
        (240.0, f"{face.granted.year} 年 {face.granted.month} 月 {face.granted.day} 日"),
    ):
        x = min(
            middle - measure.width(Face.SONG, text, size) / 2, _RIGHT - measure.width(Face.SONG, text, size)
        )
        sheet.add(Text(x, y, size, text))
