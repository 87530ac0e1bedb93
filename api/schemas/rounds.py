"""Requests and answers about rounds of several parties over one document."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, SecretStr, TypeAdapter

from api.errors import InputInvalid
from api.schemas.cases import examples
from api.schemas.enrolment import ActorModel
from api.schemas.moments import Moment
from signing.level import Level
from signing.parties.reminders import RoundReminder
from signing.parties.round import PartyWish, Round, RoundEntry

_SHA: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_PARTY: Final[dict[str, Any]] = {
    "uscc": "91330106MA2CYINX3E",
    "role": "甲方",
    "kind": "01",
    "where": "1:120,200",
    "group": 1,
}
_ROUND: Final[dict[str, Any]] = {
    "id": "9f2c…",
    "title": "三方合作协议",
    "name": "协议.pdf",
    "status": "running",
    "status_zh": "签署中",
    "initiator": {"id": "person:zhang.min", "name": "张敏"},
    "uscc": "91330106MA2CYINX3E",
    "version": 1,
    "deadline": "2026-01-11T00:00:00Z",
    "remind_days": [3, 1],
    "reason": "",
    "parties": [
        {**_PARTY, "number": 1, "enterprise": "杭州测试有限公司", "status": "sealed", "status_zh": "已签",
         "called": False, "at": _AT, "seal_code": "33010600000017", "reason": ""},
    ],
    "versions": [{"number": 0, "digest": f"sha256:{_SHA}", "size": 31744, "party": 0, "at": _AT}],
    "created_at": _AT,
}  # fmt: skip
_ENTRY: Final[dict[str, Any]] = {
    "number": 1,
    "act": "open",
    "act_zh": "发起签署",
    "status": "running",
    "party": 0,
    "at": _AT,
    "actor": {"id": "person:zhang.min", "name": "张敏"},
    "credential": "key:abcdefgh",
    "detail": {"title": "三方合作协议"},
    "digest": _SHA,
}
_REMINDER: Final[dict[str, Any]] = {
    "number": 1,
    "round": "9f2c…",
    "version": 1,
    "days": 3,
    "waiting": [{"party": 2, "uscc": "91330106MA2CYINX3E", "role": "乙方"}],
    "deadline": "2026-01-11T00:00:00Z",
    "at": _AT,
}


class PartyBody(BaseModel):
    """A party that is asked to seal; parties of one group seal in any order, groups one after the other."""

    model_config = examples(_PARTY)

    uscc: str = Field(max_length=18)
    role: str = Field(max_length=40, description="甲方, 乙方, …")
    kind: str = Field(default="01", max_length=2, description="Kind of seal, two digits")
    where: str = Field(default="", max_length=2000, description="Place; without one the party chooses")
    group: int = Field(default=1, ge=1, le=50)


def read_parties(text: str) -> tuple[PartyWish, ...]:
    """Read the parties of a form field: a JSON list. :class:`InputInvalid` names what is wrong."""
    try:
        found = TypeAdapter(list[PartyBody]).validate_json(text)
    except ValueError as wrong:
        raise InputInvalid(
            "签署方应为 JSON 列表，每项含 uscc、role，可含 kind、where、group。",
            "The parties are a JSON list; each has uscc and role, and may have kind, where and group.",
        ) from wrong
    return tuple(PartyWish(one.uscc, one.role, one.kind, one.where, one.group) for one in found)


def read_party(text: str) -> PartyWish:
    """Read ``USCC|ROLE[|GROUP[|KIND[|WHERE]]]``; :class:`InputInvalid` says how it is written."""
    parts = [part.strip() for part in text.split("|", 4)]
    group = parts[2] if len(parts) > 2 and parts[2] else "1"
    if len(parts) < 2 or not group.isdecimal() or not 0 < int(group) <= 50:
        raise InputInvalid(
            "签署方的格式为 统一社会信用代码|角色|顺序|印章种类|位置，例如 91330106MA2CYINX3E|甲方|1|01|1:120,200。",
            "A party is written USCC|ROLE|GROUP|KIND|WHERE, for example 91330106MA2CYINX3E|甲方|1|01|1:120,200.",
        )
    kind = parts[3] if len(parts) > 3 and parts[3] else "01"
    return PartyWish(parts[0], parts[1], kind, parts[4] if len(parts) > 4 else "", int(group))


class SealAsParty(BaseModel):
    """A party's seal. ``where`` only for a party without an agreed place; ``version`` is what was looked at."""

    model_config = examples({"seal_code": "33010600000017", "pin": "••••••", "version": 1})

    seal_code: str = Field(max_length=14)
    where: str = Field(default="", max_length=2000)
    version: int | None = Field(default=None, ge=0)
    level: Level = Level.B_LT
    pin: SecretStr | None = None
    password: SecretStr | None = None
    case: str = Field(default="", max_length=32)
    document_class: str = Field(default="", max_length=100)
    amount: int | None = Field(default=None, ge=0, le=10**15)
    certify: str = Field(default="", max_length=32, description="no-changes, form-filling, annotations")
    lock: str = Field(default="", max_length=8192, description="all, include:NAME,…, exclude:NAME,…")


class RoundReason(BaseModel):
    """Why."""

    model_config = examples({"reason": "第三条付款期限不同意"})

    reason: str = Field(max_length=500)


class Substitution(RoundReason):
    """Another enterprise in a party's place."""

    model_config = examples({"uscc": "91330106MA2CYINX3E", "reason": "由子公司承接"})

    uscc: str = Field(max_length=18)


class RoundDeadline(BaseModel):
    """A new deadline."""

    model_config = examples({"deadline": "2026-01-21T00:00:00Z"})

    deadline: Moment


class PartyModel(BaseModel):
    """A party; ``called`` tells that it is its turn."""

    number: int
    uscc: str
    enterprise: str
    role: str
    kind: str
    where: str
    group: int
    status: str
    status_zh: str
    called: bool
    at: datetime | None
    seal_code: str
    reason: str


class RoundVersionModel(BaseModel):
    """One version of the document; 0 is what everybody began with."""

    number: int
    digest: str
    size: int
    party: int
    at: datetime


class RoundModel(BaseModel):
    """A round of several parties."""

    model_config = examples(_ROUND)

    id: str
    title: str
    name: str
    status: str
    status_zh: str
    initiator: ActorModel
    uscc: str
    version: int
    deadline: datetime
    remind_days: list[int]
    reason: str
    parties: list[PartyModel]
    versions: list[RoundVersionModel]
    created_at: datetime

    @classmethod
    def of(cls, found: Round) -> RoundModel:
        """Show a round."""
        called = {one.number for one in found.called}
        return cls(
            id=found.id,
            title=found.title,
            name=found.name,
            status=found.status.value,
            status_zh=found.status.zh,
            initiator=ActorModel(id=found.initiator.id, name=found.initiator.name),
            uscc=found.uscc,
            version=found.version,
            deadline=found.deadline,
            remind_days=list(found.remind_days),
            reason=found.reason,
            parties=[
                PartyModel(
                    **{name: getattr(one, name) for name in _PARTY_MEMBERS},
                    status=one.status.value,
                    status_zh=one.status.zh,
                    called=one.number in called,
                )
                for one in found.parties
            ],
            versions=[
                RoundVersionModel(
                    number=one.number, digest=str(one.digest), size=one.size, party=one.party, at=one.at
                )
                for one in found.versions
            ],
            created_at=found.created_at,
        )


_PARTY_MEMBERS: Final = (
    "number", "uscc", "enterprise", "role", "kind", "where", "group", "at", "seal_code", "reason",
)  # fmt: skip


class RoundPageModel(BaseModel):
    """A page of rounds; ``next`` continues it."""

    model_config = examples({"items": [_ROUND], "next": None})

    items: list[RoundModel]
    next: str | None


class RoundEntryModel(BaseModel):
    """Who did what and when, with which credential."""

    number: int
    act: str
    act_zh: str
    status: str
    party: int
    at: datetime
    actor: ActorModel
    credential: str
    detail: dict[str, Any]
    digest: str


class TimelineModel(BaseModel):
    """The record of a round, a chain of digests."""

    model_config = examples({"items": [_ENTRY]})

    items: list[RoundEntryModel]

    @classmethod
    def of(cls, entries: tuple[RoundEntry, ...]) -> TimelineModel:
        """Show the record."""
        return cls(
            items=[
                RoundEntryModel(
                    number=one.number,
                    act=one.act.value,
                    act_zh=one.act.zh,
                    status=one.status.value,
                    party=one.party,
                    at=one.at,
                    actor=ActorModel(id=one.actor.id, name=one.actor.name),
                    credential=one.credential,
                    detail=json.loads(one.detail),
                    digest=one.digest,
                )
                for one in entries
            ]
        )


class RoundReminderModel(BaseModel):
    """A reminder: whose turn it is, and when the round ends."""

    number: int
    round: str
    version: int
    days: int
    waiting: list[dict[str, Any]]
    deadline: datetime
    at: datetime


class RoundRemindersModel(BaseModel):
    """Reminders in order of their numbers; the last number is the next cursor."""

    model_config = examples({"items": [_REMINDER]})

    items: list[RoundReminderModel]

    @classmethod
    def of(cls, found: tuple[RoundReminder, ...]) -> RoundRemindersModel:
        """Show reminders."""
        return cls(
            items=[
                RoundReminderModel(
                    number=one.number,
                    round=one.round_id,
                    version=one.version,
                    days=one.days,
                    waiting=list(one.waiting),
                    deadline=one.deadline,
                    at=one.at,
                )
                for one in found
            ]
        )
