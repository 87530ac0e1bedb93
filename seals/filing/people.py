"""Persons at the counter: who may receive a seal. The number of a document is checked, compared and forgotten.

What stays is the name, the kind of document, its last digits, and a salted slow hash by which the same number can be
recognised later. Pure but for the salt.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from seals.filing.errors import FilingFieldInvalid
from seals.filing.job import Document, KnownPerson

MAX_NAME: Final = 64
"""Longest name of a person, in characters: that of certificates (RFC 5280, ub-common-name)."""
SHOWN: Final = 4
"""Last digits that are kept in clear, as counters print them on receipts."""
_COST: Final = (14, 8, 1)
"""scrypt N = 2^14, r = 8, p = 1 (RFC 7914 §2): 16 MiB and some 50 ms a guess, for numbers that could be tried through."""
_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")
_OTHER: Final = re.compile(r"[0-9A-Z-]{5,32}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person shows: name, kind of document, its number. The number prints nowhere."""

    name: str
    document: Document
    number: str

    def __repr__(self) -> str:
        return f"Identity({self.document}, number='****')"


def checked(identity: Identity) -> Identity:
    """Return the identity in its one form; :class:`FilingFieldInvalid` names the field that is wrong."""
    name = unicodedata.normalize("NFKC", identity.name).strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise FilingFieldInvalid(
            "name", f"姓名应为 1 至 {MAX_NAME} 个字符", f"a name of 1 to {MAX_NAME} characters"
        )
    number = unicodedata.normalize("NFKC", identity.number).strip().upper()
    form = _RESIDENT if identity.document is Document.RESIDENT_ID else _OTHER
    if form.fullmatch(number) is None:
        raise FilingFieldInvalid(
            "number",
            "证件号码格式不正确（身份证 18 位；其他证件 5 至 32 位字母数字）",
            "not a document's number (18 characters for a resident's card, otherwise 5 to 32 letters and digits)",
        )
    if identity.document is Document.RESIDENT_ID and number[-1] != _check_character(number):
        raise FilingFieldInvalid(
            "number", "身份证号码校验位不正确", "the check character of the number is wrong"
        )
    return Identity(name, identity.document, number)


def _check_character(number: str) -> str:
    """GB 11643-1999: ISO 7064 MOD 11-2 over the first seventeen digits."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11]


def remembered(identity: Identity) -> KnownPerson:
    """Return what the record keeps of a checked identity."""
    salt = secrets.token_bytes(16)
    tail = identity.number[-SHOWN:] if len(identity.number) >= 2 * SHOWN else identity.number[-2:]
    proof = f"scrypt${salt.hex()}${_hashed(identity, salt)}"
    return KnownPerson(identity.name, identity.document, tail, proof)


def is_same(known: KnownPerson | None, shown: Identity) -> bool:
    """Tell whether a checked identity is the person on record: name, document and number."""
    if known is None:
        return False
    _, salt, kept = known.proof.split("$")
    same = hmac.compare_digest(kept, _hashed(shown, bytes.fromhex(salt)))
    return same and (known.name, known.document) == (shown.name, shown.document)


def _hashed(identity: Identity, salt: bytes) -> str:
    power, block, lanes = _COST
    octets = f"{identity.document}:{identity.number}".encode()
    return hashlib.scrypt(octets, salt=salt, n=2**power, r=block, p=lanes, dklen=32).hex()
