"""Requests and answers about seals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ca.actor_ids import entered_id
from seals.seal import SealApplication, SealEvent, SealKind, SealPage, SealRecord

_EXAMPLE: dict[str, Any] = {
    "code": "33010600000017",
    "physical_code": "3301060000017",
    "kind": "01",
    "kind_zh": "法定名称章",
    "name": "杭州测试云印科技有限公司",
    "owner_uscc": "91330106MA2CYINX3E",
    "owner_name": "杭州测试云印科技有限公司",
    "status": "active",
    "status_zh": "启用",
    "width_mm": 40,
    "height_mm": 40,
    "keeper": "person:li.wei",
    "keepers": ["person:li.wei"],
    "applied_at": "2026-01-01T00:00:00Z",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_to": "2027-01-01T00:00:00Z",
    "certificate_serial": "0001a4…",
    "picture_sha256": "9f…",
    "predecessor": None,
    "successor": None,
    "engrave": False,
    "filed_at": "2026-01-01T00:00:00Z",
    "frozen_from": None,
    "resume_requested_by": None,
    "destroyed_at": None,
    "history": [],
}


class SealEventModel(BaseModel):
    """One act on record."""

    act: str
    status: str
    at: datetime
    actor: str
    reason: str

    @classmethod
    def of(cls, event: SealEvent) -> SealEventModel:
        """Show an event."""
        return cls(
            act=event.act.value,
            status=event.status.value,
            at=event.at,
            actor=event.actor,
            reason=event.reason,
        )


class SealModel(BaseModel):
    """A seal: physical and electronic side under one status; sizes in millimetres."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: str
    physical_code: str
    kind: str
    kind_zh: str
    name: str
    owner_uscc: str
    owner_name: str
    status: str
    status_zh: str
    width_mm: int
    height_mm: int
    keeper: str
    keepers: list[str]
    applied_at: datetime
    valid_from: datetime | None
    valid_to: datetime | None
    certificate_serial: str | None
    picture_sha256: str
    predecessor: str | None
    successor: str | None
    engrave: bool
    filed_at: datetime | None
    frozen_from: str | None
    resume_requested_by: str | None
    destroyed_at: datetime | None
    history: list[SealEventModel] = []

    @classmethod
    def of(cls, record: SealRecord, history: tuple[SealEvent, ...] = ()) -> SealModel:
        """Show a record."""
        certificate = record.electronic.certificate
        return cls(
            code=record.code,
            physical_code=record.physical.code,
            kind=record.kind.code,
            kind_zh=record.kind.zh,
            name=record.name,
            owner_uscc=record.owner.uscc,
            owner_name=record.owner.name,
            status=record.status.value,
            status_zh=record.status.zh,
            width_mm=record.physical.width_mm,
            height_mm=record.physical.height_mm,
            keeper=record.keeper,
            keepers=list(record.keepers),
            applied_at=record.applied_at,
            valid_from=record.valid_from,
            valid_to=record.valid_to,
            certificate_serial=None if certificate is None else f"{certificate.serial:x}",
            picture_sha256=record.electronic.picture_sha256,
            predecessor=record.predecessor,
            successor=record.successor,
            engrave=record.engrave,
            filed_at=record.filed_at,
            frozen_from=record.frozen_from.value if record.frozen_from else None,
            resume_requested_by=record.resume_requested_by,
            destroyed_at=record.destroyed_at,
            history=[SealEventModel.of(event) for event in history],
        )


class SealPageModel(BaseModel):
    """Some seals; ``next`` is the cursor of the following page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next": None}]})

    items: list[SealModel]
    next: str | None

    @classmethod
    def of(cls, page: SealPage) -> SealPageModel:
        """Show a page."""
        return cls(items=[SealModel.of(record) for record in page.records], next=page.next)


class ApplyForSeal(BaseModel):
    """An application for a seal, physical and electronic."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"uscc": "91330106MA2CYINX3E", "kind": "01", "keeper": "person:li.wei"}]
        }
    )

    uscc: str = Field(max_length=18)
    kind: str = Field(
        pattern="^(01|02|03|04|05|99)$", description="01 法定名称 02 财务 03 发票 04 合同 05 法人 99 其他"
    )
    keeper: str = Field(max_length=128, description="Actor id of the principal keeper")
    keepers: list[str] = Field(default=[], max_length=20)
    line: str = Field(default="", max_length=64)
    person: str = Field(default="", max_length=64)
    physical_code: str | None = Field(default=None, pattern="^[0-9]{13}$")
    valid_days: int | None = Field(default=None, ge=1, le=3660)
    template: str | None = Field(default=None, max_length=32, description="A key of /api/v1/seal-templates")
    picture_sha256: str | None = Field(
        default=None, pattern="^[0-9a-f]{64}$", description="Digest of an uploaded picture"
    )
    engrave: bool = Field(default=False, description="新刻实物 / a new physical seal is to be engraved")

    def application(self) -> SealApplication:
        """Return the same as the registry reads it."""
        return SealApplication(
            uscc=self.uscc,
            kind=SealKind.of(self.kind),
            keeper=entered_id(self.keeper),
            keepers=tuple(map(entered_id, self.keepers)),
            line=self.line,
            person=self.person,
            physical_code=self.physical_code,
            valid_days=self.valid_days,
            template=self.template,
            picture_sha256=self.picture_sha256,
            engrave=self.engrave,
        )


class ApproveSeal(BaseModel):
    """The keeper's certificate (hexadecimal serial) that is bound to the seal by its approval."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"certificate_serial": "0001a4…"}]})

    certificate_serial: str = Field(max_length=48)


class StateReason(BaseModel):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "印章遗失"}]})

    reason: str = Field(max_length=200)
