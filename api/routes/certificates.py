"""Certificates: issue for a request, revoke, find by serial, name, USCC and expiry."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access.scopes import Principal, Scope
from api.schemas.certificates import (
    CertificateModel,
    CertificatePageModel,
    CompromiseModel,
    IssueCertificate,
    IssuedModel,
    ReportCompromise,
    Revoke,
)
from api.schemas.moments import AnyMoment
from api.tokens.enrolment import certificate_request, serial_of
from api.tokens.key_input import public_key
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, problems
from ca.certificate import CertificateOrder, CertificateQuery, CertificateStatus, spki_sha256

router = APIRouter(prefix="/api/v1/certificates", tags=["certificates"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.CA_READ)]


def _query(  # noqa: PLR0913 - the parameters of an address or a form
    *,
    serial: Annotated[str, Query(max_length=48, description="Hexadecimal")] = "",
    name: Annotated[str, Query(max_length=64, description="Anywhere in the name")] = "",
    uscc: Annotated[str, Query(max_length=18)] = "",
    issuer: Annotated[str, Query(max_length=64)] = "",
    status: CertificateStatus | None = None,
    expires_before: AnyMoment | None = None,
    expires_after: AnyMoment | None = None,
    order: CertificateOrder = CertificateOrder.ISSUANCE,
    cursor: Annotated[str, Query(max_length=512)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CertificateQuery:
    return CertificateQuery(
        serial=serial_of(serial) if serial else None,
        name=name,
        uscc=uscc,
        issuer=issuer,
        status=status,
        expires_before=expires_before,
        expires_after=expires_after,
        order=order,
        cursor=cursor,
        limit=limit,
    )


@router.get("", summary="查询证书 / Find certificates", responses=problems(400))
def find(
    doors: Doors, caller: Reader, query: Annotated[CertificateQuery, Depends(_query)]
) -> CertificatePageModel:
    """Find by serial, name, USCC and expiry; page on with ``cursor=next`` and the same conditions."""
    return CertificatePageModel.of(doors.authority.find(caller.narrowed(query)))


@router.get("/{serial}", summary="证书详情 / Show a certificate", responses=problems(404))
def show(doors: Doors, caller: Reader, serial: str) -> CertificateModel:
    """Return what the register knows about one serial number (hexadecimal)."""
    found = doors.authority.certificate(serial_of(serial))
    caller.acting_for(found.uscc)
    return CertificateModel.of(found)


@router.post("", summary="签发证书 / Issue a certificate", status_code=201, responses=problems(404, 409))
def issue(
    doors: Doors,
    caller: Annotated[Principal, Requires(Scope.CA_ISSUE)],
    body: IssueCertificate,
    key: IdempotencyKey,
) -> IssuedModel:
    """Certify the key of a PKCS#10 request; refused in production, where certificates come from the enrolment desk."""
    doors.demand_direct_issuance()
    caller.acting_for(body.uscc)
    enterprise = doors.enterprises.get(body.uscc)
    request = certificate_request(body.csr, enterprise, body.common_name, body.profile, body.days)
    return IssuedModel.of(doors.authority.issue(request, request_key=key, actor=caller.actor))


@router.post("/compromised-keys", summary="报告密钥泄露 / Report a compromised key")
def report_compromise(
    doors: Doors, caller: Annotated[Principal, Requires(Scope.CA_REVOKE)], body: ReportCompromise
) -> CompromiseModel:
    """Bar a key for ever, certified here or not, and revoke every certificate over it (I27)."""
    caller.of_the_authority()
    key = public_key(body.public_key.encode())
    revoked = doors.authority.report_compromise(key, actor=caller.actor)
    return CompromiseModel(spki_sha256=spki_sha256(key), revoked=[f"{serial:x}" for serial in revoked])


@router.post("/{serial}/revocation", summary="吊销证书 / Revoke a certificate", responses=problems(404, 409))
def revoke(
    doors: Doors, caller: Annotated[Principal, Requires(Scope.CA_REVOKE)], serial: str, body: Revoke
) -> CertificateModel:
    """Revoke for ever (or hold); OCSP answers at once, the next CRL carries it."""
    number = serial_of(serial)
    caller.acting_for(doors.authority.certificate(number).uscc)
    doors.authority.revoke(number, body.reason, actor=caller.actor)
    return CertificateModel.of(doors.authority.certificate(number))
