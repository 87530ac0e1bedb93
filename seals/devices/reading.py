"""Reading a delivery: what a run of events does to a stamp's counts, and what is wrong with it. Pure.

The chain's own rules are :func:`seals.devices.chain.effect`; here its effects meet what the register knows: the orders,
the mounted seal, the fence, the clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from seals.devices.alarms import AlarmKind, Raised
from seals.devices.chain import (
    Effect,
    Oddity,
    Press,
    effect,
    locked_after,
    sequence_of,
)
from seals.devices.events import (
    Abort,
    Accept,
    Battery,
    Boot,
    ClockSet,
    Commit,
    DeviceEvent,
    Picture,
    Refuse,
    Reserve,
    SignedEvent,
    Tamper,
    Tampering,
    Unlocked,
)
from seals.devices.messages import Refusal
from seals.devices.order import OrderKind
from seals.devices.stamp import Bounds, OrderRecord, Stamp
from seals.devices.state import ORDER_TRANSITIONS, OrderAct, OrderStatus, UseStatus

CLOCK_STEP: Final = timedelta(seconds=2)
"""How far back a time may go from one event to the next without the clock having been set: drift of a cheap crystal."""
_TAMPERING: Final = {
    Tampering.MOVED: AlarmKind.MOVED,
    Tampering.OPENED: AlarmKind.OPENED,
    Tampering.OUTSIDE_FENCE: AlarmKind.OUTSIDE_FENCE,
    Tampering.HEAD_CHANGED: AlarmKind.HEAD_CHANGED,
    Tampering.NO_TASK: AlarmKind.NO_TASK,
}
_ODDITIES: Final = {
    Oddity.UNKNOWN_PRESS: AlarmKind.UNKNOWN_PRESS,
    Oddity.PRESSED_TWICE: AlarmKind.UNCERTAIN_USE,
    Oddity.UNPROVED_COMMIT: AlarmKind.UNCERTAIN_USE,
    Oddity.DOUBTFUL_ABORT: AlarmKind.UNCERTAIN_USE,
    Oddity.NO_RECOVERY: AlarmKind.UNCERTAIN_USE,
    Oddity.DOUBTFUL_RECOVERY: AlarmKind.UNCERTAIN_USE,
}
_ATTACKS: Final = frozenset({Refusal.SIGNATURE, Refusal.WRONG_DEVICE, Refusal.REPLAYED, Refusal.WRONG_SEAL})
"""Refusals that tell of somebody at work, or of a stamp that is not as we think."""


def cancelled_by(order: OrderRecord) -> str:
    """Return the id of the order that a cancelling one takes back, empty for any other."""
    return str(json.loads(order.payload)["order"]["target"]) if order.kind is OrderKind.CANCEL else ""


@dataclass(slots=True)
class Pressed:
    """A press that this delivery begins: the row to be made."""

    number: int
    event: Reserve
    at: datetime
    case: str


@dataclass(slots=True)
class Outcome:
    """What this delivery makes of a press, its own or an earlier one's."""

    status: UseStatus
    at: datetime
    fault: str


@dataclass(slots=True)
class Reading:
    """Takes events that continue the chain, one by one; what they do is in the fields afterwards."""

    stamp: Stamp
    orders: dict[str, OrderRecord]
    now: datetime
    bounds: Bounds
    number: int = 0
    head: str = ""
    obeyed: int = 0
    locked: bool = False
    pressed: Press | None = None
    pressed_number: int = 0
    pressed_at: datetime | None = None
    told_at: datetime | None = None
    battery: int = 100
    firmware: str = ""
    events: list[SignedEvent] = field(default_factory=list)
    begun: dict[int, Pressed] = field(default_factory=dict)
    settled: dict[int, Outcome] = field(default_factory=dict)
    pictures: list[tuple[int, Picture]] = field(default_factory=list)
    moves: dict[str, OrderStatus] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    alarms: list[Raised] = field(default_factory=list)

    @classmethod
    def of(cls, stamp: Stamp, orders: Mapping[str, OrderRecord], now: datetime, bounds: Bounds) -> Reading:
        """Begin where the stamp's chain ends."""
        return cls(
            stamp,
            dict(orders),
            now,
            bounds,
            number=stamp.number,
            head=stamp.head,
            obeyed=stamp.obeyed,
            locked=stamp.locked,
            pressed=stamp.pressed,
            pressed_number=stamp.pressed_number,
            pressed_at=stamp.pressed_at,
            told_at=stamp.told_at,
            battery=stamp.battery,
            firmware=stamp.firmware,
        )

    def take(self, signed: SignedEvent) -> None:
        """Take the next event of the chain."""
        event = signed.event
        self._clock(event)
        self._judge(event)
        self._count(event, effect(event, self.pressed))
        self._left(event)
        self.events.append(signed)
        self.number, self.head = event.number, str(signed.digest)
        self.obeyed = max(self.obeyed, sequence_of(event))
        self.locked = locked_after(event, locked=self.locked)
        self.told_at = event.at

    def alarm(self, kind: AlarmKind, number: int, detail: str = "", proof: str = "") -> None:
        """Note an alarm."""
        self.alarms.append(Raised(kind, number, detail[:500], proof))

    def announced(self) -> tuple[dict[int, Picture], list[tuple[int, Picture]]]:
        """Tell which pictures belong to presses of this delivery, by press, and which are left over."""
        mine: dict[int, Picture] = {}
        others = []
        for number, picture in self.pictures:
            bare = [
                each.number
                for each in self.begun.values()
                if each.event.reservation == picture.reservation and each.number < number
            ]
            free = [each for each in bare if each not in mine]
            if free:
                mine[max(free)] = picture
            else:
                others.append((number, picture))
        return mine, others

    # -- counts --------------------------------------------------------------------------------------------------------

    def _count(self, event: DeviceEvent, done: Effect) -> None:
        if done.settled is not None:
            fault = event.body.fault.value if isinstance(event.body, Abort) else ""
            self.settled[self.pressed_number] = Outcome(done.settled.status, event.at, fault)
            self._tally(done.settled.press.command, UseStatus.OPEN, done.settled.status)
            self.pressed = None
        if done.begun is not None and isinstance(event.body, Reserve):
            order = self.orders.get(done.begun.command)
            case = order.case if order else ""
            self.begun[event.number] = Pressed(event.number, event.body, event.at, case)
            self._tally(done.begun.command, None, UseStatus.OPEN)
            self.pressed, self.pressed_number, self.pressed_at = done.begun, event.number, self.now
        for oddity in done.oddities:
            self.alarm(_ODDITIES[oddity], event.number, oddity.value)

    def _tally(self, order: str, before: UseStatus | None, after: UseStatus) -> None:
        known = self.orders.get(order)
        if known is not None:
            self.orders[order] = replace(known, tally=known.tally.moved(before, after))
            self.touched.add(order)

    def _left(self, event: DeviceEvent) -> None:
        """Compare the number sent with the chain's, after the event is counted; it is never taken."""
        body = event.body
        if not isinstance(body, Reserve | Commit | Abort):
            return
        name = body.command if isinstance(body, Reserve) else self._order_of(body.reservation)
        order = self.orders.get(name)
        if order is not None and body.left != order.left:
            self.alarm(
                AlarmKind.COUNT_DIFFERS, event.number, f"sent {body.left}, by the chain {order.left}: {name}"
            )

    def _order_of(self, reservation: str) -> str:
        for pressed in reversed(self.begun.values()):
            if pressed.event.reservation == reservation:
                return pressed.event.command
        known = self.stamp.pressed
        return known.command if known is not None and known.reservation == reservation else ""

    # -- what the register knows ---------------------------------------------------------------------------------------

    def _judge(self, event: DeviceEvent) -> None:
        body = event.body
        if isinstance(body, Reserve):
            self._press(event, body)
        elif isinstance(body, Accept):
            self._accepted(event, body)
        elif isinstance(body, Refuse):
            self._refused(event, body)
        elif isinstance(body, Unlocked):
            self._unlocked(event, body)
        elif isinstance(body, Tamper):
            self.alarm(_TAMPERING[body.what], event.number, body.detail)
        elif isinstance(body, Boot):
            self._booted(event, body)
        elif isinstance(body, Picture):
            self.pictures.append((event.number, body))
        elif isinstance(body, Battery):
            self._powered(event, body)

    def _press(self, event: DeviceEvent, body: Reserve) -> None:
        order = self.orders.get(body.command)
        if self.locked:
            self.alarm(AlarmKind.LOCKED_USE, event.number, body.command)
        if order is None or order.status is not OrderStatus.ACCEPTED or order.count == 0:
            self.alarm(AlarmKind.NO_TASK, event.number, body.command)
            return
        if order.left < 1:
            self.alarm(AlarmKind.OVER_COUNT, event.number, f"{order.id}: {order.count} allowed")
        if (body.seal, body.chip) != (order.seal, order.chip):
            self.alarm(AlarmKind.WRONG_SEAL, event.number, f"{body.seal or 'none'} / {body.chip or 'none'}")
        if order.operators and body.operator not in order.operators:
            self.alarm(AlarmKind.STRANGER, event.number, body.operator)
        if order.expires_at is not None and event.at > order.expires_at + self.bounds.clock:
            self.alarm(AlarmKind.LATE_USE, event.number, order.id)
        fence = order.fence or self.stamp.fence
        if fence is not None and body.where is None:
            self.alarm(AlarmKind.NO_POSITION, event.number, order.id)
        elif fence is not None and body.where is not None and not fence.holds(body.where):
            self.alarm(AlarmKind.OUTSIDE_FENCE, event.number, str(body.where))

    def _accepted(self, event: DeviceEvent, body: Accept) -> None:
        order = self.orders.get(body.command)
        if order is None or not order.jws or order.sequence != body.sequence:
            self.alarm(AlarmKind.DISOBEYED, event.number, f"unknown order {body.command}")
        elif body.sequence <= self.obeyed:
            self.alarm(AlarmKind.DISOBEYED, event.number, f"{body.sequence} after {self.obeyed}")
        elif order.expires_at is not None and event.at > order.expires_at + self.bounds.clock:
            self.alarm(AlarmKind.DISOBEYED, event.number, f"{order.id} taken after its end")
        elif not self._move(order, OrderAct.ACCEPT):
            self.alarm(AlarmKind.DISOBEYED, event.number, f"{order.id} is {order.status}")
        elif order.kind is OrderKind.CANCEL:
            target = self.orders.get(cancelled_by(order))
            if target is not None:
                self._move(target, OrderAct.WITHDRAW)

    def _refused(self, event: DeviceEvent, body: Refuse) -> None:
        order = self.orders.get(body.command)
        ours = order is not None and order.sequence == body.sequence
        if ours and order is not None and sequence_of(event):
            self._move(order, OrderAct.REFUSE)
        if body.reason in _ATTACKS:
            self.alarm(AlarmKind.ORDER_REFUSED, event.number, f"{body.reason}: {body.command}")

    def _unlocked(self, event: DeviceEvent, body: Unlocked) -> None:
        order = self.orders.get(body.command)
        if order is None or order.kind is not OrderKind.UNLOCK or order.status is not OrderStatus.ACCEPTED:
            self.alarm(AlarmKind.DISOBEYED, event.number, f"unlocked by {body.command}")

    def _move(self, order: OrderRecord, act: OrderAct) -> bool:
        after = ORDER_TRANSITIONS[act].get(order.status)
        if after is None:
            return False
        self.orders[order.id] = replace(order, status=after)
        self.moves[order.id] = after
        return True

    def _booted(self, event: DeviceEvent, body: Boot) -> None:
        self.firmware = body.firmware
        if self.stamp.seal and (body.seal, body.chip) != (self.stamp.seal, self.stamp.chip):
            self.alarm(
                AlarmKind.HEAD_CHANGED, event.number, f"{body.seal or 'none'} / {body.chip or 'none'} at boot"
            )

    def _powered(self, event: DeviceEvent, body: Battery) -> None:
        if body.percent < self.bounds.battery <= self.battery:
            self.alarm(AlarmKind.BATTERY, event.number, f"{body.percent} %")
        self.battery = body.percent

    def _clock(self, event: DeviceEvent) -> None:
        """Judge the stamp's time: never later than ours, never back unless the clock was set."""
        if event.at > self.now + self.bounds.clock:
            self.alarm(AlarmKind.CLOCK, event.number, f"{event.at:%Y-%m-%dT%H:%M:%SZ} is in the future")
        elif isinstance(event.body, ClockSet):
            if abs(event.body.was - event.at) > self.bounds.clock:
                self.alarm(AlarmKind.CLOCK, event.number, f"set from {event.body.was:%Y-%m-%dT%H:%M:%SZ}")
        elif self.told_at is not None and event.at < self.told_at - CLOCK_STEP:
            self.alarm(AlarmKind.CLOCK, event.number, f"back from {self.told_at:%Y-%m-%dT%H:%M:%SZ}")
