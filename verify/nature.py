"""What a document is, in one word: sealed, signed, or only stamped with a time. A picture of a seal is none of these.

Whoever signs may draw a seal beside the signature; only a seal statement that was verified, or a seal signature, makes it one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ca.words import Word
from verify.sentence import Reason


class Nature(Word):
    """The word for what the valid signatures of a document amount to."""

    SEALED = "sealed", "已盖章"
    SIGNED = "signed", "非盖章（仅有数字签名）"
    STAMPED = "time-stamped", "非盖章（仅有时间戳）"
    NOTHING = "unsealed", "不能认定为已盖章"


_OF_KIND: Final = (("seal", Nature.SEALED), ("signature", Nature.SIGNED), ("timestamp", Nature.STAMPED))

NO_SEAL: Final = Reason(
    "这是数字签名，不是电子印章；页面上即使画有印章图案，也不能据此认定已经盖章。需要印章的，请要求以电子印章重新签章。",
    "This is a digital signature and no electronic seal; a picture of a seal on the page proves nothing. "
    "Where a seal is asked for, have the document sealed.",
)
"""Stands beside every signature that shows on a page without being a seal."""


def nature(valid: Iterable[str]) -> Nature:
    """Return the word for the kinds (seal, signature, timestamp) of a document's valid signatures."""
    found = set(valid)
    return next((word for kind, word in _OF_KIND if kind in found), Nature.NOTHING)
