"""Work that a page waits for: a few threads, a bounded queue, and the means to tell work from its ruins."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from api.errors import ServiceBusy

THREADS: Final = 2
MAX_WAITING: Final = 16
"""Uploads that wait for a thread; the next one is refused, so that memory and patience stay bounded."""


class Jobs:
    """Runs one job an entry; a job is known by the entry's id and this process's mark."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pages")
        self._running: set[str] = set()
        self._again: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self.mark = f"{os.getpid()}:{secrets.token_hex(8)}"

    def start(
        self, name: str, announce: Callable[[], object], work: Callable[[], None], *, again: bool = False
    ) -> bool:
        """Begin ``work`` for the entry ``name``, once ``announce`` has said so; False if it is being worked on already.

        ``again``: what it rests on was changed, so whatever runs for the entry is followed by it. Raises :class:`ServiceBusy` when
        too many wait. ``work`` must not raise.
        """

        def anew() -> None:
            announce()
            work()

        with self._lock:
            if name in self._running:
                if again:
                    self._again[name] = anew
                return False
            if len(self._running) >= THREADS + MAX_WAITING:
                raise ServiceBusy
            self._running.add(name)
        try:
            announce()
            self._threads.submit(self._run, name, work)
        except BaseException:
            self._forget(name)
            raise
        return True

    def alive(self, name: str, mark: str) -> bool:
        """Tell whether the job that ``mark``'s process began for ``name`` can still end by itself."""
        process, _, _ = mark.partition(":")
        if mark == self.mark:
            with self._lock:
                return name in self._running
        if not process.isdigit() or int(process) == os.getpid():
            return False
        with contextlib.suppress(PermissionError):
            try:
                os.kill(int(process), 0)
            except ProcessLookupError:
                return False
        return True

    def close(self) -> None:
        """Let what runs end, and begin nothing more."""
        self._threads.shutdown(cancel_futures=True)

    def _run(self, name: str, work: Callable[[], None]) -> None:
        following: Callable[[], None] | None = work
        try:
            while following is not None:
                following()
                following = self._next(name)
        except BaseException:
            self._forget(name)
            raise

    def _next(self, name: str) -> Callable[[], None] | None:
        """Return what is to follow for an entry; where there is nothing it is let go in the same moment."""
        with self._lock:
            found = self._again.pop(name, None)
            if found is None:
                self._running.discard(name)
            return found

    def _forget(self, name: str) -> None:
        with self._lock:
            self._running.discard(name)
            self._again.pop(name, None)
