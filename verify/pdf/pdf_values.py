"""PDF objects as plain Python values, so that comparing two revisions is comparing two values.

Names are ``str`` with their slash, strings are ``bytes``, references are :class:`Ref`, streams :class:`Stream`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError

from verify.pdf.plain.syntax import Ref

__all__ = [
    "MAX_DEPTH",
    "Packed",
    "Ref",
    "Stream",
    "Value",
    "gained",
    "plain",
    "plain_name",
    "references",
    "same",
    "text",
]

_END: Final = object()
_LANGUAGE: Final = re.compile("\x1b[a-zA-Z]{2}(?:[a-zA-Z]{2})?\x1b")
"""A change of language inside a text string of Unicode (ISO 32000-2 §7.9.2.2.1): no part of the text."""
_PDF_DOC: Final = {
    octet: ord(character)
    for begin, characters in (
        (0x18, "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc"),
        (
            0x80,
            "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018",
        ),
        (0x90, "\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e"),
        (0xA0, "\u20ac"),
    )
    for octet, character in enumerate(characters, begin)
}
"""PDFDocEncoding where it is not ISO 8859-1 (ISO 32000-2 table D.2)."""
MAX_DEPTH: Final = 100
"""Nesting of direct objects; real files stay below 20, and Python's own stack ends near 1000."""

Value = Any
"""``None | bool | int | float | str | bytes | Ref | Stream | dict[str, Value] | list[Value]``."""


class Packed(Protocol):
    """What holds a stream's octets and can undo its filters, within the limits of its reader."""

    @property
    def encoded_data(self) -> bytes:
        """The octets as they stand in the file, or decrypted."""

    def read_data(self, purpose: DecodePurpose = ...) -> bytes:
        """Decode; raises what the reader raises."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """A stream: its dictionary, and the reader's object that holds and decodes its octets."""

    dictionary: dict[str, Value]
    source: Packed

    @property
    def encoded(self) -> bytes:
        """Its octets before any filter is undone, copied when asked for."""
        return bytes(self.source.encoded_data)

    def decode(self, purpose: DecodePurpose = DecodePurpose.GENERIC) -> bytes:
        """Decode through the filter chain within the document's limits; raises ``PdfReadError`` and its like."""
        return bytes(self.source.read_data(purpose))


def plain(thing: object, depth: int = 0) -> Value:
    """Turn a library object into a plain value; strings are decrypted, references stay references."""
    if depth > MAX_DEPTH:
        raise PdfReadError("direct objects are nested too deeply")
    if isinstance(thing, generic.DecryptedObjectProxy):
        thing = thing.raw_object if _empty(thing.raw_object) else thing.decrypted
    if isinstance(thing, generic.StreamObject):
        entries = {str(k): plain(v, depth + 1) for k, v in thing.items()}
        return Stream(entries, thing)
    if isinstance(thing, dict):
        return {str(k): plain(_value(thing, k, v), depth + 1) for k, v in thing.items()}
    if isinstance(thing, list):
        return [plain(list.__getitem__(thing, i), depth + 1) for i in range(len(thing))]
    return _scalar(thing)


def _empty(thing: object) -> bool:
    """Tell a stream of no octets: PDFBox leaves it so in an encrypted document, where a cipher would make sixteen of none."""
    return isinstance(thing, generic.StreamObject) and not thing.encoded_data


def _value(owner: dict[str, object], key: str, value: object) -> object:
    """Leave a signature's value as it stands: it is the one string that encryption spares (ISO 32000-2 §7.6.2)."""
    if key == "/Contents" and "/ByteRange" in owner and isinstance(value, generic.DecryptedObjectProxy):
        return value.raw_object
    return value


_SCALARS: Final[tuple[tuple[type, Any], ...]] = (
    (generic.IndirectObject, lambda thing: Ref(thing.idnum, thing.generation)),
    (generic.BooleanObject, lambda thing: bool(thing.value)),
    (generic.NumberObject, int),
    (generic.FloatObject, float),
    (generic.NameObject, str),
    (generic.TextStringObject, lambda thing: bytes(thing.original_bytes)),
    (generic.ByteStringObject, bytes),
)


def _scalar(thing: object) -> Value:
    for kind, convert in _SCALARS:
        if isinstance(thing, kind):
            return convert(thing)
    return None


def gained(before: list[Value], after: list[Value]) -> list[Value] | None:
    """Return what a list gained; ``None`` unless all that stood there stays, in its order, and nothing of it stands there twice."""
    kept = iter(before)
    awaited: Value = next(kept, _END)
    added = []
    for item in after:
        if awaited is not _END and same(awaited, item):
            awaited = next(kept, _END)
        else:
            added.append(item)
    again = any(same(item, other) for item in added for other in before)
    return None if awaited is not _END or again else added


def same(a: Value, b: Value) -> bool:
    """Tell whether two plain values are the same object: same types, same keys, same octets."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, Stream):
        return a.encoded == b.encoded and same(a.dictionary, b.dictionary)
    return bool(a == b)


def references(value: Value) -> Iterator[Ref]:
    """Yield every reference that stands in a value, at any depth."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Ref):
            yield item
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, Stream):
            pending.extend(item.dictionary.values())


def plain_name(name: str) -> bool:
    """Tell a name that every reader takes for the same: to poppler ``/AP#00`` is ``/AP``, for a name ends at such an octet."""
    return name.isascii() and name.isprintable()


def text(value: Value) -> str:
    """Read a PDF text string (ISO 32000-2 §7.9.2.2): UTF-16 or UTF-8 with their marks, else PDFDocEncoding."""
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else ""
    if value.startswith((b"\xfe\xff", b"\xff\xfe")):
        return _LANGUAGE.sub("", value.decode("utf-16", errors="replace"))
    if value.startswith(b"\xef\xbb\xbf"):
        return _LANGUAGE.sub("", value[3:].decode("utf-8", errors="replace"))
    return value.decode("latin-1").translate(_PDF_DOC)
