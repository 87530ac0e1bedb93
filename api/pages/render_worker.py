"""The child process that opens foreign PDF files with PDFium: one JSON request a line in, one answer a line out.

It runs as a script of its own (``python -I render_worker.py``), holds no key, no database and no socket, and is killed by
its parent when it is slow or large. Sizes are those of the page *as displayed* (after /Rotate, /CropBox and /UserUnit).
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

MM_PER_POINT = 25.4 / 72
MAX_MEMORY_BYTES = 1536 * 1024 * 1024
"""Address space of the child: a 50 MB file with large scans stays under 1 GB."""
MAX_OUTPUT_BYTES = 256 * 1024 * 1024
"""Largest file that the child may write: one picture, or an unlocked copy of the upload."""
MAX_PAGES = 5_000
"""The same bound as a long report; the sizes of more pages would not fit one answer."""
MAX_PIXELS = 12_000_000
"""One picture: A4 at 1,800 pixels across has 4.6 million; beyond this the picture is made smaller."""
MIN_SIDE_POINTS, MAX_SIDE_POINTS = 1.0, 400_000.0
"""A page side outside 0.35 mm … 141 m is damage, not paper."""


OPENING_WORDS = {
    pdfium.raw.FPDF_ERR_PASSWORD: "password",
    pdfium.raw.FPDF_ERR_SECURITY: "encryption",
}
"""PDFium's reasons for not opening a file; every other one is damage."""


PACKAGE = b"PK\x03\x04"
"""How an OFD begins: a ZIP file's first local header."""


class RefusedError(Exception):
    """The file cannot be shown; the argument is the word for the parent."""


def open_document(path: str, password: str | None) -> pdfium.PdfDocument:
    """Open ``path``; say ``password`` when one is needed, ``ofd`` for a package and ``damaged`` for everything else."""
    try:
        document = pdfium.PdfDocument(path, password=password)
    except pdfium.PdfiumError as error:
        with Path(path).open("rb") as file:
            if file.read(len(PACKAGE)) == PACKAGE:
                raise RefusedError("ofd") from error
        raise RefusedError(OPENING_WORDS.get(getattr(error, "err_code", None), "damaged")) from error
    if not 1 <= len(document) <= MAX_PAGES:
        raise RefusedError("no-pages" if len(document) == 0 else "too-many-pages")
    return document


def user_units(path: str, count: int, password: str | None) -> list[float]:
    """Read each page's /UserUnit (ISO 32000-1 table 30), which PDFium leaves out of its sizes."""
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415  needed by one request in two

    units = [1.0] * count
    try:
        with Path(path).open("rb") as stream:
            reader = PdfFileReader(stream, strict=False)
            if reader.encrypted:
                reader.decrypt((password or "").encode())
            for index in range(count):
                page = reader.find_page_for_modification(index)[0].get_object()  # type: ignore[no-untyped-call]
                unit = float(page.get("/UserUnit", 1))
                units[index] = unit if 0 < unit <= 1_000 else 1.0
    except Exception:  # noqa: BLE001  PDFium could read the file: an unreadable unit is the default unit
        return units
    return units


def page_sizes(path: str, password: str | None = None) -> list[list[float]]:
    """Return width and height of every page in mm, as displayed."""
    document = open_document(path, password)
    try:
        units = user_units(path, len(document), password)
        sizes = []
        for index, unit in enumerate(units):
            width, height = document.get_page_size(index)
            if not all(MIN_SIDE_POINTS <= side * unit <= MAX_SIDE_POINTS for side in (width, height)):
                raise RefusedError("damaged")
            sizes.append([round(width * unit * MM_PER_POINT, 3), round(height * unit * MM_PER_POINT, 3)])
        return sizes
    finally:
        document.close()


def render(path: str, page: int, width: int, out: str) -> list[int]:
    """Draw ``page`` (1-based) ``width`` pixels across into the PNG file ``out``; return its size in pixels."""
    document = open_document(path, None)
    try:
        if not 1 <= page <= len(document):
            raise RefusedError("no-such-page")
        document.init_forms()  # PDFium draws a signature's picture as a form field
        sheet = document[page - 1]
        across, down = sheet.get_size()
        scale = width / across
        if across * down * scale * scale > MAX_PIXELS:
            scale = (MAX_PIXELS / (across * down)) ** 0.5
        image = sheet.render(scale=scale, may_draw_forms=True).to_pil()
        image.save(out, "PNG", compress_level=4)
        return list(image.size)
    finally:
        document.close()


def unlock(path: str, password: str, out: str) -> None:
    """Write a copy of ``path`` without its password, for looking at only."""
    document = open_document(path, password)
    try:
        with Path(out).open("wb") as stream:
            document.save(stream, flags=pdfium.raw.FPDF_REMOVE_SECURITY)
    finally:
        document.close()


OPERATIONS: dict[str, Callable[..., Any]] = {"sizes": page_sizes, "render": render, "unlock": unlock}


def answer(line: str) -> dict[str, Any]:
    """Do what one request line asks; every failure has a word."""
    request = json.loads(line)
    try:
        result = OPERATIONS[request.pop("do")](**request)
    except RefusedError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": "too-large"}
    except Exception:  # noqa: BLE001  foreign bytes: whatever PDFium or Pillow finds is a damaged file
        return {"refused": "damaged"}
    return {"result": result}


def confine() -> None:
    """Give up memory, large files and core dumps before the first foreign byte."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT_BYTES, MAX_OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer requests until the parent closes the pipe."""
    confine()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
