"""Enrolment: request, evidence, checks, approvals, issue, delivery, renewal, one timeline for each certificate."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.errors import InputInvalid, NotFound
from api.schemas.enrolment import (
    Apply,
    Approve,
    Deliver,
    EnrolmentModel,
    EnrolmentPageModel,
    Mark,
    Reject,
    Renew,
)
from api.schemas.timeline import TimelineModel
from api.tokens.enrolment import serial_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, binary, problems
from ca.enrolment.enrolment_store import EnrolmentQuery
from ca.enrolment.request import Approver, EnrolmentRecord
from ca.enrolment.states import EnrolmentStatus

router = APIRouter(prefix="/api/v1", tags=["enrolment"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.CA_READ)]
Requester = Annotated[Principal, Requires(Scope.RA_REQUEST)]
Officer = Annotated[Principal, Requires(Scope.RA_APPROVE)]
MOVE = problems(404, 409)


def officer_of(caller: Principal) -> Approver:
    """Return the caller as a person who checks or approves: two keys of one person are one person."""
    return Approver(caller.actor, frozenset(scope.value for scope in caller.scopes))


def _found(doors: Doors, caller: Principal, enrolment: str) -> EnrolmentRecord:
    record = doors.enrolments.get(enrolment)
    caller.acting_for(record.content.subject.uscc)
    return record


@router.post("/enrolments", summary="申请证书 / Request a certificate", status_code=201, responses=MOVE)
def request(doors: Doors, caller: Requester, body: Apply, key: IdempotencyKey) -> EnrolmentModel:
    """Begin an enrolment as a draft; attach the evidence, then submit it."""
    caller.acting_for(body.subject.uscc)
    return EnrolmentModel.of(
        doors.enrolments.request(body.application(), request_key=key, actor=caller.actor)
    )


@router.get("/enrolments", summary="申请列表 / List enrolments", responses=problems(400))
def list_enrolments(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    status: EnrolmentStatus | None = None,
    uscc: Annotated[str, Query(max_length=18)] = "",
    requester: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> EnrolmentPageModel:
    """List the newest first, a page at a time; a caller bound to an enterprise sees its own."""
    query = EnrolmentQuery(status, caller.owner(uscc) or "", requester, after, limit)
    found = doors.enrolments.list(query)
    following = found[-1].id if len(found) == limit else None
    return EnrolmentPageModel(items=[EnrolmentModel.of(one) for one in found], next=following)


@router.get("/enrolments/{enrolment}", summary="申请详情 / Show an enrolment", responses=problems(404))
def show(doors: Doors, caller: Reader, enrolment: str) -> EnrolmentModel:
    """Return one enrolment: what would be certified, its digest, checks, approvals, who is waited for."""
    return EnrolmentModel.of(_found(doors, caller, enrolment))


@router.put("/enrolments/{enrolment}", summary="修改申请 / Edit", responses=MOVE)
def edit(doors: Doors, caller: Requester, enrolment: str, body: Apply) -> EnrolmentModel:
    """Replace the content: a new version; checks and approvals of the old one are void."""
    _found(doors, caller, enrolment)
    caller.acting_for(body.subject.uscc)
    kept = doors.enrolments.get(enrolment).content.evidence
    return EnrolmentModel.of(
        doors.enrolments.edit(enrolment, body.application(evidence=kept), actor=caller.actor)
    )


@router.post(
    "/enrolments/{enrolment}/evidence",
    summary="上传材料 / Attach a document",
    status_code=201,
    responses=MOVE,
)
def attach(
    *,
    doors: Doors,
    caller: Requester,
    enrolment: str,
    file: Annotated[UploadFile, File(description="At most 20 MiB")],
    kind: Annotated[str, Form(max_length=48, examples=["business-licence"])],
) -> EnrolmentModel:
    """Attach a document: kept by its SHA-256, part of what is approved; this makes a new version."""
    _found(doors, caller, enrolment)
    data, name = file.file.read(), file.filename or ""
    return EnrolmentModel.of(doors.enrolments.attach(enrolment, data, kind, name=name, actor=caller.actor))


@router.get(
    "/enrolments/{enrolment}/evidence/{sha256}",
    summary="查看材料 / Fetch a document",
    responses=binary("application/octet-stream", "The document") | problems(404),
)
def document(doors: Doors, caller: Reader, enrolment: str, sha256: str) -> Response:
    """Return a document of the evidence, proved against its digest; never shown in the page itself."""
    record = _found(doors, caller, enrolment)
    ref = next((one for one in record.content.evidence if one.sha256 == sha256), None)
    if ref is None:
        raise NotFound
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(doors.enrolments.document(ref), media_type="application/octet-stream", headers=headers)


@router.post("/enrolments/{enrolment}/submission", summary="提交申请 / Submit", responses=MOVE)
def submit(doors: Doors, caller: Requester, enrolment: str) -> EnrolmentModel:
    """Hand it in; the deadline runs from now."""
    _found(doors, caller, enrolment)
    return EnrolmentModel.of(doors.enrolments.submit(enrolment, actor=caller.actor))


@router.post("/enrolments/{enrolment}/withdrawal", summary="撤回申请 / Withdraw", responses=MOVE)
def withdraw(doors: Doors, caller: Requester, enrolment: str) -> EnrolmentModel:
    """Take it back before it is being issued."""
    _found(doors, caller, enrolment)
    return EnrolmentModel.of(doors.enrolments.withdraw(enrolment, actor=caller.actor))


@router.post("/enrolments/{enrolment}/checks", summary="审核材料 / Check", responses=MOVE)
def check(doors: Doors, caller: Officer, enrolment: str, body: Mark) -> EnrolmentModel:
    """Mark one item of the checklist, as another person than the requester."""
    _found(doors, caller, enrolment)
    moved = doors.enrolments.check(
        enrolment, body.item, found=body.found, remark=body.remark, by=officer_of(caller)
    )
    return EnrolmentModel.of(moved)


@router.post("/enrolments/{enrolment}/approvals", summary="审批 / Approve", responses=MOVE)
def approve(doors: Doors, caller: Officer, enrolment: str, body: Approve) -> EnrolmentModel:
    """Approve exactly what has the digest given; a change meanwhile is refused."""
    _found(doors, caller, enrolment)
    return EnrolmentModel.of(doors.enrolments.approve(enrolment, body.ballot(), by=officer_of(caller)))


@router.post("/enrolments/{enrolment}/rejection", summary="驳回 / Reject", responses=MOVE)
def reject(doors: Doors, caller: Officer, enrolment: str, body: Reject) -> EnrolmentModel:
    """Reject with a reason code and a sentence."""
    _found(doors, caller, enrolment)
    return EnrolmentModel.of(
        doors.enrolments.reject(enrolment, body.code, body.reason, by=officer_of(caller))
    )


@router.post("/enrolments/{enrolment}/issuance", summary="签发 / Issue", responses=problems(404, 409))
def issue(doors: Doors, caller: Officer, enrolment: str) -> EnrolmentModel:
    """Issue what was approved, once: asked again, the same certificate is returned."""
    _found(doors, caller, enrolment)
    return EnrolmentModel.of(doors.enrolments.issue(enrolment, actor=caller.actor))


@router.post("/enrolments/{enrolment}/delivery", summary="交付 / Deliver", responses=MOVE)
def deliver(doors: Doors, caller: Officer, enrolment: str, body: Deliver) -> EnrolmentModel:
    """Record to whom and how it was handed over, with the receipt."""
    _found(doors, caller, enrolment)
    try:
        receipt = base64.b64decode(body.receipt, validate=True)
    except binascii.Error:
        raise InputInvalid("receipt 应为 base64。", "receipt is base64.") from None
    moved = doors.enrolments.deliver(enrolment, body.delivery(), actor=caller.actor, receipt=receipt)
    return EnrolmentModel.of(moved)


@router.post(
    "/certificates/{serial}/renewal", summary="续期 / Renew", status_code=201, responses=problems(404, 409)
)
def renew(doors: Doors, caller: Requester, serial: str, body: Renew, key: IdempotencyKey) -> EnrolmentModel:
    """Begin the renewal of a certificate over the same key, where its rule allows that; then submit it."""
    number = serial_of(serial)
    caller.acting_for(doors.authority.certificate(number).uscc)
    return EnrolmentModel.of(
        doors.enrolments.renew(number, request_key=key, actor=caller.actor, validity=body.validity)
    )


@router.post(
    "/certificates/{serial}/rekey", summary="更换密钥 / Re-key", status_code=201, responses=problems(404, 409)
)
def rekey(doors: Doors, caller: Requester, serial: str, body: Apply, key: IdempotencyKey) -> EnrolmentModel:
    """Begin the replacement of a certificate by one over a new key for the same holder."""
    number = serial_of(serial)
    caller.acting_for(doors.authority.certificate(number).uscc)
    return EnrolmentModel.of(
        doors.enrolments.rekey(number, body.application(), request_key=key, actor=caller.actor)
    )


@router.get("/certificates/{serial}/timeline", summary="证书时间线 / Timeline", responses=problems(404))
def timeline(doors: Doors, caller: Reader, serial: str) -> TimelineModel:
    """Return everything that happened to a certificate, with those before and after it."""
    found = doors.enrolments.timeline(serial_of(serial))
    caller.acting_for(found.certificate.uscc)
    return TimelineModel.of(found)
