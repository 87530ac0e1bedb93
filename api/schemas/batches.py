"""Batches: what is asked for, how far it is, what became of each document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from signing.batch import report
from signing.batch.batch import BatchDocument, BatchForm, BatchProgress, BatchRequest
from signing.level import Level

_BATCH: dict[str, Any] = {
    "id": "0f3c…",
    "title": "年度通知",
    "form": "each",
    "state": "running",
    "state_zh": "用印中",
    "seal_code": "33010600000017",
    "placement": "1:120,200",
    "level": "B-LT",
    "case": "5b1d…",
    "attended": True,
    "total": 10000,
    "done": 4210,
    "failed": 3,
    "left": 5787,
    "cancelled": 0,
    "rate": 96.4,
    "left_seconds": 60,
    "workers": 2,
    "root": "sha256:9f…",
    "created_at": "2026-01-01T00:00:00Z",
    "started_at": "2026-01-01T00:00:10Z",
    "ended_at": None,
    "fault_zh": "",
    "fault_en": "",
}


class AskBatch(BaseModel):
    """An order over many documents, which are handed in afterwards."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "年度通知", "seal_code": "33010600000017", "placement": "1:120,200"}]
        },
    )

    title: str = Field(max_length=200)
    seal_code: str = Field(max_length=14)
    placement: str = Field(default="", max_length=2000, description="Where; each document may say its own")
    level: Level = Level.B_LT
    form: BatchForm = Field(default=BatchForm.EACH, description="each, or one signature with proofs (tree)")
    reason: str = Field(default="", max_length=500)
    location: str = Field(default="", max_length=100)
    document_class: str = Field(default="", max_length=100)
    amount: int | None = Field(default=None, ge=0, le=10**15, description="Yuan, the largest")

    def request(self, key: str) -> BatchRequest:
        """Return what the desk is asked for."""
        return BatchRequest(
            self.title,
            self.seal_code,
            self.placement,
            self.level,
            self.form,
            self.reason,
            self.location,
            self.document_class,
            self.amount,
            key,
        )


class BatchModel(BaseModel):
    """A batch and how far it is; ``rate`` in documents a second, ``left_seconds`` while it can be told."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BATCH]})

    id: str
    title: str
    form: str
    state: str
    state_zh: str
    seal_code: str
    placement: str
    level: str
    case: str
    attended: bool
    total: int
    done: int
    failed: int
    left: int
    cancelled: int
    rate: float
    left_seconds: int | None
    workers: int
    root: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    fault_zh: str
    fault_en: str

    @classmethod
    def of(cls, progress: BatchProgress) -> Self:
        """Describe a batch."""
        found = progress.batch
        return cls(
            id=found.id,
            title=found.request.title,
            form=found.request.form.value,
            state=found.state.value,
            state_zh=found.state.zh,
            seal_code=found.request.seal_code,
            placement=found.request.placement,
            level=found.request.level.value,
            case=found.case_id,
            attended=found.attended,
            total=found.total,
            done=progress.done,
            failed=progress.failed,
            left=progress.left,
            cancelled=progress.cancelled,
            rate=progress.rate,
            left_seconds=progress.left_seconds,
            workers=progress.workers,
            root="" if found.root is None else str(found.root),
            created_at=found.created_at,
            started_at=found.started_at,
            ended_at=found.ended_at,
            fault_zh=found.fault.zh,
            fault_en=found.fault.en,
        )


class BatchListModel(BaseModel):
    """The newest batches."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_BATCH]}]})

    items: list[BatchModel]


class BatchDocumentModel(BaseModel):
    """One document of a batch; ``number`` counts from 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 1,
                    "name": "a.pdf",
                    "document": "sha256:9f…",
                    "state": "done",
                    "result": "sha256:3c…",
                }
            ]
        }
    )

    number: int
    name: str
    mark: str = ""
    document: str
    state: str
    result: str
    size: int = 0
    sealing: str = ""
    settled_at: str = ""
    fault: str = ""
    fault_zh: str = ""
    fault_en: str = ""

    @classmethod
    def of(cls, one: BatchDocument) -> Self:
        """Describe a document."""
        return cls(**report.line(one))


class BatchDocumentsModel(BaseModel):
    """Some documents; ``next`` is the number to continue after."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [], "next": None}]})

    items: list[BatchDocumentModel]
    next: int | None


class BatchCountModel(BaseModel):
    """How many documents there are now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"total": 12}]})

    total: int


class BatchRetry(BaseModel):
    """Which failed documents to try again (numbers from 1; none: all), and the PIN where the key asks for one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"numbers": [3, 7]}]})

    numbers: list[int] | None = Field(default=None, max_length=10_000)
    pin: SecretStr | None = Field(default=None, min_length=4, max_length=64)


class BatchStart(BaseModel):
    """The PIN of the key's holder, where the key asks for one; it is held in memory while the batch runs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    pin: SecretStr | None = Field(default=None, min_length=4, max_length=64)
