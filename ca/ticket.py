"""The single-use permission to sign: only a checked draft becomes a ticket, and a ticket is redeemed once."""

from __future__ import annotations

from threading import Lock

from ca.errors import TicketSpent
from ca.plan import Draft, Plan


class Ticket:
    """Made by :func:`ca.lint.check` alone. What was checked is what is signed, once (I2, I5)."""

    __slots__ = ("_draft", "_lock", "_spent")

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._lock = Lock()
        self._spent = False

    @property
    def plan(self) -> Plan:
        """What the certificate says."""
        return self._draft.plan

    @property
    def unsigned(self) -> bytes:
        """The linted certificate, with its void signature."""
        return self._draft.unsigned

    @property
    def tbs(self) -> bytes:
        """The linted octets, to record and to compare; to sign them, redeem the ticket."""
        return self._draft.tbs

    def redeem(self) -> bytes:
        """Return the octets to sign, the first time; :class:`TicketSpent` ever after."""
        with self._lock:
            if self._spent:
                raise TicketSpent(f"serial {self.plan.serial:x}")
            self._spent = True
        return self._draft.tbs
