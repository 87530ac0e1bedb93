"""What stands behind the signed octets: every octet must belong to a parsed object, table, trailer or end mark.

Octets outside any of these are what other readers may find and show, so they count as a modification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from verify.pdf.buried import Span, buried
from verify.pdf.document import Document
from verify.pdf.pdf_values import Ref
from verify.pdf.source import Revision

_BLANK: Final = rb"[\x00\t\n\x0c\r ]*+"
_MAKER: Final = (
    rb"(?:%(?![^\r\n]*(?:obj|xref|trailer|stream|PDF-|EOF))[A-Za-z0-9 .,:()_+-]{1,120}+[\r\n]"
    + _BLANK
    + rb")?+"
)
"""The name of what wrote the file, in a comment: iText signs its work behind the trailer, MuPDF before its first object."""
_BETWEEN: Final = re.compile(
    _BLANK
    + rb"(?:"
    + _MAKER
    + rb"startxref(?=[\x00\t\n\x0c\r ])"
    + _BLANK
    + rb"([0-9]{1,12})(?=[\x00\t\n\x0c\r ]))?+"
    rb"(?:" + _BLANK + rb"%%EOF)*+" + _BLANK + _MAKER
)
"""White space, and one end mark with its maker's name."""
_END: Final = re.compile(
    rb"startxref[\x00\t\n\x0c\r ]+([0-9]{1,12})[\x00\t\n\x0c\r ]+%%EOF[\x00\t\n\x0c\r ]*\Z"
)
END_WINDOW: Final = 1100
"""Octets in which the end mark of a revision is looked for."""

IN_SIGHT: Final = 1000
"""Octets from the last ``startxref`` to the end of the file. Readers look for it in the last 1,024 or more, MuPDF in no more;
files that were kept in blocks end with some hundred blanks."""


def mark_out_of_sight(data: bytes) -> bool:
    """Tell whether the last end mark stands so far from the end that some readers do not find it, and repair the file."""
    return data.rfind(b"startxref", max(0, len(data) - IN_SIGHT)) < 0


def signed_start(data: bytes, covered: int) -> int | None:
    """Return the startxref that ends the signed octets; ``None``: they do not end as a PDF does."""
    found = _END.search(data[max(0, covered - END_WINDOW) : covered])
    return None if found is None else int(found.group(1))


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the objects and the table of one later revision stand."""

    revision: Revision
    objects: frozenset[Span]
    tables: frozenset[Span]

    @property
    def closed(self) -> int:
        """The offset behind its table, where its end mark follows."""
        return next(end for start, end in self.tables | self.objects if start == self.revision.start)

    @property
    def reach(self) -> Span:
        """From the revision's first octet to its last."""
        spans = self.objects | self.tables
        return min(start for start, _ in spans), max(end for _, end in spans)


def appended(document: Document, covered: int, later: list[Revision]) -> list[Appended]:
    """Measure every later revision; raises what the reader raises on what is not one object after the other."""
    found = [_measured(document, revision, covered) for revision in later]
    for revision in later:
        document.source.check_contained(revision.index)
        document.source.check_section(revision)
    return found


def _measured(document: Document, revision: Revision, covered: int) -> Appended:
    source = document.source
    objects: set[Span] = set()
    tables: set[Span] = set()
    if revision.stream is None or revision.hybrid:
        tables.add((revision.start, source.trailer_end(revision)))
    if revision.stream is not None and revision.stream_start >= covered:
        objects.add((revision.stream_start, _end(document, revision.stream_start, revision.stream)))
    for ref in document.explicit(revision.index):
        offset = document.location(ref, revision.index)
        if offset is not None and offset >= covered:
            objects.add((offset, _end(document, offset, ref)))
    return Appended(revision, frozenset(objects), frozenset(tables))


def _end(document: Document, offset: int, ref: Ref) -> int:
    """Return the offset behind the object at an offset; raises what the reader raises."""
    return document.kept((_end, offset, ref), lambda: document.source.object_end(offset, ref))


def stray_octets(document: Document, covered: int, parts: list[Appended]) -> tuple[int, int] | None:
    """Return the first span (start, length) behind ``covered`` that belongs to nothing, or ``None``.

    An end mark names the table that it follows: some readers go by any other, and show what that one lists.
    """
    objects = {span for part in parts for span in part.objects}
    tables = {span for part in parts for span in part.tables}
    marks = {part.closed: {part.revision.declared, part.revision.start} for part in parts}
    position = covered
    for start, end in [*sorted(objects | tables), (len(document.data), len(document.data))]:
        if start > position:
            match = _BETWEEN.match(document.data, position, start)
            stop = position if match is None else match.end()
            if stop != start:
                return stop, start - stop
            if match is not None and match[1] is not None and int(match[1]) not in marks.get(position, ()):
                return match.start(1), len(match[1])
        position = max(position, end)
    hidden = buried(document, covered, objects, tables)
    return None if hidden is None else (hidden, document.data.find(b"\n", hidden + 1) - hidden)
