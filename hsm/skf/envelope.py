"""ENVELOPEDKEYBLOB (GM/T 0016 §6.4.10): an SM2 encryption pair protected under the signing key of its container.

The octets that travel are those of the standard's header: packed, words of 4 octets. A library that was compiled otherwise
gets them in its own layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hsm.devices.errors import EnvelopeUnreadable
from hsm.devices.structure import Abi
from hsm.errors import Sm2Unreadable
from hsm.skf.layout import ENVELOPEDKEYBLOB, SGD_SM4_ECB, coordinate, public_values, widened
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey

STANDARD: Final = Abi()
MAX_CIPHER: Final = 64
"""Longest protected session key (octets): SM4 has 16; anything longer than 64 is no symmetric key."""


@dataclass(frozen=True, slots=True)
class EnvelopedPair:
    """The content: ``private`` is the scalar under SM4-ECB (32 octets), ``session`` the SM4 key under SM2."""

    public: Sm2PublicKey
    private: bytes
    session: Sm2Cipher

    def encode(self, abi: Abi = STANDARD) -> bytes:
        """Lay out as the standard does, or as another compiler does."""
        values: dict[str, int | bytes] = {
            "Version": 1,
            "ulSymmAlgID": SGD_SM4_ECB,
            "ulBits": 256,
            "cbEncryptedPriKey": self.private.rjust(64, b"\0"),
            **{f"PubKey.{name}": value for name, value in public_values(self.public).items()},
            "ECCCipherBlob.X": widened(self.session.x),
            "ECCCipherBlob.Y": widened(self.session.y),
            "ECCCipherBlob.HASH": self.session.hash,
            "ECCCipherBlob.CipherLen": len(self.session.text),
        }
        return ENVELOPEDKEYBLOB.pack(values, abi) + self.session.text

    @classmethod
    def parse(cls, octets: bytes) -> EnvelopedPair:
        """Read the standard's layout; anything else raises :class:`EnvelopeUnreadable`, which names the member.

        After the ciphertext nothing may follow but the one placeholder octet that some makers count.
        """
        head = ENVELOPEDKEYBLOB.size(STANDARD)
        if not head < len(octets) <= head + MAX_CIPHER + 1:
            raise EnvelopeUnreadable(f"{len(octets)} octets")
        found = ENVELOPEDKEYBLOB.unpack(octets, STANDARD)
        for name, wanted in _CONSTANT.items():
            if found[name] != wanted:
                raise EnvelopeUnreadable(f"{name} is {found[name]}, not {wanted}")
        length, tail = found["ECCCipherBlob.CipherLen"], octets[head:]
        if not 0 < length <= MAX_CIPHER or not length <= len(tail) <= length + 1 or any(tail[length:]):
            raise EnvelopeUnreadable("CipherLen does not fit the octets")
        private = found["cbEncryptedPriKey"]
        if any(private[:32]):
            raise EnvelopeUnreadable("cbEncryptedPriKey does not stand at the right end")
        try:
            public = Sm2PublicKey(coordinate(found["PubKey.X"]), coordinate(found["PubKey.Y"]))
            x, y = coordinate(found["ECCCipherBlob.X"]), coordinate(found["ECCCipherBlob.Y"])
            return cls(public, private[32:], Sm2Cipher(x, y, found["ECCCipherBlob.HASH"], tail[:length]))
        except (ValueError, Sm2Unreadable) as wrong:
            raise EnvelopeUnreadable("PubKey or ECCCipherBlob is no point of the SM2 curve") from wrong


_CONSTANT: Final = {"Version": 1, "ulSymmAlgID": SGD_SM4_ECB, "ulBits": 256, "PubKey.BitLen": 256}
