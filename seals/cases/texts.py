"""The form of what people write into a case. Pure; each refusal names the member and says what it should be."""

from __future__ import annotations

import unicodedata
from typing import Final

from seals.cases.errors import CaseFieldInvalid

MAX_REASON: Final = 500
"""Characters of a reason or remark: a few sentences."""
MAX_WORD: Final = 100
"""Characters of a class of documents or a department."""
MAX_TITLE: Final = 200
MAX_KEY: Final = 160
"""Characters of a request key: an idempotency key has 128; the owner's code before it still fits the column."""


def check_reason(text: str, field: str = "reason") -> str:
    """Return a reason or remark, trimmed: at most 500 characters, no control characters but line ends and tabs."""
    wrong = len(text) > MAX_REASON or any(
        unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in text
    )
    if wrong:
        raise CaseFieldInvalid(
            field, f"应为至多 {MAX_REASON} 个字符的文字", f"it has at most {MAX_REASON} characters"
        )
    return text.strip()


def check_word(field: str, text: str, *, needed: bool = False, most: int = MAX_WORD) -> str:
    """Return a short printable text."""
    if len(text) > most or not text.isprintable() or (needed and not text.strip()):
        least = 1 if needed else 0
        raise CaseFieldInvalid(
            field, f"应为 {least} 至 {most} 个可见字符", f"it has {least} to {most} printable characters"
        )
    return text.strip()


def check_key(text: str) -> str:
    """Return a request key: 1 to 160 printable characters."""
    return check_word("request_key", text, needed=True, most=MAX_KEY)


def own_key(owner: str, text: str) -> str:
    """Return a request key among those for one owner's seals: enterprises choose theirs without knowing of each other."""
    return f"{owner}:{text}"
