"""Signing orders and handing them out in their row.

The order is on record before it is signed; the key is touched outside any transaction; our own reader checks the result;
then it is released. Two dispatchers at once sign the same octets twice and one of the signatures is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.signer import Signer
from seals import store as seal_store
from seals.devices import rows
from seals.devices.certificates import stands
from seals.devices.errors import MessageInvalid, ServiceKeyMissing, StampUnknown
from seals.devices.messages import (
    Answer,
    command_from,
    command_members,
    parse_answer,
    parse_command,
    sign_answer,
    sign_command,
)
from seals.devices.order import OrderKind
from seals.devices.stamp import OrderRecord, SignedOrder, Stamp
from seals.devices.state import TRUSTED, OrderAct, OrderStatus
from seals.devices.store import stamp_order
from seals.devices.trust import Trust, signer_of
from seals.devices.wire import whole_milliseconds
from seals.ledger import acting
from seals.states import SealStatus

BATCH: Final = 200
"""Orders signed in one go: a second or two of a token's work."""
_O: Final = stamp_order.c
_ALWAYS: Final = frozenset({OrderKind.LOCK, OrderKind.CANCEL})
"""Kinds that go out whatever the state of stamp and seal; an unlock waits like an order of use, for either may have been
stopped since two persons agreed to it."""


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """Who signs orders: its chain (DER, its own certificate first, its issuer's second) and how to open its key."""

    chain: Sequence[bytes]
    signer: Callable[[], Signer]

    @property
    def wire_chain(self) -> tuple[bytes, ...]:
        """What travels in an order: the certificate alone, for a stamp knows the authority."""
        return (self.chain[0],)

    @property
    def trust(self) -> Trust:
        """What a stamp of this installation believes."""
        return Trust((self.chain[1],))


class Dispatcher:
    """Signs what is queued, gives what waits, answers stamps."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, key: Callable[[], ServiceKey | None]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._key = key

    def trust(self) -> Trust:
        """Return what a stamp is to believe; :class:`ServiceKeyMissing` before the ceremony."""
        return self._service().trust

    def dispatch(self, *, actor: Actor) -> int:
        """Sign every queued order in its row; return how many. Raises :class:`hsm.errors.HsmError` from the key."""
        with self._reading() as conn:
            queued = rows.orders(conn, _O.status == OrderStatus.QUEUED.value, limit=BATCH)
        if not queued:
            return 0
        service = self._service()
        signer = service.signer()
        return sum(self._sign(order, service, signer, actor) for order in queued)

    def pending(self, serial: str, after: int = 0) -> tuple[SignedOrder, ...]:
        """Return signed orders above ``after`` that the stamp has not taken, in order, up to the first unsigned one.

        Orders of use and unlocks are held back while the stamp, its certificate or its seal is stopped, and dropped when
        past their end.
        """
        now = self._clock()
        with self._reading() as conn:
            stamp = rows.find(conn, serial)
            if stamp is None:
                raise StampUnknown(serial[:32])
            states = (OrderStatus.QUEUED.value, OrderStatus.SIGNED.value)
            floor = max(after, stamp.obeyed)
            found = rows.orders(
                conn, _O.serial == serial, _O.sequence > floor, _O.status.in_(states), limit=BATCH
            )
            usable = _usable(conn, stamp, now)
        given = []
        for order in found:
            if order.status is OrderStatus.QUEUED:
                break
            ended = order.expires_at is not None and order.expires_at <= now
            if not ended and (usable or order.kind in _ALWAYS):
                given.append(SignedOrder(order.id, serial, order.sequence, order.kind, order.jws))
        return tuple(given)

    def waiting(self) -> tuple[str, ...]:
        """Return the serials of stamps for which signed orders wait."""
        query = sa.select(_O.serial).where(_O.status == OrderStatus.SIGNED.value).distinct()
        with self._reading() as conn:
            return tuple(conn.execute(query.order_by(_O.serial)).scalars())

    def answer(self, serial: str, nonce: str) -> str:
        """Sign where a stamp's chain ends here, and the time: it states only what is on record."""
        with self._reading() as conn:
            stamp = rows.find(conn, serial)
        if stamp is None:
            raise StampUnknown(serial[:32])
        service = self._service()
        said = Answer(serial, nonce, stamp.number, stamp.head, whole_milliseconds(self._clock()))
        jws = sign_answer(said, service.signer(), service.wire_chain)
        found, signed = parse_answer(jws)
        signer_of(signed, service.trust, self._clock())
        if found != said:
            raise MessageInvalid("reads otherwise than it was written", "answer")
        return jws

    def _sign(self, order: OrderRecord, service: ServiceKey, signer: Signer, actor: Actor) -> bool:
        command = command_from(json.loads(order.payload))
        jws = sign_command(command, signer, service.wire_chain)
        parsed = parse_command(jws)
        parsed.check_signature(service.trust, self._clock())
        if command_members(parsed.command) != json.loads(order.payload):
            raise MessageInvalid("reads otherwise than it was recorded", "command")
        with acting(self._engine, self._audit) as ledger:
            if not rows.move_order(ledger.conn, order, OrderAct.SIGN, {"jws": jws}):
                return False  # withdrawn meanwhile, or signed by another worker
            detail: dict[str, str | int | None] = {
                "order": order.id,
                "sequence": order.sequence,
                "kind": order.kind.value,
            }
            detail["asked_by"] = order.asked_by
            ledger.note("stamp.order_signed", actor=actor, subject=f"stamp:{order.stamp}", detail=detail)
        return True

    def _service(self) -> ServiceKey:
        service = self._key()
        if service is None:
            raise ServiceKeyMissing
        return service

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _usable(conn: sa.Connection, stamp: Stamp, now: datetime) -> bool:
    """Tell whether orders of use may go to the stamp now."""
    seal = seal_store.find(conn, stamp.seal) if stamp.seal else None
    sealed = seal is not None and seal.status is SealStatus.ACTIVE
    return sealed and stamp.status in TRUSTED and stands(conn, stamp.certificate, now)
