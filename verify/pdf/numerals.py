"""Numbers that every reader takes for the same: coordinates, whole numbers and flags (ISO 32000-2 §7.3.3, annex C).

Beyond some size readers overflow, each in its own way; some take a real for a whole number and others for none; and to Python
``False`` is 0, but to a reader that was asked for a number it is none.
"""

from __future__ import annotations

import math
from typing import Final, TypeGuard

from verify.pdf.pdf_values import Value

MAX_COORDINATE: Final = 1_000_000
"""Beyond it readers overflow, each in its own way, and whole numbers otherwise than others; pages have some 14,400 at most."""
MAX_WHOLE: Final = 2**31 - 1
"""What all readers hold (ISO 32000-2 annex C.2); of more some take the lower 32 bits, others the most that they hold, or nothing."""
_NUMBERS: Final = frozenset({int, float})


def is_number(value: Value) -> TypeGuard[int | float]:
    """Tell a number from a word: ``true`` and ``false`` are none."""
    return type(value) in _NUMBERS


def is_coordinate(value: Value) -> TypeGuard[int | float]:
    """Tell whether every reader takes a value for the same place, in points."""
    return is_number(value) and abs(value) < MAX_COORDINATE


def whole(value: Value) -> int | None:
    """Read a whole number that every reader takes for the same; ``None`` for a real, a word, or one beyond 32 bits."""
    return value if type(value) is int and abs(value) <= MAX_WHOLE else None


def may_be_set(value: Value, flag: int) -> bool:
    """Tell whether some reader takes a flag for set: reals are cut, rounded or passed over, and of anything else nobody knows."""
    if value is None:
        return False
    if not is_number(value) or not abs(value) <= MAX_WHOLE:
        return True
    return any(one & flag for one in (math.floor(value), math.ceil(value)))
