"""What the providers over SDF and SKF have in common beyond the workers: their signer and what neither interface offers."""

from __future__ import annotations

from hsm.algorithms import SignatureAlgorithm
from hsm.devices.errors import OperationNotOffered
from hsm.devices.signer import DeviceSigner
from hsm.pins import Pin
from hsm.provider import StoredKey
from hsm.signer import Custody, Signer
from hsm.token_slot import TokenSlot
from hsm.worker_provider import WorkerProvider


class DeviceProvider(WorkerProvider):
    """Keys that a device made and keeps; it signs e, which we compute."""

    custody = Custody.DEVICE

    def _bind(
        self, slot: TokenSlot, key: StoredKey, _algorithm: SignatureAlgorithm, pin: Pin | None
    ) -> Signer:
        return DeviceSigner(slot, key, self.custody, pin)

    def seal_secret(self, token: str, purpose: str, secret: bytes, *, pin: Pin | None = None) -> bytes:  # noqa: ARG002
        """Not offered: neither interface seals with authentication under a key that stays."""
        raise OperationNotOffered(f"{self.scheme} seals no secrets; keep them in a PKCS#11 token")

    def open_secret(self, token: str, purpose: str, blob: bytes, *, pin: Pin | None = None) -> bytes:  # noqa: ARG002
        """Not offered; see :meth:`seal_secret`."""
        raise OperationNotOffered(f"{self.scheme} seals no secrets; keep them in a PKCS#11 token")
