"""What every part of a report is made of: a sentence in two languages, and a time as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence in both languages: the reason, then the next step."""

    zh: str
    en: str


def iso(moment: datetime | None) -> str | None:
    """Write an aware time as RFC 3339 in UTC, whole seconds."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
