"""An enterprise's public card: its names, its seals with their states, and one QR code (企号). No people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.answers.enterprise import enterprise_card
from api.pages.console.frame import day
from api.pages.console.tones import licence_row
from api.pages.desk import OpenDesk
from api.pages.paper import language_of
from api.pages.public.seal import TONES
from api.pages.qr import qr_answer
from api.web.authorisation import Doors, Limited
from ca.errors import EnterpriseUnknown, UsccInvalid
from ca.uscc import check_uscc

router = APIRouter(include_in_schema=False)


@router.get("/e/{uscc}", dependencies=[Limited])
def card(request: Request, desk: OpenDesk, doors: Doors, uscc: str) -> Response:
    """Show what anyone may know of an enterprise."""
    try:
        check_uscc(uscc)
        found = enterprise_card(doors, uscc)
    except (EnterpriseUnknown, UsccInvalid):
        return desk.paper.page(request, "gone.html", status=404, said="card.none", here="lookup", back="/s")
    now = doors.clock()
    seals = [
        {
            "code": seal.code,
            "kind": seal.kind,
            "status": "expired" if seal.status.value == "active" and seal.expired(now) else seal.status.value,
        }
        for seal in found.seals
    ]
    return desk.paper.page(
        request,
        "public/enterprise.html",
        here="lookup",
        card=found,
        seals=seals,
        tones=TONES,
        licences=[licence_row(one, language_of(request), now) for one in found.licences],
        day=day,
        base=doors.settings.base_url,
    )


@router.get("/e/{uscc}/qr.svg", dependencies=[Limited])
def picture(doors: Doors, uscc: str) -> Response:
    """Draw the QR code of the card; whether there is such an enterprise plays no part."""
    return qr_answer(f"{doors.settings.base_url}/e/{check_uscc(uscc)}")
