"""The simulated stamp by itself: what it obeys, what it counts, what a loss of power leaves (mission §4, 1 to 7)."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seals.devices.chain import ChainBroken, fold
from seals.devices.events import (
    Abort,
    Boot,
    ClockSet,
    Commit,
    Fault,
    Locked,
    Picture,
    Refuse,
    Reserve,
    Tamper,
    Tampering,
)
from seals.devices.messages import Refusal
from seals.devices.simulator.body import (
    AFTER_COMMIT,
    AFTER_PRINT,
    AFTER_RESERVE,
    AFTER_SHUTTER,
    MOMENTS,
    Head,
)
from seals.devices.simulator.errors import (
    DeviceFolderInvalid,
    DeviceInUse,
    LineDown,
    LineRefused,
    PowerLost,
    PressRefused,
)
from seals.devices.simulator.memory import Memory, Plate, copy_device, make_device, read_plate
from seals.devices.simulator.syncing import sync
from seals.devices.wire import Fence, Position
from tests.conftest import SteppingClock
from tests.stamp_world import HEAD, LOCK, OPERATOR, SERIAL, UNLOCK, PureLine, Rig, Service, grant, use


@pytest.fixture
def service(clock: SteppingClock) -> Service:
    return Service(clock)


@pytest.fixture
def rig(service: Service, tmp_path: Path) -> Rig:
    return Rig(service, tmp_path / "stamp")


def ordered(rig: Rig, count: int = 1) -> str:
    assert rig.stamp.take(rig.service.order(use(count))) is None
    return rig.stamp.tasks()[-1].id


def press(rig: Rig) -> str:
    return rig.stamp.press(OPERATOR, rig.stamp.tasks()[-1])


def bodies(rig: Rig) -> list[object]:
    return [one.event.body for one in rig.events()]


def test_a_use_is_reserved_then_committed_with_its_picture(rig: Rig) -> None:
    """Reserve at the press, commit after shutter and impression, the digest of the picture at once."""
    order = ordered(rig, 2)
    assert rig.stamp.tasks()[0].title == "采购合同"
    assert len(rig.stamp.tasks()[0].tail) == 4
    press(rig)
    reserve, commit, picture = bodies(rig)[-3:]
    assert isinstance(reserve, Reserve)
    assert isinstance(commit, Commit)
    assert commit.sensors.printed
    assert isinstance(picture, Picture)
    (_, data) = next(iter(rig.stamp.memory.pictures()))
    assert data.startswith(b"\xff\xd8")
    assert (len(data), rig.chain().left(order, 2), rig.stamp.tasks()[0].left) == (picture.size, 1, 1)


def test_a_jammed_shutter_gives_the_count_back(rig: Rig) -> None:
    """Field failure: the count was taken although the shutter jammed."""
    order = ordered(rig)
    rig.parts.shutter_jams = True
    press(rig)
    last = bodies(rig)[-1]
    assert isinstance(last, Abort)
    assert last.fault is Fault.SHUTTER_JAMMED
    assert (rig.chain().left(order, 1), rig.stamp.tasks()[0].left) == (1, 1)
    rig.parts.shutter_jams, rig.parts.head_misses = False, True
    press(rig)
    assert rig.chain().tallies[order].returned == 2
    rig.parts.head_misses = False
    press(rig)
    assert rig.stamp.tasks() == ()
    assert rig.stamp.body.imprints() == (rig.stamp.recall.pictures and next(iter(rig.stamp.recall.pictures)),)


@pytest.mark.parametrize(
    ("moment", "printed"),
    [(AFTER_RESERVE, False), (AFTER_SHUTTER, False), (AFTER_PRINT, True), (AFTER_COMMIT, True)],
)
def test_power_lost_at_every_moment_settles_by_the_latches(rig: Rig, moment: str, printed: bool) -> None:
    order = ordered(rig, 2)
    rig.parts.power_goes = moment
    with pytest.raises(PowerLost):
        press(rig)
    rig.again()
    tally = rig.chain().tallies[order]
    assert (tally.used, tally.returned, tally.open, tally.uncertain) == (int(printed), int(not printed), 0, 0)
    assert len(rig.stamp.body.imprints()) == int(printed)
    assert rig.stamp.tasks()[0].left == rig.chain().left(order, 2) == 2 - int(printed)
    assert rig.chain().oddities == ()


def test_a_torn_line_never_happened(rig: Rig) -> None:
    """The power goes while a line is written: what it would have said is cut off."""
    ordered(rig)
    number = rig.stamp.recall.number
    rig.off()
    log = rig.folder / "events.log"
    log.write_bytes(log.read_bytes() + b'["eyJhbGciOi')
    rig.on()
    assert rig.chain().number == number + 1
    assert isinstance(bodies(rig)[-1], Boot)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("signature", Refusal.SIGNATURE),
        ("signer", Refusal.SIGNATURE),
        ("unknown authority", Refusal.SIGNATURE),
        ("device", Refusal.WRONG_DEVICE),
        ("seal", Refusal.WRONG_SEAL),
        ("expired", Refusal.EXPIRED),
        ("sequence", Refusal.REPLAYED),
        ("octets", Refusal.MALFORMED),
        ("locked", Refusal.LOCKED),
        ("offline cap", Refusal.OFFLINE_CAP),
    ],
)
def test_what_a_stamp_must_not_obey_is_refused_on_record(rig: Rig, name: str, reason: Refusal) -> None:
    """Mission §4, 2: wrong serial, wrong seal, replayed or lower sequence, expired, bad signature, unknown signer."""
    service = rig.service
    good = service.order(use())
    flipped = good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBA")
    ordered(rig)
    jws = {
        "signature": flipped,
        "signer": service.order(use(), signer=service.pki.party()),
        "unknown authority": service.order(use(), signer=type(service)(service.clock).maker),
        "device": service.order(use(), serial="YXS-0002"),
        "seal": service.order(use(seal="33010600000099")),
        "expired": service.order(use(), expires_at=service.clock() - timedelta(seconds=1)),
        "sequence": service.order(use(), sequence=1),
        "octets": "a.b.c",
        "locked": service.order(use()),
        "offline cap": service.order(grant(1)),
    }[name]
    if name == "locked":
        rig.stamp.take(service.order(LOCK, sequence=50))
        jws = service.order(use(), sequence=51)
    before = len(rig.stamp.tasks())
    assert rig.stamp.take(jws) is reason
    last = bodies(rig)[-1]
    assert isinstance(last, Refuse)
    assert last.reason is reason
    assert len(rig.stamp.tasks()) == before


def test_a_recorded_order_is_refused_by_every_stamp(rig: Rig, service: Service, tmp_path: Path) -> None:
    """The same octets again, to the stamp itself, after a restart, and to another stamp; the chain stays whole."""
    recorded = service.order(use())
    rig.stamp.take(recorded)
    press(rig)
    number = rig.stamp.recall.number
    assert rig.stamp.take(recorded) is Refusal.REPLAYED
    assert rig.again().take(recorded) is Refusal.REPLAYED
    assert rig.stamp.recall.number == number + 2, "refused once on record, however often it comes"
    other = Rig(service, tmp_path / "other", "YXS-0002")
    assert other.stamp.take(recorded) is Refusal.WRONG_DEVICE
    assert other.stamp.tasks() == ()


def test_a_lock_accepted_before_the_power_went_is_carried_out(rig: Rig, service: Service) -> None:
    ordered(rig)
    rig.stamp.take(service.order(LOCK))
    with pytest.raises(PressRefused) as refused:
        press(rig)
    assert refused.value.why == "locked"
    rig.off()
    log = rig.folder / "events.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-1]))  # the acceptance is on record, the locking is not
    assert rig.on().recall.locked
    assert isinstance(bodies(rig)[-1], Locked)
    rig.stamp.take(service.order(UNLOCK))
    press(rig)


def test_the_offline_allowance_is_counted_in_the_stamp(service: Service, tmp_path: Path) -> None:
    """Mission §4, 6: default 0; what was granted is counted down without a line and reported when it is back."""
    rig = Rig(service, tmp_path / "stamp", cap=2)
    line = PureLine(service)
    given = service.order(grant(2))
    line.orders.append(given)
    sync(rig.stamp, line)
    line.up = False
    press(rig)
    press(rig)
    assert rig.stamp.tasks() == ()
    with pytest.raises(LineDown):
        sync(rig.stamp, line)
    line.up = True
    done = sync(rig.stamp, line)
    assert done.pictures == 2
    state = fold(line.kept, SERIAL)
    (tally,) = state.tallies.values()
    assert (tally.used, state.number) == (2, rig.stamp.recall.number)


def test_a_stamp_without_a_task_stays_shut_and_says_so(rig: Rig) -> None:
    rig.stamp.force()
    last = bodies(rig)[-1]
    assert isinstance(last, Tamper)
    assert last.what is Tampering.NO_TASK
    assert rig.stamp.body.imprints() == ()


@pytest.mark.parametrize("how", ["opened", "swapped", "swapped while off"])
def test_tampering_locks_the_stamp(rig: Rig, how: str) -> None:
    ordered(rig)
    if how == "opened":
        rig.stamp.open_case()
    elif how == "swapped":
        rig.stamp.swap_head(Head("33010600000099"))
    else:
        rig.off()
        rig.parts.head = Head("33010600000099")
        rig.on()
    assert rig.stamp.recall.locked
    assert any(isinstance(body, Tamper) for body in bodies(rig))
    rig.parts.head = HEAD
    with pytest.raises(PressRefused):
        press(rig)


def test_a_fence_is_kept(service: Service, tmp_path: Path) -> None:
    rig = Rig(service, tmp_path / "stamp")
    office = Position(30_250_000, 120_160_000)
    rig.stamp.take(service.order(use(fence=Fence(office, 200))))
    with pytest.raises(PressRefused):
        press(rig)  # it does not know where it is
    rig.parts.where = Position(30_260_000, 120_160_000)
    with pytest.raises(PressRefused):
        press(rig)
    last = bodies(rig)[-1]
    assert isinstance(last, Tamper)
    assert last.what is Tampering.OUTSIDE_FENCE
    rig.parts.where = office
    press(rig)


def test_who_is_not_named_does_not_press(rig: Rig, service: Service) -> None:
    rig.stamp.take(service.order(use(operators=(OPERATOR,))))
    with pytest.raises(PressRefused) as refused:
        rig.stamp.press("person:stranger", rig.stamp.tasks()[0])
    assert refused.value.why == "operator"
    rig.parts.battery = 2
    with pytest.raises(PressRefused) as refused:
        press(rig)
    assert refused.value.why == "battery"


def test_a_wrong_clock_is_set_by_the_answer_on_record(rig: Rig, service: Service) -> None:
    rig.parts.clock_off = timedelta(days=400)
    line = PureLine(service)
    sync(rig.stamp, line)
    assert abs(rig.stamp.body.now() - service.clock()) < timedelta(seconds=1)
    assert any(isinstance(body, ClockSet) for body in bodies(rig))


def test_an_answer_to_another_question_is_not_believed(rig: Rig, service: Service) -> None:
    """A recorded answer would turn the clock back; its nonce is not ours."""
    from seals.devices.errors import MessageSignatureInvalid

    line = PureLine(service)
    old = line.time("recorded")
    line.time = lambda _nonce: old  # type: ignore[method-assign]
    with pytest.raises(MessageSignatureInvalid):
        sync(rig.stamp, line)


def test_lost_answers_lose_and_double_nothing(rig: Rig, service: Service) -> None:
    """Each call takes effect and its answer is lost, once: everything is sent again, nothing happens twice."""
    line = PureLine(service)
    line.orders.append(service.order(use(3)))
    line.fails_at = {1, 3, 5, 8, 10, 12}
    for _ in range(12):
        try:
            sync(rig.stamp, line)
        except LineDown:
            continue
        if rig.stamp.tasks():
            press(rig)
    sync(rig.stamp, line)
    state = fold(line.kept, SERIAL)
    (tally,) = state.tallies.values()
    assert tally.used == 3 == len(rig.stamp.body.imprints()) == len(line.pictures)
    assert state.number == rig.stamp.recall.number


def test_a_copy_of_a_stamp_locks_itself(rig: Rig, service: Service, tmp_path: Path) -> None:
    """Two stamps with one serial number: the one that speaks second finds another chain at the service."""
    line = PureLine(service)
    sync(rig.stamp, line)
    copy_device(rig.folder, tmp_path / "clone")
    clone = Rig.__new__(Rig)
    clone.service, clone.folder, clone.serial = service, tmp_path / "clone", SERIAL
    clone.parts, clone.tricks = rig.parts, rig.tricks
    clone.on()
    rig.stamp.report_battery()
    sync(rig.stamp, line)
    with pytest.raises((LineRefused, ChainBroken)):
        sync(clone.stamp, line)


def test_one_folder_runs_once(rig: Rig) -> None:
    with pytest.raises(DeviceInUse):
        Memory(rig.folder)
    with pytest.raises(DeviceFolderInvalid):
        make_device(rig.folder, Plate(SERIAL))


@pytest.mark.parametrize("damage", ["plate.json", "chip.key", "events.log"])
def test_a_damaged_folder_is_said_to_be(rig: Rig, damage: str) -> None:
    rig.off()
    (rig.folder / damage).write_bytes(b"{}\n")
    with pytest.raises(DeviceFolderInvalid) as refused:
        Memory(rig.folder)
    assert str(rig.folder) in refused.value.zh


def test_a_folder_without_a_stamp_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(DeviceFolderInvalid):
        read_plate(tmp_path)


STEPS = st.lists(
    st.one_of(
        st.sampled_from(
            ["press", "jam", "miss", "sync", "restart", "lose answer", "order", "lock", "unlock", "sweep"]
        ),
        st.sampled_from(MOMENTS),
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_I29_whatever_happens_paper_stamp_and_chain_agree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """What is on paper, what the stamp counts and what the service proves from the chain are one number, always."""
    rig = Rig(Service(SteppingClock()), tmp_path_factory.mktemp("stamp") / "s")
    line = PureLine(rig.service)
    allowed: dict[str, int] = {}
    for step in steps:
        _play(rig, line, step, allowed)
    rig.parts.power_goes = ""
    rig.again()
    state = rig.chain()
    used = sum(tally.used for tally in state.tallies.values())
    assert used == len(rig.stamp.body.imprints()) == rig.stamp.recall.imprints
    assert all(tally.open == tally.uncertain == 0 for tally in state.tallies.values())
    for task in rig.stamp.recall.tasks.values():
        assert task.left == state.left(task.id, task.order.count) >= 0
    assert state.oddities == ()
    assert {one.event.body.kind for one in rig.events()} >= {Boot.kind}
    sync(rig.stamp, line)
    assert fold(line.kept, SERIAL).tallies == state.tallies
    rig.off()


def _play(rig: Rig, line: PureLine, step: str, allowed: dict[str, int]) -> None:
    rig.parts.shutter_jams, rig.parts.head_misses = step == "jam", step == "miss"
    if step in MOMENTS:
        rig.parts.power_goes = step
    if step in ("press", "jam", "miss", *MOMENTS):
        try:
            if rig.stamp.tasks():
                rig.stamp.press(OPERATOR, rig.stamp.tasks()[0])
        except PressRefused:
            pass
        except PowerLost:
            rig.again()
    elif step == "restart":
        rig.again()
    elif step in ("order", "lock", "unlock"):
        order = {"order": use(2), "lock": LOCK, "unlock": UNLOCK}[step]
        line.orders.append(rig.service.order(order))
    else:
        if step == "lose answer":
            line.fails_at.add(line.calls + 2)
        with contextlib.suppress(LineDown):
            sync(rig.stamp, line)


def test_the_simulator_needs_nothing_of_the_server() -> None:
    """It shares types and the checks that every stamp makes; no store, no desk, no judge of counts comes with it."""
    asked = (
        "import sys; import seals.devices.simulator.syncing; "
        "print(sorted({'sqlalchemy', 'seals.devices.desk', 'seals.devices.intake', 'seals.devices.chain'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
