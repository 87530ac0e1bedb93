"""After a restoration from a backup: no list is trusted that may have been removed since, and none of ours is served again.

Every foreign list that was in force waits for a second person anew, whatever it was (stopped things stay stopped); a removal
that was under way is forgotten with it. Our own list is due at once, under a number above all that were used
(:func:`seals.restoration.use_up_counters`). Copies of what lists point to are dropped: they are fetched again. Runs in the
transaction that restores the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from seals.ledger import Ledger
from signing.recognition import foreign_store as rows
from signing.recognition.desk import taken_of
from signing.recognition.handover import FOLDER
from signing.recognition.states import TRANSITIONS, ForeignAct, ForeignStatus
from signing.recognition.store import foreign_list, list_piece, trust_list
from verify.trusted_lists.errors import ListRefused
from verify.trusted_lists.limits import MAX_LIST_OCTETS
from verify.trusted_lists.pinned import read_list


def published_lists(folders: Iterable[Path]) -> tuple[bytes, ...]:
    """Return the lists of other installations that copies of trust folders hold."""
    return tuple(
        path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob(f"{FOLDER}/*.tl.*"))
        if path.is_file() and path.stat().st_size <= MAX_LIST_OCTETS
    )


def merge_foreign(
    conn: sa.Connection, published: Sequence[bytes], at: datetime, *, actor: Actor, audit: AuditTrail
) -> int:
    """Take the newer lists that the trust folder had since the backup, so that none comes back older (I30); return how many.

    A list in force here counts where the key that its two people confirmed signed it; of others nothing is known, and
    nothing is taken. Goes before :func:`retire_foreign`.
    """
    ledger, count = Ledger(conn), 0
    for octets in published:
        for found in rows.in_force(conn):
            try:
                taken = taken_of(read_list(octets, [found.pinned]), octets)
            except ListRefused:
                continue
            newer = taken.form is found.taken.form and taken.sequence > found.taken.sequence
            if newer and rows.remember(conn, found.scheme_id, taken, at):
                count += rows.take(conn, found, taken, found.attempt)
                detail: dict[str, str | int | None] = {
                    "scheme": found.scheme_id,
                    "sequence": taken.sequence,
                    "before": found.taken.sequence,
                    "sha256": taken.sha256,
                }
                ledger.note("foreign_list.renewed", actor=actor, subject=found.id, detail=detail)
    ledger.close(audit)
    return count


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
