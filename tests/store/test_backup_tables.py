"""Every table goes out as lines and comes in again, from either database into either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from api.backup.errors import BackupIncomplete
from api.backup.tables import dump, load, resume_counters, tables
from api.database.schema import METADATA
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.enterprise import Enterprises
from ca.store import certificate, timestamp
from tests.conftest import SteppingClock

ACTOR = Actor("person:li.na", "李娜")


def lines_of(engine: sa.Engine) -> dict[str, list[str]]:
    with engine.connect() as conn:
        return {name: list(dump(conn, table)) for name, table in tables().items()}


def filled(engine: sa.Engine, clock: SteppingClock) -> None:
    for metadata in METADATA:
        metadata.create_all(engine)
    audit = AuditTrail(clock)
    enterprises = Enterprises(engine, clock, audit)
    enterprises.register("91330106MA2CYNTX07", "杭州测试云印科技有限公司", actor=ACTOR)
    with engine.begin() as conn:
        conn.execute(
            sa.text(
                "INSERT INTO unit (id, purpose, issuer, status, key_uri, spki_sha256, certificate, created_at) "
                "SELECT 'x', 'tsa', id, 'planned', '', '', certificate, created_at FROM issuer"
            )
        )


def test_rows_come_back_equal_and_new_rows_follow(engine: sa.Engine, clock: SteppingClock) -> None:
    filled(engine, clock)
    out = lines_of(engine)
    assert len(out["enterprise"]) == 1
    assert len(out["audit"]) == 1

    memory = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    for metadata in METADATA:
        metadata.create_all(memory)
    with memory.begin() as conn:
        for name, table in tables().items():
            assert load(conn, table, out[name]) == len(out[name])
    assert lines_of(memory) == out

    with engine.begin() as conn:
        for table in reversed(tables().values()):
            conn.execute(table.delete())
        for name, table in tables().items():
            load(conn, table, out[name])
        resume_counters(conn)
    assert lines_of(engine) == out
    audit = AuditTrail(clock)
    enterprises = Enterprises(engine, clock, audit)
    enterprises.rename("91330106MA2CYNTX07", "杭州新名科技有限公司", actor=ACTOR)
    with engine.connect() as conn:
        assert audit.verify(conn).records == 2


def test_octets_times_and_wide_numbers_survive(clock: SteppingClock) -> None:
    memory = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    timestamp.create(memory)
    moment = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
    row = {
        "unit": "tsa",
        "serial": (1 << 159) - 1,
        "status": "issued",
        "gen_time": moment,
        "imprint_algorithm": "sha256",
        "imprint": bytes(range(256))[:32],
        "token_sha256": "a" * 64,
    }
    with memory.begin() as conn:
        conn.execute(timestamp.insert().values(**row))
        lines = list(dump(conn, timestamp))
        conn.execute(timestamp.delete())
        assert load(conn, timestamp, lines) == 1
        found = conn.execute(sa.select(timestamp)).one()
    assert (found.serial, found.gen_time, found.imprint) == (row["serial"], moment, row["imprint"])
    assert found.gen_time + timedelta(0) == moment
    assert clock() > moment


@pytest.mark.parametrize("line", ["", "{}", "[]", "nonsense", '{"id": 1}', '{"id": {"b": "%"}}'])
def test_a_line_of_another_kind_is_refused(line: str) -> None:
    memory = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    certificate.metadata.create_all(memory)
    with memory.begin() as conn, pytest.raises(BackupIncomplete):
        load(conn, certificate, [line])
