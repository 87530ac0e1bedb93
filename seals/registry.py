"""The room's door: one registry of pairs, moved only along the table, every act by a named person and on the trail.

Each act is one short transaction: read the pair, judge, compare-and-swap the row, write the history, write the audit
record. Both sides of a seal share the row, so one act moves both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import Enterprises
from seals import coming_back, destruction_store, event_store, history, keepers, renewal_store, store
from seals import destruction as destroying
from seals import renewal as renewing
from seals.activation import activate, judge_applicant, judge_name
from seals.active import ActiveSeal, admit
from seals.application import (
    MAX_VALID_DAYS,
    NewPair,
    Origin,
    check,
    following,
    found_pair,
)
from seals.binding import CertificateFacts
from seals.code_patterns import CodePatterns
from seals.codes import CodeSource
from seals.destruction import Destruction
from seals.destruction_store import Destroyed
from seals.drawing.picture import unfiled
from seals.drawing.vector import SealPicture
from seals.errors import CertificateNeeded, CodeTaken, FilingDemanded, SealUnknown
from seals.history import Standing
from seals.imprint import upload_store
from seals.keeper_store import KeeperAsked
from seals.keepers import KeeperWish
from seals.ledger import Deed, Ledger, acting
from seals.lookup.errors import MomentToCome
from seals.moves import Hook, Turn, found, is_code
from seals.renewal import RenewalRequest
from seals.renewal_store import Asked
from seals.seal import SealApplication, SealEvent, SealOwner, SealPage, SealQuery, SealRecord
from seals.states import DESK_ACTS, SealAct, SealStatus, destination

DEFAULT_VALID_DAYS: Final = 3 * 365
"""Validity of a seal from its filing, unless settings or application say otherwise."""
MAX_PAGE: Final = 200
"""Most seals in one page of a list."""
_RENAMED_AGAIN: Final = "企业名称再次变更 / renamed again"


@dataclass(frozen=True, slots=True)
class RegistryRules:
    """What settings decide: the patterns of codes, and the days a seal is valid unless its application says less.

    ``direct_filing`` lets approval alone put a pair in use: its physical seal is engraved and filed already. Without it
    every pair is made, delivered and filed.
    """

    patterns: CodePatterns = field(default_factory=CodePatterns)
    valid_days: int = DEFAULT_VALID_DAYS
    direct_filing: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.valid_days <= MAX_VALID_DAYS:
            raise ValueError(f"a seal is valid for 1 to {MAX_VALID_DAYS} days")


class SealRegistry:
    """Keeps the pairs. Every method that acts opens and commits its own transaction, :meth:`admit` excepted."""

    def __init__(  # noqa: PLR0913 - what the registry stands on
        self,
        engine: sa.Engine,
        enterprises: Enterprises,
        clock: Clock,
        audit: AuditTrail,
        rules: RegistryRules | None = None,
        *,
        on_move: tuple[Hook, ...] = (),
    ) -> None:
        self._engine = engine
        self._enterprises = enterprises
        self._clock = clock
        self._audit = audit
        rules = rules or RegistryRules()
        self._codes = CodeSource(rules.patterns)
        self._valid_days = rules.valid_days
        self._direct_filing = rules.direct_filing
        self._on_move = on_move

    def apply(self, application: SealApplication, *, actor: Actor) -> SealRecord:
        """Record an application: a new pair in state *applied*, its codes allocated, its picture drawn.

        Raises :class:`seals.errors.ApplicationInvalid`, :class:`seals.errors.PictureError` (also for a character that
        the font lacks), :class:`seals.errors.CodeTaken`, :class:`ca.errors.EnterpriseUnknown`.
        """
        check(application)
        enterprise = self._enterprises.get(application.uscc)
        owner = SealOwner(enterprise.uscc, enterprise.name)
        self._trial(application, owner, actor)
        with self._acting() as turn:
            return self._insert(turn.ledger, application, owner, actor)

    def approve(self, code: str, *, actor: Actor, certificate: CertificateFacts) -> SealRecord:
        """Make the pair active, bound to the keeper's certificate; a pair that it follows is superseded.

        Raises :class:`FilingDemanded` where the pair is to be engraved or the rules ask for filing,
        :class:`SecondPersonNeeded` for the applicant, :class:`seals.errors.CertificateUnfit`, :class:`OwnerRenamed`,
        :class:`ActRefused`, :class:`SealMoved`, :class:`ClockWentBack`.
        """
        with self._acting() as turn:
            before = turn.expect(code, SealAct.APPROVE)
            if before.engrave or not self._direct_filing:
                raise FilingDemanded(f"seal {before.code}")
            return activate(turn, before, SealAct.APPROVE, actor, certificate)

    def order(self, code: str, *, actor: Actor) -> SealRecord:
        """Approve the application and order the physical seal; :class:`SecondPersonNeeded`, :class:`OwnerRenamed`."""
        with self._acting() as turn:
            return self.step(turn.ledger, code, SealAct.ORDER, actor)

    def close(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """Close a pair that is being made or waits unclaimed."""
        with self._acting() as turn:
            return self.step(turn.ledger, code, SealAct.CLOSE, actor, reason)

    def step(  # noqa: PLR0913, PLR0917 - one act and its circumstances, for the filing desk
        self,
        ledger: Ledger,
        code: str,
        act: SealAct,
        actor: Actor,
        reason: str = "",
        changes: Mapping[str, CertificateFacts] | None = None,
    ) -> SealRecord:
        """Do an act of making and filing (:data:`seals.states.DESK_ACTS`) inside the caller's transaction.

        ``changes`` of *accept* is ``{"certificate": …}``, the keeper's (:class:`CertificateNeeded` without it); no other
        act has any. *Order* and *accept* are not the applicant's and want the owner's name unchanged. What is raised
        undoes the whole transaction; the caller commits.
        """
        if act not in DESK_ACTS or set(changes or {}) - ({"certificate"} if act is SealAct.ACCEPT else set()):
            raise ValueError(f"{act} with {sorted(changes or {})} is no step of making and filing")
        turn = Turn(ledger, self._clock, self._on_move)
        before = turn.expect(code, act)
        if act is SealAct.ACCEPT:
            if not changes:
                raise CertificateNeeded(f"seal {before.code}")
            return activate(turn, before, act, actor, changes["certificate"])
        deed = turn.deed(before, act, actor, reason)
        if act is SealAct.ORDER:
            judge_applicant(before, actor)
            judge_name(turn.conn, before)
            return turn.move(before, deed, {"approver": actor.id})
        return turn.move(before, deed)

    def reject(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """Turn the application down with a reason; :class:`SecondPersonNeeded` for the applicant."""
        with self._acting() as turn:
            before = turn.expect(code, SealAct.REJECT)
            judge_applicant(before, actor)
            deed = turn.deed(before, SealAct.REJECT, actor, reason)
            return turn.move(before, deed)

    def freeze(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """Stop both sides at once (挂失): from the next moment on no permit is granted, no delivery is made.

        Of two at once one wins; the other hears that the pair is frozen (:class:`ActRefused`) or has just moved.
        """
        with self._acting() as turn:
            return turn.act(code, SealAct.FREEZE, actor, reason)

    def request_resume(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Ask, as the first of two persons, that a frozen pair come back."""
        with self._acting() as turn:
            return coming_back.ask(turn, code, SealAct.REQUEST_RESUME, actor, reason)

    def confirm_resume(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Bring a frozen pair back to the state it had, as the second person.

        Raises :class:`ResumeNotRequested`, :class:`SecondPersonNeeded`.
        """
        with self._acting() as turn:
            return coming_back.confirm(turn, code, SealAct.CONFIRM_RESUME, actor, reason)

    def suspend(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """Put a pair in use out of use for a while (停用), both sides; nothing is lost."""
        with self._acting() as turn:
            return turn.act(code, SealAct.SUSPEND, actor, reason)

    def request_lift(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Ask, as the first of two persons, that a suspended pair be used again."""
        with self._acting() as turn:
            return coming_back.ask(turn, code, SealAct.REQUEST_LIFT, actor, reason)

    def lift(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Put a suspended pair in use again as the second person; :class:`LiftNotRequested`, :class:`SecondPersonNeeded`."""
        with self._acting() as turn:
            return coming_back.confirm(turn, code, SealAct.LIFT, actor, reason)

    def request_renewal(
        self, code: str, wish: RenewalRequest, *, actor: Actor, reason: str = ""
    ) -> SealRecord:
        """Ask, as the first of two persons, for a new certificate and validity; see :func:`seals.renewal.request`."""
        with self._acting() as turn:
            return renewing.request(turn, code, wish, actor, reason)

    def renew(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """Carry out, as the second person, exactly what was asked for; :class:`seals.errors.RenewalNotRequested`."""
        with self._acting() as turn:
            return renewing.confirm(turn, code, actor, reason)

    def renewal_waiting(self, code: str) -> Asked | None:
        """Return the renewal that waits for a second person, or ``None``."""
        with self._reading() as conn:
            return renewal_store.waiting(conn, found(conn, code))

    def destroy(self, code: str, what: Destruction, *, actor: Actor, reason: str = "") -> SealRecord:
        """Record that the physical seal of an ended pair was destroyed; see :func:`seals.destruction.destroy`."""
        with self._acting() as turn:
            return destroying.destroy(turn, code, what, actor, reason)

    def destruction(self, code: str) -> Destroyed | None:
        """Return the destruction of a pair's physical seal, or ``None``."""
        with self._reading() as conn:
            return destruction_store.find(conn, found(conn, code).code)

    def revoke(self, code: str, *, actor: Actor, reason: str) -> SealRecord:
        """End the pair for good (注销)."""
        with self._acting() as turn:
            return turn.act(code, SealAct.REVOKE, actor, reason)

    def request_keeper(self, code: str, wish: KeeperWish, *, actor: Actor, reason: str = "") -> SealRecord:
        """Ask, as the first of two persons, for a further or another principal keeper; see :mod:`seals.keepers`."""
        with self._acting() as turn:
            return keepers.request(turn, code, wish, actor, reason)

    def change_keeper(self, code: str, *, actor: Actor, reason: str = "") -> SealRecord:
        """List, as the second person, whom the pair's last act asked for; :class:`seals.errors.KeeperNotRequested`."""
        with self._acting() as turn:
            return keepers.confirm(turn, code, actor, reason)

    def remove_keeper(self, code: str, keeper: str, *, actor: Actor, reason: str) -> SealRecord:
        """Strike a keeper off; :class:`seals.errors.KeeperInvalid` for the principal or somebody not listed."""
        with self._acting() as turn:
            return keepers.remove(turn, code, keeper, actor, reason)

    def keeper_waiting(self, code: str) -> KeeperAsked | None:
        """Return the change of keepers that waits for a second person, or ``None``."""
        with self._reading() as conn:
            return keepers.waiting(conn, code)

    def rename_owner(self, uscc: str, name: str, *, actor: Actor) -> tuple[SealRecord, ...]:
        """Record the owner's new name and apply for a new pair for each pair in use under an old one.

        A new pair takes the old one's place when it is approved; until then the old one stays as it is. Calling again
        changes nothing; after another change of name the pending pairs are rejected and new ones applied for.
        """
        owner = SealOwner(uscc, name)
        with self._reading() as conn:
            pairs = store.in_use(conn, uscc, name)
        for pair in pairs:  # a name that cannot be drawn is refused before anything changes
            self._trial(following(pair), owner, actor)
        self._enterprises.rename(uscc, name, actor=actor)
        with self._acting() as turn:
            pairs = store.in_use(turn.conn, uscc, name)
            return tuple([self._follow(turn, pair, owner, actor) for pair in pairs])

    def get(self, code: str) -> SealRecord:
        """Look a pair up by its 13-digit physical or 14-digit electronic code; :class:`SealNotFound`."""
        with self._reading() as conn:
            return found(conn, code)

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
            return tuple(event_store.events(conn, found(conn, code).code))

    def state_at(self, code: str, when: datetime) -> SealStatus:
        """Return the state at a past moment by one look into an index; :class:`SealNotFound` before the application."""
        with self._reading() as conn:
            return history.latest(conn, code, when).status

    def standing_at(self, code: str, when: datetime | None = None) -> Standing:
        """Return state, validity and links at a past moment, now by default.

        Raises :class:`SealNotFound` before the application, :class:`seals.lookup.errors.MomentToCome`.
        """
        now = self._clock()
        if when is not None and when > now:
            raise MomentToCome
        with self._reading() as conn:
            return history.standing(conn, code, when or now)

    def picture(self, code: str) -> SealPicture:
        """Return the picture as approved; a pair that was never filed is drawn with 未备案 across it (B7)."""
        with self._reading() as conn:
            record = found(conn, code)
            picture = SealPicture.unpack(store.picture_of(conn, record.code))
        return unfiled(picture) if record.filed_at is None else picture

    def admit(self, conn: sa.Connection, code: str, *, actor: Actor, listed: bool = True) -> ActiveSeal:
        """Judge in the caller's transaction whether ``actor`` may use the seal, and hold its row against moves.

        ``listed`` demands a keeper; an application under a standing authorisation is none. Raises the
        :class:`seals.errors.SealNotUsable` that says why not.
        """
        record = store.find(conn, code, lock=True) if is_code(code) else None
        if record is None:
            raise SealUnknown(code[:32])
        return admit(record, actor=actor, now=self._clock(), listed=listed)

    @contextmanager
    def _acting(self) -> Iterator[Turn]:
        with acting(self._engine, self._audit) as ledger:
            yield Turn(ledger, self._clock, self._on_move)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _trial(self, application: SealApplication, owner: SealOwner, actor: Actor) -> None:
        """Draw once with no code taken and no transaction open: what cannot be drawn is refused here."""
        with self._reading() as conn:
            origin = self._origin(conn, application, owner, actor)
        found_pair(application, owner, ("0" * 13, "0" * 14), origin, self._valid_days)

    def _origin(
        self,
        conn: sa.Connection,
        application: SealApplication,
        owner: SealOwner,
        actor: Actor,
        predecessor: str | None = None,
    ) -> Origin:
        named = application.picture_sha256
        uploaded = None if named is None else upload_store.waiting(conn, owner.uscc, named, owner.name)
        return Origin(actor.id, self._clock(), predecessor, uploaded)

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
        origin = self._origin(ledger.conn, application, owner, actor, predecessor)
        made: NewPair = found_pair(application, owner, codes, origin, self._valid_days)
        store.insert_seal(ledger.conn, made.record, made.picture.packed())
        if application.picture_sha256 is not None:
            upload_store.attach(ledger.conn, owner.uscc, application.picture_sha256, made.record.code)
        ledger.write(made.record, Deed(SealAct.APPLY, actor, origin.at))
        return made.record

    def _follow(self, turn: Turn, before: SealRecord, owner: SealOwner, actor: Actor) -> SealRecord:
        """Return the pending pair that is to take the place of ``before``, made now if there is none of that name."""
        pending = store.follower(turn.conn, before.code)
        if pending is not None and pending.owner.name == owner.name:
            return pending
        if pending is not None:
            acts = (SealAct.REJECT, SealAct.CLOSE, SealAct.REVOKE)
            act = next(act for act in acts if destination(act, pending.status) is not None)
            deed = turn.deed(pending, act, actor, _RENAMED_AGAIN)
            turn.move(pending, deed)
        return self._insert(turn.ledger, following(before), owner, actor, before.code)
