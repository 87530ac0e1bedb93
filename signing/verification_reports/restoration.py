"""After a restoration from a backup: no leave to issue reports is in force, whoever stopped one since; nothing waits.

Reports issued since the backup are not on record any more. They stay good: whoever has one checks it without this service.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from signing.verification_reports import store
from signing.verification_reports.store import ReportState

_WHY = "restored from a backup"


def retire_reports(conn: sa.Connection, at: datetime, *, actor: Actor, audit: AuditTrail) -> int:
    """Stop every authorisation and fail every reserved report; return how many authorisations were in force."""
    stopped = store.stop_all(conn, at, actor.id)
    for record in store.reserved(conn):
        store.settle(conn, record.code, ReportState.FAILED, why=_WHY, settled_at=at)
        audit.append(
            conn, "verification_report.failed", actor=actor, subject=record.code, detail={"why": _WHY}
        )
    return stopped
