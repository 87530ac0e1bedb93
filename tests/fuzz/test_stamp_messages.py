"""Messages of stamps made of anything: the readers refuse by name or read, and what they read is written the same again."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seals.devices import events as ev
from seals.devices.delivery import parse_delivery
from seals.devices.errors import MessageInvalid
from seals.devices.messages import (
    ANSWER_TYPE,
    COMMAND_TYPE,
    REQUEST_TYPE,
    command_from,
    command_members,
    parse_answer,
    parse_command,
    parse_request,
)
from tests.pki import Pki, new_key

EXAMPLES = 300
AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
WORDS = "device number previous at kind body id sequence issued_at expires_at order nonce head time for more"
NAMES = st.sampled_from(WORDS.split())


@pytest.fixture(scope="module")
def der() -> bytes:
    return Pki(AT).party(key=new_key()).der


def envelope(payload: Any, typ: str, der: bytes) -> str:
    """Write a JWS whose signature nobody made: readers do not judge it."""

    def part(value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        octets = text.encode("utf-8", "surrogatepass")
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()

    head = {"alg": "ES256", "typ": typ, "x5c": [base64.b64encode(der).decode()]}
    return f"{part(head)}.{part(payload)}.{base64.urlsafe_b64encode(bytes(64)).rstrip(b'=').decode()}"


def honest() -> dict[str, Any]:
    event = ev.DeviceEvent("YXS-0001", 1, "", AT, ev.Reserve("r", "c", "o", "", "", 1))
    return ev.event_members(event)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.text(max_size=300) | st.binary(max_size=300).map(lambda octets: octets.decode("latin-1")))
def test_readers_of_anything_refuse_by_name(data: str) -> None:
    for reader in (ev.parse_event, parse_command, parse_answer, parse_request):
        with pytest.raises(MessageInvalid):
            reader(data)
    with pytest.raises(MessageInvalid):
        parse_delivery(data.encode("utf-8", "surrogatepass"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    changes=st.dictionaries(NAMES, VALUES, max_size=3),
    body=st.dictionaries(st.text(max_size=12), VALUES, max_size=3),
)
def test_an_event_with_wild_members_is_refused_or_read_exactly(
    der: bytes, changes: dict[str, Any], body: dict[str, Any]
) -> None:
    payload = {**honest(), **changes}
    if isinstance(payload["body"], dict):
        payload["body"] = {**payload["body"], **body}
    try:
        found = ev.parse_event(envelope(payload, ev.EVENT_TYPE, der))
    except MessageInvalid:
        return
    assert ev.event_members(found.event) == payload


@settings(max_examples=EXAMPLES, deadline=None)
@given(payload=st.dictionaries(NAMES, VALUES, max_size=8))
def test_orders_answers_and_requests_of_wild_members(der: bytes, payload: dict[str, Any]) -> None:
    for typ, reader in (
        (COMMAND_TYPE, parse_command),
        (ANSWER_TYPE, parse_answer),
        (REQUEST_TYPE, parse_request),
    ):
        with pytest.raises(MessageInvalid):
            reader(envelope(payload, typ, der))
    try:
        made = command_from(payload)
    except MessageInvalid:
        return
    assert command_members(made) == payload


@pytest.mark.parametrize("size", [9_000, 100_000])
def test_what_is_too_long_is_refused_before_it_is_read(size: int) -> None:
    with pytest.raises(MessageInvalid):
        ev.parse_event("a" * size)
