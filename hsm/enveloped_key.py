"""An SM2 key on its way into a token: SM4 key under the recipient's SM2 key, private key under SM4-ECB.

One value with two writings: DER ``SM2EnvelopedKey`` (GM/T 0009, GB/T 35276; :mod:`ca.keycentre.enveloped_key_der`) and the
C structure ``ENVELOPEDKEYBLOB`` of SKF (GM/T 0016), which is here because drivers of tokens read it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from hsm.errors import Sm2Unreadable
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.curve import OCTETS
from hsm.sm2.public_key import Sm2PublicKey

SM4_KEY_OCTETS: Final = 16
SGD_SM4_ECB: Final = 0x00000401
"""GM/T 0006 §6.2.1: SM4 in mode ECB."""
BLOB_VERSION: Final = 1
BITS: Final = 256
FIELD: Final = 64
"""ECC_MAX_XCOORDINATE_BITS_LEN / 8: every number stands right-aligned in 64 octets (GM/T 0016 §6.4)."""
_HEAD: Final = struct.Struct(f"<III{FIELD}sI{FIELD}s{FIELD}s{FIELD}s{FIELD}s{OCTETS}sI")
"""Version, ulSymmAlgID, ulBits, cbEncryptedPriKey, BitLen, X, Y of the key; X, Y, HASH, CipherLen of the cipher.

ULONG has four octets, little-endian, as every shipped driver has it."""
BLOB_OCTETS: Final = _HEAD.size + SM4_KEY_OCTETS
"""388. Some headers count ``Cipher[1]`` as the structure's end; the octets that travel are the same."""


@dataclass(frozen=True, slots=True)
class EnvelopedKey:
    """``cipher`` holds the SM4 key (16 octets), ``encrypted`` the private key d (32 octets) under SM4-ECB.

    No padding: the standard is silent, d is two blocks, and gmsm and GmSSL write none.
    """

    cipher: Sm2Cipher
    public: Sm2PublicKey
    encrypted: bytes

    def __post_init__(self) -> None:
        if len(self.cipher.text) != SM4_KEY_OCTETS:
            raise Sm2Unreadable("the enveloped SM4 key has 16 octets")
        if len(self.encrypted) != OCTETS:
            raise Sm2Unreadable("the encrypted private key has 32 octets")

    def to_blob(self) -> bytes:
        """Write ``ENVELOPEDKEYBLOB`` (GM/T 0016 §6.4.10), :data:`BLOB_OCTETS` octets."""
        head = _HEAD.pack(
            BLOB_VERSION,
            SGD_SM4_ECB,
            BITS,
            self.encrypted.rjust(FIELD, b"\0"),
            BITS,
            self.public.x.to_bytes(FIELD),
            self.public.y.to_bytes(FIELD),
            self.cipher.x.to_bytes(FIELD),
            self.cipher.y.to_bytes(FIELD),
            self.cipher.hash,
            SM4_KEY_OCTETS,
        )
        return head + self.cipher.text

    @classmethod
    def from_blob(cls, octets: bytes) -> EnvelopedKey:
        """Read ``ENVELOPEDKEYBLOB``; anything but what :meth:`to_blob` writes is :class:`hsm.errors.Sm2Unreadable`."""
        if len(octets) != BLOB_OCTETS:
            raise Sm2Unreadable(f"an ENVELOPEDKEYBLOB has {BLOB_OCTETS} octets")
        version, algorithm, bits, encrypted, key_bits, *coordinates, digest, length = _HEAD.unpack_from(
            octets
        )
        if (version, algorithm, bits, key_bits, length) != (
            BLOB_VERSION,
            SGD_SM4_ECB,
            BITS,
            BITS,
            SM4_KEY_OCTETS,
        ):
            raise Sm2Unreadable("ENVELOPEDKEYBLOB of another version, algorithm or length")
        padding = FIELD - OCTETS
        if encrypted[:padding] != bytes(padding):
            raise Sm2Unreadable("cbEncryptedPriKey is not right-aligned")
        x, y, cipher_x, cipher_y = (int.from_bytes(each) for each in coordinates)
        cipher = Sm2Cipher(cipher_x, cipher_y, digest, octets[_HEAD.size :])
        return cls(cipher, Sm2PublicKey(x, y), encrypted[padding:])
