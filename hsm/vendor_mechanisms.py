"""How a PKCS#11 module of some maker does SM2: numbers and habits as data, since PKCS#11 has no standard mechanism for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hsm.devices.errors import DescriptionInvalid
from hsm.devices.sm2_input import Sm2Input
from hsm.sm2.public_key import CURVE_OID

MAX_NUMBER: Final = 0xFFFFFFFF
"""CK_ULONG has 32 bits at least (PKCS#11 v2.40 §3.1); makers number within them."""
MAX_PARAMETERS: Final = 512
"""Longest CKA_EC_PARAMS believed (octets): explicit parameters of a 256-bit curve have about 230."""


class SignatureForm(StrEnum):
    """What the mechanism answers: r ‖ s of 64 octets, or DER ``SM2Signature`` (GM/T 0009 §7.3)."""

    RAW = "raw"
    DER = "der"


@dataclass(frozen=True, slots=True)
class VendorMechanisms:
    """One module's SM2.

    ``key_type`` is CKA_KEY_TYPE of its key pairs, ``generate`` and ``sign`` are mechanisms, ``curve`` is CKA_EC_PARAMS as
    the module wants and tells it. With ``identity_parameter`` the signing mechanism's parameter is the signer's identity,
    1234567812345678. ``source`` says where the numbers come from, and that nobody has confirmed them on the device.
    """

    key_type: int
    generate: int
    sign: int
    input: Sm2Input = Sm2Input.E
    signature: SignatureForm = SignatureForm.RAW
    curve: bytes = CURVE_OID
    identity_parameter: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("key_type", "generate", "sign"):
            if not 0 <= getattr(self, name) <= MAX_NUMBER:
                raise DescriptionInvalid(f"{name}: a number of 32 bits")
        if not 1 <= len(self.curve) <= MAX_PARAMETERS:
            raise DescriptionInvalid(f"curve: 1 to {MAX_PARAMETERS} octets of DER")

    def to_json(self) -> dict[str, object]:
        """Write for the worker."""
        return {
            "key_type": self.key_type,
            "generate": self.generate,
            "sign": self.sign,
            "input": self.input.value,
            "signature": self.signature.value,
            "curve": self.curve.hex(),
            "identity_parameter": self.identity_parameter,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, object]) -> VendorMechanisms:
        """Read what :meth:`to_json` wrote."""
        return cls(
            int(str(told["key_type"])),
            int(str(told["generate"])),
            int(str(told["sign"])),
            Sm2Input(str(told["input"])),
            SignatureForm(str(told["signature"])),
            bytes.fromhex(str(told["curve"])),
            bool(told["identity_parameter"]),
        )


_XIPKI: Final = (
    "constants of XiPKI's PKCS#11 wrapper (PKCS11T, 0xFFFFF000 upwards); not confirmed on a device"
)
PUBLISHED: Final[Mapping[str, VendorMechanisms]] = MappingProxyType(
    {
        # CKK_VENDOR_SM2, CKM_VENDOR_SM2_KEY_PAIR_GEN, CKM_VENDOR_SM2: "dataToSign is Hash(Z||Real Message)"
        "xipki-sm2": VendorMechanisms(0xFFFFF001, 0xFFFFF001, 0xFFFFF002, source=_XIPKI),
        # CKM_VENDOR_SM2_SM3: "dataToSign is the real message", the identity as parameter
        "xipki-sm2-sm3": VendorMechanisms(
            0xFFFFF001, 0xFFFFF001, 0xFFFFF003, Sm2Input.MESSAGE, identity_parameter=True, source=_XIPKI
        ),
    }
)
"""What public code says of makers' numbers, by a name that a description file may start from."""
