"""Moments as callers write them: RFC 3339 with a zone, taken to UTC, within what can be asked about.

A fault says what is wrong in Chinese and English: :mod:`api.problems.validation` tells both.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from ca.clock import TimeOutOfSpan, within_span

FORM_ZH: Final = "时间须写明日期、时间和时区，例如 2026-03-01T12:00:00Z 或 2026-03-01T20:00:00+08:00"
FORM_EN: Final = (
    "a time has a date, a time and a zone, like 2026-03-01T12:00:00Z or 2026-03-01T20:00:00+08:00"
)
_WRITTEN: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def fault(kind: str, zh: str, en: str) -> PydanticCustomError:
    """Make a fault of one field that is told in both languages."""
    return PydanticCustomError("said", "{en}", {"kind": kind, "zh": zh, "en": en})


def _written(value: Any) -> Any:
    """Refuse a bare number, which would be read as seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _WRITTEN.match(value)):
        return value
    raise fault("time-form", FORM_ZH, FORM_EN)


def _within_span(moment: datetime) -> datetime:
    try:
        return within_span(moment)
    except TimeOutOfSpan as outside:
        raise fault("time-out-of-span", outside.zh, outside.en) from None


def _within_calendar(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise fault(
            "time-out-of-span", "时间须在公元 1 年至 9999 年之间", "a time is between the years 1 and 9999"
        ) from None


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_within_span)]
"""A time that is asked about or agreed upon (:data:`ca.clock.EARLIEST` to :data:`ca.clock.LATEST`)."""
AnyMoment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_within_calendar)]
"""A time that may stand for *for ever*, or that a rule of its own bounds: any that the calendar has in UTC."""
