"""The leave to issue reports is counted by one at a time: two at once do not take the last one twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

import signing.store
from api.database.engine import make_engine
from signing.verification_reports import store
from signing.verification_reports.store import Standing

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.postgres
def test_a_leave_in_use_waits(postgres_database: str) -> None:
    postgres = make_engine(postgres_database)
    signing.store.metadata.create_all(postgres, tables=[store.standing, store.report])
    with postgres.begin() as conn:
        store.add_standing(conn, Standing("0" * 32, "person:a", "r", NOW, NOW + timedelta(days=1), 1))
    with postgres.begin() as first, postgres.begin() as second:
        assert store.in_force(first, NOW) is not None
        second.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            store.in_force(second, NOW)
    postgres.dispose()
