"""Queries on standing authorisations and their quotas. Takes a connection, never commits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from ca.words import Word
from seals.cases.store import use_standing, use_standing_day

C: Final = use_standing.c
D: Final = use_standing_day.c


class StandingStatus(Word):
    """States of a standing authorisation; whether its time has come or gone is judged at each use besides."""

    PENDING = "pending", "待生效"
    EFFECTIVE = "effective", "已生效"
    EXPIRED = "expired", "已到期"
    DELETED = "deleted", "已撤销"


_S = StandingStatus
TRANSITIONS: Final[dict[str, dict[StandingStatus, StandingStatus]]] = {
    "sign": {_S.PENDING: _S.EFFECTIVE},
    "expire": {_S.PENDING: _S.EXPIRED, _S.EFFECTIVE: _S.EXPIRED},
    "delete": {_S.PENDING: _S.DELETED, _S.EFFECTIVE: _S.DELETED},
}
"""Every move of an authorisation."""


@dataclass(frozen=True, slots=True)
class Grantee:
    """What is asked for: the application may put the seal on documents of these classes so often, from when to when.

    ``per_day`` of 0 sets no daily limit.
    """

    app: Actor
    seal_code: str
    classes: tuple[str, ...]
    quota: int
    per_day: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An authorisation as the database holds it."""

    id: str
    request_key: str
    status: StandingStatus
    moves: int
    grantee: Grantee
    owner_uscc: str
    used: int
    requested_by: str
    requested_at: datetime
    signed_by: str = ""
    signed_at: datetime | None = None
    certificate_sha256: str = ""
    jws: str = ""
    ended_by: str = ""
    ended_at: datetime | None = None
    reason: str = ""


def insert(conn: sa.Connection, one: Standing) -> None:
    """Write a new authorisation; a request key in use raises ``sqlalchemy.exc.IntegrityError``."""
    asked = one.grantee
    conn.execute(
        use_standing.insert(),
        {
            "id": one.id,
            "request_key": one.request_key,
            "status": one.status.value,
            "moves": one.moves,
            "app": asked.app.id,
            "person": asked.app.person,
            "seal_code": asked.seal_code,
            "owner_uscc": one.owner_uscc,
            "classes": canonical_json(list(asked.classes)),
            "quota": asked.quota,
            "per_day": asked.per_day,
            "used": 0,
            "begins": asked.begins,
            "ends": asked.ends,
            "requested_by": one.requested_by,
            "requested_at": one.requested_at,
            "signed_by": "",
            "certificate_sha256": "",
            "jws": "",
            "ended_by": "",
            "reason": "",
        },
    )


def find(conn: sa.Connection, standing_id: str, *, lock: bool = False) -> Standing | None:
    """Return an authorisation; ``lock`` holds its row."""
    query = sa.select(*C).where(C.id == standing_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _standing(row)


def by_request_key(conn: sa.Connection, key: str) -> Standing | None:
    """Return what was asked for under a request key."""
    row = conn.execute(sa.select(*C).where(C.request_key == key)).one_or_none()
    return None if row is None else _standing(row)


def of_app(conn: sa.Connection, person: str, seal_code: str) -> tuple[Standing, ...]:
    """Return the effective authorisations of an application for a seal, those that end first before others."""
    query = sa.select(*C).where(
        C.person == person, C.seal_code == seal_code, C.status == StandingStatus.EFFECTIVE.value
    )
    return tuple(map(_standing, conn.execute(query.order_by(C.ends, C.id))))


def page(conn: sa.Connection, uscc: str, after: str, limit: int) -> tuple[Standing, ...]:
    """Return authorisations in order of their ids; of one enterprise if it is named."""
    query = sa.select(*C).where(C.id > after)
    if uscc:
        query = query.where(C.owner_uscc == uscc)
    return tuple(map(_standing, conn.execute(query.order_by(C.id).limit(limit))))


def past(conn: sa.Connection, now: datetime, limit: int) -> tuple[Standing, ...]:
    """Return authorisations whose end has passed and that do not say so yet."""
    states = [status.value for status in TRANSITIONS["expire"]]
    query = sa.select(*C).where(C.status.in_(states), C.ends < now).order_by(C.ends, C.id).limit(limit)
    return tuple(map(_standing, conn.execute(query)))


def move(conn: sa.Connection, before: Standing, after: StandingStatus, changes: dict[str, Any]) -> bool:
    """Move an authorisation by compare-and-swap; tell whether nobody was faster."""
    moved = conn.execute(
        use_standing.update()
        .where(C.id == before.id, C.status == before.status.value, C.moves == before.moves)
        .values(status=after.value, moves=before.moves + 1, **changes)
    )
    return moved.rowcount == 1


def take(conn: sa.Connection, standing: Standing, day: str, now: datetime) -> bool:
    """Count one use, if the authorisation is in force and neither quota is used up; else nothing. One statement each."""
    taken = conn.execute(
        use_standing.update()
        .where(
            C.id == standing.id,
            C.status == StandingStatus.EFFECTIVE.value,
            C.begins <= now,
            C.ends >= now,
            C.used < C.quota,
        )
        .values(used=C.used + 1)
    )
    if taken.rowcount != 1:
        return False
    # The row of the authorisation is held now, so nobody else writes the day's.
    counted = conn.execute(
        use_standing_day.update()
        .where(D.standing == standing.id, D.day == day, _below(standing.grantee.per_day))
        .values(used=D.used + 1)
    )
    if counted.rowcount == 1:
        return True
    if used_on(conn, standing.id, day) is not None:
        return False
    conn.execute(use_standing_day.insert(), {"standing": standing.id, "day": day, "used": 1})
    return True


def give_back(conn: sa.Connection, standing_id: str, day: str) -> None:
    """Give back one use of a day, on which one was taken."""
    for table, where in (
        (use_standing, sa.and_(C.id == standing_id, C.used > 0)),
        (use_standing_day, sa.and_(D.standing == standing_id, D.day == day, D.used > 0)),
    ):
        moved = conn.execute(table.update().where(where).values(used=table.c.used - 1))
        if moved.rowcount != 1:
            raise ValueError(f"no use of {standing_id} on {day} to give back")


def used_on(conn: sa.Connection, standing_id: str, day: str) -> int | None:
    """Return the uses counted on a day, nothing where none ever was."""
    query = sa.select(D.used).where(D.standing == standing_id, D.day == day)
    return conn.execute(query).scalar_one_or_none()


def _below(limit: int) -> sa.ColumnElement[bool]:
    return sa.true() if limit == 0 else D.used < limit


def _standing(row: sa.Row[Any]) -> Standing:
    grantee = Grantee(
        Actor(row.app),
        row.seal_code,
        tuple(json.loads(row.classes)),
        row.quota,
        row.per_day,
        row.begins,
        row.ends,
    )
    return Standing(
        row.id,
        row.request_key,
        StandingStatus(row.status),
        row.moves,
        grantee,
        row.owner_uscc,
        row.used,
        row.requested_by,
        row.requested_at,
        row.signed_by,
        row.signed_at,
        row.certificate_sha256,
        row.jws,
        row.ended_by,
        row.ended_at,
        row.reason,
    )
