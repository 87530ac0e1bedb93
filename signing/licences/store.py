"""Licences, one row each, moved by compare-and-swap. A store takes a connection and never commits."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.licences.identifier import LicenceIdentifier
from signing.licences.licence import Licence, LicenceStatus
from signing.store import metadata

licence = sa.Table(
    "licence",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("identifier", sa.String(100), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("holder_uscc", sa.String(18), nullable=False),
    sa.Column("holder_name", sa.Text, nullable=False),
    sa.Column("issuer_uscc", sa.String(18), nullable=False),
    sa.Column("issuer_name", sa.Text, nullable=False),
    sa.Column("valid_from", UtcInstant, nullable=False),
    sa.Column("valid_to", UtcInstant),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("request_key", sa.String(200), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("changed_at", UtcInstant, nullable=False),
    sa.Column("sealing", sa.String(32), nullable=False),
    sa.Column("document", sa.String(64), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("requested_by", "request_key"),
    only("status", *(one.value for one in LicenceStatus if one is not LicenceStatus.LAPSED)),
    sa.Index("licence_holder", "holder_uscc", "id"),
    sa.Index("licence_issuer", "issuer_uscc", "id"),
)
"""``request_key`` is unique per person: asking again with it gives the licence that is there."""

_C: Final = licence.c


def insert(conn: sa.Connection, one: Licence) -> None:
    """Add a licence; ``IntegrityError`` where identifier or request key is taken."""
    conn.execute(licence.insert().values(_row(one)))


def move(conn: sa.Connection, before: Licence, after: Licence) -> bool:
    """Change a licence if it still stands as it was read; tell whether it did."""
    changes = _row(after) | {"moves": before.moves + 1}
    where = (_C.id == before.id) & (_C.status == before.status.value) & (_C.moves == before.moves)
    return conn.execute(licence.update().where(where).values(changes)).rowcount == 1


def by_identifier(conn: sa.Connection, identifier: str) -> Licence | None:
    """Find a licence by its identifier."""
    return _one(conn, _C.identifier == identifier)


def by_request(conn: sa.Connection, actor: str, key: str) -> Licence | None:
    """Find what a person asked for under a key."""
    return _one(conn, (_C.requested_by == actor) & (_C.request_key == key))


def page(conn: sa.Connection, uscc: str, after: str, limit: int) -> tuple[Licence, ...]:
    """List licences that an organisation holds or granted (empty: all), in order of their ids."""
    query = sa.select(*_C).where(_C.id > after).order_by(_C.id).limit(limit)
    if uscc:
        query = query.where((_C.holder_uscc == uscc) | (_C.issuer_uscc == uscc))
    return tuple(map(_licence, conn.execute(query)))


def held(conn: sa.Connection, uscc: str, limit: int) -> tuple[Licence, ...]:
    """List the issued licences that an organisation holds, the newest change first."""
    query = (
        sa.select(*_C)
        .where((_C.holder_uscc == uscc) & (_C.status != LicenceStatus.ISSUING.value))
        .order_by(_C.changed_at.desc(), _C.id)
        .limit(limit)
    )
    return tuple(map(_licence, conn.execute(query)))


def _one(conn: sa.Connection, where: sa.ColumnElement[bool]) -> Licence | None:
    row = conn.execute(sa.select(*_C).where(where)).one_or_none()
    return None if row is None else _licence(row)


def _row(one: Licence) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in _C.keys()}  # noqa: SIM118 - columns, not a mapping
    return fields | {"identifier": str(one.identifier), "status": one.status.value}


def _licence(row: sa.Row[Any]) -> Licence:
    fields = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns
    fields["identifier"] = LicenceIdentifier.parse(row.identifier)
    fields["status"] = LicenceStatus(row.status)
    return Licence(**fields)
