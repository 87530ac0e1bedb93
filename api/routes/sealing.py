"""Sealing: a document and a place in, the sealed document out, exactly once per idempotency key."""

from __future__ import annotations

import base64
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from pydantic import SecretStr

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.errors import NotFound
from api.schemas import containers
from api.schemas.placing import MatchModel, PlacesModel
from api.schemas.sealing import SealingModel
from api.sealing.container_choice import certification_of, lock_of
from api.sealing.placed import demand_place
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.media import finished_name, media_of
from api.web.openapi import BINARY, CALLER, Responses, binary, problems
from hsm.algorithms import Digest, DigestAlgorithm
from signing.level import Level
from signing.order import SealOrder
from signing.placing.page_range import MAX_RANGE_LENGTH, PageRange
from signing.placing.where import MAX_KEYWORD_LENGTH, MAX_WHERE_LENGTH, parse_where
from signing.service import SealedDocument
from signing.store import SealingState

router = APIRouter(prefix="/api/v1/sealings", tags=["sealing"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
PDF: Final = "application/pdf"
JSON: Final = "application/json"
At = Annotated[
    str,
    Form(
        max_length=MAX_WHERE_LENGTH,
        description="A place in mm from the top left: PAGE:X,Y; pages=1-3,5;at=X,Y; keyword=TEXT;which=all|first|last|N;"
        "offset=RIGHT,DOWN;pages=…; field=NAME;fit=shrink|true; seam=right|left|top|bottom;every=N;pages=…;"
        "offset=MM|centre;inset=MM;facing=yes|no; unseen",
        examples=["3:38,176", "keyword=甲方盖章;which=last", "seam=right;every=20"],
    ),
]
MayCover = Annotated[bool, Form(description="The seal may lie on a signature that is there already")]
SEALED: Final[Responses] = {
    200: {
        "description": "The sealed file; with `Accept: application/json` its description",
        "model": SealingModel,
        "content": {PDF: BINARY},
    }
}


@router.post("", summary="用印 / Seal a document", responses=SEALED | problems(400, 404, 409, 413, 423))
def seal(  # noqa: PLR0913 - the parameters of an address or a form
    *,
    doors: Doors,
    caller: Keeper,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The PDF, or an OFD in the national suite")],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    at: At,
    may_cover: MayCover = False,
    pin: Annotated[SecretStr | None, Form(description="PIN of the keeper's token")] = None,
    level: Annotated[Level, Form()] = Level.B_LT,
    container: containers.Container = None,
    certify: containers.Certify = "",
    lock: containers.Lock = "",
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
    case: Annotated[str, Form(max_length=32, description="The approved case that it is sealed under")] = "",
    document_class: Annotated[str, Form(max_length=100, description="For a standing authorisation")] = "",
    amount: Annotated[int | None, Form(ge=0, le=10**15, description="Yuan; for the rules")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = PDF,
) -> Response:
    """Seal a document. The answer is the sealed file; its facts are in the headers ``Yinxin-…``.

    ``at`` is a place on one page, on several, on a keyword, in an empty signature field, or over the seam; one signature
    covers the whole file however often the seal shows.
    """
    opened = None if password is None else password.get_secret_value()
    name, document = file.filename or "document.pdf", file.file.read()
    order = SealOrder(
        document,
        name,
        seal_code,
        parse_where(at),
        level,
        key,
        opened,
        case=case,
        document_class=document_class,
        amount=amount,
        credential=f"key:{caller.key_prefix}",
        may_cover=may_cover,
        container=container,
        certify=certification_of(certify),
        lock=lock_of(lock),
    )
    demand_place(doors.preview, doors.seals, order, caller.actor)
    holder = None if pin is None else pin_of(pin.get_secret_value())
    return answer(doors.sealing.seal(order, actor=caller.actor, pin=holder), name, accept)


@router.post(
    "/places", summary="预览用印位置 / List where a seal would go", responses=problems(400, 404, 409, 413)
)
def places(  # noqa: PLR0913 - the parameters of a form
    *,
    doors: Doors,
    caller: Keeper,
    file: Annotated[UploadFile, File(description="The document")],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    at: At,
    may_cover: MayCover = False,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
) -> PlacesModel:
    """Say where the seal would be drawn, without sealing: page and box of each picture, refusals included."""
    own_seal(doors.seals, caller, seal_code)
    outlook = doors.preview.outlook(
        file.file.read(),
        parse_where(at),
        doors.seals.picture(seal_code).size_mm,
        may_cover=may_cover,
        password=None if password is None else password.get_secret_value(),
    )
    return PlacesModel.of(outlook)


@router.post(
    "/matches", summary="查找文字位置 / Find a text in a document", responses=problems(400, 409, 413)
)
def matches(  # noqa: PLR0913 - the parameters of a form
    *,
    doors: Doors,
    caller: Keeper,
    file: Annotated[UploadFile, File(description="The document")],
    text: Annotated[str, Form(max_length=MAX_KEYWORD_LENGTH, examples=["甲方盖章"])],
    pages: Annotated[str, Form(max_length=MAX_RANGE_LENGTH, examples=["1-3,5,8"])] = "all",
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
) -> list[MatchModel]:
    """List each place where the text stands: number, page and box, in reading order, before anything is sealed."""
    del caller
    opened = None if password is None else password.get_secret_value()
    found = doors.preview.find(file.file.read(), text, PageRange(pages), password=opened)
    return [MatchModel.of(number, match) for number, match in enumerate(found.matches, start=1)]


def answer(sealed: SealedDocument, name: str, accept: str) -> Response:
    """Answer with the finished file, or with its description where JSON is asked for."""
    if JSON in accept:
        return JSONResponse(described(sealed).model_dump(mode="json"))
    media = media_of(sealed.path)
    called = quote(finished_name(name, media))
    headers = {
        "Yinxin-Sealing-Id": sealed.sealing_id,
        "Yinxin-Verdict": sealed.report.verdict.value,
        "Repr-Digest": f"sha-256=:{base64.b64encode(sealed.digest.value).decode()}:",
        "Content-Disposition": f"attachment; filename=\"sealed{media.ending}\"; filename*=UTF-8''{called}",
        **containers.headers(sealed),
    }
    return Response(sealed.bytes, media_type=media.type, headers=headers)


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
    path = doors.archive.path(digest)
    media = media_of(path)
    return FileResponse(
        path, media_type=media.type, filename=f"{found.name.removesuffix(media.ending)}{media.ending}"
    )


def described(sealed: SealedDocument) -> SealingModel:
    """Describe a sealed document."""
    return SealingModel(
        id=sealed.sealing_id,
        sha256=sealed.digest.hex,
        size=sealed.size,
        verdict=sealed.report.verdict.value,
        document=f"{router.prefix}/{sealed.sealing_id}/document",
        **containers.told(sealed),
        report=sealed.report.to_json(),
    )
