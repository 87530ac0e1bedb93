"""How device messages are written and read: members of a JSON object, one strict reader for all of them.

Canonical JSON as :mod:`seals.jws` writes it (UTF-8, sorted keys, no blanks), so that the same message has the same octets
everywhere. Times are UTC to the millisecond, digests ``algorithm:hex``, positions millionths of a degree. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, TypeVar

from hsm.algorithms import Digest
from seals.devices.errors import MessageInvalid

MAX_TEXT: Final = 256
"""Longest text member, in characters: a title of a case has at most 200."""
MAX_ID: Final = 64
"""Longest identifier, in characters: ours have 32 hexadecimal digits, a device's own may be longer."""
MAX_NUMBER: Final = 2**53 - 1
"""Greatest whole number that every JSON reader keeps exactly (RFC 8259 §6)."""
MAX_RADIUS_M: Final = 100_000
"""Widest fence, in metres: a province is no fence."""
EARTH_M: Final = 6_371_009
"""Mean radius of the earth, in metres."""

SERIAL: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}", re.ASCII)
"""A stamp's serial number: what stands on its plate, and is safe in an MQTT topic and a path."""
IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,63}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Position:
    """Where: latitude and longitude in millionths of a degree (WGS 84)."""

    latitude: int
    longitude: int


@dataclass(frozen=True, slots=True)
class Fence:
    """A circle: its middle and its radius in metres."""

    middle: Position
    radius_m: int

    def holds(self, where: Position) -> bool:
        """Tell whether ``where`` lies in the circle (haversine; good to half a per cent)."""
        return distance_m(self.middle, where) <= self.radius_m


def distance_m(one: Position, other: Position) -> float:
    """Return the distance in metres along the sphere."""
    a, b = radians(one.latitude / 1e6), radians(other.latitude / 1e6)
    apart = radians((other.longitude - one.longitude) / 1e6)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(apart / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def canonical(members: Mapping[str, Any]) -> bytes:
    """Write the members as :mod:`seals.jws` does."""
    return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def time_text(when: datetime) -> str:
    """Write an aware time as UTC, cut to the millisecond."""
    if when.tzinfo is None:
        raise ValueError("a time without a zone")
    when = when.astimezone(UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def whole_milliseconds(when: datetime) -> datetime:
    """Cut a time to what a message carries of it."""
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def position_members(where: Position | None) -> list[int] | None:
    """Write a position as ``[latitude, longitude]``, or null."""
    return None if where is None else [where.latitude, where.longitude]


def fence_members(fence: Fence | None) -> list[int] | None:
    """Write a fence as ``[latitude, longitude, radius]``, or null."""
    return None if fence is None else [fence.middle.latitude, fence.middle.longitude, fence.radius_m]


class Members:
    """The members of an object, taken one by one; a wrong one raises :class:`MessageInvalid` that names it."""

    def __init__(self, found: object, what: str) -> None:
        if not isinstance(found, dict):
            raise MessageInvalid("not an object", what)
        self._left: dict[str, Any] = dict(found)
        self._what = what

    def _take(self, name: str) -> Any:
        if name not in self._left:
            raise MessageInvalid("is missing", f"{self._what}.{name}")
        return self._left.pop(name)

    def _wrong(self, name: str, what: str) -> MessageInvalid:
        return MessageInvalid(what, f"{self._what}.{name}")

    def text(self, name: str, *, limit: int = MAX_TEXT) -> str:
        """Take a text of at most ``limit`` characters, none of them a control character."""
        value = self._take(name)
        if not isinstance(value, str) or len(value) > limit or _CONTROL.search(value):
            raise self._wrong(name, f"not a text of at most {limit} characters")
        return value

    def identifier(self, name: str, *, empty: bool = False) -> str:
        """Take an identifier: letters, digits and ``. _ : @ / -``."""
        value = self._take(name)
        if empty and value == "":
            return ""
        if not isinstance(value, str) or IDENTIFIER.fullmatch(value) is None:
            raise self._wrong(name, f"not an identifier of at most {MAX_ID} characters")
        return value

    def serial(self, name: str) -> str:
        """Take a stamp's serial number."""
        value = self._take(name)
        if not isinstance(value, str) or SERIAL.fullmatch(value) is None:
            raise self._wrong(name, "not a serial number (4 to 32 of A-Z, 0-9, -)")
        return value

    def identifiers(self, name: str, *, most: int) -> tuple[str, ...]:
        """Take a list of at most ``most`` identifiers, no two alike."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"not a list of at most {most}")
        for each in value:
            if not isinstance(each, str) or IDENTIFIER.fullmatch(each) is None:
                raise self._wrong(name, "holds something that is not an identifier")
        if len(set(value)) != len(value):
            raise self._wrong(name, "names somebody twice")
        return tuple(value)

    def number(self, name: str, low: int, high: int = MAX_NUMBER) -> int:
        """Take a whole number from ``low`` to ``high``."""
        value = self._take(name)
        if type(value) is not int or not low <= value <= high:
            raise self._wrong(name, f"not a whole number from {low} to {high}")
        return value

    def flag(self, name: str) -> bool:
        """Take true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "neither true nor false")
        return value

    def time(self, name: str) -> datetime:
        """Take a time: ``YYYY-MM-DDTHH:MM:SS.mmmZ``."""
        value = self._take(name)
        if not isinstance(value, str) or _TIME.fullmatch(value) is None:
            raise self._wrong(name, "not a time like 2026-01-31T08:00:00.000Z")
        try:
            return datetime.fromisoformat(value)
        except ValueError as wrong:
            raise self._wrong(name, "no such day or hour") from wrong

    def time_or_none(self, name: str) -> datetime | None:
        """Take a time or null."""
        if self._left.get(name, "") is None:
            del self._left[name]
            return None
        return self.time(name)

    def digest(self, name: str) -> Digest:
        """Take a digest: ``algorithm:hex``."""
        value = self._take(name)
        try:
            if not isinstance(value, str):
                raise self._wrong(name, "not a digest like sha256:…")
            return Digest.parse(value)
        except ValueError as wrong:
            raise self._wrong(name, "not a digest like sha256:…") from wrong

    def digest_or_empty(self, name: str) -> str:
        """Take a digest as text, or the empty text."""
        if self._left.get(name) == "":
            del self._left[name]
            return ""
        return str(self.digest(name))

    def choice(self, name: str, kinds: type[_Word]) -> _Word:
        """Take one of the words of an enumeration."""
        value = self._take(name)
        try:
            return kinds(value)
        except ValueError as wrong:
            raise self._wrong(name, f"none of {', '.join(kinds)}") from wrong

    def position(self, name: str) -> Position | None:
        """Take ``[latitude, longitude]`` or null."""
        numbers = self._numbers(name, 2)
        return None if numbers is None else self._position(name, numbers)

    def fence(self, name: str) -> Fence | None:
        """Take ``[latitude, longitude, radius]`` or null."""
        numbers = self._numbers(name, 3)
        if numbers is None:
            return None
        if not 1 <= numbers[2] <= MAX_RADIUS_M:
            raise self._wrong(name, f"a radius is 1 to {MAX_RADIUS_M} metres")
        return Fence(self._position(name, numbers), numbers[2])

    def inner(self, name: str) -> Members | None:
        """Take an object inside, or null."""
        value = self._take(name)
        return None if value is None else Members(value, f"{self._what}.{name}")

    def done(self) -> None:
        """Refuse members that nobody took: a misspelt one must not pass for an absent one."""
        if self._left:
            raise MessageInvalid("is not a member here", f"{self._what}.{min(self._left)[:MAX_ID]}")

    def _numbers(self, name: str, count: int) -> list[int] | None:
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != count or any(type(each) is not int for each in value):
            raise self._wrong(name, f"not {count} whole numbers")
        return value

    def _position(self, name: str, numbers: list[int]) -> Position:
        latitude, longitude = numbers[:2]
        if abs(latitude) > 90_000_000 or abs(longitude) > 180_000_000:
            raise self._wrong(name, "not a position in millionths of a degree")
        return Position(latitude, longitude)
