"""A gate for a few at a time, first come, first served: under load everybody waits alike, nobody for ever."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turnstile:
    """A context manager that lets ``places`` callers in at once; each place goes to who has waited longest.

    The semaphores of the standard library give a place to whoever runs at that moment, which under load is the one who
    has just left it.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[threading.Lock] = deque()
        self._guard = threading.Lock()

    def __enter__(self) -> None:
        """Come in, or wait."""
        with self._guard:
            if self._free:
                self._free -= 1
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            called.acquire()
        except BaseException:
            self._give_up(called)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        """Leave, and let the next one in."""
        with self._guard:
            self._let_in()

    def _let_in(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._free += 1

    def _give_up(self, called: threading.Lock) -> None:
        with self._guard:
            if called in self._waiting:
                self._waiting.remove(called)
            else:  # called at the moment of giving up
                self._let_in()
