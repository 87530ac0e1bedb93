"""Why a document is not plain: a named reason, never a guess. Whoever meets it takes the general way."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What about a document is not plain; the sealing's outcome names it."""

    HEADER = "header"
    """The header is not at the first octet, so offsets may count from elsewhere."""
    TAIL = "tail"
    """Something stands behind the last end mark, or there is none."""
    CROSS_REFERENCE = "cross-reference"
    """The cross-reference sections are broken, circular, or say what the file does not."""
    HYBRID = "hybrid"
    """A needed object is only in the part of a hybrid file that old readers do not see."""
    SYNTAX = "syntax"
    """An object is not written as ISO 32000-2 §7.3 has it."""
    FILTER = "filter"
    """A structural stream is compressed in a way that is not read here, or unpacks to too much."""
    LIMIT = "limit"
    """More objects, pages, fields or nesting than are read here."""
    ENCRYPTED = "encrypted"
    """The document is encrypted."""
    XFA = "xfa"
    """The document is an XFA form."""
    LOCKED = "locked"
    """The document is certified, or a signature or field lock says what may change."""
    RIGHTS = "rights"
    """The document carries usage rights (ISO 32000-2 §12.8.2.3)."""
    CATALOGUE = "catalogue"
    """The document catalogue lacks what it must have."""
    PAGES = "pages"
    """The page tree is not as it must be."""
    PAGE = "page"
    """The page itself, its resources or its contents are not as they must be."""
    FORM = "form"
    """The form or one of its fields is not as it must be."""
    FIELD = "field"
    """The empty signature field cannot be filled as it is written."""
    STORE = "store"
    """The document security store is not as it must be."""
    UNFORESEEN = "unforeseen"
    """Something that no check of ours foresaw."""
    SIGNED = "signed"
    """An earlier signature would not survive what is asked for."""


class NotPlain(Exception):
    """The document is not one that can be read, or extended, here with certainty; the general reader or writer takes it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
