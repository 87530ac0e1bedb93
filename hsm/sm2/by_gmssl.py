"""SM2 by GmSSL, through the package gmssl-pyx (the extra ``sm``).

GmSSL writes a trace to the process's standard error whenever it refuses something. What strangers send (signatures) is
therefore judged by our own Python, which knows no secret then; GmSSL does what needs a private key.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from hsm.errors import DecryptionFailed, TokenRefused
from hsm.sm2.arithmetic import Arithmetic
from hsm.sm2.backend import BackendMissing
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.curve import N, P, Point, combined, lift
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import Scalar
from hsm.sm2.signature import Sm2Signature, holds

PROBE: Final = bytes(31) + b"\x01"
"""The digest that is signed to recover a public key."""


class GmsslBackend(Arithmetic):
    """GmSSL. It holds the interpreter's lock while it computes."""

    name: Final = "gmssl"
    constant_time: Final = True

    def __init__(self) -> None:
        try:
            import gmssl_pyx  # noqa: PLC0415 - optional, loaded when chosen
        except ImportError as wrong:
            raise BackendMissing("gmssl-pyx is not installed") from wrong
        self._library: Any = gmssl_pyx
        self._error: type[Exception] = gmssl_pyx.GmsslInnerError

    def _public(self, scalar: Scalar) -> Sm2PublicKey:
        """Recover the public half from two signatures: the library has no call for it, and the scalar stays in C.

        With (x1, y1) = [s]G + [r+s]P and x1 = r - e, a signature leaves a few points P; two leave one.
        """
        first, second = (_candidates(self._sign(scalar, PROBE)) for _ in range(2))
        (point,) = first & second
        return Sm2PublicKey(*point)

    def _sign(self, scalar: Scalar, digest: bytes) -> Sm2Signature:
        with _lent(scalar) as octets:
            try:
                return Sm2Signature.from_der(self._library.sm2_sign_sm3_digest(octets, digest))
            except self._error as wrong:
                raise TokenRefused("GmSSL did not sign") from wrong

    def _verify(self, public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool:
        return holds(public, digest, signature)

    def _encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher:
        with _lent(plaintext) as octets:
            try:
                return Sm2Cipher.from_der(self._library.sm2_encrypt(public.point[1:], octets))
            except self._error as wrong:
                raise TokenRefused("GmSSL did not encrypt") from wrong

    def _decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        with _lent(scalar) as octets:
            try:
                plain: bytes = self._library.sm2_decrypt(octets, cipher.der)
            except self._error as wrong:
                raise DecryptionFailed("C3 is not the digest of the plaintext") from wrong
        kept = bytearray(plain)
        _overwrite(plain)
        return kept


@contextmanager
def _lent(secret: Scalar) -> Iterator[bytes]:
    """Give the library the immutable copy that it demands, and overwrite that copy afterwards."""
    if isinstance(secret, bytes):  # the caller's own, which is not ours to overwrite
        yield secret
        return
    copy = bytes(secret)
    try:
        yield copy
    finally:
        _overwrite(copy)


def _overwrite(copy: bytes) -> None:
    """Zero a ``bytes`` that nobody else knows. It relies on how CPython lays one out; elsewhere nothing is done.

    One octet is never touched: CPython shares those.
    """
    if sys.implementation.name == "cpython" and len(copy) > 1:
        ctypes.memset(id(copy) + bytes.__basicsize__ - 1, 0, len(copy))


def _candidates(signature: Sm2Signature) -> set[Point]:
    """Return every public key with which the signature over PROBE verifies."""
    x = (signature.r - int.from_bytes(PROBE)) % N
    factor = pow(signature.r + signature.s, -1, N)
    points = [point for each in (x, x + N) if each < P for point in lift(each)]
    found = (combined(-signature.s * factor, factor, point) for point in points)
    return {point for point in found if point is not None}
