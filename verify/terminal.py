"""Lines of a report on a terminal: labels in a column, foreign text made harmless."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TextIO

LABEL_WIDTH = 22
_NONE = "\N{REPLACEMENT CHARACTER}"
"""Stands for what is no character of a text."""


def row(label: str, text: str) -> str:
    """Put a label into its column and the text beside it."""
    return f"      {label}{' ' * max(1, LABEL_WIDTH - _width(label))}{text}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


def safe(text: str) -> str:
    """Take the control characters out of foreign text before it meets a terminal, and cut it to what a line bears."""
    return harmless(text[:200])


def harmless(text: str) -> str:
    """Take out of a text what is no character of it: what moves a cursor, ends a line or turns its direction (CWE-150)."""
    if text.isprintable():
        return text
    return "".join(map(_harmless, text))


def json_text(value: object, default: Callable[[object], object] | None = None) -> str:
    """Write a value as JSON to be read by people, too: what moves a cursor or turns a direction is given by its number."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=default)
    moving = {mark for mark in set(text) - {"\n"} if _harmless(mark) == _NONE}
    return text.translate({ord(mark): json.dumps(mark)[1:-1] for mark in moving})


def bearing(stream: TextIO) -> TextIO:
    """Let a stream of this process write out by its number what its encoding does not have, a name that is no text among it."""
    if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="backslashreplace")
    return stream


def bears(stream: TextIO, text: str) -> bool:
    """Tell whether a stream writes a text as it is."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _harmless(mark: str) -> str:
    if mark.isprintable():
        return mark
    return " " if unicodedata.category(mark) == "Zs" else _NONE


def stamp(moment: datetime | None) -> str:
    """Write a time in UTC to the second."""
    return "-" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
