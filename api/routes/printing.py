"""Printed copies under control: set a quota, make a numbered copy, list copies; and what a code leads to, for anyone."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile
from pydantic import SecretStr

from api.access.scopes import Principal, Scope
from api.answers.printed_copy import printed_answer
from api.errors import InputInvalid, NotFound
from api.routes.cases import hand_of
from api.routes.pki import JOSE
from api.schemas.numbers import MAX_NUMBER
from api.schemas.printing import (
    PrintCopyModel,
    PrintCopyPageModel,
    PrintRuleBody,
    PrintRuleModel,
    PrintRulePageModel,
    PublicCopyModel,
)
from api.web.authorisation import Doors, Limited, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, PUBLIC, binary, problems
from signing.printing.desk import PrintWish

router = APIRouter(prefix="/api/v1/printing", tags=["printing"], responses=CALLER)
open_router = APIRouter(
    prefix="/api/v1/public", tags=["public"], responses=PUBLIC | problems(404, 429), dependencies=[Limited]
)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Printer = Annotated[Principal, Requires(Scope.CASE_REQUEST)]
Owner = Annotated[Principal, Requires(Scope.CASE_APPROVE)]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the sealed file")]
PDF: Final = "application/pdf"


@router.get("", summary="限份打印的文件 / Documents with a quota")
def list_rules(
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PrintRulePageModel:
    """List documents with a quota; a caller bound to an enterprise sees its own."""
    found = doors.papers.prints.rules(caller.owner(uscc) or "", after, limit)
    following = found[-1].document if len(found) == limit else None
    return PrintRulePageModel(items=[PrintRuleModel.of(one) for one in found], next=following)


@router.get("/{sha256}", summary="一份文件的打印份数 / Quota of a document", responses=problems(404))
def rule(doors: Doors, caller: Owner, sha256: Sha256) -> PrintRuleModel:
    """Tell how many copies may be printed and how many were, to one of the document's sealers."""
    return PrintRuleModel.of(doors.papers.prints.rule(sha256, hand=hand_of(caller)))


@router.put("/{sha256}", summary="设定打印份数 / Set the quota", responses=problems(404, 409))
def allow(doors: Doors, caller: Owner, sha256: Sha256, body: PrintRuleBody) -> PrintRuleModel:
    """Set how many copies of a sealed document may be printed, as one of its sealers."""
    desk = doors.papers.prints
    rule = desk.allow(sha256, body.quota, hand=hand_of(caller), shows_page=body.shows_page, title=body.title)
    return PrintRuleModel.of(rule)


@router.get("/{sha256}/copies", summary="打印件列表 / List copies", responses=problems(404))
def list_copies(
    doors: Doors,
    caller: Reader,
    sha256: Sha256,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PrintCopyPageModel:
    """List the copies of a document by number: who printed which, when, in colour or grey."""
    found = doors.papers.prints.copies(sha256, hand=hand_of(caller), after=after, limit=limit)
    following = found[-1].number if len(found) == limit else None
    return PrintCopyPageModel(items=[PrintCopyModel.of(one) for one in found], next=following)


@router.post(
    "/copies",
    summary="制作打印件 / Make a copy for paper",
    responses=binary(PDF, "The copy for paper") | problems(404, 409, 413),
)
def make(  # noqa: PLR0913 - the fields of the form
    *,
    doors: Doors,
    caller: Printer,
    key: IdempotencyKey,
    sha256: Annotated[str, Form(pattern="^([0-9a-f]{64})?$", description="SHA-256 of the sealed file")] = "",
    file: Annotated[UploadFile | None, File(description="Or the sealed file itself")] = None,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
) -> Response:
    """Count a copy and return it: a PDF for paper with number, QR code and short code on each page's edge.

    Over the quota, or for a caller whose enterprise did not seal the document, the seal on it is grey. The facts are in the
    headers ``Yinxin-Copy-…``.
    """
    document = sha256 if file is None else file.file.read()
    if not document:
        raise InputInvalid("请给出 sha256 或上传签章文件。", "Give sha256, or hand in the sealed file.")
    opened = None if password is None else password.get_secret_value()
    made = doors.papers.prints.make(PrintWish(document, opened), request_key=key, hand=hand_of(caller))
    headers = {
        "Yinxin-Copy-Code": made.copy.shown_code,
        "Yinxin-Copy-Number": str(made.copy.number),
        "Yinxin-Copy-Seal": made.copy.seen.value,
        "Content-Disposition": f'attachment; filename="copy-{made.copy.number}.pdf"',
    }
    return Response(made.pdf, media_type=PDF, headers=headers)


@open_router.get("/copies/{code}", summary="核对打印件 / Check a printed copy")
def look_up(doors: Doors, code: Annotated[str, Path(max_length=40)]) -> PublicCopyModel:
    """Tell what anyone may know of a printed copy by the code on its edge, with the verification answer of now."""
    return PublicCopyModel.of(printed_answer(doors, code))


@open_router.get(
    "/copies/{code}/page-1.png", summary="首页图样 / First page", responses=binary("image/png", "PNG")
)
def first_page(doors: Doors, code: Annotated[str, Path(max_length=40)]) -> Response:
    """Show page 1 of the document behind a code, if its owner shows it."""
    headers = {"Cache-Control": "private, max-age=300"}
    return Response(doors.papers.prints.first_page(code), media_type="image/png", headers=headers)


@open_router.get(
    "/voided-documents",
    summary="作废文件清单 / List of voided documents",
    responses=binary(JOSE, "JWS compact"),
)
def voided(doors: Doors) -> Response:
    """Return the signed list of voided documents by digest (RFC 7515); 404 while nothing was ever voided."""
    found = doors.papers.lists.current()
    if found is None:
        raise NotFound
    return Response(found.jws, media_type=JOSE)
