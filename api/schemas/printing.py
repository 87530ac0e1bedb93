"""Requests and answers about printed copies and the codes on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from api.answers.printed_copy import PrintedAnswer
from api.schemas.cases import examples
from signing.printing.copy import PrintCopy, PrintRule

_SHA: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_COPY: Final[dict[str, Any]] = {
    "code": "7K2M9-QX4TB-8WZ5",
    "document": _SHA,
    "number": 3,
    "quota": 10,
    "seal": "true",
    "why": "",
    "state": "made",
    "at": _AT,
    "by": "张敏",
    "sha256": _SHA,
}
_RULE: Final[dict[str, Any]] = {
    "document": _SHA,
    "title": "采购合同",
    "quota": 10,
    "used": 2,
    "printed": 3,
    "pages": 12,
    "shows_page": False,
}
_PUBLIC: Final[dict[str, Any]] = {
    "code": "7K2M9-QX4TB-8WZ5",
    "title": "采购合同",
    "pages": 12,
    "sealed_at": _AT,
    "sealers": ["杭州测试有限公司"],
    "number": 3,
    "quota": 10,
    "seal": "true",
    "printed_at": _AT,
    "verdict": "passed",
    "verdict_zh": "有效",
    "reason_zh": "签章有效：…",
    "reason": "The seal is valid: …",
    "voided_since": None,
    "voided_why": "",
    "first_page": None,
    "warning_zh": "二维码和验证码可以被复制到别的纸上。…",
    "warning": "A code can be copied onto another page. …",
}
WARNING_ZH: Final = (
    "二维码和验证码可以被复制到别的纸上。请逐页与纸件核对；要作为证明，请取得电子原件并上传核验。"
)
WARNING_EN: Final = (
    "A QR code or a short code can be copied onto another page. Compare every page with your paper; "
    "for proof, get the electronic original and upload it."
)


class PrintRuleBody(BaseModel):
    """How many copies may be printed in all; ``shows_page`` lets the public see page 1 behind a code."""

    model_config = examples({"quota": 10, "shows_page": False, "title": "采购合同"})

    quota: int = Field(ge=0, le=100_000)
    shows_page: bool = False
    title: str = Field(default="", max_length=200)


class PrintRuleModel(BaseModel):
    """How a document may be printed, and how often it was."""

    model_config = examples(_RULE)

    document: str
    title: str
    quota: int
    used: int
    printed: int
    pages: int
    shows_page: bool

    @classmethod
    def of(cls, found: PrintRule) -> PrintRuleModel:
        """Show a rule."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class PrintRulePageModel(BaseModel):
    """A page of rules; ``next`` continues it."""

    model_config = examples({"items": [_RULE], "next": None})

    items: list[PrintRuleModel]
    next: str | None


class PrintCopyModel(BaseModel):
    """A copy; ``seal`` tells whether the seal is as it is or grey, ``why`` why it is grey."""

    model_config = examples(_COPY)

    code: str
    document: str
    number: int
    quota: int
    seal: str = Field(description="true, or grey")
    why: str = Field(description="over-quota, not-entitled, voided")
    state: str
    at: datetime
    by: str
    sha256: str

    @classmethod
    def of(cls, found: PrintCopy) -> PrintCopyModel:
        """Show a copy."""
        return cls(
            code=found.shown_code,
            document=found.document,
            number=found.number,
            quota=found.quota,
            seal=found.seen.value,
            why=found.why,
            state=found.state.value,
            at=found.at,
            by=found.actor_name or found.actor,
            sha256=found.result,
        )


class PrintCopyPageModel(BaseModel):
    """A page of copies; ``next`` continues it."""

    model_config = examples({"items": [_COPY], "next": None})

    items: list[PrintCopyModel]
    next: int | None


class PublicCopyModel(BaseModel):
    """What anyone may know of a printed copy; compare it with the paper. Only the electronic file is proof."""

    model_config = examples(_PUBLIC)

    code: str
    title: str
    pages: int
    sealed_at: datetime
    sealers: list[str]
    number: int
    quota: int
    seal: str = Field(description="true, or grey: a copy that was not authorised")
    printed_at: datetime
    verdict: str
    verdict_zh: str
    reason_zh: str
    reason: str
    voided_since: datetime | None
    voided_why: str
    first_page: str | None = Field(description="Address of a picture of page 1, if the owner shows it")
    warning_zh: str
    warning: str

    @classmethod
    def of(cls, answer: PrintedAnswer) -> PublicCopyModel:
        """Show an answer."""
        copy, rule, report = answer.found.copy, answer.found.rule, answer.report
        voided = report.voided
        return cls(
            code=copy.shown_code,
            title=rule.title,
            pages=rule.pages,
            sealed_at=rule.sealed_at,
            sealers=[one.enterprise for one in answer.found.family.sealers],
            number=copy.number,
            quota=copy.quota,
            seal=copy.seen.value,
            printed_at=copy.at,
            verdict=report.verdict.value,
            verdict_zh=report.verdict.zh,
            reason_zh=report.reason.zh,
            reason=report.reason.en,
            voided_since=None if voided is None else voided.since,
            voided_why="" if voided is None else voided.why,
            first_page=f"/api/v1/public/copies/{copy.code}/page-1.png" if rule.shows_page else None,
            warning_zh=WARNING_ZH,
            warning=WARNING_EN,
        )
