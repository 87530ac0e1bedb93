"""Streams as nearly all writers write them: packed once or not at all, their length in their dictionary; read in one step.

What matches is a part of what :mod:`verify.pdf.plain.syntax` reads, and means the same; all else is left to it.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.plain.filters import inflate

_BLANK: Final = rb"[\t\n\x0c\r ]*+"
_FILTER: Final = rb"/Filter" + _BLANK + rb"(?:/FlateDecode|\[" + _BLANK + rb"/FlateDecode" + _BLANK + rb"\])"
_LENGTH: Final = rb"/Length[\t\n\x0c\r ]++([0-9]{1,9})"
_USUAL: Final = re.compile(
    rb"[0-9]{1,10} 0 obj" + _BLANK + rb"<<" + _BLANK
    + rb"(?:" + _FILTER + _BLANK + _LENGTH
    + rb"|" + _LENGTH + _BLANK + _FILTER
    + rb"|" + _LENGTH + rb")"
    + _BLANK + rb">>" + _BLANK + rb"stream(?:\r\n|\n)"
)  # fmt: skip
"""The group that matched tells the order of the entries; the third: there is no filter."""
_UNPACKED: Final = 3
_ENDS: Final = (b"\nendstream", b"\r\nendstream", b"endstream", b"\rendstream")


def usual_stream(data: bytes, offset: int) -> bytes | None:
    """Unpack the stream at ``offset``, where an object is known to begin; ``None``: it is not written in a usual way."""
    found = _USUAL.match(data, offset)
    if found is None:
        return None
    kind = found.lastindex
    start = found.end()
    end = start + int(found[kind or 0])
    if not data.startswith(_ENDS, end):
        return None
    return data[start:end] if kind == _UNPACKED else inflate(data[start:end])
