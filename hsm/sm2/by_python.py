"""SM2 by our own Python: always there, and never constant time.

Python's integers take longer for longer numbers and this code branches on digits of the scalar, so who can time it finely
and often may learn the key. It therefore verifies and encrypts everywhere, but uses a private key only where the operator
said so (development, tests, a machine of one's own).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from hsm.errors import DecryptionFailed, Sm2SigningUnavailable
from hsm.sm2.arithmetic import Arithmetic
from hsm.sm2.cipher import Sm2Cipher, mask
from hsm.sm2.curve import OCTETS, N, Point, base_multiple, multiple
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import Scalar, random_scalar
from hsm.sm2.signature import Sm2Signature, holds, sm3

DrawNonce = Callable[[], int]


def _draw() -> int:
    return int.from_bytes(random_scalar())


class PythonBackend(Arithmetic):
    """Our own arithmetic. ``allowed`` lets it use private keys; ``nonces`` is for known answers alone."""

    name: Final = "python"
    constant_time: Final = False

    def __init__(self, *, allowed: bool, nonces: DrawNonce = _draw) -> None:
        self._allowed = allowed
        self._nonces = nonces

    def generate(self) -> bytearray:
        """Make a private key."""
        self._may_use_private_keys()
        return super().generate()

    def _may_use_private_keys(self) -> None:
        if not self._allowed:
            raise Sm2SigningUnavailable

    def _public(self, scalar: Scalar) -> Sm2PublicKey:
        self._may_use_private_keys()
        return Sm2PublicKey(*_finite(base_multiple(int.from_bytes(scalar))))

    def _sign(self, scalar: Scalar, digest: bytes) -> Sm2Signature:
        """GB/T 32918.2 §6.1, A3 to A6."""
        self._may_use_private_keys()
        secret, e = int.from_bytes(scalar), int.from_bytes(digest)
        inverse = pow(1 + secret, -1, N)
        while True:
            k = self._nonces()
            r = (e + _finite(base_multiple(k))[0]) % N
            s = inverse * (k - r * secret) % N
            if r and s and r + k != N:
                return Sm2Signature(r, s)

    def _verify(self, public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool:
        return holds(public, digest, signature)

    def _encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher:
        """GB/T 32918.4 §6.1, A1 to A7; the cofactor is 1."""
        k = self._nonces()
        x, y = _finite(base_multiple(k))
        before, after = _shared(multiple(k, (public.x, public.y)))
        return Sm2Cipher(
            x,
            y,
            sm3(before, bytes(plaintext), after),
            _xor(plaintext, mask(before + after, len(plaintext))),
        )

    def _decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        """GB/T 32918.4 §7.1, B2 to B6; B1 is the type's own."""
        self._may_use_private_keys()
        before, after = _shared(multiple(int.from_bytes(scalar), (cipher.x, cipher.y)))
        plain = _xor(cipher.text, mask(before + after, len(cipher.text)))
        if not hmac.compare_digest(sm3(before, plain, after), cipher.hash):
            raise DecryptionFailed("C3 is not the digest of the plaintext")
        return bytearray(plain)


def _shared(point: Point | None) -> tuple[bytes, bytes]:
    x, y = _finite(point)
    return x.to_bytes(OCTETS), y.to_bytes(OCTETS)


def _finite(point: Point | None) -> Point:
    if point is None:  # a scalar in [1, n-1] times a point of prime order n is never infinity
        raise ArithmeticError
    return point


def _xor(one: Scalar, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
