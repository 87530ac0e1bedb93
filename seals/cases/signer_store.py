"""Queries on the register of signers. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.words import Word
from seals.cases.rules import Role
from seals.cases.store import use_signer

C: Final = use_signer.c


class SignerStatus(Word):
    """A registration: asked for, confirmed by a second person, ended."""

    REQUESTED = "requested", "待确认"
    CONFIRMED = "confirmed", "有效"
    ENDED = "ended", "已解除"


TRANSITIONS: Final[dict[str, dict[SignerStatus, SignerStatus]]] = {
    "confirm": {SignerStatus.REQUESTED: SignerStatus.CONFIRMED},
    "end": {SignerStatus.REQUESTED: SignerStatus.ENDED, SignerStatus.CONFIRMED: SignerStatus.ENDED},
}
"""Every move of a registration."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose certificate signs approvals; ``holder.uscc`` is the enterprise that the person acts for, if any."""

    certificate_sha256: str
    holder: Actor
    role: Role
    issuer: str
    serial: int
    der: bytes
    key_uri: str
    status: SignerStatus
    requested_by: str
    requested_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None


def insert(conn: sa.Connection, signer: Signer) -> None:
    """Write a registration; a certificate registered already raises ``sqlalchemy.exc.IntegrityError``."""
    holder = signer.holder
    conn.execute(
        use_signer.insert(),
        {
            "certificate_sha256": signer.certificate_sha256,
            "person": holder.person,
            "actor": holder.id,
            "actor_name": holder.name,
            "uscc": holder.uscc or "",
            "role": signer.role.value,
            "issuer": signer.issuer,
            "serial": signer.serial,
            "der": signer.der,
            "key_uri": signer.key_uri,
            "status": signer.status.value,
            "requested_by": signer.requested_by,
            "requested_at": signer.requested_at,
            "decided_by": "",
        },
    )


def find(conn: sa.Connection, sha256: str) -> Signer | None:
    """Return a registration by its certificate."""
    row = conn.execute(sa.select(*C).where(C.certificate_sha256 == sha256)).one_or_none()
    return None if row is None else _signer(row)


def of_person(conn: sa.Connection, person: str) -> tuple[Signer, ...]:
    """Return the confirmed registrations of a person, newest first."""
    query = sa.select(*C).where(C.person == person, C.status == SignerStatus.CONFIRMED.value)
    return tuple(map(_signer, conn.execute(query.order_by(C.decided_at.desc(), C.certificate_sha256))))


def holders(conn: sa.Connection, uscc: str) -> dict[str, tuple[str, ...]]:
    """Return the people in each role of an enterprise."""
    query = sa.select(C.role, C.actor).where(C.uscc == uscc, C.status == SignerStatus.CONFIRMED.value)
    found: dict[str, tuple[str, ...]] = {}
    for row in conn.execute(query.order_by(C.actor)):
        found[row.role] = (*found.get(row.role, ()), row.actor)
    return found


def every(conn: sa.Connection, uscc: str, after: str, limit: int) -> tuple[Signer, ...]:
    """Return registrations in order of their certificates; of one enterprise if it is named."""
    query = sa.select(*C).where(C.certificate_sha256 > after)
    if uscc:
        query = query.where(C.uscc == uscc)
    return tuple(map(_signer, conn.execute(query.order_by(C.certificate_sha256).limit(limit))))


def among(conn: sa.Connection, sha256s: Sequence[str]) -> dict[str, Signer]:
    """Return some registrations by certificate."""
    query = sa.select(*C).where(C.certificate_sha256.in_(list(sha256s)))
    return {row.certificate_sha256: _signer(row) for row in conn.execute(query)}


def move(conn: sa.Connection, before: Signer, after: SignerStatus, by: str, at: datetime) -> bool:
    """Move a registration by compare-and-swap; tell whether nobody was faster."""
    moved = conn.execute(
        use_signer.update()
        .where(C.certificate_sha256 == before.certificate_sha256, C.status == before.status.value)
        .values(status=after.value, decided_by=by, decided_at=at)
    )
    return moved.rowcount == 1


def _signer(row: sa.Row[Any]) -> Signer:
    return Signer(
        row.certificate_sha256,
        Actor(row.actor, row.actor_name, row.uscc or None),
        Role(row.role),
        row.issuer,
        row.serial,
        bytes(row.der),
        row.key_uri,
        SignerStatus(row.status),
        row.requested_by,
        row.requested_at,
        row.decided_by,
        row.decided_at,
    )
