"""Private scalars: their range, their making, and what wiping them means in Python.

What can be wiped: a ``bytearray``, whose octets are overwritten in place. What cannot: copies that the interpreter or a C
library made on the way (an ``int``, an immutable ``bytes`` handed to GmSSL, stack and registers of OpenSSL), and pages that
the system swapped out. Wiping shortens the time in which a key lies in memory; it is no proof that none is left.
"""

from __future__ import annotations

import secrets
from typing import Final

from hsm.sm2.curve import OCTETS, N

Scalar = bytes | bytearray
_ZERO: Final = bytes(OCTETS)
_LIMIT: Final = (N - 1).to_bytes(OCTETS)
"""A private key is in [1, n-2]: with n-1 the factor 1 + d of a signature has no inverse (GB/T 32918.2 §6.1)."""


def check_scalar(scalar: Scalar) -> None:
    """Raise ``ValueError`` unless the octets are a private key; the message says nothing about them."""
    if len(scalar) != OCTETS or not _ZERO < scalar < _LIMIT:
        raise ValueError("an SM2 private key is 32 octets, from 1 to n-2")


def random_scalar() -> bytearray:
    """Draw a private key from the system's generator, evenly (GB/T 32918.1 §6.1): what is out of range is drawn anew."""
    while True:
        drawn = bytearray(secrets.token_bytes(OCTETS))
        if _ZERO < drawn < _LIMIT:
            return drawn


def wipe(octets: bytearray) -> None:
    """Overwrite in place."""
    octets[:] = bytes(len(octets))
