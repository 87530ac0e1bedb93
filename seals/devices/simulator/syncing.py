"""How a stamp speaks with the service: events first, then orders, then pictures; everything may be sent twice.

What the service has is told by its signed answer alone. An answer about a chain that is not this stamp's own means that
somebody else speaks for it, or that its memory is older than the service's: then it locks itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from seals.devices.errors import MessageSignatureInvalid
from seals.devices.events import ClockSet, Locked
from seals.devices.messages import Answer, parse_answer
from seals.devices.simulator.errors import LineRefused
from seals.devices.simulator.firmware import Stamp, command_of
from seals.devices.simulator.journal import random_id
from seals.devices.simulator.line import Line
from seals.devices.trust import signer_of

BATCH: Final = 50
"""Events in one delivery: about 100 KiB, which a weak connection carries in seconds."""
CLOCK_TOLERANCE: Final = timedelta(seconds=30)
"""How far the stamp's clock may be from the service's before it sets it."""
DUPLICATES: Final = timedelta(minutes=10)
"""How long after an order was answered the line may still bring it again by itself."""
FOREIGN_CHAIN: Final = "foreign chain"


@dataclass(frozen=True, slots=True)
class Synced:
    """What one round did: events and pictures handed over, orders taken."""

    events: int
    commands: int
    pictures: int


def sync(stamp: Stamp, line: Line, *, pictures: bool = True) -> Synced:
    """Speak with the service once. Raises what the line raises; what was done until then stays done."""
    set_clock(stamp, line)
    events, commands = deliver(stamp, line), 0
    for jws in line.commands():
        if not _duplicate(stamp, jws):
            stamp.take(jws)
            commands += 1
    events += deliver(stamp, line)
    return Synced(events, commands, hand_over_pictures(stamp, line) if pictures else 0)


def _duplicate(stamp: Stamp, jws: str) -> bool:
    """Tell whether the line brings again what was just answered: a transport that delivers at least once does so.

    Such an order is passed over, neither obeyed nor recorded. Later than that it is a recording played back, and refused
    on record.
    """
    command = command_of(jws)
    answered = None if command is None else stamp.recall.answered.get(command.id)
    if answered is None:
        return False
    return answered.number > stamp.memory.acked or stamp.body.now() - answered.at < DUPLICATES


def set_clock(stamp: Stamp, line: Line) -> None:
    """Ask the time and set the stamp's clock where it is wrong, on record."""
    nonce = random_id()
    answer = _believed(stamp, line.time(nonce), nonce)
    was = stamp.body.now()
    if abs(answer.time - was) > CLOCK_TOLERANCE:
        stamp.body.set_clock(answer.time)
        stamp.note(ClockSet(was))


def deliver(stamp: Stamp, line: Line) -> int:
    """Hand over every event that the service does not have; return how many."""
    done = 0
    while True:
        texts = stamp.memory.events_after(stamp.memory.acked, BATCH)
        sent = tuple(
            text
            for number, text in enumerate(texts, stamp.memory.acked + 1)
            if number not in stamp.tricks.withholds
        )
        if not sent:
            return done
        nonce = random_id()
        answer = _believed(stamp, line.events(sent, nonce), nonce)
        _own_chain(stamp, answer)
        if answer.number <= stamp.memory.acked:
            return done
        done += answer.number - stamp.memory.acked
        stamp.memory.keep_acked(answer.number)


def hand_over_pictures(stamp: Stamp, line: Line) -> int:
    """Hand over every picture that waits and that the service knows of; return how many."""
    done = 0
    for reservation, data in stamp.memory.pictures():
        if stamp.recall.announced[reservation] > stamp.memory.acked:
            break
        line.picture(stamp.recall.pictures[reservation], data)
        stamp.memory.picture_handed_over(reservation)
        done += 1
    return done


def _believed(stamp: Stamp, jws: str, nonce: str) -> Answer:
    """Judge an answer: the service's signature, this stamp, this question."""
    answer, signed = parse_answer(jws)
    signer_of(signed, stamp.memory.plate.trust, answer.time)
    if answer.device != stamp.serial or answer.nonce != nonce:
        raise MessageSignatureInvalid("an answer to another question")
    return answer


def _own_chain(stamp: Stamp, answer: Answer) -> None:
    """Stop where the service's chain is not our own: one of the two is a copy, or was set back."""
    if answer.number == 0 or stamp.recall.heads.get(answer.number) == answer.head:
        return
    if not stamp.recall.locked:
        stamp.note(Locked("", FOREIGN_CHAIN))
    raise LineRefused(
        "foreign-chain",
        "服务端的事件链与本机不一致，设备已自锁。",
        "its chain of events is not this stamp's; the stamp locked itself.",
    )
