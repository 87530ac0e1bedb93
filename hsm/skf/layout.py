"""The structures and numbers of GM/T 0016, as tables.

Sources: the C header of the standard's annex as public implementations carry it (GmSSL ``src/skf/skf.h``, "from the
official specification with minor modification", and makers' ``skfapi.h``); coordinates stand at the right end of 64 octets.
Where these headers disagree, the point is a member of :class:`SkfDescription`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from hsm.devices.structure import WORD, Abi, Structure

FIELD: Final = 64
"""Octets of a coordinate: ECC_MAX_XCOORDINATE_BITS_LEN is 512."""
VERSION: Final = Structure((("major", 1), ("minor", 1)))
DEVINFO: Final = Structure(
    (
        ("Version", VERSION),
        ("Manufacturer", 64),
        ("Issuer", 64),
        ("Label", 32),
        ("SerialNumber", 32),
        ("HWVersion", VERSION),
        ("FirmwareVersion", VERSION),
        ("AlgSymCap", WORD),
        ("AlgAsymCap", WORD),
        ("AlgHashCap", WORD),
        ("DevAuthAlgId", WORD),
        ("TotalSpace", WORD),
        ("FreeSpace", WORD),
        ("MaxECCBufferSize", WORD),
        ("MaxBufferSize", WORD),
        ("Reserved", 64),
    )
)
ECCPUBLICKEYBLOB: Final = Structure((("BitLen", WORD), ("X", FIELD), ("Y", FIELD)))
ECCSIGNATUREBLOB: Final = Structure((("r", FIELD), ("s", FIELD)))
ECCCIPHERBLOB: Final = Structure((("X", FIELD), ("Y", FIELD), ("HASH", 32), ("CipherLen", WORD)))
"""Without its tail ``Cipher[CipherLen]``."""
ENVELOPEDKEYBLOB: Final = Structure(
    (
        ("Version", WORD),
        ("ulSymmAlgID", WORD),
        ("ulBits", WORD),
        ("cbEncryptedPriKey", 64),
        ("PubKey", ECCPUBLICKEYBLOB),
        ("ECCCipherBlob", ECCCIPHERBLOB),
    )
)
"""Without the tail of its ECCCIPHERBLOB."""

SGD_SM2_1: Final = 0x00020100
"""SM2 for signatures after GM/T 0006-2012; GmSSL's header has 0x00020200."""
ADMIN_TYPE: Final = 0
USER_TYPE: Final = 1
SECURE_USER_ACCOUNT: Final = 0x00000010
"""Right to make files and containers in an application: its holder."""
MAX_NAMES: Final = 64 * 1024
"""Longest list of names read (octets): a chip has tens of applications and containers of up to 64 octets each."""
MAX_CERTIFICATE: Final = 16 * 1024
"""Longest certificate read (octets): chips keep them in files of a few KiB."""
MAX_APPLICATION: Final = 32
"""Longest application name (octets): the shortest limit that makers' headers have (MAX_APPLICATION_NAME)."""
MAX_CONTAINER: Final = 64
"""Longest container name (GM/T 0016 §7.5.2)."""
MAX_SERIAL: Final = 32
"""DEVINFO.SerialNumber."""


@dataclass(frozen=True, slots=True)
class SkfDescription:
    """Where SKF libraries differ: their compiler, the number for SM2 key pairs, the encoding of names."""

    abi: Abi = field(default_factory=Abi)
    sm2_algorithm: int = SGD_SM2_1
    encoding: str = "utf-8"
