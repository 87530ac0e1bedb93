"""Which entries a location may name for some reader: every one whose path ends with it, in any spelling (ST_Loc, GB/T 33190 §7.2).

Readers begin at the file that a location stands in, at the folder of the document, at ``BaseLoc`` of a resource file or at the root; one
stops a step upwards at the root, another trims each name, decodes ``%20``, or reads text up to the first comment. Wherever a reader begins
and however it goes, what it opens ends with the location as :func:`verify.ofd.names.canonical` has it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from verify.ofd import limits
from verify.ofd.names import URI, canonical, folded
from verify.ofd.xml import Element

_UNICODE: Final = frozenset({"", "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii"})
_ASSUMED: Final = ("utf-8", "gb18030")
"""Encodings that readers take for granted, whatever a file declares."""
_LONGEST: Final = 4 * limits.MAX_PATH
"""Characters at the end of a text in which the last name of a location stands."""
_SLACK: Final = "/. \t\r\n"
"""What may follow the last name and leads nowhere."""


def texts(element: Element, encoding: str, *, names: bool) -> Iterator[str]:
    """Yield every text that some reader takes an element's for; ``names`` where it must name a file.

    A reader may stop at a comment, take what children say into it, and pass over the encoding that the file declares.
    """
    found = [element.text]
    if element.broken:
        found += element.pieces()
    if element.children and (element.broken or names):
        found.append(element.whole(_LONGEST))
    for text in found:
        yield text
        yield from otherwise(text, encoding)


def otherwise(text: str, encoding: str) -> Iterator[str]:
    """Yield a text as readers see it that pass over a declared encoding."""
    if encoding in _UNICODE or text.isascii():
        return
    try:
        octets = text.encode(encoding)
    except (LookupError, UnicodeError):
        return
    for assumed in _ASSUMED:
        yield octets.decode(assumed, "replace")


class Index:
    """The entries of a package by the ends of their paths."""

    def __init__(self, spelt: Iterable[tuple[str, str]]) -> None:
        """Take the entries' paths in each spelling, with the path that stands for it."""
        rows = sorted((f"/{canonical(name)}"[::-1], path) for name, path in spelt)
        self._keys = [key for key, _ in rows]
        self._paths = [path for _, path in rows]
        self._last = frozenset(key.partition("/")[0][::-1] for key in self._keys)
        letters = {name[-1] for name in self._last if name}
        self._ends = frozenset(letters | {letter.upper() for letter in letters} | set(_SLACK) | {"\\"})

    def ending_in(self, query: str) -> tuple[str, ...]:
        """Return the entries whose paths end with a location (:func:`verify.ofd.names.canonical`), each once."""
        return tuple(dict.fromkeys(self._paths[at] for at in self._rows(query)))

    def may_name(self, text: str) -> bool:
        """Tell by a look whether a text may name an entry: nearly all texts of a page are numbers, words and paths."""
        if not text or text.isspace():
            return False
        return text[-1] in self._ends or not text.isascii() or URI.search(text) is not None

    def query(self, text: str) -> str:
        """Return the location in a text if some entry's path ends with it; else nothing."""
        if not text or text.isspace() or not self._ends_well(text):
            return ""
        query = canonical(text)
        return query if query and next(self._rows(query), None) is not None else ""

    def _ends_well(self, text: str) -> bool:
        """Tell whether the last name of a text is that of an entry."""
        tail = folded(text.rstrip()[-_LONGEST:])
        cut = tail.replace("\\", "/").rstrip(_SLACK)
        if not cut or ".." in tail[len(cut) :]:
            return True
        return " ".join(cut.rpartition("/")[2].split()) in self._last

    def _rows(self, query: str) -> Iterator[int]:
        prefix = f"/{query}"[::-1]
        at = bisect_left(self._keys, prefix)
        while at < len(self._keys) and self._keys[at].startswith(prefix):
            yield at
            at += 1
