"""Console pages of jobs: orders about one certificate and about many, with their approvals and their progress."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.frame import Frame, enter
from ca.enrolment.approval import person_of
from ca.enrolment.errors import EnrolmentUnknown
from ca.enrolment.job_store import ItemStatus, JobRecord, JobStatus
from ca.enrolment.rules import Matter

router = APIRouter(include_in_schema=False)
MAX_SHOWN: Final = 200
"""Failures listed on the page; the interface pages through all of them."""
TONES: Final = {
    JobStatus.ASKED: "indeterminate",
    JobStatus.RUNNING: "indeterminate",
    JobStatus.DONE: "passed",
}


@router.get("/console/jobs/{name}")
def one(request: Request, name: str) -> Response:
    """Show one job; while it runs the page keeps itself up to date, also after a reload or a restart."""
    frame = enter(request, "enrolments")
    if isinstance(frame, Response):
        return frame
    try:
        job = frame.doors.enrolments.jobs.get(name)
    except EnrolmentUnknown:
        return frame.gone("job.gone")
    if frame.caller.actor.uscc is not None and job.requester.uscc != frame.caller.actor.uscc:
        return frame.gone("job.gone")
    failures = frame.doors.enrolments.jobs.items(name, status=ItemStatus.FAILED, limit=MAX_SHOWN)
    return frame.page("job.html", job=job, row=row_of(frame, job), failures=failures, acts=_acts(frame, job))


def waiting_jobs(frame: Frame, limit: int = 8) -> list[dict[str, Any]]:
    """Return jobs that wait for approval or are under way, for the overview."""
    if not frame.caller.scopes.intersection((Scope.RA_REQUEST, Scope.RA_APPROVE)):
        return []
    jobs, uscc = frame.doors.enrolments.jobs, frame.caller.actor.uscc
    found = [job for status in (JobStatus.ASKED, JobStatus.RUNNING) for job in jobs.list(status=status)]
    ours = [job for job in found if uscc is None or job.requester.uscc == uscc]
    return [row_of(frame, job) for job in ours[:limit]]


def row_of(frame: Frame, job: JobRecord) -> dict[str, Any]:
    """Return what the pages say about a job."""
    instruction = job.instruction
    return {
        "id": job.id,
        "matter": instruction.matter.value,
        "text": instruction.text,
        "reason": instruction.reason.value if instruction.reason else "",
        "status": f"job.{job.status.value}",
        "tone": TONES.get(job.status, "failed"),
        "total": job.total,
        "requester": job.requester.name or job.requester.id,
        "mine": person_of(job.requester) == person_of(frame.caller.actor),
        "approved": len(job.approvals),
        "needed": job.rule.needed,
        "many": instruction.matter in (Matter.BULK_RENEW, Matter.MASS_REVOKE),
    }


def _acts(frame: Frame, job: JobRecord) -> set[str]:
    mine = person_of(job.requester) == person_of(frame.caller.actor)
    acts: set[str] = set()
    if job.status is JobStatus.ASKED:
        if Scope.RA_APPROVE in frame.caller.scopes and not mine:
            acts |= {"approve", "reject"}
        if mine:
            acts.add("withdraw")
    if job.status is JobStatus.DONE and job.failed and Scope.RA_REQUEST in frame.caller.scopes:
        acts.add("retry")
    return acts
