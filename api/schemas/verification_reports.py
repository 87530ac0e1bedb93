"""Answers about verification reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from signing.printing.code import shown
from signing.verification_reports.store import ReportRecord
from verify.report import DocumentReport

ADDRESS = "/api/v1/verifications/reports/{}/report"


class IssuedReportModel(BaseModel):
    """A sealed report, and where its forms are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "5QH80-QFQNX-RADA",
                    "verdict": "passed",
                    "document_sha256": "9f…",
                    "sha256": "b6…",
                    "size": 128948,
                    "issued_at": "2026-11-22T12:47:04Z",
                    "pdf": "/api/v1/verifications/reports/5QH80QFQNXRADA/report.pdf",
                    "json_report": "/api/v1/verifications/reports/5QH80QFQNXRADA/report.json",
                    "xml": "/api/v1/verifications/reports/5QH80QFQNXRADA/report.xml",
                    "jws": "/api/v1/verifications/reports/5QH80QFQNXRADA/report.jws",
                    "report": {},
                }
            ]
        }
    )

    number: str
    verdict: str = Field(description="The verdict that it reports")
    document_sha256: str = Field(description="SHA-256 of the file reported on")
    sha256: str = Field(description="SHA-256 of the sealed PDF")
    size: int = Field(description="Its size in octets")
    issued_at: datetime | None
    pdf: str = Field(description="The sealed page, the data attached")
    json_report: str = Field(description="The ETSI TS 119 102-2 report as JSON; no signature of its own")
    xml: str = Field(description="The same as XML; no signature of its own")
    jws: str = Field(description="The signed data")
    report: dict[str, Any] | None = Field(None, description="The verifier's report, right after it was made")

    @classmethod
    def of(cls, one: ReportRecord, found: DocumentReport | None = None) -> IssuedReportModel:
        """Tell of one report."""
        base = ADDRESS.format(one.code)
        return cls(
            number=shown(one.code),
            verdict=one.verdict,
            document_sha256=one.document,
            sha256=one.result,
            size=one.size,
            issued_at=one.settled_at,
            pdf=f"{base}.pdf",
            json_report=f"{base}.json",
            xml=f"{base}.xml",
            jws=f"{base}.jws",
            report=None if found is None else found.to_json(),
        )
