"""Whether octets that nobody signed make a second document of a file, for readers that look for one wherever it stands.

Readers of PDF that repair a file find objects and trailers in any octets, some without a header; readers of ZIP, an OFD's too, go by a
record at the end. Whoever adds an attribute that no signature covers can so have them show something else than was judged.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ca import der
from verify.sentence import Reason

Region = tuple[int, int]

_WHITE: Final = b"\x00\t\n\x0b\x0c\r \x80\xa0\xff"
"""Blanks of ISO 32000-2 §7.2.3, and what PDFium (0x80, 0xFF) and pdf.js (0x0B, 0xA0) take for such."""
_BLANK: Final = rb"[\x00\t\n\x0b\x0c\r \x80\xa0\xff]"
_DIGITS: Final = b"0123456789"
_FIXED: Final = (b"startxref", b"%PDF-")
_TRAILERS: Final = (
    re.compile(rb"trailer" + _BLANK + rb"*+(?:<<|%)"),
    re.compile(
        rb"/(?:R|#52)(?:o|#6[Ff])(?:o|#6[Ff])(?:t|#74)"
        + _BLANK
        + rb"*+(?:<<|%|[0-9]++"
        + _BLANK
        + rb"++[0-9]++"
        + _BLANK
        + rb"++R)"
    ),
)
"""A trailer, and the root that a dictionary names: MuPDF takes any such dictionary for a trailer."""
_OBJECT: Final = re.compile(rb"obj(?<=[\x00\t\n\x0b\x0c\r \x80\xa0\xff0-9]obj)")
_COMMENTED: Final = re.compile(rb"[0-9]" + _BLANK + rb"*+%")
_ZIP_ENTRY: Final = re.compile(rb"PK\x03\x04[\x00-\xff]{5}\x00")
"""A local header, whose method is below 256 (APPNOTE 4.4.5)."""
_ZIP_END: Final = re.compile(rb"PK(?:\x05\x06|\x06[\x06\x07])")
"""The end record, that of ZIP64 and its locator, which minizip and rubyzip seek first (APPNOTE 4.3.14 to 4.3.16)."""
_ZIP_END_SIZE: Final = 4
_ZIP_LISTED: Final = b"PK\x01\x02"
"""An entry of the central directory (APPNOTE 4.3.12)."""
ZIP_END_WITHIN: Final = 128 * 1024
"""Octets at the end in which the end record is looked for; with the longest comment it begins 65,557 before it."""
MAX_MARKS: Final = 4096
"""Words looked at that may end an object's header; honest octets have a few in a hundred megabytes."""
MAX_COMMENTS: Final = 16
"""Lines of comment passed over before one of them."""
LINE: Final = 4096
"""Octets in which the begin of a line is looked for; a longer one is taken for a comment."""
_SLACK: Final = 4096
"""Octets past a border that may belong to a mark which begins before it."""
_BUFFERS: Final = (1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128)
PIECES: Final = tuple(
    sorted(
        {
            *(1 << power for power in range(9, 23)),
            *(many * each for many in _BUFFERS for each in (1000, 1024)),
        }
    )
)
"""Lengths in which writers that stream cut a content (X.690 §8.7.3): Bouncy Castle by 1,000, OpenSSL by 4,096 octets, others by
their buffers, a round number of thousands or of kibibytes.

Cut elsewhere, what was signed may lose a part for whoever reads on over the headers between the pieces.
"""


@dataclass(frozen=True, slots=True)
class Second:
    """The other document that a file is: what readers of it are called."""

    zh: str
    en: str

    @property
    def doubt(self) -> Reason:
        """Say so of a file whatever it is."""
        return Reason(
            f"该文件同时可作为{self.zh}打开，显示的内容不在所核验的范围之内，可能是伪造；请向出具者索取原件。",
            f"The file opens as {self.en} too, and what is shown then is not what was verified: it may be forged; "
            "ask whoever issued it for the original.",
        )


_PDF: Final = Second(" PDF ", "a PDF")
_ZIP: Final = Second("压缩包（如 OFD）", "a ZIP package (an OFD, say)")


def second_document(octets: bytes, signed: Region | None = None) -> Second | None:
    """Tell what else a file is to other readers; what lies whole in ``signed`` counts for nothing.

    Takes time in proportion to the length, and no memory for it.
    """
    end = len(octets)
    parts = [(0, end)] if signed is None else [(0, signed[0]), (signed[1], end)]
    if any(_holds_pdf(octets, start, stop) for start, stop in parts if start < stop):
        return _PDF
    if any(_holds_zip(octets, start, stop) for start, stop in parts if start < stop):
        return _ZIP
    return None


def pdf_outside(octets: bytes, signed: Sequence[Region]) -> Second | None:
    """Tell whether readers of PDF find parts of one in a file outside of these regions, which stand in order and apart."""
    if not _holds_pdf(octets, 0, len(octets)):
        return None
    at, end = 0, len(octets)
    for begin, stop in (*signed, (end, end)):
        if at < begin and _holds_pdf(octets, at, begin):
            return _PDF
        at = max(at, stop)
    return None


def zip_outside(octets: bytes, signed: Sequence[Region], end_at: int) -> Second | None:
    """Tell whether a package has another end record before its own at ``end_at``, outside of these regions, which stand in order and apart.

    libzip looks from the front, and keeps the directory that reaches further.
    """
    starts = [begin for begin, _ in signed]
    for found in _ZIP_END.finditer(octets, max(0, len(octets) - ZIP_END_WITHIN), end_at):
        below = bisect_right(starts, found.start()) - 1
        if below < 0 or found.end() > signed[below][1]:
            return _ZIP
    return None


def _holds_pdf(octets: bytes, start: int, stop: int) -> bool:
    """Tell whether a mark begins before ``stop`` and ends behind ``start``."""
    if any(_reaches(octets, word, start, stop) for word in _FIXED):
        return True
    for pattern in _TRAILERS:
        near = pattern.finditer(octets, max(0, start - _SLACK), stop + _SLACK)
        if any(found.end() > start and found.start() < stop for found in near):
            return True
    return _has_objects(octets, start, stop)


def _reaches(octets: bytes, word: bytes, start: int, stop: int) -> bool:
    return octets.find(word, max(0, start - len(word) + 1), stop + len(word) - 1) >= 0


def _holds_zip(octets: bytes, start: int, stop: int) -> bool:
    late = max(start, len(octets) - ZIP_END_WITHIN)
    over = _ZIP_END_SIZE - 1
    if late < stop and _ZIP_END.search(octets, max(0, late - over), stop + over) is not None:
        return True
    near = _ZIP_ENTRY.finditer(octets, max(0, start - 9), stop + 9)
    return any(found.start() < stop for found in near)


def package_behind(octets: bytes, covered: int) -> bool:
    """Tell whether readers of ZIP find entries behind the octets that a signature covers: an end record leads to them, wherever that stands, or the locator of one."""
    ended = _ZIP_END.search(octets, max(0, len(octets) - ZIP_END_WITHIN))
    return ended is not None and (
        octets.find(_ZIP_LISTED, covered) >= 0 or _ZIP_ENTRY.search(octets, covered) is not None
    )


def _has_objects(octets: bytes, start: int, stop: int) -> bool:
    """Find ``5 0 obj`` with blanks or comments between; each word is looked at from its end, so that no octet is gone over often."""
    words = _OBJECT.finditer(octets, max(0, start - 2), stop + _SLACK)
    return any(
        count >= MAX_MARKS or 0 <= _header(octets, word.start()) < stop for count, word in enumerate(words)
    )


def _header(octets: bytes, at: int) -> int:
    """Return where the header of an object begins whose word stands at ``at``; -1: none is there."""
    generation, commented = _before(octets, at)
    if commented:
        return generation
    number = _back(octets, generation, _DIGITS)
    if number == generation:
        return -1
    if octets[number - 1] in b"+-":
        number -= 1  # MuPDF parts numbers by their signs
    elif octets[number - 1] not in _WHITE:
        return -1
    ends, commented = _before(octets, number)
    return ends - 1 if commented or octets[max(0, ends - 1) : ends].isdigit() else -1


def _before(octets: bytes, at: int) -> tuple[int, bool]:
    """Return where blanks and comments before ``at`` begin, and whether a number is known to stand before a comment there."""
    for _ in range(MAX_COMMENTS):
        begun = _back(octets, at, _WHITE)
        if not {10, 13} & set(octets[begun:at][:LINE]):
            return begun, False
        line = octets[max(0, begun - LINE) : begun].replace(b"\r", b"\n").rpartition(b"\n")[2]
        if len(line) == LINE or _COMMENTED.search(line):
            return begun - len(line), True
        if not line.lstrip(_WHITE).startswith(b"%"):
            return begun, False
        at = begun - len(line)
    return at, True


def _back(octets: bytes, at: int, over: bytes) -> int:
    """Go back over certain octets."""
    while at > 0:
        window = octets[max(0, at - LINE) : at]
        left = len(window.rstrip(over))
        at -= len(window) - left
        if left:
            break
    return at


def first_member(octets: bytes) -> Region | None:
    """Return where the part of seal data stands that was signed; a picture in it may be a package of its own."""
    try:
        inside = der.Reader(octets).enter(der.SEQUENCE)
        begin = inside.position
        return begin, begin + len(inside.element())
    except der.DerError:
        return None


def where_signed(octets: bytes, content: bytes | None) -> Region | None:
    """Return where the content of a container stands in it, in one run or in the pieces of a writer that streams; ``None``: nowhere so."""
    if not content:
        return None
    at = octets.find(content)
    return (at, at + len(content)) if at >= 0 else _in_pieces(octets, content)


def _in_pieces(octets: bytes, content: bytes) -> Region | None:
    """Find the content cut into OCTET STRINGs of one usual length, the last as long or shorter, right behind one another."""
    first = octets.find(content[: min(PIECES)])
    for size in PIECES:
        head = der.header(der.OCTET_STRING, min(size, len(content)))
        if first >= len(head) and octets.startswith(head, first - len(head)):
            return _run_of_pieces(octets, content, first - len(head), size)
    return None


def _run_of_pieces(octets: bytes, content: bytes, start: int, size: int) -> Region | None:
    at, held, wanted = start, memoryview(octets), memoryview(content)
    for begun in range(0, len(content), size):
        piece = wanted[begun : begun + size]
        head = der.header(der.OCTET_STRING, len(piece))
        at += len(head)
        if held[at - len(head) : at] != head or held[at : at + len(piece)] != piece:
            return None
        at += len(piece)
    return start, at
