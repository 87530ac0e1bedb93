"""The identifier of an electronic licence (GB/T 36904-2018): root, type, issuer, serial, version and a check character. Pure.

``1.2.156.3005.2.TYPE.ISSUER.SERIAL.VERSION.CHECK``. The check character is ISO 7064 hybrid MOD 37,36 over type, issuer,
serial and version, without the root and without the dots.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

ROOT: Final = "1.2.156.3005.2"
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_IDENTIFIER: Final = 100
"""Longest identifier read: the serial seen longest, of 32 characters, makes 97."""

_TYPE: Final = re.compile(r"[0-9A-Z]{21}")
_ISSUER: Final = re.compile(r"[0-9A-Z]{18}|[0-9]{6}")
_SERIAL: Final = re.compile(r"[0-9A-Z]{7,32}")
_VERSION: Final = re.compile(r"[0-9]{3}")


class IdentifierWrong(ValueError):
    """A part has a form that cannot be right; ``field`` names it, ``zh`` and ``en`` say what it should be."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(field)
        self.field = field
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class LicenceIdentifier:
    """One licence's name everywhere.

    ``type_code`` is the defining authority's USCC and three characters, ``issuer`` the granting authority's USCC (a division
    of six digits occurs too), ``serial`` its own, ``version`` counts from 1. :class:`IdentifierWrong` names the part that is wrong.
    """

    type_code: str
    issuer: str
    serial: str
    version: int = 1

    def __post_init__(self) -> None:
        _demand("type_code", _TYPE, self.type_code, "21 位大写字母或数字", "21 capitals or digits")
        _demand("issuer", _ISSUER, self.issuer, "18 位统一社会信用代码", "18 characters of a USCC")
        _demand("serial", _SERIAL, self.serial, "7 至 32 位大写字母或数字", "7 to 32 capitals or digits")
        if not 1 <= self.version <= 999:
            raise IdentifierWrong("version", "1 至 999", "1 to 999")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier and check its last character; :class:`IdentifierWrong`."""
        wrong = IdentifierWrong(
            "identifier",
            f"{ROOT}.类型.颁发机构.流水号.版本.校验位，校验位须相符",
            f"{ROOT}.TYPE.ISSUER.SERIAL.VERSION.CHECK with a check character that agrees",
        )
        parts = text[: MAX_IDENTIFIER + 1].removeprefix(f"{ROOT}.").split(".")
        if not text.startswith(f"{ROOT}.") or len(parts) != 5 or not _VERSION.fullmatch(parts[3]):
            raise wrong
        found = cls(parts[0], parts[1], parts[2], int(parts[3]))
        if found.check != parts[4]:
            raise wrong
        return found

    @property
    def check(self) -> str:
        """The check character."""
        return check_character(f"{self.type_code}{self.issuer}{self.serial}{self.version:03}")

    def __str__(self) -> str:
        return f"{ROOT}.{self.type_code}.{self.issuer}.{self.serial}.{self.version:03}.{self.check}"


def check_character(text: str) -> str:
    """Compute ISO 7064 hybrid MOD 37,36; ``ValueError`` for a character outside 0-9A-Z."""
    product = 36
    for character in text:
        total = (product + ALPHABET.index(character)) % 36 or 36
        product = 2 * total % 37
    return ALPHABET[(37 - product) % 36]


def _demand(field: str, form: re.Pattern[str], text: str, zh: str, en: str) -> None:
    if form.fullmatch(text) is None:
        raise IdentifierWrong(field, zh, en)
