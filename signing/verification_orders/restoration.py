"""After a restoration from a backup: orders that were open are cancelled, and no message is sent that may have been sent since.

The documents that waited were not in the backup. Runs in the transaction that restores the database.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from signing.verification_orders import store
from signing.verification_orders.order import OrderState
from signing.webhooks.store import bury_waiting

_WHY = (
    "系统已从备份恢复，未再发送；需要时请重发。",
    "The system was restored from a backup, so this was not sent; send it again if it is wanted.",
)


def retire_orders(conn: sa.Connection, at: datetime, *, actor: Actor, audit: AuditTrail) -> int:
    """Cancel every open order and give every waiting message up; return how many orders."""
    found = store.open_orders(conn)
    for one in found:
        store.cancel_waiting(conn, one.id)
        store.move(conn, one, OrderState.CANCELLED, ended_at=at, expires_at=at)
        subject = f"verification-order:{one.id}"
        detail: dict[str, str | int | None] = {"why": "restored from a backup"}
        audit.append(conn, "verification_order.cancelled", actor=actor, subject=subject, detail=detail)
    bury_waiting(conn, at, _WHY)
    return len(found)
