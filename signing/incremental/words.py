"""Numbers, texts, names and times as PDF writes them (ISO 32000-2 §7.3, §7.9)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

NUMBERS_KEPT: Final = 1024
"""Numbers remembered as they are written: sizes of seals and pages, places that are asked for again and again."""
_BETWEEN: Final = str.maketrans("", "", "-T:")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "(": "\\(", ")": "\\)"})


def text(value: str) -> bytes:
    """Write a text string: plain ASCII as it is, anything else in UTF-16 with its mark (§7.9.2.2)."""
    if value.isascii() and value.isprintable():
        return f"({value.translate(_ESCAPES)})".encode("ascii")
    return b"<FEFF%s>" % value.encode("utf-16-be").hex().upper().encode("ascii")


@lru_cache(maxsize=NUMBERS_KEPT)
def number(value: float) -> bytes:
    """Write a number with at most four decimals."""
    if value == int(value):
        return b"%d" % value
    written = f"{value:.4f}".rstrip("0").rstrip(".")
    return b"0" if written in {"-0", ""} else written.encode("ascii")


def numbers(values: tuple[float, ...]) -> bytes:
    """Write numbers with blanks between them."""
    return b" ".join(map(number, values))


def date(when: datetime) -> bytes:
    """Write an aware time (§7.9.4)."""
    if when.utcoffset() is None:
        raise ValueError("a time of signing is aware")
    stated = when.isoformat(timespec="seconds")  # 2026-11-22T20:37:00+08:00
    local, zone = stated[:19].translate(_BETWEEN), stated[19:25].replace(":", "'")
    return f"(D:{local}{zone}')".encode("ascii")
