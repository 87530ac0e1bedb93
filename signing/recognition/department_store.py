"""The tables of department policies and of the recognition ledger, in the room's metadata, and the statements on them.

A store takes a connection and never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.recognition.department_states import TRANSITIONS, PolicyAct, PolicyStatus
from signing.store import metadata

ID: Final = sa.String(32)

department_policy = sa.Table(
    "department_policy",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("department", sa.String(64), nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", *(status.value for status in PolicyStatus)),
    sa.Column("text", sa.Text, nullable=False),  # the file, octet for octet
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_name", sa.Text, nullable=False),
    sa.Column("proposed_at", UtcInstant, nullable=False),
    sa.Column("settled_by", sa.Text, nullable=False),
    sa.Column("settled_name", sa.Text, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Index("department_policy_status", "status", "id"),
)
"""One row an import."""

_FORCE = sa.text("status = 'in-force'")
sa.Index(
    "department_policy_in_force",
    department_policy.c.department,
    unique=True,
    sqlite_where=_FORCE,
    postgresql_where=_FORCE,
)

recognition = sa.Table(
    "recognition",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),  # of its audit record
    sa.Column("id", ID, nullable=False, unique=True),
    sa.Column("request_key", sa.String(240), nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),  # of its audit record
    sa.Column("document", sa.String(64), nullable=False),  # SHA-256
    sa.Column("department", sa.String(64), nullable=False),
    sa.Column("act", sa.String(64), nullable=False),
    sa.Column("answer", sa.String(16), nullable=False),
    only("answer", "accepted", "conditions", "refused"),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("policy_sha256", sa.String(64), nullable=False),
    sa.Column("scheme", sa.Text, nullable=False),  # of the list that vouched; empty by decree
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("list_sha256", sa.String(64), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("credential", sa.Text, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Index("recognition_document", "document"),
    sa.Index("recognition_counted", "department", "act", "answer"),
)
"""One row a decision; every one names the record of the audit trail that it was written with."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One import as the database holds it."""

    id: str
    department: str
    version: str
    sha256: str
    status: PolicyStatus
    text: str
    proposed_by: str
    proposed_name: str
    proposed_at: datetime
    settled_by: str = ""
    settled_name: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """One decision as the ledger holds it."""

    number: int
    id: str
    request_key: str
    digest: str
    document: str
    department: str
    act: str
    answer: str
    rule: str
    policy_version: str
    policy_sha256: str
    scheme: str
    sequence: int
    list_sha256: str
    purpose: str
    actor: str
    actor_name: str
    credential: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which decisions: every filter given must match; newest first, below the number ``before`` (0: from the newest)."""

    department: str = ""
    act: str = ""
    answer: str = ""
    document: str = ""
    scheme: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How often a department gave an answer for an act on the word of a list."""

    department: str
    act: str
    answer: str
    scheme: str
    count: int


def insert_policy(conn: sa.Connection, row: PolicyRow) -> None:
    """Write a new import."""
    values = {column.name: getattr(row, column.name) for column in department_policy.c}
    conn.execute(department_policy.insert().values(values | {"status": row.status.value}))


def find_policy(conn: sa.Connection, policy_id: str) -> PolicyRow | None:
    """Read an import."""
    query = sa.select(*department_policy.c).where(department_policy.c.id == policy_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else _policy(row)


def policies(conn: sa.Connection, *status: PolicyStatus) -> list[PolicyRow]:
    """Read the imports in some states, in order of department and time."""
    at = department_policy.c
    query = sa.select(*at).order_by(at.department, at.proposed_at, at.id)
    if status:
        query = query.where(at.status.in_([one.value for one in status]))
    return [_policy(row) for row in conn.execute(query)]


def move_policy(
    conn: sa.Connection, before: PolicyRow, act: PolicyAct, changes: dict[str, Any]
) -> PolicyRow | None:
    """Move an import by compare-and-swap on its state; ``None`` when somebody was faster."""
    after = TRANSITIONS[act][before.status]
    moved = conn.execute(
        department_policy.update()
        .where(department_policy.c.id == before.id, department_policy.c.status == before.status.value)
        .values({"status": after.value, **changes})
    )
    return replace(before, status=after, **changes) if moved.rowcount == 1 else None


def _policy(row: Any) -> PolicyRow:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return PolicyRow(**values | {"status": PolicyStatus(values["status"])})


def insert_recognition(conn: sa.Connection, row: Recognition) -> None:
    """Write a decision; a request key in use raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        recognition.insert().values({column.name: getattr(row, column.name) for column in recognition.c})
    )


def by_request_key(conn: sa.Connection, key: str) -> Recognition | None:
    """Return what was decided under a request key."""
    return _one(conn, recognition.c.request_key == key)


def by_id(conn: sa.Connection, recognition_id: str) -> Recognition | None:
    """Return a decision by its id."""
    return _one(conn, recognition.c.id == recognition_id)


def _one(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> Recognition | None:
    row = conn.execute(sa.select(*recognition.c).where(condition)).one_or_none()
    return None if row is None else Recognition(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def page(conn: sa.Connection, query: LedgerQuery, limit: int) -> list[Recognition]:
    """Return decisions, the newest first."""
    chosen = sa.select(*recognition.c).where(*_conditions(query)).order_by(recognition.c.number.desc())
    if query.before:
        chosen = chosen.where(recognition.c.number < query.before)
    return [Recognition(**row._mapping) for row in conn.execute(chosen.limit(limit))]  # noqa: SLF001 - as above


def counts(conn: sa.Connection, query: LedgerQuery) -> list[Count]:
    """Count decisions by department, act, answer and list."""
    at = recognition.c
    groups = (at.department, at.act, at.answer, at.scheme)
    chosen = (
        sa.select(*groups, sa.func.count()).where(*_conditions(query)).group_by(*groups).order_by(*groups)
    )
    return [Count(*row) for row in conn.execute(chosen)]


def numbers(conn: sa.Connection, after: int, limit: int) -> Sequence[tuple[int, str]]:
    """Return numbers and digests of the ledger in order, to be compared with the audit trail."""
    at = recognition.c
    query = sa.select(at.number, at.digest).where(at.number > after).order_by(at.number).limit(limit)
    return [(int(row.number), str(row.digest)) for row in conn.execute(query)]


def _conditions(query: LedgerQuery) -> list[sa.ColumnElement[bool]]:
    at = recognition.c
    found: list[sa.ColumnElement[bool]] = [
        getattr(at, name) == value
        for name in ("department", "act", "answer", "document")
        if (value := getattr(query, name))
    ]
    if query.scheme is not None:
        found.append(at.scheme == query.scheme)
    if query.since is not None:
        found.append(at.at >= query.since)
    if query.until is not None:
        found.append(at.at < query.until)
    return found
