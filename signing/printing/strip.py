"""The strip on a page's edge: QR code and lines of text, as one content stream of filled outlines. Pure.

Outlines, not fonts: the strip prints alike everywhere and nothing has to be embedded. Lengths are millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import segno

from seals.drawing.fonts import EM, Face, operators, shelf
from signing.placing.placement import POINTS_PER_MM

QUIET: Final = 4
"""Modules left white around a code (ISO/IEC 18004 §6.3.8)."""
QR_MM: Final = 17.0
"""Side of the code with its quiet zone: modules of a third of a millimetre, four dots of a common printer."""
TEXT_MM: Final = 2.5
"""Height of the em box: seven points, the smallest that reads well on paper."""
PITCH_MM: Final = 3.5
GAP_MM: Final = 1.0


@dataclass(frozen=True, slots=True)
class Strip:
    """A drawing with its size; the origin is at the lower left, the stream is in points."""

    width_mm: float
    height_mm: float
    content: bytes


def wide(address: str, lines: Sequence[str]) -> Strip:
    """Draw the code with the lines beside it."""
    width = QR_MM + GAP_MM + max(_width(line) for line in lines)
    top = QR_MM / 2 + PITCH_MM * len(lines) / 2
    drawn = [_qr(address, 0, 0)]
    for number, line in enumerate(lines, 1):
        drawn.append(_text(line, QR_MM + GAP_MM, top - PITCH_MM * number + (PITCH_MM - TEXT_MM) / 2))
    return _strip(width, QR_MM, drawn)


def narrow(address: str, lines: Sequence[str]) -> Strip:
    """Draw the code with the two lines beneath that matter most, for pages with little white on their edges."""
    few = [line for line in lines[:2] for line in _halves(line)]
    width = max(QR_MM, *(_width(line) for line in few))
    height = QR_MM + PITCH_MM * len(few)
    drawn = [_qr(address, (width - QR_MM) / 2, height - QR_MM)]
    for number, line in enumerate(few, 1):
        at = height - QR_MM - PITCH_MM * number + (PITCH_MM - TEXT_MM) / 2
        drawn.append(_text(line, (width - _width(line)) / 2, at))
    return _strip(width, height, drawn)


def _halves(line: str) -> list[str]:
    """Break a line at the spaced dot nearest to its middle."""
    parts = line.split(" · ")
    return parts if len(parts) > 1 else [line]


def _strip(width: float, height: float, drawn: Sequence[str]) -> Strip:
    return Strip(width, height, f"q 0 g {' '.join(drawn)} Q".encode())


def _qr(address: str, x_mm: float, y_mm: float) -> str:
    """Draw the modules of a code at level M: a scratch over one module in seven is read over."""
    rows = [list(row) for row in segno.make_qr(address, error="m").matrix]
    module = QR_MM / (len(rows) + 2 * QUIET)
    boxes = []
    for down, row in enumerate(rows):
        for start, length in _runs(row):
            x = x_mm + (QUIET + start) * module
            y = y_mm + QR_MM - (QUIET + down + 1) * module
            boxes.append(
                " ".join(f"{side * POINTS_PER_MM:.3f}" for side in (x, y, length * module, module)) + " re"
            )
    return " ".join([*boxes, "f"])


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """List the dark runs of a row: start and length."""
    runs: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((place, 1))
    return runs


def _text(line: str, x_mm: float, y_mm: float) -> str:
    scale = TEXT_MM * POINTS_PER_MM / EM
    x, baseline = x_mm * POINTS_PER_MM, (y_mm + TEXT_MM * 0.12) * POINTS_PER_MM
    drawn = []
    for character in line:
        glyph = shelf().glyph(Face.SONG, character)
        drawn.append(f"q {scale:.5f} 0 0 {scale:.5f} {x:.3f} {baseline:.3f} cm {operators(glyph)} f Q")
        x += glyph.advance * scale
    return " ".join(drawn)


def _width(line: str) -> float:
    return sum(shelf().glyph(Face.SONG, character).advance for character in line) * TEXT_MM / EM


def sheet(strips: Sequence[Strip]) -> bytes:
    """Write strips as a PDF, one page each (ISO 32000-2 §7.5), for PDFium to take them from."""
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    for one in strips:
        page = len(bodies) + 1
        box = f"[0 0 {one.width_mm * POINTS_PER_MM:.3f} {one.height_mm * POINTS_PER_MM:.3f}]"
        bodies.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Resources<<>>/Contents {page + 1} 0 R>>".encode()
        )
        bodies.append(b"<</Length %d>>stream\n%s\nendstream" % (len(one.content), one.content))
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(strips)))
    bodies[1] = f"<</Type/Pages/Kids[{kids}]/Count {len(strips)}>>".encode()
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return bytes(out)
