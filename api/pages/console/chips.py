"""Console pages of the token officer: the inventory as tiles, one chip with its containers, PIN states and history."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.frame import Frame, enter
from api.pages.console.personalisation import making
from ca.tokens.errors import TokenUnknown
from ca.tokens.state import TRANSITIONS, TokenAct, TokenState
from ca.tokens.token import KeyUse, Standing, Token, TokenContainer, TokenQuery
from seals.chip_store import LinkStatus

router = APIRouter(include_in_schema=False)
PAGE_TILES: Final = 24
STATE_TONES: Final = {
    TokenState.READY: "passed",
    TokenState.PERSONALISED: "passed",
    TokenState.ISSUED: "passed",
    TokenState.SUSPENDED: "indeterminate",
    TokenState.TEMPORARILY_LOST: "indeterminate",
    TokenState.PERMANENTLY_LOST: "failed",
    TokenState.DAMAGED: "failed",
    TokenState.TERMINATED: "unreadable",
    TokenState.UNINITIALISED: "unreadable",
}
STANDING_TONES: Final = {
    Standing.GOOD: "passed",
    Standing.HELD: "indeterminate",
    Standing.APART: "indeterminate",
    Standing.REVOKED: "failed",
    Standing.NONE: "unreadable",
}
URLS: Final = {
    TokenAct.SUSPEND.value: "freeze",
    TokenAct.REPORT_LOST.value: "loss",
    TokenAct.REQUEST_RESUME.value: "resume-request",
    TokenAct.CONFIRM_RESUME.value: "resume",
    TokenAct.WRITE_OFF.value: "write-off",
    TokenAct.DAMAGE.value: "damage",
    TokenAct.TERMINATE.value: "termination",
}
ACTS: Final = (
    TokenAct.SUSPEND,
    TokenAct.REPORT_LOST,
    TokenAct.REQUEST_RESUME,
    TokenAct.CONFIRM_RESUME,
    TokenAct.WRITE_OFF,
    TokenAct.DAMAGE,
    TokenAct.TERMINATE,
)
"""Acts that a page offers; how a chip is made is :mod:`api.pages.console.personalisation`'s."""


@router.get("/console/chips")
def inventory(
    request: Request,
    state: Annotated[str, Query(max_length=24)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Show tokens as tiles, each with what is on it."""
    frame = enter(request, "chips")
    if isinstance(frame, Response):
        return frame
    chosen = TokenState(state) if state in set(TokenState) else None
    query = TokenQuery(state=chosen, uscc=frame.caller.actor.uscc or "", after=after, limit=PAGE_TILES)
    page = frame.doors.tokens.list(query)
    tiles = [tile(frame, frame.doors.tokens.get(found.serial)) for found in page.items]
    words = [(one.value, one.zh if frame.language == "zh" else _plain(one.value)) for one in TokenState]
    ranges = [] if chosen or after or frame.caller.actor.uscc else frame.doors.token_work.ranges.reports()
    return frame.page(
        "chips.html", tiles=tiles, chosen=state, states=words, following=page.next, ranges=ranges
    )


@router.get("/console/chips/{serial}")
def one(request: Request, serial: str) -> Response:
    """Show one token."""
    frame = enter(request, "chips")
    if isinstance(frame, Response):
        return frame
    try:
        token = frame.doors.tokens.get(serial)
    except TokenUnknown:
        return frame.gone("chips.gone")
    frame.caller.acting_for(token.holder.uscc)
    events = [
        {
            "at": event.at,
            "words": event.act.zh if frame.language == "zh" else _plain(event.act.value),
            "tone": STATE_TONES[event.state],
            "note": event.reason,
            "by": event.actor,
            "number": 0,
        }
        for event in frame.doors.tokens.history(serial)
    ]
    return frame.page(
        "chip.html",
        token=token,
        tile=tile(frame, token),
        applications=[_application(frame, part) for part in token.applications],
        events=events,
        acts=_acts(frame, token),
        urls=URLS,
        links=_links(frame, serial),
        making=making(frame, token),
        manages=Scope.TOKEN_MANAGE in frame.caller.scopes,
    )


def _links(frame: Frame, serial: str) -> list[dict[str, Any]]:
    """Return the seals that follow this chip, with what this reader may decide: each step takes another person."""
    found = []
    for link in frame.doors.chips.links(serial):
        if link.status is LinkStatus.UNLINKED:
            continue
        decides = link.asked_by != frame.caller.actor.id
        act = {
            LinkStatus.REQUESTED: "confirmation" if decides else "",
            LinkStatus.LINKED: "unlink-request",
            LinkStatus.UNLINKING: "unlink" if decides else "",
        }[link.status]
        seal = frame.doors.seals.get(link.seal)
        found.append({"link": link, "seal": seal, "act": act})
    return found


def tile(frame: Frame, token: Token) -> dict[str, Any]:
    """Return what tiles say about a token."""
    containers = [_container(frame, place) for part in token.applications for place in part.containers]
    return {
        "serial": token.serial,
        "state": token.state.zh if frame.language == "zh" else _plain(token.state.value),
        "tone": STATE_TONES[token.state],
        "holder": token.holder.name or token.holder.uscc,
        "containers": containers,
    }


def _application(frame: Frame, part: Any) -> dict[str, Any]:
    return {
        "name": part.name,
        "policy": part.policy,
        "pin": part.pin,
        "containers": [_container(frame, place) for place in part.containers],
    }


def _container(frame: Frame, place: TokenContainer) -> dict[str, Any]:
    keys = [
        {
            "use": key.use.value,
            "standing": key.standing.value,
            "tone": STANDING_TONES[key.standing],
            "serial": f"{key.serial:x}" if key.serial is not None else "",
            "issuer": key.issuer,
            "until": key.not_after,
        }
        for key in place.keys
    ]
    signing = next((key for key in keys if key["use"] == KeyUse.SIGN.value), None)
    return {
        "name": place.name,
        "purpose": place.purpose.zh if frame.language == "zh" else _plain(place.purpose.value),
        "keys": keys,
        "signing": signing,
    }


def _acts(frame: Frame, token: Token) -> list[str]:
    if Scope.TOKEN_MANAGE not in frame.caller.scopes:
        return []
    return [act.value for act in ACTS if token.state in TRANSITIONS[act] and _fits(frame, token, act)]


def _fits(frame: Frame, token: Token, act: TokenAct) -> bool:
    """Leave out what the registry would refuse this person: coming back takes two."""
    me = frame.caller.actor.id
    if act is TokenAct.CONFIRM_RESUME:
        return bool(token.resume_requested_by) and me not in (token.resume_requested_by, token.stopped_by)
    return act is not TokenAct.REQUEST_RESUME or not token.resume_requested_by


def _plain(word: str) -> str:
    return word.replace("_", " ").replace("-", " ").capitalize()
