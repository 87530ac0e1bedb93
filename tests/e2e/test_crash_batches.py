"""Workers of a batch killed by SIGKILL at named seams and at random moments: nothing lost, nothing doubled (C7, I19, I29)."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.batch.worker import Worker, WorkerTools, new_executor, system_url
from ca.clock import system_clock
from signing.batch.batch import Batch, BatchState, queue_of
from signing.batch.roster import Roster
from signing.batch.steps import ChunkWork
from signing.batch.worker_rows import WorkerName
from signing.making import Step
from signing.service import SealingService
from tests.batch_world import BatchWorld, make_batch_world
from tests.unit.signing.office import AUDITOR

pytestmark = pytest.mark.crash
DOCUMENTS = int(os.environ.get("YINXIN_CRASH_DOCUMENTS", "40"))
"""Documents of the batch whose workers are killed at random; ten thousand take some minutes."""
KILLS = int(os.environ.get("YINXIN_CRASH_KILLS", "4"))
"""Kills at random; in the seams between, every step is tried without processes in ``tests/store/test_batches.py``."""
LIMIT = 240
"""Seconds that a loaded machine may take; a quiet one takes ten."""
SILENCE = timedelta(seconds=2)
"""Short, so that tests are; a worker taken for dead by mistake is fenced out, which is under test too."""


@pytest.fixture
def world(engine: sa.Engine, tmp_path: Path) -> BatchWorld:
    return make_batch_world(engine, system_clock, tmp_path)


class Crew:
    """Worker processes of a test; each is forked, has connections of its own, and dies when told."""

    def __init__(self, world: BatchWorld, batch: Batch, folder: Path) -> None:
        self._world, self._batch, self._folder = world, batch, folder
        self.children: dict[int, str] = {}

    def hire(self, passing: Callable[[Step], None] = lambda _step: None) -> int:
        world = self._world
        world.engine.dispose()
        child = os.fork()
        if child:
            self.children[child] = ""
            return child
        try:
            world.engine.dispose(close=False)
            self._work(world.office.passing(passing))
        except BaseException:  # noqa: BLE001 - the parent reads it
            (self._folder / f"died-{os.getpid()}").write_text(traceback.format_exc())
            os._exit(1)
        os._exit(0)

    def _work(self, service: SealingService) -> None:
        name = WorkerName(new_executor(), queue_of(self._batch), "here")
        work = ChunkWork(self._world.desk, service, name.executor)
        roster = Roster(self._world.desk, name, SILENCE)
        url = system_url(self._world.engine.url.render_as_string(hide_password=False))
        Worker(WorkerTools(work, roster, url, None, self._batch.id, beat_seconds=0.2)).run(threading.Event())

    def killed(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        del self.children[child]

    def reap(self) -> list[int]:
        """Return how those ended that have."""
        codes = []
        for child in list(self.children):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                codes.append(os.waitstatus_to_exitcode(status))
                del self.children[child]
        return codes

    def until_finished(self, count: int) -> None:
        """Keep ``count`` workers at work until the batch is done."""
        end = time.monotonic() + LIMIT
        while self._world.desk.get(self._batch.id).state is not BatchState.FINISHED:
            assert time.monotonic() < end, self._world.desk.progress(self._batch.id)
            assert not list(self._folder.glob("died-*")), "a worker died by itself"
            self.reap()
            while len(self.children) < count:
                self.hire()
            time.sleep(0.1)

    def end(self) -> None:
        for child in list(self.children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


@pytest.fixture
def crew(world: BatchWorld, tmp_path: Path) -> Iterator[Callable[[Batch], Crew]]:
    made: list[Crew] = []

    def hired(batch: Batch) -> Crew:
        made.append(Crew(world, batch, tmp_path))
        return made[-1]

    yield hired
    for one in made:
        one.end()
    assert not list(tmp_path.glob("died-*")), [path.read_text() for path in tmp_path.glob("died-*")]


def test_I19_I29_two_workers_killed_at_random_moments(world: BatchWorld, crew, tmp_path: Path):
    """Each kill hits one of two workers somewhere in their work; another takes its place."""
    chosen = random.Random(20)
    batch = world.started(DOCUMENTS)
    workers = crew(batch)
    for _ in range(KILLS):
        while len(workers.children) < 2:
            workers.hire()
        before, end = world.desk.progress(batch.id).done, time.monotonic() + 20
        while world.desk.progress(batch.id).done == before and time.monotonic() < end:
            time.sleep(0.02)  # kill a worker that works, not one that is still being born
        time.sleep(chosen.uniform(0, 0.15))
        workers.reap()
        if workers.children:
            workers.killed(chosen.choice(sorted(workers.children)))
    workers.until_finished(2)
    world.office.service.reconcile(AUDITOR)
    world.each_once(batch)


@pytest.mark.parametrize("step", [Step.SIGNED, Step.ARCHIVED])
def test_I19_I29_a_worker_killed_at_a_seam(world: BatchWorld, crew, step: Step):
    """Between intent and outcome, before and after the key, before and after the record."""
    seen = 0

    def die(done: Step) -> None:
        nonlocal seen
        seen += done is step
        if seen == 2:  # in the midst of a chunk
            os.kill(os.getpid(), signal.SIGKILL)

    batch = world.started(4)
    workers = crew(batch)
    workers.hire(die)
    end = time.monotonic() + LIMIT
    while not (codes := workers.reap()):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert codes == [-signal.SIGKILL]
    workers.until_finished(1)
    world.each_once(batch)
