"""Who is waited for: an outbox of reminders before a round's deadline, each made once, read by cursor by whoever sends them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from ca.outbox import advance, lock_head
from signing.parties import round_store
from signing.parties.office import RoundOffice
from signing.parties.round import Round
from signing.parties.store import signing_round_reminder, signing_round_reminder_head

LONGEST: Final = timedelta(days=366)
"""The earliest reminder that a round can ask for (``signing.parties.opening``)."""
BATCH: Final = 500
"""Rounds looked at in one transaction."""
MAX_READ: Final = 1000


@dataclass(frozen=True, slots=True)
class RoundReminder:
    """One reminder: ``days`` is the threshold that was crossed; ``waiting`` names the parties whose turn it is."""

    number: int
    round_id: str
    version: int
    days: int
    waiting: tuple[dict[str, Any], ...]
    deadline: datetime
    at: datetime


class RoundReminders:
    """Makes reminders and gives them out."""

    def __init__(self, office: RoundOffice) -> None:
        self._office = office

    def collect(self, actor: Actor) -> int:
        """Note every round that is due soon and was not noted for this threshold and version; return how many.

        One that crossed several thresholds at once gets the nearest. A new version calls other parties, so it reminds anew.
        """
        made, after = 0, ""
        while True:
            with self._office.acting() as ledger:
                now = self._office.clock()
                number = lock_head(ledger.conn, signing_round_reminder_head)
                rounds = round_store.near(ledger.conn, now, now + LONGEST, after, BATCH)
                rows = [row for one in rounds if (row := _due(ledger.conn, one, now)) is not None]
                if rows:
                    numbered = [row | {"number": number + place} for place, row in enumerate(rows, 1)]
                    ledger.conn.execute(signing_round_reminder.insert(), numbered)
                    advance(ledger.conn, signing_round_reminder_head, number, len(rows))
                    detail: dict[str, str | int | None] = {"count": len(rows), "first": number + 1}
                    ledger.note("round.reminded", actor=actor, subject="round-reminders", detail=detail)
            made += len(rows)
            if len(rounds) < BATCH:
                return made
            after = rounds[-1].id

    def read(self, after: int = 0, limit: int = 100, uscc: str = "") -> tuple[RoundReminder, ...]:
        """Return reminders with numbers above ``after``, in order; numbers have no gaps and never arrive late.

        With ``uscc``, those that are meant for that enterprise.
        """
        table = signing_round_reminder
        query = sa.select(*table.c).where(table.c.number > after).order_by(table.c.number)
        with self._office.reading() as conn:
            rows = conn.execute(query.limit(max(1, min(limit, MAX_READ)))).all()
        found = tuple(
            RoundReminder(
                row.number,
                row.round_id,
                row.version,
                row.days,
                tuple(json.loads(row.waiting)),
                row.deadline,
                row.at,
            )
            for row in rows
        )
        return tuple(one for one in found if not uscc or any(party["uscc"] == uscc for party in one.waiting))


def _due(conn: sa.Connection, found: Round, now: datetime) -> dict[str, Any] | None:
    """Return the reminder that a round is due for, or nothing."""
    crossed = [days for days in found.remind_days if found.deadline - now <= timedelta(days=days)]
    if not crossed:
        return None
    days, told = min(crossed), signing_round_reminder.c
    query = sa.select(told.number).where(
        told.round_id == found.id,
        told.version == found.version,
        told.deadline == found.deadline,
        told.days <= days,
    )
    if conn.execute(query.limit(1)).one_or_none() is not None:
        return None
    parties = [{"party": one.number, "uscc": one.uscc, "role": one.role} for one in found.called]
    return {
        "round_id": found.id,
        "version": found.version,
        "days": days,
        "waiting": canonical_json(parties),
        "deadline": found.deadline,
        "at": now,
    }
