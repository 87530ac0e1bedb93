"""Which pages: ``all``, ``odd``, ``even``, ``last``, ``1-3,5,8``, or several of these."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from signing.errors import PageMissing
from signing.placing.errors import NoPageChosen, PageRangeUnreadable

MAX_RANGE_LENGTH: Final = 200
"""Longest text read as a choice of pages: some thirty separate ranges; more is a list that nobody checks by eye."""
_ITEM: Final = re.compile(r"(all|odd|even|last)|([1-9][0-9]{0,5})(?:-([1-9][0-9]{0,5}))?")


@dataclass(frozen=True, slots=True)
class PageRange:
    """A choice of pages in the words it was made in; which pages that are is known once the document is.

    :class:`PageRangeUnreadable` if it cannot be read.
    """

    text: str = "all"

    def __post_init__(self) -> None:
        items = [item.strip() for item in self.text[: MAX_RANGE_LENGTH + 1].lower().split(",")]
        if len(self.text) > MAX_RANGE_LENGTH or not all(map(_readable, items)):
            raise PageRangeUnreadable(self.text[:MAX_RANGE_LENGTH])
        object.__setattr__(self, "text", ",".join(items))

    def __str__(self) -> str:
        return self.text

    def numbers(self, count: int) -> tuple[int, ...]:
        """List the pages chosen of a document of ``count`` pages, in order, each once.

        :class:`PageMissing` if one that is named is not there, :class:`NoPageChosen` if none is (``even`` of one page).
        """
        chosen: set[int] = set()
        for item in self.text.split(","):
            chosen.update(_chosen(item, count))
        if not chosen:
            raise NoPageChosen(self.text, count)
        return tuple(sorted(chosen))


def _readable(item: str) -> bool:
    found = _ITEM.fullmatch(item)
    return found is not None and (found[3] is None or int(found[2]) <= int(found[3]))


def _chosen(item: str, count: int) -> range:
    words = {
        "all": range(1, count + 1),
        "odd": range(1, count + 1, 2),
        "even": range(2, count + 1, 2),
        "last": range(count, count + 1),
    }
    if item in words:
        return words[item]
    first, _, last = item.partition("-")
    end = int(last or first)
    if end > count:
        raise PageMissing(end, count)
    return range(int(first), end + 1)
