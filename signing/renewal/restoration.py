"""What a restoration must do about the archive: what was under way is void, and nothing is deleted for now.

Holds placed since the backup are lost with it. So a hold on every document is placed, which two people lift when they have
compared: a document that somebody stopped from being deleted stays stopped.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from signing.renewal.store import RenewalState, renewal
from signing.retention.states import HoldState
from signing.retention.store import EVERY, Hold, insert_hold

REASON: Final = "系统自备份恢复，备份之后的保全可能丢失，核对后由两人解除 / restored from a backup: compare the holds placed since"


def restore_archive(conn: sa.Connection, now: datetime, *, actor: Actor, audit: AuditTrail) -> int:
    """End extensions that were under way, hold every document; return how many extensions."""
    ended = conn.execute(
        renewal.update()
        .where(renewal.c.state == RenewalState.BEGUN.value)
        .values(state=RenewalState.FAILED.value, settled_at=now, fault="restored from a backup")
    )
    hold = Hold(secrets.token_hex(16), EVERY, HoldState.STANDING, REASON, actor.id, now)
    insert_hold(conn, hold)
    audit.append(conn, "archive.held", actor=actor, subject=EVERY, detail={"hold": hold.id, "reason": REASON})
    return ended.rowcount
