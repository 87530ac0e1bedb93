"""Trust lists: our own as others fetch it, and those of other installations: propose, confirm, renew, remove."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response

from api.access.scopes import Principal, Scope
from api.errors import NotFound
from api.evidence.recognition import list_address
from api.schemas.trust_lists import (
    ConfirmList,
    ForeignListModel,
    ForeignListsModel,
    ListReason,
    NewerList,
    OwnListModel,
    ProposeList,
)
from api.services import Services
from api.web import conditional
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, PUBLIC, binary, problems
from ca.actor import SYSTEM, Actor
from signing.recognition.desk import Offer
from signing.recognition.foreign import ForeignList

open_router = APIRouter(prefix="/trust", tags=["pki"], responses=PUBLIC)
router = APIRouter(prefix="/api/v1/trust", tags=["trust"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.TRUST_READ)]
Proposer = Annotated[Principal, Requires(Scope.TRUST_PROPOSE)]
Confirmer = Annotated[Principal, Requires(Scope.TRUST_CONFIRM)]
JOSE: Final = "application/jose"
"""RFC 7515 §9.2.1."""
TSL: Final = "application/vnd.etsi.tsl+xml"
"""TS 119 612 annex E."""
MOVE: Final = problems(404, 409)
FETCHED: Final = problems(404, 409, 502)
AGE: Final = {"Cache-Control": "public, max-age=60"}


# -- our own ----------------------------------------------------------------------------------------------------------


@open_router.get(
    "/list.json",
    summary="信任清单 / Trust list (JSON)",
    responses=binary(JOSE, "ETSI TS 119 602, JAdES compact") | problems(404),
)
def own_json(request: Request, doors: Doors) -> Response:
    """Return our own list in force; one that is due is renewed first."""
    return conditional.answer(request, doors.recognition.own.current().json, JOSE, AGE)


@open_router.get(
    "/list.xml",
    summary="信任清单 / Trust list (XML)",
    responses=binary(TSL, "ETSI TS 119 612, XAdES") | problems(404),
)
def own_xml(request: Request, doors: Doors) -> Response:
    """Return the same list in XML; an installation of the national suite has JSON alone, for XML signatures know no SM2."""
    xml = doors.recognition.own.current().xml
    if not xml:
        raise NotFound
    return conditional.answer(request, xml, TSL, AGE)


@router.get("/own", summary="本系统的信任清单 / Our own list", responses=problems(404))
def own(doors: Doors, _caller: Reader) -> OwnListModel:
    """Return what our own list says, and the fingerprint that others compare."""
    return OwnListModel.of(doors.recognition.own.current())


@router.post("/own", summary="立即发布信任清单 / Publish now", responses=MOVE)
def publish(doors: Doors, caller: Proposer) -> OwnListModel:
    """Publish the next number now, due or not."""
    doors.recognition.publish(_ours(caller))
    return OwnListModel.of(doors.recognition.own.current())


# -- others -----------------------------------------------------------------------------------------------------------


@router.get("/lists", summary="外部信任清单 / Foreign lists")
def every(doors: Doors, _caller: Reader) -> ForeignListsModel:
    """List what was ever proposed, the newest first."""
    found = doors.recognition.foreign.every()
    return ForeignListsModel(items=[_told(doors, one) for one in found])


@router.post("/lists", summary="提出信任一份清单 / Propose a list", status_code=201, responses=FETCHED)
def propose(doors: Doors, caller: Proposer, body: ProposeList) -> ForeignListModel:
    """Fetch or take a list, compare its signer with the fingerprint given, and put it up for another person to confirm."""
    url = list_address(body.url) if body.url else ""
    offer = Offer(body.fingerprint, url, body.octets)
    return _told(doors, doors.recognition.foreign.propose(offer, actor=_ours(caller)))


@router.get("/lists/{number}", summary="查看外部清单 / Show a list", responses=problems(404))
def show(doors: Doors, _caller: Reader, number: str) -> ForeignListModel:
    """Return one list, with what it points to."""
    return _told(doors, doors.recognition.foreign.get(number))


@router.post("/lists/{number}/confirmation", summary="确认信任 / Confirm", responses=MOVE)
def confirm(doors: Doors, caller: Confirmer, number: str, body: ConfirmList) -> ForeignListModel:
    """Put a list in force, as another person than whoever proposed it, with the fingerprint compared once more."""
    found = doors.recognition.foreign.confirm(number, body.fingerprint, actor=_ours(caller))
    doors.recognition.renewals.renew(found.id, SYSTEM)
    return _published(doors, number)


@router.post("/lists/{number}/refusal", summary="不采纳 / Decline", responses=MOVE)
def decline(doors: Doors, caller: Proposer, number: str, body: ListReason) -> ForeignListModel:
    """Turn a proposal down, or take one's own back."""
    return _told(doors, doors.recognition.foreign.decline(number, body.reason, actor=_ours(caller)))


@router.post("/lists/{number}/refresh", summary="立即更新 / Fetch now", responses=MOVE)
def refresh(doors: Doors, caller: Proposer, number: str) -> ForeignListModel:
    """Fetch the list and what it points to now; what is wrong is told in the answer."""
    doors.recognition.renewals.renew(number, _ours(caller))
    return _published(doors, number)


@router.put("/lists/{number}/list", summary="以文件更新 / Renew by file", responses=MOVE)
def renew_by_file(doors: Doors, caller: Proposer, number: str, body: NewerList) -> ForeignListModel:
    """Take a newer list from a file: the same signer, a higher number."""
    doors.recognition.renewals.take_file(number, body.octets, _ours(caller))
    return _published(doors, number)


@router.post("/lists/{number}/removal", summary="申请移除 / Ask for removal", responses=MOVE)
def ask_removal(doors: Doors, caller: Proposer, number: str, body: ListReason) -> ForeignListModel:
    """Ask that a list be trusted no longer; it stays in force until another person agrees."""
    return _told(doors, doors.recognition.foreign.ask_removal(number, body.reason, actor=_ours(caller)))


@router.post("/lists/{number}/removal/agreement", summary="同意移除 / Agree to removal", responses=MOVE)
def remove(doors: Doors, caller: Confirmer, number: str) -> ForeignListModel:
    """Agree to a removal, as another person: nothing is trusted by this list any more."""
    doors.recognition.foreign.remove(number, actor=_ours(caller))
    return _published(doors, number)


@router.post("/lists/{number}/removal/refusal", summary="不同意移除 / Keep", responses=MOVE)
def keep(doors: Doors, caller: Confirmer, number: str) -> ForeignListModel:
    """Turn a removal down: the list stays in force."""
    return _told(doors, doors.recognition.foreign.keep(number, actor=_ours(caller)))


def _ours(caller: Principal) -> Actor:
    """Return who acts; a caller bound to an enterprise has no say in whom this installation trusts."""
    caller.of_the_authority()
    return caller.actor


def _told(doors: Services, found: ForeignList) -> ForeignListModel:
    return ForeignListModel.of(doors.recognition.standing(found.id))


def _published(doors: Services, number: str) -> ForeignListModel:
    """Bring the trust folder up to date as well."""
    doors.evidence.publish()
    return ForeignListModel.of(doors.recognition.standing(number))
