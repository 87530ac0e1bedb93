"""SO PINs: derived for each chip and application from a master key in the service's token, stored nowhere (ADR 18)."""

from __future__ import annotations

import base64
from typing import Final, Protocol

from ca.tokens.errors import SoPinUnavailable
from hsm.errors import HsmError
from hsm.pins import Pin

SO_PIN_CHARACTERS: Final = 16
"""Length of an SO PIN: the most that GM/T 0016 §6.2 allows; 16 characters of base32 carry 80 bits, and a chip counts
tries."""
PURPOSE: Final = "so-pin"


class Deriving(Protocol):
    """A function that only a token's key can compute: :class:`hsm.derivation.Derivation`."""

    def derive(self, purpose: str, *context: str) -> bytes:
        """Return 32 octets for a purpose and its context; :class:`hsm.errors.HsmError`."""


class SoPins:
    """Derives the security officer's PIN of an application at the moment of need."""

    def __init__(self, master: Deriving) -> None:
        self._master = master

    def of(self, serial: str, application: str) -> Pin:
        """Return the SO PIN; the same for ever for one chip and application. :class:`SoPinUnavailable`."""
        try:
            octets = self._master.derive(PURPOSE, serial, application)
        except HsmError as wrong:
            raise SoPinUnavailable(f"{type(wrong).__name__}: {wrong.detail}") from wrong
        return Pin(base64.b32encode(octets).decode()[:SO_PIN_CHARACTERS])
