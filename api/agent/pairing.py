"""Pairing a page's site with the agent: a code that the person reads here and types there, then a secret of that site."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from api.agent.errors import NotPaired, PairingRefused

CODE_DIGITS: Final = 8
"""Digits of a pairing code: with five tries a guess succeeds once in twenty million."""
TRIES: Final = 5
PAIRED_FOR: Final = timedelta(hours=12)
"""A working day; after it, or after the agent ends, the code is typed again."""


class Pairings:
    """The code that is shown now, and the secrets given for it, each for one origin. ``tell`` shows a new code."""

    def __init__(self, clock: Callable[[], datetime], tell: Callable[[str], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._given: dict[str, tuple[str, datetime]] = {}
        self._code = ""
        self._wrong = 0

    def show(self) -> str:
        """Make a new code and show it."""
        self._code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        self._wrong = 0
        self._tell(self._code)
        return self._code

    def pair(self, code: str, origin: str) -> str:
        """Exchange the code, once, for a secret of this origin; :class:`PairingRefused`."""
        with self._lock:
            typed = "".join(code.split())
            if not (self._code and hmac.compare_digest(typed.encode(), self._code.encode())):
                self._wrong += 1
                if self._wrong >= TRIES:
                    self.show()
                raise PairingRefused
            secret = secrets.token_urlsafe(32)
            self._given[_digest(secret)] = (origin, self._clock() + PAIRED_FOR)
            self.show()
            return secret

    def check(self, secret: str, origin: str) -> None:
        """Prove that ``secret`` was given to this origin and has not faded; :class:`NotPaired`."""
        with self._lock:
            known = self._given.get(_digest(secret))
            if known is None or known[0] != origin or self._clock() >= known[1]:
                raise NotPaired


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
