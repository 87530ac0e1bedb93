"""Small correct PDFs with Chinese text at known places, written out by hand."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

A4 = (595.276, 841.89)
MM = 72 / 25.4
SIZE = 12
"""Points of every character."""

FONT = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts ["
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
    "/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] "
    "/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>] >>"
)


@dataclass(frozen=True)
class Text:
    """A line whose first character begins at ``x``, with its baseline at ``y``, in points of default user space."""

    x: float
    y: float
    words: str

    def drawn(self) -> str:
        return (
            f"BT /F1 {SIZE} Tf 1 0 0 1 {self.x} {self.y} Tm <{self.words.encode('utf-16-be').hex()}> Tj ET\n"
        )


@dataclass(frozen=True)
class Sheet:
    """A page: its lines, its size in points, further entries of its dictionary, further operators of its content."""

    lines: tuple[Text, ...] = ()
    size: tuple[float, float] = A4
    more: str = ""
    content: str = ""


PICTURE = "q 100 0 0 100 100 500 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q\n"
"""Operators that show a grey picture and no text: a scanned page."""


def paper(*sheets: Sheet, catalog: str = "", objects: tuple[str, ...] = (), head: str = "") -> bytes:
    """Write a PDF; ``objects`` follow the pages, the first has the number that :func:`after` gives."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(sheets)))
    bodies: list[bytes] = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} {head} >>".encode(),
        FONT.encode(),
    ]
    for at, sheet in enumerate(sheets):
        drawn = zlib.compress(
            ("".join(line.drawn() for line in sheet.lines) + sheet.content).encode("latin-1")
        )
        box = f"/MediaBox [0 0 {sheet.size[0]} {sheet.size[1]}]" if "/MediaBox" not in sheet.more else ""
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> {box} "
            f"/Contents {5 + 2 * at} 0 R {sheet.more} >>".encode()
        )
        head_ = f"<< /Length {len(drawn)} /Filter /FlateDecode >>\nstream\n".encode()
        bodies.append(head_ + drawn + b"\nendstream")
    bodies += [body.encode() for body in objects]
    return _file(bodies)


def after(pages: int) -> int:
    """Give the number of the first of ``objects`` in a paper of so many pages."""
    return 4 + 2 * pages


def _file(bodies: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def with_field(
    sheet: Sheet, rectangle: tuple[float, float, float, float], name: str = "甲方签章", flags: int = 4
) -> bytes:
    """Write one page with an empty signature field at ``rectangle`` (default user space)."""
    number = after(1)
    box = " ".join(map(str, rectangle))
    field = (
        f"<< /Type /Annot /Subtype /Widget /FT /Sig /T <feff{name.encode('utf-16-be').hex()}> "
        f"/Rect [{box}] /P 4 0 R /F {flags} >>"
    )
    form = f"/AcroForm << /Fields [{number} 0 R] /SigFlags 1 >>"
    annotated = Sheet(sheet.lines, sheet.size, f"{sheet.more} /Annots [{number} 0 R]", sheet.content)
    return paper(annotated, catalog=form, objects=(field,))
