"""What a file that is itself a verification report says: about which file, by whom, as of when. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from verify.sentence import Reason, iso
from verify.verdict import Verdict

VOIDED: Final = "voided"
LOOKS_BACK: Final = timedelta(hours=1)
"""How much older than its report a verification is that judges another time: documents that wait are judged within minutes."""


def only_of_then(verified_at: datetime, issued_at: datetime | None) -> Reason:
    """Say that a report is about an earlier time than its own, or nothing: anybody may ask for one of before a seal was stopped."""
    if issued_at is None or issued_at - verified_at <= LOOKS_BACK:
        return Reason("", "")
    then = f"{verified_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return Reason(
        f"该结论只说明 {then} 的情况，早于报告出具时间；其后的吊销、挂失、作废均未计入，请另行核验现状。",
        f" This is as of {then}, before the report was issued, and takes no account of what was revoked, stopped or voided "
        "since; verify how it stands now.",
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that was read and judged. ``verdict`` is on the report itself, ``says`` is the verdict that it reports.

    What it says counts only where ``verdict`` is passed; ``reason`` tells why not. ``agrees`` tells whether the file handed along is the one
    reported on, ``None`` where none was handed along. ``page_agrees``: the page that a person reads is the one that belongs to the
    signed data; ``None`` for bare data, which has no page.
    """

    verdict: Verdict
    reason: Reason
    number: str = ""
    says: Verdict | None = None
    says_reason: Reason | None = None
    file: str = ""
    sha256: str = ""
    size: int = 0
    verified_at: datetime | None = None
    issued_at: datetime | None = None
    evidence_as_of: datetime | None = None
    by: str = ""
    """Subject of the verification service's certificate."""
    by_sha256: str = ""
    answer: str = ""
    """Address of the answer at the service, if it has one."""
    page_agrees: bool | None = None
    agrees: bool | None = None
    voided: bool = False
    """What it reports on had been voided by then."""

    @property
    def word(self) -> str:
        """What it says of its document in one word: a verdict, or ``voided``; empty where nothing of it may be believed."""
        if self.says is None:
            return ""
        return VOIDED if self.voided and self.says is Verdict.PASSED else self.says.value

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "verdict": self.verdict.value,
            "verdict_zh": self.verdict.zh,
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "number": self.number,
            "says": None if self.says is None else self.says.value,
            "says_zh": "" if self.says is None else self.says.zh,
            "says_reason": "" if self.says_reason is None else self.says_reason.en,
            "says_reason_zh": "" if self.says_reason is None else self.says_reason.zh,
            "file": self.file,
            "sha256": self.sha256,
            "size": self.size,
            "verified_at": iso(self.verified_at),
            "issued_at": iso(self.issued_at),
            "evidence_as_of": iso(self.evidence_as_of),
            "by": self.by,
            "by_sha256": self.by_sha256,
            "answer": self.answer,
            "page_agrees": self.page_agrees,
            "agrees": self.agrees,
            "voided": self.voided,
        }
