"""What a stamp posts over HTTPS: its events and a nonce for the answer, as one JSON object. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from seals.devices.errors import MessageInvalid
from seals.devices.events import MAX_BATCH, MAX_EVENT_SIZE
from seals.devices.wire import IDENTIFIER

MAX_DELIVERY: Final = MAX_BATCH * (MAX_EVENT_SIZE + 4) + 1024
"""Longest delivery read, in octets: the most events of the greatest length, with quotes and commas."""
_DEEPEST: Final = 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """Signed events in order (compact JWS), and the nonce that the answer repeats."""

    events: tuple[str, ...]
    nonce: str


def parse_delivery(data: bytes) -> Delivery:
    """Read a delivery strictly; :class:`MessageInvalid` names the member that is wrong."""
    if len(data) > MAX_DELIVERY:
        raise MessageInvalid(f"longer than {MAX_DELIVERY} octets", "delivery")
    if data.count(b"[") + data.count(b"{") > _DEEPEST:  # no event and no nonce holds a bracket
        raise MessageInvalid("holds more than one list", "delivery")
    try:
        found: Any = json.loads(data.decode())
    except (UnicodeDecodeError, ValueError, RecursionError) as wrong:
        raise MessageInvalid("not JSON", "delivery") from wrong
    if not isinstance(found, dict) or set(found) != {"events", "nonce"}:
        raise MessageInvalid("has exactly events and nonce", "delivery")
    events, nonce = found["events"], found["nonce"]
    if (
        not isinstance(events, list)
        or len(events) > MAX_BATCH
        or not all(isinstance(each, str) for each in events)
    ):
        raise MessageInvalid(f"not a list of at most {MAX_BATCH} signed events", "delivery.events")
    if not isinstance(nonce, str) or IDENTIFIER.fullmatch(nonce) is None:
        raise MessageInvalid("not an identifier", "delivery.nonce")
    return Delivery(tuple(events), nonce)
