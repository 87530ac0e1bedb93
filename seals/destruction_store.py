"""Destructions of physical seals, one a pair, with the digest of the picture that proves it. Never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.store import UtcInstant
from seals.store import metadata

seal_destruction = sa.Table(
    "seal_destruction",
    metadata,
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), primary_key=True),
    sa.Column("destroyed_at", UtcInstant, nullable=False),
    sa.Column("destroyed_by", sa.Text, nullable=False),
    sa.Column("witness", sa.Text, nullable=False),
    sa.Column("method", sa.String(16), nullable=False),
    sa.Column("picture_sha256", sa.String(64), nullable=False),
    sa.Column("picture_type", sa.String(16), nullable=False),
)
"""The primary key lets a physical seal be destroyed once."""

_C: Final = seal_destruction.c


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A destruction on record; ``method`` is the value of a :class:`seals.destruction.Method`."""

    at: datetime
    by: str
    witness: str
    method: str
    picture_sha256: str
    picture_type: str


def insert(conn: sa.Connection, code: str, made: Destroyed) -> None:
    """Record a destruction."""
    conn.execute(
        seal_destruction.insert().values(
            electronic_code=code,
            destroyed_at=made.at,
            destroyed_by=made.by,
            witness=made.witness,
            method=made.method,
            picture_sha256=made.picture_sha256,
            picture_type=made.picture_type,
        )
    )


def find(conn: sa.Connection, code: str) -> Destroyed | None:
    """Read the destruction of a pair's physical seal."""
    row = conn.execute(sa.select(*_C).where(_C.electronic_code == code)).one_or_none()
    if row is None:
        return None
    return Destroyed(
        row.destroyed_at, row.destroyed_by, row.witness, row.method, row.picture_sha256, row.picture_type
    )
