"""The table of seal data made here, and its statements. Takes a connection, never commits.

A row is reserved before the key is touched, then *made* with its octets or *withheld*. ``basis`` is the digest of all that
the data rests on: while it stays the same, what was made is the data in force; when it changes, the old row stays on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from ca.store import RowId, UtcInstant
from seals.ses.parts import SesVersion
from seals.store import metadata


class DataState(StrEnum):
    """Where one making of seal data stands."""

    RESERVED = "reserved"
    MADE = "made"
    WITHHELD = "withheld"


class DataAct(StrEnum):
    """How a making ends."""

    RELEASE = "release"
    WITHHOLD = "withhold"


TRANSITIONS = {
    DataAct.RELEASE: {DataState.RESERVED: DataState.MADE},
    DataAct.WITHHOLD: {DataState.RESERVED: DataState.WITHHELD},
}
"""Every move there is."""

seal_data = sa.Table(
    "seal_data",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("basis", sa.String(64), nullable=False),
    sa.Column("info_sha256", sa.String(64), nullable=False),
    sa.Column("certificate_sha256", sa.String(64), nullable=False),
    sa.Column("maker", sa.String(64), nullable=False),
    sa.Column("maker_sha256", sa.String(64), nullable=False),
    sa.Column("valid_from", UtcInstant, nullable=False),
    sa.Column("valid_to", UtcInstant, nullable=False),
    sa.Column("made_at", UtcInstant, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("version IN (4, 5)", name="version"),
    sa.CheckConstraint("state IN ('reserved', 'made', 'withheld')", name="state"),
    sa.Index("seal_data_seal", "electronic_code", "version", "id"),
)
_MADE = sa.text("state = 'made'")
_RESERVED = sa.text("state = 'reserved'")
sa.Index(
    "seal_data_basis",
    seal_data.c.electronic_code,
    seal_data.c.basis,
    unique=True,
    sqlite_where=_MADE,
    postgresql_where=_MADE,
)
"""One seal on one basis has one data in force, whoever is faster."""
sa.Index("seal_data_open", seal_data.c.made_at, sqlite_where=_RESERVED, postgresql_where=_RESERVED)


@dataclass(frozen=True, slots=True)
class SealDataPlan:
    """What is about to be signed and for what; ``info_sha256`` is the digest of the octets to be signed."""

    code: str
    version: SesVersion
    basis: str
    info_sha256: str
    certificate_sha256: str
    maker: str
    maker_sha256: str
    valid_from: datetime
    valid_to: datetime
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class SealDataRecord:
    """One making on record; ``octets`` and their digest are empty unless it is *made*."""

    id: int
    plan: SealDataPlan
    state: DataState
    sha256: str
    octets: bytes

    @property
    def code(self) -> str:
        """The electronic code of the seal."""
        return self.plan.code

    @property
    def version(self) -> SesVersion:
        """The layout."""
        return self.plan.version


_C = seal_data.c


def insert(conn: sa.Connection, plan: SealDataPlan) -> int:
    """Reserve a making; return its number."""
    values = {
        "electronic_code": plan.code,
        "version": plan.version.number,
        "state": DataState.RESERVED,
        "basis": plan.basis,
        "info_sha256": plan.info_sha256,
        "certificate_sha256": plan.certificate_sha256,
        "maker": plan.maker,
        "maker_sha256": plan.maker_sha256,
        "valid_from": plan.valid_from,
        "valid_to": plan.valid_to,
        "made_at": plan.made_at,
        "made_by": plan.made_by,
        "sha256": "",
        "octets": b"",
    }
    return int(conn.execute(seal_data.insert().values(values).returning(_C.id)).scalar_one())


def release(conn: sa.Connection, number: int, octets: bytes, sha256: str) -> bool:
    """Make a reservation the data in force; false where it was closed, or another has the same basis."""
    try:
        with conn.begin_nested():
            return _move(conn, number, DataAct.RELEASE, octets=octets, sha256=sha256)
    except sa.exc.IntegrityError:
        return False


def withhold(conn: sa.Connection, number: int) -> bool:
    """Close a reservation whose data is not handed out; false where it was closed already."""
    return _move(conn, number, DataAct.WITHHOLD)


def _move(conn: sa.Connection, number: int, act: DataAct, **changes: object) -> bool:
    (before, after), *_ = TRANSITIONS[act].items()
    moved = conn.execute(
        seal_data.update().where(_C.id == number, _C.state == before).values(state=after, **changes)
    )
    return moved.rowcount == 1


def in_force(conn: sa.Connection, code: str, basis: str) -> SealDataRecord | None:
    """Return the data made on this basis."""
    query = sa.select(*_C).where(_C.electronic_code == code, _C.basis == basis, _C.state == DataState.MADE)
    row = conn.execute(query).one_or_none()
    return None if row is None else _record(row)


def of_seal(conn: sa.Connection, code: str, limit: int) -> tuple[SealDataRecord, ...]:
    """Return the last makings for a seal, newest first."""
    query = sa.select(*_C).where(_C.electronic_code == code).order_by(_C.id.desc()).limit(limit)
    return tuple(_record(row) for row in conn.execute(query))


def left_open(conn: sa.Connection, before: datetime) -> tuple[tuple[int, str], ...]:
    """Return number and seal of each reservation older than ``before``."""
    query = (
        sa.select(_C.id, _C.electronic_code)
        .where(_C.state == DataState.RESERVED, _C.made_at < before)
        .order_by(_C.id)
    )
    return tuple((int(row.id), str(row.electronic_code)) for row in conn.execute(query))


def _record(row: Any) -> SealDataRecord:
    plan = SealDataPlan(
        code=row.electronic_code,
        version=next(version for version in SesVersion if version.number == row.version),
        basis=row.basis,
        info_sha256=row.info_sha256,
        certificate_sha256=row.certificate_sha256,
        maker=row.maker,
        maker_sha256=row.maker_sha256,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        made_at=row.made_at,
        made_by=row.made_by,
    )
    return SealDataRecord(row.id, plan, DataState(row.state), row.sha256, row.octets)
