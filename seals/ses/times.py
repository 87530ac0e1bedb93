"""The times in seal data: GeneralizedTime, the UTCTime of v1, and what is found in the ``timeInfo`` of v1."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from ca.der import GENERALIZED_TIME, UTC_TIME
from seals.ses.cursor import Cursor
from seals.ses.errors import SealDataInvalid

MAX_TIME_OCTETS: Final = 32
"""A time with a fraction and a zone has 25 octets."""
BEIJING: Final = "+08:00"
"""The zone of a v1 ``timeInfo`` that is text and names none: writers put the local time there."""
_GENERALIZED: Final = re.compile(r"(\d{14})(?:[.,](\d{1,9}))?(Z|[+-]\d{4})", re.ASCII)
_UTC: Final = re.compile(r"(\d{10})(\d{2})?(Z|[+-]\d{4})", re.ASCII)
_TEXT: Final = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_ENCODED: Final = (bytes([UTC_TIME]), bytes([GENERALIZED_TIME]))


def read_time(cursor: Cursor, member: str, *, utc_time: bool) -> datetime:
    """Return a GeneralizedTime, or where ``utc_time`` says so a UTCTime too; aware, in UTC.

    A fraction or another zone than Z is no DER (X.690 §11.7, §11.8) and is read all the same, on record.
    """
    if utc_time and cursor.tag == UTC_TIME:
        return _utc_time(cursor, member)
    text = _ascii(cursor, member, GENERALIZED_TIME)
    found = _GENERALIZED.fullmatch(text)
    if found is None:
        raise _wrong(cursor, member)
    if found[2] is not None or found[3] != "Z":
        cursor.note(member, "时间带有小数秒或时区", "the time has a fraction or a zone")
    moment = _moment(cursor, member, found[1], found[3])
    return moment + timedelta(microseconds=int((found[2] or "0").ljust(6, "0")[:6]))


def _utc_time(cursor: Cursor, member: str) -> datetime:
    text = _ascii(cursor, member, UTC_TIME)
    found = _UTC.fullmatch(text)
    if found is None:
        raise _wrong(cursor, member)
    return _moment(cursor, member, _century(found[1]) + (found[2] or "00"), found[3])


def _century(digits: str) -> str:
    """RFC 5280 §4.1.2.5.1: put the century in front of a year of two digits."""
    return ("19" if digits[:2] >= "50" else "20") + digits


def _ascii(cursor: Cursor, member: str, tag: int) -> str:
    return cursor.octets(member, tag, MAX_TIME_OCTETS).decode("ascii", "replace")


def _moment(cursor: Cursor, member: str, digits: str, zone: str) -> datetime:
    try:
        stated = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return stated - _offset(zone)
    except (ValueError, OverflowError) as bad:
        raise _wrong(cursor, member) from bad


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return size if zone[0] == "+" else -size


def _wrong(cursor: Cursor, member: str) -> Exception:
    return cursor.wrong(member, "不是有效的时间", "not a time that can be read")


def text_time(octets: bytes) -> datetime | None:
    """Read the ``timeInfo`` of v1 where it is a time (GM/T 0031-2014 §6.2.1: a time-stamp, or UTCTIME); ``None`` for anything else.

    It stands there as DER has it, as the text of that alone, or as ISO 8601; a text without a zone is Beijing's.
    """
    if octets[:1] in _ENCODED:
        return _encoded(octets)
    text = octets[:MAX_TIME_OCTETS].decode("ascii", "replace")
    found = _TEXT.fullmatch(text)
    if found is not None:
        digits, zone = "".join(found.groups()[:6]), found[7] or BEIJING
    elif (short := _UTC.fullmatch(text)) is not None:
        digits, zone = _century(short[1]) + (short[2] or "00"), short[3]
    else:
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC) - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _encoded(octets: bytes) -> datetime | None:
    cursor = Cursor.over(octets, "")
    try:
        found = read_time(cursor, "timeInfo", utc_time=True)
    except SealDataInvalid:
        return None
    return None if cursor.more else found
