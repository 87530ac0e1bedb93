"""How many certificates stand how, and when those in force end: the figures of a console. Reads, never writes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.certificate import CertificateStatus, RevocationReason
from ca.store import certificate

SOON: Final = timedelta(days=30)
"""A certificate that ends within this time is expiring soon."""
MONTHS: Final = 12
_C: Final = certificate.c


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """How many certificates in force end in one calendar month (UTC)."""

    year: int
    month: int
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts at one moment; ``months`` begins with the present month."""

    valid: int
    expiring: int
    held: int
    revoked: int
    months: tuple[MonthEnd, ...]


def overview(conn: sa.Connection, now: datetime, uscc: str | None = None) -> Overview:
    """Count the register's certificates as they stand at ``now``: all, or those of one enterprise."""
    ours = sa.true() if uscc is None else _C.uscc == uscc
    in_force = sa.and_(ours, _C.status == CertificateStatus.ISSUED, _C.not_after >= now)
    held = sa.and_(
        ours, _C.status == CertificateStatus.REVOKED, _C.reason == RevocationReason.CERTIFICATE_HOLD.value
    )
    revoked = sa.and_(
        ours, _C.status == CertificateStatus.REVOKED, _C.reason != RevocationReason.CERTIFICATE_HOLD.value
    )
    return Overview(
        valid=_count(conn, in_force),
        expiring=_count(conn, sa.and_(in_force, _C.not_after < now + SOON)),
        held=_count(conn, held),
        revoked=_count(conn, revoked),
        months=tuple(_month(conn, in_force, *place) for place in _places(now)),
    )


def _count(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    return int(conn.execute(sa.select(sa.func.count()).where(condition)).scalar_one())


def _places(now: datetime) -> list[tuple[datetime, datetime]]:
    """Return beginning and end of each month."""
    begins = [
        now.replace(
            year=now.year + (now.month - 1 + step) // 12,
            month=(now.month - 1 + step) % 12 + 1,
            day=1,
            hour=0,
            minute=0,
            second=0,
            microsecond=0,
        )
        for step in range(MONTHS + 1)
    ]
    return list(itertools.pairwise(begins))


def _month(conn: sa.Connection, in_force: sa.ColumnElement[bool], begin: datetime, end: datetime) -> MonthEnd:
    within = sa.and_(in_force, _C.not_after >= begin, _C.not_after < end)
    return MonthEnd(begin.year, begin.month, _count(conn, within))
