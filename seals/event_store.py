"""Statements on the history of pairs. Takes a connection, never commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from seals.seal import SealAct, SealEvent, SealStatus, is_physical_code
from seals.store import seal, seal_event

_E: Final = seal_event.c


def insert_event(conn: sa.Connection, event: SealEvent) -> None:
    """Add one row of history."""
    conn.execute(
        seal_event.insert().values(
            electronic_code=event.code,
            number=event.number,
            act=event.act.value,
            status=event.status.value,
            at=event.at,
            actor=event.actor,
            reason=event.reason,
        )
    )


def events(conn: sa.Connection, code: str) -> list[SealEvent]:
    """Read a pair's history, oldest first."""
    rows = conn.execute(sa.select(*_E).where(_E.electronic_code == code).order_by(_E.number))
    return [_event(row) for row in rows]


_LATEST: Final = (
    sa.select(*_E).where(_E.at <= sa.bindparam("when")).order_by(_E.at.desc(), _E.number.desc()).limit(1)
)
_LATEST_BY_ELECTRONIC: Final = _LATEST.where(_E.electronic_code == sa.bindparam("code"))
_LATEST_BY_PHYSICAL: Final = _LATEST.where(
    _E.electronic_code
    == sa.select(seal.c.electronic_code)
    .where(seal.c.physical_code == sa.bindparam("code"))
    .order_by(seal.c.status == SealStatus.REJECTED.value, seal.c.electronic_code.desc())
    .limit(1)
    .scalar_subquery()
)


def latest(conn: sa.Connection, code: str, when: datetime) -> SealEvent | None:
    """Read the last act on a pair (by either code) at or before ``when``: one step down the index, however long it is."""
    chosen = _LATEST_BY_PHYSICAL if is_physical_code(code) else _LATEST_BY_ELECTRONIC
    row = conn.execute(chosen, {"code": code, "when": when}).one_or_none()
    return None if row is None else _event(row)


def began(conn: sa.Connection, event: SealEvent) -> datetime:
    """Return when the state that ``event`` left the pair in began: acts before it may have left it so too."""
    other = sa.select(sa.func.max(_E.number)).where(
        _E.electronic_code == event.code, _E.number < event.number, _E.status != event.status.value
    )
    chosen = sa.select(_E.at).where(
        _E.electronic_code == event.code, _E.number > sa.func.coalesce(other.scalar_subquery(), 0)
    )
    found: datetime = conn.execute(chosen.order_by(_E.number).limit(1)).scalar_one()
    return found


def ever(conn: sa.Connection, code: str, *acts: SealAct) -> bool:
    """Tell whether one of ``acts`` was ever done to a pair."""
    chosen = sa.select(_E.number).where(_E.electronic_code == code, _E.act.in_([act.value for act in acts]))
    return conn.execute(chosen.limit(1)).first() is not None


def last_moment(conn: sa.Connection, code: str) -> datetime:
    """Return the time of a pair's latest act."""
    chosen = sa.select(_E.at).where(_E.electronic_code == code).order_by(_E.number.desc()).limit(1)
    found: datetime = conn.execute(chosen).scalar_one()
    return found


def _event(row: Any) -> SealEvent:
    return SealEvent(
        row.electronic_code,
        row.number,
        SealAct(row.act),
        SealStatus(row.status),
        row.at,
        row.actor,
        row.reason,
    )
