"""What the library may read of one document's cross-reference streams.

Each says itself how many entries it has (/Index, /Size; ISO 32000-2 §7.5.8.2), and the library goes on to that number where the octets
have ended, or where an entry takes none: a file of one kilobyte kept it busy for good. There is no setting for this, so its
generator of entries is wrapped, once, where it is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from pyhanko.pdf_utils import xref
from pyhanko.pdf_utils.misc import PdfReadError

MAX_ENTRIES: Final = 1_000_000
"""Entries of all cross-reference streams of a document: a gigabyte of objects has fewer."""
OCTETS_EACH: Final = 2
"""An object and its entry take more, packed as they may be; a short file that claims a million of them is refused at once."""
SPARE: Final = 1_000
"""Entries that any file may claim beside that: of free numbers, or a few too many."""
_left: ContextVar[list[int] | None] = ContextVar("entries that may be read", default=None)


@contextmanager
def bounded(octets: int) -> Iterator[None]:
    """Bound what the library reads in this block of a file of so many octets; beyond it raises ``PdfReadError``."""
    token = _left.set([min(MAX_ENTRIES, SPARE + octets // OCTETS_EACH)])
    try:
        yield
    finally:
        _left.reset(token)


def _counted(*arguments: Any, **named: Any) -> Iterator[Any]:
    left = _left.get()
    for entry in _entries(*arguments, **named):
        if left is not None:
            left[0] -= 1
            if left[0] < 0:
                raise PdfReadError("cross-reference streams list too many objects")
        yield entry


_entries: Final = xref.parse_xref_stream
xref.parse_xref_stream = _counted
