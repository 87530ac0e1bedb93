"""Queries on voidings. A store takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from signing.store import SealingState, sealing
from signing.voiding.rules import VoidRule
from signing.voiding.states import VoidStatus
from signing.voiding.store import voided_document, voided_permit, voiding, voiding_consent, voiding_party
from signing.voiding.voiding import Consent, Sealer, Voiding

_COMPLETED: Final = SealingState.COMPLETED.value


def insert(conn: sa.Connection, found: Voiding) -> None:
    """Write a voiding and its parties; a taken request key raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        voiding.insert().values(
            id=found.id,
            request_key=found.request_key,
            status=found.status.value,
            moves=found.moves,
            document=found.document,
            title=found.title,
            reason=found.reason,
            asked_uscc=found.asked_uscc,
            asked_by=found.asked_by.id,
            asked_at=found.asked_at,
            rule=found.rule.text,
            why="",
            record="",
        )
    )
    rows = [
        {"voiding": found.id, "uscc": one.uscc, "enterprise": one.enterprise, "seal_code": one.seal_code}
        for one in found.sealers
    ]
    conn.execute(voiding_party.insert(), rows)


def find(conn: sa.Connection, voiding_id: str, *, lock: bool = False) -> Voiding | None:
    """Find a voiding with its parties, consents and documents."""
    query = sa.select(*voiding.c).where(voiding.c.id == voiding_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _voiding(conn, row)


def by_request_key(conn: sa.Connection, request_key: str) -> Voiding | None:
    """Find what was asked for under a key."""
    row = conn.execute(sa.select(*voiding.c).where(voiding.c.request_key == request_key)).one_or_none()
    return None if row is None else _voiding(conn, row)


def asked_about(conn: sa.Connection, documents: Sequence[str]) -> str | None:
    """Return the voiding that waits for agreement about any of these documents."""
    at = voiding.c
    query = sa.select(at.id).where(at.document.in_(documents), at.status == VoidStatus.ASKED.value).limit(1)
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


def since(conn: sa.Connection, sha256: str) -> datetime | None:
    """Return since when a document is void, or nothing."""
    at = voided_document.c
    found: datetime | None = conn.execute(sa.select(at.since).where(at.sha256 == sha256)).scalar_one_or_none()
    return found


def move(conn: sa.Connection, before: Voiding, status: VoidStatus, **changes: Any) -> bool:
    """Move by compare-and-swap on state and count of acts; tell whether nobody was faster."""
    at = voiding.c
    moving = voiding.update().where(
        at.id == before.id, at.status == before.status.value, at.moves == before.moves
    )
    return conn.execute(moving.values(status=status.value, moves=before.moves + 1, **changes)).rowcount == 1


def insert_consent(conn: sa.Connection, voiding_id: str, one: Consent) -> None:
    """Write a consent; the same person again raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        voiding_consent.insert().values(
            voiding=voiding_id,
            uscc=one.uscc,
            person=one.actor.person,
            actor=one.actor.id,
            actor_name=one.actor.name,
            credential=one.credential,
            at=one.at,
        )
    )


def insert_documents(conn: sa.Connection, voiding_id: str, documents: Sequence[str], at: datetime) -> None:
    """Void digests that are not void yet."""
    known = set(
        conn.execute(
            sa.select(voided_document.c.sha256).where(voided_document.c.sha256.in_(documents))
        ).scalars()
    )
    rows = [{"sha256": one, "voiding": voiding_id, "since": at} for one in documents if one not in known]
    if rows:
        conn.execute(voided_document.insert(), rows)


def keep_record(conn: sa.Connection, voiding_id: str, jws: str) -> bool:
    """Keep the signed record, once; tell whether it is ours."""
    at = voiding.c
    keeping = voiding.update().where(
        at.id == voiding_id, at.status == VoidStatus.VOIDED.value, at.record == ""
    )
    return conn.execute(keeping.values(record=jws)).rowcount == 1


def unsigned(conn: sa.Connection, limit: int) -> list[str]:
    """List voidings in force whose record is not signed yet."""
    at = voiding.c
    query = sa.select(at.id).where(at.status == VoidStatus.VOIDED.value, at.record == "").order_by(at.id)
    return list(conn.execute(query.limit(limit)).scalars())


def page(conn: sa.Connection, uscc: str, status: VoidStatus | None, after: str, limit: int) -> list[Voiding]:
    """List voidings in order of their numbers; with ``uscc`` those that concern one enterprise."""
    at = voiding.c
    query = sa.select(*at).where(at.id > after).order_by(at.id).limit(limit)
    if status is not None:
        query = query.where(at.status == status.value)
    if uscc:
        theirs = sa.select(voiding_party.c.voiding).where(voiding_party.c.uscc == uscc)
        query = query.where(at.id.in_(theirs))
    return [_voiding(conn, row) for row in conn.execute(query).all()]


def every_document(conn: sa.Connection) -> list[tuple[str, datetime, str, str]]:
    """List what is void: digest, since when, the reason, the voiding."""
    at = voided_document.c
    return _listed(conn, sa.select(at.sha256, at.since, voiding.c.reason, at.voiding), at.voiding)


def every_permit(conn: sa.Connection) -> list[tuple[str, datetime, str, str]]:
    """List what is void by the permit of the sealing that made it: permit, since when, the reason, the voiding.

    A sealing that the database has lost is known by what a list of ours said (:func:`insert_permit`).
    """
    at, lost = voided_document.c, voided_permit.c
    known = sa.select(sealing.c.permit, at.since, voiding.c.reason, at.voiding)
    known = known.where(sealing.c.result == at.sha256, sealing.c.state == _COMPLETED)
    told = sa.select(lost.permit, lost.since, voiding.c.reason, lost.voiding)
    return sorted({*_listed(conn, known, at.voiding), *_listed(conn, told, lost.voiding)})


def insert_permit(conn: sa.Connection, permit: str, voiding_id: str, at: datetime) -> None:
    """Void whatever bears the seal of a permit whose sealing is not in the database."""
    conn.execute(voided_permit.insert().values(permit=permit, voiding=voiding_id, since=at))


def _listed(
    conn: sa.Connection, query: sa.Select[Any], of: sa.ColumnElement[str]
) -> list[tuple[str, datetime, str, str]]:
    """Read what is void in the order of its key, each with its voiding."""
    found = conn.execute(query.where(voiding.c.id == of).order_by(sa.literal_column("1")))
    return [(key, since, reason, number) for key, since, reason, number in found]


def count_documents(conn: sa.Connection) -> int:
    """Count what is void."""
    return int(conn.execute(sa.select(sa.func.count()).select_from(voided_document)).scalar_one())


def _voiding(conn: sa.Connection, row: sa.Row[Any]) -> Voiding:
    party, consent, document = voiding_party.c, voiding_consent.c, voided_document.c
    parties = conn.execute(sa.select(*party).where(party.voiding == row.id).order_by(party.uscc))
    consents = conn.execute(
        sa.select(*consent).where(consent.voiding == row.id).order_by(consent.at, consent.actor)
    )
    documents = conn.execute(
        sa.select(document.sha256).where(document.voiding == row.id).order_by(document.sha256)
    )
    found = tuple(
        Consent(one.uscc, Actor(one.actor, one.actor_name, one.uscc), one.credential, one.at)
        for one in consents
    )
    asker = next(
        (one.actor for one in found if one.actor.id == row.asked_by), Actor(row.asked_by, "", row.asked_uscc)
    )
    return Voiding(
        id=row.id,
        request_key=row.request_key,
        status=VoidStatus(row.status),
        moves=row.moves,
        document=row.document,
        title=row.title,
        reason=row.reason,
        asked_uscc=row.asked_uscc,
        asked_by=asker,
        asked_at=row.asked_at,
        rule=VoidRule.of(row.rule),
        settled_at=row.settled_at,
        why=row.why,
        record=row.record,
        sealers=tuple(Sealer(one.uscc, one.enterprise, one.seal_code) for one in parties),
        consents=found,
        documents=tuple(documents.scalars()),
    )
