"""A key opened for one algorithm: the part of a signer that is the same wherever the private half is kept."""

from __future__ import annotations

from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, SignatureAlgorithm
from hsm.errors import KeyMismatch, UnsupportedAlgorithm
from hsm.provider import StoredKey
from hsm.public_keys import same_key
from hsm.signer import Custody


class BoundKey:
    """The public side of a :class:`hsm.signer.Signer`; a subclass adds ``sign``."""

    def __init__(self, key: StoredKey, algorithm: SignatureAlgorithm, custody: Custody) -> None:
        self._key = key
        self._algorithm = algorithm
        self._custody = custody

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm of every signature."""
        return self._algorithm

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._key.public_key

    @property
    def custody(self) -> Custody:
        """Where the private half is kept."""
        return self._custody


def agree(
    key: StoredKey, expected: PublicKey | None, algorithm: SignatureAlgorithm | None
) -> SignatureAlgorithm:
    """Return the algorithm that ``key`` is opened for: the one asked for, or its kind's own.

    Raises :class:`KeyMismatch` unless its public half equals ``expected``, :class:`UnsupportedAlgorithm` for an algorithm
    of another family.
    """
    if expected is not None and not same_key(expected, key.public_key):
        raise KeyMismatch(str(key.uri))
    chosen = algorithm or DEFAULT_ALGORITHM[key.kind]
    if chosen.family is not key.kind.family:
        raise UnsupportedAlgorithm(f"{chosen.label} with a key of kind {key.kind.value}")
    return chosen
