"""DER ``SM2EnvelopedKey`` (GM/T 0009-2012 §7.4, GB/T 35276-2017).

::

    SM2EnvelopedKey ::= SEQUENCE {
        symAlgID                AlgorithmIdentifier,   -- SM4-ECB
        symEncryptedKey         SM2Cipher,             -- the SM4 key under the recipient's SM2 public key
        sm2PublicKey            BIT STRING,            -- 04 ‖ X ‖ Y
        sm2EncryptedPrivateKey  BIT STRING }           -- d under SM4-ECB

Nothing else is read: this is a strict DER reader of one shape.
"""

from __future__ import annotations

from typing import Final

from ca import der
from ca.keycentre.errors import EnvelopeUnreadable
from hsm.enveloped_key import EnvelopedKey
from hsm.errors import Sm2Unreadable
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey

SM4_ECB: Final = "1.2.156.10197.1.104.1"
"""GM/T 0006."""
SM4: Final = "1.2.156.10197.1.104"
"""The cipher without a mode: some centres write it here, and readers take it for ECB."""
MAX_OCTETS: Final = 512
"""Longest DER read: ours has 240 to 244 octets, and nothing in the structure may grow."""


def encode(key: EnvelopedKey) -> bytes:
    """Write DER."""
    return der.sequence(
        der.sequence(der.oid(SM4_ECB), der.null()),
        key.cipher.der,
        der.bit_string(key.public.point),
        der.bit_string(key.encrypted),
    )


def decode(octets: bytes) -> EnvelopedKey:
    """Read DER; anything else raises :class:`EnvelopeUnreadable`."""
    if len(octets) > MAX_OCTETS:
        raise EnvelopeUnreadable(f"longer than {MAX_OCTETS} octets")
    try:
        outer = der.Reader(octets)
        reader = outer.enter(der.SEQUENCE)
        outer.finish()
        _check_algorithm(reader.enter(der.SEQUENCE))
        cipher = Sm2Cipher.from_der(reader.element())
        public = Sm2PublicKey.from_point(_whole_octets(reader))
        encrypted = _whole_octets(reader)
        reader.finish()
        return EnvelopedKey(cipher, public, encrypted)
    except (der.DerError, Sm2Unreadable) as wrong:
        raise EnvelopeUnreadable(str(wrong)) from wrong


def _check_algorithm(reader: der.Reader) -> None:
    if reader.oid() not in (SM4_ECB, SM4):
        raise EnvelopeUnreadable("symAlgID is not SM4 in mode ECB")
    if reader.more and reader.contents(der.NULL):
        raise EnvelopeUnreadable("symAlgID has parameters")
    reader.finish()


def _whole_octets(reader: der.Reader) -> bytes:
    content = reader.contents(der.BIT_STRING)
    if not content or content[0]:
        raise EnvelopeUnreadable("a BIT STRING is not whole octets")
    return content[1:]
