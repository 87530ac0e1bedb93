"""Batches: hand documents in, start, watch as events, retry, cancel, report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool

from api.access.scopes import Principal, Scope
from api.batch.incoming import from_zip
from api.routes.cases import hand_of
from api.schemas.batches import (
    AskBatch,
    BatchCountModel,
    BatchDocumentModel,
    BatchDocumentsModel,
    BatchListModel,
    BatchModel,
    BatchRetry,
    BatchStart,
)
from api.schemas.numbers import MAX_NUMBER
from api.services import Services
from api.tokens.enrolment import pin_of
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.openapi import CALLER, binary, problems
from api.web.progress_stream import EVENTS, Look, stream
from hsm.pins import Pin
from signing.batch import report as reports
from signing.batch.batch import BatchState, DocumentState, Incoming
from verify.wording import TEST_NOTICE

router = APIRouter(prefix="/api/v1/batches", tags=["sealing"], responses=CALLER)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
MOVE: Final = problems(404, 409)


class ReportForm(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"
    PAGE = "html"


_TYPES: Final = {
    ReportForm.JSON: "application/json",
    ReportForm.CSV: "text/csv; charset=utf-8",
    ReportForm.PAGE: "text/html; charset=utf-8",
}


@router.post("", summary="开立批次 / Open a batch", status_code=201, responses=MOVE)
def ask(doors: Doors, caller: Keeper, body: AskBatch, key: IdempotencyKey) -> BatchModel:
    """Open a batch that gathers documents; hand them in, then start it."""
    batch = doors.batches.desk.open(body.request(key), hand=hand_of(caller))
    return _model(doors, caller, batch.id)


@router.get("", summary="批次列表 / List batches")
def list_batches(
    doors: Doors, caller: Keeper, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> BatchListModel:
    """Return the newest batches; a caller bound to an enterprise sees its own."""
    desk = doors.batches.desk
    found = desk.list(uscc=caller.owner("") or "", limit=limit)
    return BatchListModel(items=[BatchModel.of(desk.progress(one.id)) for one in found])


@router.get("/{batch}", summary="批次进度 / Show a batch", responses=problems(404))
def show(doors: Doors, caller: Keeper, batch: str) -> BatchModel:
    """Return a batch and how far it is."""
    return _model(doors, caller, batch)


@router.post("/{batch}/documents", summary="提交文件 / Hand documents in", responses=MOVE | problems(413))
def add(  # noqa: PLR0913 - the parameters of an address or a form
    *,
    doors: Doors,
    caller: Keeper,
    batch: str,
    file: Annotated[list[UploadFile], File(description="Documents, or one zip archive of them")],
    placement: Annotated[str, Form(max_length=2000, description="Where, for these documents alone")] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    mark: Annotated[
        str,
        Form(max_length=100, description="Your own number of the document; sent again it changes nothing"),
    ] = "",
) -> BatchCountModel:
    """Hand in one document with a number of its own, several, or a zip archive; repeat it for the rest."""
    with received(file, (placement, reason, mark)) as documents:
        total = doors.batches.desk.add(batch, documents, hand=hand_of(caller))
    return BatchCountModel(total=total)


@router.post("/{batch}/start", summary="启动或继续 / Start a batch", responses=MOVE)
def start(doors: Doors, caller: Keeper, batch: str, body: BatchStart) -> BatchModel:
    """Close the list of documents and begin, or go on after a halt. A case that waits for approval is named."""
    doors.batches.start(batch, hand=hand_of(caller), pin=_pin(body.pin))
    return _model(doors, caller, batch)


@router.post("/{batch}/retry", summary="重试失败的文件 / Retry what failed", responses=MOVE)
def retry(doors: Doors, caller: Keeper, batch: str, body: BatchRetry) -> BatchModel:
    """Let failed documents wait again, all or those numbered, and go on."""
    numbers = None if body.numbers is None else [one - 1 for one in body.numbers]
    doors.batches.retry(batch, numbers, hand=hand_of(caller), pin=_pin(body.pin))
    return _model(doors, caller, batch)


@router.post("/{batch}/cancellation", summary="取消批次 / Cancel a batch", responses=MOVE)
def cancel(doors: Doors, caller: Keeper, batch: str) -> BatchModel:
    """Stop for good: what is sealed stays sealed, what waits is not sealed any more."""
    doors.batches.desk.cancel(batch, hand=hand_of(caller))
    return _model(doors, caller, batch)


@router.get("/{batch}/documents", summary="批次文件 / Documents of a batch", responses=problems(404))
def documents(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Keeper,
    batch: str,
    state: DocumentState | None = None,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> BatchDocumentsModel:
    """List documents in order, a page at a time; `state=failed` lists what failed and why."""
    desk = doors.batches.desk
    desk.get(batch, hand=hand_of(caller))
    found = desk.documents(batch, state=state, after=after - 1, limit=limit)
    following = found[-1].number + 1 if len(found) == limit else None
    return BatchDocumentsModel(items=[BatchDocumentModel.of(one) for one in found], next=following)


@router.get(
    "/{batch}/documents/{number}/proof",
    summary="合并签名的证明 / Proof of one document",
    responses=binary("application/json", "The proof, to be kept with the document") | MOVE,
)
def proof(doors: Doors, caller: Keeper, batch: str, number: int) -> JSONResponse:
    """Return the proof that a document (numbered from 1) is under the batch's one signature."""
    doors.batches.desk.get(batch, hand=hand_of(caller))
    return JSONResponse(doors.batches.proof(batch, number - 1).to_json())


@router.get(
    "/{batch}/report",
    summary="批次报告 / Report of a batch",
    responses=binary("application/json", "The report") | problems(404),
)
def report(doors: Doors, caller: Keeper, batch: str, form: ReportForm = ReportForm.JSON) -> Response:
    """Return what became of each document, with the digests before and after: JSON, CSV or a page to print."""
    desk = doors.batches.desk
    desk.get(batch, hand=hand_of(caller))
    name = {"Content-Disposition": f'attachment; filename="batch-{batch[:8]}.{form.value}"'}
    if form is ReportForm.CSV:
        return StreamingResponse(reports.as_csv(desk, batch), media_type=_TYPES[form], headers=name)
    if form is ReportForm.PAGE:
        return Response(reports.as_page(desk, batch, _notice(doors)), media_type=_TYPES[form], headers=name)
    return Response(reports.json_text(reports.as_json(desk, batch)), media_type=_TYPES[form], headers=name)


@router.get("/{batch}/events", summary="批次进度流 / Progress as events", responses=EVENTS | problems(404))
async def events(
    doors: Doors, caller: Keeper, batch: str, last: Annotated[str, Header(alias="Last-Event-ID")] = ""
) -> StreamingResponse:
    """Stream progress until the batch is at rest. Each event is whole, so one that was missed is not missed."""
    await run_in_threadpool(doors.batches.desk.get, batch, hand=hand_of(caller))

    def look() -> Look:
        progress = doors.batches.desk.progress(batch)
        told = BatchModel.of(progress).model_dump(mode="json")
        return Look(progress.version, told, progress.batch.state is BatchState.RUNNING)

    return stream(look, last)


@contextmanager
def received(files: list[UploadFile], said: tuple[str, str, str]) -> Iterator[list[Incoming]]:
    """Yield what was uploaded as files of a folder that is gone afterwards; one zip archive is unpacked."""
    placement, reason, mark = said
    with tempfile.TemporaryDirectory(prefix="yinxin-batch-") as name:
        folder, found = Path(name), []
        for number, one in enumerate(files):
            path = folder / f"upload-{number}"
            with path.open("wb") as out:
                shutil.copyfileobj(one.file, out, 1 << 20)
            if (one.filename or "").lower().endswith(".zip"):
                inside = folder / f"zip-{number}"
                inside.mkdir()
                found += list(from_zip(path, inside).documents)
            else:
                own = mark if len(files) == 1 else ""
                found.append(Incoming(path, one.filename or "document.pdf", placement, reason, own))
        yield found


def _notice(doors: Services) -> str:
    return "" if doors.settings.production else TEST_NOTICE


def _pin(given: SecretStr | None) -> Pin | None:
    return None if given is None else pin_of(given.get_secret_value())


def _model(doors: Services, caller: Principal, batch: str) -> BatchModel:
    return BatchModel.of(doors.batches.desk.progress(batch, hand=hand_of(caller)))
