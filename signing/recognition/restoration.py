"""After a restoration from a backup: no list is trusted that may have been removed since, and none of ours is served again.

Every foreign list that was in force waits for a second person anew, whatever it was (stopped things stay stopped); a removal
that was under way is forgotten with it. Our own list is due at once, under a number above all that were used
(:func:`seals.restoration.use_up_counters`). Copies of what lists point to are dropped: they are fetched again. Runs in the
transaction that restores the database.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from seals.ledger import Ledger
from signing.recognition import foreign_store as rows
from signing.recognition.states import TRANSITIONS, ForeignAct, ForeignStatus
from signing.recognition.store import foreign_list, list_piece, trust_list


def retire_foreign(conn: sa.Connection, at: datetime, *, actor: Actor, audit: AuditTrail) -> int:
    """Let two people say again which lists are trusted; return how many wait for that."""
    conn.execute(trust_list.update().where(trust_list.c.next_update > at).values(next_update=at))
    conn.execute(list_piece.delete())
    ledger, count = Ledger(conn), 0
    for found in rows.in_force(conn):
        status = TRANSITIONS[ForeignAct.RESTORE][found.status]
        if rows.of_scheme(conn, found.scheme_id, [ForeignStatus.PROPOSED]) is not None:
            status = ForeignStatus.REMOVED  # another proposal of the scheme waits: people decide by that one
        anew = {"confirmed_by": "", "confirmed_name": "", "confirmed_at": None}
        anew |= {"removal_by": "", "removal_name": "", "reason": ""}
        if rows.move(conn, found, status, **anew):
            count += 1
            detail: dict[str, str | int | None] = {"scheme": found.scheme_id, "status": status.value}
            ledger.note(f"foreign_list.{ForeignAct.RESTORE}", actor=actor, subject=found.id, detail=detail)
    conn.execute(foreign_list.update().values(etag=""))
    ledger.close(audit)
    return count
