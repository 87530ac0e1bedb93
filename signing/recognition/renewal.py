"""Renewing what is in force: lists that rise, and what they point to, fetched again within the promised time.

A newer list is taken only if the pinned key signed it and its number is higher than every one ever taken of the scheme (I30);
whatever else comes is kept out, and the trouble is on record and shown until it ends. Nothing is fetched inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.ledger import Ledger, acting
from signing.recognition import foreign_store as rows
from signing.recognition import pieces
from signing.recognition.addresses import same_host
from signing.recognition.desk import taken_of
from signing.recognition.errors import (
    ForeignListRefused,
    ListActRefused,
    ListAddressInvalid,
    ListMoved,
    ListUnknown,
    ListUnreachable,
)
from signing.recognition.fetching import Errand, Fetched, Fetcher
from signing.recognition.foreign import Attempt, ForeignList, Piece, PieceKind, Taken
from signing.recognition.states import ForeignAct, Trouble
from verify.trusted_lists.errors import (
    ListExpired,
    ListFromTheFuture,
    ListRefused,
    ListRolledBack,
    ListSignatureInvalid,
    ListSignerUnknown,
    ListUnreadable,
)
from verify.trusted_lists.limits import MAX_LIST_OCTETS
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.pinned import judge_list, read_list

PROMISE: Final = timedelta(minutes=5)
"""How old our copy of another's revocations may be before it is fetched again."""
SHARE: Final = 4
"""One list's pieces may take this part of the promise in a round before it is the next list's turn."""
TROUBLES: Final[Mapping[type[ListRefused], Trouble]] = MappingProxyType(
    {
        ListUnreadable: Trouble.UNREADABLE,
        ListSignatureInvalid: Trouble.FORGED,
        ListSignerUnknown: Trouble.OTHER_LIST,
        ListExpired: Trouble.EXPIRED,
        ListRolledBack: Trouble.ROLLED_BACK,
        ListFromTheFuture: Trouble.FUTURE,
    }
)
"""Why a list was not taken."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What one round did: lists taken, pieces taken, and how many attempts found trouble."""

    lists: int = 0
    pieces: int = 0
    troubles: int = 0

    def plus(self, other: Renewal) -> Renewal:
        """Add up."""
        return Renewal(self.lists + other.lists, self.pieces + other.pieces, self.troubles + other.troubles)


class Renewals:
    """Renews foreign lists and their pieces; ``promise`` is how old a copy may become."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        fetcher: Fetcher,
        promise: timedelta = PROMISE,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._fetcher = fetcher
        self._promise = promise

    def renew_due(self, actor: Actor) -> Renewal:
        """Fetch whatever is about to be older than promised: half the promise has gone, or the last attempt failed."""
        done = Renewal()
        for found in self._in_force():
            done = done.plus(self._renew(found, actor, self._promise / 2))
        return done

    def renew(self, list_id: str, actor: Actor) -> Renewal:
        """Fetch one list in force and all that it points to now, due or not; :class:`ListUnknown`, :class:`ListActRefused`."""
        return self._renew(self._demand(list_id), actor, timedelta(0))

    def take_file(self, list_id: str, octets: bytes, actor: Actor) -> ForeignList:
        """Take a newer list from a file, for lists without an address or a line that is down.

        Raises :class:`ForeignListRefused` for whatever a fetched one would be kept out for.
        """
        found = self._demand(list_id)
        try:
            listed = self._judged(found, octets)
        except ListRefused as wrong:
            raise ForeignListRefused(wrong.zh, wrong.en) from wrong
        now = self._clock()
        self._take(
            found, taken_of(listed, octets), replace(found.attempt, tried_at=now, fetched_at=now), actor
        )
        return self._demand(list_id)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _in_force(self) -> tuple[ForeignList, ...]:
        with self._reading() as conn:
            return rows.in_force(conn)

    def _demand(self, list_id: str) -> ForeignList:
        with self._reading() as conn:
            found = rows.find(conn, list_id)
        if found is None:
            raise ListUnknown(list_id)
        if not found.in_force:
            raise ListActRefused(ForeignAct.CONFIRM, found.status)
        return found

    def _renew(self, found: ForeignList, actor: Actor, every: timedelta) -> Renewal:
        done = Renewal()
        if found.url and found.attempt.due(self._clock(), every):
            done, found = self._renew_list(found, actor)
        if found.expired_at(self._clock()):
            return done
        return done.plus(self._renew_pieces(found, actor, every))

    def _renew_list(self, found: ForeignList, actor: Actor) -> tuple[Renewal, ForeignList]:
        """Fetch a list; return what was done, and the list as it is then."""
        now = self._clock()
        try:
            came = self._fetcher.fetch(Errand(found.url, MAX_LIST_OCTETS, found.attempt.etag, confirmed=True))
            attempt = Attempt(now, now, Trouble.NONE, came.etag)
            listed = None if came.octets is None else self._judged(found, came.octets)
        except ListRefused as wrong:
            return self._troubled(found, TROUBLES.get(type(wrong), Trouble.UNREADABLE), actor)
        except ListAddressInvalid:
            return self._troubled(found, Trouble.ADDRESS, actor)
        except ListUnreachable:
            return self._troubled(found, Trouble.UNREACHABLE, actor)
        if listed is None or came.octets is None or listed.sequence == found.taken.sequence:
            self._note(found, attempt, actor)
            return Renewal(), replace(found, attempt=attempt)
        taken = taken_of(listed, came.octets)
        try:
            self._take(found, taken, attempt, actor)
        except ListMoved:  # another round was faster; it took what this one would have
            return Renewal(), found
        return Renewal(lists=1), replace(found, taken=taken, attempt=attempt)

    def _judged(self, found: ForeignList, octets: bytes) -> TrustedList:
        with self._reading() as conn:
            seen = rows.seen(conn, found.scheme_id, found.taken.form) or found.seen
        listed = judge_list(octets, found.pinned, seen, self._clock())
        if listed.form is not found.taken.form:
            raise ListUnreadable(
                "清单的格式已改变，请重新提出。", "The list has another form now; propose it anew."
            )
        return listed

    def _take(self, found: ForeignList, taken: Taken, attempt: Attempt, actor: Actor) -> None:
        """Replace the octets and remember the number, or neither: :class:`ListMoved`."""
        with acting(self._engine, self._audit) as ledger:
            remembered = rows.remember(ledger.conn, found.scheme_id, taken, self._clock())
            if not remembered or not rows.take(ledger.conn, found, taken, attempt):
                raise ListMoved(found.id)
            detail: dict[str, str | int | None] = {
                "scheme": found.scheme_id,
                "sequence": taken.sequence,
                "before": found.taken.sequence,
                "sha256": taken.sha256,
            }
            ledger.note("foreign_list.renewed", actor=actor, subject=found.id, detail=detail)

    def _troubled(self, found: ForeignList, trouble: Trouble, actor: Actor) -> tuple[Renewal, ForeignList]:
        attempt = replace(found.attempt, tried_at=self._clock(), trouble=trouble)
        self._note(found, attempt, actor)
        return Renewal(troubles=1), replace(found, attempt=attempt)

    def _note(self, found: ForeignList, attempt: Attempt, actor: Actor) -> None:
        """Write how the attempt went; a trouble that begins, changes or ends goes on the audit trail."""
        with acting(self._engine, self._audit) as ledger:
            rows.note_attempt(ledger.conn, found.id, attempt)
            if attempt.trouble is not found.attempt.trouble:
                _tell(ledger, found, attempt.trouble, found.url, actor)

    def _renew_pieces(self, found: ForeignList, actor: Actor, every: timedelta) -> Renewal:
        listed = read_list(found.taken.octets, [found.pinned])
        with self._reading() as conn:
            known = {piece.url: piece for piece in rows.pieces(conn, found.id)}
        wanted = pieces.wanted(listed)
        done, now = Renewal(), self._clock()
        for url, limit in sorted(wanted, key=lambda one: _tried(known.get(one[0]))):
            before = known.get(url)
            if self._clock() - now > self._promise / SHARE:
                break  # whoever answers slowly holds up nobody else's revocations; the rest comes first in the next round
            if before is None or before.attempt.due(now, every):
                done = done.plus(self._renew_piece(found, listed, (url, limit, before), actor))
        if known.keys() - {url for url, _ in wanted}:
            with self._engine.begin() as conn:
                rows.drop_pieces(conn, found.id, [url for url, _ in wanted])
        return done

    def _renew_piece(
        self, found: ForeignList, listed: TrustedList, what: tuple[str, int, Piece | None], actor: Actor
    ) -> Renewal:
        url, limit, before = what
        now = self._clock()
        etag = before.attempt.etag if before is not None and before.octets else ""
        known = before or Piece(url, _guess(url), b"", 0, None, Attempt())
        try:
            came = self._fetcher.fetch(
                Errand(url, limit, etag, confirmed=bool(found.url) and same_host(url, found.url))
            )
            after = _taken_piece(known, came, listed, now)
        except ListAddressInvalid:
            after = _troubled_piece(known, Trouble.ADDRESS, now)
        except ListUnreachable:
            after = _troubled_piece(known, Trouble.UNREACHABLE, now)
        except pieces.PieceRefused as refused:
            after = _troubled_piece(known, refused.trouble, now)
        try:
            with acting(self._engine, self._audit) as ledger:
                kept = {piece.url: piece for piece in rows.pieces(ledger.conn, found.id)}.get(url)
                if kept is not None and kept.number > after.number:  # another round was faster
                    return Renewal()
                rows.put_piece(ledger.conn, found.id, after)
                if after.attempt.trouble is not known.attempt.trouble:
                    _tell(ledger, found, after.attempt.trouble, url, actor)
        except sa.exc.IntegrityError:  # another round put it there at this very moment
            return Renewal()
        return Renewal(pieces=int(after.octets != known.octets), troubles=int(bool(after.attempt.trouble)))


def _taken_piece(known: Piece, came: Fetched, listed: TrustedList, now: datetime) -> Piece:
    """Return the piece as it is then; what is past its next update is told, whether it was served again or not changed."""
    if came.octets is None:
        until = pieces.next_update(known.octets) if known.octets else None
        return replace(known, attempt=Attempt(now, now, _past(until, now), came.etag))
    judged = pieces.judge(came.octets, listed, known)
    attempt = Attempt(now, now, _past(judged.next_update, now), came.etag)
    return Piece(known.url, judged.kind, came.octets, judged.number, judged.issued_at, attempt)


def _past(until: datetime | None, now: datetime) -> Trouble:
    return Trouble.EXPIRED if until is not None and until < now else Trouble.NONE


def _troubled_piece(known: Piece, trouble: Trouble, now: datetime) -> Piece:
    return replace(known, attempt=replace(known.attempt, tried_at=now, trouble=trouble))


def _tried(known: Piece | None) -> float:
    """Order pieces by when they were tried last, those that never were first."""
    tried = None if known is None else known.attempt.tried_at
    return 0.0 if tried is None else tried.timestamp()


def _guess(url: str) -> PieceKind:
    return PieceKind.CRL if url.endswith(".crl") else PieceKind.SEALS


def _tell(ledger: Ledger, found: ForeignList, trouble: Trouble, url: str, actor: Actor) -> None:
    action = "foreign_list.troubled" if trouble else "foreign_list.well_again"
    detail: dict[str, str | int | None] = {
        "scheme": found.scheme_id,
        "trouble": trouble.value,
        "url": url[:500],
        "sequence": found.taken.sequence,
    }
    ledger.note(action, actor=actor, subject=found.id, detail=detail)
