"""What the engraver's and the filing officer's pages share: a job as a row, with its steps, scans and history."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from fastapi.responses import Response

from api.errors import NotFound
from api.pages.console.frame import Frame, by_whom
from api.pages.console.tones import JOB_TONES
from seals.errors import SealError
from seals.filing.job import ImprintRecord, Job, JobStatus, JobView
from seals.imprint.outcome import Advice

STEPS: Final = (
    JobStatus.OPEN,
    JobStatus.TAKEN,
    JobStatus.MADE,
    JobStatus.PERSONALISED,
    JobStatus.OFFERED,
    JobStatus.DELIVERED,
    JobStatus.FILED,
)
ADVICE_TONES: Final = {"agrees": "passed", "gaps": "indeterminate", "size": "indeterminate", "look": "failed"}
_NUMBER: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
"""Digests and numbers in a job's history, which tell a reader nothing."""
_ADVICE: Final = {one.word: one for one in Advice}


def job_row(frame: Frame, job: Job) -> dict[str, Any]:
    """Return what lists say about a job."""
    seal = frame.doors.seals.get(job.seal)
    return {
        "id": job.id,
        "name": seal.name,
        "kind": seal.kind.zh if frame.language == "zh" else seal.kind.en,
        "owner": seal.owner.name,
        "seal": job.seal,
        "physical": seal.physical.code,
        "status": f"job.status.{job.status.value}",
        "tone": JOB_TONES.get(job.status.value, "indeterminate"),
        "shop": job.shop,
        "age": age(frame, job.moved_at),
        "opened": job.opened_at,
    }


def age(frame: Frame, since: datetime) -> str:
    """Say how long something waits."""
    minutes = int((frame.doors.clock() - since).total_seconds() // 60)
    zh = frame.language == "zh"
    for size, chinese, english in ((1440, "天", "d"), (60, "小时", "h"), (1, "分钟", "min")):
        if minutes >= size:
            return f"{minutes // size} {chinese if zh else english}"
    return "不到一分钟" if zh else "under a minute"


def job_context(frame: Frame, view: JobView, base: str) -> dict[str, Any]:
    """Return what the page of a job shows; ``base`` is the address of its pictures."""
    job, zh = view.job, frame.language == "zh"
    seal = frame.doors.seals.get(job.seal)
    names = frame.names(f"job:{job.id}", job.seal)
    stopped = {"returned": JobStatus.DELIVERED, "closed": JobStatus.OPEN}.get(job.status.value, job.status)
    events = [
        {
            "at": event.at,
            "words": event.act.zh if zh else event.act.value.capitalize(),
            "tone": JOB_TONES.get(event.status.value, "indeterminate"),
            "note": "" if _NUMBER.fullmatch(event.detail) else event.detail,
            **by_whom(event.actor, names),
            "number": 0,
        }
        for event in reversed(view.events)
    ]
    return {
        "job": job,
        "seal": seal,
        "row": job_row(frame, job),
        "base": base,
        "steps": [one.value for one in STEPS],
        "now": STEPS.index(stopped),
        "scans": [_scan(frame, one) for one in reversed(view.imprints)],
        "deliveries": view.deliveries,
        "events": events,
    }


def _scan(frame: Frame, record: ImprintRecord) -> dict[str, Any]:
    advice = _ADVICE.get(record.advice)
    words = "" if advice is None else advice.zh if frame.language == "zh" else advice.en
    return {
        "record": record,
        "percent": f"{record.overlap * 100:.1f}",
        "advice": words,
        "tone": ADVICE_TONES.get(record.advice, "failed") if words else "indeterminate",
    }


def overlay(frame: Frame, job: str, number: int) -> Response:
    """Answer with a scan laid over the approved picture."""
    try:
        octets = frame.doors.filing.office.imprint_file(job, number, overlay=True, actor=frame.caller.actor)
    except SealError as missing:
        raise NotFound from missing
    return Response(octets, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})


def approved(frame: Frame, job: str) -> Response:
    """Answer with the picture that is to be engraved."""
    try:
        picture = frame.doors.filing.office.approved_picture(job, actor=frame.caller.actor)
    except SealError as missing:
        raise NotFound from missing
    return Response(picture.svg(), media_type="image/svg+xml")
