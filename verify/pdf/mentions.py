"""Which objects mention an object, asked for one at a time: the octets of all that a revision defines, searched at the speed of memory.

Simple heads (:mod:`verify.pdf.heads`) are laid side by side, written so that a reference reads in one way only; of all others the
references are looked for one by one (:mod:`verify.pdf.references`). Both report too much rather than too little.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import Final

from verify.pdf.heads import Heads
from verify.pdf.pdf_values import Ref
from verify.pdf.references import scan

MAX_SEARCHES: Final = 64
"""References searched for one by one; whoever asks for more follows long chains, and a table of all is made for them."""
_APART: Final = b"("
"""Put between heads that are searched together: it stands in no simple head, and no reference goes across it."""
_BLANKS: Final = bytes.maketrans(b"\x00\t\n\x0c\r", b"     ")
_ZEROS: Final = re.compile(rb" 0{1,4}(?=[0-9]{1,4} R)")
"""Zeros that lead a generation; those that lead a number are passed over where it is found."""
_WIDE: Final = re.compile(rb"  (?:[0-9]{1,5} ++)?R")
"""What only a reference with more than single blanks looks like; it begins with letters that are found fast."""
_REFERENCE: Final = re.compile(rb"([0-9]{1,10}+) ([0-9]{1,5}+) R")
_DIGITS: Final = b"0123456789"


class Mentions:
    """What the objects that begin at some offsets refer to, defined or not."""

    def __init__(self, data: bytes, heads: Heads, offsets: Iterable[int]) -> None:
        self._side_by_side: list[int] = []
        """Where the heads in the text begin in the file, in its order."""
        self._searches = 0
        self._scanned: dict[Ref, set[int]] = defaultdict(set)
        texts: list[bytes] = []
        begins = list(dict.fromkeys(offsets))
        for offset, head in zip(begins, heads.measure(begins), strict=True):
            if head is None:
                for ref in scan(data, offset):
                    self._scanned[ref].add(offset)
            else:
                self._side_by_side.append(offset)
                texts.append(data[head[0] : head[1]])
        self._text = _in_one_way(_APART.join(texts))

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(text) + len(_APART) for text in self._text.split(_APART)))

    def of(self, ref: Ref) -> set[int]:
        """Return where the objects begin that mention ``ref``."""
        if self._searches == MAX_SEARCHES:
            return self._all.get(ref, set())
        self._searches += 1
        return self._search(ref) | self._scanned.get(ref, set())

    def _search(self, ref: Ref) -> set[int]:
        found: set[int] = set()
        text, written = self._text, b"%d %d R" % ref
        at = text.find(written)
        while at >= 0:
            begin = at
            while text[begin - 1 : begin] == b"0":
                begin -= 1
            if begin and text[begin - 1] in _DIGITS:  # the end of a longer number
                at = text.find(written, at + 1)
                continue
            head = bisect_right(self._ends, at)
            found.add(self._side_by_side[head])
            at = text.find(written, self._ends[head])
        return found

    @cached_property
    def _all(self) -> dict[Ref, set[int]]:
        """Every reference and where it is made, for a document of which much is asked."""
        found = self._scanned
        for offset, text in zip(self._side_by_side, self._text.split(_APART), strict=False):
            for number, generation in _REFERENCE.findall(text):
                found[Ref(int(number), int(generation))].add(offset)
        return found


def _in_one_way(text: bytes) -> bytes:
    """Write every reference with single blanks, and its generation without leading zeros."""
    text = text.translate(_BLANKS)
    if _WIDE.search(text) is not None:
        while b"  " in text:
            text = text.replace(b"  ", b" ")
    return _ZEROS.sub(b" ", text)
