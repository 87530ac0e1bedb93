"""Sealing in two steps: prepared here, signed with a key elsewhere, completed here with the signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import SecretStr

from api.access.scopes import Principal, Scope
from api.errors import InputInvalid
from api.routes.sealing import At, MayCover, described
from api.schemas.remote_sealing import AskedModel, SignatureModel
from api.schemas.sealing import SealingModel
from api.sealing.placed import demand_place
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, problems
from signing.level import Level
from signing.order import SealOrder
from signing.placing.where import parse_where
from signing.two_step.paper import Asked

router = APIRouter(prefix="/api/v1/sealings/remote", tags=["sealing"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]


@router.post(
    "",
    status_code=201,
    summary="两步用印：准备 / Prepare for a key elsewhere",
    responses=problems(400, 404, 409, 413),
)
def begin(  # noqa: PLR0913 - the parameters of a form
    *,
    doors: Doors,
    caller: Keeper,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The PDF")],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    at: At,
    may_cover: MayCover = False,
    level: Annotated[Level, Form()] = Level.B_LT,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
    case: Annotated[str, Form(max_length=32, description="The approved case that it is sealed under")] = "",
    document_class: Annotated[str, Form(max_length=100, description="For a standing authorisation")] = "",
    amount: Annotated[int | None, Form(ge=0, le=10**15, description="Yuan; for the rules")] = None,
) -> AskedModel:
    """Take the permit, prepare the document and say what is to be signed, until when.

    The same key again says the same. Sign ``to_sign`` (or its ``digest``) with the key of the certificate and hand the
    signature back; past the deadline the permit is given back.
    """
    order = SealOrder(
        file.file.read(),
        file.filename or "document.pdf",
        seal_code,
        parse_where(at),
        level,
        key,
        None if password is None else password.get_secret_value(),
        case=case,
        document_class=document_class,
        amount=amount,
        credential=f"key:{caller.key_prefix}",
        may_cover=may_cover,
    )
    demand_place(doors.preview, doors.seals, order, caller.actor)
    return told(doors.two_step.begin(order, actor=caller.actor))


@router.get("/{sealing_id}", summary="查询待签用印 / Show what waits", responses=problems(404))
def show(doors: Doors, caller: Keeper, sealing_id: str) -> AskedModel:
    """Say again what is to be signed, and how it stands."""
    return told(doors.two_step.find(sealing_id, actor=caller.actor))


@router.post(
    "/{sealing_id}/signature",
    summary="两步用印：提交签名 / Hand back the signature",
    responses=problems(403, 404, 409, 423),
)
def complete(doors: Doors, caller: Keeper, sealing_id: str, given: SignatureModel) -> SealingModel:
    """Verify the signature against the certificate and the very octets that were given out, and complete the document.

    Repeating it returns the first result. A signature that does not verify is refused, and the document waits on.
    """
    opened = None if given.password is None else given.password.get_secret_value()
    signature = octets_of(given.signature)
    return described(doors.two_step.complete(sealing_id, signature, actor=caller.actor, password=opened))


@router.delete(
    "/{sealing_id}",
    status_code=204,
    summary="撤回待签用印 / Withdraw what waits",
    responses=problems(404, 409),
)
def withdraw(doors: Doors, caller: Keeper, sealing_id: str) -> None:
    """Give the permit back."""
    doors.two_step.withdraw(sealing_id, actor=caller.actor)


def told(asked: Asked) -> AskedModel:
    """Return what is to be signed as it is told."""
    return AskedModel(
        id=asked.sealing_id,
        state=asked.state.value,
        seal_code=asked.seal_code,
        name=asked.name,
        document=asked.document,
        certificate=base64.b64encode(asked.certificate).decode(),
        certificate_sha256=hashlib.sha256(asked.certificate).hexdigest(),
        algorithm=asked.algorithm.label,
        to_sign=base64.b64encode(asked.to_sign).decode(),
        digest_algorithm=asked.digest.algorithm.label,
        digest=asked.digest.hex,
        deadline=asked.deadline,
    )


def octets_of(text: str) -> bytes:
    """Read a signature in base64; :class:`InputInvalid`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputInvalid("签名应为 base64。", "The signature is written in base64.") from None
