"""The record of sealings: reservation and intent before the key, completion or failure and outcome after it.

Every method is one short transaction; the permit, the sealing and the audit trail move together or not at all.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest
from seals.cases.case import Hand
from seals.cases.desk import UseDesk
from seals.cases.grounds import Use
from seals.ledger import Ledger as Acts
from seals.ledger import acting
from seals.permit import Ask, Outcome, Permit, Permits
from signing import store
from signing.archive import Stored
from signing.errand import Errand
from signing.errors import DatabaseUnavailable, SealingInProgress
from signing.order import SealOrder
from signing.retention.register import enter_sealed
from signing.store import SealingAct, SealingRecord, SealingState
from signing.two_step.store import is_waiting

MAX_FAULT: Final = 300
"""Longest fault kept, in characters: an error's name and its detail."""
PAGE: Final = 200
"""Reservations read at a time."""


@dataclass(frozen=True, slots=True)
class Reserving:
    """A sealing to be reserved: under which id, what for, the document's digest; what failed under the same key before."""

    sealing_id: str
    order: SealOrder
    document: Digest
    before: SealingRecord | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """A sealing that may go on: its record and its single-use permit."""

    record: SealingRecord
    permit: Permit
    errand: Errand | None = None


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Turn a database that went away into :class:`DatabaseUnavailable`."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as wrong:
        raise DatabaseUnavailable(type(wrong).__name__) from wrong


@dataclass(frozen=True, slots=True)
class KeyUsed:
    """The algorithm that signed, and where its key is kept (``hsm.signer.Custody``); ``writer`` is what wrote the document."""

    algorithm: str
    custody: str
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A sealed document that is stored, and what signed it."""

    record: SealingRecord
    stored: Stored
    key: KeyUsed | None = None


class Ledger:
    """Keeps the sealings of one installation."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        permits: Permits,
        uses: UseDesk,
        clock: Clock,
        audit: AuditTrail,
        *,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._engine = engine
        self._permits = permits
        self._uses = uses
        self._clock = clock
        self._audit = audit
        self.new_id = new_id

    def find(self, actor: Actor, idempotency_key: str) -> SealingRecord | None:
        """Find what ``actor`` asked for under a key."""
        with database(), self._reading() as conn:
            return store.find_by_key(conn, actor.id, idempotency_key)

    def asked_before(self, actor: Actor, keys: Sequence[str]) -> set[str]:
        """Tell under which of these keys ``actor`` asked for a sealing before."""
        with database(), self._reading() as conn:
            return store.keys_taken(conn, actor.id, keys)

    def get(self, sealing_id: str) -> SealingRecord | None:
        """Find a sealing by its id."""
        with database(), self._reading() as conn:
            return store.find_sealing(conn, sealing_id)

    def waits(self, record: SealingRecord) -> bool:
        """Tell whether a sealing waits for a signature made elsewhere; its draft then lies parked."""
        with database(), self._reading() as conn:
            return is_waiting(conn, record.id, record.attempt)

    def key_uri(self, certificate_sha256: str) -> str | None:
        """Find where the key of a seal's certificate is."""
        with database(), self._reading() as conn:
            return store.find_seal_key(conn, certificate_sha256)

    def bind_key(self, certificate_sha256: str, key_uri: str, *, actor: Actor) -> None:
        """Remember where a key is; repeating the same changes nothing, another address is a ``ValueError``."""
        with database(), self._engine.begin() as conn:
            known = store.find_seal_key(conn, certificate_sha256)
            if known == key_uri:
                return
            if known is not None:
                raise ValueError("the certificate is bound to another key address")
            store.insert_seal_key(conn, certificate_sha256, key_uri, self._clock())
            self._audit.append(
                conn, "seal.key.bound", actor=actor, subject=certificate_sha256, detail={"key": key_uri}
            )

    def reserve(self, asked: Reserving, *, actor: Actor) -> Reserved:
        """Transaction A: the permit, the reservation, the intent.

        The warrant for the permit is looked for first, outside: verifying approvals needs no lock. Raises
        :class:`seals.errors.SealNotUsable`, and :class:`SealingInProgress` when another request was faster.
        """
        return self.reserve_several((asked,), actor=actor)[0]

    def reserve_several(self, asked: Sequence[Reserving], *, actor: Actor) -> tuple[Reserved, ...]:
        """Reserve several sealings by one actor in one transaction A, each as :meth:`reserve` does; all or none."""
        with database():
            warrants = self._uses.warrants([_use(one.order, one.document, actor) for one in asked])
        asks = [
            Ask(one.order.seal_code, one.document, warrant, one.order.name)
            for one, warrant in zip(asked, warrants, strict=True)
        ]
        hand = Hand(actor, asked[0].order.credential)
        try:
            with database(), acting(self._engine, self._audit) as ledger:
                _hold(ledger.conn, [one.order.errand for one in asked])
                permits = self._permits.grant_several(ledger, asks, hand=hand)
                records = self._record(ledger, asked, permits, actor)
        except sa.exc.IntegrityError as wrong:
            raise SealingInProgress(asked[0].order.idempotency_key) from wrong
        return tuple(
            Reserved(record, permit, one.order.errand)
            for record, permit, one in zip(records, permits, asked, strict=True)
        )

    def _record(
        self, ledger: Acts, asked: Sequence[Reserving], permits: Sequence[Permit], actor: Actor
    ) -> list[SealingRecord]:
        """Write the reservations and the intents."""
        ledger.write_rows()
        records, new = [], []
        for one, permit in zip(asked, permits, strict=True):
            record = self._new_record(one, permit, actor)
            if one.before is None:
                new.append(record)
            else:
                record = self._retry(ledger.conn, one.before, record)
            records.append(record)
            ledger.note("sealing.intent", actor=actor, subject=record.id, detail=_intent(record))
        if new:
            store.insert_sealings(ledger.conn, new)
        return records

    def consume(self, reserved: Reserved) -> None:
        """Take the permit, durably, before the key is touched; a seal stopped meanwhile is refused here."""
        self.consume_several((reserved,))

    def consume_several(self, reserved: Sequence[Reserved]) -> None:
        """Take several permits in one transaction; all or none."""
        with database(), acting(self._engine, self._audit) as ledger:
            _hold(ledger.conn, [one.errand for one in reserved])
            self._permits.consume_several(ledger, [one.permit for one in reserved])

    def complete_several(self, made: Sequence[Made], *, actor: Actor, errand: Errand | None) -> None:
        """Transaction B of several sealings of one errand, just sealed; all or none.

        :class:`SealingInProgress` if one of them was settled meanwhile.
        """
        now = self._clock()
        moves = [(one.record, _completed(one.stored, now)) for one in made]
        with database(), acting(self._engine, self._audit) as ledger:
            _hold(ledger.conn, [errand])
            if not store.move_sealings(ledger.conn, SealingAct.COMPLETE, moves):
                raise SealingInProgress(made[0].record.idempotency_key)
            self._outcomes(ledger, made, "sealed", actor, now, errand)

    def _outcomes(  # noqa: PLR0913, PLR0917 - what was made, how, by whom, when, for what
        self,
        ledger: Acts,
        made: Sequence[Made],
        how: str,
        actor: Actor,
        now: datetime,
        errand: Errand | None,
    ) -> None:
        """Count the uses, enter the documents, put the outcomes on the trail."""
        outcomes = [
            Outcome(one.record.permit, f"sealed {one.stored.digest}", one.stored.digest) for one in made
        ]
        self._permits.complete_several(ledger, outcomes, hand=Hand(actor))
        stored = [(one.record, one.stored) for one in made]
        enter_sealed(ledger.conn, stored, now)
        if errand is not None:
            errand.done(ledger.conn, stored)
        for one in made:
            ledger.note("sealing.completed", actor=actor, subject=one.record.id, detail=_outcome(one, how))

    def complete(  # noqa: PLR0913 - the outcome, by whom, for what
        self,
        record: SealingRecord,
        stored: Stored,
        *,
        actor: Actor,
        how: str,
        key: KeyUsed | None = None,
        errand: Errand | None = None,
    ) -> SealingRecord:
        """Transaction B: one use counted, the result and the outcome on record. Repeating it changes nothing.

        ``key`` says what signed; it is not known for a file that a dead process left finished.
        """
        now = self._clock()
        changes = _completed(stored, now)
        with database(), acting(self._engine, self._audit) as ledger:
            _hold(ledger.conn, [errand])
            if not store.move_sealing(ledger.conn, record, SealingAct.COMPLETE, changes):
                return self._settled(ledger.conn, record)
            self._outcomes(ledger, (Made(record, stored, key),), how, actor, now, errand)
        return replace(record, state=SealingState.COMPLETED, **changes)

    def fail(self, record: SealingRecord, fault: str, *, actor: Actor, action: str = "failed") -> bool:
        """Transaction B of a sealing that came to nothing: the permit is released. Tell whether it was open."""
        fault = fault[:MAX_FAULT]
        with database(), self._engine.begin() as conn:
            changes: dict[str, object] = {"settled_at": self._clock(), "fault": fault}
            if not store.move_sealing(conn, record, SealingAct.FAIL, changes):
                return False
            self._permits.release(conn, record.permit, actor=actor, outcome=fault)
            detail = {"fault": fault}
            self._audit.append(conn, f"sealing.{action}", actor=actor, subject=record.id, detail=detail)
            return True

    def refuse(self, order: SealOrder, document: Digest, why: str, *, actor: Actor) -> None:
        """Put a refused request on the trail."""
        detail = {"document": str(document), "name": order.name, "why": why[:MAX_FAULT]}
        with database(), self._engine.begin() as conn:
            self._audit.append(
                conn, "sealing.refused", actor=actor, subject=order.seal_code[:32], detail=detail
            )

    def open(self) -> Iterator[SealingRecord]:
        """Yield every open reservation in order of id."""
        after = ""
        while True:
            with database(), self._reading() as conn:
                records = store.reserved_sealings(conn, after, PAGE)
            yield from records
            if len(records) < PAGE:
                return
            after = records[-1].id

    def _new_record(self, asked: Reserving, permit: Permit, actor: Actor) -> SealingRecord:
        order = asked.order
        return SealingRecord(
            id=asked.sealing_id,
            actor=actor.id,
            idempotency_key=order.idempotency_key,
            fingerprint=order.fingerprint(asked.document),
            seal_code=permit.seal.code,
            name=order.name,
            document=str(asked.document),
            placement=str(order.placement),
            level=order.level.value,
            permit=permit.id,
            state=SealingState.RESERVED,
            attempt=1,
            reserved_at=self._clock(),
        )

    def _retry(self, conn: sa.Connection, before: SealingRecord, record: SealingRecord) -> SealingRecord:
        again = replace(record, attempt=before.attempt + 1)
        changes: dict[str, object] = {
            "permit": again.permit, "attempt": again.attempt, "reserved_at": again.reserved_at,
            "settled_at": None, "fault": "",
        }  # fmt: skip
        if not store.move_sealing(conn, before, SealingAct.RETRY, changes):
            raise SealingInProgress(before.idempotency_key)
        return again

    def _settled(self, conn: sa.Connection, record: SealingRecord) -> SealingRecord:
        found = store.find_sealing(conn, record.id)
        if found is None or found.state is not SealingState.COMPLETED:
            raise SealingInProgress(record.idempotency_key)
        return found

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _hold(conn: sa.Connection, errands: Sequence[Errand | None]) -> None:
    """Prove that every errand is still its doer's; one that several sealings share is asked once."""
    for errand in {id(one): one for one in errands if one is not None}.values():
        errand.hold(conn)


def _use(order: SealOrder, document: Digest, actor: Actor) -> Use:
    return Use(
        order.seal_code,
        document,
        Hand(actor, order.credential),
        case_id=order.case,
        title=order.name,
        document_class=order.document_class,
        amount=order.amount,
        inclusion=order.inclusion,
    )


def _intent(record: SealingRecord) -> dict[str, str | int]:
    return {
        "seal": record.seal_code,
        "document": record.document,
        "name": record.name,
        "placement": record.placement,
        "level": record.level,
        "permit": record.permit,
        "attempt": record.attempt,
    }


def _completed(stored: Stored, now: datetime) -> dict[str, Any]:
    """Return what changes in the record of a sealing that is done."""
    return {"settled_at": now, "result": stored.digest.hex, "size": stored.size, "fault": ""}


def _outcome(made: Made, how: str) -> dict[str, str | int]:
    detail: dict[str, str | int] = {
        "result": str(made.stored.digest), "size": made.stored.size, "how": how
    }  # fmt: skip
    key = made.key
    if key is not None:
        detail |= {"algorithm": key.algorithm, "custody": key.custody}
        detail |= {"writer": key.writer} if key.writer else {}
    return detail
