"""Smart stamps: register, mounting by two persons, orders in their row, lock with the seal (mission §4; C5, C8, I22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.certificate import RevocationReason
from hsm.errors import HsmError
from hsm.suite import Suite
from seals.cases.errors import CaseNotReady
from seals.devices.errors import (
    CommandRefused,
    MountingRefused,
    OrderRefused,
    RegistrationInvalid,
    RequestRefused,
    StampActRefused,
    StampCertificateUnfit,
    StampExists,
    StampHeld,
    StampNotAsked,
    StampSecondPerson,
)
from seals.devices.events import Accept, Battery, Boot, Commit, Locked, Refuse, Tamper, Tampering
from seals.devices.messages import (
    Refusal,
    Request,
    RequestFor,
    Standing,
    obey,
    parse_answer,
    parse_command,
    sign_command,
    sign_request,
)
from seals.devices.order import OrderKind, UseOrder
from seals.devices.restoration import lock_stamps
from seals.devices.stamp import GrantWish, OrderRecord, Registration, SignedOrder
from seals.devices.store import stamp, stamp_alarm, stamp_order
from seals.devices.trust import signer_of
from seals.devices.wire import Fence, Position, whole_milliseconds
from tests.conftest import SteppingClock
from tests.pki import CLERK, USCC
from tests.stamp_desk_world import APPLICANT, APPROVER, FIRST, HAND, KEEPER, PRINTED, SECOND, StampWorld

OFFICE = Fence(Position(30_274_000, 120_155_000), 300)


@pytest.fixture
def both(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> StampWorld:
    """Make a world over SQLite and over PostgreSQL: for what the database decides."""
    return StampWorld(engine, clock, tmp_path)


@pytest.fixture
def lite(_sqlite_made: str) -> Iterator[sa.Engine]:
    """Open SQLite alone: for what our own judgement decides."""
    engine = make_engine(_sqlite_made)
    yield engine
    engine.dispose()


@pytest.fixture
def world(lite: sa.Engine, clock: SteppingClock, tmp_path: Path) -> StampWorld:
    """Make a world over SQLite alone."""
    return StampWorld(lite, clock, tmp_path)


def standing(world: StampWorld, **changes: object) -> Standing:
    """Say what the stamp knows of itself: everything fits."""
    parts = {
        "device": world.device.serial,
        "seal": world.seal.code,
        "chip": "",
        "sequence": 0,
        "locked": False,
        "offline_cap": 5,
        "now": world.clock(),
    }
    return Standing(**{**parts, **changes})  # type: ignore[arg-type]


def queue(world: StampWorld, copies: int = 1) -> OrderRecord:
    return world.desk.orders.use(world.device.serial, world.case(copies).id, hand=HAND)


def given(world: StampWorld) -> tuple[SignedOrder, ...]:
    world.desk.dispatch(actor=FIRST)
    return world.desk.pending(world.device.serial)


# -- register and mounting ---------------------------------------------------------------------------------------------


def test_I22_a_seal_is_mounted_by_two_persons(world: StampWorld) -> None:
    """I22: who asked does not confirm; the seal is in one stamp at a time."""
    world.register("YXS-0002")
    with pytest.raises(MountingRefused):
        world.desk.register.request_mount("YXS-0002", world.seal.code, actor=FIRST)
    world.desk.register.dismount(world.device.serial, actor=FIRST, reason="送修")
    world.desk.register.request_mount("YXS-0002", world.seal.code, actor=FIRST)
    with pytest.raises(StampSecondPerson):
        world.desk.register.confirm_mount("YXS-0002", actor=FIRST)
    assert world.desk.register.confirm_mount("YXS-0002", actor=SECOND).seal == world.seal.code
    with pytest.raises(StampActRefused):
        world.desk.register.confirm_mount("YXS-0002", actor=SECOND)


def test_nobody_confirms_what_nobody_asked(world: StampWorld) -> None:
    world.register("YXS-0002")
    with pytest.raises(StampNotAsked):
        world.desk.register.confirm_mount("YXS-0002", actor=SECOND)


def test_a_certificate_of_another_stamp_or_kind_registers_nothing(world: StampWorld) -> None:
    _, number, _ = world.certified("YXS-0003")
    with pytest.raises(StampCertificateUnfit):
        world.desk.register.register(Registration("YXS-0004", "印控一号", USCC, number), actor=FIRST)
    seal_certificate = world.keeper.issued.serial
    with pytest.raises(StampCertificateUnfit):
        world.desk.register.register(
            Registration("YXS-0003", "印控一号", USCC, seal_certificate), actor=FIRST
        )
    with pytest.raises(StampExists):
        world.register(world.device.serial)
    assert len(world.rows(stamp)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"serial": "x"}, {"model": ""}, {"offline_cap": -1}, {"operators": ("a b",)}, {"operators": ("a", "a")}],
)
def test_a_registration_that_is_not_in_order_says_why(world: StampWorld, changes: dict[str, object]) -> None:
    wish = {"serial": "YXS-0009", "model": "m", "uscc": USCC, "certificate_serial": 1, **changes}
    with pytest.raises(RegistrationInvalid) as wrong:
        world.desk.register.register(Registration(**wish), actor=FIRST)  # type: ignore[arg-type]
    assert wrong.value.zh
    assert wrong.value.en


# -- orders ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", list(Suite))
def test_an_order_says_what_the_case_approved(
    lite: sa.Engine, clock: SteppingClock, tmp_path: Path, suite: Suite
) -> None:
    """Mission §4, 2: the members of a command, signed in either suite; a stamp of this installation obeys it."""
    world = StampWorld(lite, clock, tmp_path, suite=suite)
    made = queue(world, copies=3)
    (sent,) = given(world)
    command = obey(sent.jws, standing(world), world.desk.trust())
    order = command.order
    assert isinstance(order, UseOrder)
    assert (order.case, order.count, order.seal, order.title) == (made.case, 3, world.seal.code, "采购合同")
    assert command.expires_at is not None
    assert command.sequence == made.sequence
    answer, signed = parse_answer(world.desk.answer(world.device.serial, "n1"))
    signer_of(signed, world.desk.trust(), clock())
    assert (answer.number, answer.head, answer.nonce) == (1, world.device.head, "n1")
    world.press(world.desk.orders.get(made.id), left=2)


def test_a_recorded_order_is_refused_by_every_stamp(world: StampWorld) -> None:
    """Mission §4, acceptance: a captured command replayed to any device is refused."""
    queue(world)
    (sent,) = given(world)
    trust = world.desk.trust()
    assert obey(sent.jws, standing(world), trust).sequence == 1
    cases: dict[Refusal, dict[str, object]] = {
        Refusal.REPLAYED: {"sequence": 1},
        Refusal.WRONG_DEVICE: {"device": "YXS-0002"},
        Refusal.EXPIRED: {"now": parse_command(sent.jws).command.expires_at},
        Refusal.WRONG_SEAL: {"seal": "33010699999999"},
        Refusal.LOCKED: {"locked": True},
    }
    for reason, changes in cases.items():
        with pytest.raises(CommandRefused) as refused:
            obey(sent.jws, standing(world, **changes), trust)
        assert refused.value.reason == reason
    head, body, signature = sent.jws.split(".")
    for broken in (f"{head}.{body}.{signature[:-4]}AAAA", f"{head}.{body[:-2]}AA.{signature}", "a.b.c"):
        with pytest.raises(CommandRefused):
            obey(broken, standing(world), trust)


def test_a_stamp_cannot_order_a_stamp_about(world: StampWorld) -> None:
    """A chip's certificate is of the same authority, and does not sign orders."""
    queue(world)
    (sent,) = given(world)
    forged = sign_command(parse_command(sent.jws).command, world.device.signer, (world.device.certificate,))
    with pytest.raises(CommandRefused) as refused:
        obey(forged, standing(world), world.desk.trust())
    assert refused.value.reason == Refusal.SIGNATURE


def test_an_order_is_on_record_before_it_is_signed(world: StampWorld) -> None:
    """House rule: intent first, then the key; a key that fails leaves the order queued, and it is signed later."""
    queue(world)
    maker = world.world.hierarchy.seal_maker
    signer = world.world.signer(maker.key_uri)
    was, signer.key = signer.key, None  # type: ignore[assignment]
    with pytest.raises((HsmError, AttributeError)):
        world.desk.dispatch(actor=FIRST)
    signer.key = was
    assert [row.status for row in world.rows(stamp_order)] == ["queued"]
    assert world.desk.pending(world.device.serial) == ()
    assert len(given(world)) == 1
    assert world.actions().count("stamp.order_signed") == 1


def test_only_an_approved_case_becomes_an_order(world: StampWorld) -> None:
    case = world.case()
    world.desk.orders.use(world.device.serial, case.id, hand=HAND)
    with pytest.raises(CaseNotReady):
        world.desk.orders.use(world.device.serial, case.id, hand=HAND)
    other = world.register("YXS-0002")
    with pytest.raises(OrderRefused):
        world.desk.orders.use(other.serial, world.case().id, hand=HAND)
    assert len(world.rows(stamp_order)) == 1


def test_what_a_stamp_passed_over_is_made_anew(world: StampWorld) -> None:
    """An order lost on the way: the stamp took a later one and would call the first replayed."""
    lost, later = queue(world), queue(world)
    first, second = given(world)
    assert (first.sequence, second.sequence) == (1, 2)
    world.take(Accept(later.id, 2))
    assert world.desk.orders.get(lost.id).status.value == "skipped"
    world.desk.housekeep(actor=FIRST)
    (again,) = world.desk.pending(world.device.serial)
    assert again.sequence == 3
    command = parse_command(again.jws).command
    assert isinstance(command.order, UseOrder)
    assert command.order.case == lost.case
    world.desk.housekeep(actor=FIRST)
    assert len(world.rows(stamp_order)) == 3, "once"


def test_an_accepted_order_that_nobody_made_stops_the_stamp(world: StampWorld) -> None:
    world.take(Accept("0" * 32, 9))
    assert world.alarms() == ["disobeyed"]
    assert world.stamp.status.value == "locked"


def test_an_order_past_its_end_is_not_given_and_ends(world: StampWorld) -> None:
    made = queue(world)
    given(world)
    world.later(days=40)
    assert world.desk.pending(world.device.serial) == ()
    world.desk.housekeep(actor=FIRST)
    assert world.desk.orders.get(made.id).status.value == "expired"
    assert world.cases.get(made.case).status.value != "in_use"


def test_a_cancelled_order_is_forgotten(world: StampWorld) -> None:
    order = world.order(copies=2)
    world.desk.orders.cancel(order.id, actor=FIRST)
    (command,) = world.obey()
    assert command.order.kind is OrderKind.CANCEL
    assert world.desk.orders.get(order.id).status.value == "withdrawn"
    world.take(world.reserve(order, 1))
    assert world.alarms() == ["no_task"]


# -- lock --------------------------------------------------------------------------------------------------------------


def test_a_frozen_seal_locks_its_stamp_in_one_transaction(
    both: StampWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C5: freeze → lock; and I20: when the trail cannot be written, neither happens."""
    queue(both)

    def full(*_args: object, **_more: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(type(both.world.audit), "append_many", full)
        with pytest.raises(OSError, match="disk full"):
            both.registry.freeze(both.seal.code, actor=KEEPER, reason="遗失")
    assert (both.status(), both.stamp.status.value) == ("active", "in_service")
    both.registry.freeze(both.seal.code, actor=KEEPER, reason="遗失")
    assert both.stamp.status.value == "locked"
    assert [row.status for row in both.rows(stamp_order)] == ["withdrawn", "queued"]
    (lock,) = given(both)
    assert lock.kind is OrderKind.LOCK
    assert parse_command(lock.jws).command.expires_at is None
    with pytest.raises(OrderRefused):
        queue(both)


def test_orders_already_signed_are_held_back_while_the_seal_is_stopped(world: StampWorld) -> None:
    queue(world)
    assert len(given(world)) == 1
    world.registry.freeze(world.seal.code, actor=KEEPER, reason="遗失")
    assert [each.kind for each in given(world)] == [OrderKind.LOCK]


def test_an_unlock_that_waits_is_held_back_while_the_seal_is_stopped(world: StampWorld) -> None:
    """The stamp was to be let go, and its seal is lost before the stamp has heard of it: it hears the lock alone."""
    serial, register = world.device.serial, world.desk.register
    register.lock(serial, actor=FIRST, reason="盘点")
    world.obey()
    register.request_unlock(serial, actor=FIRST, reason="盘点完")
    register.confirm_unlock(serial, actor=SECOND)
    assert [each.kind for each in given(world)] == [OrderKind.UNLOCK]
    world.registry.freeze(world.seal.code, actor=KEEPER, reason="遗失")
    assert [each.kind for each in given(world)] == [OrderKind.LOCK]


def test_a_stamp_of_a_revoked_certificate_is_given_no_order_of_use(world: StampWorld) -> None:
    """What it reports would not be believed, so it must not print; it may still be told to lock."""
    queue(world)
    waiting = world.case()
    world.world.authority.revoke(
        world.stamp.certificate.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK
    )
    with pytest.raises(OrderRefused):
        world.desk.orders.use(world.device.serial, waiting.id, hand=HAND)
    assert world.cases.get(waiting.id).status.value == "approved"
    assert given(world) == ()
    world.desk.register.lock(world.device.serial, actor=FIRST, reason="证书停用")
    assert [each.kind for each in given(world)] == [OrderKind.LOCK]


def test_a_case_ends_though_its_stamp_passed_the_order_over_and_stays_locked(world: StampWorld) -> None:
    lost = queue(world)
    given(world)
    world.desk.register.lock(world.device.serial, actor=FIRST, reason="盘点")
    world.obey()
    assert world.desk.orders.get(lost.id).status.value == "skipped"
    world.later(days=40)
    world.desk.housekeep(actor=FIRST)
    assert world.cases.get(lost.case).status.value != "in_use"


def test_I22_unlocking_takes_two_persons_and_an_active_seal(both: StampWorld) -> None:
    """C5: unlock only when the seal is active again and two people agreed."""
    serial, register = both.device.serial, both.desk.register
    both.registry.freeze(both.seal.code, actor=KEEPER, reason="遗失")
    both.obey()
    both.take(Locked("", "order"))
    with pytest.raises(StampHeld):
        register.request_unlock(serial, actor=FIRST, reason="找到了")
    both.registry.request_resume(both.seal.code, actor=APPLICANT)
    both.registry.confirm_resume(both.seal.code, actor=APPROVER)
    assert both.stamp.status.value == "locked", "the seal's coming back does not unlock the stamp"
    with pytest.raises(StampNotAsked):
        register.confirm_unlock(serial, actor=SECOND)
    register.request_unlock(serial, actor=FIRST, reason="找到了")
    with pytest.raises(StampSecondPerson):
        register.confirm_unlock(serial, actor=FIRST)
    assert register.confirm_unlock(serial, actor=SECOND).status.value == "in_service"
    both.obey()
    assert not both.stamp.locked
    both.press(both.order(), left=0)
    both.proved()


def test_a_stamp_with_open_alarms_stays_locked(world: StampWorld) -> None:
    world.take(Accept("0" * 32, 9))
    with pytest.raises(StampHeld):
        world.desk.register.request_unlock(world.device.serial, actor=FIRST, reason="误报")
    (alarm,) = world.desk.board.alarms()
    world.desk.alarms.acknowledge(alarm.id, actor=FIRST, note="固件缺陷，已升级")
    world.desk.register.request_unlock(world.device.serial, actor=FIRST, reason="误报")
    assert world.desk.register.confirm_unlock(world.device.serial, actor=SECOND).status.value == "in_service"


# -- what must not be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "stamp_status", "seal_status"),
    [
        (Tampering.MOVED, "in_service", "active"),
        (Tampering.OUTSIDE_FENCE, "locked", "active"),
        (Tampering.NO_TASK, "locked", "frozen"),
        (Tampering.OPENED, "tampered", "frozen"),
        (Tampering.HEAD_CHANGED, "tampered", "frozen"),
    ],
)
def test_tampering_stops_what_the_table_says(
    world: StampWorld, what: Tampering, stamp_status: str, seal_status: str
) -> None:
    """Mission §4, 8."""
    world.take(Tamper(what, "传感器"))
    assert world.alarms() == [what.value]
    assert (world.stamp.status.value, world.status()) == (stamp_status, seal_status)
    assert "stamp.alarm" in world.actions()


@pytest.mark.parametrize(
    ("changes", "setting", "kind", "seal_status"),
    [
        ({"seal": "33010699999999"}, {}, "wrong_seal", "frozen"),
        ({"operator": "person:nobody"}, {"operators": (KEEPER.id,)}, "stranger", "active"),
        ({"where": Position(31_000_000, 120_155_000)}, {"fence": OFFICE}, "outside_fence", "active"),
        ({}, {"fence": OFFICE}, "no_position", "active"),
        ({"command": "0" * 32}, {}, "no_task", "frozen"),
    ],
)
def test_a_press_that_must_not_be(
    world: StampWorld,
    changes: dict[str, object],
    setting: dict[str, Any],
    kind: str,
    seal_status: str,
) -> None:
    order = world.order(**setting)
    pressed = world.reserve(order, 0, **changes)
    world.take(pressed, Commit(pressed.reservation, PRINTED, 0))
    assert world.alarms() == [kind]
    assert world.status() == seal_status
    world.proved()


def test_more_presses_than_allowed_stop_stamp_and_seal(world: StampWorld) -> None:
    order = world.order()
    world.press(order, left=0)
    world.press(order, left=-1)
    assert "over_count" in world.alarms()
    assert world.left(order) == -1
    assert (world.stamp.status.value, world.status()) == ("locked", "frozen")
    world.proved()


def test_a_crash_before_the_seal_stops_is_made_good(world: StampWorld) -> None:
    """The alarm is on record with what it demands; housekeeping finishes it."""

    def crashed(*_args: object, **_more: object) -> None:
        raise RuntimeError("power")

    desk = world.desk
    was = desk.alarms._freeze
    desk.alarms._freeze = crashed  # type: ignore[assignment]
    with pytest.raises(RuntimeError):
        world.take(Tamper(Tampering.NO_TASK, ""))
    desk.alarms._freeze = was
    assert (world.status(), world.rows(stamp_alarm)[0].seal_stop) == ("active", "due")
    assert desk.housekeep(actor=FIRST)["stamp_seals_stopped"] == 1
    assert (world.status(), world.rows(stamp_alarm)[0].seal_stop) == ("frozen", "done")


def test_a_wrong_clock_is_told(world: StampWorld) -> None:
    world.post(world.device.event(Battery(90), at=whole_milliseconds(world.later(hours=1))))
    assert world.alarms() == []
    world.post(world.device.event(Battery(90), at=whole_milliseconds(world.clock() + timedelta(hours=1))))
    assert world.alarms() == ["clock"]


def test_a_refused_order_is_on_record(world: StampWorld) -> None:
    made = queue(world)
    given(world)
    world.take(Refuse(made.id, made.sequence, Refusal.WRONG_SEAL))
    assert world.desk.orders.get(made.id).status.value == "refused"
    assert world.alarms() == ["order_refused"]
    world.desk.housekeep(actor=FIRST)
    assert world.cases.get(made.case).status.value == "approved", "it may be used elsewhere"


def test_another_head_at_boot(world: StampWorld) -> None:
    world.take(Boot("1.0", "33010699999999", ""))
    assert world.alarms() == ["head_changed"]
    assert world.stamp.status.value == "tampered"
    world.desk.register.inspect(world.device.serial, actor=FIRST, reason="已换回")
    assert world.stamp.status.value == "locked"


# -- offline allowance -------------------------------------------------------------------------------------------------


def test_I22_an_offline_allowance_takes_two_persons_and_is_capped(world: StampWorld) -> None:
    """Mission §4, 6: count, end, seal, operators; capped by policy."""
    serial, end = world.device.serial, world.clock() + timedelta(hours=8)
    for count, until in ((6, end), (0, end), (2, end + timedelta(days=9))):
        with pytest.raises(OrderRefused):
            world.desk.orders.request_grant(
                serial, GrantWish(count, (KEEPER.id,), until, "出差"), actor=FIRST
            )
    asked = world.desk.orders.request_grant(serial, GrantWish(2, (KEEPER.id,), end, "出差"), actor=FIRST)
    with pytest.raises(StampSecondPerson):
        world.desk.orders.confirm_grant(asked.id, actor=FIRST)
    granted = world.desk.orders.confirm_grant(asked.id, actor=SECOND)
    world.obey()
    world.later(hours=2)
    world.press(granted, left=1)
    assert world.left(granted) == 1
    assert world.alarms() == []
    world.proved()


def test_no_allowance_where_none_is_set(lite: sa.Engine, clock: SteppingClock, tmp_path: Path) -> None:
    world = StampWorld(lite, clock, tmp_path, offline_cap=0)
    wish = GrantWish(1, (KEEPER.id,), clock() + timedelta(hours=1), "出差")
    with pytest.raises(OrderRefused):
        world.desk.orders.request_grant(world.device.serial, wish, actor=FIRST)


# -- tokens of request -------------------------------------------------------------------------------------------------


def test_a_token_of_request_counts_once_and_for_one_thing(both: StampWorld) -> None:
    """HTTPS polling: the stamp proves itself by its chip's signature, for TLS may end at a proxy."""
    device, at = both.device, whole_milliseconds(both.clock())
    body = b'{"events":[]}'
    digest = str(device_digest(both).digest(body))

    def token(**changes: object) -> str:
        parts = {
            "device": device.serial,
            "purpose": RequestFor.EVENTS,
            "at": at,
            "nonce": "n",
            "body": digest,
        }
        return sign_request(Request(**{**parts, **changes}), device.signer, (device.certificate,))  # type: ignore[arg-type]

    assert both.desk.prove(token(), RequestFor.EVENTS, body) == (device.serial, at)
    other = both.register("YXS-0002")
    refused = {
        "again": (token(), RequestFor.EVENTS, body),
        "another purpose": (token(nonce="a"), RequestFor.COMMANDS, body),
        "another body": (token(nonce="b"), RequestFor.EVENTS, b"{}"),
        "no body": (token(nonce="c"), RequestFor.EVENTS, b""),
        "late": (token(nonce="d", at=at - timedelta(minutes=6)), RequestFor.EVENTS, body),
        "unknown": (token(nonce="e", device="YXS-9999"), RequestFor.EVENTS, body),
        "another stamp's": (token(nonce="f", device=other.serial), RequestFor.EVENTS, body),
        "no token": ("x", RequestFor.EVENTS, body),
    }
    for asked in refused.values():
        with pytest.raises(RequestRefused):
            both.desk.prove(*asked)
    wrong = token(purpose=RequestFor.TIME, body="", at=at - timedelta(days=900))
    assert both.desk.prove(wrong, RequestFor.TIME)[0] == device.serial
    both.later(hours=1)
    both.desk.housekeep(actor=FIRST)


def device_digest(world: StampWorld):  # type: ignore[no-untyped-def]
    """Return the digest algorithm of the world's suite."""
    return world.world.config.suite.digest


def test_after_a_restoration_every_stamp_is_locked_and_no_sequence_is_given_twice(both: StampWorld) -> None:
    """I31: what happened since the backup is unknown, so two people look at each stamp before it works again."""
    order = both.order(copies=2)
    both.press(order, left=1)
    queue(both)
    before = both.stamp.sequence
    with both.engine.begin() as conn:
        assert lock_stamps(conn, both.clock(), actor=FIRST, audit=both.world.audit) == 1
    assert both.stamp.status.value == "locked"
    assert [row.status for row in both.rows(stamp_order)] == ["accepted", "withdrawn", "queued"]
    (lock,) = given(both)
    assert lock.kind is OrderKind.LOCK
    assert lock.sequence > before + 1000
    both.take(Accept(lock.id, lock.sequence), Locked(lock.id, "恢复"))
    both.desk.register.request_unlock(both.device.serial, actor=FIRST, reason="已核对")
    both.desk.register.confirm_unlock(both.device.serial, actor=SECOND)
    both.obey()
    both.press(both.desk.orders.get(order.id), left=0)
    both.proved()
