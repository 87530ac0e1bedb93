"""References that readers resolve differently, or that only some take for any.

Most readers take no notice of the generation, and some of no more than 32 bits of the number: ``99 1 R`` refers to nothing where only
object 99 of generation 0 is in use (ISO 32000-2 §7.3.10), and is shown all the same. They pass over comments, signs and fractions
between and in its numbers. Who prepares a document with such a reference, has it signed and then appends the object, as if it were a
certificate, has it shown. So where anything follows, every keyword ``R`` ends a reference as everybody writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.pdf.document import Document
from verify.pdf.extents import extents
from verify.pdf.pdf_values import Ref, Stream
from verify.pdf.references import skip_string

_WHITE: Final = rb"[\x00\t\n\x0c\r ]"
_ENDED: Final = rb"(?![^\x00\t\n\x0c\r ()<>\[\]{}/%\x80\xff])"
"""No regular character follows; PDFium takes 0x80 and 0xFF for white space."""
_KEYWORD: Final = re.compile(
    rb"(?:(?<=[\x00\t\n\x0c\r )>\]}%\x80\xff])|(?<![^\x00\t\n\x0c\r ()<>\[\]{}/%\x80\xff])[0-9+.\-]++)R"
    + _ENDED
)
_PLAIN: Final = re.compile(
    rb"(?<![^\x00\t\n\x0c\r ()<>\[\]{}])[0-9]{1,10}+" + _WHITE + rb"++[0-9]{1,5}+" + _WHITE + rb"++R" + _ENDED
)
_ODD: Final = re.compile(
    rb"(?<![0-9])(?:([0-9]++)" + _WHITE + rb"++(?!0" + _WHITE + rb")([0-9]++)"
    rb"|([0-9]{10,}+)" + _WHITE + rb"++0)" + _WHITE + rb"++R"
)  # fmt: skip
"""A plain reference that is not to generation 0, or has a long number."""
_LETTER: Final = re.compile(rb"R(?<=[\x00\t\n\x0c\r )>\]}%\x80\xff0-9+.\-]R)" + _ENDED)
_USUAL: Final = re.compile(rb"R(?<=[0-9]" + _WHITE + rb"0" + _WHITE + rb"R)" + _ENDED)
_LONG: Final = re.compile(rb"R(?<=[0-9]{10}" + _WHITE + rb"0" + _WHITE + rb"R)")
_SIGNED: Final = re.compile(rb"[+.\-%\x80\xff][0-9]*+" + _WHITE + rb"++[0-9]++" + _WHITE + rb"++R")
"""These four tell at the speed of memory what nearly always holds: each keyword ends a reference to generation 0 with single blanks."""
_HIDING: Final = re.compile(rb"<<|\((?:[^()\\]++|\\[\x00-\xff])*+\)|[<(%]")
"""Brackets, a string without any, and the begin of a string or a comment."""
_LINE_END: Final = re.compile(rb"[\r\n]|\Z")
_APART: Final = b"["
"""Put between objects that are looked at together: no reference goes across it."""
_MOST_HIDDEN: Final = 3_000_000
"""Strings and comments that are passed over; a document of more is taken for one that hides something behind them."""
_BITS: Final = 0xFFFFFFFF


def misread_reference(document: Document) -> int | None:
    """Return where an object begins, or the object stream that holds one, with a reference that leads some readers elsewhere."""
    data = document.data
    simple, others = _heads(document)
    if _misread(document, _APART.join([data[begin:end] for begin, end in simple])):
        return next((begin for begin, end in simple if _misread(document, data[begin:end])), 0)
    left = _MOST_HIDDEN
    for begin, end in others:
        text = data[begin:end]
        left -= text.count(b"(") + text.count(b"%")
        if left < 0 or _misread(document, _bare(text)):
            return begin
    return next((place for place, text in _contained(document) if _misread(document, _bare(text))), None)


def _heads(document: Document) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return where the dictionaries of all objects stand: those without strings and comments, and all others."""
    begins = document.beginnings()
    measured = dict(zip(begins, document.heads.measure(begins), strict=True))
    simple = [(head[0], head[1]) for head in measured.values() if head is not None]
    others = [(one.start, one.head) for one in extents(document) if measured.get(one.start) is None]
    return simple, others


def _contained(document: Document) -> Iterator[tuple[int, bytes]]:
    """Yield where each object stream stands, and what it holds."""
    for revision in document.revisions:
        view = document.view(revision.index)
        for container in document.places(revision.index)[1]:
            holder = view.get(container)
            if isinstance(holder, Stream):
                yield (
                    document.location(container, revision.index) or 0,
                    holder.decode(DecodePurpose.OBJECT_STREAM),
                )


def _bare(text: bytes) -> bytes:
    """Empty what might hide a keyword; digits alone do not."""
    return text if b"(" not in text and b"%" not in text else bare(text)


def bare(text: bytes) -> bytes:
    """Empty strings and comments; what is left of a comment keeps the numbers of a reference apart."""
    kept: list[bytes] = []
    position = 0
    while (found := _HIDING.search(text, position)) is not None:
        kept += text[position : found.start()], b"%" if found[0] == b"%" else b"()"
        position = _end(text, found)
    return b"".join([*kept, text[position:]])


def _end(text: bytes, found: re.Match[bytes]) -> int:
    """Return where a string or a comment ends, or the begin of a dictionary; one that does not end goes on to the last octet."""
    begun, position = found[0], found.end()
    if begun == b"%":
        position = next(_LINE_END.finditer(text, position)).start()
    elif begun == b"(":
        position = skip_string(text, position)
    elif begun == b"<":
        end = text.find(b">", position)
        position = len(text) if end < 0 else end + 1
    return position


def _misread(document: Document, text: bytes) -> bool:
    """Tell whether a keyword ends no plain reference, or one names a number in use but not its object."""
    if not (_LONG.search(text) or _SIGNED.search(text)) and len(_LETTER.findall(text)) == len(
        _USUAL.findall(text)
    ):
        return False
    if len(_KEYWORD.findall(text)) != len(_PLAIN.findall(text)):
        return True
    return any(_elsewhere(document, *found) for found in _ODD.findall(text))


def _elsewhere(document: Document, number: bytes, generation: bytes, long: bytes) -> bool:
    ref = Ref(int(number or long), int(generation or b"0"))
    if document.last.exists(ref):
        return False
    return any(document.last.exists(other) for other in document.generations(ref.number & _BITS))
