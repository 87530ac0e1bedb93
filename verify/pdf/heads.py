"""What can be said of an object by its octets alone: where its dictionary ends, which references and which words stand in it.

Only of heads without strings, comments and escaped names, as those of nearly all pages are; of any other nothing is said, and it is read.
"""

from __future__ import annotations

import re
from typing import Final

from verify.pdf.plain.syntax import Ref

_HEAD: Final = re.compile(
    rb"([0-9]{1,10} [0-9]{1,5} obj)(?:[^(%</eostx]++|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*+|<<|<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>"
    rb"|(?!endobj|stream|obj|xref|startxref|trailer)[eostx])*+(endobj|stream)"
)
"""Up to the first keyword, as extents and the scan for references go (:mod:`verify.pdf.extents`, :mod:`verify.pdf.references`)."""
_HEADER: Final = re.compile(rb"[0-9]{1,10} [0-9]{1,5} obj")
_REFERENCE: Final = re.compile(rb"([0-9]{1,10}+)[\x00\t\n\x0c\r ]++([0-9]{1,5}+)[\x00\t\n\x0c\r ]++R")
_OPENED: Final = re.compile(rb"[\x00\t\n\x0c\r ]*+<<")
_CLOSED: Final = re.compile(rb">>[\x00\t\n\x0c\r ]*+endobj")
_NEAR: Final = 1024
"""Octets in which most heads end."""
_BEFORE: Final = b"\x00\t\n\x0c\r >]"
"""Octets behind which a keyword is no part of a name."""
_new: Final = tuple.__new__


Head = tuple[int, int, bool]
"""A simple head: where its value begins, where its dictionary ends, and whether a stream follows."""


class Heads:
    """The heads of the objects of one document, each measured once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._heads: dict[int, Head | None] = {}

    def at(self, offset: int) -> Head | None:
        """Return the head of the object at ``offset``; ``None``: it is not simple."""
        if offset not in self._heads:
            self._heads[offset] = self._simplest(offset) or self._simple(offset)
        return self._heads[offset]

    def _simplest(self, offset: int) -> Head | None:
        """Measure a head in which no octet may mean anything else than it seems to: no strings at all, no keyword in a name."""
        data = self._data
        end = data.find(b"endobj", offset, offset + _NEAR)
        begun = data.find(b"stream", offset, offset + _NEAR if end < 0 else end)
        end = end if begun < 0 else begun
        found = _HEADER.match(data, offset)
        if end < 0 or found is None or data[end - 1] not in _BEFORE:
            return None
        begin = found.end()
        head = data[begin:end]
        if b"(" in head or b"%" in head or head.count(b"<") != 2 * head.count(b"<<"):
            return None
        if b"obj" in head or b"xref" in head or b"trailer" in head:  # a keyword, or part of a name
            return None
        return begin, end, begun >= 0

    def _simple(self, offset: int) -> Head | None:
        found = _HEAD.match(self._data, offset)
        return None if found is None else (found.end(1), found.start(2), found[2] == b"stream")

    def references(self, offset: int) -> frozenset[Ref] | None:
        """Return whatever reads like a reference in the object at ``offset``; ``None``: it is not simple."""
        head = self.at(offset)
        if head is None:
            return None
        found = _REFERENCE.findall(self._data, head[0], head[1])
        return frozenset([_new(Ref, (int(number), int(generation))) for number, generation in found])

    def lacks(self, offset: int, ref: Ref, key: bytes) -> bool:
        """Tell whether the object is certainly a dictionary, ``ref`` itself, in which ``key`` stands nowhere."""
        head, data = self.at(offset), self._data
        if head is None or head[2] or not data.startswith(b"%d %d obj" % ref, offset):
            return False
        begin, end, _ = head
        if data.find(key, begin, end) >= 0 or data.find(b"#", begin, end) >= 0:
            return False
        closed = _CLOSED.match(data, data.rfind(b">>", begin, end))
        return closed is not None and _OPENED.match(data, begin) is not None
