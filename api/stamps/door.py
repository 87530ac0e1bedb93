"""What a stamp posts, brought to the desk, and what the desk answers: one table for every transport with bodies of JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from api.problems.problem import describe
from api.stamps.topics import Event
from seals.devices.desk import StampDesk
from seals.devices.errors import MessageInvalid
from seals.devices.events import MAX_BATCH, MAX_PICTURE

Params = Mapping[str, Any]
OK: Final = 200


def post(desk: StampDesk, serial: str, name: str, params: Params) -> tuple[int, dict[str, Any]]:
    """Serve one post of the stamp ``serial``: the code of the reply and its data. Nothing is raised.

    The serial is that of the topic, which the broker let nobody else use; the desk asks once more, for each event is
    signed by a chip and names its stamp.
    """
    try:
        return OK, _SERVED[_event(name)](desk, serial, params)
    except Exception as error:  # noqa: BLE001 - the edge: every error becomes a reply
        problem = describe(error)
        said = {"type": problem.kind.slug, "zh": problem.zh, "en": problem.en}
        return problem.kind.status, said


def _event(name: str) -> Event:
    try:
        return Event(name)
    except ValueError as wrong:
        raise MessageInvalid("no such event", "topic") from wrong


def _chain(desk: StampDesk, serial: str, params: Params) -> dict[str, Any]:
    texts = params.get("events")
    if (
        not isinstance(texts, list)
        or len(texts) > MAX_BATCH
        or not all(isinstance(one, str) for one in texts)
    ):
        raise MessageInvalid(f"not a list of at most {MAX_BATCH} signed events", "params.events")
    nonce = _text(params, "nonce")
    desk.receive(serial, texts)
    return {"answer": desk.answer(serial, nonce)}


def _orders(desk: StampDesk, serial: str, _params: Params) -> dict[str, Any]:
    return {"orders": [order.jws for order in desk.pending(serial)]}


def _picture(desk: StampDesk, serial: str, params: Params) -> dict[str, Any]:
    text = _text(params, "data", MAX_PICTURE * 4 // 3 + 4)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise MessageInvalid("not base64", "params.data") from wrong
    desk.upload(serial, _text(params, "digest"), data)
    return {}


def _time(desk: StampDesk, serial: str, params: Params) -> dict[str, Any]:
    return {"answer": desk.answer(serial, _text(params, "nonce"))}


def _text(params: Params, name: str, limit: int = 256) -> str:
    found = params.get(name)
    if not isinstance(found, str) or len(found) > limit:
        raise MessageInvalid(f"not a text of at most {limit} characters", f"params.{name}")
    return found


_SERVED: Final[dict[Event, Callable[[StampDesk, str, Params], dict[str, Any]]]] = {
    Event.CHAIN: _chain,
    Event.ORDERS: _orders,
    Event.PICTURE: _picture,
    Event.TIME: _time,
}
