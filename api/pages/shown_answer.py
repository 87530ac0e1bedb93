"""What a page showed to somebody who decides by it: carried through the form, and compared before anything is recorded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Form

from verify.acceptance.answers import Acceptance
from verify.verdict import Verdict

_Text = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The question (``department/act``), the policy by its digest, its answer and rule, and the verdict on the file."""

    question: str
    policy: str
    answer: str
    rule: str
    verdict: str

    @classmethod
    def of(cls, report: dict[str, Any]) -> ShownAnswer | None:
        """Return what a report (its JSON object) shows; nothing where no department was asked."""
        found = (report.get("answers") or {}).get("acceptance")
        if found is None:
            return None
        question = f"{found['department']}/{found['act']}"
        return cls(question, found["policy_sha256"], found["status"], found["rule"], report["verdict"])

    @classmethod
    def by(cls, found: Acceptance, verdict: Verdict) -> ShownAnswer:
        """Return what a page shows of an answer and a verdict."""
        question = f"{found.department}/{found.act}"
        return cls(question, found.policy_sha256, found.status.value, found.rule, verdict.value)

    @property
    def mark(self) -> str:
        """A short name that changes with any of it."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:32]


def sent_back(
    question: _Text = "", policy: _Text = "", answer: _Text = "", rule: _Text = "", verdict: _Text = ""
) -> ShownAnswer:
    """Read it from the form that was shown with it; whoever leaves it out has seen nothing."""
    return ShownAnswer(question, policy, answer, rule, verdict)
