"""PDF objects (ISO 32000-2 §7.3) with the place of each entry, so that an object is changed by exchanging octets.

What is not exchanged stays as its author wrote it, octet for octet. The reader is strict: anything that two readers might
take differently (a key twice, a number of two signs) raises :class:`NotPlain`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from signing.incremental.errors import NotPlain, Reason

MAX_DEPTH: Final = 32
"""Nesting of direct objects in what is read here: catalogues, pages, forms; six are common."""
MAX_ITEMS: Final = 100_000
"""Items of one array or dictionary: the kids of a flat page tree."""

Value = Any
"""``None | bool | int | float | Name | bytes | Ref | Array | Dictionary``."""

NAMES_KEPT: Final = 4096
"""Names remembered decoded: documents of all makers share a few hundred."""

# Octets of a name that must be escaped, and are not, are what readers differ about most (§7.3.5).
# NUL is white space (§7.2.3), but readers in use trip over it: where it stands between tokens, the document is not plain.
_SPACE: Final = rb"[\t\n\x0c\r ]*(?:%[^\r\n]*[\r\n][\t\n\x0c\r ]*)*"
_EDGE: Final = rb"(?=[\x00\t\n\x0c\r ()<>\[\]{}/%]|\Z)"
_TOKEN: Final = re.compile(
    _SPACE + rb"(?:"
    rb"/((?:[!\"$&'*-.0-;=?-Z\\^-z|~]|#[0-9A-Fa-f]{2})*)"
    + _EDGE
    + rb"|([0-9]{1,10})[\t\n\x0c\r ]+([0-9]{1,5})[\t\n\x0c\r ]+R"
    + _EDGE
    + rb"|([+-]?[0-9]{1,18})"
    + _EDGE
    + rb"|([+-]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}))"
    + _EDGE
    + rb"|(<<|>>|\[|\])"
    rb"|<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>"
    rb"|(\()"
    rb"|(true|false|null)" + _EDGE + rb")"
)
_NAME, _NUMBER, _GENERATION, _INTEGER, _REAL, _BRACKET, _HEX, _STRING, _WORD = range(1, 10)
_PLAIN_STRING: Final = re.compile(rb"[^()\\\r]*\)")
_STRING_PART: Final = re.compile(rb"[^()\\]*(\\[\s\S]|[()])")
_ESCAPED: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|([\s\S]))|\r\n?")
_PLAIN_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_NAMED: Final = rb"/(?:[!\"$&'*-.0-;=?-Z\\^-z|~]|#[0-9A-Fa-f]{2})*+" + _EDGE
_ATOM: Final = (
    rb"(?:"
    + _NAMED
    + rb"|[0-9]{1,10}[\t\n\x0c\r ]++[0-9]{1,5}[\t\n\x0c\r ]++R"
    + _EDGE
    + rb"|[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})"
    + _EDGE
    + rb"|(?:true|false|null)"
    + _EDGE
    + rb")"
)
_BLANK: Final = rb"[\t\n\x0c\r ]*+"
_LIST: Final = rb"\[(?:" + _BLANK + _ATOM + rb")*+" + _BLANK + rb"\]"
_FLAT: Final = (
    rb"<<(?:" + _BLANK + _NAMED + _BLANK + rb"(?:" + _ATOM + rb"|" + _LIST + rb"))*+" + _BLANK + rb">>"
)
_SIMPLE: Final = re.compile(
    _LIST
    + rb"|<<(?:"
    + _BLANK
    + _NAMED
    + _BLANK
    + rb"(?:"
    + _ATOM
    + rb"|"
    + _LIST
    + rb"|"
    + _FLAT
    + rb"))*+"
    + _BLANK
    + rb">>"
)
"""A list or dictionary of two levels without strings: checked in one step, and read only if somebody asks for it."""
_WORDS: Final = {b"true": True, b"false": False, b"null": None}
_HASH: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_GAPS: Final = re.compile(rb"[\x00\t\n\x0c\r ]+")
_HEADER: Final = re.compile(rb"([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+obj" + _EDGE)
_END: Final = re.compile(_SPACE + rb"(?:(endobj)" + _EDGE + rb"|stream(\r\n|\n))")


class Short(Exception):
    """The buffer ends before the object does; more is to be read."""


class Ref(NamedTuple):
    """An indirect reference."""

    number: int
    generation: int

    @property
    def pdf(self) -> bytes:
        """As it is written."""
        return b"%d %d R" % self


class Name(str):
    """A name with its slash, decoded (``#20`` is a blank), one character to the octet."""

    __slots__ = ()


class Deferred(NamedTuple):
    """A value whose syntax was checked and which is read when it is asked for."""

    start: int


class Dictionary(dict[str, Value]):
    """A dictionary with the octets that it was read from; entries that were null are kept as ``None``."""

    __slots__ = ("end", "source", "spans", "start")

    def __init__(self, source: bytes, start: int) -> None:
        super().__init__()
        self.source, self.start, self.end = source, start, start
        self.spans: dict[str, tuple[int, int, int]] = {}

    def __getitem__(self, key: str) -> Value:
        value = super().__getitem__(key)
        if type(value) is Deferred:
            value = self[key] = Reader(self.source).value(value.start)
        return value

    def get(self, key: str, default: Value = None) -> Value:
        """Return a value, reading it now if that was put off."""
        value = super().get(key, default)
        return self[key] if type(value) is Deferred else value

    def items(self) -> Any:
        """Return keys and values, all of them read."""
        return [(key, self[key]) for key in self]

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == other

    __hash__ = None

    @property
    def raw(self) -> bytes:
        """The octets, brackets included."""
        return self.source[self.start : self.end]

    def raw_value(self, key: str) -> bytes:
        """Return the octets of one value."""
        _, start, end = self.spans[key]
        return self.source[start:end].strip(b"\x00\t\n\x0c\r ")

    def changed(self, entries: dict[str, bytes]) -> bytes:
        """Return the octets with these values exchanged or, behind the others, added; an empty value takes an entry out."""
        out, position = bytearray(), self.start
        replaced = sorted((self.spans[key], key) for key in entries if key in self.spans)
        for (key_start, value_start, value_end), key in replaced:
            if entries[key]:
                out += self.source[position:value_start] + b" " + entries[key]
            else:
                out += self.source[position:key_start]
            position = value_end
        out += self.source[position : self.end - 2]
        for key, raw in entries.items():
            if key not in self.spans and raw:
                out += b"\n" + key.encode("latin-1") + b" " + raw
        return bytes(out + b"\n>>")


class Array(list[Value]):
    """An array with the octets that it was read from."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: bytes, start: int) -> None:
        super().__init__()
        self.source, self.start, self.end = source, start, start

    @property
    def raw(self) -> bytes:
        """The octets, brackets included."""
        return self.source[self.start : self.end]

    @property
    def inside(self) -> bytes:
        """The octets between the brackets."""
        return self.source[self.start + 1 : self.end - 1]

    def extended(self, *items: bytes) -> bytes:
        """Return the octets with items added at the end."""
        return self.source[self.start : self.end - 1] + b"\n" + b" ".join(items) + b"]"


class Reader:
    """Reads values from one buffer; ``whole`` tells that the buffer goes to the end of the document."""

    def __init__(self, buffer: bytes, *, whole: bool = True) -> None:
        self.buffer = buffer
        self._whole = whole
        self.end = 0
        """Behind what was read last."""

    def header(self, position: int) -> tuple[int, int]:
        """Read ``NUMBER GENERATION obj``, which begins exactly at ``position``."""
        found = _HEADER.match(self.buffer, position)
        if found is None:
            raise self._wrong("no object header", position)
        self.end = found.end()
        return int(found.group(1)), int(found.group(2))

    def close(self) -> int | None:
        """Read ``endobj``: ``None``; or ``stream``: where its data begin."""
        found = _END.match(self.buffer, self.end)
        if found is None:
            raise self._wrong("neither endobj nor stream", self.end)
        if not self._whole and found.end() + 1 >= len(self.buffer):
            raise Short
        self.end = found.end()
        return None if found.group(1) else self.end

    def value(self, position: int, depth: int = 0) -> Value:
        """Read one value from ``position`` on."""
        found = _TOKEN.match(self.buffer, position)
        if found is None or depth > MAX_DEPTH:
            raise self._wrong("no value", position)
        self.end = found.end()
        if not self._whole and self.end >= len(self.buffer):
            raise Short
        return self._valued(found, depth)

    def _valued(self, found: re.Match[bytes], depth: int) -> Value:
        kind = found.lastindex
        if kind == _NAME:
            return _name(found.group(_NAME))
        if kind == _GENERATION:
            return Ref(int(found.group(_NUMBER)), int(found.group(_GENERATION)))
        if kind == _INTEGER:
            return int(found.group(_INTEGER))
        if kind == _BRACKET:
            return self._bracketed(found.group(_BRACKET), found.start(_BRACKET), depth)
        return self._rarer(found)

    def _rarer(self, found: re.Match[bytes]) -> Value:
        kind = found.lastindex
        if kind == _REAL:
            return float(found.group(_REAL))
        if kind == _HEX:
            digits = _GAPS.sub(b"", found.group(_HEX)).decode("ascii")
            return bytes.fromhex(digits + "0" * (len(digits) % 2))
        if kind == _STRING:
            return self._string(found.end())
        return _WORDS[found.group(_WORD)]

    def _bracketed(self, bracket: bytes, start: int, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise self._wrong("nested too deeply", start)
        if bracket == b"<<":
            return self._dictionary(start, depth)
        if bracket == b"[":
            return self._array(start, depth)
        raise self._wrong("a bracket closes nothing", start)

    def _dictionary(self, start: int, depth: int) -> Dictionary:
        made = Dictionary(self.buffer, start)
        match, buffer = _TOKEN.match, self.buffer
        while True:
            found = match(buffer, self.end)
            if found is None or found.lastindex != _NAME:
                if found is not None and found.group(_BRACKET) == b">>":
                    self.end = made.end = found.end()
                    return made
                raise self._wrong("a dictionary does not end, or a key is no name", start)
            key, value_start = _name(found.group(_NAME)), found.end()
            valued = match(buffer, value_start)
            if valued is None or key in made or len(made) > MAX_ITEMS:
                raise self._wrong("a key without a value, or twice", start)
            self.end = valued.end()
            simple = _SIMPLE.match(buffer, valued.start(_BRACKET)) if valued.lastindex == _BRACKET else None
            if simple is None:
                made[key] = self._valued(valued, depth + 1)
            else:
                made[key], self.end = Deferred(simple.start()), simple.end()
            made.spans[key] = (found.start(_NAME) - 1, value_start, self.end)

    def _array(self, start: int, depth: int) -> Array:
        made = Array(self.buffer, start)
        while True:
            found = _TOKEN.match(self.buffer, self.end)
            if found is None:
                raise self._wrong("an array does not end", start)
            if found.lastindex == _BRACKET and found.group(_BRACKET) == b"]":
                self.end = made.end = found.end()
                return made
            if len(made) > MAX_ITEMS:
                raise NotPlain(Reason.LIMIT, "an array is too long")
            self.end = found.end()
            made.append(self._valued(found, depth + 1))

    def _string(self, start: int) -> bytes:
        """Read a literal string behind its parenthesis (§7.3.4.2)."""
        plain = _PLAIN_STRING.match(self.buffer, start)
        if plain is not None:
            self.end = plain.end()
            return self.buffer[start : self.end - 1]
        position, level = start, 1
        while level:
            found = _STRING_PART.match(self.buffer, position)
            if found is None:
                raise self._wrong("a string does not end", start)
            position, last = found.end(), found.group(1)
            level += (last == b"(") - (last == b")")
        self.end = position
        return _ESCAPED.sub(_unescape, self.buffer[start : position - 1])

    def _wrong(self, what: str, position: int) -> Exception:
        return NotPlain(Reason.SYNTAX, f"{what} at {position}") if self._whole else Short()


@lru_cache(maxsize=NAMES_KEPT)
def _name(raw: bytes) -> Name:
    if b"#" in raw:
        raw = _HASH.sub(lambda found: bytes((int(found.group(1), 16),)), raw)
    return Name("/" + raw.decode("latin-1"))


def _unescape(found: re.Match[bytes]) -> bytes:
    octal, line, other = found.groups()
    if octal is not None:
        return bytes((int(octal, 8) & 0xFF,))
    if line is not None:
        return b""
    return b"\n" if other is None else _PLAIN_ESCAPES.get(other, other)
