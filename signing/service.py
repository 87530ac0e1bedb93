"""The room's door: seal a document, with every step of the cycle in its order (docs/signing-cycle.md).

1. Transaction A: a permit or a refusal, the reservation, the intent on the audit trail. 2. Prepare the bytes. 3. Take the
permit and sign: the only touch of the seal's key. 4. Time-stamp. 5. Complete the document. 6. Verify it with our own
verifier; anything but a pass is withheld and recorded as a fault. 7. Archive. 8. Transaction B: one use, the outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO

from ca.actor import Actor
from ca.clock import Clock
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.pins import Pin
from seals.errors import SealNotUsable
from signing.archive import Archive, Draft, Stored
from signing.archive_stamp import ArchiveStamp
from signing.errors import KeyDiffers, SealingInProgress, SelfCheckFailed, SigningError
from signing.formats import Format, Formats, LongTermFormat, written
from signing.ledger import KeyUsed, Ledger, Reserved, database
from signing.mark import Stamper, Texts, Work
from signing.objects.errors import StorageUnavailable
from signing.objects.local import storage
from signing.order import SealOrder
from signing.pdf.reading import open_stream
from signing.prepared import Prepared, writer_of
from signing.selfcheck import SelfCheck
from signing.store import SealingRecord, SealingState
from signing.writ import Writ, WritDesk
from verify.report import DocumentReport, SignatureReport

_log = logging.getLogger(__name__)


class Step(StrEnum):
    """The steps of a sealing, each named for what has just been done."""

    RESERVED = "reserved"
    PREPARED = "prepared"
    PERMITTED = "permitted"
    SIGNED = "signed"
    STAMPED = "stamped"
    COMPLETED = "completed"
    VERIFIED = "verified"
    ARCHIVED = "archived"
    RECORDED = "recorded"


Progress = Callable[[Step], None]
"""Told each step as it is done."""


def no_progress(step: Step) -> None:
    """Tell nobody."""
    del step


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A document that was sealed, checked, archived and recorded. ``digest`` and ``size`` (octets) are the file's."""

    sealing_id: str
    path: Path
    digest: Digest
    size: int
    report: DocumentReport
    permit: str
    repeated: bool = False
    """This is the first result, asked for again with the same idempotency key."""

    @property
    def bytes(self) -> bytes:
        """The file's octets, read from the archive."""
        return self.path.read_bytes()

    @property
    def own(self) -> SignatureReport | None:
        """What was reported on the signature that this sealing made."""
        found = (one for one in self.report.signatures if one.seal is not None)
        return next((one for one in found if one.seal is not None and one.seal.permit == self.permit), None)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was closed: ids of sealings completed from a finished file, and of those that had come to nothing."""

    completed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SealingTools:
    """What the service works with: the record, the paper work, the time-stamps, the check, the archive, keyword search."""

    ledger: Ledger
    writs: WritDesk
    stamper: Stamper
    check: SelfCheck
    archive: Archive
    formats: Formats = field(default_factory=Formats)
    texts: Texts | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One reserved sealing at work: what is asked for, who prepares it, its permit, its draft."""

    order: SealOrder
    form: Format
    reserved: Reserved
    draft: Draft


class SealingService:
    """Seals documents; one instance serves any number of threads.

    ``passing`` is told every step and may stop the process there (fault injection); ``progress`` is the caller's.
    """

    def __init__(self, tools: SealingTools, clock: Clock, *, passing: Progress = no_progress) -> None:
        self._ledger = tools.ledger
        self._writs = tools.writs
        self._stamper = tools.stamper
        self._check = tools.check
        self._archive = tools.archive
        self._formats = tools.formats
        self._texts = tools.texts
        self._clock = clock
        self._passing = passing

    def seal(
        self, order: SealOrder, *, actor: Actor, pin: Pin | None = None, progress: Progress = no_progress
    ) -> SealedDocument:
        """Seal one document, once: a repeat with the same idempotency key returns the first result.

        ``pin`` is the keeper's, for this one use. Raises :class:`SigningError`, :class:`seals.errors.SealNotUsable`,
        :class:`hsm.errors.HsmError` (a wrong PIN included) or :class:`ca.errors.CaError`; then nothing was sealed,
        and the permit was released.
        """
        with open_stream(order.document) as stream:
            form = self._formats.of(order, stream)
            document = order.digest()
        before = self._before(order, document, actor)
        if before is not None and before.state is SealingState.COMPLETED:
            return self._again(before, order)
        sealing_id = before.id if before is not None else self._ledger.new_id()
        draft = self._archive.begin(sealing_id)
        if draft is None:
            raise SealingInProgress(order.idempotency_key)
        with draft:
            reserved = self._reserve(sealing_id, order, document, before, actor)
            steps = _Steps(self._passing, progress)
            steps.done(Step.RESERVED)
            try:
                with database():
                    stored, report, key = self._make(Task(order, form, reserved, draft), pin, steps)
            except StorageUnavailable:  # finished and kept here: a repeat or reconciliation stores it
                raise
            except Exception as fault:
                self._close_failed(reserved.record, fault, actor)
                raise
            steps.done(Step.ARCHIVED)
            record = self._ledger.complete(
                reserved.record, stored, actor=actor, how="sealed", key=key, errand=order.errand
            )
            steps.done(Step.RECORDED)
        self._archive.settle(sealing_id)
        return SealedDocument(record.id, stored.path, stored.digest, stored.size, report, record.permit)

    def reconcile(self, actor: Actor) -> Reconciliation:
        """Close what a dead process left open: complete a finished file, fail the rest; the living are left alone."""
        completed: list[str] = []
        failed: list[str] = []
        for record in self._ledger.open():
            try:
                settled = self._settle(record, actor)
            except StorageUnavailable as unavailable:
                _log.warning(
                    "sealing %s is kept here until the archive answers: %s", record.id, unavailable.detail
                )
                continue
            if settled is not None:
                (completed if settled is SealingState.COMPLETED else failed).append(record.id)
        self._sweep()
        return Reconciliation(tuple(completed), tuple(failed))

    def _before(self, order: SealOrder, document: Digest, actor: Actor) -> SealingRecord | None:
        """Find an earlier request under the same key; close it first if its maker died."""
        found = self._ledger.find(actor, order.idempotency_key)
        if found is None:
            return None
        if found.fingerprint != order.fingerprint(document):
            raise KeyDiffers(order.idempotency_key)
        if found.state is SealingState.RESERVED:
            if self._settle(found, actor) is None:
                raise SealingInProgress(order.idempotency_key)
            found = self._ledger.get(found.id)
        return found

    def _again(self, record: SealingRecord, order: SealOrder) -> SealedDocument:
        digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(record.result))
        path = self._archive.path(digest)
        at = record.settled_at or self._clock()
        report = self._check.report(path, at=at, order=order)
        return SealedDocument(record.id, path, digest, record.size, report, record.permit, repeated=True)

    def _reserve(
        self,
        sealing_id: str,
        order: SealOrder,
        document: Digest,
        before: SealingRecord | None,
        actor: Actor,
    ) -> Reserved:
        try:
            return self._ledger.reserve(sealing_id, order, document, before, actor=actor)
        except SealNotUsable as refused:
            self._ledger.refuse(order, document, f"{type(refused).__name__}: {refused}", actor=actor)
            raise

    def _make(self, task: Task, pin: Pin | None, steps: _Steps) -> tuple[Stored, DocumentReport, KeyUsed]:
        """Do steps 2 to 7; whatever is raised, nothing leaves."""
        order, draft, permit = task.order, task.draft, task.reserved.permit
        writ = self._writs.draw(order, permit, self._clock(), pin, task.form.kind)
        prepared = self._prepare(task, writ)
        steps.done(Step.PREPARED)
        to_sign = writ.envelope.to_sign(prepared.digest, prepared.scope)
        self._ledger.consume(task.reserved)
        steps.done(Step.PERMITTED)
        signature = writ.signatory.signer.sign(to_sign)
        steps.done(Step.SIGNED)
        token = self._stamp(order, writ, signature)
        steps.done(Step.STAMPED)
        with storage():
            prepared.complete(writ.envelope.finish(signature, token))
            self._archive_stamp(task, writ)
        steps.done(Step.COMPLETED)
        report = self._check.passed(draft.path, writ, at=self._clock(), order=order)
        steps.done(Step.VERIFIED)
        signer = writ.signatory.signer
        key = KeyUsed(signer.algorithm.label, signer.custody.value, writer_of(prepared))
        return draft.finish(), report, key

    def _prepare(self, task: Task, writ: Writ) -> Prepared:
        order, output = task.order, task.draft.stream

        def fill(source: IO[bytes]) -> Prepared:
            work = Work(source, output, order.password, self._texts)
            return task.form.prepare(work, writ.mark, writ.envelope, stamped=order.level.stamped)

        with storage():
            return written(task.form, order, task.reserved.permit.document, fill, output)

    def _stamp(self, order: SealOrder, writ: Writ, signature: bytes) -> bytes | None:
        if not order.level.stamped:
            return None
        return self._stamper(writ.signatory.signer.algorithm.digest.digest(signature))

    def _archive_stamp(self, task: Task, writ: Writ) -> None:
        """Stamp the whole document at level B-LTA; what proves the time-stamps is in it already (:mod:`signing.writ`)."""
        if task.order.level.archived and isinstance(task.form, LongTermFormat):
            stamp = ArchiveStamp(self._stamper, digest=writ.signatory.signer.algorithm.digest)
            task.form.archive_stamp(task.draft.stream, stamp, password=task.order.password)

    def _close_failed(self, record: SealingRecord, fault: Exception, actor: Actor) -> None:
        """Record why it came to nothing; if even that fails, reconciliation will."""
        action = "fault" if isinstance(fault, SelfCheckFailed) else "failed"
        try:
            self._ledger.fail(record, f"{type(fault).__name__}: {fault}", actor=actor, action=action)
        except SigningError:
            _log.exception("sealing %s stays reserved until it is reconciled", record.id)

    def _settle(self, record: SealingRecord, actor: Actor) -> SealingState | None:
        """Close one reservation by what its maker left; ``None`` while the maker is alive, or the signature is awaited."""
        if self._ledger.waits(record):
            return None
        abandoned = self._archive.take_over(record.id)
        if abandoned is None:
            return None
        with abandoned:
            if abandoned.stored is not None:
                self._ledger.complete(record, abandoned.stored, actor=actor, how="reconciled")
                state = SealingState.COMPLETED
            else:
                if not self._ledger.fail(record, "interrupted", actor=actor):
                    return None
                state = SealingState.FAILED
            self._archive.settle(record.id)
        return state

    def _sweep(self) -> None:
        """Remove files of sealings that are settled or were never reserved."""
        for sealing_id in self._archive.unsettled():
            record = self._ledger.get(sealing_id)
            if record is None or record.state is not SealingState.RESERVED:
                self._archive.discard(sealing_id)


class _Steps:
    """Tells two listeners about each step: the fault seam first, then the caller."""

    def __init__(self, passing: Progress, progress: Progress) -> None:
        self._passing = passing
        self._progress = progress

    def done(self, step: Step) -> None:
        self._passing(step)
        self._progress(step)
