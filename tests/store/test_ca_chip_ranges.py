"""Ranges of chip numbers on both databases: no overlap, each number once, totals reconcile (A5)."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ca.store
import ca.tokens.store
from api.database.engine import make_engine
from ca.audit import AuditTrail
from ca.tokens.errors import (
    ChipNumberNotGranted,
    ChipNumberUsed,
    RangeOverlaps,
    RangeUnknown,
    TokenFieldInvalid,
    TokenReasonNeeded,
)
from ca.tokens.range_store import Fate
from ca.tokens.ranges import ChipRanges, Grant, Method
from ca.tokens.store import chip_number, chip_range
from tests.conftest import SteppingClock
from tests.token_world import ANNE, BERT


def ranges_over(engine: sa.Engine, clock: SteppingClock) -> ChipRanges:
    ca.store.metadata.create_all(engine)
    return ChipRanges(engine, clock, AuditTrail(clock))


@pytest.fixture
def ranges(engine: sa.Engine, clock: SteppingClock) -> ChipRanges:
    return ranges_over(engine, clock)


def grant(first: int, last: int, prefix: str = "YX") -> Grant:
    return Grant(f"{prefix}{first:06d}", f"{prefix}{last:06d}", "刻章店", "王收", Method.IN_PERSON)


def test_A5_a_range_is_granted_used_and_accounted_for(ranges: ChipRanges, engine: sa.Engine) -> None:
    made = ranges.grant(grant(100, 119), actor=ANNE)
    assert (made.count, made.shop, made.receiver, made.method) == (20, "刻章店", "王收", "in-person")
    ranges.consume("YX000100", actor=BERT)
    ranges.spoil("YX000101", reason="封装破损", actor=BERT)
    ranges.give_back("YX000119", reason="未用完", actor=BERT)
    report = ranges.report(made.id)
    assert (report.consumed, report.spoilt, report.returned, report.remaining) == (1, 1, 1, 17)
    assert report.reconciles
    assert [(each.number, each.fate) for each in ranges.usages(made.id)] == [
        ("YX000100", Fate.CONSUMED),
        ("YX000101", Fate.SPOILT),
        ("YX000119", Fate.RETURNED),
    ]
    with engine.connect() as conn:
        actions = [record.action for record in AuditTrail(SteppingClock()).records(conn)]
    assert actions == ["chips.granted", "chip.consumed", "chip.spoilt", "chip.returned"]


@pytest.mark.parametrize(("first", "last"), [(90, 100), (119, 130), (105, 106), (90, 200), (100, 119)])
def test_A5_no_number_is_granted_twice(ranges: ChipRanges, first: int, last: int) -> None:
    ranges.grant(grant(100, 119), actor=ANNE)
    with pytest.raises(RangeOverlaps):
        ranges.grant(grant(first, last), actor=BERT)
    ranges.grant(grant(first, last, "ZJ"), actor=BERT)
    ranges.grant(grant(120, 125), actor=BERT)
    ranges.grant(grant(99, 99), actor=BERT)


@pytest.mark.parametrize("number", ["YX000100", "YX000101", "YX000119"])
def test_A5_each_number_is_used_once(ranges: ChipRanges, number: str) -> None:
    ranges.grant(grant(100, 119), actor=ANNE)
    ranges.consume(number, actor=ANNE)
    with pytest.raises(ChipNumberUsed):
        ranges.consume(number, actor=ANNE)
    with pytest.raises(ChipNumberUsed):
        ranges.spoil(number, reason="破损", actor=BERT)


@pytest.mark.parametrize("number", ["YX000099", "YX000120", "ZJ000100", "YX0000100", "YX00100"])
def test_a_number_that_was_never_granted_is_refused(ranges: ChipRanges, number: str) -> None:
    ranges.grant(grant(100, 119), actor=ANNE)
    with pytest.raises(ChipNumberNotGranted):
        ranges.consume(number, actor=ANNE)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("YX000100", "YX000099"),
        ("YX000100", "ZJ000110"),
        ("YX000100", "YX0000110"),
        ("000100", "000110"),
        ("yx000100", "yx000110"),
        ("YX", "YX"),
        ("YX0000001", "YX9000000"),
        ("YX1234567890123", "YX1234567890124"),
        ("YX００１", "YX００２"),
    ],
)
def test_a_range_that_is_none_names_its_field(ranges: ChipRanges, first: str, last: str) -> None:
    with pytest.raises(TokenFieldInvalid) as refused:
        ranges.grant(Grant(first, last, "刻章店", "王收"), actor=ANNE)
    assert refused.value.field in ("number", "last")


def test_what_is_missing_is_named(ranges: ChipRanges) -> None:
    with pytest.raises(TokenFieldInvalid) as refused:
        ranges.grant(Grant("YX000100", "YX000101", "", "王收"), actor=ANNE)
    assert refused.value.field == "shop"
    made = ranges.grant(grant(100, 119), actor=ANNE)
    with pytest.raises(TokenReasonNeeded):
        ranges.spoil("YX000101", reason=" ", actor=ANNE)
    with pytest.raises(RangeUnknown):
        ranges.report(made.id + 1)
    with pytest.raises(TokenFieldInvalid):
        ranges.grant(Grant("YX0000200", "YX0000210", "刻章店", "王收"), actor=ANNE)


def test_A5_an_account_that_was_tampered_with_does_not_reconcile(
    ranges: ChipRanges, engine: sa.Engine, clock: SteppingClock
) -> None:
    one = ranges.grant(grant(100, 101), actor=ANNE)
    two = ranges.grant(grant(200, 209), actor=ANNE)
    ranges.consume("YX000100", actor=ANNE)
    assert all(report.reconciles for report in ranges.reports())
    stray = {"prefix": "YX", "range": one.id, "fate": "consumed", "reason": "", "actor": "x", "at": clock()}
    with engine.begin() as conn:
        conn.execute(
            chip_number.insert(), [{**stray, "value": 500, "token": ""}, {**stray, "value": 501, "token": ""}]
        )
    report = ranges.report(one.id)
    assert not report.reconciles
    assert (report.consumed, report.remaining) == (3, 0)
    assert len(report.faults) == 3  # too many, and two out of place
    with engine.begin() as conn:
        conn.execute(chip_range.update().where(chip_range.c.id == two.id).values(first=101))
        conn.execute(chip_number.insert().values({**stray, "value": 205, "range": two.id, "token": "GHOST"}))
    faults = ranges.report(two.id).faults
    assert any("has some of the same numbers" in fault for fault in faults)
    assert any("not in the inventory" in fault for fault in faults)


def test_A5_many_hands_at_once_never_overlap_nor_use_a_number_twice(
    ranges: ChipRanges, engine: sa.Engine
) -> None:
    wanted = [grant(first, first + 9) for first in range(0, 60, 5)]

    def ask(each: Grant) -> bool:
        try:
            ranges.grant(each, actor=ANNE)
        except RangeOverlaps:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        granted = sum(pool.map(ask, wanted))
    with engine.connect() as conn:
        rows = conn.execute(
            sa.select(chip_range.c.first, chip_range.c.last).order_by(chip_range.c.first)
        ).all()
    assert len(rows) == granted >= 1
    assert all(one.last < other.first for one, other in itertools.pairwise(rows))
    number = f"YX{rows[0].first:06d}"

    def take(_: int) -> bool:
        try:
            ranges.consume(number, actor=BERT)
        except ChipNumberUsed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take, range(12))) == 1
    assert all(report.reconciles for report in ranges.reports())


pairs = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 15)), max_size=12)
uses = st.lists(st.tuples(st.integers(0, 80), st.sampled_from(list(Fate))), max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=pairs, uses=uses)
def test_A5_whatever_is_granted_and_used_the_totals_reconcile(
    pairs: list[tuple[int, int]], uses: list[tuple[int, Fate]]
) -> None:
    """Against a model that knows each number's range and fate."""
    engine = make_engine("sqlite://")
    ranges = ranges_over(engine, SteppingClock())
    owner: dict[int, int] = {}
    fates: dict[int, Fate] = {}
    for first, more in pairs:
        numbers = range(first, first + more + 1)
        try:
            made = ranges.grant(grant(first, first + more), actor=ANNE)
        except RangeOverlaps:
            assert any(number in owner for number in numbers)
            continue
        assert not any(number in owner for number in numbers)
        owner |= dict.fromkeys(numbers, made.id)
    acts = {
        Fate.CONSUMED: lambda number: ranges.consume(number, actor=BERT),
        Fate.SPOILT: lambda number: ranges.spoil(number, reason="坏", actor=BERT),
        Fate.RETURNED: lambda number: ranges.give_back(number, reason="退", actor=BERT),
    }
    for value, fate in uses:
        try:
            acts[fate](f"YX{value:06d}")
        except ChipNumberNotGranted:
            assert value not in owner
        except ChipNumberUsed:
            assert value in fates
        else:
            assert value in owner
            assert value not in fates
            fates[value] = fate
    for report in ranges.reports():
        mine = [fates.get(number) for number, one in owner.items() if one == report.range.id]
        assert report.reconciles
        counted = (report.consumed, report.spoilt, report.returned, report.remaining)
        assert counted == tuple(mine.count(fate) for fate in (*Fate, None))
        assert sum(counted) == report.range.count
    engine.dispose()
