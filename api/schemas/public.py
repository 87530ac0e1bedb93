"""Answers to anyone about seals and enterprises: public facts only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seals.lookup.answer import SealLookup
from seals.lookup.desk import PublicAnswer

_EXAMPLE: dict[str, Any] = {
    "asked": "33010600000017",
    "status": "active",
    "status_zh": "启用",
    "in_force": True,
    "since": "2026-01-01T00:00:00Z",
    "as_of": "2026-03-01T08:00:00Z",
    "issued_at": "2026-03-01T08:00:00Z",
    "next_update": "2026-03-01T08:05:00Z",
    "code": "33010600000017",
    "physical_code": "3301060000017",
    "kind": "01",
    "kind_zh": "法定名称章",
    "owner_name": "杭州测试云印科技有限公司",
    "owner_uscc": "91330106MA2CYNTX0E",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_to": "2029-01-01T00:00:00Z",
    "predecessor": None,
    "successor": None,
    "jws": "eyJhbGciOiJFUzI1NiIs…",
}


class PublicSealModel(BaseModel):
    """What anyone may know of a seal. ``jws`` says the same under the seal maker's signature: only it is proof."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    asked: str
    status: str = Field(description="A state of a seal, or 'expired', or 'unknown'")
    status_zh: str
    in_force: bool
    since: datetime | None
    as_of: datetime
    issued_at: datetime
    next_update: datetime
    code: str | None
    physical_code: str | None
    kind: str | None
    kind_zh: str | None
    owner_name: str | None
    owner_uscc: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    predecessor: str | None = Field(description="Electronic code of the seal that this one replaced")
    successor: str | None = Field(description="Electronic code of the seal that replaced this one")
    jws: str = Field(description="RFC 7515 compact, typ yinxin-seal-lookup+jws")

    @classmethod
    def of(cls, answer: PublicAnswer) -> PublicSealModel:
        """Show an answer."""
        found = answer.lookup
        return cls(
            asked=found.asked,
            status=found.status,
            status_zh=found.status_zh,
            in_force=found.in_force,
            since=found.since,
            as_of=found.as_of,
            issued_at=found.issued_at,
            next_update=found.next_update,
            code=found.code,
            physical_code=found.physical_code,
            kind=_kind(found)[0],
            kind_zh=_kind(found)[1],
            owner_name=found.owner_name,
            owner_uscc=found.owner_uscc,
            valid_from=found.valid_from,
            valid_to=found.valid_to,
            predecessor=found.predecessor,
            successor=found.successor,
            jws=answer.jws,
        )


def _kind(found: SealLookup) -> tuple[str | None, str | None]:
    return (None, None) if found.kind is None else (found.kind.code, found.kind.zh)
