"""Queries on what the national platform tells and is told. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from seals.errors import SealMoved
from seals.filing.store import national_message, national_seal
from seals.states import SealAct, SealStatus
from seals.store import seal, seal_event

N: Final = national_seal.c
S: Final = seal.c
E: Final = seal_event.c
STOPPED: Final = (SealStatus.FROZEN.value, SealStatus.REVOKED.value, SealStatus.SUPERSEDED.value)
_STOPS: Final = (SealAct.FREEZE.value, SealAct.REVOKE.value, SealAct.SUPERSEDE.value)


@dataclass(frozen=True, slots=True)
class NationalSeal:
    """A seal as the platform's messages tell of it; ``invalid_type`` is empty while it was not deactivated."""

    code: str
    name: str
    use_unit_code: str
    valid_from: datetime | None
    valid_to: datetime | None
    maker_sha256: str
    invalid_type: str
    invalid_from: datetime | None
    followed: bool
    moves: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A seal that is stopped, and since when: ``status`` in our words for ours, ``invalid_type`` for others'."""

    code: str
    name: str
    invalid_type: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, its end not in it, and which entries of it: those after ``skip``, at most ``limit``."""

    start: datetime
    end: datetime
    skip: int
    limit: int


def is_known(conn: sa.Connection, digest: str) -> bool:
    """Tell whether a message was taken in before."""
    query = sa.select(national_message.c.digest).where(national_message.c.digest == digest)
    return conn.execute(query).first() is not None


def insert_message(conn: sa.Connection, values: Mapping[str, Any]) -> None:
    """Write a message that is taken in; :class:`SealMoved` when somebody takes the same one in at this moment."""
    try:
        conn.execute(national_message.insert().values(**values))
    except sa.exc.IntegrityError as wrong:
        raise SealMoved(f"message {values['digest']}") from wrong


def find(conn: sa.Connection, code: str) -> NationalSeal | None:
    """Return what is told of a seal, or nothing."""
    row = conn.execute(sa.select(*N).where(N.seal_code == code)).one_or_none()
    return None if row is None else _seal(row)


def insert(conn: sa.Connection, new: NationalSeal) -> NationalSeal:
    """Write a seal told of for the first time; :class:`SealMoved` when somebody does so at this moment."""
    try:
        conn.execute(
            national_seal.insert().values(
                seal_code=new.code,
                name=new.name,
                use_unit_code=new.use_unit_code,
                valid_from=new.valid_from,
                valid_to=new.valid_to,
                maker_sha256=new.maker_sha256,
                invalid_type=new.invalid_type,
                invalid_from=new.invalid_from,
                followed=new.followed,
                moves=new.moves,
            )
        )
    except sa.exc.IntegrityError as wrong:
        raise SealMoved(f"seal {new.code}") from wrong
    return new


def change(conn: sa.Connection, before: NationalSeal, values: Mapping[str, Any]) -> None:
    """Change what is told of a seal by compare-and-swap; :class:`SealMoved` if somebody was faster."""
    done = conn.execute(
        national_seal.update()
        .where(N.seal_code == before.code, N.moves == before.moves)
        .values(moves=before.moves + 1, **values)
    )
    if done.rowcount != 1:
        raise SealMoved(f"seal {before.code}")


def unfollowed(conn: sa.Connection, limit: int) -> tuple[NationalSeal, ...]:
    """Return seals of ours that were told to be stopped and are not stopped after it yet."""
    query = (
        sa.select(*N)
        .join_from(national_seal, seal, S.electronic_code == N.seal_code)
        .where(N.invalid_type != "", N.followed.is_(False))
        .order_by(N.seal_code)
        .limit(limit)
    )
    return tuple(_seal(row) for row in conn.execute(query))


def released(conn: sa.Connection, span: Span) -> tuple[str, ...]:
    """Return the codes of pairs that came into use in a stretch of time, by time and code."""
    query = (
        sa.select(S.electronic_code)
        .where(S.filed_at >= span.start, S.filed_at < span.end)
        .order_by(S.filed_at, S.electronic_code)
    )
    return tuple(conn.execute(query.offset(span.skip).limit(span.limit)).scalars())


def renewed(conn: sa.Connection, span: Span) -> tuple[str, ...]:
    """Return the codes of pairs that were renewed in a stretch of time, by time and code."""
    last = sa.func.max(E.at)
    query = (
        sa.select(E.electronic_code)
        .where(E.act == SealAct.RENEW.value, E.at >= span.start, E.at < span.end)
        .group_by(E.electronic_code)
        .order_by(last, E.electronic_code)
    )
    return tuple(conn.execute(query.offset(span.skip).limit(span.limit)).scalars())


_LAST_STOP: Final = (
    sa.select(E.electronic_code.label("code"), sa.func.max(E.number).label("number"))
    .where(E.act.in_(_STOPS))
    .group_by(E.electronic_code)
    .subquery()
)
_OURS: Final = (
    sa.select(
        S.electronic_code.label("code"),
        S.name.label("name"),
        sa.case((S.status == SealStatus.FROZEN.value, "2"), else_="1").label("invalid_type"),
        E.at.label("since"),
        E.reason.label("reason"),
    )
    .join_from(seal, _LAST_STOP, _LAST_STOP.c.code == S.electronic_code)
    .join(seal_event, sa.and_(E.electronic_code == S.electronic_code, E.number == _LAST_STOP.c.number))
    .where(S.status.in_(STOPPED), S.valid_from.is_not(None))
)
_OTHERS: Final = sa.select(
    N.seal_code.label("code"),
    N.name.label("name"),
    N.invalid_type.label("invalid_type"),
    N.invalid_from.label("since"),
    sa.literal("").label("reason"),
).where(N.invalid_type != "", N.seal_code.not_in(sa.select(S.electronic_code)))


def stops(conn: sa.Connection, span: Span, *, ours_only: bool) -> tuple[Stop, ...]:
    """Return seals that are stopped since a moment in a stretch of time, by that moment and their codes."""
    every = (_OURS if ours_only else sa.union_all(_OURS, _OTHERS)).subquery()
    query = (
        sa.select(every)
        .where(every.c.since >= span.start, every.c.since < span.end)
        .order_by(every.c.since, every.c.code)
        .offset(span.skip)
        .limit(span.limit)
    )
    return tuple(
        Stop(row.code, row.name, row.invalid_type, row.since, row.reason) for row in conn.execute(query)
    )


def count_stops(conn: sa.Connection, start: datetime, end: datetime) -> int:
    """Count what :func:`stops` would return without a page."""
    every = sa.union_all(_OURS, _OTHERS).subquery()
    query = sa.select(sa.func.count()).select_from(every).where(every.c.since >= start, every.c.since < end)
    return int(conn.execute(query).scalar_one())


def _seal(row: Any) -> NationalSeal:
    return NationalSeal(
        row.seal_code,
        row.name,
        row.use_unit_code,
        row.valid_from,
        row.valid_to,
        row.maker_sha256,
        row.invalid_type,
        row.invalid_from,
        bool(row.followed),
        row.moves,
    )
