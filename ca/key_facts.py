"""What a certificate says about a public key besides the key itself. Pure."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import rsa

from ca import der
from hsm.algorithms import Family, PublicKey
from hsm.public_keys import spki
from hsm.sm2.public_key import Sm2PublicKey


def key_bits(key: PublicKey) -> bytes:
    """Return the contents of the ``subjectPublicKey`` BIT STRING, without its count of unused bits."""
    fields = der.Reader(spki(key)).enter(der.SEQUENCE)
    fields.element()
    return fields.contents(der.BIT_STRING)[1:]


def key_identifier(key: PublicKey) -> bytes:
    """Return the SHA-1 of a key's bits (RFC 5280 §4.2.1.2, method 1): it identifies, it proves nothing."""
    return hashlib.sha1(key_bits(key), usedforsecurity=False).digest()


def family_of(key: PublicKey) -> Family:
    """Return the family of any key of a readable type, of whatever size or curve."""
    if isinstance(key, Sm2PublicKey):
        return Family.SM2
    return Family.RSA if isinstance(key, rsa.RSAPublicKey) else Family.EC
