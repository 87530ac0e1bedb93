"""Departments' policies, decisions in their name, and the ledger of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from api.schemas.cases import examples
from signing.recognition.department_store import Count, PolicyRow, Recognition
from verify.acceptance.policy import DepartmentPolicy

_SHA: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_DEPARTMENT: Final[dict[str, Any]] = {
    "id": "taxation",
    "zh": "税务",
    "en": "Taxation",
    "version": "2026.1",
    "sha256": _SHA,
    "example": True,
    "acts": [{"id": "export-refund", "zh": "出口退税", "en": "Refund on exports"}],
}
_IMPORT: Final[dict[str, Any]] = {
    "id": "9f2c…",
    "department": "taxation",
    "version": "2026.2",
    "sha256": _SHA,
    "status": "proposed",
    "status_zh": "待确认",
    "proposed_by": "person:zhang.min",
    "proposed_at": _AT,
    "settled_by": "",
    "settled_at": None,
    "text": 'schema = 1\nid = "taxation"\n…',
}
_DECISION: Final[dict[str, Any]] = {
    "id": "0a1b…",
    "number": 812,
    "digest": _SHA,
    "document": _SHA,
    "department": "taxation",
    "act": "export-refund",
    "answer": "accepted",
    "rule": "R21-age",
    "policy_version": "2026.1",
    "policy_sha256": _SHA,
    "scheme": "",
    "sequence": 0,
    "list_sha256": "",
    "purpose": "2026 年一季度退税",
    "actor": "person:chen.jing",
    "at": _AT,
}
_COUNT: Final[dict[str, Any]] = {
    "department": "taxation",
    "act": "export-refund",
    "answer": "accepted",
    "scheme": "",
    "count": 42,
}


class ActModel(BaseModel):
    """One thing that a department is asked for (事项)."""

    id: str
    zh: str
    en: str


class DepartmentModel(BaseModel):
    """A department that can be asked; ``example`` marks a policy that ships with the software and binds nobody."""

    model_config = examples(_DEPARTMENT)

    id: str
    zh: str
    en: str
    version: str
    sha256: str
    example: bool
    acts: list[ActModel]

    @classmethod
    def of(cls, policy: DepartmentPolicy) -> DepartmentModel:
        """Tell of a policy."""
        acts = [ActModel(id=one.id, zh=one.zh, en=one.en) for one in policy.acts]
        return cls(
            id=policy.id,
            zh=policy.zh,
            en=policy.en,
            version=policy.version,
            sha256=policy.sha256,
            example=policy.example,
            acts=acts,
        )


class DepartmentsModel(BaseModel):
    """Every department that can be asked."""

    model_config = examples({"items": [_DEPARTMENT]})

    items: list[DepartmentModel]


class ImportPolicy(BaseModel):
    """A policy to be imported: the text of its TOML file."""

    model_config = examples({"text": _IMPORT["text"]})

    text: str = Field(max_length=256 * 1024)


class ConfirmPolicy(BaseModel):
    """Which octets are meant: the SHA-256 of the policy's file, named again by whoever puts it in force."""

    model_config = examples({"sha256": _SHA})

    sha256: str = Field(max_length=64)


class ImportModel(BaseModel):
    """One import of a policy and where it stands."""

    model_config = examples(_IMPORT)

    id: str
    department: str
    version: str
    sha256: str
    status: str
    status_zh: str
    proposed_by: str
    proposed_at: datetime
    settled_by: str
    settled_at: datetime | None
    text: str

    @classmethod
    def of(cls, row: PolicyRow) -> ImportModel:
        """Tell of an import."""
        return cls(
            id=row.id,
            department=row.department,
            version=row.version,
            sha256=row.sha256,
            status=row.status.value,
            status_zh=row.status.zh,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            settled_by=row.settled_by,
            settled_at=row.settled_at,
            text=row.text,
        )


class ImportsModel(BaseModel):
    """Every import, whatever became of it."""

    model_config = examples({"items": [_IMPORT]})

    items: list[ImportModel]


class DecisionModel(BaseModel):
    """One decision on the ledger; ``number`` and ``digest`` are those of its record on the audit trail."""

    model_config = examples(_DECISION)

    id: str
    number: int
    digest: str
    document: str
    department: str
    act: str
    answer: str
    rule: str
    policy_version: str
    policy_sha256: str
    scheme: str
    sequence: int
    list_sha256: str
    purpose: str
    actor: str
    at: datetime

    @classmethod
    def of(cls, row: Recognition) -> DecisionModel:
        """Tell of a decision."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class DecisionsModel(BaseModel):
    """Some decisions, the newest first; ``next`` is the number to continue below."""

    model_config = examples({"items": [_DECISION], "next": None})

    items: list[DecisionModel]
    next: int | None


class CountModel(BaseModel):
    """How often a department gave an answer for an act on the word of a list (empty: by decree)."""

    model_config = examples(_COUNT)

    department: str
    act: str
    answer: str
    scheme: str
    count: int

    @classmethod
    def of(cls, found: Count) -> CountModel:
        """Tell of a count."""
        return cls(
            department=found.department,
            act=found.act,
            answer=found.answer,
            scheme=found.scheme,
            count=found.count,
        )


class CountsModel(BaseModel):
    """Who accepted what, counted."""

    model_config = examples({"items": [_COUNT]})

    items: list[CountModel]
