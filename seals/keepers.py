"""Who keeps a seal: handed on by two persons, laid down by one, each change in the history of the pair.

A further keeper, or another principal one, is asked for by one person and confirmed by another, who is not the new keeper
either, as the very next act on the pair. Striking a keeper off takes power away: one person does it, at once. Permits read
the list anew at every use, so both hold from the moment of the act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from ca.actor import Actor
from ca.actor_ids import entered_id
from seals import keeper_store, store
from seals.application import MAX_ACTOR, MAX_KEEPERS
from seals.errors import KeeperInvalid, KeeperNotRequested, SecondPersonNeeded
from seals.keeper_store import KeeperAsked
from seals.ledger import Deed
from seals.moves import Turn, found
from seals.seal import SealRecord
from seals.states import SealAct


@dataclass(frozen=True, slots=True)
class KeeperWish:
    """Whom to list (an actor id), and whether as the principal keeper; the former principal one stays listed."""

    keeper: str
    principal: bool = False


def request(turn: Turn, code: str, wish: KeeperWish, actor: Actor, reason: str) -> SealRecord:
    """Ask, as the first of two persons; the pair goes on with the keepers that it has.

    Raises :class:`ca.errors.ActorIdInvalid`, and :class:`KeeperInvalid` for one listed already (the principal one, if another is wished for) or one too many.
    """
    before = turn.expect(code, SealAct.REQUEST_KEEPER)
    wish = replace(wish, keeper=entered_id(wish.keeper.strip()))
    listed = Actor(wish.keeper).is_any_of(*before.keepers)
    same = Actor(wish.keeper).is_any_of(before.keeper) if wish.principal else listed
    full = not listed and len(before.keepers) >= MAX_KEEPERS
    if same or full or len(wish.keeper) > MAX_ACTOR:
        raise KeeperInvalid(f"seal {before.code}")
    deed = turn.deed(before, SealAct.REQUEST_KEEPER, actor, reason)
    after = turn.move(before, _naming(deed, wish, {}))
    asked = KeeperAsked(actor.id, wish.keeper, wish.principal)
    keeper_store.insert(turn.conn, after.code, after.moves, asked)
    return after


def waiting(conn: sa.Connection, code: str) -> KeeperAsked | None:
    """Return the request that waits for a second person, or ``None``."""
    return keeper_store.waiting(conn, found(conn, code))


def confirm(turn: Turn, code: str, actor: Actor, reason: str) -> SealRecord:
    """List, as the second person, whom the pair's last act asked for; neither who asked nor the new keeper may.

    Raises :class:`KeeperNotRequested`, :class:`SecondPersonNeeded`.
    """
    before = turn.expect(code, SealAct.CHANGE_KEEPER)
    asked = keeper_store.waiting(turn.conn, before)
    if asked is None:
        raise KeeperNotRequested(f"seal {before.code}")
    if actor.is_any_of(asked.by, asked.keeper):
        raise SecondPersonNeeded(f"seal {before.code}: {asked.by} requested it for {asked.keeper}")
    deed = turn.deed(before, SealAct.CHANGE_KEEPER, actor, reason)
    known = next((one for one in before.keepers if Actor(one).is_any_of(asked.keeper)), "")
    facts = {"requested_by": asked.by, "former": before.keeper if asked.principal else None}
    changes = {"keeper": known or asked.keeper} if asked.principal else {}
    wish = KeeperWish(known or asked.keeper, asked.principal)
    turn.move(before, _naming(deed, wish, facts), changes)
    if not known:
        store.insert_keeper(turn.conn, before.code, asked.keeper)
    return found(turn.conn, before.code)


def remove(turn: Turn, code: str, keeper: str, actor: Actor, reason: str) -> SealRecord:
    """Strike a keeper off; :class:`KeeperInvalid` for the principal one or somebody not listed."""
    before = turn.expect(code, SealAct.REMOVE_KEEPER)
    if keeper == before.keeper or keeper not in before.keepers:
        raise KeeperInvalid(f"seal {before.code}")
    deed = turn.deed(before, SealAct.REMOVE_KEEPER, actor, reason)
    turn.move(before, _naming(deed, KeeperWish(keeper), {}))
    store.delete_keeper(turn.conn, before.code, keeper)
    return found(turn.conn, before.code)


def _naming(deed: Deed, wish: KeeperWish, facts: Mapping[str, str | None]) -> Deed:
    """Name the keeper in the history's words and in the audit record: an act without its person says nothing."""
    named = f"{wish.keeper}（主要保管人 / principal）" if wish.principal else wish.keeper
    words = f"{named}：{deed.reason}" if deed.reason else named
    return replace(
        deed, reason=words, facts={"keeper": wish.keeper, "principal": int(wish.principal), **facts}
    )


def keeps(record: SealRecord, actor: Actor) -> bool:
    """Tell whether ``actor`` is a keeper of the pair who does not act for somebody else.

    A keeper who acts for another enterprise is not one here: enterprises name their people alike.
    """
    return actor.uscc in {None, record.owner.uscc} and actor.is_any_of(*record.keepers)


def may_report_lost(record: SealRecord, actor: Actor) -> bool:
    """Tell whether ``actor`` may stop the seal with no further right: a keeper, or anyone who acts for its owner.

    The legal representative and the applicant act for the owner.
    """
    return actor.uscc == record.owner.uscc or keeps(record, actor)
