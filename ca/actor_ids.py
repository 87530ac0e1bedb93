"""Ids of people and applications as somebody enters them: nothing unseen in them makes one person two.

What is stored is read as it is; this is asked where an id comes in: an account, ``--as``, a keeper, a witness, a custodian.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from typing import Final

from ca.errors import ActorIdInvalid

SIGNS: Final = frozenset(".-_@")
_UNSEEN: Final = frozenset(
    chain(
        range(0x034F, 0x0350),
        range(0x115F, 0x1161),
        range(0x17B4, 0x17B6),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)
"""Letters and marks that nobody sees (Unicode Default_Ignorable_Code_Point): joiners, fillers, variation selectors."""


def entered_id(text: str) -> str:
    """Return an id, written ``person:li.wei`` or ``app:oa``, as it was entered; :class:`ca.errors.ActorIdInvalid`.

    After NFKC what stands behind the kind consists of letters of any script with their marks, digits and ``. - _ @``.
    """
    kind, colon, rest = unicodedata.normalize("NFKC", text).partition(":")
    if not (colon and rest and kind.isascii() and kind.isalpha()):
        raise ActorIdInvalid(text)
    for character in rest:
        if not _is_allowed(character):
            raise ActorIdInvalid(text, character)
    return text


def seen(text: str) -> str:
    """Return a text without what nobody sees: control and format characters, fillers, selectors."""
    return "".join(one for one in text if unicodedata.category(one)[0] != "C" and ord(one) not in _UNSEEN)


def _is_allowed(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in SIGNS or (ord(character) not in _UNSEEN and (kind[0] in "LM" or kind == "Nd"))
