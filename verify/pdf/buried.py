"""What is appended so that only some readers find it: raw objects inside streams and strings, and what object streams hide.

A reader that cannot follow the cross-reference looks for object numbers, trailers and end marks wherever they stand. In octets that
a signature does not cover they stand only where the revision's own table says.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.integrity import Change
from verify.pdf.document import Document
from verify.pdf.pdf_values import Ref, Stream
from verify.pdf.plain.packed import listed_in
from verify.pdf.repaired import REPAIR_BLANKS
from verify.pdf.source import Contained, Revision
from verify.pdf.step import Step

_WHITE: Final = rb"[\x00\t\n\x0c\r ]"
_APART: Final = rb"[" + REPAIR_BLANKS + rb"]"
_FOUND_BY_REPAIR: Final = re.compile(
    rb"(?<![0-9])[0-9]++" + _APART + rb"++[0-9]++" + _APART + rb"*+obj"
    rb"|trailer" + _APART + rb"*+(?:<<|%)|startxref" + _APART + rb"*+(?:(?<=" + _APART + rb")[0-9]|%)"
)  # fmt: skip
"""Numbers of any length: readers pass over zeros that lead them. A comment may stand wherever blanks may."""
_AFTER_A_LINE: Final = re.compile(
    rb"(?<!"
    + _APART
    + rb")[\x00\t\x0b\x0c \x80\xa0\xff]*+[\r\n]"
    + _APART
    + rb"*+(?:[0-9]++"
    + _APART
    + rb"*+)?+obj"
)
"""The end of an object's header behind blanks, which may be the end of a comment."""
_BLANKS: Final = re.compile(_WHITE + rb"*+")
"""Some tables name the end of the line before an object, and every reader passes over it."""
_LINE: Final = 1024
"""Octets in which a comment is looked for; a longer line is taken for one."""
_MOST_LINES: Final = 10_000
"""Ends of headers at the begin of a line that are looked at; more stand in no file, and one of them is taken for hidden."""

Span = tuple[int, int]


MAX_MARKS: Final = 250_000
"""Places kept, more than objects may follow a signature: beyond that something is taken for hidden."""


class Marks:
    """Where octets look like something that a repair goes by, found once for all signatures of a document."""

    def __init__(self, document: Document) -> None:
        self._data = document.data
        self._begin = len(self._data) + 1
        self._found: list[tuple[int, bytes]] = []
        self._lines: list[int] = []
        self.too_many = False

    def behind(self, covered: int) -> list[tuple[int, bytes]]:
        """Return each place behind the octets that a signature covers, with the first letter of its word."""
        self._look(covered)
        return self._found[bisect_left(self._found, (covered, b"")) :]

    def lines_behind(self, covered: int) -> list[int]:
        """Return where an object's header begins with the end of a line."""
        self._look(covered)
        return self._lines[bisect_left(self._lines, covered) :]

    def _look(self, covered: int) -> None:
        """Look at what no earlier signature was asked for; they mostly come in their order."""
        if covered >= self._begin:
            return
        self._begin = covered
        found = islice(_FOUND_BY_REPAIR.finditer(self._data, covered), MAX_MARKS + 1)
        self._found = [
            (match.start(), b"o" if match[0].endswith(b"obj") else match[0][:1]) for match in found
        ]
        lines = islice(_AFTER_A_LINE.finditer(self._data, covered), _MOST_LINES + 1)
        self._lines = [match.start() for match in lines]
        self.too_many = len(self._found) > MAX_MARKS or len(self._lines) > _MOST_LINES


def buried(document: Document, covered: int, objects: Iterable[Span], tables: Iterable[Span]) -> int | None:
    """Return the first octet behind ``covered`` that looks like an object or a trailer and is listed nowhere as one.

    ``objects`` and ``tables`` are the spans of the listed objects and of the tables with their trailers.
    """
    data, marks = document.data, document.fact(Marks)
    spans = sorted(objects)
    starts = {_BLANKS.match(data, start).end() for start, _ in spans}  # type: ignore[union-attr]
    trailers = [data.find(b"trailer", start, end) for start, end in tables]
    found = marks.behind(covered)
    if marks.too_many:
        return covered
    for at, word in found:
        if word == b"o":
            if at not in starts:
                return at
        elif word == b"t":
            if at not in trailers:
                return at
        elif any(start <= at < end for start, end in (*spans, *tables)):
            return at
    return _commented(data, covered, marks.lines_behind(covered))


def _commented(data: bytes, covered: int, lines: list[int]) -> int | None:
    """Return where an object's header stands in which a comment parts the numbers; nobody writes one."""
    for at in lines:
        line = data[max(covered, at - _LINE) : at].replace(b"\r", b"\n").rpartition(b"\n")[2]
        if b"%" in line or len(line) == _LINE:
            return at
    return None


def check_containers(step: Step, revision: Revision) -> None:
    """Find object streams that hold something else than the table says: readers go by the index, or by the number."""
    document = step.document
    listed = document.explicit(revision.index)
    numbers = {ref.number for ref in listed}
    held: dict[Ref, list[int]] = {}
    for container in document.places(revision.index)[1]:
        holder = document.view(revision.index).get(container)
        held[container] = _numbers(holder)
        unknown = set(held[container]) - numbers
        if unknown or len(set(held[container])) != len(held[container]) or _extends(holder):
            step.changes.append(_ambiguous(container))
    for ref in listed:
        place = document.source.place(ref, revision.index)
        if not isinstance(place, Contained):
            continue
        inside = held.get(place.container, [])
        if place.at >= len(inside) or inside[place.at] != ref.number:
            step.changes.append(_ambiguous(ref))


def _numbers(holder: object) -> list[int]:
    if not isinstance(holder, Stream):
        return []
    text, entries = holder.decode(DecodePurpose.OBJECT_STREAM), holder.dictionary
    return [inside.number for inside in listed_in(text, entries.get("/N"), entries.get("/First"))]


def _extends(holder: object) -> bool:
    return isinstance(holder, Stream) and "/Extends" in holder.dictionary


def _ambiguous(ref: Ref) -> Change:
    return Change(
        "追加的对象流与交叉引用表不一致", "an object stream differs from its table", object=str(ref)
    )
