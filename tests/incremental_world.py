"""Documents written by hand for the incremental writer, and sealing with it in memory."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field

from signing.containers.envelope import CmsEnvelope
from signing.incremental import seal as incremental
from signing.incremental.output import PreparedPlain
from signing.incremental.stamp import append_time_stamp
from signing.mark import Evidence, SealMark, Work
from signing.placing.where import Placement, Where
from tests.interop.sealing_world import SMALL, mark, world


@dataclass
class Pdf:
    """A document under construction: bodies by object number from 1; the first is the catalogue."""

    bodies: list[bytes] = field(default_factory=list)

    def add(self, body: bytes) -> int:
        """Add an object; return its number."""
        self.bodies.append(body)
        return len(self.bodies)

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """Add a stream."""
        return self.add(b"<<%s /Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data))

    def table(self, trailer: bytes = b"") -> bytes:
        """Write with a cross-reference table."""
        out, places = self._written(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(self.bodies) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<< /Size %d /Root 1 0 R %s>>\n" % (len(self.bodies) + 1, trailer)
        return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)

    def streamed(self, predictor: int | None = None) -> bytes:
        """Write with a cross-reference stream, packed, by a PNG predictor if asked."""
        out, places = self._written(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        start, size = len(out), len(self.bodies) + 2
        rows = [b"\x00\x00\x00\xff"] + [b"\x01" + place.to_bytes(2) + b"\x00" for place in (*places, start)]
        parameters = b""
        if predictor is None:
            data = zlib.compress(b"".join(rows))
        else:
            parameters = b"/DecodeParms <</Predictor 12 /Columns 4>>"
            data = zlib.compress(_png(rows, predictor))
        out += b"%d 0 obj\n<</Type /XRef /W [1 2 1] /Size %d /Root 1 0 R /Filter /FlateDecode %s /Length %d>>\n" % (
            size - 1, size, parameters, len(data),
        )  # fmt: skip
        out += b"stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (data, start)
        return bytes(out)

    def _written(self, head: bytes) -> tuple[bytearray, list[int]]:
        out, places = bytearray(head), []
        for number, body in enumerate(self.bodies, start=1):
            places.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        return out, places


def _png(rows: list[bytes], kind: int) -> bytes:
    out, above = b"", bytes(len(rows[0]))
    for row in rows:
        left = b"\x00" + row[:-1]
        base = {0: bytes(len(row)), 1: left, 2: above}[kind]
        out += bytes((kind,)) + bytes((a - b) % 256 for a, b in zip(row, base, strict=True))
        above = row
    return out


def document(
    pages: int = 1,
    *,
    content: bytes = b"BT ET",
    page: bytes = b"/Resources <<>>",
    node: bytes = b"",
    catalogue: bytes = b"",
    more: tuple[bytes, ...] = (),
) -> Pdf:
    """Make A4 pages of one content: 1 catalogue, 2 page tree, 3 content, then the pages, then ``more``."""
    made = Pdf()
    kids = b" ".join(b"%d 0 R" % (4 + at) for at in range(pages))
    made.add(b"<</Type /Catalog /Pages 2 0 R %s>>" % catalogue)
    made.add(b"<</Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 595 842] %s>>" % (kids, pages, node))
    made.stream(content)
    for _ in range(pages):
        made.add(b"<</Type /Page /Parent 2 0 R /Contents 3 0 R %s>>" % page)
    for body in more:
        made.add(body)
    return made


def plainly(data: bytes, chosen: SealMark | None = None, *, stamped: bool = False) -> bytes:
    """Seal with our own writer only; :class:`verify.pdf.plain.errors.NotPlain` where it declines."""
    output = io.BytesIO()
    finish(prepared(Work(io.BytesIO(data), output), chosen, stamped=stamped), chosen, stamped=stamped)
    return output.getvalue()


def prepared(work: Work, chosen: SealMark | None = None, *, stamped: bool = False) -> PreparedPlain:
    """Prepare with our own writer only."""
    given = chosen or marked()
    return incremental.prepare(
        work, given, CmsEnvelope(world().signatory(), given.statement), stamped=stamped
    )


def finish(ready: PreparedPlain, chosen: SealMark | None = None, *, stamped: bool = False) -> None:
    """Sign and complete."""
    here, given = world(), chosen or marked()
    signatory = here.signatory()
    envelope = CmsEnvelope(signatory, given.statement)
    signature = signatory.signer.sign(envelope.to_sign(ready.digest, ready.scope))
    token = here.stamp(signatory.signer.algorithm.digest.digest(signature)) if stamped else None
    ready.complete(envelope.finish(signature, token))


def marked(place: Where | str = "1:20,15", **more: object) -> SealMark:
    """Make a mark with a small red square."""
    where = Placement.parse(place) if isinstance(place, str) else place
    return mark(**({"shown": SMALL, "placement": where} | more))  # type: ignore[arg-type]


def archived(data: bytes, evidence: Evidence | None = None) -> bytes:
    """Append a document time-stamp with our own writer."""
    here, stream = world(), io.BytesIO(data)
    stream.seek(0)
    append_time_stamp(stream, here.stamp, evidence or Evidence(), here.signatory().signer.algorithm.digest)
    return stream.getvalue()
