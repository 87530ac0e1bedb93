"""A printed copy and what it is printed under. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from signing.printing.code import shown


class CopyState(StrEnum):
    """A copy is counted before it is made."""

    RESERVED = "reserved"
    MADE = "made"
    FAILED = "failed"


class CopyAct(StrEnum):
    """What happens to a copy."""

    MAKE = "make"
    FAIL = "fail"


TRANSITIONS: Final[dict[CopyAct, dict[CopyState, CopyState]]] = {
    CopyAct.MAKE: {CopyState.RESERVED: CopyState.MADE},
    CopyAct.FAIL: {CopyState.RESERVED: CopyState.FAILED},
}
"""Every move there is; a copy that came to nothing gives its place in the quota back, never its number."""


class Seen(StrEnum):
    """How the seal shows on a copy."""

    TRUE = "true"
    """As it is: within the quota, for somebody entitled."""
    GREY = "grey"
    """Grey: over the quota, or for somebody who is not entitled."""


@dataclass(frozen=True, slots=True)
class PrintRule:
    """How a document may be printed: ``quota`` copies in all, ``used`` so far, ``shows_page`` lets the public see page 1."""

    document: str
    uscc: str
    title: str
    quota: int
    used: int
    printed: int
    pages: int
    shows_page: bool
    sealed_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PrintCopy:
    """One copy: its code, its number among all copies of the document, the quota as it was then, and how the seal shows."""

    code: str
    document: str
    number: int
    quota: int
    seen: Seen
    why: str
    state: CopyState
    actor: str
    actor_name: str
    uscc: str
    request_key: str
    at: datetime
    result: str = ""

    @property
    def shown_code(self) -> str:
        """The code in groups."""
        return shown(self.code)
