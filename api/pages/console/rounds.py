"""多方签署: what waits for this enterprise, all rounds, and one round: parties, versions, who did what; voidings beside them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from api.access.scopes import Scope
from api.errors import NotFound
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.pages.console.tones import ROUND_TONES, VOID_TONES
from api.routes.cases import hand_of
from api.schemas.rounds import read_party
from api.tokens.enrolment import pin_of
from signing.parties.errors import NotTheInitiator, RoundUnknown
from signing.parties.office import demand_initiator
from signing.parties.round import Party, Round, RoundEntry, RoundWish
from signing.parties.round_store import RoundQuery
from signing.parties.sealing import PartyChoice
from signing.parties.states import PARTY_TRANSITIONS, TRANSITIONS, PartyStatus, RoundAct, RoundStatus
from signing.placing.where import parse_where
from signing.voiding.errors import VoidingUnknown
from signing.voiding.states import VoidStatus
from signing.voiding.voiding import Voiding

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 50


@router.get("/console/rounds")
def listing(
    request: Request,
    status: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Show what waits for this enterprise, then the rounds of one state or all, then voidings that wait."""
    frame = enter(request, "rounds")
    if isinstance(frame, Response):
        return frame
    chosen = RoundStatus(status) if status in set(RoundStatus) else None
    mine = frame.caller.actor.uscc or ""
    found = frame.doors.papers.rounds.list(RoundQuery(chosen, mine, False, after, PAGE_ROWS))
    voids = frame.doors.papers.voids.list(mine, VoidStatus.ASKED)
    return frame.page(
        "rounds.html",
        waiting=[] if after else [_row(frame, one) for one in _waiting(frame)],
        rows=[_row(frame, one) for one in found],
        voids=[_void_row(one) for one in voids if not mine or any(w.uscc == mine for w in one.waiting)],
        chosen=status,
        statuses=[(one.value, f"rounds.status.{one.value}") for one in RoundStatus],
        following=found[-1].id if len(found) == PAGE_ROWS else "",
    )


@router.get("/console/round-request")
def form(request: Request) -> Response:
    """Show the form that begins a round."""
    frame = enter(request, "rounds")
    if isinstance(frame, Response):
        return frame
    return frame.page("round_request.html", key=secrets.token_hex(16))


@router.post("/console/round-request")
def send(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    csrf: Csrf,
    key: Text,
    title: Text,
    parties: Annotated[str, Form(max_length=20_000)],
    file: Annotated[UploadFile, File()],
    days: Annotated[int, Form(ge=1, le=365)] = 15,
    reserve: Text = "",
) -> Response:
    """Begin a round."""
    frame = posted(request, "rounds", csrf, Scope.CASE_REQUEST)
    wished = tuple(read_party(line) for line in parties.splitlines() if line.strip())
    wish = RoundWish(title, wished, frame.doors.clock() + timedelta(days=days), reserve=bool(reserve))
    name = file.filename or "document.pdf"
    rounds, hand = frame.doors.papers.rounds, hand_of(frame.caller)
    made = rounds.open(file.file.read(), name, wish, request_key=f"console:{key}", hand=hand)
    return done(f"/console/rounds/{made.id}")


@router.get("/console/rounds/{round_id}")
def one(request: Request, round_id: str) -> Response:
    """Show one round, and what this reader may do now."""
    frame = enter(request, "rounds")
    if isinstance(frame, Response):
        return frame
    rounds, hand = frame.doors.papers.rounds, hand_of(frame.caller)
    try:
        found = rounds.get(round_id, hand=hand)
    except RoundUnknown:
        return frame.gone("rounds.gone")
    return frame.page(
        "round.html",
        found=found,
        row=_row(frame, found),
        parties=[_party(found, one) for one in found.parties],
        versions=found.versions,
        entries=[_entry(frame, found, one) for one in rounds.entries(round_id, hand=hand)],
        acts=_acts(frame, found),
    )


@router.post("/console/rounds/{round_id}/{party}/seal")
def seal(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    round_id: str,
    party: int,
    csrf: Csrf,
    seal_code: Text,
    version: Annotated[int, Form(ge=0)],
    where: Text = "",
    case: Text = "",
    pin: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Seal as a party, on the version that was seen."""
    frame = posted(request, "rounds", csrf, Scope.SEAL_USE)
    choice = PartyChoice(
        seal_code.strip(), parse_where(where) if where.strip() else None, version, case=case.strip()
    )
    hand, given = hand_of(frame.caller), pin_of(pin) if pin else None
    frame.doors.papers.rounds.sealing.seal(round_id, party, choice, hand=hand, pin=given)
    return done(f"/console/rounds/{round_id}")


@router.post("/console/rounds/{round_id}/{party}/{act}")
def do(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request, round_id: str, party: int, act: str, csrf: Csrf, reason: Text = "", by: Text = ""
) -> Response:
    """Do an act that needs a reason; the party is 0 where it is about the round."""
    declining = act == RoundAct.DECLINE
    frame = posted(request, "rounds", csrf, Scope.CASE_APPROVE if declining else Scope.CASE_REQUEST)
    rounds, hand = frame.doors.papers.rounds, hand_of(frame.caller)
    if declining:
        rounds.decline(round_id, party, reason=reason, hand=hand)
    elif act == RoundAct.SUBSTITUTE:
        rounds.substitute(round_id, party, by.strip(), reason=reason, hand=hand)
    elif act == RoundAct.WITHDRAW:
        rounds.withdraw(round_id, reason=reason, hand=hand)
    else:
        raise NotFound
    return done(f"/console/rounds/{round_id}")


@router.get("/console/voidings/{voiding}")
def show_voiding(request: Request, voiding: str) -> Response:
    """Show one voiding."""
    frame = enter(request, "rounds")
    if isinstance(frame, Response):
        return frame
    try:
        found = frame.doors.papers.voids.get(voiding, hand=hand_of(frame.caller))
    except VoidingUnknown:
        return frame.gone("voids.gone")
    mine = frame.caller.actor
    agreed = any(mine.is_any_of(one.actor.id) for one in found.consents)
    return frame.page(
        "voiding.html",
        found=found,
        row=_void_row(found),
        may_agree=any(one.uscc == mine.uscc for one in found.waiting) and not agreed,
    )


@router.post("/console/voidings/{voiding}/{act}")
def do_voiding(request: Request, voiding: str, act: str, csrf: Csrf, reason: Text = "") -> Response:
    """Agree or refuse."""
    frame = posted(request, "rounds", csrf, Scope.CASE_APPROVE)
    desk, hand = frame.doors.papers.voids, hand_of(frame.caller)
    if act == "agree":
        desk.agree(voiding, hand=hand)
        frame.doors.evidence.publish()
    elif act == "refuse":
        desk.refuse(voiding, reason=reason, hand=hand)
    else:
        raise NotFound
    return done(f"/console/voidings/{voiding}")


def _waiting(frame: Frame) -> list[Round]:
    """Read the rounds in which it is this enterprise's turn, the nearest deadline first."""
    mine = frame.caller.actor.uscc
    if not mine:
        return []
    found = frame.doors.papers.rounds.list(RoundQuery(None, mine, True, "", PAGE_ROWS * 2))
    return sorted(found, key=lambda one: one.deadline)


def _row(frame: Frame, found: Round) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "status": f"rounds.status.{found.status.value}",
        "tone": ROUND_TONES[found.status.value],
        "done": found.version,
        "total": len(found.parties),
        "turn": "、".join(one.role for one in found.called),
        "deadline": found.deadline,
        "late": found.status is RoundStatus.RUNNING and found.deadline < frame.doors.clock(),
        "initiator": found.initiator.name or found.initiator.id,
    }


def _party(found: Round, party: Party) -> dict[str, Any]:
    called = party in found.called
    word = "called" if called else party.status.value
    tones = {"sealed": "passed", "called": "indeterminate", "declined": "failed"}
    return {
        "party": party,
        "word": f"rounds.party.{word}",
        "tone": tones.get(word, "unreadable"),
        "where": party.where or None,
    }


def _entry(frame: Frame, found: Round, entry: RoundEntry) -> dict[str, Any]:
    party = found.party(entry.party)
    words = entry.act.zh if frame.language == "zh" else entry.act.value.capitalize()
    return {
        "number": entry.number,
        "at": entry.at,
        "words": words if party is None else f"{party.role} · {words}",
        "tone": ROUND_TONES[entry.status.value],
        "by": entry.actor.name or entry.actor.id,
        "id": entry.actor.id,
        "credential": entry.credential,
        "digest": entry.digest,
    }


def _acts(frame: Frame, found: Round) -> dict[str, list[Party]]:
    """Return what this reader may do now, and with which parties: by the tables, by scope, by whose round it is."""
    mine, scopes = frame.caller.actor.uscc, frame.caller.scopes
    own = [one for one in found.called if mine in (None, one.uscc)]
    acts: dict[str, list[Party]] = {}
    if Scope.SEAL_USE in scopes and own:
        acts["seal"] = own
    if Scope.CASE_APPROVE in scopes and own:
        acts["decline"] = own
    if Scope.CASE_REQUEST in scopes and _is_initiator(frame, found):
        if found.status in TRANSITIONS[RoundAct.SUBSTITUTE]:
            open_ones = [one for one in found.parties if one.status in PARTY_TRANSITIONS[RoundAct.SUBSTITUTE]]
            stopped = [one for one in open_ones if one.status is PartyStatus.DECLINED]
            acts["substitute"] = stopped or open_ones
        if found.status in TRANSITIONS[RoundAct.WITHDRAW]:
            acts["withdraw"] = []
    return acts


def _is_initiator(frame: Frame, found: Round) -> bool:
    try:
        demand_initiator(found, hand_of(frame.caller))
    except NotTheInitiator:
        return False
    return True


def _void_row(found: Voiding) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "status": f"voids.status.{found.status.value}",
        "tone": VOID_TONES[found.status.value],
        "reason": found.reason,
        "waiting": "、".join(one.enterprise for one in found.waiting),
    }
