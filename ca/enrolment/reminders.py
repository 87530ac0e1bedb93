"""Who is due: an outbox of expiry reminders, each made once, read by cursor by whoever sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.certificate import CertificateStatus
from ca.enrolment.office import Office
from ca.enrolment.states import EnrolmentStatus
from ca.enrolment.store import enrolment, expiry_reminder, expiry_reminder_head
from ca.outbox import advance, lock_head
from ca.store import certificate

DAYS: Final = (60, 30, 7, 1)
"""Days before the end at which a reminder is due."""
HOLDERS: Final = ("root", "issuing", "ocsp-responder", "tsa", "seal-maker")
"""Profiles of the authority itself: their keepers watch them by other means."""
PAGE: Final = 500
"""Certificates looked at in one transaction."""
MAX_READ: Final = 1000


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder; ``days`` is the threshold that was crossed."""

    number: int
    issuer: str
    serial: int
    days: int
    profile: str
    name: str
    uscc: str
    not_after: datetime
    at: datetime


class Reminders:
    """Makes reminders and gives them out."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def collect(self, actor: Actor) -> int:
        """Note every certificate that crossed a threshold since the last time; return how many.

        One that crossed several at once gets the nearest. A certificate with a successor gets none.
        """
        now, made = self._office.now(), 0
        for days, within in _windows(now):
            while True:
                with self._office.engine.begin() as conn:
                    number = lock_head(conn, expiry_reminder_head)
                    due = conn.execute(_due(days, *within).limit(PAGE)).all()
                    if due:
                        self._add(conn, due, days, number, now)
                        detail = {"days": days, "count": len(due), "first": number + 1}
                        self._office.audit.append(
                            conn, "reminder.collected", actor=actor, subject="reminders", detail=detail
                        )
                made += len(due)
                if len(due) < PAGE:
                    break
        return made

    def read(self, after: int = 0, limit: int = 100) -> tuple[Reminder, ...]:
        """Return reminders with numbers above ``after``, in order; numbers have no gaps and never arrive late."""
        table = expiry_reminder
        query = sa.select(*table.c).where(table.c.number > after).order_by(table.c.number)
        with self._office.reading() as conn:
            rows = conn.execute(query.limit(max(1, min(limit, MAX_READ)))).all()
        return tuple(
            Reminder(
                row.number,
                row.issuer,
                row.serial,
                row.days,
                row.profile,
                row.name,
                row.uscc,
                row.not_after,
                row.at,
            )
            for row in rows
        )

    @staticmethod
    def _add(
        conn: sa.Connection, due: Sequence[sa.Row[*tuple[Any, ...]]], days: int, number: int, now: datetime
    ) -> None:
        rows = [
            {**row._mapping, "days": days, "number": number + place, "at": now}  # noqa: SLF001 - SQLAlchemy's public name
            for place, row in enumerate(due, 1)
        ]
        conn.execute(expiry_reminder.insert(), rows)
        advance(conn, expiry_reminder_head, number, len(rows))


def _windows(now: datetime) -> list[tuple[int, tuple[datetime, datetime]]]:
    """Return each threshold with the span of ends that it is the nearest one for."""
    nearer = (*DAYS[1:], 0)
    return [
        (days, (now + timedelta(days=next_days), now + timedelta(days=days)))
        for days, next_days in zip(DAYS, nearer, strict=True)
    ]


def _due(days: int, after: datetime, until: datetime) -> sa.Select[Any]:
    c, reminded = certificate.c, expiry_reminder.c
    told = sa.exists().where(reminded.issuer == c.issuer, reminded.serial == c.serial, reminded.days <= days)
    followed = sa.exists().where(
        enrolment.c.predecessor_serial == c.serial,
        enrolment.c.status.in_((EnrolmentStatus.ISSUED, EnrolmentStatus.DELIVERED)),
    )
    return (
        sa.select(c.issuer, c.serial, c.profile, c.name, c.uscc, c.not_after)
        .where(
            c.status == CertificateStatus.ISSUED,
            c.not_after > after,
            c.not_after <= until,
            c.profile.not_in(HOLDERS),
            ~told,
            ~followed,
        )
        .order_by(c.not_after, c.id)
    )
