"""Renewals of pairs: what was asked for, and the certificate and validity that it replaced. Never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.store import SerialNumber, UtcInstant
from seals.seal import BoundCertificate, SealRecord
from seals.store import metadata

seal_renewal = sa.Table(
    "seal_renewal",
    metadata,
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcInstant, nullable=False),
    sa.Column("valid_days", sa.Integer, nullable=False),
    sa.Column("serial", SerialNumber, nullable=False),
    sa.Column("der", sa.LargeBinary, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", UtcInstant),
    sa.Column("old_serial", SerialNumber),
    sa.Column("old_sha256", sa.String(64)),
    sa.Column("old_der", sa.LargeBinary),
    sa.Column("old_not_before", UtcInstant),
    sa.Column("old_not_after", UtcInstant),
    sa.Column("old_valid_from", UtcInstant),
    sa.Column("old_valid_to", UtcInstant),
)
"""One row a request; ``number`` is the act of the pair's history that asked. It is confirmed by the very next act or
never: any other act on the pair in between makes the request void."""

_C: Final = seal_renewal.c


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it stands: the certificate (serial, DER) and the days of validity wished for."""

    by: str
    serial: int
    der: bytes
    valid_days: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal that was carried out: by whom and when, and what held before it."""

    asked_by: str
    decided_by: str
    decided_at: datetime
    certificate: BoundCertificate
    valid_from: datetime
    valid_to: datetime


def insert(conn: sa.Connection, code: str, number: int, asked: Asked, at: datetime) -> None:
    """Record a request."""
    conn.execute(
        seal_renewal.insert().values(
            electronic_code=code,
            number=number,
            asked_by=asked.by,
            asked_at=at,
            valid_days=asked.valid_days,
            serial=asked.serial,
            der=asked.der,
        )
    )


def waiting(conn: sa.Connection, record: SealRecord) -> Asked | None:
    """Read the request that was the pair's last act, if it was one."""
    row = conn.execute(
        sa.select(_C.asked_by, _C.serial, _C.der, _C.valid_days).where(
            _C.electronic_code == record.code, _C.number == record.moves, _C.decided_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Asked(row.asked_by, row.serial, row.der, row.valid_days)


def settle(conn: sa.Connection, before: SealRecord, by: str, at: datetime) -> None:
    """Record that the request was confirmed, and what ``before`` had until then."""
    old = before.electronic.certificate
    conn.execute(
        seal_renewal.update()
        .where(_C.electronic_code == before.code, _C.number == before.moves)
        .values(
            decided_by=by,
            decided_at=at,
            old_serial=old and old.serial,
            old_sha256=old and old.sha256,
            old_der=old and old.der,
            old_not_before=old and old.not_before,
            old_not_after=old and old.not_after,
            old_valid_from=before.valid_from,
            old_valid_to=before.valid_to,
        )
    )


def done(conn: sa.Connection, code: str) -> tuple[Renewal, ...]:
    """Read a pair's renewals, oldest first."""
    rows = conn.execute(
        sa.select(*_C).where(_C.electronic_code == code, _C.decided_at.is_not(None)).order_by(_C.number)
    )
    return tuple(_renewal(row) for row in rows)


def _renewal(row: Any) -> Renewal:
    old = BoundCertificate(row.old_serial, row.old_sha256, row.old_der, row.old_not_before, row.old_not_after)
    return Renewal(row.asked_by, row.decided_by, row.decided_at, old, row.old_valid_from, row.old_valid_to)
