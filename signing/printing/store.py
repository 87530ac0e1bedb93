"""The tables of printed copies, in the room's metadata, and their queries. A store takes a connection, never commits."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant
from signing.printing.copy import TRANSITIONS, CopyAct, CopyState, PrintCopy, PrintRule, Seen
from signing.store import metadata

print_rule = sa.Table(
    "print_rule",
    metadata,
    sa.Column("document", sa.String(64), primary_key=True),  # SHA-256 of the sealed file
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("quota", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("printed", sa.Integer, nullable=False),  # numbers given out, those of failed copies included
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("shows_page", sa.Boolean, nullable=False),
    sa.Column("sealed_at", UtcInstant, nullable=False),
    sa.Column("changed_at", UtcInstant, nullable=False),
    sa.CheckConstraint("used >= 0 AND quota >= 0 AND printed >= used", name="counts"),
    sa.Index("print_rule_owner", "uscc", "document"),
)
"""How a document may be printed."""

print_copy = sa.Table(
    "print_copy",
    metadata,
    sa.Column("code", sa.String(14), primary_key=True),
    sa.Column("document", sa.ForeignKey("print_rule.document"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("quota", sa.Integer, nullable=False),
    sa.Column("seen", sa.String(8), nullable=False),
    sa.CheckConstraint("seen IN ('true', 'grey')", name="seen"),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.CheckConstraint("state IN ('reserved', 'made', 'failed')", name="state"),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("request_key", sa.String(240), nullable=False, unique=True),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("result", sa.String(64), nullable=False),  # SHA-256 of the file that was given out
    sa.UniqueConstraint("document", "number"),
    sa.Index("print_copy_state", "state", "at"),
)
"""Every copy, counted before it is made."""

_RULE: Final = tuple(print_rule.c)
_COPY: Final = tuple(print_copy.c)


def find_rule(conn: sa.Connection, document: str, *, lock: bool = False) -> PrintRule | None:
    """Find how a document (SHA-256, hex) may be printed."""
    query = sa.select(*_RULE).where(print_rule.c.document == document)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else PrintRule(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def insert_rule(conn: sa.Connection, rule: PrintRule) -> None:
    """Keep a new rule; one that is there raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(print_rule.insert().values({column.name: getattr(rule, column.name) for column in _RULE}))


def change_rule(conn: sa.Connection, before: PrintRule, **changes: Any) -> bool:
    """Change a rule by compare-and-swap on its counts; tell whether nobody was faster."""
    at = print_rule.c
    expected = (at.document == before.document, at.used == before.used, at.printed == before.printed)
    return (
        conn.execute(
            print_rule.update().where(*expected, at.quota == before.quota).values(**changes)
        ).rowcount
        == 1
    )


def give_back(conn: sa.Connection, document: str) -> None:
    """Count one copy less."""
    at = print_rule.c
    conn.execute(print_rule.update().where(at.document == document, at.used > 0).values(used=at.used - 1))


def rules(conn: sa.Connection, uscc: str, after: str, limit: int) -> list[PrintRule]:
    """List rules in order of their documents; with ``uscc`` those of one enterprise."""
    query = (
        sa.select(*_RULE).where(print_rule.c.document > after).order_by(print_rule.c.document).limit(limit)
    )
    if uscc:
        query = query.where(print_rule.c.uscc == uscc)
    return [PrintRule(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001


def insert_copy(conn: sa.Connection, copy: PrintCopy) -> None:
    """Count a copy; a request key or number taken raises ``sqlalchemy.exc.IntegrityError``."""
    values = {column.name: getattr(copy, column.name) for column in _COPY}
    conn.execute(print_copy.insert().values(values | {"seen": copy.seen.value, "state": copy.state.value}))


def move_copy(conn: sa.Connection, code: str, act: CopyAct, **changes: Any) -> bool:
    """Move a copy by compare-and-swap on its state; tell whether it was ours to move."""
    ((before, after),) = TRANSITIONS[act].items()
    at = print_copy.c
    moving = print_copy.update().where(at.code == code, at.state == before.value)
    return conn.execute(moving.values(state=after.value, **changes)).rowcount == 1


def find_copy(conn: sa.Connection, code: str) -> PrintCopy | None:
    """Find a copy by its code."""
    return _one(conn, print_copy.c.code == code)


def copy_by_key(conn: sa.Connection, request_key: str) -> PrintCopy | None:
    """Find what was asked for under a key."""
    return _one(conn, print_copy.c.request_key == request_key)


def copies(conn: sa.Connection, document: str, after: int, limit: int) -> list[PrintCopy]:
    """List the copies of a document by their numbers."""
    at = print_copy.c
    query = (
        sa.select(*_COPY).where(at.document == document, at.number > after).order_by(at.number).limit(limit)
    )
    return [_copy(row) for row in conn.execute(query)]


def stale_copies(conn: sa.Connection, before: Any, limit: int) -> list[PrintCopy]:
    """List copies that were counted before a moment and never made."""
    at = print_copy.c
    query = sa.select(*_COPY).where(at.state == CopyState.RESERVED.value, at.at < before).limit(limit)
    return [_copy(row) for row in conn.execute(query)]


def _one(conn: sa.Connection, which: sa.ColumnElement[bool]) -> PrintCopy | None:
    row = conn.execute(sa.select(*_COPY).where(which)).one_or_none()
    return None if row is None else _copy(row)


def _copy(row: sa.Row[Any]) -> PrintCopy:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return PrintCopy(**values | {"seen": Seen(values["seen"]), "state": CopyState(values["state"])})
