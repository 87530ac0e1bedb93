"""Permission to use a seal: cases, approvals, and the three lanes of a case or a document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.schemas.cases import (
    ApproveUse,
    AskUse,
    CaseModel,
    CasePageModel,
    LanesListModel,
    LanesModel,
    PayloadModel,
    UseReason,
)
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, binary, problems
from ca.enrolment.approval import Ballot
from seals.cases.case import CaseRecord, Hand
from seals.cases.case_store import CaseQuery
from seals.cases.states import CaseStatus

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Requester = Annotated[Principal, Requires(Scope.CASE_REQUEST)]
Approver = Annotated[Principal, Requires(Scope.CASE_APPROVE)]
MOVE = problems(404, 409)


def hand_of(caller: Principal) -> Hand:
    """Return the caller with the credential and the rights by which they act."""
    return Hand(caller.actor, f"key:{caller.key_prefix}", frozenset(scope.value for scope in caller.scopes))


def _found(doors: Doors, caller: Principal, case: str) -> CaseRecord:
    record = doors.use_desk.get(case)
    caller.acting_for(record.owner_uscc)
    return record


@router.post("", summary="申请用印 / Ask to use a seal", status_code=201, responses=MOVE)
def ask(doors: Doors, caller: Requester, body: AskUse, key: IdempotencyKey) -> CaseModel:
    """Open a case as a draft; submit it when the document is the right one."""
    return CaseModel.of(doors.use_desk.open(body.request(), request_key=key, hand=hand_of(caller)))


@router.get("", summary="用印事项列表 / List cases", responses=problems(400))
def list_cases(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    status: CaseStatus | None = None,
    uscc: Annotated[str, Query(max_length=18)] = "",
    seal: Annotated[str, Query(max_length=14)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CasePageModel:
    """List the newest first, a page at a time; a caller bound to an enterprise sees its own."""
    query = CaseQuery(status, caller.owner(uscc) or "", seal, "", after, limit)
    found = doors.use_desk.list(query)
    following = found[-1].id if len(found) == limit else None
    return CasePageModel(items=[CaseModel.of(one) for one in found], next=following)


@router.get("/by-document/{digest}", summary="按文件摘要查三流 / Lanes of a document")
def by_document(doors: Doors, caller: Reader, digest: str) -> LanesListModel:
    """Return the three lanes of every case about a document: as it was handed in, or as it was sealed."""
    found = doors.use_desk.lanes_of(digest, caller.owner("") or "")
    return LanesListModel(items=[LanesModel.of(one) for one in found])


@router.get("/{case}", summary="用印事项三流 / Show a case", responses=problems(404))
def show(doors: Doors, caller: Reader, case: str) -> LanesModel:
    """Return a case with its three lanes and who is waited for; the record's chain is re-computed."""
    _found(doors, caller, case)
    return LanesModel.of(doors.use_desk.lanes(case))


@router.put("/{case}", summary="更换文件或内容 / Change", responses=MOVE)
def amend(doors: Doors, caller: Requester, case: str, body: AskUse) -> CaseModel:
    """Change what is asked for: a new version as a draft; every approval of the old one is void."""
    _found(doors, caller, case)
    return CaseModel.of(doors.use_desk.amend(case, body.request(), hand=hand_of(caller)))


@router.put("/{case}/document", summary="上传文件 / Attach the document", responses=MOVE)
def attach(
    doors: Doors,
    caller: Requester,
    case: str,
    file: Annotated[UploadFile, File(description="At most 20 MiB; a larger one is named by its digest")],
) -> CaseModel:
    """Keep the document in the archive and make it the case's: a new version, unless it is the same file."""
    _found(doors, caller, case)
    return CaseModel.of(
        doors.use_desk.attach(case, file.file.read(), file.filename or "", hand=hand_of(caller))
    )


@router.get(
    "/{case}/document",
    summary="查看文件 / Fetch the document",
    responses=binary("application/octet-stream", "The document") | problems(404),
)
def document(doors: Doors, caller: Reader, case: str) -> Response:
    """Return the document of a case, proved against its digest; never shown in the page itself."""
    _found(doors, caller, case)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    octets = doors.use_desk.document(case)
    return Response(octets, media_type="application/octet-stream", headers=headers)


@router.post("/{case}/submission", summary="提交审批 / Submit", responses=MOVE)
def submit(doors: Doors, caller: Requester, case: str) -> CaseModel:
    """Hand it in; the deadline runs. By a rule without approvals it is approved at once, on record."""
    _found(doors, caller, case)
    return CaseModel.of(doors.use_desk.submit(case, hand=hand_of(caller)))


@router.post("/{case}/withdrawal", summary="撤回 / Withdraw", responses=MOVE)
def withdraw(doors: Doors, caller: Requester, case: str, body: UseReason) -> CaseModel:
    """Take it back before anything was sealed."""
    _found(doors, caller, case)
    return CaseModel.of(doors.use_desk.withdraw(case, hand=hand_of(caller), reason=body.reason))


@router.get("/{case}/approval-payload", summary="待签内容 / What to sign", responses=MOVE)
def payload(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Approver,
    case: str,
    content: Annotated[str, Query(max_length=64, description="The case's `content`, as it was seen")],
    stage: Annotated[str, Query(max_length=64)] = "",
    comment: Annotated[str, Query(max_length=500)] = "",
) -> PayloadModel:
    """Return what this person may sign now; it is good once, for one stage, and for a quarter of an hour."""
    _found(doors, caller, case)
    ballot = Ballot(content, comment, stage)
    return PayloadModel.of(doors.use_desk.payload(case, ballot, hand=hand_of(caller)))


@router.post("/{case}/approvals", summary="审批 / Approve", responses=problems(404, 409, 423))
def approve(doors: Doors, caller: Approver, case: str, body: ApproveUse) -> CaseModel:
    """Approve by a signature made elsewhere (``jws``) or by the approver's key here (``content`` and ``pin``)."""
    _found(doors, caller, case)
    desk, hand = doors.use_desk, hand_of(caller)
    if body.jws:
        return CaseModel.of(desk.approve(case, body.jws, hand=hand))
    pin = None if body.pin is None else pin_of(body.pin.get_secret_value())
    ballot = Ballot(body.content, body.comment, body.stage)
    return CaseModel.of(desk.approve_with_key(case, ballot, hand=hand, pin=pin))


@router.post("/{case}/rejection", summary="驳回 / Reject", responses=MOVE)
def reject(doors: Doors, caller: Approver, case: str, body: UseReason) -> CaseModel:
    """Reject with a reason, as another person than the requester."""
    _found(doors, caller, case)
    return CaseModel.of(doors.use_desk.reject(case, body.reason, hand=hand_of(caller)))


@router.post("/{case}/voiding", summary="作废审批 / Void", responses=MOVE)
def void(doors: Doors, caller: Approver, case: str, body: UseReason) -> CaseModel:
    """Void the approvals, on record; the requester may change the case and submit it again."""
    _found(doors, caller, case)
    return CaseModel.of(doors.use_desk.void(case, body.reason, hand=hand_of(caller)))


@router.post("/{case}/closing", summary="办结 / Close", responses=MOVE)
def close(doors: Doors, caller: Requester, case: str, body: UseReason) -> CaseModel:
    """Close a case whose remaining copies are not needed."""
    _found(doors, caller, case)
    return CaseModel.of(doors.use_desk.close(case, hand=hand_of(caller), reason=body.reason))
