"""The seal's picture: pure vectors from glyph outlines, at true millimetres, with no font inside.

``draw`` turns a :class:`PictureSpec` into a :class:`SealPicture`, which is written as SVG (ISO 216 units: ``mm``), as a
PDF content stream for a form XObject (ISO 32000-1 §8.10, points), or as a PDF page of its own. Equal specs give equal
octets, so the picture's digest can be stated and compared. A seal that is not approved has 未备案 across it.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from seals.errors import PictureError, TextUnfit
from seals.fonts import ASCENT, DESCENT, EM, Face, FontShelf, Glyph, shelf
from seals.geometry import MAX_LINE, MAX_NAME, MAX_PERSON, MIN_NAME, Shape, Template, template
from seals.layout import Letter, plan
from seals.plane import upright
from seals.seal import SealKind, is_physical_code

INK: Final = "#e60012"
"""The red of seals."""
_INK_PDF: Final = "0.902 0 0.0706"
UNAPPROVED: Final = "未备案"
MAX_STORED_SIZE: Final = 4 * 1024 * 1024
"""Largest stored picture read back, in octets unpacked: fifty letters of the busiest glyphs have under 100 KiB."""
_MAGIC: Final = "yinxin-picture-1"
_FINE: Final = 4
"""Local units to a font unit: rounding to whole ones then costs under two micrometres."""
_SUFFIX: Final = {0: "之印", 1: "印"}
_CIRCLE_PARTS: Final = 8


@dataclass(frozen=True, slots=True)
class Boldness:
    """How a face is emboldened, in parts of the em: added to uprights and to level strokes, and to all sides."""

    across: int
    down: int


_BOLD: Final = {Face.SONG: Boldness(across=62, down=16), Face.HEI: Boldness(across=26, down=26)}
"""Noto's regular weights are too thin for a seal: uprights gain much, level strokes little, as in engraved 宋体."""


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """What a seal shows. ``code`` is the 13-digit physical code; ``uscc`` stands in the middle of an invoice seal.

    ``line`` is the inscription of an *other* seal, ``person`` the name on a legal representative's. Without
    ``approved`` the picture bears 未备案.
    """

    kind: SealKind
    name: str
    code: str
    line: str = ""
    person: str = ""
    uscc: str = ""
    template: str | None = None
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One path: its group, colour (``ink`` or ``paper``), filled or not, pen (local units, 0 for none), matrix, data.

    The matrix takes local units to micrometres from the picture's top left corner, y downwards.
    """

    part: str
    colour: str
    filled: bool
    pen: int
    matrix: tuple[float, float, float, float, float, float]
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
        scale = 72 / 25.4 / 1000
        height = self.size_mm[1] * 72 / 25.4
        head = f"q {scale:.10f} 0 0 {-scale:.10f} 0 {height:.5f} cm 0 j 2.5 M\n"
        return (head + "".join(map(_pdf_mark, self.marks)) + "Q\n").encode("ascii")

    def pdf(self) -> bytes:
        """Write a PDF of one page, exactly the seal's box."""
        width, height = (side * 72 / 25.4 for side in self.size_mm)
        stream = zlib.compress(self.pdf_content(), 9)
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.5f} {height:.5f}] /Resources << >> "
            "/Contents 4 0 R >>".encode(),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream),
        ]
        return _pdf_file(objects)


def draw(spec: PictureSpec, *, fonts: FontShelf | None = None) -> SealPicture:
    """Draw a seal.

    Raises :class:`seals.errors.TextUnfit` for a text that no such seal bears, :class:`seals.errors.GlyphMissing` naming a
    character that the font lacks, :class:`seals.errors.FontMissing`.
    """
    found = template(spec.kind, spec.template)
    fonts = fonts or shelf()
    name, line, centre = _texts(spec, found)
    letters = plan(found, name=name, line=line, centre=centre, code=spec.code)
    pen = _Draughtsman(found, fonts)
    marks = [*pen.frame(), *pen.star(), *(pen.letter(letter) for letter in letters)]
    if not spec.approved:
        marks += pen.banner(UNAPPROVED)
    return SealPicture(title_of(spec), (float(found.width), float(found.height)), tuple(marks))


def title_of(spec: PictureSpec) -> str:
    """Return the seal's full title: the owner's name and what the seal is for."""
    if spec.kind is SealKind.LEGAL_REPRESENTATIVE:
        return f"{spec.name}{spec.kind.zh}（{spec.person}）"
    if spec.kind is SealKind.LEGAL_NAME:
        return f"{spec.name}{spec.kind.zh}"
    return f"{spec.name}{_inscription(spec)}"


def _inscription(spec: PictureSpec) -> str:
    if spec.kind is SealKind.OTHER:
        return spec.line
    return "" if spec.kind is SealKind.LEGAL_NAME else spec.kind.zh


def _texts(spec: PictureSpec, found: Template) -> tuple[str, str, str]:
    """Check and return what stands on the arc (or in the square), on the line and in the centre."""
    _check_text(spec.name, MIN_NAME, MAX_NAME, "名称", "name")
    if not is_physical_code(spec.code):
        raise TextUnfit("实物印章编码须为 13 位数字。", "A physical seal code has 13 digits.")
    if found.shape is Shape.SQUARE:
        _check_text(spec.person, 2, MAX_PERSON, "法定代表人姓名", "legal representative's name")
        return spec.person + _SUFFIX[len(spec.person) % 2], "", ""
    if spec.kind is SealKind.OTHER:
        _check_text(spec.line, 2, MAX_LINE, "印章附注", "inscription")
    if found.centre is not None:
        _check_text(spec.uscc, 15, 20, "税号", "tax number")
    return spec.name, _inscription(spec), spec.uscc


def _check_text(text: str, least: int, most: int, zh: str, en: str) -> None:
    if not least <= len(text) <= most:
        raise TextUnfit(
            f"{zh}须为 {least} 至 {most} 个字，现为 {len(text)} 个。",
            f"The {en} has {least} to {most} characters; this one has {len(text)}.",
        )
    for character in text:
        if character.isspace() or unicodedata.category(character)[0] in "CM":
            raise TextUnfit(
                f"{zh}含有不能刻入印章的字符 U+{ord(character):04X}。",
                f"The {en} holds U+{ord(character):04X}, which no seal bears.",
            )


class _Draughtsman:
    """Turns placed letters and the figures of one template into marks."""

    def __init__(self, found: Template, fonts: FontShelf) -> None:
        self._template = found
        self._fonts = fonts
        self._across = found.width * 500
        self._down = found.height * 500

    def frame(self) -> list[Mark]:
        """The ring, oval or square, drawn by the middle of its edge."""
        found, pen = self._template, round(self._template.edge * 1000)
        across, down = self._across - pen / 2, self._down - pen / 2
        if found.shape is Shape.SQUARE:
            path = f"M{-across:.0f} {-down:.0f}L{across:.0f} {-down:.0f}L{across:.0f} {down:.0f}L{-across:.0f} {down:.0f}Z"
        else:
            path = _oval_path(across, down)
        return [Mark("ring", "ink", False, pen, self._here, path)]

    @property
    def _here(self) -> tuple[float, float, float, float, float, float]:
        return (1, 0, 0, 1, self._across, self._down)

    def star(self) -> list[Mark]:
        """A regular five-pointed star, one tip up, the inner corners on its own chords (GB 12982 proportions)."""
        if not self._template.star:
            return []
        outer = self._template.star * 1000 / (2 * math.sin(math.radians(72)))
        inner = outer * math.cos(math.radians(72)) / math.cos(math.radians(36))
        corners = []
        for index in range(10):
            radius, turn = (inner if index % 2 else outer), math.radians(36 * index)
            corners.append(f"{radius * math.sin(turn):.0f} {-radius * math.cos(turn):.0f}")
        return [Mark("star", "ink", True, 0, self._here, "M" + "L".join(corners) + "Z")]

    def letter(self, letter: Letter) -> Mark:
        """One glyph, fitted to its em box and emboldened by an upright oval pen."""
        return self._glyph(
            letter, self._fonts.glyph(letter.face, letter.character), "ink", _BOLD[letter.face]
        )

    def banner(self, text: str) -> list[Mark]:
        """Large letters across the seal from lower left to upper right, each on a white halo."""
        size = 0.27 * self._template.width
        slope = math.radians(30)
        along, up = (math.cos(slope), -math.sin(slope)), (-math.sin(slope), -math.cos(slope))
        halo, ink = [], []
        for index, character in enumerate(text):
            step = (index - (len(text) - 1) / 2) * size * 1.05
            frame = upright(step * along[0] - up[0] * size / 2, step * along[1] - up[1] * size / 2)
            frame = type(frame)(frame.foot, along, up)
            letter = Letter("banner", character, Face.HEI, frame, size, size)
            glyph = self._fonts.glyph(Face.HEI, character)
            halo.append(self._glyph(letter, glyph, "paper", Boldness(170, 170)))
            ink.append(self._glyph(letter, glyph, "ink", Boldness(30, 30)))
        return halo + ink

    def _glyph(self, letter: Letter, glyph: Glyph, colour: str, bold: Boldness) -> Mark:
        """Fit the em box to the cell; local x is squeezed so that one round pen is the wanted oval on paper."""
        wide = letter.width * 1000 / max(EM, 1)
        high = letter.height * 1000 / EM
        if letter.face is Face.HEI and letter.part in ("code", "centre"):
            return self._digit(letter, glyph, colour, bold)
        return self._fitted(letter, glyph, colour, bold, (wide, high), EM / 2)

    def _digit(self, letter: Letter, glyph: Glyph, colour: str, bold: Boldness) -> Mark:
        """Digits are fitted by their ink height (cap height), centred by their advance."""
        high = letter.height * 1000 / (ASCENT - DESCENT) * 1.2
        wide = min(high, letter.width * 1000 / glyph.advance)
        return self._fitted(letter, glyph, colour, bold, (wide, high), glyph.advance / 2)

    def _fitted(
        self,
        letter: Letter,
        glyph: Glyph,
        colour: str,
        bold: Boldness,
        scale: tuple[float, float],
        middle: float,
    ) -> Mark:
        wide, high = scale
        pen_across, pen_down = bold.across * wide, bold.down * high
        squeeze = pen_down / pen_across * wide / high
        unit_y = high / _FINE
        unit_x = unit_y * pen_across / pen_down
        foot = DESCENT if letter.part not in ("code", "centre") else 0
        path = _glyph_path(glyph, middle, foot, _FINE * squeeze)
        along, up = letter.frame.along, letter.frame.up
        x, y = letter.frame.foot
        matrix = (
            along[0] * unit_x,
            along[1] * unit_x,
            up[0] * unit_y,
            up[1] * unit_y,
            x * 1000 + self._across,
            y * 1000 + self._down,
        )
        return Mark(letter.part, colour, True, round(bold.down * _FINE), matrix, path)


def _glyph_path(glyph: Glyph, middle: float, foot: float, across: float) -> str:
    parts = []
    for operator, points in glyph.segments:
        spots = (f"{round((x - middle) * across)} {round((y - foot) * _FINE)}" for x, y in points)
        parts.append(operator + " ".join(spots))
    return "".join(parts)


def _oval_path(across: float, down: float) -> str:
    """An oval as cubic arcs; with eight the error is under a tenth of a micrometre."""
    step = 2 * math.pi / _CIRCLE_PARTS
    reach = 4 / 3 * math.tan(step / 4)
    path = f"M{across:.1f} 0.0"
    for index in range(_CIRCLE_PARTS):
        one, two = step * index, step * (index + 1)
        spots = (
            (math.cos(one) - reach * math.sin(one), math.sin(one) + reach * math.cos(one)),
            (math.cos(two) + reach * math.sin(two), math.sin(two) - reach * math.cos(two)),
            (math.cos(two), math.sin(two)),
        )
        path += "C" + " ".join(f"{x * across + 0.0:.1f} {y * down + 0.0:.1f}" for x, y in spots)
    return path + "Z"


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
