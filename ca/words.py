"""Closed lists of values, each with the words by which people know it: the value is stored and sent, the words are read."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A value with ``zh``, its word of practice: ``DRAFT = "draft", "草稿"``."""

    _value_: str
    zh: str

    def __new__(cls, value: str, zh: str = "") -> Self:
        """Make a member; ``TypeError`` for one without its word."""
        if not zh:
            raise TypeError(f"{cls.__name__}: {value!r} has no word")
        made = str.__new__(cls, value)
        made._value_, made.zh = value, zh
        return made


class Words(Word):
    """A value with its words in both languages: ``FAILED = "failed", "无效", "invalid"``."""

    en: str

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Make a member; ``TypeError`` for one without its words."""
        if not (zh and en):
            raise TypeError(f"{cls.__name__}: {value!r} lacks a word")
        made = str.__new__(cls, value)
        made._value_, made.zh, made.en = value, zh, en
        return made
