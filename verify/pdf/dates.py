"""PDF dates (ISO 32000-2 §7.9.4) as aware times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from verify.pdf.pdf_values import Value, text

_DATE: Final = re.compile(
    r"D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:([Z+-])(?:(\d{2})'?(\d{2})?'?)?)?", re.ASCII
)


def pdf_date(value: Value) -> datetime | None:
    """Read a date string; one without a zone is taken as UTC, one that is no date is ``None``."""
    match = _DATE.match(text(value))
    if match is None:
        return None
    year, month, day, hour, minute, second = match.group(1, 2, 3, 4, 5, 6)
    offset = timedelta(hours=int(match.group(8) or 0), minutes=int(match.group(9) or 0))
    try:
        zone = timezone(-offset if match.group(7) == "-" else offset) if offset else UTC
        return datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
