"""The tables of stored documents and legal holds. A store takes a connection and never commits.

A document that was extended is a line of objects: ``origin`` is the first, ``previous`` and ``next`` link them. How long a
document is kept, and holds, are of the whole line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant
from seals.store import seal
from signing.retention.states import (
    DOCUMENT_TRANSITIONS,
    HOLD_TRANSITIONS,
    DocumentAct,
    DocumentState,
    HoldAct,
    HoldState,
)
from signing.store import metadata

EVERY: Final = "*"
"""What stands as the origin of a hold on every document."""

stored_document = sa.Table(
    "stored_document",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("origin", sa.String(64), nullable=False, index=True),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("next", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("sealing", sa.String(32), nullable=False),
    sa.Column("owner_uscc", sa.String(18), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("stored_at", UtcInstant, nullable=False),
    sa.Column("retention", sa.String(64), nullable=False),
    sa.Column("retain_until", UtcInstant),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("deleted_at", UtcInstant),
    sa.Column("deleted_by", sa.Text, nullable=False),
    sa.Column("delete_reason", sa.Text, nullable=False),
    sa.Column("fades_at", UtcInstant),
    sa.Column("looked_at", UtcInstant),
    sa.Column("fault", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('kept', 'deleting', 'deleted')", name="state"),
    sa.Index("stored_document_listed", "stored_at", "digest"),
    sa.Index("stored_document_owner", "owner_uscc", "stored_at", "digest"),
    sa.Index("stored_document_fading", "level", "state", "next", "fades_at"),
)
"""``retention`` is empty until somebody gives a class; then ``retain_until`` is empty for ever. ``fades_at`` is when the newest
archive time-stamp stops proving by itself, ``looked_at`` when that was last looked at, ``fault`` why it could not be extended.
"""

legal_hold = sa.Table(
    "legal_hold",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("origin", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("placed_at", UtcInstant, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcInstant),
    sa.Column("lift_reason", sa.Text, nullable=False),
    sa.Column("lifted_by", sa.Text, nullable=False),
    sa.Column("lifted_at", UtcInstant),
    sa.CheckConstraint("state IN ('standing', 'asked', 'lifted')", name="state"),
)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One object of the archive; see the table for the members."""

    digest: str
    origin: str
    previous: str
    next: str
    number: int
    sealing: str
    owner_uscc: str
    name: str
    level: str
    size: int
    stored_at: datetime
    retention: str
    retain_until: datetime | None
    state: DocumentState
    deleted_at: datetime | None = None
    deleted_by: str = ""
    delete_reason: str = ""
    fades_at: datetime | None = None
    looked_at: datetime | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a line of documents."""

    id: str
    origin: str
    state: HoldState
    reason: str
    placed_by: str
    placed_at: datetime
    asked_by: str = ""
    asked_at: datetime | None = None
    lift_reason: str = ""
    lifted_by: str = ""
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """Which documents to list, the newest first; ``owner`` empty: everybody's, ``after``: the last digest seen."""

    owner: str = ""
    state: DocumentState | None = None
    held: bool = False
    ended_by: datetime | None = None
    after: str = ""
    limit: int = 50


_DOCUMENT: Final = tuple(stored_document.c)
_HOLD: Final = tuple(legal_hold.c)
_NEW: Final = stored_document.insert()
_ENTERED: Final = stored_document.alias("entered")
_SEALED: Final = stored_document.insert().from_select(
    [column.name for column in _DOCUMENT],
    sa.select(
        *(
            seal.c.owner_uscc
            if column.name == "owner_uscc"
            else sa.bindparam(f"its_{column.name}", type_=column.type)
            for column in _DOCUMENT
        )
    ).where(
        seal.c.electronic_code == sa.bindparam("its_seal"),
        ~sa.exists().where(_ENTERED.c.digest == sa.bindparam("its_digest")),
    ),
)
"""One statement on the way of every sealing: the owner is read from the seal; what is entered already is left alone."""


def _document(row: sa.Row[tuple[Any, ...]]) -> StoredDocument:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return StoredDocument(**values | {"state": DocumentState(values["state"])})


def _hold(row: sa.Row[tuple[Any, ...]]) -> Hold:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return Hold(**values | {"state": HoldState(values["state"])})


def insert_sealed(conn: sa.Connection, sealed: Sequence[tuple[StoredDocument, str]]) -> None:
    """Enter objects, each for the owner of a seal (its code), unless its digest is entered already."""
    rows = [
        {f"its_{column.name}": getattr(document, column.name) for column in _DOCUMENT}
        | {"its_state": document.state.value, "its_seal": seal_code}
        for document, seal_code in sealed
    ]
    conn.execute(_SEALED, rows)


def insert_document(conn: sa.Connection, document: StoredDocument) -> None:
    """Enter an object; its digest taken raises ``sqlalchemy.exc.IntegrityError``."""
    values = {column.name: getattr(document, column.name) for column in _DOCUMENT}
    conn.execute(_NEW, values | {"state": document.state.value})


def find_document(conn: sa.Connection, digest: str) -> StoredDocument | None:
    """Find an object by its digest."""
    row = conn.execute(sa.select(*_DOCUMENT).where(stored_document.c.digest == digest)).one_or_none()
    return None if row is None else _document(row)


def digests_like(conn: sa.Connection, start: str) -> list[str]:
    """List at most two digests that begin so."""
    chosen = sa.select(stored_document.c.digest).where(
        stored_document.c.digest.startswith(start, autoescape=True)
    )
    return [str(row.digest) for row in conn.execute(chosen.order_by(stored_document.c.digest).limit(2))]


def line_of(conn: sa.Connection, origin: str) -> list[StoredDocument]:
    """List the objects of a line, the first one first."""
    chosen = (
        sa.select(*_DOCUMENT).where(stored_document.c.origin == origin).order_by(stored_document.c.number)
    )
    return [_document(row) for row in conn.execute(chosen)]


def list_documents(conn: sa.Connection, query: DocumentQuery) -> list[StoredDocument]:
    """List objects, the newest first."""
    table = stored_document.c
    chosen = sa.select(*_DOCUMENT).order_by(table.stored_at.desc(), table.digest.desc()).limit(query.limit)
    if query.owner:
        chosen = chosen.where(table.owner_uscc == query.owner)
    if query.state is not None:
        chosen = chosen.where(table.state == query.state.value)
    if query.held:
        held = legal_hold.c.origin.in_((table.origin, EVERY)), legal_hold.c.state != HoldState.LIFTED.value
        chosen = chosen.where(sa.exists().where(*held))
    if query.ended_by is not None:
        chosen = chosen.where(table.retain_until <= query.ended_by, table.state == DocumentState.KEPT.value)
    if query.after:
        last = sa.select(table.stored_at).where(table.digest == query.after).scalar_subquery()
        earlier = sa.or_(table.stored_at < last, sa.and_(table.stored_at == last, table.digest < query.after))
        chosen = chosen.where(earlier)
    return [_document(row) for row in conn.execute(chosen)]


def set_retention(conn: sa.Connection, origin: str, before: str, changes: dict[str, Any]) -> bool:
    """Change the class of a whole line by compare-and-swap on the class; tell whether it was still ``before``."""
    table = stored_document.c
    changed = conn.execute(
        stored_document.update()
        .where(table.origin == origin, table.retention == before, table.state == DocumentState.KEPT.value)
        .values(**changes)
    )
    return changed.rowcount >= 1


def move_line(conn: sa.Connection, origin: str, act: DocumentAct, changes: dict[str, Any]) -> int:
    """Move every object of a line; return how many moved."""
    ((before, after),) = DOCUMENT_TRANSITIONS[act].items()
    moved = conn.execute(
        stored_document.update()
        .where(stored_document.c.origin == origin, stored_document.c.state == before.value)
        .values(state=after.value, **changes)
    )
    return moved.rowcount


def lock_line(conn: sa.Connection, origin: str) -> None:
    """Let one transaction at a time decide about a line: SQLite's writers wait for each other, PostgreSQL locks the rows."""
    table = stored_document.c
    conn.execute(
        sa.select(table.digest).where(table.origin == origin).order_by(table.number).with_for_update()
    ).all()


def open_deletions(conn: sa.Connection) -> list[str]:
    """List the origins of lines whose deletion was begun."""
    table = stored_document.c
    chosen = sa.select(table.origin).where(table.state == DocumentState.DELETING.value).distinct()
    return [str(row.origin) for row in conn.execute(chosen.order_by(table.origin))]


def insert_hold(conn: sa.Connection, hold: Hold) -> None:
    """Place a hold."""
    values = {column.name: getattr(hold, column.name) for column in _HOLD}
    conn.execute(legal_hold.insert().values(values | {"state": hold.state.value}))


def find_hold(conn: sa.Connection, hold_id: str) -> Hold | None:
    """Find a hold by its number."""
    row = conn.execute(sa.select(*_HOLD).where(legal_hold.c.id == hold_id)).one_or_none()
    return None if row is None else _hold(row)


def holds_of(conn: sa.Connection, origin: str) -> list[Hold]:
    """List the holds on a line, those on every document included, the oldest first."""
    chosen = sa.select(*_HOLD).where(legal_hold.c.origin.in_((origin, EVERY)))
    return [_hold(row) for row in conn.execute(chosen.order_by(legal_hold.c.placed_at, legal_hold.c.id))]


def standing_holds(conn: sa.Connection) -> list[Hold]:
    """List every hold that stands, the oldest first."""
    chosen = sa.select(*_HOLD).where(legal_hold.c.state != HoldState.LIFTED.value)
    return [_hold(row) for row in conn.execute(chosen.order_by(legal_hold.c.placed_at, legal_hold.c.id))]


def move_hold(conn: sa.Connection, hold: Hold, act: HoldAct, changes: dict[str, Any]) -> bool:
    """Move a hold by compare-and-swap; tell whether it was ours to move."""
    target = HOLD_TRANSITIONS[act].get(hold.state)
    if target is None:
        return False
    moved = conn.execute(
        legal_hold.update()
        .where(legal_hold.c.id == hold.id, legal_hold.c.state == hold.state.value)
        .values(state=target.value, **changes)
    )
    return moved.rowcount == 1
