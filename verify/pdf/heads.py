"""What can be said of an object by its octets alone: where its dictionary ends, and which words stand nowhere in it.

Only of heads without strings, comments and escaped names, as those of nearly all pages are; of any other nothing is said, and it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from verify.pdf.plain.syntax import Ref

_HEAD: Final = re.compile(
    rb"([0-9]{1,10} [0-9]{1,5} obj)(?:[^(%</eostx]++|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*+|<<|<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>"
    rb"|(?!endobj|stream|obj|xref|startxref|trailer)[eostx])*+(endobj|stream)"
)
"""Up to the first keyword, as extents and the scan for references go (:mod:`verify.pdf.extents`, :mod:`verify.pdf.references`)."""
_HEADER: Final = re.compile(rb"[0-9]{1,10} [0-9]{1,5} obj")
_OPENED: Final = re.compile(rb"[\x00\t\n\x0c\r ]*+<<")
_CLOSED: Final = re.compile(rb">>[\x00\t\n\x0c\r ]*+endobj")
_NEAR: Final = 1024
"""Octets in which most heads end."""
_BEFORE: Final = b"\x00\t\n\x0c\r >]"
"""Octets behind which a keyword is no part of a name."""
_UNCLEAR: Final = b"("
_DOUBTFUL: Final = (_UNCLEAR, b"%", b"obj", b"xref", b"trailer")
"""What begins a string or a comment, and what is a keyword, or part of a name."""
_TOGETHER: Final = 64
"""Heads looked at together: many, and few enough that a signature among them costs little."""


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
            self.measure((offset,))
        return self._heads[offset]

    def measure(self, offsets: Iterable[int]) -> list[Head | None]:
        """Measure the heads at many offsets."""
        asked = list(offsets)
        fresh = [offset for offset in asked if offset not in self._heads]
        for first in range(0, len(fresh), _TOGETHER):
            self._measure(fresh[first : first + _TOGETHER])
        return [self._heads[offset] for offset in asked]

    def _measure(self, offsets: list[int]) -> None:
        """Look at some heads together for what nearly none holds; only where it is found, at each."""
        data = self._data
        heads = [self._nearest(offset) for offset in offsets]
        texts = [_UNCLEAR if head is None else data[head[0] : head[1]] for head in heads]
        if _clear(b"\n".join(texts)):
            self._heads.update(zip(offsets, heads, strict=True))
            return
        for offset, head, text in zip(offsets, heads, texts, strict=True):
            self._heads[offset] = head if _clear(text) else self._simple(offset)

    def _nearest(self, offset: int) -> Head | None:
        """Measure up to the first letters of a keyword, whatever they are part of; ``None``: there are none near."""
        data, most = self._data, offset + _NEAR
        begun = data.find(b"stream", offset, most)
        end = data.find(b"endobj", offset, most if begun < 0 else begun)
        stop = begun if end < 0 else end
        found = _HEADER.match(data, offset)
        if stop < 0 or found is None or data[stop - 1] not in _BEFORE:
            return None
        return found.end(), stop, end < 0

    def _simple(self, offset: int) -> Head | None:
        found = _HEAD.match(self._data, offset)
        return None if found is None else (found.end(1), found.start(2), found[2] == b"stream")

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


def _clear(text: bytes) -> bool:
    """Tell that no octet of a head, or of several with blanks between them, may mean anything else than it seems to.

    No string, comment or keyword stands in it. Brackets count two each, so that a single one is missed neither in one head nor in many.
    """
    return text.count(b"<") == 2 * text.count(b"<<") and not any(word in text for word in _DOUBTFUL)
