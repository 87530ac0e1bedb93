"""Queries on time-stamps and on each unit's clock. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.store import timestamp, timestamp_head
from hsm.algorithms import Digest

_LOCK_HEAD: Final = (
    sa.select(timestamp_head.c.gen_time)
    .where(timestamp_head.c.unit == sa.bindparam("its_unit"))
    .with_for_update()
)
_MOVE_HEAD: Final = timestamp_head.update().where(
    timestamp_head.c.unit == sa.bindparam("its_unit"), timestamp_head.c.gen_time == sa.bindparam("last")
)
_INSERT: Final = timestamp.insert()
_CLOSE: Final = timestamp.update().where(
    timestamp.c.unit == sa.bindparam("its_unit"),
    timestamp.c.serial == sa.bindparam("its_serial"),
    timestamp.c.status == "reserved",
)


def lock_head(conn: sa.Connection, unit: str) -> datetime | None:
    """Hold the unit's clock until the transaction ends; return the last time given out, ``None`` before the first."""
    last: datetime | None = conn.execute(_LOCK_HEAD, {"its_unit": unit}).scalar_one_or_none()
    return last


def move_head(conn: sa.Connection, unit: str, last: datetime | None, now: datetime) -> bool:
    """Move the unit's clock from ``last`` to ``now`` by compare-and-swap; tell whether it stood at ``last``."""
    if last is None:
        try:
            with conn.begin_nested():
                conn.execute(timestamp_head.insert().values(unit=unit, gen_time=now))
        except sa.exc.IntegrityError:  # another worker gave out the first stamp at this moment
            return False
        return True
    moved = conn.execute(_MOVE_HEAD, {"its_unit": unit, "last": last, "gen_time": now})
    return moved.rowcount == 1


Reservation = tuple[int, datetime, Digest]
"""Serial number, time and imprint of a time-stamp that is about to be signed."""


def insert_stamps(conn: sa.Connection, unit: str, reserved: Sequence[Reservation]) -> None:
    """Record time-stamps that are about to be signed: their serials are then spent."""
    rows = [
        {
            "unit": unit,
            "serial": serial,
            "status": "reserved",
            "gen_time": gen_time,
            "imprint_algorithm": imprint.algorithm.label,
            "imprint": imprint.value,
        }
        for serial, gen_time, imprint in reserved
    ]
    conn.execute(_INSERT, rows)


def close_stamp(conn: sa.Connection, unit: str, serial: int, token_sha256: str) -> bool:
    """Move a reserved stamp to issued, or to burned when there is no token; tell whether it was still reserved."""
    return close_stamps(conn, unit, {serial: token_sha256})


def close_stamps(conn: sa.Connection, unit: str, tokens: Mapping[int, str]) -> bool:
    """Do the same for several serials, each with its token's digest; tell whether all were still reserved."""
    rows = [
        {
            "its_unit": unit,
            "its_serial": serial,
            "status": "issued" if token_sha256 else "burned",
            "token_sha256": token_sha256,
        }
        for serial, token_sha256 in tokens.items()
    ]
    return conn.execute(_CLOSE, rows).rowcount == len(rows)


def open_stamps(conn: sa.Connection, before: datetime) -> list[tuple[str, int]]:
    """Return unit and serial of the stamps reserved before ``before`` and never closed."""
    query = sa.select(timestamp.c.unit, timestamp.c.serial).where(
        timestamp.c.status == "reserved", timestamp.c.gen_time <= before
    )
    return [(row.unit, row.serial) for row in conn.execute(query)]
