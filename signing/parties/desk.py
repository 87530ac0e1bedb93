"""Several parties on one document: the sub-package's door. Open, decline, substitute, extend, withdraw, expire, read.

Beside it stand ``sealing`` (the parties' own seals) and ``reminders``. Every act here is one short transaction with its
entry and its audit record.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from seals.cases.case import Hand
from signing.order import digest_of
from signing.parties import round_store
from signing.parties.errors import RoundBroken, RoundFieldInvalid, RoundUnknown
from signing.parties.office import (
    DESK,
    RoundDeed,
    RoundOffice,
    demand_initiator,
    demand_turn,
    load,
    move,
    own_party,
    reason_of,
)
from signing.parties.opening import Opening, check_deadline
from signing.parties.reminders import RoundReminders
from signing.parties.round import Round, RoundEntry, RoundWish, first_break
from signing.parties.round_store import RoundQuery
from signing.parties.sealing import PartySealing
from signing.parties.states import RoundAct
from signing.service import SealingService

BATCH: Final = 200
"""Rounds closed in one turn of housekeeping; the next takes the rest."""


class PartyRounds:
    """Keeps the rounds of one installation."""

    def __init__(self, office: RoundOffice, service: SealingService) -> None:
        self.office = office
        self.sealing = PartySealing(office, service)
        self.reminders = RoundReminders(office)
        self._opening = Opening(office)

    # -- the initiator ------------------------------------------------------------------------------------------------

    def open(self, document: bytes, name: str, wish: RoundWish, *, request_key: str, hand: Hand) -> Round:
        """Begin a round; the same request under the same key by the same caller returns the one there.

        Raises :class:`RoundFieldInvalid`, which names the member, :class:`signing.parties.errors.RoundKeyTaken`,
        :class:`signing.errors.DocumentError` for a document that cannot be sealed.
        """
        return self._opening.open(document, name, wish, request_key=request_key, hand=hand)

    def withdraw(self, round_id: str, *, reason: str, hand: Hand) -> Round:
        """Take the round back, as the initiator, before the last party sealed."""
        text = reason_of(RoundAct.WITHDRAW, reason)
        with self.office.acting() as ledger:
            found = load(ledger.conn, round_id, hand, lock=True)
            demand_initiator(found, hand)
            deed = RoundDeed(RoundAct.WITHDRAW, hand, changes={"reason": text}, detail={"reason": text})
            return move(ledger, found, deed, self.office.clock())

    def extend(self, round_id: str, deadline: datetime, *, hand: Hand) -> Round:
        """Move the deadline, as the initiator."""
        now = self.office.clock()
        check_deadline(deadline, now)
        with self.office.acting() as ledger:
            found = load(ledger.conn, round_id, hand, lock=True)
            demand_initiator(found, hand)
            detail = {"deadline": f"{deadline:%Y-%m-%dT%H:%M:%S%z}"}
            deed = RoundDeed(RoundAct.EXTEND, hand, changes={"deadline": deadline}, detail=detail)
            return move(ledger, found, deed, now)

    def substitute(self, round_id: str, number: int, uscc: str, *, reason: str, hand: Hand) -> Round:
        """Put another enterprise in the place of a party that has not sealed; a declined round then runs on.

        The part, the kind of seal, the place and the turn stay.
        """
        text = reason_of(RoundAct.SUBSTITUTE, reason)
        names = self._opening.names([uscc])
        with self.office.acting() as ledger:
            found = load(ledger.conn, round_id, hand, lock=True)
            demand_initiator(found, hand)
            party = found.party(number)
            if party is None:
                raise RoundFieldInvalid("party", "没有此签署方", "there is no such party")
            if found.declined is not None and found.declined != party:
                party = found.declined
                raise RoundFieldInvalid(
                    "party", f"须更换已拒签的{party.role}", f"{party.role} is the one that declined"
                )
            put = {"uscc": uscc, "enterprise": names[uscc], "reason": "", "actor": "", "at": None}
            detail = {"reason": text, "before": party.uscc, "after": uscc}
            deed = RoundDeed(RoundAct.SUBSTITUTE, hand, party, {"reason": ""}, put, detail)
            return move(ledger, found, deed, self.office.clock())

    # -- the parties --------------------------------------------------------------------------------------------------

    def decline(self, round_id: str, number: int, *, reason: str, hand: Hand) -> Round:
        """Decline with a reason, as a party whose turn it is; the round stops until the initiator acts."""
        text = reason_of(RoundAct.DECLINE, reason)
        now = self.office.clock()
        with self.office.acting() as ledger:
            found = load(ledger.conn, round_id, hand, lock=True)
            party = own_party(found, number, hand)
            demand_turn(found, party, RoundAct.DECLINE, now)
            told = {"reason": text, "actor": hand.actor.id, "at": now}
            changes = {"reason": f"{party.role}：{text}"}
            deed = RoundDeed(RoundAct.DECLINE, hand, party, changes, told, {"reason": text})
            return move(ledger, found, deed, now)

    # -- time ---------------------------------------------------------------------------------------------------------

    def expire(self) -> int:
        """End rounds past their time; return how many. One that somebody is sealing just now waits for that."""
        now = self.office.clock()
        with self.office.reading() as conn:
            overdue = round_store.due(conn, now, BATCH)
        ended = 0
        for one in overdue:
            with self.office.acting() as ledger:
                found = round_store.find(ledger.conn, one.id, lock=True)
                if found is not None and found.moves == one.moves and found.claim is None:
                    move(ledger, found, RoundDeed(RoundAct.EXPIRE, DESK), now)
                    ended += 1
        return ended

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, round_id: str, *, hand: Hand) -> Round:
        """Return a round; :class:`RoundUnknown` for anybody who is not part of it."""
        with self.office.reading() as conn:
            return load(conn, round_id, hand)

    def list(self, query: RoundQuery) -> tuple[Round, ...]:
        """List rounds; with ``waiting`` only those in which it is this enterprise's turn."""
        with self.office.reading() as conn:
            found = round_store.page(conn, query)
        if not query.waiting or not query.uscc:
            return tuple(found)
        return tuple(one for one in found if any(party.uscc == query.uscc for party in one.called))

    def entries(self, round_id: str, *, hand: Hand) -> tuple[RoundEntry, ...]:
        """Return who did what and when; :class:`RoundBroken` if the record was changed outside."""
        with self.office.reading() as conn:
            load(conn, round_id, hand)
            found = round_store.entries(conn, round_id)
        broken = first_break(found)
        if broken is not None:
            raise RoundBroken(broken)
        return tuple(found)

    def document(self, round_id: str, version: int | None = None, *, hand: Hand) -> bytes:
        """Return a version's octets, the newest without a number, proved against their digest."""
        found = self.get(round_id, hand=hand)
        wanted = found.version if version is None else version
        chosen = next((one for one in found.versions if one.number == wanted), None)
        if chosen is None:
            raise RoundUnknown
        octets = self.office.octets(chosen.digest)
        if digest_of(octets) != chosen.digest:
            raise RoundBroken(chosen.number)
        return octets
