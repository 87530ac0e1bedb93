"""Lines of a report on a terminal: labels in a column, foreign text made harmless."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

LABEL_WIDTH = 22


def row(label: str, text: str) -> str:
    """Put a label into its column and the text beside it."""
    return f"      {label}{' ' * max(1, LABEL_WIDTH - _width(label))}{text}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


def safe(text: str) -> str:
    """Take the control characters out of foreign text before it meets a terminal."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)[:200]


def harmless(line: str) -> str:
    """Take out of a whole line what moves a cursor or turns text around: sentences quote names and values from foreign files."""
    if line.isprintable():
        return line
    return "".join(
        mark if mark.isprintable() or unicodedata.category(mark) == "Zs" else "\N{REPLACEMENT CHARACTER}"
        for mark in line
    )


def stamp(moment: datetime | None) -> str:
    """Write a time in UTC to the second."""
    return "-" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
