"""One worker process: chunks come from a durable queue (DBOS), are sealed, and are done.

Our own tables say what is to be done and by whom (:mod:`signing.batch.roster`); DBOS hands it out, one step a chunk, to any
number of processes on any number of machines. Its system database stands beside ours: if it is lost, what is open is handed
out anew.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig

from hsm.pins import Pin
from signing.batch.roster import HandOut, Roster
from signing.batch.steps import ChunkWork

LOG: Final = logging.getLogger("yinxin.batch")
VERSION: Final = "yinxin-batch-1"
"""Version of the hand-outs: every release that reads them alike shares it, so that a rolling update loses none."""
BEAT_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.1
"""How often the queue is looked at; a chunk takes about a second, and two are at work at a time."""
AT_A_TIME: Final = 2
"""Chunks at work in one process: while one waits for the disk, the other prepares and signs."""


@dataclass(frozen=True, slots=True)
class WorkerTools:
    """What a worker works with: its work, its place on the roster, where DBOS keeps its system database."""

    work: ChunkWork
    roster: Roster
    system_url: str
    pin: Pin | None = None
    batch_id: str = ""
    """The one batch that it was started for; it ends with that batch."""
    beat_seconds: float = BEAT_SECONDS


def new_executor() -> str:
    """Return a name that no worker had before: a process id is given again, and so is a machine's name."""
    return f"{socket.gethostname()[:20]}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def system_url(database: str) -> str:
    """Return where DBOS keeps its system database: beside ours, under a name of its own."""
    url = sa.make_url(database)
    name = url.database or ""
    beside = (
        f"{name.removesuffix('.db')}-batches.db" if url.drivername.startswith("sqlite") else f"{name}_batches"
    )
    return url.set(database=beside).render_as_string(hide_password=False)


class Worker:
    """Runs until it is told to stop, or until its one batch is at rest."""

    def __init__(self, tools: WorkerTools) -> None:
        self._tools = tools
        self._roster = tools.roster
        self._busy: set[tuple[str, int]] = set()
        self._lock = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Work; the calling thread keeps the roster. Chunks begun are finished first."""
        self._roster.beat()
        hand_out = self._launch()
        try:
            while not stop.is_set():
                if self._round(hand_out):
                    break
                stop.wait(self._tools.beat_seconds)
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=30)
            self._roster.bury(self._roster.name.executor)

    def _round(self, hand_out: Callable[[HandOut], None]) -> bool:
        """Say that we live, bury the dead, hand out what nobody holds; tell whether there is nothing left to be here for."""
        try:
            self._roster.beat()
            self._give_back()
            for executor in self._roster.silent():
                LOG.warning("worker %s is silent: its chunks go to others", executor)
                self._roster.bury(executor)
            self._call_back()
            for errand in self._roster.to_hand_out():
                hand_out(errand)
            wanted = self._tools.batch_id
            return bool(wanted) and not self._busy and self._roster.resting(wanted)
        except sa.exc.SQLAlchemyError:  # the next round tries again
            LOG.exception("a worker's round failed")
            return False

    def _give_back(self) -> None:
        """Give back what a step left behind that failed for good: it is looked for first, so that none just begun is meant."""
        held = self._roster.held()
        with self._lock:
            busy = set(self._busy)
        for errand in held:
            if (errand.batch_id, errand.chunk) not in busy:
                self._roster.take_back(errand)

    def _call_back(self) -> None:
        """Call back what was handed to workers that are no more."""
        queue = self._roster.name.queue
        pending = DBOS.list_workflows(queue_name=queue, status="PENDING", load_input=False, load_output=False)
        alive = self._roster.alive()
        lost = [one.workflow_id for one in pending if one.executor_id not in alive]
        for name in lost:
            self._roster.take_back(HandOut.named(name))
        if lost:
            DBOS.cancel_workflows(lost)

    def _launch(self) -> Callable[[HandOut], None]:
        """Register the work with DBOS and begin to take it from the queue; return how to put it there."""
        queue = self._roster.name.queue
        config: DBOSConfig = {
            "name": "yinxin",
            "system_database_url": self._tools.system_url,
            "application_version": VERSION,
            "executor_id": self._roster.name.executor,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "max_executor_threads": 4 * AT_A_TIME,
        }
        DBOS(config=config)

        @DBOS.step(name="seal_chunk_step", retries_allowed=True, interval_seconds=1.0, max_attempts=5)
        def step(batch_id: str, chunk: int) -> int:
            return self._seal(batch_id, chunk)

        @DBOS.workflow(name="seal_chunk")
        def seal_chunk(batch_id: str, chunk: int) -> int:
            return step(batch_id, chunk)

        DBOS.listen_queues([queue])
        DBOS.launch()
        DBOS.register_queue(
            queue,
            worker_concurrency=AT_A_TIME,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )
        known: set[str] = set()

        def hand_out(errand: HandOut) -> None:
            if errand.name in known:
                return
            DBOS.enqueue_workflow_with_options(
                {"workflow_name": "seal_chunk", "queue_name": queue, "workflow_id": errand.name},
                errand.batch_id,
                errand.chunk,
            )
            known.add(errand.name)

        return hand_out

    def _seal(self, batch_id: str, chunk: int) -> int:
        """One step: a chunk. A repeat finds done what was done."""
        with self._lock:
            self._busy.add((batch_id, chunk))
        try:
            return self._tools.work.seal_chunk(batch_id, chunk, self._tools.pin)
        finally:
            with self._lock:
                self._busy.discard((batch_id, chunk))
