"""A simulated stamp of a drill with its line, its switch and its truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from api.stamps.drill.clock import DrillClock
from seals.devices.simulator.body import Parts
from seals.devices.simulator.errors import LineDown, LineRefused, PowerLost
from seals.devices.simulator.firmware import Stamp, Tricks
from seals.devices.simulator.line import Line
from seals.devices.simulator.memory import Memory
from seals.devices.simulator.syncing import Synced, sync


class HeldLine(Line, Protocol):
    """A line that can be hung up."""

    def close(self) -> None:
        """Hang up."""


Dial = Callable[[Stamp], HeldLine]


@dataclass(slots=True)
class Rig:
    """One stamp in its folder; ``online`` is the switch of its network."""

    folder: Path
    clock: DrillClock
    dial: Dial
    parts: Parts
    tricks: Tricks = field(default_factory=Tricks)
    online: bool = True
    _stamp: Stamp | None = None
    _line: HeldLine | None = None

    @property
    def stamp(self) -> Stamp:
        """The stamp, switched on and booted if it was off."""
        if self._stamp is None:
            made = Stamp(Memory(self.folder), self.parts, self.clock, tricks=self.tricks)
            made.boot()
            self._stamp = made
        return self._stamp

    def off(self) -> None:
        """Take the power away; what is in its memory stays."""
        if self._line is not None:
            self._line.close()
        if self._stamp is not None:
            self._stamp.memory.close()
        self._stamp = self._line = None

    def sync(self, *, pictures: bool = True) -> Synced | None:
        """Speak with the service; nothing without a network."""
        if not self.online:
            return None
        stamp = self.stamp
        if self._line is None:
            self._line = self.dial(stamp)
        try:
            return sync(stamp, self._line, pictures=pictures)
        except LineDown:
            return None

    def turned_away(self) -> bool:
        """Speak with the service; tell whether it refused this stamp, or its chain."""
        try:
            self.sync()
        except LineRefused:
            return True
        return False

    def press(self, operator: str, number: int = 0) -> bool:
        """Use the task shown in that place of the display; true if the power stayed."""
        task = self.stamp.tasks()[number]
        try:
            self.stamp.press(operator, task)
        except PowerLost:
            self.off()
            return False
        return True

    def paper(self) -> int:
        """Return how many imprints there really are, which only the world knows."""
        return len(self.stamp.body.imprints())
