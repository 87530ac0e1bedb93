"""Several parties on one document: begin a round, seal as a party, decline, substitute, withdraw, look at it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.routes.cases import hand_of
from api.schemas.moments import Moment
from api.schemas.numbers import MAX_NUMBER
from api.schemas.rounds import (
    RoundDeadline,
    RoundModel,
    RoundPageModel,
    RoundReason,
    RoundRemindersModel,
    SealAsParty,
    Substitution,
    TimelineModel,
    read_parties,
)
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, binary, problems
from signing.containers.certification import Certification, FieldLock
from signing.parties.round import RoundWish
from signing.parties.round_store import RoundQuery
from signing.parties.sealing import PartyChoice
from signing.parties.states import RoundStatus
from signing.placing.where import parse_where

router = APIRouter(prefix="/api/v1/rounds", tags=["rounds"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Initiator = Annotated[Principal, Requires(Scope.CASE_REQUEST)]
Decider = Annotated[Principal, Requires(Scope.CASE_APPROVE)]
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
MOVE = problems(404, 409)


@router.post("", summary="发起多方签署 / Begin a round", status_code=201, responses=problems(409, 413))
def begin(  # noqa: PLR0913 - the fields of the form
    *,
    doors: Doors,
    caller: Initiator,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The document")],
    title: Annotated[str, Form(max_length=200)],
    deadline: Annotated[Moment, Form(description="RFC 3339, within a year")],
    parties: Annotated[str, Form(max_length=200_000, description="JSON list of parties in order")],
    remind_days: Annotated[str, Form(max_length=60, description="Days before the deadline")] = "3,1",
    reserve: Annotated[bool, Form(description="Keep an empty field for each party")] = True,
) -> RoundModel:
    """Name a document, its parties and the deadline. The parties whose turn it is find it among what waits for them."""
    days = tuple(int(one) for one in remind_days.split(",") if one.strip().isdecimal())
    wish = RoundWish(title, read_parties(parties), deadline, days, reserve)
    name = file.filename or "document.pdf"
    found = doors.papers.rounds.open(file.file.read(), name, wish, request_key=key, hand=hand_of(caller))
    return RoundModel.of(found)


@router.get("", summary="签署事项列表 / List rounds")
def list_rounds(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    status: RoundStatus | None = None,
    uscc: Annotated[str, Query(max_length=18)] = "",
    waiting: Annotated[bool, Query(description="Only those in which it is this enterprise's turn")] = False,
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RoundPageModel:
    """List by number, a page at a time; a caller bound to an enterprise sees the rounds that it is part of."""
    query = RoundQuery(status, caller.owner(uscc) or "", waiting, after, limit)
    found = doors.papers.rounds.list(query)
    following = found[-1].id if len(found) == limit else None
    return RoundPageModel(items=[RoundModel.of(one) for one in found], next=following)


@router.get("/reminders", summary="签署提醒 / Reminders")
def reminders(
    doors: Doors,
    caller: Reader,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RoundRemindersModel:
    """Read whom a round waits for before its deadline, by cursor; whoever sends messages reads here."""
    found = doors.papers.rounds.reminders.read(after, limit, caller.actor.uscc or "")
    return RoundRemindersModel.of(found)


@router.get("/{round_id}", summary="查看签署事项 / Show a round", responses=problems(404))
def show(doors: Doors, caller: Reader, round_id: str) -> RoundModel:
    """Return a round with its parties, whose turn it is, and every version by its digest."""
    return RoundModel.of(doors.papers.rounds.get(round_id, hand=hand_of(caller)))


@router.get("/{round_id}/timeline", summary="签署记录 / Timeline", responses=problems(404))
def timeline(doors: Doors, caller: Reader, round_id: str) -> TimelineModel:
    """Return who did what, when, with which credential; the chain of digests is re-computed."""
    return TimelineModel.of(doors.papers.rounds.entries(round_id, hand=hand_of(caller)))


@router.get(
    "/{round_id}/document",
    summary="取回文件 / Fetch a version",
    responses=binary("application/octet-stream", "The document") | problems(404),
)
def document(
    doors: Doors,
    caller: Reader,
    round_id: str,
    version: Annotated[int | None, Query(ge=0, le=MAX_NUMBER)] = None,
) -> Response:
    """Return a version of the document, the newest without a number; the final one of a round that is released."""
    hand = hand_of(caller)
    found = doors.papers.rounds.get(round_id, hand=hand)
    octets = doors.papers.rounds.document(round_id, version, hand=hand)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(octets, media_type="application/octet-stream", headers=headers)


@router.post(
    "/{round_id}/parties/{party}/seal", summary="签署 / Seal as a party", responses=problems(404, 409, 423)
)
def seal(doors: Doors, caller: Keeper, round_id: str, party: int, body: SealAsParty) -> RoundModel:
    """Put a party's seal on the newest version, with its own permission to use it.

    Where another party was faster: a fixed place is taken on the new version by itself; else the answer is 409 and the new
    version has to be looked at first.
    """
    choice = PartyChoice(
        body.seal_code,
        parse_where(body.where) if body.where else None,
        body.version,
        body.level,
        body.case,
        body.document_class,
        body.amount,
        Certification.parse(body.certify) if body.certify else None,
        FieldLock.parse(body.lock) if body.lock else None,
        password=None if body.password is None else body.password.get_secret_value(),
    )
    pin = None if body.pin is None else pin_of(body.pin.get_secret_value())
    made = doors.papers.rounds.sealing.seal(round_id, party, choice, hand=hand_of(caller), pin=pin)
    return RoundModel.of(made.round)


@router.post("/{round_id}/parties/{party}/refusal", summary="拒签 / Decline", responses=MOVE)
def decline(doors: Doors, caller: Decider, round_id: str, party: int, body: RoundReason) -> RoundModel:
    """Decline with a reason; the round stops until the initiator substitutes the party or withdraws."""
    return RoundModel.of(
        doors.papers.rounds.decline(round_id, party, reason=body.reason, hand=hand_of(caller))
    )


@router.post("/{round_id}/parties/{party}/substitution", summary="更换签署方 / Substitute", responses=MOVE)
def substitute(doors: Doors, caller: Initiator, round_id: str, party: int, body: Substitution) -> RoundModel:
    """Put another enterprise in the place of a party that has not sealed."""
    rounds = doors.papers.rounds
    found = rounds.substitute(round_id, party, body.uscc, reason=body.reason, hand=hand_of(caller))
    return RoundModel.of(found)


@router.post("/{round_id}/withdrawal", summary="撤回 / Withdraw", responses=MOVE)
def withdraw(doors: Doors, caller: Initiator, round_id: str, body: RoundReason) -> RoundModel:
    """Take the round back, as its initiator, before the last party sealed."""
    return RoundModel.of(doors.papers.rounds.withdraw(round_id, reason=body.reason, hand=hand_of(caller)))


@router.put("/{round_id}/deadline", summary="延长期限 / Extend", responses=MOVE)
def extend(doors: Doors, caller: Initiator, round_id: str, body: RoundDeadline) -> RoundModel:
    """Move the deadline, as the initiator; reminders follow it."""
    return RoundModel.of(doors.papers.rounds.extend(round_id, body.deadline, hand=hand_of(caller)))
