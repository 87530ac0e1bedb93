"""Scenarios of attack: what is done to a stamp, or by one, ends in a stop and on record (mission §4, 2, 4, 6, 8)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from api.demo.main_job import KEEPER
from api.stamps.drill.rig import Rig
from api.stamps.drill.scenario import End, Scenario
from api.stamps.drill.world import World
from seals.devices.errors import MessageInvalid
from seals.devices.simulator.body import Head, Parts
from seals.devices.simulator.errors import PressRefused
from seals.devices.simulator.memory import ACKED_FILE, EVENTS_FILE, copy_device
from seals.devices.wire import Fence, Position

WHO = KEEPER.id
OFFICE = Fence(Position(30_274_000, 120_155_000), 300)
ELSEWHERE = Position(30_300_000, 120_155_000)
"""About three kilometres north of the office."""


def _replay(world: World) -> None:
    # A recorded order is played back to the stamp it was for, and to another one: both refuse, on record.
    rig = world.stamp()
    order = world.order(rig, 1)
    recorded = world.ground.services.stamps.orders.get(order.id).jws
    rig.press(WHO)
    rig.sync()
    rig.stamp.take(recorded)
    other = world.stamp()
    other.stamp.take(recorded)
    rig.sync()
    other.sync()


def _foreign_events(world: World) -> None:
    # A stamp hands over another stamp's events as its own: refused, and nothing moves.
    rig, other = world.stamp(), world.stamp()
    world.order(rig, 1)
    rig.press(WHO)
    stolen = rig.stamp.memory.events_after(rig.stamp.memory.acked, 50)
    desk = world.ground.services.stamps
    with suppress(MessageInvalid):
        desk.receive(other.stamp.serial, stolen)


def _swapped_head(world: World) -> None:
    # Another head is mounted: the stamp locks itself, the seal is stopped on both sides.
    rig = world.stamp()
    world.order(rig, 1)
    rig.stamp.swap_head(Head("33010699999999"))
    rig.sync()


def _swapped_while_off(world: World) -> None:
    # Another head is mounted while the stamp has no power: noticed at the next boot.
    rig = world.stamp()
    rig.off()
    rig.parts.head = Head("33010699999999")
    rig.sync()


def _opened(world: World) -> None:
    # The case is opened: tampered with until somebody has inspected it, both sides stopped.
    rig = world.stamp()
    world.order(rig, 1)
    rig.stamp.open_case()
    rig.sync()


def _outside(world: World) -> None:
    # The stamp is carried out of its fence and the button pressed: it stays shut, and is locked.
    rig = world.stamp(fence=OFFICE)
    rig.parts.where = ELSEWHERE
    world.order(rig, 1)
    _try(rig)
    rig.sync()


def _outside_crooked(world: World) -> None:
    # The same with a firmware that presses all the same: the position in the press gives it away.
    rig = world.stamp(fence=OFFICE)
    rig.parts.where = ELSEWHERE
    rig.tricks.ignores_fence = True
    world.order(rig, 1)
    rig.press(WHO)
    rig.sync()


def _moved(world: World) -> None:
    # Somebody moves the stamp: an alarm, nothing stops.
    rig = world.stamp()
    rig.stamp.jolt()
    rig.sync()


def _no_task(world: World) -> None:
    # The button without a task: the stamp stays shut; stamp and seal are stopped.
    rig = world.stamp()
    rig.stamp.force()
    rig.sync()


def _gap(world: World) -> None:
    # An event is withheld: what follows is not taken, and after two minutes the stamp is stopped.
    rig = world.stamp()
    world.order(rig, 3)
    rig.press(WHO)
    rig.tricks.withholds = {rig.stamp.recall.number}
    rig.press(WHO)
    rig.sync()
    world.wait(minutes=5)
    rig.sync()
    world.wait(minutes=1)


def _rollback(world: World) -> None:
    # The memory is set back to before a use, to use it again: the chain on the server goes on, the stamp is stopped.
    rig = world.stamp()
    world.order(rig, 2)
    saved = rig.folder.with_name(f"{rig.folder.name}-saved")
    rig.off()
    copy_device(rig.folder, saved)
    rig.press(WHO)
    rig.sync()
    rig.off()
    _restore(saved, rig)
    rig.press(WHO)
    rig.turned_away()


def _clone(world: World) -> None:
    # Two stamps with one serial number and one key: the second to speak is found out, and both are stopped.
    rig = world.stamp()
    world.order(rig, 2)
    rig.off()
    folder = rig.folder.parent / "clones" / rig.folder.name
    copy_device(rig.folder, folder)
    twin = Rig(folder, rig.clock, rig.dial, Parts(head=rig.parts.head))
    rig.press(WHO)
    rig.sync()
    rig.off()
    twin.press(WHO)
    twin.turned_away()
    twin.off()


def _lost(world: World) -> None:
    # 挂失: one act stops both sides; the stamp takes its lock, refuses the task it had, and takes no new one.
    rig = world.stamp()
    world.order(rig, 1)
    world.freeze(rig)
    rig.sync()
    _try(rig)
    rig.sync()


def _lost_and_found(world: World) -> None:
    # 挂失, then back by two people for the seal and two for the stamp: the approved use is made after all.
    _lost(world)
    rig = world.rigs[0]
    world.resume(rig)
    rig.sync()
    rig.press(WHO)
    rig.sync()


def _over_count(world: World) -> None:
    # A crooked stamp puts a second print down to an order for one: counted, and both sides stopped.
    rig = world.stamp()
    first = world.order(rig, 1)
    rig.press(WHO)
    world.order(rig, 1)
    rig.tricks.consumes = first.id
    rig.press(WHO)
    rig.sync()


def _battery(world: World) -> None:
    # The battery runs down: told at 10 %, no press at 3 %.
    rig = world.stamp()
    world.order(rig, 1)
    rig.parts.battery = 10
    rig.stamp.report_battery()
    rig.parts.battery = 3
    _try(rig)
    rig.sync()


def _try(rig: Rig) -> None:
    # Press, and let the stamp say no.
    with suppress(PressRefused):
        rig.press(WHO)


def _restore(saved: Path, rig: Rig) -> None:
    # Set the stamp's memory back: journal and acknowledgement, not the latches, which are no memory.
    for name in (EVENTS_FILE, ACKED_FILE):
        (rig.folder / name).write_bytes((saved / name).read_bytes())


ATTACKS = (
    Scenario(
        "replay",
        "重放录得的指令：原设备与他设备均拒绝",
        "A recorded order played back: refused by its own and by another stamp",
        End(used=1, pictures="here", case="closed", alarms=("order_refused",), paper=1),
        _replay,
    ),
    Scenario(
        "foreign-events",
        "冒用他设备的事件：拒收",
        "Another stamp's events: refused",
        End(left=1, case="in_use", paper=1),
        _foreign_events,
    ),
    Scenario(
        "head-swap",
        "更换印章头：双侧停用",
        "Another head: both sides stopped",
        End(stamp="tampered", seal="frozen", left=1, case="in_use", alarms=("head_changed",)),
        _swapped_head,
    ),
    Scenario(
        "head-swap-while-off",
        "断电期间更换印章头：开机即发现",
        "Another head while off: noticed at boot",
        End(stamp="tampered", seal="frozen", left=-1, alarms=("head_changed",)),
        _swapped_while_off,
    ),
    Scenario(
        "case-opened",
        "外壳被打开：双侧停用，待检查",
        "The case is opened: both sides stopped",
        End(stamp="tampered", seal="frozen", left=1, case="in_use", alarms=("opened",)),
        _opened,
    ),
    Scenario(
        "outside-fence",
        "带出围栏：设备拒绝并锁定",
        "Carried out of its fence: it stays shut and is locked",
        End(stamp="locked", left=1, case="in_use", alarms=("outside_fence",)),
        _outside,
    ),
    Scenario(
        "outside-fence-crooked",
        "围栏外强行盖印：按位置发现并锁定",
        "Pressed outside all the same: found by its position",
        End(stamp="locked", used=1, pictures="here", case="closed", alarms=("outside_fence",), paper=1),
        _outside_crooked,
    ),
    Scenario("moved", "设备被移动：告警", "Moved: an alarm", End(left=-1, alarms=("moved",)), _moved),
    Scenario(
        "no-task",
        "无任务按键：双侧停用",
        "Pressed without a task: both sides stopped",
        End(stamp="locked", seal="frozen", left=-1, alarms=("no_task",)),
        _no_task,
    ),
    Scenario(
        "chain-gap",
        "事件链缺口：锁定",
        "A gap in the chain: locked",
        End(stamp="locked", left=2, used=1, pictures="none", case="in_use", alarms=("gap",), paper=2),
        _gap,
    ),
    Scenario(
        "rollback",
        "存储回退：锁定，服务端计数不变",
        "Memory set back: locked, the server's count stays",
        End(stamp="locked", left=1, used=1, pictures="here", case="in_use", alarms=("rollback",), paper=2),
        _rollback,
    ),
    Scenario(
        "clone",
        "两台设备同一序列号：锁定",
        "Two stamps of one serial number: locked",
        End(stamp="locked", left=1, used=1, pictures="here", case="in_use", alarms=("rollback",), paper=1),
        _clone,
    ),
    Scenario(
        "lost",
        "挂失：设备收锁定指令并拒绝用印",
        "Reported lost: the stamp takes its lock and stays shut",
        End(stamp="locked", seal="frozen", left=1, case="in_use"),
        _lost,
    ),
    Scenario(
        "lost-and-found",
        "挂失后两人恢复、两人解锁再用印",
        "Back by two and two people, then used",
        End(used=1, pictures="here", case="closed", paper=1),
        _lost_and_found,
    ),
    Scenario(
        "over-count",
        "超次盖印：双侧停用",
        "One print too many: both sides stopped",
        End(
            stamp="locked",
            seal="frozen",
            left=-1,
            used=2,
            pictures="here here",
            case="closed",
            alarms=("case_ended", "over_count"),
            paper=2,
        ),
        _over_count,
    ),
    Scenario(
        "battery",
        "电量低：告警，过低不盖印",
        "Battery low: told, then it stays shut",
        End(left=1, case="in_use", alarms=("battery",)),
        _battery,
    ),
)
