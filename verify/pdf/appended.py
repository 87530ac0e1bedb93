"""What stands behind the signed octets: every octet must belong to a parsed object, table, trailer or end mark.

Octets outside any of these are what other readers may find and show, so they count as a modification.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.document import Document
from verify.pdf.source import Revision

_BETWEEN: Final = re.compile(
    rb"(?:[\x00\t\n\x0c\r ]+|%%EOF|startxref[\x00\t\n\x0c\r ]+[0-9]{1,12}(?=[\x00\t\n\x0c\r ]))*"
)
_END: Final = re.compile(
    rb"startxref[\x00\t\n\x0c\r ]+([0-9]{1,12})[\x00\t\n\x0c\r ]+%%EOF[\x00\t\n\x0c\r ]*\Z"
)
END_WINDOW: Final = 1100
"""Octets in which the end mark of a revision is looked for."""


def signed_start(data: bytes, covered: int) -> int | None:
    """Return the startxref that ends the signed octets; ``None``: they do not end as a PDF does."""
    found = _END.search(data[max(0, covered - END_WINDOW) : covered])
    return None if found is None else int(found.group(1))


def stray_octets(document: Document, covered: int, later: list[Revision]) -> tuple[int, int] | None:
    """Return the first span (start, length) behind ``covered`` that belongs to nothing, or ``None``."""
    spans = _spans(document, covered, later)
    for revision in later:
        document.source.check_contained(revision.index)
        document.source.check_section(revision)
    position = covered
    for start, end in [*sorted(spans), (len(document.data), len(document.data))]:
        if start > position:
            match = _BETWEEN.match(document.data, position, start)
            stop = position if match is None else match.end()
            if stop != start:
                return stop, start - stop
        position = max(position, end)
    return None


def _spans(document: Document, covered: int, later: list[Revision]) -> set[tuple[int, int]]:
    source = document.source
    spans: set[tuple[int, int]] = set()
    for revision in later:
        if revision.stream is None or revision.hybrid:
            spans.add((revision.start, source.trailer_end(revision)))
        else:
            spans.add((revision.start, source.object_end(revision.start, revision.stream)))
        for ref in document.explicit(revision.index):
            offset = document.location(ref, revision.index)
            if offset is not None and offset >= covered:
                spans.add((offset, source.object_end(offset, ref)))
    return spans
