"""What was under way when a backup was made, ended when it is restored: it may have been finished since (I4, I31).

A request that was handed in may have been approved and issued, a spare encryption key given to somebody, a PIN letter printed. Doing it
again would make a second certificate, give one key to two, print one PIN twice. So all of it ends here, in the transaction
that restores the database, and is begun anew by whoever still wants it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.enrolment.states import EnrolmentStatus
from ca.enrolment.store import enrolment, enrolment_job
from ca.keycentre.state import CaseStatus, KeyStatus
from ca.keycentre.store import escrowed_key, recovery_case
from ca.store import NO_BYTES
from ca.tokens.letter_store import LetterStatus, UnblockStatus
from ca.tokens.request import RequestStatus
from ca.tokens.store import pin_letter, token_request, unblock_task

WHY: Final = "系统由备份恢复，此前未办结的事项作废 / restored from a backup"

_HANDED_IN: Final = tuple(
    status.value
    for status in (
        EnrolmentStatus.SUBMITTED,
        EnrolmentStatus.CHECKING,
        EnrolmentStatus.APPROVING,
        EnrolmentStatus.APPROVED,
        EnrolmentStatus.ISSUING,
    )
)


def end_unfinished(conn: sa.Connection, at: datetime) -> dict[str, int]:
    """End everything that may have been finished since; return how many of each."""
    superseded = {
        "status": RequestStatus.SUPERSEDED.value,
        "moves": token_request.c.moves + 1,
        "reason": WHY,
    }
    return {
        "enrolments": _end_enrolments(conn, at),
        "jobs": _end_jobs(conn, at),
        "spare_keys": _retire_spare_keys(conn, at),
        "recovery_cases": _move(
            conn, recovery_case, (CaseStatus.OPEN.value,), {"status": CaseStatus.WITHDRAWN.value}
        ),
        "personalisations": _move(
            conn, token_request, (RequestStatus.ASKED.value, RequestStatus.APPROVED.value), superseded
        ),
        "pin_letters": _move(
            conn,
            pin_letter,
            (LetterStatus.PREPARED.value, LetterStatus.READY.value),
            {"status": LetterStatus.VOID.value, "sealed": NO_BYTES},
        ),
        "unblockings": _move(
            conn,
            unblock_task,
            (UnblockStatus.REQUESTED.value, UnblockStatus.APPROVED.value),
            {"status": UnblockStatus.REJECTED.value, "decided_at": at, "decided_by": "system:restore"},
        ),
    }


def _end_enrolments(conn: sa.Connection, at: datetime) -> int:
    """Fail what was handed in: the requester may edit it and have it approved again, by fresh votes."""
    changes = {"status": EnrolmentStatus.FAILED.value, "changed_at": at, "reason": WHY}
    changes["moves"] = enrolment.c.moves + 1
    return _move(conn, enrolment, _HANDED_IN, changes)


def _end_jobs(conn: sa.Connection, at: datetime) -> int:
    changes = {"status": "expired", "ended_at": at, "reason": WHY}
    return _move(conn, enrolment_job, ("asked", "running"), changes)


def _retire_spare_keys(conn: sa.Connection, at: datetime) -> int:
    """Take every pooled key out of the pool. It stays recoverable by custodians, for its holder of since may ask."""
    changes = {
        "status": KeyStatus.REVOKED.value,
        "request_key": sa.literal("restored:") + escrowed_key.c.id,
        "closed_at": at,
        "reason": WHY,
    }
    return _move(conn, escrowed_key, (KeyStatus.POOLED.value,), changes)


def _move(conn: sa.Connection, table: sa.Table, before: tuple[str, ...], changes: dict[str, Any]) -> int:
    moved = conn.execute(table.update().where(table.c.status.in_(before)).values(**changes))
    return moved.rowcount
