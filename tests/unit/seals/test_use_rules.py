"""Rules of use as data: what fits, what is refused, and that a rule reads back as it was kept (C5)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from seals.cases.diagram import section
from seals.cases.errors import UseRuleInvalid, UseRuleMissing
from seals.cases.rule_file import default_book, read_book
from seals.cases.rules import NOBODY, UseBook, UseRule, UseStage, Wish

LAST = '\n[[rule]]\nid = "all"\n'
STAGE = '\n[[rule.stage]]\nid = "a"\n'


def one(text: str) -> UseBook:
    return read_book(f'version = "1"\n[[rule]]\nid = "r"\n{text}{LAST}'.encode())


@pytest.mark.parametrize(
    ("wish", "rule"),
    [
        (Wish("04", "electronic"), "contract-large"),
        (Wish("04", "electronic", amount=999_999), "keeper-alone"),
        (Wish("04", "physical", amount=1_000_000), "contract-large"),
        (Wish("02", "electronic", amount=1), "finance"),
        (Wish("05", "physical"), "representative"),
        (Wish("01", "electronic"), "keeper-alone"),
    ],
)
def test_C5_the_shipped_rules_decide(wish: Wish, rule: str) -> None:
    assert default_book().find(wish).id == rule


def test_what_is_not_stated_counts_against_the_applicant() -> None:
    asks = one('classes = ["合同"]\ndepartments = ["采购部"]' + STAGE + 'scope = "case:approve"\n')
    assert asks.find(Wish("01", "electronic")).id == "r"
    assert asks.find(Wish("01", "electronic", "信函")).id == "all"
    assert asks.find(Wish("01", "electronic", "合同", None, "行政部")).id == "all"
    alone = one('classes = ["合同"]\namount_below = 100\n')
    assert alone.find(Wish("01", "electronic")).id == "all"
    assert alone.find(Wish("01", "electronic", "合同", 99)).id == "r"
    with pytest.raises(UseRuleMissing):
        UseBook("1", alone.rules[:1]).find(Wish("01", "electronic"))


def test_a_rule_reads_back_as_it_was_kept() -> None:
    for rule in default_book().rules:
        again = UseRule.from_text(rule.text)
        assert again == rule
        assert again.hash == rule.hash


def test_a_role_that_nobody_holds_is_nobodys_seat() -> None:
    stage = UseStage("s", 1, role="representative")
    assert stage.at(datetime(2026, 1, 1, tzinfo=UTC), {}).people == (NOBODY,)
    held = stage.at(datetime(2026, 1, 1, tzinfo=UTC), {"representative": ("person:boss",)})
    assert held.people == ("person:boss",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kinds = []", "kinds"),
        ('kinds = ["77"]', "kinds"),
        ('media = ["air"]', "media"),
        ("amount_from = -1", "amount_from"),
        ("amount_from = 5\namount_below = 5", "amount_below"),
        ('order = "none"', "order"),
        ("deadline_days = 0", "deadline_days"),
        ("remind_hours = [0]", "remind_hours"),
        ("remind_hours = [1, 1]", "remind_hours"),
        ("unknown = 1", "unknown"),
        (STAGE, "scope"),
        (STAGE + 'people = ["li.wei"]', "people"),
        (STAGE + 'group = "nobody"', "group"),
        (STAGE + 'needed = 2\npeople = ["person:a"]', "needed"),
        (STAGE + 'needed = 2\npeople = ["person:a", "person:A"]', "needed"),
        (STAGE + 'role = "king"', "role"),
        (STAGE + 'people = ["person:a"]\n[[rule.stage.substitute]]\nperson = "person:b"', "first"),
        (
            STAGE + 'people = ["person:a"]\n[[rule.stage.substitute]]\nperson = "person:b"\n'
            'stands_for = "person:c"\nfirst = 2026-01-01\nlast = 2026-01-02',
            "substitute",
        ),
        (
            STAGE + 'people = ["person:a"]\n[[rule.stage.substitute]]\nperson = "person:b"\n'
            'stands_for = "person:a"\nfirst = 2026-01-03\nlast = 2026-01-02',
            "last day",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_by_its_place(text: str, said: str) -> None:
    with pytest.raises(UseRuleInvalid) as refused:
        one(text)
    assert said in refused.value.en
    assert refused.value.zh.startswith("用印规则有误，")


@pytest.mark.parametrize("octets", [b"", b"\xff", b"version = 1", b'version = "1"', b"x" * (256 * 1024 + 1)])
def test_a_file_that_is_none_is_refused(octets: bytes) -> None:
    with pytest.raises(UseRuleInvalid):
        read_book(octets)


def test_the_last_rule_fits_everything() -> None:
    with pytest.raises(UseRuleInvalid, match="the last rule"):
        read_book(b'version = "1"\n[[rule]]\nid = "r"\nkinds = ["01"]\n')


def test_the_page_shows_the_table_as_it_is() -> None:
    page = Path(__file__).parents[3] / "docs" / "use-approval.md"
    assert section() in page.read_text("utf-8")
