"""What a mechanism of a device is given to sign."""

from __future__ import annotations

from enum import StrEnum

from hsm.errors import UnsupportedAlgorithm
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import identity_digest, message_digest
from hsm.worker.wire import MAX_BLOB


class Sm2Input(StrEnum):
    """E, which we compute; the octets Z ‖ M that the mechanism hashes itself; or M alone, with Z its own affair."""

    E = "e"
    Z_MESSAGE = "z-message"
    MESSAGE = "message"

    @property
    def hashes(self) -> bool:
        """Tell whether the mechanism hashes."""
        return self is not Sm2Input.E

    def octets(self, public: Sm2PublicKey, message: bytes) -> bytes:
        """Return what the device is given for ``message``; more than MAX_BLOB is :class:`UnsupportedAlgorithm`."""
        if not self.hashes:
            return message_digest(public, message)
        octets = message if self is Sm2Input.MESSAGE else identity_digest(public) + message
        if len(octets) > MAX_BLOB:
            raise UnsupportedAlgorithm(f"this mechanism hashes itself, and takes at most {MAX_BLOB} octets")
        return bytes(octets)
