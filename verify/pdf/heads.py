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
_DOUBTFUL: Final = (b"%", b"obj", b"xref", b"trailer")
"""What begins a comment, and what is a keyword, or part of a name."""


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
        """Measure the heads at many offsets, with one look at all of them together for words that nearly no head holds."""
        data, known = self._data, self._heads
        asked = list(offsets)
        near: list[tuple[int, Head]] = []
        texts: list[bytes] = []
        for offset in asked:
            if offset in known:
                continue
            head = self._nearest(offset)
            if head is not None:
                text = data[head[0] : head[1]]
                if b"(" not in text and text.count(b"<") == 2 * text.count(b"<<"):  # no strings at all
                    near.append((offset, head))
                    texts.append(text)
                    continue
            known[offset] = self._simple(offset)
        if not _doubtful(b"\n".join(texts)):
            known.update(near)
        else:
            for (offset, head), text in zip(near, texts, strict=True):
                known[offset] = self._simple(offset) if _doubtful(text) else head
        return [known[offset] for offset in asked]

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


def _doubtful(text: bytes) -> bool:
    """Tell whether a comment or a keyword may stand in one head, or in one of several with blanks between them."""
    return any(word in text for word in _DOUBTFUL)
