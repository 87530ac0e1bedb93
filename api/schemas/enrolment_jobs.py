"""Requests and answers about orders, jobs over many certificates, reminders and drills."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.enrolment import (
    ActorModel,
    ApprovalModel,
    WaitingModel,
    approvals_of,
    hexadecimal,
    waiting_of,
)
from api.schemas.moments import AnyMoment
from api.tokens.enrolment import serial_of
from ca.certificate import CertificateQuery, RevocationReason
from ca.enrolment.drill import DrillReport
from ca.enrolment.job_store import MAX_ITEMS, JobItem, JobRecord, JobStatus
from ca.enrolment.jobs import case_of
from ca.enrolment.reminders import Reminder

_DIGEST: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_JOB: Final[dict[str, Any]] = {
    "id": "4b1d…",
    "address": "/api/v1/enrolment-jobs/4b1d…",
    "status": "running",
    "matter": "bulk-renew",
    "digest": _DIGEST,
    "reason": None,
    "text": "",
    "requester": {"id": "person:zhang.min", "name": "张敏"},
    "rule": {"id": "many", "version": "2026.1", "hash": _DIGEST},
    "created_at": "2026-01-01T00:00:00Z",
    "deadline": "2026-01-08T00:00:00Z",
    "started_at": "2026-01-01T01:00:00Z",
    "ended_at": None,
    "total": 1000,
    "done": 640,
    "failed": 2,
    "left": 358,
    "approvals": [],
    "waiting": [],
}


class JobModel(BaseModel):
    """An order or job with its progress: ``done``, ``failed`` and ``left`` of ``total``."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB]})

    id: str
    address: str
    status: str
    matter: str
    digest: str
    reason: str | None
    text: str
    requester: ActorModel
    rule: dict[str, str]
    created_at: datetime
    deadline: datetime
    started_at: datetime | None
    ended_at: datetime | None
    total: int
    done: int
    failed: int
    left: int
    approvals: list[ApprovalModel]
    waiting: list[WaitingModel]

    @classmethod
    def of(cls, found: JobRecord) -> JobModel:
        """Show a job."""
        instruction = found.instruction
        return cls(
            id=found.id,
            address=f"/api/v1/enrolment-jobs/{found.id}",
            status=found.status.value,
            matter=instruction.matter.value,
            digest=found.digest,
            reason=None if instruction.reason is None else instruction.reason.value,
            text=instruction.text,
            requester=ActorModel(id=found.requester.id, name=found.requester.name),
            rule={"id": found.rule.id, "version": found.rule.version, "hash": found.rule.hash},
            created_at=found.created_at,
            deadline=found.deadline,
            started_at=found.started_at,
            ended_at=found.ended_at,
            total=found.total,
            done=found.done,
            failed=found.failed,
            left=found.left,
            approvals=approvals_of(case_of(found)),
            waiting=waiting_of(case_of(found)) if found.status is JobStatus.ASKED else [],
        )


class JobItemModel(BaseModel):
    """One certificate of a job; ``fault`` names what went wrong, the sentences say what to do."""

    number: int
    status: str
    issuer: str
    serial: str
    attempts: int
    fault: str
    zh: str
    en: str
    enrolment: str
    new_serial: str | None

    @classmethod
    def of(cls, found: JobItem) -> JobItemModel:
        """Show an item."""
        return cls(
            number=found.number,
            status=found.status.value,
            issuer=found.target.issuer,
            serial=f"{found.target.serial:x}",
            attempts=found.attempts,
            fault=found.fault,
            zh=found.fault_zh,
            en=found.fault_en,
            enrolment=found.enrolment,
            new_serial=hexadecimal(found.new_serial),
        )


class JobItemsModel(BaseModel):
    """Some items of a job; ``next`` is the ``after`` of the following page."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "number": 7,
                            "status": "failed",
                            "issuer": "issuing",
                            "serial": "1234ab…",
                            "attempts": 1,
                            "fault": "RenewalRefused",
                            "zh": "该证书已吊销、暂停或过期，不能续期；请重新申请。",
                            "en": "The certificate is revoked, on hold or expired …",
                            "enrolment": "",
                            "new_serial": None,
                        }
                    ],
                    "next": None,
                }
            ]
        }
    )

    items: list[JobItemModel]
    next: int | None


class Population(BaseModel):
    """Which certificates: all conditions that are given hold together."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"profile": "enterprise-seal", "issuer": "issuing"}]}
    )

    name: str = Field(default="", max_length=64)
    uscc: str = Field(default="", max_length=18)
    issuer: str = Field(default="", max_length=64)
    profile: str = Field(default="", max_length=64)
    expires_before: AnyMoment | None = None
    expires_after: AnyMoment | None = None

    def query(self) -> CertificateQuery:
        """Return what the register takes."""
        return CertificateQuery(
            name=self.name,
            uscc=self.uscc,
            issuer=self.issuer,
            profile=self.profile,
            expires_before=self.expires_before,
            expires_after=self.expires_after,
        )


class BulkRenew(BaseModel):
    """Renew these certificates over the same keys: the listed ones, or those of a population."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"population": {"profile": "enterprise-seal", "expires_before": "2026-03-01T00:00:00Z"}}
            ]
        }
    )

    serials: list[str] = Field(default_factory=list, max_length=MAX_ITEMS)
    population: Population | None = None
    days: int | None = Field(default=None, ge=1, le=3660)
    text: str = Field(default="", max_length=500)

    @property
    def validity(self) -> timedelta | None:
        """The length asked for."""
        return None if self.days is None else timedelta(days=self.days)

    def numbers(self) -> list[tuple[str | None, int]]:
        """Return the serial numbers listed."""
        return [(None, serial_of(one)) for one in self.serials]


class Drill(BaseModel):
    """A mass revocation drill. ``count`` and ``simulate`` revoke nothing; ``perform`` asks for a job that two approve."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mode": "simulate", "population": {"issuer": "issuing"}}]}
    )

    mode: str = Field(default="count", pattern="^(count|simulate|perform)$")
    population: Population
    reason: RevocationReason = RevocationReason.UNSPECIFIED
    text: str = Field(default="", max_length=500)


class DrillModel(BaseModel):
    """What a drill found; ``differing`` lists certificates on which register, OCSP and list disagree."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mode": "simulate",
                    "at": "2026-01-01T00:00:00Z",
                    "total": 120,
                    "more": False,
                    "by_profile": {"enterprise-seal": 120},
                    "by_issuer": {"issuing": 120},
                    "revocable": 118,
                    "refused": ["issuing:12ab"],
                    "seconds": {"select": "0.010", "prove": "0.400"},
                    "compared": 120,
                    "agreeing": 120,
                    "differing": [],
                    "job": None,
                }
            ]
        }
    )

    mode: str
    at: datetime
    total: int
    more: bool
    by_profile: dict[str, int]
    by_issuer: dict[str, int]
    revocable: int
    refused: list[str]
    seconds: dict[str, str]
    compared: int | None
    agreeing: int | None
    differing: list[str]
    job: JobModel | None = None

    @classmethod
    def of(cls, found: DrillReport, job: JobRecord | None = None) -> DrillModel:
        """Show a report."""
        given = {
            name: value for name, value in dataclasses.asdict(found).items() if name not in ("proof", "job")
        }
        proof = found.proof
        return cls(
            **given,
            compared=None if proof is None else proof.compared,
            agreeing=None if proof is None else proof.agreeing,
            differing=[] if proof is None else list(proof.differing),
            job=None if job is None else JobModel.of(job),
        )


class ReminderModel(BaseModel):
    """One reminder: ``days`` is the threshold crossed, 60, 30, 7 or 1."""

    number: int
    issuer: str
    serial: str
    days: int
    profile: str
    name: str
    uscc: str
    not_after: datetime
    at: datetime

    @classmethod
    def of(cls, found: Reminder) -> ReminderModel:
        """Show a reminder."""
        return cls(**{**dataclasses.asdict(found), "serial": f"{found.serial:x}"})


class RemindersModel(BaseModel):
    """Reminders in order; read on with ``after=next``, which never goes back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "number": 1,
                            "issuer": "issuing",
                            "serial": "1234ab…",
                            "days": 30,
                            "profile": "enterprise-seal",
                            "name": "杭州测试云印科技有限公司",
                            "uscc": "91330106MA2CYINX3E",
                            "not_after": "2026-12-31T23:59:59Z",
                            "at": "2026-12-01T00:00:00Z",
                        }
                    ],
                    "next": 1,
                }
            ]
        }
    )

    items: list[ReminderModel]
    next: int
