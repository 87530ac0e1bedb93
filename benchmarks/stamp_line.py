"""Events of smart stamps through a real broker to a committed row, against consumers that do less with the same messages.

The same signed events travel over the same Mosquitto with mutual TLS, from as many stamps, each waiting for its reply. Ours
checks every signature and the chain, counts, writes the trail and answers with a signature of its own; one peer only
replies, the other inserts one bare row for each event and commits.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from benchmarks._postgres import database, server
from benchmarks.harness import Row, compare
from benchmarks.installation import folder

if TYPE_CHECKING:
    from api.stamps.drill.founding import Ground
    from api.stamps.mosquitto import RunningBroker
    from api.stamps.mqtt_line import MqttLine
    from seals.devices.simulator.firmware import Stamp

NAME = "stamp-line"
STAMPS = 8
_META = sa.MetaData()
BARE = sa.Table(
    "bench_bare_event",
    _META,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
)


def run(quick: bool) -> Iterable[Row]:
    """Measure single events, then deliveries of twenty."""
    from api.stamps.drill.founding import founded
    from api.stamps.errors import BrokerMissing
    from api.stamps.mosquitto import find_mosquitto, own_broker
    from ca.actor import SYSTEM

    try:
        find_mosquitto()
    except BrokerMissing:
        return
    with folder() as place, server(place) as url:
        if url is None:
            return
        with (
            database(url) as database_url,
            founded(place, database_url, lambda _line: None) as ground,
            own_broker(ground.services, place / "broker", actor=SYSTEM) as broker,
        ):
            _META.create_all(ground.services.engine)
            with _fleet(ground, broker) as fleet:
                rounds = 3 if quick else 7
                for size, count in ((1, 12 if quick else 40), (20, 4 if quick else 12)):
                    yield from _rows(Bench(ground, broker, fleet, size, count), rounds)


@dataclass(frozen=True)
class Sender:
    """One stamp with its line."""

    stamp: Stamp
    line: MqttLine

    def report(self, events: int) -> tuple[str, ...]:
        """Put ``events`` on the stamp's own chain; return them as signed."""
        before = self.stamp.recall.number
        for _ in range(events):
            self.stamp.report_battery()
        return self.stamp.memory.events_after(before, events)


@dataclass(frozen=True)
class Bench:
    """A fleet, and how it reports: ``count`` deliveries of ``size`` events by each stamp in one sample."""

    ground: Ground
    broker: RunningBroker
    fleet: tuple[Sender, ...]
    size: int
    count: int

    def ours(self) -> float:
        """Deliver to the desk through the link."""
        from api.stamps.link import StampLink

        services = self.ground.services
        link = StampLink(services.stamps, self.ground.clock, self.broker.link, self.broker.url)
        link.start(wait=True)
        try:
            return self._timed()
        finally:
            link.stop()

    def bare(self, keep: Callable[[str, list[str]], None]) -> Callable[[], float]:
        """Return a measure of the same with a consumer that calls ``keep`` and replies."""
        return lambda: self._with_consumer(keep)

    def _with_consumer(self, keep: Callable[[str, list[str]], None]) -> float:
        """Measure, then let the desk have the events after all, so that the chain goes on."""
        from api.stamps.client import Address, MqttClient
        from api.stamps.link import LINK_NAME
        from api.stamps.topics import PRODUCT, Message, event_topic, parse_topic, read_message, write_message

        def heard(topic: str, body: bytes, acknowledge: Callable[[], None]) -> None:
            where, asked = parse_topic(topic), read_message(body)
            keep(topic, asked.params["events"])
            reply = write_message(Message(asked.id, asked.time, {"answer": ""}, 200))
            client.publish(event_topic(where.serial, where.name, "post_reply"), reply)
            acknowledge()

        client = MqttClient(
            LINK_NAME, self.broker.link, (f"/sys/{PRODUCT}/+/event/+/post",), heard, lasting=True
        )
        client.start(Address.of(self.broker.url))
        try:
            return self._timed(catch_up=True)
        finally:
            client.stop()

    def _timed(self, *, catch_up: bool = False) -> float:
        """Return events a second, from the first delivery sent to the last reply."""
        signed = [sender.report(self.size * self.count) for sender in self.fleet]
        threads = [
            threading.Thread(target=_send, args=(sender.line, texts, self.size))
            for sender, texts in zip(self.fleet, signed, strict=True)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - began
        if catch_up:
            for sender, texts in zip(self.fleet, signed, strict=True):
                for batch in _cut(texts):
                    self.ground.services.stamps.receive(sender.stamp.serial, list(batch))
        return len(self.fleet) * self.size * self.count / elapsed


def _cut(texts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(texts), 200):
        yield texts[start : start + 200]


def _send(line: MqttLine, texts: tuple[str, ...], size: int) -> None:
    for number, start in enumerate(range(0, len(texts), size)):
        line.events(texts[start : start + size], f"n{number}")


@contextmanager
def _fleet(ground: Ground, broker: RunningBroker) -> Iterator[tuple[Sender, ...]]:
    from api.stamps.broker import authorities_pem
    from api.stamps.desk_line import DeskLine
    from api.stamps.drill.run import device_credentials
    from api.stamps.drill.world import World
    from api.stamps.mqtt_line import MqttLine

    world = World(ground, lambda stamp: DeskLine(ground.services.stamps, stamp))
    authorities = ground.folder / "ca.pem"
    authorities.write_bytes(authorities_pem(ground.services))
    fleet = []
    for _ in range(STAMPS):
        stamp = world.stamp().stamp
        line = MqttLine(stamp, device_credentials(stamp, authorities), broker.url)
        line.open()
        fleet.append(Sender(stamp, line))
    try:
        yield tuple(fleet)
    finally:
        for sender in fleet:
            sender.line.close()
        world.shut()


def _rows(bench: Bench, rounds: int) -> Iterator[Row]:
    engine, numbers = bench.ground.services.engine, itertools.count(time.time_ns())

    def nothing(_topic: str, _texts: list[str]) -> None:
        """Keep nothing."""

    def insert(topic: str, texts: list[str]) -> None:
        rows = [{"id": next(numbers), "topic": topic, "jws": json.dumps(text)} for text in texts]
        with engine.begin() as conn:
            conn.execute(BARE.insert(), rows)

    what = f"{STAMPS} stamps, deliveries of {bench.size}; PostgreSQL, mutual TLS, QoS 1"
    for name, keep, peer in (
        ("reply", nothing, "the same broker, a consumer that commits nothing"),
        ("bare-rows", insert, "the same broker, a consumer that inserts bare rows"),
    ):
        samples = compare(bench.ours, bench.bare(keep), rounds)
        yield Row(f"stamp-events-{bench.size}-{name}", "events/s", peer, samples, note=what)
