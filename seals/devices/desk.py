"""The door of smart stamps: register, orders, intake of events, pictures, alarms (mission §4).

Parts by subject, each with its own transactions: :class:`~seals.devices.register.StampRegister`,
:class:`~seals.devices.orders.StampOrders`, :class:`~seals.devices.intake.EventIntake`,
:class:`~seals.devices.pictures.StampPictures`, :class:`~seals.devices.board.StampBoard`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ca.actor import Actor
from seals.devices.messages import RequestFor
from seals.devices.stamp import Receipt, SignedOrder


class StampDesk:
    """What transports and routes call. A stamp's serial is its name everywhere."""

    def receive(self, serial: str, events: Sequence[str], *, sent_at: datetime | None = None) -> Receipt:
        """Take a delivery of signed events (compact JWS, in order); what was taken before changes nothing.

        ``sent_at`` is the stamp's time of sending where a token of request proves it. Raises
        :class:`seals.devices.errors.StampUnknown`, :class:`seals.devices.errors.MessageInvalid`,
        :class:`seals.devices.errors.MessageSignatureInvalid` (another stamp's event, a revoked certificate). A gap, fork
        or rollback does not raise: it is an alarm, and the receipt says where the chain ends.
        """
        raise NotImplementedError

    def answer(self, serial: str, nonce: str) -> str:
        """Sign the answer to a stamp: where its chain ends here, and the time (compact JWS)."""
        raise NotImplementedError

    def prove(self, token: str, purpose: RequestFor, body: bytes = b"") -> tuple[str, datetime]:
        """Prove which stamp asks (serial) and its time of asking, by its token of request; each token works once."""
        raise NotImplementedError

    def dispatch(self, *, actor: Actor) -> int:
        """Sign every queued order, in order; return how many. Transports and housekeeping call it."""
        raise NotImplementedError

    def pending(self, serial: str, after: int = 0) -> tuple[SignedOrder, ...]:
        """Return signed orders that the stamp has not taken, above sequence ``after``, in order."""
        raise NotImplementedError

    def waiting(self) -> tuple[str, ...]:
        """Return the serials of stamps for which signed orders wait."""
        raise NotImplementedError

    def upload(self, serial: str, digest: str, data: bytes) -> None:
        """Take the file of a picture announced by its digest (``sha256:…``)."""
        raise NotImplementedError

    def housekeep(self, *, actor: Actor) -> dict[str, int]:
        """Do what time demands: sign, expire, remake skipped orders, judge gaps, late pictures, finish seal stops."""
        raise NotImplementedError
