"""The look-up behind every OCSP answer: one statement, written once, on a connection lent by the pool for each question.

``Connection.execute`` spends ten times as long around this statement as the database spends on it, so the statement is
compiled once for the engine's dialect and handed to the driver; the columns' own types still read and write the values.

An SQLite file is also read at once, by who must not wait: on a connection kept for that, which gives up instead of
waiting for a lock. Every statement there is a transaction of its own, so it sees all that was committed before it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from ca.status.ocsp_codec import UNKNOWN_STATUS, CertificateStatus
from ca.status.store import STATUS_OF_ONE, standing
from ca.store import certificate, is_serial

_ISSUER, _SERIAL = "issuer_name", "one_serial"


class WouldWait(Exception):
    """The answer cannot be given at once; ask again where waiting does no harm."""


class StatusReader:
    """Reads what the database says at this moment; safe for threads, remembers no status between two questions."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        compiled = STATUS_OF_ONE.compile(dialect=engine.dialect)
        self._statement: Final = str(compiled)
        self._order = tuple(compiled.positiontup or ()) if compiled.positional else ()
        self._written = _writer(certificate.c.serial, engine.dialect)
        self._read_time = _reader(certificate.c.revoked_at, engine.dialect)
        self._fault = engine.dialect.loaded_dbapi.Error
        self._in_file = engine.dialect.name == "sqlite" and engine.url.database not in {None, "", ":memory:"}
        self._kept: _Kept | None = None
        self._guard = threading.Lock()

    def statuses(self, issuer_name: str, serials: Sequence[int]) -> list[CertificateStatus]:
        """Return the standing of each serial (I14), see :func:`ca.status.store.status_of`.

        Raises :class:`sqlalchemy.exc.SQLAlchemyError` when the database does not answer.
        """
        if self._in_file and self._kept is None:
            self._keep()
        lent = self._engine.raw_connection()
        try:
            cursor = lent.cursor()
            try:
                return [self._one(cursor, issuer_name, serial) for serial in serials]
            finally:
                cursor.close()
        except self._fault as wrong:
            raise sa.exc.OperationalError(self._statement, None, wrong) from wrong
        finally:
            lent.close()

    def at_once(self, issuer_name: str, serials: Sequence[int]) -> list[CertificateStatus]:
        """Return the same without waiting for anybody; :class:`WouldWait` where that cannot be promised."""
        if self._kept is None or not self._guard.acquire(blocking=False):
            raise WouldWait
        try:
            kept = self._kept
            if kept is None:
                raise WouldWait
            return [self._one(kept.cursor, issuer_name, serial) for serial in serials]
        except self._fault as wrong:
            self._drop()
            raise WouldWait from wrong
        finally:
            self._guard.release()

    def close(self) -> None:
        """Give up the connection kept for reading at once; the next question that may wait opens another."""
        with self._guard:
            self._drop()

    def _keep(self) -> None:
        try:
            kept = _Kept(self._engine)
        except self._fault:  # the question that follows meets the same trouble, and tells it
            return
        with self._guard:
            self._drop()
            self._kept = kept

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _one(self, cursor: Any, issuer_name: str, serial: int) -> CertificateStatus:
        if not is_serial(serial):
            return UNKNOWN_STATUS
        values = {_ISSUER: issuer_name, _SERIAL: self._written(serial)}
        cursor.execute(self._statement, tuple(values[name] for name in self._order) or values)
        rows = cursor.fetchall()  # to the end: a statement half read would hold on to what it saw
        if not rows:
            return UNKNOWN_STATUS
        status, revoked_at, reason, crl_entry = rows[0]
        return standing(status, self._read_time(revoked_at), reason, listed=bool(crl_entry))


class _Kept:
    """A connection to an SQLite file for this one use: it only reads, and never waits for a lock."""

    def __init__(self, engine: sa.Engine) -> None:
        lent = engine.raw_connection()
        lent.detach()
        self.cursor = lent.cursor()
        self.close = weakref.finalize(self, lent.close)
        self.cursor.execute("PRAGMA busy_timeout=0")
        self.cursor.execute("PRAGMA query_only=ON")


def _writer(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    return column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is


def _reader(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    return column.type.dialect_impl(dialect).result_processor(dialect, None) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
