"""The chain of a stamp's events, and what it proves: what was used, what is open, what came back. Pure.

Only the chain counts. ``left`` of an order is what the service allowed less every press of it that is not proved
unused; the number that a stamp sends is compared with it and never taken for it. The desk and :func:`fold` judge each
event by the same :func:`effect`, so what the database keeps can be proved from the events kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from seals.devices.errors import MessageInvalid
from seals.devices.events import (
    GENESIS,
    Abort,
    Accept,
    Boot,
    Commit,
    DeviceEvent,
    Locked,
    Refuse,
    Reserve,
    SignedEvent,
    Unlocked,
)
from seals.devices.messages import Refusal
from seals.devices.state import UseStatus


class ChainFault(StrEnum):
    """What is wrong with the order of events, though each is well signed."""

    GAP = "gap"
    FORK = "fork"
    ROLLBACK = "rollback"


class Oddity(StrEnum):
    """What is wrong with a press, though the chain is whole."""

    UNKNOWN_PRESS = "unknown_press"
    PRESSED_TWICE = "pressed_twice"
    UNPROVED_COMMIT = "unproved_commit"
    DOUBTFUL_ABORT = "doubtful_abort"
    NO_RECOVERY = "no_recovery"
    DOUBTFUL_RECOVERY = "doubtful_recovery"


@dataclass(frozen=True, slots=True)
class Press:
    """A press of the button that has no outcome yet."""

    reservation: str
    command: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How often an order was pressed, by what became of it."""

    open: int = 0
    used: int = 0
    uncertain: int = 0
    returned: int = 0

    @property
    def taken(self) -> int:
        """What is gone from the count allowed: everything but what is proved unused."""
        return self.open + self.used + self.uncertain

    def moved(self, before: UseStatus | None, after: UseStatus) -> Tally:
        """Return the tally with one press moved (or new, without ``before``)."""
        counts = {after.value: getattr(self, after.value) + 1}
        if before is not None:
            counts[before.value] = getattr(self, before.value) - 1
        return replace(self, **counts)


@dataclass(frozen=True, slots=True)
class Settled:
    """What an event makes of an earlier press."""

    press: Press
    status: UseStatus


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event does to the counts: presses settled, a press begun, and what is odd about it."""

    settled: Settled | None = None
    begun: Press | None = None
    oddities: tuple[Oddity, ...] = ()


NOTHING = Effect()


def effect(event: DeviceEvent, pressed: Press | None) -> Effect:
    """Judge what an event does, given the press that is open (a stamp has one head, so there is at most one).

    What is in doubt counts as used: an imprint may be on paper. A press is given back only when the latches say that
    the head touched nothing.
    """
    body = event.body
    if isinstance(body, Reserve):
        return _reserve(body, pressed)
    if isinstance(body, Commit):
        return _settle(body.reservation, pressed, _committed(body))
    if isinstance(body, Abort):
        return _settle(body.reservation, pressed, _aborted(body))
    return _boot(body, pressed) if isinstance(body, Boot) else NOTHING


def _reserve(body: Reserve, pressed: Press | None) -> Effect:
    begun = Press(body.reservation, body.command)
    if pressed is None:
        return Effect(begun=begun)
    return Effect(Settled(pressed, UseStatus.UNCERTAIN), begun, (Oddity.PRESSED_TWICE,))


def _settle(reservation: str, pressed: Press | None, outcome: tuple[UseStatus, tuple[Oddity, ...]]) -> Effect:
    if pressed is None or pressed.reservation != reservation:
        return Effect(oddities=(Oddity.UNKNOWN_PRESS,))
    status, oddities = outcome
    return Effect(Settled(pressed, status), oddities=oddities)


def _committed(body: Commit) -> tuple[UseStatus, tuple[Oddity, ...]]:
    if body.sensors.printed:
        return UseStatus.USED, ()
    return UseStatus.UNCERTAIN, (Oddity.UNPROVED_COMMIT,)


def _aborted(body: Abort) -> tuple[UseStatus, tuple[Oddity, ...]]:
    if body.sensors.untouched:
        return UseStatus.RETURNED, ()
    return UseStatus.UNCERTAIN, (Oddity.DOUBTFUL_ABORT,)


def _boot(body: Boot, pressed: Press | None) -> Effect:
    """Settle what a loss of power left open by what the latches kept; without a record it counts as used."""
    if pressed is None:
        return Effect(oddities=(Oddity.UNKNOWN_PRESS,)) if body.recovery else NOTHING
    if body.recovery != pressed.reservation or body.sensors is None:
        return Effect(Settled(pressed, UseStatus.UNCERTAIN), oddities=(Oddity.NO_RECOVERY,))
    if body.sensors.printed:
        return Effect(Settled(pressed, UseStatus.USED))
    if body.sensors.untouched:
        return Effect(Settled(pressed, UseStatus.RETURNED))
    return Effect(Settled(pressed, UseStatus.UNCERTAIN), oddities=(Oddity.DOUBTFUL_RECOVERY,))


@dataclass(frozen=True, slots=True)
class ChainState:
    """What a chain proves up to ``number``; ``tallies`` by the id of the order or grant."""

    device: str
    number: int = 0
    head: str = GENESIS
    sequence: int = 0
    locked: bool = False
    pressed: Press | None = None
    tallies: Mapping[str, Tally] = field(default_factory=lambda: MappingProxyType({}))
    oddities: tuple[tuple[int, Oddity], ...] = ()

    def left(self, command: str, allowed: int) -> int:
        """Return what is left of an order that allows ``allowed`` uses."""
        return allowed - self.tallies.get(command, Tally()).taken


class ChainBroken(MessageInvalid):
    """An event does not continue the chain; ``fault`` says how."""

    zh = "设备事件链不连续，已停用该设备。"
    en = "The chain of the stamp's events is broken; the stamp was stopped."

    def __init__(self, fault: ChainFault, number: int) -> None:
        super().__init__(f"{fault} at event {number}")
        self.fault, self.number = fault, number


def continues(event: SignedEvent, number: int, head: str) -> bool:
    """Tell whether the event is the next one after ``number`` with digest ``head``; :class:`ChainBroken` for a gap or fork.

    False means that its number is already taken: the caller compares digests (the same event again, or a rollback).
    """
    if event.event.number <= number:
        return False
    if event.event.number > number + 1:
        raise ChainBroken(ChainFault.GAP, event.event.number)
    if event.event.previous != head:
        raise ChainBroken(ChainFault.FORK, event.event.number)
    return True


def fold(events: Iterable[SignedEvent], device: str) -> ChainState:
    """Read a whole chain from its first event; :class:`ChainBroken` where it is not one."""
    state, tallies, oddities = ChainState(device), dict[str, Tally](), list[tuple[int, Oddity]]()
    for each in events:
        event = each.event
        if event.device != device:
            raise MessageInvalid("another stamp's", "event.device")
        if not continues(each, state.number, state.head):
            raise ChainBroken(ChainFault.ROLLBACK, event.number)
        done = effect(event, state.pressed)
        pressed = state.pressed
        if done.settled is not None:
            command = done.settled.press.command
            tallies[command] = tallies[command].moved(UseStatus.OPEN, done.settled.status)
            pressed = None
        if done.begun is not None:
            found = tallies.get(done.begun.command, Tally())
            tallies[done.begun.command] = found.moved(None, UseStatus.OPEN)
            pressed = done.begun
        oddities += [(event.number, oddity) for oddity in done.oddities]
        state = replace(
            state,
            number=event.number,
            head=str(each.digest),
            sequence=max(state.sequence, sequence_of(event)),
            locked=locked_after(event, locked=state.locked),
            pressed=pressed,
        )
    return replace(state, tallies=MappingProxyType(tallies), oddities=tuple(oddities))


_NOT_OURS = frozenset({Refusal.MALFORMED, Refusal.SIGNATURE, Refusal.WRONG_DEVICE, Refusal.REPLAYED})
"""Refusals of what was no authentic order for this stamp: they move no sequence."""


def sequence_of(event: DeviceEvent) -> int:
    """Return the sequence of the order that the event is about, 0 if it is about none of ours."""
    body = event.body
    if isinstance(body, Accept):
        return body.sequence
    return body.sequence if isinstance(body, Refuse) and body.reason not in _NOT_OURS else 0


def locked_after(event: DeviceEvent, *, locked: bool) -> bool:
    """Tell whether the stamp says that it is locked after the event."""
    if isinstance(event.body, Locked):
        return True
    return False if isinstance(event.body, Unlocked) else locked
