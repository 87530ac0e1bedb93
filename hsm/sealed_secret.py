"""What a sealed secret is bound to, and how long it may be: the same in a token's vault and under a key of the service."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hsm.errors import DecryptionFailed

MAX_SECRET: Final = 16 * 1024
"""Longest secret sealed (octets): an RSA-4096 private key in PKCS#8 has 2.4 KiB; whatever is longer is a document."""
SECRETS: Final = "secret/"
"""Begin of the purposes outside a vault, so that no blob of the one passes for one of the other."""
NONCE_OCTETS: Final = 12
TAG_OCTETS: Final = 16
_VERSION: Final = b"\x81"
"""First octet of a blob sealed outside a token; those of a token's vault begin with 01."""


def binding(purpose: str, context: bytes) -> bytes:
    """Return the additional authenticated data: a name of this format, the purpose, the context, each with its length."""
    parts = (purpose.encode(), context)
    return b"yinxin vault 1" + b"".join(len(part).to_bytes(4) + part for part in parts)


def seal(master: bytes, purpose: str, secret: bytes) -> bytes:
    """Seal under a key of 32 octets: AES-256-GCM with a random nonce (NIST SP 800-38D §8.2.2)."""
    nonce = os.urandom(NONCE_OCTETS)
    return _VERSION + nonce + AESGCM(master).encrypt(nonce, secret, binding(SECRETS + purpose, b""))


def unseal(master: bytes, purpose: str, blob: bytes) -> bytes:
    """Open what :func:`seal` made; :class:`DecryptionFailed`."""
    head = 1 + NONCE_OCTETS
    if not head + TAG_OCTETS < len(blob) <= head + TAG_OCTETS + MAX_SECRET or blob[:1] != _VERSION:
        raise DecryptionFailed("not a sealed secret")
    try:
        return AESGCM(master).decrypt(blob[1:head], blob[head:], binding(SECRETS + purpose, b""))
    except InvalidTag as wrong:
        raise DecryptionFailed("the tag is wrong") from wrong
