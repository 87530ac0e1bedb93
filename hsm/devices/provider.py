"""What the providers over SDF and SKF have in common beyond the workers: their signer."""

from __future__ import annotations

from hsm.algorithms import SignatureAlgorithm
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
