"""The clock of a drill: it stands until it is told to go on, so that two days pass in a moment."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

HEAD_START: Final = timedelta(days=60)
"""A drill begins in the past: certificates that it issues after two days of drill time are then valid in the world, too,
where a broker and its clients read their own clocks."""


class DrillClock:
    """Tells one time to everybody in the drill; safe for many threads."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._guard = threading.Lock()

    def __call__(self) -> datetime:
        """Tell the time."""
        with self._guard:
            return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        with self._guard:
            self._now += by
