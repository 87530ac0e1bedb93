"""Which documents of a case about many were sealed or are being sealed. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from seals.cases.store import use_case_member

M: Final = use_case_member.c


TAKE: Final = use_case_member.insert()
_AMONG: Final = sa.select(M.number).where(
    M.case_id == sa.bindparam("case_id"), M.number.in_(sa.bindparam("numbers", expanding=True))
)


def taken_among(conn: sa.Connection, case_id: str, numbers: Sequence[int]) -> set[int]:
    """Return which of these documents are sealed, or being sealed; the case's row is held by the caller."""
    return set(conn.scalars(_AMONG, {"case_id": case_id, "numbers": list(numbers)}))


def free(conn: sa.Connection, case_id: str, permit: str) -> None:
    """Give the use of a permit that came to nothing back to its document."""
    conn.execute(use_case_member.delete().where(M.case_id == case_id, M.permit == permit))


def taken(conn: sa.Connection, case_id: str) -> int:
    """Count the documents that were sealed or are being sealed."""
    query = sa.select(sa.func.count()).select_from(use_case_member).where(M.case_id == case_id)
    return conn.execute(query).scalar_one()
