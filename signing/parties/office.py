"""What the desks of rounds work with, and the one way in which a round moves."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ca.actor import SYSTEM
from ca.audit import AuditTrail, canonical_json
from ca.clock import Clock
from hsm.algorithms import Digest
from seals.cases.case import Hand
from seals.cases.texts import check_reason
from seals.ledger import Ledger, acting
from signing.archive import Archive
from signing.parties import round_store
from signing.parties.errors import (
    AnotherSealing,
    NotAParty,
    NotTheInitiator,
    NotYourTurn,
    RoundActRefused,
    RoundMoved,
    RoundOver,
    RoundReasonNeeded,
    RoundUnknown,
)
from signing.parties.round import GENESIS, Party, Round, RoundEntry
from signing.parties.states import PARTY_TRANSITIONS, REASONED, SEALING, TRANSITIONS, RoundAct

DESK = Hand(SYSTEM, "system")
"""The desk itself: what follows by time."""


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class RoundOffice:
    """The parts, each once."""

    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    archive: Archive
    new_id: Callable[[], str] = random_id

    def acting(self) -> AbstractContextManager[Ledger]:
        """Open a transaction that ends with its audit records."""
        return acting(self.engine, self.audit)

    def reading(self) -> sa.Connection:
        """Open a connection that only reads."""
        return self.engine.execution_options(read_only=True).connect()

    def octets(self, digest: Digest) -> bytes:
        """Read a version from the archive."""
        return self.archive.path(digest).read_bytes()


@dataclass(frozen=True, slots=True)
class RoundDeed:
    """One act: by whose hand, about which party, which columns of the round and of the party change, what it says besides."""

    act: RoundAct
    hand: Hand
    party: Party | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    party_changes: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, str | int | None] = field(default_factory=dict)


def load(conn: sa.Connection, round_id: str, hand: Hand, *, lock: bool = False) -> Round:
    """Return a round that the caller may see; another's is as unknown as none (:class:`RoundUnknown`)."""
    found = round_store.find(conn, round_id, lock=lock) if len(round_id) <= 32 else None
    if found is None or not found.concerns(hand.actor.uscc):
        raise RoundUnknown
    return found


def own_party(found: Round, number: int, hand: Hand) -> Party:
    """Return a party that the caller acts for; :class:`NotAParty`."""
    party = found.party(number)
    if party is None or hand.actor.uscc not in (None, party.uscc):
        raise NotAParty
    return party


def demand_initiator(found: Round, hand: Hand) -> None:
    """Demand the initiator's enterprise, or the very person where the initiator acts for none; :class:`NotTheInitiator`."""
    same_house = bool(found.uscc) and hand.actor.uscc == found.uscc
    if not same_house and not hand.actor.is_any_of(found.initiator.id):
        raise NotTheInitiator


def demand_turn(found: Round, party: Party, act: RoundAct, now: datetime) -> None:
    """Demand that the table, the order and the deadline let this party act."""
    demand(found, act, party)
    if party not in found.called:
        first = "、".join(one.role for one in found.called)
        raise NotYourTurn(first)
    if now > found.deadline:
        raise RoundOver(found.deadline)


def demand(found: Round, act: RoundAct, party: Party | None = None) -> None:
    """Demand that the tables let an act be done; :class:`RoundActRefused` says where the round stands."""
    allowed = found.status in TRANSITIONS[act]
    if party is not None and act in PARTY_TRANSITIONS:
        allowed = allowed and party.status in PARTY_TRANSITIONS[act]
    if not allowed:
        told = (
            ("", "")
            if party is None
            else (f"{party.role}{party.status.zh}。", f"{party.role} is {party.status}.")
        )
        raise RoundActRefused(act, found.status, *told)


def reason_of(act: RoundAct, text: str) -> str:
    """Return a reason, trimmed; :class:`RoundReasonNeeded` where the act needs one."""
    found = check_reason(text)
    if act in REASONED and not found:
        raise RoundReasonNeeded
    return found


def move(ledger: Ledger, found: Round, deed: RoundDeed, now: datetime) -> Round:
    """Move a round and, if one is named, its party; write who did it. :class:`RoundMoved` if anybody was faster."""
    demand(found, deed.act, deed.party)
    if found.claim is not None and deed.act not in SEALING:
        raise AnotherSealing
    status = TRANSITIONS[deed.act][found.status]
    if not round_store.move(ledger.conn, found, status, {"changed_at": now, **deed.changes}):
        raise RoundMoved
    if deed.party is not None:
        after = PARTY_TRANSITIONS[deed.act][deed.party.status]
        if not round_store.move_party(ledger.conn, found.id, deed.party, after, dict(deed.party_changes)):
            raise RoundMoved
    moved = round_store.find(ledger.conn, found.id)
    if moved is None:
        raise RoundMoved
    write(ledger, moved, deed, now)
    return moved


def write(ledger: Ledger, after: Round, deed: RoundDeed, now: datetime) -> None:
    """Add an entry to the round's record and put its audit record aside."""
    last = round_store.last_entry(ledger.conn, after.id)
    number, previous = (0, GENESIS) if last is None else (last.number, last.digest)
    at = now if last is None else max(now, last.at)
    detail: dict[str, str | int | None] = {
        "status": after.status.value,
        "version": after.version,
        "document": str(after.newest.digest),
        **deed.detail,
    }
    party = 0 if deed.party is None else deed.party.number
    entry = RoundEntry(
        after.id, number + 1, deed.act, after.status, party, at, deed.hand.actor, deed.hand.credential,
        canonical_json(detail), previous,
    )  # fmt: skip
    entry = replace(entry, digest=entry.sealed())
    round_store.insert_entry(ledger.conn, entry)
    noted = {**detail, "party": party, "credential": deed.hand.credential, "entry": entry.digest}
    ledger.note(f"round.{deed.act.value}", actor=deed.hand.actor, subject=f"round:{after.id}", detail=noted)
