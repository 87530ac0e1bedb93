"""The fields of an order: what is refused by name before anything is kept. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from ca.clock import TimeOutOfSpan, within_span
from signing.verification_orders.errors import OrderFieldInvalid
from signing.verification_orders.order import MAX_NAME, OrderRequest

MAX_TITLE: Final = 200
_NOT_SHOWN: Final = ("Zl", "Zp")
"""Beside everything of the class C (control, format, surrogate …): the ends of lines and paragraphs."""


def check_request(request: OrderRequest) -> None:
    """Demand a title of one line, a time that can be asked about, and a callback for what is to be told; :class:`OrderFieldInvalid`."""
    if len(request.title) > MAX_TITLE:
        raise OrderFieldInvalid("title", f"至多 {MAX_TITLE} 个字", f"at most {MAX_TITLE} characters")
    if not all(map(_is_shown, request.title)):
        raise OrderFieldInvalid(
            "title",
            "不能含有换行、控制字符等不可见的字符，请删去",
            "it has a line end, a control character or another one that nobody sees; take it out",
        )
    if request.per_document and not request.callback:
        raise OrderFieldInvalid(
            "per_document",
            "须与 callback 一起提交：没有回调地址，就没有可通知的对象",
            "it goes with callback: without an address there is nobody to be told",
        )
    if request.at is not None:
        try:
            within_span(request.at)
        except TimeOutOfSpan as outside:
            raise OrderFieldInvalid("at", outside.zh, outside.en) from outside


def kept_name(text: str) -> str:
    """Keep a name as text: its last part, without what is no character."""
    last = text.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in last)
    return kept[:MAX_NAME] or "document"


def _is_shown(mark: str) -> bool:
    kind = unicodedata.category(mark)
    return kind[0] != "C" and kind not in _NOT_SHOWN
