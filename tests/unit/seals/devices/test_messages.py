"""Messages of the device protocol: written and read back exactly, and refused by name when one member is wrong."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.suite import Suite
from seals.devices import events as ev
from seals.devices.alarms import ALARMS, AlarmKind
from seals.devices.chain import ChainBroken, ChainFault, Press, Tally, effect, fold
from seals.devices.delivery import MAX_DELIVERY, parse_delivery
from seals.devices.errors import MessageInvalid, MessageSignatureInvalid
from seals.devices.messages import (
    REQUEST_TYPE,
    Refusal,
    command_from,
    command_members,
    command_octets,
    parse_request,
)
from seals.devices.order import (
    CancelOrder,
    Command,
    GrantOrder,
    LockOrder,
    Order,
    UnlockOrder,
    UseOrder,
)
from seals.devices.state import ORDER_TRANSITIONS, TRANSITIONS, OrderAct, StampAct, StampStatus, UseStatus
from seals.devices.wire import Fence, Position, distance_m, time_text
from tests.pki import MemorySigner, Pki, new_key


def test_half_a_character_in_a_name_is_not_repeated_to_anyone() -> None:
    """JSON can write half of a surrogate pair; no answer of ours could say it back (RFC 8259 §8.2)."""
    parts = (
        json.dumps({"alg": "ES256", "typ": REQUEST_TYPE, "x5c": ["AAAA"]}, separators=(",", ":")).encode(),
        b'{"at":"2026-01-31T08:00:00.123Z","body":"","device":"YXS-0001","for":"time","nonce":"a","x\\ud800":1}',
        bytes(64),
    )
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    with pytest.raises(MessageInvalid) as refused:
        parse_request(token)
    assert f"{refused.value.zh}{refused.value.en}".encode()


AT = datetime(2026, 1, 31, 8, 0, 0, 123000, tzinfo=UTC)
DIGEST = Digest(DigestAlgorithm.SHA256, bytes(32))
HERE = Position(30_274_000, 120_155_000)
ORDERS: tuple[Order, ...] = (
    UseOrder("33010600000017", "", "case", DIGEST, "采购合同", 3, "三楼", Fence(HERE, 300), DIGEST, ("a",)),
    GrantOrder("33010600000017", "YX-1", 2, ("person:li.wei",)),
    LockOrder("挂失"),
    UnlockOrder("恢复"),
    CancelOrder("0f" * 16),
)
BODIES: tuple[ev.Body, ...] = (
    ev.Boot("1.0", "33010600000017", ""),
    ev.Boot("1.0", "", "", "r1", ev.Sensors(shutter=True, impression=9)),
    ev.Login("person:li.wei", "fingerprint"),
    ev.Accept("c1", 3),
    ev.Refuse("", 0, Refusal.SIGNATURE),
    ev.Reserve("r1", "c1", "person:li.wei", "33010600000017", "", 2, HERE),
    ev.Commit("r1", ev.Sensors(shutter=True, impression=60_000), 2),
    ev.Abort("r1", ev.Fault.SHUTTER_JAMMED, ev.Sensors(shutter=False, impression=0), 3),
    ev.Picture("r1", DIGEST, 123),
    ev.Locked("", "自行锁定"),
    ev.Unlocked("c2"),
    ev.Tamper(ev.Tampering.OPENED, "外壳", HERE),
    ev.Battery(50),
    ev.ClockSet(AT - timedelta(hours=1)),
)


def command(order: Order) -> Command:
    return Command("0a" * 16, "YXS-0001", 7, AT, None if order.kind in ("lock", "cancel") else AT, order)


class Chip:
    def __init__(self, suite: Suite = Suite.INTERNATIONAL) -> None:
        pki = Pki(AT)
        party = pki.party(key=new_key(suite.key_kind))
        self.signer, self.der = MemorySigner(party.key), party.der

    def event(self, body: ev.Body, number: int = 1, previous: str = "", at: datetime = AT) -> ev.SignedEvent:
        event = ev.DeviceEvent("YXS-0001", number, previous, at, body)
        return ev.parse_event(ev.sign_event(event, self.signer, self.der))


@pytest.fixture(scope="module")
def chip() -> Chip:
    return Chip()


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind.value)
def test_an_order_reads_as_it_was_written(order: Order) -> None:
    made = command(order)
    assert command_from(command_members(made)) == made
    assert command_octets(made) == command_octets(command_from(command_members(made)))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind.value)
def test_an_event_reads_as_it_was_written(chip: Chip, body: ev.Body) -> None:
    found = chip.event(body)
    assert found.event.body == body
    found.check_signature(chip.der)


def test_every_kind_of_event_has_a_body_and_every_alarm_its_words() -> None:
    assert {body.kind for body in BODIES} == set(ev.EventKind)
    assert set(ALARMS) == set(AlarmKind)
    assert all(rule.zh and rule.en for rule in ALARMS.values())


def test_the_gm_suite_signs_and_chains_with_sm2_and_sm3() -> None:
    chip = Chip(Suite.GM)
    found = chip.event(ev.Battery(9))
    assert (found.signed.alg, found.digest.algorithm) == ("SM2SM3", DigestAlgorithm.SM3)
    found.check_signature(chip.der)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("device", "lower"),
        ("device", "A" * 33),
        ("sequence", 0),
        ("sequence", True),
        ("sequence", 2**53),
        ("issued_at", "2026-01-31T08:00:00Z"),
        ("issued_at", "2026-02-30T08:00:00.000Z"),
        ("expires_at", None),
        ("id", "a b"),
        ("kind", "print"),
        ("order", None),
        ("more", 1),
    ],
)
def test_a_wrong_member_of_an_order_is_named(member: str, value: Any) -> None:
    members = {**command_members(command(ORDERS[0])), member: value}
    with pytest.raises(MessageInvalid) as wrong:
        command_from(members)
    assert wrong.value.field
    assert wrong.value.zh
    assert wrong.value.en


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("count", 0),
        ("count", 10_001),
        ("document", "sha256:00"),
        ("title", "a" * 257),
        ("title", "a\nb"),
        ("title", "\ud800"),
        ("fence", [1, 2]),
        ("fence", [91_000_000, 0, 10]),
        ("fence", [0, 0, 0]),
        ("operators", ["a", "a"]),
        ("operators", ["a"] * 51),
        ("more", 1),
    ],
)
def test_a_wrong_member_of_a_use_is_named(member: str, value: Any) -> None:
    members = command_members(command(ORDERS[0]))
    members["order"] = {**members["order"], member: value}
    with pytest.raises(MessageInvalid) as wrong:
        command_from(members)
    assert member in wrong.value.field


def test_an_end_stands_where_power_is_given_and_only_there() -> None:
    for order in ORDERS:
        members = command_members(command(order))
        members["expires_at"] = None if members["expires_at"] else time_text(AT)
        with pytest.raises(MessageInvalid):
            command_from(members)


def test_one_flipped_bit_of_an_event_never_passes(chip: Chip) -> None:
    jws = chip.event(ev.Battery(50)).jws
    for place in range(0, len(jws), 17):
        flipped = jws[:place] + chr(ord(jws[place]) ^ 1) + jws[place + 1 :]
        with pytest.raises((MessageInvalid, MessageSignatureInvalid)):
            ev.parse_event(flipped).check_signature(chip.der)


def test_a_chain_is_folded_whole_or_not_at_all(chip: Chip) -> None:
    one = chip.event(BODIES[5])
    two = chip.event(BODIES[6], 2, str(one.digest))
    state = fold([one, two], "YXS-0001")
    assert dict(state.tallies) == {"c1": Tally(used=1)}
    assert state.left("c1", 3) == 2
    assert (state.number, state.head, state.pressed) == (2, str(two.digest), None)
    for broken, fault in (
        ([two], ChainFault.GAP),
        ([one, one], ChainFault.ROLLBACK),
        ([one, chip.event(BODIES[6], 2)], ChainFault.FORK),
    ):
        with pytest.raises(ChainBroken) as wrong:
            fold(broken, "YXS-0001")
        assert wrong.value.fault is fault
    with pytest.raises(MessageInvalid):
        fold([one], "YXS-0002")


@given(
    shutter=st.booleans(),
    impression=st.integers(0, ev.MAX_IMPRESSION),
    body=st.sampled_from(["commit", "abort", "boot", "silent boot", "reserve"]),
)
def test_what_is_in_doubt_counts_as_used(shutter: bool, impression: int, body: str) -> None:
    """A press is given back only when the head touched nothing; an imprint is never forgotten."""
    sensors = ev.Sensors(shutter, impression)
    bodies: dict[str, ev.Body] = {
        "commit": ev.Commit("r1", sensors, 0),
        "abort": ev.Abort("r1", ev.Fault.OTHER, sensors, 0),
        "boot": ev.Boot("1", "", "", "r1", sensors),
        "silent boot": ev.Boot("1", "", ""),
        "reserve": ev.Reserve("r2", "c1", "a", "", "", 0),
    }
    done = effect(ev.DeviceEvent("YXS-0001", 9, "", AT, bodies[body]), Press("r1", "c1"))
    assert done.settled is not None
    status = done.settled.status
    if status is UseStatus.RETURNED:
        assert impression < ev.LEAST_IMPRESSION
        assert body in {"abort", "boot"}
    if status is UseStatus.USED:
        assert shutter
        assert impression >= ev.LEAST_IMPRESSION
    if status is UseStatus.UNCERTAIN:
        assert done.oddities


def test_distance_on_the_ground() -> None:
    north = Position(HERE.latitude + 9_000, HERE.longitude)
    assert distance_m(HERE, north) == pytest.approx(1_000, rel=0.005)
    assert Fence(HERE, 1_100).holds(north)
    assert not Fence(HERE, 900).holds(north)


def test_the_tables_lead_nowhere_unknown_and_retired_is_the_end() -> None:
    assert set(TRANSITIONS) == set(StampAct) - {StampAct.REGISTER}
    assert set(ORDER_TRANSITIONS) == set(OrderAct)
    assert not any(StampStatus.RETIRED in moves for moves in TRANSITIONS.values())
    into_service = {act for act, moves in TRANSITIONS.items() if StampStatus.IN_SERVICE in moves.values()}
    assert into_service == {StampAct.CONFIRM_MOUNT, StampAct.CONFIRM_UNLOCK}, "both take two persons"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"events":[]}',
        b'{"events":[1],"nonce":"n"}',
        b'{"events":[],"nonce":""}',
        b'{"events":[],"nonce":"n","more":1}',
        b"[" * 100_000,
        b'{"events":[' + b'"",' * 201 + b'""],"nonce":"n"}',
        b" " * (MAX_DELIVERY + 1),
        b"\xff",
    ],
)
def test_a_delivery_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(MessageInvalid):
        parse_delivery(data)


def test_a_delivery_reads() -> None:
    assert parse_delivery(b'{"events":["a.b.c"],"nonce":"n1"}').events == ("a.b.c",)
