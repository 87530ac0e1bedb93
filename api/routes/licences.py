"""Electronic licences: grant, find, suspend, resume, withdraw, cancel, revoke."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import FileResponse
from pydantic import SecretStr

from api.access.scopes import Principal, Scope
from api.errors import InputInvalid, NotFound
from api.schemas.licences import ActOnLicence, LicenceListModel, LicenceModel
from api.schemas.moments import AnyMoment, Moment
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, binary, problems
from hsm.algorithms import Digest, DigestAlgorithm
from signing.level import Level
from signing.licences.desk import LicenceOrder
from signing.licences.licence import Licence, LicenceAct
from signing.placing.placement import Placement

router = APIRouter(prefix="/api/v1/licences", tags=["licences"], responses=CALLER)
Issuer = Annotated[Principal, Requires(Scope.LICENCE_ISSUE)]
Reader = Annotated[Principal, Requires(Scope.LICENCE_READ)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post(
    "", summary="颁发证照 / Grant a licence", status_code=201, responses=problems(400, 404, 409, 413, 423)
)
def issue(  # noqa: PLR0913 - the parameters of a form
    *,
    doors: Doors,
    caller: Issuer,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The licence's face, a PDF")],
    type_code: Annotated[str, Form(max_length=21, examples=["11100000000013338W011"])],
    name: Annotated[str, Form(max_length=200, examples=["营业执照"])],
    number: Annotated[str, Form(max_length=200, examples=["91330106MA2CYNTX07"])],
    holder_uscc: Annotated[str, Form(max_length=18)],
    seal_code: Annotated[str, Form(max_length=14, examples=["33010600000017"])],
    at: Annotated[str, Form(max_length=64, description="PAGE:X,Y in mm", examples=["1:140,220"])],
    valid_from: Annotated[Moment | None, Form(description="Now, unless said")] = None,
    valid_to: Annotated[AnyMoment | None, Form(description="Without end, unless said")] = None,
    serial: Annotated[str, Form(max_length=32, description="Drawn at random, unless said")] = "",
    version: Annotated[int, Form(ge=1, le=999)] = 1,
    pin: Annotated[SecretStr | None, Form(description="PIN of the keeper's token")] = None,
    level: Annotated[Level, Form()] = Level.B_LT,
    case: Annotated[str, Form(max_length=32)] = "",
) -> LicenceModel:
    """Seal the licence's document with the granting authority's seal and put it on record, once per idempotency key."""
    caller.require(Scope.SEAL_USE)
    begins: datetime = valid_from or doors.clock().replace(microsecond=0)
    if valid_from is None and (known := doors.licences.asked(caller.actor, key)) is not None:
        begins = known.valid_from
    order = LicenceOrder(
        type_code=type_code,
        name=name,
        number=number,
        holder_uscc=holder_uscc,
        valid_from=begins,
        valid_to=valid_to,
        document=file.file.read(),
        file_name=file.filename or "licence.pdf",
        seal_code=seal_code,
        placement=Placement.parse(at),
        request_key=key,
        serial=serial,
        version=version,
        level=level,
        case=case,
        credential=f"key:{caller.key_prefix}",
    )
    holder = None if pin is None else pin_of(pin.get_secret_value())
    granted, _ = doors.licences.issue(order, actor=caller.actor, pin=holder)
    return LicenceModel.of(granted, doors.clock())


@router.get("", summary="证照列表 / List licences")
def licences(
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Limit = 50,
) -> LicenceListModel:
    """List what an organisation holds or granted; a caller bound to one sees its own."""
    found = doors.licences.list(caller.owner(uscc) or "", after, limit)
    items = [LicenceModel.of(one, doors.clock()) for one in found]
    return LicenceListModel(items=items, next=found[-1].id if len(found) == limit else None)


@router.get("/{identifier}", summary="证照详情 / Show a licence", responses=problems(404))
def show(doors: Doors, caller: Reader, identifier: str) -> LicenceModel:
    """Return one licence to its holder, its issuer, or the service."""
    return LicenceModel.of(_seen(doors, caller, identifier), doors.clock())


@router.get(
    "/{identifier}/document",
    summary="取回证照文件 / Fetch the document",
    responses=binary("application/pdf", "The sealed licence") | problems(404),
)
def document(doors: Doors, caller: Reader, identifier: str) -> FileResponse:
    """Return the sealed document of a licence."""
    found = _seen(doors, caller, identifier)
    if not found.document:
        raise NotFound
    digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(found.document))
    return FileResponse(
        doors.archive.path(digest), media_type="application/pdf", filename=f"{found.name}.pdf"
    )


@router.post("/{identifier}/status", summary="变更证照状态 / Change its state", responses=problems(404, 409))
def change(doors: Doors, caller: Issuer, identifier: str, body: ActOnLicence) -> LicenceModel:
    """Suspend, resume, withdraw, cancel or revoke, as the authority that granted it; a reason is needed."""
    if body.act is LicenceAct.ISSUE:
        raise InputInvalid(
            "“act”：颁发请用 POST /api/v1/licences。", "act: a licence is granted by POST /api/v1/licences."
        )
    moved = doors.licences.act(identifier, body.act, body.reason, actor=caller.actor)
    return LicenceModel.of(moved, doors.clock())


def _seen(doors: Doors, caller: Principal, identifier: str) -> Licence:
    found = doors.licences.get(identifier)
    if caller.actor.uscc != found.issuer_uscc:
        caller.acting_for(found.holder_uscc)
    return found
