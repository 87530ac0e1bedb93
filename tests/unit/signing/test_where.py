"""Where a seal is asked to go: one text for every wish, read back as the same wish (C2, C3, C4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import PageMissing, PlacementError
from signing.placing.errors import KeywordUnusable, NoPageChosen, PageRangeUnreadable, WhereUnreadable
from signing.placing.page_range import PageRange
from signing.placing.where import (
    AtKeyword,
    Edge,
    Fit,
    InField,
    OnPages,
    Placement,
    Seam,
    Unseen,
    Where,
    Which,
    parse_where,
)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("2:120,200", Placement(2, 120, 200)),
        ("pages=1-3,5,8;at=120,200.5", OnPages(PageRange("1-3,5,8"), 120, 200.5)),
        ("keyword=甲方盖章", AtKeyword("甲方盖章")),
        ("keyword=甲方盖章;which=last;offset=10,-5", AtKeyword("甲方盖章", Which.LAST, 10, -5)),
        ("keyword=甲方;which=3;pages=even", AtKeyword("甲方", 3, pages=PageRange("even"))),
        ("keyword=100%25;which=all", AtKeyword("100%", Which.ALL)),
        ("field=甲方签章", InField("甲方签章")),
        ("fit=true;field=a", None),
        ("field=a;fit=true", InField("a", Fit.TRUE)),
        ("seam=right", Seam()),
        ("seam=bottom;every=20;offset=12.5;inset=2;facing=yes;pages=odd",
         Seam(Edge.BOTTOM, 20, PageRange("odd"), 12.5, 2.0, facing=True)),
        (" unseen ", Unseen()),
    ],
)  # fmt: skip
def test_a_wish_is_read(text: str, where: Where | None):
    if where is None:
        with pytest.raises(PlacementError):
            parse_where(text)
    else:
        assert parse_where(text) == where
        assert parse_where(str(where)) == where


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", PlacementError),
        ("somewhere", PlacementError),
        ("0:10,10", PlacementError),
        ("pages=1-3", WhereUnreadable),
        ("pages=1-3;at=1", WhereUnreadable),
        ("pages=3-1;at=1,1", PageRangeUnreadable),
        ("pages=;at=1,1", PageRangeUnreadable),
        ("pages=1,,2;at=1,1", PageRangeUnreadable),
        ("pages=0;at=1,1", PageRangeUnreadable),
        ("pages=" + "1," * 150 + "1;at=1,1", PageRangeUnreadable),
        ("keyword=", KeywordUnusable),
        ("keyword=" + "长" * 101, KeywordUnusable),
        ("keyword=a;which=0", WhereUnreadable),
        ("keyword=a;which=second", WhereUnreadable),
        ("keyword=a;offset=1", WhereUnreadable),
        ("keyword=a;b", WhereUnreadable),
        ("keyword=a;keyword=b", WhereUnreadable),
        ("keyword=a;edge=left", WhereUnreadable),
        ("seam=middle", WhereUnreadable),
        ("seam=left;every=1", WhereUnreadable),
        ("seam=left;every=-2", WhereUnreadable),
        ("seam=left;offset=-1", WhereUnreadable),
        ("seam=left;inset=999999999", WhereUnreadable),
        ("field=", WhereUnreadable),
        ("field=" + "x" * 201, WhereUnreadable),
        ("keyword=" + "x" * 3000, WhereUnreadable),
    ],
)
def test_what_cannot_be_read_is_refused_in_both_languages(text: str, error: type[PlacementError]):
    with pytest.raises(error) as refused:
        parse_where(text)
    assert refused.value.zh
    assert refused.value.en


PAGES = st.sampled_from(["all", "odd", "even", "last", "1", "1-3,5,8", "2-9,last"]).map(PageRange)
LENGTH = st.integers(-2000, 2000).map(lambda tenth: tenth / 10)
WISHES = st.one_of(
    st.builds(OnPages, PAGES, LENGTH, LENGTH),
    st.builds(
        AtKeyword,
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(lambda text: text.strip() != ""),
        st.sampled_from(Which) | st.integers(1, 99),
        LENGTH,
        LENGTH,
        PAGES,
    ),
    st.builds(InField, st.text("签章ab;=%&\n", min_size=1, max_size=30).filter(lambda text: text == text.strip() != "")),
    st.builds(
        Seam, st.sampled_from(Edge), st.sampled_from([0, 2, 20]), PAGES, st.none() | st.just(12.5),
        st.sampled_from([0.0, 3.5]), st.booleans(),
    ),
)  # fmt: skip


@given(WISHES)
def test_every_wish_is_read_back_from_its_text(where: Where):
    again = parse_where(str(where))
    assert str(again) == str(where)
    if not isinstance(where, AtKeyword) or where.text == where.text.strip():
        assert again == where


@pytest.mark.parametrize(
    ("text", "count", "numbers"),
    [
        ("all", 3, (1, 2, 3)),
        ("odd", 5, (1, 3, 5)),
        ("even", 5, (2, 4)),
        ("last", 7, (7,)),
        ("1-3,5,8", 9, (1, 2, 3, 5, 8)),
        (" 5 , 1-2,LAST,2", 6, (1, 2, 5, 6)),
    ],
)
def test_a_choice_of_pages(text: str, count: int, numbers: tuple[int, ...]):
    """C4: the market's syntax."""
    assert PageRange(text).numbers(count) == numbers


def test_pages_that_are_not_there_are_named():
    """C4: a page beyond the end, and a choice that holds no page at all."""
    with pytest.raises(PageMissing) as missing:
        PageRange("1-3,8").numbers(5)
    assert (missing.value.page, missing.value.count) == (8, 5)
    with pytest.raises(NoPageChosen, match="even of 1"):
        PageRange("even").numbers(1)
