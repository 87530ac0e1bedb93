"""One incremental update: objects added or changed, and the cross-reference section behind them (ISO 32000-2 §7.5.6)."""

from __future__ import annotations

import secrets
from typing import Final, NamedTuple

from seals.ses.scope import byte_range_scope
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf
from verify.pdf.plain.syntax import Array, Dictionary, Ref

RANGE_ROOM: Final = 44
"""Octets kept for /ByteRange: four numbers of up to ten digits, brackets and blanks."""
CONTENTS: Final = b"/Contents <"
_OWN_TRAILER: Final = frozenset(
    (
        "/Size",
        "/Prev",
        "/ID",
        "/XRefStm",
        "/W",
        "/Index",
        "/Type",
        "/Filter",
        "/DecodeParms",
        "/Length",
        "/DL",
        "/F",
    )
)
"""Entries that belong to one section; all others are carried on (§7.5.6)."""


class Gap(NamedTuple):
    """Where the signature's value goes: octets ``start`` to ``end`` of the file, ``<`` and ``>`` included."""

    start: int
    end: int
    size: int
    """Octets of the whole file."""
    scope: str
    """/ByteRange as it stands in the file."""


class Update:
    """Collects the objects of one update; :meth:`compose` writes them behind the document's own octets."""

    def __init__(self, pdf: PlainPdf) -> None:
        self._pdf = pdf
        self._next = pdf.size
        self._bodies: dict[Ref, bytes] = {}
        self._entries: dict[Ref, dict[str, bytes] | bytes] = {}
        """Entries to be changed of an object, or the object as it is to be written."""
        self._items: dict[Ref, list[bytes]] = {}

    def reserve(self) -> Ref:
        """Take a number for an object that is written later."""
        self._next += 1
        return Ref(self._next - 1, 0)

    def put(self, ref: Ref, body: bytes) -> None:
        """Write a reserved object."""
        self._bodies[ref] = body

    def add(self, body: bytes) -> Ref:
        """Write a new object."""
        ref = Ref(self._next, 0)
        self._next += 1
        self._bodies[ref] = body
        return ref

    def add_stream(self, entries: bytes, data: bytes) -> Ref:
        """Write a new stream; ``entries`` stand beside its /Length."""
        return self.add(b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data))

    def set(self, ref: Ref, key: str, raw: bytes) -> None:
        """Change one entry of a dictionary that is an object of its own."""
        entries = self._entries.setdefault(ref, {})
        if isinstance(entries, bytes):
            raise NotPlain(Reason.SYNTAX, f"object {ref.number} is changed twice")
        entries[key] = raw

    def touches(self, ref: Ref) -> bool:
        """Tell whether entries of this object are to be changed already."""
        return ref in self._entries

    def replace(self, ref: Ref, body: bytes) -> None:
        """Change an object, no entry of which is changed otherwise, to ``body``."""
        self._entries[ref] = body

    def extend(self, ref: Ref, *items: bytes) -> None:
        """Add items to an array that is an object of its own."""
        self._items.setdefault(ref, []).extend(items)

    def compose(self, signature: Ref) -> tuple[bytearray, Gap]:
        """Write the update; ``signature`` is the dictionary whose /Contents is the gap."""
        self._change()
        size = self._pdf.octets.size
        out = bytearray() if self._pdf.octets.read(size - 1, 1) in b"\r\n" else bytearray(b"\n")
        places: dict[Ref, int] = {}
        for ref, body in self._bodies.items():
            places[ref] = size + len(out)
            out += b"%d %d obj\n%b\nendobj\n" % (*ref, body)
        start = size + len(out)
        out += self._section(places, start)
        out += b"startxref\n%d\n%%%%EOF\n" % start
        return out, self._gap(out, places[signature] - size, size)

    def _change(self) -> None:
        for ref, entries in self._entries.items():
            if isinstance(entries, bytes):
                self._bodies[ref] = entries
                continue
            found = self._pdf.value(ref)
            if not isinstance(found, Dictionary) or ref in self._bodies:
                raise NotPlain(Reason.SYNTAX, f"object {ref.number} is no dictionary")
            self._bodies[ref] = found.changed(entries)
        for ref, items in self._items.items():
            found = self._pdf.value(ref)
            if not isinstance(found, Array) or ref in self._bodies:
                raise NotPlain(Reason.SYNTAX, f"object {ref.number} is no array")
            self._bodies[ref] = found.extended(*items)

    def _section(self, places: dict[Ref, int], start: int) -> bytes:
        if not self._pdf.streamed:
            lines = [b"xref\n"]
            for run in _runs(places):
                lines.append(b"%d %d\n" % (run[0][0][0], len(run)))
                lines += [b"%010d %05d n \n" % (offset, ref[1]) for ref, offset in run]
            return b"%strailer\n<<%s>>\n" % (b"".join(lines), self._trailer(self._next))
        own = self.reserve()
        every = places | {own: start}
        index, rows = [], []
        for run in _runs(every):
            index.append(b"%d %d" % (run[0][0][0], len(run)))
            rows += [b"\x01" + offset.to_bytes(4) + ref[1].to_bytes(2) for ref, offset in run]
        data = b"".join(rows)
        return b"%d 0 obj\n<</Type /XRef /W [1 4 2] /Index [%s] %s/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
            own.number, b" ".join(index), self._trailer(self._next), len(data), data,
        )  # fmt: skip

    def _trailer(self, size: int) -> bytes:
        """Carry the trailer's entries on; the second half of /ID is this update's own (§14.4)."""
        before = self._pdf.trailer
        spans = [before.span(key) for key in before if key not in _OWN_TRAILER]
        carried = [before.source[start:end] + b"\n" for start, _, end in spans]
        fresh = b"<%s>" % secrets.token_hex(16).encode()
        known = self._pdf.entry(before, "/ID")
        first = fresh
        if known is not None:
            if not isinstance(known, Array) or len(known) != 2 or not isinstance(known[0], bytes):
                raise NotPlain(Reason.CROSS_REFERENCE, "/ID")
            first = b"<%s>" % known[0].hex().encode()
        return b"/Size %d\n%s/ID [%s %s]\n/Prev %d\n" % (
            size,
            b"".join(carried),
            first,
            fresh,
            self._pdf.start,
        )

    def _gap(self, out: bytearray, position: int, size: int) -> Gap:
        opening = out.index(CONTENTS, position) + len(CONTENTS) - 1
        closing = out.index(b">", opening) + 1
        start, end, whole = size + opening, size + closing, size + len(out)
        scope = byte_range_scope(0, start, end, whole - end)
        room = out.index(b"/ByteRange ", position) + len(b"/ByteRange ")
        out[room : room + RANGE_ROOM] = scope.encode().ljust(RANGE_ROOM)
        return Gap(start, end, whole, scope)


def _runs(places: dict[Ref, int]) -> list[list[tuple[Ref, int]]]:
    """Group objects and where they are by consecutive numbers."""
    runs: list[list[tuple[Ref, int]]] = []
    expected = -1
    for placed in sorted(places.items()):
        number = placed[0][0]
        if number != expected:
            runs.append([])
        runs[-1].append(placed)
        expected = number + 1
    return runs
