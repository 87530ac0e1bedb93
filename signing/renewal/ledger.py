"""The record of extensions: intent before the time-stamp, outcome after it. Every method is one short transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from signing.archive import Stored
from signing.errors import SelfCheckFailed, SigningError
from signing.ledger import MAX_FAULT, database
from signing.level import Level
from signing.renewal import store
from signing.renewal.store import Renewal, RenewalAct, RenewalProgress, RenewalState
from signing.retention.errors import DocumentBusy, DocumentDeleted, DocumentUnknown
from signing.retention.states import DocumentState
from signing.retention.store import StoredDocument, find_document, insert_document, lock_line

_log = logging.getLogger(__name__)
MAX_BEGUN: Final = 10_000
"""Extensions settled in one run of reconciliation; a process works on one at a time."""


class RenewalLedger:
    """Keeps the extensions of one installation."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def progress(self, before: datetime) -> RenewalProgress:
        """Count what is to be done, by a time of fading, and what was done."""
        with database(), self._reading() as conn:
            return store.progress(conn, before)

    def newest(self, state: RenewalState | None, limit: int) -> Sequence[Renewal]:
        """List extensions, the newest first."""
        with database(), self._reading() as conn:
            return store.list_renewals(conn, state, limit)

    def begun(self) -> Sequence[Renewal]:
        """List the extensions that are open."""
        return self.newest(RenewalState.BEGUN, MAX_BEGUN)

    def unexamined(self, rested: datetime, limit: int) -> Sequence[str]:
        """List documents of which nobody knows when they fade."""
        with database(), self._reading() as conn:
            return store.unexamined(conn, rested, limit)

    def fading(self, before: datetime, rested: datetime, limit: int) -> Sequence[str]:
        """List documents that fade before a time, the first to fade first."""
        with database(), self._reading() as conn:
            return store.fading(conn, before, rested, limit)

    def find(self, document: str) -> Renewal | None:
        """Find the extension of a document."""
        with database(), self._reading() as conn:
            return store.find_renewal(conn, document)

    def document(self, digest: str) -> StoredDocument:
        """Return a document that is kept. :class:`DocumentUnknown`, :class:`DocumentDeleted`."""
        with database(), self._reading() as conn:
            found = find_document(conn, digest)
        if found is None:
            raise DocumentUnknown(digest[:64])
        if found.state is not DocumentState.KEPT:
            raise DocumentDeleted(found.deleted_at)
        return found

    def begin(
        self, renewal_id: str, document: StoredDocument, before: Renewal | None, actor: Actor
    ) -> Renewal:
        """Transaction A. :class:`DocumentBusy` when somebody else was faster."""
        now = self._clock()
        attempt = 1 if before is None else before.attempt + 1
        record = Renewal(renewal_id, document.digest, RenewalState.BEGUN, attempt, actor.id, now)
        detail = {"renewal": record.id, "level": document.level, "attempt": attempt}
        again = {"attempt": attempt, "actor": actor.id, "begun_at": now, "settled_at": None, "fault": ""}
        try:
            with database(), self._engine.begin() as conn:
                if before is None:
                    store.insert_renewal(conn, record)
                elif not store.move_renewal(conn, before, RenewalAct.RETRY, again):
                    raise DocumentBusy(document.digest)
                self._note(conn, "intended", document.digest, actor, detail)
        except sa.exc.IntegrityError as faster:
            raise DocumentBusy(document.digest) from faster
        return record

    def complete(self, record: Renewal, stored: Stored, *, actor: Actor, how: str) -> StoredDocument:
        """Transaction B: the new object in its line, the old one linked to it, the outcome. Repeating it changes nothing.

        :class:`DocumentDeleted` if the document went meanwhile.
        """
        now, digest = self._clock(), stored.digest.hex
        with database(), self._engine.begin() as conn:
            before = find_document(conn, record.document)
            if before is None:
                raise DocumentUnknown(record.document)
            lock_line(conn, before.origin)
            if not store.move_renewal(
                conn, record, RenewalAct.COMPLETE, {"settled_at": now, "result": digest, "fault": ""}
            ):
                found = find_document(conn, digest)
                if found is None:
                    raise DocumentBusy(record.document)
                return found
            old = store.link_successor(conn, record.document, digest)
            if old is None:
                raise DocumentDeleted(before.deleted_at)
            made = replace(
                old, digest=digest, previous=old.digest, next="", number=old.number + 1, level=Level.B_LTA.value,
                size=stored.size, stored_at=now, fades_at=None, looked_at=None,
            )  # fmt: skip
            insert_document(conn, made)
            detail = {"renewal": record.id, "result": digest, "size": stored.size, "how": how}
            self._note(conn, "completed", record.document, actor, detail)
        return made

    def fail(self, record: Renewal, fault: Exception, *, actor: Actor) -> None:
        """Record why it came to nothing; if even that fails, reconciliation will."""
        words = f"{type(fault).__name__}: {fault}"[:MAX_FAULT]
        now, what = self._clock(), "fault" if isinstance(fault, SelfCheckFailed) else "failed"
        try:
            with database(), self._engine.begin() as conn:
                if store.move_renewal(conn, record, RenewalAct.FAIL, {"settled_at": now, "fault": words}):
                    store.note_look(conn, record.document, now, fault=words)
                    detail = {"renewal": record.id, "fault": words}
                    self._note(conn, what, record.document, actor, detail)
        except SigningError:
            _log.exception("extension %s stays begun until it is reconciled", record.id)

    def interrupt(self, record: Renewal, *, actor: Actor) -> None:
        """Record that its maker died before anything was finished; it is tried again at once."""
        done = {"settled_at": self._clock(), "fault": "interrupted"}
        with database(), self._engine.begin() as conn:
            if store.move_renewal(conn, record, RenewalAct.FAIL, done):
                detail = {"renewal": record.id, "fault": "interrupted"}
                self._note(conn, "failed", record.document, actor, detail)

    def looked(self, digest: str, fades_at: datetime | None, fault: str) -> None:
        """Keep when a document fades, or why that cannot be told."""
        with database(), self._engine.begin() as conn:
            store.note_look(conn, digest, self._clock(), fades_at=fades_at, fault=fault[:MAX_FAULT])

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _note(
        self, conn: sa.Connection, what: str, digest: str, actor: Actor, detail: dict[str, Any]
    ) -> None:
        self._audit.append(conn, f"archive.renewal.{what}", actor=actor, subject=digest, detail=detail)
