"""The room's door: one registry of pairs, moved only along the table, every act by a named person and on the trail.

Each act is one short transaction: read the pair, judge, compare-and-swap the row, write the history, write the audit
record. Both sides of a seal share the row, so one act moves both.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import Enterprises
from seals import chip_store, store
from seals.active import ActiveSeal, admit
from seals.application import (
    MAX_ACTOR,
    MAX_KEEPERS,
    MAX_VALID_DAYS,
    NewPair,
    Origin,
    check,
    found_pair,
    renewal,
    unapproved,
)
from seals.binding import CertificateFacts, bind
from seals.codes import CodePatterns, CodeSource
from seals.errors import (
    ActRefused,
    ClockWentBack,
    CodeTaken,
    KeeperInvalid,
    OwnerRenamed,
    ReasonNeeded,
    ResumeNotRequested,
    SealHeldByChip,
    SealNotFound,
    SealUnknown,
    SecondPersonNeeded,
)
from seals.ledger import Deed, Ledger, acting
from seals.seal import (
    REASONED_ACTS,
    STOPPING_ACTS,
    TRANSITIONS,
    SealAct,
    SealApplication,
    SealEvent,
    SealOwner,
    SealPage,
    SealQuery,
    SealRecord,
    SealStatus,
    is_electronic_code,
    is_physical_code,
)
from seals.vector import SealPicture

DEFAULT_VALID_DAYS: Final = 3 * 365
"""Validity of a seal from its approval, unless settings or application say otherwise."""
MAX_REASON: Final = 200
"""Longest reason, in characters: a sentence or two, as the forms of practice have room for."""
MAX_PAGE: Final = 200
"""Most seals in one page of a list."""
_RENAMED_AGAIN: Final = "企业名称再次变更 / renamed again"
_GIVING_ACTS: Final = frozenset({SealAct.APPROVE, SealAct.CONFIRM_RESUME})
"""Acts that give a seal power: they wait for a chip that is stopped (I26)."""
_NEVER_APPROVED: Final = frozenset({SealStatus.APPLIED, SealStatus.REJECTED})


@dataclass(frozen=True, slots=True)
class RegistryRules:
    """What settings decide: the patterns of codes, and the days a seal is valid unless its application says less."""

    patterns: CodePatterns = field(default_factory=CodePatterns)
    valid_days: int = DEFAULT_VALID_DAYS

    def __post_init__(self) -> None:
        if not 1 <= self.valid_days <= MAX_VALID_DAYS:
            raise ValueError(f"a seal is valid for 1 to {MAX_VALID_DAYS} days")


class SealRegistry:
    """Keeps the pairs. Every method that acts opens and commits its own transaction, :meth:`admit` excepted."""

    def __init__(
        self,
        engine: sa.Engine,
        enterprises: Enterprises,
        clock: Clock,
        audit: AuditTrail,
        rules: RegistryRules | None = None,
    ) -> None:
        self._engine = engine
        self._enterprises = enterprises
        self._clock = clock
        self._audit = audit
        rules = rules or RegistryRules()
        self._codes = CodeSource(rules.patterns)
        self._valid_days = rules.valid_days

    def apply(self, application: SealApplication, *, actor: Actor) -> SealRecord:
        """Record an application: a new pair in state *applied*, its codes allocated, its picture drawn.

        Raises :class:`seals.errors.ApplicationInvalid`, :class:`seals.errors.PictureError` (also for a character that
        the font lacks), :class:`seals.errors.CodeTaken`, :class:`ca.errors.EnterpriseUnknown`.
        """
        check(application)
        enterprise = self._enterprises.get(application.uscc)
        owner = SealOwner(enterprise.uscc, enterprise.name)
        self._trial(application, owner, actor)
        with self._acting() as ledger:
            return self._insert(ledger, application, owner, actor)

    def approve(self, code: str, *, actor: Actor, certificate: CertificateFacts) -> SealRecord:
        """Make the pair active, bound to the keeper's certificate; a pair that it follows is superseded.

        Raises :class:`SecondPersonNeeded` for the applicant, :class:`seals.errors.CertificateUnfit`,
        :class:`OwnerRenamed`, :class:`ActRefused`, :class:`SealMoved`, :class:`ClockWentBack`.
        """
        name = self._enterprises.get(self.get(code).owner.uscc).name
        with self._acting() as ledger:
            before = self._expect(ledger.conn, code, SealAct.APPROVE)
            if actor.is_any_of(before.applicant):
                raise SecondPersonNeeded(f"seal {before.code}: {actor.id} applied for it")
            if before.owner.name != name:
                raise OwnerRenamed(before.code)
            deed = self._deed(ledger.conn, before, SealAct.APPROVE, actor)
            bound = bind(certificate, owner=before.owner, now=deed.at)
            changes = {
                "approver": actor.id,
                "valid_from": deed.at,
                "valid_to": deed.at + timedelta(days=before.valid_days),
                **store.certificate_columns(bound),
            }
            after = ledger.move(before, deed, changes)
            if before.predecessor is not None:
                self._supersede(ledger, before.predecessor, before.code, actor)
            return after

    def reject(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """Return the application with a reason; :class:`SecondPersonNeeded` for the applicant."""
        with self._acting() as ledger:
            before = self._expect(ledger.conn, code, SealAct.REJECT)
            if actor.is_any_of(before.applicant):
                raise SecondPersonNeeded(f"seal {before.code}: {actor.id} applied for it")
            return ledger.move(before, self._deed(ledger.conn, before, SealAct.REJECT, actor, reason))

    def freeze(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """Stop both sides at once (挂失): from the next moment on no permit is granted."""
        with self._acting() as ledger:
            before = self._expect(ledger.conn, code, SealAct.FREEZE)
            return ledger.move(before, self._deed(ledger.conn, before, SealAct.FREEZE, actor, reason))

    def request_resume(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Ask, as the first of two persons, that a frozen pair come back."""
        with self._acting() as ledger:
            before = self._expect(ledger.conn, code, SealAct.REQUEST_RESUME)
            deed = self._deed(ledger.conn, before, SealAct.REQUEST_RESUME, actor, reason)
            return ledger.move(before, deed, {"resume_requested_by": actor.id})

    def confirm_resume(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Bring a frozen pair back as the second person; :class:`ResumeNotRequested`, :class:`SecondPersonNeeded`."""
        with self._acting() as ledger:
            before = self._expect(ledger.conn, code, SealAct.CONFIRM_RESUME)
            if before.resume_requested_by is None:
                raise ResumeNotRequested(before.code)
            if actor.is_any_of(before.resume_requested_by):
                raise SecondPersonNeeded(f"seal {before.code}: {actor.id} requested it")
            deed = self._deed(ledger.conn, before, SealAct.CONFIRM_RESUME, actor, reason)
            return ledger.move(before, deed, {"resume_requested_by": None})

    def revoke(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """End the pair for good (注销)."""
        with self._acting() as ledger:
            before = self._expect(ledger.conn, code, SealAct.REVOKE)
            deed = self._deed(ledger.conn, before, SealAct.REVOKE, actor, reason)
            return ledger.move(before, deed, {"resume_requested_by": None})

    def add_keeper(self, code: str, keeper: str, *, actor: Actor) -> SealRecord:
        """List a further keeper of a pair; :class:`KeeperInvalid` for one listed already or one too many."""
        with self._acting() as ledger:
            record = _found(ledger.conn, code)
            full = len(record.keepers) >= MAX_KEEPERS
            if full or keeper in record.keepers or not 0 < len(keeper) <= MAX_ACTOR:
                raise KeeperInvalid(f"seal {record.code}")
            store.insert_keeper(ledger.conn, record.code, keeper)
            ledger.note("seal.keeper_added", actor=actor, subject=record.code, detail={"keeper": keeper})
            return _found(ledger.conn, record.code)

    def remove_keeper(self, code: str, keeper: str, *, actor: Actor) -> SealRecord:
        """Strike a keeper off; :class:`KeeperInvalid` for the principal or somebody not listed."""
        with self._acting() as ledger:
            record = _found(ledger.conn, code)
            if keeper == record.keeper or not store.delete_keeper(ledger.conn, record.code, keeper):
                raise KeeperInvalid(f"seal {record.code}")
            ledger.note("seal.keeper_removed", actor=actor, subject=record.code, detail={"keeper": keeper})
            return _found(ledger.conn, record.code)

    def rename_owner(self, uscc: str, name: str, *, actor: Actor) -> tuple[SealRecord, ...]:
        """Record the owner's new name and apply for a new pair for each pair in use under an old one.

        A new pair takes the old one's place when it is approved; until then the old one stays as it is. Calling again
        changes nothing; after another change of name the pending pairs are rejected and new ones applied for.
        """
        owner = SealOwner(uscc, name)
        with self._reading() as conn:
            pairs = store.in_use(conn, uscc, name)
        for pair in pairs:  # a name that cannot be drawn is refused before anything changes
            self._trial(renewal(pair), owner, actor)
        self._enterprises.rename(uscc, name, actor=actor)
        with self._acting() as ledger:
            pairs = store.in_use(ledger.conn, uscc, name)
            return tuple([self._follow(ledger, pair, owner, actor) for pair in pairs])

    def get(self, code: str) -> SealRecord:
        """Look a pair up by its 13-digit physical or 14-digit electronic code; :class:`SealNotFound`."""
        with self._reading() as conn:
            return _found(conn, code)

    def list(self, query: SealQuery) -> SealPage:
        """List pairs by electronic code, at most :data:`MAX_PAGE` at a time."""
        limit = max(1, min(query.limit, MAX_PAGE))
        with self._reading() as conn:
            records = store.page(conn, query, limit + 1)
        shown = tuple(records[:limit])
        return SealPage(shown, shown[-1].code if len(records) > limit else None)

    def history(self, code: str) -> tuple[SealEvent, ...]:
        """Return every act on a pair, oldest first."""
        with self._reading() as conn:
            return tuple(store.events(conn, _found(conn, code).code))

    def state_at(self, code: str, when: datetime) -> SealStatus:
        """Return the state at a past moment; :class:`SealNotFound` for a moment before the application."""
        found: SealStatus | None = None
        for event in self.history(code):
            if event.at > when:
                break
            found = event.status
        if found is None:
            raise SealNotFound(f"seal {code} was not on record at {when:%Y-%m-%dT%H:%M:%SZ}")
        return found

    def picture(self, code: str) -> SealPicture:
        """Return the picture as approved; a pair never approved is drawn with 未备案 across it."""
        with self._reading() as conn:
            record = _found(conn, code)
            if record.status not in _NEVER_APPROVED:
                return SealPicture.unpack(store.picture_of(conn, record.code))
        return unapproved(record)

    def admit(self, conn: sa.Connection, code: str, *, actor: Actor) -> ActiveSeal:
        """Judge in the caller's transaction whether ``actor`` may use the seal, and hold its row against moves.

        Raises the :class:`seals.errors.SealNotUsable` that says why not.
        """
        record = store.find(conn, code, lock=True) if _is_code(code) else None
        if record is None:
            raise SealUnknown(code[:32])
        return admit(record, actor=actor, now=self._clock())

    def _acting(self) -> AbstractContextManager[Ledger]:
        return acting(self._engine, self._audit)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _trial(self, application: SealApplication, owner: SealOwner, actor: Actor) -> None:
        """Draw once with no code taken and no transaction open: what cannot be drawn is refused here."""
        origin = Origin(actor.id, self._clock())
        found_pair(application, owner, ("0" * 13, "0" * 14), origin, self._valid_days)

    def _insert(
        self,
        ledger: Ledger,
        application: SealApplication,
        owner: SealOwner,
        actor: Actor,
        predecessor: str | None = None,
    ) -> SealRecord:
        division = owner.uscc[2:8]  # GB 32100-2015: positions 3 to 8 are the GB/T 2260 division
        given = application.physical_code
        if given is not None and store.physical_in_use(ledger.conn, given):
            raise CodeTaken(given)
        codes = (
            given or self._codes.physical(ledger.conn, division),
            self._codes.electronic(ledger.conn, division),
        )
        origin = Origin(actor.id, self._clock(), predecessor)
        made: NewPair = found_pair(application, owner, codes, origin, self._valid_days)
        store.insert_seal(ledger.conn, made.record, made.picture.packed())
        ledger.write(made.record, Deed(SealAct.APPLY, actor, origin.at))
        return made.record

    def _follow(self, ledger: Ledger, before: SealRecord, owner: SealOwner, actor: Actor) -> SealRecord:
        """Return the pending pair that is to take the place of ``before``, made now if there is none of that name."""
        pending = store.follower(ledger.conn, before.code)
        if pending is not None and pending.owner.name == owner.name:
            return pending
        if pending is not None:
            ledger.move(pending, self._deed(ledger.conn, pending, SealAct.REJECT, actor, _RENAMED_AGAIN))
        return self._insert(ledger, renewal(before), owner, actor, before.code)

    def _supersede(self, ledger: Ledger, code: str, successor: str, actor: Actor) -> None:
        old = _found(ledger.conn, code)
        if old.status in TRANSITIONS[SealAct.SUPERSEDE]:
            deed = self._deed(ledger.conn, old, SealAct.SUPERSEDE, actor)
            ledger.move(old, deed, {"successor": successor, "resume_requested_by": None})
        else:
            store.link_successor(ledger.conn, code, successor)

    def _expect(self, conn: sa.Connection, code: str, act: SealAct) -> SealRecord:
        record = _found(conn, code)
        if record.status not in TRANSITIONS[act]:
            raise ActRefused(record.code, act, record.status)
        if act in _GIVING_ACTS and chip_store.is_stopped(conn, record.code):
            raise SealHeldByChip(f"seal {record.code}: {act}")
        return record

    def _deed(
        self, conn: sa.Connection, before: SealRecord, act: SealAct, actor: Actor, reason: str = ""
    ) -> Deed:
        """Date and reason an act. A clock gone back stops every act but those that only take power away."""
        reason = reason.strip()
        if len(reason) > MAX_REASON or (act in REASONED_ACTS and not reason):
            raise ReasonNeeded(act)
        now, last = self._clock(), store.last_moment(conn, before.code)
        if now < last and act not in STOPPING_ACTS:
            raise ClockWentBack(f"seal {before.code}: {last:%Y-%m-%dT%H:%M:%SZ} is on record")
        return Deed(act, actor, max(now, last), reason)


def _is_code(code: str) -> bool:
    return is_electronic_code(code) or is_physical_code(code)


def _found(conn: sa.Connection, code: str) -> SealRecord:
    record = store.find(conn, code) if _is_code(code) else None
    if record is None:
        raise SealNotFound(code[:32])
    return record
