"""A process that does the dangerous work on foreign octets: kept while it behaves, killed when it hangs, replaced after a crash."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, Self, cast

from hsm.frames import read_frame, write_frame


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Which module runs (``python -m``), the frame it gets first, its environment.

    ``seconds`` is the time for one task, ``most`` the tasks after which it is replaced, so that leaks of libraries cannot
    add up.
    """

    module: str
    first: bytes
    environment: Mapping[str, str]
    seconds: float
    most: int
    greets: bool = False
    """Whether it answers its first frame with one, so that its start does not count as a task's time."""
    longest: int | None = None
    """Octets that one frame of an answer may have; a longer one is as none."""


START_SECONDS: Final = 120.0
"""For a process that greets to come up: an import of everything on a busy machine."""


class KeptProcess:
    """One worker process that speaks frames on stdin and stdout, started on first use. Its owner takes turns."""

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep
        self.process: subprocess.Popen[bytes] | None = None
        self._served = 0

    def exchange(
        self, task: Sequence[bytes], answers: int, seconds: float | None = None
    ) -> tuple[tuple[bytes, ...] | None, bool]:
        """Send a task's frames and wait for its answer's; ``None`` when it stopped. Tells too whether the time ran out.

        ``seconds`` is the time for this task where it is not that of every task.
        """
        process = self._running()
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._upkeep.seconds if seconds is None else seconds, stop)
        timer.start()
        try:
            frames = _talk(process, task, answers, self._upkeep.longest)
        finally:
            timer.cancel()
        self._served += 1
        if frames is None or late.is_set() or self._served >= self._upkeep.most:
            self.stop()
        return (None if late.is_set() else frames), late.is_set()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.stop()
            path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
            self.process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
                [sys.executable, "-m", self._upkeep.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**self._upkeep.environment, "PYTHONPATH": path},
            )
            self._served = 0
            with contextlib.suppress(OSError):
                write_frame(_pipe(self.process.stdin), self._upkeep.first)
            if self._upkeep.greets:
                self._wait_for(self.process)
        return self.process

    @staticmethod
    def _wait_for(process: subprocess.Popen[bytes]) -> None:
        """Wait for the greeting; one that does not come is told by the task that finds nobody there."""
        timer = threading.Timer(START_SECONDS, process.kill)
        timer.start()
        try:
            read_frame(_pipe(process.stdout))
        finally:
            timer.cancel()

    def stop(self) -> None:
        """End the process, if there is one; the next task starts another."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    _pipe(pipe).close()
            process.wait()


class SharedProcess:
    """A kept process that callers take turns on, each for one task; close it, or use it as a context manager."""

    def __init__(self, upkeep: Upkeep, patience: float) -> None:
        self._worker = KeptProcess(upkeep)
        self._patience = patience
        self._turn = threading.Lock()

    def exchange(self, task: Sequence[bytes], answers: int) -> tuple[tuple[bytes, ...] | None, bool]:
        """Do as :meth:`KeptProcess.exchange`; whoever waits longer than ``patience`` seconds for a turn is late too."""
        if not self._turn.acquire(timeout=self._patience):
            return None, True
        try:
            return self._worker.exchange(task, answers)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pipe(pipe: IO[bytes] | None) -> BinaryIO:
    return cast("BinaryIO", pipe)


def _talk(
    process: subprocess.Popen[bytes], task: Sequence[bytes], answers: int, longest: int | None
) -> tuple[bytes, ...] | None:
    try:
        for frame in task:
            write_frame(_pipe(process.stdin), frame)
        read = [read_frame(_pipe(process.stdout), longest) for _ in range(answers)]
    except (OSError, ValueError):
        return None
    whole = tuple(frame for frame in read if frame is not None)
    return whole if len(whole) == answers else None
