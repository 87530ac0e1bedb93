"""The parts of a stamp that are no computer: shutter, motor, head, latches, camera, door, battery, compass, clock.

They are fakes that fail as the real ones do: each has a switch that a script turns. The latches are the exception to
forgetting: mechanical, they keep through a loss of power whether the shutter opened and how hard the head pressed since
they were last set back. One line of theirs *is* the imprint: what they recorded is what is on paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ca.clock import Clock
from seals.devices.events import LEAST_IMPRESSION, Sensors
from seals.devices.simulator.errors import PowerLost
from seals.devices.simulator.journal import Journal
from seals.devices.wire import Position

FIRM: Final = 18_000
"""What the head presses with, in millinewtons."""
AFTER_RESERVE: Final = "after_reserve"
AFTER_SHUTTER: Final = "after_shutter"
AFTER_PRINT: Final = "after_print"
AFTER_COMMIT: Final = "after_commit"
MOMENTS: Final = (AFTER_RESERVE, AFTER_SHUTTER, AFTER_PRINT, AFTER_COMMIT)
"""When a script can take the power away."""


@dataclass(frozen=True, slots=True)
class Head:
    """A seal head: the 14-digit code of its seal and the serial number of the chip in it; empty codes: no head."""

    seal: str = ""
    chip: str = ""


@dataclass(slots=True)
class Parts:
    """The switches that a script turns; as they stand, everything works."""

    head: Head = field(default_factory=Head)
    shutter_jams: bool = False
    head_misses: bool = False
    """The motor runs and the head does not reach the paper."""
    camera_works: bool = True
    where: Position | None = None
    battery: int = 90
    clock_off: timedelta = timedelta(0)
    """How far the stamp's own clock is from the right time."""
    power_goes: str = ""
    """At which of :data:`MOMENTS` the power goes, once."""


class Body:
    """Drives the parts and reads the latches."""

    def __init__(self, parts: Parts, latches: Journal, clock: Clock) -> None:
        self.parts = parts
        self._latches = latches
        self._clock = clock

    def now(self) -> datetime:
        """Read the stamp's own clock."""
        return self._clock() + self.parts.clock_off

    def set_clock(self, to: datetime) -> None:
        """Set it."""
        self.parts.clock_off = to - self._clock()

    def set_latches_back(self, reservation: str) -> None:
        """Free the latches for a new press."""
        self._latches.append("reset", reservation)

    def open_shutter(self) -> bool:
        """Open the shutter; false if it jams."""
        if self.parts.shutter_jams:
            return False
        self._latches.append("shutter", 1)
        return True

    def press(self) -> None:
        """Run the motor: the head comes down on the paper, or misses it."""
        self._latches.append("impression", 0 if self.parts.head_misses else FIRM)

    def read_latches(self) -> tuple[str, Sensors]:
        """Return the press for which the latches were last set back, and what they recorded since."""
        reservation, shutter, impression = "", False, 0
        for name, value in self._latches.lines():
            if name == "reset":
                reservation, shutter, impression = str(value), False, 0
            elif name == "shutter":
                shutter = True
            else:
                impression = max(impression, int(value))
        return reservation, Sensors(shutter, impression)

    def imprints(self) -> tuple[str, ...]:
        """Return the presses that are really on paper, which no firmware can know or change."""
        found, reservation = [], ""
        for name, value in self._latches.lines():
            if name == "reset":
                reservation = str(value)
            elif name == "impression" and int(value) >= LEAST_IMPRESSION:
                found.append(reservation)
        return tuple(found)

    def moment(self, name: str) -> None:
        """Pass a moment at which the power may go: :class:`PowerLost` if the script wants it now."""
        if self.parts.power_goes == name:
            self.parts.power_goes = ""
            raise PowerLost(name)
