"""The record of sealings: reservation and intent before the key, completion or failure and outcome after it.

Every method is one short transaction; the permit, the sealing and the audit trail move together or not at all.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest
from seals.cases.case import Hand
from seals.cases.desk import UseDesk
from seals.cases.uses import Use
from seals.permit import Permit, Permits
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

    def reserve(
        self,
        sealing_id: str,
        order: SealOrder,
        document: Digest,
        before: SealingRecord | None,
        *,
        actor: Actor,
    ) -> Reserved:
        """Transaction A: the permit, the reservation, the intent.

        The warrant for the permit is looked for first, outside: verifying approvals needs no lock. ``before`` is a failed
        sealing under the same key, tried again. Raises :class:`seals.errors.SealNotUsable`, and :class:`SealingInProgress`
        when another request was faster.
        """
        with database():
            warrant = self._uses.warrant(_use(order, document, actor))
        try:
            with database(), self._engine.begin() as conn:
                if order.errand is not None:
                    order.errand.hold(conn)
                permit = self._permits.grant(
                    conn,
                    order.seal_code,
                    document=document,
                    actor=actor,
                    purpose=order.name,
                    warrant=warrant,
                    credential=order.credential,
                )
                record = self._new_record(sealing_id, order, document, permit, actor)
                if before is None:
                    store.insert_sealing(conn, record)
                else:
                    record = self._retry(conn, before, record)
                self._note(conn, "intent", record, actor, _intent(record))
        except sa.exc.IntegrityError as wrong:
            raise SealingInProgress(order.idempotency_key) from wrong
        return Reserved(record, permit, order.errand)

    def consume(self, reserved: Reserved) -> None:
        """Take the permit, durably, before the key is touched; a seal stopped meanwhile is refused here."""
        with database(), self._engine.begin() as conn:
            if reserved.errand is not None:
                reserved.errand.hold(conn)
            self._permits.consume(conn, reserved.permit)

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
        changes: dict[str, Any] = {
            "settled_at": self._clock(), "result": stored.digest.hex, "size": stored.size, "fault": ""
        }  # fmt: skip
        with database(), self._engine.begin() as conn:
            if errand is not None:
                errand.hold(conn)
            if not store.move_sealing(conn, record, SealingAct.COMPLETE, changes):
                return self._settled(conn, record)
            self._permits.complete(
                conn, record.permit, actor=actor, outcome=f"sealed {stored.digest}", result=stored.digest
            )
            detail: dict[str, str | int] = {"result": str(stored.digest), "size": stored.size, "how": how}
            if key is not None:
                detail |= {"algorithm": key.algorithm, "custody": key.custody}
                detail |= {"writer": key.writer} if key.writer else {}
            if errand is not None:
                errand.done(conn, record, stored)
            enter_sealed(conn, record, stored, changes["settled_at"])
            self._note(conn, "completed", record, actor, detail)
        return replace(record, state=SealingState.COMPLETED, **changes)

    def fail(self, record: SealingRecord, fault: str, *, actor: Actor, action: str = "failed") -> bool:
        """Transaction B of a sealing that came to nothing: the permit is released. Tell whether it was open."""
        fault = fault[:MAX_FAULT]
        with database(), self._engine.begin() as conn:
            changes: dict[str, object] = {"settled_at": self._clock(), "fault": fault}
            if not store.move_sealing(conn, record, SealingAct.FAIL, changes):
                return False
            self._permits.release(conn, record.permit, actor=actor, outcome=fault)
            self._note(conn, action, record, actor, {"fault": fault})
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

    def _new_record(
        self, sealing_id: str, order: SealOrder, document: Digest, permit: Permit, actor: Actor
    ) -> SealingRecord:
        return SealingRecord(
            id=sealing_id,
            actor=actor.id,
            idempotency_key=order.idempotency_key,
            fingerprint=order.fingerprint(document),
            seal_code=permit.seal.code,
            name=order.name,
            document=str(document),
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

    def _note(
        self,
        conn: sa.Connection,
        what: str,
        record: SealingRecord,
        actor: Actor,
        detail: dict[str, str | int],
    ) -> None:
        self._audit.append(conn, f"sealing.{what}", actor=actor, subject=record.id, detail=detail)


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
