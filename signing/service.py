"""The room's door: seal a document, with every step of the cycle in its order (docs/signing-cycle.md).

1. Transaction A: a permit or a refusal, the reservation, the intent on the audit trail. 2. Prepare the bytes. 3. Take the
permit and sign: the only touch of the seal's key. 4. Time-stamp. 5. Complete the document. 6. Verify it with our own
verifier; anything but a pass is withheld and recorded as a fault. 7. Archive. 8. Transaction B: one use, the outcome.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ca.actor import Actor
from ca.clock import Clock
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.pins import Pin
from seals.errors import SealNotUsable
from signing.archive import Stored
from signing.errors import KeyDiffers, SealingInProgress, SelfCheckFailed, SigningError
from signing.ledger import Reserved, Reserving, database
from signing.making import Checked, Making, Progress, SealingTools, SignatureValue, Step, Task, no_progress
from signing.objects.errors import StorageUnavailable
from signing.order import SealOrder
from signing.pdf.reading import open_stream
from signing.several import End, Several
from signing.store import SealingRecord, SealingState
from verify.report import DocumentReport, SignatureReport

_log = logging.getLogger(__name__)


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


class SealingService:
    """Seals documents; one instance serves any number of threads.

    ``passing`` is told every step and may stop the process there (fault injection); ``progress`` is the caller's.
    """

    def __init__(self, tools: SealingTools, clock: Clock, *, passing: Progress = no_progress) -> None:
        self._ledger = tools.ledger
        self._writs = tools.writs
        self._check = tools.check
        self._archive = tools.archive
        self._formats = tools.formats
        self._making = Making(tools, clock)
        self._several = Several(tools, self._making, clock)
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
                    stored, checked = self._make(Task(order, form, reserved, draft), pin, steps)
            except StorageUnavailable:  # finished and kept here: a repeat or reconciliation stores it
                raise
            except Exception as fault:
                self._close_failed(reserved.record, fault, actor)
                raise
            steps.done(Step.ARCHIVED)
            record = self._ledger.complete(
                reserved.record, stored, actor=actor, how="sealed", key=checked.key, errand=order.errand
            )
            steps.done(Step.RECORDED)
        self._archive.settle(sealing_id)
        return sealed(record.id, stored, checked)

    def seal_several(
        self, orders: Sequence[SealOrder], *, actor: Actor, pin: Pin | None = None
    ) -> list[SealedDocument | Exception]:
        """Seal several documents with one seal, each exactly as :meth:`seal` does; say of each what became of it.

        Their transactions are shared: one grants all, one takes all, one records all. Where these do not go through together,
        and for a document that was asked for before, each is sealed by itself.
        """
        together: dict[str, SealedDocument | Exception] = {}
        keys = [order.idempotency_key for order in orders]
        taken = self._ledger.asked_before(actor, keys) if len(orders) > 1 else set(keys)
        fresh = [order for order in orders if order.idempotency_key not in taken]
        if len(fresh) > 1:
            together = self._together(fresh, actor, pin)
        return [together.get(order.idempotency_key) or self._alone(order, actor, pin) for order in orders]

    def _alone(self, order: SealOrder, actor: Actor, pin: Pin | None) -> SealedDocument | Exception:
        try:
            return self.seal(order, actor=actor, pin=pin)
        except Exception as fault:  # noqa: BLE001 - said of this document; the caller looks at each
            return fault

    def _together(
        self, orders: Sequence[SealOrder], actor: Actor, pin: Pin | None
    ) -> dict[str, SealedDocument | Exception]:
        with contextlib.ExitStack() as drafts:
            tasks = self._several.begin(orders, actor, drafts)
            if tasks is None:
                return {}
            steps = _Steps(self._passing, no_progress)
            ends = self._several.make(tasks, actor, pin, steps.done)
            return {key: self._ended(end, actor) for key, end in ends.items()}

    def _ended(self, end: End, actor: Actor) -> SealedDocument | Exception:
        """Close the records of what failed; what is done is on record already."""
        if isinstance(end.made, Exception):
            if not isinstance(end.made, StorageUnavailable):
                self._close_failed(end.record, end.made, actor)
            return end.made
        checked, stored = end.made
        self._archive.settle(end.record.id)
        return sealed(end.record.id, stored, checked)

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
            return self._ledger.reserve(Reserving(sealing_id, order, document, before), actor=actor)
        except SealNotUsable as refused:
            self._ledger.refuse(order, document, f"{type(refused).__name__}: {refused}", actor=actor)
            raise

    def _make(self, task: Task, pin: Pin | None, steps: _Steps) -> tuple[Stored, Checked]:
        """Do steps 2 to 7; whatever is raised, nothing leaves."""
        writ = self._writs.draw(task.order, task.reserved.permit, self._clock(), pin, task.form.kind)
        ready = self._making.prepare(task, writ)
        steps.done(Step.PREPARED)
        self._ledger.consume(task.reserved)
        steps.done(Step.PERMITTED)
        signature = self._making.sign(ready)
        steps.done(Step.SIGNED)
        value = SignatureValue(signature, self._making.stamp(ready, signature))
        steps.done(Step.STAMPED)
        checked = self._making.finish(ready, value, steps.done)
        return checked.store(), checked

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


def sealed(sealing_id: str, stored: Stored, checked: Checked) -> SealedDocument:
    """Say what was sealed, just now."""
    permit = checked.task.reserved.permit.id
    return SealedDocument(sealing_id, stored.path, stored.digest, stored.size, checked.report, permit)


class _Steps:
    """Tells two listeners about each step: the fault seam first, then the caller."""

    def __init__(self, passing: Progress, progress: Progress) -> None:
        self._passing = passing
        self._progress = progress

    def done(self, step: Step) -> None:
        self._passing(step)
        self._progress(step)
