"""批量用印: the newest batches, a form for one more, and one batch with its bar, its failures and what may be done."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.routes.batches import received
from api.routes.cases import hand_of
from api.tokens.enrolment import pin_of
from hsm.pins import Pin
from signing.batch.batch import BatchProgress, BatchRequest, BatchState, DocumentState
from signing.batch.errors import BatchNotApproved, BatchUnknown
from signing.level import Level

router = APIRouter(include_in_schema=False)
PinText = Annotated[str, Form(max_length=64)]
FAILURES: Final = 100
"""Failures shown; the report has them all."""
TONES: Final = {
    BatchState.GATHERING: "unreadable",
    BatchState.WAITING: "indeterminate",
    BatchState.RUNNING: "indeterminate",
    BatchState.HALTED: "failed",
    BatchState.FINISHED: "passed",
    BatchState.CANCELLED: "unreadable",
}


@router.get("/console/batches")
def listing(request: Request) -> Response:
    """Show the newest batches and how far each is."""
    frame = enter(request, "batches")
    if isinstance(frame, Response):
        return frame
    desk = frame.doors.batches.desk
    found = desk.list(uscc=frame.caller.actor.uscc or "")
    return frame.page("batches.html", rows=[_row(frame, desk.progress(one.id)) for one in found])


@router.get("/console/batch-request")
def form(request: Request) -> Response:
    """Show the form for a batch."""
    frame = enter(request, "batches")
    if isinstance(frame, Response):
        return frame
    return frame.page("batch_request.html", key=secrets.token_hex(16), levels=[one.value for one in Level])


@router.post("/console/batch-request")
def send(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    csrf: Csrf,
    key: Text,
    seal: Text,
    title: Text,
    file: Annotated[list[UploadFile], File()],
    placement: Annotated[str, Form(max_length=2000)],
    level: Annotated[Level, Form()] = Level.B_LT,
    document_class: Text = "",
    amount: Text = "",
    pin: PinText = "",
) -> Response:
    """Open a batch, hand the documents in and start it, unless its case waits for approval."""
    frame = posted(request, "batches", csrf, Scope.SEAL_USE)
    hand, batches = hand_of(frame.caller), frame.doors.batches
    yuan = int(amount) if amount.strip().isdecimal() else None
    asked = BatchRequest(
        title,
        seal.strip(),
        placement,
        level,
        document_class=document_class,
        amount=yuan,
        request_key=f"console:{key}",
    )
    made = batches.desk.open(asked, hand=hand)
    if made.state is BatchState.GATHERING:
        with received(file, ("", "", "")) as documents:
            batches.desk.add(made.id, documents, hand=hand)
        batches.desk.submit(made.id, hand=hand)
    try:
        batches.desk.demand_approval(made.id)
    except BatchNotApproved:  # the page says so, and which case it is
        return done(f"/console/batches/{made.id}")
    batches.start(made.id, hand=hand, pin=_pin(pin))
    return done(f"/console/batches/{made.id}")


@router.get("/console/batches/{batch}")
def one(request: Request, batch: str) -> Response:
    """Show one batch; its bar follows the stream of events, and a reload finds it where it is."""
    frame = enter(request, "batches")
    if isinstance(frame, Response):
        return frame
    desk = frame.doors.batches.desk
    try:
        progress = desk.progress(batch, hand=hand_of(frame.caller))
    except BatchUnknown:
        return frame.gone("batches.gone")
    return frame.page(
        "batch.html",
        batch=progress.batch,
        row=_row(frame, progress),
        progress=progress,
        failures=desk.documents(batch, state=DocumentState.FAILED, limit=FAILURES),
        acts=_acts(frame, progress),
        approval=_approval(frame, progress),
        zh=frame.language == "zh",
    )


@router.post("/console/batches/{batch}/start")
def start(request: Request, batch: str, csrf: Csrf, pin: PinText = "") -> Response:
    """Start it, or go on."""
    frame = posted(request, "batches", csrf, Scope.SEAL_USE)
    frame.doors.batches.start(batch, hand=hand_of(frame.caller), pin=_pin(pin))
    return done(f"/console/batches/{batch}")


@router.post("/console/batches/{batch}/retry")
def retry(
    request: Request,
    batch: str,
    csrf: Csrf,
    pin: PinText = "",
    number: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Retry what failed: those chosen, or all."""
    frame = posted(request, "batches", csrf, Scope.SEAL_USE)
    frame.doors.batches.retry(batch, number or None, hand=hand_of(frame.caller), pin=_pin(pin))
    return done(f"/console/batches/{batch}")


@router.post("/console/batches/{batch}/cancel")
def cancel(request: Request, batch: str, csrf: Csrf) -> Response:
    """Cancel it."""
    frame = posted(request, "batches", csrf, Scope.SEAL_USE)
    frame.doors.batches.desk.cancel(batch, hand=hand_of(frame.caller))
    return done(f"/console/batches/{batch}")


def _row(frame: Frame, progress: BatchProgress) -> dict[str, Any]:
    found = progress.batch
    return {
        "id": found.id,
        "title": found.request.title,
        "seal": found.request.seal_code,
        "status": f"batch.state.{found.state.value}",
        "tone": TONES[found.state],
        "by": found.actor.name or found.actor.id,
        "settled": progress.done + progress.failed,
        "done": progress.done,
        "failed": progress.failed,
        "total": found.total,
        "created_at": found.created_at,
        "fault": found.fault.zh if frame.language == "zh" else found.fault.en,
    }


def _acts(frame: Frame, progress: BatchProgress) -> set[str]:
    """Return what this reader may do now."""
    if Scope.SEAL_USE not in frame.caller.scopes:
        return set()
    state, acts = progress.batch.state, set[str]()
    if state in (BatchState.WAITING, BatchState.HALTED):
        acts.add("start")
    here = frame.doors.batches.crew_of(progress.batch.id)
    if state is BatchState.RUNNING and progress.workers == 0 and here is None:
        acts.add("start")
    if state is BatchState.FINISHED and progress.failed:
        acts.add("retry")
    if state in (BatchState.WAITING, BatchState.HALTED, BatchState.RUNNING, BatchState.GATHERING):
        acts.add("cancel")
    return acts


def _approval(frame: Frame, progress: BatchProgress) -> str:
    """Return the number of the case that the batch waits for, if it does."""
    try:
        frame.doors.batches.desk.demand_approval(progress.batch.id)
    except BatchNotApproved as waiting:
        return waiting.case_id
    return ""


def _pin(text: str) -> Pin | None:
    return pin_of(text) if text else None
