"""A scenario and the end that it must reach on the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.stamps.drill.world import World


@dataclass(frozen=True, slots=True)
class End:
    """How things stand on the server when a scenario is over; ``paper`` is the number of imprints that really exist.

    ``left`` is that of the first order or grant (-1: none was made), the uses are those of the first stamp by what became
    of them, ``alarms`` the kinds raised, sorted.
    """

    stamp: str = "in_service"
    seal: str = "active"
    left: int = 0
    used: int = 0
    returned: int = 0
    uncertain: int = 0
    open: int = 0
    pictures: str = ""
    case: str = ""
    alarms: tuple[str, ...] = ()
    paper: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the members."""
        return asdict(self) | {"alarms": list(self.alarms)}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name, what happens in a sentence of each language, the end expected, and the play."""

    name: str
    zh: str
    en: str
    expected: End
    play: Callable[[World], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scenario came to; ``fault`` is set where it could not be played to its end."""

    scenario: Scenario
    reached: End
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the end is the one expected."""
        return not self.fault and self.reached == self.scenario.expected

    def to_json(self) -> dict[str, Any]:
        """Return the line that ``--json`` prints."""
        return {
            "name": self.scenario.name,
            "expected": self.scenario.expected.to_json(),
            "reached": self.reached.to_json(),
            "passed": self.passed,
            **({"fault": self.fault} if self.fault else {}),
        }

    def differences(self) -> tuple[str, ...]:
        """Say which members differ, for the table."""
        want, got = self.scenario.expected.to_json(), self.reached.to_json()
        return tuple(f"{name}: {want[name]} → {got[name]}" for name in want if want[name] != got[name])
