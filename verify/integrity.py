"""What is reported about a document's integrity since a signature: every change, where it is, whether it was permitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed after signing: where, and what."""

    what_zh: str
    what_en: str
    page: int | None = None
    object: str = ""
    field: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the change."""
        return {
            "page": self.page,
            "object": self.object,
            "field": self.field,
            "what": self.what_en,
            "what_zh": self.what_zh,
        }


@dataclass(frozen=True, slots=True)
class Integrity:
    """Whether the document is as it was signed. ``additions`` are permitted later revisions, ``where`` are not.

    ``doubts`` are permitted too, by the letter of a certification, and may all the same hide what was signed.
    ``certification`` says what the document's certification leaves open: no-changes, form-filling, annotations, or nothing.
    """

    covers_whole_document: bool
    modified: bool | None
    where: tuple[Change, ...] = ()
    additions: tuple[Change, ...] = ()
    doubts: tuple[Change, ...] = ()
    certification: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the integrity finding; ``modified`` null means that nothing can be said."""
        return {
            "covers_whole_document": self.covers_whole_document,
            "modified": self.modified,
            "where": [change.to_json() for change in self.where],
            "additions": [change.to_json() for change in self.additions],
            "doubts": [change.to_json() for change in self.doubts],
            "certification": self.certification,
        }


NOTHING_JUDGED = Integrity(covers_whole_document=False, modified=None)
