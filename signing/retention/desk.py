"""The door to stored documents: look, read, classify, hold, release, delete at the end of their time.

A deletion is two transactions with the store between them: first it is on record that the document goes and why (no hold
stands, its time is over), then its octets go, then the tombstone stays. What dies between is finished by housekeeping.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from signing.archive import Archive
from signing.ledger import database
from signing.objects.errors import StorageUnavailable
from signing.objects.shelf import sha256
from signing.retention import store
from signing.retention.classes import RetentionBook
from signing.retention.errors import (
    DocumentBusy,
    DocumentDeleted,
    DocumentUnknown,
    HoldMoved,
    HoldUnknown,
    OnHold,
    ReasonNeeded,
    RetentionShortened,
    SecondPersonNeeded,
    StillKept,
)
from signing.retention.states import DocumentAct, DocumentState, HoldAct, HoldState
from signing.retention.store import EVERY, DocumentQuery, Hold, StoredDocument

_log = logging.getLogger(__name__)

SHORTEST: Final = 8
"""Digits of a digest by which a person may call a document: a billion documents share eight, ten are plenty."""
MAX_REASON: Final = 500
"""Longest reason on record, in characters."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A line of documents as one looks at it: its objects, the first one first, and the holds on it."""

    versions: tuple[StoredDocument, ...]
    holds: tuple[Hold, ...]

    @property
    def newest(self) -> StoredDocument:
        """The object that was extended last."""
        return self.versions[-1]

    @property
    def held(self) -> bool:
        """Tell whether a hold stands."""
        return any(hold.state is not HoldState.LIFTED for hold in self.holds)


class RetentionDesk:
    """Keeps the documents of one installation. Who may call which act is the caller's to decide; ``owner`` narrows."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each once
        self,
        engine: sa.Engine,
        archive: Archive,
        book: RetentionBook,
        clock: Clock,
        audit: AuditTrail,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._clock = clock
        self._audit = audit
        self._new_id = new_id
        self.book = book

    def list(self, query: DocumentQuery) -> list[StoredDocument]:
        """List objects, the newest first."""
        with database(), self._reading() as conn:
            return store.list_documents(conn, query)

    def resolve(self, start: str) -> str:
        """Return the digest that begins with ``start`` (at least eight digits). :class:`DocumentUnknown` unless it is one."""
        if len(start) < SHORTEST:
            raise DocumentUnknown(start)
        with database(), self._reading() as conn:
            found = store.digests_like(conn, start)
        if len(found) != 1:
            raise DocumentUnknown(start[:64])
        return found[0]

    def show(self, digest: str, owner: str | None = None) -> DocumentFile:
        """Return the line that an object belongs to. :class:`DocumentUnknown`, for another's document too."""
        with database(), self._reading() as conn:
            return _file(conn, digest, owner)

    def open(self, digest: str, owner: str | None = None) -> tuple[StoredDocument, IO[bytes]]:
        """Open an object for reading. Raises also :class:`DocumentDeleted` and what :meth:`Archive.open` raises."""
        found = self.show(digest, owner)
        document = next(one for one in found.versions if one.digest == digest)
        if document.state is not DocumentState.KEPT:
            raise DocumentDeleted(document.deleted_at)
        return document, self._archive.open(sha256(digest))

    def classify(self, digest: str, name: str, *, actor: Actor) -> DocumentFile:
        """Give a document its retention class; a class once given is only made longer."""
        chosen = self.book.of(name)
        with database(), self._engine.begin() as conn:
            found = _locked(conn, digest)
            first = found.versions[0]
            until = chosen.until(first.stored_at)
            ends = first.retain_until
            if first.retention and (ends is None or (until is not None and until < ends)) and until != ends:
                raise RetentionShortened(ends)
            changes: dict[str, Any] = {"retention": chosen.id, "retain_until": until}
            if not store.set_retention(conn, first.origin, first.retention, changes):
                raise DocumentBusy(first.origin)
            detail = {
                "class": chosen.id,
                "until": "" if until is None else until.isoformat(),
                "was": first.retention,
            }
            self._note(conn, "classified", first.origin, actor, detail)
            return _file(conn, digest)

    def hold(self, digest: str, reason: str, *, actor: Actor) -> Hold:
        """Place a legal hold: nothing of the line is deleted while it stands; ``EVERY`` (``*``) holds every document."""
        why = _reason(reason)
        with database(), self._engine.begin() as conn:
            origin = EVERY if digest == EVERY else _locked(conn, digest).versions[0].origin
            made = Hold(self._new_id(), origin, HoldState.STANDING, why, actor.id, self._clock())
            store.insert_hold(conn, made)
            self._note(conn, "held", origin, actor, {"hold": made.id, "reason": why})
            return made

    def ask_release(self, hold_id: str, reason: str, *, actor: Actor) -> Hold:
        """Ask that a hold be lifted; it stands until somebody else confirms."""
        why = _reason(reason)
        changes = {"asked_by": actor.id, "asked_at": self._clock(), "lift_reason": why}
        return self._move(hold_id, HoldAct.ASK, changes, actor, "hold.release_asked", {"reason": why})

    def refuse_release(self, hold_id: str, *, actor: Actor) -> Hold:
        """Keep a hold that somebody asked to lift."""
        changes = {"asked_by": "", "asked_at": None, "lift_reason": ""}
        return self._move(hold_id, HoldAct.KEEP, changes, actor, "hold.kept", {})

    def release(self, hold_id: str, *, actor: Actor) -> Hold:
        """Lift a hold, as another person than asked. :class:`SecondPersonNeeded`."""
        changes = {"lifted_by": actor.id, "lifted_at": self._clock()}
        return self._move(hold_id, HoldAct.LIFT, changes, actor, "hold.lifted", {})

    def delete(self, digest: str, reason: str, *, actor: Actor) -> DocumentFile:
        """Delete every object of a line whose time is over; the tombstones stay.

        Raises :class:`StillKept`, :class:`OnHold`, :class:`ReasonNeeded`, :class:`DocumentUnknown`,
        :class:`DocumentDeleted`; :class:`StorageUnavailable` leaves it to housekeeping.
        """
        why, now = _reason(reason), self._clock()
        with database(), self._engine.begin() as conn:
            found = _locked(conn, digest)
            first = found.versions[0]
            if first.retain_until is None or now < first.retain_until:
                raise StillKept(first.retain_until, classed=bool(first.retention))
            if found.held:
                raise OnHold(first.origin)
            changes = {"deleted_at": now, "deleted_by": actor.id, "delete_reason": why}
            if store.move_line(conn, first.origin, DocumentAct.DELETE, changes) != len(found.versions):
                raise DocumentBusy(first.origin)
            objects = [{"sha256": one.digest, "size": one.size} for one in found.versions]
            self._note(conn, "deletion.intended", first.origin, actor, {"reason": why, "objects": objects})
        self._finish(first.origin, actor)
        return self.show(digest)

    def reconcile(self, actor: Actor) -> int:
        """Finish deletions that were cut off; return how many."""
        with database(), self._reading() as conn:
            waiting = store.open_deletions(conn)
        done = 0
        for origin in waiting:
            try:
                self._finish(origin, actor)
            except StorageUnavailable as unavailable:
                _log.warning("the deletion of %s waits for the archive: %s", origin, unavailable.detail)
                continue
            done += 1
        return done

    def _finish(self, origin: str, actor: Actor) -> None:
        with database(), self._reading() as conn:
            versions = store.line_of(conn, origin)
        for one in versions:
            self._archive.remove(sha256(one.digest))
        with database(), self._engine.begin() as conn:
            if store.move_line(conn, origin, DocumentAct.DELETED, {}):
                self._note(conn, "deleted", origin, actor, {"objects": len(versions)})

    def _move(  # noqa: PLR0913, PLR0917 - an act, what it changes, by whom, and its line on the trail
        self,
        hold_id: str,
        act: HoldAct,
        changes: dict[str, Any],
        actor: Actor,
        action: str,
        detail: dict[str, str],
    ) -> Hold:
        with database(), self._engine.begin() as conn:
            found = store.find_hold(conn, hold_id)
            if found is None:
                raise HoldUnknown(hold_id[:32])
            if act is HoldAct.LIFT and actor.is_any_of(found.asked_by or None):
                raise SecondPersonNeeded(hold_id)
            if not store.move_hold(conn, found, act, changes):
                raise HoldMoved(found.state.value)
            self._note(conn, action, found.origin, actor, {"hold": found.id} | detail)
            moved = store.find_hold(conn, hold_id)
        if moved is None:
            raise HoldUnknown(hold_id)
        return moved

    def standing(self) -> Sequence[Hold]:
        """List every hold that stands, the oldest first."""
        with database(), self._reading() as conn:
            return store.standing_holds(conn)

    def hold_of(self, hold_id: str) -> Hold:
        """Find a hold. :class:`HoldUnknown`."""
        with database(), self._reading() as conn:
            found = store.find_hold(conn, hold_id)
        if found is None:
            raise HoldUnknown(hold_id[:32])
        return found

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _note(
        self, conn: sa.Connection, what: str, origin: str, actor: Actor, detail: dict[str, Any]
    ) -> None:
        self._audit.append(conn, f"archive.{what}", actor=actor, subject=origin, detail=detail)


def _file(conn: sa.Connection, digest: str, owner: str | None = None) -> DocumentFile:
    found = store.find_document(conn, digest)
    if found is None or (owner is not None and found.owner_uscc != owner):
        raise DocumentUnknown(digest[:64])
    return DocumentFile(tuple(store.line_of(conn, found.origin)), tuple(store.holds_of(conn, found.origin)))


def _locked(conn: sa.Connection, digest: str) -> DocumentFile:
    """Read a line that is kept, as nobody else decides about it meanwhile."""
    found = store.find_document(conn, digest)
    if found is None:
        raise DocumentUnknown(digest[:64])
    store.lock_line(conn, found.origin)
    line = _file(conn, digest)
    if line.newest.state is not DocumentState.KEPT:
        raise DocumentDeleted(line.newest.deleted_at)
    return line


def _reason(text: str) -> str:
    why = text.strip()
    if not 0 < len(why) <= MAX_REASON:
        raise ReasonNeeded(MAX_REASON)
    return why
