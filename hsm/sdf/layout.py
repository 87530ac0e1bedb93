"""The structures of GM/T 0018, as tables whose order and sizes a description may change.

Source: the C header of the standard as public implementations carry it (GmSSL ``src/sdf/sdf.h``, which warns that makers
differ "especially" in the structures; another maker's ``swsds.h`` has coordinates of 32 octets and the ciphertext as length,
x, y, C[136], M). All words are ``unsigned int``: 4 octets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hsm.devices.errors import DescriptionInvalid
from hsm.devices.structure import UINT, Abi, Structure

ABI: Final = Abi()
"""No member of these structures leaves room, packed or not: every size is a multiple of 4."""
DEVICEINFO: Final = Structure(
    (
        ("IssuerName", 40),
        ("DeviceName", 16),
        ("DeviceSerial", 16),
        ("DeviceVersion", UINT),
        ("StandardVersion", UINT),
        ("AsymAlgAbility0", UINT),
        ("AsymAlgAbility1", UINT),
        ("SymAlgAbility", UINT),
        ("HashAlgAbility", UINT),
        ("BufferSize", UINT),
    )
)
SGD_SM2_3: Final = 0x00020800
"""SM2 for encryption after GM/T 0006-2012 §6.2.2."""
MAX_INDEX: Final = 0xFFFF
"""Highest key index believed: devices have hundreds to thousands."""
MAX_CERTIFICATE: Final = 16 * 1024
"""Longest certificate kept in a file of the device (octets)."""
PUBLIC_MEMBERS: Final = ("bits", "x", "y")
CIPHER_MEMBERS: Final = ("x", "y", "M", "L", "C")


@dataclass(frozen=True, slots=True)
class SdfDescription:
    """Where SDF libraries differ, and what this installation calls its device.

    ``label`` is the token in key URIs. ``keys`` are the indices that this installation uses: no other is touched, since
    asking a key's access right with a wrong password may lock it.
    """

    label: str = "sdf"
    keys: tuple[int, ...] = (1,)
    coordinate_octets: int = 64
    public_order: tuple[str, ...] = PUBLIC_MEMBERS
    cipher_order: tuple[str, ...] = CIPHER_MEMBERS
    cipher_octets: int = 0
    """Octets of C where it has a fixed size; 0 where it is as long as the ciphertext and stands last."""
    encryption_algorithm: int = SGD_SM2_3

    def __post_init__(self) -> None:
        if self.coordinate_octets < 32 or self.coordinate_octets % 4:
            raise DescriptionInvalid("coordinate_octets: 32 or more, a multiple of 4")
        if sorted(self.public_order) != sorted(PUBLIC_MEMBERS):
            raise DescriptionInvalid(f"public_order: {', '.join(PUBLIC_MEMBERS)} in some order")
        if sorted(self.cipher_order) != sorted(CIPHER_MEMBERS):
            raise DescriptionInvalid(f"cipher_order: {', '.join(CIPHER_MEMBERS)} in some order")
        if not self.cipher_octets and self.cipher_order[-1] != "C":
            raise DescriptionInvalid("cipher_octets: needed where C does not stand last")
        if not self.keys or not all(0 < index <= MAX_INDEX for index in self.keys):
            raise DescriptionInvalid(f"keys: one or more indices from 1 to {MAX_INDEX}")
        if not self.label or self.label != self.label.strip() or len(self.label.encode()) > 32:
            raise DescriptionInvalid("label: 1 to 32 octets, no blanks at its ends")

    @property
    def public_key(self) -> Structure:
        """ECCrefPublicKey."""
        sizes: dict[str, str | int] = {"bits": UINT, "x": self.coordinate_octets, "y": self.coordinate_octets}
        return Structure(tuple((name, sizes[name]) for name in self.public_order))

    @property
    def signature(self) -> Structure:
        """ECCSignature."""
        return Structure((("r", self.coordinate_octets), ("s", self.coordinate_octets)))

    def cipher(self, length: int) -> Structure:
        """ECCCipher for a ciphertext of ``length`` octets."""
        wide = self.coordinate_octets
        sizes: dict[str, str | int] = {"x": wide, "y": wide, "M": 32, "L": UINT}
        sizes["C"] = self.cipher_octets or length
        return Structure(tuple((name, sizes[name]) for name in self.cipher_order))
