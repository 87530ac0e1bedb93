"""A fast scan for references: which object numbers an object points at, defined or not.

It reads the octets of each object up to its stream or end, skipping strings, comments and names as ISO 32000-2 §7.2
and §7.3 define them, and over-reports rather than misses: overridden and unreachable objects count too. What it finds
is then looked at exactly (:class:`verify.pdf.graph.Graph`); what it does not find is referred to by nothing.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.pdf_values import Ref

_NEXT: Final = re.compile(
    rb"[(%]|<<|<|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*"
    rb"|([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+R|endobj|stream"
)
_STRING: Final = re.compile(rb"[()]|\\.", re.DOTALL)
_LINE_END: Final = re.compile(rb"[\r\n]")


def scan(data: bytes, offset: int) -> frozenset[Ref]:
    """Return the references in the object at ``offset``, its dictionary included, its stream not."""
    return _scan(data, offset)[0]


def scan_all(text: bytes) -> frozenset[Ref]:
    """Return the references in objects that stand one after the other, as in an object stream."""
    found: set[Ref] = set()
    position = 0
    while position < len(text):
        more, position = _scan(text, position)
        found |= more
    return frozenset(found)


def _scan(data: bytes, position: int) -> tuple[frozenset[Ref], int]:
    found: set[Ref] = set()
    while (match := _NEXT.search(data, position)) is not None:
        position = match.end()
        token = match.group()
        if match.group(1) is not None:
            found.add(Ref(int(match.group(1)), int(match.group(2))))
        elif token == b"(":
            position = skip_string(data, position)
        elif token == b"%":
            end = _LINE_END.search(data, position)
            position = len(data) if end is None else end.end()
        elif token == b"<":
            end_of_hex = data.find(b">", position)
            position = len(data) if end_of_hex < 0 else end_of_hex + 1
        elif token in {b"endobj", b"stream"}:
            return frozenset(found), position
    return frozenset(found), len(data)


def skip_string(data: bytes, position: int) -> int:
    """Return the position behind the string whose first parenthesis stands before ``position``."""
    depth = 1
    while (match := _STRING.search(data, position)) is not None:
        position = match.end()
        token = match.group()
        depth += {b"(": 1, b")": -1}.get(token, 0)
        if depth == 0:
            return position
    return len(data)
