"""The cross-reference sections of a plain document in the order of their writing, each as one table of what it defines.

Plain for judging is what our reader and pyHanko's strict one take alike. What they might not (generations, objects that a
later section frees after use, hybrid files, numbers that a section lists twice) is left to pyHanko, whose word then counts.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.octets import InMemory
from verify.pdf.plain.syntax import Dictionary, Ref
from verify.pdf.plain.xref import Run, Section, read_sections, stream_section

_END: Final = re.compile(rb"[\r\n]startxref(?:\r\n|\r|\n)([0-9]{1,12})(?:\r\n|\r|\n)%%EOF[\r\n]{0,8}\Z")
"""The end mark as every reader takes it; of others only pyHanko says where the document begins."""
TAIL: Final = 64
"""Octets at the end in which such a mark stands."""
_HEADER: Final = re.compile(rb"%PDF-[12]\.[0-9][\r\n\t ]")
_BLANK: Final = re.compile(rb"[\x00\t\n\x0c\r ]*")
_LINE: Final = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([nf])")
_STANDARD, _CONTAINED = 1, 2
MAX_GENERATION: Final = 65_535
"""ISO 32000-2 annex C."""


class Defined(NamedTuple):
    """One section: where it was looked for and begins, its trailer, and where it says that objects are.

    ``offsets`` are those of objects of their own, ``contained`` of each other one the object stream and its place in it;
    ``freed`` are free numbers with the generation that may use them next.
    """

    declared: int
    start: int
    trailer: Dictionary
    stream: Ref | None
    offsets: dict[int, int]
    contained: dict[int, tuple[int, int]]
    freed: dict[int, int]

    def defines(self, number: int) -> bool:
        """Tell whether this section puts an object of this number to use."""
        return number in self.offsets or number in self.contained

    def defines_any(self, numbers: AbstractSet[int]) -> bool:
        """Tell whether this section puts any of these to use."""
        return not (numbers.isdisjoint(self.offsets) and numbers.isdisjoint(self.contained))


def defined_sections(octets: InMemory) -> list[Defined]:
    """Read and check every section, the oldest first. :class:`NotPlain`."""
    if _HEADER.match(octets.read(0, 16)) is None:
        raise NotPlain(Reason.HEADER)
    if _END.search(octets.read(max(0, octets.size - TAIL), TAIL)) is None:
        raise NotPlain(Reason.TAIL)
    sections, declared = read_sections(octets)
    found = []
    for section in sections:
        found.append(_defined(octets, section, declared))
        declared = section.trailer.get("/Prev", 0)
    found.reverse()
    _check_history(found)
    return found


def read_stream(data: bytes, offset: int) -> Defined:
    """Read the cross-reference stream at an offset, whoever refers to it. :class:`NotPlain`."""
    octets = InMemory(data)
    return _defined(octets, stream_section(octets, offset), offset)


def _defined(octets: InMemory, section: Section, declared: int) -> Defined:
    if section.hidden is not None:
        raise NotPlain(Reason.HYBRID)
    if "/Encrypt" in section.trailer:
        raise NotPlain(Reason.ENCRYPTED)
    size = section.trailer.get("/Size")
    if type(size) is not int or section.highest > size:
        raise NotPlain(Reason.CROSS_REFERENCE, "/Size")
    blank = _BLANK.match(octets.data, declared)
    start = declared if blank is None else blank.end()
    stream = None
    if section.widths is not None:
        number, generation = octets.data[start : start + 20].split(None, 2)[:2]
        stream = Ref(int(number), int(generation))
    made = Defined(declared, start, section.trailer, stream, {}, {}, {})
    after = 0
    for run in section.runs:
        if run.first < after:
            raise NotPlain(Reason.CROSS_REFERENCE, "a section lists an object twice, or not in order")
        after = run.first + run.size
        if section.widths is None:
            _read_table(made, run)
        else:
            _read_stream(made, run, section.widths)
    return made


def _read_table(made: Defined, run: Run) -> None:
    offsets, freed = made.offsets, made.freed
    words = run.lines.split()
    if (
        run.first and words[1::3].count(b"00000") == words[2::3].count(b"n") == run.size
    ):  # as nearly all runs are
        offsets.update(zip(range(run.first, run.first + run.size), map(int, words[::3]), strict=True))
        return
    for number, (offset, generation, kind) in enumerate(_LINE.findall(run.lines), run.first):
        if kind == b"n":
            if generation != b"00000" or number == 0:
                raise NotPlain(Reason.CROSS_REFERENCE, f"object {number} has a generation")
            offsets[number] = int(offset)
        elif int(generation) > MAX_GENERATION:
            raise NotPlain(Reason.CROSS_REFERENCE, f"object {number} has a generation")
        elif number:
            freed[number] = int(generation)


def _read_stream(made: Defined, run: Run, widths: tuple[int, int, int]) -> None:
    first, second, third = widths
    width = first + second + third
    for at in range(run.size):
        row = run.lines[at * width : (at + 1) * width]
        kind = int.from_bytes(row[:first]) if first else _STANDARD
        where, which = int.from_bytes(row[first : first + second]), int.from_bytes(row[first + second :])
        number = run.first + at
        if kind == 0:
            if which > MAX_GENERATION:
                raise NotPlain(Reason.CROSS_REFERENCE, f"object {number} has a generation")
            if number:
                made.freed[number] = which
        elif number == 0 or (kind == _STANDARD and which):
            raise NotPlain(Reason.CROSS_REFERENCE, f"object {number} has a generation")
        elif kind == _STANDARD:
            made.offsets[number] = where
        elif kind == _CONTAINED:
            made.contained[number] = (where, which)
        else:
            raise NotPlain(Reason.CROSS_REFERENCE, f"entries of kind {kind}")


def _check_history(sections: list[Defined]) -> None:
    """Demand that what is in use is never freed, what was freed stays free, sizes rise, and listed tables stay as they are.

    iText frees the numbers that it took for itself and did not need. A cross-reference stream need not list itself, and
    OpenPDF lists it as free; PDFBox and EU DSS give its number to the next new object (ISO 32000-2 §7.5.8.1 says nothing).
    """
    size = 0
    used: set[int] = set()
    freed: set[int] = set()
    streams: set[int] = set()
    for index, section in enumerate(sections):
        stated = section.trailer["/Size"]
        if stated < size or (index and not used.isdisjoint(section.freed)):
            raise NotPlain(Reason.CROSS_REFERENCE, "a section frees objects, or hides them")
        size = stated
        if 0 in section.offsets.values() or 0 in section.contained:
            raise NotPlain(Reason.CROSS_REFERENCE, "an object at no offset")
        if freed and section.defines_any(freed):
            raise NotPlain(Reason.CROSS_REFERENCE, "a free number is put to use")
        if streams and section.defines_any(streams):
            raise NotPlain(Reason.CROSS_REFERENCE, "a cross-reference stream is replaced")
        used.update(section.offsets, section.contained)
        freed.update(section.freed.keys() - ({section.stream.number} if section.stream is not None else ()))
        if section.stream is not None and section.stream.number in used:
            streams.add(section.stream.number)
