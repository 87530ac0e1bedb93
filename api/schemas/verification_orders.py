"""Verification orders: how far they are, what each document came to; and the messages about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from signing.verification_orders.order import OrderFile, OrderProgress
from signing.webhooks.store import Delivery

_ORDER: Final[dict[str, Any]] = {
    "id": "0f3c5b1d9a6e4f7281c3d5e7f9012345",
    "title": "三季度申报材料",
    "state": "running",
    "state_zh": "核验中",
    "at": None,
    "department": "taxation",
    "act": "filing",
    "callback": "https://oa.example.cn/yinxin",
    "per_document": False,
    "total": 10000,
    "done": 4210,
    "good": 4190,
    "failed": 20,
    "left": 5790,
    "cancelled": 0,
    "verdicts": {"passed": 4200, "failed": 6, "indeterminate": 4},
    "rate": 96.4,
    "left_seconds": 60,
    "created_at": "2026-01-01T00:00:00Z",
    "started_at": "2026-01-01T00:00:01Z",
    "ended_at": None,
    "expires_at": None,
}
_FILE: Final[dict[str, Any]] = {
    "number": 1,
    "name": "合同.pdf",
    "mark": "oa-1",
    "size": 31337,
    "state": "done",
    "settled_at": "2026-01-01T00:00:02Z",
    "finding": {"verdict": "passed", "verdict_zh": "有效", "reason_zh": "…", "reason": "…", "signatures": []},
}
_DELIVERY: Final[dict[str, Any]] = {
    "id": "9a6e4f7281c3d5e7f90123450f3c5b1d",
    "type": "verification-order.finished",
    "order": _ORDER["id"],
    "url": "https://oa.example.cn/yinxin",
    "state": "dead",
    "state_zh": "已放弃",
    "attempts": 9,
    "next_at": None,
    "created_at": "2026-01-01T00:00:00Z",
    "settled_at": "2026-01-03T00:00:00Z",
    "status": 500,
    "why_zh": "通知未送达：对方答复 HTTP 500。",
    "why_en": "The notification was not delivered: the answer was HTTP 500.",
}


class OrderModel(BaseModel):
    """An order and how far it is; ``good``: valid, not voided and, where a department was asked, accepted by it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ORDER]})

    id: str
    title: str
    state: str = Field(description="gathering, running, finished or cancelled")
    state_zh: str
    at: datetime | None
    department: str
    act: str
    callback: str
    per_document: bool
    total: int
    done: int
    good: int
    failed: int
    left: int
    cancelled: int
    verdicts: dict[str, int] = Field(description="Documents by verdict")
    rate: float = Field(description="Documents a second of late")
    left_seconds: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None = Field(description="When the results are removed")

    @classmethod
    def of(cls, progress: OrderProgress) -> Self:
        """Describe an order."""
        found = progress.order
        asked = found.request
        return cls(
            id=found.id,
            title=asked.title,
            state=found.state.value,
            state_zh=found.state.zh,
            at=asked.at,
            department=asked.department,
            act=asked.act,
            callback=asked.callback,
            per_document=asked.per_document,
            total=found.total,
            done=progress.done,
            good=progress.good,
            failed=progress.failed,
            left=progress.left,
            cancelled=progress.cancelled,
            verdicts=progress.verdicts,
            rate=progress.rate,
            left_seconds=progress.left_seconds,
            created_at=found.created_at,
            started_at=found.started_at,
            ended_at=found.ended_at,
            expires_at=found.expires_at,
        )


class OrderListModel(BaseModel):
    """The caller's newest orders."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ORDER]}]})

    items: list[OrderModel]


class OrderCountModel(BaseModel):
    """How many documents an order has now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"total": 3}]})

    total: int


class OrderFileModel(BaseModel):
    """One document, numbered from 1; ``finding`` once it is judged (see ``verification-orders.md``)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FILE]})

    number: int
    name: str
    mark: str
    size: int
    state: str
    settled_at: datetime | None
    finding: dict[str, Any] | None

    @classmethod
    def of(cls, one: OrderFile) -> Self:
        """Describe a document."""
        mark = "" if one.mark.startswith("#") else one.mark
        return cls(
            number=one.number + 1,
            name=one.name,
            mark=mark,
            size=one.size,
            state=one.state.value,
            settled_at=one.settled_at,
            finding=one.finding,
        )


class OrderFilesModel(BaseModel):
    """A page of documents; ``next`` goes into ``after`` of the next request."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_FILE], "next": 100}]})

    items: list[OrderFileModel]
    next: int | None


class DeliveryModel(BaseModel):
    """A message to a callback and what came of it; ``status`` is the last HTTP status, 0 without an answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    id: str
    type: str
    order: str
    url: str
    state: str
    state_zh: str
    attempts: int
    next_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    status: int
    why_zh: str
    why_en: str

    @classmethod
    def of(cls, one: Delivery) -> Self:
        """Describe a message."""
        return cls(
            id=one.id,
            type=one.kind,
            order=one.subject,
            url=one.url,
            state=one.state.value,
            state_zh=one.state.zh,
            attempts=one.attempts,
            next_at=one.next_at if one.settled_at is None else None,
            created_at=one.created_at,
            settled_at=one.settled_at,
            status=one.status,
            why_zh=one.why_zh,
            why_en=one.why_en,
        )


class DeliveryListModel(BaseModel):
    """The newest messages about the caller's orders."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_DELIVERY]}]})

    items: list[DeliveryModel]
