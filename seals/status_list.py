"""Publishing the seal status list: numbered and recorded first, then signed once, checked, and released.

The order is that of every use of a key: transaction A reserves the number and records what is to be signed; the key is
touched outside any transaction; our own reader checks the result; transaction B releases it. What a crash leaves between
A and B is withheld by :meth:`StatusListPublisher.reconcile`; its number is never used again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.signer import Signer
from seals.codes import next_number
from seals.errors import ClockWentBack, StatementInvalid, StatusListUnknown
from seals.ledger import acting
from seals.seal import SealStatus
from seals.statement import SealStatusList, list_payload, parse_status_list, sign_status_list
from seals.store import seal, seal_event, seal_status_list

DEFAULT_LIFE: Final = timedelta(hours=24)
"""From one list to the promised next: a change of state is visible within a day even to those who poll once."""
STALE_AFTER: Final = timedelta(minutes=10)
"""When a reservation without its signature is taken for left behind: signing takes seconds."""

_RESERVED: Final = "reserved"
_PUBLISHED: Final = "published"
_WITHHELD: Final = "withheld"


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A released list: ``jws`` is what others fetch."""

    issuer: str
    number: int
    issued_at: datetime
    next_update: datetime
    jws: str


@dataclass(frozen=True, slots=True)
class ListMaker:
    """Who signs lists: the issuer's name in them, the seal maker's chain (DER, its own first), how to open its key."""

    issuer: str
    chain: Sequence[bytes]
    signer: Callable[[], Signer]
    life: timedelta = DEFAULT_LIFE


class StatusListPublisher:
    """Publishes the state of every seal of the registry."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail, maker: ListMaker) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._maker = maker

    def publish(self, *, actor: Actor) -> PublishedList:
        """Make, sign and release the next list.

        Raises :class:`seals.errors.ClockWentBack`, :class:`hsm.errors.HsmError` from the key (the number is then lost),
        :class:`StatementInvalid` if our own reader refuses the result, which is then withheld.
        """
        planned = self._reserve(actor)
        jws = sign_status_list(planned, self._maker.signer(), self._maker.chain)
        try:
            _prove(jws, planned)
        except StatementInvalid:
            self._settle(planned.number, _WITHHELD, "", actor)
            raise
        self._settle(planned.number, _PUBLISHED, jws, actor)
        return PublishedList(planned.issuer, planned.number, planned.issued_at, planned.next_update, jws)

    def current(self) -> PublishedList:
        """Return the released list with the highest number; :class:`StatusListUnknown` before the first."""
        chosen = (
            sa.select(*seal_status_list.c)
            .where(
                seal_status_list.c.issuer == self._maker.issuer,
                seal_status_list.c.state == _PUBLISHED,
            )
            .order_by(seal_status_list.c.number.desc())
            .limit(1)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            row = conn.execute(chosen).one_or_none()
        if row is None:
            raise StatusListUnknown(self._maker.issuer)
        return PublishedList(row.issuer, row.number, row.issued_at, row.next_update, row.jws)

    def reconcile(self, *, actor: Actor) -> tuple[int, ...]:
        """Withhold reservations left behind for :data:`STALE_AFTER`; return their numbers."""
        chosen = (
            sa.select(seal_status_list.c.number)
            .where(
                seal_status_list.c.issuer == self._maker.issuer,
                seal_status_list.c.state == _RESERVED,
                seal_status_list.c.issued_at < self._clock() - STALE_AFTER,
            )
            .order_by(seal_status_list.c.number)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            numbers = tuple(conn.execute(chosen).scalars())
        for number in numbers:
            self._settle(number, _WITHHELD, "", actor)
        return numbers

    def _reserve(self, actor: Actor) -> SealStatusList:
        """Take the next number, see every seal as it is under that number, record the digest of both."""
        issuer = self._maker.issuer
        with acting(self._engine, self._audit) as ledger:
            number = next_number(ledger.conn, f"status-list:{issuer}")
            now = self._clock()
            _forwards(ledger.conn, issuer, now)
            active, entries = _states(ledger.conn)
            planned = SealStatusList(issuer, number, now, now + self._maker.life, entries, active)
            digest = _digest(list_payload(planned))
            ledger.conn.execute(
                seal_status_list.insert().values(
                    issuer=issuer,
                    number=number,
                    issued_at=now,
                    next_update=planned.next_update,
                    payload_sha256=digest,
                    state=_RESERVED,
                    jws="",
                )
            )
            detail: dict[str, str | int | None] = {
                "number": number,
                "sha256": digest,
                "active": len(active),
                "stopped": len(entries),
            }
            ledger.note("seal_list.reserved", actor=actor, subject=issuer, detail=detail)
        return planned

    def _settle(self, number: int, state: str, jws: str, actor: Actor) -> None:
        with acting(self._engine, self._audit) as ledger:
            moved = ledger.conn.execute(
                seal_status_list.update()
                .where(
                    seal_status_list.c.issuer == self._maker.issuer,
                    seal_status_list.c.number == number,
                    seal_status_list.c.state == _RESERVED,
                )
                .values(state=state, jws=jws)
            )
            if moved.rowcount != 1:
                raise StatusListUnknown(f"{self._maker.issuer} {number} is not reserved")
            subject, detail = self._maker.issuer, {"number": number}
            ledger.note(f"seal_list.{state}", actor=actor, subject=subject, detail=detail)


def _forwards(conn: sa.Connection, issuer: str, now: datetime) -> None:
    """Demand that a list is not dated before the last one."""
    last = sa.select(sa.func.max(seal_status_list.c.issued_at)).where(seal_status_list.c.issuer == issuer)
    found: datetime | None = conn.execute(last).scalar_one()
    if found is not None and now < found:
        raise ClockWentBack(f"status list of {issuer}")


_States = tuple[frozenset[str], dict[str, tuple[tuple[datetime, SealStatus], ...]]]


def _states(conn: sa.Connection) -> _States:
    """Read the codes that have been active ever since they were filed, then the histories of all other filed pairs.

    In this order a seal stopped between the two queries is found in both, and its history counts. A pair that was never
    filed is nobody's business but the applicant's: it is in neither.
    """
    simple = sa.and_(seal.c.status == SealStatus.ACTIVE.value, seal.c.stopped.is_(sa.false()))
    active = frozenset(conn.execute(sa.select(seal.c.electronic_code).where(simple)).scalars())
    others = (
        sa.select(seal_event.c.electronic_code, seal_event.c.at, seal_event.c.status)
        .join(seal, seal.c.electronic_code == seal_event.c.electronic_code)
        .where(seal.c.stopped.is_(sa.true()), seal_event.c.at >= seal.c.filed_at)
        .order_by(seal_event.c.electronic_code, seal_event.c.number)
    )
    entries = {
        code: _history(rows) for code, rows in groupby(conn.execute(others), key=lambda row: str(row[0]))
    }
    return active - entries.keys(), entries


def _history(rows: Any) -> tuple[tuple[datetime, SealStatus], ...]:
    """Keep the acts that changed the state, from the filing on."""
    history: list[tuple[datetime, SealStatus]] = []
    for row in rows:
        status = SealStatus(row.status)
        changed = history[-1][1] is not status if history else status is SealStatus.ACTIVE
        if changed:
            history.append((row.at, status))
    return tuple(history)


def _prove(jws: str, planned: SealStatusList) -> None:
    """Demand that our own reader gives back what was planned, under a signature that verifies."""
    parsed = parse_status_list(jws)
    parsed.check_signature()
    if parsed.status_list != planned:
        raise StatementInvalid("the signed list is not the one recorded")


def _digest(payload: dict[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
