"""The look-up behind every OCSP answer: one statement, written once, on a connection lent by the pool for each question.

``Connection.execute`` spends ten times as long around this statement as the database spends on it, so the statement is
compiled once for the engine's dialect and handed to the driver; the columns' own types still read and write the values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from ca.ocsp_codec import UNKNOWN_STATUS, CertificateStatus
from ca.status_store import STATUS_OF_ONE, standing
from ca.store import certificate, is_serial

_ISSUER, _SERIAL = "issuer_name", "one_serial"


class StatusReader:
    """Reads what the database says at this moment; safe for threads, keeps nothing between two questions."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        compiled = STATUS_OF_ONE.compile(dialect=engine.dialect)
        self._statement: Final = str(compiled)
        self._order = tuple(compiled.positiontup or ()) if compiled.positional else ()
        self._written = _writer(certificate.c.serial, engine.dialect)
        self._read_time = _reader(certificate.c.revoked_at, engine.dialect)
        self._fault = engine.dialect.loaded_dbapi.Error

    def statuses(self, issuer_name: str, serials: Sequence[int]) -> list[CertificateStatus]:
        """Return the standing of each serial (I14), see :func:`ca.status_store.status_of`.

        Raises :class:`sqlalchemy.exc.SQLAlchemyError` when the database does not answer.
        """
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

    def _one(self, cursor: Any, issuer_name: str, serial: int) -> CertificateStatus:
        if not is_serial(serial):
            return UNKNOWN_STATUS
        values = {_ISSUER: issuer_name, _SERIAL: self._written(serial)}
        cursor.execute(self._statement, tuple(values[name] for name in self._order) or values)
        row = cursor.fetchone()
        if row is None:
            return UNKNOWN_STATUS
        status, revoked_at, reason, crl_entry = row
        return standing(status, self._read_time(revoked_at), reason, listed=bool(crl_entry))


def _writer(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    return column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is


def _reader(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    return column.type.dialect_impl(dialect).result_processor(dialect, None) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
