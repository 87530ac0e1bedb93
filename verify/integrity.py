"""What is reported about a document's integrity since a signature: every change, where it is, whether it was permitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ca.words import Word


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


class RevisionKind(Word):
    """What a later revision brings, the gravest first: one word for it, whatever else stands in it."""

    MODIFICATION = "modification", "改动"
    DOUBT = "doubt", "可疑追加"
    FORM_FILLING = "form-filling", "填写表单"
    COMMENTS = "comments", "批注"
    SIGNATURE = "signature", "追加签章"
    FIELDS = "fields", "新增签名域"
    TIME_STAMP = "time-stamp", "追加文档时间戳"
    VALIDATION_DATA = "validation-data", "追加验证信息"
    PROPERTIES = "properties", "更新文档属性"
    NOTHING = "nothing", "无可见变化"


@dataclass(frozen=True, slots=True)
class LaterRevision:
    """One revision behind a signature: its octets, the one word for it, and everything that it touches."""

    number: int
    """The document's revision, from 1."""
    start: int
    end: int
    kind: RevisionKind
    touched: tuple[Change, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the revision."""
        return {
            "number": self.number,
            "start": self.start,
            "end": self.end,
            "kind": self.kind.value,
            "kind_zh": self.kind.zh,
            "touched": [change.to_json() for change in self.touched],
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
    revisions: tuple[LaterRevision, ...] = ()
    """Every later revision in its order, permitted or not."""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the integrity finding; ``modified`` null means that nothing can be said."""
        return {
            "covers_whole_document": self.covers_whole_document,
            "modified": self.modified,
            "where": [change.to_json() for change in self.where],
            "additions": [change.to_json() for change in self.additions],
            "doubts": [change.to_json() for change in self.doubts],
            "certification": self.certification,
            "revisions": [revision.to_json() for revision in self.revisions],
        }


NOTHING_JUDGED = Integrity(covers_whole_document=False, modified=None)
