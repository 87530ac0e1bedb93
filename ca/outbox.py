"""An outbox whose rows have gapless numbers, so that readers keep a cursor: one row is the lock under which they are given out."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

HEAD: Final = 1
"""Id of the one row of a head table, whose columns are ``id`` and ``number``."""


def lock_head(conn: sa.Connection, head: sa.Table) -> int:
    """Take the lock under which numbers are given out; return the last number given."""
    query = sa.select(head.c.number).where(head.c.id == HEAD).with_for_update()
    found = conn.execute(query).scalar_one_or_none()
    if found is None:
        try:
            with conn.begin_nested():
                conn.execute(head.insert().values(id=HEAD, number=0))
        except sa.exc.IntegrityError:  # another collector began at the same moment
            pass
        found = conn.execute(query).scalar_one()
    return int(found)


def advance(conn: sa.Connection, head: sa.Table, number: int, count: int) -> None:
    """Give out ``count`` numbers after ``number``, which :func:`lock_head` returned."""
    moved = head.update().where(head.c.id == HEAD, head.c.number == number)
    conn.execute(moved.values(number=number + count))
