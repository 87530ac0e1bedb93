"""Object identifiers that clients name algorithms by, and what they are here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from api.csc.errors import CscParameterInvalid
from hsm.algorithms import Digest, DigestAlgorithm, Family, SignatureAlgorithm
from signing.hashes.credential import Credential

RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_KEY_ALGORITHMS: Final = {Family.RSA: RSA_ENCRYPTION, Family.EC: EC_PUBLIC_KEY, Family.SM2: EC_PUBLIC_KEY}
"""A client may name the key's algorithm alone (RFC 3279 §2.3, RFC 5480 §2.1.1); the digest then decides."""
MAX_HASH_TEXT: Final = 128
"""Longest text read of one digest: 64 octets in base64 have 88 characters; a longer one has the wrong length anyway."""


def offered(credential: Credential) -> list[str]:
    """List what ``key.algo`` names: the key's own identifier, then its signature algorithms."""
    return [_KEY_ALGORITHMS[credential.kind.family], *(one.oid for one in credential.algorithms)]


def choose(
    credential: Credential, sign_algo: str | None, hash_oid: str | None, size: int | None = None
) -> SignatureAlgorithm:
    """Return the algorithm that a request means, by its signature algorithm, its digest, or the digests' length.

    :class:`CscParameterInvalid` for one that the key does not offer, or where both are named and differ.
    """
    chosen = [
        one
        for one in credential.algorithms
        if sign_algo in (None, "", one.oid, _KEY_ALGORITHMS[credential.kind.family])
        if hash_oid in (None, "", one.digest.oid)
        if size is None or one.digest.size == size
    ]
    if chosen:
        return chosen[0]
    known = "、".join(f"{one.oid}（{one.digest.oid}）" for one in credential.algorithms)
    raise CscParameterInvalid(
        "signAlgo",
        f"该凭证的签名算法（摘要算法）为 {known}，且摘要长度须相符",
        f"this credential signs with {known}, the digests as long as theirs",
    )


def read_hashes(hashes: Sequence[str]) -> tuple[bytes, ...]:
    """Read digests in base64, or base64url as some clients write; :class:`CscParameterInvalid`."""
    return tuple(_octets(text) for text in hashes)


def digests_of(algorithm: DigestAlgorithm, values: Sequence[bytes]) -> tuple[Digest, ...]:
    """Return the values as digests; one of another length is :class:`CscParameterInvalid`."""
    try:
        return tuple(Digest(algorithm, value) for value in values)
    except ValueError as wrong:
        raise CscParameterInvalid(
            "hashes",
            f"{algorithm.label} 的摘要为 {algorithm.size} 字节",
            f"a digest of {algorithm.label} has {algorithm.size} octets",
        ) from wrong


def _octets(text: str) -> bytes:
    plain = text.translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode((plain + "=" * (-len(plain) % 4))[:MAX_HASH_TEXT], validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise CscParameterInvalid("hashes", "摘要应为 base64", "digests are written in base64") from wrong
