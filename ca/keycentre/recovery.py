"""Escrow: cases, votes, execution (I25). What a case says is fixed in bytes, and the bytes are what custodians sign.

Execution is the house's cycle: 1. Transaction A: the votes are proven afresh over the bytes that stand in the row, the case
moves to *executing*, the intent is on the audit trail. 2. The token proves the votes once more, by the roster that it sealed
itself, and wraps the key; the centre signs the delivery. 3. Transaction B: *executed*, the outcome, the notices. A crash
between A and B is taken up by executing again: the same case, the same recipient, no second vote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.certificate import spki_sha256
from ca.keycentre import case_store, delivery, key_store
from ca.keycentre.case import Case, CaseVote, Order, RosterChange, UserRecovery, moment, read_moment, write
from ca.keycentre.case_store import Notice
from ca.keycentre.errors import (
    CaseChanged,
    CaseClosed,
    CaseExpired,
    CaseInvalid,
    EscrowedKeyStateRefused,
    QuorumMissing,
    SigningKeyNotEscrowed,
    VoteRepeated,
    VoterIsRequester,
)
from ca.keycentre.granting import prove_recipient
from ca.keycentre.house import House
from ca.keycentre.key import EscrowedKey, read_recipient
from ca.keycentre.key_store import Roster
from ca.keycentre.roster import RosterPlan, prove_vote
from ca.keycentre.state import RECOVERABLE, CaseAct, CaseKind, CaseStatus
from hsm.envelopes import Vote, Warrant
from hsm.public_keys import spki

APPROVE: Final = "approve"
REJECT: Final = "reject"
AUDITOR: Final = "auditor"


@dataclass(frozen=True, slots=True)
class Ballot:
    """A custodian's word on a case: ``document_sha256`` of the bytes read, and the signature over them."""

    case_id: str
    document_sha256: str
    word: str
    signature: bytes
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Opens cases, takes votes, executes."""

    house: House

    def open(self, order: Order, *, actor: Actor) -> Case:
        """Open a case; :class:`CaseInvalid` names what is wrong with the order."""
        case_id, now = self.house.identity(), self.house.now()
        with self.house.engine.begin() as conn:
            case = self._draft(conn, case_id, order, actor, now)
            case_store.insert(conn, case)
            detail = {"kind": case.kind.value, "key": case.key_id, "document_sha256": case.document_sha256}
            self._notify(conn, case, "opened")
            self.house.note(conn, "kmc.case.opened", actor, f"case:{case.id}", detail)
        return case

    def amend(self, case_id: str, order: Order, *, actor: Actor) -> Case:
        """Change an open case; every vote given so far is void, for it was on other bytes (I22)."""
        with self.house.engine.begin() as conn:
            before = case_store.lock(conn, case_id)
            self._demand_open(before)
            if before.requested_by != actor.id or before.kind is not order.kind:
                raise CaseInvalid("only its requester amends a case, and its kind stays")
            after = self._draft(conn, case_id, order, actor, self.house.now())
            if after.key_id != before.key_id:
                raise CaseInvalid("key_id: a case stays about its key; open another for another key")
            if not case_store.replace_document(conn, before, after):
                raise CaseChanged(case_id)
            detail = {"before": before.document_sha256, "after": after.document_sha256}
            self.house.note(conn, "kmc.case.amended", actor, f"case:{case_id}", detail)
        return replace(after, requested_at=before.requested_at)

    def withdraw(self, case_id: str, *, actor: Actor) -> Case:
        """Withdraw an open case; only its requester does."""
        with self.house.engine.begin() as conn:
            case = case_store.lock(conn, case_id)
            if case.requested_by != actor.id:
                raise CaseInvalid("only its requester withdraws a case")
            case_store.move(conn, case, CaseAct.WITHDRAW)
            self.house.note(conn, "kmc.case.withdrawn", actor, f"case:{case_id}", {})
            return case_store.get(conn, case_id)

    def vote(self, ballot: Ballot, *, actor: Actor) -> Case:
        """Record a custodian's vote; each votes once on the same bytes, and never on a case of their own."""
        try:
            with self.house.engine.begin() as conn:
                case = case_store.lock(conn, ballot.case_id)
                self._demand_open(case)
                roster = key_store.get_roster(conn)
                self._take(conn, case, roster, ballot, actor)
                return case_store.get(conn, case.id)
        except sa.exc.IntegrityError as twice:
            raise VoteRepeated(actor.id) from twice

    def _take(self, conn: sa.Connection, case: Case, roster: Roster, ballot: Ballot, actor: Actor) -> None:
        plan = RosterPlan.read(roster.document)
        custodian = plan.custodian(actor)
        if actor.is_any_of(case.requested_by):
            raise VoterIsRequester(actor.id)
        if ballot.document_sha256 != case.document_sha256 or case.facts["roster"] != roster.version:
            raise CaseChanged(case.id)
        if ballot.word not in (APPROVE, REJECT):
            raise CaseInvalid("word: approve or reject")
        prove_vote(custodian, ballot.word, case.document, ballot.signature)
        vote = CaseVote(
            case.id,
            case.document_sha256,
            custodian.id,
            custodian.credential,
            ballot.word,
            ballot.signature,
            ballot.reason[:200],
            self.house.now(),
        )
        case_store.insert_vote(conn, vote)
        given = case_store.votes(conn, case.id, case.document_sha256)
        refusing = sum(each.word == REJECT for each in given)
        if len(plan.custodians) - refusing < plan.needed(case.kind):
            case_store.move(conn, case, CaseAct.REJECT)
        detail = {"word": ballot.word, "document_sha256": case.document_sha256, "reason": vote.reason}
        self.house.note(conn, "kmc.case.voted", actor, f"case:{case.id}", detail)

    def execute(self, case_id: str, *, actor: Actor) -> Case:
        """Carry an approved case out, or take up an execution that was cut off; executed again it returns the same."""
        with self.house.engine.begin() as conn:
            case = case_store.lock(conn, case_id)
            if case.status is CaseStatus.EXECUTED:
                return case
            roster = key_store.get_roster(conn)
            warrant = self._warrant(conn, case, roster)
            if case.status is CaseStatus.OPEN:
                case_store.move(conn, case, CaseAct.BEGIN)
                detail = {
                    "document_sha256": case.document_sha256,
                    "votes": [v.custodian for v in warrant.votes],
                }
                self.house.note(conn, "kmc.case.executing", actor, f"case:{case_id}", detail)
                case = case_store.get(conn, case_id)
        if case.kind is CaseKind.ROSTER:
            return self._change_roster(case, warrant, actor)
        return self._hand_over(case, warrant, actor)

    def _warrant(self, conn: sa.Connection, case: Case, roster: Roster) -> Warrant:
        """Prove every vote afresh over the bytes in the row, and that they suffice."""
        if case.status is CaseStatus.OPEN:
            self._demand_open(case)
        elif case.status is not CaseStatus.EXECUTING:
            raise CaseClosed(case.status.value)
        if hashlib.sha256(case.document.encode()).hexdigest() != case.document_sha256:
            raise CaseChanged(f"{case.id}: the document is not the one that was recorded")
        if case.facts["roster"] != roster.version:
            raise CaseChanged(f"{case.id}: it was opened under another roster")
        plan = RosterPlan.read(roster.document)
        approving = [v for v in case_store.votes(conn, case.id, case.document_sha256) if v.word == APPROVE]
        for vote in approving:
            prove_vote(plan.custodian(Actor(vote.custodian)), vote.word, case.document, vote.signature)
        counted = {v.custodian for v in approving if not Actor(v.custodian).is_any_of(case.requested_by)}
        if len(counted) < plan.needed(case.kind):
            raise QuorumMissing(len(counted), plan.needed(case.kind))
        votes = tuple(Vote(vote.custodian, vote.signature) for vote in approving)
        return Warrant(roster.sealed, case.document.encode(), votes)

    def _hand_over(self, case: Case, warrant: Warrant, actor: Actor) -> Case:
        with self.house.reading() as conn:
            key = key_store.get(conn, case.key_id)
        _demand_recoverable(key)
        wrapped = self.house.token(key.token).recover(key.as_sealed, warrant)
        to = read_recipient(case.facts["recipient"])
        signed = delivery.seal(key.id, key.public_key, to, wrapped, self.house.signer())
        return self._finish(case, signed, actor, {"key": key.id, "uscc": key.uscc})

    def _change_roster(self, case: Case, warrant: Warrant, actor: Actor) -> Case:
        plan = RosterPlan.of(case.facts["next"])
        sealed = self.house.token().amend(plan.to_json().encode(), warrant)
        following = Roster(int(case.facts["roster"]) + 1, sealed.document, sealed.sealed)

        def put(conn: sa.Connection) -> None:
            key_store.insert_roster(conn, following, case_id=case.id, at=self.house.now())

        return self._finish(case, b"", actor, {"roster": following.version}, put)

    def _finish(
        self,
        case: Case,
        signed: bytes,
        actor: Actor,
        detail: dict[str, Any],
        also: Callable[[sa.Connection], None] = lambda _conn: None,
    ) -> Case:
        with self.house.engine.begin() as conn:
            values = {"delivery": signed, "executed_by": actor.id, "executed_at": self.house.now()}
            if case_store.move(conn, case, CaseAct.EXECUTE, **values):
                also(conn)
                done = case_store.get(conn, case.id)
                self._notify(conn, done, "executed")
                self.house.note(conn, "kmc.case.executed", actor, f"case:{case.id}", detail)
            return case_store.get(conn, case.id)

    def _draft(self, conn: sa.Connection, case_id: str, order: Order, actor: Actor, now: datetime) -> Case:
        roster = key_store.get_roster(conn)
        expires = now + self.house.rules.case_lifetime
        fields: dict[str, Any] = {
            "case": case_id,
            "kind": order.kind.value,
            "lineage": _lineage(roster),
            "roster": roster.version,
            "requested_by": actor.id,
            "requested_at": moment(now),
            "expires_at": moment(expires),
            **order.facts(now),
        }
        key_id = ""
        if not isinstance(order, RosterChange):
            key = key_store.get(conn, order.key_id)
            _demand_recoverable(key)
            self._check_recipient(conn, order, key)
            key_id = key.id
            fields |= {
                "key": key.id,
                "key_spki": spki(key.public_key).hex(),
                "holder": key.holder,
                "uscc": key.uscc,
            }
        document, digest = write(fields)
        return Case(
            case_id,
            CaseStatus.OPEN,
            order.kind,
            key_id,
            document,
            digest,
            actor.id,
            now,
            expires,
            "",
            None,
            b"",
        )

    def _check_recipient(self, conn: sa.Connection, order: Order, key: EscrowedKey) -> None:
        if isinstance(order, UserRecovery):
            if spki_sha256(order.sign_public_key) == key.sign_spki_sha256:
                raise CaseInvalid("sign_public_key: the lost token's; the holder needs a new signing key")
            prove_recipient(order.sign_public_key, order.to, order.proof)
        elif not isinstance(order, RosterChange):
            prove_recipient(order.to.public_key, order.to, b"")
        if not isinstance(order, RosterChange) and (
            key_store.by_public_key(conn, spki_sha256(order.to.public_key)) is not None
        ):
            raise SigningKeyNotEscrowed("the recipient's key is an escrowed key")

    def _notify(self, conn: sa.Connection, case: Case, event: str) -> None:
        """Put a line into the outbox for the auditor, and for the holder when that is due (I25)."""
        facts, now = case.facts, self.house.now()
        body, _ = write({"case": case.id, "kind": case.kind.value, "event": event, "key": case.key_id})
        case_store.insert_notice(conn, Notice(case.id, event, "auditor", AUDITOR, body, now))
        if case.kind is CaseKind.ROSTER:
            return
        due, why = now, ""
        if facts.get("notice_after"):
            due, why = max(now, read_moment(facts["notice_after"])), str(facts["delay_reason"])
        address = str(facts["uscc"] or facts["holder"])
        case_store.insert_notice(conn, Notice(case.id, event, "holder", address, body, due, why))

    def _demand_open(self, case: Case) -> None:
        if case.status is not CaseStatus.OPEN:
            raise CaseClosed(case.status.value)
        if self.house.now() >= case.expires_at:
            raise CaseExpired(case.id)


def _demand_recoverable(key: EscrowedKey) -> None:
    if key.status not in RECOVERABLE:
        raise EscrowedKeyStateRefused(key.status.value, "recover")


def _lineage(roster: Roster) -> str:
    return str(json.loads(roster.document)["lineage"])
