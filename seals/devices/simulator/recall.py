"""What a stamp remembers, read from its own journal: orders taken, what is left of each, the press that is open. Pure.

The stamp counts for itself, by its own rules, and never with the service's code: that both come to the same is what the
scenarios prove.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from seals.devices.events import (
    GENESIS,
    Abort,
    Accept,
    Boot,
    Commit,
    DeviceEvent,
    Locked,
    Picture,
    Refuse,
    Reserve,
    Unlocked,
)
from seals.devices.messages import CancelOrder, Command, GrantOrder, Refusal, UseOrder

_NOT_AN_ORDER = frozenset({Refusal.MALFORMED, Refusal.SIGNATURE, Refusal.WRONG_DEVICE, Refusal.REPLAYED})


@dataclass(slots=True)
class Task:
    """An order or grant that the stamp took, and what is left of it by its own count."""

    id: str
    order: UseOrder | GrantOrder
    expires_at: datetime | None
    left: int

    @property
    def title(self) -> str:
        """What the stamp shows."""
        return self.order.title if isinstance(self.order, UseOrder) else "离线用印"

    @property
    def tail(self) -> str:
        """The last four characters of the case (of the grant, offline), which the stamp shows and its user compares."""
        return (self.order.case if isinstance(self.order, UseOrder) else self.id)[-4:]


@dataclass(slots=True)
class Recall:
    """Everything that follows from the journal so far."""

    number: int = 0
    head: str = GENESIS
    sequence: int = 0
    locked: bool = False
    pressed: Reserve | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    """Digests announced, by press."""
    announced: dict[str, int] = field(default_factory=dict)
    """The event that announced each."""
    answered: dict[str, DeviceEvent] = field(default_factory=dict)
    """The event that says what became of each order."""
    refused: set[tuple[str, Refusal]] = field(default_factory=set)
    owed: Command | None = None
    """A lock or unlock that was accepted, and not carried out before the power went."""
    seal: str = ""
    chip: str = ""
    """The head that was mounted when the stamp last looked."""
    imprints: int = 0
    heads: dict[int, str] = field(default_factory=dict)
    """The digest of each event, by number."""

    def hear(self, event: DeviceEvent, digest: str, command: Command | None) -> None:
        """Take in one event of the journal, with the order that it accepted."""
        self.number, self.head = event.number, digest
        self.heads[event.number] = digest
        body = event.body
        if isinstance(body, Accept | Refuse):
            self.answered[body.command] = event
            if isinstance(body, Refuse):
                self.refused.add((body.command, body.reason))
            self._order(body, command)
        elif isinstance(body, Reserve | Commit | Abort | Boot):
            self._press(body)
        elif isinstance(body, Picture):
            self.pictures[body.reservation] = str(body.digest)
            self.announced[body.reservation] = event.number
        elif isinstance(body, Locked):
            self.locked, self.owed = True, None
        elif isinstance(body, Unlocked):
            self.locked, self.owed = False, None

    def _order(self, body: Accept | Refuse, command: Command | None) -> None:
        if isinstance(body, Accept) or body.reason not in _NOT_AN_ORDER:
            self.sequence = max(self.sequence, body.sequence)
        if command is None or isinstance(body, Refuse):
            return
        if isinstance(command.order, UseOrder | GrantOrder):
            self.tasks[command.id] = Task(command.id, command.order, command.expires_at, command.order.count)
        elif isinstance(command.order, CancelOrder):
            self.tasks.pop(command.order.target, None)
        else:
            self.owed = command

    def _press(self, body: Reserve | Commit | Abort | Boot) -> None:
        if isinstance(body, Reserve):
            self.pressed = body
            self._count(body.command, -1)
            return
        if isinstance(body, Boot):
            self.seal, self.chip = body.seal, body.chip
        pressed, self.pressed = self.pressed, None
        if pressed is None:
            return
        sensors = body.sensors
        if sensors is not None and sensors.printed:
            self.imprints += 1
        elif sensors is not None and sensors.untouched and not isinstance(body, Commit):
            self._count(pressed.command, +1)

    def _count(self, command: str, step: int) -> None:
        if command in self.tasks:
            self.tasks[command].left += step
