"""After a restoration from a backup: batches rest, and their workers are nobody's. Runs in the transaction of the restoration.

What was sealed since the backup is not on record any more; the case of each open batch was ended with the others, so nothing
of it is sealed again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from signing.batch import rows
from signing.batch.batch import BatchState, Fault
from signing.batch.store import batch, batch_chunk, batch_worker

_WHY: Final = Fault(
    "RestoredFromBackup",
    "系统已从备份恢复，该批次已停止；请核对已用印的文件后另开批次。",
    "The system was restored from a backup, so the batch was stopped; compare what is sealed and open another.",
)


def retire_batches(conn: sa.Connection, at: datetime, *, actor: Actor, audit: AuditTrail) -> int:
    """Cancel every batch that was open, fence every chunk, strike every worker off; return how many batches."""
    open_states = [BatchState.GATHERING, BatchState.WAITING, BatchState.RUNNING, BatchState.HALTED]
    query = sa.select(batch.c.id).where(batch.c.state.in_([one.value for one in open_states]))
    found = conn.scalars(query.order_by(batch.c.id)).all()
    for batch_id in found:
        rows.cancel_waiting(conn, batch_id, at)
        changes = {"state": BatchState.CANCELLED.value, "moves": batch.c.moves + 1, "ended_at": at}
        conn.execute(
            batch.update().where(batch.c.id == batch_id).values(**changes, **rows.fault_columns(_WHY))
        )
        audit.append(
            conn, "batch.cancelled", actor=actor, subject=f"batch:{batch_id}", detail={"why": _WHY.name}
        )
    conn.execute(batch_chunk.update().values(fence=batch_chunk.c.fence + 1, holder=""))
    conn.execute(batch_worker.delete())
    return len(found)
