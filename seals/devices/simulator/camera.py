"""The picture that a stamp's camera takes of a use: a page with the imprint on it, as JPEG. Pure."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

WIDTH: Final = 320
HEIGHT: Final = 240
QUALITY: Final = 70
_RED: Final = (192, 32, 32)
_INK: Final = (48, 48, 48)
_PAPER: Final = (250, 248, 240)


def photograph(serial: str, reservation: str, title: str, when: str) -> bytes:
    """Draw the page as the camera sees it; no two presses have the same picture."""
    page = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(page)
    for row in range(6):
        pen.line((24, 40 + 18 * row, WIDTH - 24 - 17 * (row % 3), 40 + 18 * row), fill=_INK, width=2)
    pen.ellipse((178, 112, 298, 232), outline=_RED, width=5)
    pen.regular_polygon((238, 172, 26), 5, rotation=0, fill=_RED)
    ascii_title = title.encode("ascii", "replace").decode()[:40]
    for row, text in enumerate((serial, reservation[:32], ascii_title, when)):
        pen.text((12, 176 + 14 * row), text, fill=_INK)
    written = io.BytesIO()
    page.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
