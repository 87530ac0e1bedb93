"""The work itself: take a chunk, seal its documents one after the other, each exactly once, and say what became of it.

A chunk may be handed out again at any moment, to anybody: what is done is done (each sealing has one idempotency key), what a
dead worker left half done is settled by the cycle's own reconciliation, and who lost the chunk is stopped in the transactions
themselves (:class:`signing.errand.Errand`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.errors import CaError
from hsm.errors import HsmError
from hsm.merkle import Inclusion, Tree
from hsm.pins import Pin
from hsm.spoken import SpokenError
from seals.cases.case import Hand
from seals.cases.errors import NotInBatch
from seals.cases.members import tree_of
from seals.errors import SealError
from signing.archive import Stored
from signing.batch import chunk_rows, rows
from signing.batch.batch import CHUNK, Batch, BatchDocument, BatchForm, BatchState, Fault, sealing_key
from signing.batch.desk import BatchDesk
from signing.batch.errors import BatchStopped, Fenced, InputMissing
from signing.batch.office import load
from signing.errors import (
    CertificateNotGood,
    DatabaseUnavailable,
    EvidenceMissing,
    SealingInProgress,
    SealNotUsableHere,
    SigningError,
    StorageFull,
    TimeStampFailed,
)
from signing.objects.errors import StorageUnavailable
from signing.order import SealOrder
from signing.placing.where import Unseen, parse_where
from signing.service import SealedDocument, SealingService
from signing.store import SealingRecord
from verify.signatures.merkle import head_for

_log = logging.getLogger(__name__)
TOGETHER: Final = CHUNK
"""Documents that share their transactions: their own work, some ten milliseconds each, is then nearly all that is left."""
TOGETHER_OCTETS: Final = 64 * 1024 * 1024
"""And how much of them: one that is waited for holds up the others of its group."""
PAUSES: Final = (0.2, 1.0, 3.0)
"""Seconds waited before trying again what may pass by itself: a time-stamp authority, a disk, another worker's last breath."""
_PASSING: Final = (SealingInProgress, TimeStampFailed, StorageFull, StorageUnavailable, EvidenceMissing)
_OF_ALL: Final = (
    HsmError,
    CaError,
    SealError,
    CertificateNotGood,
    EvidenceMissing,
    SealNotUsableHere,
    StorageFull,
    StorageUnavailable,
    TimeStampFailed,
)
"""What every further document would meet too: a wrong PIN, a stopped seal, a full disk. The batch halts and says why."""
_OF_ONE: Final = (NotInBatch, InputMissing)


@dataclass(frozen=True, slots=True)
class Held:
    """A chunk in a worker's hands: good until somebody takes it with a higher fence."""

    batch: Batch
    chunk: int
    fence: int
    documents: tuple[BatchDocument, ...]
    tree: Tree

    @property
    def hand(self) -> Hand:
        """Whose hand the work is done by."""
        return Hand(self.batch.actor, self.batch.credential)


class ChunkErrand:
    """Ties sealings to the chunk that they are done for (:class:`signing.errand.Errand`).

    ``documents`` are those that each sealing is of, by its idempotency key.
    """

    def __init__(
        self, held: Held, documents: Mapping[str, Sequence[BatchDocument]], now: Callable[[], datetime]
    ) -> None:
        self._held = held
        self._documents = documents
        self._now = now

    def hold(self, conn: sa.Connection) -> None:
        """Compare the fence and the batch's state; :class:`Fenced`, :class:`BatchStopped`."""
        hold(conn, self._held)

    def done(self, conn: sa.Connection, outcomes: Sequence[tuple[SealingRecord, Stored]]) -> None:
        """Count the documents done in the transaction that completes the sealings."""
        now = self._now()
        rows.settle_done(
            conn,
            [
                rows.Done(one.batch_id, one.number, record.id, stored.digest.hex, stored.size)
                for record, stored in outcomes
                for one in self._documents[record.idempotency_key]
            ],
            now,
        )


def hold(conn: sa.Connection, held: Held) -> None:
    """Prove, until the transaction ends, that the chunk is still ours and the batch at work."""
    found = chunk_rows.hold_chunk(conn, held.batch.id, held.chunk)
    if found is None or found[0] != held.fence:
        raise Fenced
    if found[1] is not BatchState.RUNNING:
        raise BatchStopped


class ChunkWork:
    """Seals chunks; one instance serves one worker."""

    def __init__(
        self,
        desk: BatchDesk,
        sealing: SealingService,
        holder: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._desk = desk
        self._office = desk.office
        self._sealing = sealing
        self._holder = holder
        self._sleep = sleep
        self._trees: dict[str, Tree] = {}

    def seal_chunk(self, batch_id: str, chunk: int, pin: Pin | None = None) -> int:
        """Take a chunk and seal what waits in it; return how many were settled. Nothing to do is no error.

        :class:`DatabaseUnavailable` goes out: whoever hands out chunks tries again.
        """
        held = self.take(batch_id, chunk)
        if held is None:
            return 0
        settled = 0
        try:
            for group in self._groups(held):
                if not self._settle_group(held, group, pin):
                    return settled
                settled += len(group)
            self._end(held)
        except (Fenced, BatchStopped) as stop:
            _log.info("chunk %s of batch %s: %s", chunk, batch_id, type(stop).__name__)
        return settled

    def take(self, batch_id: str, chunk: int) -> Held | None:
        """Take a chunk over, whoever held it: their fence is too low from now on. Nothing if it is done, or the batch rests."""
        with self._office.engine.begin() as conn:
            found = load(conn, batch_id)
            if found.state is not BatchState.RUNNING:
                return None
            fence = chunk_rows.take_chunk(conn, batch_id, chunk, self._holder)
            if fence is None:
                return None
            waiting = rows.of_chunk(conn, batch_id, chunk)
            documents = [] if batch_id in self._trees else rows.digests(conn, batch_id)
        tree = self._trees.setdefault(batch_id, tree_of(documents)) if documents else self._trees[batch_id]
        if found.root != tree.root:
            raise InputMissing
        return Held(found, chunk, fence, waiting, tree)

    @staticmethod
    def _groups(held: Held) -> list[tuple[BatchDocument, ...]]:
        """Return what is sealed together: all under one signature, or as many as one set of transactions takes."""
        if held.batch.request.form is BatchForm.TREE:
            return [held.documents] if held.documents else []
        groups: list[list[BatchDocument]] = []
        octets = 0
        for one in held.documents:
            if not groups or len(groups[-1]) == TOGETHER or octets + one.size > TOGETHER_OCTETS:
                groups.append([])
                octets = 0
            groups[-1].append(one)
            octets += one.size
        return [tuple(group) for group in groups]

    def _settle_group(self, held: Held, group: tuple[BatchDocument, ...], pin: Pin | None) -> bool:
        """Seal a group together; whatever did not go so is sealed by itself, patiently. Tell whether the batch goes on."""
        if held.batch.request.form is BatchForm.TREE:
            return self._settle(held, group, pin)
        documents = {sealing_key(held.batch, one): (one,) for one in group}
        errand = ChunkErrand(held, documents, self._office.now)
        again: list[BatchDocument] = []
        with contextlib.ExitStack() as inputs:
            orders: list[tuple[BatchDocument, SealOrder]] = []
            for one in group:
                try:
                    document = inputs.enter_context(self._office.inputs.fetch(one.document, one.size))
                except (SigningError, OSError):
                    again.append(one)
                    continue
                orders.append((one, self._order(held, one, document, errand)))
            wanted = [order for _, order in orders]
            ends = self._sealing.seal_several(wanted, actor=held.batch.actor, pin=pin) if wanted else []
        for (one, _), end in zip(orders, ends, strict=True):
            if isinstance(end, Fenced | BatchStopped | DatabaseUnavailable):
                raise end
            if isinstance(end, Exception) and not self._said(held, (one,), end, again):
                return False
            if isinstance(end, SealedDocument) and end.repeated:
                self._say(held, end, one)
        return all(self._settle(held, (one,), pin) for one in again)

    def _said(
        self,
        held: Held,
        group: tuple[BatchDocument, ...],
        error: Exception,
        again: list[BatchDocument] | None = None,
    ) -> bool:
        """Record why a document was not sealed, or let it be tried again; tell whether the batch goes on."""
        if again is not None and isinstance(error, _PASSING):
            again.extend(group)
            return True
        if isinstance(error, _OF_ALL) and not isinstance(error, _OF_ONE):
            self._desk.halt(held.batch.id, fault_of(error), hand=held.hand)
            return False
        self._failed(held, group, fault_of(error))
        return True

    def _settle(self, held: Held, group: tuple[BatchDocument, ...], pin: Pin | None) -> bool:
        """Seal, or record why not; tell whether the batch goes on."""
        try:
            self._patiently(held, group, pin)
        except (Fenced, BatchStopped, DatabaseUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is belongs into the report, not into a log alone
            return self._said(held, group, error)
        return True

    def _patiently(self, held: Held, group: tuple[BatchDocument, ...], pin: Pin | None) -> None:
        for pause in PAUSES:
            try:
                return self._seal(held, group, pin)
            except _PASSING:
                self._sleep(pause)
        return self._seal(held, group, pin)

    def _seal(self, held: Held, group: tuple[BatchDocument, ...], pin: Pin | None) -> None:
        errand = ChunkErrand(held, {sealing_key(held.batch, group[0]): group}, self._office.now)
        if held.batch.request.form is BatchForm.TREE:
            head = head_for(held.tree.root, held.tree.size)
            self._once(held, self._order(held, group[0], head.octets, errand), pin, group)
            return
        (one,) = group
        with self._office.inputs.fetch(one.document, one.size) as document:
            self._once(held, self._order(held, one, document, errand), pin, group)

    def _once(self, held: Held, order: SealOrder, pin: Pin | None, group: tuple[BatchDocument, ...]) -> None:
        sealed = self._sealing.seal(order, actor=held.batch.actor, pin=pin)
        if sealed.repeated:
            self._say(held, sealed, *group)

    def _say(self, held: Held, sealed: SealedDocument, *group: BatchDocument) -> None:
        """Record what was done before, by a worker that died, or was stopped, before it could say so."""
        done = [
            rows.Done(one.batch_id, one.number, sealed.sealing_id, sealed.digest.hex, sealed.size)
            for one in group
        ]
        with self._office.engine.begin() as conn:
            hold(conn, held)
            rows.settle_done(conn, done, self._office.now())

    @staticmethod
    def _order(held: Held, one: BatchDocument, document: object, errand: ChunkErrand) -> SealOrder:
        found, asked = held.batch, held.batch.request
        whole = asked.form is BatchForm.TREE
        many = bool(found.case_id) and not whole
        return SealOrder(
            document,  # type: ignore[arg-type]
            f"{asked.title}.tree.json" if whole else one.name,
            asked.seal_code,
            Unseen() if whole else parse_where(one.placement or asked.placement),
            asked.level,
            sealing_key(found, one),
            reason=one.reason or asked.reason,
            location=asked.location,
            case=found.case_id,
            document_class=asked.document_class,
            amount=asked.amount,
            credential=found.credential,
            detached=whole,
            inclusion=Inclusion(one.number, held.tree.size, held.tree.path(one.number)) if many else None,
            errand=errand,
        )

    def _failed(self, held: Held, group: tuple[BatchDocument, ...], fault: Fault) -> None:
        with self._office.engine.begin() as conn:
            hold(conn, held)
            for one in group:
                rows.settle_failed(conn, one.batch_id, one.number, fault, self._office.now())

    def _end(self, held: Held) -> None:
        """Close the chunk, and the batch with its last one."""
        with self._office.engine.begin() as conn:
            if not chunk_rows.end_chunk(conn, held.batch.id, held.chunk, held.fence):
                raise Fenced
        self._desk.finish(held.batch.id, hand=held.hand)


def fault_of(error: Exception) -> Fault:
    """Return an error's name and sentences; what is no error of ours is said to be an internal fault."""
    name = type(error).__name__
    if isinstance(error, SpokenError | SigningError):
        return Fault(name, error.zh, error.en)
    _log.error("unexpected while sealing a batch", exc_info=error)
    return Fault(name, "系统内部故障，请联系管理员。", "An internal fault; tell the operator.")
