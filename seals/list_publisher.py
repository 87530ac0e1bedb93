"""Publishing a signed list: numbered and recorded first, then signed once, checked, and released.

The order is that of every use of a key: transaction A reserves the number and records what is to be signed; the key is
touched outside any transaction; our own reader checks the result; transaction B releases it. What a crash leaves between
A and B is withheld by :meth:`ListPublisher.reconcile`; its number is never used again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.signer import Signer
from seals.codes import next_number
from seals.errors import ClockWentBack, StatementInvalid, StatusListUnknown
from seals.ledger import acting

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


class Numbered(Protocol):
    """What every list says of itself."""

    @property
    def issuer(self) -> str:
        """Who issues it."""

    @property
    def number(self) -> int:
        """Its number; numbers only rise."""

    @property
    def issued_at(self) -> datetime:
        """When it was drawn up."""

    @property
    def next_update(self) -> datetime:
        """When the next is promised."""


Drawn = TypeVar("Drawn", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list to be drawn up is told: who issues it, under which number, from when, until when."""

    issuer: str
    number: int
    issued_at: datetime
    next_update: datetime


@dataclass(frozen=True, slots=True)
class ListKind(Generic[Drawn]):
    """One kind of list: its table, the first word of its counter and of its audit records, how it is drawn up and written.

    ``read`` gives back what a signed list says, its signature checked; ``facts`` are counts for the audit trail.
    """

    table: sa.Table
    counter: str
    action: str
    draw: Callable[[sa.Connection, Heading], Drawn]
    payload: Callable[[Drawn], dict[str, Any]]
    sign: Callable[[Drawn, Signer, Sequence[bytes]], str]
    read: Callable[[str], Drawn]
    facts: Callable[[Drawn], Mapping[str, int]]


class ListPublisher(Generic[Drawn]):
    """Publishes one kind of list for one maker."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, maker: ListMaker, kind: ListKind[Drawn]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._maker = maker
        self._kind = kind

    def publish(self, *, actor: Actor) -> PublishedList:
        """Make, sign and release the next list.

        Raises :class:`seals.errors.ClockWentBack`, :class:`hsm.errors.HsmError` from the key (the number is then lost),
        :class:`StatementInvalid` if our own reader refuses the result, which is then withheld.
        """
        planned = self._reserve(actor)
        jws = self._kind.sign(planned, self._maker.signer(), self._maker.chain)
        try:
            self._prove(jws, planned)
        except StatementInvalid:
            self._settle(planned.number, _WITHHELD, "", actor)
            raise
        self._settle(planned.number, _PUBLISHED, jws, actor)
        return PublishedList(planned.issuer, planned.number, planned.issued_at, planned.next_update, jws)

    def current(self) -> PublishedList:
        """Return the released list with the highest number; :class:`StatusListUnknown` before the first."""
        at = self._kind.table.c
        chosen = (
            sa.select(*at)
            .where(at.issuer == self._maker.issuer, at.state == _PUBLISHED)
            .order_by(at.number.desc())
            .limit(1)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            row = conn.execute(chosen).one_or_none()
        if row is None:
            raise StatusListUnknown(self._maker.issuer)
        return PublishedList(row.issuer, row.number, row.issued_at, row.next_update, row.jws)

    def reconcile(self, *, actor: Actor) -> tuple[int, ...]:
        """Withhold reservations left behind for :data:`STALE_AFTER`; return their numbers."""
        at = self._kind.table.c
        chosen = (
            sa.select(at.number)
            .where(
                at.issuer == self._maker.issuer,
                at.state == _RESERVED,
                at.issued_at < self._clock() - STALE_AFTER,
            )
            .order_by(at.number)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            numbers = tuple(conn.execute(chosen).scalars())
        for number in numbers:
            self._settle(number, _WITHHELD, "", actor)
        return numbers

    def _reserve(self, actor: Actor) -> Drawn:
        """Take the next number, see everything as it is under that number, record the digest of both."""
        issuer, kind = self._maker.issuer, self._kind
        with acting(self._engine, self._audit) as ledger:
            number = next_number(ledger.conn, f"{kind.counter}:{issuer}")
            now = self._clock()
            _forwards(ledger.conn, kind.table, issuer, now)
            planned = kind.draw(ledger.conn, Heading(issuer, number, now, now + self._maker.life))
            digest = _digest(kind.payload(planned))
            ledger.conn.execute(
                kind.table.insert().values(
                    issuer=issuer,
                    number=number,
                    issued_at=now,
                    next_update=planned.next_update,
                    payload_sha256=digest,
                    state=_RESERVED,
                    jws="",
                )
            )
            detail: dict[str, str | int | None] = {"number": number, "sha256": digest, **kind.facts(planned)}
            ledger.note(f"{kind.action}.reserved", actor=actor, subject=issuer, detail=detail)
        return planned

    def _settle(self, number: int, state: str, jws: str, actor: Actor) -> None:
        table = self._kind.table
        with acting(self._engine, self._audit) as ledger:
            moved = ledger.conn.execute(
                table.update()
                .where(
                    table.c.issuer == self._maker.issuer,
                    table.c.number == number,
                    table.c.state == _RESERVED,
                )
                .values(state=state, jws=jws)
            )
            if moved.rowcount != 1:
                raise StatusListUnknown(f"{self._maker.issuer} {number} is not reserved")
            subject, detail = self._maker.issuer, {"number": number}
            ledger.note(f"{self._kind.action}.{state}", actor=actor, subject=subject, detail=detail)

    def _prove(self, jws: str, planned: Drawn) -> None:
        """Demand that our own reader gives back what was planned, under a signature that verifies."""
        if self._kind.read(jws) != planned:
            raise StatementInvalid("the signed list is not the one recorded")


def _forwards(conn: sa.Connection, table: sa.Table, issuer: str, now: datetime) -> None:
    """Demand that a list is not dated before the last one."""
    last = sa.select(sa.func.max(table.c.issued_at)).where(table.c.issuer == issuer)
    found: datetime | None = conn.execute(last).scalar_one()
    if found is not None and now < found:
        raise ClockWentBack(f"list of {issuer}")


def _digest(payload: dict[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
