"""The database engine: SQLite in one file by default, PostgreSQL in service; the same SQL on both."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any, Final

import sqlalchemy as sa

SQLITE_BUSY_SECONDS: Final = 30
"""How long a writer waits for the one before it; our transactions are short, so only a stuck disk takes longer."""
POOL: Final = 20
"""Connections kept open. A transaction holds one for milliseconds, so twenty serve many times as many callers."""
OVERFLOW: Final = 30
"""Connections opened besides when every thread of the web server (40) and of the OCSP door wants one at once."""

IDLE_SECONDS: Final = 1.0
"""A connection that lay idle for longer is asked whether it still lives before it is used."""
_USED: Final = "used"


def make_engine(url: str) -> sa.Engine:
    """Open the database at ``url`` (an SQLAlchemy URL).

    SQLite runs in WAL mode with ``synchronous=FULL`` (a commit survives a power cut) and every transaction begins
    ``IMMEDIATE``, so that read-then-write is serialised as on PostgreSQL with row locks. A room that only reads opens
    ``engine.execution_options(read_only=True).connect()``: a reader then never waits for a writer.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    engine = sa.create_engine(url, pool_size=POOL, max_overflow=OVERFLOW, connect_args={"connect_timeout": 5})
    sa.event.listen(engine, "engine_connect", _read_without_transaction)
    sa.event.listen(engine, "checkout", _ping_if_idle)
    sa.event.listen(engine, "checkin", _note_use)
    return engine


def _read_without_transaction(connection: sa.Connection) -> None:
    """Spare a reader BEGIN and ROLLBACK: READ COMMITTED shows each statement what is committed by then anyway.

    Whoever needs one view over several statements says so by an isolation level of its own.
    """
    options = connection.get_execution_options()
    if options.get("read_only", False) and "isolation_level" not in options:
        connection.execution_options(isolation_level="AUTOCOMMIT")


def _note_use(_connection: object, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _ping_if_idle(connection: Any, record: Any, _proxy: object) -> None:
    """Ask the server whether a connection still lives, unless it was in use just now: a question each time is a third of all.

    A connection that turns out dead is replaced, and all that are older with it (SQLAlchemy, "Dealing with Disconnects").
    """
    used = record.info.get(_USED)
    if used is None or time.monotonic() - used < IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except Exception as dead:
        raise sa.exc.DisconnectionError from dead


def _sqlite(url: str) -> sa.Engine:
    gate = threading.Lock()

    class Queued(_QueuedConnection):
        """A connection to this one database."""

        writing = gate

    connect = {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False, "factory": Queued}
    sized = (
        {}
        if sa.make_url(url).database in {None, "", ":memory:"}
        else {"pool_size": POOL, "max_overflow": OVERFLOW}
    )
    engine = sa.create_engine(url, connect_args=connect, **sized)
    sa.event.listen(engine, "connect", _sqlite_connect)
    sa.event.listen(engine, "begin", _sqlite_begin)
    return engine


class _QueuedConnection(sqlite3.Connection):
    """Lets the writers of one process wait for each other at a lock, not in SQLite.

    SQLite's own waiting is a poll with growing pauses: of thirty writers the unlucky ones sleep a tenth of a second at a
    time while the file is free, and some of them for ever. Writers of other processes still meet there.
    """

    writing: threading.Lock
    _mine = False

    def begin_writing(self) -> None:
        """Begin a transaction that may write, after those before it."""
        if not self.writing.acquire(timeout=SQLITE_BUSY_SECONDS):
            raise sqlite3.OperationalError("database is locked")
        self._mine = True
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._let_go()
            raise

    def commit(self) -> None:
        """Commit, and let the next writer in."""
        super().commit()
        self._let_go()

    def rollback(self) -> None:
        """Take back, and let the next writer in."""
        try:
            super().rollback()
        finally:
            self._let_go()

    def close(self) -> None:
        """Close, and let the next writer in."""
        try:
            super().close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._mine:
            self._mine = False
            self.writing.release()


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("read_only", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.begin_writing()
    except sqlite3.OperationalError as wrong:
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, wrong) from wrong
