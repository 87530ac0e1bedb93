"""Worker processes started here, by a command or by the service: given the PIN once, over a pipe, and watched.

A crew of a batch whose key asks for a PIN serves that batch alone: the PIN is in the memory of this process and its workers and
nowhere else. A worker that is killed is replaced; if this process dies, its workers see the pipe close and end.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hsm.pins import Pin

LOG: Final = logging.getLogger("yinxin.batch")
WATCH_SECONDS: Final = 0.5
MAX_DEATHS: Final = 20
"""Workers replaced before a crew gives up: what kills twenty in a row is no accident."""
CLEAN: Final = 0


@dataclass(frozen=True, slots=True)
class CrewOrder:
    """Which workers: for which home, for one batch (with its PIN) or, without one, for all that need no PIN."""

    home: Path
    count: int = 1
    batch_id: str = ""
    attended: bool = False
    pin: Pin | None = None


class Crew:
    """Some worker processes and a thread that watches them."""

    def __init__(self, order: CrewOrder) -> None:
        self._order = order
        self._processes: list[subprocess.Popen[bytes]] = []
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="batch-crew", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._processes = [self._hire() for _ in range(self._order.count)]
        self._watcher.start()

    @property
    def batch_id(self) -> str:
        """The one batch that it serves, if it does."""
        return self._order.batch_id

    def done(self) -> bool:
        """Tell whether every worker has ended."""
        return not self._watcher.is_alive()

    def stop(self) -> None:
        """Let the workers finish the chunks that they are at, and end."""
        self._stop.set()
        self._watcher.join()

    def _hire(self) -> subprocess.Popen[bytes]:
        order = self._order
        process = subprocess.Popen([sys.executable, "-m", "api.batch"], stdin=subprocess.PIPE)
        told = {
            "home": str(order.home),
            "batch": order.batch_id,
            "attended": order.attended,
            "pin": order.pin.reveal() if order.pin is not None else None,
        }
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        return process

    def _watch(self) -> None:
        deaths = 0
        while self._processes and not self._stop.wait(WATCH_SECONDS):
            for process in list(self._processes):
                code = process.poll()
                if code is None:
                    continue
                self._processes.remove(process)
                _close(process)
                deaths += code != CLEAN
                if code != CLEAN and deaths <= MAX_DEATHS:
                    LOG.warning("a batch worker died (%s) and is replaced", code)
                    self._processes.append(self._hire())
        for process in self._processes:
            _close(process)
        for process in self._processes:
            process.wait()


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe: a worker ends when it reads its end."""
    if process.stdin is not None:
        try:
            process.stdin.close()
        except BrokenPipeError:
            LOG.debug("a worker was gone before its pipe was closed")
