"""An error that says in Chinese and English what is wrong and what to do: the root of every room's family."""

from __future__ import annotations


class SpokenError(Exception):
    """``zh`` and ``en`` are for people, ``detail`` for the log; none ever holds a secret."""

    zh = "操作未完成。"
    en = "The operation was not carried out."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)
        self.detail = detail
