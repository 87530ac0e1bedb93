"""Public keys whose private half can be found: what no certificate is issued over. Pure.

The tests are those that a certification authority must make (Baseline Requirements §6.1.1.3, §6.1.5, §6.1.6) and those
that cost nothing: a key out of a published example, or the base point itself.
"""

from __future__ import annotations

from functools import cache
from math import isqrt
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import PublicKey, kind_of
from hsm.errors import UnsupportedAlgorithm
from hsm.sm2 import curve as sm2_curve
from hsm.sm2.public_key import Sm2PublicKey

MIN_RSA_EXPONENT: Final = 65537
MAX_RSA_EXPONENT: Final = 2**256 - 1
"""Baseline Requirements §6.1.6."""
FERMAT_ROUNDS: Final = 100
"""Baseline Requirements §6.1.1.3: primes so close that 100 rounds of Fermat's method find them."""
_SMALL_PRIMES: Final = tuple(p for p in range(3, 752) if all(p % d for d in range(2, int(p**0.5) + 1)))
"""Baseline Requirements §6.1.6: a modulus has no factor smaller than 752."""
_ROCA_PRIMES: Final = tuple(p for p in _SMALL_PRIMES if p <= 167)
"""CVE-2017-15361: both primes of a vulnerable chip are powers of 65537 modulo each of these. Of honest moduli about one
in 2^150 is."""
PUBLISHED_SM2_POINTS: Final = frozenset(
    {
        (
            0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
            0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
        )
    }
)
"""GB/T 32918.5 prints the private half of this key; it is in every test suite."""


def why_weak(key: PublicKey) -> str | None:
    """Return why a key is not to be certified, in one English clause, or nothing."""
    try:
        kind_of(key)
    except UnsupportedAlgorithm as wrong:
        return f"keys of this kind are not certified: {wrong.detail}"
    if isinstance(key, rsa.RSAPublicKey):
        return _weak_rsa(key.public_numbers())
    if isinstance(key, Sm2PublicKey):
        published = (key.x, key.y) in PUBLISHED_SM2_POINTS or key.x == sm2_curve.G[0]
    else:
        published = key.public_numbers().x == _base_x(key.curve.name)
    return "the private half of this key is public" if published else None


def _weak_rsa(numbers: rsa.RSAPublicNumbers) -> str | None:
    exponent, modulus = numbers.e, numbers.n
    if not MIN_RSA_EXPONENT <= exponent <= MAX_RSA_EXPONENT or exponent % 2 == 0:
        return "the RSA exponent is too small, too large or even"
    if modulus % 2 == 0 or any(modulus % prime == 0 for prime in _SMALL_PRIMES):
        return "the RSA modulus has a small factor"
    if all(modulus % prime in powers for prime, powers in _roca_residues()):
        return "the RSA key comes from a chip whose keys can be factored (CVE-2017-15361)"
    if _factors_are_close(modulus):
        return "the factors of the RSA modulus are close together"
    return None


@cache
def _roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    return tuple((prime, frozenset(pow(65537, n, prime) for n in range(prime - 1))) for prime in _ROCA_PRIMES)


def _factors_are_close(modulus: int) -> bool:
    middle = isqrt(modulus) + 1
    for step in range(FERMAT_ROUNDS):
        square = (middle + step) ** 2 - modulus
        if square & 0xF in (0, 1, 4, 9) and isqrt(square) ** 2 == square:
            return True
    return False


@cache
def _base_x(curve: str) -> int:
    known: dict[str, ec.EllipticCurve] = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1()}
    point = ec.derive_private_key(1, known[curve]).public_key()
    octets = point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return int.from_bytes(octets[1:])
