"""Queries on foreign lists and what they point to. A store takes a connection, never commits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ca.actor import Actor
from signing.recognition.foreign import Attempt, ForeignList, Piece, PieceKind, Taken
from signing.recognition.states import IN_FORCE, ForeignStatus, Trouble
from signing.recognition.store import foreign_list, list_piece, list_seen
from verify.trusted_lists.model import ListForm, Seen

_IN_FORCE = [one.value for one in IN_FORCE]


def insert(conn: sa.Connection, found: ForeignList) -> None:
    """Write a proposal; one of the same scheme that waits already raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        foreign_list.insert().values(
            id=found.id,
            status=found.status.value,
            moves=found.moves,
            scheme_id=found.scheme_id,
            place=_place(found.scheme_id, found.status),
            operator=found.operator,
            territory=found.territory,
            url=found.url,
            signer_sha256=found.signer_sha256,
            proposed_by=found.proposed_by.id,
            proposed_name=found.proposed_by.name,
            proposed_at=found.proposed_at,
            confirmed_by="",
            confirmed_name="",
            removal_by="",
            removal_name="",
            reason="",
            **_taken(found.taken),
            **_attempt(found.attempt),
        )
    )


def find(conn: sa.Connection, list_id: str) -> ForeignList | None:
    """Find one list."""
    row = conn.execute(sa.select(*foreign_list.c).where(foreign_list.c.id == list_id)).one_or_none()
    return None if row is None else _foreign(row)


def of_scheme(conn: sa.Connection, scheme_id: str, statuses: Collection[ForeignStatus]) -> ForeignList | None:
    """Find the list of a scheme in one of these states (a scheme has one proposed and one in force at the most)."""
    at = foreign_list.c
    query = sa.select(*at).where(at.scheme_id == scheme_id, at.status.in_([one.value for one in statuses]))
    row = conn.execute(query.limit(1)).one_or_none()
    return None if row is None else _foreign(row)


def every(conn: sa.Connection, limit: int = 500) -> tuple[ForeignList, ...]:
    """List what was proposed, the newest first."""
    at = foreign_list.c
    rows = conn.execute(sa.select(*at).order_by(at.proposed_at.desc(), at.id).limit(limit))
    return tuple(_foreign(row) for row in rows)


def in_force(conn: sa.Connection) -> tuple[ForeignList, ...]:
    """List what two people trust, by scheme."""
    at = foreign_list.c
    rows = conn.execute(sa.select(*at).where(at.status.in_(_IN_FORCE)).order_by(at.scheme_id))
    return tuple(_foreign(row) for row in rows)


def mark(conn: sa.Connection, now: datetime, max_age: timedelta) -> tuple[Any, ...]:
    """Return something that differs whenever what is handed to verification does; reads no octets."""
    at, piece = foreign_list.c, list_piece.c
    lists = sa.select(at.id, at.moves, at.sha256, at.next_update).where(at.status.in_(_IN_FORCE))
    kept = sa.select(piece.foreign_list, piece.url, piece.number, piece.issued_at, piece.fetched_at)
    found: list[tuple[Any, ...]] = [
        (row.id, row.moves, row.sha256, row.next_update < now) for row in conn.execute(lists.order_by(at.id))
    ]
    if found:
        for row in conn.execute(kept.order_by(piece.foreign_list, piece.url)):
            old = row.fetched_at is None or now - row.fetched_at > max_age
            found.append((row.foreign_list, row.url, row.number, row.issued_at, old))
    return tuple(found)


def move(conn: sa.Connection, before: ForeignList, status: ForeignStatus, **changes: Any) -> bool:
    """Move by compare-and-swap on state and count of acts; tell whether nobody was faster.

    A second list in force of one scheme raises ``sqlalchemy.exc.IntegrityError``.
    """
    at = foreign_list.c
    moving = foreign_list.update().where(
        at.id == before.id, at.status == before.status.value, at.moves == before.moves
    )
    place = _place(before.scheme_id, status)
    values = {"status": status.value, "moves": before.moves + 1, "place": place, **changes}
    return conn.execute(moving.values(**values)).rowcount == 1


def take(conn: sa.Connection, before: ForeignList, taken: Taken, attempt: Attempt) -> bool:
    """Replace the octets of a list by compare-and-swap on the number that it had."""
    at = foreign_list.c
    moving = foreign_list.update().where(
        at.id == before.id, at.status == before.status.value, at.sequence == before.taken.sequence
    )
    return conn.execute(moving.values(**_taken(taken), **_attempt(attempt))).rowcount == 1


def note_attempt(conn: sa.Connection, list_id: str, attempt: Attempt) -> None:
    """Write how the last attempt went."""
    conn.execute(foreign_list.update().where(foreign_list.c.id == list_id).values(**_attempt(attempt)))


def seen(conn: sa.Connection, scheme_id: str, form: ListForm) -> Seen | None:
    """Return what a list of a scheme in one form must not be older than (I30).

    The number counts across both forms, the digest within one: the same number in the other form has other octets.
    """
    at = list_seen.c
    rows = conn.execute(sa.select(at.form, at.sequence, at.sha256).where(at.scheme_id == scheme_id)).all()
    highest = max((row.sequence for row in rows), default=0)
    for row in rows:
        if row.form == form.value and row.sequence == highest:
            return Seen(row.sequence, row.sha256)
    return Seen(highest - 1, "") if rows else None


def remember(conn: sa.Connection, scheme_id: str, taken: Taken, at: datetime) -> bool:
    """Raise the highest number of a scheme; tell whether it did not stand above, or at another list's digest, already."""
    insert_or = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    mine = {"scheme_id": scheme_id, "form": taken.form.value}
    first = insert_or(list_seen).values(**mine, sequence=0, sha256="", seen_at=at)
    conn.execute(first.on_conflict_do_nothing())
    column = list_seen.c
    higher = column.sequence < taken.sequence
    same = sa.and_(column.sequence == taken.sequence, column.sha256 == taken.sha256)
    moving = list_seen.update().where(
        column.scheme_id == scheme_id, column.form == taken.form.value, sa.or_(higher, same)
    )
    values = {"sequence": taken.sequence, "sha256": taken.sha256, "seen_at": at}
    return conn.execute(moving.values(**values)).rowcount == 1


def pieces(conn: sa.Connection, list_id: str) -> tuple[Piece, ...]:
    """List what is kept of a list's supply points."""
    at = list_piece.c
    rows = conn.execute(sa.select(*at).where(at.foreign_list == list_id).order_by(at.kind, at.url))
    return tuple(_piece(row) for row in rows)


def put_piece(conn: sa.Connection, list_id: str, found: Piece) -> None:
    """Write a piece over what was there."""
    conn.execute(
        list_piece.delete().where(list_piece.c.foreign_list == list_id, list_piece.c.url == found.url)
    )
    conn.execute(
        list_piece.insert().values(
            foreign_list=list_id,
            url=found.url,
            kind=found.kind.value,
            octets=found.octets,
            number=found.number,
            issued_at=found.issued_at,
            **_attempt(found.attempt),
        )
    )


def drop_pieces(conn: sa.Connection, list_id: str, keep: Collection[str] = ()) -> None:
    """Forget the pieces that a list does not name any more."""
    at = list_piece.c
    conn.execute(list_piece.delete().where(at.foreign_list == list_id, at.url.not_in(list(keep))))


def _place(scheme_id: str, status: ForeignStatus) -> str | None:
    if status in IN_FORCE:
        return f"trusted {_short(scheme_id)}"
    return f"proposed {_short(scheme_id)}" if status is ForeignStatus.PROPOSED else None


def _short(scheme_id: str) -> str:
    return hashlib.sha256(scheme_id.encode()).hexdigest()


def _taken(taken: Taken) -> dict[str, Any]:
    return {
        "form": taken.form.value,
        "sequence": taken.sequence,
        "issued_at": taken.issued_at,
        "next_update": taken.next_update,
        "sha256": taken.sha256,
        "octets": taken.octets,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "tried_at": attempt.tried_at,
        "fetched_at": attempt.fetched_at,
        "trouble": attempt.trouble.value,
        "etag": attempt.etag,
    }


def _read_attempt(row: sa.Row[Any]) -> Attempt:
    return Attempt(row.tried_at, row.fetched_at, Trouble(row.trouble), row.etag)


def _foreign(row: sa.Row[Any]) -> ForeignList:
    return ForeignList(
        id=row.id,
        status=ForeignStatus(row.status),
        moves=row.moves,
        scheme_id=row.scheme_id,
        operator=row.operator,
        territory=row.territory,
        url=row.url,
        signer_sha256=row.signer_sha256,
        proposed_by=Actor(row.proposed_by, row.proposed_name),
        proposed_at=row.proposed_at,
        taken=Taken(
            ListForm(row.form), row.sequence, row.issued_at, row.next_update, row.sha256, bytes(row.octets)
        ),
        attempt=_read_attempt(row),
        confirmed_by=Actor(row.confirmed_by, row.confirmed_name) if row.confirmed_by else None,
        confirmed_at=row.confirmed_at,
        removal_by=Actor(row.removal_by, row.removal_name) if row.removal_by else None,
        reason=row.reason,
    )


def _piece(row: sa.Row[Any]) -> Piece:
    octets, attempt = bytes(row.octets), _read_attempt(row)
    return Piece(row.url, PieceKind(row.kind), octets, row.number, row.issued_at, attempt)
