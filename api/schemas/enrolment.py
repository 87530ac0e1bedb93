"""Requests and answers about enrolments, orders, jobs, reminders and timelines."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ca.certificate import RevocationReason, SubjectName
from ca.enrolment.approval import Ballot, Case, missing, open_stages
from ca.enrolment.checks import open_items
from ca.enrolment.moving import case_of
from ca.enrolment.request import Application, Delivery, EnrolmentRecord, EvidenceRef
from ca.enrolment.states import RejectionCode

_DIGEST: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_PERSON: Final[dict[str, Any]] = {"id": "person:chen.jing", "name": "陈静"}
_CSR: Final = "-----BEGIN CERTIFICATE REQUEST-----\n…"
_SUBJECT: Final[dict[str, Any]] = {
    "common_name": "杭州测试云印科技有限公司 李伟",
    "organization": "杭州测试云印科技有限公司",
    "uscc": "91330106MA2CYINX3E",
    "organizational_unit": "",
    "country": "CN",
}
MAX_CSR: Final = 88 * 1024
"""Characters of a request in PEM: the 64 KiB that ``ca.request_file`` reads, in base64."""


class SubjectModel(BaseModel):
    """Whom the certificate names."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUBJECT]})

    common_name: str = Field(min_length=1, max_length=64)
    organization: str = Field(default="", max_length=64)
    uscc: str = Field(default="", max_length=32)
    organizational_unit: str = Field(default="", max_length=64)
    country: str = Field(default="CN", max_length=2)


class Apply(BaseModel):
    """A request for a certificate over the key of a PKCS#10 file; documents are attached afterwards."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"profile": "enterprise-seal", "subject": _SUBJECT, "csr": _CSR, "days": 365, "pair": False}
            ]
        }
    )

    profile: str = Field(max_length=64)
    subject: SubjectModel
    csr: str = Field(description="PKCS#10 in PEM", max_length=MAX_CSR)
    days: int | None = Field(default=None, ge=1, le=3660)
    issuer: str | None = Field(default=None, max_length=64)
    pair: bool = Field(default=False, description="An encryption certificate is issued too")
    chip: str = Field(default="", max_length=64)
    container: str = Field(default="", max_length=64)

    def application(self, evidence: tuple[EvidenceRef, ...] = ()) -> Application:
        """Return what the desk takes."""
        return Application(
            profile=self.profile,
            subject=SubjectName(**self.subject.model_dump()),
            csr=self.csr.encode(),
            validity=None if self.days is None else timedelta(days=self.days),
            issuer=self.issuer,
            pair=self.pair,
            chip=self.chip,
            container=self.container,
            evidence=evidence,
        )


class Renew(BaseModel):
    """For how long a certificate is renewed over the same key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 365}]})

    days: int | None = Field(default=None, ge=1, le=3660)

    @property
    def validity(self) -> timedelta | None:
        """The length asked for."""
        return None if self.days is None else timedelta(days=self.days)


class Mark(BaseModel):
    """What a checker found for one item of the checklist; a refusal says why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"item": "licence", "found": True, "remark": ""}]}
    )

    item: str = Field(max_length=64)
    found: bool
    remark: str = Field(default="", max_length=500)


class Approve(BaseModel):
    """An approval of exactly what has this digest."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"digest": _DIGEST, "comment": "同意", "stage": ""}]}
    )

    digest: str = Field(min_length=64, max_length=64)
    comment: str = Field(default="", max_length=500)
    stage: str = Field(default="", max_length=64)

    def ballot(self) -> Ballot:
        """Return what the desk takes."""
        return Ballot(self.digest, self.comment, self.stage)


class Reject(BaseModel):
    """Why it is rejected: a code and a sentence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "evidence-insufficient", "reason": "授权书缺少法定代表人签章"}]
        }
    )

    code: RejectionCode
    reason: str = Field(max_length=500)


class Deliver(BaseModel):
    """To whom and how it was handed over."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "李伟", "how": "柜台当面交付", "receipt": ""}]}
    )

    to: str = Field(max_length=200)
    how: str = Field(max_length=200)
    receipt: str = Field(default="", max_length=28 * 2**20, description="The signed receipt, base64")

    def delivery(self) -> Delivery:
        """Return what the desk takes."""
        return Delivery(self.to, self.how)


class ActorModel(BaseModel):
    """A person or application."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERSON]})

    id: str
    name: str


class EvidenceModel(BaseModel):
    """A document attached."""

    kind: str
    name: str
    sha256: str
    size: int


class CheckModel(BaseModel):
    """An item of the checklist and what was found; ``found`` is absent while it is open."""

    item: str
    zh: str
    en: str
    evidence: str
    found: bool | None = None
    remark: str = ""
    checker: ActorModel | None = None
    at: datetime | None = None


class ApprovalModel(BaseModel):
    """One person's approval."""

    stage: str
    substitute: bool
    person: ActorModel
    comment: str
    at: datetime


class WaitingModel(BaseModel):
    """A stage that waits, and for how many people."""

    stage: str
    needed: int
    scope: str
    people: list[str]


_ENROLMENT: Final[dict[str, Any]] = {
    "id": "9f2c…",
    "status": "approving",
    "status_zh": "审批中",
    "version": 1,
    "digest": _DIGEST,
    "content": {"form": "yinxin-enrolment-v1", "matter": "new", "profile": "enterprise-seal"},
    "requester": {"id": "person:zhang.min", "name": "张敏"},
    "rule": {"id": "enterprise-new", "version": "2026.1", "hash": _DIGEST},
    "created_at": "2026-01-01T00:00:00Z",
    "deadline": "2026-01-31T00:00:00Z",
    "evidence": [],
    "checks": [],
    "approvals": [],
    "waiting": [{"stage": "review", "needed": 1, "scope": "ra:approve", "people": []}],
    "reason_code": "",
    "reason": "",
    "issuer": "",
    "serial": None,
    "encryption_serial": None,
    "envelope": "",
    "delivery": None,
}


class EnrolmentModel(BaseModel):
    """One enrolment: what would be certified (``content``, whose canonical JSON has ``digest``), and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENROLMENT]})

    id: str
    status: str
    status_zh: str
    version: int
    digest: str
    content: dict[str, Any]
    requester: ActorModel
    rule: dict[str, str]
    created_at: datetime
    deadline: datetime | None
    evidence: list[EvidenceModel]
    checks: list[CheckModel]
    approvals: list[ApprovalModel]
    waiting: list[WaitingModel]
    reason_code: str
    reason: str
    issuer: str
    serial: str | None
    encryption_serial: str | None
    envelope: str = Field(description="The sealed encryption key, base64")
    delivery: dict[str, str] | None

    @classmethod
    def of(cls, found: EnrolmentRecord) -> EnrolmentModel:
        """Show an enrolment."""
        delivery = found.delivery
        return cls(
            id=found.id,
            status=found.status.value,
            status_zh=found.status.zh,
            version=found.version,
            digest=found.digest,
            content=json.loads(found.content.text),
            requester=ActorModel(id=found.requester.id, name=found.requester.name),
            rule={"id": found.rule.id, "version": found.rule.version, "hash": found.rule.hash},
            created_at=found.created_at,
            deadline=found.deadline,
            evidence=[
                EvidenceModel(kind=one.kind, name=one.name, sha256=one.sha256, size=one.size)
                for one in found.content.evidence
            ],
            checks=_checks(found),
            approvals=approvals_of(case_of(found)),
            waiting=waiting_of(case_of(found)) if not open_items(found) else [],
            reason_code=found.reason_code,
            reason=found.reason,
            issuer=found.issuer,
            serial=hexadecimal(found.serial),
            encryption_serial=hexadecimal(found.encryption_serial),
            envelope=base64.b64encode(found.envelope).decode(),
            delivery=None
            if delivery is None
            else {"to": delivery.to, "how": delivery.how, "receipt_sha256": delivery.receipt_sha256},
        )


def hexadecimal(serial: int | None) -> str | None:
    """Write a serial number."""
    return None if serial is None else f"{serial:x}"


def _checks(found: EnrolmentRecord) -> list[CheckModel]:
    marks = {mark.item: mark for mark in found.checks}
    shown = []
    for item in found.rule.checklist:
        model = CheckModel(item=item.id, zh=item.zh, en=item.en, evidence=item.evidence)
        mark = marks.get(item.id)
        if mark is not None:
            checker = ActorModel(id=mark.checker.id, name=mark.checker.name)
            marked = {"found": mark.found, "remark": mark.remark, "checker": checker, "at": mark.at}
            model = model.model_copy(update=marked)
        shown.append(model)
    return shown


def approvals_of(case: Case) -> list[ApprovalModel]:
    """Show the approvals of a case."""
    return [
        ApprovalModel(
            stage=one.stage,
            substitute=one.substitute,
            person=ActorModel(id=one.actor.id, name=one.actor.name),
            comment=one.comment,
            at=one.at,
        )
        for one in case.approvals
    ]


def waiting_of(case: Case) -> list[WaitingModel]:
    """Show the stages that wait."""
    return [
        WaitingModel(stage=one.id, needed=missing(case, one), scope=one.scope, people=list(one.people))
        for one in open_stages(case)
    ]


class EnrolmentPageModel(BaseModel):
    """Some enrolments; ``next`` continues the list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ENROLMENT], "next": "9f2c…"}]})

    items: list[EnrolmentModel]
    next: str | None


class OrderFor(BaseModel):
    """Why a certificate is suspended, resumed or revoked; a revocation has a reason of RFC 5280 §5.3.1."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "superseded", "text": "已换发新证书"}]}
    )

    reason: RevocationReason | None = None
    text: str = Field(default="", max_length=500)
