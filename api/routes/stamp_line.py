"""The line of smart stamps over HTTPS: events in, orders out, pictures, the time.

Each request is proved by a token in the header ``Stamp-Request``, signed by the stamp's chip (:mod:`seals.devices.requests`);
no API key, for a stamp has none.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Header, Query, Response

from api.schemas.numbers import MAX_NUMBER
from api.schemas.stamp_work import AnswerModel, OrdersModel
from api.web.authorisation import Doors
from api.web.openapi import PUBLIC, problems
from ca.actor import SYSTEM
from seals.devices.delivery import parse_delivery
from seals.devices.errors import RequestRefused
from seals.devices.messages import MAX_REQUEST_SIZE, RequestFor

router = APIRouter(
    prefix="/api/v1/stamps/{serial}", tags=["stamps"], responses=PUBLIC | problems(401, 404, 409, 422)
)
DELIVERY: Final = "application/vnd.yinxin.stamp-delivery"
"""JSON all the same: what is signed is the octets, so nothing may read and write them again on the way."""
PICTURE: Final = "application/octet-stream"
Token = Annotated[
    str,
    Header(
        alias="Stamp-Request",
        max_length=MAX_REQUEST_SIZE,
        description="Token of request, compact JWS by the stamp's chip: purpose, time, nonce, digest of the body",
    ),
]


@router.post("/events", summary="上报事件 / Deliver events")
def events(
    doors: Doors, serial: str, token: Token, body: Annotated[bytes, Body(media_type=DELIVERY)]
) -> AnswerModel:
    """Take a delivery ``{"events": […], "nonce": "…"}``; what came before changes nothing.

    The signed answer says up to which event the chain is here and what time it is. The digest in the token is that of the
    whole body.
    """
    asked, at = doors.stamps.prove(token, RequestFor.EVENTS, body)
    _same(asked, serial)
    delivery = parse_delivery(body)
    doors.stamps.receive(serial, delivery.events, sent_at=at)
    return AnswerModel(answer=doors.stamps.answer(serial, delivery.nonce))


@router.get("/commands", summary="拉取指令 / Fetch orders")
def commands(
    doors: Doors,
    serial: str,
    token: Token,
    after: Annotated[
        int, Query(ge=0, le=MAX_NUMBER, description="Sequence of the last order that the stamp has")
    ] = 0,
) -> OrdersModel:
    """Give the signed orders that wait for the stamp, in their row."""
    asked, _ = doors.stamps.prove(token, RequestFor.COMMANDS)
    _same(asked, serial)
    doors.stamps.dispatch(actor=SYSTEM)
    return OrdersModel(orders=[order.jws for order in doors.stamps.pending(serial, after)])


@router.put("/pictures/{digest}", summary="上传用印影像 / Upload a picture", status_code=204)
def picture(
    doors: Doors,
    serial: str,
    digest: str,
    token: Token,
    body: Annotated[bytes, Body(media_type=PICTURE)],
) -> Response:
    """Take the file of a picture whose digest (``sha256:…``) an event announced; at most 8 MiB."""
    asked, _ = doors.stamps.prove(token, RequestFor.PICTURE, body)
    _same(asked, serial)
    doors.stamps.upload(serial, digest, body)
    return Response(status_code=204)


@router.get("/time", summary="校时 / Ask the time")
def time(
    doors: Doors, serial: str, token: Token, nonce: Annotated[str, Query(min_length=1, max_length=64)]
) -> AnswerModel:
    """Tell the time, signed over the stamp's nonce; the token may bear any time, for the stamp's clock may be wrong."""
    asked, _ = doors.stamps.prove(token, RequestFor.TIME)
    _same(asked, serial)
    return AnswerModel(answer=doors.stamps.answer(serial, nonce))


def _same(asked: str, serial: str) -> None:
    """Demand that the token is of the stamp that the address names."""
    if asked != serial:
        raise RequestRefused("a token of another stamp")
