"""The tone of each state that several console pages show: passed, indeterminate, failed, unreadable."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from seals.cases.states import CaseStatus
from seals.devices.state import PictureStatus, StampStatus
from seals.filing.job import JobStatus
from signing.licences.licence import Licence, LicenceStatus
from signing.parties.states import RoundStatus
from signing.voiding.states import VoidStatus

STAMP_TONES: Final = {
    StampStatus.REGISTERED.value: "unreadable",
    StampStatus.IN_SERVICE.value: "passed",
    StampStatus.LOCKED.value: "indeterminate",
    StampStatus.LOST.value: "failed",
    StampStatus.TAMPERED.value: "failed",
    StampStatus.RETIRED.value: "unreadable",
}
CASE_TONES: Final = {
    CaseStatus.DRAFT.value: "unreadable",
    CaseStatus.APPROVING.value: "indeterminate",
    CaseStatus.APPROVED.value: "passed",
    CaseStatus.IN_USE.value: "indeterminate",
    CaseStatus.CLOSED.value: "passed",
    CaseStatus.REJECTED.value: "failed",
    CaseStatus.WITHDRAWN.value: "unreadable",
    CaseStatus.EXPIRED.value: "unreadable",
    CaseStatus.VOIDED.value: "failed",
}
JOB_TONES: Final = {
    JobStatus.FILED.value: "passed",
    JobStatus.RETURNED.value: "failed",
    JobStatus.CLOSED.value: "unreadable",
}
"""Every other state of a job is under way."""
PICTURE_TONES: Final = {
    PictureStatus.HERE.value: "passed",
    PictureStatus.AWAITED.value: "indeterminate",
    PictureStatus.NONE.value: "indeterminate",
}
"""Past its time (24 hours) a picture that is not here is *failed*."""
ROUND_TONES: Final = {
    RoundStatus.RUNNING.value: "indeterminate",
    RoundStatus.DECLINED.value: "failed",
    RoundStatus.RELEASED.value: "passed",
    RoundStatus.WITHDRAWN.value: "unreadable",
    RoundStatus.EXPIRED.value: "unreadable",
}
VOID_TONES: Final = {
    VoidStatus.ASKED.value: "indeterminate",
    VoidStatus.VOIDED.value: "failed",
    VoidStatus.REFUSED.value: "unreadable",
    VoidStatus.WITHDRAWN.value: "unreadable",
}
LICENCE_TONES: Final = {
    LicenceStatus.VALID: "passed",
    LicenceStatus.SUSPENDED: "indeterminate",
    LicenceStatus.LAPSED: "unreadable",
}
"""A licence that was withdrawn, cancelled or revoked has failed."""


def licence_row(one: Licence, language: str, now: datetime) -> dict[str, str | datetime | None]:
    """Tell a licence in one line: name, issuer, last day, state."""
    status = one.standing(now)
    return {
        "identifier": str(one.identifier),
        "name": one.name,
        "issuer": one.issuer_name,
        "until": one.valid_to,
        "word": status.zh if language == "zh" else status.en,
        "tone": LICENCE_TONES.get(status, "failed"),
    }
