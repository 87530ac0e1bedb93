"""Requests and answers about what stamps do: orders, offline allowances, uses, alarms, proofs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.stamps import FenceModel
from seals.devices.alarms import ALARMS
from seals.devices.board import ChainProof
from seals.devices.orders import Grant, UseSetting
from seals.devices.stamp import Alarm, GrantWish, UseRecord


class OrderUse(BaseModel):
    """An approved case of physical use to carry out with this stamp."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"case": "c1", "place": "三楼会议室", "operators": []}]}
    )

    case: str = Field(max_length=64)
    place: str = Field(default="", max_length=100)
    fence: FenceModel | None = None
    operators: list[str] = Field(default=[], max_length=50)
    count: int | None = Field(default=None, ge=1, le=10_000)

    def setting(self) -> UseSetting:
        """Return the same as the desk reads it."""
        fence = None if self.fence is None else self.fence.fence()
        return UseSetting(self.place, fence, tuple(self.operators), self.count)


class AskGrant(BaseModel):
    """An offline allowance: how many uses, by whom, until when, why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "count": 3,
                    "operators": ["person:li.wei"],
                    "expires_at": "2026-01-02T08:00:00Z",
                    "reason": "工地无网络",
                }
            ]
        }
    )

    count: int
    operators: list[str] = Field(max_length=50)
    expires_at: datetime
    reason: str = Field(max_length=200)

    def wish(self) -> GrantWish:
        """Return the same as the desk reads it."""
        return GrantWish(self.count, tuple(self.operators), self.expires_at, self.reason)


class GrantModel(BaseModel):
    """An offline allowance asked for, and what was decided."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "stamp": "YXS-0001",
                    "state": "asked",
                    "count": 3,
                    "operators": ["person:li.wei"],
                    "expires_at": "2026-01-02T08:00:00Z",
                    "reason": "工地无网络",
                    "asked_by": "person:zhang.san",
                    "decided_by": "",
                    "order": "",
                }
            ]
        }
    )

    id: int
    stamp: str
    state: str
    count: int
    operators: list[str]
    expires_at: datetime
    reason: str
    asked_by: str
    decided_by: str
    order: str

    @classmethod
    def of(cls, grant: Grant) -> GrantModel:
        """Show an allowance."""
        return cls(
            id=grant.id,
            stamp=grant.stamp,
            state=grant.state,
            count=grant.count,
            operators=list(grant.operators),
            expires_at=grant.expires_at,
            reason=grant.reason,
            asked_by=grant.asked_by,
            decided_by=grant.decided_by,
            order=grant.order,
        )


_USE: Final[dict[str, Any]] = {
    "stamp": "YXS-0001",
    "number": 17,
    "order": "0f" * 16,
    "case": "c1",
    "seal": "33010600000017",
    "operator": "person:li.wei",
    "status": "used",
    "pressed_at": "2026-01-01T08:00:00Z",
    "settled_at": "2026-01-01T08:00:02Z",
    "fault": "",
    "picture": "awaited",
    "picture_zh": "同步中",
    "picture_late": False,
}


class UseModel(BaseModel):
    """One press of the button: what became of it, and its picture (已同步, 同步中, 缺失)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USE]})

    stamp: str
    number: int
    order: str
    case: str
    seal: str
    operator: str
    status: str
    pressed_at: datetime
    settled_at: datetime | None
    fault: str
    picture: str
    picture_zh: str
    picture_late: bool

    @classmethod
    def of(cls, use: UseRecord, now: datetime) -> UseModel:
        """Show a use."""
        return cls(
            stamp=use.stamp,
            number=use.number,
            order=use.order,
            case=use.case,
            seal=use.seal,
            operator=use.operator,
            status=use.status.value,
            pressed_at=use.pressed_at,
            settled_at=use.settled_at,
            fault=use.fault,
            picture=use.picture.value,
            picture_zh=use.picture.zh,
            picture_late=use.picture_late(now),
        )


class UsesModel(BaseModel):
    """Uses, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_USE]}]})

    items: list[UseModel]


_ALARM: Final[dict[str, Any]] = {
    "id": 1,
    "stamp": "YXS-0001",
    "kind": "count_differs",
    "zh": "上报剩余次数与事件链不符",
    "en": "The count sent is not the chain's",
    "event": 18,
    "raised_at": "2026-01-01T08:00:03Z",
    "detail": "sent 5, by the chain 6",
    "stops": "nothing",
    "seal": "33010600000017",
    "acknowledged_by": "",
    "acknowledged_at": None,
    "note": "",
}


class AlarmModel(BaseModel):
    """An alarm: what it stops, and who looked."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ALARM]})

    id: int
    stamp: str
    kind: str
    zh: str
    en: str
    event: int
    raised_at: datetime
    detail: str
    stops: str
    seal: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    note: str

    @classmethod
    def of(cls, alarm: Alarm) -> AlarmModel:
        """Show an alarm."""
        rule = ALARMS[alarm.kind]
        return cls(
            id=alarm.id,
            stamp=alarm.stamp,
            kind=alarm.kind.value,
            zh=rule.zh,
            en=rule.en,
            event=alarm.number,
            raised_at=alarm.raised_at,
            detail=alarm.detail,
            stops=rule.stop.value,
            seal=alarm.seal,
            acknowledged_by=alarm.acknowledged_by,
            acknowledged_at=alarm.acknowledged_at,
            note=alarm.note,
        )


class AlarmsModel(BaseModel):
    """Alarms, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ALARM]}]})

    items: list[AlarmModel]


class ProofModel(BaseModel):
    """A stamp's chain folded again from its signed events; ``differences`` is empty if every count kept is right."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"serial": "YXS-0001", "events": 42, "head": "sha256:ab…", "differences": []}]
        }
    )

    serial: str
    events: int
    head: str
    differences: list[str]

    @classmethod
    def of(cls, proof: ChainProof) -> ProofModel:
        """Show a proof."""
        return cls(
            serial=proof.serial, events=proof.events, head=proof.head, differences=list(proof.differences)
        )


class AnswerModel(BaseModel):
    """The service's signed answer to a stamp (compact JWS)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "eyJhbGciOi…"}]})

    answer: str


class OrdersModel(BaseModel):
    """Signed orders (compact JWS), in their row."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"orders": ["eyJhbGciOi…"]}]})

    orders: list[str]
