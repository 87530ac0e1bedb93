"""What a reader shows that repairs a file: objects found by their numbers, wherever they stand, and no table asked.

Readers differ about what they repair. Who prepares a document with a second body of an object that no table lists, has it signed, and
then appends what one reader cannot follow, makes that reader show what was never shown before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from verify.octets import places_of
from verify.pdf.document import Document
from verify.pdf.plain.xref import usual_widths

_WHITE: Final = b"\x00\t\n\x0c\r "
_OBJ: Final = b"obj"
REPAIR_BLANKS: Final = _WHITE + b"\x0b\x80\xa0\xff"
"""With what PDFium (0x80, 0xFF) and pdf.js (0x0B, 0xA0) take for blanks besides when they repair."""
_BEFORE: Final = frozenset(REPAIR_BLANKS + b"0123456789")
_APART: Final = rb"(?:[" + REPAIR_BLANKS + rb"]|%[^\r\n]*+[\r\n])"
_NUMBERS: Final = re.compile(rb"(?<![0-9])[0-9]++" + _APART + rb"++[0-9]++" + _APART + rb"*+\Z")
_NEAR: Final = 64
"""Octets before the keyword in which both numbers stand."""
_FAR: Final = 2048
"""Octets in which they stand with zeros that lead them, many blanks or long comments."""
_MOST_WORDS: Final = 500_000
"""Keywords that end no header and are looked at; beyond, one of them is taken for hidden."""
_MOST_STRETCHED: Final = 1_000
"""Keywords whose numbers are looked for there; of more, one is taken for hidden."""


def unlisted_object(document: Document, covered: int) -> int | None:
    """Return the first octet below ``covered`` where an object begins that no table of the document lists."""
    first = document.fact(_first_unlisted)
    return first if first is not None and first < covered else None


def unusual_section(document: Document) -> int | None:
    """Return where a cross-reference stream stands whose fields some readers do not follow."""
    for revision in document.revisions:
        widths = document.structure(revision.index).get("/W")
        if widths is not None and not usual_widths(widths):
            return revision.stream_start
    return None


def _first_unlisted(document: Document) -> int | None:
    data = document.data
    offsets = document.beginnings()
    listed, headers = set(offsets), _simple_headers(document, offsets)
    for start in _beginnings(data, headers):
        at = start
        while at not in listed and at > 0 and data[at - 1] in _WHITE:  # offsets may lead to the blanks before
            at -= 1
        if at not in listed:
            return start
    return None


def _beginnings(data: bytes, headers: set[int]) -> Iterator[int]:
    """Yield where each header begins that does not end at one of ``headers``; where that is too much, where its keyword stands."""
    stretched, words = _MOST_STRETCHED, _MOST_WORDS
    for at in _keywords(data):
        if at + len(_OBJ) in headers:
            continue
        words -= 1
        found = _NUMBERS.search(data, max(0, at - _NEAR), at)
        far = found is None and _stretched(data, at)
        if far:
            stretched -= 1
            found = _NUMBERS.search(data, max(0, at - _FAR), at)
        if found is not None:
            yield found.start()
        elif min(words, stretched) < 0 or (far and _endless(data, at)):
            yield at


def _keywords(data: bytes) -> Iterator[int]:
    """Yield where the keyword stands behind a blank or a digit, in order."""
    return (at for at in places_of(_OBJ, data) if at and data[at - 1] in _BEFORE)


def _stretched(data: bytes, keyword: int) -> bool:
    """Tell whether the numbers may stand further away: before the keyword are only digits and blanks, or the end of a line."""
    near = data[max(0, keyword - _NEAR) : keyword]
    rest = near.rstrip(REPAIR_BLANKS + b"0123456789")
    return not rest or not {10, 13}.isdisjoint(near[len(rest) :])


def _endless(data: bytes, keyword: int) -> bool:
    """Tell whether as far as is looked there is only what parts the numbers: blanks, zeros, or one line that may be a comment."""
    far = data[max(0, keyword - _FAR) : keyword]
    rest = far.rstrip(REPAIR_BLANKS + b"0123456789")
    return len(far) == _FAR and not (b"\n" in rest or b"\r" in rest)


def _simple_headers(document: Document, offsets: list[int]) -> set[int]:
    """Return where the headers of listed objects end that are simple and stand apart: nearly all, and no more is asked about them."""
    data = document.data
    found: set[int] = set()
    for offset, head in zip(offsets, document.heads.measure(offsets), strict=True):
        if head is not None and (not offset or data[offset - 1] in _WHITE):
            found.add(head[0])
    return found
