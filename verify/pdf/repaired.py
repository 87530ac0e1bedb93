"""What a reader shows that repairs a file: objects found by their numbers, wherever they stand, and no table asked.

Readers differ about what they repair. Who prepares a document with a second body of an object that no table lists, has it signed, and
then appends what one reader cannot follow, makes that reader show what was never shown before.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.document import Document

_WHITE: Final = b"\x00\t\n\x0c\r "
_KEYWORD: Final = re.compile(rb"obj(?<=[\x00\t\n\x0c\r 0-9]obj)")
"""The literal first: so that a large file is gone through at the speed of memory."""
_APART: Final = rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*+[\r\n])"
_NUMBERS: Final = re.compile(rb"(?<![0-9])[0-9]{1,10}" + _APART + rb"++[0-9]{1,5}" + _APART + rb"*+\Z")
_NEAR: Final = 64
"""Octets before the keyword in which both numbers stand."""


def unlisted_object(document: Document, covered: int) -> int | None:
    """Return the first octet below ``covered`` where an object begins that no table of the document lists."""
    data = document.data
    listed = {r.start for r in document.revisions if r.stream is not None}
    for revision in document.revisions:
        listed.update(document.places(revision.index)[0])
    headers = _simple_headers(document, listed)
    for keyword in _KEYWORD.finditer(data, 0, covered):
        if keyword.end() in headers:
            continue
        begin = max(0, keyword.start() - _NEAR)
        numbers = _NUMBERS.search(data[begin : keyword.start()])
        if numbers is None:
            continue
        start = at = begin + numbers.start()
        while at not in listed and at > 0 and data[at - 1] in _WHITE:  # offsets may lead to the blanks before
            at -= 1
        if at not in listed:
            return start
    return None


def _simple_headers(document: Document, listed: set[int]) -> set[int]:
    """Return where the headers of listed objects end that are simple and stand apart: nearly all, and no more is asked about them."""
    data = document.data
    found: set[int] = set()
    offsets = sorted(listed)
    for offset, head in zip(offsets, document.heads.measure(offsets), strict=True):
        if head is not None and (not offset or data[offset - 1] in _WHITE):
            found.add(head[0])
    return found
