"""Beside the verdict: ask a department, hand in evidence records, decide in the department's name, have a report sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from api.access.scopes import Scope
from api.errors import NotAuthenticated, NotFound
from api.pages.checks import DONE
from api.pages.desk import Desk, OpenDesk
from api.pages.paper import language_of, visitor_of
from api.pages.question import EVIDENCE, MAX_CHOICE, Choice, kept
from api.pages.report_work import found_of, keep_found
from api.pages.result_page import result_page
from api.pages.shelf import Entry
from api.pages.shown_answer import ShownAnswer, sent_back
from api.pages.upload_check import verify_upload
from api.pages.words import say
from api.services import Services
from api.web.authorisation import Doors, LimitedWithoutKey
from seals.cases.case import Hand
from signing.recognition.ledger import Decision
from verify.institution.record import MAX_RECORD_SIZE, MAX_RECORDS

router = APIRouter(include_in_schema=False)
FRESH: Final = timedelta(minutes=10)
"""How long a decision may rest on a judgement that is not made anew: longer than it takes to read, shorter than seals are stopped unseen."""
MAX_EVIDENCE: Final = MAX_RECORDS * MAX_RECORD_SIZE


@router.post("/verify/r/{name}/act", dependencies=[LimitedWithoutKey])
def choose(
    doors: Doors, desk: OpenDesk, name: str, act: Annotated[str, Form(max_length=MAX_CHOICE)] = ""
) -> RedirectResponse:
    """Ask another department, or none: the file is verified again and the department answers."""
    entry, choice = _found(desk, name), Choice.read(act)
    doors.acceptance.question(choice.department, choice.act)
    choice.keep(entry.folder)
    entry.update(decision=None)
    desk.checks.begin(entry)
    return RedirectResponse(f"/verify/r/{name}", 303)


@router.post("/verify/r/{name}/evidence", dependencies=[LimitedWithoutKey])
def give_evidence(desk: OpenDesk, name: str, file: Annotated[UploadFile, File()]) -> RedirectResponse:
    """Verify the file together with its evidence records."""
    entry = _found(desk, name)
    partial = entry.folder / f".{EVIDENCE}"
    partial.write_bytes(file.file.read(MAX_EVIDENCE + 1))
    partial.replace(entry.folder / EVIDENCE)
    desk.checks.begin(entry)
    return RedirectResponse(f"/verify/r/{name}", 303)


@router.get("/verify/r/{name}/evidence.jws")
def evidence_record(request: Request, doors: Doors, desk: OpenDesk, name: str) -> Response:
    """Give the evidence record of a document that was sealed here, to those who may read its documents."""
    state, visitor = _found(desk, name).state(), visitor_of(request)
    if visitor is None:
        raise NotAuthenticated
    visitor.caller.require(Scope.DOCUMENT_READ)
    if "report" not in state:
        raise NotFound
    given = doors.acceptance.records.give(str(state["report"]["sha256"]), actor=visitor.caller.actor)
    headers = {"Content-Disposition": f'attachment; filename="{given.sealing}.evidence.jws"'}
    return Response(given.jws + "\n", media_type="application/jose", headers=headers)


@router.post("/verify/r/{name}/decision")
def decide(  # noqa: PLR0913 - the parts of a form and its address
    *,
    request: Request,
    doors: Doors,
    desk: OpenDesk,
    name: str,
    csrf: Annotated[str, Form(max_length=200)],
    purpose: Annotated[str, Form(max_length=200)],
    shown: Annotated[ShownAnswer, Depends(sent_back)],
) -> Response:
    """Put the department's answer on the recognition ledger, in the name of whoever is logged in; once for each upload.

    Decided is what was read: where the question, the policy, its answer or the verdict is another by now, nothing is recorded and the
    page is shown again as it stands (409).
    """
    visitor = visitor_of(request)
    if visitor is None:
        raise NotAuthenticated
    doors.sessions.check_csrf(visitor.session, csrf, site=request.headers.get("Sec-Fetch-Site"))
    caller = visitor.caller
    caller.require(Scope.DEPARTMENT_ACCEPT)
    caller.of_the_authority()
    entry = _found(desk, name)
    if _is_old(doors, entry):
        notice = say(language_of(request), "decision.old")
        return result_page(request, doors, desk, entry, status=409, notice=notice)
    decision = _as_shown(doors, desk, entry, shown, purpose)
    if decision is None:
        notice = say(language_of(request), "decision.changed")
        return result_page(request, doors, desk, entry, status=409, notice=notice)
    hand = Hand(caller.actor, f"key:{caller.key_prefix}", frozenset(scope.value for scope in caller.scopes))
    key = f"page-{entry.id}-{shown.mark}"
    row = doors.acceptance.ledger.decide(decision, request_key=key, hand=hand)
    entry.update(decision=row.number)
    return RedirectResponse(f"/verify/r/{name}", 303)


def _is_old(doors: Services, entry: Entry) -> bool:
    """Tell whether what is known of a file cannot be judged anew, as one with a password, and was judged too long ago."""
    if not entry.unlocked.exists():
        return False
    judged_at = found_of(entry.folder).verified_at
    return judged_at is None or doors.clock() - judged_at > FRESH


def _as_shown(doors: Services, desk: Desk, entry: Entry, shown: ShownAnswer, purpose: str) -> Decision | None:
    """Judge the upload anew; nothing unless what is kept of it, and what comes of it now, are both what was shown.

    Where only the new judgement differs, it is kept, so that the page shows it.
    """
    choice, state = kept(entry.folder), desk.checks.state(entry)
    if state["status"] != DONE or ShownAnswer.of(state["report"]) != shown:
        return None
    policy = doors.acceptance.departments.find(choice.department)
    if entry.unlocked.exists():  # the password was asked for once and is kept by nobody
        judged = found_of(entry.folder)
    else:
        judged = verify_upload(doors, entry.document, str(state["name"]))
    decision = Decision(judged, policy, choice.act, purpose)
    if ShownAnswer.by(decision.acceptance, judged.verdict) == shown:
        return decision
    found = doors.acceptance.answered(judged, choice.department, choice.act)
    keep_found(entry.folder, found)
    entry.update(report=found.to_json())
    return None


@router.post("/verify/r/{name}/sealed-report")
def sealed_report(desk: OpenDesk, name: str) -> RedirectResponse:
    """Have the verification service seal a report that says what this page says, with the department's answer."""
    entry = _found(desk, name)
    if desk.checks.state(entry)["status"] != DONE:
        raise NotFound
    desk.reports.begin(entry)
    return RedirectResponse(f"/verify/r/{name}", 303)


@router.get("/verify/r/{name}/sealed-report")
def sealed_report_state(desk: OpenDesk, name: str) -> dict[str, str]:
    """Tell how far the sealed report is."""
    return {"status": str(desk.reports.state(_found(desk, name))["status"])}


def _found(desk: Desk, name: str) -> Entry:
    entry = desk.checks.shelf.get(name)
    if entry is None:
        raise NotFound
    return entry
