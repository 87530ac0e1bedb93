"""The seal page: upload, place, confirm with the PIN, done. For a keeper who is logged in."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from pydantic import Field, SecretStr

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.errors import InputInvalid, NotFound
from api.home import Home
from api.pages.approved_case import approved_case
from api.pages.desk import OpenDesk, hours, picture, sheet
from api.pages.drafts import INTERRUPTED, LOCKED, OPEN, SEALED, Secrets, Wish
from api.pages.paper import language_of, visitor_of
from api.pages.place_routes import Wanted, found_draft, outlook_of
from api.pages.seal_choices import choices
from api.pages.uploads import take
from api.pages.verdict_card import key_words
from api.pages.verify_routes import MAX_PASSWORD, Password, PictureWidth
from api.pages.words import WORDS, Language, say
from api.tokens.enrolment import token_of
from api.web.authorisation import Doors, Requires
from api.web.media import finished_name, media_of
from ca.actor import Actor
from hsm.pins import Pin
from signing.placing.where import parse_where

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
MAX_PIN: Final = 64
"""PKCS#11 tokens take PINs of up to 16 to 255 characters; SoftHSM's limit is 255, a person's far less."""


class Order(Wanted):
    """What is wanted, and the secrets that open the seal's token and the document."""

    pin: SecretStr = Field(min_length=1, max_length=MAX_PIN)
    password: SecretStr | None = Field(default=None, max_length=MAX_PASSWORD)


def safe_next(address: str) -> str:
    """Return ``address`` if it is a page of ours, else the seal page: no log-in leads to another site."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if ours else "/seal"


@router.get("/login")
def login(
    request: Request,
    desk: OpenDesk,
    address: Annotated[str, Query(alias="next", max_length=200)] = "/seal",
    expired: bool = False,
) -> Response:
    """Show the log-in page."""
    following = safe_next(address)
    here = "console" if following.startswith("/console") else "seal"
    return desk.paper.page(request, "login.html", here=here, next=following, expired=expired)


@router.get("/seal")
def start(request: Request, desk: OpenDesk) -> Response:
    """Show the drop zone to a keeper."""
    if visitor_of(request) is None:
        return _to_login(request)
    return desk.paper.page(request, "seal.html", here="seal", hours=hours(desk.drafts.shelf))


@router.post("/seal/drafts", status_code=201)
async def drop(request: Request, desk: OpenDesk, caller: Keeper) -> dict[str, str]:
    """Take an upload; a file whose pages cannot be shown is refused in plain words."""
    entry = await take(
        request, desk.drafts.shelf, desk.upload_limit, {"status": OPEN, "owner": caller.actor.id}
    )
    word = await desk.in_thread(desk.drafts.open, entry)
    if word is not None:
        desk.drafts.shelf.remove(entry)
        raise _not_shown(word)
    return {"url": f"/seal/d/{entry.id}"}


@router.get("/seal/d/{name}")
def draft(request: Request, desk: OpenDesk, doors: Doors, name: str) -> Response:
    """Show a draft in the state it is in."""
    visitor = visitor_of(request)
    if visitor is None:
        return _to_login(request)
    entry = desk.drafts.get(name, visitor.caller.actor)
    if entry is None:
        return desk.paper.gone(request, "draft.gone", "seal")
    state, language = desk.drafts.state(entry), language_of(request)
    shared: dict[str, Any] = {"here": "seal", "name": state["name"], "base": f"/seal/d/{entry.id}"}
    if state["status"] == LOCKED:
        return desk.paper.page(request, "locked.html", **shared)
    shared["ofd"] = bool(state.get("ofd"))
    if state["status"] == SEALED:
        return desk.paper.page(request, "sealed.html", **shared, **_sealed(state, language))
    mine = choices(doors.seals, visitor.caller.actor, doors.clock(), language)
    facts = {"id": entry.id, "base": shared["base"], "status": state["status"]}
    kept = {"order": state.get("order"), "problem": _problem(state, language)}
    asks = {"ask_password": _asks_password(state)}
    context: dict[str, Any] = {"draft": facts | kept | asks, "seals": mine, "pages": state["pages"]}
    context["agent_port"] = doors.settings.agent_port
    context["demo_pin"] = _demo_pin(doors.home, visitor.caller.actor)
    return desk.paper.page(request, "draft.html", **shared, **context)


@router.get("/seal/d/{name}/state")
def progress(request: Request, desk: OpenDesk, caller: Keeper, name: str) -> dict[str, Any]:
    """Tell how far the sealing is."""
    state, language = desk.drafts.state(found_draft(desk, caller, name)), language_of(request)
    step = f"work.{state.get('step')}"
    words = say(language, step) if step in WORDS else ""
    told = {"words": words, "share": state.get("share", 0), "problem": _problem(state, language)}
    return {"status": state["status"], "ask_password": _asks_password(state)} | told


@router.post("/seal/d/{name}/password", status_code=202)
def give_password(desk: OpenDesk, caller: Keeper, name: str, body: Password) -> dict[str, str]:
    """Open an encrypted draft for placing; the password is asked for again when sealing."""
    word = desk.drafts.open(found_draft(desk, caller, name), body.password.get_secret_value())
    if word is not None:
        raise _not_shown(word)
    return {"url": f"/seal/d/{name}"}


@router.post("/seal/d/{name}/seal", status_code=202)
def seal(desk: OpenDesk, doors: Doors, caller: Keeper, name: str, body: Order) -> dict[str, str]:
    """Begin to seal; the page follows the draft's state."""
    entry = found_draft(desk, caller, name)
    where = parse_where(body.where)
    shown = outlook_of(doors, entry, caller, body).shown
    case = approved_case(doors, entry.document, body.seal, caller.actor)
    wish = Wish(body.seal, where, doors.seals.get(body.seal).name, shown, body.may_cover, case)
    password = body.password.get_secret_value() if body.password else None
    desk.drafts.seal(entry, wish, Secrets(Pin(body.pin.get_secret_value()), password), caller.actor)
    return {"url": f"/seal/d/{name}"}


@router.get("/seal/d/{name}/pages/{page}.png")
def page_picture(desk: OpenDesk, caller: Keeper, name: str, page: int, width: PictureWidth) -> FileResponse:
    """Draw a page of the draft."""
    entry = found_draft(desk, caller, name)
    return picture(desk, entry, entry.drawable, page, width)


@router.get("/seal/d/{name}/sealed/{page}.png")
def sealed_picture(desk: OpenDesk, caller: Keeper, name: str, page: int, width: PictureWidth) -> FileResponse:
    """Draw a page of the sealed document."""
    entry = found_draft(desk, caller, name)
    unlocked = entry.folder / "sealed-unlocked.pdf"
    source = unlocked if unlocked.exists() else entry.sealed
    return picture(desk, entry, source, page, width)


@router.get("/seal/d/{name}/pages/{page}.svg")
def page_sheet(desk: OpenDesk, caller: Keeper, name: str, page: int) -> FileResponse:
    """Draw a page of an OFD draft."""
    entry = found_draft(desk, caller, name)
    return sheet(entry, entry.document, page)


@router.get("/seal/d/{name}/sealed/{page}.svg")
def sealed_sheet(desk: OpenDesk, caller: Keeper, name: str, page: int) -> FileResponse:
    """Draw a page of the sealed OFD."""
    entry = found_draft(desk, caller, name)
    return sheet(entry, entry.sealed, page)


@router.get("/seal/d/{name}/sealed.ofd")
@router.get("/seal/d/{name}/sealed.pdf")
def download(desk: OpenDesk, caller: Keeper, name: str) -> FileResponse:
    """Give the sealed document."""
    entry = found_draft(desk, caller, name)
    state = entry.state()
    if state["status"] != SEALED:
        raise NotFound
    media = media_of(entry.sealed)
    stem = str(state["name"])
    stem = stem[: -len(media.ending)] if stem.lower().endswith(media.ending) else stem
    return FileResponse(entry.sealed, media_type=media.type, filename=finished_name(stem, media))


@router.get("/seal/d/{name}/check")
def check(desk: OpenDesk, caller: Keeper, name: str) -> Response:
    """Show the sealed document on the verify page."""
    entry = found_draft(desk, caller, name)
    state = entry.state()
    if state["status"] != SEALED:
        raise NotFound
    checked = desk.checks.shelf.get(str(state.get("checked", "")))
    if checked is None:
        checked = desk.checks.adopt(entry.sealed, str(state["name"]))
        entry.update(checked=checked.id)
    return RedirectResponse(f"/verify/r/{checked.id}", 303)


@router.get("/seal/pictures/{code}.svg")
def seal_picture(doors: Doors, caller: Keeper, code: str) -> Response:
    """Draw a seal of the caller's enterprise."""
    own_seal(doors.seals, caller, code)
    headers = {"Cache-Control": "private, max-age=60"}
    return Response(doors.seals.picture(code).svg(), media_type="image/svg+xml", headers=headers)


def _demo_pin(home: Home, keeper: Actor) -> str:
    """Return where the demonstration keeps its keeper's PIN, under the home folder; elsewhere nothing is kept."""
    path = home.pin_file(token_of(keeper.uscc), holder=True) if keeper.uscc else None
    return str(path.relative_to(home.folder)) if path is not None and path.exists() else ""


def _to_login(request: Request) -> RedirectResponse:
    return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)


def _not_shown(word: str) -> InputInvalid:
    key = "password.wrong" if word == "password" else f"shown.{word}"
    return InputInvalid(*WORDS[key])


def _problem(state: dict[str, Any], language: Language) -> str | None:
    problem = state.get("problem")
    if problem == INTERRUPTED:
        return say(language, INTERRUPTED)
    return None if problem is None else str(problem[language])


def _asks_password(state: dict[str, Any]) -> bool:
    """Tell whether the keeper must give the document's password, to open it or to be allowed to sign it."""
    problem = state.get("problem")
    return bool(state.get("encrypted")) or (isinstance(problem, dict) and "password" in str(problem["slug"]))


def _sealed(state: dict[str, Any], language: Language) -> dict[str, Any]:
    order = state["order"]
    facts = (
        (say(language, "done.number"), state["sealing_id"]),
        (say(language, "done.digest"), state["digest"]),
        *(((say(language, "cases.id"), order["case"]),) if order.get("case") else ()),
        *key_facts(state, language),
    )
    return {
        "seal_name": order["seal_name"],
        "pages": state["pages"],
        "facts": facts,
        "marks": [{"number": 1, "verdict": "passed"} | spot for spot in order.get("spots", ())],
    }


def key_facts(state: dict[str, Any], language: Language) -> tuple[tuple[str, str], ...]:
    """Tell what signed, and which readers can check it."""
    algorithm = str(state.get("algorithm", ""))
    if not algorithm:
        return ()
    shown = key_words(algorithm, str(state.get("custody", "")), language)
    facts = ((say(language, "fact.key"), shown),)
    readers = state.get("readers_zh" if language == "zh" else "readers")
    return facts if not readers else (*facts, (say(language, "done.readers"), str(readers)))
