"""The page of one result: the card, the answers and proofs, what may be done next; or that it is still being worked on."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.answers_card import answers, groups, lacks_record, proofs
from api.pages.checks import CHECKING, FAILED
from api.pages.desk import Desk
from api.pages.more_facts import with_more
from api.pages.object_card import awaits_content, with_object
from api.pages.ofd_card import with_ofd
from api.pages.paper import Visitor, language_of, visitor_of
from api.pages.question import kept
from api.pages.report_work import FAILED as NOT_ISSUED
from api.pages.reported_card import reported_card
from api.pages.seal_data_card import with_seal_data
from api.pages.shelf import Entry
from api.pages.shown_answer import ShownAnswer
from api.pages.verdict_card import card
from api.pages.words import Language, say
from api.services import Services
from verify.ses.report import SealDataKind
from verify.signatures.detached import SIGNATURES


def result_page(  # noqa: PLR0913 - what a page is made of
    request: Request, doors: Services, desk: Desk, entry: Entry, *, status: int = 200, notice: str = ""
) -> Response:
    """Write the page as things stand; ``notice`` is a sentence before everything else."""
    state = desk.checks.state(entry)
    base = f"/verify/r/{entry.id}"
    if state["status"] == CHECKING:
        return desk.paper.page(
            request,
            "waiting.html",
            status=status,
            here="verify",
            name=state["name"],
            state_url=f"{base}/state",
            notice=notice,
        )
    if state["status"] == FAILED:
        return desk.paper.failed(request, state.get("problem"), "verify")
    language = language_of(request)
    told = with_seal_data(card(state["report"], language), state["report"], language)
    told = with_object(with_ofd(told, state["report"], language), state["report"], language)
    told = with_more(told, state["report"], language)
    alone = not (state["report"]["signatures"] or state["report"].get("reported") or state["password"])
    detached = _is_detached(state)
    context: dict[str, Any] = {
        "alone": alone and not detached and "object" not in state["report"],
        "detached": detached,
        "bare": "object" in state["report"],
        "card": told,
        "reported": reported_card(state["report"], language),
        "pages": state["pages"],
        "password": state["password"],
        "sealed": _sealed(desk, entry, language),
        **_answers(request, doors, entry, state),
    }
    return desk.paper.page(
        request, "result.html", status=status, here="verify", base=base, notice=notice, **context
    )


def may_decide(visitor: Visitor | None) -> bool:
    """Tell whether somebody decides in departments' names: with the right to it, and for no enterprise."""
    if visitor is None:
        return False
    caller = visitor.caller
    return Scope.DEPARTMENT_ACCEPT in caller.scopes and caller.actor.uscc is None


def _answers(request: Request, doors: Services, entry: Entry, state: dict[str, Any]) -> dict[str, Any]:
    """Return what the page tells and offers beside the verdict: the three answers, both proofs, a department to ask."""
    found, language, visitor = state["report"], language_of(request), visitor_of(request)
    scopes = frozenset() if visitor is None else visitor.caller.scopes
    chosen = kept(entry.folder).text
    return {
        "answers": answers(found, language),
        "proofs": tuple(proofs(item, language) for item in found["signatures"]),
        "lacks_record": lacks_record(found),
        "groups": groups(doors.acceptance.departments.known(), language),
        "chosen": chosen,
        "shown": ShownAnswer.of(found),
        "may_decide": bool(chosen) and may_decide(visitor),
        "may_fetch": Scope.DOCUMENT_READ in scopes,
        "decision": state.get("decision"),
    }


def _sealed(desk: Desk, entry: Entry, language: Language) -> dict[str, str]:
    """Return how far the sealed report is, its number, and why there is none."""
    state = desk.reports.state(entry)
    told = {"status": str(state["status"]), "code": str(state.get("number", "")), "problem": ""}
    if told["status"] == NOT_ISSUED:
        problem = state["problem"]
        told["problem"] = problem[language] if problem else say(language, "sealed.interrupted")
    return told


def _is_detached(state: dict[str, Any]) -> bool:
    """Tell whether the upload is a signature in a file of its own, from what the verifier reported."""
    report = state["report"]
    if awaits_content(report):
        return True
    if report.get("seal_data"):
        return bool(report["seal_data"]["kind"] == SealDataKind.SEAL_SIGNATURE)
    found = report["signatures"]
    alone = len(found) == 1 and not found[0]["field"] and not state["pages"]
    return alone and found[0]["container"] in SIGNATURES
