"""A seal by its code: the search box, and the page that a QR code opens. No log-in, no picture, nothing personal."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.console.frame import day, moment
from api.pages.desk import OpenDesk
from api.pages.qr import qr_answer
from api.routes.pki import JOSE
from api.web.authorisation import Doors, Limited
from ca.clock import BEIJING
from seals.lookup.answer import UNKNOWN, SealLookup
from seals.lookup.desk import as_utc
from seals.lookup.errors import CodeMalformed, MomentToCome
from seals.seal import SealStatus, is_electronic_code, is_physical_code

router = APIRouter(include_in_schema=False)
TONES: Final = {
    SealStatus.ACTIVE.value: "passed",
    SealStatus.FROZEN.value: "failed",
    SealStatus.REVOKED.value: "failed",
    SealStatus.SUPERSEDED.value: "failed",
    SealStatus.CLOSED.value: "failed",
    "expired": "failed",
    UNKNOWN: "unreadable",
}
"""Every other state is on its way to use, or off it for a while."""
EXPLAINED: Final = frozenset(TONES) | {SealStatus.SUSPENDED.value}
_BLANK: Final = re.compile(r"[\s\-–—_·]+")
_MAX_TYPED: Final = 64
"""Longest text taken from the search box: a code with spaces and dashes has half of it."""


@router.get("/s", dependencies=[Limited])
def search(
    request: Request, desk: OpenDesk, code: Annotated[str, Query(max_length=_MAX_TYPED)] = ""
) -> Response:
    """Show the search box, or go where a code leads."""
    typed = _BLANK.sub("", code)
    if is_physical_code(typed) or is_electronic_code(typed):
        return RedirectResponse(f"/s/{typed}", 303)
    status = 422 if code else 200
    return desk.paper.page(request, "public/search.html", status=status, here="lookup", typed=code)


@router.get("/s/{code}", dependencies=[Limited])
def show(
    request: Request,
    desk: OpenDesk,
    doors: Doors,
    code: str,
    at: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Show what anyone may know about a seal, now or at a past moment."""
    asked, fault = None, ""
    try:
        asked = _moment(at)
        found = doors.lookups.ask(code, asked).lookup
    except CodeMalformed:
        return desk.paper.page(
            request, "public/search.html", status=422, here="lookup", typed=code[:_MAX_TYPED]
        )
    except (ValueError, MomentToCome):
        asked, fault = None, "lookup.past.malformed"
        found = doors.lookups.ask(code).lookup
    return desk.paper.page(
        request,
        "public/seal.html",
        status=422 if fault else 200,
        here="lookup",
        found=found,
        tone=TONES.get(found.status, "indeterminate"),
        word=f"lookup.state.{UNKNOWN}" if found.status == UNKNOWN else f"seal.status.{found.status}",
        why=_why(found),
        asked_at=asked,
        at=at if asked else "",
        fault=fault,
        base=doors.settings.base_url,
        day=day,
        moment=moment,
    )


@router.get("/s/{code}/answer.jws", dependencies=[Limited])
def answer(doors: Doors, code: str, at: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Return the signed answer as a file."""
    try:
        asked = _moment(at)
    except ValueError:
        raise MomentToCome from None
    headers = {"Content-Disposition": f'attachment; filename="seal-{code}.jws"'}
    return Response(doors.lookups.ask(code, asked).jws, media_type=JOSE, headers=headers)


@router.get("/s/{code}/qr.svg", dependencies=[Limited])
def picture(doors: Doors, code: str) -> Response:
    """Draw the QR code of the seal's page; whether there is such a seal plays no part."""
    if not (is_physical_code(code) or is_electronic_code(code)):
        raise CodeMalformed
    return qr_answer(f"{doors.settings.base_url}/s/{code}")


def _why(found: SealLookup) -> str:
    return f"lookup.why.{found.status if found.status in EXPLAINED else 'making'}"


def _moment(text: str) -> datetime | None:
    """Read what a date field sends, in Beijing's time unless it names a zone; ``ValueError`` for no date."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return as_utc(found.replace(tzinfo=BEIJING) if found.tzinfo is None else found)
