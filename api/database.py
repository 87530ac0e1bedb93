"""The database engine: SQLite in one file by default, PostgreSQL in service; the same SQL on both."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

SQLITE_BUSY_SECONDS = 30
"""How long a writer waits for the one before it; our transactions are short, so only a stuck disk takes longer."""


def make_engine(url: str) -> sa.Engine:
    """Open the database at ``url`` (an SQLAlchemy URL).

    SQLite runs in WAL mode with ``synchronous=FULL`` (a commit survives a power cut) and every transaction begins
    ``IMMEDIATE``, so that read-then-write is serialised as on PostgreSQL with row locks. A room that only reads opens
    ``engine.execution_options(read_only=True).connect()``: a reader then never waits for a writer.
    """
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url, connect_args={"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}
        )
        sa.event.listen(engine, "connect", _sqlite_connect)
        sa.event.listen(engine, "begin", _sqlite_begin)
        return engine
    return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 5})


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
