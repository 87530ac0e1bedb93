"""The process in which foreign PDF text is read: frames in on stdin, frames out on stdout, a cap on its memory.

First comes one frame with the cap. Each task is two frames: what to find (JSON) and the document's octets, empty where the
task names a path. It is answered by one frame (JSON): boxes in default user space by page, or why there are none.
"""

from __future__ import annotations

import ctypes
import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import pypdfium2 as pdfium

from hsm.frames import run, tasks, write_frame
from signing.placing.keyword_text import MAX_MATCHES, Box, joined, occurrences, plain

MAX_CHARACTERS: Final = 400_000
"""Characters of one page; the densest printed page has some ten thousand, a sheet of a map some hundred thousand."""

Answer = dict[str, Any]


class _Refused(Exception):
    """The text cannot be had; the argument is the word for the parent."""


def _find(asked: dict[str, Any], octets: bytes) -> Answer:
    document = _open(asked["path"] or octets, asked["password"])
    boxes: list[tuple[int, list[Box]]] = []
    pictures: list[int] = []
    count = 0
    try:
        for number in asked["pages"]:
            if not 1 <= number <= len(document):
                raise _Refused("page")
            page = document[number - 1]
            found, bare = _on_page(page, asked["text"])
            page.close()
            count += len(found)
            if count > MAX_MATCHES:
                raise _Refused("too many matches")
            if bare:
                pictures.append(number)
            if found:
                boxes.append((number, found))
    finally:
        document.close()
    return {"boxes": boxes, "pictures": pictures}


def _open(source: str | bytes, password: str | None) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(source, password=password)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.raw.FPDF_ERR_PASSWORD
        raise _Refused("password" if locked else "damaged") from error


def _on_page(page: pdfium.PdfPage, wanted: str) -> tuple[list[Box], bool]:
    """Find the text on one page; tell too whether the page shows something but holds no text."""
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if count > MAX_CHARACTERS:
            raise _Refused("too much text")
        text = plain(_characters(text_page, count))
        bare = not text.signs and pdfium.raw.FPDFPage_CountObjects(page) > 0
        found = (joined(list(_boxes(text_page, indices))) for indices in occurrences(text, wanted))
        return [box for box in found if box is not None], bare
    finally:
        text_page.close()


def _characters(text_page: pdfium.PdfTextPage, count: int) -> str:
    """Read every character by its own index, so that indices are those of the boxes; PDFium leaves some out of whole texts."""
    codes = (pdfium.raw.FPDFText_GetUnicode(text_page, at) for at in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else "\ufffe" for code in codes)


def _boxes(text_page: pdfium.PdfTextPage, indices: Any) -> Iterator[Box]:
    """Yield the boxes of characters by the font's height, not the ink's; spaces that PDFium made up have none."""
    for at in indices:
        box = pdfium.raw.FS_RECTF()
        if not pdfium.raw.FPDFText_GetLooseCharBox(text_page, at, ctypes.byref(box)):
            continue
        left, right = sorted((box.left, box.right))
        bottom, top = sorted((box.bottom, box.top))
        if all(map(math.isfinite, (left, bottom, right, top))) and right > left and top > bottom:
            yield left, bottom, right, top


def _answer(asked: dict[str, Any], octets: bytes) -> Answer:
    """Do one task; whatever the library raises about foreign bytes is a failure of the search in them."""
    try:
        return _find(asked, octets)
    except _Refused as refused:
        return {"refused": str(refused)}
    except Exception as wrong:  # noqa: BLE001 - PdfiumError, MemoryError, OSError …
        return {"refused": type(wrong).__name__}


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer tasks until the input ends."""
    for head, octets in tasks(source, 2):
        write_frame(out, json.dumps(_answer(json.loads(head), octets)).encode())


if __name__ == "__main__":
    run(serve)
