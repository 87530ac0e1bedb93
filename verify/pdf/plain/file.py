"""A document that can be extended octet by octet, opened after an explicit check; anything else is :class:`NotPlain`.

Checked before a line is written: the end mark, every cross-reference section, that each object listed begins where it is
listed, the catalogue, the form with all its fields. Refusals are left to the general reader, which says them in words:
what it refuses (encryption, XFA, certification, locks) is not plain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, Final

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.filters import unpack
from verify.pdf.plain.octets import InMemory, Octets, octets_of
from verify.pdf.plain.packed import Inside, check_end, listed_in
from verify.pdf.plain.syntax import Dictionary, Reader, Ref, Value
from verify.pdf.plain.usual import usual_stream
from verify.pdf.plain.xref import (
    FREE,
    MAX_OBJECTS,
    Place,
    Section,
    read_object,
    read_sections,
    stream_data,
)

MAX_CHAIN: Final = 4
"""References that refer to references, followed in a row; one is common, two are rare."""
_HEADER: Final = re.compile(rb"%PDF-([12])\.([0-9])")
_UNREAD: Final = object()
"""Stands for an object that was not asked for yet; ``None`` is a value."""
_OBJECT: Final = re.compile(rb"([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+obj")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary, and its octets as they are packed."""

    entries: Dictionary
    data: bytes

    def unpacked(self) -> bytes:
        """Undo its filter."""
        return unpack(self.entries, self.data)


class PlainPdf:
    """The objects of a document, read when asked for."""

    def __init__(self, octets: Octets) -> None:
        header = _HEADER.match(octets.read(0, 16))
        if header is None:
            raise NotPlain(Reason.HEADER)
        self.octets = octets
        self.sections, self.start = read_sections(octets)
        self.trailer = self.sections[0].trailer
        self._places: dict[int, Place] = {}
        self._offsets: dict[int, int] = {}
        """Where objects of generation 0 begin, as far as the table that lists them was looked at as a whole."""
        self._values: dict[Ref, Value] = {}
        self._containers: dict[int, tuple[bytes, list[Inside]]] = {}
        self.size = self._check_trailers()
        self._check_places()
        root = self.trailer.get("/Root")
        catalogue = self.value(root)
        if not isinstance(root, Ref) or not isinstance(catalogue, Dictionary) or "/Pages" not in catalogue:
            raise NotPlain(Reason.CATALOGUE)
        self.root, self.catalogue = root, catalogue
        self.version = self._version(header)

    @property
    def streamed(self) -> bool:
        """Tell whether the newest cross-reference section is a stream, as the next one must be then (§7.5.8.4)."""
        return self.sections[0].widths is not None

    def place(self, number: int) -> Place:
        """Look an object up: the newest section that speaks of it decides."""
        known = self._places.get(number)
        if known is None:
            offset = self._offsets.get(number)
            known = self._find(number) if offset is None else Place(offset, 0)
            self._places[number] = known
        return known

    def offset(self, number: int) -> int:
        """Return where an object of generation 0 begins if that is certain at once, else 0."""
        return self._offsets.get(number, 0)

    def value(self, value: Value) -> Value:
        """Follow references to a value; a missing object is ``None`` (§7.3.10)."""
        if type(value) is not Ref:
            return value
        for _ in range(MAX_CHAIN):
            value = self._load(value)
            if type(value) is not Ref:
                return value
        raise NotPlain(Reason.SYNTAX, "references refer to references")

    def entry(self, dictionary: Value, key: str) -> Value:
        """Follow ``dictionary[key]``; what is no dictionary has no entries."""
        return self.value(dictionary.get(key)) if isinstance(dictionary, Dictionary) else None

    def stream(self, ref: Ref) -> Stream | None:
        """Read an object that is a stream; ``None``: it is none."""
        found = self._load(ref)
        if not isinstance(found, Streamed) or not isinstance(found.entries, Dictionary):
            return None
        length = self.value(found.entries.get("/Length"))
        if type(length) is not int or length < 0:
            raise NotPlain(Reason.SYNTAX, "/Length")
        return Stream(found.entries, stream_data(self.octets, found.data, length))

    def unpacked(self, ref: Ref) -> bytes | None:
        """Read a stream and undo its filter; ``None``: the object is none. Usual ones are read in one step."""
        number, generation = ref
        offset = self._offsets.get(number, 0)
        if offset and not generation and isinstance(self.octets, InMemory):
            found = usual_stream(self.octets.data, offset)
            if found is not None:
                return found
        stream = self.stream(ref)
        return None if stream is None else stream.unpacked()

    def _find(self, number: int) -> Place:
        for section in self.sections:
            found = section.find(number)
            if found is not None and found != FREE:
                return found
            hidden = None if section.hidden is None else section.hidden.find(number)
            if hidden is not None:
                raise NotPlain(Reason.HYBRID, f"object {number}")
            if found is not None:
                return found
        return FREE

    def _load(self, ref: Ref) -> Value:
        known = self._values.get(ref, _UNREAD)
        if known is not _UNREAD:
            return known
        number, generation = ref
        offset = 0 if generation else self._offsets.get(number, 0)
        value = self._at(ref, offset) if offset else self._listed(ref)
        self._values[ref] = value
        return value

    def _listed(self, ref: Ref) -> Value:
        place = self.place(ref.number)
        if place.container:
            return self._contained(ref, place) if not ref.generation else None
        if not place.offset or place.generation != ref.generation:
            return None
        return self._at(ref, place.offset)

    def _at(self, ref: Ref, offset: int) -> Value:
        found, value, data = read_object(self.octets, offset)
        if found != ref:
            raise NotPlain(Reason.CROSS_REFERENCE, f"object {ref.number}")
        return value if data is None else Streamed(value, data)

    def _contained(self, ref: Ref, place: Place) -> Value:
        unpacked, listed = self._container(place.container)
        if place.at >= len(listed) or listed[place.at].number != ref.number:
            raise NotPlain(Reason.CROSS_REFERENCE, f"object {ref.number} in stream {place.container}")
        reader, inside = Reader(unpacked), listed[place.at]
        value = reader.value(inside.begin)
        check_end(unpacked, reader.end, inside)
        return value

    def _container(self, number: int) -> tuple[bytes, list[Inside]]:
        """Unpack an object stream (§7.5.7): its octets, and each object in it."""
        if number not in self._containers:
            stream = self.stream(Ref(number, 0))
            if stream is None or stream.entries.get("/Type") != "/ObjStm":
                raise NotPlain(Reason.CROSS_REFERENCE, f"object stream {number}")
            unpacked = stream.unpacked()
            count, first = self.entry(stream.entries, "/N"), self.entry(stream.entries, "/First")
            self._containers[number] = (unpacked, listed_in(unpacked, count, first))
        return self._containers[number]

    def _check_trailers(self) -> int:
        """Return the first free object number; every section keeps to the numbers that its trailer allows."""
        sizes = []
        for section in self.sections:
            if "/Encrypt" in section.trailer:
                raise NotPlain(Reason.ENCRYPTED)
            size = section.trailer.get("/Size")
            if type(size) is not int or not 0 < size <= MAX_OBJECTS or section.highest > size:
                raise NotPlain(Reason.CROSS_REFERENCE, "/Size")
            sizes.append(size)
            hidden = section.hidden
            if hidden is not None and (type(hidden.trailer.get("/Size")) is not int or hidden.highest > size):
                raise NotPlain(Reason.CROSS_REFERENCE, "/Size")
        return max(sizes)

    def _check_places(self) -> None:
        """Demand that each object in use begins where the newest entry for it says: readers then need to repair nothing."""
        seen: set[int] = set()
        hybrid = any(section.hidden for section in self.sections)
        for section in self.sections:
            if not hybrid and self._all_begin(section, seen):
                continue
            for number, place in section.numbers():
                if number not in seen:
                    seen.add(number)
                    if not hybrid:
                        self._places[number] = place
                    if place.offset and not self._begins(number, place):
                        raise NotPlain(Reason.CROSS_REFERENCE, f"object {number} is not where it is listed")

    def _all_begin(self, section: Section, seen: set[int]) -> bool:
        """Look at a table as a whole: true where all it lists begin where it says, as nearly always; else nothing is settled.

        Object 0 may be free; all others are in use at generation 0, written in the usual way and listed once.
        """
        octets = self.octets
        if not isinstance(octets, InMemory) or section.widths is not None:
            return False
        found: dict[int, int] = {}
        none: set[int] = set()
        total = 0
        for run in section.runs:
            words, first = run.lines.split(), run.first
            if not first and words[2:3] == [b"f"]:
                words, first, none = words[3:], 1, {0}
            count = len(words) // 3
            total += count
            if words[1::3].count(b"00000") != count or words[2::3].count(b"n") != count:
                return False
            found.update(zip(range(first, first + count), map(int, words[::3]), strict=True))
        if len(found) != total or 0 in found:
            return False
        if not seen.isdisjoint(found):
            found = {number: offset for number, offset in found.items() if number not in seen}
        headers = [b"%d 0 obj" % number for number in found]
        if not all(map(octets.data.startswith, headers, found.values())):
            return False
        seen.update(found, none)
        self._offsets.update(found)
        return True

    def _begins(self, number: int, place: Place) -> bool:
        octets = self.octets
        if isinstance(octets, InMemory) and octets.data.startswith(
            b"%d %d obj" % (number, place.generation), place.offset
        ):
            return True
        found = _OBJECT.match(octets.read(place.offset, 32))
        return found is not None and (int(found.group(1)), int(found.group(2))) == (number, place.generation)

    def _version(self, header: re.Match[bytes]) -> tuple[int, int]:
        stated = int(header.group(1)), int(header.group(2))
        if "/Version" not in self.catalogue:
            return stated
        later = _HEADER.fullmatch(f"%PDF-{str(self.entry(self.catalogue, '/Version') or '')[1:]}".encode())
        return stated if later is None else max(stated, (int(later.group(1)), int(later.group(2))))


class Streamed:
    """An object that is a stream, met as a value: only its dictionary is read."""

    __slots__ = ("data", "entries")

    def __init__(self, entries: Value, data: int) -> None:
        self.entries, self.data = entries, data


def open_plain(stream: IO[bytes]) -> PlainPdf:
    """Open a document after every check. :class:`NotPlain` names what is unusual; ``OSError``."""
    return PlainPdf(octets_of(stream))
