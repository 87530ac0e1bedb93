"""Where a short word stands in many octets, looked for at the speed of memory.

The searches of the standard library take a byte a cycle; with vector instructions it is a sixth of that or less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stringzilla import find

_MANY: Final = 100_000
"""Places from where each call costs more than what it saves."""


def places_of(word: bytes, data: bytes) -> Iterator[int]:
    """Yield every offset of ``data`` where ``word``, which does not overlap itself, begins, in order."""
    after = 0
    for _ in range(_MANY):
        at: int = find(data, word, after)
        if at < 0:
            return
        yield at
        after = at + len(word)
    yield from (found.start() for found in re.compile(re.escape(word)).finditer(data, after))
