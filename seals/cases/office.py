"""What the desks of cases work with, and the one way in which a case moves."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ca.actor import SYSTEM
from ca.audit import AuditTrail, canonical_json
from ca.clock import Clock
from hsm.provider import KeyRing
from seals.cases import case_store
from seals.cases.case import CaseEntry, CaseRecord, Hand
from seals.cases.errors import CaseActRefused, CaseMoved, CaseUnknown, ClockBehindCase
from seals.cases.rules import UseBook
from seals.cases.states import FIRST_STATUS, GIVING, TRANSITIONS, UNUSED_ONLY, CaseAct, CaseStatus
from seals.ledger import Ledger, acting

Detail = Mapping[str, str | int | None]
"""What an entry says besides: plain values, so that they can be hashed and read by anybody."""
DESK = Hand(SYSTEM, "system")
"""The desk itself: what follows by rule or by time."""


PLAIN = frozenset({"used", "approvals_sha256", "approving_since", "deadline", "reason"})
"""Columns that stand in a record as they are; after a change of others a case is read anew."""


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class CaseOffice:
    """The parts, each once. ``keys`` opens approvers' keys kept by the service; without it they sign elsewhere."""

    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    book: UseBook
    keys: KeyRing | None = None
    new_id: Callable[[], str] = random_id

    def acting(self) -> AbstractContextManager[Ledger]:
        """Open a transaction that ends with its audit records."""
        return acting(self.engine, self.audit)

    def reading(self) -> sa.Connection:
        """Open a connection that only reads."""
        return self.engine.execution_options(read_only=True).connect()

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return self.clock()


@dataclass(frozen=True, slots=True)
class CaseDeed:
    """One act: by whose hand, which columns change with it, what the record says besides."""

    act: CaseAct
    hand: Hand
    changes: Mapping[str, Any] = field(default_factory=dict)
    detail: Detail = field(default_factory=dict)


def load(conn: sa.Connection, case_id: str, *, lock: bool = False) -> CaseRecord:
    """Return a case; :class:`CaseUnknown` if there is none."""
    found = case_store.find(conn, case_id, lock=lock) if len(case_id) <= 32 else None
    if found is None:
        raise CaseUnknown
    return found


def next_status(record: CaseRecord, act: CaseAct) -> CaseStatus:
    """Return where an act leads from here; :class:`CaseActRefused` if it leads nowhere."""
    after = TRANSITIONS[act].get(record.status)
    if after is None or (act in UNUSED_ONLY and record.used):
        used = f"，已用印 {record.used} 份" if record.used else ""
        raise CaseActRefused(
            f"用印事项 {record.id} 当前为“{record.status.zh}”{used}，不能{act.zh}。",
            f"Case {record.id} is {record.status.value} with {record.used} copies used: {act.value} is not possible.",
        )
    return after


def move(ledger: Ledger, record: CaseRecord, deed: CaseDeed, now: datetime) -> CaseRecord:
    """Move a case, write who did it, put its audit record aside; :class:`CaseMoved` if anybody was faster."""
    after = next_status(record, deed.act)
    if not case_store.move(ledger.conn, record, after, dict(deed.changes), now):
        raise CaseMoved
    if deed.changes.keys() <= PLAIN:
        moved = replace(record, status=after, moves=record.moves + 1, changed_at=now, **deed.changes)
    else:
        moved = load(ledger.conn, record.id)
    write(ledger, moved, deed, now)
    return moved


def begin(ledger: Ledger, record: CaseRecord, hand: Hand, now: datetime) -> CaseRecord:
    """Write a new case and its first entry."""
    case_store.keep_rule(ledger.conn, record.rule)
    case_store.insert(ledger.conn, record)
    assert record.status is FIRST_STATUS  # noqa: S101 - a case begins where the table says
    detail = {"seal": record.seal_code, "document": str(record.request.document.digest)}
    write(ledger, record, CaseDeed(CaseAct.OPEN, hand, {}, detail), now)
    return record


Last = tuple[int, str, datetime | None]
"""Number, digest and time of a case's last entry."""


def write(ledger: Ledger, after: CaseRecord, deed: CaseDeed, now: datetime) -> None:
    """Add an entry to the record of responsibility and put its audit record aside."""
    case_store.insert_entry(
        ledger.conn, noted_entry(ledger, after, deed, now, case_store.last_entry(ledger.conn, after.id))
    )


def noted_entry(ledger: Ledger, after: CaseRecord, deed: CaseDeed, now: datetime, last: Last) -> CaseEntry:
    """Return the entry of one act, chained to the last one, and put its audit record aside.

    The entry's detail names the version, the content and the rule, so each lane can be read from the others.
    """
    number, previous, then = last
    if then is not None and now < then:
        if deed.act in GIVING:
            raise ClockBehindCase
        now = then
    detail = {
        "status": after.status.value,
        "version": after.version,
        "content": after.content,
        "rule": after.rule.hash,
        **deed.detail,
    }
    entry = CaseEntry(
        after.id,
        number + 1,
        deed.act,
        after.status,
        now,
        deed.hand.actor,
        deed.hand.credential,
        canonical_json(detail),
        previous,
    )
    entry = replace(entry, digest=entry.sealed())
    noted: dict[str, str | int | None] = {**detail, "credential": deed.hand.credential, "entry": entry.digest}
    ledger.note(f"case.{deed.act.value}", actor=deed.hand.actor, subject=f"case:{after.id}", detail=noted)
    return entry
