"""Plain documents as :class:`verify.pdf.source.Source` has them: read by ourselves, in a tenth of the time of a general reader.

Whatever is unusual raises :class:`NotPlain`, at once or when it is met, and is kept in ``refused``: the judge then throws
away what it found and judges the document anew by pyHanko's reader, so that the verdict is the same and only later. Whoever
asks ``refused`` learns of it even where the exception was taken for damage on its way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any, Final, TypeVar, cast

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.pdf.pdf_values import Ref, Stream, Value
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.filters import unpack
from verify.pdf.plain.octets import InMemory
from verify.pdf.plain.packed import Inside, check_end, listed_in
from verify.pdf.plain.sections import defined_sections
from verify.pdf.plain.syntax import NAMES_KEPT, Array, Deferred, Dictionary, Name, Reader
from verify.pdf.source import ABOUT_ITSELF, Contained, Revision

MAX_UNPACKED_ALL: Final = 64 * 1024 * 1024
"""Octets unpacked of one document; pyHanko's limits lie higher, and decide beyond this."""
_OF_THE_STREAM: Final = ("/Length", "/Filter", "/DecodeParms", "/W", "/Type", "/Index", "/XRefStm")
"""Entries of a cross-reference stream that are about the stream alone (ISO 32000-2 table 17)."""
_ODD: Final = re.compile(
    rb"[\t\n\x0c\r ](?:[\t\n\x0c\r ][0-9]{1,5}+[\t\n\x0c\r ]++R|[0-9]{1,5}+[\t\n\x0c\r ]{2,}+R)"
)
"""References of more than twenty octets, which pyHanko does not take for any; each run of blanks is gone through once."""
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]{64,}")
_PLAIN_ALREADY: Final = frozenset({int, float, bool, bytes, type(None)})
"""Kinds of values that our reader and the judge have alike."""
LONG: Final = 4096
"""Octets of an object that holds a signature's value, most likely: nothing is to be looked for in thousands of digits."""
_REMARK: Final = re.compile(rb"[\r\n]%[^\r\n]*[\r\n]")
"""A line of its own that is a comment, as ReportLab writes one into its trailers; readers agree about it."""
_ESCAPE: Final = re.compile(rb"\\(?:[()\\nrtbf]|[0-3][0-7]{2})")
_ENDED: Final = re.compile(rb"[\r\n]{0,2}endstream[\x00\t\n\x0c\r ]*endobj")
_CUT: Final = b"\nendobj\n"

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _noted(method: _Method) -> _Method:
    """Keep why a document was refused; what no check of ours foresaw is a refusal too."""

    @wraps(method)
    def noted(self: PlainSource, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except NotPlain as refused:
            self.refused = self.refused or refused
            raise
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as wrong:
            self.refused = self.refused or NotPlain(Reason.UNFORESEEN, type(wrong).__name__)
            raise self.refused from wrong

    return cast("_Method", noted)


class PlainSource:
    """The sections and objects of a plain document that is held in memory."""

    strict = True
    encrypted = False

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.refused: NotPlain | None = None
        self._sections = defined_sections(InMemory(data))
        self._newest_first = tuple(reversed(self._sections))
        self._last = len(self._sections) - 1
        self._trailers = [_trailer(section.trailer) for section in self._sections]
        self._containers: dict[int, tuple[bytes, list[Inside]]] = {}
        self._room = MAX_UNPACKED_ALL
        self.revisions = tuple(self._revision(index) for index in range(len(self._sections)))

    def _revision(self, index: int) -> Revision:
        section = self._sections[index]
        end = section.trailer.start
        if section.stream is not None:
            end = self.object_end(section.start, section.stream)
        else:
            octets = _REMARK.sub(b"\n", self.data[end : section.trailer.end])
            _check_octets(octets, 0, len(octets))
        return Revision(index, section.start, end, section.declared, section.stream)

    def trailer(self, revision: int) -> dict[str, Value]:
        """Return the entries of all trailers up to a revision, the newer before the older."""
        found = {k: v for trailer in self._trailers[: revision + 1] for k, v in trailer.items()}
        for key in _OF_THE_STREAM:
            found.pop(key, None)
        return found

    def stated(self, revision: int) -> frozenset[str]:
        """Return the keys that a revision's own trailer states."""
        return frozenset(self._trailers[revision])

    def place(self, ref: Ref, revision: int) -> int | Contained | None:
        """Return where an object stands at a revision; of the generations only 0 is plain."""
        number, generation = ref
        if generation:
            return None
        for section in self._newest_first[self._last - revision :]:
            offset = section.offsets.get(number)
            if offset is not None:
                return offset
            inside = section.contained.get(number)
            if inside is not None:
                return Contained(Ref(inside[0]), inside[1])
        return None

    def last_changed(self, ref: Ref) -> int:
        """Return the revision that last defined or freed an object (``KeyError``: none did)."""
        for index in range(self._last, -1, -1):
            section = self._sections[index]
            if ref.generation == 0 and section.defines(ref.number):
                return index
            if section.freed.get(ref.number) == ref.generation + 1:
                return index
        raise KeyError(ref)

    def introduced(self, ref: Ref) -> int:
        """Return the revision that first defined an object (``KeyError``: none did)."""
        for index, section in enumerate(self._sections):
            if ref.generation == 0 and section.defines(ref.number):
                return index
        raise KeyError(ref)

    def explicit(self, revision: int) -> set[Ref]:
        """Return every object that a revision defines or frees."""
        section = self._sections[revision]
        freed = {Ref(number, generation - 1) for number, generation in section.freed.items()}
        return {Ref(number) for table in (section.offsets, section.contained) for number in table} | freed

    def listed(self, revision: int) -> Iterable[tuple[Ref, int | Contained]]:
        """Yield each object that a revision defines, and where it stands then."""
        section = self._sections[revision]
        for number, offset in section.offsets.items():
            yield Ref(number), offset
        for number, (holder, at) in section.contained.items():
            yield Ref(number), Contained(Ref(holder), at)

    def places(self, revision: int) -> tuple[list[int], set[Ref]]:
        """Return the offsets of the objects that a revision defines, and the object streams that hold the others."""
        section = self._sections[revision]
        return list(section.offsets.values()), {Ref(holder) for holder, _ in section.contained.values()}

    def higher(self) -> dict[int, set[Ref]]:
        """Return nothing: plain documents have no generations."""
        return {}

    @_noted
    def read(self, ref: Ref, revision: int | None, *, spared: bool) -> Value:
        """Read a defined object at a revision, ``None`` for the newest."""
        del spared
        found = self.place(ref, self._last if revision is None else revision)
        if isinstance(found, Contained):
            unpacked, listed = self._container(found.container.number)
            if listed[found.at].number != ref.number:
                raise NotPlain(Reason.CROSS_REFERENCE, f"object {ref.number}")
            return _contained(unpacked, listed[found.at])
        if found is None:
            raise NotPlain(Reason.CROSS_REFERENCE, f"object {ref.number}")
        return self._object(found, ref)[0]

    @_noted
    def parse(self, octets: bytes) -> tuple[Ref, Value]:
        """Parse an object apart from the file."""
        reader = StrictReader(octets + _CUT)
        holder = Ref(*reader.header(0))
        value = reader.value(reader.end)
        if reader.close() is not None:
            raise NotPlain(Reason.SYNTAX, "a stream")
        _check_octets(reader.buffer, 0, reader.end)
        return holder, settled(value)

    def trailer_end(self, revision: Revision) -> int:
        """Return the offset behind the trailer dictionary of a table."""
        return self._sections[revision.index].trailer.end

    @_noted
    def object_end(self, offset: int, ref: Ref) -> int:
        """Return the offset behind ``endobj`` of the object at ``offset``."""
        value, end = self._object(offset, ref)
        if not isinstance(value, Stream) and self.data.find(b"endobj", offset, end) != end - len(b"endobj"):
            raise NotPlain(Reason.SYNTAX, "endobj inside a string")
        return end

    @_noted
    def check_contained(self, revision: int) -> None:
        """Parse every object in the object streams of a revision."""
        for container in self.places(revision)[1]:
            unpacked, listed = self._container(container.number)
            for inside in listed:
                _contained(unpacked, inside)

    def structure(self, revision: int) -> dict[str, Value]:
        """Return what the cross-reference stream of a revision says about itself."""
        if self.revisions[revision].stream is None:
            return {}
        return {key: item for key, item in self._trailers[revision].items() if key in ABOUT_ITSELF}

    @_noted
    def check_section(self, revision: Revision) -> None:
        """Leave a table that frees object 1 and lists the next to pyHanko's checks, which see in what runs it is written."""
        section = self._sections[revision.index]
        if revision.stream is None and 1 in section.freed and (section.defines(2) or 2 in section.freed):
            raise NotPlain(Reason.CROSS_REFERENCE, "a table that frees object 1")

    def _object(self, offset: int, ref: Ref) -> tuple[Value, int]:
        reader = StrictReader(self.data)
        if reader.header(offset, blanks=True) != ref:
            raise NotPlain(Reason.CROSS_REFERENCE, f"object {ref.number} is not where it is listed")
        value = reader.value(reader.end)
        begin = reader.close()
        _check_octets(self.data, offset, reader.end)
        if begin is None:
            return settled(value), reader.end
        if not isinstance(value, Dictionary):
            raise NotPlain(Reason.SYNTAX, "a stream without a dictionary")
        end = begin + self._length(value)
        closed = _ENDED.match(self.data, end)
        if closed is None:
            raise NotPlain(Reason.SYNTAX, f"a stream does not end at its length, from {begin}")
        return Stream(settled(value), Unpacking(self, value, (begin, end))), closed.end()

    def _length(self, entries: Dictionary) -> int:
        """Read a stream's length, which pyHanko looks up as it is now, also in an older revision."""
        length = entries.get("/Length")
        if type(length) is Ref:
            length = self.read(length, None, spared=False)
        if type(length) is not int or not 0 <= length <= len(self.data):
            raise NotPlain(Reason.SYNTAX, "/Length")
        return length

    def _container(self, number: int) -> tuple[bytes, list[Inside]]:
        """Unpack an object stream, which only one section defines: its octets, and each object in it."""
        if number not in self._containers:
            offsets = [s.offsets[number] for s in self._sections if number in s.offsets]
            if len(offsets) != 1 or any(number in section.contained for section in self._sections):
                raise NotPlain(Reason.CROSS_REFERENCE, f"object stream {number}")
            holder, _ = self._object(offsets[0], Ref(number))
            if not isinstance(holder, Stream) or holder.dictionary.get("/Type") != "/ObjStm":
                raise NotPlain(Reason.CROSS_REFERENCE, f"object stream {number}")
            unpacked = holder.decode(DecodePurpose.OBJECT_STREAM)
            listed = listed_in(unpacked, holder.dictionary.get("/N"), holder.dictionary.get("/First"))
            if len({one.number for one in listed}) != len(listed):
                raise NotPlain(Reason.CROSS_REFERENCE, f"object stream {number} holds an object twice")
            self._containers[number] = (unpacked, listed)
        return self._containers[number]

    @_noted
    def unpacked(self, entries: Dictionary, encoded: bytes) -> bytes:
        """Undo the filter of a stream, or refuse it."""
        if entries.get("/Filter") not in (None, "/FlateDecode", ["/FlateDecode"]):
            raise NotPlain(Reason.FILTER)
        made = unpack(entries, encoded)
        self._room -= len(made)
        if self._room < 0:
            raise NotPlain(Reason.LIMIT, "streams unpack to too much")
        return made


class Unpacking:
    """A stream of a plain document that can be unpacked."""

    __slots__ = ("_entries", "_source", "_span")

    def __init__(self, source: PlainSource, entries: Dictionary, span: tuple[int, int]) -> None:
        self._source, self._entries, self._span = source, entries, span

    @property
    def encoded_data(self) -> bytes:
        """The octets as they stand in the file."""
        return bytes(self._source.data[slice(*self._span)])

    def read_data(self, purpose: DecodePurpose = DecodePurpose.GENERIC) -> bytes:
        """Unpack; :class:`NotPlain` for any filter but /FlateDecode."""
        del purpose
        return self._source.unpacked(self._entries, self.encoded_data)


class StrictReader(Reader):
    """The reader of plain syntax, without the strings that readers read differently."""

    def _escaped(self, raw: bytes) -> bytes:
        if b"\r" in raw or b"\\" in _ESCAPE.sub(b"", raw):
            raise NotPlain(Reason.SYNTAX, "a string with rare escapes")
        return super()._escaped(raw)


def _check_octets(octets: bytes, start: int, end: int) -> None:
    commented = octets.find(b"%", start, end) >= 0
    if not commented and end - start > LONG:
        octets = _DIGITS.sub(b"0", octets[start:end])
        start, end = 0, len(octets)
    if commented or _ODD.search(octets, start, end) is not None:
        raise NotPlain(Reason.SYNTAX, "a comment, or a reference with blanks")


def _contained(unpacked: bytes, inside: Inside) -> Value:
    """Read an object of an object stream: no reference, and no stream (§7.5.7)."""
    reader = StrictReader(unpacked)
    value = reader.value(inside.begin)
    if type(value) is Ref:
        raise NotPlain(Reason.SYNTAX, "an object that is a reference")
    check_end(unpacked, reader.end, inside)
    _check_octets(unpacked, inside.begin, reader.end)
    return settled(value)


def _trailer(entries: Dictionary) -> dict[str, Value]:
    found = settled(entries)
    if not isinstance(found.get("/Root", Ref(1)), Ref):
        raise NotPlain(Reason.CATALOGUE)
    return cast("dict[str, Value]", found)


def settled(value: Value) -> Value:
    """Turn what our reader put off reading into plain values, as the judge compares them; names are ASCII.

    Object 0 is always free (ISO 32000-2 §7.5.4): a reference to it is null, and some writers say so where an entry is empty.
    """
    kind = type(value)
    if kind is Dictionary:
        return _settled_entries(value)
    if kind is Array:
        return [item if type(item) in _PLAIN_ALREADY else settled(item) for item in value]
    if kind is Name:
        return _ascii(value)
    if kind is Ref and not value.number:
        return None
    return value


def _settled_entries(entries: Dictionary) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, held in dict.items(entries):
        item = entries[key] if type(held) is Deferred else held
        kind = type(item)
        if kind is Name:
            item = _ascii(item)
        elif kind not in _PLAIN_ALREADY:
            item = settled(item)
        found[_ascii(key)] = item
    return found


@lru_cache(maxsize=NAMES_KEPT)
def _ascii(name: str) -> str:
    if not name.isascii():
        raise NotPlain(Reason.SYNTAX, "a name that is not ASCII")
    return str(name)
