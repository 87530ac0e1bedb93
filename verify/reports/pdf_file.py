"""A PDF of our own drawing (ISO 32000-1): text that can be selected and searched, its fonts and the attached files in it.

Deterministic: the same sheets give the same octets. Objects 1 to 5 are the catalog, the pages, the tree of attached files, the
array of associated files and the information dictionary, so that :func:`attach` can replace two of them in a revision of its own.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from seals.drawing.fonts import ASCENT, DESCENT, Face
from seals.drawing.typesetting import A4, NAMES, Box, Measure, Text, characters, font_file

POINTS: Final = 72 / 25.4
_CATALOG, _PAGES, _FILES, _ASSOCIATED, _INFO = 1, 2, 3, 4, 5
_FIRST: Final = 6
_MIME: Final = {
    ".xml": "application#2Fxml",
    ".json": "application#2Fjson",
    ".jws": "application#2Fjose",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in the file: its name, octets, and what it is."""

    name: str
    octets: bytes = field(repr=False)
    about: str


@dataclass(frozen=True, slots=True)
class About:
    """Title, author and time of the document."""

    title: str
    author: str
    at: datetime


Item = Text | Box
Sheet = list[Item]


def write_pdf(
    sheets: Sequence[Sheet], about: About, attachments: Sequence[Attachment], measure: Measure
) -> bytes:
    """Write the file; ``attachments`` are sorted by their names. Raises :class:`seals.errors.GlyphMissing`."""
    return _Writer(about, measure).file(sheets, attachments)


class _Writer:
    def __init__(self, about: About, measure: Measure) -> None:
        self._about = about
        self._measure = measure
        self._objects: dict[int, bytes] = {}

    def file(self, sheets: Sequence[Sheet], attachments: Sequence[Attachment]) -> bytes:
        glyphs = _glyphs(sheets)
        fonts = {face: self._font(face, used) for face, used in glyphs.items()}
        named = " ".join(f"/{face.value} {number} 0 R" for face, number in fonts.items())
        pages = [self._page(sheet, glyphs, named) for sheet in sheets]
        files = [(one.name, _attached(self._add, one)) for one in attachments]
        kids = " ".join(f"{number} 0 R" for number in pages)
        self._objects[_CATALOG] = (
            f"<< /Type /Catalog /Pages {_PAGES} 0 R /Names << /EmbeddedFiles {_FILES} 0 R >> "
            f"/AF {_ASSOCIATED} 0 R /Lang (zh-CN) /ViewerPreferences << /DisplayDocTitle true >> >>".encode()
        )
        self._objects[_PAGES] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
        self._objects |= _listed(files)
        at = self._about.at.astimezone(UTC)
        self._objects[_INFO] = (
            f"<< /Title {_string(self._about.title)} /Author {_string(self._about.author)} "
            f"/Producer (Yinxin) /CreationDate (D:{at:%Y%m%d%H%M%S}Z) >>".encode()
        )
        return _serialised(self._objects)

    def _add(self, body: bytes) -> int:
        number = max([_FIRST - 1, *self._objects]) + 1
        self._objects[number] = body
        return number

    def _page(self, sheet: Sheet, glyphs: dict[Face, dict[str, int]], fonts: str) -> int:
        content = self._add(_stream("", "\n".join(_operators(sheet, glyphs)).encode()))
        box = f"[0 0 {A4[0] * POINTS:.3f} {A4[1] * POINTS:.3f}]"
        return self._add(
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox {box} /Contents {content} 0 R "
            f"/Resources << /Font << {fonts} >> >> >>".encode()
        )

    def _font(self, face: Face, used: dict[str, int]) -> int:
        """Write a composite font (§9.7): glyphs by number, widths, the way back to characters (§9.10.3)."""
        data = font_file(face, used, self._measure)
        program = self._add(_stream(f"/Length1 {len(data)} ", data))
        name = NAMES[face].replace(" ", "")
        described = self._add(
            f"<< /Type /FontDescriptor /FontName /YXSUBS+{name} /Flags 4 /FontBBox [-1000 -1000 3000 2000] "
            f"/ItalicAngle 0 /Ascent {ASCENT} /Descent {DESCENT} /CapHeight 700 /StemV 80 /FontFile2 {program} 0 R >>".encode()
        )
        widths = " ".join(str(self._measure.glyph(face, one).advance) for one in used)
        inner = self._add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /YXSUBS+{name} /CIDToGIDMap /Identity "
            f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {described} 0 R /DW 1000 /W [1 [{widths}]] >>".encode()
        )
        back = self._add(_stream("", _to_unicode(used).encode()))
        return self._add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /YXSUBS+{name} /Encoding /Identity-H "
            f"/DescendantFonts [{inner} 0 R] /ToUnicode {back} 0 R >>".encode()
        )


def attach(pdf: bytes, earlier: Sequence[str], one: Attachment) -> bytes:
    """Append a revision that attaches one more file to what :func:`write_pdf` wrote with the ``earlier`` names.

    What was there stays octet for octet; the name of the new file sorts behind the earlier ones.
    """
    size = int(pdf.rpartition(b"/Size ")[2].split()[0])
    start = int(pdf.rpartition(b"startxref")[2].split()[0])
    objects: dict[int, bytes] = {}

    def add(body: bytes) -> int:
        number = size + len(objects)
        objects[number] = body
        return number

    new = _attached(add, one)
    files = [*zip(earlier, _specifications(pdf), strict=True), (one.name, new)]
    return pdf + _section(objects | _listed(files), len(pdf), size + 2, f"/Prev {start} ", pdf)


def _specifications(pdf: bytes) -> list[int]:
    """Read back the objects that the array of associated files names."""
    body = pdf.split(f"\n{_ASSOCIATED} 0 obj\n".encode(), 1)[1].partition(b"]")[0].lstrip(b"[")
    return [int(part) for part in body.split(b" 0 R") if part.strip()]


def _listed(files: Sequence[tuple[str, int]]) -> dict[int, bytes]:
    names = " ".join(f"({name}) {number} 0 R" for name, number in files)
    return {
        _FILES: f"<< /Names [{names}] >>".encode(),
        _ASSOCIATED: f"[{' '.join(f'{number} 0 R' for _, number in files)}]".encode(),
    }


def _attached(add: Callable[[bytes], int], one: Attachment) -> int:
    kind = _MIME[one.name[one.name.rindex(".") :]]
    stream = add(
        _stream(f"/Type /EmbeddedFile /Subtype /{kind} /Params << /Size {len(one.octets)} >> ", one.octets)
    )
    return add(
        f"<< /Type /Filespec /F ({one.name}) /UF ({one.name}) /Desc {_string(one.about)} "
        f"/AFRelationship /Data /EF << /F {stream} 0 R >> >>".encode()
    )


def _glyphs(sheets: Sequence[Sheet]) -> dict[Face, dict[str, int]]:
    """Give each character of a face its number in :func:`seals.drawing.typesetting.font_file`: sorted, from 1."""
    return {
        face: {character: number for number, character in enumerate(sorted(used), start=1)}
        for face, used in characters(item for sheet in sheets for item in sheet).items()
    }


def _operators(sheet: Sheet, glyphs: dict[Face, dict[str, int]]) -> list[str]:
    found = []
    for item in sheet:
        colour = " ".join(f"{part / 255:.3f}" for part in item.colour)
        if isinstance(item, Text):
            shown = "".join(f"{glyphs[item.face][one]:04X}" for one in item.text)
            x, y = item.x_mm * POINTS, (A4[1] - item.y_mm) * POINTS
            size = item.size_mm * POINTS
            found.append(
                f"BT {colour} rg /{item.face.value} {size:.3f} Tf {x:.3f} {y:.3f} Td <{shown}> Tj ET"
            )
        else:
            x, y = item.x_mm * POINTS, (A4[1] - item.y_mm - item.height_mm) * POINTS
            width, height = item.width_mm * POINTS, item.height_mm * POINTS
            found.append(f"{colour} rg {x:.3f} {y:.3f} {width:.3f} {height:.3f} re f")
    return found


def _to_unicode(used: dict[str, int]) -> str:
    pairs = [f"<{number:04X}> <{character.encode('utf-16-be').hex()}>" for character, number in used.items()]
    blocks = [
        f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar"
        for part in (pairs[at : at + 100] for at in range(0, len(pairs), 100))
    ]
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        + "\n".join(blocks)
        + "\nendcmap CMapName currentdict /CMap defineresource pop end end"
    )


def _string(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def _stream(head: str, data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    return (
        f"<< {head}/Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode() + packed + b"\nendstream"
    )


def _serialised(objects: dict[int, bytes]) -> bytes:
    head = b"%PDF-1.7\n%\xe5\x8d\xb0\xe4\xbf\xa1\n"
    digest = hashlib.sha256(b"".join(objects[number] for number in sorted(objects))).hexdigest()[:32]
    return head + _section(objects, len(head), max(objects) + 1, f"/ID [<{digest}> <{digest}>] ", b"")


def _section(objects: dict[int, bytes], at: int, size: int, extra: str, before: bytes) -> bytes:
    """Write objects, their cross-reference table (§7.5.4) and the trailer; ``at`` is where the section begins."""
    if before:
        extra += "/ID " + before.rpartition(b"/ID ")[2].partition(b"]")[0].decode() + "] "
    made, offsets = bytearray(), {}
    for number in sorted(objects):
        offsets[number] = at + len(made)
        made += f"{number} 0 obj\n".encode() + objects[number] + b"\nendobj\n"
    start = at + len(made)
    made += b"xref\n" + (b"" if before else b"0 1\n0000000000 65535 f \n")
    for first, count in _runs(sorted(objects)):
        made += f"{first} {count}\n".encode()
        made += b"".join(f"{offsets[first + n]:010d} 00000 n \n".encode() for n in range(count))
    made += (
        f"trailer\n<< /Size {size} /Root {_CATALOG} 0 R /Info {_INFO} 0 R {extra}>>\n"
        f"startxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(made)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and sum(runs[-1]) == number:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return runs
