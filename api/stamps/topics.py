"""Topics and bodies of the MQTT transport, in the shape seen in the field. Pure.

``/sys/{product}/{sn}/service/{op}/invoke`` and ``invoke_reply``, ``/sys/{product}/{sn}/event/{name}/post`` and
``post_reply``; the body is a JSON object ``{id, time, params}``, a reply has ``code`` and ``data`` besides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from seals.devices.errors import MessageInvalid
from seals.devices.events import MAX_BATCH, MAX_EVENT_SIZE, MAX_PICTURE
from seals.devices.wire import IDENTIFIER, SERIAL

PRODUCT: Final = "yinxin-stamp"
MAX_BODY: Final = MAX_BATCH * MAX_EVENT_SIZE + 64 * 1024
"""Longest body but a picture's, in octets: the largest delivery of events with its envelope."""
MAX_PICTURE_BODY: Final = MAX_PICTURE * 4 // 3 + 64 * 1024
"""Longest body with a picture, in octets: base64 makes four of three. The broker refuses what is longer."""
_TOPIC: Final = re.compile(
    rf"/sys/{PRODUCT}/([^/+#]+)/(?:service/([a-z]+)/(invoke|invoke_reply)|event/([a-z]+)/(post|post_reply))",
    re.ASCII,
)


class Event(StrEnum):
    """What a stamp posts."""

    CHAIN = "chain"
    """Signed events: ``events``, ``nonce``; the reply has the signed ``answer``."""
    ORDERS = "orders"
    """Ask for the orders that wait; the reply has ``orders``."""
    PICTURE = "picture"
    """A picture: ``digest``, ``data`` (base64)."""
    TIME = "time"
    """Ask the time: ``nonce``; the reply has the signed ``answer``."""


ORDER: Final = "order"
"""The service that a stamp offers: take a signed order."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart: whose, ``service`` or ``event``, its name, and the direction's word."""

    serial: str
    kind: str
    name: str
    word: str


def parse_topic(text: str) -> Topic:
    """Read a topic; :class:`MessageInvalid` for one that is none of ours."""
    match = _TOPIC.fullmatch(text)
    if match is None or SERIAL.fullmatch(match[1]) is None:
        raise MessageInvalid("not a topic of a stamp", "topic")
    if match[2]:
        return Topic(match[1], "service", match[2], match[3])
    return Topic(match[1], "event", match[4], match[5])


def event_topic(serial: str, name: str, word: str = "post") -> str:
    """Write the topic of an event or its reply."""
    return f"/sys/{PRODUCT}/{serial}/event/{name}/{word}"


def service_topic(serial: str, name: str = ORDER, word: str = "invoke") -> str:
    """Write the topic of a service or its reply."""
    return f"/sys/{PRODUCT}/{serial}/service/{name}/{word}"


@dataclass(frozen=True, slots=True)
class Message:
    """A body: ``params`` of a post or invocation; ``code`` and ``data`` of a reply (code 0: it is none)."""

    id: str
    time: int
    params: dict[str, Any]
    code: int = 0


def write_message(message: Message) -> bytes:
    """Write a body; ``time`` is milliseconds since 1970."""
    members: dict[str, Any] = {"id": message.id, "time": message.time}
    if message.code:
        members |= {"code": message.code, "data": message.params}
    else:
        members["params"] = message.params
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def read_message(octets: bytes, limit: int = MAX_BODY) -> Message:
    """Read a body; :class:`MessageInvalid` names the member that is wrong."""
    if len(octets) > limit:
        raise MessageInvalid(f"longer than {limit} octets", "body")
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError) as wrong:
        raise MessageInvalid("not JSON", "body") from wrong
    if not isinstance(found, dict):
        raise MessageInvalid("not an object", "body")
    name, time, code = found.get("id"), found.get("time"), found.get("code", 0)
    if not isinstance(name, str) or IDENTIFIER.fullmatch(name) is None:
        raise MessageInvalid("not an identifier", "id")
    if type(time) is not int:
        raise MessageInvalid("not a number of milliseconds", "time")
    if type(code) is not int:
        raise MessageInvalid("not a number", "code")
    params = found.get("data" if code else "params")
    if not isinstance(params, dict):
        raise MessageInvalid("not an object", "data" if code else "params")
    return Message(name, time, params, code)
