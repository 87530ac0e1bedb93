"""Engraving and filing: shops, jobs, imprints, the chip in the seal body, delivery, the filing officer's queue."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.errors import InputInvalid
from api.schemas.engravers import RegisterShop, ShopModel, ShopPageModel
from api.schemas.filing import (
    AcceptFiling,
    AnswerOfChip,
    AskChip,
    ChallengeModel,
    ImprintModel,
    JobModel,
    JobPageModel,
    JobViewModel,
    OrderSeal,
    ReturnFiling,
    Why,
)
from api.tokens.enrolment import serial_of
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from ca.actor import Actor
from ca.tokens.inventory_store import Place
from seals.filing.errors import NotThisShop
from seals.filing.house import MAX_FILE
from seals.filing.job import Document, JobQuery, JobStatus
from seals.filing.people import Identity

router = APIRouter(prefix="/api/v1", tags=["filing"], responses=CALLER)
Approver = Annotated[Principal, Requires(Scope.SEAL_APPROVE)]
Engraver = Annotated[Principal, Requires(Scope.SEAL_ENGRAVE)]
Officer = Annotated[Principal, Requires(Scope.SEAL_FILE)]
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
MOVE: Final = problems(404, 409)
UPLOAD: Final = problems(404, 409, 413)
Upload = Annotated[UploadFile, File(description="At most 20 MiB")]
Cursor = Annotated[str, Query(max_length=32)]
Limit = Annotated[int, Query(ge=1, le=200)]


# -- shops ------------------------------------------------------------------------------------------------------------


@router.post("/engravers", summary="登记刻制单位 / Register a shop", status_code=201, responses=problems(409))
def register(doors: Doors, caller: Officer, body: RegisterShop) -> ShopModel:
    """Add an engraving shop, as a filing officer; the same again changes nothing."""
    return ShopModel.of(doors.filing.shops.register(body.shop(), actor=caller.actor))


@router.get("/engravers", summary="刻制单位列表 / List shops")
def shops(
    doors: Doors,
    caller: Reader,
    division: Annotated[str, Query(pattern="^([0-9]{6}|)$")] = "",
    after: Annotated[str, Query(max_length=18)] = "",
    limit: Limit = 50,
) -> ShopPageModel:
    """List engraving shops by code, a page at a time: the register is open to everyone who may read seals."""
    del caller
    found = doors.filing.shops.list(division=division, after=after, limit=limit)
    following = found[-1].uscc if len(found) == limit else None
    return ShopPageModel(items=[ShopModel.of(one) for one in found], next=following)


@router.post("/engravers/{uscc}/suspension", summary="暂停刻制单位 / Suspend a shop", responses=MOVE)
def suspend(doors: Doors, caller: Officer, uscc: str, body: Why) -> ShopModel:
    """Let a shop take and go on with no job."""
    return ShopModel.of(doors.filing.shops.suspend(uscc, actor=caller.actor, reason=body.reason))


@router.post("/engravers/{uscc}/readmission", summary="恢复刻制单位 / Readmit a shop", responses=MOVE)
def readmit(doors: Doors, caller: Officer, uscc: str, body: Why) -> ShopModel:
    """Let a suspended shop work again."""
    return ShopModel.of(doors.filing.shops.readmit(uscc, actor=caller.actor, reason=body.reason))


# -- jobs -------------------------------------------------------------------------------------------------------------


@router.post("/engraving-jobs", summary="准予刻制 / Order a seal", status_code=201, responses=MOVE)
def order(doors: Doors, caller: Approver, body: OrderSeal) -> JobModel:
    """Approve a seal for engraving and open its job, as another person than the applicant."""
    caller.of_the_authority()
    known = None if body.representative is None else body.representative.identity()
    made = doors.filing.office.order(body.seal, actor=caller.actor, shop=body.shop, representative=known)
    return JobModel.of(made)


@router.get("/engraving-jobs", summary="刻制任务 / A shop's jobs")
def jobs(
    doors: Doors,
    caller: Engraver,
    status: JobStatus | None = None,
    after: Cursor = "",
    limit: Limit = 50,
) -> JobPageModel:
    """List the shop's own jobs and those open to its division, oldest first."""
    query = JobQuery(status=status, for_shop=_of_a_shop(caller).uscc, after=after, limit=limit)
    return JobPageModel.of(doors.filing.office.list(query))


@router.get("/engraving-jobs/{job}", summary="任务详情 / Show a job", responses=problems(404))
def show(doors: Doors, caller: Engraver, job: str) -> JobViewModel:
    """Return a job with its history, scans and deliveries."""
    return JobViewModel.of(doors.filing.office.get(job, actor=_of_a_shop(caller)), receivers=True)


@router.get("/seals/{code}/engraving", summary="印章刻制进度 / A seal's jobs", responses=problems(404))
def of_seal(doors: Doors, caller: Reader, code: str) -> JobPageModel:
    """List the jobs of a seal, oldest first: the owner sees how far it is."""
    seal = own_seal(doors.seals, caller, code)
    return JobPageModel.of(doors.filing.office.list(JobQuery(seal=seal.code)))


@router.post("/engraving-jobs/{job}/taking", summary="接单 / Take a job", responses=MOVE)
def take(doors: Doors, caller: Engraver, job: str) -> JobModel:
    """Take a job for the caller's shop; of two shops one gets it."""
    return JobModel.of(doors.filing.workshop.take(job, actor=caller.actor))


@router.post("/engraving-jobs/{job}/release", summary="退单 / Give a job back", responses=MOVE)
def release(doors: Doors, caller: Engraver, job: str, body: Why) -> JobModel:
    """Give a job back before anything is made."""
    return JobModel.of(doors.filing.workshop.release(job, actor=caller.actor, reason=body.reason))


@router.post(
    "/engraving-jobs/{job}/imprints",
    summary="上传印模 / Upload an imprint",
    status_code=201,
    responses=UPLOAD,
)
def imprint(doors: Doors, caller: Engraver, job: str, scan: Upload) -> ImprintModel:
    """Keep the scan (PNG, JPEG, TIFF, BMP) and compare it with the approved picture; the figure is advice.

    The scan is on record before the comparison: after a lost connection, the job shows how it ended.
    """
    octets = scan.file.read(MAX_FILE + 1)
    return ImprintModel.of(doors.filing.workshop.upload_imprint(job, octets, actor=caller.actor))


@router.get(
    "/engraving-jobs/{job}/imprints/{number}.png",
    summary="印模比对图 / Overlay",
    responses=binary("image/png", "Approved picture and imprint laid over each other") | problems(404),
)
def overlay(doors: Doors, caller: Engraver, job: str, number: int) -> Response:
    """Return the overlay of a scan for its shop."""
    shop = _of_a_shop(caller)
    return _png(doors.filing.office.imprint_file(job, number, overlay=True, actor=shop))


@router.post("/engraving-jobs/{job}/making", summary="制作完成 / Made", responses=MOVE)
def make(doors: Doors, caller: Engraver, job: str) -> JobModel:
    """Record that the seal is engraved, after a scan of its imprint was compared."""
    return JobModel.of(doors.filing.workshop.make(job, actor=caller.actor))


@router.post(
    "/engraving-jobs/{job}/challenges",
    summary="芯片质询 / Challenge the chip",
    status_code=201,
    responses=MOVE,
)
def challenge(doors: Doors, caller: Engraver, job: str, body: AskChip) -> ChallengeModel:
    """Make a challenge bound to the seal; the chip signs it once, within minutes."""
    place = Place(body.chip, body.application, body.container)
    return ChallengeModel.of(doors.filing.chip.challenge(job, place, actor=caller.actor))


@router.post("/engraving-jobs/{job}/chip", summary="芯片应答 / The chip's answer", responses=MOVE)
def answer(doors: Doors, caller: Engraver, job: str, body: AnswerOfChip) -> JobModel:
    """Take the chip's answer; one for another seal, an old or repeated one, a wrong chip's raises an alarm."""
    try:
        signature = base64.b64decode(body.signature, validate=True)
    except binascii.Error:
        raise InputInvalid("signature 应为 base64。", "signature is base64.") from None
    return JobModel.of(doors.filing.chip.answer(job, body.challenge, signature, actor=caller.actor))


@router.post("/engraving-jobs/{job}/offer", summary="通知领取 / Ready to fetch", responses=MOVE)
def offer(doors: Doors, caller: Engraver, job: str) -> JobModel:
    """Tell that the seal is ready."""
    return JobModel.of(doors.filing.workshop.offer(job, actor=caller.actor))


@router.post("/engraving-jobs/{job}/delivery", summary="交付 / Deliver", responses=UPLOAD)
def deliver(  # noqa: PLR0913 - the fields of a form
    *,
    doors: Doors,
    caller: Engraver,
    job: str,
    name: Annotated[str, Form(max_length=64)],
    number: Annotated[str, Form(max_length=64)],
    receipt: Upload,
    document: Annotated[Document, Form()] = Document.RESIDENT_ID,
    letter: Annotated[UploadFile | None, File(description="委托书, at most 20 MiB")] = None,
) -> JobModel:
    """Hand the seal over to a proven person, against a signed receipt; others than the representative bring a letter."""
    moved = doors.filing.workshop.deliver(
        job,
        Identity(name, document, number),
        receipt=receipt.file.read(MAX_FILE + 1),
        letter=b"" if letter is None else letter.file.read(MAX_FILE + 1),
        actor=caller.actor,
    )
    return JobModel.of(moved)


@router.post("/engraving-jobs/{job}/rework", summary="重新制作 / Rework", responses=MOVE)
def rework(doors: Doors, caller: Engraver, job: str, body: Why) -> JobModel:
    """Begin again what was returned, or lost before its filing."""
    return JobModel.of(doors.filing.workshop.rework(job, actor=caller.actor, reason=body.reason))


# -- the filing officer -----------------------------------------------------------------------------------------------


@router.get("/filings", summary="备案队列 / Filing queue")
def queue(doors: Doors, caller: Officer, after: Cursor = "", limit: Limit = 50) -> JobPageModel:
    """List what waits for a filing officer, the longest waiting first."""
    return JobPageModel.of(doors.filing.office.queue(actor=caller.actor, after=after, limit=limit))


@router.get("/filings/{job}", summary="备案详情 / Show a filing", responses=problems(404))
def show_filing(doors: Doors, caller: Officer, job: str) -> JobViewModel:
    """Return a job with its history, scans and deliveries."""
    caller.of_the_authority()
    return JobViewModel.of(doors.filing.office.get(job, actor=caller.actor), receivers=True)


@router.get(
    "/filings/{job}/imprints/{number}.png",
    summary="备案印模比对图 / Overlay of a filing",
    responses=binary("image/png", "Approved picture and imprint laid over each other") | problems(404),
)
def filing_overlay(doors: Doors, caller: Officer, job: str, number: int) -> Response:
    """Return the overlay of a scan for the filing officer."""
    caller.of_the_authority()
    return _png(doors.filing.office.imprint_file(job, number, overlay=True, actor=caller.actor))


@router.get(
    "/filings/{job}/imprints/{number}",
    summary="备案印模原件 / Scan of a filing",
    responses=binary("application/octet-stream", "The scan as it was uploaded") | problems(404),
)
def filing_scan(doors: Doors, caller: Officer, job: str, number: int) -> Response:
    """Return the scan itself, proved against its digest; never shown in the page itself."""
    caller.of_the_authority()
    octets = doors.filing.office.imprint_file(job, number, overlay=False, actor=caller.actor)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(octets, media_type="application/octet-stream", headers=headers)


@router.post("/filings/{job}/acceptance", summary="备案通过 / Accept", responses=MOVE)
def accept(doors: Doors, caller: Officer, job: str, body: AcceptFiling) -> JobModel:
    """File the seal: the keeper's certificate is bound, the chip linked, the pair active."""
    certificate = doors.enrolment.in_force(serial_of(body.certificate_serial))
    return JobModel.of(doors.filing.office.accept(job, certificate=certificate, actor=caller.actor))


@router.post("/filings/{job}/return", summary="备案退回 / Return", responses=MOVE)
def return_filing(doors: Doors, caller: Officer, job: str, body: ReturnFiling) -> JobModel:
    """Return a filing with a reason code and a text; the shop works on it again."""
    moved = doors.filing.office.return_(job, code=body.code, reason=body.reason, actor=caller.actor)
    return JobModel.of(moved)


def _of_a_shop(caller: Principal) -> Actor:
    """Return a caller who acts for a shop; :class:`NotThisShop` for a key that is bound to none."""
    if caller.actor.uscc is None:
        raise NotThisShop(caller.actor.id)
    return caller.actor


def _png(octets: bytes) -> Response:
    return Response(octets, media_type="image/png", headers={"X-Content-Type-Options": "nosniff"})
