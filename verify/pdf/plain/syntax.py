"""PDF objects (ISO 32000-2 §7.3) with the place of each entry, so that an object is changed by exchanging octets.

What is not exchanged stays as its author wrote it, octet for octet. The reader is strict: anything that two readers might
take differently (a key twice, a number of two signs) raises :class:`NotPlain`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.tokens import (
    BRACKET,
    CLOSED,
    END,
    ENTRY,
    ESCAPED,
    ESCAPED_STRING,
    GAPS,
    GENERATION,
    HASH,
    HEADER,
    HEX,
    INTEGER,
    KEY,
    NAME,
    NUMBER,
    PLAIN_ESCAPES,
    PLAIN_STRING,
    REAL,
    REFERENCE,
    REFERENCES,
    STRING,
    STRING_PART,
    TO_GENERATION,
    TO_INTEGER,
    TO_NAME,
    TO_NUMBER,
    TO_SIMPLE,
    TOKEN,
    WORD,
    WORDS,
)

MAX_DEPTH: Final = 32
"""Nesting of direct objects in what is read here: catalogues, pages, forms; six are common."""
MAX_ITEMS: Final = 100_000
"""Items of one array or dictionary: the kids of a flat page tree."""

Value = Any
"""``None | bool | int | float | Name | bytes | Ref | Array | Dictionary``."""

MAX_SPELLED: Final = 127
"""Octets of a name as it is written (ISO 32000-1 annex C); PDFium keeps 255, and takes a longer one for another name."""
NAMES_KEPT: Final = 4096
"""Names remembered decoded: documents of all makers share a few hundred."""
VALUES_KEPT: Final = 1024
"""Short lists and dictionaries remembered by their octets: the pages of a document say the same over and over."""
SHORT_VALUE: Final = 256
"""Octets of a value that is worth remembering: boxes, filters, resources of a page."""


class Short(Exception):
    """The buffer ends before the object does; more is to be read."""


class Ref(NamedTuple):
    """An indirect reference: object number and generation."""

    number: int
    generation: int = 0

    def __str__(self) -> str:
        return f"{self.number} {self.generation} obj"

    @property
    def pdf(self) -> bytes:
        """As it is written."""
        return b"%d %d R" % self


_tuple: Final = tuple.__new__
"""Makes a :class:`Ref` without the step in between that named tuples have."""


class Name(str):
    """A name with its slash, decoded (``#20`` is a blank), one character to the octet."""

    __slots__ = ()


Deferred: Final = re.Match
"""The match of an entry whose value's syntax was checked and which is read when it is asked for; no value is one."""


class Dictionary(dict[str, Value]):
    """A dictionary with the octets that it was read from; entries that were null are kept as ``None``."""

    __slots__ = ("end", "found", "source", "start")

    def __init__(self, source: bytes, start: int) -> None:
        self.source = source
        self.start = self.end = start
        self.found: dict[str, re.Match[bytes] | tuple[int, int, int]] = {}
        """Each entry as it was found, or where it stands."""

    def __getitem__(self, key: str) -> Value:
        value = dict.__getitem__(self, key)
        if type(value) is Deferred:
            value = self[key] = _put_off(value[TO_SIMPLE])
        return value

    def get(self, key: str, default: Value = None) -> Value:
        """Return a value, reading it now if that was put off."""
        value = dict.get(self, key, default)
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

    def span(self, key: str) -> tuple[int, int, int]:
        """Return where an entry stands: where its key begins, where its value does, white space included, and its end."""
        found = self.found[key]
        if isinstance(found, tuple):
            return found
        begun, named = found.span(KEY)
        return begun - 1, named, found.end()

    def raw_value(self, key: str) -> bytes:
        """Return the octets of one value."""
        _, start, end = self.span(key)
        return self.source[start:end].strip(b"\x00\t\n\x0c\r ")

    def changed(self, entries: dict[str, bytes]) -> bytes:
        """Return the octets with these values exchanged or, behind the others, added; an empty value takes an entry out."""
        out, position = bytearray(), self.start
        replaced = sorted([(self.span(key), key) for key in entries if key in self.found])
        for (key_start, value_start, value_end), key in replaced:
            if entries[key]:
                out += self.source[position:value_start] + b" " + entries[key]
            else:
                out += self.source[position:key_start]
            position = value_end
        out += self.source[position : self.end - 2]
        for key, raw in entries.items():
            if key not in self.found and raw:
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


_BEFORE: Final = re.compile(rb"[\r\n]{1,2}")
"""Some tables name the end of the line before an object; every reader passes over it."""


class Reader:
    """Reads values from one buffer; ``whole`` tells that the buffer goes to the end of the document."""

    __slots__ = ("_whole", "buffer", "end")

    def __init__(self, buffer: bytes, *, whole: bool = True) -> None:
        self.buffer = buffer
        self._whole = whole
        self.end = 0
        """Behind what was read last."""

    def header(self, position: int, *, blanks: bool = False) -> tuple[int, int]:
        """Read ``NUMBER GENERATION obj``, which begins exactly at ``position``, or behind a line end there if ``blanks`` are let pass."""
        begun = _BEFORE.match(self.buffer, position) if blanks else None
        found = HEADER.match(self.buffer, position if begun is None else begun.end())
        if found is None:
            raise self._wrong("no object header", position)
        self.end = found.end()
        return int(found[1]), int(found[2])

    def close(self) -> int | None:
        """Read ``endobj``: ``None``; or ``stream``: where its data begin."""
        found = END.match(self.buffer, self.end)
        if found is None:
            raise self._wrong("neither endobj nor stream", self.end)
        if not self._whole and found.end() + 1 >= len(self.buffer):
            raise Short
        self.end = found.end()
        return None if found.group(1) else self.end

    def value(self, position: int, depth: int = 0) -> Value:
        """Read one value from ``position`` on."""
        if not depth and self.buffer[position : position + 2] == b"<<":
            self.end = position + 2
            return self._dictionary(position, depth)
        found = TOKEN.match(self.buffer, position)
        if found is None or depth > MAX_DEPTH:
            raise self._wrong("no value", position)
        self.end = found.end()
        if not self._whole and self.end >= len(self.buffer):
            raise Short
        return self._valued(found, depth)

    def _valued(self, found: re.Match[bytes], depth: int) -> Value:
        kind = found.lastindex
        if kind == NAME:
            return _name(found.group(NAME))
        if kind == GENERATION:
            return Ref(int(found.group(NUMBER)), int(found.group(GENERATION)))
        if kind == INTEGER:
            return int(found.group(INTEGER))
        if kind == BRACKET:
            return self._bracketed(found.group(BRACKET), found.start(BRACKET), depth)
        return self._rarer(found)

    def _rarer(self, found: re.Match[bytes]) -> Value:
        kind = found.lastindex
        if kind == REAL:
            return float(found.group(REAL))
        if kind == HEX:
            digits = GAPS.sub(b"", found.group(HEX)).decode("ascii")
            return bytes.fromhex(digits + "0" * (len(digits) % 2))
        if kind == STRING:
            return self._string(found.end())
        return WORDS[found.group(WORD)]

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
        match, buffer, every, position = ENTRY.match, self.buffer, made.found, self.end
        while True:
            found = match(buffer, position)
            if found is None:
                self.end = position
                if self._ended(made, depth):
                    return made
                position = self.end
                continue
            kind = found.lastindex
            position = found.end()
            if kind == CLOSED:
                self.end = made.end = position
                return made
            key = _name(found[KEY])
            if key in every or len(every) > MAX_ITEMS:
                raise self._wrong("a key twice, or too many", start)
            every[key] = found
            if kind == TO_SIMPLE:
                made[key] = found
            elif kind == TO_GENERATION:
                made[key] = _tuple(Ref, (int(found[TO_NUMBER]), int(found[TO_GENERATION])))
            else:
                made[key] = _name(found[TO_NAME]) if kind == TO_NAME else int(found[TO_INTEGER])

    def _ended(self, made: Dictionary, depth: int) -> bool:
        """Read one entry of any kind token by token, or the end of the dictionary: true."""
        found = TOKEN.match(self.buffer, self.end)
        if found is None or found.lastindex != NAME:
            if found is not None and found.group(BRACKET) == b">>":
                self.end = made.end = found.end()
                return True
            raise self._wrong("a dictionary does not end, or a key is no name", made.start)
        key, value_start = _name(found.group(NAME)), found.end()
        valued = TOKEN.match(self.buffer, value_start)
        if valued is None or key in made or len(made) > MAX_ITEMS:
            raise self._wrong("a key without a value, or twice", made.start)
        self.end = valued.end()
        made[key] = self._valued(valued, depth + 1)
        made.found[key] = (found.start(NAME) - 1, value_start, self.end)
        return False

    def _array(self, start: int, depth: int) -> Array:
        made = Array(self.buffer, start)
        references = REFERENCES.match(self.buffer, start)
        if references is not None:
            self.end = made.end = references.end()
            each = REFERENCE.findall(self.buffer, start, self.end)
            if len(each) > MAX_ITEMS:
                raise NotPlain(Reason.LIMIT, "an array is too long")
            made += [Ref(int(number), int(generation)) for number, generation in each]
            return made
        while True:
            found = TOKEN.match(self.buffer, self.end)
            if found is None:
                raise self._wrong("an array does not end", start)
            if found.lastindex == BRACKET and found.group(BRACKET) == b"]":
                self.end = made.end = found.end()
                return made
            if len(made) > MAX_ITEMS:
                raise NotPlain(Reason.LIMIT, "an array is too long")
            self.end = found.end()
            made.append(self._valued(found, depth + 1))

    def _string(self, start: int) -> bytes:
        """Read a literal string behind its parenthesis (§7.3.4.2)."""
        plain = PLAIN_STRING.match(self.buffer, start)
        if plain is not None:
            self.end = plain.end()
            return self.buffer[start : self.end - 1]
        escaped = ESCAPED_STRING.match(self.buffer, start)
        if escaped is not None:
            self.end = escaped.end()
            return self._escaped(self.buffer[start : self.end - 1])
        position, level = start, 1
        while level:
            found = STRING_PART.match(self.buffer, position)
            if found is None:
                raise self._wrong("a string does not end", start)
            position, last = found.end(), found.group(1)
            level += (last == b"(") - (last == b")")
        self.end = position
        return self._escaped(self.buffer[start : position - 1])

    def _escaped(self, raw: bytes) -> bytes:
        """Undo the escapes of a string."""
        return ESCAPED.sub(_unescape, raw)

    def _wrong(self, what: str, position: int) -> Exception:
        return NotPlain(Reason.SYNTAX, f"{what} at {position}") if self._whole else Short()


def _put_off(raw: bytes) -> Value:
    """Read a value now that was put off; nobody changes a value that was read."""
    return _remembered(raw) if len(raw) <= SHORT_VALUE else Reader(raw).value(0)


@lru_cache(maxsize=VALUES_KEPT)
def _remembered(raw: bytes) -> Value:
    return Reader(raw).value(0)


@lru_cache(maxsize=NAMES_KEPT)
def _name(raw: bytes) -> Name:
    if b"#" in raw:
        if len(raw) > MAX_SPELLED:
            raise NotPlain(Reason.SYNTAX, "a name with escapes that some readers cut off")
        raw = HASH.sub(lambda found: bytes((int(found.group(1), 16),)), raw)
    return Name("/" + raw.decode("latin-1"))


def _unescape(found: re.Match[bytes]) -> bytes:
    octal, line, other = found.groups()
    if octal is not None:
        return bytes((int(octal, 8) & 0xFF,))
    if line is not None:
        return b""
    return b"\n" if other is None else PLAIN_ESCAPES.get(other, other)
