"""The tone of each state that several console pages show: passed, indeterminate, failed, unreadable."""

from __future__ import annotations

from typing import Final

from seals.cases.states import CaseStatus
from seals.devices.state import PictureStatus, StampStatus
from seals.filing.job import JobStatus

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
