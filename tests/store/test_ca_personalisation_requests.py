"""I22 at the chip: nobody makes one alone, and nothing is put on it but what other people approved (A4, B3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.enrolment.approval import Ballot
from ca.enrolment.errors import (
    ApprovedAlready,
    ApproverUnfit,
    ContentChanged,
    DeadlinePassed,
    RejectionReasonNeeded,
    RuleMissing,
    SecondPersonNeeded,
)
from ca.enrolment.request import Approver
from ca.enrolment.rule_file import read_rules
from ca.store import audit
from ca.tokens.errors import (
    PersonalisationNotApproved,
    PersonalisationUnasked,
    ProcedureRefused,
    RequestActRefused,
    TokenFieldInvalid,
)
from ca.tokens.plan import PersonalisationPlan
from ca.tokens.request import RequestStatus
from ca.tokens.requests import PersonalisationRequests
from ca.tokens.state import TokenState
from ca.tokens.store import token_procedure, token_request
from ca.tokens.token import Holder
from tests.conftest import SteppingClock
from tests.pki import USCC
from tests.token_world import ANNE, BERT, CARL, DORA, FIVE, TokenWorld, make_token_world, reviewer

PARTS = FIVE[:1]
TWO_IN_SERIES = b"""
version = "t"
[[rule]]
id = "personalise"
matters = ["personalise"]
profiles = ["*"]
[[rule.stage]]
id = "review"
needed = 2
scope = "ra:approve"
[[rule.stage]]
id = "release"
needed = 1
people = ["person:dora"]
"""


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> TokenWorld:
    made = make_token_world(engine, clock, tmp_path)
    made.new()
    return made


@pytest.fixture
def plan(world: TokenWorld) -> PersonalisationPlan:
    return world.plan(parts=PARTS)


def actions(world: TokenWorld) -> list[str]:
    """Return the audit trail's words on personalisation, oldest first."""
    with world.engine.connect() as conn:
        found = conn.scalars(sa.select(audit.c.action).order_by(audit.c.number)).all()
    return [each.removeprefix("token.personalisation_") for each in found if "personalisation_" in each]


def test_I22_no_chip_is_made_without_another_persons_approval(
    world: TokenWorld, plan: PersonalisationPlan
) -> None:
    with pytest.raises(PersonalisationUnasked):
        world.personalisation.run("C1", actor=ANNE)
    asked = world.requests.ask(plan, actor=ANNE)
    assert world.requests.ask(plan, actor=CARL) == asked
    with pytest.raises(PersonalisationNotApproved):
        world.personalisation.run("C1", actor=BERT)
    ballot = Ballot(asked.digest)
    for same in ("person:anne", "person:ANNE", "person:ａｎｎｅ", " person:anne".strip() + " "):
        with pytest.raises(SecondPersonNeeded):
            world.requests.approve("C1", ballot, by=reviewer(Actor(same)))
    with pytest.raises(SecondPersonNeeded):
        world.requests.approve("C1", ballot, by=reviewer(Actor("app:robot")))
    with pytest.raises(ApproverUnfit):
        world.requests.approve("C1", ballot, by=Approver(BERT))
    assert world.registry.get("C1").state is TokenState.UNINITIALISED
    assert world.requests.approve("C1", ballot, by=reviewer(BERT)).status is RequestStatus.APPROVED
    assert world.personalisation.run("C1", actor=ANNE).state is TokenState.PERSONALISED
    assert world.requests.get("C1").status is RequestStatus.USED
    with pytest.raises(RequestActRefused):
        world.requests.approve("C1", ballot, by=reviewer(CARL))
    assert actions(world) == ["asked", "approved", "begun"]


def test_I22_another_plan_is_a_new_request_without_approvals(
    world: TokenWorld, plan: PersonalisationPlan
) -> None:
    before = world.approved(plan)
    changed = world.plan(parts=PARTS, days=399)
    now = world.requests.ask(changed, actor=ANNE)
    assert (now.status, now.approvals, now.id == before.id) == (RequestStatus.ASKED, (), False)
    with pytest.raises(PersonalisationNotApproved):
        world.personalisation.run("C1", actor=ANNE)
    with pytest.raises(ContentChanged):
        world.requests.approve("C1", Ballot(before.digest), by=reviewer(BERT))
    assert world.requests.ask(plan, actor=ANNE).approvals == ()
    assert actions(world) == ["asked", "approved", "superseded", "asked", "superseded", "asked"]


@pytest.mark.parametrize("column", ["plan", "content"])
def test_I22_a_plan_changed_behind_the_desk_is_not_carried_out(
    world: TokenWorld, plan: PersonalisationPlan, column: str
) -> None:
    request = world.approved(plan)
    other = world.plan(parts=PARTS, days=399)
    text = other.to_json() if column == "plan" else request.content.replace('"days":100', '"days":399')
    assert text != (request.plan_text if column == "plan" else request.content)
    with world.engine.begin() as conn:
        conn.execute(token_request.update().values({column: text}))
    with pytest.raises((ContentChanged, PersonalisationNotApproved)):
        world.personalisation.run("C1", actor=ANNE)
    with world.engine.connect() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(token_procedure)) == 0


def test_I22_approvals_taken_away_behind_the_desk_are_missed(
    world: TokenWorld, plan: PersonalisationPlan
) -> None:
    world.approved(plan)
    with world.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM enrolment_approval"))
    with pytest.raises(PersonalisationNotApproved):
        world.personalisation.run("C1", actor=ANNE)


def test_I22_the_holders_name_is_part_of_what_was_approved(
    world: TokenWorld, plan: PersonalisationPlan
) -> None:
    world.approved(plan)
    world.pki.enterprises.rename(USCC, "测试云印（更名）有限公司", actor=ANNE)
    with pytest.raises(ContentChanged):
        world.personalisation.run("C1", actor=ANNE)
    world.approved(plan)
    assert world.personalisation.run("C1", actor=ANNE).state is TokenState.PERSONALISED


def test_I22_rules_are_data_two_reviewers_then_a_named_person(
    world: TokenWorld, plan: PersonalisationPlan, clock: SteppingClock
) -> None:
    strict = PersonalisationRequests(
        world.engine, clock, world.pki.audit, world.registry, read_rules(TWO_IN_SERIES)
    )
    ballot = Ballot(strict.ask(plan, actor=ANNE).digest)
    with pytest.raises(ApproverUnfit):
        strict.approve("C1", ballot, by=Approver(DORA))
    strict.approve("C1", ballot, by=reviewer(BERT))
    with pytest.raises(ApprovedAlready):
        strict.approve("C1", ballot, by=reviewer(Actor("person:BERT")))
    assert strict.approve("C1", ballot, by=reviewer(CARL)).status is RequestStatus.ASKED
    with pytest.raises(PersonalisationNotApproved):
        world.personalisation.run("C1", actor=ANNE)
    assert strict.approve("C1", ballot, by=Approver(DORA)).status is RequestStatus.APPROVED
    assert world.personalisation.run("C1", actor=ANNE).state is TokenState.PERSONALISED
    lacking = read_rules(TWO_IN_SERIES.replace(b'profiles = ["*"]', b'profiles = ["person-sign"]'))
    with pytest.raises(RuleMissing):
        PersonalisationRequests(world.engine, clock, world.pki.audit, world.registry, lacking).ask(
            replace(plan, serial=world.new("C2").serial), actor=ANNE
        )


def test_a_request_is_turned_down_with_a_reason_and_lapses(
    world: TokenWorld, plan: PersonalisationPlan, clock: SteppingClock
) -> None:
    world.requests.ask(plan, actor=ANNE)
    with pytest.raises(RejectionReasonNeeded):
        world.requests.reject("C1", " ", by=reviewer(BERT))
    with pytest.raises(SecondPersonNeeded):
        world.requests.reject("C1", "不", by=reviewer(ANNE))
    assert world.requests.reject("C1", "名称不符", by=reviewer(BERT)).reason == "名称不符"
    with pytest.raises(PersonalisationNotApproved):
        world.personalisation.run("C1", actor=ANNE)
    again = world.approved(plan)
    clock.advance(again.rule.deadline + timedelta(seconds=1))
    with pytest.raises(DeadlinePassed):
        world.personalisation.run("C1", actor=ANNE)
    assert world.requests.ask(plan, actor=ANNE).id != again.id


def test_a_chip_that_was_begun_or_has_no_holder_is_not_asked_for(
    world: TokenWorld, plan: PersonalisationPlan
) -> None:
    world.personalise(plan)
    with pytest.raises(ProcedureRefused):
        world.requests.ask(plan, actor=ANNE)
    world.new("C2", holder=Holder())
    with pytest.raises(TokenFieldInvalid):
        world.requests.ask(world.plan("C2", parts=PARTS), actor=ANNE)
    world.new("C3")
    world.registry.damage("C3", actor=ANNE, reason="破损")
    with pytest.raises(ProcedureRefused):
        world.requests.ask(world.plan("C3", parts=PARTS), actor=ANNE)
