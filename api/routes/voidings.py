"""Voiding a sealed document: ask, agree, refuse, withdraw; the signed record of a voiding."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access.scopes import Principal, Scope
from api.routes.cases import hand_of
from api.routes.pki import JOSE
from api.schemas.voidings import AskVoiding, VoidingModel, VoidingPageModel, VoidReason
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, binary, problems
from signing.voiding.desk import VoidWish
from signing.voiding.states import VoidStatus

router = APIRouter(prefix="/api/v1/voidings", tags=["voiding"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Asker = Annotated[Principal, Requires(Scope.CASE_REQUEST)]
Decider = Annotated[Principal, Requires(Scope.CASE_APPROVE)]
MOVE = problems(404, 409)


@router.post("", summary="申请作废 / Ask to void", status_code=201, responses=MOVE)
def ask(doors: Doors, caller: Asker, body: AskVoiding, key: IdempotencyKey) -> VoidingModel:
    """Ask for a voiding as one of the sealers; that is the first agreement of this enterprise."""
    wish = VoidWish(body.document, body.reason, body.title)
    return VoidingModel.of(doors.papers.voids.ask(wish, request_key=key, hand=hand_of(caller)))


@router.get("", summary="作废申请列表 / List voidings")
def list_voidings(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    status: VoidStatus | None = None,
    uscc: Annotated[str, Query(max_length=18)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> VoidingPageModel:
    """List by number, a page at a time; a caller bound to an enterprise sees those about its documents."""
    found = doors.papers.voids.list(caller.owner(uscc) or "", status, after, limit)
    following = found[-1].id if len(found) == limit else None
    return VoidingPageModel(items=[VoidingModel.of(one) for one in found], next=following)


@router.get("/{voiding}", summary="查看作废申请 / Show a voiding", responses=problems(404))
def show(doors: Doors, caller: Reader, voiding: str) -> VoidingModel:
    """Return a voiding and whose agreement it waits for."""
    return VoidingModel.of(doors.papers.voids.get(voiding, hand=hand_of(caller)))


@router.post("/{voiding}/agreement", summary="同意作废 / Agree", responses=MOVE)
def agree(doors: Doors, caller: Decider, voiding: str) -> VoidingModel:
    """Agree for this enterprise, as another person than whoever agreed before; the last agreement voids the document."""
    found = doors.papers.voids.agree(voiding, hand=hand_of(caller))
    doors.evidence.publish()
    return VoidingModel.of(found)


@router.post("/{voiding}/refusal", summary="不同意作废 / Refuse", responses=MOVE)
def refuse(doors: Doors, caller: Decider, voiding: str, body: VoidReason) -> VoidingModel:
    """Refuse with a reason: the document stays in force."""
    return VoidingModel.of(doors.papers.voids.refuse(voiding, reason=body.reason, hand=hand_of(caller)))


@router.post("/{voiding}/withdrawal", summary="撤回作废申请 / Withdraw", responses=MOVE)
def withdraw(doors: Doors, caller: Asker, voiding: str, body: VoidReason) -> VoidingModel:
    """Take the request back, as the enterprise that asked."""
    return VoidingModel.of(doors.papers.voids.withdraw(voiding, reason=body.reason, hand=hand_of(caller)))


@router.get(
    "/{voiding}/record",
    summary="作废记录 / Signed record",
    responses=binary(JOSE, "JWS compact, typ yinxin-void-record+jws") | MOVE,
)
def record(doors: Doors, caller: Reader, voiding: str) -> Response:
    """Return the voiding as the seal maker signed it: which octets, since when, why, who agreed, under which rule."""
    jws = doors.papers.voids.record(voiding, hand=hand_of(caller))
    headers = {"Content-Disposition": f'attachment; filename="voiding-{voiding}.jws"'}
    return Response(jws, media_type=JOSE, headers=headers)
