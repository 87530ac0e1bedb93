"""What runs in a simulated stamp: orders judged, the button guarded, every press reserved, then settled by the latches.

The memory is written before the stamp goes on, so a loss of power at any moment leaves one of two things: what was about
to happen did not, or it is on record. :meth:`Stamp.boot` settles a press that was open by what the latches kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ca.clock import Clock
from seals.devices.errors import CommandRefused, MessageInvalid
from seals.devices.events import (
    Abort,
    Accept,
    Battery,
    Boot,
    Commit,
    DeviceEvent,
    Fault,
    Locked,
    Login,
    Picture,
    Refuse,
    Reserve,
    Sensors,
    Tamper,
    Tampering,
    Unlocked,
)
from seals.devices.events import (
    Body as EventBody,
)
from seals.devices.messages import Command, Refusal, Standing, UnlockOrder, UseOrder, obey, parse_command
from seals.devices.simulator.body import (
    AFTER_COMMIT,
    AFTER_PRINT,
    AFTER_RESERVE,
    AFTER_SHUTTER,
    Body,
    Head,
    Parts,
)
from seals.devices.simulator.camera import photograph
from seals.devices.simulator.errors import PressRefused
from seals.devices.simulator.journal import random_id
from seals.devices.simulator.memory import Memory
from seals.devices.simulator.recall import Recall, Task
from seals.devices.wire import Fence, time_text

LOW_BATTERY = 5
"""Below this many per cent the motor cannot press for sure."""


@dataclass(slots=True)
class Tricks:
    """How a crooked firmware cheats; as it stands it is honest."""

    claims: int = 0
    """Added to the count left that it sends."""
    consumes: str = ""
    """The order that a press is put down to, instead of the one that was shown."""
    ignores_fence: bool = False
    withholds: set[int] = field(default_factory=set)
    """Events that it never hands over."""


class Stamp:
    """A stamp that is switched on; :meth:`boot` first."""

    def __init__(
        self,
        memory: Memory,
        parts: Parts,
        clock: Clock,
        *,
        tricks: Tricks | None = None,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self.memory = memory
        self.parts = parts
        self.body = Body(parts, memory.latches, clock)
        self.tricks = tricks or Tricks()
        self._new_id = new_id

    @property
    def serial(self) -> str:
        """The serial number on its plate."""
        return self.memory.plate.serial

    @property
    def recall(self) -> Recall:
        """What it remembers."""
        return self.memory.recall

    def boot(self) -> None:
        """Power comes: settle an open press by the latches, notice another head, carry out what was accepted."""
        pressed, known = self.recall.pressed, Head(self.recall.seal, self.recall.chip)
        recovery: tuple[str, Sensors | None] = ("", None)
        if pressed is not None:
            reservation, sensors = self.body.read_latches()
            recovery = (pressed.reservation, sensors if reservation == pressed.reservation else None)
        head, first = self.parts.head, self.recall.number == 0
        self._write(Boot(self.memory.plate.firmware, head.seal, head.chip, *recovery))
        if not first and head != known and known.seal:
            self._alarm(Tampering.HEAD_CHANGED, f"{known.seal} -> {head.seal or 'none'}")
        self._carry_out()
        if pressed is not None and recovery[1] is not None and recovery[1].printed:
            self._photograph(pressed.reservation, pressed.command)

    # -- orders -------------------------------------------------------------------------------------------------------

    def take(self, jws: str) -> Refusal | None:
        """Judge an order and obey it, or refuse it on record; return why."""
        standing = Standing(
            device=self.serial,
            seal=self.parts.head.seal,
            chip=self.parts.head.chip,
            sequence=self.recall.sequence,
            locked=self.recall.locked,
            offline_cap=self.memory.plate.offline_cap,
            now=self.body.now(),
        )
        try:
            command = obey(jws, standing, self.memory.plate.trust)
        except CommandRefused as refused:
            return self._refuse(jws, Refusal(refused.reason))
        self._write(Accept(command.id, command.sequence), jws)
        self._carry_out()
        return None

    def _refuse(self, jws: str, reason: Refusal) -> Refusal:
        """Put a refusal on record; the same order refused again adds nothing, so that nobody fills the memory."""
        try:
            command = parse_command(jws).command
            name, sequence = command.id, command.sequence
        except MessageInvalid:
            name, sequence = "", 0
        refused = (name, reason)
        if refused not in self.recall.refused:
            self._write(Refuse(name, sequence, reason))
        return reason

    def _carry_out(self) -> None:
        owed = self.recall.owed
        if owed is None:
            return
        if isinstance(owed.order, UnlockOrder):
            self._write(Unlocked(owed.id))
        else:
            self._write(Locked(owed.id, getattr(owed.order, "reason", "")))

    # -- people -------------------------------------------------------------------------------------------------------

    def login(self, operator: str, method: str = "fingerprint") -> None:
        """Somebody shows a finger or a card."""
        self._write(Login(operator, method))

    def tasks(self) -> tuple[Task, ...]:
        """Return what can be used now, oldest first; the display shows title and last four characters of each."""
        now = self.body.now()
        return tuple(
            task
            for task in self.recall.tasks.values()
            if task.left > 0 and (task.expires_at is None or task.expires_at > now)
        )

    def press(self, operator: str, task: Task) -> str:
        """Use the seal once for the task that was shown and confirmed; return the press's id.

        Raises :class:`PressRefused` where the stamp stays shut, :class:`PowerLost` if a script takes the power away.
        What comes of the press is in the chain: a commit, or an abort with its fault.
        """
        self._guard(operator, task)
        reservation, command = self._new_id(), self.tricks.consumes or task.id
        self.body.set_latches_back(reservation)
        left = self._claimed(command, -1)
        head = self.parts.head
        self._write(Reserve(reservation, command, operator, head.seal, head.chip, left, self.parts.where))
        self.body.moment(AFTER_RESERVE)
        if self.body.open_shutter():
            self.body.moment(AFTER_SHUTTER)
            self.body.press()
            self.body.moment(AFTER_PRINT)
        self._settle(reservation, command)
        return reservation

    def _guard(self, operator: str, task: Task) -> None:
        order = task.order
        if self.recall.locked:
            raise PressRefused(
                "locked", "设备已锁定，须由两人解锁。", "it is locked; two people must unlock it."
            )
        if self.parts.battery < LOW_BATTERY:
            raise PressRefused("battery", "电量不足，请先充电。", "the battery is too low; charge it first.")
        if order.operators and operator not in order.operators:
            raise PressRefused(
                "operator", "您不是该任务的操作人。", "you are not among the people of this task."
            )
        if (order.seal, order.chip) != (self.parts.head.seal, self.parts.head.chip):
            raise PressRefused(
                "head", "印头与任务不符。", "another seal head is mounted than the task names."
            )
        if task not in self.tasks():
            raise PressRefused("spent", "任务次数已用完或已过期。", "the task is used up or past its time.")
        self._guard_place(order.fence if isinstance(order, UseOrder) else None)

    def _guard_place(self, fence: Fence | None) -> None:
        if fence is None or self.tricks.ignores_fence:
            return
        where = self.parts.where
        if where is None:
            raise PressRefused(
                "place", "没有定位信号，该任务限定地点。", "it has no position, and the task has a fence."
            )
        if not fence.holds(where):
            self._write(Tamper(Tampering.OUTSIDE_FENCE, "press", where))
            raise PressRefused("place", "设备不在任务限定的范围内。", "it is outside the fence of the task.")

    def _settle(self, reservation: str, command: str) -> None:
        _, sensors = self.body.read_latches()
        if sensors.printed:
            self._write(Commit(reservation, sensors, self._claimed(command, 0)))
            self.body.moment(AFTER_COMMIT)
            self._photograph(reservation, command)
        else:
            fault = Fault.NO_IMPRESSION if sensors.shutter else Fault.SHUTTER_JAMMED
            self._write(Abort(reservation, fault, sensors, self._claimed(command, +1)))

    def _photograph(self, reservation: str, command: str) -> None:
        """Take the picture and put its digest on record at once; the file is handed over later."""
        if not self.parts.camera_works:
            return
        task = self.recall.tasks.get(command)
        title = task.title if task else ""
        data = photograph(self.serial, reservation, title, time_text(self.body.now()))
        self.memory.keep_picture(reservation, data)
        digest = self.memory.digest_algorithm.digest(data)
        self._write(Picture(reservation, digest, len(data)))

    def _claimed(self, command: str, step: int) -> int:
        task = self.recall.tasks.get(command)
        return (task.left if task else 0) + step + self.tricks.claims

    # -- what the parts notice ----------------------------------------------------------------------------------------

    def force(self) -> None:
        """Somebody presses with no task shown: the stamp stays shut and says so."""
        self._write(Tamper(Tampering.NO_TASK, "pressed without a task", self.parts.where))

    def open_case(self) -> None:
        """Somebody opens the case: the stamp locks itself."""
        self._alarm(Tampering.OPENED, "case")

    def swap_head(self, head: Head) -> None:
        """Somebody mounts another head: the stamp locks itself."""
        before, self.parts.head = self.parts.head, head
        self._alarm(Tampering.HEAD_CHANGED, f"{before.seal or 'none'} -> {head.seal or 'none'}")

    def jolt(self) -> None:
        """Somebody moves it while it rests."""
        self._write(Tamper(Tampering.MOVED, "accelerometer", self.parts.where))

    def report_battery(self) -> None:
        """Say how full the battery is."""
        self._write(Battery(self.parts.battery))

    def _alarm(self, what: Tampering, detail: str) -> None:
        self._write(Tamper(what, detail, self.parts.where))
        if not self.recall.locked:
            self._write(Locked("", what.value))

    def _write(self, body: EventBody, command_jws: str = "") -> None:
        recall = self.recall
        event = DeviceEvent(self.serial, recall.number + 1, recall.head, self.body.now(), body)
        self.memory.write(event, command_jws)

    def note(self, body: EventBody) -> None:
        """Put an event on record that comes from outside the firmware, such as a clock that was set."""
        self._write(body)


def command_of(jws: str) -> Command | None:
    """Read the envelope of an order, if it is one."""
    try:
        return parse_command(jws).command
    except MessageInvalid:
        return None
