"""Detached signatures: any file in, a signature of its own out, exactly once per idempotency key."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from pydantic import SecretStr

from api.access.scopes import Principal, Scope
from api.routes.sealing import answer
from api.schemas.sealing import SealingModel
from api.sealing.container_choice import Detached
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.media import MEDIA
from api.web.openapi import BINARY, CALLER, Responses, problems
from signing.formats import DocumentKind
from signing.level import Level
from signing.order import SealOrder
from signing.placing.where import Unseen

router = APIRouter(prefix="/api/v1/sealings/detached", tags=["sealing"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
SIGNATURE: Final = MEDIA[DocumentKind.FILE].type
SIGNED: Final[Responses] = {
    200: {
        "description": "The signature; with `Accept: application/json` its description",
        "model": SealingModel,
        "content": {SIGNATURE: BINARY},
    }
}


@router.post(
    "",
    summary="分离式签名 / Sign a file apart from it",
    responses=SIGNED | problems(400, 404, 409, 413, 422, 423),
)
def sign(  # noqa: PLR0913 - the parameters of a form
    *,
    doors: Doors,
    caller: Keeper,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="Any file; it is not changed and not kept")],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    container: Annotated[Detached, Form(description="gbt35275 needs an SM2 key")] = Detached.CADES,
    level: Annotated[Level | None, Form(description="Default: B-LT for CAdES, B-T for GB/T 35275")] = None,
    pin: Annotated[SecretStr | None, Form(description="PIN of the keeper's token")] = None,
    case: Annotated[str, Form(max_length=32, description="The approved case that it is sealed under")] = "",
    document_class: Annotated[str, Form(max_length=100, description="For a standing authorisation")] = "",
    accept: Annotated[str, Header(include_in_schema=False)] = SIGNATURE,
) -> Response:
    """Sign any file under a permit, as a document is sealed. The answer is the signature (CAdES or GB/T 35275).

    Whoever checks it needs the file too: ``POST /api/v1/verifications`` takes both.
    """
    name = file.filename or "file"
    order = SealOrder(
        file.file.read(),
        name,
        seal_code,
        Unseen(),
        level or container.level,
        key,
        case=case,
        document_class=document_class,
        credential=f"key:{caller.key_prefix}",
        container=container.kind,
        detached=True,
    )
    holder = None if pin is None else pin_of(pin.get_secret_value())
    return answer(doors.sealing.seal(order, actor=caller.actor, pin=holder), name, accept)
