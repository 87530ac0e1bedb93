"""Console pages of seals: the list, one seal with both its sides, and what may be done to it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access.scopes import Scope
from api.access.seals import may_ask_keeper, may_strike, own_seal
from api.errors import NotFound
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, by_whom, enter
from api.schemas.seal_life import KEEPER_ID
from api.services import Services
from ca.actor import Actor
from seals.chip_store import LinkStatus
from seals.errors import SealNotFound
from seals.keeper_store import KeeperAsked
from seals.keepers import KeeperWish
from seals.seal import SealKind, SealQuery, SealRecord, is_electronic_code, is_physical_code
from seals.states import IN_USE, REASONED_ACTS, SealAct, SealStatus, destination

router = APIRouter(include_in_schema=False)
NewKeeper = Annotated[str, Form(pattern=KEEPER_ID)]
PAGE_ROWS: Final = 25
TONES: Final = {
    SealStatus.ACTIVE: "passed",
    SealStatus.FROZEN: "failed",
    SealStatus.REVOKED: "failed",
    SealStatus.REJECTED: "failed",
    SealStatus.RETURNED: "failed",
    SealStatus.SUPERSEDED: "unreadable",
    SealStatus.CLOSED: "unreadable",
}
"""Every other state is on its way."""
ROAD: Final = (
    SealStatus.APPLIED,
    SealStatus.MAKING,
    SealStatus.MADE,
    SealStatus.PERSONALISED,
    SealStatus.AWAITING,
    SealStatus.DELIVERED,
    SealStatus.ACTIVE,
)
"""The way of a seal that is engraved anew; one that is there already goes from the first to the last."""


@dataclass(frozen=True, slots=True)
class PageAct:
    """An act that the page offers: the scope it takes, and how the registry does it."""

    act: SealAct
    scope: Scope
    do: Callable[[Services, str, Actor, str], object]


def _approve(doors: Services, code: str, actor: Actor, _reason: str) -> None:
    certificate = doors.enrolment.latest(doors.seals.get(code).owner.uscc)
    doors.seals.approve(code, actor=actor, certificate=certificate)


ACTS: Final = {
    one.act.value: one
    for one in (
        PageAct(SealAct.APPROVE, Scope.SEAL_APPROVE, _approve),
        PageAct(
            SealAct.REJECT,
            Scope.SEAL_APPROVE,
            lambda d, c, who, why: d.seals.reject(c, actor=who, reason=why),
        ),
        PageAct(
            SealAct.FREEZE, Scope.SEAL_FREEZE, lambda d, c, who, why: d.seals.freeze(c, actor=who, reason=why)
        ),
        PageAct(
            SealAct.REQUEST_RESUME,
            Scope.SEAL_APPLY,
            lambda d, c, who, why: d.seals.request_resume(c, actor=who, reason=why),
        ),
        PageAct(
            SealAct.CONFIRM_RESUME,
            Scope.SEAL_APPROVE,
            lambda d, c, who, why: d.seals.confirm_resume(c, actor=who, reason=why),
        ),
        PageAct(
            SealAct.SUSPEND,
            Scope.SEAL_FREEZE,
            lambda d, c, who, why: d.seals.suspend(c, actor=who, reason=why),
        ),
        PageAct(
            SealAct.REQUEST_LIFT,
            Scope.SEAL_APPLY,
            lambda d, c, who, why: d.seals.request_lift(c, actor=who, reason=why),
        ),
        PageAct(
            SealAct.LIFT, Scope.SEAL_APPROVE, lambda d, c, who, why: d.seals.lift(c, actor=who, reason=why)
        ),
        PageAct(
            SealAct.CHANGE_KEEPER,
            Scope.SEAL_APPROVE,
            lambda d, c, who, why: d.seals.change_keeper(c, actor=who, reason=why),
        ),
        PageAct(
            SealAct.REVOKE, Scope.SEAL_REVOKE, lambda d, c, who, why: d.seals.revoke(c, actor=who, reason=why)
        ),
    )
}
_ASKING: Final = (SealAct.REQUEST_RESUME, SealAct.REQUEST_LIFT)
_CONFIRMING: Final = (SealAct.CONFIRM_RESUME, SealAct.LIFT)


@router.get("/console/seals")
def listing(
    request: Request,
    asked: Annotated[str, Query(alias="q", max_length=32)] = "",
    status: Annotated[str, Query(max_length=16)] = "",
    after: Annotated[str, Query(max_length=14)] = "",
) -> Response:
    """Show seals by code, of one state, of one enterprise, or the one whose code was typed."""
    frame = enter(request, "seals")
    if isinstance(frame, Response):
        return frame
    asked = asked.strip().upper()
    if is_electronic_code(asked) or is_physical_code(asked):
        return RedirectResponse(f"/console/seals/{asked}", 303)
    chosen = SealStatus(status) if status in set(SealStatus) else None
    query = SealQuery(frame.caller.owner(asked), None, chosen, None, after, PAGE_ROWS)
    page = frame.doors.seals.list(query)
    words = [(one.value, f"seal.status.{one.value}") for one in SealStatus]
    rows = [row_of(frame, record) for record in page.records]
    return frame.page(
        "seals.html", rows=rows, asked=asked, chosen=status, statuses=words, following=page.next or ""
    )


@router.get("/console/seals/{code}")
def one(request: Request, code: str) -> Response:
    """Show one seal: both sides, where it stands, what was done to it and what may be done."""
    frame = enter(request, "seals")
    if isinstance(frame, Response):
        return frame
    record = _seal(frame, code)
    if record is None:
        return frame.gone("seals.gone")
    chips = [
        link
        for link in frame.doors.chips.links_of_seal(record.code)
        if link.status is not LinkStatus.UNLINKED
    ]
    bound, names = record.electronic.certificate, frame.names(record.code)
    asked = frame.doors.seals.keeper_waiting(record.code)
    return frame.page(
        "seal.html",
        seal=record,
        row=row_of(frame, record),
        road=_road(record),
        events=_events(frame, record, names),
        acts=_acts(frame, record, asked),
        reasoned={act.value for act in REASONED_ACTS},
        chips=chips,
        certificate=f"{bound.serial:x}" if bound else "",
        orders=record.status is SealStatus.APPLIED
        and record.engrave
        and Scope.SEAL_APPROVE in frame.caller.scopes
        and not frame.caller.actor.is_any_of(record.applicant),
        names=names,
        asker=record.resume_requested_by or "",
        **_keeping(frame, record, asked),
    )


@router.get("/console/seals/{code}/picture.svg")
def picture(request: Request, code: str) -> Response:
    """Draw the seal at true size for those who may see it; one never filed has 未备案 across it (B7)."""
    frame = enter(request, "seals")
    if isinstance(frame, Response):
        return frame
    record = _seal(frame, code)
    if record is None:
        raise NotFound
    return Response(frame.doors.seals.picture(record.code).svg(), media_type="image/svg+xml")


@router.post("/console/seals/{code}/{act}")
def do(request: Request, code: str, act: str, csrf: Csrf, reason: Text = "") -> Response:
    """Do one act of the table to a seal."""
    chosen = ACTS.get(act)
    if chosen is None:
        raise NotFound
    frame = posted(request, "seals", csrf, chosen.scope)
    record = own_seal(frame.doors.seals, frame.caller, code)
    chosen.do(frame.doors, record.code, frame.caller.actor, reason)
    return done(f"/console/seals/{record.code}")


@router.post("/console/seals/{code}/keepers/request")
def request_keeper(  # noqa: PLR0913 - the fields of a form
    *, request: Request, code: str, csrf: Csrf, keeper: NewKeeper, principal: Text = "", reason: Text = ""
) -> Response:
    """Ask for a further or another principal keeper; another person confirms it."""
    frame = posted(request, "seals", csrf, Scope.SEAL_READ)
    record = own_seal(frame.doors.seals, frame.caller, code)
    if not may_ask_keeper(frame.caller, record):
        frame.caller.require(Scope.SEAL_APPLY)
    wish = KeeperWish(keeper, principal == "yes")
    frame.doors.seals.request_keeper(record.code, wish, actor=frame.caller.actor, reason=reason)
    return done(f"/console/seals/{record.code}")


@router.post("/console/seals/{code}/keepers/removal")
def remove_keeper(request: Request, code: str, csrf: Csrf, keeper: Text, reason: Text = "") -> Response:
    """Strike a keeper off, at once."""
    frame = posted(request, "seals", csrf, Scope.SEAL_READ)
    record = own_seal(frame.doors.seals, frame.caller, code)
    if keeper not in _strikable(frame, record):
        frame.caller.require(Scope.SEAL_FREEZE)
    frame.doors.seals.remove_keeper(record.code, keeper, actor=frame.caller.actor, reason=reason)
    return done(f"/console/seals/{record.code}")


def row_of(frame: Frame, record: SealRecord) -> dict[str, Any]:
    """Return what lists say about a seal."""
    expired = record.status is SealStatus.ACTIVE and record.expired(frame.doors.clock())
    return {
        "code": record.code,
        "physical": record.physical.code,
        "name": record.name,
        "kind": _kind(frame, record.kind),
        "owner": record.owner.name,
        "uscc": record.owner.uscc,
        "status": f"seal.status.{'expired' if expired else record.status.value}",
        "tone": "failed" if expired else TONES.get(record.status, "indeterminate"),
        "from": record.valid_from,
        "until": record.valid_to,
        "filed": record.filed_at,
    }


def _strikable(frame: Frame, record: SealRecord) -> list[str]:
    """Return the keepers that this reader may strike off; the principal one hands over first."""
    others = [one for one in record.keepers if one != record.keeper]
    return [one for one in others if may_strike(frame.caller, record, one)]


def _keeping(frame: Frame, record: SealRecord, asked: KeeperAsked | None) -> dict[str, Any]:
    """Return what the page says of keepers: who may be struck off, whether one may be asked for, what waits."""
    asks = destination(SealAct.REQUEST_KEEPER, record.status) is not None
    strikes = destination(SealAct.REMOVE_KEEPER, record.status) is not None
    return {
        "keeper_asked": asked,
        "may_ask_keeper": asks and may_ask_keeper(frame.caller, record),
        "strikable": _strikable(frame, record) if strikes else [],
    }


def _kind(frame: Frame, kind: SealKind) -> str:
    return kind.zh if frame.language == "zh" else kind.en[:1].upper() + kind.en[1:]


def _seal(frame: Frame, code: str) -> SealRecord | None:
    """Read a seal that this reader may see."""
    try:
        return own_seal(frame.doors.seals, frame.caller, code)
    except SealNotFound:
        return None


def _road(record: SealRecord) -> dict[str, Any]:
    """Tell where on its road a seal stands; one off the road stands beside it, at the place where it left."""
    stops = ROAD if record.engrave else (ROAD[0], ROAD[-1])
    place = record.frozen_from if record.status is SealStatus.FROZEN and record.frozen_from else record.status
    if place in stops:
        now = stops.index(place)
    elif place is SealStatus.RETURNED:
        now = stops.index(SealStatus.DELIVERED) if record.engrave else 0
    elif place in IN_USE or record.filed_at is not None:
        now = len(stops) - 1
    else:
        now = 0
    off = record.status not in stops
    return {"stops": [stop.value for stop in stops], "now": now, "off": record.status.value if off else ""}


def _events(frame: Frame, record: SealRecord, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "at": event.at,
            "words": event.act.zh
            if frame.language == "zh"
            else event.act.value.replace("_", " ").capitalize(),
            "tone": TONES.get(event.status, "indeterminate"),
            "note": event.reason,
            **by_whom(event.actor, names),
            "number": 0,
        }
        for event in reversed(frame.doors.seals.history(record.code))
    ]


def _acts(frame: Frame, record: SealRecord, asked: KeeperAsked | None) -> list[str]:
    """Return what this reader may do now: by the table, by scope, and never alone what takes two."""
    return [
        name
        for name, one in ACTS.items()
        if one.scope in frame.caller.scopes
        and destination(one.act, record.status, record.frozen_from) is not None
        and _fits(frame.caller.actor, record, asked, one.act)
    ]


def _fits(actor: Actor, record: SealRecord, asked: KeeperAsked | None, act: SealAct) -> bool:
    if act in (SealAct.APPROVE, SealAct.REJECT):
        ordered = act is SealAct.APPROVE and record.engrave
        return not ordered and not actor.is_any_of(record.applicant)
    if act is SealAct.CHANGE_KEEPER:
        return asked is not None and not actor.is_any_of(asked.by, asked.keeper)
    if act in _ASKING:
        return record.resume_requested_by is None
    if act in _CONFIRMING:
        return record.resume_requested_by is not None and not actor.is_any_of(record.resume_requested_by)
    return True
