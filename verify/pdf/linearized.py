"""A document that calls itself linearized (ISO 32000-2 annex F) may sleep until its figures come true.

Some readers count and find pages by the first object of the file, and by the table that stands behind it, as soon as they fit: /L is the
length of the file, /H leads to hints. Who prepares figures that fit only a longer file, has it signed and lengthens it, be it by blanks, has
other pages shown; sealing itself lengthens a file, too, and blanks are enough.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.appended import signed_start
from verify.pdf.extents import head_end
from verify.pdf.pdf_values import plain_name
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.syntax import Dictionary, Reader

_HEADER: Final = re.compile(rb"[\x00\t\n\x0c\r ]{0,1024}+(?:%[^\r\n]*+[\r\n][\x00\t\n\x0c\r ]*+)*+")
_NAME: Final = re.compile(b"/" + b"".join(b"(?:%c|#(?i:%02x))" % (one, one) for one in b"Linearized"))
"""The name however it is spelled (ISO 32000-2 §7.3.5), or the begin of a longer one: some readers cut names off."""
_BLANK: Final = re.compile(rb"[\x00\t\n\x0c\r ]*+")
_NEAR: Final = 1024
"""Octets in which the file's header begins, and in which readers look for the end of the first object."""


def wakes(data: bytes, covered: int, *, grown: bool) -> bool:
    """Tell whether the first object states linearization by figures that came true with a signature, or may behind it.

    Where more than blanks is behind the ``covered`` octets, the file has ``grown``, and any figure of a longer one counts: readers compare /L
    alone, but hints may lead into what was appended. Who signs a file and linearizes it in one step names in its end mark the table that
    readers take.
    """
    start = max(0, data.find(b"%PDF-", 0, _NEAR))
    begin = _HEADER.match(data, start)
    position = start if begin is None else begin.end()
    if _NAME.search(data, 0, position) is not None:
        return True  # PDFium begins to read within the first line, which is a comment to all others
    body = head_end(data, position)
    stop = head_end(data, body + len(b"obj"))
    if _NAME.search(data, position, stop) is None:
        return False
    try:
        figures = _figures(data, position)
    except NotPlain:
        return True
    if grown and any(one > covered for one in figures):
        return True
    return bool({covered, len(data)} & set(figures[:1])) and not _is_led_by(data, stop, covered)


def _figures(data: bytes, position: int) -> list[int]:
    """Return the length of the file as the parameters say it, and where hints end; raises :class:`NotPlain` where readers may take them differently."""
    reader = Reader(data)
    reader.header(position)
    found = reader.value(reader.end)
    if not isinstance(found, Dictionary):
        return []
    if not all(map(plain_name, found)):
        raise NotPlain(Reason.SYNTAX, "linearization parameters")
    if "/Linearized" not in found:
        return []
    hints = found.get("/H")
    pairs = hints if isinstance(hints, list) else []
    numbers = [found.get("/L", 0), *pairs]
    if not all(type(one) is int and one >= 0 for one in numbers) or len(pairs) % 2:
        raise NotPlain(Reason.SYNTAX, "linearization parameters")
    return [numbers[0], *(one + length for one, length in zip(pairs[::2], pairs[1::2], strict=True))]


def _is_led_by(data: bytes, stop: int, covered: int) -> bool:
    """Tell whether the signed octets end with a mark that names the table behind the first object, as a linearized file does."""
    end = data.find(b"endobj", 0, _NEAR)
    table = _BLANK.match(data, end + len(b"endobj"))
    return end == stop and table is not None and signed_start(data, covered) == table.end()
