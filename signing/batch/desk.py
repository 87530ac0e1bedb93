"""The door of batches: hand documents in, have them approved as one case, start, watch, halt, retry, cancel.

Every act is one short transaction with its audit record. The work itself is in :mod:`signing.batch.steps`; who does it, and
on which machine, is for ``api``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from hsm.algorithms import Digest
from seals.cases.case import Hand
from seals.cases.states import CaseStatus
from signing.batch import chunk_rows, rows, worker_rows
from signing.batch.batch import (
    Batch,
    BatchAct,
    BatchDocument,
    BatchProgress,
    BatchRequest,
    BatchState,
    DocumentState,
    Fault,
    Incoming,
    queue_of,
)
from signing.batch.errors import BatchActRefused, BatchNotApproved, BatchUnknown
from signing.batch.gathering import Gathering
from signing.batch.office import BatchDeed, BatchOffice, load, move
from signing.batch.worker_rows import SILENCE

MAX_PAGE: Final = 500
RATE_WINDOW: Final = timedelta(seconds=20)
"""Over which time the speed is taken: long enough for whole chunks, short enough to follow a worker that joins."""


class BatchDesk:
    """Takes orders over many documents; one instance serves any number of threads."""

    def __init__(self, office: BatchOffice) -> None:
        self.office = office
        self._gathering = Gathering(office)

    # -- handing in ---------------------------------------------------------------------------------------------------

    def open(self, request: BatchRequest, *, hand: Hand) -> Batch:
        """Open a batch that gathers documents; the same request under the same key returns the one there.

        Raises :class:`signing.batch.errors.BatchFieldInvalid`, :class:`signing.batch.errors.BatchKeyTaken`,
        :class:`signing.errors.PlacementError`, :class:`seals.cases.errors.CaseFieldInvalid`.
        """
        return self._gathering.open(request, hand=hand)

    def add(self, batch_id: str, documents: Sequence[Incoming], *, hand: Hand) -> int:
        """Hand documents in, after those there; return how many there are then.

        A mark that is there already is the same document sent again and changes nothing. Raises
        :class:`signing.batch.errors.BatchFieldInvalid`, :class:`BatchActRefused` once the list is closed.
        """
        return self._gathering.add(batch_id, documents, hand=hand)

    def submit(self, batch_id: str, *, hand: Hand) -> Batch:
        """Close the list of documents: the tree over them is what is approved.

        A standing authorisation of the actor covers each document by itself; otherwise a case about exactly these documents
        is opened and handed in, which the rules may approve at once. Submitting again changes nothing.
        """
        return self._gathering.submit(batch_id, hand=hand)

    # -- going on -----------------------------------------------------------------------------------------------------

    def start(self, batch_id: str, *, hand: Hand, attended: bool = False) -> Batch:
        """Begin the work, or go on after a halt; :class:`BatchNotApproved` while its case is not.

        ``attended``: a person gave the key's PIN to the workers that are started for it. One that is at work already is
        returned as it is: another worker may join.
        """
        found = self.get(batch_id, hand=hand)
        if found.state is BatchState.RUNNING:
            return found
        if found.state is BatchState.GATHERING:
            found = self.submit(batch_id, hand=hand)
        self._approved(found)
        act = BatchAct.RETRY if found.state is BatchState.HALTED else BatchAct.START
        return self._begin(found, BatchDeed(act, hand, {"attended": int(attended)}, {}), ())

    def retry(
        self, batch_id: str, numbers: Sequence[int] | None = None, *, hand: Hand, attended: bool = False
    ) -> Batch:
        """Let failed documents wait again, those numbered (from 0) or all, and go on."""
        found = self.get(batch_id, hand=hand)
        if found.state is BatchState.RUNNING:
            raise BatchActRefused(
                "批次正在用印，结束或暂停后才能重试失败的文件。",
                "The batch is at work; retry what failed once it has ended or halted.",
            )
        self._approved(found)
        return self._begin(found, BatchDeed(BatchAct.RETRY, hand, {"attended": int(attended)}, {}), numbers)

    def halt(self, batch_id: str, fault: Fault, *, hand: Hand) -> bool:
        """Stop the work for a reason that every further document would meet; tell whether it was running."""
        with self.office.engine.begin() as conn:
            found = load(conn, batch_id, lock=True)
            if found.state is not BatchState.RUNNING:
                return False
            deed = BatchDeed(BatchAct.HALT, hand, rows.fault_columns(fault), {"why": fault.en[:300]})
            move(self.office, conn, found, deed)
            return True

    def finish(self, batch_id: str, *, hand: Hand) -> bool:
        """End a batch of which no chunk is left; tell whether this ended it."""
        with self.office.engine.begin() as conn:
            found = load(conn, batch_id, lock=True)
            if found.state is not BatchState.RUNNING or chunk_rows.open_chunks(conn, batch_id):
                return False
            detail = {state.value: number for state, number in rows.counts(conn, batch_id).items()}
            ended = {"ended_at": self.office.now()}
            move(self.office, conn, found, BatchDeed(BatchAct.FINISH, hand, ended, detail))
            return True

    def cancel(self, batch_id: str, *, hand: Hand) -> Batch:
        """Stop for good: what is sealed stays sealed, what waits is not sealed any more."""
        self.get(batch_id, hand=hand)
        with self.office.engine.begin() as conn:
            found, now = load(conn, batch_id, lock=True), self.office.now()
            moved = move(self.office, conn, found, BatchDeed(BatchAct.CANCEL, hand, {"ended_at": now}, {}))
            rows.cancel_waiting(conn, batch_id, now)
            return moved

    # -- looking ------------------------------------------------------------------------------------------------------

    def get(self, batch_id: str, *, hand: Hand | None = None) -> Batch:
        """Return a batch; :class:`BatchUnknown` if there is none or it is another enterprise's."""
        with self.office.reading() as conn:
            found = load(conn, batch_id)
        if hand is not None and hand.actor.uscc not in (None, found.actor.uscc):
            raise BatchUnknown
        return found

    def list(self, *, uscc: str = "", limit: int = 50) -> tuple[Batch, ...]:
        """Return the newest batches, of one enterprise's people if named."""
        with self.office.reading() as conn:
            return rows.page(conn, uscc, max(1, min(limit, MAX_PAGE)))

    def running(self) -> tuple[Batch, ...]:
        """Return the batches that are at work."""
        with self.office.reading() as conn:
            return rows.running(conn)

    def digests(self, batch_id: str) -> tuple[Digest, ...]:
        """Return the digests of every document, in order."""
        with self.office.reading() as conn:
            return tuple(rows.digests(conn, batch_id))

    def progress(self, batch_id: str, *, hand: Hand | None = None) -> BatchProgress:
        """Return how far a batch is."""
        found, now = self.get(batch_id, hand=hand), self.office.now()
        since = max(now - RATE_WINDOW, found.started_at or now)
        with self.office.reading() as conn:
            counts = rows.counts(conn, batch_id)
            lately = rows.settled_since(conn, batch_id, since)
            workers = worker_rows.at_work(conn, queue_of(found), now - SILENCE)
        if found.state is BatchState.GATHERING:
            found = replace(found, total=sum(counts.values()))
        running = found.state is BatchState.RUNNING
        rate = lately / max((now - since).total_seconds(), 1.0) if running else 0.0
        seconds = round(counts.get(DocumentState.WAITING, 0) / rate) if rate > 0 else None
        return BatchProgress(
            found,
            counts.get(DocumentState.DONE, 0),
            counts.get(DocumentState.FAILED, 0),
            counts.get(DocumentState.CANCELLED, 0),
            round(rate, 1),
            seconds,
            workers if running else 0,
        )

    def documents(
        self, batch_id: str, *, state: DocumentState | None = None, after: int = -1, limit: int = 200
    ) -> tuple[BatchDocument, ...]:
        """Return documents in order, after number ``after``, of one state if named."""
        with self.office.reading() as conn:
            return rows.documents(
                conn, batch_id, state=state, after=after, limit=max(1, min(limit, MAX_PAGE))
            )

    def document(self, batch_id: str, number: int) -> BatchDocument:
        """Return one document, numbered from 0; :class:`BatchUnknown`."""
        with self.office.reading() as conn:
            found = rows.document(conn, batch_id, number)
        if found is None:
            raise BatchUnknown
        return found

    # -- inside -------------------------------------------------------------------------------------------------------

    def _begin(self, found: Batch, deed: BatchDeed, numbers: Sequence[int] | None) -> Batch:
        with self.office.engine.begin() as conn:
            locked = load(conn, found.id, lock=True)
            again = rows.wait_again(conn, found.id, numbers)
            changes: dict[str, Any] = {
                **deed.changes,
                "started_at": locked.started_at or self.office.now(),
                "ended_at": None,
                **rows.fault_columns(Fault()),
            }
            deed = replace(deed, changes=changes, detail={"again": again})
            moved = move(self.office, conn, locked, deed)
            if not chunk_rows.reopen(conn, found.id):
                raise BatchActRefused("没有可重试的文件。", "There is no document to be retried.")
            return moved

    def demand_approval(self, batch_id: str) -> None:
        """Raise :class:`BatchNotApproved` while the batch's case waits for somebody."""
        self._approved(self.get(batch_id))

    def _approved(self, found: Batch) -> None:
        """Demand an approved case, where the batch has one."""
        if not found.case_id:
            return
        case = self.office.uses.get(found.case_id)
        if case.status in (CaseStatus.DRAFT, CaseStatus.APPROVING):
            raise BatchNotApproved(case.id, case.rule.told)
