"""Tokens and chips: inventory, life, PIN letters, unblocking, links with seals."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access.scopes import Principal, Scope
from api.schemas.chips import (
    ChipLinkModel,
    ChipLinksModel,
    ChipStandingModel,
    LetterModel,
    LettersModel,
    LinkChip,
    RequestUnblock,
    UnblockModel,
    UnblocksModel,
)
from api.schemas.tokens import (
    ReceiveToken,
    RegisterToken,
    TokenModel,
    TokenPageModel,
    TokenReason,
)
from api.services import Services
from api.tokens.pin_letter import SIGNED_AT, draw_letter, letter_text
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from ca.actor_ids import entered_id
from ca.tokens.errors import LetterNotYours, LetterUnavailable
from ca.tokens.state import TokenState
from ca.tokens.token import Holder, Token, TokenQuery
from seals.errors import ChipLinkRefused

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.TOKEN_READ)]
Clerk = Annotated[Principal, Requires(Scope.TOKEN_MANAGE)]
MOVE = problems(404, 409)


def _token(doors: Services, caller: Principal, serial: str) -> Token:
    """Return a token that the caller may see; one bound to an enterprise sees that enterprise's."""
    found = doors.tokens.get(serial)
    caller.acting_for(found.holder.uscc)
    return found


def _linked(doors: Services, caller: Principal, serial: str, seal: str) -> None:
    """Prove that the seal of the address follows the chip of the address, which the caller may see."""
    _token(doors, caller, serial)
    if seal not in {link.seal for link in doors.chips.links(serial)}:
        raise ChipLinkRefused(f"seal {seal} has no link with chip {serial}")


@router.post("", summary="登记入库 / Register a token", status_code=201, responses=problems(404, 409))
def register(doors: Doors, caller: Clerk, body: RegisterToken) -> TokenModel:
    """Put a chip into the inventory; the same again changes nothing."""
    caller.acting_for(body.uscc)
    return TokenModel.of(doors.tokens.register(body.new(), actor=caller.actor))


@router.get("", summary="令牌列表 / List tokens")
def list_tokens(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    state: TokenState | None = None,
    batch: Annotated[str, Query(max_length=64)] = "",
    cursor: Annotated[str, Query(max_length=24)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TokenPageModel:
    """List by serial number; a caller bound to an enterprise sees its tokens only."""
    query = TokenQuery(caller.owner(uscc) or "", state, batch, cursor, limit)
    return TokenPageModel.of(doors.tokens.list(query))


@router.get("/{serial}", summary="令牌详情 / Show a token", responses=problems(404))
def show(doors: Doors, caller: Reader, serial: str) -> TokenModel:
    """Return a token with its containers and its history."""
    return TokenModel.of(_token(doors, caller, serial), doors.tokens.history(serial))


@router.post("/{serial}/issue", summary="发放 / Issue to its holder", responses=MOVE)
def issue(doors: Doors, caller: Clerk, serial: str, body: ReceiveToken) -> TokenModel:
    """Hand a personalised token to its holder."""
    _token(doors, caller, serial)
    holder = Holder(body.uscc, entered_id(body.person), body.name)
    return TokenModel.of(doors.tokens.issue(serial, holder, actor=caller.actor))


@router.post("/{serial}/pin-states", summary="读取 PIN 状态 / Read PIN states", responses=problems(404))
def read_pins(doors: Doors, caller: Clerk, serial: str) -> TokenModel:
    """Read the tries left from the chip, which costs none, and note them."""
    for part in _token(doors, caller, serial).applications:
        doors.token_work.gate.read_pin(serial, part.name)
    return TokenModel.of(doors.tokens.get(serial))


@router.post("/{serial}/freeze", summary="停用芯片 / Freeze a chip", responses=MOVE)
def freeze(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """Stop the chip: certificates on hold, signing refused, linked seals frozen on both sides."""
    _token(doors, caller, serial)
    return ChipStandingModel.of(doors.chips.freeze_chip(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/loss", summary="临时挂失 / Report lost", responses=MOVE)
def report_lost(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """Stop a chip that is missing, until it is found or written off."""
    _token(doors, caller, serial)
    return ChipStandingModel.of(doors.chips.report_lost(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/write-off", summary="确认丢失 / Write off", responses=MOVE)
def write_off(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """End a chip that is gone for good: certificates revoked as compromised, seals revoked."""
    _token(doors, caller, serial)
    return ChipStandingModel.of(doors.chips.write_off(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/damage", summary="报损 / Record as damaged", responses=MOVE)
def damage(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """End a chip that does not work; an unused chip number is spoilt by that."""
    _token(doors, caller, serial)
    standing = doors.chips.damage(serial, actor=caller.actor, reason=body.reason)
    doors.token_work.personalisation.reconcile()
    return ChipStandingModel.of(standing)


@router.post("/{serial}/termination", summary="终止 / Terminate", responses=MOVE)
def terminate(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """End a chip's life: certificates and seals revoked."""
    _token(doors, caller, serial)
    return ChipStandingModel.of(doors.chips.terminate(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/resume-request", summary="申请恢复 / Ask to resume", responses=MOVE)
def request_resume(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """Ask, as the first of two persons, that a stopped chip come back."""
    _token(doors, caller, serial)
    return ChipStandingModel.of(doors.chips.request_resume(serial, actor=caller.actor, reason=body.reason))


@router.post("/{serial}/resume", summary="确认恢复 / Confirm resuming", responses=MOVE)
def confirm_resume(doors: Doors, caller: Clerk, serial: str, body: TokenReason) -> ChipStandingModel:
    """Bring a chip back as the second person, who neither stopped it nor asked."""
    _token(doors, caller, serial)
    return ChipStandingModel.of(doors.chips.confirm_resume(serial, actor=caller.actor, reason=body.reason))


@router.get("/{serial}/links", summary="芯片与印章的关联 / Links with seals", responses=problems(404))
def links(doors: Doors, caller: Reader, serial: str) -> ChipLinksModel:
    """Return every link of a chip, past ones too."""
    _token(doors, caller, serial)
    return ChipLinksModel(items=[ChipLinkModel.of(link) for link in doors.chips.links(serial)])


@router.post("/{serial}/links", summary="申请关联印章 / Ask to link a seal", status_code=201, responses=MOVE)
def request_link(doors: Doors, caller: Clerk, serial: str, body: LinkChip) -> ChipLinkModel:
    """Ask, as the first of two persons, that a seal follow this chip."""
    _token(doors, caller, serial)
    return ChipLinkModel.of(doors.chips.request_link(serial, body.seal, actor=caller.actor))


@router.post("/{serial}/links/{seal}/confirmation", summary="确认关联 / Confirm a link", responses=MOVE)
def confirm_link(doors: Doors, caller: Clerk, serial: str, seal: str) -> ChipLinkModel:
    """Link as the second person."""
    _linked(doors, caller, serial, seal)
    return ChipLinkModel.of(doors.chips.confirm_link(seal, actor=caller.actor))


@router.post("/{serial}/links/{seal}/unlink-request", summary="申请解除关联 / Ask to unlink", responses=MOVE)
def request_unlink(doors: Doors, caller: Clerk, serial: str, seal: str) -> ChipLinkModel:
    """Ask that a seal leave its chip."""
    _linked(doors, caller, serial, seal)
    return ChipLinkModel.of(doors.chips.request_unlink(seal, actor=caller.actor))


@router.post("/{serial}/links/{seal}/unlink", summary="确认解除关联 / Confirm unlinking", responses=MOVE)
def confirm_unlink(doors: Doors, caller: Clerk, serial: str, seal: str) -> ChipLinkModel:
    """Let a seal leave its chip, as the second person."""
    _linked(doors, caller, serial, seal)
    return ChipLinkModel.of(doors.chips.confirm_unlink(seal, actor=caller.actor))


@router.post("/{serial}/links/{seal}/withdrawal", summary="撤回关联申请 / Withdraw a request", responses=MOVE)
def withdraw_link(doors: Doors, caller: Clerk, serial: str, seal: str) -> ChipLinkModel:
    """Take back what was asked of a link, or of its end, and not confirmed."""
    _linked(doors, caller, serial, seal)
    return ChipLinkModel.of(doors.chips.withdraw(seal, actor=caller.actor))


@router.get("/{serial}/letters", summary="密码信列表 / PIN letters", responses=problems(404))
def letters(doors: Doors, caller: Reader, serial: str) -> LettersModel:
    """List a token's PIN letters; what they say is not shown."""
    _token(doors, caller, serial)
    return LettersModel(items=[LetterModel.of(each) for each in doors.token_work.letters.of_token(serial)])


@router.post(
    "/{serial}/letters/{letter}",
    summary="领取密码信 / Fetch a PIN letter",
    responses=binary("application/pdf", "The letter, given out once") | MOVE,
)
def fetch_letter(doors: Doors, caller: Reader, serial: str, letter: int) -> Response:
    """Give the letter to the person who received the token, once; nobody else sees it."""
    token = _token(doors, caller, serial)
    if not token.holder.person or token.holder.person != caller.actor.id:
        raise LetterNotYours(f"letter {letter}")
    if letter not in {each.id for each in doors.token_work.letters.of_token(serial)}:
        raise LetterUnavailable(f"letter {letter}")
    doors.service_seal.ready(actor=caller.actor)
    printed = doors.token_work.letters.print(letter, actor=caller.actor)
    holder = doors.enterprises.get(token.holder.uscc).name
    drawn = draw_letter(letter_text(printed, holder, demo=not doors.settings.production), printed.pin)
    page = doors.service_seal.sign(drawn, SIGNED_AT, actor=caller.actor)
    return Response(page, media_type="application/pdf", headers={"Cache-Control": "no-store"})


@router.get("/{serial}/unblockings", summary="解锁任务 / Unblocking tasks", responses=problems(404))
def unblockings(doors: Doors, caller: Reader, serial: str) -> UnblocksModel:
    """List a token's unblocking tasks, newest first."""
    _token(doors, caller, serial)
    return UnblocksModel(
        items=[UnblockModel.of(task) for task in doors.token_work.unblocking.list(token=serial)]
    )


@router.post(
    "/{serial}/unblockings", summary="申请解锁 / Ask for unblocking", status_code=201, responses=MOVE
)
def request_unblock(doors: Doors, caller: Clerk, serial: str, body: RequestUnblock) -> UnblockModel:
    """Ask for an application's PIN to be set anew; also for a lost letter."""
    _token(doors, caller, serial)
    task = doors.token_work.unblocking.request(
        serial, body.application, reason=body.reason, actor=caller.actor
    )
    return UnblockModel.of(task)


@router.post("/{serial}/unblockings/{task}/approval", summary="批准解锁 / Approve unblocking", responses=MOVE)
def approve_unblock(doors: Doors, caller: Clerk, serial: str, task: int) -> UnblockModel:
    """Approve as another person and set the new PIN on the chip in the reader; its letter can be printed then."""
    _token(doors, caller, serial)
    doors.token_work.unblocking.of_token(task, serial)
    return UnblockModel.of(doors.token_work.unblocking.approve(task, actor=caller.actor))


@router.post("/{serial}/unblockings/{task}/rejection", summary="拒绝解锁 / Reject unblocking", responses=MOVE)
def reject_unblock(doors: Doors, caller: Clerk, serial: str, task: int) -> UnblockModel:
    """Turn a task down as another person."""
    _token(doors, caller, serial)
    doors.token_work.unblocking.of_token(task, serial)
    return UnblockModel.of(doors.token_work.unblocking.reject(task, actor=caller.actor))
