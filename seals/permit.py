"""Permits: the single-use ticket to put one seal on one document, granted to one actor under one warrant.

``grant`` judges and records in the caller's transaction; ``consume`` takes the ticket, once, by compare-and-swap, and
judges the seal again, so a seal frozen in between is refused before the key is touched. The outcome is then recorded:
*used* or *released*. Only ``signing`` consumes permits.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest
from seals.active import ActiveSeal
from seals.cases.case import Hand
from seals.cases.uses import Taking, Uses
from seals.cases.warrant import Ground, Warrant
from seals.errors import PermitSpent, SealNotYours
from seals.ledger import Ledger
from seals.registry import SealRegistry
from seals.store import seal_permit

PERMIT_LIFE: Final = timedelta(minutes=15)
"""How long a permit may wait to be consumed: preparing the largest document takes seconds, its holder minutes."""
MAX_PURPOSE: Final = 200
"""Longest purpose kept, in characters."""

_MADE_HERE: Final = object()


_GRANT: Final = seal_permit.insert()
_SAY: Final = seal_permit.update().where(seal_permit.c.id == sa.bindparam("its_id"))
_SWAP: Final = seal_permit.update().where(
    seal_permit.c.id.in_(sa.bindparam("its_ids", expanding=True)),
    seal_permit.c.state.in_(sa.bindparam("its_state", expanding=True)),
)


class PermitState(StrEnum):
    """States of a permit: granted, consumed (the key may be touched once), then its outcome."""

    GRANTED = "granted"
    CONSUMED = "consumed"
    USED = "used"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Permit:
    """The right of ``seal.actor`` to put ``seal`` on ``document`` once; only :class:`Permits` makes one.

    ``warrant`` is what it was granted under.
    """

    id: str
    seal: ActiveSeal
    document: Digest
    purpose: str
    granted_at: datetime
    warrant: Warrant
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise TypeError("a Permit is granted, never constructed")

    @property
    def actor(self) -> Actor:
        """Who may seal."""
        return self.seal.actor


@dataclass(frozen=True, slots=True)
class Ask:
    """One sealing that a permit is asked for: with which seal, of what, under which warrant."""

    code: str
    document: Digest
    warrant: Warrant
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a permit led to: in words, and the sealed file's digest, by which its case is found too."""

    permit: str
    said: str = ""
    result: Digest | None = None


@dataclass(frozen=True, slots=True)
class PermitRecord:
    """A permit as the database holds it; ``document`` is ``algorithm:hex``, ``outcome`` says how it ended."""

    id: str
    code: str
    document: str
    actor: str
    purpose: str
    state: PermitState
    granted_at: datetime
    settled_at: datetime | None
    outcome: str


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return uuid.uuid4().hex


class Permits:
    """Grants, consumes and settles permits in the caller's transactions; it never commits."""

    def __init__(
        self,
        registry: SealRegistry,
        uses: Uses,
        clock: Clock,
        audit: AuditTrail,
        *,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self._registry = registry
        self._uses = uses
        self._clock = clock
        self._audit = audit
        self._new_id = new_id

    def grant(  # noqa: PLR0913 - what a permit names, each once
        self,
        conn: sa.Connection,
        code: str,
        *,
        document: Digest,
        actor: Actor,
        purpose: str = "",
        warrant: Warrant,
        credential: str = "",
    ) -> Permit:
        """Grant ``actor`` one sealing of ``document`` with the seal ``code`` (physical or electronic).

        The warrant is judged again here, and the one use that it stands for is taken in the same transaction (I29).
        Raises the :class:`seals.errors.SealNotUsable` that says why not: unknown, unapproved, rejected, frozen, revoked,
        superseded, expired, certificate expired, not the caller's, or what is wrong with the warrant.
        """
        ledger = Ledger(conn)
        ask = Ask(code, document, warrant, purpose)
        (permit,) = self.grant_several(ledger, (ask,), hand=Hand(actor, credential))
        ledger.close(self._audit)
        return permit

    def grant_several(self, ledger: Ledger, asks: Sequence[Ask], *, hand: Hand) -> tuple[Permit, ...]:
        """Grant one actor several sealings in an open transaction, each as :meth:`grant` does; all or none."""
        admitted: dict[tuple[str, bool], ActiveSeal] = {}
        permits = []
        for ask in asks:
            key = (ask.code, _listed(ask.warrant))
            if key not in admitted:
                admitted[key] = self._registry.admit(ledger.conn, ask.code, actor=hand.actor, listed=key[1])
            permits.append(self._made(ledger, ask, admitted[key], hand))
        takings = [Taking(one.id, one.warrant, one.seal.record, hand, one.purpose) for one in permits]
        self._uses.exercise(ledger, takings)
        for permit in permits:
            detail: dict[str, str | int | None] = {
                "seal": permit.seal.code,
                "document": str(permit.document),
                "case": permit.warrant.case_id,
                "ground": permit.warrant.ground.value,
                "rule": permit.warrant.rule_hash,
            }
            ledger.note("permit.granted", actor=hand.actor, subject=permit.id, detail=detail)
        return tuple(permits)

    def _made(self, ledger: Ledger, ask: Ask, admitted: ActiveSeal, hand: Hand) -> Permit:
        warrant = ask.warrant
        named = (warrant.seal_code, warrant.document, warrant.person)
        if named != (admitted.code, ask.document, hand.actor.person):
            raise SealNotYours(f"a warrant for another use than seal {admitted.code} on {ask.document}")
        purpose = ask.purpose[:MAX_PURPOSE]
        permit = Permit(self._new_id(), admitted, ask.document, purpose, self._clock(), warrant, _MADE_HERE)
        row = {
            "id": permit.id,
            "electronic_code": admitted.code,
            "document": str(ask.document),
            "actor": hand.actor.id,
            "purpose": permit.purpose,
            "state": PermitState.GRANTED.value,
            "granted_at": permit.granted_at,
            "outcome": "",
        }
        ledger.put(_GRANT, row, referred=True)
        return permit

    def consume(self, conn: sa.Connection, permit: Permit) -> None:
        """Take the permit, once, before the key is touched.

        Raises :class:`PermitSpent` for one already taken, released or too old, and
        :class:`seals.errors.SealNotUsable` if the seal was stopped since, or the standing authorisation ended.
        """
        ledger = Ledger(conn)
        self.consume_several(ledger, (permit,))
        ledger.close(self._audit)

    def consume_several(self, ledger: Ledger, permits: Sequence[Permit]) -> None:
        """Take several permits in an open transaction, each as :meth:`consume` does; all or none."""
        held: set[tuple[str, Actor, bool, str]] = set()
        for permit in permits:
            warrant = permit.warrant
            key = (permit.seal.code, permit.actor, _listed(warrant), warrant.standing)
            if key not in held:
                self._registry.admit(
                    ledger.conn, permit.seal.code, actor=permit.actor, listed=_listed(warrant)
                )
                self._uses.hold(ledger.conn, warrant)
                held.add(key)
            if self._clock() - permit.granted_at > PERMIT_LIFE:
                raise PermitSpent(f"permit {permit.id} is older than {PERMIT_LIFE}")
        self._swap(ledger.conn, {one.id: "" for one in permits}, (PermitState.GRANTED,), PermitState.CONSUMED)
        for permit in permits:
            detail = {"seal": permit.seal.code}
            ledger.note("permit.consumed", actor=permit.actor, subject=permit.id, detail=detail)

    def hold(self, conn: sa.Connection, permit_id: str, *, actor: Actor) -> None:
        """Judge the seal once more for a permit taken earlier, whose signature has only now come back.

        Raises :class:`PermitSpent` unless it is taken and not settled, and :class:`seals.errors.SealNotUsable` if the seal was
        stopped since, or the standing authorisation ended.
        """
        record = self.find(conn, permit_id)
        if record is None or record.state is not PermitState.CONSUMED or record.actor != actor.id:
            raise PermitSpent(f"permit {permit_id}")
        standing = self._uses.hold_permit(conn, permit_id)
        self._registry.admit(conn, record.code, actor=actor, listed=not standing)

    def complete(  # noqa: PLR0913 - the outcome and by whom
        self,
        conn: sa.Connection,
        permit_id: str,
        *,
        actor: Actor,
        outcome: str = "",
        result: Digest | None = None,
        credential: str = "",
    ) -> None:
        """Record that the sealing took effect: one use counted in its case. :class:`PermitSpent` unless it was consumed.

        ``result`` is the sealed file's digest, by which its case is found too.
        """
        ledger = Ledger(conn)
        done = (Outcome(permit_id, outcome, result),)
        self.complete_several(ledger, done, hand=Hand(actor, credential))
        ledger.close(self._audit)

    def complete_several(self, ledger: Ledger, outcomes: Sequence[Outcome], *, hand: Hand) -> None:
        """Record several outcomes in an open transaction, each as :meth:`complete` does; all or none."""
        said = {one.permit: one.said for one in outcomes}
        self._swap(ledger.conn, said, (PermitState.CONSUMED,), PermitState.USED)
        self._uses.used(ledger, [(one.permit, one.result) for one in outcomes], hand)
        for one in outcomes:
            ledger.note("permit.used", actor=hand.actor, subject=one.permit, detail={"outcome": one.said})

    def release(
        self, conn: sa.Connection, permit_id: str, *, actor: Actor, outcome: str, credential: str = ""
    ) -> None:
        """Record that nothing was sealed, and why; the use is given back. :class:`PermitSpent` if it was settled already."""
        before = (PermitState.GRANTED, PermitState.CONSUMED)
        self._swap(conn, {permit_id: outcome}, before, PermitState.RELEASED)
        ledger = Ledger(conn)
        self._uses.released(ledger, permit_id, Hand(actor, credential), outcome[:MAX_PURPOSE])
        ledger.note("permit.released", actor=actor, subject=permit_id, detail={"outcome": outcome})
        ledger.close(self._audit)

    def find(self, conn: sa.Connection, permit_id: str) -> PermitRecord | None:
        """Read a permit, for reconciliation and reports."""
        row = conn.execute(sa.select(*seal_permit.c).where(seal_permit.c.id == permit_id)).one_or_none()
        if row is None:
            return None
        return PermitRecord(
            id=row.id,
            code=row.electronic_code,
            document=row.document,
            actor=row.actor,
            purpose=row.purpose,
            state=PermitState(row.state),
            granted_at=row.granted_at,
            settled_at=row.settled_at,
            outcome=row.outcome,
        )

    def _swap(
        self,
        conn: sa.Connection,
        said: Mapping[str, str],
        before: tuple[PermitState, ...],
        after: PermitState,
    ) -> None:
        """Move permits by compare-and-swap, each with what is said of it; :class:`PermitSpent` if one was moved already."""
        settled = None if after is PermitState.CONSUMED else self._clock()
        moved = {"state": after.value, "settled_at": settled}
        ids = sorted(said)
        rows = conn.execute(_SWAP, moved | {"its_ids": ids, "its_state": [state.value for state in before]})
        if rows.rowcount != len(ids):
            raise PermitSpent(f"permit {ids[0]}" if len(ids) == 1 else f"one of {len(ids)} permits")
        if any(said.values()):
            conn.execute(_SAY, [{"its_id": one, "outcome": said[one][:MAX_PURPOSE]} for one in ids])


def _listed(warrant: Warrant) -> bool:
    """Tell whether the actor must be a listed keeper: a standing authorisation names the application itself."""
    return warrant.ground is not Ground.STANDING
