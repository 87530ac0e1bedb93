"""Time is an argument: aware UTC, asked from one callable chosen in the composition root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, aware, in UTC."""


def system_clock() -> datetime:
    """Read the operating system's clock."""
    return datetime.now(UTC)
