"""The door of smart stamps: register, orders, intake of events, pictures, alarms (mission §4).

Parts by subject, each with its own transactions: :attr:`StampDesk.register`, :attr:`StampDesk.orders`,
:attr:`StampDesk.pictures`, :attr:`StampDesk.alarms`, :attr:`StampDesk.board`; what transports call is on the desk itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.devices.alarming import Alarming
from seals.devices.board import StampBoard
from seals.devices.casework import Casework, PhysicalCases
from seals.devices.dispatch import Dispatcher, ServiceKey
from seals.devices.housekeeping import StampHousekeeping
from seals.devices.intake import EventIntake
from seals.devices.messages import RequestFor
from seals.devices.order_book import OrderBook
from seals.devices.orders import StampOrders
from seals.devices.pictures import StampPictures
from seals.devices.register import CertificateRegister, StampRegister
from seals.devices.requests import RequestTokens
from seals.devices.stamp import Bounds, Receipt, SignedOrder, Stamp
from seals.devices.trust import Trust
from seals.errors import ActRefused
from seals.registry import SealRegistry
from seals.seal import SealRecord


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Whom the desk works with: the registry of seals, the register of certificates, the cases, the service's key."""

    seals: SealRegistry
    certificates: CertificateRegister
    cases: PhysicalCases
    key: Callable[[], ServiceKey | None]


class StampDesk:
    """What transports and routes call. A stamp's serial is its name everywhere."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        neighbours: Neighbours,
        *,
        pictures: Path,
        bounds: Bounds | None = None,
    ) -> None:
        bounds, book = bounds or Bounds(), OrderBook(clock)
        self._seals = neighbours.seals
        casework = Casework(neighbours.cases)
        self.alarms = Alarming(engine, clock, audit, book=book, freeze=_freezing(neighbours.seals))
        self.register = StampRegister(engine, clock, audit, neighbours.certificates, book=book, bounds=bounds)
        self.orders = StampOrders(engine, clock, audit, book=book, bounds=bounds, casework=casework)
        self.pictures = StampPictures(engine, clock, audit, pictures, casework)
        self.board = StampBoard(engine, clock)
        self._intake = EventIntake(
            engine, clock, audit, alarming=self.alarms, bounds=bounds, casework=casework
        )
        self._dispatcher = Dispatcher(engine, clock, audit, neighbours.key)
        self._tokens = RequestTokens(engine, clock)
        self._house = StampHousekeeping(
            engine,
            clock,
            audit,
            book=book,
            alarming=self.alarms,
            casework=casework,
            bounds=bounds,
        )

    def receive(self, serial: str, events: Sequence[str], *, sent_at: datetime | None = None) -> Receipt:
        """Take a delivery of signed events (compact JWS, in order); what was taken before changes nothing.

        ``sent_at`` is the stamp's time of sending where a token of request proves it. Raises
        :class:`seals.devices.errors.StampUnknown`, :class:`seals.devices.errors.MessageInvalid`,
        :class:`seals.devices.errors.MessageSignatureInvalid` (another stamp's event, a revoked certificate). A gap, fork
        or rollback does not raise: it is an alarm, and the receipt says where the chain ends.
        """
        return self._intake.receive(serial, events, sent_at=sent_at)

    def answer(self, serial: str, nonce: str) -> str:
        """Sign the answer to a stamp: where its chain ends here, and the time (compact JWS)."""
        return self._dispatcher.answer(serial, nonce)

    def prove(self, token: str, purpose: RequestFor, body: bytes = b"") -> tuple[str, datetime]:
        """Prove which stamp asks (serial) and its time of asking, by its token of request; each token works once."""
        return self._tokens.prove(token, purpose, body)

    def dispatch(self, *, actor: Actor) -> int:
        """Sign every queued order, in order; return how many. Transports and housekeeping call it."""
        return self._dispatcher.dispatch(actor=actor)

    def pending(self, serial: str, after: int = 0) -> tuple[SignedOrder, ...]:
        """Return signed orders that the stamp has not taken, above sequence ``after``, in order."""
        return self._dispatcher.pending(serial, after)

    def waiting(self) -> tuple[str, ...]:
        """Return the serials of stamps for which signed orders wait."""
        return self._dispatcher.waiting()

    def trust(self) -> Trust:
        """Return what a stamp of this installation is set up to believe."""
        return self._dispatcher.trust()

    def upload(self, serial: str, digest: str, data: bytes) -> None:
        """Take the file of a picture announced by its digest (``sha256:…``)."""
        self.pictures.upload(serial, digest, data)

    def report_lost(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Report a stamp lost: the seal in it is frozen on both its sides first, then the stamp is marked."""
        code = self.register.get(serial).seal
        if code:
            with suppress(ActRefused):  # it may be stopped already
                self._seals.freeze(code, actor=actor, reason=reason)
        return self.register.report_lost(serial, actor=actor, reason=reason)

    def housekeep(self, *, actor: Actor) -> dict[str, int]:
        """Do what time demands: sign, expire, remake skipped orders, judge gaps, late pictures, finish seal stops."""
        counts = self._house.run(actor=actor)
        self._tokens.forget()
        return {**counts, "stamp_orders_signed": self.dispatch(actor=actor)}


def _freezing(seals: SealRegistry) -> Callable[[str, Actor, str], SealRecord]:
    def freeze(code: str, actor: Actor, reason: str) -> SealRecord:
        return seals.freeze(code, actor=actor, reason=reason)

    return freeze
