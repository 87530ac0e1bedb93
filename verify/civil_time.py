"""Times for people to read. A moment names its zone; a bare day is Beijing's, as on pages and seals. Data stays in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from ca.clock import BEIJING
from verify.sentence import Reason

ZH: Final = "（北京时间）"
EN: Final = " (UTC+8)"
_UTC: Final = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d)(:\d\d)?(?: UTC|Z)\b")


def moment(at: datetime | None) -> str:
    """Write an aware time to the second with its zone in both languages; a dash for None."""
    return "-" if at is None else f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}（北京时间 UTC+8）"


def civil_day(at: datetime | None) -> str:
    """Write the day that an aware time falls on in Beijing; a dash for None."""
    return "-" if at is None else f"{at.astimezone(BEIJING):%Y-%m-%d}"


def in_civil_time(text: str, zone: str) -> str:
    """Write the UTC times within a sentence in Beijing time; ``zone`` (:data:`ZH` or :data:`EN`) follows each."""
    return _UTC.sub(lambda found: _there(found[1], found[2] or "", zone), text)


def told_here(told: Reason) -> Reason:
    """Return a sentence in both languages with its times in Beijing time."""
    return Reason(in_civil_time(told.zh, ZH), in_civil_time(told.en, EN))


def _there(minute: str, seconds: str, zone: str) -> str:
    try:
        at = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).astimezone(BEIJING)
    except (ValueError, OverflowError):
        return f"{minute}{seconds} UTC"
    return f"{at:%Y-%m-%d %H:%M}{seconds}{zone}"
