"""When two texts are the same to a reader: the rules by which a keyword is found (pure; no PDF library here).

Characters are compared by Unicode's compatibility form (NFKC: full and half width, Kangxi radicals, ligatures), spaces and
line breaks between Chinese characters do not count, others are one space, and control signs are dropped. Letters keep
their case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in the page's default user space."""

MAX_MATCHES: Final = 2_000
"""Matches listed of one document; a keyword that stands more often is no place for a seal."""
_NOT_TEXT: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Categories that no reader sees; PDFium marks a hyphen at a line's end by U+FFFE."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Where a text stands, by page (from 1) and in the order it is read from the file; ``pictures`` are pages without text."""

    boxes: tuple[tuple[int, tuple[Box, ...]], ...]
    pictures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text as it is compared; ``origin[i]`` is the index of the character that sign ``i`` came from."""

    signs: str
    origin: tuple[int, ...]


def plain(text: str) -> PlainText:
    """Make a text comparable."""
    signs: list[str] = []
    origin: list[int] = []
    space: int | None = None
    for sign, at in _signs(text):
        if sign.isspace():
            space = at if space is None else space
            continue
        if space is not None and signs and not (_chinese(signs[-1]) or _chinese(sign)):
            signs.append(" ")
            origin.append(space)
        space = None
        signs.append(sign)
        origin.append(at)
    return PlainText("".join(signs), tuple(origin))


def _signs(text: str) -> Iterator[tuple[str, int]]:
    for at, character in enumerate(text):
        for sign in unicodedata.normalize("NFKC", character):
            if sign.isspace() or unicodedata.category(sign) not in _NOT_TEXT:
                yield sign, at


def _chinese(sign: str) -> bool:
    """Tell whether a sign is written without spaces around it: Han, kana, and their full-width punctuation."""
    return unicodedata.east_asian_width(sign) in "WF"


def occurrences(text: PlainText, keyword: str) -> Iterator[Sequence[int]]:
    """Yield for each place, without overlaps, the indices of the characters that make up the keyword."""
    wanted = plain(keyword).signs
    if not wanted:
        return
    at = text.signs.find(wanted)
    while at >= 0:
        yield sorted(set(text.origin[at : at + len(wanted)]))
        at = text.signs.find(wanted, at + len(wanted))


def joined(boxes: Sequence[Box]) -> Box | None:
    """Give the box of a match from its characters' boxes; over a line break, that of the line with more of it."""
    lines: list[list[Box]] = []
    for box in boxes:
        if lines and _same_line(lines[-1][-1], box):
            lines[-1].append(box)
        else:
            lines.append([box])
    if not lines:
        return None
    longest = max(lines, key=len)
    lefts, bottoms, rights, tops = zip(*longest, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _same_line(one: Box, other: Box) -> bool:
    """Tell whether two characters that follow each other stand on one line, in whichever direction it runs."""
    size = max(one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1])
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return across <= GAP * size and down <= GAP * size and min(across, down) < 0


GAP: Final = 3.0
"""Spaces within a line may be this many times as wide as a character: blanks between 盖 and 章 in a form."""
