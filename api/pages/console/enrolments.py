"""Console pages of the registration officer: the queue, one enrolment with checklist, approvals and timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.frame import Frame, enter, profile_title
from api.pages.words import WORDS, Language
from ca.enrolment.approval import counted, missing, person_of
from ca.enrolment.enrolment_store import EnrolmentQuery
from ca.enrolment.errors import EnrolmentUnknown, RuleMissing
from ca.enrolment.moving import case_of
from ca.enrolment.request import EnrolmentRecord
from ca.enrolment.rules import Matter
from ca.enrolment.states import TRANSITIONS, EnrolmentAct, EnrolmentStatus, RejectionCode
from ca.profile import PROFILES

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 50
WAITING: Final = (
    EnrolmentStatus.SUBMITTED,
    EnrolmentStatus.CHECKING,
    EnrolmentStatus.APPROVING,
    EnrolmentStatus.APPROVED,
    EnrolmentStatus.ISSUED,
)
"""States in which somebody at the desk has something to do."""
TONES: Final = {
    EnrolmentStatus.DRAFT: "unreadable",
    EnrolmentStatus.ISSUED: "passed",
    EnrolmentStatus.DELIVERED: "passed",
    EnrolmentStatus.REJECTED: "failed",
    EnrolmentStatus.FAILED: "failed",
    EnrolmentStatus.WITHDRAWN: "unreadable",
    EnrolmentStatus.EXPIRED: "unreadable",
}
"""Every other state is under way."""
JUDGING: Final = (EnrolmentAct.CHECK, EnrolmentAct.APPROVE, EnrolmentAct.REJECT)
HANDING_OUT: Final = (EnrolmentAct.BEGIN, EnrolmentAct.DELIVER)
OWN_ACTS: Final = (EnrolmentAct.SUBMIT, EnrolmentAct.WITHDRAW)


@router.get("/console/enrolments")
def queue(
    request: Request,
    status: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show what is waiting, oldest first, or every enrolment in one state, newest first."""
    frame = enter(request, "enrolments")
    if isinstance(frame, Response):
        return frame
    chosen = EnrolmentStatus(status) if status in set(EnrolmentStatus) else None
    rows = [_row(frame, record) for record in _records(frame, chosen, after)]
    words = [(one.value, _status_words(one, frame.language)) for one in EnrolmentStatus]
    following = rows[-1]["id"] if chosen and len(rows) == PAGE_ROWS else ""
    return frame.page("enrolments.html", rows=rows, chosen=status, statuses=words, following=following)


@router.get("/console/enrolments/new")
def application(request: Request) -> Response:
    """Show the form for a new request; the service checks what it is sent."""
    frame = enter(request, "enrolments")
    if isinstance(frame, Response):
        return frame
    rules, zh = frame.doors.enrolments.office.rules, frame.language == "zh"
    profiles: list[dict[str, Any]] = []
    documents: dict[str, str] = {}
    for profile in PROFILES.values():
        try:
            rule = rules.find(Matter.NEW, profile.id)
        except RuleMissing:
            continue
        title = profile_title(profile.id, frame.language)
        profiles.append({"id": profile.id, "title": title, "pair": bool(rule.encryption_profile)})
        for item in rule.checklist:
            fallback = (item.zh, item.en)
            if item.evidence:
                documents[item.evidence] = WORDS.get(f"document.{item.evidence}", fallback)[0 if zh else 1]
    uscc = frame.caller.actor.uscc
    mine = frame.doors.enterprises.get(uscc) if uscc else None
    return frame.page(
        "application.html", profiles=profiles, documents=list(documents.items()), enterprise=mine
    )


@router.get("/console/enrolments/{name}")
def one(request: Request, name: str) -> Response:
    """Show one enrolment and what its reader may do with it now."""
    frame = enter(request, "enrolments")
    if isinstance(frame, Response):
        return frame
    try:
        record = frame.doors.enrolments.get(name)
    except EnrolmentUnknown:
        return frame.gone("enrolment.gone")
    subject = record.content.subject
    frame.caller.acting_for(subject.uscc)
    case = case_of(record)
    stages = [
        {
            "id": stage.id,
            "words": WORDS.get(f"stage.{stage.id}", (stage.id, stage.id))[0 if frame.language == "zh" else 1],
            "needed": stage.needed,
            "missing": missing(case, stage) if record.status is not EnrolmentStatus.DRAFT else stage.needed,
            "people": [one for one in counted(case) if one.stage == stage.id],
        }
        for stage in record.rule.stages
    ]
    return frame.page(
        "enrolment.html",
        record=record,
        row=_row(frame, record),
        subject=subject,
        items=_items(record, frame.language),
        stages=stages,
        acts=_acts(frame, record),
        kinds={
            key.removeprefix("document."): both[0 if frame.language == "zh" else 1]
            for key, both in WORDS.items()
            if key.startswith("document.")
        },
        reasons=[(code.value, f"reject.{code.value}") for code in RejectionCode],
        serial=f"{record.serial:x}" if record.serial is not None else "",
        encryption_serial=f"{record.encryption_serial:x}" if record.encryption_serial is not None else "",
    )


def waiting(frame: Frame, limit: int = 8) -> list[dict[str, Any]]:
    """Return the oldest enrolments that wait, for the overview."""
    if not frame.caller.scopes.intersection((Scope.RA_REQUEST, Scope.RA_APPROVE)):
        return []
    return [_row(frame, record) for record in _records(frame, None, "")[:limit]]


def _records(frame: Frame, chosen: EnrolmentStatus | None, after: str) -> list[EnrolmentRecord]:
    """Read those in one state, newest first, or all that wait, oldest first."""
    desk, uscc = frame.doors.enrolments, frame.caller.actor.uscc or ""
    if chosen is not None:
        return list(desk.list(EnrolmentQuery(status=chosen, uscc=uscc, after=after, limit=PAGE_ROWS)))
    found = [
        record
        for status in WAITING
        for record in desk.list(EnrolmentQuery(status, uscc, limit=PAGE_ROWS, oldest_first=True))
    ]
    return sorted(found, key=lambda record: record.created_at)[:PAGE_ROWS]


def _row(frame: Frame, record: EnrolmentRecord) -> dict[str, Any]:
    content, now = record.content, frame.doors.clock()
    title = profile_title(content.profile, frame.language)
    late = record.deadline is not None and record.status in WAITING and record.deadline < now
    return {
        "id": record.id,
        "name": content.subject.searched,
        "uscc": content.subject.uscc,
        "title": title,
        "matter": content.matter.value,
        "dual": content.dual,
        "status": _status_words(record.status, frame.language),
        "tone": TONES.get(record.status, "indeterminate"),
        "requester": record.requester.name or record.requester.id,
        "mine": person_of(record.requester) == person_of(frame.caller.actor),
        "created": record.created_at,
        "age": _age(record.created_at, now, frame.language),
        "deadline": record.deadline,
        "late": late,
        "approved": len(record.approvals),
        "needed": record.rule.needed,
    }


def _status_words(status: EnrolmentStatus, language: Language) -> str:
    return status.zh if language == "zh" else status.value.capitalize()


def _age(since: datetime, now: datetime, language: Language) -> str:
    minutes = int((now - since).total_seconds() // 60)
    for size, zh, en in ((1440, "天", "d"), (60, "小时", "h"), (1, "分钟", "min")):
        if minutes >= size:
            return f"{minutes // size} {zh if language == 'zh' else en}"
    return "不到一分钟" if language == "zh" else "under a minute"


def _items(record: EnrolmentRecord, language: Language) -> list[dict[str, Any]]:
    marks = {mark.item: mark for mark in record.checks}
    held = {one.kind for one in record.content.evidence}
    return [
        {
            "id": item.id,
            "words": item.zh if language == "zh" else item.en,
            "mark": marks.get(item.id),
            "lacks": bool(item.evidence) and item.evidence not in held,
        }
        for item in record.rule.checklist
    ]


def _acts(frame: Frame, record: EnrolmentRecord) -> set[str]:
    """Return what this reader may do now: by the table, by scope, and never for one's own request."""
    mine = person_of(record.requester) == person_of(frame.caller.actor)
    wanted: list[EnrolmentAct] = []
    if Scope.RA_APPROVE in frame.caller.scopes:
        wanted += HANDING_OUT if mine else (*JUDGING, *HANDING_OUT)
    if Scope.RA_REQUEST in frame.caller.scopes and mine:
        wanted += OWN_ACTS
    return {act.value for act in wanted if record.status in TRANSITIONS[act]}
