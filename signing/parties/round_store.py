"""Queries on rounds. A store takes a connection, never commits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from seals.cases.lanes import read_digest
from signing.parties.round import Claim, Party, Round, RoundEntry, RoundVersion
from signing.parties.states import OPEN_STATES, PartyStatus, RoundAct, RoundStatus
from signing.parties.store import (
    signing_round,
    signing_round_entry,
    signing_round_party,
    signing_round_version,
)

NO_CLAIM: Final[dict[str, Any]] = {"claim_party": 0, "claim_actor": "", "claim_key": "", "claim_at": None}
"""Columns of a round that nobody is sealing."""


@dataclass(frozen=True, slots=True)
class RoundQuery:
    """Which rounds: a state, whose (initiator or party), only those that wait for this enterprise, a page."""

    status: RoundStatus | None = None
    uscc: str = ""
    waiting: bool = False
    after: str = ""
    limit: int = 50


def insert(conn: sa.Connection, found: Round) -> None:
    """Write a round with its parties and its first version; a taken key raises ``sqlalchemy.exc.IntegrityError``."""
    values: dict[str, Any] = {
        "id": found.id,
        "request_key": found.request_key,
        "status": found.status.value,
        "moves": found.moves,
        "title": found.title,
        "name": found.name,
        "initiator": found.initiator.id,
        "initiator_name": found.initiator.name,
        "uscc": found.uscc,
        "version": found.version,
        "deadline": found.deadline,
        "remind_days": canonical_json(list(found.remind_days)),
        "created_at": found.created_at,
        "changed_at": found.changed_at,
        "original": str(found.original),
        "reason": found.reason,
    }
    conn.execute(signing_round.insert().values(values | NO_CLAIM))
    conn.execute(signing_round_party.insert(), [_party_row(found.id, one) for one in found.parties])
    for one in found.versions:
        insert_version(conn, found.id, one)


def find(conn: sa.Connection, round_id: str, *, lock: bool = False) -> Round | None:
    """Find a round with its parties and versions."""
    query = sa.select(*signing_round.c).where(signing_round.c.id == round_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _round(conn, row)


def by_request_key(conn: sa.Connection, request_key: str) -> Round | None:
    """Find what was opened under a key."""
    query = sa.select(*signing_round.c).where(signing_round.c.request_key == request_key)
    row = conn.execute(query).one_or_none()
    return None if row is None else _round(conn, row)


def move(conn: sa.Connection, before: Round, status: RoundStatus, changes: dict[str, Any]) -> bool:
    """Move a round by compare-and-swap on state and count of acts; tell whether nobody was faster."""
    at = signing_round.c
    moving = signing_round.update().where(
        at.id == before.id,
        at.status == before.status.value,
        at.moves == before.moves,
        at.claim_key == ("" if before.claim is None else before.claim.key),
    )
    values = {"status": status.value, "moves": before.moves + 1, **changes}
    return conn.execute(moving.values(values)).rowcount == 1


def claim(conn: sa.Connection, before: Round, wanted: Claim) -> bool:
    """Take the right to seal a version, if it is still the newest and nobody has it; tell whether it is ours."""
    at = signing_round.c
    taking = signing_round.update().where(
        at.id == before.id,
        at.status == RoundStatus.RUNNING.value,
        at.version == before.version,
        at.moves == before.moves,
        at.claim_party == 0,
    )
    values = {
        "claim_party": wanted.party,
        "claim_actor": wanted.actor,
        "claim_key": wanted.key,
        "claim_at": wanted.at,
    }
    return conn.execute(taking.values(values)).rowcount == 1


def drop_claim(conn: sa.Connection, round_id: str, held: Claim) -> bool:
    """Give a claim up; tell whether it was still there."""
    at = signing_round.c
    dropping = signing_round.update().where(
        at.id == round_id, at.claim_key == held.key, at.claim_actor == held.actor
    )
    return conn.execute(dropping.values(NO_CLAIM)).rowcount == 1


def move_party(
    conn: sa.Connection, round_id: str, before: Party, status: PartyStatus, changes: dict[str, Any]
) -> bool:
    """Move a party by compare-and-swap; tell whether nobody was faster."""
    at = signing_round_party.c
    moving = signing_round_party.update().where(
        at.round_id == round_id,
        at.number == before.number,
        at.status == before.status.value,
        at.moves == before.moves,
    )
    values = {"status": status.value, "moves": before.moves + 1, **changes}
    return conn.execute(moving.values(values)).rowcount == 1


def insert_version(conn: sa.Connection, round_id: str, found: RoundVersion) -> None:
    """Write a version."""
    conn.execute(
        signing_round_version.insert().values(
            round_id=round_id,
            number=found.number,
            digest=str(found.digest),
            size=found.size,
            party=found.party,
            sealing=found.sealing,
            at=found.at,
        )
    )


def insert_entry(conn: sa.Connection, found: RoundEntry) -> None:
    """Write an entry; its number taken raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        signing_round_entry.insert().values(
            round_id=found.round_id,
            number=found.number,
            act=found.act.value,
            status=found.status.value,
            party=found.party,
            at=found.at,
            actor=found.actor.id,
            actor_name=found.actor.name,
            actor_uscc=found.actor.uscc or "",
            credential=found.credential,
            detail=found.detail,
            previous=found.previous,
            digest=found.digest,
        )
    )


def entries(conn: sa.Connection, round_id: str) -> list[RoundEntry]:
    """List what was done, in order."""
    at = signing_round_entry.c
    return [
        _entry(row) for row in conn.execute(sa.select(*at).where(at.round_id == round_id).order_by(at.number))
    ]


def last_entry(conn: sa.Connection, round_id: str) -> RoundEntry | None:
    """Return the newest entry."""
    at = signing_round_entry.c
    query = sa.select(*at).where(at.round_id == round_id).order_by(at.number.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else _entry(row)


def page(conn: sa.Connection, query: RoundQuery) -> list[Round]:
    """List rounds in order of their numbers."""
    at = signing_round.c
    chosen = sa.select(*at).where(at.id > query.after).order_by(at.id).limit(query.limit)
    if query.status is not None:
        chosen = chosen.where(at.status == query.status.value)
    if query.uscc:
        chosen = chosen.where(_whose(query))
    elif query.waiting:
        chosen = chosen.where(at.status == RoundStatus.RUNNING.value)
    return [_round(conn, row) for row in conn.execute(chosen).all()]


def _whose(query: RoundQuery) -> sa.ColumnElement[bool]:
    party, at = signing_round_party.c, signing_round.c
    theirs = sa.select(party.round_id).where(party.uscc == query.uscc)
    if not query.waiting:
        return sa.or_(at.uscc == query.uscc, at.id.in_(theirs))
    waits = theirs.where(party.status == PartyStatus.WAITING.value)
    return sa.and_(at.status == RoundStatus.RUNNING.value, at.id.in_(waits))


def due(conn: sa.Connection, now: datetime, limit: int) -> list[Round]:
    """List rounds whose deadline has passed."""
    at = signing_round.c
    chosen = (
        sa.select(*at).where(at.status.in_(OPEN_STATES), at.deadline < now).order_by(at.deadline).limit(limit)
    )
    return [_round(conn, row) for row in conn.execute(chosen).all()]


def near(conn: sa.Connection, now: datetime, until: datetime, after: str, limit: int) -> list[Round]:
    """List running rounds whose deadline comes before ``until``, in order of their numbers."""
    at = signing_round.c
    chosen = (
        sa.select(*at)
        .where(at.status == RoundStatus.RUNNING.value, at.deadline > now, at.deadline <= until, at.id > after)
        .order_by(at.id)
        .limit(limit)
    )
    return [_round(conn, row) for row in conn.execute(chosen).all()]


def claimed(conn: sa.Connection, limit: int) -> list[Round]:
    """List rounds that somebody is sealing, or was when a process died."""
    chosen = sa.select(*signing_round.c).where(signing_round.c.claim_party > 0).limit(limit)
    return [_round(conn, row) for row in conn.execute(chosen).all()]


def _round(conn: sa.Connection, row: sa.Row[Any]) -> Round:
    party, version = signing_round_party.c, signing_round_version.c
    parties = conn.execute(sa.select(*party).where(party.round_id == row.id).order_by(party.number))
    versions = conn.execute(sa.select(*version).where(version.round_id == row.id).order_by(version.number))
    return Round(
        id=row.id,
        request_key=row.request_key,
        status=RoundStatus(row.status),
        moves=row.moves,
        title=row.title,
        name=row.name,
        initiator=Actor(row.initiator, row.initiator_name, row.uscc or None),
        uscc=row.uscc,
        version=row.version,
        deadline=row.deadline,
        remind_days=tuple(json.loads(row.remind_days)),
        created_at=row.created_at,
        changed_at=row.changed_at,
        original=read_digest(row.original),
        reason=row.reason,
        claim=Claim(row.claim_party, row.claim_actor, row.claim_key, row.claim_at)
        if row.claim_party
        else None,
        parties=tuple(_party(one) for one in parties),
        versions=tuple(
            RoundVersion(one.number, read_digest(one.digest), one.size, one.party, one.sealing, one.at)
            for one in versions
        ),
    )


def _party(row: sa.Row[Any]) -> Party:
    return Party(
        number=row.number,
        uscc=row.uscc,
        enterprise=row.enterprise,
        role=row.role,
        kind=row.kind,
        where=row.place,
        group=row.turn,
        field=row.field,
        status=PartyStatus(row.status),
        moves=row.moves,
        seal_code=row.seal_code,
        sealing=row.sealing,
        actor=row.actor,
        at=row.at,
        reason=row.reason,
    )


def _party_row(round_id: str, one: Party) -> dict[str, Any]:
    return {
        "round_id": round_id,
        "number": one.number,
        "uscc": one.uscc,
        "enterprise": one.enterprise,
        "role": one.role,
        "kind": one.kind,
        "place": one.where,
        "turn": one.group,
        "field": one.field,
        "status": one.status.value,
        "moves": one.moves,
        "seal_code": one.seal_code,
        "sealing": one.sealing,
        "actor": one.actor,
        "at": one.at,
        "reason": one.reason,
    }


def _entry(row: sa.Row[Any]) -> RoundEntry:
    return RoundEntry(
        round_id=row.round_id,
        number=row.number,
        act=RoundAct(row.act),
        status=RoundStatus(row.status),
        party=row.party,
        at=row.at,
        actor=Actor(row.actor, row.actor_name, row.actor_uscc or None),
        credential=row.credential,
        detail=row.detail,
        previous=row.previous,
        digest=row.digest,
    )
