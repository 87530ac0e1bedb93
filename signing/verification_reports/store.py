"""Reports and the standing authorisations for them, moved by compare-and-swap. A store takes a connection and never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.store import metadata


class ReportState(StrEnum):
    """The life of one report."""

    RESERVED = "reserved"
    ISSUED = "issued"
    FAILED = "failed"


TRANSITIONS: Final = {ReportState.RESERVED: frozenset({ReportState.ISSUED, ReportState.FAILED})}

standing = sa.Table(
    "report_standing",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("granted_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("valid_from", UtcInstant, nullable=False),
    sa.Column("valid_to", UtcInstant, nullable=False),
    sa.Column("per_day", sa.Integer, nullable=False),
    sa.Column("stopped_at", UtcInstant),
    sa.Column("stopped_by", sa.Text, nullable=False),
)
"""Leave for the verification service to issue reports; it ends by itself, or at once."""

report = sa.Table(
    "verification_report",
    metadata,
    sa.Column("code", sa.String(14), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("standing", sa.String(32), sa.ForeignKey("report_standing.id"), nullable=False),
    sa.Column("document", sa.String(64), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("reserved_at", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("result", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    only("state", *(one.value for one in ReportState)),
    sa.Index("verification_report_reserved", "standing", "reserved_at"),
    sa.Index("verification_report_document", "document"),
)
"""``result`` is the digest of the sealed PDF in the archive, ``document`` that of the file reported on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One authorisation; ``per_day`` is the most reports in one UTC day."""

    id: str
    granted_by: str
    reason: str
    valid_from: datetime
    valid_to: datetime
    per_day: int
    stopped_at: datetime | None = None
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """One report as it is on record."""

    code: str
    state: ReportState
    standing: str
    document: str
    verdict: str
    requested_by: str
    reserved_at: datetime
    settled_at: datetime | None = None
    result: str = ""
    size: int = 0
    why: str = ""


_S: Final = standing.c
_R: Final = report.c


def add_standing(conn: sa.Connection, one: Standing) -> None:
    """Add an authorisation."""
    conn.execute(standing.insert().values(_row(one, standing)))


def in_force(conn: sa.Connection, at: datetime) -> Standing | None:
    """Return the authorisation in force that ends last; until the transaction ends, nobody else counts by it."""
    where = (_S.valid_from <= at) & (_S.valid_to > at) & _S.stopped_at.is_(None)
    query = sa.select(*_S).where(where).order_by(_S.valid_to.desc(), _S.id).limit(1)
    row = conn.execute(query.with_for_update()).one_or_none()
    return None if row is None else Standing(*row)


def standings(conn: sa.Connection) -> tuple[Standing, ...]:
    """List all authorisations, the newest first."""
    return tuple(Standing(*row) for row in conn.execute(sa.select(*_S).order_by(_S.valid_from.desc(), _S.id)))


def stop(conn: sa.Connection, standing_id: str, at: datetime, by: str) -> bool:
    """Stop an authorisation that was not stopped yet; tell whether that was so."""
    where = (_S.id == standing_id) & _S.stopped_at.is_(None)
    return conn.execute(standing.update().where(where).values(stopped_at=at, stopped_by=by)).rowcount == 1


def stop_all(conn: sa.Connection, at: datetime, by: str) -> int:
    """Stop every authorisation; return how many were in force."""
    where = _S.stopped_at.is_(None)
    return conn.execute(standing.update().where(where).values(stopped_at=at, stopped_by=by)).rowcount


def count_since(conn: sa.Connection, standing_id: str, since: datetime) -> int:
    """Count the reports that an authorisation was used for since a moment."""
    where = (_R.standing == standing_id) & (_R.reserved_at >= since)
    return int(conn.execute(sa.select(sa.func.count()).select_from(report).where(where)).scalar_one())


def insert(conn: sa.Connection, one: ReportRecord) -> None:
    """Add a reserved report."""
    conn.execute(report.insert().values(_row(one, report)))


def settle(conn: sa.Connection, code: str, state: ReportState, **values: Any) -> bool:
    """Move a reserved report to its end; tell whether it was reserved."""
    where = (_R.code == code) & (_R.state == ReportState.RESERVED.value)
    return conn.execute(report.update().where(where).values(state=state.value, **values)).rowcount == 1


def find(conn: sa.Connection, code: str) -> ReportRecord | None:
    """Find a report by its number."""
    row = conn.execute(sa.select(*_R).where(_R.code == code)).one_or_none()
    return None if row is None else _record(row)


def reserved(conn: sa.Connection) -> tuple[ReportRecord, ...]:
    """List reports that are not settled, the oldest first."""
    where = _R.state == ReportState.RESERVED.value
    return tuple(map(_record, conn.execute(sa.select(*_R).where(where).order_by(_R.reserved_at, _R.code))))


def _record(row: sa.Row[Any]) -> ReportRecord:
    fields = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns
    return ReportRecord(**{**fields, "state": ReportState(row.state)})


def _row(one: Standing | ReportRecord, table: sa.Table) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in table.c.keys()}  # noqa: SIM118 - columns, not a mapping
    return {name: value.value if isinstance(value, ReportState) else value for name, value in fields.items()}
