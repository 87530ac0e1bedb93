"""The cross-reference sections of a document, newest first (ISO 32000-2 §7.5.4, §7.5.8), and what they say of an object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.filters import unpack
from verify.pdf.plain.octets import WINDOW, Octets
from verify.pdf.plain.syntax import Dictionary, Reader, Ref, Short

MAX_SECTIONS: Final = 1024
"""Cross-reference sections followed: one per save and two for a linearized file."""
MAX_OBJECTS: Final = 8_388_607
"""Highest object number (ISO 32000-1 annex C)."""
MAX_OBJECT_OCTETS: Final = 8 * 1024 * 1024
"""Longest object read that is no stream: a flat list of 100,000 kids takes one megabyte."""
TAIL: Final = 1100
"""Octets at the end in which the end mark stands (ISO 32000-1 annex H.3, note 18, and a line)."""
ENTRY: Final = 20
"""Octets of one line of a cross-reference table (§7.5.4)."""
MAX_WIDTHS: Final = (4, 8, 8)
"""Octets of the fields of a cross-reference stream (§7.5.8.2: type, place, generation or index) that poppler, MuPDF, PDFium and pyHanko all follow."""

_STARTXREF: Final = b"startxref"
_END: Final = re.compile(
    _STARTXREF + rb"[\x00\t\n\x0c\r ]+([0-9]{1,12})[\x00\t\n\x0c\r ]+%%EOF[\x00\t\n\x0c\r ]*\Z"
)
_TABLE: Final = re.compile(rb"[\x00\t\n\x0c\r ]*xref[ ]*(?:\r\n|\r|\n)")
_SUBSECTION: Final = re.compile(rb"[\x00\t\n\x0c\r ]*([0-9]{1,10})[ ]([0-9]{1,10})[ ]*(?:\r\n|\r|\n)")
_TRAILER: Final = re.compile(rb"[\x00\t\n\x0c\r ]*trailer(?=[\x00\t\n\x0c\r <%])")
_LINE: Final = re.compile(rb"([0-9]{10}) ([0-9]{5}) ([nf])")
_LINES: Final = re.compile(rb"(?:[0-9]{10} [0-9]{5} [nf](?: \r| \n|\r\n))*")
_ALIKE: Final = bytes.maketrans(b"123456789f", b"000000000n")
"""Makes all lines of a table alike that end alike."""
_ENDS: Final = (b" \r", b" \n", b"\r\n")
_BARE: Final = b"0000000000 00000 n"


class Place(NamedTuple):
    """Where an object is: at an offset; or as the ``at``-th in an object stream; ``offset`` 0 and no container: free."""

    offset: int
    generation: int
    container: int = 0
    at: int = 0


FREE: Final = Place(0, 0)


class Run(NamedTuple):
    """Consecutive entries of a section, as they are written."""

    first: int
    size: int
    lines: bytes


class Section:
    """One cross-reference section; ``widths`` are those of a stream's fields, none for a table."""

    def __init__(self, trailer: Dictionary, runs: list[Run], widths: tuple[int, int, int] | None) -> None:
        self.trailer = trailer
        self.runs = runs
        self.widths = widths
        self.hidden: Section | None = None
        """What a hybrid file keeps from readers that know no streams (§7.5.8.4)."""

    @property
    def highest(self) -> int:
        """One more than the highest object number listed."""
        return max([run.first + run.size for run in self.runs], default=0)

    def find(self, number: int) -> Place | None:
        """Look an object up; ``None``: this section does not speak of it."""
        for run in self.runs:
            if run.first <= number < run.first + run.size:
                return self._place(run, number - run.first)
        return None

    def numbers(self) -> Iterator[tuple[int, Place]]:
        """Yield every entry."""
        for run in self.runs:
            if self.widths is None:
                for number, (offset, generation, kind) in enumerate(_LINE.findall(run.lines), run.first):
                    yield number, FREE if kind == b"f" else Place(int(offset), int(generation))
            else:
                for at in range(run.size):
                    yield run.first + at, self._place(run, at)

    def _place(self, run: Run, at: int) -> Place:
        if self.widths is None:
            line = run.lines[at * ENTRY : at * ENTRY + 18]
            return FREE if line[17:18] == b"f" else Place(int(line[:10]), int(line[11:16]))
        kind_width, second, third = self.widths
        row = at * (kind_width + second + third)
        middle = row + kind_width + second
        kind = int.from_bytes(run.lines[row : row + kind_width]) if kind_width else 1
        two = int.from_bytes(run.lines[row + kind_width : middle])
        three = int.from_bytes(run.lines[middle : middle + third])
        if kind == 1:
            return Place(two, three)
        return Place(0, 0, two, three) if kind == 2 else FREE


def read_sections(octets: Octets) -> tuple[list[Section], int]:
    """Follow the chain from the end mark; return the sections, newest first, and where the newest begins."""
    tail = octets.read(max(0, octets.size - TAIL), TAIL)
    found = _END.match(tail, max(0, tail.rfind(_STARTXREF)))
    if found is None:
        raise NotPlain(Reason.TAIL, "no end mark at the end")
    start = offset = int(found.group(1))
    seen: set[int] = set()
    sections: list[Section] = []
    while True:
        if offset in seen or len(seen) >= MAX_SECTIONS or not 0 < offset < octets.size:
            raise NotPlain(Reason.CROSS_REFERENCE, f"offset {offset}")
        seen.add(offset)
        section = _section(octets, offset)
        sections.append(section)
        hidden = section.trailer.get("/XRefStm")
        if hidden is not None:
            section.hidden = _hidden(octets, hidden)
        previous = section.trailer.get("/Prev")
        if previous is None:
            return sections, start
        if type(previous) is not int:
            raise NotPlain(Reason.CROSS_REFERENCE, "/Prev")
        offset = previous


def _hidden(octets: Octets, offset: object) -> Section:
    if type(offset) is not int or not 0 < offset < octets.size:
        raise NotPlain(Reason.CROSS_REFERENCE, "/XRefStm")
    found = _section(octets, offset)
    if found.widths is None:
        raise NotPlain(Reason.CROSS_REFERENCE, "/XRefStm is no stream")
    return found


def _section(octets: Octets, offset: int) -> Section:
    length = WINDOW
    while True:
        buffer, position, whole = octets.window(offset, length)
        try:
            begun = _TABLE.match(buffer, position)
            return (
                stream_section(octets, offset) if begun is None else _table(buffer, begun.end(), whole=whole)
            )
        except Short:
            length = _longer(length)


def _longer(length: int) -> int:
    if length >= MAX_OBJECTS * ENTRY:
        raise NotPlain(Reason.LIMIT, "a cross-reference table is too long")
    return length * 8


def _table(buffer: bytes, position: int, *, whole: bool) -> Section:
    """Read a table behind its word ``xref``."""
    runs = []
    while (header := _SUBSECTION.match(buffer, position)) is not None:
        first, count = int(header.group(1)), int(header.group(2))
        position = header.end() + count * ENTRY
        if first + count > MAX_OBJECTS + 1:
            raise NotPlain(Reason.LIMIT, "object numbers")
        lines = buffer[header.end() : position]
        if len(lines) < count * ENTRY and not whole:
            raise Short
        if len(lines) < count * ENTRY or not _well_formed(lines, count):
            raise NotPlain(Reason.CROSS_REFERENCE, f"entries of {first}")
        runs.append(Run(first, count, lines))
    begun = _TRAILER.match(buffer, position)
    if begun is None:
        if whole:
            raise NotPlain(Reason.CROSS_REFERENCE, "no trailer")
        raise Short
    trailer = Reader(buffer, whole=whole).value(begun.end())
    if not isinstance(trailer, Dictionary):
        raise NotPlain(Reason.CROSS_REFERENCE, "the trailer is no dictionary")
    return Section(trailer, runs, None)


def _well_formed(lines: bytes, count: int) -> bool:
    """Tell whether these are the lines of a table; nearly always all end as the first does."""
    bare = lines.translate(_ALIKE)
    if lines[18:20] in _ENDS and bare == (_BARE + lines[18:20]) * count:
        return True
    return _LINES.fullmatch(lines) is not None


def stream_section(octets: Octets, offset: int) -> Section:
    """Read the cross-reference stream at an offset (ISO 32000-2 §7.5.8)."""
    _, entries, data = read_object(octets, offset)
    if not isinstance(entries, Dictionary) or data is None or entries.get("/Type") != "/XRef":
        raise NotPlain(Reason.CROSS_REFERENCE, "neither table nor stream")
    length = entries.get("/Length")
    if type(length) is not int or length < 0:
        raise NotPlain(Reason.CROSS_REFERENCE, "/Length")  # it cannot be a reference before the table is read
    rows = unpack(entries, stream_data(octets, data, length))
    widths = entries.get("/W")
    if not usual_widths(widths):
        raise NotPlain(Reason.CROSS_REFERENCE, "/W")
    runs = _runs(entries, rows, sum(widths))
    return Section(entries, runs, (widths[0], widths[1], widths[2]))


def usual_widths(widths: object) -> bool:
    """Tell whether all readers follow fields of these widths: some repair the file instead where the first is wider."""
    if not isinstance(widths, list) or len(widths) != len(MAX_WIDTHS):
        return False
    return all(type(one) is int and 0 <= one <= most for one, most in zip(widths, MAX_WIDTHS, strict=True))


def _runs(entries: Dictionary, rows: bytes, width: int) -> list[Run]:
    index = entries.get("/Index", [0, entries.get("/Size")])
    if (
        not isinstance(index, list)
        or len(index) % 2
        or not all(type(i) is int and 0 <= i <= MAX_OBJECTS for i in index)
    ):
        raise NotPlain(Reason.CROSS_REFERENCE, "/Index")
    runs, position = [], 0
    for first, count in zip(index[::2], index[1::2], strict=True):
        lines = rows[position : position + count * width]
        position += count * width
        if len(lines) != count * width:
            raise NotPlain(Reason.CROSS_REFERENCE, "a stream is shorter than it says")
        runs.append(Run(first, count, lines))
    if position != len(rows):
        raise NotPlain(Reason.CROSS_REFERENCE, "a stream is longer than it says")
    return runs


def read_object(octets: Octets, offset: int) -> tuple[Ref, object, int | None]:
    """Read the object at ``offset``: its number, its value, and for a stream where its data begin."""
    length = WINDOW
    while True:
        buffer, position, whole = octets.window(offset, length)
        reader = Reader(buffer, whole=whole)
        try:
            number, generation = reader.header(position)
            value = reader.value(reader.end)
            data = reader.close()
        except Short:
            if length >= MAX_OBJECT_OCTETS:
                raise NotPlain(Reason.LIMIT, "an object is too long") from None
            length *= 8
            continue
        return Ref(number, generation), value, None if data is None else data - position + offset


def stream_data(octets: Octets, start: int, length: int) -> bytes:
    """Return a stream's octets, which end where ``endstream`` stands (§7.3.8)."""
    read = octets.read(start, length + 16)
    if not read[length:].lstrip(b"\r\n").startswith(b"endstream"):
        raise NotPlain(Reason.SYNTAX, f"a stream does not end at its length, from {start}")
    return read[:length]
