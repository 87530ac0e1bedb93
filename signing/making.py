"""The making of one sealed document, steps 2 to 7 of the cycle: prepared, signed, stamped, completed, checked, stored.

:mod:`signing.service` does them for one document between its transactions, :mod:`signing.several` for many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO

from ca.clock import Clock
from hsm.algorithms import Digest
from signing.archive import Archive, Draft, Stored
from signing.archive_stamp import ArchiveStamp
from signing.formats import Format, Formats, LongTermFormat, written
from signing.ledger import KeyUsed, Ledger, Reserved
from signing.mark import SeveralStamper, Stamper, Texts, Work
from signing.objects.local import storage
from signing.order import SealOrder
from signing.prepared import Prepared, writer_of
from signing.selfcheck import SelfCheck, Together
from signing.writ import Writ, WritDesk
from verify.report import DocumentReport


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
class SealingTools:
    """What the service works with: the record, the paper work, the time-stamps, the check, the archive, keyword search.

    ``stamp_several``: an authority that gives several time-stamps at once.
    """

    ledger: Ledger
    writs: WritDesk
    stamper: Stamper
    check: SelfCheck
    archive: Archive
    formats: Formats = field(default_factory=Formats)
    texts: Texts | None = None
    stamp_several: SeveralStamper | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One reserved sealing at work: what is asked for, who prepares it, its permit, its draft."""

    order: SealOrder
    form: Format
    reserved: Reserved
    draft: Draft


@dataclass(frozen=True, slots=True)
class Ready:
    """A document that waits for its signature: everything else is written."""

    task: Task
    writ: Writ
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class SignatureValue:
    """A signature as the key gave it, and its time-stamp token (DER) where the level asks for one."""

    signature: bytes
    token: bytes | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that is complete and passed our own check; it is not stored yet."""

    task: Task
    report: DocumentReport
    key: KeyUsed

    def store(self) -> Stored:
        """Make it durable and hand it to the store (:meth:`signing.archive.Draft.finish`)."""
        return self.task.draft.finish()


class Making:
    """Makes documents; it records nothing."""

    def __init__(self, tools: SealingTools, clock: Clock) -> None:
        self._stamper = tools.stamper
        self._check = tools.check
        self._texts = tools.texts
        self._clock = clock

    def prepare(self, task: Task, writ: Writ) -> Ready:
        """Write everything but the signature into the draft."""
        order, output = task.order, task.draft.stream

        def fill(source: IO[bytes]) -> Prepared:
            work = Work(source, output, order.password, self._texts)
            return task.form.prepare(work, writ.mark, writ.envelope, stamped=order.level.stamped)

        with storage():
            prepared = written(task.form, order, task.reserved.permit.document, fill, output)
        return Ready(task, writ, prepared)

    @staticmethod
    def sign(ready: Ready) -> bytes:
        """Sign: the only touch of the key; the permit is taken."""
        writ, prepared = ready.writ, ready.prepared
        return writ.signatory.signer.sign(writ.envelope.to_sign(prepared.digest, prepared.scope))

    def stamp(self, ready: Ready, signature: bytes) -> bytes | None:
        """Time-stamp the signature where the level asks for it."""
        return self._stamper(imprint(ready, signature)) if ready.task.order.level.stamped else None

    def finish(
        self, ready: Ready, value: SignatureValue, done: Progress, together: Together | None = None
    ) -> Checked:
        """Complete and check what was signed and stamped. Whatever is raised, nothing leaves.

        ``together``: a verifier that knows the writ's evidence, and the moment, where several documents share them.
        """
        task, writ, prepared = ready.task, ready.writ, ready.prepared
        with storage():
            prepared.complete(writ.envelope.finish(value.signature, value.token))
            self._archive_stamp(task, writ)
        done(Step.COMPLETED)
        verifier, at = (None, None) if together is None else together
        if at is None or task.order.level.archived:  # its last time-stamp is younger than the chunk's moment
            at = self._clock()
        report = self._check.passed(task.draft.path, writ, at=at, order=task.order, verifier=verifier)
        done(Step.VERIFIED)
        signer = writ.signatory.signer
        key = KeyUsed(signer.algorithm.label, signer.custody.value, writer_of(prepared))
        return Checked(task, report, key)

    def _archive_stamp(self, task: Task, writ: Writ) -> None:
        """Stamp the whole document at level B-LTA; what proves the time-stamps is in it already (:mod:`signing.writ`)."""
        if task.order.level.archived and isinstance(task.form, LongTermFormat):
            stamp = ArchiveStamp(self._stamper, digest=writ.signatory.signer.algorithm.digest)
            task.form.archive_stamp(task.draft.stream, stamp, password=task.order.password)


def imprint(ready: Ready, signature: bytes) -> Digest:
    """Return what a time-stamp over a signature is about."""
    return ready.writ.signatory.signer.algorithm.digest.digest(signature)
