"""Sealed verification reports and the offline bundle: open to whoever has the address, as the answers that they repeat are."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, File, Form, Path, Response, UploadFile
from pydantic import SecretStr

from api.schemas.moments import Moment
from api.schemas.verification_reports import IssuedReportModel
from api.web.authorisation import Doors, Limited
from api.web.known_fields import KnownFields
from api.web.openapi import BINARY, PUBLIC, binary, problems
from ca.actor import Actor
from verify.signatures.detached import ContentOctets

router = APIRouter(
    prefix="/api/v1/verifications/reports",
    tags=["verification"],
    responses=PUBLIC | problems(429),
    dependencies=[KnownFields, Limited],
)
bundle_router = APIRouter(tags=["pki"], responses=PUBLIC | problems(429), dependencies=[Limited])
Number = Annotated[
    str, Path(min_length=14, max_length=20, description="The report's number, with or without dashes")
]
ANYBODY: Final = Actor("system:verification", "核验服务")
"""Who asks where nobody has to say so; the standing authorisation says that it may be done."""
OCTETS: Final = "application/octet-stream"
ReportForm = Literal["pdf", "json", "xml", "jws"]
_TYPES: Final[dict[ReportForm, str]] = {
    "pdf": "application/pdf",
    "json": "application/json",
    "xml": "application/xml",
    "jws": "application/jose",
}


@router.post(
    "",
    status_code=201,
    summary="验章并出具盖章的报告 / Verify and issue a sealed report",
    responses=problems(409, 413),
)
def issue(
    doors: Doors,
    file: Annotated[UploadFile, File(description="What is to be verified")],
    at: Annotated[Moment | None, Form(description="Judge as of this time instead of now")] = None,
    content: Annotated[
        UploadFile | None, File(description="The file that a detached signature is over")
    ] = None,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
) -> IssuedReportModel:
    """Verify a file and have the verification service seal a report on it: one page, its data signed and attached.

    Needs a standing authorisation (``yinxin report allow``). Whoever has the number can fetch the report; anybody can check it.
    """
    opened = None if password is None else password.get_secret_value()
    beside = None if content is None else ContentOctets(content.file.read())
    name = file.filename or "document.pdf"
    found = doors.verification.verify(file.file.read(), at=at, name=name, password=opened, content=beside)
    return IssuedReportModel.of(doors.reports.issue(found, actor=ANYBODY), found)


@router.get("/{number}", summary="报告的编号与格式 / A report and its forms", responses=problems(404))
def describe(doors: Doors, number: Number) -> IssuedReportModel:
    """Tell what a number stands for."""
    return IssuedReportModel.of(doors.reports.get(number))


@router.get(
    "/{number}/report.{form}",
    summary="报告文件 / The report as a file",
    responses=problems(404)
    | {200: {"description": "One form of the report", "content": dict.fromkeys(_TYPES.values(), BINARY)}},
)
def file(doors: Doors, number: Number, form: ReportForm) -> Response:
    """Return one form of a report: the sealed page with its data attached (`pdf`), or the signed data alone (`jws`).

    `json` and `xml` have the shape of ETSI TS 119 102-2; the signature is on the PDF and the JWS. A report never changes,
    so it may be kept.
    """
    record = doors.reports.get(number)
    headers = {
        "Content-Disposition": f'inline; filename="yinxin-report-{record.code}.{form}"',
        "Cache-Control": "private, max-age=86400, immutable",
        "ETag": f'"{record.result}.{form}"',
    }
    return Response(doors.reports.file(record, f".{form}"), media_type=_TYPES[form], headers=headers)


@bundle_router.get(
    "/trust.bundle", summary="离线核验包 / Offline bundle", responses=binary(OCTETS, "One signed file")
)
def bundle(doors: Doors) -> Response:
    """Return the trust folder as one signed file, for ``python -m verify --bundle`` without a network.

    Its signer's SHA-256 (``--bundle-signer``) is to be had over a channel that you trust already, not from here.
    """
    made = doors.reports.bundles.current(doors.evidence.files(), actor=ANYBODY)
    headers = {"Content-Disposition": 'attachment; filename="yinxin.bundle"'}
    return Response(made, media_type=OCTETS, headers=headers)
