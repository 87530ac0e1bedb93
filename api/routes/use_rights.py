"""Who signs approvals, and which application may seal by itself: the register of signers and standing authorisations."""

from __future__ import annotations

from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Query

from api.access.scopes import Principal, Scope
from api.errors import InputInvalid
from api.routes.cases import hand_of
from api.schemas.cases import PayloadModel, UseReason
from api.schemas.use_rights import (
    AskStanding,
    RegisterSigner,
    SignerListModel,
    SignerModel,
    SignStanding,
    StandingListModel,
    StandingModel,
)
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, problems
from seals.cases.signer_store import Signer
from seals.cases.standing_store import Standing

router = APIRouter(prefix="/api/v1", tags=["cases"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Officer = Annotated[Principal, Requires(Scope.SEAL_AUTHORISE)]
MOVE = problems(404, 409)


def _signer(doors: Doors, caller: Principal, sha256: str) -> Signer:
    found = doors.use_desk.signers.get(sha256)
    if found.holder.uscc is None:
        caller.of_the_authority()
    else:
        caller.acting_for(found.holder.uscc)
    return found


def _standing(doors: Doors, caller: Principal, standing: str) -> Standing:
    found = doors.use_desk.standing.get(standing)
    caller.acting_for(found.owner_uscc)
    return found


@router.post("/signers", summary="登记审批证书 / Register a signer", status_code=201, responses=MOVE)
def register(doors: Doors, caller: Officer, body: RegisterSigner) -> SignerModel:
    """Ask, as the first of two people, that a certificate count as a person's signature."""
    if body.uscc:
        caller.acting_for(body.uscc)
    else:
        caller.of_the_authority()
    try:
        der = x509.load_pem_x509_certificate(body.certificate.encode()).public_bytes(Encoding.DER)
    except ValueError as wrong:
        raise InputInvalid(
            "“certificate”：不是 PEM 格式的证书。", "certificate: it is not a certificate in PEM."
        ) from wrong
    register = doors.use_desk.signers
    signer = register.register(der, body.person(), body.role, key_uri=body.key_uri, hand=hand_of(caller))
    return SignerModel.of(signer)


@router.get("/signers", summary="审批证书列表 / List signers")
def signers(
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
) -> SignerListModel:
    """List registrations; a caller bound to an enterprise sees its own."""
    found = doors.use_desk.signers.list(caller.owner(uscc) or "", after, 200)
    return SignerListModel(items=[SignerModel.of(one) for one in found])


@router.post("/signers/{sha256}/confirmation", summary="确认登记 / Confirm a signer", responses=MOVE)
def confirm(doors: Doors, caller: Officer, sha256: str) -> SignerModel:
    """Confirm as the second person, who neither registered the certificate nor holds it."""
    _signer(doors, caller, sha256)
    return SignerModel.of(doors.use_desk.signers.confirm(sha256, hand=hand_of(caller)))


@router.post("/signers/{sha256}/end", summary="解除登记 / End a registration", responses=MOVE)
def end(doors: Doors, caller: Officer, sha256: str) -> SignerModel:
    """Take a certificate off the register: from now on nothing signed with it counts."""
    _signer(doors, caller, sha256)
    return SignerModel.of(doors.use_desk.signers.end(sha256, hand=hand_of(caller)))


@router.post(
    "/standing-uses", summary="申请静默用印授权 / Ask for a standing use", status_code=201, responses=MOVE
)
def ask(doors: Doors, caller: Officer, body: AskStanding, key: IdempotencyKey) -> StandingModel:
    """Ask for a standing authorisation; it is *pending* until the owner's representative signs it."""
    desk = doors.use_desk.standing
    begins = body.begins or doors.clock().replace(microsecond=0)
    ends = body.ends or desk.default_end(begins)
    grantee = body.grantee(begins, ends, caller.actor.uscc)
    return StandingModel.of(desk.request(grantee, request_key=key, hand=hand_of(caller)))


@router.get("/standing-uses", summary="静默用印授权列表 / List standing uses")
def standing_uses(
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> StandingListModel:
    """List by number; a caller bound to an enterprise sees its own."""
    found = doors.use_desk.standing.list(caller.owner(uscc) or "", after, 200)
    return StandingListModel(items=[StandingModel.of(one) for one in found])


@router.get("/standing-uses/{standing}", summary="授权详情 / Show a standing use", responses=problems(404))
def show(doors: Doors, caller: Reader, standing: str) -> StandingModel:
    """Return one authorisation with what is used of its quota."""
    return StandingModel.of(_standing(doors, caller, standing))


@router.get("/standing-uses/{standing}/payload", summary="待签授权 / What to sign", responses=MOVE)
def payload(doors: Doors, caller: Officer, standing: str) -> PayloadModel:
    """Return what the representative signs."""
    _standing(doors, caller, standing)
    return PayloadModel.of(doors.use_desk.standing.payload(standing, hand=hand_of(caller)))


@router.post(
    "/standing-uses/{standing}/signature", summary="签署授权 / Sign", responses=problems(404, 409, 423)
)
def sign(doors: Doors, caller: Officer, standing: str, body: SignStanding) -> StandingModel:
    """Make it effective by the representative's signature, who is not the one who asked for it."""
    _standing(doors, caller, standing)
    desk, hand = doors.use_desk.standing, hand_of(caller)
    if body.jws:
        return StandingModel.of(desk.sign(standing, body.jws, hand=hand))
    pin = None if body.pin is None else pin_of(body.pin.get_secret_value())
    return StandingModel.of(desk.sign_with_key(standing, hand=hand, pin=pin))


@router.post("/standing-uses/{standing}/deletion", summary="撤销授权 / End", responses=MOVE)
def delete(doors: Doors, caller: Officer, standing: str, body: UseReason) -> StandingModel:
    """End it at once: the next use is refused."""
    _standing(doors, caller, standing)
    return StandingModel.of(doors.use_desk.standing.delete(standing, body.reason, hand=hand_of(caller)))
