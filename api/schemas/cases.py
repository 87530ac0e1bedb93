"""Requests and answers about cases of use, their approvals, signers and standing authorisations."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.schemas.enrolment import ActorModel
from ca.actor import Actor
from seals.cases.approved import Medium
from seals.cases.case import Attachment, CaseEntry, CaseRecord, UseRequest
from seals.cases.lanes import ThreeLanes, read_digest
from seals.cases.signed import Payload

MAX_JWS: Final = 32 * 1024
_DIGEST: Final = "sha256:3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_HEX: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_ASK: Final[dict[str, Any]] = {
    "seal_code": "33010600000017",
    "document": _DIGEST,
    "document_name": "采购合同.pdf",
    "title": "设备采购合同",
    "medium": "electronic",
    "copies": 1,
    "document_class": "contract",
    "amount": 1_500_000,
    "department": "采购部",
}
_RULE: Final[dict[str, Any]] = {
    "id": "contract-large",
    "version": "2026.1",
    "sha256": _HEX,
    "order": "parallel",
    "stages": [{"id": "review", "needed": 2, "scope": "case:approve", "people": [], "role": ""}],
}
_CASE: Final[dict[str, Any]] = {
    **_ASK,
    "id": "9f2c…",
    "status": "approving",
    "status_zh": "审批中",
    "version": 1,
    "content": _HEX,
    "owner_uscc": "91330106MA2CYINX3E",
    "requester": {"id": "person:zhang.min", "name": "张敏"},
    "ground": "case",
    "used": 0,
    "rule": _RULE,
    "approvals": [],
    "approvals_sha256": "",
    "created_at": _AT,
    "deadline": "2026-01-08T00:00:00Z",
    "reason": "",
    "standing": "",
}


def examples(*found: dict[str, Any]) -> ConfigDict:
    """Give a model its examples."""
    return ConfigDict(json_schema_extra={"examples": list(found)})


class AskUse(BaseModel):
    """A request to use a seal; ``document`` is its digest, its octets may be attached to the case afterwards."""

    model_config = examples(_ASK)

    seal_code: str = Field(max_length=14)
    document: str = Field(max_length=160, description="SHA-256 in hexadecimal, or algorithm:hex")
    document_name: str = Field(default="", max_length=200)
    title: str = Field(max_length=200)
    medium: Medium = Medium.ELECTRONIC
    copies: int = Field(default=1, ge=1, le=1000)
    document_class: str = Field(default="", max_length=100)
    amount: int | None = Field(default=None, ge=0, le=10**15, description="Yuan")
    department: str = Field(default="", max_length=100)

    def request(self) -> UseRequest:
        """Return what the desk takes."""
        return UseRequest(
            seal_code=self.seal_code,
            document=Attachment(read_digest(self.document), self.document_name),
            title=self.title,
            medium=self.medium,
            copies=self.copies,
            document_class=self.document_class,
            amount=self.amount,
            department=self.department,
        )


class ApproveUse(BaseModel):
    """An approval: ``jws`` signed elsewhere, or ``pin`` and ``content`` to sign with the key that the service keeps."""

    model_config = examples({"jws": "eyJ…"}, {"content": _HEX, "pin": "••••••", "comment": "同意"})

    content: str = Field(default="", max_length=64, description="The case's `content`, as it was seen")
    stage: str = Field(default="", max_length=64)
    comment: str = Field(default="", max_length=500)
    pin: SecretStr | None = None
    jws: str = Field(default="", max_length=MAX_JWS)


class UseReason(BaseModel):
    """Why."""

    model_config = examples({"reason": "金额与预算不符"})

    reason: str = Field(default="", max_length=500)


class StageModel(BaseModel):
    """One stage of a rule."""

    model_config = examples(_RULE["stages"][0])

    id: str
    needed: int
    scope: str
    people: list[str]
    role: str


class RuleModel(BaseModel):
    """The rule as it was when the case was opened (制度流)."""

    model_config = examples(_RULE)

    id: str
    version: str
    sha256: str
    order: str
    stages: list[StageModel]


class ApprovalModel(BaseModel):
    """One approval and its signature."""

    stage: str
    approver: ActorModel
    stands_for: str
    at: datetime
    certificate_sha256: str
    comment: str
    jws: str


class CaseModel(BaseModel):
    """A case: what is asked for, where it stands, who approved."""

    model_config = examples(_CASE)

    id: str
    status: str
    status_zh: str
    version: int
    content: str = Field(description="SHA-256 of everything that is approved")
    seal_code: str
    owner_uscc: str
    document: str
    document_name: str
    title: str
    medium: str
    copies: int
    used: int
    document_class: str
    amount: int | None
    department: str
    requester: ActorModel
    ground: str
    standing: str
    rule: RuleModel
    approvals: list[ApprovalModel]
    approvals_sha256: str
    created_at: datetime
    deadline: datetime | None
    reason: str

    @classmethod
    def of(cls, case: CaseRecord) -> CaseModel:
        """Describe a case."""
        asked = case.request
        return cls(
            id=case.id,
            status=case.status.value,
            status_zh=case.status.zh,
            version=case.version,
            content=case.content,
            seal_code=case.seal_code,
            owner_uscc=case.owner_uscc,
            document=str(asked.document.digest),
            document_name=asked.document.name,
            title=asked.title,
            medium=asked.medium.value,
            copies=asked.copies,
            used=case.used,
            document_class=asked.document_class,
            amount=asked.amount,
            department=asked.department,
            requester=actor_model(case.requester),
            ground=case.ground.value,
            standing=case.standing,
            rule=_rule(case),
            approvals=[
                ApprovalModel(
                    stage=one.stage,
                    approver=actor_model(one.actor),
                    stands_for=one.stands_for,
                    at=one.at,
                    certificate_sha256=one.certificate_sha256,
                    comment=one.comment,
                    jws=one.jws,
                )
                for one in case.approvals
            ],
            approvals_sha256=case.approvals_sha256,
            created_at=case.created_at,
            deadline=case.deadline,
            reason=case.reason,
        )


class CasePageModel(BaseModel):
    """A page of cases; ``next`` continues it."""

    model_config = examples({"items": [_CASE], "next": None})

    items: list[CaseModel]
    next: str | None


class EntryModel(BaseModel):
    """One act on record (责任流): by whom, when, with which credential; ``digest`` chains it to the one before."""

    number: int
    act: str
    act_zh: str
    status: str
    at: datetime
    actor: ActorModel
    credential: str
    detail: dict[str, Any]
    digest: str

    @classmethod
    def of(cls, entry: CaseEntry) -> EntryModel:
        """Describe an entry."""
        return cls(
            number=entry.number,
            act=entry.act.value,
            act_zh=entry.act.zh,
            status=entry.status.value,
            at=entry.at,
            actor=actor_model(entry.actor),
            credential=entry.credential,
            detail=json.loads(entry.detail),
            digest=entry.digest,
        )


class WaitingModel(BaseModel):
    """A stage that waits for somebody."""

    stage: str
    needed: int
    scope: str
    people: list[str]


class LanesModel(BaseModel):
    """Three lanes of a case (三流合一): its rule, its states, who did what; the chain of entries was re-computed."""

    model_config = examples({"case": _CASE, "entries": [], "waiting": [], "permits": []})

    case: CaseModel
    entries: list[EntryModel]
    waiting: list[WaitingModel]
    permits: list[str]

    @classmethod
    def of(cls, lanes: ThreeLanes) -> LanesModel:
        """Describe the lanes."""
        return cls(
            case=CaseModel.of(lanes.case),
            entries=[EntryModel.of(one) for one in lanes.entries],
            waiting=[
                WaitingModel(stage=one.id, needed=one.needed, scope=one.scope, people=list(one.people))
                for one in lanes.waiting
            ],
            permits=list(lanes.permits),
        )


class LanesListModel(BaseModel):
    """The cases about one document, newest first."""

    model_config = examples({"items": []})

    items: list[LanesModel]


class PayloadModel(BaseModel):
    """What is to be signed: sign ``signing_input``, then send it with a dot and the raw signature in base64url as ``jws``."""

    model_config = examples(
        {"payload": {"case": "9f2c…"}, "signing_input": "eyJ….eyJ…", "certificate_sha256": _HEX}
    )

    payload: dict[str, Any]
    signing_input: str
    certificate_sha256: str

    @classmethod
    def of(cls, payload: Payload) -> PayloadModel:
        """Describe a payload."""
        return cls(
            payload=payload.members,
            signing_input=payload.signing_input,
            certificate_sha256=payload.certificate_sha256,
        )


def actor_model(actor: Actor) -> ActorModel:
    """Describe a person or application."""
    return ActorModel(id=actor.id, name=actor.name)


def _rule(case: CaseRecord) -> RuleModel:
    rule = case.rule
    stages = [
        StageModel(id=one.id, needed=one.needed, scope=one.scope, people=list(one.people), role=one.role)
        for one in rule.stages
    ]
    return RuleModel(id=rule.id, version=rule.version, sha256=rule.hash, order=rule.order, stages=stages)
