"""The inventory's door: one row a token, moved only along the table, every act by a named person and on the trail."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.certificate import IssuedCertificate
from ca.clock import Clock
from ca.enterprise import find_enterprise
from ca.errors import EnterpriseUnknown
from ca.tokens import inventory_store as store
from ca.tokens.errors import (
    ChipNumberUsed,
    ContainerUnknown,
    TokenActRefused,
    TokenClockBehind,
    TokenFieldInvalid,
    TokenReasonNeeded,
    TokenRegistered,
    TokenResumeNotRequested,
    TokenSecondPersonNeeded,
    TokenUnknown,
)
from ca.tokens.inventory_store import Place
from ca.tokens.ledger import Deed, Ledger, acting
from ca.tokens.range_store import Fate, Usage
from ca.tokens.ranges import check_free, settle_number
from ca.tokens.settlement import Settlement
from ca.tokens.state import FIRST_STATE, STOPPING_ACTS, TRANSITIONS, TokenAct, TokenState, after
from ca.tokens.token import (
    MAX_PAGE,
    MAX_REASON,
    Holder,
    NewToken,
    Token,
    TokenEvent,
    TokenPage,
    TokenQuery,
    check_text,
)
from hsm.algorithms import PublicKey
from hsm.public_keys import spki

_NUMBER_ENDS = frozenset({TokenAct.DAMAGE, TokenAct.WRITE_OFF, TokenAct.TERMINATE})


class TokenRegistry:
    """Keeps the tokens. Every act is one short transaction; then the certificates are made to follow (I26)."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, authority: CertificateAuthority
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._settlement = Settlement(engine, authority)

    def register(self, new: NewToken, *, actor: Actor) -> Token:
        """Put a chip into the inventory; the same again changes nothing.

        Raises :class:`TokenRegistered`, :class:`ca.errors.EnterpriseUnknown`, and for its chip number
        :class:`ca.tokens.errors.ChipNumberNotGranted` or :class:`ChipNumberUsed`.
        """
        with acting(self._engine, self._audit) as ledger:
            found = store.find(ledger.conn, new.serial)
            if found is not None:
                return _same(found, new)
            self._check_new(ledger.conn, new)
            at = self._clock()
            if not store.insert_token(ledger.conn, _columns(new, actor, at)):
                raise ChipNumberUsed(new.number) if new.number else TokenRegistered(new.serial)
            detail = {"model": new.model, "batch": new.batch, "number": new.number, "medium": new.medium}
            ledger.note("token.registered", actor=actor, subject=f"token:{new.serial}", detail=detail)
            return _found(ledger.conn, new.serial)

    def _check_new(self, conn: sa.Connection, new: NewToken) -> None:
        if new.holder.uscc and find_enterprise(conn, new.holder.uscc) is None:
            raise EnterpriseUnknown(new.holder.uscc)
        if new.number and not check_free(conn, new.number):
            raise ChipNumberUsed(new.number)

    def prepare(self, serial: str, *, actor: Actor) -> Token:
        """Record that the chip was initialised and has its PINs."""
        return self._act(serial, TokenAct.PREPARE, actor)

    def personalise(self, serial: str, *, actor: Actor) -> Token:
        """Record that keys and certificates are in the chip; its chip number is consumed by that."""
        return self._act(serial, TokenAct.PERSONALISE, actor)

    def issue(self, serial: str, holder: Holder, *, actor: Actor) -> Token:
        """Hand a personalised token to its holder; :class:`TokenFieldInvalid` for another one than it was made for."""
        with acting(self._engine, self._audit) as ledger:
            before = _expect(ledger.conn, serial, TokenAct.ISSUE)
            if before.holder.uscc and holder.uscc != before.holder.uscc:
                raise TokenFieldInvalid(
                    "holder.uscc", "与个人化时的企业不同", "not the enterprise it was made for"
                )
            if not holder.person:
                raise TokenFieldInvalid("holder.person", "请填写领取人", "say who receives the token")
            check_text("holder.name", holder.name)
            deed = self._deed(before, TokenAct.ISSUE, actor, "")
            changes = {"holder_person": holder.person, "holder_name": holder.name}
            return ledger.move(before, TokenState.ISSUED, deed, changes)

    def suspend(self, serial: str, *, actor: Actor, reason: str) -> Token:
        """Stop a token for a time: its certificates go on hold."""
        return self._stop(serial, TokenAct.SUSPEND, actor, reason)

    def report_lost(self, serial: str, *, actor: Actor, reason: str) -> Token:
        """Stop a token that is missing: as :meth:`suspend`, under its own name."""
        return self._stop(serial, TokenAct.REPORT_LOST, actor, reason)

    def write_off(self, serial: str, *, actor: Actor, reason: str) -> Token:
        """End a token that is gone for good: its certificates are revoked as compromised."""
        return self._stop(serial, TokenAct.WRITE_OFF, actor, reason)

    def damage(self, serial: str, *, actor: Actor, reason: str) -> Token:
        """End a token that does not work: its certificates are revoked as superseded; its chip number is spoilt."""
        return self._stop(serial, TokenAct.DAMAGE, actor, reason)

    def terminate(self, serial: str, *, actor: Actor, reason: str) -> Token:
        """End a token's life: its certificates are revoked."""
        return self._stop(serial, TokenAct.TERMINATE, actor, reason)

    def request_resume(self, serial: str, *, actor: Actor, reason: str = "") -> Token:
        """Ask, as the first of two persons, that a stopped token come back."""
        with acting(self._engine, self._audit) as ledger:
            before = _expect(ledger.conn, serial, TokenAct.REQUEST_RESUME)
            deed = self._deed(before, TokenAct.REQUEST_RESUME, actor, reason)
            return ledger.move(before, before.state, deed, {"resume_requested_by": actor.id})

    def confirm_resume(self, serial: str, *, actor: Actor, reason: str = "") -> Token:
        """Bring a stopped token back as the second person, to the state it had; its holds are lifted.

        Raises :class:`TokenResumeNotRequested`; :class:`TokenSecondPersonNeeded` for who asked and for who stopped it.
        """
        with acting(self._engine, self._audit) as ledger:
            before = _expect(ledger.conn, serial, TokenAct.CONFIRM_RESUME)
            if not before.resume_requested_by:
                raise TokenResumeNotRequested(serial)
            if actor.is_any_of(before.resume_requested_by, before.stopped_by):
                raise TokenSecondPersonNeeded(f"token {serial}: {actor.id}")
            deed = self._deed(before, TokenAct.CONFIRM_RESUME, actor, reason)
            target = after(TokenAct.CONFIRM_RESUME, before.state, before.prior)
            ledger.move(before, target, deed, {"resume_requested_by": ""})
        self._settlement.settle(serial)
        return self.get(serial)

    def _stop(self, serial: str, act: TokenAct, actor: Actor, reason: str) -> Token:
        self._act(serial, act, actor, reason)
        self._settlement.settle(serial)
        return self.get(serial)

    def _act(self, serial: str, act: TokenAct, actor: Actor, reason: str = "") -> Token:
        with acting(self._engine, self._audit) as ledger:
            before = _expect(ledger.conn, serial, act)
            deed = self._deed(before, act, actor, reason)
            self._number_follows(ledger, before, deed)
            changes: dict[str, object] = {"resume_requested_by": ""}
            if act in STOPPING_ACTS:
                live = before.state not in TRANSITIONS[TokenAct.CONFIRM_RESUME]
                changes |= {"stopped_by": actor.id, "prior": before.state if live else before.prior}
            return ledger.move(before, after(act, before.state, before.prior), deed, changes)

    def _number_follows(self, ledger: Ledger, token: Token, deed: Deed) -> None:
        """Consume the chip number of a personalised chip; an unused one of a chip that ended is spoilt (A5)."""
        if not token.number:
            return
        fate = Fate.CONSUMED if deed.act is TokenAct.PERSONALISE else Fate.SPOILT
        if fate is Fate.SPOILT and (
            deed.act not in _NUMBER_ENDS or not check_free(ledger.conn, token.number)
        ):
            return
        usage = Usage(token.number, fate, token.serial, deed.reason, deed.at, deed.actor.id)
        settle_number(ledger.conn, usage)
        detail = {"fate": fate.value, "token": token.serial, "reason": deed.reason}
        ledger.note(f"chip.{fate}", actor=deed.actor, subject=f"chip:{token.number}", detail=detail)

    def delivered(self, place: Place, key_uri: str, public_key: PublicKey, *, actor: Actor) -> Token:
        """Record an encryption pair that the key centre delivered into a container; the same again changes nothing.

        Raises :class:`ContainerUnknown`, and :class:`TokenFieldInvalid` where the container has another pair already.
        """
        octets = spki(public_key)
        with acting(self._engine, self._audit) as ledger:
            token = _found(ledger.conn, place.token)
            if token.key(place.application, place.container) is None:
                raise ContainerUnknown(f"{place.application}/{place.container}")
            there = store.public_key(ledger.conn, place)
            if there == octets:
                return token
            if there is not None:
                raise TokenFieldInvalid(
                    "key", "该容器已有另一对加密密钥", "the container has another pair already"
                )
            store.insert_key(ledger.conn, place, key_uri=key_uri, public_key=octets)
            detail = {"container": f"{place.application}/{place.container}", "use": place.use.value}
            ledger.note("token.key_delivered", actor=actor, subject=f"token:{place.token}", detail=detail)
            return _found(ledger.conn, place.token)

    def certified(self, place: Place, issued: IssuedCertificate, *, actor: Actor) -> Token:
        """Record a certificate of one of the token's keys, with its issuer and validity.

        A token that was stopped meanwhile stops this certificate too. :class:`ContainerUnknown` without such a key.
        """
        with acting(self._engine, self._audit) as ledger:
            values = {
                "issuer": issued.issuer,
                "certificate": issued.serial,
                "not_before": issued.not_before,
                "not_after": issued.not_after,
            }
            if not store.set_certificate(ledger.conn, place, values):
                raise ContainerUnknown(f"{place.application}/{place.container}")
            detail = {"container": f"{place.application}/{place.container}", "use": place.use.value}
            detail |= {"issuer": issued.issuer, "serial": f"{issued.serial:x}"}
            ledger.note("token.certified", actor=actor, subject=f"token:{place.token}", detail=detail)
        self._settlement.settle(place.token)
        return self.get(place.token)

    def get(self, serial: str) -> Token:
        """Return a token with everything on it; :class:`TokenUnknown`."""
        with self._reading() as conn:
            return _found(conn, serial)

    def list(self, query: TokenQuery) -> TokenPage:
        """List tokens by serial number, at most :data:`MAX_PAGE` at a time."""
        limit = max(1, min(query.limit, MAX_PAGE))
        with self._reading() as conn:
            found = store.page(conn, query, limit + 1)
        shown = found[:limit]
        return TokenPage(shown, shown[-1].serial if len(found) > limit else None)

    def history(self, serial: str) -> tuple[TokenEvent, ...]:
        """Return every act on a token, oldest first."""
        with self._reading() as conn:
            return store.events(conn, _found(conn, serial).serial)

    def reconcile(self) -> int:
        """Finish what a crash left between a token's state and its certificates; return how many were moved."""
        return self._settlement.sweep()

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _deed(self, before: Token, act: TokenAct, actor: Actor, reason: str) -> Deed:
        """Date and reason an act. A clock gone back stops every act but those that only take power away."""
        reason = reason.strip()
        if len(reason) > MAX_REASON or (act in STOPPING_ACTS and not reason):
            raise TokenReasonNeeded
        now = self._clock()
        if now < before.moved_at and act not in STOPPING_ACTS:
            raise TokenClockBehind(
                f"token {before.serial}: {before.moved_at:%Y-%m-%dT%H:%M:%SZ} is on record"
            )
        return Deed(act, actor, max(now, before.moved_at), reason)


def _found(conn: sa.Connection, serial: str) -> Token:
    found = store.find(conn, serial) if serial.isascii() and serial.isprintable() else None
    if found is None:
        raise TokenUnknown(serial[:32])
    return found


def _expect(conn: sa.Connection, serial: str, act: TokenAct) -> Token:
    token = _found(conn, serial)
    if token.state not in TRANSITIONS[act]:
        raise TokenActRefused(token.serial, act, token.state)
    return token


def _same(found: Token, new: NewToken) -> Token:
    told = (new.model, new.medium, new.batch, new.number)
    if told != (found.model, found.medium, found.batch, found.number):
        raise TokenRegistered(new.serial)
    return found


def _columns(new: NewToken, actor: Actor, at: datetime) -> dict[str, object]:
    return {
        "serial": new.serial,
        "model": new.model,
        "medium": new.medium,
        "batch": new.batch,
        "number": new.number,
        "holder_uscc": new.holder.uscc,
        "holder_person": new.holder.person,
        "holder_name": new.holder.name,
        "state": FIRST_STATE,
        "prior": FIRST_STATE,
        "moves": 0,
        "registered_at": at,
        "moved_at": at,
        "moved_by": actor.id,
    }
