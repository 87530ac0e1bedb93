"""Column types for times: what is written can be read back, on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from ca.clock import EARLIEST, LATEST, TimeOutOfSpan, within_span
from ca.store import UtcInstant, UtcTime

DIALECTS = (sqlite.dialect(), postgresql.dialect())
AHEAD, BEHIND = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))
BEYOND = (datetime(1, 1, 1, tzinfo=AHEAD), datetime(9999, 12, 31, 23, 59, 59, tzinfo=BEHIND))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", [UtcTime(), UtcInstant()], ids=["time", "instant"])
def test_what_cannot_be_read_back_is_not_written(kind: UtcTime | UtcInstant, dialect: object) -> None:
    for moment in (*BEYOND, datetime(2026, 1, 1)):  # noqa: DTZ001 - a naive one is meant
        with pytest.raises(ValueError, match="a time"):
            kind.process_bind_param(moment, dialect)
    for moment in (datetime.min.replace(tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)):
        written = kind.process_bind_param(moment, dialect)
        assert kind.process_result_value(written, dialect) == moment


def test_the_span_that_may_be_asked_about() -> None:
    there = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert within_span(there) == there
    assert within_span(there).tzinfo is UTC
    assert within_span(EARLIEST) == EARLIEST
    assert within_span(LATEST) == LATEST
    for moment in (*BEYOND, EARLIEST - timedelta(microseconds=1), LATEST + timedelta(microseconds=1)):
        with pytest.raises(TimeOutOfSpan, match="1970-01-01"):
            within_span(moment)
