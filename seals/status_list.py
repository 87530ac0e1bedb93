"""The seal status list: the state of every seal of the registry, published by :mod:`seals.list_publisher`."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from seals.list_publisher import (
    DEFAULT_LIFE,
    STALE_AFTER,
    Heading,
    ListKind,
    ListMaker,
    ListPublisher,
    PublishedList,
)
from seals.seal import SealStatus
from seals.statement import SealStatusList, list_payload, parse_status_list, sign_status_list
from seals.store import seal, seal_event, seal_status_list

__all__ = ["DEFAULT_LIFE", "STALE_AFTER", "ListMaker", "PublishedList", "StatusListPublisher"]


class StatusListPublisher(ListPublisher[SealStatusList]):
    """Publishes the state of every seal of the registry."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail, maker: ListMaker) -> None:
        super().__init__(engine, clock, audit, maker, STATUS_LIST)


_States = tuple[frozenset[str], dict[str, tuple[tuple[datetime, SealStatus], ...]]]


def _states(conn: sa.Connection) -> _States:
    """Read the codes that have been active ever since they were filed, then the histories of all other filed pairs.

    In this order a seal stopped between the two queries is found in both, and its history counts. A pair that was never
    filed is nobody's business but the applicant's: it is in neither.
    """
    simple = sa.and_(seal.c.status == SealStatus.ACTIVE.value, seal.c.stopped.is_(sa.false()))
    active = frozenset(conn.execute(sa.select(seal.c.electronic_code).where(simple)).scalars())
    others = (
        sa.select(seal_event.c.electronic_code, seal_event.c.at, seal_event.c.status)
        .join(seal, seal.c.electronic_code == seal_event.c.electronic_code)
        .where(seal.c.stopped.is_(sa.true()), seal_event.c.at >= seal.c.filed_at)
        .order_by(seal_event.c.electronic_code, seal_event.c.number)
    )
    entries = {
        code: _history(rows) for code, rows in groupby(conn.execute(others), key=lambda row: str(row[0]))
    }
    return active - entries.keys(), entries


def _history(rows: Any) -> tuple[tuple[datetime, SealStatus], ...]:
    """Keep the acts that changed the state, from the filing on."""
    history: list[tuple[datetime, SealStatus]] = []
    for row in rows:
        status = SealStatus(row.status)
        changed = history[-1][1] is not status if history else status is SealStatus.ACTIVE
        if changed:
            history.append((row.at, status))
    return tuple(history)


def _drawn(conn: sa.Connection, heading: Heading) -> SealStatusList:
    active, entries = _states(conn)
    return SealStatusList(
        heading.issuer, heading.number, heading.issued_at, heading.next_update, entries, active
    )


def _read(jws: str) -> SealStatusList:
    parsed = parse_status_list(jws)
    parsed.check_signature()
    return parsed.status_list


def _facts(drawn: SealStatusList) -> dict[str, int]:
    return {"active": len(drawn.active), "stopped": len(drawn.entries)}


STATUS_LIST: Final = ListKind(
    seal_status_list, "status-list", "seal_list", _drawn, list_payload, sign_status_list, _read, _facts
)
"""How the list is drawn up, written and read."""
