"""Queries on certificates: reserve, move by compare-and-swap, look up. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.certificate import CertificateRecord, CertificateStatus, RevocationReason
from ca.plan import Plan
from ca.status.crl_store import Scope, note_change
from ca.store import NO_BYTES, certificate, compromised_key, is_serial, issuer
from ca.ticket import Ticket

C: Final = certificate.c
RECORD_COLUMNS: Final = (
    C.id,
    C.serial,
    C.issuer,
    C.status,
    C.profile,
    C.name,
    C.subject,
    C.uscc,
    C.not_before,
    C.not_after,
    C.der,
    C.revoked_at,
    C.reason,
    C.request_key,
    C.request_digest,
    C.tbs,
    C.spki_sha256,
    C.revoked_by,
    C.hold_released_at,
    C.shard,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A certificate's row: the public record and what only the room itself needs."""

    id: int
    record: CertificateRecord
    request_key: str
    request_digest: str
    tbs: bytes
    spki_sha256: str
    revoked_by: str
    hold_released_at: datetime | None


def row_of(found: sa.Row[*tuple[Any, ...]]) -> Row:
    """Read a row of :data:`RECORD_COLUMNS`."""
    record = CertificateRecord(
        serial=found.serial,
        issuer=found.issuer,
        status=CertificateStatus(found.status),
        profile=found.profile,
        name=found.name,
        subject=found.subject,
        uscc=found.uscc,
        not_before=found.not_before,
        not_after=found.not_after,
        der=bytes(found.der),
        revoked_at=found.revoked_at,
        reason=RevocationReason(found.reason) if found.reason else None,
        shard=found.shard,
    )
    return Row(
        id=found.id,
        record=record,
        request_key=found.request_key,
        request_digest=found.request_digest,
        tbs=bytes(found.tbs),
        spki_sha256=found.spki_sha256,
        revoked_by=found.revoked_by,
        hold_released_at=found.hold_released_at,
    )


_BY_REQUEST_KEYS: Final = sa.select(*RECORD_COLUMNS).where(
    C.request_key.in_(sa.bindparam("keys", expanding=True))
)
_BY_SERIAL: Final = sa.select(*RECORD_COLUMNS).where(C.serial == sa.bindparam("number")).order_by(C.id)
_COMPROMISED: Final = sa.select(compromised_key.c.spki_sha256).where(
    compromised_key.c.spki_sha256.in_(sa.bindparam("keys", expanding=True))
)


def by_request_keys(conn: sa.Connection, request_keys: Sequence[str]) -> dict[str, Row]:
    """Return the rows that request keys reserved, by key."""
    found = conn.execute(_BY_REQUEST_KEYS, {"keys": list(request_keys)})
    return {row.request_key: row for row in map(row_of, found)}


def by_serial(conn: sa.Connection, serial: int, issuer_id: str | None = None) -> tuple[Row, ...]:
    """Return the rows with a serial number: one, none, or one for each issuer that drew the same."""
    if not is_serial(serial):
        return ()
    if issuer_id is None:
        rows = conn.execute(_BY_SERIAL, {"number": serial})
    else:
        rows = conn.execute(_BY_SERIAL.where(C.issuer == issuer_id), {"number": serial})
    return tuple(row_of(found) for found in rows)


def by_key(conn: sa.Connection, spki: str) -> tuple[Row, ...]:
    """Return every row that certifies a key, whatever its status."""
    query = sa.select(*RECORD_COLUMNS).where(C.spki_sha256 == spki).order_by(C.id)
    return tuple(row_of(found) for found in conn.execute(query))


def compromised(conn: sa.Connection, keys: Sequence[str]) -> frozenset[str]:
    """Return which of some keys were reported compromised (I27)."""
    return frozenset(conn.scalars(_COMPROMISED, {"keys": list(keys)}))


def is_compromised(conn: sa.Connection, spki: str) -> bool:
    """Tell whether a key was reported compromised (I27)."""
    return bool(compromised(conn, (spki,)))


def insert_compromised(conn: sa.Connection, spki: str, at: datetime, by: str) -> None:
    """Record a compromised key; a second report changes nothing."""
    if not is_compromised(conn, spki):
        conn.execute(compromised_key.insert().values(spki_sha256=spki, reported_at=at, reported_by=by))


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is reserved: a planned certificate, under which key and for which request, and when.

    ``ticket`` has the octets that will be signed; without one nothing ever may be.
    """

    plan: Plan
    request_key: str
    request_digest: str
    spki_sha256: str
    at: datetime
    ticket: Ticket | None


_RESERVE: Final = certificate.insert()
_ISSUE: Final = certificate.update().where(
    C.issuer == sa.bindparam("its_issuer"),
    C.serial == sa.bindparam("its_serial"),
    C.status == CertificateStatus.RESERVED,
    C.profile_hash == sa.bindparam("its_profile_hash"),
    C.config_hash == sa.bindparam("its_config_hash"),
    C.epoch == sa.select(issuer.c.epoch).where(issuer.c.id == sa.bindparam("its_issuer")).scalar_subquery(),
    C.tbs == sa.bindparam("its_tbs"),
    C.der == NO_BYTES,
)


def insert_reservations(conn: sa.Connection, reservations: Sequence[Reservation]) -> None:
    """Reserve serial numbers and request keys, in order; any of them taken is an ``IntegrityError`` for all."""
    conn.execute(_RESERVE, [_reserved(one) for one in reservations])


def _reserved(reservation: Reservation) -> dict[str, Any]:
    plan, ticket = reservation.plan, reservation.ticket
    subject = plan.request.subject
    return {
        "issuer": plan.issuer.id,
        "serial": plan.serial,
        "request_key": reservation.request_key,
        "request_digest": reservation.request_digest,
        "status": CertificateStatus.RESERVED,
        "epoch": plan.issuer.epoch,
        "profile": plan.profile.id,
        "profile_hash": plan.profile_hash,
        "config_hash": plan.config_hash,
        "name": subject.searched,
        "name_words": subject.searched,
        "shard": plan.shard,
        "subject": subject.x509().rfc4514_string(),
        "uscc": subject.uscc,
        "spki_sha256": reservation.spki_sha256,
        "not_before": plan.validity.not_before,
        "not_after": plan.validity.not_after,
        "reserved_at": reservation.at,
        "unsigned": NO_BYTES if ticket is None else ticket.unsigned,
        "tbs": NO_BYTES if ticket is None else ticket.tbs,
    }


def store_issued(conn: sa.Connection, signed: Sequence[tuple[Ticket, bytes]]) -> bool:
    """Record certificates over the recorded octets; false if any reservation was closed by somebody else.

    Each must still be reserved, by the same rules, and nobody may have fenced us off (I5, I6, I28). One update moves one
    row at the most, issuer and serial being unique, so as many rows moved as updates means every row.
    """
    moved = conn.execute(_ISSUE, [_issued(ticket, der) for ticket, der in signed])
    return moved.rowcount == len(signed)


def _issued(ticket: Ticket, der: bytes) -> dict[str, Any]:
    plan = ticket.plan
    return {
        "its_issuer": plan.issuer.id,
        "its_serial": plan.serial,
        "its_profile_hash": plan.profile_hash,
        "its_config_hash": plan.config_hash,
        "its_tbs": ticket.tbs,
        "status": CertificateStatus.ISSUED,
        "der": der,
    }


def burn(conn: sa.Connection, row: Row, *, at: datetime, entry: bytes) -> bool:
    """Close a reservation. ``entry`` is its CRL entry, empty when nothing can have been signed."""
    values: dict[str, object] = {"status": CertificateStatus.BURNED}
    if entry:
        change = note_change(conn, Scope(row.record.issuer, row.record.shard), at)
        values |= {"revoked_at": at, "reason": RevocationReason.UNSPECIFIED, "crl_entry": entry}
        values |= {"crl_change": change}
    moved = conn.execute(
        certificate.update()
        .where(C.id == row.id, C.status == CertificateStatus.RESERVED, C.tbs == row.tbs)
        .values(**values)
    )
    return moved.rowcount == 1


def stale_reservations(conn: sa.Connection, before: datetime, limit: int) -> tuple[Row, ...]:
    """Return reservations made at or before ``before``, oldest first."""
    query = (
        sa.select(*RECORD_COLUMNS)
        .where(C.status == CertificateStatus.RESERVED, C.reserved_at <= before)
        .order_by(C.reserved_at, C.id)
        .limit(limit)
    )
    return tuple(row_of(found) for found in conn.execute(query))


@dataclass(frozen=True, slots=True)
class RevocationChange:
    """What a revocation or release writes; ``at`` and ``reason`` of ``None`` clear them (a hold lifted).

    ``noted_at`` is the present time: ``at`` of a hold that becomes final is that of the hold.
    """

    status: CertificateStatus
    at: datetime | None
    reason: RevocationReason | None
    by: str
    entry: bytes
    released_at: datetime | None
    noted_at: datetime


def store_revocation(conn: sa.Connection, row: Row, change: RevocationChange) -> bool:
    """Move a certificate; false if somebody else moved it since ``row`` was read. Its list is behind from then on (I12)."""
    before = row.record
    number = note_change(conn, Scope(before.issuer, before.shard), change.noted_at)
    moved = conn.execute(
        certificate.update()
        .where(C.id == row.id, C.status == before.status, C.reason == (before.reason or ""))
        .values(
            status=change.status,
            revoked_at=change.at,
            reason=change.reason or "",
            revoked_by=change.by,
            crl_entry=change.entry,
            crl_change=number,
            hold_released_at=change.released_at,
        )
    )
    return moved.rowcount == 1
