"""用印审批: what waits for me, my own requests, and one case as three lanes: 制度流, 业务流, 责任流."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from api.access.scopes import Scope
from api.errors import NotFound
from api.pages.approved_case import draft_of
from api.pages.console.engraving import age
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.pages.console.tones import CASE_TONES
from api.pages.desk import OpenDesk
from api.routes.cases import hand_of
from api.tokens.enrolment import pin_of
from ca.enrolment.approval import Ballot
from ca.enrolment.rules import Stage
from hsm.algorithms import DigestAlgorithm
from seals.cases.approved import Medium
from seals.cases.case import Attachment, CaseEntry, CaseRecord, UseRequest
from seals.cases.case_store import CaseQuery
from seals.cases.errors import CaseUnknown
from seals.cases.lanes import ThreeLanes
from seals.cases.states import TRANSITIONS, UNUSED_ONLY, CaseAct, CaseStatus
from seals.filing.house import MAX_FILE
from seals.seal import SealQuery, SealStatus

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 50
MAX_OFFERED: Final = 100
"""Seals of an enterprise that the form offers by name; the code of any other can be typed."""
OWN: Final = (CaseAct.SUBMIT, CaseAct.WITHDRAW, CaseAct.CLOSE)
"""Acts of the requester."""


@router.get("/console/cases")
def listing(
    request: Request,
    status: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Show what waits for this person, oldest first, and the cases of one state or all, newest first."""
    frame = enter(request, "cases")
    if isinstance(frame, Response):
        return frame
    chosen = CaseStatus(status) if status in set(CaseStatus) else None
    query = CaseQuery(chosen, frame.caller.actor.uscc or "", after=after, limit=PAGE_ROWS)
    found = frame.doors.use_desk.list(query)
    return frame.page(
        "cases.html",
        waiting=[] if after else [_row(frame, case) for case in _mine(frame)],
        rows=[_row(frame, case) for case in found],
        chosen=status,
        statuses=[(one.value, f"case.status.{one.value}") for one in CaseStatus],
        following=found[-1].id if len(found) == PAGE_ROWS else "",
    )


@router.get("/console/case-request")
def form(request: Request, seal: Annotated[str, Query(max_length=14)] = "") -> Response:
    """Show the form for a request to use a seal."""
    frame = enter(request, "cases")
    if isinstance(frame, Response):
        return frame
    media = [(one.value, one.zh if frame.language == "zh" else one.value) for one in Medium]
    uscc = frame.caller.actor.uscc
    known = frame.doors.seals.list(SealQuery(uscc=uscc, limit=MAX_OFFERED)).records if uscc else ()
    seals = [(one.code, one.name) for one in known if one.status is SealStatus.ACTIVE]
    return frame.page("case_request.html", seal=seal, seals=seals, media=media, key=secrets.token_hex(16))


@router.post("/console/case-request")
def send(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    csrf: Csrf,
    key: Text,
    seal: Text,
    title: Text,
    file: Annotated[UploadFile, File()],
    medium: Annotated[Medium, Form()] = Medium.ELECTRONIC,
    copies: Annotated[int, Form(ge=1, le=1000)] = 1,
    document_class: Text = "",
    amount: Text = "",
    department: Text = "",
) -> Response:
    """Open a case and hand it in: the document is kept, its digest is what is approved."""
    frame = posted(request, "cases", csrf, Scope.CASE_REQUEST)
    desk, hand, octets = frame.doors.use_desk, hand_of(frame.caller), file.file.read()
    name = file.filename or ""
    document = Attachment(DigestAlgorithm.SHA256.digest(octets), name, len(octets))
    if len(octets) <= MAX_FILE:
        document = desk.keep(octets, name)
    yuan = int(amount) if amount.strip().isdecimal() else None
    asked = UseRequest(seal.strip(), document, title, medium, copies, document_class, yuan, department)
    made = desk.open(asked, request_key=f"console:{key}", hand=hand)
    if made.status is CaseStatus.DRAFT:
        made = desk.submit(made.id, hand=hand)
    return done(f"/console/cases/{made.id}")


@router.get("/console/cases/{case}")
def one(request: Request, case: str) -> Response:
    """Show one case: its three lanes, and what this reader may do now."""
    frame = enter(request, "cases")
    if isinstance(frame, Response):
        return frame
    try:
        lanes = frame.doors.use_desk.lanes(case)
    except CaseUnknown:
        return frame.gone("cases.gone")
    record = lanes.case
    frame.caller.acting_for(record.owner_uscc)
    return frame.page(
        "case.html",
        case=record,
        row=_row(frame, record),
        rule=record.rule,
        stages=_stages(lanes),
        entries=[_entry(frame, one) for one in lanes.entries],
        permits=lanes.permits,
        acts=_acts(frame, lanes),
        seal=frame.doors.seals.get(record.seal_code),
        medium=record.request.medium.zh if frame.language == "zh" else record.request.medium.value,
    )


@router.post("/console/cases/{case}/approval")
def approve(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    case: str,
    csrf: Csrf,
    content: Text,
    comment: Annotated[str, Form(max_length=500)] = "",
    pin: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Sign the approval with the approver's key; the content is the one that was seen."""
    frame = posted(request, "cases", csrf, Scope.CASE_APPROVE)
    _demand(frame, case)
    ballot = Ballot(content, comment)
    given = pin_of(pin) if pin else None
    frame.doors.use_desk.approve_with_key(case, ballot, hand=hand_of(frame.caller), pin=given)
    return done(f"/console/cases/{case}")


@router.post("/console/cases/{case}/sealing")
def to_sealing(request: Request, desk: OpenDesk, case: str, csrf: Csrf) -> Response:
    """Take the approved document to the seal page, where it is sealed under this case."""
    frame = posted(request, "cases", csrf, Scope.SEAL_USE)
    _demand(frame, case)
    use_desk = frame.doors.use_desk
    entry = draft_of(desk, use_desk.get(case), use_desk.document(case), frame.caller.actor)
    return done(f"/seal/d/{entry.id}")


@router.post("/console/cases/{case}/{act}")
def do(request: Request, case: str, act: str, csrf: Csrf, reason: Text = "") -> Response:
    """Do an act that needs at most a reason."""
    deciding = act in (CaseAct.REJECT, CaseAct.VOID)
    frame = posted(request, "cases", csrf, Scope.CASE_APPROVE if deciding else Scope.CASE_REQUEST)
    _demand(frame, case)
    desk, hand = frame.doors.use_desk, hand_of(frame.caller)
    if act == CaseAct.REJECT:
        desk.reject(case, reason, hand=hand)
    elif act == CaseAct.VOID:
        desk.void(case, reason, hand=hand)
    elif act == CaseAct.SUBMIT:
        desk.submit(case, hand=hand)
    elif act == CaseAct.WITHDRAW:
        desk.withdraw(case, hand=hand, reason=reason)
    elif act == CaseAct.CLOSE:
        desk.close(case, hand=hand, reason=reason)
    else:
        raise NotFound
    return done(f"/console/cases/{case}")


def waiting_cases(frame: Frame, limit: int = 8) -> list[dict[str, Any]]:
    """Return what waits for this person, for the overview."""
    return [_row(frame, case) for case in _mine(frame)[:limit]]


def _demand(frame: Frame, case: str) -> None:
    frame.caller.acting_for(frame.doors.use_desk.get(case).owner_uscc)


def _mine(frame: Frame) -> list[CaseRecord]:
    """Read the cases that wait for this very person, the longest waiting first."""
    if Scope.CASE_APPROVE not in frame.caller.scopes:
        return []
    uscc = frame.caller.actor.uscc or ""
    query = CaseQuery(CaseStatus.APPROVING, uscc, limit=PAGE_ROWS, oldest_first=True)
    found = frame.doors.use_desk.list(query)
    mine = [case for case in found if _decides(frame, frame.doors.use_desk.lanes(case.id))]
    return sorted(mine, key=lambda case: case.approving_since or case.changed_at)


def _decides(frame: Frame, lanes: ThreeLanes) -> bool:
    """Tell whether this reader is asked for one of the stages that wait; nobody is for a request of their own."""
    actor, case = frame.caller.actor, lanes.case
    done_by_me = any(actor.is_any_of(one.person, one.stands_for) for one in case.approvals)
    if Scope.CASE_APPROVE not in frame.caller.scopes or actor.is_any_of(case.requester.id) or done_by_me:
        return False
    return any(_asks(frame, stage) for stage in lanes.waiting)


def _asks(frame: Frame, stage: Stage) -> bool:
    if stage.people or stage.substitutes:
        return frame.caller.actor.is_any_of(*stage.people, *stage.substitutes)
    return not stage.scope or stage.scope in {scope.value for scope in frame.caller.scopes}


def _row(frame: Frame, case: CaseRecord) -> dict[str, Any]:
    late = case.deadline is not None and case.deadline < frame.doors.clock()
    return {
        "id": case.id,
        "title": case.request.title,
        "seal": case.seal_code,
        "status": f"case.status.{case.status.value}",
        "tone": CASE_TONES[case.status.value],
        "requester": case.requester.name or case.requester.id,
        "medium": case.request.medium.zh if frame.language == "zh" else case.request.medium.value,
        "used": case.used,
        "copies": case.request.copies,
        "age": age(frame, case.approving_since or case.created_at),
        "deadline": case.deadline,
        "late": late and case.status is CaseStatus.APPROVING,
        "mine": frame.caller.actor.is_any_of(case.requester.id),
    }


def _stages(lanes: ThreeLanes) -> list[dict[str, Any]]:
    waits = {stage.id for stage in lanes.waiting}
    return [
        {
            "needed": stage.needed,
            "who": "、".join(stage.people),
            "anyone": f"cases.who.{stage.role}" if stage.role else "cases.who.scope",
            "waits": stage.id in waits,
            "approvals": [one for one in lanes.case.approvals if one.stage == stage.id],
        }
        for stage in lanes.case.rule.stages
    ]


def _entry(frame: Frame, entry: CaseEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "words": entry.act.zh if frame.language == "zh" else entry.act.value.replace("_", " ").capitalize(),
        "status": f"case.status.{entry.status.value}",
        "tone": CASE_TONES[entry.status.value],
        "by": entry.actor.name or entry.actor.id,
        "id": entry.actor.id,
        "credential": entry.credential,
        "digest": entry.digest,
    }


def _acts(frame: Frame, lanes: ThreeLanes) -> set[str]:
    """Return what this reader may do now: by the table, by scope, and never for one's own request."""
    case, acts = lanes.case, set[str]()
    own = frame.caller.actor.is_any_of(case.requester.id)
    if own and Scope.CASE_REQUEST in frame.caller.scopes:
        acts |= {act.value for act in OWN if case.status in TRANSITIONS[act]}
        acts -= {act.value for act in UNUSED_ONLY} if case.used else set()
        acts -= {CaseAct.CLOSE.value} if case.status is CaseStatus.IN_USE else set()
    if not own and Scope.CASE_APPROVE in frame.caller.scopes:
        acts |= {act.value for act in (CaseAct.REJECT, CaseAct.VOID) if case.status in TRANSITIONS[act]}
    electronic = case.request.medium is Medium.ELECTRONIC and not case.request.members
    if electronic and case.status is CaseStatus.APPROVED and Scope.SEAL_USE in frame.caller.scopes:
        acts.add("seal")
    if _decides(frame, lanes):
        acts.add(CaseAct.APPROVE.value)
    return acts
