"""After a restoration from a backup: what was voided since stays void, what was under way has to be begun anew.

Rounds that ran and voidings that waited are ended on record: each may have been ended since. A document's remaining
printed copies may have been used up since, so its quota is what was used until its owner sets it anew. Runs in the transaction
that restores the database.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from seals.cases.case import Hand
from seals.errors import StatementInvalid
from seals.ledger import Ledger
from signing.parties import round_store
from signing.parties.office import RoundDeed, move
from signing.parties.states import OPEN_STATES, RoundAct
from signing.parties.store import signing_round
from signing.printing.store import print_rule
from signing.voiding import voiding_store
from signing.voiding.rules import default_rule
from signing.voiding.states import VoidStatus
from signing.voiding.store import void_list, voided_document, voiding
from verify.voided.form import VoidEntry, parse_void_list

_WHY: Final = "从备份恢复 / restored from a backup"


@dataclass(frozen=True, slots=True)
class PapersRetired:
    """How many rounds and voidings were ended, and quotas of printed copies closed."""

    rounds: int
    voidings: int
    quotas: int


def merge_voids(
    conn: sa.Connection, jws: str, *, makers: Collection[bytes], actor: Actor, audit: AuditTrail
) -> int:
    """Void again what a published list calls void; return how many documents.

    ``makers`` are the DER certificates of this installation's seal makers. Raises :class:`StatementInvalid` or
    :class:`seals.errors.StatementSignatureInvalid` for a list that none of them signed.
    """
    parsed = parse_void_list(jws)
    if parsed.chain_der[0] not in makers:
        raise StatementInvalid("no seal maker of this installation signed it")
    parsed.check_signature()
    known = set(conn.execute(sa.select(voided_document.c.sha256)).scalars())
    lost = {digest: entry for digest, entry in parsed.void_list.entries.items() if digest not in known}
    for digest, entry in lost.items():
        _void_again(conn, digest, entry, actor)
        conn.execute(voided_document.insert().values(sha256=digest, voiding=entry.voiding, since=entry.since))
    made = {permit for permit, *_ in voiding_store.every_permit(conn)}
    for permit, entry in parsed.void_list.permits.items():
        if permit not in made:  # its sealing is younger than the backup
            voiding_store.insert_permit(conn, permit, entry.voiding, entry.since)
    ledger = Ledger(conn)
    detail: dict[str, str | int | None] = {"number": parsed.void_list.number, "documents": len(lost)}
    ledger.note("voiding.restored", actor=actor, subject="void-list", detail=detail)
    ledger.close(audit)
    return len(lost)


def _void_again(conn: sa.Connection, digest: str, entry: VoidEntry, actor: Actor) -> None:
    """Bring the voiding of a listed document to its end; one that the backup does not have is written by what the list says."""
    found = voiding_store.find(conn, entry.voiding)
    if found is None:
        row = {
            "id": entry.voiding, "request_key": f"restored:{entry.voiding}", "moves": 0, "document": digest, "title": "",
            "reason": entry.reason, "asked_uscc": "", "asked_by": actor.id, "asked_at": entry.since,
            "rule": default_rule().text, "why": _WHY, "record": "",
        }  # fmt: skip
        conn.execute(voiding.insert().values(**row, status=VoidStatus.VOIDED.value, settled_at=entry.since))
    elif found.status is not VoidStatus.VOIDED:
        voiding_store.move(conn, found, VoidStatus.VOIDED, settled_at=entry.since, why=_WHY)


def retire_papers(conn: sa.Connection, at: datetime, *, actor: Actor, audit: AuditTrail) -> PapersRetired:
    """End what is open, and let no list of before be served again; return how many of each."""
    conn.execute(void_list.update().where(void_list.c.next_update > at).values(next_update=at))
    ledger, hand = Ledger(conn), Hand(actor, "system")
    conn.execute(signing_round.update().where(signing_round.c.claim_party > 0).values(round_store.NO_CLAIM))
    running = sa.select(signing_round.c.id).where(signing_round.c.status.in_(OPEN_STATES))
    rounds = conn.execute(running.order_by(signing_round.c.id)).scalars().all()
    for round_id in rounds:
        found = round_store.find(conn, round_id)
        if found is not None:
            move(ledger, found, RoundDeed(RoundAct.EXPIRE, hand, detail={"reason": _WHY}), at)
    asked = voiding.c.status == VoidStatus.ASKED.value
    ended = conn.execute(
        voiding.update().where(asked).values(status=VoidStatus.WITHDRAWN.value, settled_at=at, why=_WHY)
    ).rowcount
    rule = print_rule.c
    quotas = conn.execute(print_rule.update().where(rule.quota > rule.used).values(quota=rule.used)).rowcount
    detail: dict[str, str | int | None] = {"rounds": len(rounds), "voidings": ended, "quotas": quotas}
    ledger.note("papers.retired", actor=actor, subject="papers", detail=detail)
    ledger.close(audit)
    return PapersRetired(len(rounds), ended, quotas)
