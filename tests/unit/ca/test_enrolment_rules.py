"""Rules as data: what is read, what is refused and where, who may sit at which stage."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ca.actor import Actor
from ca.enrolment import diagram
from ca.enrolment.approval import Ballot, Case, open_stages, satisfied, seat
from ca.enrolment.errors import ApprovedAlready, ApproverUnfit, RuleInvalid, SecondPersonNeeded
from ca.enrolment.request import Approval, Approver
from ca.enrolment.rule_file import default_rules, read_rules
from ca.enrolment.rules import Matter, Order, Rule, RuleBook, Stage
from ca.enrolment.states import FIRST_STATUS, OPEN, TRANSITIONS, EnrolmentStatus

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GOOD = """
version = "1"
[groups]
lawyers = ["person:a", "person:b"]
[[rule]]
id = "one"
matters = ["new"]
profiles = ["p"]
[[rule.stage]]
id = "review"
needed = 2
group = "lawyers"
substitutes = ["person:c"]
substitutes_after_hours = 24
"""


def test_a_rule_carries_everything_that_it_refers_to() -> None:
    (rule,) = read_rules(GOOD.encode()).rules
    assert rule.stages[0].people == ("person:a", "person:b")
    assert Rule.from_text(rule.text) == rule
    other = read_rules(GOOD.replace("person:b", "person:d").encode()).rules[0]
    assert other.hash != rule.hash, "a change of a group is a change of the rule"


def test_every_default_rule_survives_its_own_text() -> None:
    for rule in default_rules().rules:
        again = Rule.from_text(rule.text)
        assert (again, again.hash) == (rule, rule.hash)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("version = ", "verzion = "), "verzion"),
        (('version = "1"', 'version = ""'), "version"),
        (('matters = ["new"]', "matters = []"), "matters"),
        (('matters = ["new"]', 'matters = ["new", "steal"]'), "matters"),
        (('profiles = ["p"]', 'profiles = ["P!"]'), "profiles"),
        (('profiles = ["p"]', 'profiles = ["p"]\nfoo = 1'), "foo"),
        (('profiles = ["p"]', 'profiles = ["p"]\norder = "any"'), "order"),
        (('profiles = ["p"]', 'profiles = ["p"]\ndeadline_days = 0'), "deadline_days"),
        (('profiles = ["p"]', 'profiles = ["p"]\nsame_key = 1'), "same_key"),
        (('profiles = ["p"]', 'profiles = ["p"]\nchecklist = [{ id = "x" }]'), "zh"),
        (("needed = 2", "needed = 4"), "stage 1"),
        (("needed = 2", "needed = 0"), "needed"),
        (('group = "lawyers"', 'group = "nobody"'), "stage 1"),
        (('group = "lawyers"\n', ""), "stage 1"),
        (('"person:c"', '"li wei"'), "substitutes"),
        (('"person:c"', '"person:c", "person:c"'), "substitutes"),
    ],
)
def test_a_fault_in_the_file_is_named_with_its_place(change: tuple[str, str], where: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(RuleInvalid) as refused:
        read_rules(GOOD.replace(*change).encode())
    assert where in refused.value.en
    assert where in refused.value.zh


@pytest.mark.parametrize("octets", [b"", b"\xff", b"[", b'version = "1"', b"x" * (256 * 1024 + 1)])
def test_what_is_no_file_of_rules(octets: bytes) -> None:
    with pytest.raises(RuleInvalid):
        read_rules(octets)


def test_two_rules_never_decide_the_same() -> None:
    twice = GOOD + GOOD[GOOD.index("[[rule]]") :].replace('id = "one"', 'id = "two"')
    with pytest.raises(RuleInvalid, match="another rule"):
        read_rules(twice.encode())
    with pytest.raises(RuleInvalid, match="stage"):
        read_rules(GOOD[: GOOD.index("[[rule.stage]]")].encode())


def test_the_named_profile_wins_over_any_and_the_strictest_covers_many() -> None:
    lax = Rule("lax", "1", ("new",), ("*",), stages=(Stage("a", 1, "s"),))
    strict = Rule("strict", "1", ("new",), ("p",), stages=(Stage("a", 3, "s"),))
    book = RuleBook("1", (lax, strict))
    assert book.find(Matter.NEW, "p") is strict
    assert book.find(Matter.NEW, "q") is lax
    assert book.covering(Matter.NEW, ["q", "p"]) is strict


def case(*stages: Stage, order: Order = Order.SERIAL) -> Case:
    rule = Rule("r", "1", ("new",), ("*",), order.value, stages)
    later = NOW + timedelta(days=9)
    return Case("c", 1, "d" * 64, Actor("person:requester"), rule, NOW, later, ())


def person(name: str, *scopes: str) -> Approver:
    return Approver(Actor(f"person:{name}"), frozenset(scopes))


def sit(given: Case, who: Approver, at: datetime = NOW, stage: str = "") -> Case:
    approval = seat(given, who, Ballot(given.digest, stage=stage), at)
    return replace(given, approvals=(*given.approvals, approval))


def test_in_series_the_second_stage_waits_for_the_first() -> None:
    given = case(Stage("one", 1, people=("person:a",)), Stage("two", 1, people=("person:b",)))
    assert [stage.id for stage in open_stages(given)] == ["one"]
    with pytest.raises(ApproverUnfit):
        sit(given, person("b"))
    given = sit(given, person("a"))
    assert not satisfied(given)
    assert satisfied(sit(given, person("b")))


def test_in_parallel_any_order_will_do_and_narrow_stages_fill_first() -> None:
    """Whoever fits both sits where only few can: the wide stage stays open for others."""
    wide, narrow = Stage("wide", 1, "ra:approve"), Stage("narrow", 1, "ra:approve", ("person:a",))
    given = case(wide, narrow, order=Order.PARALLEL)
    given = sit(given, person("a", "ra:approve"))
    assert given.approvals[0].stage == "narrow"
    assert satisfied(sit(given, person("b", "ra:approve")))
    chosen = sit(case(wide, narrow, order=Order.PARALLEL), person("a", "ra:approve"), stage="wide")
    assert chosen.approvals[0].stage == "wide"


def test_a_substitute_sits_after_the_wait_and_is_recorded_as_one() -> None:
    given = case(Stage("one", 1, "", ("person:a",), ("person:c",), 24))
    with pytest.raises(ApproverUnfit):
        sit(given, person("c"), NOW + timedelta(hours=23))
    done = sit(given, person("c"), NOW + timedelta(hours=24))
    assert done.approvals[0].substitute
    assert satisfied(done)


def test_I22_two_stages_need_two_people() -> None:
    given = case(Stage("one", 1, "s"), Stage("two", 1, "s"))
    given = sit(given, person("a", "s"))
    with pytest.raises(ApprovedAlready):
        sit(given, person("A", "s"))
    with pytest.raises(SecondPersonNeeded):
        sit(given, person("Requester", "s"))
    assert not satisfied(given)


def test_I22_forged_rows_do_not_satisfy() -> None:
    """Rows put into the table by other means: the requester's own, one person's twice, of another digest."""
    given = case(Stage("one", 2, "s"))

    def row(who: str, digest: str = "d" * 64) -> Approval:
        return Approval(who, "one", False, digest, Actor(who), "", NOW)

    for rows in (
        (row("person:requester"), row("person:a")),
        (row("person:a"), row("person:a")),
        (row("person:a"), row("person:b", "e" * 64)),
        (row("person:a"),),
    ):
        assert not satisfied(replace(given, approvals=rows))
    assert satisfied(replace(given, approvals=(row("person:a"), row("person:b"))))


def test_the_page_on_enrolment_is_fresh() -> None:
    text = (ROOT / "docs/enrolment.md").read_text(encoding="utf-8")
    assert text == diagram.page(text), "run `make docs`"


def test_the_page_draws_every_move_and_no_other() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+): (\w+) ", diagram.drawn(), re.MULTILINE)
    table = [(before, after, act) for act, moves in TRANSITIONS.items() for before, after in moves.items()]
    assert sorted(drawn) == sorted(table)


def test_every_state_is_reached_and_the_final_ones_are_left_by_nothing() -> None:
    reached = {FIRST_STATUS}
    for _ in EnrolmentStatus:
        reached |= {a for moves in TRANSITIONS.values() for b, a in moves.items() if b in reached}
    assert reached == set(EnrolmentStatus)
    assert set(EnrolmentStatus) - OPEN == {
        EnrolmentStatus.DELIVERED,
        EnrolmentStatus.REJECTED,
        EnrolmentStatus.WITHDRAWN,
        EnrolmentStatus.EXPIRED,
    }
