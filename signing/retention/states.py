"""The life of a stored document and of a legal hold, as literal tables. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class DocumentState(StrEnum):
    """Where a stored document stands."""

    KEPT = "kept"
    DELETING = "deleting"
    """Its deletion is on record; the store may have its octets or not."""
    DELETED = "deleted"
    """The tombstone."""


class DocumentAct(StrEnum):
    """What happens to a stored document."""

    DELETE = "delete"
    DELETED = "deleted"


DOCUMENT_TRANSITIONS: Final[dict[DocumentAct, dict[DocumentState, DocumentState]]] = {
    DocumentAct.DELETE: {DocumentState.KEPT: DocumentState.DELETING},
    DocumentAct.DELETED: {DocumentState.DELETING: DocumentState.DELETED},
}


class HoldState(StrEnum):
    """Where a legal hold stands."""

    STANDING = "standing"
    ASKED = "asked"
    """One person asks that it be lifted; it stands until another confirms."""
    LIFTED = "lifted"


class HoldAct(StrEnum):
    """What happens to a legal hold."""

    ASK = "ask"
    KEEP = "keep"
    LIFT = "lift"


HOLD_TRANSITIONS: Final[dict[HoldAct, dict[HoldState, HoldState]]] = {
    HoldAct.ASK: {HoldState.STANDING: HoldState.ASKED},
    HoldAct.KEEP: {HoldState.ASKED: HoldState.STANDING},
    HoldAct.LIFT: {HoldState.ASKED: HoldState.LIFTED},
}
