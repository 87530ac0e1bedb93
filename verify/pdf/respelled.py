"""An object that a later revision writes again: whether every reader takes its octets for the value that we compare.

pyHanko's reader, which judges what is not plain, takes two names that differ in their octets for one (``/I#e9``, ``/I#c3#a9``) and keeps
line ends in strings that other readers turn into one octet. An object rewritten so is the same to us and another to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.pdf.document import Document
from verify.pdf.extents import head_of
from verify.pdf.misread import bare
from verify.pdf.pdf_values import Ref, Stream
from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.packed import Inside, check_end, listed_in
from verify.pdf.plain.source import PlainSource, StrictReader
from verify.pdf.plain.syntax import MAX_SPELLED, Array, Dictionary, Name, Reader, Value
from verify.pdf.source import Contained

_END: Final = b"endobj"
_LONG: Final = re.compile(rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%%]{%d,}+" % (MAX_SPELLED + 1))
"""A name, number or keyword of more octets than all readers keep: MuPDF cuts names there, PDFium any word of twice that."""


def mistakable(document: Document, ref: Ref, revisions: tuple[int, int]) -> bool:
    """Tell whether the old or the new octets of an object can be read otherwise than they were compared."""
    if isinstance(document.source, PlainSource):
        return False  # it took nothing that can
    try:
        values = [_strictly(document, ref, revision) for revision in revisions]
        names = {name for value in values for name in _names(value) if not name.isascii()}
    except (NotPlain, ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return _octets(document, ref, revisions[0]) != _octets(document, ref, revisions[1])
    return len({_as_text(name) for name in names}) < len(names)


def cut_off(document: Document, ref: Ref, revisions: tuple[int, int]) -> bool:
    """Tell whether an object comes to hold a word of which some readers keep the begin alone, and so take it for another."""
    after = _long_words(document, ref, revisions[1])
    try:
        return bool(after) and not after <= _long_words(document, ref, revisions[0])
    except NotPlain:
        return True


def _long_words(document: Document, ref: Ref, revision: int) -> set[bytes]:
    place = document.source.place(ref, revision)
    if isinstance(place, Contained):
        text, inside = _packed(document, place, revision)
        octets = text[inside.begin : inside.end]
    else:
        octets = b"" if place is None else head_of(document.data, place)
    return set(_LONG.findall(bare(octets))) if _LONG.search(octets) else set()


def _packed(document: Document, place: Contained, revision: int) -> tuple[bytes, Inside]:
    """Return the octets of an object stream, unpacked once, and where one of its objects lies in them."""
    text, listed = document.kept(
        (_unpacked, document.location(place.container, revision)),
        lambda: _unpacked(document.view(revision).get(place.container)),
    )
    return text, listed[place.at]


def _unpacked(holder: Value) -> tuple[bytes, list[Inside]]:
    if not isinstance(holder, Stream):
        raise TypeError("an object stream is missing")
    text, entries = holder.decode(DecodePurpose.OBJECT_STREAM), holder.dictionary
    return text, listed_in(text, entries.get("/N"), entries.get("/First"))


def _strictly(document: Document, ref: Ref, revision: int) -> Value:
    """Read an object's value by our own reader; strings of an encrypted document are read as they come."""
    kind = Reader if document.source.encrypted else StrictReader
    place = document.source.place(ref, revision)
    if isinstance(place, Contained):
        text, inside = _packed(document, place, revision)
        reader = kind(text)
        value = reader.value(inside.begin)
        check_end(text, reader.end, inside)
        return value
    reader = kind(document.data)
    reader.header(place or 0, blanks=True)
    return reader.value(reader.end)


def _octets(document: Document, ref: Ref, revision: int) -> object:
    """Return an object as it stands in the file; of one in an object stream something that equals nothing."""
    place = document.source.place(ref, revision)
    if not isinstance(place, int):
        return object()
    return document.data[place : document.data.find(_END, place)]


def _names(value: Value) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Name):
            yield item
        elif isinstance(item, Dictionary):
            pending += [part for pair in item.items() for part in pair]
        elif isinstance(item, Array):
            pending += item


def _as_text(name: str) -> str:
    """Read a name as pyHanko does: UTF-8 if it is, else one character to the octet."""
    octets = name.encode("latin-1")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return name
