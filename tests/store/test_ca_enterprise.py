"""The register of enterprises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.enterprise import Enterprises
from ca.errors import EnterpriseExists, EnterpriseUnknown, NameInvalid, UsccInvalid
from ca.store import UtcTime, metadata
from tests.conftest import SteppingClock
from tests.pki import CLERK, COMPANY, USCC, make_uscc


@pytest.fixture
def enterprises(engine: sa.Engine, clock: SteppingClock) -> Enterprises:
    metadata.create_all(engine)
    return Enterprises(engine, clock, AuditTrail(clock))


def test_register_and_get(enterprises: Enterprises, clock: SteppingClock) -> None:
    made = enterprises.register(USCC, COMPANY, actor=CLERK)
    assert enterprises.get(USCC) == made
    assert made.created_at == clock.now


def test_registering_twice_is_once(enterprises: Enterprises, engine: sa.Engine, clock: SteppingClock) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(lambda _n: enterprises.register(USCC, COMPANY, actor=CLERK), range(6)))
    assert len(made) == 1
    with engine.connect() as conn:
        assert AuditTrail(clock).verify(conn).records == 1


def test_another_name_for_the_same_code_is_refused(enterprises: Enterprises) -> None:
    enterprises.register(USCC, COMPANY, actor=CLERK)
    with pytest.raises(EnterpriseExists):
        enterprises.register(USCC, "别的公司", actor=CLERK)


def test_rename_keeps_the_old_names(enterprises: Enterprises, clock: SteppingClock) -> None:
    enterprises.register(USCC, COMPANY, actor=CLERK)
    first = clock.now
    clock.advance(timedelta(days=1))
    assert enterprises.rename(USCC, "新名公司", actor=CLERK).name == "新名公司"
    assert enterprises.rename(USCC, "新名公司", actor=CLERK).name == "新名公司"
    assert enterprises.names(USCC) == ((COMPANY, first), ("新名公司", clock.now))


def test_unknown(enterprises: Enterprises) -> None:
    with pytest.raises(EnterpriseUnknown):
        enterprises.get(USCC)
    with pytest.raises(EnterpriseUnknown):
        enterprises.rename(USCC, "新名公司", actor=CLERK)


def test_wrong_code(enterprises: Enterprises) -> None:
    with pytest.raises(UsccInvalid):
        enterprises.register(USCC[:-1] + "_", COMPANY, actor=CLERK)


@pytest.mark.parametrize(
    "name", ["", " ", "司" * 65, "甲\0乙", "甲\n乙", " 甲", "甲 ", "甲\u202e乙", "甲\u200b乙", "甲\ud800"]
)
def test_names_that_no_certificate_can_carry(enterprises: Enterprises, name: str) -> None:
    """Among them the invisible and the right-to-left characters that make one name look like another."""
    with pytest.raises(NameInvalid):
        enterprises.register(USCC, name, actor=CLERK)


def test_list_by_key(enterprises: Enterprises) -> None:
    codes = sorted(make_uscc(f"911101080000{n:05}") for n in range(7))
    for code in codes:
        enterprises.register(code, f"公司{code[-6:]}", actor=CLERK)
    first = enterprises.list(limit=4)
    assert [one.uscc for one in first + enterprises.list(after=first[-1].uscc)] == codes


def test_times_are_aware_utc_whole_seconds(engine: sa.Engine) -> None:
    """UtcTime on both databases: zones are converted, fractions cut, naive times refused."""
    from datetime import timezone

    table = sa.Table("moment", sa.MetaData(), sa.Column("at", UtcTime))
    shanghai = timezone(timedelta(hours=8))
    with engine.begin() as conn:
        table.create(conn)
        conn.execute(table.insert().values(at=datetime(2026, 11, 21, 20, 0, 1, 999_999, tzinfo=shanghai)))
        found = conn.execute(sa.select(table.c.at)).scalar_one()
    assert found.isoformat() == "2026-11-21T12:00:01+00:00"
    with pytest.raises(sa.exc.StatementError), engine.begin() as conn:
        conn.execute(table.insert().values(at=datetime(2026, 11, 21)))  # noqa: DTZ001
