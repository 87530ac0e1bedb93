"""Cross certification: recognise another installation's authority by a certificate about it, by two people."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter

from api.access.scopes import Principal, Scope
from api.schemas.cross import ConfirmCross, CrossOrderModel, CrossOrdersModel, ProposeCross
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, problems
from ca.actor import Actor

router = APIRouter(prefix="/api/v1/trust/cross-certifications", tags=["trust"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.TRUST_READ)]
Proposer = Annotated[Principal, Requires(Scope.TRUST_PROPOSE)]
Confirmer = Annotated[Principal, Requires(Scope.TRUST_CONFIRM)]
MOVE: Final = problems(404, 409)


@router.get("", summary="交叉认证列表 / List cross certifications")
def every(doors: Doors, _caller: Reader) -> CrossOrdersModel:
    """List the orders, the newest first."""
    return CrossOrdersModel(items=[CrossOrderModel.of(one) for one in doors.cross.orders()])


@router.post("", status_code=201, summary="提出交叉认证 / Propose", responses=problems(409))
def propose(doors: Doors, caller: Proposer, body: ProposeCross) -> CrossOrderModel:
    """Propose to recognise an authority; another person compares the fingerprint and confirms."""
    terms = body.terms.model_dump(exclude_none=True)
    made = doors.cross.propose(
        terms,
        body.certificate.encode(),
        body.fingerprint,
        actor=_ours(caller),
        request=body.request.encode(),
    )
    return CrossOrderModel.of(made)


@router.get("/{number}", summary="查看交叉认证 / Show an order", responses=problems(404))
def show(doors: Doors, _caller: Reader, number: str) -> CrossOrderModel:
    """Return one order, with the certificate once it is issued."""
    return CrossOrderModel.of(doors.cross.order(number))


@router.post("/{number}/confirmation", summary="复核并签发 / Confirm and issue", responses=MOVE)
def confirm(doors: Doors, caller: Confirmer, number: str, body: ConfirmCross) -> CrossOrderModel:
    """Confirm as a second person, with the fingerprint compared once more, and issue; cut off, it is asked again.

    The caller needs ``ca:issue`` too: the root signs.
    """
    caller.require(Scope.CA_ISSUE)
    made = doors.cross.confirm(number, body.fingerprint, actor=_ours(caller))
    doors.evidence.publish()
    return CrossOrderModel.of(made)


@router.post("/{number}/withdrawal", summary="撤回 / Withdraw", responses=MOVE)
def withdraw(doors: Doors, caller: Proposer, number: str) -> CrossOrderModel:
    """Take back a proposal that nobody has confirmed. One that is issued ends by revocation."""
    return CrossOrderModel.of(doors.cross.withdraw(number, actor=_ours(caller)))


def _ours(caller: Principal) -> Actor:
    """Return who acts; a caller bound to an enterprise has no say in whom this installation recognises."""
    caller.of_the_authority()
    return caller.actor
