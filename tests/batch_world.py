"""A sealing office with a desk of batches over it, and documents to hand in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ca.clock import Clock
from seals.cases.case import Hand
from seals.store import seal_permit
from signing.batch import chunk_rows
from signing.batch.batch import Batch, BatchRequest, DocumentState, Incoming
from signing.batch.desk import BatchDesk
from signing.batch.inputs import Inputs
from signing.batch.office import BatchOffice
from signing.batch.steps import ChunkWork
from signing.level import Level
from signing.objects.local import LocalObjects
from signing.service import SealingService
from signing.store import sealing
from tests.interop.sealing_world import blank_pdf
from tests.unit.signing.office import KEEPER, Office, make_office

HAND = Hand(KEEPER, "test")


@dataclass
class BatchWorld:
    """The parts, each reachable for a test that breaks one."""

    office: Office
    desk: BatchDesk
    folder: Path
    counter: Any = field(default_factory=itertools.count)

    @property
    def engine(self) -> sa.Engine:
        return self.office.engine

    def request(self, **changes: Any) -> BatchRequest:
        given: dict[str, Any] = {
            "title": "年度通知",
            "seal_code": self.office.seal.code,
            "placement": "1:120,200",
            "level": Level.B_B,
            "request_key": f"k{next(self.counter)}",
        }
        return BatchRequest(**(given | changes))

    def documents(self, count: int, **changes: Any) -> list[Incoming]:
        made = []
        for number in range(count):
            path = self.folder / f"{number:05}.pdf"
            path.write_bytes(blank_pdf(1, catalog=f"/Lang (x-{number})"))
            made.append(Incoming(path, path.name, **changes))
        return made

    def gathered(self, count: int, *, hand: Hand = HAND, **changes: Any) -> Batch:
        found = self.desk.open(self.request(**changes), hand=hand)
        self.desk.add(found.id, self.documents(count), hand=hand)
        return found

    def started(self, count: int, **changes: Any) -> Batch:
        return self.desk.start(self.gathered(count, **changes).id, hand=HAND)

    def work(self, holder: str = "w1", service: SealingService | None = None) -> ChunkWork:
        return ChunkWork(self.desk, service or self.office.service, holder, sleep=lambda _: None)

    def run(self, batch: Batch, **given: Any) -> None:
        """Do what is left, as one worker."""
        work = self.work(**given)
        with self.desk.office.reading() as conn:
            chunks = chunk_rows.open_chunks(conn, batch.id)
        for chunk in chunks:
            work.seal_chunk(batch.id, chunk)

    def states(self, batch: Batch) -> list[DocumentState]:
        return [one.state for one in self.desk.documents(batch.id, limit=500)]

    def each_once(self, batch: Batch) -> None:
        """One result, one use and one used permit for each document; the trail whole; nothing half made (I29)."""
        documents = self.desk.documents(batch.id, limit=500)
        found = {(one.state.value, one.fault.name, one.fault.en) for one in documents}
        assert found == {("done", "", "")}, found
        rows = self.office.rows(sealing)
        assert {row.state for row in rows} == {"completed"}
        assert sorted(row.result for row in rows) == sorted(one.result for one in documents)
        assert len({one.result for one in documents}) == len(documents)
        permits = self.office.rows(seal_permit)
        assert {row.state for row in permits} <= {"used", "released"}
        used = [row.document for row in permits if row.state == "used"]
        assert sorted(used) == sorted(str(one.document) for one in documents)
        case = self.desk.office.uses.get(batch.case_id)
        assert (case.used, case.status.value) == (len(documents), "closed")
        self.desk.office.uses.lanes(case.id)  # the chain of entries is whole
        assert len(list(self.office.archive.objects.walk())) == len(documents)
        with self.engine.connect() as conn:
            self.office.world.audit.verify(conn)


def make_batch_world(
    engine: sa.Engine, clock: Clock, folder: Path, make: Callable[..., Office] = make_office
) -> BatchWorld:
    office = make(engine, clock, folder / "archive", lambda _now: timedelta(0))
    inputs = Inputs(LocalObjects(folder / "inputs"))
    (folder / "in").mkdir()
    tools = BatchOffice(engine, clock, office.world.audit, office.desk, inputs)
    return BatchWorld(office, BatchDesk(tools), folder / "in")
