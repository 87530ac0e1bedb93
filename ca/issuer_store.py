"""Queries on issuers and units. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.errors import IssuerUnknown
from ca.issuer import HolderStatus, Issuer, Unit, UnitPurpose
from ca.store import certificate, is_storable, issuer, unit

_ISSUER = (
    issuer.c.id,
    issuer.c.status,
    issuer.c.key_uri,
    issuer.c.spki_sha256,
    issuer.c.certificate,
    issuer.c.parent,
    issuer.c.profile,
    issuer.c.epoch,
    issuer.c.shard_capacity,
)
_UNIT = (
    unit.c.id,
    unit.c.status,
    unit.c.key_uri,
    unit.c.spki_sha256,
    unit.c.certificate,
    unit.c.purpose,
    unit.c.issuer,
)


def _issuer(row: sa.Row[*tuple[Any, ...]]) -> Issuer:
    return Issuer(
        id=row.id,
        status=HolderStatus(row.status),
        key_uri=row.key_uri,
        spki_sha256=row.spki_sha256,
        certificate=bytes(row.certificate),
        parent=row.parent,
        profile=row.profile,
        epoch=row.epoch,
        shard_capacity=row.shard_capacity,
    )


def _unit(row: sa.Row[*tuple[Any, ...]]) -> Unit:
    return Unit(
        id=row.id,
        status=HolderStatus(row.status),
        key_uri=row.key_uri,
        spki_sha256=row.spki_sha256,
        certificate=bytes(row.certificate),
        purpose=UnitPurpose(row.purpose),
        issuer=row.issuer,
    )


_ALL: Final = sa.select(*_ISSUER).order_by(issuer.c.parent != issuer.c.id, issuer.c.created_at, issuer.c.id)
_LATEST: Final = (
    sa.select(sa.func.max(certificate.c.not_before))
    .where(certificate.c.issuer == issuer.c.id)
    .correlate(issuer)
    .scalar_subquery()
    .label("latest")
)
_ABLE: Final = (
    sa.select(*_ISSUER, _LATEST)
    .where(
        issuer.c.profile.in_(sa.bindparam("profiles", expanding=True)), issuer.c.status == HolderStatus.ACTIVE
    )
    .order_by(issuer.c.created_at, issuer.c.id)
    .limit(2)
)
_ONE: Final = sa.select(*_ISSUER).where(issuer.c.id == sa.bindparam("name"))
_ONE_LATEST: Final = sa.select(*_ISSUER, _LATEST).where(issuer.c.id == sa.bindparam("name"))


@dataclass(frozen=True, slots=True)
class Latest:
    """An issuer and when its newest certificate or reservation begins (I17), read in one statement."""

    issuer: Issuer
    not_before: datetime | None


def list_issuers(conn: sa.Connection) -> tuple[Issuer, ...]:
    """Return every issuer, roots first, then in order of creation."""
    return tuple(_issuer(row) for row in conn.execute(_ALL))


def able_issuers(conn: sa.Connection, profiles: Sequence[str]) -> tuple[Latest, ...]:
    """Return the active issuers with one of these profiles, oldest first, two at the most: who asks wants the only one."""
    rows = conn.execute(_ABLE, {"profiles": list(profiles)})
    return tuple(Latest(_issuer(row), row.latest) for row in rows)


def latest_of(conn: sa.Connection, issuer_id: str) -> Latest:
    """Return one issuer with its newest beginning; :class:`IssuerUnknown` if there is none."""
    if not is_storable(issuer_id):
        raise IssuerUnknown
    row = conn.execute(_ONE_LATEST, {"name": issuer_id}).one_or_none()
    if row is None:
        raise IssuerUnknown(issuer_id)
    return Latest(_issuer(row), row.latest)


def list_roots(conn: sa.Connection) -> tuple[Issuer, ...]:
    """Return the issuers that sign their own certificates, oldest first."""
    query = (
        sa.select(*_ISSUER).where(issuer.c.parent == issuer.c.id).order_by(issuer.c.created_at, issuer.c.id)
    )
    return tuple(_issuer(row) for row in conn.execute(query))


def set_shard_capacity(conn: sa.Connection, issuer_id: str, capacity: int) -> bool:
    """Decide how many certificates the next shards take; false if there is no such issuer."""
    moved = conn.execute(issuer.update().where(issuer.c.id == issuer_id).values(shard_capacity=capacity))
    return moved.rowcount == 1


def get_issuer(conn: sa.Connection, issuer_id: str) -> Issuer:
    """Return one issuer; :class:`IssuerUnknown` if there is none."""
    if not is_storable(issuer_id):
        raise IssuerUnknown
    row = conn.execute(_ONE, {"name": issuer_id}).one_or_none()
    if row is None:
        raise IssuerUnknown(issuer_id)
    return _issuer(row)


def insert_issuer(conn: sa.Connection, new: Issuer, at: datetime) -> None:
    """Record a new issuer."""
    conn.execute(
        issuer.insert().values(
            id=new.id,
            parent=new.parent,
            status=new.status,
            profile=new.profile,
            key_uri=new.key_uri,
            spki_sha256=new.spki_sha256,
            certificate=new.certificate,
            epoch=new.epoch,
            shard_capacity=new.shard_capacity,
            created_at=at,
        )
    )


def list_units(
    conn: sa.Connection, purpose: UnitPurpose | None = None, *, issuer_id: str | None = None
) -> tuple[Unit, ...]:
    """Return the units, oldest first; only those of one purpose, and of one issuer, where these are given."""
    query = sa.select(*_UNIT).order_by(unit.c.created_at, unit.c.id)
    if purpose is not None:
        query = query.where(unit.c.purpose == purpose)
    if issuer_id is not None:
        query = query.where(unit.c.issuer == issuer_id)
    return tuple(_unit(row) for row in conn.execute(query))


def get_unit(conn: sa.Connection, unit_id: str) -> Unit:
    """Return one unit; :class:`IssuerUnknown` if there is none."""
    row = conn.execute(sa.select(*_UNIT).where(unit.c.id == unit_id)).one_or_none()
    if row is None:
        raise IssuerUnknown(unit_id)
    return _unit(row)


def insert_unit(conn: sa.Connection, new: Unit, at: datetime) -> None:
    """Record a new unit."""
    conn.execute(
        unit.insert().values(
            id=new.id,
            purpose=new.purpose,
            issuer=new.issuer,
            status=new.status,
            key_uri=new.key_uri,
            spki_sha256=new.spki_sha256,
            certificate=new.certificate,
            created_at=at,
        )
    )


def activate(conn: sa.Connection, holder: Issuer | Unit, der: bytes) -> None:
    """Give a planned issuer or unit its certificate; :class:`IssuerUnknown` if it is not planned any more."""
    table = issuer if isinstance(holder, Issuer) else unit
    moved = conn.execute(
        table.update()
        .where(table.c.id == holder.id, table.c.status == HolderStatus.PLANNED)
        .values(status=HolderStatus.ACTIVE, certificate=der)
    )
    if moved.rowcount != 1:
        raise IssuerUnknown(f"{holder.id} is not waiting for its certificate")


def raise_epoch(conn: sa.Connection, issuer_id: str) -> int:
    """Fence off every issuance begun before (I28): the epoch rises by one and is returned."""
    conn.execute(issuer.update().where(issuer.c.id == issuer_id).values(epoch=issuer.c.epoch + 1))
    return get_issuer(conn, issuer_id).epoch
