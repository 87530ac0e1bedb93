"""Who works, who died, and what is to be handed out: the part of a worker that needs no queue.

A worker that is silent too long is struck off, and in the same transaction its chunks are taken from it: from that moment it
is fenced out, whether it is dead or only slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from seals.cases.case import Hand
from signing.batch import chunk_rows, rows, worker_rows
from signing.batch.batch import queue_of
from signing.batch.desk import BatchDesk
from signing.batch.worker_rows import SILENCE, WorkerName


@dataclass(frozen=True, slots=True)
class HandOut:
    """A chunk to be done: its name is another each time that it was taken, so none is handed out twice under one name."""

    batch_id: str
    chunk: int
    fence: int

    @property
    def name(self) -> str:
        """The name of this hand-out."""
        return f"{self.batch_id}.{self.chunk}.{self.fence}"

    @classmethod
    def named(cls, name: str) -> HandOut:
        """Read :attr:`name`; ``ValueError`` for anything else."""
        batch_id, chunk, fence = name.split(".")
        return cls(batch_id, int(chunk), int(fence))


class Roster:
    """Keeps the list of workers; one instance for each of them."""

    def __init__(self, desk: BatchDesk, name: WorkerName, silence: timedelta = SILENCE) -> None:
        self._desk = desk
        self._office = desk.office
        self.name = name
        self._silence = silence

    def beat(self) -> None:
        """Say that this worker lives."""
        with self._office.engine.begin() as conn:
            worker_rows.beat(conn, self.name, self._office.now())

    def held(self) -> tuple[HandOut, ...]:
        """Return the chunks that this worker took and that are not done."""
        with self._office.reading() as conn:
            return tuple(HandOut(*row) for row in chunk_rows.held_by(conn, self.name.executor))

    def bury(self, executor: str) -> bool:
        """Strike a worker off and take its chunks from it; tell whether it was on the list."""
        with self._office.engine.begin() as conn:
            chunk_rows.take_away(conn, executor)
            return worker_rows.dismiss(conn, executor)

    def silent(self) -> tuple[str, ...]:
        """Return the workers that were not heard of for too long."""
        with self._office.reading() as conn:
            found = worker_rows.silent(conn, self._office.now() - self._silence)
        return tuple(one for one in found if one != self.name.executor)

    def alive(self) -> frozenset[str]:
        """Return the workers on the list."""
        with self._office.reading() as conn:
            return worker_rows.alive(conn)

    def take_back(self, errand: HandOut) -> bool:
        """Take back what was handed out and not taken since, or is taken and not worked at; it gets another name."""
        with self._office.engine.begin() as conn:
            return chunk_rows.take_back(conn, errand.batch_id, errand.chunk, errand.fence)

    def to_hand_out(self) -> tuple[HandOut, ...]:
        """Return the open chunks of this worker's queue that no living worker holds; end batches that have none left."""
        found: list[HandOut] = []
        with self._office.reading() as conn:
            alive = worker_rows.alive(conn)
            batches = [one for one in rows.running(conn) if queue_of(one) == self.name.queue]
            left = {one.id: chunk_rows.still_open(conn, one.id) for one in batches}
        for one in batches:
            found += [
                HandOut(one.id, chunk.number, chunk.fence)
                for chunk in left[one.id]
                if chunk.holder not in alive
            ]
            if not left[one.id]:  # its last worker died between the last chunk and the end
                self._desk.finish(one.id, hand=Hand(one.actor, one.credential))
        return tuple(found)

    def resting(self, batch_id: str) -> bool:
        """Tell whether a batch is not at work any more."""
        return self._desk.get(batch_id).state.value != "running"
