"""Requests to list a keeper: whom, and whether as the principal one. Never commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from seals.seal import SealRecord
from seals.store import metadata

seal_keeper_request = sa.Table(
    "seal_keeper_request",
    metadata,
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("keeper", sa.Text, nullable=False),
    sa.Column("principal", sa.Boolean, nullable=False),
)
"""One row a request; ``number`` is the act of the pair's history that asked. It is confirmed by the very next act or
never: any other act on the pair in between makes the request void."""

_C: Final = seal_keeper_request.c


@dataclass(frozen=True, slots=True)
class KeeperAsked:
    """A request as it stands: who asked, for whom, and whether as the principal keeper."""

    by: str
    keeper: str
    principal: bool


def insert(conn: sa.Connection, code: str, number: int, asked: KeeperAsked) -> None:
    """Record a request."""
    conn.execute(
        seal_keeper_request.insert().values(
            electronic_code=code,
            number=number,
            asked_by=asked.by,
            keeper=asked.keeper,
            principal=asked.principal,
        )
    )


def waiting(conn: sa.Connection, record: SealRecord) -> KeeperAsked | None:
    """Read the request that was the pair's last act, if it was one."""
    row = conn.execute(
        sa.select(_C.asked_by, _C.keeper, _C.principal).where(
            _C.electronic_code == record.code, _C.number == record.moves
        )
    ).one_or_none()
    return None if row is None else KeeperAsked(*row)
