"""The unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters with a check character."""

from __future__ import annotations

from typing import Final

from ca.errors import UsccInvalid

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: digits and capitals without I, O, S, V, Z; a character's value is its place."""
LENGTH: Final = 18
WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
"""GB 32100-2015: weight of place i (from 1) is 3^(i-1) mod 31."""
DEPARTMENTS: Final = frozenset("123456789ANY")
"""First character: the registering department; A and N are the military commission and agriculture, Y is other."""


def check_uscc(text: str) -> str:
    """Return ``text`` if it is a well-formed code with a right check character.

    Nothing is corrected silently: lower case, blanks and look-alikes raise :class:`UsccInvalid`.
    """
    if len(text) != LENGTH:
        raise UsccInvalid(f"{len(text)} characters instead of {LENGTH}")
    for place, character in enumerate(text, start=1):
        if character not in ALPHABET:
            raise UsccInvalid(f"character {place} is not one of the code's alphabet")
    if text[0] not in DEPARTMENTS:
        raise UsccInvalid("the first character names no registering department")
    if not text[2:8].isdigit():
        raise UsccInvalid("characters 3 to 8 are the digits of an administrative division")
    if text[-1] != check_character(text[:-1]):
        raise UsccInvalid("the check character is wrong")
    return text


def check_character(body: str) -> str:
    """Return the check character of the 17 characters before it (GB 32100-2015: 31 - Σ C_i·W_i mod 31)."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]
