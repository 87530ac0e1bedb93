"""The process in which printed copies are made: frames in on stdin, frames out on stdout, a cap on its memory.

First comes one frame with the cap. Each task is two frames: what to do (JSON) and the sealed document's octets; each is
answered by two frames: figures or the word for a refusal (JSON), and the copy. Seals and other annotations are burnt into
the pages, the signatures are left behind: a copy is for paper. A grey copy is pictures without colour, nothing else.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from hsm.frames import run, tasks, write_frame
from signing.placing.placement import POINTS_PER_MM
from signing.printing.free_place import Place, find_place
from signing.printing.strip import Strip, narrow, sheet, wide

MAX_PAGES: Final = 2_000
"""Pages of one copy: four reams of paper."""
LOOK: Final = 4.0
"""Pixels per millimetre when white is looked for: 100 dpi shows hairlines."""
PICTURE: Final = 8.0
"""Pixels per millimetre of a page that is printed as a picture: 200 dpi, as an office scanner gives."""
MAX_PIXELS: Final = 40_000_000
"""One picture: an A2 sheet at 200 dpi has 15 million; larger sheets are drawn coarser."""

COLOURED: Final = 40
"""Difference between the strongest and the weakest of red, green and blue from which a pixel has a colour."""
PALE: Final = 165
"""Grey value of what had a colour: two thirds of the way to white."""

Answer = tuple[dict[str, Any], bytes]
Matrix = tuple[float, float, float, float, float, float]


class _Refused(Exception):
    """The copy cannot be made; the argument is the word for the parent."""


def _pages(asked: dict[str, Any], octets: bytes) -> Answer:
    document = _open(octets, asked["password"])
    try:
        return {"pages": len(document)}, b""
    finally:
        document.close()


def _print(asked: dict[str, Any], octets: bytes) -> Answer:
    source = _open(octets, asked["password"])
    out = pdfium.PdfDocument.new()
    try:
        count = len(source)
        where: list[str] = []
        for index in range(count):
            lines = [line.format(page=index + 1, pages=count) for line in asked["lines"]]
            where.append(_one(source, out, index, _Edge(asked["address"], lines, asked["grey"])))
        target = io.BytesIO()
        out.save(target)
        return {"pages": count, "where": where}, target.getvalue()
    finally:
        out.close()
        source.close()


class _Edge:
    """What goes on a page's edge, in its two forms."""

    def __init__(self, address: str, lines: Sequence[str], grey: bool) -> None:
        self.forms = (wide(address, lines), narrow(address, lines))
        self.grey = grey


def _one(source: pdfium.PdfDocument, out: pdfium.PdfDocument, index: int, edge: _Edge) -> str:
    """Make one page of the copy; tell where its strip went."""
    page = source[index]
    pdfium.raw.FPDFPage_Flatten(page, pdfium.raw.FLAT_PRINT)
    page.close()
    page = source[index]
    size = page.get_width() / POINTS_PER_MM, page.get_height() / POINTS_PER_MM
    picture = page.render(scale=LOOK / POINTS_PER_MM, grayscale=True).to_numpy()
    sizes = [(one.width_mm, one.height_mm) for one in edge.forms]
    place = find_place(picture[..., 0] if picture.ndim == 3 else picture, size, sizes)
    if edge.grey or place is None:
        _as_picture(page, out, size, place, edge)
    else:
        _add(source, page, edge.forms[place.form], _upright(page, place, size))
        out.import_pages(source, [index])
    page.close()
    return "margin" if place is None else place.edge


def _as_picture(
    page: pdfium.PdfPage, out: pdfium.PdfDocument, size: tuple[float, float], place: Place | None, edge: _Edge
) -> None:
    """Put a picture of the page on a new one; where no place was free, smaller, above a white strip of its own."""
    width, height = (side * POINTS_PER_MM for side in size)
    strip, at = (
        (edge.forms[0], (5.0, 5.0)) if place is None else (edge.forms[place.form], (place.x_mm, place.y_mm))
    )
    if place is None and strip.width_mm > size[0] - 10:
        strip = edge.forms[1]
    room = (strip.height_mm + 8.0) * POINTS_PER_MM if place is None else 0.0
    shrunk = max(0.2, (height - room) / height)
    scale = min(PICTURE / POINTS_PER_MM, (MAX_PIXELS / (width * height)) ** 0.5)
    image = page.render(scale=scale).to_pil().convert("RGB")
    jpeg = io.BytesIO()
    (_greyed(image) if edge.grey else image).save(jpeg, "JPEG", quality=88)
    new = out.new_page(width, height)
    drawn = pdfium.PdfImage.new(out)
    drawn.load_jpeg(jpeg, pages=[new], inline=True)
    left = width * (1 - shrunk) / 2
    drawn.set_matrix(pdfium.PdfMatrix(width * shrunk, 0, 0, height * shrunk, left, room))
    new.insert_obj(drawn)
    corner = (at[0] * POINTS_PER_MM, at[1] * POINTS_PER_MM)
    _add(out, new, strip, (1, 0, 0, 1, *corner))
    new.close()


def _greyed(image: Image.Image) -> Image.Image:
    """Take all colour out of a picture; what had some, seals above all, becomes pale, so that nobody takes it for a black print."""
    pixels = np.asarray(image)
    coloured = np.ptp(pixels, axis=2) > COLOURED
    grey = np.asarray(image.convert("L")).copy()
    grey[coloured] = np.maximum(grey[coloured], PALE)
    return Image.fromarray(grey)


def _add(document: pdfium.PdfDocument, page: pdfium.PdfPage, strip: Strip, matrix: Matrix) -> None:
    """Draw a strip on a page."""
    carrier = pdfium.PdfDocument(sheet([strip]))
    try:
        drawn = carrier.page_as_xobject(0, document).as_pageobject()
        drawn.transform(pdfium.PdfMatrix(*matrix))
        page.insert_obj(drawn)
        page.gen_content()
    finally:
        carrier.close()


def _upright(page: pdfium.PdfPage, place: Place, size: tuple[float, float]) -> Matrix:
    """Turn a place on the page as displayed (mm from its lower left) into user space, against the page's rotation."""
    left, bottom, right, top = _visible(page)
    x, y = place.x_mm * POINTS_PER_MM, place.y_mm * POINTS_PER_MM
    width, height = size[0] * POINTS_PER_MM, size[1] * POINTS_PER_MM
    turned: dict[int, Matrix] = {
        0: (1, 0, 0, 1, left + x, bottom + y),
        90: (0, 1, -1, 0, left + height - y, bottom + x),
        180: (-1, 0, 0, -1, right - x, top - y),
        270: (0, -1, 1, 0, left + y, bottom + width - x),
    }
    return turned[page.get_rotation() % 360]


def _visible(page: pdfium.PdfPage) -> tuple[float, float, float, float]:
    """Return the box that is displayed: the crop box within the media box."""
    rectangle = pdfium.raw.FS_RECTF()
    if pdfium.raw.FPDF_GetPageBoundingBox(page, rectangle):
        return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
    found: tuple[float, float, float, float] = page.get_mediabox()
    return found


def _open(octets: bytes, password: str | None) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(octets, password=password)
    except pdfium.PdfiumError as wrong:
        locked = getattr(wrong, "err_code", None) == pdfium.raw.FPDF_ERR_PASSWORD
        raise _Refused("password" if locked else "damaged") from wrong
    if not 1 <= len(document) <= MAX_PAGES:
        document.close()
        raise _Refused("too-many-pages" if len(document) else "damaged")
    document.init_forms()
    return document


def _picture(asked: dict[str, Any], octets: bytes) -> Answer:
    """Draw one page as it is displayed, as a PNG."""
    document = _open(octets, asked["password"])
    try:
        page = document[min(asked["page"], len(document)) - 1]
        width, height = page.get_size()
        scale = min(asked["width"] / width, (MAX_PIXELS / (width * height)) ** 0.5)
        png = io.BytesIO()
        page.render(scale=scale, may_draw_forms=True).to_pil().save(png, "PNG")
        return {}, png.getvalue()
    finally:
        document.close()


TASKS: Final = {"pages": _pages, "print": _print, "picture": _picture}


def _answer(asked: dict[str, Any], octets: bytes) -> Answer:
    """Do one task; whatever a library raises about foreign octets is a damaged file."""
    try:
        return TASKS[asked["do"]](asked, octets)
    except _Refused as wrong:
        return {"refused": str(wrong)}, b""
    except Exception:  # noqa: BLE001 - PdfiumError, MemoryError, ValueError …
        return {"refused": "damaged"}, b""


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer tasks until the input ends."""
    for head, octets in tasks(source, 2):
        told, made = _answer(json.loads(head), octets)
        write_frame(out, json.dumps(told).encode())
        write_frame(out, made)


if __name__ == "__main__":
    run(serve)
