"""Who keeps a seal: the list of keepers, and who may report it lost."""

from __future__ import annotations

from ca.actor import Actor
from seals import store
from seals.application import MAX_ACTOR, MAX_KEEPERS
from seals.errors import KeeperInvalid
from seals.ledger import Ledger
from seals.moves import found
from seals.seal import SealRecord


def add(ledger: Ledger, code: str, keeper: str, actor: Actor) -> SealRecord:
    """List a further keeper; :class:`KeeperInvalid` for one listed already or one too many."""
    record = found(ledger.conn, code)
    full = len(record.keepers) >= MAX_KEEPERS
    if full or keeper in record.keepers or not 0 < len(keeper) <= MAX_ACTOR:
        raise KeeperInvalid(f"seal {record.code}")
    store.insert_keeper(ledger.conn, record.code, keeper)
    ledger.note("seal.keeper_added", actor=actor, subject=record.code, detail={"keeper": keeper})
    return found(ledger.conn, record.code)


def remove(ledger: Ledger, code: str, keeper: str, actor: Actor) -> SealRecord:
    """Strike a keeper off; :class:`KeeperInvalid` for the principal or somebody not listed."""
    record = found(ledger.conn, code)
    if keeper == record.keeper or not store.delete_keeper(ledger.conn, record.code, keeper):
        raise KeeperInvalid(f"seal {record.code}")
    ledger.note("seal.keeper_removed", actor=actor, subject=record.code, detail={"keeper": keeper})
    return found(ledger.conn, record.code)


def may_report_lost(record: SealRecord, actor: Actor) -> bool:
    """Tell whether ``actor`` may stop the seal with no further right: a keeper, or anyone who acts for its owner.

    The legal representative and the applicant act for the owner. A keeper who acts for another enterprise is not one
    here: enterprises name their people alike.
    """
    if actor.uscc is not None:
        return actor.uscc == record.owner.uscc
    return actor.is_any_of(*record.keepers)
