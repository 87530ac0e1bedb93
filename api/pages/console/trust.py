"""互认: our own trust list with its age, the lists of others with what is wrong, and the two people's forms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.evidence.recognition import list_address
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter, moment
from api.pages.words import say
from ca.actor import SYSTEM, Actor
from signing.recognition.desk import Offer
from signing.recognition.foreign import grouped
from signing.recognition.handover import Standing
from signing.recognition.publisher import Published
from signing.recognition.states import ForeignStatus
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.pinned import read_list

router = APIRouter(include_in_schema=False)
HOME = "/console/trust"
Address = Annotated[str, Form(max_length=2000)]
MAX_SERVICES = 100
"""Services shown of one list: a national one has hundreds, and its own page shows them."""
_ENDED = frozenset({ForeignStatus.REMOVED, ForeignStatus.DECLINED})


@router.get(HOME)
def lists(request: Request) -> Response:
    """Show who trusts whom."""
    frame = enter(request, "trust")
    if isinstance(frame, Response):
        return frame
    recognition = frame.doors.recognition
    found = [recognition.standing(one.id) for one in recognition.foreign.every()]
    return frame.page(
        "trust.html",
        own=_own(frame, recognition.own.peek()),
        rows=[_row(frame, one) for one in found if one.found.status not in _ENDED],
        ended=[_row(frame, one) for one in found if one.found.status in _ENDED],
    )


@router.post(f"{HOME}/publish")
def publish(request: Request, csrf: Csrf) -> Response:
    """Publish the next number of our list."""
    frame = posted(request, "trust", csrf, Scope.TRUST_PROPOSE)
    frame.doors.recognition.publish(_ours(frame))
    return done(HOME)


@router.post(f"{HOME}/propose")
def propose(request: Request, csrf: Csrf, url: Address, fingerprint: Text) -> Response:
    """Propose an installation."""
    frame = posted(request, "trust", csrf, Scope.TRUST_PROPOSE)
    offer = Offer(fingerprint, list_address(url.strip()))
    frame.doors.recognition.foreign.propose(offer, actor=_ours(frame))
    return done(HOME)


@router.post(f"{HOME}/{{number}}/confirm")
def confirm(request: Request, number: str, csrf: Csrf, fingerprint: Text) -> Response:
    """Confirm a proposal, as another person."""
    frame = posted(request, "trust", csrf, Scope.TRUST_CONFIRM)
    recognition = frame.doors.recognition
    found = recognition.foreign.confirm(number, fingerprint, actor=_ours(frame))
    recognition.renewals.renew(found.id, SYSTEM)
    return _published(frame)


@router.post(f"{HOME}/{{number}}/decline")
def decline(request: Request, number: str, csrf: Csrf, reason: Text) -> Response:
    """Turn a proposal down."""
    frame = posted(request, "trust", csrf, Scope.TRUST_PROPOSE)
    frame.doors.recognition.foreign.decline(number, reason, actor=_ours(frame))
    return done(HOME)


@router.post(f"{HOME}/{{number}}/refresh")
def refresh(request: Request, number: str, csrf: Csrf) -> Response:
    """Fetch a list and what it points to now."""
    frame = posted(request, "trust", csrf, Scope.TRUST_PROPOSE)
    frame.doors.recognition.renewals.renew(number, _ours(frame))
    return _published(frame)


@router.post(f"{HOME}/{{number}}/leave")
def leave(request: Request, number: str, csrf: Csrf, reason: Text) -> Response:
    """Ask for a removal."""
    frame = posted(request, "trust", csrf, Scope.TRUST_PROPOSE)
    frame.doors.recognition.foreign.ask_removal(number, reason, actor=_ours(frame))
    return done(HOME)


@router.post(f"{HOME}/{{number}}/agree")
def agree(request: Request, number: str, csrf: Csrf) -> Response:
    """Agree to a removal, as another person."""
    frame = posted(request, "trust", csrf, Scope.TRUST_CONFIRM)
    frame.doors.recognition.foreign.remove(number, actor=_ours(frame))
    return _published(frame)


@router.post(f"{HOME}/{{number}}/keep")
def keep(request: Request, number: str, csrf: Csrf) -> Response:
    """Turn a removal down."""
    frame = posted(request, "trust", csrf, Scope.TRUST_CONFIRM)
    frame.doors.recognition.foreign.keep(number, actor=_ours(frame))
    return done(HOME)


def _ours(frame: Frame) -> Actor:
    frame.caller.of_the_authority()
    return frame.caller.actor


def waiting_lists(frame: Frame) -> list[dict[str, Any]]:
    """Return what waits for a second person, and what alarms, for the overview."""
    if not frame.caller.scopes & {Scope.TRUST_READ, Scope.TRUST_PROPOSE, Scope.TRUST_CONFIRM}:
        return []
    recognition = frame.doors.recognition
    found = [recognition.standing(one.id) for one in recognition.foreign.every()]
    waits = (ForeignStatus.PROPOSED, ForeignStatus.LEAVING)
    chosen = [one for one in found if one.found.status in waits or (one.found.in_force and one.alarming)]
    return [_row(frame, one) for one in chosen]


def _published(frame: Frame) -> Response:
    frame.doors.evidence.publish()
    return done(HOME)


def _own(frame: Frame, found: Published | None) -> dict[str, Any] | None:
    if found is None:
        return None
    zh, content = frame.language == "zh", found.content
    expired = frame.doors.clock() > found.until
    return {
        "operator": content.operator.zh if zh else content.operator.en,
        "scheme": content.scheme_id,
        "number": content.sequence,
        "issued": content.issued,
        "until": found.until,
        "age": _age(frame, content.issued),
        "tone": "failed" if expired else "passed",
        "expired": expired,
        "fingerprint": grouped(found.fingerprint),
        "addresses": content.scheme.distribution[: 2 if found.xml else 1],
        "services": _services(frame, content),
    }


def _services(frame: Frame, content: TrustedList) -> list[dict[str, Any]]:
    zh = frame.language == "zh"
    return [
        {
            "name": one.name.zh if zh else one.name.en,
            "state": one.periods[0].status.zh if zh else one.periods[0].status.value,
            "tone": "passed" if one.periods[0].status.in_force else "failed",
            "since": one.periods[0].since,
        }
        for one in content.services[:MAX_SERVICES]
    ]


def _row(frame: Frame, standing: Standing) -> dict[str, Any]:
    found, zh = standing.found, frame.language == "zh"
    tone, state = _state(standing)
    secret = (
        found.status is ForeignStatus.PROPOSED
    )  # whoever confirms gets it from the other side, not from this page
    return {
        "id": found.id,
        "operator": found.operator,
        "scheme": found.scheme_id,
        "status": found.status.value,
        "number": found.taken.sequence,
        "issued": found.taken.issued_at,
        "until": found.taken.next_update,
        "age": _age(frame, found.taken.issued_at),
        "tone": tone,
        "state": state,
        "expired": standing.expired and found.in_force,
        "url": found.url,
        "fingerprint": "" if secret else grouped(found.signer_sha256),
        "services": _services(frame, read_list(found.taken.octets, [found.pinned])),
        "people": _people(frame, standing),
        "mine": _ours(frame).is_any_of(_first(standing)),
        "reason": found.reason,
        "troubles": [(url, one.zh if zh else one.en) for url, one in standing.troubles],
        "pieces": [
            {
                "kind": one.kind.value,
                "url": one.url,
                "number": one.number,
                "fetched": one.attempt.fetched_at,
                "bad": bool(one.attempt.trouble) or one in standing.overdue,
            }
            for one in standing.pieces
        ],
    }


def _first(standing: Standing) -> str:
    """Return who may not act a second time."""
    found = standing.found
    leaving = found.status is ForeignStatus.LEAVING and found.removal_by is not None
    return found.removal_by.id if leaving and found.removal_by is not None else found.proposed_by.id


def _state(standing: Standing) -> tuple[str, str]:
    status = standing.found.status
    if not standing.found.in_force:
        return (
            "indeterminate" if status is ForeignStatus.PROPOSED else "unreadable"
        ), f"trust.status.{status}"
    if standing.expired:
        return "failed", "trust.expired"
    if standing.alarming:
        return "failed", "trust.alarm"
    if status is ForeignStatus.LEAVING:
        return "indeterminate", "trust.status.leaving"
    return ("passed", "trust.well") if not standing.troubles else ("indeterminate", "trust.trouble")


def _people(frame: Frame, standing: Standing) -> list[tuple[str, str]]:
    found = standing.found
    told = [("trust.proposed", found.proposed_by, found.proposed_at)]
    if found.confirmed_by is not None:
        told.append(("trust.confirmed", found.confirmed_by, found.confirmed_at or found.proposed_at))
    lines = [
        (word, say(frame.language, "trust.by", name=who.name or who.id, when=moment(when)))
        for word, who, when in told
    ]
    if found.removal_by is not None:
        lines.append(("trust.removal", found.removal_by.name or found.removal_by.id))
    return lines


def _age(frame: Frame, since: datetime) -> str:
    hours = max(0, int((frame.doors.clock() - since).total_seconds() // 3600))
    if not hours:
        return say(frame.language, "trust.fresh")
    word, count = ("trust.hours", hours) if hours < 48 else ("trust.days", hours // 24)
    return say(frame.language, word, count=count)
