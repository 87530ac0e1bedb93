"""Queries on the cases of several uses at once: read and held together, moved together. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from hsm.algorithms import Digest
from seals.cases import case_store
from seals.cases.case import CaseRecord
from seals.cases.store import use_case, use_case_document, use_case_entry, use_permit

C: Final = use_case.c
NEW_PERMIT: Final = use_permit.insert()
_OF_PERMITS: Final = sa.select(
    use_permit.c.permit, use_permit.c.case_id, use_permit.c.standing, use_permit.c.day
).where(use_permit.c.permit.in_(sa.bindparam("permits", expanding=True)))
_AMONG: Final = (
    case_store.JOINED.where(C.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(C.id)
    .with_for_update(of=use_case)
)
_NEWEST: Final = (
    sa.select(use_case_entry.c.case_id, sa.func.max(use_case_entry.c.number).label("number"))
    .where(use_case_entry.c.case_id.in_(sa.bindparam("ids", expanding=True)))
    .group_by(use_case_entry.c.case_id)
    .subquery()
)
_LAST_ENTRIES: Final = sa.select(
    use_case_entry.c.case_id, use_case_entry.c.number, use_case_entry.c.digest, use_case_entry.c.at
).join(
    _NEWEST,
    sa.and_(use_case_entry.c.case_id == _NEWEST.c.case_id, use_case_entry.c.number == _NEWEST.c.number),
)
_KNOWN: Final = sa.select(
    use_case_document.c.case_id, use_case_document.c.digest, use_case_document.c.role
).where(use_case_document.c.digest.in_(sa.bindparam("digests", expanding=True)))
_SWAP: Final = use_case.update().where(
    C.id == sa.bindparam("its_id"),
    C.status == sa.bindparam("its_status"),
    C.moves == sa.bindparam("its_moves"),
)


def swap(conn: sa.Connection, moves: Sequence[tuple[CaseRecord, CaseRecord]]) -> bool:
    """Move cases from what was read to what they are now, by compare-and-swap; tell whether all were as read.

    Only what acts of use change is written: state, count of acts and of copies, the approvals' digest, the times.
    """
    rows = [
        {
            "its_id": before.id,
            "its_status": before.status.value,
            "its_moves": before.moves,
            "status": after.status.value,
            "moves": after.moves,
            "used": after.used,
            "approvals_sha256": after.approvals_sha256,
            "changed_at": after.changed_at,
        }
        for before, after in moves
    ]
    return not rows or conn.execute(_SWAP, rows).rowcount == len(rows)


def among(conn: sa.Connection, ids: Sequence[str]) -> dict[str, CaseRecord]:
    """Return cases by their ids and hold their rows, always in one order."""
    rows = conn.execute(_AMONG, {"ids": list(ids)}).all()
    return {row.id: case_store.record_of(conn, row) for row in rows}


def last_entries(conn: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[int, str, datetime]]:
    """Return number, digest and time of the last entry of several cases."""
    rows = conn.execute(_LAST_ENTRIES, {"ids": list(ids)})
    return {row.case_id: (row.number, row.digest, row.at) for row in rows}


def known_documents(conn: sa.Connection, digests: Sequence[Digest]) -> set[tuple[str, str, str]]:
    """Return which cases are about some of these documents already: case, digest, role."""
    rows = conn.execute(_KNOWN, {"digests": [str(digest) for digest in digests]})
    return {(row.case_id, row.digest, row.role) for row in rows}


def permit_row(permit: str, case_id: str, standing: str, day: str) -> dict[str, Any]:
    """Return the row that says under which case a permit was granted."""
    return {"permit": permit, "case_id": case_id, "standing": standing, "day": day}


def cases_of_permits(conn: sa.Connection, permits: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Return case, standing authorisation and day of permits; a permit of before there were cases has none."""
    rows = conn.execute(_OF_PERMITS, {"permits": list(permits)})
    return {row.permit: (row.case_id, row.standing, row.day) for row in rows}


def case_of_permit(conn: sa.Connection, permit: str) -> tuple[str, str, str] | None:
    """Return case, standing authorisation and day of one permit."""
    return cases_of_permits(conn, [permit]).get(permit)
