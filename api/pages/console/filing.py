"""备案: the filing officer's queue by age, one filing with its overlay, and accepting or returning it (B3).

Also where an application is approved for engraving: that is the officer's first act on a new seal.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.engraving import approved, job_context, job_row, overlay
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.tokens.enrolment import serial_of
from ca.certificate import CertificateQuery, CertificateStatus
from seals.filing.errors import FilingError
from seals.filing.job import Document, JobStatus, ReturnReason
from seals.filing.people import Identity

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 50
MAX_CHOICES: Final = 20
"""Certificates offered for binding; an enterprise has a handful."""


@router.get("/console/filing")
def queue(request: Request, after: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Show what waits, the longest waiting first."""
    frame = enter(request, "filing")
    if isinstance(frame, Response):
        return frame
    page = frame.doors.filing.office.queue(actor=frame.caller.actor, after=after, limit=PAGE_ROWS)
    rows = [job_row(frame, job) for job in page.items]
    return frame.page("jobs.html", rows=rows, chosen="", statuses=[], following=page.next or "", at="filing")


@router.get("/console/filing/{job}")
def one(request: Request, job: str) -> Response:
    """Show one filing: what was approved, what was engraved, who fetched it."""
    frame = enter(request, "filing")
    return frame if isinstance(frame, Response) else _page(frame, job)


@router.get("/console/filing/{job}/approved.svg")
def picture(request: Request, job: str) -> Response:
    """Return the approved picture, to officers."""
    frame = enter(request, "filing")
    return frame if isinstance(frame, Response) else approved(frame, job)


@router.get("/console/filing/{job}/overlay-{number}.png")
def laid_over(request: Request, job: str, number: int) -> Response:
    """Return a scan laid over the approved picture."""
    frame = enter(request, "filing")
    return frame if isinstance(frame, Response) else overlay(frame, job, number)


@router.post("/console/filing/{job}/acceptance")
def accept(request: Request, job: str, csrf: Csrf, certificate: Text) -> Response:
    """File the seal: the certificate is bound, the chip linked, the pair active."""
    frame = posted(request, "filing", csrf, Scope.SEAL_FILE)
    frame.caller.of_the_authority()
    bound = frame.doors.enrolment.in_force(serial_of(certificate))
    frame.doors.filing.office.accept(job, certificate=bound, actor=frame.caller.actor)
    return done(f"/console/filing/{job}")


@router.post("/console/filing/{job}/return")
def give_back(request: Request, job: str, csrf: Csrf, code: Text, reason: Text) -> Response:
    """Return the filing with a reason code and a text."""
    frame = posted(request, "filing", csrf, Scope.SEAL_FILE)
    frame.caller.of_the_authority()
    frame.doors.filing.office.return_(job, code=code, reason=reason, actor=frame.caller.actor)
    return done(f"/console/filing/{job}")


@router.post("/console/seals/{code}/order")
def order(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    code: str,
    csrf: Csrf,
    shop: Text = "",
    name: Text = "",
    number: Text = "",
) -> Response:
    """Approve a seal for engraving and open its job (准予刻制)."""
    frame = posted(request, "seals", csrf, Scope.SEAL_APPROVE)
    frame.caller.of_the_authority()
    known = Identity(name, Document.RESIDENT_ID, number) if name or number else None
    frame.doors.filing.office.order(code, actor=frame.caller.actor, shop=shop.strip(), representative=known)
    return done(f"/console/seals/{code}")


def waiting_filings(frame: Frame, limit: int = 8) -> list[dict[str, Any]]:
    """Return what waits longest for an officer, for the overview."""
    if Scope.SEAL_FILE not in frame.caller.scopes or frame.caller.actor.uscc is not None:
        return []
    page = frame.doors.filing.office.queue(actor=frame.caller.actor, limit=limit)
    return [job_row(frame, job) for job in page.items]


def _page(frame: Frame, job: str) -> Response:
    frame.caller.of_the_authority()
    try:
        view = frame.doors.filing.office.get(job, actor=frame.caller.actor)
    except FilingError:
        return frame.gone("filing.gone")
    found, zh = view.job, frame.language == "zh"
    query = CertificateQuery(
        uscc=found.owner, profile="enterprise-seal", status=CertificateStatus.ISSUED, limit=MAX_CHOICES
    )
    certificates = frame.doors.authority.find(query).items
    return frame.page(
        "filing.html",
        decides=found.status is JobStatus.DELIVERED and Scope.SEAL_FILE in frame.caller.scopes,
        reasons=[(one.code, one.zh if zh else one.en) for one in ReturnReason],
        certificates=[(f"{one.serial:x}", one.name, one.not_after) for one in certificates],
        **job_context(frame, view, f"/console/filing/{found.id}"),
    )
