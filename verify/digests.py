"""Digests of prefixes of one document, each octet hashed once: signatures, revisions and the file share their beginning."""

from __future__ import annotations

import hashlib
from bisect import bisect_right


class Prefixes:
    """Digest states of ``data`` at the offsets asked for so far, by ``hashlib`` algorithm."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._states: dict[str, tuple[list[int], list[hashlib._Hash]]] = {}
        self._spans: dict[tuple[str, int, int, int], bytes] = {}

    def upto(self, algorithm: str, end: int) -> hashlib._Hash:
        """Return a state of its own over ``data[:end]``, continued from the nearest one known."""
        offsets, states = self._states.setdefault(algorithm, ([0], [hashlib.new(algorithm)]))
        found = bisect_right(offsets, end) - 1
        state = states[found].copy()
        if offsets[found] < end:
            state.update(self._data[offsets[found] : end])
            offsets.insert(found + 1, end)
            states.insert(found + 1, state.copy())
        return state

    def without(self, algorithm: str, gap_start: int, gap_end: int, end: int) -> bytes:
        """Digest ``data[:end]`` without ``data[gap_start:gap_end]``, once for each span."""
        span = (algorithm, gap_start, gap_end, end)
        if span not in self._spans:
            state = self.upto(algorithm, gap_start)
            state.update(self._data[gap_end:end])
            self._spans[span] = state.digest()
        return self._spans[span]
