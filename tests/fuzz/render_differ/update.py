"""One appended revision, of parts that can each be written oddly: objects, a table or stream, a trailer, an end mark."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

START = re.compile(rb"startxref\s+(\d+)")


class Base:
    """A signed document, and what somebody needs to know of it who extends it."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data
        self._reader = PdfFileReader(BytesIO(data), strict=False)
        if self._reader.encrypted:
            self._reader.decrypt("")
        self.size = int(self._reader.trailer["/Size"])
        self.root = self._reader.root_ref.idnum
        self.previous = int(START.findall(data)[-1])
        self.pages = self._pages()
        self.numbers = sorted(
            {
                ref.idnum
                for i in range(self._reader.xrefs.total_revisions)
                for ref in self._reader.xrefs.explicit_refs_in_revision(i)
                if ref.generation == 0
            }
        )

    def _pages(self) -> list[int]:
        count = int(self._reader.root["/Pages"]["/Count"])
        return [self._reader.find_page_for_modification(index)[0].idnum for index in range(count)]

    def body(self, number: int) -> bytes:
        """Return the newest body of an object, as it is written where it stands by itself."""
        reference = generic.Reference(number, 0, self._reader)
        place = self._reader.xrefs[reference]
        if isinstance(place, int):
            start = self.data.index(b"obj", place) + 3
            return self.data[start : self.data.index(b"endobj", start)].strip()
        out = BytesIO()
        self._reader.get_object(reference).write_to_stream(out, None)
        return out.getvalue()

    def plain(self, number: int) -> bool:
        """Tell whether an object is a dictionary of its own, not a stream."""
        try:
            body = self.body(number)
        except Exception:  # noqa: BLE001 - what cannot be read is not plain
            return False
        return body.startswith(b"<<") and body.endswith(b">>")

    def form(self) -> tuple[int, bytes]:
        """Return the number and body of the object that holds the form."""
        body = self.body(self.root)
        found = re.search(rb"/AcroForm\s+(\d+) 0 R", body)
        number = self.root if found is None else int(found[1])
        return number, self.body(number)

    def fields(self) -> list[int]:
        """Return the objects that are terminal fields or widgets."""
        return [
            n for n in self.numbers if self.plain(n) and re.search(rb"/FT\s*/(?:Tx|Btn|Ch|Sig)", self.body(n))
        ]


@dataclass
class Update:
    """A revision to be written behind a document."""

    base: Base
    bodies: dict[int, bytes] = field(default_factory=dict)
    rows: dict[int, bytes] = field(default_factory=dict)
    """Lines of the table that are stated whatever the objects are."""
    packed: set[int] = field(default_factory=set)
    streamed: bool = False
    heads: dict[int, bytes] = field(default_factory=dict)
    glue: bytes = b"\n"
    after: bytes = b"\nendobj\n"
    sections: str = "each"
    eol: bytes = b" \n"
    entries: dict[bytes, bytes] = field(default_factory=dict)
    table: bytes = b"xref\n"
    widths: bytes = b"[1 4 2]"
    index: bytes = b""
    filters: bytes = b""
    mark: bytes = b"startxref\n%d\n%%%%EOF\n"
    tail: bytes = b""
    before_mark: bytes = b""

    def fresh(self) -> int:
        """Return an object number that nobody has used."""
        return max(self.base.size, max((*self.bodies, *self.rows), default=0) + 1)

    def write(self) -> bytes:
        """Write it out."""
        out = bytearray(self.base.data + self.glue)
        places: dict[int, tuple[int, int, int]] = {}
        inside = sorted(self.packed & self.bodies.keys()) if self.streamed else []
        for number, body in self.bodies.items():
            if number not in inside:
                places[number] = (1, len(out), 0)
                out += self.heads.get(number, b"%d 0 obj\n" % number) + body + self.after
        if inside:
            self._pack(out, inside, places)
        start = len(out)
        out += self._stream(places, start) if self.streamed else self._table(places)
        out += self.before_mark
        out += self.mark % start if b"%d" in self.mark else self.mark
        return bytes(out + self.tail)

    def _pack(self, out: bytearray, inside: list[int], places: dict[int, tuple[int, int, int]]) -> None:
        holder, text, heads = self.fresh(), b"", []
        for number in inside:
            heads.append(b"%d %d" % (number, len(text)))
            text += self.bodies[number] + b" "
        first = b" ".join(heads) + b" "
        data = zlib.compress(first + text)
        places[holder] = (1, len(out), 0)
        places.update({number: (2, holder, at) for at, number in enumerate(inside)})
        entries = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d" % (
            len(inside),
            len(first),
            len(data),
        )
        out += b"%d 0 obj\n<<%s>>stream\n%s\nendstream\nendobj\n" % (holder, entries, data)

    def _trailer(self, top: int) -> bytes:
        stated = {
            b"/Size": b"%d" % top,
            b"/Root": b"%d 0 R" % self.base.root,
            b"/Prev": b"%d" % self.base.previous,
        }
        return b"".join(key + b" " + value for key, value in (stated | self.entries).items() if value)

    def _table(self, places: dict[int, tuple[int, int, int]]) -> bytes:
        rows = {number: b"%010d 00000 n" % place for number, (_, place, _) in places.items()} | self.rows
        rows.setdefault(0, b"0000000000 65535 f")
        runs: list[list[int]] = []
        for number in sorted(rows):
            if runs and self.sections != "each" and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        out = self.table
        for run in runs:
            first = run[0] + (self.sections == "shifted" and run[0] == 0)
            out += b"%d %d\n" % (first, len(run)) + b"".join(rows[number] + self.eol for number in run)
        return out + b"trailer\n<<" + self._trailer(max(self.base.size, max(rows) + 1)) + b">>\n"

    def _stream(self, places: dict[int, tuple[int, int, int]], start: int) -> bytes:
        holder = max(self.fresh(), max(places, default=0) + 1)
        places = places | {holder: (1, start, 0)}
        for number, row in self.rows.items():
            kind = 0 if row.endswith(b"f") else 1
            places[number] = (kind, int(row[:10]), int(row[11:16]))
        rows = b"".join(
            bytes((kind,)) + (place & 0xFFFFFFFF).to_bytes(4, "big") + (which & 0xFFFF).to_bytes(2, "big")
            for _, (kind, place, which) in sorted(places.items())
        )
        data = zlib.compress(rows) if b"Flate" in self.filters else rows
        index = self.index or b" ".join(b"%d 1" % number for number in sorted(places))
        own = b"/Type/XRef/W%s/Index[%s]%s/Length %d" % (self.widths, index, self.filters, len(data))
        return b"%d 0 obj\n<<%s%s>>stream\n%s\nendstream\nendobj\n" % (
            holder,
            own,
            self._trailer(max(self.base.size, holder + 1)),
            data,
        )
