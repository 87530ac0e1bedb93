"""What stands behind the signed octets: every octet must belong to a parsed object, table, trailer or end mark.

Octets outside any of these are what other readers may find and show, so they count as a modification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.xref import parse_xref_stream, parse_xref_table, read_object_header

from verify.pdf.document import Document, Revision
from verify.pdf.pdf_values import Ref, Stream

_BETWEEN: Final = re.compile(
    rb"(?:[\x00\t\n\x0c\r ]+|%%EOF|startxref[\x00\t\n\x0c\r ]+[0-9]{1,12}(?=[\x00\t\n\x0c\r ]))*"
)
_END: Final = re.compile(
    rb"startxref[\x00\t\n\x0c\r ]+([0-9]{1,12})[\x00\t\n\x0c\r ]+%%EOF[\x00\t\n\x0c\r ]*\Z"
)
_HEX: Final = re.compile(rb"<([0-9A-Fa-f]{64,})>")
END_WINDOW: Final = 1100
"""Octets in which the end mark of a revision is looked for."""


def signed_start(data: bytes, covered: int) -> int | None:
    """Return the startxref that ends the signed octets; ``None``: they do not end as a PDF does."""
    found = _END.search(data[max(0, covered - END_WINDOW) : covered])
    return None if found is None else int(found.group(1))


def stray_octets(document: Document, covered: int, later: list[Revision]) -> tuple[int, int] | None:
    """Return the first span (start, length) behind ``covered`` that belongs to nothing, or ``None``."""
    with _strictly(document):
        spans = _spans(document, covered, later)
        for revision in later:
            _parse_contained(document, revision)
            _check_section(document, revision)
    position = covered
    for start, end in [*sorted(spans), (len(document.data), len(document.data))]:
        if start > position:
            match = _BETWEEN.match(document.data, position, start)
            stop = position if match is None else match.end()
            if stop != start:
                return stop, start - stop
        position = max(position, end)
    return None


@contextmanager
def _strictly(document: Document) -> Iterator[None]:
    """Let the library raise on what readers take differently, as a key that stands twice, however damaged the rest may be."""
    reader = document.reader
    before, reader.strict = reader.strict, True
    try:
        yield
    finally:
        reader.strict = before


def _parse_contained(document: Document, revision: Revision) -> None:
    """Parse every object in the object streams of a revision; raises on what is not one object after the other."""
    _, containers = document.places(revision.index)
    for container in containers:
        holder = document.view(revision.index).get(container)
        if not isinstance(holder, Stream):
            raise PdfReadError("an object stream is missing")
        text = holder.decode(DecodePurpose.OBJECT_STREAM)
        first = int(holder.dictionary["/First"])
        numbers = [int(word) for word in text[:first].split()]
        stream = BytesIO(text)
        for number, offset in zip(numbers[::2], numbers[1::2], strict=True):
            stream.seek(first + offset)
            generic.read_object(stream, generic.Reference(number, 0, document.reader))


def _check_section(document: Document, revision: Revision) -> None:
    """Raise if a section lists an object twice: readers take the first or the last."""
    if revision.stream is None:
        stream: Any = document.reader.stream
        stream.seek(revision.start + len(b"xref"))
        entries = parse_xref_table(stream, strict=True)
    else:
        holder = document.view(revision.index).get(revision.stream)
        entries = parse_xref_stream(holder.source, strict=True) if isinstance(holder, Stream) else iter(())
    seen: set[int] = set()
    for entry in entries:
        if entry.idnum in seen:
            raise PdfReadError(f"object {entry.idnum} is listed twice")
        seen.add(entry.idnum)


def _spans(document: Document, covered: int, later: list[Revision]) -> set[tuple[int, int]]:
    spans: set[tuple[int, int]] = set()
    for revision in later:
        if revision.stream is None or revision.hybrid:
            spans.add((revision.start, _trailer_end(document, revision)))
        else:
            spans.add((revision.start, object_end(document, revision.start, revision.stream)))
        for ref in document.explicit(revision.index):
            offset = document.location(ref, revision.index)
            if offset is not None and offset >= covered:
                spans.add((offset, object_end(document, offset, ref)))
    return spans


def _trailer_end(document: Document, revision: Revision) -> int:
    stream = document.reader.stream
    stream.seek(revision.end)
    make: Any = generic.TrailerReference
    pointer = make(document.reader)
    generic.DictionaryObject.read_from_stream(stream, pointer)
    return int(stream.tell())


def object_end(document: Document, offset: int, ref: Ref | None = None) -> int:
    """Return the offset behind ``endobj`` of the object at ``offset``; ``offset`` itself if it does not end cleanly."""
    data = document.data
    stop = data.find(b"endobj", offset)
    body = data[offset:stop] if stop >= 0 else b""
    if stop >= 0 and b"stream" not in body:
        return stop + 6 if _parses_whole(document, body, ref) else offset
    stream = document.reader.stream
    stream.seek(offset)
    read_header: Any = read_object_header
    number, generation = read_header(stream, strict=False)
    if ref is not None and (number, generation) != (ref.number, ref.generation):
        return offset
    generic.read_object(stream, generic.Reference(number, generation, document.reader))
    end = int(stream.tell())
    tail = re.compile(rb"[\x00\t\n\x0c\r ]*endobj").match(data, end)
    return offset if tail is None else tail.end()


def _parses_whole(document: Document, body: bytes, ref: Ref | None) -> bool:
    """Parse a body without its long hexadecimal strings; nothing may stand between the value and ``endobj``.

    A header with another number is what a reader finds that repairs the file.
    """
    stream = BytesIO(_HEX.sub(b"<>", body) + b"endobj")
    read_header: Any = read_object_header
    number, generation = read_header(stream, strict=False)
    if ref is not None and (number, generation) != (ref.number, ref.generation):
        return False
    generic.read_object(stream, generic.Reference(number, generation, document.reader))
    return stream.read().strip(b"\x00\t\n\x0c\r ") == b"endobj"
