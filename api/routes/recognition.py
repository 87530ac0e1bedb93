"""Recognition between departments: their policies, decisions in their name, the ledger, evidence records."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.routes.cases import hand_of
from api.routes.pki import JOSE
from api.schemas.moments import Moment
from api.schemas.numbers import MAX_NUMBER
from api.schemas.recognition import (
    ConfirmPolicy,
    CountModel,
    CountsModel,
    DecisionModel,
    DecisionsModel,
    DepartmentModel,
    DepartmentsModel,
    ImportModel,
    ImportPolicy,
    ImportsModel,
)
from api.verifying.acceptance import decided_between
from api.verifying.handed_in import evidence_text
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.known_fields import KnownFields
from api.web.openapi import CALLER, binary, problems
from signing.recognition.department_store import LedgerQuery
from signing.recognition.ledger import Decision

router = APIRouter(prefix="/api/v1", tags=["trust"], responses=CALLER, dependencies=[KnownFields])
Reader = Annotated[Principal, Requires(Scope.TRUST_READ)]
Proposer = Annotated[Principal, Requires(Scope.TRUST_PROPOSE)]
Confirmer = Annotated[Principal, Requires(Scope.TRUST_CONFIRM)]
Clerk = Annotated[Principal, Requires(Scope.DEPARTMENT_ACCEPT)]
Holder = Annotated[Principal, Requires(Scope.DOCUMENT_READ)]
MOVE = problems(404, 409)


@router.get("/departments", summary="可选部门与事项 / Departments and their acts")
def departments(doors: Doors, caller: Reader) -> DepartmentsModel:
    """List every department that can be asked, with its acts: own policies in force, and the shipped examples."""
    del caller
    return DepartmentsModel(items=[DepartmentModel.of(one) for one in doors.acceptance.departments.known()])


@router.get("/departments/policies", summary="部门政策的导入记录 / Imports of policies")
def imports(doors: Doors, caller: Reader) -> ImportsModel:
    """List every import of a policy with its state and its text."""
    del caller
    return ImportsModel(items=[ImportModel.of(one) for one in doors.acceptance.departments.imports()])


@router.post(
    "/departments/policies", summary="导入部门政策 / Import a policy", status_code=201, responses=MOVE
)
def propose(doors: Doors, caller: Proposer, body: ImportPolicy) -> ImportModel:
    """Import a policy; another person puts it in force."""
    caller.of_the_authority()
    return ImportModel.of(
        doors.acceptance.departments.propose(body.text.encode("utf-8"), hand=hand_of(caller))
    )


@router.post(
    "/departments/policies/{policy}/confirmation", summary="确认施行 / Put a policy in force", responses=MOVE
)
def confirm(doors: Doors, caller: Confirmer, policy: str, body: ConfirmPolicy) -> ImportModel:
    """Put an import in force, as another person than whoever imported it; it takes the place of the one before."""
    caller.of_the_authority()
    found = doors.acceptance.departments.confirm(policy, body.sha256, hand=hand_of(caller))
    doors.evidence.publish()
    return ImportModel.of(found)


@router.post("/departments/policies/{policy}/refusal", summary="不予采纳 / Decline a policy", responses=MOVE)
def decline(doors: Doors, caller: Confirmer, policy: str) -> ImportModel:
    """Do not take an import."""
    caller.of_the_authority()
    return ImportModel.of(doors.acceptance.departments.decline(policy, hand=hand_of(caller)))


@router.post(
    "/recognitions",
    summary="作出受理决定 / Decide in a department's name",
    status_code=201,
    responses=problems(409, 413),
)
def decide(  # noqa: PLR0913 - the parts of a form
    *,
    doors: Doors,
    caller: Clerk,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File(description="The sealed document")],
    department: Annotated[str, Form(max_length=80, description="Id or name of the department")],
    act: Annotated[str, Form(max_length=80, description="Id or name of the act")],
    purpose: Annotated[str, Form(max_length=200, description="What for; no personal data")],
    evidence: Annotated[UploadFile | None, File(description="Evidence records beside the document")] = None,
) -> DecisionModel:
    """Verify a document now, judge it by the department's policy, and put the answer on the recognition ledger."""
    caller.of_the_authority()
    policy = doors.acceptance.departments.find(department)
    report = doors.verification.verify(
        file.file.read(), name=file.filename or "document", evidence=evidence_text(evidence)
    )
    decision = Decision(report, policy, act, purpose)
    return DecisionModel.of(doors.acceptance.ledger.decide(decision, request_key=key, hand=hand_of(caller)))


@router.get("/recognitions", summary="互认台账 / The recognition ledger")
def ledger(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    department: Annotated[str, Query(max_length=64)] = "",
    act: Annotated[str, Query(max_length=64)] = "",
    answer: Literal["", "accepted", "conditions", "refused"] = "",
    document: Annotated[str, Query(max_length=64, description="SHA-256 in hexadecimal")] = "",
    before: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DecisionsModel:
    """List decisions, the newest first, a page at a time."""
    caller.of_the_authority()
    query = LedgerQuery(department, act, answer, document.lower(), before=before)
    found = doors.acceptance.ledger.page(query, limit)
    following = found[-1].number if len(found) == limit else None
    return DecisionsModel(items=[DecisionModel.of(one) for one in found], next=following)


@router.get("/recognitions/counts", summary="互认统计 / Decisions counted")
def counts(
    doors: Doors,
    caller: Reader,
    since: Moment | None = None,
    until: Moment | None = None,
) -> CountsModel:
    """Count who accepted and refused what, on the word of which list."""
    caller.of_the_authority()
    found = doors.acceptance.ledger.count(decided_between(since, until))
    return CountsModel(items=[CountModel.of(one) for one in found])


@router.get(
    "/evidence-records/{sealing}",
    summary="制度证据记录 / Evidence record",
    responses=binary(JOSE, "JWS compact, typ yinxin-evidence-record+jws") | problems(404, 409, 503),
)
def evidence_record(doors: Doors, caller: Holder, sealing: str) -> Response:
    """Return the evidence record of a sealing, named by its id or by the SHA-256 of the sealed document; signed once."""
    given = doors.acceptance.records.give(sealing, actor=caller.actor)
    headers = {"Content-Disposition": f'attachment; filename="{given.sealing}.evidence.jws"'}
    return Response(given.jws + "\n", media_type=JOSE, headers=headers)
