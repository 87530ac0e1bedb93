"""Threads of a service that work beside its requests, begun and ended together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

LOG: Final = logging.getLogger("yinxin")


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work: done again at once while it says ``True`` (there is more), else after ``seconds``."""

    name: str
    work: Callable[[], object]
    seconds: float


class Threads:
    """One thread for each task. A failure is logged and tried again: it keeps nothing else from its work."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(task,), name=task.name, daemon=True) for task in tasks
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, task: Task) -> None:
        while not self._stop.is_set():
            try:
                more = task.work()
            except Exception:  # the database is away, say; the next round tries again
                LOG.exception("%s failed", task.name)
                more = False
            if more is not True:
                self._stop.wait(task.seconds)
