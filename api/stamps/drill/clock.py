"""The clock of a drill: it stands until it is told to go on, so that two days pass in a moment."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class DrillClock:
    """Tells one time to everybody in the drill; safe for many threads."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)
        self._guard = threading.Lock()

    def __call__(self) -> datetime:
        """Tell the time."""
        with self._guard:
            return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        with self._guard:
            self._now += by
