"""How the objects of an object stream lie in it (ISO 32000-2 §7.5.7): one behind the other, as its head lists them.

Readers find an object in two ways, by where it begins and by where the next one does, and differ about what is a blank. So a head
holds digits and blanks alone, the first object begins behind it, and each ends before the next begins.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.syntax import Value

MAX_CONTAINED: Final = 20_000
"""Objects in one object stream; writers put some hundred."""
_HEAD: Final = re.compile(rb"[\t\n\x0c\r ]*+(?:[0-9]{1,10}(?:[\t\n\x0c\r ]++|\Z))*+")
"""Of the blanks without NUL, which some readers trip over; Python's own methods take a vertical tab for one more."""
_NUMBER: Final = re.compile(rb"[0-9]+")
_ENDED: Final = re.compile(rb"(?<![0-9])|(?=[\t\n\x0c\r <\[(/])")
"""Where the last number of a head ends: at a blank, or at an object that begins with none of its digits."""
_BLANKS: Final = re.compile(rb"[\x00\t\n\x0c\r ]*+")


class Inside(NamedTuple):
    """One object of an object stream: its number, where it begins, and where the next one does or the stream ends."""

    number: int
    begin: int
    end: int


def listed_in(unpacked: bytes, count: Value, first: Value) -> list[Inside]:
    """Read the head of an object stream: its objects in their order. :class:`NotPlain`."""
    if type(count) is not int or type(first) is not int:
        raise _odd()
    if not 0 <= count <= MAX_CONTAINED or not 0 <= first <= len(unpacked):
        raise _odd()
    head = unpacked[:first]
    if _HEAD.fullmatch(head) is None or _ENDED.match(unpacked, first) is None:
        raise _odd()
    numbers = list(map(int, _NUMBER.findall(head)))
    if len(numbers) != 2 * count:
        raise _odd()
    bounds = [first + offset for offset in numbers[1::2]] + [len(unpacked)]
    listed = list(map(Inside, numbers[::2], bounds, bounds[1:]))
    if listed and (bounds[0] != first or any(one.begin >= one.end for one in listed)):
        raise _odd()
    return listed


def check_end(unpacked: bytes, end: int, inside: Inside) -> None:
    """Demand that an object, whose value was read up to ``end``, ends before the next begins, and nothing stands between. :class:`NotPlain`."""
    if end != inside.end and (end > inside.end or _BLANKS.fullmatch(unpacked, end, inside.end) is None):
        raise NotPlain(Reason.SYNTAX, f"object {inside.number} is not alone in its part of an object stream")


def _odd() -> NotPlain:
    return NotPlain(Reason.SYNTAX, "the head of an object stream")
