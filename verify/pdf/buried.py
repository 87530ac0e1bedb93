"""What is appended so that only some readers find it: raw objects inside streams and strings, objects that nothing refers to.

A reader that cannot follow the cross-reference looks for object numbers, trailers and end marks wherever they stand. In octets that
a signature does not cover they stand only where the revision's own table says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.integrity import Change
from verify.pdf.pdf_values import Ref, Stream, Value, references
from verify.pdf.source import Contained, Revision
from verify.pdf.step import Step, describe

_WHITE: Final = rb"[\x00\t\n\x0c\r ]"
_FOUND_BY_REPAIR: Final = re.compile(
    rb"(?<![0-9])[0-9]++" + _WHITE + rb"++[0-9]++" + _WHITE + rb"*+obj"
    rb"|trailer" + _WHITE + rb"*+(?:<<|%)|startxref" + _WHITE + rb"*+(?:(?<=" + _WHITE + rb")[0-9]|%)"
)  # fmt: skip
"""Numbers of any length: readers pass over zeros that lead them. A comment may stand wherever blanks may."""
_AFTER_A_LINE: Final = re.compile(
    rb"(?<!" + _WHITE + rb")(" + _WHITE + rb"++)(?:[0-9]++" + _WHITE + rb"*+)?+obj"
)
"""The end of an object's header behind blanks, which may be the end of a comment."""
_LINE: Final = 1024
"""Octets in which a comment is looked for; a longer line is taken for one."""
_MOST_LINES: Final = 10_000
"""Ends of headers at the begin of a line that are looked at; more stand in no file, and one of them is taken for hidden."""

_RESOURCES: Final = frozenset(
    {"/ColorSpace", "/ExtGState", "/Font", "/Pattern", "/ProcSet", "/Properties", "/Shading", "/XObject"}
)
"""ISO 32000-2 table 34."""

Span = tuple[int, int]


def buried(data: bytes, covered: int, objects: Iterable[Span], tables: Iterable[Span]) -> int | None:
    """Return the first octet behind ``covered`` that looks like an object or a trailer and is listed nowhere as one.

    ``objects`` and ``tables`` are the spans of the listed objects and of the tables with their trailers.
    """
    spans = sorted(objects)
    starts = {start for start, _ in spans}
    trailers = [data.find(b"trailer", start, end) for start, end in tables]
    for match in _FOUND_BY_REPAIR.finditer(data, covered):
        at = match.start()
        if match[0].endswith(b"obj"):
            if at not in starts:
                return at
        elif match[0].startswith(b"trailer"):
            if at not in trailers:
                return at
        elif any(start <= at < end for start, end in (*spans, *tables)):
            return at
    return _commented(data, covered)


def _commented(data: bytes, covered: int) -> int | None:
    """Return where an object's header stands in which a comment parts the numbers; nobody writes one."""
    left = _MOST_LINES
    for match in _AFTER_A_LINE.finditer(data, covered):
        if b"\n" not in match[1] and b"\r" not in match[1]:
            continue
        left -= 1
        begin = max(covered, match.start() - _LINE)
        line = data[begin : match.start()].replace(b"\r", b"\n").rpartition(b"\n")[2]
        if b"%" in line or len(line) == _LINE or left < 0:
            return match.start()
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
    text = holder.decode(DecodePurpose.OBJECT_STREAM)
    return [int(word) for word in text[: int(holder.dictionary["/First"])].split()[::2]]


def _extends(holder: object) -> bool:
    return isinstance(holder, Stream) and "/Extends" in holder.dictionary


def _ambiguous(ref: Ref) -> Change:
    return Change(
        "追加的对象流与交叉引用表不一致", "an object stream differs from its table", object=str(ref)
    )


def check_reached(step: Step, revision: Revision, refs: Iterable[Ref]) -> None:
    """Find new objects that nothing in their revision refers to: a later one could bring them to life, a repair too."""
    document = step.document
    fresh = {ref for ref in refs if step.fresh(ref)} - {revision.stream} - document.places(revision.index)[1]
    pending = list(references(step.new.trailer))
    pending += [item for ref in refs if step.old.exists(ref) for item in references(step.new.get(ref))]
    while pending and fresh:
        ref = pending.pop()
        if ref in fresh:
            fresh.discard(ref)
            pending += references(step.new.get(ref))
    for ref in sorted(fresh, key=lambda item: item.number):
        told = describe(step, ref, "被追加而没有任何引用", "was added and nothing refers to it")
        if _lifeless(step.new.get(ref)):
            step.described.append(told)
        else:
            step.changes.append(told)


def _lifeless(value: Value) -> bool:
    """Tell what could never be shown: lists and plain values, and what some writers lose.

    The index of validation data; the font without a name that iText makes for a look without text; the resources of a look
    that PDFBox copies into it.
    """
    if isinstance(value, dict):
        return value.get("/Type") == "/VRI" or value == {"/Type": "/Font"} or value.keys() <= _RESOURCES
    return not isinstance(value, Stream)
