"""Which documents of a case about many were sealed or are being sealed. Takes a connection, never commits."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from seals.cases.store import use_case_member

M: Final = use_case_member.c


def take(conn: sa.Connection, case_id: str, number: int, permit: str) -> bool:
    """Give one document's one use to a permit; tell whether it was free. The case's row is held by the caller."""
    taken = conn.execute(sa.select(M.permit).where(M.case_id == case_id, M.number == number)).one_or_none()
    if taken is not None:
        return False
    conn.execute(use_case_member.insert(), {"case_id": case_id, "number": number, "permit": permit})
    return True


def free(conn: sa.Connection, case_id: str, permit: str) -> None:
    """Give the use of a permit that came to nothing back to its document."""
    conn.execute(use_case_member.delete().where(M.case_id == case_id, M.permit == permit))


def taken(conn: sa.Connection, case_id: str) -> int:
    """Count the documents that were sealed or are being sealed."""
    query = sa.select(sa.func.count()).select_from(use_case_member).where(M.case_id == case_id)
    return conn.execute(query).scalar_one()
