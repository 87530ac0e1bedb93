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
    """Count the register's certificates as they stand at ``now``, all or those of one enterprise, in one pass."""
    in_force = sa.and_(_C.status == CertificateStatus.ISSUED, _C.not_after >= now)
    revoked = _C.status == CertificateStatus.REVOKED
    on_hold = _C.reason == RevocationReason.CERTIFICATE_HOLD.value
    places = _months(now)
    conditions = [
        in_force,
        sa.and_(in_force, _C.not_after < now + SOON),
        sa.and_(revoked, on_hold),
        sa.and_(revoked, sa.not_(on_hold)),
        *(sa.and_(in_force, _C.not_after >= begin, _C.not_after < end) for begin, end in places),
    ]
    query = sa.select(*(sa.func.count().filter(condition) for condition in conditions)).select_from(
        certificate
    )
    if uscc is not None:
        query = query.where(_C.uscc == uscc)
    valid, expiring, held, ended, *months = conn.execute(query).one()
    found = (
        MonthEnd(begin.year, begin.month, count) for (begin, _), count in zip(places, months, strict=True)
    )
    return Overview(valid, expiring, held, ended, tuple(found))


def _months(now: datetime) -> list[tuple[datetime, datetime]]:
    """Return beginning and end of this month and the following ones."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begins = [
        start.replace(year=now.year + (now.month - 1 + step) // 12, month=(now.month - 1 + step) % 12 + 1)
        for step in range(MONTHS + 1)
    ]
    return list(itertools.pairwise(begins))
