"""A drawn seal as vectors: paths under matrices, written as SVG, as a PDF content stream and as a PDF of its own.

Equal pictures have equal octets (:meth:`SealPicture.to_bytes`), so a picture's digest can be stated and compared.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from seals.errors import PictureError

INK: Final = "#e60012"
"""The red of seals."""
_INK_PDF: Final = "0.902 0 0.0706"
MAX_STORED_SIZE: Final = 4 * 1024 * 1024
"""Largest stored picture read back, in octets unpacked: fifty letters of the busiest glyphs have under 100 KiB."""
_MAGIC: Final = "yinxin-picture-1"
_POINT: Final = 72 / 25.4
"""Points to the millimetre (ISO 32000-1 §8.3.2.3)."""

Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One path: its group, colour (``ink`` or ``paper``), filled or not, pen (local units, 0 for none), matrix, data.

    The matrix takes local units to micrometres from the picture's top left corner, y downwards.
    """

    part: str
    colour: str
    filled: bool
    pen: int
    matrix: Matrix
    path: str


@dataclass(frozen=True, slots=True)
class SealPicture:
    """A drawn seal; ``size_mm`` is width and height of its box."""

    title: str
    size_mm: tuple[float, float]
    marks: tuple[Mark, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`to_bytes`, lower-case hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Write the picture in its one canonical form."""
        head = f"{_MAGIC}\t{self.size_mm[0]:g}\t{self.size_mm[1]:g}\t{self.title}"
        return "\n".join([head, *map(_mark_text, self.marks)]).encode()

    def packed(self) -> bytes:
        """Write it deflated, for keeping."""
        return zlib.compress(self.to_bytes(), 9)

    @classmethod
    def unpack(cls, data: bytes) -> SealPicture:
        """Read what :meth:`packed` wrote; anything else raises :class:`PictureError`."""
        try:
            reader = zlib.decompressobj()
            text = reader.decompress(data, MAX_STORED_SIZE).decode()
            if reader.unconsumed_tail or not reader.eof:
                raise PictureError("a stored picture is too large or cut off")
            head, *rest = text.split("\n")
            magic, width, height, title = head.split("\t")
            marks = tuple(_read_mark(line) for line in rest)
        except (zlib.error, ValueError) as wrong:
            raise PictureError("a stored picture cannot be read") from wrong
        if magic != _MAGIC:
            raise PictureError("a stored picture is of another form")
        return cls(title, (float(width), float(height)), marks)

    def svg(self) -> str:
        """Write an SVG document at true size."""
        width, height = self.size_mm
        body = "".join(map(_svg_mark, self.marks))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
            f'viewBox="0 0 {width * 1000:g} {height * 1000:g}" role="img">'
            f"<title>{escape(self.title)}</title>"
            f'<g stroke-linejoin="miter" stroke-miterlimit="2.5">{body}</g></svg>'
        )

    def pdf_content(self) -> bytes:
        """Write a content stream in points, origin at the box's lower left corner: the body of a form XObject."""
        scale = _POINT / 1000
        height = self.size_mm[1] * _POINT
        head = f"q {scale:.10f} 0 0 {-scale:.10f} 0 {height:.5f} cm 0 j 2.5 M\n"
        return (head + "".join(map(_pdf_mark, self.marks)) + "Q\n").encode("ascii")

    def pdf(self) -> bytes:
        """Write a PDF of one page, exactly the seal's box."""
        width, height = (math.floor(side * _POINT * 1e5) / 1e5 for side in self.size_mm)  # never a pixel more
        stream = zlib.compress(self.pdf_content(), 9)
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.5f} {height:.5f}] /Resources << >> "
            "/Contents 4 0 R >>".encode(),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream),
        ]
        return _pdf_file(objects)


def _number(value: float) -> str:
    """Write a coefficient shortly and always the same way."""
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _mark_text(mark: Mark) -> str:
    fields = [mark.part, mark.colour, str(int(mark.filled)), str(mark.pen)]
    return "\t".join([*fields, " ".join(map(_number, mark.matrix)), mark.path])


def _read_mark(line: str) -> Mark:
    part, colour, filled, pen, matrix, path = line.split("\t")
    a, b, c, d, e, f = map(float, matrix.split(" "))
    return Mark(part, colour, filled == "1", int(pen), (a, b, c, d, e, f), path)


def _svg_mark(mark: Mark) -> str:
    colour = INK if mark.colour == "ink" else "#fff"
    fill = colour if mark.filled else "none"
    stroke = f' stroke="{colour}" stroke-width="{mark.pen}"' if mark.pen else ""
    matrix = " ".join(map(_number, mark.matrix))
    return f'<path transform="matrix({matrix})" fill="{fill}"{stroke} d="{mark.path}"/>'


_PDF_OPERATORS: Final = {"M": "m", "L": "l", "C": "c"}


def _pdf_mark(mark: Mark) -> str:
    colour = _INK_PDF if mark.colour == "ink" else "1 1 1"
    paint = ("B" if mark.filled else "S") if mark.pen else "f"
    matrix = " ".join(map(_number, mark.matrix))
    path = _pdf_path(mark.path)
    return f"q {matrix} cm {colour} rg {colour} RG {mark.pen} w\n{path}{paint} Q\n"


def _pdf_path(path: str) -> str:
    out, operator, held = [], "", ""
    for character in path + "M":
        if character in "MLCZ":
            if operator == "Z":
                out.append("h\n")
            elif operator:
                out.append(f"{held} {_PDF_OPERATORS[operator]}\n")
            operator, held = character, ""
        else:
            held += character
    return "".join(out)


def _pdf_file(objects: list[bytes]) -> bytes:
    """Put numbered objects into a file with a classic cross-reference table (ISO 32000-1 §7.5.4)."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
