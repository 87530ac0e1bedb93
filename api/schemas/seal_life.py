"""Requests and answers about a seal's later life: suspension, renewal, destruction, how it stood at a past time."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from seals.destruction import Method
from seals.destruction_store import Destroyed
from seals.history import Standing

KEEPER_ID: Final = "^person:[a-z0-9._-]{1,64}$"
"""How a new keeper is named, as in an enrolment."""


class AskRenewal(BaseModel):
    """The keeper's new certificate (hexadecimal serial) and the days of validity from the confirmation on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"certificate_serial": "0001a4…", "valid_days": 1095}]}
    )

    certificate_serial: str = Field(max_length=48)
    valid_days: int | None = Field(default=None, ge=1, le=3660, description="Default: as applied for")
    reason: str = Field(default="", max_length=200)


class MayStateReason(BaseModel):
    """Why, if there is something to say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "核查完毕"}]})

    reason: str = Field(default="", max_length=200)


class AskKeeper(BaseModel):
    """Whom to list as a keeper: a further one, or the principal one in the place of the present."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"keeper": "person:zhao.lei", "principal": True, "reason": "岗位调整"}]
        }
    )

    keeper: str = Field(pattern=KEEPER_ID, description="Actor id of the new keeper")
    principal: bool = Field(
        default=False, description="交接主要保管人 / hand over: the former one stays listed"
    )
    reason: str = Field(default="", max_length=200)


class StrikeKeeper(BaseModel):
    """Whom to strike off, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"keeper": "person:zhao.lei", "reason": "已离职"}]}
    )

    keeper: str = Field(max_length=200, description="Actor id of a keeper who is listed")
    reason: str = Field(max_length=200)


class StandingModel(BaseModel):
    """How a seal stood at one moment: the state held since ``since``; the successor is named once it was in use."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "33010600000017",
                    "physical_code": "3301060000017",
                    "name": "杭州测试云印科技有限公司法定名称章",
                    "owner_name": "杭州测试云印科技有限公司",
                    "at": "2026-02-20T00:00:00Z",
                    "status": "frozen",
                    "status_zh": "挂失",
                    "since": "2026-02-19T08:00:00Z",
                    "expired": False,
                    "valid_from": "2026-01-01T00:00:00Z",
                    "valid_to": "2029-01-01T00:00:00Z",
                    "predecessor": None,
                    "successor": None,
                }
            ]
        }
    )

    code: str
    physical_code: str
    name: str
    owner_name: str
    at: datetime
    status: str
    status_zh: str
    since: datetime
    expired: bool
    valid_from: datetime | None
    valid_to: datetime | None
    predecessor: str | None
    successor: str | None

    @classmethod
    def of(cls, found: Standing) -> StandingModel:
        """Show how a seal stood."""
        return cls(
            code=found.code,
            physical_code=found.physical_code,
            name=found.name,
            owner_name=found.owner_name,
            at=found.at,
            status=found.status.value,
            status_zh=found.status.zh,
            since=found.since,
            expired=found.expired,
            valid_from=found.valid_from,
            valid_to=found.valid_to,
            predecessor=found.predecessor,
            successor=found.successor,
        )


class DestructionModel(BaseModel):
    """The destruction of a physical seal; the picture is fetched apart."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "destroyed_at": "2026-03-01T02:00:00Z",
                    "destroyed_by": "person:li.wei",
                    "witness": "person:zhang.min",
                    "method": "crushed",
                    "method_zh": "粉碎",
                    "picture_sha256": "9f…",
                    "picture_type": "image/jpeg",
                }
            ]
        }
    )

    destroyed_at: datetime
    destroyed_by: str
    witness: str
    method: str
    method_zh: str
    picture_sha256: str
    picture_type: str

    @classmethod
    def of(cls, found: Destroyed) -> DestructionModel:
        """Show a destruction."""
        return cls(
            destroyed_at=found.at,
            destroyed_by=found.by,
            witness=found.witness,
            method=found.method,
            method_zh=Method.of(found.method).zh,
            picture_sha256=found.picture_sha256,
            picture_type=found.picture_type,
        )
