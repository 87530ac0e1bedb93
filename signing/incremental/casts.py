"""Pages that are written alike: nearly all pages of a document differ in the numbers of the objects they refer to alone.

An object's octets are split at its references; what stands between them is its *cast*. The first page of a cast is read
token by token like any other, with numbers in it that no object has; from then on a page of the same cast is known by
its octets, and what differs is which object each reference names. It rests on this: a reference is one token (ISO 32000-2
§7.3.10), so that another number in it changes nothing around it, if it stood for a reference in the first place,
which is why there is no cast where strings, comments, escaped names or odd spellings are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.file import PlainPdf
from verify.pdf.plain.octets import InMemory
from verify.pdf.plain.syntax import Array, Dictionary, Reader, Ref, Value

LONGEST: Final = 4096
"""Octets of an object that is looked at so; pages have some two hundred."""
MOST_REFERENCES: Final = 64
"""References of one page; a page with more has annotations or fonts of its own, and no other like it."""
MARK: Final = 9_000_000_000
"""The first of the numbers that stand for references: no object can have it, and it is read as a number of ten digits."""
_REFERENCE: Final = re.compile(rb"([1-9][0-9]{0,9} 0 R)")
_MARKED: Final = re.compile(rb"90000000([0-9]{2}) 0 R")
_CLEAR: Final = re.compile(rb"[^#(%\x00]*\Z")
_END: Final = b"endobj"


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """What all objects of one cast have in common: their entries, with marks for what their references name."""

    entries: Dictionary

    @staticmethod
    def of(texts: tuple[bytes, ...]) -> Cast | None:
        """Read what stands between the references; ``None``: this is nothing to rely on."""
        count = len(texts) - 1
        marks = [Ref(number) for number in range(MARK, MARK + count)]
        octets = b"".join([text + mark.pdf for text, mark in zip(texts, marks, strict=False)] + [texts[-1]])
        if count > MOST_REFERENCES or _CLEAR.match(octets) is None or octets.count(b"90000000") != count:
            return None
        reader = Reader(b"1 0 obj" + octets)
        try:
            reader.header(0)
            entries = reader.value(reader.end)
            closed = reader.close() is None and reader.end == len(reader.buffer) - 1
        except NotPlain:
            return None
        if not closed or not isinstance(entries, Dictionary):
            return None
        return (
            Cast(entries) if [ref for ref in references_in(entries) if ref.number >= MARK] == marks else None
        )

    def template(self, changes: dict[str, bytes]) -> tuple[bytes, list[int]]:
        """Change entries as :meth:`Dictionary.changed` does; return a ``%`` pattern, and which mark goes where in it."""
        parts = _MARKED.split(self.entries.changed(changes).replace(b"%", b"%%"))
        return b"%b".join(parts[::2]), list(map(int, parts[1::2]))


def marked(value: Value) -> int | None:
    """Return which reference of a cast this is, counted from 0; ``None``: none of them."""
    return value.number - MARK if type(value) is Ref and value.number >= MARK else None


def references_in(value: Value) -> list[Ref]:
    """List the references in a value in their order; numbers stand for themselves."""
    if type(value) is Ref:
        return [value]
    if isinstance(value, Dictionary):
        return [ref for _, item in value.items() for ref in references_in(item)]
    if isinstance(value, Array):
        return [ref for item in value for ref in references_in(item)]
    return []


def split_at_references(pdf: PlainPdf, number: int) -> list[bytes] | None:
    """Split an object's octets behind ``obj``: texts, and between them the references. ``None``: not at once."""
    octets, offset = pdf.octets, pdf.offset(number)
    if not offset or not isinstance(octets, InMemory):
        return None
    end = octets.data.find(_END, offset, offset + LONGEST)
    if end < 0:
        return None
    # the octet behind the end belongs to it: a letter there would make another word of it
    return _REFERENCE.split(octets.data[octets.data.index(b"obj", offset) + 3 : end + len(_END) + 1])
