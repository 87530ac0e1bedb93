"""Sealed verification reports and the offline bundle: open to whoever has the address, as the answers that they repeat are."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Path, Response, UploadFile
from pydantic import AwareDatetime, SecretStr

from api.auth import Doors, Limited
from api.openapi import PUBLIC, binary, problems
from api.schemas.verification_reports import IssuedReportModel
from ca.actor import Actor
from verify.signatures.detached import ContentOctets

router = APIRouter(
    prefix="/api/v1/verifications/reports",
    tags=["verification"],
    responses=PUBLIC | problems(429),
    dependencies=[Limited],
)
bundle_router = APIRouter(tags=["pki"], responses=PUBLIC | problems(429), dependencies=[Limited])
Number = Annotated[
    str, Path(min_length=14, max_length=20, description="The report's number, with or without dashes")
]
ANYBODY: Final = Actor("system:verification", "核验服务")
"""Who asks where nobody has to say so; the standing authorisation says that it may be done."""
OCTETS: Final = "application/octet-stream"
_TYPES: Final = {
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".xml": "application/xml",
    ".jws": "application/jose",
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
    at: Annotated[AwareDatetime | None, Form(description="Judge as of this time instead of now")] = None,
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
    "/{number}/report.pdf",
    summary="盖章的报告 / The sealed page",
    responses=problems(404) | binary("application/pdf", "The sealed report"),
)
def as_pdf(doors: Doors, number: Number) -> Response:
    """Return the sealed page with its data attached."""
    return _file(doors, number, ".pdf")


@router.get(
    "/{number}/report.json",
    summary="报告数据 JSON / The data as JSON",
    responses=problems(404) | binary("application/json", "ETSI TS 119 102-2 as JSON"),
)
def as_json(doors: Doors, number: Number) -> Response:
    """Return the report in the shape of ETSI TS 119 102-2, as JSON; the signature is on the PDF and the JWS."""
    return _file(doors, number, ".json")


@router.get(
    "/{number}/report.xml",
    summary="报告数据 XML / The data as XML",
    responses=problems(404) | binary("application/xml", "ETSI TS 119 102-2"),
)
def as_xml(doors: Doors, number: Number) -> Response:
    """Return the report by the schema of ETSI TS 119 102-2; the signature is on the PDF and the JWS."""
    return _file(doors, number, ".xml")


@router.get(
    "/{number}/report.jws",
    summary="签名的报告数据 / The signed data",
    responses=problems(404) | binary("application/jose", "Compact JWS"),
)
def as_jws(doors: Doors, number: Number) -> Response:
    """Return the signed data alone."""
    return _file(doors, number, ".jws")


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


def _file(doors: Doors, number: str, suffix: str) -> Response:
    """Return one form of a report; it never changes, so it may be kept."""
    record = doors.reports.get(number)
    headers = {
        "Content-Disposition": f'inline; filename="yinxin-report-{record.code}{suffix}"',
        "Cache-Control": "private, max-age=86400, immutable",
        "ETag": f'"{record.result}{suffix}"',
    }
    return Response(doors.reports.file(record, suffix), media_type=_TYPES[suffix], headers=headers)
