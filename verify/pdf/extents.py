"""How far each object reaches, so that none draws on octets that a signature does not protect.

A stream whose /Length runs past the end of the file reaches, once a signature is appended, into the value of that
signature: octets that anybody may exchange would be its pixels. The octets are read as ISO 32000-2 §7.2 and §7.3 define
them, from each listed offset up to the first keyword; nothing is decoded. Where readers differ, the longer reach counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from verify.errors import unsure
from verify.pdf.document import Document, Extent
from verify.pdf.pdf_values import Ref
from verify.pdf.references import skip_string
from verify.pdf.source import Revision
from verify.verdict import SubIndication

_BLANK: Final = rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*+)"
_STOP: Final = rb"(?:stream|endobj|obj|xref|startxref|trailer)"
_SHORT: Final = rb"\((?:[^()\\]|\\[\x00-\xff]|\((?:[^()\\]|\\[\x00-\xff])*+\))*+\)"
_HEADER: Final = re.compile(_BLANK + rb"*+[0-9]++" + _BLANK + rb"++[0-9]++" + _BLANK + rb"*+obj")
_ONLY_HEADER: Final = re.compile(rb"(?:" + _BLANK + rb"|[0-9])*+")
_TOKENS: Final = re.compile(
    rb"(?:[\x00\t\n\x0c\r \[\]{}0-9+.\-]++|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*+|<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>|[<>)]|%[^\r\n]*+|"
    + _SHORT
    + rb"|(?!"
    + _STOP
    + rb")[eostx]|[^\x00\t\n\x0c\r ()<>\[\]{}/%0-9+.\-eostx]++)*+"
)
_STREAM: Final = re.compile(rb"stream[\x00\t\x0c ]{0,64}+(?:\r\n|\n|\r)?")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ELSEWHERE: Final = re.compile(rb"/(?:F|Ref)(?=[\x00\t\n\x0c\r (<%])")
_LENGTH: Final = re.compile(
    rb"/Length(?=[\x00\t\n\x0c\r %+])"
    + _BLANK
    + rb"*+\+?([0-9]++)(?:"
    + _BLANK
    + rb"++([0-9]++)"
    + _BLANK
    + rb"++R)?+"
)
_DIRECT: Final = re.compile(rb"/Length ([0-9]{1,12}+)(?![\x00\t\n\x0c\r ]++[0-9])(?=[\x00\t\n\x0c\r />])")
"""A length that stands in the dictionary itself."""
_NUMBER: Final = re.compile(
    rb"[0-9]{1,20}+[\x00\t\n\x0c\r ]{1,64}+[0-9]{1,20}+[\x00\t\n\x0c\r ]{1,64}+obj[\x00\t\n\x0c\r ]{1,64}+([0-9]{1,20}+)[\x00\t\n\x0c\r ]{1,64}+endobj"
)
_ENDED: Final = re.compile(rb"[\x00\t\n\x0c\r ]{0,64}+endstream")
_HEADER_OCTETS: Final = 1024
"""Octets in which the number of an object stands, with blanks and comments."""
_MAX_LENGTHS: Final = 16
"""Keys of a stream that begin with /Length: /Length itself, three of a font program, some in nested dictionaries."""
_new: Final = tuple.__new__
"""Makes an :class:`Extent` in one step: there is one for every object."""
_ROUNDS: Final = 4
"""How often all octets may be read; objects that do not overlap take less than one round."""


def reaches_unprotected(document: Document, gap: tuple[int, int], covered: int) -> int | None:
    """Return the offset of an object that reaches into a signature's value, or out of the octets it covers.

    The object that holds the value, and nothing else, may be around it. Raises INDETERMINATE/LIMIT_REACHED.
    """
    found = extents(document)
    holder = next((one.start for one in reversed(found) if one.start < gap[0] and not one.stream), None)
    for one in [one for one in found if one.end > gap[0]]:
        if one.start >= covered:
            break
        into = one.start < gap[1] and one.start != holder
        if into or one.end > covered:
            return one.start
    return None


def points_ahead(document: Document, earlier: list[Revision], covered: int) -> bool:
    """Tell whether a table that a signature covers names a place behind it: what somebody puts there would be the object that was meant.

    A place behind the end of the file is nobody's, and stays so.
    """
    for revision in earlier:
        places = [
            *document.places(revision.index)[0],
            *(() if revision.stream is None else (revision.stream_start,)),
        ]
        if max(places, default=0) >= covered and any(
            covered <= place < len(document.data) for place in places
        ):
            return True
    return False


def extents(document: Document) -> list[Extent]:
    """Return the reach of every listed object, in the order of the file. Raises INDETERMINATE/LIMIT_REACHED."""
    return document.fact(_all_extents)


def head_of(data: bytes, offset: int) -> bytes:
    """Return the octets of an object up to the keyword that ends it or begins its stream, without its header."""
    header = _HEADER.match(data, offset, offset + _HEADER_OCTETS)
    return b"" if header is None else data[header.end() : head_end(data, header.end())]


def drawn_from_outside(document: Document) -> int | None:
    """Return the offset of an object whose content is taken from another file: no signature protects that.

    ISO 32000-2 §7.3.8.2 (/F of a stream), §8.10.4 (reference XObjects).
    """
    return next((one.start for one in extents(document) if one.outside), None)


def _all_extents(document: Document) -> list[Extent]:
    return list(_extents(document))


def _extents(document: Document) -> Iterator[Extent]:
    data = document.data
    offsets = document.beginnings()
    simple = _simple(document, offsets)
    left = _ROUNDS * len(data)
    ended = 0
    for offset in offsets:
        quick = simple.get(offset)
        if quick is not None:
            left = _spent(left, quick.head - offset)
            yield quick
            continue
        header = _HEADER.match(data, offset, offset + _HEADER_OCTETS)
        if header is None:
            window = data[offset : offset + _HEADER_OCTETS]
            if len(window) == _HEADER_OCTETS and _ONLY_HEADER.fullmatch(window) is not None:
                raise _unclear()
            continue
        stop = head_end(data, header.end())
        left = _spent(left, stop - offset)
        begin = _STREAM.match(data, stop)
        if begin is None:
            yield Extent(offset, stop, stream=False, head=stop)
            continue
        head = data[header.end() : stop]
        lengths = list(_lengths(document, head))
        ends = [begin.end() + length for length in lengths]
        if not ends or any(_ENDED.match(data, end) is None for end in ends):  # readers look for the keyword
            if ended < begin.end():
                ended = data.find(b"endstream", begin.end())
                ended = len(data) if ended < 0 else ended
            ends.append(ended)
        yield Extent(offset, max(ends), stream=True, head=stop, outside=_outside(document, head))


def _spent(left: int, octets: int) -> int:
    """Return how many octets may still be read; raises beyond."""
    if octets > left:
        raise _unclear()
    return left - octets


def _simple(document: Document, offsets: list[int]) -> dict[int, Extent]:
    """Measure the objects about whose reach no two readers differ: no streams, or such as tell their end."""
    data = document.data
    found: dict[int, Extent] = {}
    streams: list[tuple[int, int, bytes]] = []
    left = _ROUNDS * len(data)
    for offset, head in zip(offsets, document.heads.measure(offsets), strict=True):
        if head is None:
            continue
        begin, stop, stream = head
        left = _spent(left, stop - begin)  # before it is copied: heads may overlap
        if stream:
            streams.append((offset, stop, data[begin:stop]))
        else:
            found[offset] = _new(Extent, (offset, stop, False, stop, False))
    elsewhere = _ELSEWHERE.search(b"\n".join([text for _, _, text in streams])) is not None
    for offset, stop, text in streams:
        end = _stream_end(data, stop, text)
        if end is not None and not (elsewhere and _ELSEWHERE.search(text)):
            found[offset] = _new(Extent, (offset, end, True, stop, False))
    return found


def _stream_end(data: bytes, stop: int, head: bytes) -> int | None:
    """Return where a stream ends that states one length and keeps to it; ``None``: look closer."""
    if b"#" in head or head.count(b"/Length") != 1:
        return None
    length, opened = _DIRECT.search(head), _STREAM.match(data, stop)
    if length is None or opened is None:
        return None
    end = opened.end() + int(length[1])
    return end if _ENDED.match(data, end) is not None else None


def _outside(document: Document, head: bytes) -> bool:
    """Tell whether a stream's dictionary names another file; it is parsed only where it might."""
    if b"#" in head:
        head = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), head)
    if _ELSEWHERE.search(head) is None:
        return False
    try:
        _, found = document.source.parse(b"1 0 obj" + head)
    except Exception:  # noqa: BLE001 - another reader may make something of it
        return True
    return isinstance(found, dict) and (found.get("/F") is not None or found.get("/Ref") is not None)


def _unclear() -> Exception:
    return unsure(
        SubIndication.LIMIT_REACHED,
        "文件中的对象相互重叠或书写异常，无法判断签章保护的范围；请向签章单位索取正常生成的文件。",
        "Objects of the file overlap or are written oddly; what a signature protects cannot be judged. "
        "Ask for a regular file.",
    )


def head_end(data: bytes, position: int) -> int:
    """Return where the keyword stands that ends an object or begins its stream."""
    while True:
        match = _TOKENS.match(data, position)
        position = position if match is None else match.end()
        if data[position : position + 1] != b"(":
            return position
        position = skip_string(data, position + 1)


def _lengths(document: Document, head: bytes) -> Iterator[int]:
    """Yield every number that a reader might take for the length of a stream."""
    if b"#" in head:
        head = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), head)
    if head.count(b"/Length") > _MAX_LENGTHS:
        raise _unclear()
    for number, generation in _LENGTH.findall(head):
        if not generation:
            yield int(number[:20])
            continue
        ref = Ref(int(number[:20]), int(generation[:20]))
        offset = document.location(ref)
        plain = None if offset is None else _NUMBER.match(document.data, offset)
        value = document.last.get(ref) if plain is None else int(plain[1][:20])
        if type(value) is int:
            yield value
