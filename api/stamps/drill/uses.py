"""Scenarios of use: the count follows the paper, whatever fails (mission §4, 3 to 7; its field failures)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from api.demo.main_job import KEEPER
from api.stamps.drill.scenario import End, Scenario
from api.stamps.drill.world import World
from seals.devices.errors import OrderRefused
from seals.devices.simulator.body import AFTER_COMMIT, AFTER_PRINT, AFTER_RESERVE

WHO = KEEPER.id


def _normal(world: World) -> None:
    # Two copies approved, two pressed, pictures handed over, the case closed.
    rig = world.stamp()
    world.order(rig, 2)
    rig.stamp.login(WHO)
    rig.press(WHO)
    rig.press(WHO)
    rig.sync()


def _shutter_jam(world: World) -> None:
    # Field failure: the count was taken although the shutter jammed. Here it comes back, and the copy is made later.
    rig = world.stamp()
    world.order(rig, 2)
    rig.parts.shutter_jams = True
    rig.press(WHO)
    rig.parts.shutter_jams = False
    rig.press(WHO)
    rig.sync()


def _head_misses(world: World) -> None:
    # The shutter opened and the head met no paper: nothing is taken.
    rig = world.stamp()
    world.order(rig, 1)
    rig.parts.head_misses = True
    rig.press(WHO)
    rig.sync()


def _count_lie(world: World) -> None:
    # Field failure: six prints, and the stamp says that one more is left than is. The chain is counted, not the number.
    rig = world.stamp()
    world.order(rig, 10)
    rig.tricks.claims = 1
    for _ in range(6):
        rig.press(WHO)
    rig.sync()


def _wrong_task(world: World) -> None:
    # Field failure: task A is shown and confirmed, task B is consumed. The chain says which, and who pressed.
    rig = world.stamp()
    world.order(rig, 1)
    other = world.order(rig, 1, operators=("person:somebody.else",))
    rig.tricks.consumes = other.id
    rig.press(WHO, 0)
    rig.sync()


def _picture_late(world: World) -> None:
    # Field failure: two days 同步中. The use counts, the case stays open, and after 24 hours there is an alarm.
    rig = world.stamp()
    world.order(rig, 1)
    rig.press(WHO)
    rig.sync(pictures=False)
    world.wait(hours=48)


def _picture_after_all(world: World) -> None:
    # The same, and on the third day the picture comes: now the case closes; the alarm stays on record.
    _picture_late(world)
    world.rigs[0].sync()


def _camera_broken(world: World) -> None:
    # No picture at all: the use counts, the case does not close.
    rig = world.stamp()
    world.order(rig, 1)
    rig.parts.camera_works = False
    rig.press(WHO)
    rig.sync()


def _lose_power(world: World, moment: str) -> None:
    rig = world.stamp()
    world.order(rig, 2)
    rig.parts.power_goes = moment
    rig.press(WHO)
    rig.sync()


def _power_before_print(world: World) -> None:
    # Power goes between press and print: after the next boot the latches prove that nothing was printed.
    _lose_power(world, AFTER_RESERVE)


def _power_before_commit(world: World) -> None:
    # Power goes between print and commit: the latches prove the imprint, and the use counts.
    _lose_power(world, AFTER_PRINT)


def _power_before_picture(world: World) -> None:
    # Power goes between commit and picture: the use counts, its picture is missing and said to be.
    _lose_power(world, AFTER_COMMIT)


def _offline_without(world: World) -> None:
    # Offline without an allowance: none is given where the cap is 0, and what was approved meanwhile is not known to
    # the stamp, so it stays shut; back on the network it takes the order.
    rig = world.stamp()
    with suppress(OrderRefused):
        world.grant(rig, 1)
    rig.online = False
    world.order(rig, 1)
    if rig.stamp.tasks():
        rig.press(WHO)
    rig.online = True
    rig.sync()


def _offline_within(world: World) -> None:
    # Offline with three uses granted by two people: two are used, counted in the chip, and reported on return.
    rig = world.stamp(cap=3)
    world.grant(rig, 3)
    rig.online = False
    world.wait(hours=2)
    rig.press(WHO)
    rig.press(WHO)
    world.wait(hours=2)
    rig.online = True
    rig.sync()


def _offline_expired(world: World) -> None:
    # The allowance ends while the stamp is away: what is left of it is void.
    rig = world.stamp(cap=3)
    world.grant(rig, 3)
    rig.online = False
    rig.press(WHO)
    world.wait(hours=13)
    if rig.stamp.tasks():
        rig.press(WHO)
    rig.online = True
    rig.sync()


def _offline_after_loss(world: World) -> None:
    # The seal is reported lost while the stamp is out of reach: what it prints then comes to light, and it is locked.
    rig = world.stamp(cap=3)
    world.grant(rig, 3)
    rig.online = False
    world.freeze(rig)
    world.wait(hours=2)
    rig.press(WHO)
    rig.online = True
    rig.sync()


def _clock_wrong(world: World) -> None:
    # The stamp's clock is three days ahead: it is set by the signed answer, on record, and the order is obeyed.
    rig = world.stamp()
    rig.off()
    rig.parts.clock_off = timedelta(days=3)
    world.order(rig, 1)
    rig.press(WHO)
    rig.sync()


USES = (
    Scenario(
        "normal",
        "正常用印两次并办结",
        "Two uses, closed with their pictures",
        End(used=2, pictures="here here", case="closed", paper=2),
        _normal,
    ),
    Scenario(
        "shutter-jam",
        "快门卡住：次数退回（现场故障一）",
        "Shutter jams: the count comes back (field failure 1)",
        End(left=1, used=1, returned=1, pictures="here", case="in_use", paper=1),
        _shutter_jam,
    ),
    Scenario(
        "head-misses",
        "印头未触纸：不计次数",
        "The head meets no paper: nothing is counted",
        End(left=1, returned=1, case="in_use"),
        _head_misses,
    ),
    Scenario(
        "count-lie",
        "实盖六次少报一次：以事件链为准（现场故障二）",
        "Six prints, a wrong number sent: the chain counts (field failure 2)",
        End(
            left=4,
            used=6,
            pictures=" ".join(["here"] * 6),
            case="in_use",
            alarms=("count_differs",),
            paper=6,
        ),
        _count_lie,
    ),
    Scenario(
        "wrong-task",
        "显示甲任务却消耗乙任务：记录在案并锁定（现场故障三）",
        "Task A shown, task B consumed: on record, and locked (field failure 3)",
        End(stamp="locked", left=1, used=1, pictures="here", case="in_use", alarms=("stranger",), paper=1),
        _wrong_task,
    ),
    Scenario(
        "picture-late",
        "影像两天同步中：告警且不能办结（现场故障四）",
        "Picture two days on its way: alarm, no closing (field failure 4)",
        End(used=1, pictures="awaited", case="in_use", alarms=("picture_late",), paper=1),
        _picture_late,
    ),
    Scenario(
        "picture-after-all",
        "影像补传后可以办结",
        "The picture comes on the third day: the case closes",
        End(used=1, pictures="here", case="closed", alarms=("picture_late",), paper=1),
        _picture_after_all,
    ),
    Scenario(
        "camera-broken",
        "摄像头损坏：用印计数，缺影像不能办结",
        "No picture at all: counted, not closed",
        End(used=1, pictures="none", case="in_use", paper=1),
        _camera_broken,
    ),
    Scenario(
        "power-before-print",
        "按键后盖印前断电：次数退回",
        "Power lost between press and print: the count comes back",
        End(left=2, returned=1, case="in_use"),
        _power_before_print,
    ),
    Scenario(
        "power-before-commit",
        "盖印后确认前断电：按已用计",
        "Power lost between print and commit: it counts",
        End(left=1, used=1, pictures="here", case="in_use", paper=1),
        _power_before_commit,
    ),
    Scenario(
        "power-before-picture",
        "确认后拍照前断电：按已用计，影像缺失",
        "Power lost between commit and picture: it counts, its picture is missing",
        End(left=1, used=1, pictures="none", case="in_use", paper=1),
        _power_before_picture,
    ),
    Scenario(
        "offline-without-allowance",
        "离线且无额度：不能用印",
        "Offline without an allowance: it stays shut",
        End(left=1, case="in_use"),
        _offline_without,
    ),
    Scenario(
        "offline-allowance",
        "离线额度内用印，联网后同步",
        "Offline within the allowance, reported on return",
        End(left=1, used=2, pictures="here here", paper=2),
        _offline_within,
    ),
    Scenario(
        "offline-expired",
        "离线额度到期：剩余作废",
        "The allowance ends while the stamp is away",
        End(left=2, used=1, pictures="here", paper=1),
        _offline_expired,
    ),
    Scenario(
        "offline-after-loss",
        "离线时印章已挂失仍用印：告警并锁定",
        "Used out of reach after the seal was reported lost",
        End(
            stamp="locked",
            seal="frozen",
            left=2,
            used=1,
            pictures="here",
            alarms=("stopped_use",),
            paper=1,
        ),
        _offline_after_loss,
    ),
    Scenario(
        "clock-wrong",
        "设备时钟快三天：校时留痕后用印",
        "A clock three days ahead is set on record",
        End(used=1, pictures="here", case="closed", alarms=("clock",), paper=1),
        _clock_wrong,
    ),
)
