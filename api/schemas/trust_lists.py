"""Requests and answers about trust lists: our own, and those of recognised installations."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from pydantic import Base64Bytes, BaseModel, Field

from api.schemas.cases import examples
from api.schemas.enrolment import ActorModel
from ca.actor import Actor
from signing.recognition.foreign import ForeignList, Piece
from signing.recognition.handover import Standing
from signing.recognition.publisher import Published
from signing.recognition.states import ForeignStatus
from verify.trusted_lists.model import ListedService

_SHA: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_URL: Final = "https://seals.example.gov.cn/trust/list.json"
_SERVICE: Final[dict[str, Any]] = {
    "kind": "ca",
    "name_zh": "杭州测试签发 CA（证书签发）",
    "name_en": "Hangzhou TEST Issuing CA (certification authority)",
    "status": "granted",
    "status_zh": "已认可",
    "since": _AT,
    "certificates": [_SHA],
    "supply": ["https://seals.example.gov.cn/pki/crl/issuing.crl"],
}
_OWN: Final[dict[str, Any]] = {
    "scheme_id": "CN:Yinxin trust list 3f79bb7b435b0532",
    "operator_zh": "杭州市测试局",
    "operator_en": "Hangzhou TEST bureau",
    "territory": "CN",
    "sequence": 3,
    "issued_at": _AT,
    "next_update": "2026-01-08T00:00:00Z",
    "fingerprint": _SHA,
    "addresses": [_URL, "https://seals.example.gov.cn/trust/list.xml"],
    "services": [_SERVICE],
}
_PIECE: Final[dict[str, Any]] = {
    "url": "https://seals.example.gov.cn/pki/crl/issuing.crl",
    "kind": "crl",
    "number": 12,
    "issued_at": _AT,
    "fetched_at": _AT,
    "trouble": "",
}
_LIST: Final[dict[str, Any]] = {
    "id": "9f2c…",
    "status": "trusted",
    "status_zh": "已信任",
    "scheme_id": "CN:Yinxin trust list 3f79bb7b435b0532",
    "operator": "杭州市测试局 / Hangzhou TEST bureau",
    "territory": "CN",
    "url": _URL,
    "fingerprint": _SHA,
    "proposed_by": {"id": "person:sun.tao", "name": "孙涛"},
    "proposed_at": _AT,
    "confirmed_by": {"id": "person:chen.jing", "name": "陈静"},
    "confirmed_at": _AT,
    "removal_by": None,
    "reason": "",
    "sequence": 3,
    "issued_at": _AT,
    "next_update": "2026-01-08T00:00:00Z",
    "fetched_at": _AT,
    "trouble": "",
    "trouble_zh": "",
    "trouble_en": "",
    "expired": False,
    "alarming": False,
    "pieces": [_PIECE],
}


class ServiceModel(BaseModel):
    """A listed service and its present state."""

    kind: str
    name_zh: str
    name_en: str
    status: str
    status_zh: str
    since: datetime
    certificates: list[str] = Field(description="SHA-256 of each certificate")
    supply: list[str]

    @classmethod
    def of(cls, found: ListedService) -> ServiceModel:
        """Tell of one service."""
        now = found.periods[0]
        return cls(
            kind=found.kind.value,
            name_zh=found.name.zh,
            name_en=found.name.en,
            status=now.status.value,
            status_zh=now.status.zh,
            since=now.since,
            certificates=[_sha256(der) for der in found.certificates],
            supply=list(found.supply),
        )


class OwnListModel(BaseModel):
    """Our own trust list; ``fingerprint`` is what another installation's people compare."""

    model_config = examples(_OWN)

    scheme_id: str
    operator_zh: str
    operator_en: str
    territory: str
    sequence: int
    issued_at: datetime
    next_update: datetime
    fingerprint: str
    addresses: list[str]
    services: list[ServiceModel]

    @classmethod
    def of(cls, found: Published) -> OwnListModel:
        """Tell of a published list."""
        content = found.content
        return cls(
            scheme_id=content.scheme_id,
            operator_zh=content.operator.zh,
            operator_en=content.operator.en,
            territory=content.territory,
            sequence=content.sequence,
            issued_at=content.issued,
            next_update=found.until,
            fingerprint=found.fingerprint,
            addresses=list(content.scheme.distribution[: 2 if found.xml else 1]),
            services=[ServiceModel.of(one) for one in content.services],
        )


class ProposeList(BaseModel):
    """A foreign list to trust: its address (of the list, or of the installation), or its octets; and its signer's fingerprint."""

    model_config = examples({"url": "https://seals.example.gov.cn", "fingerprint": _SHA})

    fingerprint: str = Field(max_length=200, description="SHA-256 of the certificate that signs the list")
    url: str = Field(default="", max_length=2000)
    octets: Base64Bytes = Field(
        default=b"", max_length=44 * 2**20, description="The list, where there is no url"
    )


class ConfirmList(BaseModel):
    """The second person's comparison of the fingerprint."""

    model_config = examples({"fingerprint": _SHA})

    fingerprint: str = Field(max_length=200)


class ListReason(BaseModel):
    """Why."""

    model_config = examples({"reason": "合作协议到期"})

    reason: str = Field(max_length=200)


class NewerList(BaseModel):
    """A newer list by file."""

    model_config = examples({"octets": "ZXlKaGJHY2lPaUpGVXpJMU5pSjk="})

    octets: Base64Bytes = Field(max_length=44 * 2**20)


class PieceModel(BaseModel):
    """Our copy of something that a list points to."""

    url: str
    kind: str
    number: int
    issued_at: datetime | None
    fetched_at: datetime | None
    trouble: str

    @classmethod
    def of(cls, found: Piece) -> PieceModel:
        """Tell of one piece."""
        return cls(
            url=found.url,
            kind=found.kind.value,
            number=found.number,
            issued_at=found.issued_at,
            fetched_at=found.attempt.fetched_at,
            trouble=found.attempt.trouble.value,
        )


class ForeignListModel(BaseModel):
    """A foreign list here: who brought it in, which number was taken last, and what is wrong with it."""

    model_config = examples(_LIST)

    id: str
    status: str
    status_zh: str
    scheme_id: str
    operator: str
    territory: str
    url: str
    fingerprint: str = Field(
        description="Empty while the list is proposed: whoever confirms gets it from the other side"
    )
    proposed_by: ActorModel
    proposed_at: datetime
    confirmed_by: ActorModel | None
    confirmed_at: datetime | None
    removal_by: ActorModel | None
    reason: str
    sequence: int
    issued_at: datetime
    next_update: datetime
    fetched_at: datetime | None
    trouble: str
    trouble_zh: str
    trouble_en: str
    expired: bool
    alarming: bool
    pieces: list[PieceModel]

    @classmethod
    def of(cls, standing: Standing) -> ForeignListModel:
        """Tell how a list stands."""
        found: ForeignList = standing.found
        trouble = found.attempt.trouble
        return cls(
            id=found.id,
            status=found.status.value,
            status_zh=found.status.zh,
            scheme_id=found.scheme_id,
            operator=found.operator,
            territory=found.territory,
            url=found.url,
            fingerprint="" if found.status is ForeignStatus.PROPOSED else found.signer_sha256,
            proposed_by=_actor(found.proposed_by),
            proposed_at=found.proposed_at,
            confirmed_by=None if found.confirmed_by is None else _actor(found.confirmed_by),
            confirmed_at=found.confirmed_at,
            removal_by=None if found.removal_by is None else _actor(found.removal_by),
            reason=found.reason,
            sequence=found.taken.sequence,
            issued_at=found.taken.issued_at,
            next_update=found.taken.next_update,
            fetched_at=found.attempt.fetched_at,
            trouble=trouble.value,
            trouble_zh=trouble.zh if trouble else "",
            trouble_en=trouble.en if trouble else "",
            expired=standing.expired,
            alarming=standing.alarming,
            pieces=[PieceModel.of(piece) for piece in standing.pieces],
        )


class ForeignListsModel(BaseModel):
    """Every foreign list that was ever proposed, the newest first."""

    model_config = examples({"items": [_LIST]})

    items: list[ForeignListModel]


def _actor(found: Actor) -> ActorModel:
    return ActorModel(id=found.id, name=found.name)


def _sha256(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
