"""Queries on ranges of chip numbers. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from ca.tokens.store import chip_number, chip_range, chip_series, token

R: Final = chip_range.c
N: Final = chip_number.c


class Fate(StrEnum):
    """What became of a chip number; each has one fate at most."""

    CONSUMED = "consumed"
    SPOILT = "spoilt"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers first to last, both included, granted to a shop; ``digits`` is how wide they are written."""

    id: int
    prefix: str
    digits: int
    first: int
    last: int
    shop: str
    receiver: str
    method: str
    granted_at: datetime
    granted_by: str

    @property
    def count(self) -> int:
        """How many numbers were granted."""
        return self.last - self.first + 1

    def written(self, value: int) -> str:
        """Return a number as it stands on a chip."""
        return f"{self.prefix}{value:0{self.digits}d}"


@dataclass(frozen=True, slots=True)
class Usage:
    """One number with its fate."""

    number: str
    fate: Fate
    token: str
    reason: str
    at: datetime
    actor: str


def lock_series(conn: sa.Connection, prefix: str, digits: int) -> int:
    """Hold the row of a prefix until the transaction ends, made now if it is new; return its digits.

    Everybody who grants in this prefix waits here, so that looking for an overlap and inserting are one step.
    """
    wanted = sa.select(chip_series.c.digits).where(chip_series.c.prefix == prefix).with_for_update()
    found = conn.scalar(wanted)
    if found is None:
        try:
            with conn.begin_nested():
                conn.execute(chip_series.insert().values(prefix=prefix, digits=digits))
        except sa.exc.IntegrityError:  # somebody else began the series at the same moment
            pass
        found = conn.scalar(wanted)
    return int(found or digits)


def overlapping(conn: sa.Connection, prefix: str, first: int, last: int) -> int | None:
    """Return a granted range that shares a number with this one; the series is locked."""
    query = sa.select(R.id).where(R.prefix == prefix, R.first <= last, R.last >= first).limit(1)
    found: int | None = conn.scalar(query)
    return found


def insert(conn: sa.Connection, values: Mapping[str, Any]) -> int:
    """Write a granted range; return its id."""
    return int(conn.execute(chip_range.insert().values(**values).returning(R.id)).scalar_one())


_RANGES: Final = sa.select(
    R.id,
    R.prefix,
    chip_series.c.digits,
    R.first,
    R.last,
    R.shop,
    R.receiver,
    R.method,
    R.granted_at,
    R.granted_by,
).join(chip_series, chip_series.c.prefix == R.prefix)


def _range(row: Any) -> Range:
    return Range(*row)


def find(conn: sa.Connection, range_id: int) -> Range | None:
    """Return a range, or nothing."""
    row = conn.execute(_RANGES.where(R.id == range_id)).one_or_none()
    return None if row is None else _range(row)


def every(conn: sa.Connection, shop: str = "", after: int = 0, limit: int = 100) -> tuple[Range, ...]:
    """Return up to ``limit`` ranges with ids above ``after``."""
    query = _RANGES.where(R.id > after).order_by(R.id).limit(limit)
    if shop:
        query = query.where(R.shop == shop)
    return tuple(_range(row) for row in conn.execute(query))


def holding(conn: sa.Connection, prefix: str, value: int) -> Range | None:
    """Return the range that holds a number, and hold its row against another use at the same moment."""
    row = conn.execute(
        _RANGES.where(R.prefix == prefix, R.first <= value, R.last >= value).with_for_update(of=chip_range)
    ).one_or_none()
    return None if row is None else _range(row)


def containing(conn: sa.Connection, prefix: str, value: int) -> Range | None:
    """Return the range that holds a number, as :func:`holding` does, without holding its row."""
    row = conn.execute(_RANGES.where(R.prefix == prefix, R.first <= value, R.last >= value)).one_or_none()
    return None if row is None else _range(row)


def use(conn: sa.Connection, where: Range, value: int, usage: Usage) -> bool:
    """Record a number's fate; false if it has one already (the primary key decides)."""
    try:
        with conn.begin_nested():
            conn.execute(
                chip_number.insert().values(
                    prefix=where.prefix,
                    value=value,
                    range=where.id,
                    fate=usage.fate,
                    token=usage.token,
                    reason=usage.reason,
                    at=usage.at,
                    actor=usage.actor,
                )
            )
    except sa.exc.IntegrityError:
        return False
    return True


def is_used(conn: sa.Connection, prefix: str, value: int) -> bool:
    """Tell whether a number has a fate."""
    return conn.execute(sa.select(N.value).where(N.prefix == prefix, N.value == value)).first() is not None


def totals(conn: sa.Connection, range_id: int) -> Mapping[Fate, int]:
    """Count a range's numbers by fate, one row each, wherever their numbers lie."""
    rows = conn.execute(
        sa.select(N.fate, sa.func.count().label("many")).where(N.range == range_id).group_by(N.fate)
    )
    found = {Fate(row.fate): int(row.many) for row in rows}
    return MappingProxyType({fate: found.get(fate, 0) for fate in Fate})


def strays(conn: sa.Connection, where: Range) -> tuple[int, ...]:
    """Return numbers recorded for a range that does not hold them: there are none unless rows were changed by hand."""
    query = sa.select(N.value).where(
        N.range == where.id,
        sa.or_(N.prefix != where.prefix, N.value < where.first, N.value > where.last),
    )
    return tuple(conn.scalars(query.order_by(N.value)))


def shared(conn: sa.Connection, where: Range) -> tuple[int, ...]:
    """Return other ranges that share a number with this one: none unless rows were changed by hand."""
    query = sa.select(R.id).where(
        R.prefix == where.prefix, R.id != where.id, R.first <= where.last, R.last >= where.first
    )
    return tuple(conn.scalars(query.order_by(R.id)))


def consumed_without_token(conn: sa.Connection, where: Range) -> tuple[int, ...]:
    """Return consumed numbers that no token of the inventory bears."""
    known = sa.select(token.c.serial).where(token.c.serial == N.token)
    query = sa.select(N.value).where(
        N.range == where.id, N.fate == Fate.CONSUMED, N.token != "", ~known.exists()
    )
    return tuple(conn.scalars(query.order_by(N.value)))


def usages(conn: sa.Connection, where: Range, after: int = -1, limit: int = 200) -> tuple[Usage, ...]:
    """Return a range's numbers with their fates, in order."""
    query = (
        sa.select(N.value, N.fate, N.token, N.reason, N.at, N.actor)
        .where(N.range == where.id, N.value > after)
        .order_by(N.value)
        .limit(limit)
    )
    return tuple(
        Usage(where.written(row.value), Fate(row.fate), row.token, row.reason, row.at, row.actor)
        for row in conn.execute(query)
    )
