"""Voiding a sealed document: the sub-package's door. Ask, agree, refuse, withdraw; the record and the list are signed here.

A voiding takes effect in the transaction of the last agreement that the rule asks for. Its record is signed after that, by
the seal maker's key, outside any transaction; until then the voiding is in force and its record is waited for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.cases.case import Hand
from seals.cases.lanes import read_digest
from seals.cases.texts import check_key, own_key
from seals.ledger import Ledger, acting
from seals.list_publisher import ListMaker
from signing.voiding import voiding_store
from signing.voiding.errors import (
    AgreedAlready,
    AlreadyVoided,
    NotItsSealer,
    NotSealedHere,
    SealersChanged,
    VoidActRefused,
    VoidingMoved,
    VoidingOpen,
    VoidingUnknown,
    VoidingUnsigned,
    VoidKeyTaken,
    VoidReasonNeeded,
)
from signing.voiding.lists import record_of, sign_record
from signing.voiding.rules import VoidRule
from signing.voiding.sealers import Family, family_of
from signing.voiding.states import FIRST_STATUS, TRANSITIONS, VoidAct, VoidStatus
from signing.voiding.voiding import Consent, Voiding
from verify.voided.form import MAX_REASON

BATCH = 200
"""Records signed in one turn of housekeeping; the next takes the rest."""


@dataclass(frozen=True, slots=True)
class VoidWish:
    """What is asked for: the document by its digest (SHA-256 in hexadecimal, or ``sha256:hex``), and why."""

    document: str
    reason: str
    title: str = ""


class VoidDesk:
    """Keeps the voidings of one installation; ``maker`` says who signs now, or ``None`` before the ceremony."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        rule: VoidRule,
        maker: Callable[[], ListMaker | None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._rule = rule
        self._maker = maker

    # -- acts ---------------------------------------------------------------------------------------------------------

    def ask(self, wish: VoidWish, *, request_key: str, hand: Hand) -> Voiding:
        """Ask for a voiding, as one of the sealers' people: the first agreement. The same request returns the one there.

        Raises :class:`NotSealedHere`, :class:`NotItsSealer`, :class:`AlreadyVoided`, :class:`VoidingOpen`.
        """
        reason, sha256 = _reason(wish.reason), read_digest(wish.document).hex
        key = own_key(hand.actor.uscc or "", check_key(request_key))
        try:
            with acting(self._engine, self._audit) as ledger:
                known = voiding_store.by_request_key(ledger.conn, key)
                if known is not None:
                    return _same(known, sha256, reason, hand)
                family = self._family(ledger.conn, sha256, hand)
                found = self._new(key, family, (sha256, reason, wish.title or family.title), hand)
                voiding_store.insert(ledger.conn, found)
                detail: dict[str, str | int | None] = {
                    "document": sha256,
                    "reason": reason,
                    "parties": len(found.sealers),
                    "rule": found.rule.sha256,
                }
                _note(ledger, VoidAct.ASK, found, hand, detail)
                return self._agreed(ledger, found, hand)
        except sa.exc.IntegrityError:  # asked under the same key at the same moment
            with self._reading() as conn:
                known = voiding_store.by_request_key(conn, key)
            if known is None:
                raise
            return _same(known, sha256, reason, hand)

    def agree(self, voiding_id: str, *, hand: Hand) -> Voiding:
        """Agree for one of the enterprises; the last agreement that the rule asks for voids the document.

        Raises :class:`AgreedAlready` for the same person again, :class:`NotItsSealer`.
        """
        try:
            with acting(self._engine, self._audit) as ledger:
                found = _own(ledger.conn, voiding_id, VoidAct.AGREE, hand)
                if any(hand.actor.is_any_of(one.actor.id) for one in found.consents):
                    raise AgreedAlready
                return self._agreed(ledger, found, hand)
        except sa.exc.IntegrityError as wrong:
            raise AgreedAlready from wrong

    def refuse(self, voiding_id: str, *, reason: str, hand: Hand) -> Voiding:
        """Refuse for one of the enterprises, with a reason: the document stays in force."""
        return self._end(voiding_id, VoidAct.REFUSE, reason, hand)

    def withdraw(self, voiding_id: str, *, reason: str, hand: Hand) -> Voiding:
        """Take the request back, as the enterprise that asked."""
        return self._end(voiding_id, VoidAct.WITHDRAW, reason, hand)

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, voiding_id: str, *, hand: Hand) -> Voiding:
        """Return a voiding; :class:`VoidingUnknown` for anybody whom it does not concern."""
        with self._reading() as conn:
            return _load(conn, voiding_id, hand)

    def list(
        self, uscc: str = "", status: VoidStatus | None = None, after: str = "", limit: int = 50
    ) -> tuple[Voiding, ...]:
        """List voidings; with ``uscc`` those that concern one enterprise."""
        with self._reading() as conn:
            return tuple(voiding_store.page(conn, uscc, status, after, limit))

    def record(self, voiding_id: str, *, hand: Hand) -> str:
        """Return the signed record (JWS), signing it now if that was not done yet; :class:`VoidingUnsigned` if it cannot be."""
        found = self.get(voiding_id, hand=hand)
        if found.status is not VoidStatus.VOIDED:
            raise VoidActRefused(VoidAct.VOID, found.status)
        record = found.record or self._sign(found, hand.actor)
        if not record:
            raise VoidingUnsigned
        return record

    def reconcile(self, actor: Actor) -> int:
        """Sign the records that are waited for; return how many."""
        with self._reading() as conn:
            waiting = [voiding_store.find(conn, one) for one in voiding_store.unsigned(conn, BATCH)]
        return sum(bool(one and self._sign(one, actor)) for one in waiting)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _family(self, conn: sa.Connection, sha256: str, hand: Hand) -> Family:
        found = family_of(conn, sha256)
        if found is None:
            raise NotSealedHere
        if hand.actor.uscc not in {one.uscc for one in found.sealers}:
            raise NotItsSealer
        since = voiding_store.since(conn, sha256)
        if since is not None:
            raise AlreadyVoided(since)
        waiting = voiding_store.asked_about(conn, found.documents)
        if waiting is not None:
            raise VoidingOpen(waiting)
        return found

    def _new(self, key: str, family: Family, what: tuple[str, str, str], hand: Hand) -> Voiding:
        sha256, reason, title = what
        return Voiding(
            id=secrets.token_hex(16),
            request_key=key,
            status=FIRST_STATUS,
            moves=0,
            document=sha256,
            title=title[:200],
            reason=reason,
            asked_uscc=hand.actor.uscc or "",
            asked_by=hand.actor,
            asked_at=self._clock(),
            rule=self._rule,
            sealers=family.sealers,
        )

    def _agreed(self, ledger: Ledger, found: Voiding, hand: Hand) -> Voiding:
        """Count an agreement; the last one takes effect at once."""
        now = self._clock()
        consent = Consent(hand.actor.uscc or "", hand.actor, hand.credential, now)
        voiding_store.insert_consent(ledger.conn, found.id, consent)
        after = voiding_store.find(ledger.conn, found.id)
        if after is None:
            raise VoidingMoved
        act = VoidAct.AGREE if after.waiting else VoidAct.VOID
        changes: dict[str, Any] = {} if act is VoidAct.AGREE else {"settled_at": now}
        detail: dict[str, str | int | None] = {"for": consent.uscc}
        if act is VoidAct.VOID:
            family = family_of(ledger.conn, found.document)
            if family is None or {one.uscc for one in family.sealers} != {one.uscc for one in found.sealers}:
                raise SealersChanged
            voiding_store.insert_documents(ledger.conn, found.id, family.documents, now)
            detail |= {"documents": len(family.documents), "since": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        return _moved(ledger, after, act, hand, changes, detail)

    def _end(self, voiding_id: str, act: VoidAct, reason: str, hand: Hand) -> Voiding:
        text = _reason(reason)
        with acting(self._engine, self._audit) as ledger:
            found = _own(ledger.conn, voiding_id, act, hand)
            if act is VoidAct.WITHDRAW and hand.actor.uscc != found.asked_uscc:
                raise NotItsSealer
            changes = {"settled_at": self._clock(), "why": text}
            return _moved(ledger, found, act, hand, changes, {"reason": text})

    def _sign(self, found: Voiding, actor: Actor) -> str:
        """Sign a record and keep it, once; nothing where there is no maker."""
        maker = self._maker()
        if maker is None:
            return ""
        jws = sign_record(record_of(found, maker.issuer), maker.signer(), maker.chain)
        with acting(self._engine, self._audit) as ledger:
            if voiding_store.keep_record(ledger.conn, found.id, jws):
                detail: dict[str, str | int | None] = {"issuer": maker.issuer, "octets": len(jws)}
                ledger.note("voiding.signed", actor=actor, subject=f"voiding:{found.id}", detail=detail)
                return jws
            kept = voiding_store.find(ledger.conn, found.id)
        return "" if kept is None else kept.record


def _load(conn: sa.Connection, voiding_id: str, hand: Hand, *, lock: bool = False) -> Voiding:
    found = voiding_store.find(conn, voiding_id, lock=lock) if len(voiding_id) <= 32 else None
    if found is None or not found.concerns(hand.actor.uscc):
        raise VoidingUnknown
    return found


def _own(conn: sa.Connection, voiding_id: str, act: VoidAct, hand: Hand) -> Voiding:
    """Return a voiding that the caller's enterprise has a say in, if the table lets the act be done."""
    found = _load(conn, voiding_id, hand, lock=True)
    if hand.actor.uscc is None:
        raise NotItsSealer
    if found.status not in TRANSITIONS[act]:
        raise VoidActRefused(act, found.status)
    return found


def _moved(  # noqa: PLR0913, PLR0917 - one act and its circumstances
    ledger: Ledger,
    found: Voiding,
    act: VoidAct,
    hand: Hand,
    changes: dict[str, Any],
    detail: dict[str, str | int | None],
) -> Voiding:
    if not voiding_store.move(ledger.conn, found, TRANSITIONS[act][found.status], **changes):
        raise VoidingMoved
    after = voiding_store.find(ledger.conn, found.id)
    if after is None:
        raise VoidingMoved
    _note(ledger, act, after, hand, detail)
    return after


def _note(
    ledger: Ledger, act: VoidAct, found: Voiding, hand: Hand, detail: dict[str, str | int | None]
) -> None:
    noted = {"document": found.document, **detail, "credential": hand.credential}
    ledger.note(f"voiding.{act.value}", actor=hand.actor, subject=f"voiding:{found.id}", detail=noted)


def _reason(text: str) -> str:
    found = text.strip()
    if not 0 < len(found) <= MAX_REASON or not found.isprintable():
        raise VoidReasonNeeded
    return found


def _same(known: Voiding, sha256: str, reason: str, hand: Hand) -> Voiding:
    if (known.document, known.reason) != (sha256, reason) or not hand.actor.is_any_of(known.asked_by.id):
        raise VoidKeyTaken
    return known
