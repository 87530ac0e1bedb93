"""Verification orders: hand documents in, come back for the results, or be told; and the messages that tell."""

from __future__ import annotations

import tempfile
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import SecretStr
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from api.access.scopes import Principal, Scope
from api.schemas.moments import Moment
from api.schemas.numbers import MAX_NUMBER
from api.schemas.verification_orders import (
    DeliveryListModel,
    DeliveryModel,
    OrderCountModel,
    OrderFileModel,
    OrderFilesModel,
    OrderListModel,
    OrderModel,
)
from api.services import Services
from api.verifying.handed_in import PIECE, Handed, received
from api.web.authorisation import Doors, Requires
from api.web.idempotency import IdempotencyKey
from api.web.known_fields import KnownFields
from api.web.openapi import CALLER, binary, problems
from api.web.progress_stream import EVENTS, Look, stream
from ca.actor import Actor
from signing.verification_orders.beside import MAX_PASSWORD
from signing.verification_orders.order import OrderRequest, OrderState
from signing.webhooks.store import DeliveryState
from verify.many.sheet import as_csv, write_xlsx
from verify.verdict import Verdict

router = APIRouter(
    prefix="/api/v1/verification-orders",
    tags=["verification"],
    responses=CALLER,
    dependencies=[KnownFields],
)
hooks = APIRouter(
    prefix="/api/v1/webhook-deliveries",
    tags=["verification"],
    responses=CALLER,
    dependencies=[KnownFields],
)
Integrator = Annotated[Principal, Requires(Scope.VERIFICATION_ORDER)]
Text = Annotated[str, Form(max_length=200)]
Password = Annotated[
    SecretStr | None,
    Form(
        max_length=MAX_PASSWORD,
        description="Password of an encrypted PDF; kept sealed beside the document, removed with it",
    ),
]
ContentPart = Annotated[
    UploadFile | None,
    File(description="The file that the one document, a detached signature or time-stamp, is over"),
]
EvidencePart = Annotated[
    UploadFile | None, File(description="Evidence records (.evidence.jws) beside the one document")
]
MOVE: Final = problems(404, 409)
CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post(
    "", status_code=202, summary="提交核验任务 / Order a verification", responses=MOVE | problems(413, 429)
)
def ask(  # noqa: PLR0913 - the parts of a form
    *,
    doors: Doors,
    caller: Integrator,
    key: IdempotencyKey,
    file: Annotated[
        list[UploadFile] | None, File(description="Documents; more may be handed in after")
    ] = None,
    title: Text = "",
    at: Annotated[Moment | None, Form(description="Judge as of this time instead of now")] = None,
    department: Annotated[str, Form(max_length=80, description="Ask this department too: id or name")] = "",
    act: Annotated[str, Form(max_length=80, description="The act that it is asked about")] = "",
    callback: Annotated[
        str,
        Form(
            max_length=1000,
            description="https:// address that is told when it is finished, by a signed message",
        ),
    ] = "",
    per_document: Annotated[bool, Form(description="Tell the callback of each document too")] = False,
    more: Annotated[bool, Form(description="Documents follow: nothing begins before `start`")] = False,
    password: Password = None,
    content: ContentPart = None,
    evidence: EvidencePart = None,
) -> OrderModel:
    """Hand documents in to be verified in the background; the same key again returns the same order.

    Only the order's maker sees it. Documents are removed once they are judged, results some days after the end (``expires_at``).
    ``password`` opens every document of this request; ``content`` and ``evidence`` are about one document, and a file
    ``NAME.evidence.jws`` among several belongs to the document ``NAME``.
    """
    request = OrderRequest(key, title, at, department.strip(), act.strip(), callback.strip(), per_document)
    handed = Handed(file or (), password, content, evidence)
    made = take(doors, caller.actor, request, handed, more=more or not file)
    return _model(doors, caller, made)


@router.get("", summary="核验任务列表 / List verification orders")
def list_orders(
    doors: Doors, caller: Integrator, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> OrderListModel:
    """Return the caller's newest orders."""
    found = doors.orders.desk.list(maker=caller.actor, limit=limit)
    return OrderListModel(items=[_model(doors, caller, one.id) for one in found])


@router.get("/{order}", summary="核验任务进度 / Show a verification order", responses=problems(404))
def show(doors: Doors, caller: Integrator, order: str) -> OrderModel:
    """Return an order and how far it is."""
    return _model(doors, caller, order)


@router.post(
    "/{order}/files", summary="追加文件 / Hand more documents in", responses=MOVE | problems(413, 429)
)
def add(  # noqa: PLR0913, PLR0917 - the parts of a form
    doors: Doors,
    caller: Integrator,
    order: str,
    file: Annotated[list[UploadFile], File(description="Documents")],
    mark: Annotated[
        str,
        Form(
            max_length=100,
            description="Your own number of the one document; sent again with it, it changes nothing; not one that begins with #",
        ),
    ] = "",
    password: Password = None,
    content: ContentPart = None,
    evidence: EvidencePart = None,
) -> OrderCountModel:
    """Hand more documents in, as long as the order is not started; each with its password, content and evidence as above."""
    with received(Handed(file, password, content, evidence), mark) as incoming:
        return OrderCountModel(total=doors.orders.desk.add(order, incoming, maker=caller.actor))


@router.post("/{order}/start", status_code=202, summary="开始核验 / Start", responses=MOVE)
def start(doors: Doors, caller: Integrator, order: str) -> OrderModel:
    """Close the list of documents and begin; again it changes nothing."""
    doors.orders.desk.start(order, maker=caller.actor)
    return _model(doors, caller, order)


@router.post("/{order}/cancellation", summary="取消核验任务 / Cancel", responses=MOVE)
def cancel(doors: Doors, caller: Integrator, order: str) -> OrderModel:
    """Stop: what is judged stays, what waits is judged no more and is removed."""
    doors.orders.desk.cancel(order, maker=caller.actor)
    return _model(doors, caller, order)


@router.get("/{order}/results", summary="核验结果 / Results, page by page", responses=problems(404))
def results(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Integrator,
    order: str,
    verdict: Verdict | None = None,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="The number of the last document had")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> OrderFilesModel:
    """List documents in order with what each came to; `verdict=failed` lists those of one verdict."""
    asked = "" if verdict is None else verdict.value
    found = doors.orders.desk.files(order, maker=caller.actor, verdict=asked, after=after - 1, limit=limit)
    following = found[-1].number + 1 if len(found) == limit else None
    return OrderFilesModel(items=[OrderFileModel.of(one) for one in found], next=following)


@router.get(
    "/{order}/results.csv",
    summary="结果表 CSV / Results as CSV",
    responses=problems(404) | binary("text/csv", "UTF-8 with a mark; one row a signature"),
)
def as_table(doors: Doors, caller: Integrator, order: str) -> StreamingResponse:
    """Return what is judged so far as CSV, as `yinxin verify --out` writes it."""
    doors.orders.desk.get(order, maker=caller.actor)
    lines = as_csv(doors.orders.desk.findings(order, maker=caller.actor))
    return StreamingResponse(lines, media_type=CSV, headers=_named(order, "csv"))


@router.get(
    "/{order}/results.xlsx",
    summary="结果表 XLSX / Results as XLSX",
    responses=problems(404) | binary(XLSX, "A workbook; one row a signature"),
)
def as_workbook(doors: Doors, caller: Integrator, order: str) -> Response:
    """Return what is judged so far as a workbook."""
    doors.orders.desk.get(order, maker=caller.actor)
    stream_ = tempfile.TemporaryFile(prefix="yinxin-xlsx-")  # noqa: SIM115 - closed when the answer is sent
    try:
        write_xlsx(doors.orders.desk.findings(order, maker=caller.actor), stream_)
        stream_.seek(0)
    except BaseException:
        stream_.close()
        raise
    pieces = iter(lambda: stream_.read(PIECE), b"")
    done = BackgroundTask(stream_.close)
    return StreamingResponse(pieces, media_type=XLSX, headers=_named(order, "xlsx"), background=done)


@router.get("/{order}/events", summary="核验进度流 / Progress as events", responses=EVENTS | problems(404))
async def events(
    doors: Doors, caller: Integrator, order: str, last: Annotated[str, Header(alias="Last-Event-ID")] = ""
) -> StreamingResponse:
    """Stream progress until the order has ended. Each event is whole, so one that was missed is not missed."""
    await run_in_threadpool(doors.orders.desk.get, order, maker=caller.actor)

    def look() -> Look:
        progress = doors.orders.desk.progress(order, maker=caller.actor)
        told = OrderModel.of(progress).model_dump(mode="json")
        return Look(
            progress.version, told, progress.order.state in (OrderState.RUNNING, OrderState.GATHERING)
        )

    return stream(look, last)


@hooks.get("", summary="回调通知列表 / List notifications")
def deliveries(
    doors: Doors,
    caller: Integrator,
    state: DeliveryState | None = None,
    order: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeliveryListModel:
    """List the newest notifications about the caller's orders; `state=dead` lists what was given up and why."""
    found = doors.orders.outbox.page(maker=caller.actor, state=state, subject=order, limit=limit)
    return DeliveryListModel(items=[DeliveryModel.of(one) for one in found])


@hooks.post("/{delivery}/resend", status_code=202, summary="重发通知 / Send again", responses=MOVE)
def resend(doors: Doors, caller: Integrator, delivery: str) -> DeliveryModel:
    """Send a notification again that was delivered or given up, under the same number."""
    return DeliveryModel.of(doors.orders.outbox.again(delivery, actor=caller.actor, maker=caller.actor))


def take(doors: Services, maker: Actor, request: OrderRequest, handed: Handed, *, more: bool) -> str:
    """Open an order, hand the documents in and start it unless more follow; a repetition goes on where it was cut off."""
    desk = doors.orders.desk
    made = desk.open(request, maker=maker)
    with received(handed, "", numbered=True) as incoming:
        if made.state is not OrderState.GATHERING:
            desk.repeated(made.id, incoming, maker=maker)
            return made.id
        if incoming:
            desk.add(made.id, incoming, maker=maker)
    if not more:
        desk.start(made.id, maker=maker)
    return made.id


def _named(order: str, suffix: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="verification-{order[:8]}.{suffix}"',
        "Cache-Control": "no-store",
    }


def _model(doors: Services, caller: Principal, order: str) -> OrderModel:
    return OrderModel.of(doors.orders.desk.progress(order, maker=caller.actor))
