"""Who may use a token now: one login, each use's own PIN, and the count of wrong ones."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import Protocol

from hsm.errors import PinError, PinIncorrect, PinLocked
from hsm.pin_counter import PinCounter
from hsm.pins import Pin, PinSource


class Door(Protocol):
    """An opened token that judges PINs. Raises :class:`hsm.worker.wire.WrongPin` for a wrong one."""

    source_accepted: bool
    logged_in: bool
    epoch: str
    """What :meth:`PinGate.epoch` told before the door was opened."""

    def login(self, pin: Pin) -> None:
        """Log in, or, when somebody is logged in, compare with the PIN that did it."""


class PinGate:
    """The gate before one token.

    A use with a PIN is judged by that PIN each time. A use without one asks the PIN source, once for each opened token:
    nobody rides on the login that another holder's PIN made.
    """

    def __init__(self, token: str, counter: PinCounter, pins: PinSource) -> None:
        self._token = token
        self._counter = counter
        self._pins = pins
        self._lock = threading.RLock()
        self._key = secrets.token_bytes(32)
        self._refused = b""

    def epoch(self) -> str:
        """Return the word that a door opened now remembers: ask for it before opening."""
        return self._counter.epoch(self._token)

    def stale(self, door: Door) -> bool:
        """Tell whether the PIN was changed after this door was opened, by whomever and whether anybody had logged in.

        A door that was opened before the change may judge by what it read then: the old PIN would still pass.
        """
        return door.epoch != self._counter.epoch(self._token)

    def admit(self, door: Door, pin: Pin | None) -> None:
        """Let the use pass, or raise :class:`hsm.errors.PinError`."""
        with self._lock:
            if pin is not None:
                self._judge(door, pin)
            elif not door.source_accepted:
                self._ask_source(door)

    def _ask_source(self, door: Door) -> None:
        pin = self._pins(self._token)
        mark = hmac.digest(self._key, (self._counter.epoch(self._token) + pin.reveal()).encode(), "sha256")
        if mark == self._refused:  # the same wrong PIN as before: do not burn another try on it
            left = self._counter.left(self._token)
            raise PinIncorrect(left) if left else PinLocked(f"token {self._token}")
        try:
            self._judge(door, pin)
        except PinError:
            self._refused = mark
            raise
        door.source_accepted = True

    def _judge(self, door: Door, pin: Pin) -> None:
        self._counter.attempt(self._token, lambda: door.login(pin), logged_in=door.logged_in)
        door.logged_in = True
