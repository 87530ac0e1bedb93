"""Requests and answers about ranges of chip numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ca.tokens.range_store import Fate, Usage
from ca.tokens.ranges import Grant, Method, RangeReport

_REPORT: Final[dict[str, Any]] = {
    "id": 1,
    "first": "YX00000100",
    "last": "YX00000199",
    "shop": "某某刻章店",
    "receiver": "王收",
    "method": "courier",
    "granted_at": "2026-01-01T00:00:00Z",
    "granted_by": "person:zhao.lei",
    "granted": 100,
    "consumed": 40,
    "spoilt": 1,
    "returned": 2,
    "remaining": 57,
    "reconciles": True,
    "faults": [],
}


class GrantRange(BaseModel):
    """A range to grant: both ends included, and how the chips go to whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first": "YX00000100",
                    "last": "YX00000199",
                    "shop": "某某刻章店",
                    "receiver": "王收",
                    "method": "courier",
                }
            ]
        }
    )

    first: str = Field(max_length=32)
    last: str = Field(max_length=32)
    shop: str = Field(max_length=64)
    receiver: str = Field(max_length=64)
    method: Method = Method.COURIER

    def grant(self) -> Grant:
        """Return the same as the registry reads it."""
        return Grant(self.first, self.last, self.shop, self.receiver, self.method)


class RangeReportModel(BaseModel):
    """The account of a range: granted = consumed + spoilt + returned + remaining, or ``faults`` says why not."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    id: int
    first: str
    last: str
    shop: str
    receiver: str
    method: str
    granted_at: datetime
    granted_by: str
    granted: int
    consumed: int
    spoilt: int
    returned: int
    remaining: int
    reconciles: bool
    faults: list[str]

    @classmethod
    def of(cls, report: RangeReport) -> RangeReportModel:
        """Show an account."""
        where = report.range
        return cls(
            id=where.id,
            first=where.written(where.first),
            last=where.written(where.last),
            shop=where.shop,
            receiver=where.receiver,
            method=where.method,
            granted_at=where.granted_at,
            granted_by=where.granted_by,
            granted=where.count,
            consumed=report.consumed,
            spoilt=report.spoilt,
            returned=report.returned,
            remaining=report.remaining,
            reconciles=report.reconciles,
            faults=list(report.faults),
        )


class RangeReportsModel(BaseModel):
    """The accounts of every range, or of a shop's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_REPORT]}]})

    items: list[RangeReportModel]


class UseNumber(BaseModel):
    """What became of one chip: consumed, spoilt or returned, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"fate": "spoilt", "reason": "封装破损"}]})

    fate: Fate
    reason: str = Field(default="", max_length=200)


class UsageModel(BaseModel):
    """A chip number with its fate."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "YX00000101",
                    "fate": "spoilt",
                    "token": "",
                    "reason": "封装破损",
                    "actor": "person:wang.shou",
                }
            ]
        }
    )

    number: str
    fate: str
    token: str
    reason: str
    actor: str

    @classmethod
    def of(cls, usage: Usage) -> UsageModel:
        """Show a number."""
        return cls(
            number=usage.number,
            fate=usage.fate.value,
            token=usage.token,
            reason=usage.reason,
            actor=usage.actor,
        )


class UsagesModel(BaseModel):
    """Used numbers of a range, in order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": []}]})

    items: list[UsageModel]
