"""Batches of one installation: the desk, and the crews that this process has started."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.batch.crew import Crew, CrewOrder
from api.batch.keys import SealKeys
from hsm.pins import Pin
from seals.cases.case import Hand
from signing.archive import Archive
from signing.batch.batch import Batch, BatchState
from signing.batch.desk import BatchDesk
from signing.merkle.proof import proof_of
from verify.signatures.merkle import TreeProof


@dataclass(frozen=True, slots=True)
class CrewPlace:
    """Where crews work: the home folder that their processes open, and how many they are unless somebody says so."""

    home: Path
    workers: int


class Batches:
    """Starts, continues and retries batches with workers of this machine."""

    def __init__(self, desk: BatchDesk, archive: Archive, keys: SealKeys, place: CrewPlace) -> None:
        self.desk = desk
        self._archive = archive
        self._keys = keys
        self._place = place
        self._crews: list[Crew] = []
        self._lock = threading.Lock()

    def start(
        self, batch_id: str, *, hand: Hand, pin: Pin | None = None, workers: int | None = None
    ) -> Batch:
        """Begin, continue after a halt, or join a batch that runs; with workers of this process unless ``workers`` is 0.

        ``pin`` is the key holder's, held in memory while the batch runs.
        """
        self._demand(batch_id, pin)
        started = self.desk.start(batch_id, hand=hand, attended=pin is not None)
        self._crew(started, pin, workers)
        return started

    def retry(
        self,
        batch_id: str,
        numbers: Sequence[int] | None,
        *,
        hand: Hand,
        pin: Pin | None = None,
        workers: int | None = None,
    ) -> Batch:
        """Let failed documents wait again and go on."""
        self._demand(batch_id, pin)
        started = self.desk.retry(batch_id, numbers, hand=hand, attended=pin is not None)
        self._crew(started, pin, workers)
        return started

    def take_up(self) -> int:
        """Give workers to batches that need no PIN and that nobody is at, as after a restart; return how many batches."""
        lonely = [
            one
            for one in self.desk.running()
            if not one.attended and self.crew_of(one.id) is None and not self.desk.progress(one.id).workers
        ]
        for one in lonely:
            self._crew(one, None, None)
        return len(lonely)

    def proof(self, batch_id: str, number: int) -> TreeProof:
        """Return the proof of one document (from 0) of a batch that was sealed under one signature."""
        return proof_of(self.desk, self._archive, batch_id, number)

    def crew_of(self, batch_id: str) -> Crew | None:
        """Return the crew that serves a batch here, while it is at work."""
        with self._lock:
            self._crews = [one for one in self._crews if not one.done()]
            return next((one for one in self._crews if one.batch_id == batch_id), None)

    def close(self) -> None:
        """End every crew; what was not done goes on when somebody starts it again."""
        with self._lock:
            crews, self._crews = self._crews, []
        for one in crews:
            one.stop()

    def _demand(self, batch_id: str, pin: Pin | None) -> None:
        if pin is not None:
            self._keys.demand_reusable(self.desk.get(batch_id).request.seal_code, pin)

    def _crew(self, started: Batch, pin: Pin | None, workers: int | None) -> None:
        count = self._place.workers if workers is None else workers
        if count == 0 or started.state is not BatchState.RUNNING or self.crew_of(started.id) is not None:
            return
        crew = Crew(CrewOrder(self._place.home, count, started.id, started.attended, pin))
        crew.start()
        with self._lock:
            self._crews.append(crew)
