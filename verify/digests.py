"""Digests by name, SM3 among them, and those of prefixes of one document, each octet hashed once.

Signatures, revisions and the file itself share their beginning.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, Self

from cryptography.hazmat.primitives import hashes

SM3: Final = "sm3"
SHAKE256: Final = "shake256"
"""With 512 bits of output, as Ed448 has it (RFC 8419)."""
AHEAD_FROM: Final = 4 << 20
"""Octets from where digesting takes longer than beginning a thread and waiting for its turns."""


class Running(Protocol):
    """A digest that is fed piece by piece and can be forked, as ``hashlib`` has it."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next octets."""

    def digest(self) -> bytes:
        """Return the digest of what was taken so far."""

    def hexdigest(self) -> str:
        """Return the same in lower-case hexadecimal."""

    def copy(self) -> Self:
        """Return a state of its own that goes on from here."""


class _Computed:
    """A digest that the cryptography library computes."""

    def __init__(self, state: hashes.Hash) -> None:
        self._state = state

    def update(self, data: bytes | memoryview, /) -> None:
        self._state.update(data)

    def digest(self) -> bytes:
        return self._state.copy().finalize()

    def hexdigest(self) -> str:
        return self.digest().hex()

    def copy(self) -> _Computed:
        return _Computed(self._state.copy())


_ALGORITHMS: Final = {SM3: hashes.SM3(), SHAKE256: hashes.SHAKE256(64)}
"""Several distributions build ``hashlib`` without the first; it has no length for the second."""


def running(algorithm: str) -> Running:
    """Begin a digest by its ``hashlib`` name, or :data:`SM3`, :data:`SHAKE256`."""
    computed = _ALGORITHMS.get(algorithm)
    if computed is not None:
        return _Computed(hashes.Hash(computed))
    state: Running = hashlib.new(algorithm)
    return state


def digest_of(algorithm: str, octets: bytes | memoryview) -> bytes:
    """Digest octets at once."""
    state = running(algorithm)
    state.update(octets)
    return state.digest()


class Prefixes:
    """Digest states of ``data`` at the offsets asked for so far, by algorithm."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._states: dict[str, tuple[list[int], list[Running]]] = {}
        self._spans: dict[tuple[str, int, int, int], bytes] = {}
        self._planned: dict[str, Callable[[], None]] = {}

    def ahead(self, algorithm: str, ends: Iterable[int]) -> None:
        """Plan to digest up to each of ``ends``: where that is long, while the caller goes on with other work.

        Whoever asks for a digest waits for all of them. Without a thread they are digested then. A plan that nobody waited for stays.
        """
        if algorithm in self._planned:
            return
        order = sorted(set(ends))
        plan: Callable[[], None] = partial(self._each, algorithm, order)
        if order and order[-1] >= AHEAD_FROM:
            thread = threading.Thread(target=plan, daemon=True)
            with suppress(MemoryError, RuntimeError):  # no thread is to be had
                thread.start()
                plan = thread.join
        self._planned[algorithm] = plan

    def _each(self, algorithm: str, ends: list[int]) -> None:
        for end in ends:  # in order, so that no octet is hashed twice
            self._state(algorithm, end)

    def upto(self, algorithm: str, end: int) -> Running:
        """Return a state of its own over ``data[:end]``, continued from the nearest one known."""
        plan = self._planned.pop(algorithm, None)
        if plan is not None:
            plan()
        return self._state(algorithm, end)

    def _state(self, algorithm: str, end: int) -> Running:
        if algorithm not in self._states:
            self._states[algorithm] = ([0], [running(algorithm)])
        offsets, states = self._states[algorithm]
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
