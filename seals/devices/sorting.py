"""Holding a delivery against the chain on record: what is new, what was here already, what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import sqlalchemy as sa

from seals.devices.chain import ChainBroken, ChainFault, continues
from seals.devices.errors import MessageInvalid
from seals.devices.events import SignedEvent
from seals.devices.stamp import Stamp
from seals.devices.store import stamp_event

_E: Final = stamp_event.c


@dataclass(frozen=True, slots=True)
class Sorted:
    """A delivery against the chain: what is new in order, what was here, what does not fit."""

    fresh: tuple[SignedEvent, ...]
    repeated: int
    broken: ChainFault | None
    culprit: SignedEvent | None
    ahead: bool


def sort_out(conn: sa.Connection, held: Stamp, events: Sequence[SignedEvent]) -> Sorted:
    """Hold a delivery against the chain: what was here, what continues it, and the first thing that does not fit."""
    for one, other in pairwise(events):
        if other.event.number != one.event.number + 1:
            return _internal(conn, held, events)
    return _run(conn, held, events)


def _internal(conn: sa.Connection, held: Stamp, events: Sequence[SignedEvent]) -> Sorted:
    """Read a delivery with a hole in itself: a stamp sends its chain in order, so the hole is in the chain."""
    whole: list[SignedEvent] = []
    for each in events:
        if whole and each.event.number > whole[-1].event.number + 1:
            found = _run(conn, held, whole)
            broken = found.broken or ChainFault.GAP
            return Sorted(found.fresh, found.repeated, broken, found.culprit or each, ahead=False)
        if whole and each.event.number <= whole[-1].event.number:
            if not _contradicted(each, whole):
                raise MessageInvalid("not in the order of their numbers", "events")
            found = _run(conn, held, whole)
            broken = found.broken or ChainFault.ROLLBACK
            return Sorted(found.fresh, found.repeated, broken, found.culprit or each, ahead=False)
        whole.append(each)
    return _run(conn, held, whole)


def _contradicted(event: SignedEvent, others: Sequence[SignedEvent]) -> bool:
    """Tell whether another event has this one's number: the stamp signed both."""
    return any(
        one.event.number == event.event.number and str(one.digest) != str(event.digest) for one in others
    )


def _run(conn: sa.Connection, held: Stamp, events: Sequence[SignedEvent]) -> Sorted:
    number, head = held.number, held.head
    old = [each.event.number for each in events if each.event.number <= number]
    digests = _digests(conn, held.serial, old)
    fresh: list[SignedEvent] = []
    repeated = 0
    for each in events:
        try:
            if continues(each, number, head):
                fresh.append(each)
                number, head = each.event.number, str(each.digest)
                continue
        except ChainBroken as broken:
            if broken.fault is ChainFault.GAP:
                return Sorted(tuple(fresh), repeated, None, None, ahead=True)
            return Sorted(tuple(fresh), repeated, broken.fault, each, ahead=False)
        if digests.get(each.event.number) != str(each.digest):
            return Sorted(tuple(fresh), repeated, ChainFault.ROLLBACK, each, ahead=False)
        repeated += 1
    return Sorted(tuple(fresh), repeated, None, None, ahead=False)


def _digests(conn: sa.Connection, serial: str, numbers: list[int]) -> dict[int, str]:
    if not numbers:
        return {}
    query = sa.select(_E.number, _E.digest).where(
        _E.serial == serial, _E.number.between(min(numbers), max(numbers))
    )
    return {row.number: row.digest for row in conn.execute(query)}
