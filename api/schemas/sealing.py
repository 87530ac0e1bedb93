"""Answers about sealing and verification."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class SealingModel(BaseModel):
    """A sealing and where its document is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0f3c…",
                    "sha256": "9f…",
                    "size": 600123,
                    "verdict": "passed",
                    "document": "/api/v1/sealings/0f3c…/document",
                    "container": "cms",
                    "readers": "Common PDF readers and Yinxin can check it once they trust the root.",
                    "readers_zh": "通用 PDF 阅读器和印信均可核验；须先信任签发根证书。",
                    "report": {},
                }
            ]
        }
    )

    id: str
    sha256: str
    size: int
    verdict: str
    document: str
    container: str = Field("", description="What the signature is written in: cms, gbt35275, ses")
    readers: str = Field("", description="Which readers can check the signature")
    readers_zh: str = Field("", description="The same in Chinese")
    report: dict[str, Any] = Field(description="The verifier's report on the sealed document")


class ReportModel(BaseModel):
    """A verifier's report; the same JSON as ``python -m verify --json`` prints for a document."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "file": "contract.pdf",
                    "verdict": "passed",
                    "verdict_zh": "有效",
                    "reason": "Every seal and signature is valid.",
                    "reason_zh": "所有签章有效。",
                    "sha256": "9f…",
                    "size": 600123,
                    "signatures": [],
                }
            ]
        },
    )

    file: str
    verdict: str
    verdict_zh: str
    reason: str
    reason_zh: str
    sha256: str
    size: int
    voided: dict[str, Any] | None = Field(
        default=None,
        description="Since when the document is void, and why; apart from the verdict on its seals",
    )
    verified_at: datetime | None = None
    answers: dict[str, Any] | None = Field(
        default=None,
        description="Cryptographically valid; trusted under which list; accepted by which department, for which act",
    )
    signatures: list[dict[str, Any]]


class AuditRecordModel(BaseModel):
    """One record of the audit trail."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 1,
                    "at": "2026-01-01T00:00:00Z",
                    "action": "enterprise.registered",
                    "actor": "person:zhao.lei",
                    "subject": "91330106MA2CYINX3E",
                    "detail": {"name": "杭州测试云印科技有限公司"},
                    "digest": "9f…",
                }
            ]
        }
    )

    number: int
    at: datetime
    action: str
    actor: str
    subject: str
    detail: dict[str, Any]
    digest: str


class AuditPageModel(BaseModel):
    """Some records; ``next`` is the number to continue after."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [], "next": None}]})

    items: list[AuditRecordModel]
    next: int | None


class AuditProofModel(BaseModel):
    """The trail was re-computed and is whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"number": 120, "digest": "9f…", "anchored": 100}]}
    )

    number: int
    digest: str
    anchored: int
