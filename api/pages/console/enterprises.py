"""Console pages of 企号: enterprises by code, and everything that the registers know of one, on one page (E1)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access.scopes import Scope
from api.answers.enterprise import EnterpriseOverview, enterprise_overview
from api.pages.console.certificates import row_of as certificate_row
from api.pages.console.chips import tile
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.pages.console.seals import row_of as seal_row
from api.pages.console.tones import STAMP_TONES, licence_row
from ca.errors import EnterpriseUnknown

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 25
CODE_LENGTH: Final = 18


@router.get("/console/enterprises")
def listing(
    request: Request,
    asked: Annotated[str, Query(alias="q", max_length=18)] = "",
    after: Annotated[str, Query(max_length=18)] = "",
) -> Response:
    """Show enterprises by code; whoever acts for one goes to that one."""
    frame = enter(request, "enterprises")
    if isinstance(frame, Response):
        return frame
    uscc = frame.caller.actor.uscc or asked.strip().upper()
    if len(uscc) == CODE_LENGTH:
        return RedirectResponse(f"/console/enterprises/{uscc}", 303)
    found = frame.doors.enterprises.list(after=after or asked.strip().upper(), limit=PAGE_ROWS)
    following = found[-1].uscc if len(found) == PAGE_ROWS else ""
    return frame.page("enterprises.html", rows=found, asked=asked, following=following)


@router.get("/console/enterprises/{uscc}")
def one(request: Request, uscc: str) -> Response:
    """Show one enterprise."""
    frame = enter(request, "enterprises")
    if isinstance(frame, Response):
        return frame
    frame.caller.acting_for(uscc)
    try:
        found = enterprise_overview(frame.doors, uscc, frame.caller)
    except EnterpriseUnknown:
        return frame.gone("enterprises.gone")
    return frame.page(
        "enterprise.html",
        found=found,
        stamp_tones=STAMP_TONES,
        base=frame.doors.settings.base_url,
        **_rows(frame, found),
    )


@router.post("/console/enterprises/{uscc}/name")
def rename(request: Request, uscc: str, csrf: Csrf, name: Text) -> Response:
    """Record a change of name; a new pair is applied for in place of each that is in use."""
    frame = posted(request, "enterprises", csrf, Scope.CA_ISSUE)
    frame.caller.acting_for(uscc)
    frame.doors.seals.rename_owner(uscc, name.strip(), actor=frame.caller.actor)
    return done(f"/console/enterprises/{uscc}")


def _rows(frame: Frame, found: EnterpriseOverview) -> dict[str, Any]:
    """Tell each part as its own pages do."""
    now = frame.doors.clock()
    return {
        "seals": [seal_row(frame, seal) for seal in found.seals or ()],
        "certificates": [certificate_row(one, frame.language, now) for one in found.certificates or ()],
        "licences": [licence_row(one, frame.language, now) for one in found.licences or ()],
        "chips": [tile(frame, chip) for chip in found.chips or ()],
    }
