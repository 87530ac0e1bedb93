"""The verify page: drop a file, wait, read the card. Open to anyone who has the address of a result."""

from __future__ import annotations

import threading
from typing import Annotated, Final

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, SecretStr

from api.errors import NotFound
from api.pages.answers_card import groups
from api.pages.checks import CHECKING, CONTENT, PROOF
from api.pages.desk import Desk, OpenDesk, hours, picture
from api.pages.paper import language_of
from api.pages.question import MAX_CHOICE, Choice
from api.pages.render import WIDTHS
from api.pages.result_page import result_page
from api.pages.shelf import Entry
from api.pages.uploads import take
from api.web.authorisation import Doors, LimitedWithoutKey
from verify.signatures.merkle import MAX_PROOF

router = APIRouter(include_in_schema=False)
MAX_PASSWORD: Final = 127
"""ISO 32000-2 §7.6.4.3.3: a password counts up to 127 octets."""
Act = Annotated[str, Query(max_length=MAX_CHOICE)]
PictureWidth = Annotated[int, Query(alias="w", ge=min(WIDTHS), le=max(WIDTHS))]


class Password(BaseModel):
    """The password of an encrypted document."""

    password: SecretStr = Field(max_length=MAX_PASSWORD)


@router.get("/")
@router.get("/verify")
def start(request: Request, doors: Doors, desk: OpenDesk) -> Response:
    """Show the drop zone."""
    known = groups(doors.acceptance.departments.known(), language_of(request))
    return desk.paper.page(
        request, "verify.html", here="verify", hours=hours(desk.checks.shelf), groups=known, chosen=""
    )


@router.post("/verify/files", status_code=202, dependencies=[LimitedWithoutKey])
async def drop(request: Request, doors: Doors, desk: OpenDesk, act: Act = "") -> dict[str, str]:
    """Take an upload and begin to verify it; ``act`` names a department and what it is asked for."""
    choice = Choice.read(act)
    await desk.in_thread(doors.acceptance.question, choice.department, choice.act)
    entry = await take(request, desk.checks.shelf, desk.upload_limit, {"status": CHECKING})
    choice.keep(entry.folder)
    desk.checks.begin_new(entry)
    return {"url": f"/verify/r/{entry.id}"}


@router.get("/verify/r/{name}")
def result(request: Request, doors: Doors, desk: OpenDesk, name: str) -> Response:
    """Show the card, or that it is still being worked on."""
    entry = desk.checks.shelf.get(name)
    if entry is None:
        return desk.paper.gone(request, "result.gone", "verify")
    return result_page(request, doors, desk, entry)


@router.get("/verify/r/{name}/state")
def progress(desk: OpenDesk, name: str) -> dict[str, str]:
    """Tell how far the verification is."""
    return {"status": str(desk.checks.state(_found(desk, name))["status"])}


@router.get("/verify/r/{name}/report.json")
def report(desk: OpenDesk, name: str) -> Response:
    """Give the whole report, as ``python -m verify --json`` writes it."""
    state = _found(desk, name).state()
    if "report" not in state:
        raise NotFound
    headers = {"Content-Disposition": 'attachment; filename="yinxin-report.json"'}
    return JSONResponse({"documents": [state["report"]]}, headers=headers)


@router.get("/verify/r/{name}/pages/{page}.png")
def page_picture(desk: OpenDesk, name: str, page: int, width: PictureWidth) -> FileResponse:
    """Draw a page of the document."""
    entry = _found(desk, name)
    return picture(desk, entry, entry.drawable, page, width)


@router.post("/verify/r/{name}/password", status_code=202, dependencies=[LimitedWithoutKey])
def give_password(desk: OpenDesk, name: str, body: Password) -> dict[str, str]:
    """Verify an encrypted document with its password."""
    desk.checks.begin(_found(desk, name), body.password.get_secret_value())
    return {"url": f"/verify/r/{name}"}


@router.post("/verify/r/{name}/proof", dependencies=[LimitedWithoutKey])
def give_proof(desk: OpenDesk, name: str, file: Annotated[UploadFile, File()]) -> RedirectResponse:
    """Verify a document by its proof under the one signature of a batch."""
    return _beside(desk, name, PROOF, file.file.read(MAX_PROOF + 1))


@router.post("/verify/r/{name}/content", dependencies=[LimitedWithoutKey])
def give_content(desk: OpenDesk, name: str, file: Annotated[UploadFile, File()]) -> RedirectResponse:
    """Verify a detached signature over the file that it is said to be over."""
    return _beside(desk, name, CONTENT, file.file.read(desk.upload_limit + 1))


@router.post("/verify/r/{name}/remove")
def remove(desk: OpenDesk, name: str) -> dict[str, str]:
    """Delete the upload and everything made from it."""
    desk.checks.shelf.remove(_found(desk, name))
    return {"url": "/verify"}


@router.get("/favicon.ico")
def favicon() -> RedirectResponse:
    """Send browsers that ask by habit to the mark."""
    return RedirectResponse("/static/mark.svg", 301)


def _beside(desk: Desk, name: str, beside: str, octets: bytes) -> RedirectResponse:
    """Lay a second file beside an upload, in place of an earlier one, and verify again."""
    entry = _found(desk, name)
    partial = entry.folder / f".{beside}-{threading.get_ident()}"
    partial.write_bytes(octets)
    partial.replace(entry.folder / beside)
    desk.checks.begin(entry)
    return RedirectResponse(f"/verify/r/{name}", 303)


def _found(desk: Desk, name: str) -> Entry:
    entry = desk.checks.shelf.get(name)
    if entry is None:
        raise NotFound
    return entry
