"""Requests and answers about voidings of sealed documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from api.schemas.cases import examples
from api.schemas.enrolment import ActorModel
from signing.voiding.voiding import Voiding

_SHA: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_ASK: Final[dict[str, Any]] = {"document": _SHA, "reason": "合同价款有误，双方另行签订"}
_VOIDING: Final[dict[str, Any]] = {
    **_ASK,
    "id": "9f2c…",
    "title": "合同.pdf",
    "status": "asked",
    "status_zh": "待同意",
    "asked_uscc": "91330106MA2CYINX3E",
    "asked_by": {"id": "person:zhang.min", "name": "张敏"},
    "asked_at": _AT,
    "people_needed": 2,
    "sealers": [
        {"uscc": "91330106MA2CYINX3E", "enterprise": "杭州测试有限公司", "agreed": 1, "waiting": True}
    ],
    "settled_at": None,
    "why": "",
    "documents": [],
    "signed": False,
}


class AskVoiding(BaseModel):
    """A request to void a sealed document, named by its digest; the reason is shown to everybody who verifies it."""

    model_config = examples(_ASK)

    document: str = Field(max_length=160, description="SHA-256 of the sealed file in hexadecimal")
    reason: str = Field(max_length=200)
    title: str = Field(default="", max_length=200)


class VoidReason(BaseModel):
    """Why."""

    model_config = examples({"reason": "合同仍在履行"})

    reason: str = Field(max_length=200)


class VoidSealerModel(BaseModel):
    """An enterprise whose seal is in the document; ``agreed`` of its people did."""

    uscc: str
    enterprise: str
    agreed: int
    waiting: bool


class VoidingModel(BaseModel):
    """A voiding; ``documents`` are the digests that it voided, ``signed`` tells that its record is there."""

    model_config = examples(_VOIDING)

    id: str
    document: str
    title: str
    reason: str
    status: str
    status_zh: str
    asked_uscc: str
    asked_by: ActorModel
    asked_at: datetime
    people_needed: int
    sealers: list[VoidSealerModel]
    settled_at: datetime | None
    why: str
    documents: list[str]
    signed: bool

    @classmethod
    def of(cls, found: Voiding) -> VoidingModel:
        """Show a voiding."""
        waiting = {one.uscc for one in found.waiting}
        return cls(
            id=found.id,
            document=found.document,
            title=found.title,
            reason=found.reason,
            status=found.status.value,
            status_zh=found.status.zh,
            asked_uscc=found.asked_uscc,
            asked_by=ActorModel(id=found.asked_by.id, name=found.asked_by.name),
            asked_at=found.asked_at,
            people_needed=found.rule.people,
            sealers=[
                VoidSealerModel(
                    uscc=one.uscc,
                    enterprise=one.enterprise,
                    agreed=found.people(one.uscc),
                    waiting=one.uscc in waiting,
                )
                for one in found.sealers
            ],
            settled_at=found.settled_at,
            why=found.why,
            documents=list(found.documents),
            signed=bool(found.record),
        )


class VoidingPageModel(BaseModel):
    """A page of voidings; ``next`` continues it."""

    model_config = examples({"items": [_VOIDING], "next": None})

    items: list[VoidingModel]
    next: str | None
