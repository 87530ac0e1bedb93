"""What readers show of a document: its pages as pictures, by PDFium in this process and by poppler's own command."""

from __future__ import annotations

import subprocess
import tempfile
from operator import ne
from pathlib import Path
from typing import Final

import pypdfium2

SCALE: Final = 0.35
"""Pictures of some 200 by 300 pixels: whatever a reader can read changes some of them."""
SECONDS: Final = 20
Pages = tuple[bytes, ...]
"""One picture for each page, its size before it."""


def by_pdfium(data: bytes) -> Pages | None:
    """Draw with annotations and filled-in forms; ``None``: it does not open."""
    try:
        opened = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return None
    try:
        opened.init_forms()
        return tuple(_drawn(opened, index) for index in range(len(opened)))
    finally:
        opened.close()


def _drawn(opened: pypdfium2.PdfDocument, index: int) -> bytes:
    try:
        picture = opened[index].render(scale=SCALE, may_draw_forms=True)
    except pypdfium2.PdfiumError:
        return b"not drawn"
    return f"{picture.width}x{picture.height} ".encode() + bytes(picture.buffer)


def by_poppler(data: bytes, folder: Path | None = None) -> Pages | None:
    """Draw with annotations; ``None``: it does not open."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file, pages = Path(place, "a.pdf"), Path(place, "p")
        file.write_bytes(data)
        command = ["pdftoppm", "-cropbox", "-r", str(int(72 * SCALE)), file, pages]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
        found = sorted(Path(place).glob("p-*.ppm"))
        return tuple(page.read_bytes() for page in found) or None


def otherwise(before: Pages | None, after: Pages | None) -> set[int]:
    """Tell the pages that are shown otherwise, from 1; 0: they are more or fewer. What does not open shows nothing."""
    if before is None or after is None:
        return set()
    if len(before) != len(after):
        return {0}
    return {
        number for number, pair in enumerate(zip(before, after, strict=True), start=1) if pair[0] != pair[1]
    }


def share(before: Pages | None, after: Pages | None, page: int) -> float:
    """Tell which part of a page is shown otherwise."""
    if before is None or after is None:
        return 1.0
    one, other = before[page - 1], after[page - 1]
    if len(one) != len(other):
        return 1.0
    return sum(map(ne, one, other)) / len(one)
