"""The soak: many stamps, minutes of accelerated time, faults by a seed; at the end server, stamp and paper are compared.

For each stamp three numbers must be one: what the server counts for its orders, what the chain kept on the server proves
when it is folded afresh with every signature, and the imprints that really exist. A difference is drift, and one is too many.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from api.demo.main_job import KEEPER
from api.stamps.drill.rig import Rig
from api.stamps.drill.world import World
from seals.devices.order_book import GIVING
from seals.devices.simulator.body import MOMENTS
from seals.devices.simulator.errors import PowerLost, PressRefused

TICK_SECONDS: Final = 10
"""Seconds of drill time in one step."""
ORDER_COPIES: Final = 30
"""Copies approved at a time; a stamp that has used them up gets another order."""
Progress = Callable[[str], None]

_WEIGHTS: Final = {
    "press": 30,
    "jam": 4,
    "miss": 4,
    "power": 6,
    "sync": 22,
    "lose network": 4,
    "find network": 8,
    "restart": 3,
    "late pictures": 4,
    "lie": 2,
    "rest": 13,
}
"""How often each thing happens to a stamp in a step, in parts of a hundred."""


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How many stamps, how many minutes of drill time, how much faster than life (0: as fast as it goes), which seed."""

    stamps: int = 50
    minutes: float = 10
    speed: float = 0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Drift:
    """One stamp at the end: its three counts, and what is wrong with its chain."""

    stamp: str
    server: int
    chain: int
    paper: int
    left_server: int
    left_stamp: int
    events: int
    differences: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Tell whether all agree."""
        agree = self.server == self.chain == self.paper and self.left_server == self.left_stamp
        return agree and not self.differences


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What the soak came to."""

    plan: SoakPlan
    rows: tuple[Drift, ...]
    happened: dict[str, int]
    seconds: float

    @property
    def passed(self) -> bool:
        """Tell whether no stamp drifted."""
        return all(row.none for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return the members that ``--json`` prints."""
        drifted = [row.stamp for row in self.rows if not row.none]
        return {
            "name": "soak",
            "expected": {"stamps": self.plan.stamps, "drift": 0},
            "reached": {"stamps": len(self.rows), "drift": len(drifted)},
            "passed": self.passed,
            "minutes": self.plan.minutes,
            "seed": self.plan.seed,
            "uses": sum(row.server for row in self.rows),
            "events": sum(row.events for row in self.rows),
            "happened": self.happened,
            "seconds": round(self.seconds, 1),
            "drifted": drifted,
        }


@dataclass(slots=True)
class Soak:
    """One soak over a world of its own."""

    world: World
    plan: SoakPlan
    progress: Progress
    happened: Counter[str] = field(default_factory=Counter)

    def run(self) -> SoakReport:
        """Set the stamps up, let time pass, bring everybody home, compare."""
        began, chance = time.monotonic(), random.Random(self.plan.seed)  # noqa: S311 - faults, no secrets
        for number in range(self.plan.stamps):
            self.world.order(self.world.stamp(), ORDER_COPIES)
            if number % 10 == 9:
                self.progress(f"{number + 1} / {self.plan.stamps} 台就绪 / stamps ready")
        steps = int(self.plan.minutes * 60 / TICK_SECONDS)
        for step in range(steps):
            self._step(chance)
            self._keep_pace(began, step)
            if (step + 1) % max(1, steps // 10) == 0:
                pressed = self.happened["press"]
                self.progress(f"{(step + 1) * 100 // steps} %：{pressed} 次按键 / presses")
        self._bring_home()
        rows = tuple(self._drift(rig) for rig in self.world.rigs)
        return SoakReport(self.plan, rows, dict(self.happened), time.monotonic() - began)

    def _step(self, chance: random.Random) -> None:
        names, weights = tuple(_WEIGHTS), tuple(_WEIGHTS.values())
        for rig in self.world.rigs:
            what = chance.choices(names, weights)[0]
            self.happened[what] += 1
            self._do(rig, what, chance)
        self.world.wait(seconds=TICK_SECONDS)

    def _do(self, rig: Rig, what: str, chance: random.Random) -> None:
        parts = rig.parts
        parts.shutter_jams, parts.head_misses = what == "jam", what == "miss"
        if what in ("press", "jam", "miss", "power"):
            parts.power_goes = chance.choice(MOMENTS) if what == "power" else ""
            self._press(rig)
        elif what == "lie":
            rig.tricks.claims = 1
            self._press(rig)
            rig.tricks.claims = 0
        elif what in ("lose network", "find network"):
            rig.online = what == "find network"
        elif what == "restart":
            rig.off()
        elif what in ("sync", "late pictures"):
            rig.sync(pictures=what == "sync")

    def _press(self, rig: Rig) -> None:
        tasks = rig.stamp.tasks()
        if not tasks:
            if rig.online:
                self.world.order(rig, ORDER_COPIES)
            return
        try:
            rig.stamp.press(KEEPER.id, tasks[0])
        except PowerLost:
            rig.off()
        except PressRefused:
            self.happened["stayed shut"] += 1

    def _keep_pace(self, began: float, step: int) -> None:
        if self.plan.speed > 0:
            due = began + (step + 1) * TICK_SECONDS / self.plan.speed
            time.sleep(max(0.0, due - time.monotonic()))

    def _bring_home(self) -> None:
        self.progress("全部联网同步 / everybody comes online")
        for rig in self.world.rigs:
            rig.online, rig.parts.power_goes = True, ""
            rig.off()
            rig.sync()
        self.world.wait(seconds=TICK_SECONDS)

    def _drift(self, rig: Rig) -> Drift:
        stamps, serial = self.world.ground.services.stamps, rig.stamp.serial
        orders = [one for one in stamps.orders.of_stamp(serial) if one.kind.value in GIVING]
        proof = stamps.board.prove(serial)
        return Drift(
            stamp=serial,
            server=sum(order.tally.used for order in orders),
            chain=sum(tally.used for _, tally in proof.tallies),
            paper=rig.paper(),
            left_server=sum(order.left for order in orders),
            left_stamp=sum(task.left for task in rig.stamp.recall.tasks.values()),
            events=proof.events,
            differences=proof.differences,
        )
