"""A document that calls itself linearized (ISO 32000-2 annex F) may sleep until its figures come true.

Some readers count and find pages by the first object of the file, without any table, as soon as it fits: its /L is the length of the
file, its /H leads to hints. Who prepares figures that fit only a longer file, has it signed and lengthens it, has other pages shown.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.syntax import Dictionary, Reader

_HEADER: Final = re.compile(rb"[\x00\t\n\x0c\r ]{0,1024}+(?:%[^\r\n]*+[\r\n][\x00\t\n\x0c\r ]*+)*+")
_NEAR: Final = 1024
"""Octets in which the first object's dictionary ends; linearization parameters stand in the first kilobyte (annex F.3.3)."""


def wakes(data: bytes, covered: int) -> bool:
    """Tell whether the first object states linearization by figures that lie behind the ``covered`` octets."""
    start = data.find(b"%PDF-", 0, _NEAR)
    begin = _HEADER.match(data, max(0, start))
    position = 0 if begin is None else begin.end()
    head = data[position : position + _NEAR]
    if b"inearized" not in head and b"#" not in head:
        return False
    reader = Reader(data)
    try:
        reader.header(position)
        found = reader.value(reader.end)
        figures = _figures(found) if isinstance(found, Dictionary) else []
    except NotPlain:
        return True
    return any(figure > covered for figure in figures)


def _figures(found: Dictionary) -> list[int]:
    """Return where the parameters say that something ends; what is no number is beyond everything."""
    if "/Linearized" not in found:
        return []
    hints = found.get("/H")
    pairs = hints if isinstance(hints, list) else []
    numbers = [found.get("/L", 0), *pairs]
    if not all(type(one) is int and one >= 0 for one in numbers) or len(pairs) % 2:
        raise NotPlain(Reason.SYNTAX, "linearization parameters")
    return [numbers[0], *(one + length for one, length in zip(pairs[::2], pairs[1::2], strict=True))]
