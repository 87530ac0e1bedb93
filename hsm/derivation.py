"""Secrets derived from a key that never leaves its token: the same input gives the same 32 octets, and nobody else can.

A derivation signs its input with a dedicated RSA key and hashes the signature. RSASSA-PKCS1-v1_5 (RFC 8017 §8.2) has exactly
one signature for a message and key, so the result is a function of the input that only the token can compute, as in
RSA-FDH-VRF (RFC 9381 §4); every PKCS#11 module and the soft key store can do it. The key signs nothing else.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Final

from hsm.algorithms import KeyKind
from hsm.errors import DuplicateKey, KeyNotFound, UnsupportedAlgorithm
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing
from hsm.signer import Signer
from hsm.verification import verify_signature

KIND: Final = KeyKind.RSA_3072
"""128 bits of security (NIST SP 800-57 part 1, table 2)."""
_DOMAIN: Final = b"yinxin derivation v1"


class Derivation:
    """A master key in a token and what is derived from it. The key is made at the first use."""

    def __init__(self, ring: KeyRing, key: KeyUri) -> None:
        self._ring = ring
        self._key = key
        self._signer: Signer | None = None

    def derive(self, purpose: str, *context: str) -> bytes:
        """Return 32 octets for a purpose and its context.

        Raises :class:`hsm.errors.HsmError`; :class:`UnsupportedAlgorithm` when the key's signatures are not unique.
        """
        message = _DOMAIN + b"".join(_framed(part.encode()) for part in (purpose, *context))
        signer = self._opened()
        signature = signer.sign(message)
        verify_signature(signer.public_key, signer.algorithm, message, signature)
        return hashlib.sha256(_DOMAIN + _framed(signature)).digest()

    def _opened(self) -> Signer:
        if self._signer is None:
            self._signer = self._open()
        if not self._signer.algorithm.is_rsa:
            raise UnsupportedAlgorithm("a derivation needs an RSA key: the others sign with a random number")
        return self._signer

    def _open(self) -> Signer:
        provider = self._ring.provider(self._key)
        try:
            return provider.signer(self._key)
        except KeyNotFound:
            pass
        with suppress(DuplicateKey):  # another process made it at this moment
            provider.generate(self._key, KIND)
        return provider.signer(self._key)


def _framed(octets: bytes) -> bytes:
    return len(octets).to_bytes(4) + octets
