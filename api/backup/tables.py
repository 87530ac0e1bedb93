"""The database as lines of JSON, one file a table: the same for SQLite and PostgreSQL, and from one to the other.

A value of a kind that JSON lacks is an object of one key: ``{"b": base64}`` octets, ``{"t": ISO 8601}`` a time. The
columns' own types do the rest, so a serial number is a number and a time is aware UTC in every database.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from api.backup.errors import BackupIncomplete
from api.database.schema import METADATA

ROWS_AT_ONCE: Final = 500
"""Rows in one insert, and rows read ahead: under 32,766 parameters of SQLite with up to 60 columns."""


def tables() -> dict[str, sa.Table]:
    """Return every table by name, those that others refer to first."""
    return {table.name: table for metadata in METADATA for table in metadata.sorted_tables}


def dump(conn: sa.Connection, table: sa.Table) -> Iterator[str]:
    """Yield the rows of ``table`` as lines, in order of the primary key, a page of them in memory at a time."""
    columns = list(table.columns)
    query = sa.select(*columns).order_by(*table.primary_key.columns)
    result = conn.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(query)
    names = [column.name for column in columns]
    for row in result:
        values = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"


def load(conn: sa.Connection, table: sa.Table, lines: Iterable[str]) -> int:
    """Insert the rows of ``lines``; return how many. A line that is not of this table: :class:`BackupIncomplete`."""
    count = 0
    batch: list[dict[str, Any]] = []
    for line in lines:
        batch.append(_row(table, line))
        if len(batch) == ROWS_AT_ONCE:
            count += _insert(conn, table, batch)
            batch = []
    return count + (_insert(conn, table, batch) if batch else 0)


def resume_counters(conn: sa.Connection) -> None:
    """Let PostgreSQL number new rows after those that were loaded with their numbers; SQLite does it by itself."""
    if conn.dialect.name != "postgresql":
        return
    for table in tables().values():
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        found = conn.execute(sa.select(sequence)).scalar_one_or_none()
        if found is not None:
            highest = conn.execute(sa.select(sa.func.max(column))).scalar_one_or_none()
            conn.execute(sa.select(sa.func.setval(found, highest or 1, highest is not None)))


def _insert(conn: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> int:
    conn.execute(table.insert(), rows)
    return len(rows)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return value


def _row(table: sa.Table, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
        if set(found) != {column.name for column in table.columns}:
            raise BackupIncomplete(f"table {table.name}: other columns")
        return {name: _value(value) for name, value in found.items()}
    except (ValueError, TypeError, KeyError) as wrong:
        raise BackupIncomplete(f"table {table.name}: a line that cannot be read") from wrong


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "b" in value:
        return base64.b64decode(value["b"], validate=True)
    return datetime.fromisoformat(value["t"])
