"""Whether a seal's key can be used thousands of times for one PIN."""

from __future__ import annotations

from dataclasses import dataclass

from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyRing, StoredKey
from seals.registry import SealRegistry
from signing.batch.errors import PinPerUse
from signing.ledger import Ledger


@dataclass(frozen=True, slots=True)
class SealKeys:
    """Where the keys of seals are."""

    ring: KeyRing
    seals: SealRegistry
    ledger: Ledger

    def demand_reusable(self, seal_code: str, pin: Pin | None) -> None:
        """Raise :class:`PinPerUse` for a key that asks for its PIN, or for a person, at every signature.

        A wrong PIN is told here, once, before a worker is started. A seal without a key is for the sealing to refuse.
        """
        certificate = self.seals.get(seal_code).electronic.certificate
        address = None if certificate is None else self.ledger.key_uri(certificate.sha256)
        if address is None:
            return
        uri = KeyUri.parse(address)
        for key in self.ring.provider(uri).keys(uri.token, pin=pin):
            if key.uri.id == uri.id or (uri.id is None and key.uri.object == uri.object):
                demand_reusable(key)


def demand_reusable(key: StoredKey) -> None:
    """Raise :class:`PinPerUse` for a key that a batch cannot use."""
    if key.pin_per_use:
        raise PinPerUse
