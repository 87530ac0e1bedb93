"""Why a document or a signature cannot be judged further; each becomes a verdict, none leaves the room.

Two families: :class:`Unreadable` is about the file; :class:`Finding` stops the procedure of one signature with its
indication. Both carry a Chinese and an English sentence: the reason, then the next step.
"""

from __future__ import annotations

from verify.report import Reason
from verify.verdict import Indication, SubIndication


class Unreadable(Exception):
    """The file cannot be read as a PDF; no statement about signatures is possible."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Reason(zh, en)


class Finding(Exception):
    """One step of the procedure ended the work on a signature."""

    def __init__(self, indication: Indication, sub: SubIndication, zh: str, en: str) -> None:
        super().__init__(f"{indication.value}/{sub.value}: {en}")
        self.indication = indication
        self.sub = sub
        self.reason = Reason(zh, en)


def failed(sub: SubIndication, zh: str, en: str) -> Finding:
    """Make a TOTAL-FAILED finding."""
    return Finding(Indication.TOTAL_FAILED, sub, zh, en)


def unsure(sub: SubIndication, zh: str, en: str) -> Finding:
    """Make an INDETERMINATE finding."""
    return Finding(Indication.INDETERMINATE, sub, zh, en)


def unexpected(error: Exception) -> Finding:
    """Make the finding for whatever a library raised over foreign octets; memory that ran out is nobody's finding."""
    if isinstance(error, MemoryError):
        raise error
    return unsure(
        SubIndication.GENERIC,
        "签名内容异常，核验程序无法得出结论；请向签章单位索取原件后重新核验。",
        f"The signature is malformed in a way that allows no conclusion ({type(error).__name__}); "
        "ask for the original file and verify again.",
    )
