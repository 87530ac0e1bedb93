"""Time is an argument: aware UTC, asked from one callable chosen in the composition root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

Clock = Callable[[], datetime]
"""Returns the current time, aware, in UTC."""

BEIJING: Final = timezone(timedelta(hours=8), "UTC+8")
"""北京时间, the one civil time of China (GB/T 7408.1): days, quotas and what people read are in it, whatever the server's zone."""
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The earliest time that may be asked about: there were no electronic signatures before."""
LATEST: Final = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""The latest one: room enough for the periods that are added to it (a life of a list, a year of retention)."""


class TimeOutOfSpan(ValueError):
    """A time that nobody asks about, and near which periods can no longer be counted. ``zh`` and ``en`` name the span."""

    zh = f"时间须在 {EARLIEST:%Y-%m-%d} 至 {LATEST:%Y-%m-%d} 之间（按 UTC 计）"
    en = f"a time is between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d} (UTC)"

    def __init__(self) -> None:
        super().__init__(self.en)


def within_span(moment: datetime) -> datetime:
    """Return an aware time in UTC; :class:`TimeOutOfSpan` outside :data:`EARLIEST` to :data:`LATEST`."""
    if not EARLIEST <= moment <= LATEST:
        raise TimeOutOfSpan
    return moment.astimezone(UTC)


def system_clock() -> datetime:
    """Read the operating system's clock."""
    return datetime.now(UTC)
