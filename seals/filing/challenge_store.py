"""Queries on challenges to chips. Takes a connection, never commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from seals.filing.challenge import ChipChallenge
from seals.filing.store import filing_challenge, filing_job

C: Final = filing_challenge.c


def insert(conn: sa.Connection, made: ChipChallenge) -> None:
    """Write a challenge before it is asked."""
    conn.execute(
        filing_challenge.insert().values(
            id=made.id,
            job=made.job,
            electronic_code=made.seal,
            chip=made.chip,
            application=made.application,
            container=made.container,
            nonce=made.nonce,
            made_at=made.made_at,
            expires_at=made.expires_at,
            asked_by=made.asked_by,
            state=made.state,
        )
    )


def find(conn: sa.Connection, challenge: str) -> ChipChallenge | None:
    """Return a challenge, or nothing."""
    row = conn.execute(sa.select(*C).where(C.id == challenge)).one_or_none()
    return None if row is None else _challenge(row)


def settle(conn: sa.Connection, challenge: str, state: str, at: datetime) -> bool:
    """End a challenge by compare-and-swap: it is answered once, whatever the answer; false if it was answered before."""
    done = conn.execute(
        filing_challenge.update()
        .where(C.id == challenge, C.state == "open")
        .values(state=state, settled_at=at)
    )
    return done.rowcount == 1


def latest_of_chip(conn: sa.Connection, chip: str, limit: int) -> tuple[ChipChallenge, ...]:
    """Return the latest challenges to a chip, newest first."""
    query = sa.select(*C).where(C.chip == chip).order_by(C.made_at.desc(), C.id).limit(limit)
    return tuple(_challenge(row) for row in conn.execute(query))


def body_of(conn: sa.Connection, chip: str, job: str) -> str | None:
    """Return the code of another job's seal whose body this chip is in."""
    query = sa.select(filing_job.c.electronic_code).where(
        filing_job.c.chip == chip, filing_job.c.id != job, filing_job.c.status != "closed"
    )
    found: str | None = conn.execute(query.limit(1)).scalar_one_or_none()
    return found


def _challenge(row: Any) -> ChipChallenge:
    return ChipChallenge(
        id=row.id,
        job=row.job,
        seal=row.electronic_code,
        chip=row.chip,
        application=row.application,
        container=row.container,
        nonce=bytes(row.nonce),
        made_at=row.made_at,
        expires_at=row.expires_at,
        asked_by=row.asked_by,
        state=row.state,
    )
