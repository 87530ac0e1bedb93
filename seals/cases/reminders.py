"""Who is waited for: an outbox of reminders before a deadline, each made once, read by cursor by whoever sends them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from ca.outbox import advance, lock_head
from seals.cases import case_store, signer_store
from seals.cases.case import CaseRecord
from seals.cases.deciding import waiting
from seals.cases.office import CaseOffice
from seals.cases.states import CaseStatus
from seals.cases.store import use_case, use_reminder, use_reminder_head

LONGEST: Final = timedelta(hours=24 * 366)
"""The earliest reminder that a rule can ask for (``seals.cases.rule_file``)."""
ROUND: Final = 500
"""Cases looked at in one transaction."""
MAX_READ: Final = 1000


@dataclass(frozen=True, slots=True)
class CaseReminder:
    """One reminder: ``hours`` is the threshold that was crossed, ``waiting`` says for whom, stage by stage."""

    number: int
    case_id: str
    version: int
    hours: int
    waiting: tuple[dict[str, Any], ...]
    deadline: datetime
    at: datetime


class CaseReminders:
    """Makes reminders and gives them out."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office

    def collect(self, actor: Actor) -> int:
        """Note every case whose approvals are due soon and that was not noted for this threshold; return how many.

        One that crossed several thresholds at once gets the nearest.
        """
        made, after = 0, ""
        while True:
            with self._office.acting() as ledger:
                now = self._office.now()
                number = lock_head(ledger.conn, use_reminder_head)
                cases = _near(ledger.conn, now, after)
                rows = [row for case in cases if (row := _due(ledger.conn, case, now)) is not None]
                if rows:
                    numbered = [row | {"number": number + place} for place, row in enumerate(rows, 1)]
                    ledger.conn.execute(use_reminder.insert(), numbered)
                    advance(ledger.conn, use_reminder_head, number, len(rows))
                    detail: dict[str, str | int | None] = {"count": len(rows), "first": number + 1}
                    ledger.note("case.reminded", actor=actor, subject="use-reminders", detail=detail)
            made += len(rows)
            if len(cases) < ROUND:
                return made
            after = cases[-1].id

    def read(self, after: int = 0, limit: int = 100) -> tuple[CaseReminder, ...]:
        """Return reminders with numbers above ``after``, in order; numbers have no gaps and never arrive late."""
        table = use_reminder
        query = sa.select(*table.c).where(table.c.number > after).order_by(table.c.number)
        with self._office.reading() as conn:
            rows = conn.execute(query.limit(max(1, min(limit, MAX_READ)))).all()
        return tuple(
            CaseReminder(
                row.number,
                row.case_id,
                row.version,
                row.hours,
                tuple(json.loads(row.waiting)),
                row.deadline,
                row.at,
            )
            for row in rows
        )


def _near(conn: sa.Connection, now: datetime, after: str) -> list[CaseRecord]:
    query = (
        sa.select(use_case.c.id)
        .where(
            use_case.c.status == CaseStatus.APPROVING.value,
            use_case.c.deadline > now,
            use_case.c.deadline <= now + LONGEST,
            use_case.c.id > after,
        )
        .order_by(use_case.c.id)
        .limit(ROUND)
    )
    found = (case_store.find(conn, one) for one in conn.scalars(query).all())
    return [case for case in found if case is not None]


def _due(conn: sa.Connection, case: CaseRecord, now: datetime) -> dict[str, Any] | None:
    """Return the reminder that a case is due for, or nothing."""
    assert case.deadline is not None  # noqa: S101 - it was looked for by it
    left = case.deadline - now
    crossed = [hours for hours in case.rule.remind_hours if left <= timedelta(hours=hours)]
    if not crossed:
        return None
    hours, told = min(crossed), use_reminder.c
    query = sa.select(told.number).where(
        told.case_id == case.id, told.version == case.version, told.hours <= hours
    )
    if conn.execute(query.limit(1)).one_or_none() is not None:
        return None
    stages = [
        {"stage": stage.id, "scope": stage.scope, "people": list(stage.people)}
        for stage in waiting(case, signer_store.holders(conn, case.owner_uscc), now)
    ]
    return {
        "case_id": case.id,
        "version": case.version,
        "hours": hours,
        "waiting": canonical_json(stages),
        "deadline": case.deadline,
        "at": now,
    }
