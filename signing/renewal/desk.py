"""The door to extensions: which documents fade, extend them one by one, tell how far that is.

An extension is shaped like a sealing: transaction A puts it on record, then the time-stamp is asked for, then our own check,
the store, and transaction B enters the new object and links it to the old. A crash leaves either the old document or both,
linked; what is between is settled by :meth:`Renewals.reconcile`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ca.actor import Actor
from ca.clock import Clock
from ca.errors import CaError
from hsm.errors import HsmError
from signing.archive import Archive, Draft, Stored
from signing.errors import SigningError
from signing.objects.errors import StorageUnavailable
from signing.objects.local import storage
from signing.objects.shelf import sha256
from signing.renewal.errors import AlreadyExtended
from signing.renewal.extension import Extender, Source
from signing.renewal.ledger import RenewalLedger
from signing.renewal.store import Renewal, RenewalProgress, RenewalState
from signing.retention.errors import DocumentBusy, DocumentDeleted
from signing.retention.store import StoredDocument

_log = logging.getLogger(__name__)

LOOKED_AT_ONCE: Final = 200
"""Documents whose time-stamps are looked at in one run: a few seconds of reading."""
EXTENDED_AT_ONCE: Final = 50
"""Documents extended in one run: housekeeping has other work too; a backlog of ten thousand takes three hours."""
REST: Final = timedelta(hours=6)
"""How long a document that could not be extended waits before it is tried again."""
AHEAD: Final = timedelta(days=180)
"""How long before it fades a time-stamp is renewed: half a year to notice that this does not work."""
RENEWAL_WORK: Final = "work/renewal"
"""Folder of the archive in which extensions are made, apart from what is being sealed."""
Step = Callable[[str], None]
"""Told each step as it is done: begun, extended, stored, completed."""


def no_step(step: str) -> None:
    """Tell nobody."""
    del step


@dataclass(frozen=True, slots=True)
class RenewalRun:
    """What one run did: documents looked at, extended, and failed."""

    looked_at: int
    extended: int
    failed: int


class Renewals:
    """Extends the documents of one installation; any number of processes may run it at once.

    ``archive`` has a folder of its own to work in and the same store as the sealed documents. ``ahead`` is how long before
    it fades a time-stamp is renewed. ``passing`` is told each step and may stop the process there (fault injection).
    """

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        ledger: RenewalLedger,
        archive: Archive,
        extender: Extender,
        clock: Clock,
        ahead: timedelta = AHEAD,
        *,
        passing: Step = no_step,
    ) -> None:
        self._ledger = ledger
        self._archive = archive
        self._extender = extender
        self._clock = clock
        self._ahead = ahead
        self._passing = passing

    def progress(self) -> RenewalProgress:
        """Count what is to be done and what was done."""
        return self._ledger.progress(self._clock() + self._ahead)

    def newest(self, state: RenewalState | None = None, limit: int = 100) -> Sequence[Renewal]:
        """List extensions, the newest first."""
        return self._ledger.newest(state, limit)

    def run(self, actor: Actor) -> RenewalRun:
        """Look at documents that nobody looked at, then extend those that fade, the first to fade first."""
        rested = self._clock() - REST
        looked_at = sum(self._look(digest) for digest in self._ledger.unexamined(rested, LOOKED_AT_ONCE))
        extended = failed = 0
        for digest in self._ledger.fading(self._clock() + self._ahead, rested, EXTENDED_AT_ONCE):
            try:
                self.extend(digest, actor=actor)
            except StorageUnavailable as unavailable:
                _log.warning("extending waits for the archive: %s", unavailable.detail)
                break
            except (SigningError, CaError, HsmError) as wrong:
                _log.warning("%s was not extended: %s", digest, type(wrong).__name__)
                failed += 1
            else:
                extended += 1
        return RenewalRun(looked_at, extended, failed)

    def extend(self, digest: str, *, actor: Actor, password: str | None = None) -> StoredDocument:
        """Extend one document now and return the new object; at level B-LT or B-T it becomes B-LTA.

        Repeating it for the same object gives the same new object. Raises
        :class:`signing.retention.errors.DocumentUnknown`, :class:`DocumentDeleted`, :class:`AlreadyExtended` where the new
        object was extended too, :class:`DocumentBusy` while somebody else extends it, and what :meth:`Extender.extend` does.
        """
        document = self._ledger.document(digest)
        before = None if document.next else self._settled(digest, actor)
        if document.next or (before is not None and before.state is RenewalState.COMPLETED):
            return self._successor(digest)
        renewal_id = secrets.token_hex(16) if before is None else before.id
        draft = self._archive.begin(renewal_id)
        if draft is None:
            raise DocumentBusy(digest)
        with draft:
            record = self._ledger.begin(renewal_id, document, before, actor)
            self._passing("begun")
            try:
                stored = self._make(document, draft, password)
            except StorageUnavailable:  # finished and kept here: a repeat or reconciliation stores it
                raise
            except Exception as fault:
                self._ledger.fail(record, fault, actor=actor)
                raise
            self._passing("stored")
            made = self._complete(record, stored, actor, "extended")
            self._passing("completed")
        self._archive.settle(renewal_id)
        return made

    def reconcile(self, actor: Actor) -> int:
        """Settle what a dead process left; return how many. The living, and what waits for the store, are left alone."""
        settled = 0
        for record in self._ledger.begun():
            try:
                settled += self._settle(record, actor)
            except DocumentDeleted:
                settled += 1
            except StorageUnavailable as unavailable:
                _log.warning(
                    "extension %s is kept here until the archive answers: %s", record.id, unavailable.detail
                )
        open_ones = {record.id for record in self._ledger.begun()}
        for left in self._archive.unsettled():
            if left not in open_ones:
                self._archive.discard(left)
        return settled

    def _successor(self, digest: str) -> StoredDocument:
        following = self._ledger.document(self._ledger.document(digest).next)
        if following.next:
            raise AlreadyExtended(digest)
        return following

    def _make(self, document: StoredDocument, draft: Draft, password: str | None) -> Stored:
        path = self._archive.path(sha256(document.digest))
        with storage():
            self._extender.extend(Source(path, document.name, self._clock(), password), draft.stream)
        self._passing("extended")
        return draft.finish()

    def _complete(self, record: Renewal, stored: Stored, actor: Actor, how: str) -> StoredDocument:
        """Enter the new object; one whose document was deleted meanwhile is deleted with it."""
        try:
            made = self._ledger.complete(record, stored, actor=actor, how=how)
        except DocumentDeleted as gone:
            self._archive.remove(stored.digest)
            self._ledger.fail(record, gone, actor=actor)
            raise
        self._look(made.digest)
        return self._ledger.document(made.digest)

    def _settled(self, digest: str, actor: Actor) -> Renewal | None:
        """Find an earlier extension of a document; settle it first if its maker died."""
        found = self._ledger.find(digest)
        if found is None or found.state is not RenewalState.BEGUN:
            return found
        if not self._settle(found, actor):
            raise DocumentBusy(digest)
        return self._ledger.find(digest)

    def _settle(self, record: Renewal, actor: Actor) -> bool:
        """Settle one extension by what its maker left; tell ``False`` while the maker is alive."""
        abandoned = self._archive.take_over(record.id)
        if abandoned is None:
            return False
        with abandoned:
            try:
                if abandoned.stored is None:
                    self._ledger.interrupt(record, actor=actor)
                else:
                    self._complete(record, abandoned.stored, actor, "reconciled")
            except DocumentDeleted:
                self._archive.settle(record.id)
                raise
            self._archive.settle(record.id)
        return True

    def _look(self, digest: str) -> bool:
        """Keep when a document fades; what cannot be told is kept as its fault."""
        fault, fades_at = "", None
        try:
            fades_at = self._extender.fades_at(self._archive.path(sha256(digest)))
        except StorageUnavailable:
            return False
        except SigningError as wrong:
            fault = f"{type(wrong).__name__}: {wrong}"
        self._ledger.looked(digest, fades_at, fault)
        return True
