"""Orders over certificates, jobs over many, reminders and the revocation drill. A long job answers 202 and its address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Response

from api.access.scopes import Principal, Scope
from api.errors import InputInvalid, NotFound
from api.routes.enrolment import officer_of
from api.schemas.enrolment import Approve, OrderFor, Reject
from api.schemas.enrolment_jobs import (
    BulkRenew,
    Drill,
    DrillModel,
    JobItemModel,
    JobItemsModel,
    JobModel,
    ReminderModel,
    RemindersModel,
)
from api.schemas.numbers import MAX_NUMBER
from api.services import Services
from api.tokens.enrolment import serial_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, problems
from ca.actor import SYSTEM
from ca.enrolment.drill import RevocationDrill
from ca.enrolment.job_store import MAX_ITEMS, ItemStatus, JobRecord, JobStatus
from ca.enrolment.rules import Matter

router = APIRouter(prefix="/api/v1", tags=["enrolment"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.CA_READ)]
Requester = Annotated[Principal, Requires(Scope.RA_REQUEST)]
Officer = Annotated[Principal, Requires(Scope.RA_APPROVE)]
MOVE = problems(404, 409)


def _accepted(doors: Services, response: Response, background: BackgroundTasks, job: JobRecord) -> JobModel:
    """Answer with the job's address; what is left of a running job is worked on after the answer."""
    shown = JobModel.of(job)
    response.headers["Location"] = shown.address
    if job.status is JobStatus.RUNNING:
        background.add_task(doors.enrolments.jobs.advance, actor=SYSTEM, limit=MAX_ITEMS)
    return shown


def _found(doors: Services, caller: Principal, job: str) -> JobRecord:
    record = doors.enrolments.jobs.get(job)
    if caller.actor.uscc is not None and record.requester.uscc != caller.actor.uscc:
        raise NotFound
    return record


def _order(  # noqa: PLR0913, PLR0917 - one order
    doors: Services, caller: Principal, serial: str, matter: Matter, body: OrderFor, key: str
) -> JobRecord:
    number = serial_of(serial)
    caller.acting_for(doors.authority.certificate(number).uscc)
    return doors.enrolments.jobs.ask(
        matter, [(None, number)], request_key=key, actor=caller.actor, reason=body.reason, text=body.text
    )


@router.post(
    "/certificates/{serial}/suspension", summary="暂停证书 / Suspend", status_code=202, responses=MOVE
)
def suspend(  # noqa: PLR0913 - what the framework gives
    *,
    doors: Doors,
    caller: Requester,
    serial: str,
    body: OrderFor,
    key: IdempotencyKey,
    response: Response,
    background: BackgroundTasks,
) -> JobModel:
    """Put a certificate on hold: at once, unless the rule wants an approval first."""
    return _accepted(doors, response, background, _order(doors, caller, serial, Matter.SUSPEND, body, key))


@router.post(
    "/certificates/{serial}/resumption", summary="恢复证书 / Resume", status_code=202, responses=MOVE
)
def resume(  # noqa: PLR0913 - what the framework gives
    *,
    doors: Doors,
    caller: Requester,
    serial: str,
    body: OrderFor,
    key: IdempotencyKey,
    response: Response,
    background: BackgroundTasks,
) -> JobModel:
    """Ask for a hold to be lifted; another person than the one who set it approves."""
    return _accepted(doors, response, background, _order(doors, caller, serial, Matter.RESUME, body, key))


@router.post(
    "/certificates/{serial}/revocation-request",
    summary="申请吊销 / Ask for a revocation",
    status_code=202,
    responses=MOVE,
)
def ask_revocation(  # noqa: PLR0913 - what the framework gives
    *,
    doors: Doors,
    caller: Requester,
    serial: str,
    body: OrderFor,
    key: IdempotencyKey,
    response: Response,
    background: BackgroundTasks,
) -> JobModel:
    """Ask for a revocation, with its reason; performed once the people whom the rule wants approved it."""
    return _accepted(doors, response, background, _order(doors, caller, serial, Matter.REVOKE, body, key))


@router.post(
    "/enrolment-jobs/renewals", summary="批量续期 / Renew many", status_code=202, responses=problems(409)
)
def bulk_renew(  # noqa: PLR0913 - what the framework gives
    *,
    doors: Doors,
    caller: Requester,
    body: BulkRenew,
    key: IdempotencyKey,
    response: Response,
    background: BackgroundTasks,
) -> JobModel:
    """Ask for many renewals at once, the listed ones or a population; approved as one, by the digest of all of them."""
    caller.of_the_authority()
    if bool(body.serials) == (body.population is not None):
        raise InputInvalid("serials 与 population 须给出其一。", "Give either serials or a population.")
    jobs = doors.enrolments.jobs
    chosen = body.numbers() if body.population is None else jobs.chosen(body.population.query())
    job = jobs.ask(
        Matter.BULK_RENEW,
        chosen,
        request_key=key,
        actor=caller.actor,
        text=body.text,
        validity=body.validity,
    )
    return _accepted(doors, response, background, job)


@router.get("/enrolment-jobs/{job}", summary="任务进度 / Progress of a job", responses=problems(404))
def show(doors: Doors, caller: Reader, job: str) -> JobModel:
    """Return a job: done, failed and left; it survives reloads and restarts."""
    return JobModel.of(_found(doors, caller, job))


@router.get("/enrolment-jobs/{job}/items", summary="任务明细 / Items of a job", responses=problems(404))
def items(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    job: str,
    status: ItemStatus | None = None,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JobItemsModel:
    """List the certificates of a job, or only the failed ones, each with what to do."""
    _found(doors, caller, job)
    found = doors.enrolments.jobs.items(job, status, after=after, limit=limit)
    following = found[-1].number if len(found) == limit else None
    return JobItemsModel(items=[JobItemModel.of(one) for one in found], next=following)


@router.post(
    "/enrolment-jobs/{job}/approvals", summary="审批任务 / Approve a job", status_code=202, responses=MOVE
)
def approve(  # noqa: PLR0913 - what the framework gives
    *,
    doors: Doors,
    caller: Officer,
    job: str,
    body: Approve,
    response: Response,
    background: BackgroundTasks,
) -> JobModel:
    """Approve exactly what has the digest given; with the last approval needed the job starts."""
    _found(doors, caller, job)
    moved = doors.enrolments.jobs.approve(job, body.ballot(), by=officer_of(caller))
    return _accepted(doors, response, background, moved)


@router.post("/enrolment-jobs/{job}/rejection", summary="驳回任务 / Reject a job", responses=MOVE)
def reject(doors: Doors, caller: Officer, job: str, body: Reject) -> JobModel:
    """Reject with a reason code and a sentence."""
    _found(doors, caller, job)
    return JobModel.of(doors.enrolments.jobs.reject(job, body.code, body.reason, by=officer_of(caller)))


@router.post("/enrolment-jobs/{job}/withdrawal", summary="撤回任务 / Withdraw a job", responses=MOVE)
def withdraw(doors: Doors, caller: Requester, job: str) -> JobModel:
    """Take it back before it starts."""
    _found(doors, caller, job)
    return JobModel.of(doors.enrolments.jobs.withdraw(job, actor=caller.actor))


@router.post(
    "/enrolment-jobs/{job}/retry", summary="重试失败项 / Retry what failed", status_code=202, responses=MOVE
)
def retry(
    doors: Doors, caller: Requester, job: str, response: Response, background: BackgroundTasks
) -> JobModel:
    """Put the failed items of a finished job back on its list; they were approved with it."""
    _found(doors, caller, job)
    again = doors.enrolments.jobs.retry(job, actor=caller.actor)
    return _accepted(doors, response, background, again)


@router.get("/expiry-reminders", summary="到期提醒 / Expiry reminders")
def reminders(
    doors: Doors,
    caller: Reader,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RemindersModel:
    """Return reminders in order, each made once; read on with ``after=next``."""
    caller.of_the_authority()
    found = doors.enrolments.reminders.read(after, limit)
    following = found[-1].number if found else after
    return RemindersModel(items=[ReminderModel.of(one) for one in found], next=following)


def _drill(doors: Services) -> RevocationDrill:
    if doors.enrolments.drill is None:
        raise NotFound
    return doors.enrolments.drill


@router.post("/revocation-drills", summary="批量吊销演练 / Revocation drill", status_code=202, responses=MOVE)
def drill(
    doors: Doors, caller: Requester, body: Drill, key: IdempotencyKey, response: Response
) -> DrillModel:
    """Count, simulate, or ask for the real thing; nothing is revoked before two people approved the job."""
    caller.of_the_authority()
    query, door = body.population.query(), _drill(doors)
    if body.mode != "perform":
        return DrillModel.of(door.count(query) if body.mode == "count" else door.simulate(query))
    job = door.ask(query, body.reason, request_key=key, actor=caller.actor, text=body.text)
    response.headers["Location"] = JobModel.of(job).address
    return DrillModel.of(door.count(query), job)


@router.get("/revocation-drills/{job}", summary="演练报告 / Report of a drill", responses=problems(404))
def drill_report(doors: Doors, caller: Reader, job: str) -> DrillModel:
    """Prove a performed drill: register, OCSP and revocation lists compared for each certificate, with times."""
    record = _found(doors, caller, job)
    return DrillModel.of(_drill(doors).report(job), record)
