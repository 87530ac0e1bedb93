"""制作台: the engraver's queue and one job, step by step: take, upload the imprint, make, chip, offer, deliver (B2)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from api.access.scopes import Scope
from api.errors import InputInvalid, NotFound
from api.pages.console.engraving import approved, job_context, job_row, overlay
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from ca.tokens.inventory_store import Place
from seals.filing.errors import FilingError
from seals.filing.house import MAX_FILE
from seals.filing.job import TRANSITIONS, Document, JobAct, JobQuery, JobStatus
from seals.filing.people import Identity

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 50
OFFERED: Final = (
    JobAct.TAKE,
    JobAct.IMPRINT,
    JobAct.MAKE,
    JobAct.PERSONALISE,
    JobAct.OFFER,
    JobAct.DELIVER,
    JobAct.REWORK,
    JobAct.RELEASE,
)
"""Acts of the shop, in the order of the work."""
Upload = Annotated[UploadFile, File()]


@router.get("/console/workshop")
def queue(
    request: Request,
    status: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Show the shop's own jobs and those open to its division, oldest first."""
    frame = enter(request, "workshop")
    if isinstance(frame, Response):
        return frame
    chosen = JobStatus(status) if status in set(JobStatus) else None
    query = JobQuery(status=chosen, for_shop=frame.caller.actor.uscc or "", after=after, limit=PAGE_ROWS)
    page = frame.doors.filing.office.list(query)
    rows = [job_row(frame, job) for job in page.items]
    return frame.page(
        "jobs.html",
        rows=rows,
        chosen=status,
        statuses=[(one.value, f"job.status.{one.value}") for one in JobStatus],
        following=page.next or "",
        at="workshop",
    )


@router.get("/console/workshop/{job}")
def one(request: Request, job: str) -> Response:
    """Show one job with the step that is due."""
    frame = enter(request, "workshop")
    return frame if isinstance(frame, Response) else _page(frame, job)


@router.get("/console/workshop/{job}/approved.svg")
def picture(request: Request, job: str) -> Response:
    """Return the picture to engrave, to the job's shop."""
    frame = enter(request, "workshop")
    return frame if isinstance(frame, Response) else approved(frame, job)


@router.get("/console/workshop/{job}/overlay-{number}.png")
def laid_over(request: Request, job: str, number: int) -> Response:
    """Return a scan laid over the approved picture."""
    frame = enter(request, "workshop")
    return frame if isinstance(frame, Response) else overlay(frame, job, number)


@router.post("/console/workshop/{job}/imprint")
def imprint(request: Request, job: str, csrf: Csrf, scan: Upload) -> Response:
    """Take the scan of the imprint; it is on record before it is compared."""
    frame = posted(request, "workshop", csrf, Scope.SEAL_ENGRAVE)
    octets = scan.file.read(MAX_FILE + 1)
    frame.doors.filing.workshop.upload_imprint(job, octets, actor=frame.caller.actor)
    return done(f"/console/workshop/{job}")


@router.post("/console/workshop/{job}/challenge")
def challenge(request: Request, job: str, csrf: Csrf, chip: Text, place: Text) -> Response:
    """Make a challenge to the chip and show what it is to sign; ``place`` is APPLICATION/CONTAINER."""
    frame = posted(request, "workshop", csrf, Scope.SEAL_ENGRAVE)
    application, _, container = place.partition("/")
    asked = frame.doors.filing.chip.challenge(
        job, Place(chip.strip(), application.strip(), container.strip()), actor=frame.caller.actor
    )
    return _page(
        frame, job, asked={"id": asked.id, "message": base64.b64encode(asked.message).decode(), "chip": chip}
    )


@router.post("/console/workshop/{job}/chip")
def answer(
    request: Request,
    job: str,
    csrf: Csrf,
    asked: Text,
    signature: Annotated[str, Form(max_length=2048)],
) -> Response:
    """Take the chip's answer."""
    frame = posted(request, "workshop", csrf, Scope.SEAL_ENGRAVE)
    try:
        octets = base64.b64decode("".join(signature.split()), validate=True)
    except binascii.Error:
        raise InputInvalid("应答应为 base64。", "The answer is base64.") from None
    frame.doors.filing.chip.answer(job, asked, octets, actor=frame.caller.actor)
    return done(f"/console/workshop/{job}")


@router.post("/console/workshop/{job}/delivery")
def deliver(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    job: str,
    csrf: Csrf,
    name: Text,
    number: Text,
    receipt: Upload,
    document: Annotated[Document, Form()] = Document.RESIDENT_ID,
    letter: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Hand the seal over to a proven person, against a signed receipt."""
    frame = posted(request, "workshop", csrf, Scope.SEAL_ENGRAVE)
    frame.doors.filing.workshop.deliver(
        job,
        Identity(name, document, number),
        receipt=receipt.file.read(MAX_FILE + 1),
        letter=letter.file.read(MAX_FILE + 1) if letter is not None and letter.filename else b"",
        actor=frame.caller.actor,
    )
    return done(f"/console/workshop/{job}")


@router.post("/console/workshop/{job}/{act}")
def do(request: Request, job: str, act: str, csrf: Csrf, reason: Text = "") -> Response:
    """Do an act that needs at most a reason."""
    frame = posted(request, "workshop", csrf, Scope.SEAL_ENGRAVE)
    shop, actor = frame.doors.filing.workshop, frame.caller.actor
    if act == JobAct.TAKE:
        shop.take(job, actor=actor)
    elif act == JobAct.MAKE:
        shop.make(job, actor=actor)
    elif act == JobAct.OFFER:
        shop.offer(job, actor=actor)
    elif act == JobAct.RELEASE:
        shop.release(job, actor=actor, reason=reason)
    elif act == JobAct.REWORK:
        shop.rework(job, actor=actor, reason=reason)
    else:
        raise NotFound
    return done(f"/console/workshop/{job}")


def _page(frame: Frame, job: str, asked: dict[str, Any] | None = None) -> Response:
    try:
        view = frame.doors.filing.office.get(job, actor=frame.caller.actor)
    except FilingError:
        return frame.gone("workshop.gone")
    found = view.job
    mine = found.shop == frame.caller.actor.uscc or found.status is JobStatus.OPEN
    acts = [act.value for act in OFFERED if mine and found.status in TRANSITIONS[act]]
    if JobAct.REWORK.value in acts and found.status is not JobStatus.RETURNED:
        acts.remove(JobAct.REWORK.value)  # of one not returned the seal's own table decides: by the interface
    if not found.imprint and JobAct.MAKE.value in acts:
        acts.remove(JobAct.MAKE.value)
    documents = [(one.value, f"document.id.{one.value}") for one in Document]
    context = job_context(frame, view, f"/console/workshop/{found.id}")
    return frame.page("workshop.html", acts=acts, asked=asked, documents=documents, **context)
