"""The page behind the code on a printed copy: what it was printed from, to be compared with the paper. No log-in."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.answers.printed_copy import PrintedAnswer, printed_answer
from api.pages.console.frame import day, moment
from api.pages.desk import OpenDesk
from api.web.authorisation import Doors, Limited
from signing.printing.code import read_code, shown
from signing.printing.copy import Seen
from signing.printing.errors import CodeMalformed, CopyUnknown

router = APIRouter(include_in_schema=False, dependencies=[Limited])
_MAX_TYPED: Final = 64
"""Longest text taken from the search box: a code with spaces and dashes has half of it."""


@router.get("/c")
def search(
    request: Request, desk: OpenDesk, code: Annotated[str, Query(max_length=_MAX_TYPED)] = ""
) -> Response:
    """Show the search box, or go where a code leads."""
    found = read_code(code)
    if found is not None:
        return RedirectResponse(f"/c/{found}", 303)
    status = 422 if code else 200
    return desk.paper.page(request, "public/printed_search.html", status=status, here="lookup", typed=code)


@router.get("/c/{code}")
def show(request: Request, desk: OpenDesk, doors: Doors, code: str) -> Response:
    """Show what anyone may know of a copy, with the verification answer of now."""
    typed = code[:_MAX_TYPED]
    try:
        answer = printed_answer(doors, typed)
    except CodeMalformed:
        return desk.paper.page(request, "public/printed_search.html", status=422, here="lookup", typed=typed)
    except CopyUnknown:
        told = shown(read_code(typed) or "")
        return desk.paper.page(request, "public/printed_unknown.html", status=404, here="lookup", code=told)
    word, tone = _word(answer)
    return desk.paper.page(
        request,
        "public/printed.html",
        here="lookup",
        copy=answer.found.copy,
        rule=answer.found.rule,
        sealers=answer.found.family.sealers,
        report=answer.report,
        word=word,
        tone=tone,
        grey=answer.found.copy.seen is Seen.GREY,
        day=day,
        moment=moment,
    )


@router.get("/c/{code}/page-1.png")
def first_page(doors: Doors, code: str) -> Response:
    """Draw page 1, if the owner shows it."""
    headers = {"Cache-Control": "private, max-age=300"}
    return Response(
        doors.papers.prints.first_page(code[:_MAX_TYPED]), media_type="image/png", headers=headers
    )


def _word(answer: PrintedAnswer) -> tuple[str, str]:
    """Choose the word: voided before all else, then the verdict on the original (the paper has none), then a grey copy."""
    verdict = answer.report.verdict.value
    if answer.report.voided is not None:
        return "printed.voided", "failed"
    if verdict == "passed" and answer.found.copy.seen is Seen.GREY:
        return "printed.grey", "indeterminate"
    return "printed.passed" if verdict == "passed" else f"verdict.{verdict}", verdict
