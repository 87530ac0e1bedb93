"""Foreign lists: one person proposes a list under a fingerprint, another confirms it; two people end it. The door.

A list in force is renewed without people as long as the same key signs it and its number rises
(:mod:`signing.recognition.renewal`); another key needs two people again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.ledger import Ledger, acting
from signing.recognition import foreign_store as rows
from signing.recognition.errors import (
    FingerprintDiffers,
    ForeignListRefused,
    ListActRefused,
    ListMoved,
    ListReasonNeeded,
    ListSecondPerson,
    ListTaken,
    ListUnknown,
    OwnListOffered,
)
from signing.recognition.fetching import Errand, Fetched, Fetcher
from signing.recognition.foreign import Attempt, ForeignList, Taken, read_fingerprint
from signing.recognition.states import FIRST_STATUS, IN_FORCE, TRANSITIONS, ForeignAct, ForeignStatus
from verify.trusted_lists.errors import ListRefused, ListSignerUnknown
from verify.trusted_lists.limits import MAX_LIST_OCTETS
from verify.trusted_lists.model import ListForm, Seen, TrustedList
from verify.trusted_lists.pinned import judge_list, read_list
from verify.trusted_lists.source import PinnedSource

MAX_REASON = 200
"""Characters of a reason: a sentence or two."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A list to trust: its address or, without one, its octets; and the fingerprint of its signer as a person gives it."""

    fingerprint: str
    url: str = ""
    octets: bytes = b""


class ForeignLists:
    """Keeps the foreign lists of one installation; ``own_scheme`` names our own, which is nothing to import."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        fetcher: Fetcher,
        own_scheme: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._fetcher = fetcher
        self._own_scheme = own_scheme

    # -- acts ---------------------------------------------------------------------------------------------------------

    def propose(self, offer: Offer, *, actor: Actor, by_two: bool = False) -> ForeignList:
        """Fetch a list, compare its signer with the fingerprint, and put it up for another person to confirm.

        One person alone makes us connect to public addresses and networks that the settings open; ``by_two``: a second one
        stands by the host already.
        Raises :class:`signing.recognition.errors.FingerprintInvalid`, :class:`FingerprintDiffers`,
        :class:`ForeignListRefused`, :class:`OwnListOffered`, :class:`ListTaken`, and what fetching raises.
        """
        fingerprint = read_fingerprint(offer.fingerprint)
        came = self._fetched(offer, confirmed=by_two)
        octets = came.octets or b""
        scheme, form = self._scheme_of(octets, fingerprint)
        with self._reading() as conn:
            seen = rows.seen(conn, scheme, form)
        now = self._clock()
        listed = judged(octets, PinnedSource(scheme, (fingerprint,)), seen, now)
        found = ForeignList(
            id=secrets.token_hex(16),
            status=FIRST_STATUS,
            moves=0,
            scheme_id=listed.scheme_id,
            operator=_operator(listed),
            territory=listed.territory[:16],
            url=offer.url,
            signer_sha256=fingerprint,
            proposed_by=actor,
            proposed_at=now,
            taken=taken_of(listed, octets),
            attempt=Attempt(now, now, etag=came.etag),
        )
        try:
            with acting(self._engine, self._audit) as ledger:
                self._demand_news(ledger.conn, found)
                rows.insert(ledger.conn, found)
                _note(ledger, ForeignAct.PROPOSE, found, actor)
        except sa.exc.IntegrityError as taken:
            with self._reading() as conn:
                known = rows.of_scheme(conn, scheme, [ForeignStatus.PROPOSED])
            raise ListMoved if known is None else ListTaken(known.id, known.status) from taken
        return found

    def confirm(self, list_id: str, fingerprint: str, *, actor: Actor) -> ForeignList:
        """Put a proposed list in force, as another person who has compared the fingerprint too (I22).

        The list is judged once more as of now; one in force of the same scheme is replaced. Raises
        :class:`ListSecondPerson`, :class:`FingerprintDiffers`, :class:`ForeignListRefused`, :class:`ListActRefused`.
        """
        given, now = read_fingerprint(fingerprint), self._clock()
        try:
            with acting(self._engine, self._audit) as ledger:
                found = _load(ledger.conn, list_id, ForeignAct.CONFIRM)
                if actor.is_any_of(found.proposed_by.id):
                    raise ListSecondPerson
                if given != found.signer_sha256:
                    raise FingerprintDiffers
                judged(
                    found.taken.octets,
                    found.pinned,
                    rows.seen(ledger.conn, found.scheme_id, found.taken.form),
                    now,
                )
                self._replace(ledger, found, actor)
                if not rows.remember(ledger.conn, found.scheme_id, found.taken, now):
                    raise ListMoved
                who = {"confirmed_by": actor.id, "confirmed_name": actor.name, "confirmed_at": now}
                return _moved(ledger, found, ForeignAct.CONFIRM, actor, who)
        except sa.exc.IntegrityError as faster:
            raise ListMoved from faster

    def decline(self, list_id: str, reason: str, *, actor: Actor) -> ForeignList:
        """Turn a proposal down, or take one's own back."""
        return self._act(list_id, ForeignAct.DECLINE, actor, {"reason": _reason(reason)})

    def ask_removal(self, list_id: str, reason: str, *, actor: Actor) -> ForeignList:
        """Ask that a list be trusted no longer; it stays in force until another person agrees."""
        changes = {"removal_by": actor.id, "removal_name": actor.name, "reason": _reason(reason)}
        return self._act(list_id, ForeignAct.ASK_REMOVAL, actor, changes)

    def keep(self, list_id: str, *, actor: Actor) -> ForeignList:
        """Turn a removal down: the list stays in force."""
        return self._act(
            list_id, ForeignAct.KEEP, actor, {"removal_by": "", "removal_name": "", "reason": ""}
        )

    def remove(self, list_id: str, *, actor: Actor) -> ForeignList:
        """Agree to a removal, as another person: from now on nothing is trusted by this list."""
        return self._act(list_id, ForeignAct.REMOVE, actor, {})

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, list_id: str) -> ForeignList:
        """Return one list; :class:`ListUnknown`."""
        with self._reading() as conn:
            found = rows.find(conn, list_id)
        if found is None:
            raise ListUnknown(list_id)
        return found

    def every(self) -> tuple[ForeignList, ...]:
        """Return what was ever proposed, the newest first."""
        with self._reading() as conn:
            return rows.every(conn)

    def in_force(self) -> tuple[ForeignList, ...]:
        """Return what two people trust, expired ones included."""
        with self._reading() as conn:
            return rows.in_force(conn)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _fetched(self, offer: Offer, *, confirmed: bool) -> Fetched:
        if not offer.url:
            return Fetched(offer.octets)
        return self._fetcher.fetch(Errand(offer.url, MAX_LIST_OCTETS, confirmed=confirmed))

    def _scheme_of(self, octets: bytes, fingerprint: str) -> tuple[str, ListForm]:
        try:
            found = read_list(octets, [PinnedSource("", (fingerprint,))])
        except ListSignerUnknown as other:
            raise FingerprintDiffers from other
        except ListRefused as wrong:
            raise ForeignListRefused(wrong.zh, wrong.en) from wrong
        if found.scheme_id == self._own_scheme():
            raise OwnListOffered
        return found.scheme_id, found.form

    @staticmethod
    def _demand_news(conn: sa.Connection, found: ForeignList) -> None:
        """Refuse what is in force already, the same list at the same address under the same key."""
        known = rows.of_scheme(conn, found.scheme_id, list(IN_FORCE))
        if known is not None and (known.signer_sha256, known.url) == (found.signer_sha256, found.url):
            raise ListTaken(known.id, known.status)

    @staticmethod
    def _replace(ledger: Ledger, found: ForeignList, actor: Actor) -> None:
        known = rows.of_scheme(ledger.conn, found.scheme_id, list(IN_FORCE))
        if known is not None:
            _moved(ledger, known, ForeignAct.REPLACE, actor, {"reason": found.id})
            rows.drop_pieces(ledger.conn, known.id)

    def _act(self, list_id: str, act: ForeignAct, actor: Actor, changes: dict[str, Any]) -> ForeignList:
        with acting(self._engine, self._audit) as ledger:
            found = _load(ledger.conn, list_id, act)
            if act is ForeignAct.REMOVE:
                if found.removal_by is None or actor.is_any_of(found.removal_by.id):
                    raise ListSecondPerson
                rows.drop_pieces(ledger.conn, found.id)
            return _moved(ledger, found, act, actor, changes)


def judged(octets: bytes, pinned: PinnedSource, seen: Seen | None, now: datetime) -> TrustedList:
    """Read a list and judge it as of ``now``; :class:`FingerprintDiffers`, :class:`ForeignListRefused`."""
    try:
        found = judge_list(octets, pinned, seen, now)
    except ListSignerUnknown as other:
        raise FingerprintDiffers from other
    except ListRefused as wrong:
        raise ForeignListRefused(wrong.zh, wrong.en) from wrong
    return found


def taken_of(found: TrustedList, octets: bytes) -> Taken:
    """Return what is kept of a list that was judged; a closed list, which promises no next one, counts as ended."""
    digest = hashlib.sha256(octets).hexdigest()
    until = found.next_update or found.issued + timedelta(seconds=1)
    return Taken(found.form, found.sequence, found.issued, until, digest, octets)


def _operator(found: TrustedList) -> str:
    zh, en = found.operator.zh, found.operator.en
    return (zh if zh == en else f"{zh} / {en}")[:400]


def _reason(text: str) -> str:
    reason = text.strip()
    if not 0 < len(reason) <= MAX_REASON or not reason.isprintable():
        raise ListReasonNeeded
    return reason


def _load(conn: sa.Connection, list_id: str, act: ForeignAct) -> ForeignList:
    found = rows.find(conn, list_id)
    if found is None:
        raise ListUnknown(list_id)
    if found.status not in TRANSITIONS[act]:
        raise ListActRefused(act, found.status)
    return found


def _moved(
    ledger: Ledger, found: ForeignList, act: ForeignAct, actor: Actor, changes: dict[str, Any]
) -> ForeignList:
    status = TRANSITIONS[act][found.status]
    if not rows.move(ledger.conn, found, status, **changes):
        raise ListMoved(found.id)
    after = rows.find(ledger.conn, found.id)
    if after is None:
        raise ListUnknown(found.id)
    _note(ledger, act, after, actor)
    return after


def _note(ledger: Ledger, act: ForeignAct, found: ForeignList, actor: Actor) -> None:
    detail: dict[str, str | int | None] = {
        "scheme": found.scheme_id,
        "operator": found.operator,
        "signer_sha256": found.signer_sha256,
        "url": found.url,
        "sequence": found.taken.sequence,
        "sha256": found.taken.sha256,
        "status": found.status.value,
        "reason": found.reason,
    }
    ledger.note(f"foreign_list.{act}", actor=actor, subject=found.id, detail=detail)
