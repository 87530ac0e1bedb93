"""SM2 private keys as octets: SEC 1 (RFC 5915) and PKCS#8 (RFC 5208), in the one form that we write and read."""

from __future__ import annotations

from typing import Final

from hsm.errors import Sm2Unreadable
from hsm.sm2.curve import OCTETS
from hsm.sm2.public_key import POINT_OCTETS, Sm2PublicKey
from hsm.sm2.scalar import Scalar, check_scalar

_SEC1_HEAD: Final = bytes.fromhex("303102010104 20".replace(" ", ""))
_SEC1_TAIL: Final = bytes.fromhex("a00a06082a811ccf5501822d")
"""ECPrivateKey { 1, OCTET STRING of 32, [0] curve 1.2.156.10197.1.301 } without the public half."""
_PKCS8_HEAD: Final = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_PKCS8_MIDDLE: Final = bytes.fromhex("a144034200")
"""PrivateKeyInfo { 0, id-ecPublicKey with the curve, ECPrivateKey { 1, 32 octets, [1] point } }, as OpenSSL writes it."""
PKCS8_OCTETS: Final = len(_PKCS8_HEAD) + OCTETS + len(_PKCS8_MIDDLE) + POINT_OCTETS


def sec1(scalar: Scalar) -> bytearray:
    """Write ECPrivateKey; the caller wipes it."""
    return _joined(_SEC1_HEAD, scalar, _SEC1_TAIL)


def pkcs8(scalar: Scalar, public: Sm2PublicKey) -> bytearray:
    """Write PrivateKeyInfo with both halves; the caller wipes it."""
    return _joined(_PKCS8_HEAD, scalar, _PKCS8_MIDDLE + public.point)


def _joined(head: bytes, scalar: Scalar, tail: bytes) -> bytearray:
    """Write into one buffer: a sum of parts would leave the scalar behind in what was allocated on the way."""
    made = bytearray(len(head) + OCTETS + len(tail))
    made[: len(head)] = head
    made[len(head) : len(head) + OCTETS] = scalar
    made[len(head) + OCTETS :] = tail
    return made


def read_pkcs8(octets: Scalar) -> tuple[bytearray, Sm2PublicKey]:
    """Read what :func:`pkcs8` wrote, or raise :class:`Sm2Unreadable`; that the halves belong together is not checked."""
    start, middle = len(_PKCS8_HEAD), len(_PKCS8_HEAD) + OCTETS
    point = middle + len(_PKCS8_MIDDLE)
    if len(octets) != PKCS8_OCTETS or octets[:start] != _PKCS8_HEAD or octets[middle:point] != _PKCS8_MIDDLE:
        raise Sm2Unreadable("not PKCS#8 of an SM2 key as we write it")
    scalar = bytearray(octets[start:middle])
    try:
        check_scalar(scalar)
    except ValueError as wrong:
        raise Sm2Unreadable("a private key out of range") from wrong
    return scalar, Sm2PublicKey.from_point(bytes(octets[point:]))
