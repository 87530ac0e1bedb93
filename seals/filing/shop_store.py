"""Queries on engraving shops. Takes a connection, never commits."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from seals.filing.job import Shop, ShopState
from seals.filing.store import filing_shop

S: Final = filing_shop.c


def insert(conn: sa.Connection, shop: Shop) -> bool:
    """Write a new shop; false if its code or licence is taken."""
    try:
        with conn.begin_nested():
            conn.execute(
                filing_shop.insert().values(
                    uscc=shop.uscc,
                    name=shop.name,
                    division=shop.division,
                    licence=shop.licence,
                    state=shop.state,
                    registered_at=shop.registered_at,
                    registered_by=shop.registered_by,
                )
            )
    except sa.exc.IntegrityError:
        return False
    return True


def find(conn: sa.Connection, uscc: str) -> Shop | None:
    """Return a shop, or nothing."""
    row = conn.execute(sa.select(*S).where(S.uscc == uscc)).one_or_none()
    return None if row is None else _shop(row)


def every(conn: sa.Connection, division: str = "", after: str = "", limit: int = 100) -> tuple[Shop, ...]:
    """Return shops by code, a page at a time."""
    query = sa.select(*S).where(S.uscc > after).order_by(S.uscc).limit(limit)
    if division:
        query = query.where(S.division == division)
    return tuple(_shop(row) for row in conn.execute(query))


def set_state(conn: sa.Connection, uscc: str, before: ShopState, state: ShopState) -> bool:
    """Move a shop by compare-and-swap; false if it is not in ``before``."""
    moved = conn.execute(filing_shop.update().where(S.uscc == uscc, S.state == before).values(state=state))
    return moved.rowcount == 1


def _shop(row: Any) -> Shop:
    return Shop(
        row.uscc,
        row.name,
        row.division,
        row.licence,
        ShopState(row.state),
        row.registered_at,
        row.registered_by,
    )
