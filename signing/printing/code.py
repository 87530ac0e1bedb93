"""The code on the edge of a printed copy: 13 random characters (65 bits) and one that proves them. Pure.

The alphabet is Crockford's base 32: no I, L, O or U, so nothing is misread as something else. The last character is a
weighted sum over GF(32) (x⁵ + x² + 1): one wrong character, or any two exchanged, always show.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS: Final = 13
"""65 bits: a million copies and a million guesses a second find one in about a year, and the look-up takes sixty a minute."""
LENGTH: Final = RANDOM_CHARACTERS + 1
_GROUPS: Final = (5, 5, 4)
_MODULUS: Final = 0b100101
_READ_AS: Final = str.maketrans("OIL", "011")
_BLANK: Final = re.compile(r"[\s\-–—_·]+")


def new_code(choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a new code."""
    body = "".join(choose(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return body + check_character(body)


def check_character(body: str) -> str:
    """Return the character that proves ``body``: Σ αⁱ·cᵢ over GF(32)."""
    total, weight = 0, 2
    for character in body:
        total ^= _times(weight, ALPHABET.index(character))
        weight = _times(weight, 2)
    return ALPHABET[total]


def read_code(text: str) -> str | None:
    """Read a code as it was typed or scanned, in any case, with spaces or dashes; nothing if it is not one."""
    typed = _BLANK.sub("", text).upper().translate(_READ_AS)
    if len(typed) != LENGTH or any(one not in ALPHABET for one in typed):
        return None
    return typed if check_character(typed[:-1]) == typed[-1] else None


def shown(code: str) -> str:
    """Write a code in groups, as it is printed."""
    parts, at = [], 0
    for length in _GROUPS:
        parts.append(code[at : at + length])
        at += length
    return "-".join(parts)


def _times(left: int, right: int) -> int:
    """Multiply in GF(32)."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0b100000:
            left ^= _MODULUS
        right >>= 1
    return product
