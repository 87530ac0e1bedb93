"""The time of verification: aware, in UTC, within the span that can be asked about."""

from __future__ import annotations

from datetime import datetime

from ca.clock import TimeOutOfSpan, within_span


def time_of_verification(at: datetime) -> datetime:
    """Return ``at`` in UTC; ``ValueError`` names it where it is naive or nobody asks about such a time."""
    if at.tzinfo is None:
        raise ValueError("at: the time of verification is aware")
    try:
        return within_span(at)
    except TimeOutOfSpan as outside:
        raise ValueError(f"at: {outside.en}") from outside
