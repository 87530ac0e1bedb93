"""Readers of the members of our signed JSON: each takes a value and its member's name, and gives the value or refuses it.

Used by the seal statement, the status list and the public look-up. Every one raises
:class:`seals.errors.StatementInvalid`, which names the member.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from seals.errors import StatementInvalid
from seals.seal import SealKind, SealStatus, is_electronic_code, is_physical_code

MAX_TEXT: Final = 256
"""Longest text member, in characters: a seal's name has at most 50."""
USCC: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
NUMBER: Final = re.compile(r"[0-9a-f]{32}")
"""128 random bits: permits, voidings."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)


def exact(payload: dict[str, Any], members: set[str]) -> None:
    """Demand exactly these members."""
    if set(payload) != members:
        odd = ", ".join(sorted(set(payload) ^ members)[:5])
        raise StatementInvalid(f"members missing or unknown: {odd[:100]}")


def form(value: object, number: int) -> None:
    """Demand the number of a form: a whole number, which JSON's ``true`` and ``1.0`` only equal."""
    if type(value) is not int or value != number:
        raise StatementInvalid(f"form is not {number}")


def time_text(when: datetime) -> str:
    """Write a time the one way it is read: RFC 3339, UTC, microseconds."""
    if when.tzinfo is None:
        raise ValueError("times are aware")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def moment(value: object, member: str) -> datetime:
    """Read a time as :func:`time_text` writes it."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            pass
    raise StatementInvalid(f"{member} is not a UTC time with microseconds")


def text(value: object, member: str) -> str:
    """Read 1 to :data:`MAX_TEXT` printable characters."""
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
        return value
    raise StatementInvalid(f"{member} is not 1 to {MAX_TEXT} printable characters")


def matching(pattern: re.Pattern[str], what: str) -> Callable[[object, str], str]:
    """Return a reader of texts of one form; ``what`` names it."""

    def read(value: object, member: str) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise StatementInvalid(f"{member} is not {what}")

    return read


def seal_code(value: object, member: str) -> str:
    """Read a 14-digit code."""
    if isinstance(value, str) and is_electronic_code(value):
        return value
    raise StatementInvalid(f"{member} is not a 14-digit code")


def physical_code(value: object, member: str) -> str:
    """Read a 13-digit code."""
    if isinstance(value, str) and is_physical_code(value):
        return value
    raise StatementInvalid(f"{member} is not a 13-digit code")


def kind(value: object, member: str) -> SealKind:
    """Read the two digits of a kind."""
    try:
        return SealKind.of(str(value))
    except ValueError as wrong:
        raise StatementInvalid(f"{member} is no known kind") from wrong


def status(value: object, member: str) -> SealStatus:
    """Read the word of a state."""
    try:
        return SealStatus(str(value))
    except ValueError as wrong:
        raise StatementInvalid(f"{member} is no known state") from wrong
