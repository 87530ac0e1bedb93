"""Smart stamps: events a second through the intake, on SQLite and PostgreSQL, against bare INSERTs of the same rows.

The events are signed beforehand. Ours checks each signature and the chain, judges, counts, tells the case and writes the
trail; the floor writes the rows of events and uses that this leaves, in as many transactions, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from benchmarks._postgres import database, server
from benchmarks.harness import Row
from benchmarks.installation import folder

if TYPE_CHECKING:
    from tests.stamp_desk_world import StampWorld

NAME = "stamps"
FULL, QUICK = 300, 30
"""Presses in a sample; each is three events: reserve, commit, picture."""
ROUNDS = 3


def run(quick: bool) -> Iterable[Row]:
    """Feed one stamp's events, one at a time and fifty at a time, into either database."""
    presses = QUICK if quick else FULL
    with folder() as place:
        yield from _database(place, f"sqlite:///{place / 'stamps.db'}", "SQLite", presses)
        with server(place) as url:
            if url is None:
                return
            with database(url) as address:
                yield from _database(place, address, "PostgreSQL", presses)


def _database(place: Path, url: str, where: str, presses: int) -> Iterator[Row]:
    from api.database.engine import make_engine
    from api.database.schema import METADATA
    from tests.conftest import SteppingClock
    from tests.stamp_desk_world import StampWorld

    engine = make_engine(url)
    for metadata in METADATA:
        metadata.create_all(engine)
    world = StampWorld(engine, SteppingClock(), place)
    try:
        for size in (1, 50):
            samples = tuple(_sample(world, presses, size) for _ in range(ROUNDS))
            name = f"stamps: {size} event{'s' if size > 1 else ''} a delivery, {where}"
            note = "signatures, chain, counts, case and trail against the rows of events and uses alone"
            yield Row(name, "events/s", "bare INSERTs", samples, note=note)
    finally:
        engine.dispose()


def _sample(world: StampWorld, presses: int, size: int) -> tuple[float, float]:
    before = world.device.number
    texts = list(_signed(world, presses))
    ours = _per_second(len(texts), partial(_feed, world, texts, size))
    assert world.stamp.number == world.device.number
    rows = _rows(world, before + 1)
    return ours, _per_second(len(texts), partial(_insert, world.engine, rows, size))


def feed(world: StampWorld, presses: int, size: int = 50) -> float:
    """Return the events a second of ``presses`` uses delivered ``size`` events at a time: the hook for other drivers."""
    texts = list(_signed(world, presses))
    return _per_second(len(texts), partial(_feed, world, texts, size))


def _signed(world: StampWorld, presses: int) -> Iterator[str]:
    from seals.devices.events import Commit, Picture
    from tests.stamp_desk_world import DOCUMENT, PRINTED

    order = world.order(copies=presses)
    for left in range(presses - 1, -1, -1):
        reserve = world.reserve(order, left)
        for body in (
            reserve,
            Commit(reserve.reservation, PRINTED, left),
            Picture(reserve.reservation, DOCUMENT, 9),
        ):
            yield world.device.event(body)


def _feed(world: StampWorld, texts: Sequence[str], size: int) -> None:
    for start in range(0, len(texts), size):
        world.post(*texts[start : start + size])


def _rows(world: StampWorld, first: int) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Return the rows that the delivery left, under another stamp's name, in the order of events."""
    from seals.devices.store import stamp_event, stamp_use

    other = world.register(f"YXF-{first:06}").serial
    with world.engine.connect() as conn:
        found = {
            table.name: [
                {**row, "serial": other}
                for row in conn.execute(
                    sa.select(table).where(table.c.serial == world.device.serial, table.c.number >= first)
                ).mappings()
            ]
            for table in (stamp_event, stamp_use)
        }
    uses = {row["number"]: row for row in found["stamp_use"]}
    return [(row, uses.get(row["number"])) for row in found["stamp_event"]]


def _insert(
    engine: sa.Engine, rows: Sequence[tuple[dict[str, Any], dict[str, Any] | None]], size: int
) -> None:
    from seals.devices.store import stamp_event, stamp_use

    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        with engine.begin() as conn:
            conn.execute(stamp_event.insert(), [event for event, _ in part])
            uses = [use for _, use in part if use is not None]
            if uses:
                conn.execute(stamp_use.insert(), uses)


def _per_second(count: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)
