"""A party's own seal: on the newest version, under its own permit, exactly one party at a time.

The right to seal a version is claimed in the transaction that reserves the sealing, proved again before the key and in the
transaction that completes it; the round moves on in that same transaction. Two at once: one has the claim, the other is told
to take the new version, and does so by itself where its place is fixed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.pins import Pin
from seals import store as seal_store
from seals.cases.case import Hand
from seals.ledger import Ledger
from seals.permit import PERMIT_LIFE
from signing import store as sealing_store
from signing.archive import Stored
from signing.containers.certification import Certification, FieldLock
from signing.containers.envelope import ContainerKind
from signing.level import Level
from signing.making import Progress, no_progress
from signing.order import SealOrder
from signing.parties import round_store
from signing.parties.errors import AnotherSealing, PlaceMissing, RoundMoved, SealOfAnother, VersionMoved
from signing.parties.office import RoundDeed, RoundOffice, demand_turn, load, move, own_party
from signing.parties.round import Claim, Party, Round, RoundVersion
from signing.parties.states import PartyStatus, RoundAct
from signing.placing.where import InField, Where, parse_where
from signing.service import SealedDocument, SealingService
from signing.store import SealingRecord, SealingState

REPEATS: Final = 20
"""How often a party with a fixed place takes the newest version by itself: as many parties may be sealing at once."""
PATIENCE: Final = 40
"""How often it looks whether the other party is done, a quarter of a second apart: a sealing takes under a second."""
PAUSE: Final = 0.25
LEFT_BEHIND: Final = PERMIT_LIFE + timedelta(minutes=1)
"""After this a claim without a sealing is left over: its permit can no longer be used."""


@dataclass(frozen=True, slots=True)
class PartyChoice:
    """What a party decides: its seal, its own place if none was agreed, the version that it saw, the level.

    ``version`` is what the party looked at; where its place is its own choice, a newer one is refused.
    """

    seal_code: str
    where: Where | None = None
    version: int | None = None
    level: Level = Level.B_LT
    case: str = ""
    document_class: str = ""
    amount: int | None = None
    certify: Certification | None = None
    lock: FieldLock | None = None
    container: ContainerKind | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SealedRound:
    """The round after a seal, and the sealing."""

    round: Round
    sealed: SealedDocument


@dataclass(frozen=True, slots=True)
class Turn:
    """The errand of one sealing: this party's seal on this version (:class:`signing.errand.Errand`)."""

    office: RoundOffice
    found: Round
    party: Party
    claim: Claim
    hand: Hand

    def hold(self, conn: sa.Connection) -> None:
        """Take the claim, or prove that it is ours still; :class:`AnotherSealing` or :class:`VersionMoved`."""
        now = round_store.find(conn, self.found.id, lock=True)
        if now is None or now.version != self.found.version or now.moves != self.found.moves:
            raise VersionMoved
        if now.claim is None:
            if not round_store.claim(conn, now, self.claim):
                raise AnotherSealing
        elif (now.claim.key, now.claim.actor) != (self.claim.key, self.claim.actor):
            raise AnotherSealing

    def done(self, conn: sa.Connection, outcomes: Sequence[tuple[SealingRecord, Stored]]) -> None:
        """Add the version, mark the party, release the document with the last one."""
        ((record, stored),) = outcomes
        finished = replace(record, result=stored.digest.hex, size=stored.size)
        ledger = Ledger(conn)
        advance(ledger, self.office, self.found.id, finished, self.hand)
        ledger.close(self.office.audit)


class PartySealing:
    """Lets parties seal."""

    def __init__(
        self, office: RoundOffice, service: SealingService, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._office = office
        self._service = service
        self._pause = pause

    def seal(  # noqa: PLR0913 - which party, with what, by whom
        self,
        round_id: str,
        number: int,
        choice: PartyChoice,
        *,
        hand: Hand,
        pin: Pin | None = None,
        progress: Progress = no_progress,
    ) -> SealedRound:
        """Put a party's seal on the newest version.

        Raises what :meth:`signing.service.SealingService.seal` raises, :class:`signing.parties.errors.NotYourTurn`,
        :class:`SealOfAnother`, :class:`PlaceMissing`, and where another party was faster :class:`VersionMoved` or
        :class:`AnotherSealing`: at once for a party that chooses its place or seals under a case about the older version.
        """
        waited = 0
        for _ in range(REPEATS + PATIENCE):
            found, party = self._turn(round_id, number, choice, hand)
            where, fixed = _place(party, choice)
            again = fixed and not choice.case
            if choice.version not in (None, found.version) and not again:
                raise VersionMoved
            try:
                return self._once(found, party, replace(choice, where=where), hand, pin, progress)
            except VersionMoved:
                if not again:
                    raise
            except AnotherSealing:
                waited += 1
                if not again or waited > PATIENCE:
                    raise
                self._pause(PAUSE)
        raise AnotherSealing

    def reconcile(self) -> int:
        """Settle claims that dead processes left: what was sealed is taken up, the rest given up. Return how many.

        Call it after :meth:`signing.service.SealingService.reconcile`, which closes the sealings themselves.
        """
        with self._office.reading() as conn:
            held = round_store.claimed(conn, REPEATS * 10)
        return sum(self._settle(found) for found in held)

    def _turn(self, round_id: str, number: int, choice: PartyChoice, hand: Hand) -> tuple[Round, Party]:
        """Read the round and prove that this party may seal with this seal now."""
        with self._office.reading() as conn:
            found = load(conn, round_id, hand)
            seal = seal_store.find(conn, choice.seal_code) if choice.seal_code.isdigit() else None
        if found.claim is not None and self._settle(found):
            found = self._read(round_id, hand)
        party = own_party(found, number, hand)
        demand_turn(found, party, RoundAct.SEAL, self._office.clock())
        if seal is None or (seal.owner.uscc, seal.kind.code) != (party.uscc, party.kind):
            raise SealOfAnother
        return found, party

    def _read(self, round_id: str, hand: Hand) -> Round:
        with self._office.reading() as conn:
            return load(conn, round_id, hand)

    def _once(  # noqa: PLR0913, PLR0917 - one sealing and its circumstances
        self, found: Round, party: Party, choice: PartyChoice, hand: Hand, pin: Pin | None, progress: Progress
    ) -> SealedRound:
        key = _key(found, party, choice)
        claim = Claim(party.number, hand.actor.id, key, self._office.clock())
        turn = Turn(self._office, found, party, claim, hand)
        if choice.where is None:
            raise PlaceMissing
        order = SealOrder(
            document=self._office.octets(found.newest.digest),
            name=found.name,
            seal_code=choice.seal_code,
            placement=choice.where,
            level=choice.level,
            idempotency_key=key,
            password=choice.password,
            reason=f"{found.title}：{party.role}",
            case=choice.case,
            document_class=choice.document_class,
            amount=choice.amount,
            credential=hand.credential,
            certify=choice.certify,
            lock=choice.lock,
            container=choice.container,
            errand=turn,
        )
        try:
            sealed = self._service.seal(order, actor=hand.actor, pin=pin, progress=progress)
        except Exception:
            self._give_up(found.id, claim)
            raise
        return SealedRound(self._read(found.id, hand), sealed)

    def _give_up(self, round_id: str, claim: Claim) -> None:
        """Drop our claim if the sealing came to nothing; one that stands reserved is settled by reconciliation."""
        with self._office.acting() as ledger:
            record = sealing_store.find_by_key(ledger.conn, claim.actor, claim.key)
            if record is None or record.state is SealingState.FAILED:
                round_store.drop_claim(ledger.conn, round_id, claim)

    def _settle(self, found: Round) -> bool:
        """Settle one claim by what became of its sealing; tell whether there was something to settle."""
        claim = found.claim
        if claim is None:
            return False
        with self._office.acting() as ledger:
            now = round_store.find(ledger.conn, found.id, lock=True)
            if now is None or now.claim != claim:
                return True
            record = sealing_store.find_by_key(ledger.conn, claim.actor, claim.key)
            if record is not None and record.state is SealingState.COMPLETED:
                advance(ledger, self._office, found.id, record, Hand(_actor(now, claim), "reconciled"))
                return True
            left = record is None and self._office.clock() - claim.at > LEFT_BEHIND
            if left or (record is not None and record.state is SealingState.FAILED):
                return round_store.drop_claim(ledger.conn, found.id, claim)
        return False


def advance(ledger: Ledger, office: RoundOffice, round_id: str, record: SealingRecord, hand: Hand) -> Round:
    """Take a finished sealing up into its round: a version more, a party less; the last one releases the document.

    Within the caller's transaction. :class:`RoundMoved` unless the claim is this sealing's.
    """
    found = round_store.find(ledger.conn, round_id, lock=True)
    claim = None if found is None else found.claim
    if found is None or claim is None or claim.key != record.idempotency_key:
        raise RoundMoved
    party = found.party(claim.party)
    if party is None:
        raise RoundMoved
    now = office.clock()
    digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(record.result))
    version = RoundVersion(found.version + 1, digest, record.size, party.number, record.id, now)
    round_store.insert_version(ledger.conn, found.id, version)
    others = [one for one in found.parties if one.number != party.number]
    last = all(one.status is PartyStatus.SEALED for one in others)
    deed = RoundDeed(
        RoundAct.RELEASE if last else RoundAct.SEAL,
        hand,
        party,
        {"version": version.number, **round_store.NO_CLAIM},
        {"seal_code": record.seal_code, "sealing": record.id, "actor": hand.actor.id, "at": now},
        {
            "seal": record.seal_code,
            "sealing": record.id,
            "permit": record.permit,
            "before": str(found.newest.digest),
        },
    )
    return move(ledger, found, deed, now)


def _actor(found: Round, claim: Claim) -> Actor:
    party = found.party(claim.party)
    return Actor(claim.actor, "", None if party is None else party.uscc)


def _place(party: Party, choice: PartyChoice) -> tuple[Where, bool]:
    """Return where the party's seal goes and whether that was agreed; :class:`PlaceMissing`."""
    if party.field:
        return InField(party.field), True
    if party.where:
        return parse_where(party.where), True
    if choice.where is None:
        raise PlaceMissing
    return choice.where, False


def _key(found: Round, party: Party, choice: PartyChoice) -> str:
    """Name one attempt: the same choice on the same version is the same sealing, tried again."""
    parts = (
        choice.seal_code, choice.where, choice.level.value, choice.case, choice.document_class, choice.amount,
        choice.certify, choice.lock, choice.container,
    )  # fmt: skip
    chosen = hashlib.sha256("\x1f".join(str(one) for one in parts).encode()).hexdigest()[:16]
    return f"round:{found.id}:{found.version}:{party.number}:{chosen}"
