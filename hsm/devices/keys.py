"""How a device's worker describes an SM2 key pair."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from hsm.errors import Sm2Unreadable, TokenRefused
from hsm.sm2.public_key import CURVE_OID, Sm2PublicKey

ID_OCTETS: Final = 16


def coordinate(octets: bytes) -> int:
    """Read a coordinate from the right end of its field; anything before its 32 octets is :class:`TokenRefused`."""
    value = int.from_bytes(octets)
    if value >> 256:
        raise TokenRefused(
            "the device gives a coordinate of more than 32 octets; check the layout that describes it"
        )
    return value


def public_key(x: bytes, y: bytes) -> Sm2PublicKey:
    """Read a public key from the two fields of a structure; :class:`TokenRefused` when it is no point of the curve."""
    try:
        return Sm2PublicKey(coordinate(x), coordinate(y))
    except Sm2Unreadable as wrong:
        raise TokenRefused("the device exports a public key that is not of the SM2 curve") from wrong


def key_id(key: Sm2PublicKey) -> bytes:
    """Name a key pair: neither standard gives one an id, so the id is a digest of the point."""
    return hashlib.sha256(key.point).digest()[:ID_OCTETS]


def described(name: str, public: Sm2PublicKey) -> dict[str, Any]:
    """Describe a pair as :func:`hsm.worker_provider.stored_key` reads it.

    Neither standard has a function that reads a private key: what the device made is not extractable by the interface.
    """
    return {
        "label": name,
        "id": key_id(public).hex(),
        "extractable": False,
        "sensitive": True,
        "always_sensitive": True,
        "public": {"curve": CURVE_OID.hex(), "point": public.point.hex()},
    }
