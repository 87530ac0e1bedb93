"""After a restoration from a backup: what a chip was asked before is asked again.

Runs in the transaction that restores the database, like :mod:`seals.restoration`. A challenge that was open when the
backup was made may have been answered since, so none of them is answered a second time. Jobs stand where their seals
stand; what the published lists teach about seals is merged there, and housekeeping ends the jobs of seals that have ended.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from seals.filing.store import filing_challenge


def end_challenges(conn: sa.Connection, at: datetime) -> int:
    """Refuse every challenge that is still open; return how many."""
    ended = conn.execute(
        filing_challenge.update()
        .where(filing_challenge.c.state == "open")
        .values(state="refused", settled_at=at)
    )
    return ended.rowcount
