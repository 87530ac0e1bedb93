"""Counts never drift from the chain (I29): any events, in any deliveries, by two workers on one database.

A device presses, loses power, jams; its events arrive in slices, repeated, early and late, through either worker or both at
once. A model that knows nothing of our code counts along; what the database keeps must be what the model says of the events
that have arrived, and what :func:`seals.devices.chain.fold` says of the events that are kept.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.database.engine import make_engine
from seals.devices.desk import StampDesk
from seals.devices.events import Abort, Boot, Commit, Fault, Sensors
from seals.devices.stamp import OrderRecord
from seals.devices.store import stamp_use
from tests.conftest import SteppingClock
from tests.stamp_desk_world import PRINTED, UNTOUCHED, StampWorld

DOUBTFUL = Sensors(shutter=False, impression=60_000)
"""The head pressed on something, behind a closed shutter: nobody can say that no paper was there."""
serials = itertools.count(2)


class Deliveries(RuleBasedStateMachine):
    """One device, two workers."""

    world: ClassVar[StampWorld]
    desks: ClassVar[tuple[StampDesk, StampDesk]]

    @initialize()
    def set_up(self) -> None:
        self.world.another(f"YXS-{next(serials):04}")
        self.orders: list[OrderRecord] = [self.world.order(copies=n) for n in (2, 6)]
        self.taken: list[tuple[int, str, int]] = []
        """Event number, order, change of what is gone from it: the whole model."""
        self.pressed: tuple[str, OrderRecord] | None = None

    def left(self, order: OrderRecord, upto: int | None = None) -> int:
        gone = sum(n for number, name, n in self.taken if name == order.id and number <= (upto or number))
        return order.count - gone

    def usable(self) -> list[OrderRecord]:
        return [order for order in self.orders if self.left(order) > 0]

    @precondition(lambda self: self.pressed is None and self.usable())
    @rule(which=st.integers(0, 1))
    def press(self, which: int) -> None:
        usable = self.usable()
        order = usable[which % len(usable)]
        reserve = self.world.reserve(order, self.left(order) - 1)
        self.world.device.event(reserve)
        self.taken.append((self.world.device.number, order.id, 1))
        self.pressed = (reserve.reservation, order)

    @precondition(lambda self: self.pressed is not None)
    @rule(proved=st.booleans())
    def commit(self, proved: bool) -> None:
        assert self.pressed is not None
        reservation, order = self.pressed
        self.world.device.event(Commit(reservation, PRINTED if proved else UNTOUCHED, self.left(order)))
        self.pressed = None

    @precondition(lambda self: self.pressed is not None)
    @rule(clean=st.booleans())
    def abort(self, clean: bool) -> None:
        assert self.pressed is not None
        reservation, order = self.pressed
        number = self.world.device.number + 1
        self.taken.append((number, order.id, -1 if clean else 0))
        sensors = UNTOUCHED if clean else DOUBTFUL
        self.world.device.event(Abort(reservation, Fault.SHUTTER_JAMMED, sensors, self.left(order)))
        self.pressed = None

    @rule(sensors=st.sampled_from([PRINTED, UNTOUCHED, DOUBTFUL, None]))
    def lose_power(self, sensors: Sensors | None) -> None:
        recovery = self.pressed[0] if self.pressed and sensors else ""
        boot = Boot("1.0", self.world.seal.code, "", recovery, sensors if recovery else None)
        self.world.device.event(boot)
        if self.pressed and sensors is UNTOUCHED:
            self.taken.append((self.world.device.number, self.pressed[1].id, -1))
        self.pressed = None

    @rule(start=st.floats(0, 1), length=st.integers(1, 6), worker=st.integers(0, 1))
    def deliver(self, start: float, length: int, worker: int) -> None:
        self._post(self.desks[worker], start, length)

    @rule(starts=st.tuples(st.floats(0, 1), st.floats(0, 1)), length=st.integers(1, 6))
    def deliver_at_once(self, starts: tuple[float, float], length: int) -> None:
        pairs = zip(self.desks, starts, strict=True)
        threads = [threading.Thread(target=self._post, args=(desk, start, length)) for desk, start in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @rule(worker=st.integers(0, 1))
    def deliver_what_is_wanted(self, worker: int) -> None:
        sent, number = self.world.device.sent, self.world.stamp.number
        if sent[number:]:
            receipt = self.desks[worker].receive(self.world.device.serial, sent[number:])
            assert receipt.number == len(sent)

    def _post(self, desk: StampDesk, start: float, length: int) -> None:
        sent = self.world.device.sent
        first = min(int(start * len(sent)), len(sent) - 1)
        desk.receive(self.world.device.serial, sent[first : first + length])

    @invariant()
    def what_is_kept_is_what_arrived(self) -> None:
        if not hasattr(self, "orders"):
            return
        number = self.world.stamp.number
        assert number <= self.world.device.number
        for order in self.orders:
            assert self.world.left(order) == self.left(order, number), f"up to event {number}"

    def teardown(self) -> None:
        if not hasattr(self, "orders"):
            return
        self.deliver_what_is_wanted(0)
        self.world.proved()
        doubts = {alarm.kind.value for alarm in self.world.desk.board.alarms(serial=self.world.device.serial)}
        assert doubts <= {"uncertain_use"}, "an honest device, however badly connected, is never stopped"
        assert self.world.stamp.status.value == "in_service"


@pytest.fixture
def second_engine(database_url: str) -> Iterator[sa.Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


def test_I29_counts_never_drift_from_the_chain(
    engine: sa.Engine, second_engine: sa.Engine, clock: SteppingClock, tmp_path: Path
) -> None:
    Deliveries.world = StampWorld(engine, clock, tmp_path)
    Deliveries.desks = (Deliveries.world.desk, Deliveries.world.worker(second_engine))
    run_state_machine_as_test(
        Deliveries,
        settings=settings(
            max_examples=6,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert len(Deliveries.world.rows(stamp_use)) > 0
