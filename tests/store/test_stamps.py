"""Smart stamps: intake of events, counts, alarms and what they stop (mission §4; stories C5, C8), on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.certificate import RevocationReason
from seals.devices.chain import Tally
from seals.devices.errors import (
    MessageInvalid,
    MessageSignatureInvalid,
    PictureRefused,
    StampCertificateUnfit,
    StampUnknown,
)
from seals.devices.events import (
    Abort,
    Battery,
    Boot,
    Commit,
    Fault,
    Login,
    Picture,
    Sensors,
    sign_event,
)
from seals.devices.messages import parse_command
from seals.devices.order import Command
from seals.devices.state import UseStatus
from seals.devices.store import stamp_alarm, stamp_event, stamp_use
from tests.conftest import SteppingClock
from tests.pki import CLERK
from tests.stamp_desk_world import DOCUMENT, FIRST, PRINTED, UNTOUCHED, StampWorld


@pytest.fixture
def both(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> StampWorld:
    """Make a world over SQLite and over PostgreSQL: for what the database decides."""
    return StampWorld(engine, clock, tmp_path)


@pytest.fixture
def world(_sqlite_made: str, clock: SteppingClock, tmp_path: Path) -> Iterator[StampWorld]:
    """Make a world over SQLite alone: for what our own judgement decides."""
    engine = make_engine(_sqlite_made)
    yield StampWorld(engine, clock, tmp_path)
    engine.dispose()


def test_a_use_in_order_is_counted_once(both: StampWorld) -> None:
    """Mission §4, 3: reserve at the press, commit after shutter and impression; the case counts it."""
    order = both.order(copies=2)
    receipt = both.press(order, left=1)
    assert (receipt.stored, receipt.repeated, receipt.alarms) == (3, 0, ())
    assert both.left(order) == 1
    assert both.cases.get(order.case).used == 1
    assert "stamp.events" in both.actions()
    both.proved()


def test_a_jammed_shutter_gives_the_count_back(world: StampWorld) -> None:
    """Field failure 1: the count was taken, the shutter jammed."""
    order = world.order()
    pressed = world.reserve(order, 0)
    world.take(pressed)
    assert world.left(order) == 0
    world.take(Abort(pressed.reservation, Fault.SHUTTER_JAMMED, UNTOUCHED, left=1))
    assert world.left(order) == 1
    assert world.alarms() == []
    use = world.desk.board.view(world.device.serial)
    assert [task.left for task in use.tasks] == [1]
    assert world.cases.get(order.case).used == 0
    world.proved()


def test_a_lying_count_is_an_alarm_and_never_believed(world: StampWorld) -> None:
    """Field failure 2, mission §4, 4: 5 reported instead of 6."""
    order = world.order(copies=7)
    assert world.press(order, left=6).alarms == ()
    reserve = world.reserve(order, left=4)
    receipt = world.take(reserve, Commit(reserve.reservation, PRINTED, 4))
    assert receipt.alarms == ("count_differs", "count_differs")
    assert world.left(order) == 5
    assert world.status() == "active"
    world.proved()


def test_the_same_events_again_change_nothing(both: StampWorld) -> None:
    """I29: a delivery repeated, whole or in part, is counted once."""
    order = both.order(copies=3)
    both.press(order, left=2)
    before = both.rows(stamp_use)
    receipt = both.post(*both.device.sent)
    assert (receipt.stored, receipt.repeated) == (0, len(both.device.sent))
    assert both.rows(stamp_use) == before
    assert len(both.rows(stamp_event)) == len(both.device.sent)
    both.proved()


def test_what_comes_early_waits_and_is_taken_when_the_rest_is_there(both: StampWorld) -> None:
    """A transport may reorder deliveries: nothing is lost, nothing stops."""
    order = both.order(copies=2)
    first = both.reserve(order, 1)
    texts = [both.device.event(body) for body in (first, Commit(first.reservation, PRINTED, 1))]
    early = both.post(texts[1])
    assert (early.stored, early.number) == (0, both.device.number - 2)
    assert both.desk.register.get(both.device.serial).gap_since
    both.post(texts[0])
    both.post(texts[1])
    assert both.stamp.gap_since is None
    assert both.alarms() == []
    assert both.left(order) == 1


@pytest.mark.parametrize("by", ["delivery", "housekeeping"])
def test_a_gap_that_lasts_stops_the_stamp(world: StampWorld, by: str) -> None:
    """Mission §4, 6: a gap raises an alarm and freezes the stamp."""
    world.device.event(Battery(80))
    world.post(world.device.event(Battery(79)))
    world.later(minutes=3)
    if by == "delivery":
        world.post(world.device.event(Battery(78)))
    else:
        world.desk.housekeep(actor=FIRST)
    assert world.alarms() == ["gap"]
    assert world.stamp.status.value == "locked"
    assert world.status() == "active"
    assert [command.order.kind.value for command in _waiting(world)] == ["lock"]


def test_a_hole_inside_a_delivery_stops_the_stamp_at_once(world: StampWorld) -> None:
    one, _, three = (world.device.event(Battery(80 - n)) for n in range(3))
    receipt = world.post(one, three)
    assert receipt.alarms == ("gap",)
    assert receipt.number == world.device.number - 2
    assert world.stamp.status.value == "locked"


def test_a_rollback_stops_the_stamp_and_keeps_the_proof(both: StampWorld) -> None:
    """Mission §4, 6: the memory was set back to use an order twice."""
    order = both.order(copies=1)
    number, head = both.device.number, both.device.head
    both.press(order, left=0)
    both.device.rewind(number, head)
    receipt = both.press(order, left=0)
    assert receipt.alarms == ("rollback",)
    assert receipt.stored == 0
    assert both.left(order) == 0
    assert both.stamp.status.value == "locked"
    both.proved()


def test_two_events_of_one_number_in_one_delivery_stop_the_stamp(world: StampWorld) -> None:
    """Both are well signed: no honest stamp has written them, and the proof is kept."""
    number, head = world.device.number, world.device.head
    first = world.device.event(Battery(50))
    world.device.number, world.device.head = number, head
    second = world.device.event(Battery(51))
    assert world.post(first, second).number == number + 1
    assert world.alarms() == ["rollback"]
    assert world.stamp.status.value == "locked"
    assert [row.proof for row in world.rows(stamp_alarm)] == [second]
    with pytest.raises(MessageInvalid):
        world.post(first, first)


def test_a_fork_stops_the_stamp(world: StampWorld) -> None:
    """A clone with the same key writes on from an older event."""
    stray = world.device.draft(Battery(50), previous="sha256:" + "0" * 64)
    receipt = world.post(sign_event(stray, world.device.signer, world.device.certificate))
    assert receipt.alarms == ("fork",)
    assert world.stamp.status.value == "locked"
    world.post(sign_event(stray, world.device.signer, world.device.certificate))
    assert world.alarms() == ["fork"], "told once, until somebody acknowledges it"


def test_another_stamps_event_is_refused(world: StampWorld) -> None:
    """An event of one device posted as another's, with either serial in it."""
    other = world.register("YXS-0002")
    stolen = other.event(Boot("1.0", "", ""))
    with pytest.raises(MessageSignatureInvalid):
        world.post(stolen)
    forged = world.device.draft(Battery(1))
    with pytest.raises(MessageSignatureInvalid):
        world.post(sign_event(forged, other.signer, other.certificate))
    with pytest.raises(StampUnknown):
        world.desk.receive("YXS-9999", [stolen])
    assert world.stamp.number == 1


def test_a_revoked_certificate_speaks_for_nobody(world: StampWorld) -> None:
    serial = world.stamp.certificate.serial
    world.world.authority.revoke(serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    with pytest.raises(StampCertificateUnfit):
        world.post(world.device.event(Battery(50)))
    assert world.stamp.number == 1


@pytest.mark.parametrize(
    ("sensors", "status"),
    [
        (PRINTED, UseStatus.USED),
        (UNTOUCHED, UseStatus.RETURNED),
        (Sensors(shutter=False, impression=60_000), UseStatus.UNCERTAIN),
        (None, UseStatus.UNCERTAIN),
    ],
)
def test_a_loss_of_power_is_settled_by_the_latches(
    world: StampWorld, sensors: Sensors | None, status: UseStatus
) -> None:
    """Power lost between press and print: what the latches do not clear counts as used."""
    order = world.order()
    pressed = world.reserve(order, 0)
    world.take(pressed)
    recovery = pressed.reservation if sensors else ""
    world.take(Boot("1.0", world.seal.code, "", recovery, sensors))
    assert world.desk.orders.get(order.id).tally == Tally(**{status.value: 1})
    assert world.alarms() == ([] if sensors in (PRINTED, UNTOUCHED) else ["uncertain_use"])
    world.proved()


def test_a_press_without_outcome_keeps_its_count_and_is_told(world: StampWorld) -> None:
    order = world.order()
    world.take(world.reserve(order, 0))
    world.later(minutes=11)
    world.desk.housekeep(actor=FIRST)
    world.desk.housekeep(actor=FIRST)
    assert world.alarms() == ["open_too_long"]
    assert world.left(order) == 0
    assert world.cases.get(order.case).status.value == "in_use"


def test_a_commit_without_proof_counts_and_alarms(world: StampWorld) -> None:
    """Mission §4, 3: commit only after shutter open and impression sensor."""
    order = world.order()
    pressed = world.reserve(order, 0)
    world.take(pressed, Commit(pressed.reservation, UNTOUCHED, 0))
    assert world.alarms() == ["uncertain_use"]
    assert world.left(order) == 0


def test_pictures_close_the_case(both: StampWorld) -> None:
    """Field failure 4, mission §4, 7: hash at once, file later; the case waits for it."""
    order = both.order()
    both.press(order, left=0, picture=b"jpeg")
    both.desk.housekeep(actor=FIRST)
    assert both.cases.get(order.case).status.value == "in_use"
    with pytest.raises(PictureRefused):
        both.desk.upload(both.device.serial, str(DOCUMENT), b"other")
    digest = str(DOCUMENT.algorithm.digest(b"jpeg"))
    both.desk.upload(both.device.serial, digest, b"jpeg")
    both.desk.upload(both.device.serial, digest, b"jpeg")
    assert both.cases.get(order.case).status.value == "closed"
    assert both.desk.pictures.picture(both.device.serial, both.rows(stamp_use)[0].number) == b"jpeg"


def test_a_picture_that_stays_away_turns_red(world: StampWorld) -> None:
    """Field failure 4: two days 同步中."""
    order = world.order()
    world.press(order, left=0)
    world.later(hours=25)
    world.desk.housekeep(actor=FIRST)
    world.desk.housekeep(actor=FIRST)
    assert world.alarms() == ["picture_late"]
    assert world.desk.board.view(world.device.serial).pictures_late == 1


def test_a_jam_gives_the_case_back(world: StampWorld) -> None:
    """Nothing came onto paper and the order ran out: the case may be used again, or ends with its time."""
    order = world.order()
    pressed = world.reserve(order, 0)
    world.take(pressed, Abort(pressed.reservation, Fault.MOTOR, UNTOUCHED, left=1))
    world.desk.orders.cancel(order.id, actor=FIRST)
    world.obey()
    world.desk.housekeep(actor=FIRST)
    assert world.cases.get(order.case).status.value == "approved"


def test_two_writers_of_one_stamp_count_each_press_once(both: StampWorld) -> None:
    """I29: concurrent deliveries, overlapping and repeated, end where one writer would have ended."""
    order = both.order(copies=10)
    texts = []
    for left in range(9, -1, -1):
        pressed = both.reserve(order, left)
        texts += [both.device.event(pressed), both.device.event(Commit(pressed.reservation, PRINTED, left))]
    faults: list[BaseException] = []

    def post(offset: int) -> None:
        try:
            for start in [*range(0, len(texts), 3), 0, 5]:
                both.post(*texts[max(0, start - offset) : start + 4])
        except BaseException as wrong:  # noqa: BLE001 - told below
            faults.append(wrong)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    both.post(*texts)
    assert both.desk.orders.get(order.id).tally == Tally(used=10)
    assert both.cases.get(order.case).used == 10
    assert both.alarms() == []
    both.proved()


def test_I20_no_audit_record_no_event(both: StampWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """I20: a trail that cannot be written undoes the intake, counts and case included."""
    order = both.order()
    texts = [both.device.event(both.reserve(order, 0))]

    def full(*_args: object, **_more: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(type(both.world.audit), "append_many", full)
        with pytest.raises(OSError, match="disk full"):
            both.post(*texts)
    assert both.left(order) == 1
    assert both.stamp.number == both.device.number - 1
    both.post(*texts)
    assert both.left(order) == 0
    both.proved()


def test_a_malformed_delivery_names_the_member(world: StampWorld) -> None:
    with pytest.raises(MessageInvalid):
        world.post("x.y.z")
    with pytest.raises(MessageInvalid):
        world.post(*[world.device.event(Login("a", "card"))] * 201)
    one, two = world.device.event(Battery(9)), world.device.event(Battery(8))
    with pytest.raises(MessageInvalid):
        world.post(two, one)


def test_a_reservation_used_again_is_a_press_of_its_own(world: StampWorld) -> None:
    """A firmware that repeats its ids confuses no count."""
    order = world.order(copies=2)
    for left in (1, 0):
        world.take(
            world.reserve(order, left, reservation="same"),
            Commit("same", PRINTED, left),
            Picture("same", DOCUMENT, 5),
        )
    assert world.left(order) == 0
    assert [row.picture for row in world.rows(stamp_use)] == ["awaited", "awaited"]
    world.proved()


def _waiting(world: StampWorld) -> list[Command]:
    world.desk.dispatch(actor=FIRST)
    return [parse_command(each.jws).command for each in world.desk.pending(world.device.serial)]
