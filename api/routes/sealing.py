"""Sealing: a document and a place in, the sealed document out, exactly once per idempotency key."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from api.access import Principal, Scope
from api.auth import Doors, Requires
from api.enrolment import pin_of
from api.idempotency import IdempotencyKey
from api.openapi import CALLER, problems
from api.schemas.sealing import SealingModel
from signing.level import Level
from signing.order import SealOrder
from signing.placement import Placement
from signing.service import SealedDocument

router = APIRouter(prefix="/api/v1/sealings", tags=["sealing"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
PDF: Final = "application/pdf"
JSON: Final = "application/json"
SEALED: Final = {
    200: {
        "description": "The sealed file; with `Accept: application/json` its description",
        "model": SealingModel,
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", summary="用印 / Seal a document", responses=SEALED | problems(400, 404, 409, 413, 423))
def seal(
    doors: Doors,
    caller: Keeper,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The PDF")],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    at: Annotated[str, Form(max_length=64, description="PAGE:X,Y in mm", examples=["3:38,176"])],
    pin: Annotated[SecretStr | None, Form(description="PIN of the keeper's token")] = None,
    level: Annotated[Level, Form()] = Level.B_LT,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = PDF,
) -> Response:
    """Seal a PDF. The answer is the sealed file; its facts are in the headers ``Yinxin-…``."""
    opened = None if password is None else password.get_secret_value()
    name, document = file.filename or "document.pdf", file.file.read()
    order = SealOrder(document, name, seal_code, Placement.parse(at), level, key, opened)
    holder = None if pin is None else pin_of(pin.get_secret_value())
    return _answer(doors.sealing.seal(order, actor=caller.actor, pin=holder), name, accept)


def _answer(sealed: SealedDocument, name: str, accept: str) -> Response:
    if JSON in accept:
        return JSONResponse(_described(sealed).model_dump(mode="json"))
    stem = name.removesuffix(".pdf")
    headers = {
        "Yinxin-Sealing-Id": sealed.sealing_id,
        "Yinxin-Verdict": sealed.report.verdict.value,
        "Repr-Digest": f"sha-256=:{_base64(sealed.digest.value)}:",
        "Content-Disposition": f"attachment; filename=\"sealed.pdf\"; filename*=UTF-8''{quote(stem)}-sealed.pdf",
    }
    return Response(sealed.bytes, media_type=PDF, headers=headers)
