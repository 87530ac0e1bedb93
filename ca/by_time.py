"""The order of lists of what was asked for: newest first, or oldest first where it waits for somebody.

The cursor is the number of the last row of the page before: its time is looked up, and a page begins strictly behind
(time, number). Times of making never change and rows are never deleted, so no row is shown twice or left out whatever
comes in meanwhile, and a number alone gives the same place in either database.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ca.errors import CursorInvalid
from ca.store import is_storable


def by_time(
    conn: sa.Connection, rows: sa.Select[Any], table: sa.Table, *, after: str, oldest_first: bool
) -> sa.Select[Any]:
    """Order ``rows`` by ``created_at`` and ``id``, those behind ``after``; an unknown number is ``CursorInvalid``."""
    made, number = table.c.created_at, table.c.id
    if after:
        place = sa.tuple_(made, number)
        last = sa.tuple_(sa.bindparam(None, _when(conn, table, after), made.type), after)
        rows = rows.where(place > last if oldest_first else place < last)
    return rows.order_by(made, number) if oldest_first else rows.order_by(made.desc(), number.desc())


def _when(conn: sa.Connection, table: sa.Table, number: str) -> Any:
    if is_storable(number):
        found = conn.scalar(sa.select(table.c.created_at).where(table.c.id == number))
        if found is not None:
            return found
    raise CursorInvalid
