"""Queries on escrowed keys, roster and the centre's own row. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.certificate import CertificateStatus, RevocationReason, spki_sha256
from ca.keycentre.errors import EscrowedKeyUnknown, KeyCentreNotReady
from ca.keycentre.key import EscrowedKey
from ca.keycentre.state import KeyAct, KeyStatus, after
from ca.keycentre.store import THE_ONE, escrowed_key, key_centre, key_roster
from ca.store import certificate
from hsm.algorithms import KeyKind
from hsm.envelopes import SealedKey
from hsm.public_keys import load_spki, spki

_KEY: Final = tuple(column for column in escrowed_key.c if column.name != "spki_sha256")


@dataclass(frozen=True, slots=True)
class Centre:
    """The founded key centre: its token and the key that it signs answers with."""

    token: str
    sign_key_uri: str
    sign_spki: bytes


@dataclass(frozen=True, slots=True)
class Roster:
    """The custodians in office: ``document`` for people, ``sealed`` for the token."""

    version: int
    document: str
    sealed: bytes = field(repr=False)


def find_centre(conn: sa.Connection) -> Centre | None:
    """Return the centre's row, or nothing before it was founded."""
    row = conn.execute(
        sa.select(key_centre.c.token, key_centre.c.sign_key_uri, key_centre.c.sign_spki)
    ).one_or_none()
    return None if row is None else Centre(row.token, row.sign_key_uri, row.sign_spki)


def get_centre(conn: sa.Connection) -> Centre:
    """Return the centre's row; :class:`KeyCentreNotReady` before it was founded."""
    found = find_centre(conn)
    if found is None:
        raise KeyCentreNotReady
    return found


def insert_centre(conn: sa.Connection, centre: Centre, *, by: str, at: datetime) -> None:
    """Record that the centre is founded; a second row is an ``IntegrityError``."""
    conn.execute(
        key_centre.insert().values(
            id=THE_ONE,
            token=centre.token,
            sign_key_uri=centre.sign_key_uri,
            sign_spki=centre.sign_spki,
            founded_at=at,
            founded_by=by,
        )
    )


def get_roster(conn: sa.Connection) -> Roster:
    """Return the roster in office; :class:`KeyCentreNotReady` before there is one."""
    query = (
        sa.select(key_roster.c.version, key_roster.c.document, key_roster.c.sealed)
        .order_by(key_roster.c.version.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        raise KeyCentreNotReady
    return Roster(row.version, row.document, row.sealed)


def insert_roster(conn: sa.Connection, roster: Roster, *, case_id: str, at: datetime) -> None:
    """Put a roster into office; one version twice is an ``IntegrityError``."""
    conn.execute(
        key_roster.insert().values(
            version=roster.version,
            document=roster.document,
            sealed=roster.sealed,
            case_id=case_id,
            made_at=at,
        )
    )


def insert_pooled(conn: sa.Connection, keys: Iterable[SealedKey], token: str, at: datetime) -> None:
    """Put new keys into the pool."""
    rows = [
        {
            "id": key.id,
            "status": KeyStatus.POOLED.value,
            "kind": key.kind.value,
            "token": token,
            "spki": spki(key.public_key),
            "spki_sha256": spki_sha256(key.public_key),
            "sealed": key.sealed,
            "made_at": at,
        }
        for key in keys
    ]
    conn.execute(escrowed_key.insert(), rows)


def pooled_ids(conn: sa.Connection, kind: KeyKind, token: str, limit: int) -> list[str]:
    """Return ids of pooled keys, oldest first."""
    query = (
        sa.select(escrowed_key.c.id)
        .where(
            escrowed_key.c.status == KeyStatus.POOLED.value,
            escrowed_key.c.kind == kind.value,
            escrowed_key.c.token == token,
        )
        .order_by(escrowed_key.c.made_at, escrowed_key.c.id)
        .limit(limit)
    )
    return list(conn.scalars(query))


def count(conn: sa.Connection) -> dict[tuple[str, str], int]:
    """Count keys by kind and status."""
    query = sa.select(escrowed_key.c.kind, escrowed_key.c.status, sa.func.count()).group_by(
        escrowed_key.c.kind, escrowed_key.c.status
    )
    return {(kind, status): number for kind, status, number in conn.execute(query)}


def get(conn: sa.Connection, key_id: str) -> EscrowedKey:
    """Return one key; :class:`EscrowedKeyUnknown` if there is none."""
    found = _one(conn, escrowed_key.c.id == key_id)
    if found is None:
        raise EscrowedKeyUnknown(key_id)
    return found


def by_request(conn: sa.Connection, request_key: str) -> EscrowedKey | None:
    """Return the key of a request, or nothing."""
    return _one(conn, escrowed_key.c.request_key == request_key)


def by_public_key(conn: sa.Connection, digest: str) -> EscrowedKey | None:
    """Return the key with this SHA-256 of its SubjectPublicKeyInfo, or nothing."""
    return _one(conn, escrowed_key.c.spki_sha256 == digest)


def standing(conn: sa.Connection, status: KeyStatus, limit: int) -> list[EscrowedKey]:
    """Return keys in one state, oldest first."""
    query = (
        sa.select(*_KEY)
        .where(escrowed_key.c.status == status.value)
        .order_by(escrowed_key.c.made_at, escrowed_key.c.id)
        .limit(limit)
    )
    return [_key_of(row) for row in conn.execute(query)]


def certified_no_more(conn: sa.Connection, now: datetime, limit: int) -> list[str]:
    """Return keys in use whose certificates in force were all revoked, a hold not counted: it may yet be lifted.

    Read from the revoked certificates that have not expired, which are few beside those in force.
    """
    other = certificate.alias()
    in_use = (KeyStatus.ASSIGNED.value, KeyStatus.DELIVERED.value)
    held = RevocationReason.CERTIFICATE_HOLD.value
    stands = sa.exists().where(
        other.c.spki_sha256 == certificate.c.spki_sha256,
        other.c.not_after >= now,
        sa.or_(other.c.status == CertificateStatus.ISSUED.value, other.c.reason == held),
    )
    query = (
        sa.select(escrowed_key.c.id)
        .join(certificate, certificate.c.spki_sha256 == escrowed_key.c.spki_sha256)
        .where(certificate.c.status == CertificateStatus.REVOKED.value, certificate.c.reason != held)
        .where(certificate.c.not_after >= now, escrowed_key.c.status.in_(in_use), ~stands)
        .distinct()
        .limit(limit)
    )
    return list(conn.scalars(query))


def claim(conn: sa.Connection, key_id: str, values: dict[str, Any]) -> bool:
    """Give a pooled key to one request; false if somebody else was given it first."""
    return _swap(conn, key_id, KeyStatus.POOLED, KeyAct.ASSIGN, values)


def move(conn: sa.Connection, key: EscrowedKey, act: KeyAct, **values: Any) -> bool:
    """Move a key as the table says; false if it stands elsewhere by now, :class:`EscrowedKeyStateRefused` if it must not."""
    return _swap(conn, key.id, key.status, act, values)


def _swap(conn: sa.Connection, key_id: str, before: KeyStatus, act: KeyAct, values: dict[str, Any]) -> bool:
    changed = {**values, "status": after(before, act).value}
    moved = conn.execute(
        escrowed_key.update()
        .where(escrowed_key.c.id == key_id, escrowed_key.c.status == before.value)
        .values(changed)
    )
    return moved.rowcount == 1


def _one(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> EscrowedKey | None:
    row = conn.execute(sa.select(*_KEY).where(condition)).one_or_none()
    return None if row is None else _key_of(row)


def _key_of(row: sa.Row[*tuple[Any, ...]]) -> EscrowedKey:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for a public view
    public = load_spki(fields.pop("spki"))
    return EscrowedKey(
        **{
            **fields,
            "status": KeyStatus(fields["status"]),
            "kind": KeyKind(fields["kind"]),
            "request_key": fields["request_key"] or "",
        },
        public_key=public,
    )
