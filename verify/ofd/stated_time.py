"""``SignatureDateTime``: text that readers show and nobody judges by; bare local time in many packages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from verify.sentence import Reason

_DIGITS: Final = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?(\d{1,2})\D?(\d{1,2})\D?(\d{1,2})")
ZONES: Final = timedelta(hours=14, minutes=5)
"""How far a local time may lie from UTC (time zones reach +14:00), with the skew of a clock."""


def odd_time(stated: str, known: datetime | None) -> Reason | None:
    """Tell where the text names another day than the signature itself; ``None`` where it may be the same in some zone."""
    found = _DIGITS.match(stated.strip())
    if found is None or known is None:
        return None
    try:
        local = datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    if abs(local - known) <= ZONES:
        return None
    return Reason(
        f"签名描述写明的时间“{stated.strip()[:30]}”与签名中的时间不符，一律以签名中的时间为准；阅读器可能显示前者。",
        f"The description states the time {stated.strip()[:30]!r}, which is not that of the signature: the latter counts, "
        "a reader may show the former.",
    )
