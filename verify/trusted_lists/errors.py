"""Why a trust list is not used. Each carries a Chinese and an English sentence: the reason, then what to do."""

from __future__ import annotations


class ListRefused(Exception):
    """A trust list is not used; the base of the family."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class ListUnreadable(ListRefused):
    """Its octets are no trust list, break a rule of its form, or are over a limit."""


class ListSignatureInvalid(ListRefused):
    """Its signature does not hold, is missing, or does not cover the whole list."""


class ListSignerUnknown(ListRefused):
    """Whoever signed it is not among the pinned signers, or signed another scheme's list."""


class ListExpired(ListRefused):
    """Its next update is past (I30)."""


class ListRolledBack(ListRefused):
    """Its number is lower than one seen before, or the same with other octets (I30)."""


class ListFromTheFuture(ListRefused):
    """It was issued after the time of judgement: a clock is wrong."""
