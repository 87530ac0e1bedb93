"""Requests and answers about stored documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, SecretStr

from api.schemas.cases import examples
from signing.renewal.store import Renewal, RenewalProgress
from signing.retention.classes import RetentionBook
from signing.retention.desk import MAX_REASON, DocumentFile
from signing.retention.store import Hold, StoredDocument

_HEX: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_DOCUMENT: Final[dict[str, Any]] = {
    "sha256": _HEX,
    "origin": _HEX,
    "previous": "",
    "next": "",
    "number": 0,
    "sealing": "0f3c…",
    "owner_uscc": "91330106MA2CYINX3E",
    "name": "合同.pdf",
    "level": "B-LTA",
    "size": 96598,
    "stored_at": _AT,
    "retention": "y30",
    "retain_until": "2056-01-01T00:00:00Z",
    "state": "kept",
    "deleted_at": None,
    "deleted_by": "",
    "delete_reason": "",
    "fades_at": "2030-12-31T00:00:00Z",
    "fault": "",
}
_HOLD: Final[dict[str, Any]] = {
    "id": "7c1e…",
    "origin": _HEX,
    "state": "asked",
    "reason": "诉讼保全",
    "placed_by": "person:sun.ba",
    "placed_at": _AT,
    "asked_by": "person:sun.ba",
    "asked_at": _AT,
    "lift_reason": "案件已结",
    "lifted_by": "",
    "lifted_at": None,
}
_RENEWAL: Final[dict[str, Any]] = {
    "document": _HEX,
    "state": "completed",
    "attempt": 1,
    "actor": "system:yinxin",
    "begun_at": _AT,
    "settled_at": _AT,
    "result": "9f…",
    "fault": "",
}


class DocumentModel(BaseModel):
    """A stored document, or its tombstone; those it was extended from and to are linked."""

    model_config = examples(_DOCUMENT)

    sha256: str
    origin: str = Field(description="The first of its line")
    previous: str
    next: str
    number: int
    sealing: str
    owner_uscc: str
    name: str
    level: str
    size: int
    stored_at: datetime
    retention: str = Field(description="Its retention class; empty until somebody gives one")
    retain_until: datetime | None = Field(description="With a class and without this: kept for ever")
    state: str
    deleted_at: datetime | None
    deleted_by: str
    delete_reason: str
    fades_at: datetime | None = Field(
        description="When its newest archive time-stamp proves no more by itself"
    )
    fault: str = Field(description="Why it could not be extended")

    @classmethod
    def of(cls, document: StoredDocument) -> DocumentModel:
        """Describe a stored document."""
        names = set(cls.model_fields) - {"sha256", "state"}
        values = {name: getattr(document, name) for name in names}
        return cls(sha256=document.digest, state=document.state.value, **values)


class HoldModel(BaseModel):
    """A legal hold; ``origin`` of ``*`` holds every document."""

    model_config = examples(_HOLD)

    id: str
    origin: str
    state: str
    reason: str
    placed_by: str
    placed_at: datetime
    asked_by: str
    asked_at: datetime | None
    lift_reason: str
    lifted_by: str
    lifted_at: datetime | None

    @classmethod
    def of(cls, hold: Hold) -> HoldModel:
        """Describe a hold."""
        values = {name: getattr(hold, name) for name in set(cls.model_fields) - {"state"}}
        return cls(state=hold.state.value, **values)


class DocumentPageModel(BaseModel):
    """Some documents, the newest first; ``next`` is the digest to continue after."""

    model_config = examples({"items": [_DOCUMENT], "next": None})

    items: list[DocumentModel]
    next: str | None


class DocumentFileModel(BaseModel):
    """A document with everything that it was extended to, and the holds on it."""

    model_config = examples({"versions": [_DOCUMENT], "holds": [_HOLD], "held": True})

    versions: list[DocumentModel]
    holds: list[HoldModel]
    held: bool

    @classmethod
    def of(cls, file: DocumentFile) -> DocumentFileModel:
        """Describe a line of documents."""
        return cls(
            versions=[DocumentModel.of(one) for one in file.versions],
            holds=[HoldModel.of(one) for one in file.holds],
            held=file.held,
        )


class HoldPageModel(BaseModel):
    """The holds that stand."""

    model_config = examples({"items": [_HOLD]})

    items: list[HoldModel]


class RetentionClassModel(BaseModel):
    """A retention class; ``years`` of 0: for ever."""

    model_config = examples({"id": "y30", "zh": "30 年", "en": "30 years", "years": 30})

    id: str
    zh: str
    en: str
    years: int


class RetentionClassesModel(BaseModel):
    """The retention classes of this installation."""

    model_config = examples({"items": [{"id": "y30", "zh": "30 年", "en": "30 years", "years": 30}]})

    items: list[RetentionClassModel]

    @classmethod
    def of(cls, book: RetentionBook) -> RetentionClassesModel:
        """Describe the classes."""
        return cls(
            items=[
                RetentionClassModel(id=one.id, zh=one.zh, en=one.en, years=one.years) for one in book.classes
            ]
        )


class Classify(BaseModel):
    """Give a document its retention class."""

    model_config = examples({"retention": "y30"})

    retention: str = Field(max_length=64)


class ArchiveReason(BaseModel):
    """Why; it goes on record."""

    model_config = examples({"reason": "诉讼保全"})

    reason: str = Field(min_length=1, max_length=MAX_REASON)


class ExtendDocument(BaseModel):
    """Extend a document now; ``password`` opens an encrypted one."""

    model_config = examples({"password": None})

    password: SecretStr | None = None


class RenewalModel(BaseModel):
    """One extension."""

    model_config = examples(_RENEWAL)

    document: str
    state: str
    attempt: int
    actor: str
    begun_at: datetime
    settled_at: datetime | None
    result: str
    fault: str

    @classmethod
    def of(cls, found: Renewal) -> RenewalModel:
        """Describe an extension."""
        values = {name: getattr(found, name) for name in set(cls.model_fields) - {"state"}}
        return cls(state=found.state.value, **values)


class RenewalsModel(BaseModel):
    """How far the archive is, and the newest extensions.

    ``unexamined``: documents at level B-LTA that nobody has looked at yet; ``due``: those that fade within the time set;
    ``failing``: those that could not be extended.
    """

    model_config = examples(
        {"unexamined": 0, "due": 12, "failing": 0, "under_way": 1, "completed": 88, "items": [_RENEWAL]}
    )

    unexamined: int
    due: int
    failing: int
    under_way: int
    completed: int
    items: list[RenewalModel]

    @classmethod
    def of(cls, progress: RenewalProgress, newest: list[Renewal]) -> RenewalsModel:
        """Describe progress and the newest extensions."""
        return cls(
            unexamined=progress.unexamined,
            due=progress.due,
            failing=progress.failing,
            under_way=progress.under_way,
            completed=progress.completed,
            items=[RenewalModel.of(one) for one in newest],
        )
