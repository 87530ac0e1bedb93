"""Requests and answers about engraving and filing."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seals.filing.challenge import ChipChallenge
from seals.filing.job import (
    DeliveryRecord,
    Document,
    ImprintRecord,
    Job,
    JobEvent,
    JobPage,
    JobView,
)
from seals.filing.people import Identity
from seals.imprint.outcome import Advice

_JOB = "5f0c9f9f2a0b4c6d8e1f3a5b7c9d0e1f"
_SHOP = "91110108MA01C8QX42"
_JOB_EXAMPLE: dict[str, Any] = {
    "id": _JOB,
    "seal": "11010800000001",
    "owner": "91110108MA01C8QX33",
    "division": "110108",
    "shop": _SHOP,
    "status": "taken",
    "status_zh": "制作中",
    "opened_at": "2026-01-01T00:00:00Z",
    "moved_at": "2026-01-01T01:00:00Z",
    "moved_by": "person:engraver.ma",
    "representative": "王法定",
    "imprint": 1,
    "chip": "",
    "delivered_at": None,
    "reason_code": "",
    "reason": "",
}
_IMPRINT_EXAMPLE: dict[str, Any] = {
    "number": 1,
    "sha256": "9f…",
    "size": 120000,
    "at": "2026-01-01T01:00:00Z",
    "actor": "person:engraver.ma",
    "state": "compared",
    "overlap": 0.98,
    "rotation_deg": 0.4,
    "shift_x_mm": 1.2,
    "shift_y_mm": -0.3,
    "advice": "agrees",
    "advice_zh": Advice.AGREES.zh,
    "fault": "",
}


class Why(BaseModel):
    """A reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "设备故障"}]})

    reason: str = Field(max_length=200)


class Person(BaseModel):
    """A person with an identity document; its number is compared and hashed, never stored or shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "王法定", "document": "resident-id", "number": "11010519491231002X"}]
        }
    )

    name: str = Field(max_length=64)
    document: Document = Document.RESIDENT_ID
    number: str = Field(max_length=64, repr=False)

    def identity(self) -> Identity:
        """Return the same as the desk reads it."""
        return Identity(self.name, self.document, self.number)


class OrderSeal(BaseModel):
    """Approve a seal for engraving: for one shop, or (empty) for every shop of the owner's division."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seal": "11010800000001",
                    "shop": _SHOP,
                    "representative": {
                        "name": "王法定",
                        "document": "resident-id",
                        "number": "11010519491231002X",
                    },
                }
            ]
        }
    )

    seal: str = Field(max_length=14)
    shop: str = Field(default="", max_length=18)
    representative: Person | None = None


class JobModel(BaseModel):
    """An engraving job; ``imprint`` is the number of the scan in force, ``chip`` the chip in the seal body."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB_EXAMPLE]})

    id: str
    seal: str
    owner: str
    division: str
    shop: str
    status: str
    status_zh: str
    opened_at: datetime
    moved_at: datetime
    moved_by: str
    representative: str
    imprint: int
    chip: str
    delivered_at: datetime | None
    reason_code: str
    reason: str

    @classmethod
    def of(cls, job: Job) -> JobModel:
        """Show a job."""
        return cls(
            id=job.id,
            seal=job.seal,
            owner=job.owner,
            division=job.division,
            shop=job.shop,
            status=job.status.value,
            status_zh=job.status.zh,
            opened_at=job.opened_at,
            moved_at=job.moved_at,
            moved_by=job.moved_by,
            representative="" if job.representative is None else job.representative.name,
            imprint=job.imprint,
            chip=job.chip,
            delivered_at=job.delivered_at,
            reason_code=job.reason_code,
            reason=job.reason,
        )


class JobPageModel(BaseModel):
    """Some jobs, oldest first; ``next`` is the cursor of the following page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_JOB_EXAMPLE], "next": None}]})

    items: list[JobModel]
    next: str | None

    @classmethod
    def of(cls, page: JobPage) -> JobPageModel:
        """Show a page."""
        return cls(items=[JobModel.of(job) for job in page.items], next=page.next)


class JobEventModel(BaseModel):
    """One act on a job."""

    act: str
    act_zh: str
    status: str
    at: datetime
    actor: str
    detail: str

    @classmethod
    def of(cls, event: JobEvent) -> JobEventModel:
        """Show an act."""
        return cls(
            act=event.act.value,
            act_zh=event.act.zh,
            status=event.status.value,
            at=event.at,
            actor=event.actor,
            detail=event.detail,
        )


class ImprintModel(BaseModel):
    """A scan with its comparison, which is advice: overlap 0 to 1, rotation in degrees, shift in millimetres."""

    model_config = ConfigDict(json_schema_extra={"examples": [_IMPRINT_EXAMPLE]})

    number: int
    sha256: str
    size: int
    at: datetime
    actor: str
    state: str
    overlap: float
    rotation_deg: float
    shift_x_mm: float
    shift_y_mm: float
    advice: str
    advice_zh: str
    fault: str

    @classmethod
    def of(cls, record: ImprintRecord) -> ImprintModel:
        """Show a scan."""
        words = {advice.word: advice.zh for advice in Advice}
        return cls(
            number=record.number,
            sha256=record.sha256,
            size=record.size,
            at=record.at,
            actor=record.actor,
            state=record.state.value,
            overlap=record.overlap,
            rotation_deg=record.rotation_deg,
            shift_x_mm=record.shift_x_mm,
            shift_y_mm=record.shift_y_mm,
            advice=record.advice,
            advice_zh=words.get(record.advice, ""),
            fault=record.fault,
        )


class DeliveryModel(BaseModel):
    """A delivery: the receiver's name, kind of document and its last digits; digests of letter and receipt."""

    number: int
    receiver: str
    document: str
    document_zh: str
    tail: str
    letter_sha256: str
    receipt_sha256: str
    at: datetime
    actor: str

    @classmethod
    def of(cls, record: DeliveryRecord) -> DeliveryModel:
        """Show a delivery."""
        known = record.receiver
        return cls(
            number=record.number,
            receiver=known.name,
            document=known.document.value,
            document_zh=known.document.zh,
            tail=known.tail,
            letter_sha256=record.letter_sha256,
            receipt_sha256=record.receipt_sha256,
            at=record.at,
            actor=record.actor,
        )


class JobViewModel(BaseModel):
    """A job with its history, scans and deliveries."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"job": _JOB_EXAMPLE, "events": [], "imprints": [_IMPRINT_EXAMPLE], "deliveries": []}
            ]
        }
    )

    job: JobModel
    events: list[JobEventModel]
    imprints: list[ImprintModel]
    deliveries: list[DeliveryModel]

    @classmethod
    def of(cls, view: JobView, *, receivers: bool) -> JobViewModel:
        """Show a job; who received the seal only where ``receivers``."""
        return cls(
            job=JobModel.of(view.job),
            events=[JobEventModel.of(event) for event in view.events],
            imprints=[ImprintModel.of(record) for record in view.imprints],
            deliveries=[DeliveryModel.of(record) for record in view.deliveries] if receivers else [],
        )


class AskChip(BaseModel):
    """Which key of which chip is to prove itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"chip": "B1", "application": "psb", "container": "seal"}]}
    )

    chip: str = Field(max_length=24)
    application: str = Field(max_length=7)
    container: str = Field(max_length=32)


class ChallengeModel(BaseModel):
    """A challenge: the chip signs the octets of ``message`` (base64) with its key, before ``expires_at``, once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0d7c…",
                    "seal": "11010800000001",
                    "chip": "B1",
                    "message": "eWlueGlu…",
                    "expires_at": "2026-01-01T00:05:00Z",
                }
            ]
        }
    )

    id: str
    seal: str
    chip: str
    message: str
    expires_at: datetime

    @classmethod
    def of(cls, asked: ChipChallenge) -> ChallengeModel:
        """Show a challenge."""
        message = base64.b64encode(asked.message).decode()
        return cls(
            id=asked.id, seal=asked.seal, chip=asked.chip, message=message, expires_at=asked.expires_at
        )


class AnswerOfChip(BaseModel):
    """The chip's signature (base64 of DER) over a challenge's octets."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"challenge": "0d7c…", "signature": "MEUCIQ…"}]}
    )

    challenge: str = Field(max_length=32)
    signature: str = Field(max_length=2048)


class AcceptFiling(BaseModel):
    """The keeper's certificate (hexadecimal serial) that is bound to the seal by its filing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"certificate_serial": "0001a4…"}]})

    certificate_serial: str = Field(max_length=48)


class ReturnFiling(BaseModel):
    """Why a filing is returned: a code of the table (R01 to R07, R99) and a text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "R02", "reason": "右下角缺墨"}]})

    code: str = Field(max_length=8)
    reason: str = Field(max_length=200)
