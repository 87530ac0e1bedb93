"""Requests and answers about smart stamps."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from seals.devices.board import StampView
from seals.devices.stamp import OrderRecord, Registration, Stamp
from seals.devices.wire import Fence, Position

_FENCE: Final[dict[str, Any]] = {"latitude": 30_274_000, "longitude": 120_155_000, "radius_m": 300}
_STAMP: Final[dict[str, Any]] = {
    "serial": "YXS-0001",
    "model": "印控一号",
    "uscc": "11330105002500287C",
    "status": "in_service",
    "status_zh": "在用",
    "seal": "33010600000017",
    "chip": "",
    "wanted_seal": "",
    "asked_by": "",
    "operators": ["person:li.wei"],
    "fence": _FENCE,
    "offline_cap": 5,
    "battery": 88,
    "firmware": "1.0",
    "events": 42,
    "press_open": False,
    "locked": False,
    "seen_at": "2026-01-01T08:00:00Z",
    "online": True,
    "open_alarms": 0,
    "pictures_late": 0,
    "tasks": [
        {
            "id": "0f" * 16,
            "kind": "use",
            "case": "c1",
            "title": "采购合同",
            "count": 3,
            "left": 2,
            "expires_at": "2026-01-08T08:00:00Z",
        }
    ],
}


class FenceModel(BaseModel):
    """A circle: its middle in millionths of a degree (WGS 84), its radius in metres."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FENCE]})

    latitude: int
    longitude: int
    radius_m: int

    def fence(self) -> Fence:
        """Return the same as the register reads it."""
        return Fence(Position(self.latitude, self.longitude), self.radius_m)

    @classmethod
    def of(cls, fence: Fence | None) -> FenceModel | None:
        """Show a fence."""
        if fence is None:
            return None
        return cls(latitude=fence.middle.latitude, longitude=fence.middle.longitude, radius_m=fence.radius_m)


class RegisterStamp(BaseModel):
    """A stamp to register: its chip's certificate is issued already and names its serial number."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "serial": "YXS-0001",
                    "model": "印控一号",
                    "uscc": "11330105002500287C",
                    "certificate_serial": "1234abcd",
                    "operators": ["person:li.wei"],
                    "offline_cap": 5,
                }
            ]
        }
    )

    serial: str = Field(max_length=32)
    model: str = Field(max_length=64)
    uscc: str = Field(max_length=18)
    certificate_serial: str = Field(max_length=40, pattern="^[0-9a-fA-F]+$")
    operators: list[str] = Field(default=[], max_length=50)
    fence: FenceModel | None = None
    offline_cap: int = 0

    def registration(self) -> Registration:
        """Return the same as the register reads it."""
        return Registration(
            self.serial,
            self.model,
            self.uscc,
            int(self.certificate_serial, 16),
            tuple(self.operators),
            None if self.fence is None else self.fence.fence(),
            self.offline_cap,
        )


class StampRules(BaseModel):
    """Who is enrolled, where it may be used, how often offline."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"operators": ["person:li.wei"], "fence": _FENCE, "offline_cap": 5}]}
    )

    operators: list[str] = Field(max_length=50)
    fence: FenceModel | None = None
    offline_cap: int = 0


class Mount(BaseModel):
    """The seal to mount, by either code."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seal": "33010600000017"}]})

    seal: str = Field(max_length=14)


class StampReason(BaseModel):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "外壳破损，送修"}]})

    reason: str = Field(min_length=1, max_length=200)


class TaskModel(BaseModel):
    """An order or grant that a stamp may still carry out, with what its chain leaves of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STAMP["tasks"][0]]})

    id: str
    kind: str
    case: str
    title: str
    count: int
    left: int
    expires_at: datetime | None

    @classmethod
    def of(cls, order: OrderRecord) -> TaskModel:
        """Show a task."""
        return cls(
            id=order.id,
            kind=order.kind.value,
            case=order.case,
            title=order.title,
            count=order.count,
            left=order.left,
            expires_at=order.expires_at,
        )


class StampModel(BaseModel):
    """A stamp as the board shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STAMP]})

    serial: str
    model: str
    uscc: str
    status: str
    status_zh: str
    seal: str
    chip: str
    wanted_seal: str
    asked_by: str
    operators: list[str]
    fence: FenceModel | None
    offline_cap: int
    battery: int
    firmware: str
    events: int
    press_open: bool
    locked: bool
    seen_at: datetime | None
    online: bool
    open_alarms: int
    pictures_late: int
    tasks: list[TaskModel]

    @classmethod
    def of(cls, view: StampView) -> StampModel:
        """Show a stamp."""
        stamp = view.stamp
        return cls(
            **_facts(stamp),
            online=view.online,
            open_alarms=view.open_alarms,
            pictures_late=view.pictures_late,
            tasks=[TaskModel.of(order) for order in view.tasks],
        )


def _facts(stamp: Stamp) -> dict[str, Any]:
    return {
        "serial": stamp.serial,
        "model": stamp.model,
        "uscc": stamp.uscc,
        "status": stamp.status.value,
        "status_zh": stamp.status.zh,
        "seal": stamp.seal,
        "chip": stamp.chip,
        "wanted_seal": stamp.wanted_seal,
        "asked_by": stamp.asked_by,
        "operators": list(stamp.operators),
        "fence": FenceModel.of(stamp.fence),
        "offline_cap": stamp.offline_cap,
        "battery": stamp.battery,
        "firmware": stamp.firmware,
        "events": stamp.number,
        "press_open": stamp.pressed is not None,
        "locked": stamp.locked,
        "seen_at": stamp.seen_at,
    }


class StampPageModel(BaseModel):
    """A page of stamps; ``next`` is the cursor of the page after."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_STAMP], "next": None}]})

    items: list[StampModel]
    next: str | None
