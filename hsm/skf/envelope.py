"""ENVELOPEDKEYBLOB at the door of a library (GM/T 0016 §6.4.10): read once, laid out as the library's compiler has it."""

from __future__ import annotations

from typing import Final

from hsm.devices.errors import EnvelopeUnreadable
from hsm.devices.structure import Abi
from hsm.enveloped_key import BLOB_OCTETS, EnvelopedKey
from hsm.errors import Sm2Unreadable
from hsm.skf.layout import ENVELOPEDKEYBLOB

STANDARD: Final = Abi()
"""The layout that travels: packed, words of 4 octets, little-endian."""


def read(octets: bytes) -> EnvelopedKey:
    """Read an envelope, or raise :class:`EnvelopeUnreadable`. The placeholder octet that some headers count may follow."""
    blob = octets[:-1] if len(octets) == BLOB_OCTETS + 1 and not octets[-1] else octets
    try:
        return EnvelopedKey.from_blob(blob)
    except Sm2Unreadable as wrong:
        raise EnvelopeUnreadable(wrong.detail) from wrong


def laid_out(key: EnvelopedKey, abi: Abi) -> bytes:
    """Write the envelope as a library of that layout reads it."""
    blob = key.to_blob()
    tail = blob[ENVELOPEDKEYBLOB.size(STANDARD) :]
    return ENVELOPEDKEYBLOB.pack(ENVELOPEDKEYBLOB.unpack(blob, STANDARD), abi) + tail
