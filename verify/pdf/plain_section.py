"""What a cross-reference section behind a signature may say, and how (ISO 32000-2 §7.5.4, §7.5.8): what all readers follow alike.

A reader that cannot follow the newest section looks for objects itself, and may show what an earlier revision said. One that passes over
an entry shows what that entry takes away. pyHanko is told neither, so what it reads is looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.xref import XRefEntry, XRefType

from verify.pdf.pdf_values import Value
from verify.pdf.plain.sections import MAX_GENERATION
from verify.pdf.plain.xref import MAX_OBJECTS, MAX_WIDTHS

_TABLE: Final = re.compile(rb"xref[ ]*(?:\r\n|\r|\n)")
_RUN: Final = re.compile(rb"[\t\n\x0c\r ]*+([0-9]{1,10}) ([0-9]{1,10})[ ]*(?:\r\n|\r|\n)")
_LINES: Final = re.compile(rb"(?:[0-9]{10} [0-9]{5} [nf](?: \r| \n|\r\n))*+")
_TRAILER: Final = re.compile(rb"[\t\n\x0c\r ]*+trailer(?=[\t\n\x0c\r <%])")
_LINE: Final = 20
"""Octets of one line of a table."""
_KIND: Final = 17
"""Where in a line it says whether the object is in use."""
_USUAL_PARAMETERS: Final = {"/Predictor": (1, *range(10, 16)), "/Colors": (1,), "/BitsPerComponent": (8,)}
"""What structural streams are predicted by: rows of octets, as PNG has them."""


def check_table(data: bytes, start: int) -> None:
    """Raise unless a table is written as ISO 32000-2 §7.5.4 has it: readers that cannot follow it look for objects themselves.

    A run from 1 whose first line is free is one from 0 to pdf.js, and to poppler under the generation of object 0: some maker wrote it so.
    """
    begun = _TABLE.match(data, start)
    position = start if begun is None else begun.end()
    while (run := _RUN.match(data, position)) is not None:
        first, count = int(run[1]), int(run[2])
        position = run.end() + _LINE * count
        if _LINES.fullmatch(data, run.end(), position) is None or position > len(data):
            raise PdfReadError("the lines of a cross-reference table are unusual")
        _check_numbers(first, count)
        if first == 1 and count > 1 and data[run.end() + _KIND] == ord("f"):
            raise PdfReadError("readers take a run of a cross-reference table for one from object 0")
    if begun is None or _TRAILER.match(data, position) is None:
        raise PdfReadError("a cross-reference table is unusual")


def check_stream(found: dict[str, Value], previous: Value) -> int:
    """Raise on what readers of a cross-reference stream follow differently; return how many entries it says it has.

    ``previous`` is the /Prev of the section that it belongs to. A stream that a hybrid table hides has none, or the same: pdf.js goes
    there before what the table follows. /XRefStm is an entry of tables alone (§7.5.8.4); MuPDF goes there from streams too.
    """
    check_packing(found)
    if len(found.get("/W", ())) != len(MAX_WIDTHS):
        raise PdfReadError("readers count the fields of a cross-reference stream differently")
    if "/XRefStm" in found or found.get("/Prev", previous) != previous:
        raise PdfReadError("a cross-reference stream leads some readers to another section")
    listed = found.get("/Index", [0, found.get("/Size")])
    pairs = list(zip(listed[::2], listed[1::2], strict=True))
    for first, count in pairs:
        _check_numbers(first, count)
    return sum(count for _, count in pairs)


def check_packing(entries: dict[str, Value]) -> None:
    """Raise on a structural stream that is packed by anything but Flate and its row predictors: readers unpack the rest differently."""
    listed = [entries.get(key) for key in ("/Filter", "/DecodeParms")]
    filters, parameters = (
        [] if item is None else item if isinstance(item, list) else [item] for item in listed
    )
    known = [item for item in parameters if item is not None]
    if filters not in ([], ["/FlateDecode"]) or len(known) > 1 or not {"/F", "/FFilter"}.isdisjoint(entries):
        raise PdfReadError("a structural stream is packed in an unusual way")
    for item in known:
        if not isinstance(item, dict) or not all(
            type(value) is int and value in _USUAL_PARAMETERS.get(key, (value,))
            for key, value in item.items()
        ):
            raise PdfReadError("a structural stream has unusual parameters")


def once(entries: Iterable[XRefEntry], stated: int | None = None) -> dict[int, XRefEntry]:
    """Index the entries of a section; raises on an object that is listed twice, and on what pyHanko passes over.

    Entries of another kind than 0, 1 and 2, which take an object away (ISO 32000-2 §7.5.8.3), are missing among the ``stated`` ones.
    """
    found: dict[int, XRefEntry] = {}
    for entry in entries:
        if entry.idnum in found:
            raise PdfReadError(f"object {entry.idnum} is listed twice")
        if entry.generation > MAX_GENERATION or (not entry.idnum and entry.xref_type is not XRefType.FREE):
            raise PdfReadError(f"object {entry.idnum} is listed as no object can be")
        found[entry.idnum] = entry
    if stated is not None and len(found) != stated:
        raise PdfReadError("a cross-reference stream has entries of an unknown kind")
    return found


def _check_numbers(first: int, count: int) -> None:
    """Raise on a run of objects with numbers that no reader has, were it empty."""
    if not 0 <= first <= first + count <= MAX_OBJECTS + 1:
        raise PdfReadError("a section lists objects beyond all numbers")
