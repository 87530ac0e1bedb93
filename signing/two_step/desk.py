"""Sealing in two steps: prepared here, signed where the key is, completed here when the signature comes back.

1. Transaction A, as for every sealing: permit, reservation, intent. 2. Prepare the bytes; make them durable. 3. Transaction
A2: the permit is taken *before* anything is given out, for from then on the key may be touched; what was given out is on
record. 4. The signature is made elsewhere. 5. It is verified against the certificate and the very octets that were given
out; the seal is judged again. 6. Transaction A3: no longer waiting. 7. Time-stamp, complete, check, archive. 8. Transaction B.

What waits survives a restart: the draft lies in the archive's work folder, everything else in the database. Past its
deadline it is closed as failed, and its permit given back.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest
from hsm.errors import SignatureInvalid
from hsm.verification import verify_signature
from seals.errors import SealNotUsable
from seals.permit import Permits
from signing.archive import Draft
from signing.archive_stamp import ArchiveStamp
from signing.containers.envelope import CmsEnvelope
from signing.errors import KeyDiffers, SealingInProgress, SelfCheckFailed, SigningError
from signing.formats import DocumentKind, LongTermFormat, PdfFormat, kind_of, written
from signing.ledger import KeyUsed, Reserved, Reserving, database
from signing.level import Level
from signing.making import SealingTools
from signing.mark import Work
from signing.objects.errors import StorageUnavailable
from signing.objects.local import storage
from signing.order import SealOrder
from signing.pdf.reading import open_stream
from signing.prepared import Prepared
from signing.service import SealedDocument
from signing.store import SealingRecord, SealingState
from signing.two_step import store
from signing.two_step.errors import (
    NotInTwoSteps,
    RemoteSealingOver,
    RemoteSealingUnknown,
    RemoteSignatureInvalid,
)
from signing.two_step.paper import Asked, Paper, PaperDesk, envelope_of, order_of
from signing.two_step.place import KeptPlace
from signing.two_step.store import WaitAct, Waiting, WaitState
from signing.writ import Writ, WritDesk
from verify.report import DocumentReport

_log: Final = logging.getLogger(__name__)
WAIT: Final = timedelta(minutes=15)
"""How long a prepared document waits: a person finds the token, types the PIN and confirms; a machine takes seconds."""
_ROUND: Final = 200


@dataclass(frozen=True, slots=True)
class TwoStepTools:
    """What the desk works with: a sealing's tools, the permits, and who finds certificates and evidence again."""

    sealing: SealingTools
    writs: WritDesk
    permits: Permits
    papers: PaperDesk
    audit: AuditTrail


class TwoStepSealing:
    """Prepares documents for keys elsewhere and completes them; one instance serves any number of threads."""

    def __init__(self, engine: sa.Engine, clock: Clock, tools: TwoStepTools) -> None:
        self._engine = engine
        self._clock = clock
        self._ledger = tools.sealing.ledger
        self._archive = tools.sealing.archive
        self._check = tools.sealing.check
        self._stamper = tools.sealing.stamper
        self._texts = tools.sealing.texts
        self._writs = tools.writs
        self._permits = tools.permits
        self._papers = tools.papers
        self._audit = tools.audit
        self._form = PdfFormat()

    def begin(self, order: SealOrder, *, actor: Actor) -> Asked:
        """Prepare a document and say what is to be signed; a repeat with the same key says the same again.

        Raises :class:`NotInTwoSteps`, and what :meth:`signing.service.SealingService.seal` raises.
        """
        with open_stream(order.document) as stream:
            if order.detached or kind_of(stream) is not DocumentKind.PDF:
                raise NotInTwoSteps("only PDF")
            document = order.digest()
        before = self._before(order, document, actor)
        if isinstance(before, Asked):
            return before
        sealing_id = before.id if before is not None else self._ledger.new_id()
        draft = self._archive.begin(sealing_id)
        if draft is None:
            raise SealingInProgress(order.idempotency_key)
        with draft:
            try:
                reserved = self._ledger.reserve(Reserving(sealing_id, order, document, before), actor=actor)
            except SealNotUsable as refused:
                self._ledger.refuse(order, document, f"{type(refused).__name__}: {refused}", actor=actor)
                raise
            try:
                with database():
                    return self._prepare(order, reserved, draft)
            except Exception as fault:
                self._close(reserved.record, fault, actor)
                raise

    def find(self, sealing_id: str, *, actor: Actor) -> Asked:
        """Say again what is to be signed, and how it stands; :class:`RemoteSealingUnknown`."""
        record, row = self._both(sealing_id, actor)
        return self._asked(record, row)

    def complete(
        self, sealing_id: str, signature: bytes, *, actor: Actor, password: str | None = None
    ) -> SealedDocument:
        """Complete a document with the signature made elsewhere; repeating it returns the first result.

        ``password`` is the document's, where it is encrypted. Raises :class:`RemoteSignatureInvalid` (it goes on waiting),
        :class:`RemoteSealingOver`, :class:`seals.errors.SealNotUsable` for a seal stopped meanwhile, and what sealing raises.
        """
        record, row = self._both(sealing_id, actor)
        sha256 = hashlib.sha256(signature).hexdigest()
        if row.state is WaitState.RETURNED and row.signature_sha256 == sha256:
            return self._again(record, password)
        if row.state is not WaitState.WAITING or self._clock() >= row.deadline:
            raise RemoteSealingOver(row.state.value)
        paper = self._papers.of(record)
        self._prove(paper, row, signature, actor)
        draft = self._archive.resume(sealing_id)
        if draft is None:
            raise SealingInProgress(record.idempotency_key)
        with draft:
            self._returned(record, row, sha256, actor)
            try:
                with database():
                    return self._finish(record, row, paper, draft, signature, actor, password)
            except StorageUnavailable:  # finished and kept here: reconciliation stores it
                raise
            except Exception as fault:
                self._close(record, fault, actor)
                raise

    def withdraw(self, sealing_id: str, *, actor: Actor) -> None:
        """Give up what waits: its permit is given back. :class:`RemoteSealingOver` where nothing waits."""
        record, row = self._both(sealing_id, actor)
        if not self._end(record, row, WaitAct.WITHDRAW, "withdrawn", actor):
            raise RemoteSealingOver(row.state.value)

    def expire(self, actor: Actor) -> int:
        """Close what waited past its deadline; return how many."""
        with database(), self._reading() as conn:
            rows = store.due(conn, self._clock(), _ROUND)
        ended = 0
        for row in rows:
            record = self._ledger.get(row.sealing)
            if record is not None:
                ended += self._end(record, row, WaitAct.EXPIRE, "no signature came in time", actor)
        return ended

    # -- the first step -----------------------------------------------------------------------------------------------

    def _before(self, order: SealOrder, document: Digest, actor: Actor) -> SealingRecord | Asked | None:
        found = self._ledger.find(actor, order.idempotency_key)
        if found is None:
            return None
        if found.fingerprint != order.fingerprint(document):
            raise KeyDiffers(order.idempotency_key)
        if found.state is SealingState.FAILED:
            return found
        with database(), self._reading() as conn:
            row = store.latest(conn, found.id)
        if row is None or row.attempt != found.attempt:
            raise SealingInProgress(order.idempotency_key)
        return self._asked(found, row)

    def _prepare(self, order: SealOrder, reserved: Reserved, draft: Draft) -> Asked:
        record, permit, now = reserved.record, reserved.permit, self._clock()
        writ = self._writs.draw(order, permit, now, None, DocumentKind.PDF, elsewhere=True)
        if not isinstance(writ.envelope, CmsEnvelope):
            raise NotInTwoSteps(f"a container of kind {writ.envelope.kind}")
        prepared = self._written(order, reserved, writ, draft)
        row = Waiting(
            sealing=record.id,
            attempt=record.attempt,
            state=WaitState.WAITING,
            certificate_sha256=permit.seal.certificate.sha256,
            algorithm=writ.signatory.signer.algorithm.label,
            container=writ.envelope.kind.value,
            statement=writ.mark.statement or "",
            protected=str(prepared.digest),
            scope=prepared.scope,
            to_sign=writ.envelope.to_sign(prepared.digest, prepared.scope),
            source_size=_size(order),
            asked_at=now,
            deadline=now + WAIT,
        )
        KeptPlace.of(row.scope)
        draft.park()
        detail = {"to_sign": hashlib.sha256(row.to_sign).hexdigest(), "certificate": row.certificate_sha256}
        with self._engine.begin() as conn:
            self._permits.consume(conn, permit)
            store.insert(conn, row)
            self._audit.append(
                conn, "sealing.handed_out", actor=permit.actor, subject=record.id, detail=detail
            )
        return self._asked(record, row)

    def _written(self, order: SealOrder, reserved: Reserved, writ: Writ, draft: Draft) -> Prepared:
        def fill(source: IO[bytes]) -> Prepared:
            work = Work(source, draft.stream, order.password, self._texts)
            return self._form.prepare(work, writ.mark, writ.envelope, stamped=order.level.stamped)

        with storage():
            return written(self._form, order, reserved.permit.document, fill, draft.stream)

    # -- the second step ----------------------------------------------------------------------------------------------

    def _prove(self, paper: Paper, row: Waiting, signature: bytes, actor: Actor) -> None:
        """Demand the certificate's signature over the very octets that were given out."""
        signer = paper.signatory.signer
        if (paper.certificate_sha256, signer.algorithm.label) != (row.certificate_sha256, row.algorithm):
            raise RemoteSealingOver("the seal has another certificate by now")
        try:
            verify_signature(signer.public_key, signer.algorithm, row.to_sign, signature)
        except SignatureInvalid as wrong:
            with database(), self._engine.begin() as conn:
                detail = {"why": wrong.detail, "signature": hashlib.sha256(signature).hexdigest()}
                self._audit.append(
                    conn, "sealing.signature_refused", actor=actor, subject=row.sealing, detail=detail
                )
            raise RemoteSignatureInvalid(wrong.detail) from wrong

    def _returned(self, record: SealingRecord, row: Waiting, sha256: str, actor: Actor) -> None:
        """Take it out of the waiting, once; a seal stopped meanwhile is refused here, and the document goes on waiting."""
        changes: dict[str, object] = {"settled_at": self._clock(), "signature_sha256": sha256}
        with database(), self._engine.begin() as conn:
            self._permits.hold(conn, record.permit, actor=actor)
            if not store.move(conn, row, WaitAct.RETURN, changes):
                raise RemoteSealingOver("another signature was faster")
            self._audit.append(
                conn, "sealing.returned", actor=actor, subject=record.id, detail={"signature": sha256}
            )

    def _finish(  # noqa: PLR0913, PLR0917 - both records, the paper work, the file, the signature, whose
        self,
        record: SealingRecord,
        row: Waiting,
        paper: Paper,
        draft: Draft,
        signature: bytes,
        actor: Actor,
        password: str | None,
    ) -> SealedDocument:
        level, signer = Level(record.level), paper.signatory.signer
        envelope = envelope_of(paper, row)
        token = self._stamper(signer.algorithm.digest.digest(signature)) if level.stamped else None
        order = order_of(record, _source(draft.stream, row.source_size), password)
        with storage():
            KeptPlace.of(row.scope).fill(draft.stream, envelope.finish(signature, token))
            if level.archived and isinstance(self._form, LongTermFormat):
                stamp = ArchiveStamp(self._stamper, digest=signer.algorithm.digest)
                self._form.archive_stamp(draft.stream, stamp, password=password)
        report = self._check.passed(draft.path, paper, at=self._clock(), order=order)
        stored = draft.finish()
        key = KeyUsed(signer.algorithm.label, signer.custody.value, "two steps")
        done = self._ledger.complete(record, stored, actor=actor, how="two steps", key=key)
        self._archive.settle(record.id)
        return SealedDocument(done.id, stored.path, stored.digest, stored.size, report, done.permit)

    def _again(self, record: SealingRecord, password: str | None) -> SealedDocument:
        record = self._ledger.get(record.id) or record
        if record.state is not SealingState.COMPLETED:
            raise RemoteSealingOver(record.state.value)
        digest = Digest.parse(f"sha256:{record.result}")
        path = self._archive.path(digest)
        report: DocumentReport = self._check.report(
            path, at=record.settled_at or self._clock(), order=order_of(record, b"", password)
        )
        return SealedDocument(record.id, path, digest, record.size, report, record.permit, repeated=True)

    # -- both ---------------------------------------------------------------------------------------------------------

    def _both(self, sealing_id: str, actor: Actor) -> tuple[SealingRecord, Waiting]:
        record = self._ledger.get(sealing_id)
        with database(), self._reading() as conn:
            row = store.latest(conn, sealing_id)
        if record is None or row is None or record.actor != actor.id:
            raise RemoteSealingUnknown(sealing_id[:32])
        return record, row

    def _asked(self, record: SealingRecord, row: Waiting) -> Asked:
        return self._papers.asked(record, row, self._clock())

    def _end(self, record: SealingRecord, row: Waiting, act: WaitAct, why: str, actor: Actor) -> bool:
        """End the waiting and close the sealing as failed; ``False`` where it no longer waits or is being completed."""
        draft = self._archive.resume(record.id)
        if draft is None and self._archive.draft_path(record.id).exists():
            return False
        with draft or nullcontext():
            with database(), self._engine.begin() as conn:
                if not store.move(conn, row, act, {"settled_at": self._clock()}):
                    return False
            ended = self._ledger.fail(record, why, actor=actor)
            self._archive.settle(record.id)
        return ended

    def _close(self, record: SealingRecord, fault: Exception, actor: Actor) -> None:
        action = "fault" if isinstance(fault, SelfCheckFailed) else "failed"
        try:
            self._ledger.fail(record, f"{type(fault).__name__}: {fault}", actor=actor, action=action)
        except SigningError:
            _log.exception("sealing %s stays reserved until it is reconciled", record.id)
        else:
            self._archive.settle(record.id)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _source(stream: IO[bytes], size: int) -> bytes:
    stream.seek(0)
    return stream.read(size)


def _size(order: SealOrder) -> int:
    return len(order.document) if isinstance(order.document, bytes) else order.document.stat().st_size
