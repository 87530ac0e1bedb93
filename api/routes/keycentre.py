"""The key centre: pool, escrowed keys, cases, votes, execution. No private key comes in or goes out in the clear.

Its officers and custodians act for the authority: a caller bound to an enterprise sees the keys of that enterprise alone.
"""

from __future__ import annotations

from typing import Annotated

from cryptography import x509
from fastapi import APIRouter, Path, Query

from api.access.scopes import Principal, Scope
from api.schemas.keycentre import (
    BallotModel,
    CaseModel,
    CasesModel,
    CastVote,
    CentreModel,
    EscrowedKeyModel,
    FilledModel,
    FillPool,
    KeyReason,
    NoticeModel,
    NoticesModel,
    OpenJudicialCase,
    OpenUserCase,
)
from api.tokens.enrolment import serial_of
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, problems
from ca.keycentre.state import CaseStatus
from hsm.public_keys import certificate_key

router = APIRouter(prefix="/api/v1/key-centre", tags=["key centre"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.KEY_CENTRE)]
Custodian = Annotated[Principal, Requires(Scope.ESCROW_CUSTODIAN)]
Officer = Annotated[Principal, Requires(Scope.KEY_RECOVER)]
MOVE = problems(404, 409)


@router.get("", summary="密钥中心概况 / Show the key centre")
def show(doors: Doors, caller: Keeper) -> CentreModel:
    """Count keys by kind and state, name the custodians and the quorums."""
    caller.of_the_authority()
    return CentreModel.of(doors.key_centre.status())


@router.post("/pool", summary="补充密钥池 / Fill the pool")
def fill(doors: Doors, caller: Keeper, body: FillPool) -> FilledModel:
    """Make encryption keys of a kind until so many are pooled; each is sealed in the token as it is made."""
    caller.of_the_authority()
    return FilledModel(made=doors.key_centre.pool_fill(body.kind, body.target, actor=caller.actor))


@router.get("/notices", summary="待发通知 / Notices that are due")
def notices(
    doors: Doors,
    caller: Keeper,
    case: Annotated[str, Query(max_length=32, description="Every notice of this case")] = "",
) -> NoticesModel:
    """Return the notices that wait and whose time has come, or every one of a case, sent and held back ones too."""
    caller.of_the_authority()
    found = doors.key_centre.notices_of(case) if case else doors.key_centre.notices()
    return NoticesModel(items=[NoticeModel.of(each) for each in found])


@router.post(
    "/notices/{notice}/sent", summary="登记已通知 / Record a notice as given", responses=problems(404)
)
def notice_sent(
    doors: Doors, caller: Keeper, notice: Annotated[int, Path(ge=1, le=(1 << 63) - 1)]
) -> NoticeModel:
    """Record that the addressee was told; it leaves the list of those that are due, and the audit trail says who told."""
    caller.of_the_authority()
    return NoticeModel.of(doors.key_centre.notice_sent(notice, actor=caller.actor))


@router.get(
    "/certificates/{serial}/key",
    summary="按证书查找托管密钥 / Find the escrowed key of a certificate",
    responses=problems(404),
)
def find(doors: Doors, caller: Keeper, serial: str) -> EscrowedKeyModel:
    """Return the escrowed key that a certificate is over: a case is opened by its number."""
    issued = doors.authority.certificate(serial_of(serial))
    caller.acting_for(issued.uscc)
    key = certificate_key(x509.load_der_x509_certificate(issued.der))
    return EscrowedKeyModel.of(doors.key_centre.key_of(key))


@router.get("/keys/{key_id}", summary="托管密钥详情 / Show an escrowed key", responses=problems(404))
def key(doors: Doors, caller: Keeper, key_id: str) -> EscrowedKeyModel:
    """Return what the register knows about an escrowed key."""
    found = doors.key_centre.key(key_id)
    caller.acting_for(found.uscc)
    return EscrowedKeyModel.of(found)


@router.post("/keys/{key_id}/revocation", summary="撤销托管密钥 / Revoke an escrowed key", responses=MOVE)
def revoke(doors: Doors, caller: Keeper, key_id: str, body: KeyReason) -> EscrowedKeyModel:
    """Record that the key's certificate ended early; old messages can still be recovered."""
    caller.of_the_authority()
    return EscrowedKeyModel.of(doors.key_centre.revoke(key_id, body.reason, actor=caller.actor))


@router.post("/keys/{key_id}/archive", summary="归档托管密钥 / Archive an escrowed key", responses=MOVE)
def archive(doors: Doors, caller: Keeper, key_id: str, body: KeyReason) -> EscrowedKeyModel:
    """Record that the key's time is over; it stays recoverable."""
    caller.of_the_authority()
    return EscrowedKeyModel.of(doors.key_centre.archive(key_id, body.reason, actor=caller.actor))


@router.post("/keys/{key_id}/destruction", summary="销毁托管密钥 / Destroy an escrowed key", responses=MOVE)
def destroy(doors: Doors, caller: Keeper, key_id: str, body: KeyReason) -> EscrowedKeyModel:
    """Remove the sealed private half for ever; only a pooled or archived key can be destroyed."""
    caller.of_the_authority()
    return EscrowedKeyModel.of(doors.key_centre.destroy(key_id, body.reason, actor=caller.actor))


@router.post("/cases/user", summary="申请用户恢复 / Ask for user recovery", status_code=201, responses=MOVE)
def open_user_case(doors: Doors, caller: Officer, body: OpenUserCase) -> CaseModel:
    """Open a case for a holder who lost the token; custodians vote on its exact bytes."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.recover_request(body.order(), actor=caller.actor))


@router.post(
    "/cases/judicial", summary="申请司法恢复 / Ask for judicial recovery", status_code=201, responses=MOVE
)
def open_judicial_case(doors: Doors, caller: Officer, body: OpenJudicialCase) -> CaseModel:
    """Open a case on an authority's order; it needs more custodians, and the key goes to the authority's certificate."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.recover_request(body.order(), actor=caller.actor))


@router.get("/cases", summary="案件列表 / List cases")
def cases(
    doors: Doors,
    caller: Officer,
    status: CaseStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CasesModel:
    """List cases, newest first."""
    caller.of_the_authority()
    return CasesModel(items=[CaseModel.of(each) for each in doors.key_centre.cases(status, limit)])


@router.get("/cases/{case_id}", summary="案件详情 / Show a case", responses=problems(404))
def case(doors: Doors, caller: Officer, case_id: str) -> CaseModel:
    """Return a case with its document, and its delivery once it was executed."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.case(case_id))


@router.get(
    "/cases/{case_id}/ballot", summary="待签表决内容 / What a custodian signs", responses=problems(404)
)
def ballot(doors: Doors, caller: Custodian, case_id: str) -> BallotModel:
    """Return the case as a custodian reads it, and the octets to be signed for either word."""
    caller.of_the_authority()
    return BallotModel.of(doors.key_centre.case(case_id), doors.key_centre.votes(case_id))


@router.post("/cases/{case_id}/votes", summary="托管人投票 / Vote as a custodian", responses=MOVE)
def vote(doors: Doors, caller: Custodian, case_id: str, body: CastVote) -> BallotModel:
    """Record a signed vote; each custodian votes once on the same bytes, never on a case of their own."""
    caller.of_the_authority()
    doors.key_centre.vote(body.ballot(case_id), actor=caller.actor)
    return BallotModel.of(doors.key_centre.case(case_id), doors.key_centre.votes(case_id))


@router.put("/cases/{case_id}/user", summary="更正用户恢复案件 / Amend a user recovery", responses=MOVE)
def amend_user_case(doors: Doors, caller: Officer, case_id: str, body: OpenUserCase) -> CaseModel:
    """Change one's own open case; the votes given so far were on other bytes and are void."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.amend(case_id, body.order(), actor=caller.actor))


@router.put(
    "/cases/{case_id}/judicial", summary="更正司法恢复案件 / Amend a judicial recovery", responses=MOVE
)
def amend_judicial_case(doors: Doors, caller: Officer, case_id: str, body: OpenJudicialCase) -> CaseModel:
    """Change one's own open case; the votes given so far were on other bytes and are void."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.amend(case_id, body.order(), actor=caller.actor))


@router.post("/cases/{case_id}/execution", summary="执行案件 / Execute a case", responses=MOVE)
def execute(doors: Doors, caller: Officer, case_id: str) -> CaseModel:
    """Carry an approved case out; executed again it returns the same delivery."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.execute(case_id, actor=caller.actor))


@router.post("/cases/{case_id}/withdrawal", summary="撤回案件 / Withdraw a case", responses=MOVE)
def withdraw(doors: Doors, caller: Officer, case_id: str) -> CaseModel:
    """Withdraw an open case; only its requester does."""
    caller.of_the_authority()
    return CaseModel.of(doors.key_centre.withdraw(case_id, actor=caller.actor))
