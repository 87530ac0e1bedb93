"""Sealing: a document and a place in, the sealed document out, exactly once per idempotency key."""

from __future__ import annotations

import base64
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from pydantic import SecretStr

from api.access import Principal, Scope
from api.auth import Doors, Requires
from api.enrolment import pin_of
from api.errors import NotFound
from api.idempotency import IdempotencyKey
from api.openapi import CALLER, Responses, binary, problems
from api.schemas.sealing import SealingModel
from hsm.algorithms import Digest, DigestAlgorithm
from signing.level import Level
from signing.order import SealOrder
from signing.placement import Placement
from signing.service import SealedDocument
from signing.store import SealingState

router = APIRouter(prefix="/api/v1/sealings", tags=["sealing"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
PDF: Final = "application/pdf"
JSON: Final = "application/json"
SEALED: Final[Responses] = {
    200: {
        "description": "The sealed file; with `Accept: application/json` its description",
        "model": SealingModel,
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", summary="用印 / Seal a document", responses=SEALED | problems(400, 404, 409, 413, 423))
def seal(  # noqa: PLR0913 - the parameters of an address or a form
    *,
    doors: Doors,
    caller: Keeper,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The PDF")],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    at: Annotated[str, Form(max_length=64, description="PAGE:X,Y in mm", examples=["3:38,176"])],
    pin: Annotated[SecretStr | None, Form(description="PIN of the keeper's token")] = None,
    level: Annotated[Level, Form()] = Level.B_LT,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
    case: Annotated[str, Form(max_length=32, description="The approved case that it is sealed under")] = "",
    document_class: Annotated[str, Form(max_length=100, description="For a standing authorisation")] = "",
    amount: Annotated[int | None, Form(ge=0, le=10**15, description="Yuan; for the rules")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = PDF,
) -> Response:
    """Seal a PDF. The answer is the sealed file; its facts are in the headers ``Yinxin-…``."""
    opened = None if password is None else password.get_secret_value()
    name, document = file.filename or "document.pdf", file.file.read()
    order = SealOrder(
        document,
        name,
        seal_code,
        Placement.parse(at),
        level,
        key,
        opened,
        case=case,
        document_class=document_class,
        amount=amount,
        credential=f"key:{caller.key_prefix}",
    )
    holder = None if pin is None else pin_of(pin.get_secret_value())
    return _answer(doors.sealing.seal(order, actor=caller.actor, pin=holder), name, accept)


def _answer(sealed: SealedDocument, name: str, accept: str) -> Response:
    if JSON in accept:
        return JSONResponse(_described(sealed).model_dump(mode="json"))
    stem = name.removesuffix(".pdf")
    headers = {
        "Yinxin-Sealing-Id": sealed.sealing_id,
        "Yinxin-Verdict": sealed.report.verdict.value,
        "Repr-Digest": f"sha-256=:{base64.b64encode(sealed.digest.value).decode()}:",
        "Content-Disposition": f"attachment; filename=\"sealed.pdf\"; filename*=UTF-8''{quote(stem)}-sealed.pdf",
    }
    return Response(sealed.bytes, media_type=PDF, headers=headers)


@router.get(
    "/{sealing_id}/document",
    summary="取回用印文件 / Fetch a sealed document",
    responses=binary(PDF, "The sealed file") | problems(404),
)
def document(doors: Doors, caller: Keeper, sealing_id: str) -> FileResponse:
    """Return a document that the caller sealed before."""
    found = doors.ledger.get(sealing_id)
    if found is None or found.actor != caller.actor.id or found.state is not SealingState.COMPLETED:
        raise NotFound
    digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(found.result))
    return FileResponse(doors.archive.path(digest), media_type=PDF, filename=found.name)


def _described(sealed: SealedDocument) -> SealingModel:
    return SealingModel(
        id=sealed.sealing_id,
        sha256=sealed.digest.hex,
        size=sealed.size,
        verdict=sealed.report.verdict.value,
        document=f"{router.prefix}/{sealed.sealing_id}/document",
        report=sealed.report.to_json(),
    )
