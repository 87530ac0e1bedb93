"""The table of evidence records, in the room's metadata, and its statements. A store takes a connection, never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.store import metadata, sealing

RESERVED: Final = "reserved"
RELEASED: Final = "released"

evidence_record = sa.Table(
    "evidence_record",
    metadata,
    sa.Column("sealing", sa.ForeignKey("sealing.id"), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    only("state", RESERVED, RELEASED),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("payload_sha256", sa.String(64), nullable=False),
    sa.Column("issued_at", UtcInstant, nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
)
"""One record a sealing: reserved with the digest of what will be signed, released with its signature."""

_MADE = sa.text("result <> ''")
sa.Index("sealing_result", sealing.c.result, sqlite_where=_MADE, postgresql_where=_MADE)


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record as the database holds it; ``jws`` is empty until it is released."""

    sealing: str
    state: str
    attempt: int
    issuer: str
    payload_sha256: str
    issued_at: datetime
    jws: str


def find(conn: sa.Connection, sealing_id: str) -> KeptRecord | None:
    """Read the record of a sealing."""
    query = sa.select(*evidence_record.c).where(evidence_record.c.sealing == sealing_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else KeptRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def reserve(conn: sa.Connection, kept: KeptRecord, before: KeptRecord | None) -> bool:
    """Write a reservation, or take over one that a dead process left; tell whether it was ours to take.

    A first one that exists already raises ``sqlalchemy.exc.IntegrityError``.
    """
    values = {column.name: getattr(kept, column.name) for column in evidence_record.c}
    if before is None:
        conn.execute(evidence_record.insert().values(values))
        return True
    moved = conn.execute(
        evidence_record.update()
        .where(
            evidence_record.c.sealing == before.sealing,
            evidence_record.c.state == RESERVED,
            evidence_record.c.attempt == before.attempt,
        )
        .values(values)
    )
    return moved.rowcount == 1


def release(conn: sa.Connection, kept: KeptRecord, jws: str) -> bool:
    """Keep the signature by compare-and-swap; tell whether the reservation was still ours."""
    moved = conn.execute(
        evidence_record.update()
        .where(
            evidence_record.c.sealing == kept.sealing,
            evidence_record.c.state == RESERVED,
            evidence_record.c.attempt == kept.attempt,
        )
        .values(state=RELEASED, jws=jws)
    )
    return moved.rowcount == 1


def sealing_of(conn: sa.Connection, sha256: str) -> str | None:
    """Return the id of the sealing that made a document."""
    query = sa.select(sealing.c.id).where(sealing.c.result == sha256, sealing.c.state == "completed").limit(1)
    found = conn.execute(query).scalar_one_or_none()
    return None if found is None else str(found)
