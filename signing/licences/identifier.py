"""The identifier of an electronic licence as this room grants it; its form and check are :mod:`seals.licence_identifier`."""

from __future__ import annotations

from typing import Self

from seals.licence_identifier import ALPHABET, MAX_IDENTIFIER, ROOT, IdentifierWrong, check_character
from seals.licence_identifier import LicenceIdentifier as _Identifier
from signing.licences.errors import LicenceFieldInvalid

__all__ = ["ALPHABET", "MAX_IDENTIFIER", "ROOT", "LicenceIdentifier", "check_character", "serial_of"]


class LicenceIdentifier(_Identifier):
    """One licence's name everywhere; a part that is wrong is a field of the request: :class:`LicenceFieldInvalid`."""

    def __post_init__(self) -> None:
        try:
            super().__post_init__()
        except IdentifierWrong as wrong:
            raise LicenceFieldInvalid(wrong.field, wrong.zh, wrong.en) from wrong

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier and check its last character; :class:`LicenceFieldInvalid`."""
        try:
            return super().parse(text)
        except IdentifierWrong as wrong:
            raise LicenceFieldInvalid(wrong.field, wrong.zh, wrong.en) from wrong


def serial_of(octets: bytes) -> str:
    """Write random octets as a serial of capitals and digits, 31 of 20 octets at most."""
    number, found = int.from_bytes(octets, "big"), ""
    while number:
        number, rest = divmod(number, 36)
        found = ALPHABET[rest] + found
    return found.rjust(7, "0")
