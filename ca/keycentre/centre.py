"""The key centre's door: encryption keys for enrolments, the pool, escrow and recovery.

What is asked of it never names a private key, and what it answers never holds one in the clear.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.certificate import spki_sha256
from ca.clock import Clock
from ca.enrolment.ports import EncryptionGrant
from ca.errors import CaError
from ca.keycentre import case_store, key_store
from ca.keycentre.case import Case, CaseVote, Order
from ca.keycentre.case_store import Notice
from ca.keycentre.errors import (
    EscrowedKeyStateRefused,
    EscrowedKeyUnknown,
    KeyCentreFounded,
    NoticeUnknown,
)
from ca.keycentre.granting import Granting
from ca.keycentre.house import SIGNING_KEY, CentreRules, House
from ca.keycentre.key import EscrowedKey, KeyRequest
from ca.keycentre.key_store import Centre, Roster
from ca.keycentre.pool import Pool
from ca.keycentre.recovery import Ballot, Recovery
from ca.keycentre.roster import RosterPlan
from ca.keycentre.state import CaseStatus, KeyAct, KeyStatus
from ca.store import NO_BYTES
from hsm.algorithms import KeyKind, PublicKey
from hsm.envelopes import EscrowToken
from hsm.errors import HsmError
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing
from hsm.public_keys import spki

LOG: Final = logging.getLogger("ca.keycentre")
DEFAULT_RULES: Final = CentreRules()
CERTIFICATE_REVOKED: Final = "证书已吊销 / certificate revoked"
HOUSEKEEPING: Final = 100
"""Assignments completed, keys revoked, and notices returned, in one go."""


@dataclass(frozen=True, slots=True)
class CentreStatus:
    """What the centre has: keys by kind and status, custodians, quorums, cases that wait."""

    token: str
    public_key: PublicKey
    keys: dict[tuple[str, str], int]
    roster_version: int
    custodians: tuple[tuple[str, str], ...]
    user_quorum: int
    judicial_quorum: int
    open_cases: int


class KeyCentre:
    """Encryption key pairs: made, given to enrolments, escrowed, recovered. Signing keys never come in (I24)."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        keys: KeyRing,
        clock: Clock,
        audit: AuditTrail,
        rules: CentreRules = DEFAULT_RULES,
        *,
        identity: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.house = House(engine, keys, clock, audit, rules, identity)
        self._pool = Pool(self.house)
        self._granting = Granting(self.house, self._pool)
        self._recovery = Recovery(self.house)

    @property
    def founded(self) -> bool:
        """Tell whether the centre was founded."""
        with self.house.reading() as conn:
            return key_store.find_centre(conn) is not None

    @property
    def public_key(self) -> PublicKey:
        """The key that proves deliveries and answers (:class:`ca.keycentre.errors.KeyCentreNotReady` before founding)."""
        return self.house.public_key()

    def found(self, where: KeyUri, kind: KeyKind, roster: RosterPlan, *, actor: Actor) -> CentreStatus:
        """Found the centre in the token of ``where``: its own signing key, and the first roster sealed by the token.

        Raises :class:`KeyCentreFounded`, :class:`ca.keycentre.errors.KeyCentreNeedsToken`, :class:`hsm.errors.HsmError`.
        """
        if self.founded:
            raise KeyCentreFounded
        worker, provider = self.house.provider(where.scheme, where.token), self.house.keys.provider(where)
        uri = KeyUri(where.scheme, where.token, SIGNING_KEY)
        with self.house.engine.begin() as conn:
            people = [each.id for each in roster.custodians]
            detail: dict[str, Any] = {"token": where.token, "custodians": people}
            self.house.note(conn, "kmc.founding", actor, "key-centre", detail)
        there = [key for key in provider.keys(where.token) if key.uri.object == SIGNING_KEY]
        made = there[0].uri if there else provider.generate(uri, kind)
        key = next(each for each in provider.keys(where.token) if each.uri.id == made.id)
        sealed = EscrowToken(worker, where.token).found(roster.to_json().encode())
        centre = Centre(where.token, str(key.uri), spki(key.public_key))
        try:
            with self.house.engine.begin() as conn:
                now = self.house.now()
                key_store.insert_centre(conn, centre, by=actor.id, at=now)
                key_store.insert_roster(conn, Roster(1, sealed.document, sealed.sealed), case_id="", at=now)
                detail = {"key": str(key.uri), "user": roster.user, "judicial": roster.judicial}
                self.house.note(conn, "kmc.founded", actor, "key-centre", detail)
        except sa.exc.IntegrityError as twice:
            raise KeyCentreFounded from twice
        return self.status()

    def apply(self, enrolment_id: str, sign_public_key: PublicKey) -> EncryptionGrant:
        """Return the encryption key of an enrolment, its envelope for the signing key (:class:`EncryptionKeys`)."""
        return self.grant(KeyRequest(enrolment_id, sign_public_key))

    def grant(self, request: KeyRequest, *, actor: Actor = SYSTEM) -> EncryptionGrant:
        """Give one encryption key to one request key; asked again, return the same.

        ``envelope`` is a signed ``KeyDelivery`` (:mod:`ca.keycentre.delivery`). Raises
        :class:`ca.keycentre.errors.SigningKeyNotEscrowed`, :class:`ca.keycentre.errors.EscrowKindRefused`,
        :class:`ca.keycentre.errors.RecipientRefused`, :class:`ca.keycentre.errors.KeyCentreNotReady`,
        :class:`ca.errors.RequestKeyReused` or :class:`hsm.errors.HsmError`.
        """
        key = self._granting.grant(request, actor=actor)
        return EncryptionGrant(key.public_key, key.delivery)

    def pool_fill(self, kind: KeyKind, target: int, *, actor: Actor) -> int:
        """Make keys until ``target`` of a kind are pooled (:meth:`ca.keycentre.pool.Pool.fill`)."""
        return self._pool.fill(kind, target, actor=actor)

    def status(self) -> CentreStatus:
        """Count keys and cases, and name the custodians."""
        with self.house.reading() as conn:
            centre, roster = key_store.get_centre(conn), key_store.get_roster(conn)
            keys = key_store.count(conn)
            waiting = len(case_store.listed(conn, CaseStatus.OPEN, 1000))
        plan = RosterPlan.read(roster.document)
        people = tuple((each.id, each.name) for each in plan.custodians)
        public = self.house.public_key()
        return CentreStatus(
            centre.token, public, keys, roster.version, people, plan.user, plan.judicial, waiting
        )

    def key(self, key_id: str) -> EscrowedKey:
        """Return one key's record (:class:`EscrowedKeyUnknown`)."""
        with self.house.reading() as conn:
            return key_store.get(conn, key_id)

    def key_of(self, public_key: PublicKey) -> EscrowedKey:
        """Return the record of an escrowed public key (:class:`EscrowedKeyUnknown`)."""
        with self.house.reading() as conn:
            found = key_store.by_public_key(conn, spki_sha256(public_key))
        if found is None:
            raise EscrowedKeyUnknown("no escrowed key has this public half")
        return found

    def revoke(self, key_id: str, reason: str, *, actor: Actor) -> EscrowedKey:
        """Record that a key's certificate ended early; what was encrypted to it can still be recovered."""
        return self._move(key_id, KeyAct.REVOKE, reason, actor)

    def archive(self, key_id: str, reason: str, *, actor: Actor) -> EscrowedKey:
        """Record that a key's time is over; it stays recoverable."""
        return self._move(key_id, KeyAct.ARCHIVE, reason, actor)

    def destroy(self, key_id: str, reason: str, *, actor: Actor) -> EscrowedKey:
        """Remove the sealed private half from the row, for ever; a key in somebody's use is archived first."""
        return self._move(key_id, KeyAct.DESTROY, reason, actor, sealed=NO_BYTES)

    def _move(self, key_id: str, act: KeyAct, reason: str, actor: Actor, **values: bytes) -> EscrowedKey:
        with self.house.engine.begin() as conn:
            key = key_store.get(conn, key_id)
            when = self.house.now()
            if not key_store.move(conn, key, act, reason=reason[:200], closed_at=when, **values):
                raise EscrowedKeyStateRefused(key_store.get(conn, key_id).status.value, act.value)
            detail = {"reason": reason[:200], "from": key.status.value}
            self.house.note(conn, f"kmc.key.{act.value}", actor, f"key:{key_id}", detail)
            return key_store.get(conn, key_id)

    def recover_request(self, order: Order, *, actor: Actor) -> Case:
        """Open a case (:meth:`ca.keycentre.recovery.Recovery.open`)."""
        return self._recovery.open(order, actor=actor)

    def amend(self, case_id: str, order: Order, *, actor: Actor) -> Case:
        """Change an open case, which voids its votes."""
        return self._recovery.amend(case_id, order, actor=actor)

    def withdraw(self, case_id: str, *, actor: Actor) -> Case:
        """Withdraw an open case."""
        return self._recovery.withdraw(case_id, actor=actor)

    def vote(self, ballot: Ballot, *, actor: Actor) -> Case:
        """Record a custodian's vote (:meth:`ca.keycentre.recovery.Recovery.vote`)."""
        return self._recovery.vote(ballot, actor=actor)

    def execute(self, case_id: str, *, actor: Actor) -> Case:
        """Carry an approved case out; its ``delivery`` is for the recipient that the case names."""
        return self._recovery.execute(case_id, actor=actor)

    def case(self, case_id: str) -> Case:
        """Return one case (:class:`ca.keycentre.errors.CaseUnknown`)."""
        with self.house.reading() as conn:
            return case_store.get(conn, case_id)

    def cases(self, status: CaseStatus | None = None, limit: int = HOUSEKEEPING) -> tuple[Case, ...]:
        """Return cases, newest first."""
        with self.house.reading() as conn:
            return tuple(case_store.listed(conn, status, limit))

    def votes(self, case_id: str) -> tuple[CaseVote, ...]:
        """Return every vote on a case, those on former versions of it included."""
        with self.house.reading() as conn:
            return tuple(case_store.votes(conn, case_id))

    def notices(self, limit: int = HOUSEKEEPING) -> tuple[Notice, ...]:
        """Return notices that wait and are due."""
        with self.house.reading() as conn:
            return tuple(case_store.due_notices(conn, self.house.now(), limit))

    def notices_of(self, case_id: str) -> tuple[Notice, ...]:
        """Return every notice of a case, also those held back by its order."""
        with self.house.reading() as conn:
            return tuple(case_store.notices_of(conn, case_id))

    def notice_sent(self, number: int, *, actor: Actor) -> Notice:
        """Record that a notice that is due was given to its addressee; a second time changes nothing.

        Raises :class:`ca.keycentre.errors.NoticeUnknown` also for one that an order still holds back.
        """
        with self.house.engine.begin() as conn:
            notice, now = case_store.notice(conn, number), self.house.now()
            if now < notice.due_at:
                raise NoticeUnknown(str(number))
            if case_store.mark_sent(conn, number, now):
                detail = {"addressee": notice.addressee, "event": notice.event, "address": notice.address}
                self.house.note(conn, "kmc.notice.sent", actor, f"case:{notice.case_id}", detail)
            return case_store.notice(conn, number)

    def reconcile(self, actor: Actor) -> int:
        """Complete what a crash left open (I19), revoke keys whose certificates were, refill the pool; return how many."""
        if not self.founded:
            return 0
        before = self.house.now() - self.house.rules.grace
        with self.house.reading() as conn:
            assigned = key_store.standing(conn, KeyStatus.ASSIGNED, HOUSEKEEPING)
            executing = case_store.listed(conn, CaseStatus.EXECUTING, HOUSEKEEPING)
            ended = key_store.certified_no_more(conn, self.house.now(), HOUSEKEEPING)
        works: list[Callable[[], object]] = [
            partial(self._granting.complete, key, actor=actor)
            for key in assigned
            if _before(key.assigned_at, before)
        ]
        works += [partial(self._recovery.execute, case.id, actor=actor) for case in executing]
        works += [partial(self.revoke, key_id, CERTIFICATE_REVOKED, actor=actor) for key_id in ended]
        completed = sum(_attempted(work) for work in works)
        for kind, target in self.house.rules.pool:
            _attempted(partial(self._pool.fill, kind, target, actor=actor))
        return completed


def _attempted(work: Callable[[], object]) -> bool:
    """Do a piece of housekeeping; what cannot be done now is told in the log and tried again the next time."""
    try:
        work()
    except (CaError, HsmError) as wrong:
        LOG.warning("the key centre could not do its housekeeping: %s: %s", type(wrong).__name__, wrong)
        return False
    return True


def _before(when: datetime | None, limit: datetime) -> bool:
    return when is not None and when <= limit
