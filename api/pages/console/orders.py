"""批量核验: the reader's verification orders, a form for one more, and one order with its bar, results and notifications."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import SecretStr

from api.access.scopes import Scope
from api.pages.answers_card import groups
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.pages.question import MAX_CHOICE, Choice
from api.routes.verification_orders import take
from api.verifying.handed_in import Handed
from signing.verification_orders.beside import MAX_PASSWORD
from signing.verification_orders.errors import OrderUnknown
from signing.verification_orders.fields import kept_name
from signing.verification_orders.order import OrderFile, OrderProgress, OrderRequest, OrderState
from signing.webhooks.store import DeliveryState
from verify.many.finding import passed

router = APIRouter(include_in_schema=False)
SHOWN: Final = 100
"""Documents and notifications shown; the tables have them all."""
TONES: Final = {
    OrderState.GATHERING: "unreadable",
    OrderState.RUNNING: "indeterminate",
    OrderState.FINISHED: "passed",
    OrderState.CANCELLED: "unreadable",
}
DELIVERY_TONES: Final = {
    DeliveryState.WAITING: "indeterminate",
    DeliveryState.DELIVERED: "passed",
    DeliveryState.DEAD: "failed",
}
GRAVE: Final = ("failed", "unreadable", "indeterminate", "passed")


@router.get("/console/verification-orders")
def listing(request: Request) -> Response:
    """Show the form and the reader's newest orders."""
    frame = enter(request, "orders")
    if isinstance(frame, Response):
        return frame
    desk, maker = frame.doors.orders.desk, frame.caller.actor
    found = [desk.progress(one.id, maker=maker) for one in desk.list(maker=maker)]
    return frame.page(
        "orders.html",
        rows=[_row(one) for one in found],
        key=secrets.token_hex(16),
        groups=groups(frame.doors.acceptance.departments.known(), frame.language),
        days=frame.doors.settings.verification_results_days,
    )


@router.post("/console/verification-orders")
def send(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    csrf: Csrf,
    key: Text,
    file: Annotated[list[UploadFile], File()],
    title: Text = "",
    act: Annotated[str, Form(max_length=MAX_CHOICE)] = "",
    password: Annotated[SecretStr | None, Form(max_length=MAX_PASSWORD)] = None,
) -> Response:
    """Hand documents in and begin; evidence records among them go with the documents that they are named after."""
    frame = posted(request, "orders", csrf, Scope.VERIFICATION_ORDER)
    choice = Choice.read(act)
    named = title.strip() or kept_name(file[0].filename or "")[:100]
    asked = OrderRequest(f"console:{key}", named, None, choice.department, choice.act)
    made = take(frame.doors, frame.caller.actor, asked, Handed(file, password), more=False)
    return done(f"/console/verification-orders/{made}")


@router.get("/console/verification-orders/{order}")
def one(request: Request, order: str) -> Response:
    """Show one order; its bar follows the stream of events, and a reload finds it where it is."""
    frame = enter(request, "orders")
    if isinstance(frame, Response):
        return frame
    desk, maker = frame.doors.orders.desk, frame.caller.actor
    try:
        progress = desk.progress(order, maker=maker)
    except OrderUnknown:
        return frame.gone("orders.gone")
    sent = frame.doors.orders.outbox.page(maker=maker, subject=order, limit=SHOWN)
    return frame.page(
        "order.html",
        row=_row(progress),
        progress=progress,
        order=progress.order,
        files=_files(frame, order),
        asked=bool(progress.order.request.department),
        deliveries=[(one, DELIVERY_TONES[one.state]) for one in sent],
        zh=frame.language == "zh",
    )


@router.post("/console/verification-orders/{order}/cancel")
def cancel(request: Request, order: str, csrf: Csrf) -> Response:
    """Cancel it."""
    frame = posted(request, "orders", csrf, Scope.VERIFICATION_ORDER)
    frame.doors.orders.desk.cancel(order, maker=frame.caller.actor)
    return done(f"/console/verification-orders/{order}")


@router.post("/console/verification-orders/{order}/resend")
def resend(request: Request, order: str, csrf: Csrf, delivery: Text) -> Response:
    """Send a notification again."""
    frame = posted(request, "orders", csrf, Scope.VERIFICATION_ORDER)
    frame.doors.orders.outbox.again(delivery, actor=frame.caller.actor, maker=frame.caller.actor)
    return done(f"/console/verification-orders/{order}")


def _files(frame: Frame, order: str) -> list[dict[str, Any]]:
    """Return the documents to be shown: those that are not good first."""
    desk, maker, found = frame.doors.orders.desk, frame.caller.actor, list[OrderFile]()
    for verdict in GRAVE:
        if len(found) < SHOWN:
            found += desk.files(order, maker=maker, verdict=verdict, limit=SHOWN - len(found))
    return [_file(one, zh=frame.language == "zh") for one in found]


def _file(one: OrderFile, *, zh: bool) -> dict[str, Any]:
    told = one.finding or {}
    who = dict.fromkeys(
        name for item in told["signatures"] for name in (item["owner"], item["seal_name"]) if name
    )
    return {
        "number": one.number + 1,
        "name": one.name,
        "verdict": told["verdict"],
        "good": passed(told),
        "reason": told["reason_zh"] if zh else told["reason"],
        "answer": told["accepted_zh"] if zh else told["accepted_en"],
        "who": " · ".join(who),
        "voided": told["voided_since"],
    }


def _row(progress: OrderProgress) -> dict[str, Any]:
    found = progress.order
    return {
        "id": found.id,
        "title": found.request.title or found.id[:8],
        "status": f"orders.state.{found.state.value}",
        "tone": TONES[found.state],
        "done": progress.done,
        "failed": progress.failed,
        "total": found.total,
        "created_at": found.created_at,
    }
