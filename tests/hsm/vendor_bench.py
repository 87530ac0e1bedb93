"""A PKCS#11 module with an SM2 mechanism of its own, as the tests of this room use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hsm.cryptoki import CryptokiProvider, Limits
from hsm.devices.sm2_input import Sm2Input
from hsm.key_policy import KeyPolicy
from hsm.softhsm import SoftHsm
from hsm.vendor_mechanisms import SignatureForm, VendorMechanisms
from tests.hsm.conftest import Faults, Shelf

ASSESSED = KeyPolicy(require_hardware=True)


@dataclass
class VendorBench:
    """The module and what it is told to be; ``habits`` are its own, ``mechanisms`` what the description says of it."""

    module: Path
    soft_hsm: SoftHsm
    environment: dict[str, str]
    folder: Path
    faults: Faults
    habits: VendorMechanisms = field(
        default_factory=lambda: VendorMechanisms(0x80000151, 0x80000261, 0x80000271)
    )
    mechanisms: VendorMechanisms | None = None

    def provider(self, shelf: Shelf) -> CryptokiProvider:
        habits = self.habits
        numbers = {"KEY_TYPE": habits.key_type, "GENERATE": habits.generate, "SIGN": habits.sign}
        told = {f"SM2_{name}": f"{number:x}" for name, number in numbers.items()}
        identity = {"SM2_IDENTITY": "1234567812345678"} if habits.identity_parameter else {}
        self.folder.mkdir(exist_ok=True)
        return CryptokiProvider(
            self.module,
            pins=shelf.source,
            counters=shelf.counters,
            environment={
                **self.environment,
                **told,
                **identity,
                "SM2_INPUT": habits.input.value,
                "SM2_SIGNATURE": habits.signature.value,
                "SM2_CURVE": habits.curve.hex(),
                "SM2_FOLDER": str(self.folder),
                "REAL_MODULE": str(self.soft_hsm.module),
                "FAULT_FOLDER": str(self.faults.folder),
            },
            limits=Limits(call_seconds=20.0),
            policy=ASSESSED,
            vendor=self.mechanisms or habits,
        )


INPUTS = tuple(Sm2Input)
FORMS = tuple(SignatureForm)
