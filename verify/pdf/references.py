"""A fast scan for references: which object numbers anything in a revision points at, defined or not.

It reads the octets of each object up to its stream or end, skipping strings, comments and names as ISO 32000-2 §7.2
and §7.3 define them, and over-reports rather than misses: overridden and unreachable objects count too. What it finds
is then looked at exactly (:class:`verify.pdf.graph.Graph`); what it does not find is referred to by nothing.
"""

from __future__ import annotations

import re
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.pdf.document import Document
from verify.pdf.heads import Heads
from verify.pdf.pdf_values import Ref, Stream, references

_NEXT: Final = re.compile(
    rb"[(%]|<<|<|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*"
    rb"|([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+R|endobj|stream"
)
_STRING: Final = re.compile(rb"[()]|\\.", re.DOTALL)
_LINE_END: Final = re.compile(rb"[\r\n]")


def referenced(document: Document, revision: int) -> frozenset[Ref]:
    """Return every reference that stands in any object that revisions up to ``revision`` define."""
    found: set[Ref] = set(references(document.view(revision).trailer))
    streams: set[Ref] = set()
    for index in range(revision + 1):
        offsets, containers = document.places(index)
        for offset in offsets:
            found |= scanned(document, offset)
        streams |= containers
    for stream in streams:
        found |= in_stream(document, revision, stream)
    return frozenset(found)


def in_stream(document: Document, revision: int, ref: Ref) -> frozenset[Ref]:
    """Return the references in the objects of an object stream."""
    holder = document.view(revision).get(ref)
    if not isinstance(holder, Stream):
        return frozenset()
    text = holder.decode(DecodePurpose.OBJECT_STREAM)
    found: set[Ref] = set()
    position = 0
    while position < len(text):
        more, position = _scan(text, position)
        found |= more
    return frozenset(found)


def scanned(document: Document, offset: int) -> frozenset[Ref]:
    """Return the references in the object at ``offset``, scanned once."""
    return document.scanned(offset, lambda: scan(document.data, offset, document.heads))


def scan(data: bytes, offset: int, heads: Heads | None = None) -> frozenset[Ref]:
    """Return the references in the object at ``offset``, its dictionary included, its stream not."""
    simple = (heads or Heads(data)).references(offset)
    return _scan(data, offset)[0] if simple is None else simple


def _scan(data: bytes, position: int) -> tuple[frozenset[Ref], int]:
    found: set[Ref] = set()
    while (match := _NEXT.search(data, position)) is not None:
        position = match.end()
        token = match.group()
        if match.group(1) is not None:
            found.add(Ref(int(match.group(1)), int(match.group(2))))
        elif token == b"(":
            position = skip_string(data, position)
        elif token == b"%":
            end = _LINE_END.search(data, position)
            position = len(data) if end is None else end.end()
        elif token == b"<":
            end_of_hex = data.find(b">", position)
            position = len(data) if end_of_hex < 0 else end_of_hex + 1
        elif token in {b"endobj", b"stream"}:
            return frozenset(found), position
    return frozenset(found), len(data)


def skip_string(data: bytes, position: int) -> int:
    """Return the position behind the string whose first parenthesis stands before ``position``."""
    depth = 1
    while (match := _STRING.search(data, position)) is not None:
        position = match.end()
        token = match.group()
        depth += {b"(": 1, b")": -1}.get(token, 0)
        if depth == 0:
            return position
    return len(data)
