"""How far a run is, said on a terminal on one line that changes, or in a log now and then."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

from verify.many.finding import passed

DRAW_SECONDS: Final = 0.5
LOG_SECONDS: Final = 30.0
"""How often a line is written where the output is no terminal."""
WINDOW: Final = 60.0
"""Seconds over which the speed is taken: long enough to even large files out, short enough to follow."""


class Progress:
    """Counts, and says how long it will take. ``stopwatch`` tells seconds."""

    def __init__(
        self,
        total: int,
        out: TextIO,
        *,
        stopwatch: Callable[[], float] = time.monotonic,
        live: bool | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.total = total
        self.reused = 0
        self._out = out
        self._live = out.isatty() if live is None else live
        self._stopwatch = stopwatch
        self._began = stopwatch()
        self._recent: deque[tuple[float, int]] = deque([(self._began, 0)])
        self._drawn = -LOG_SECONDS if self._live else self._began
        self._width = 0

    @property
    def done(self) -> int:
        """Documents that have a verdict."""
        return self.counts["done"]

    def count(self, found: Mapping[str, Any], *, reused: bool = False) -> None:
        """Count one document."""
        self.counts["done"] += 1
        self.counts[found["verdict"]] += 1
        self.counts["good"] += passed(found)
        self.reused += reused

    def draw(self, *, last: bool = False) -> None:
        """Say how far it is, if it is time to."""
        now = self._stopwatch()
        if not last and now - self._drawn < (DRAW_SECONDS if self._live else LOG_SECONDS):
            return
        self._drawn = now
        line = self.line(now)
        if self._live:
            self._out.write("\r" + line + " " * max(0, self._width - len(line)) + ("\n" if last else ""))
            self._width = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def line(self, now: float) -> str:
        """Write the line: done of how many, how many are good and not, how many are left and for how long."""
        left = self.total - self.done
        told = (
            f"已核验 done {self.done}/{self.total} · 通过 good {self.counts['good']} · "
            f"未通过 failed {self.done - self.counts['good']} · 剩余 left {left}"
        )
        seconds = self._left_seconds(now)
        return told if seconds is None or not left else f"{told} · 约 about {clock(seconds)}"

    def _left_seconds(self, now: float) -> int | None:
        fresh = self.done - self.reused
        self._recent.append((now, fresh))
        while len(self._recent) > 2 and now - self._recent[0][0] > WINDOW:
            self._recent.popleft()
        since, before = self._recent[0]
        if fresh <= before or now <= since:
            return None
        return round((self.total - self.done) * (now - since) / (fresh - before))


def clock(seconds: int) -> str:
    """Write a length of time: 1:02:03, or 2:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
