"""Tricks against permission to use, on both databases: backdated approvals, borrowed keys, crowded lists, unsaid claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.enrolment.approval import Ballot
from ca.enrolment.errors import ApproverUnfit, DeadlinePassed
from ca.enrolment.evidence_files import EvidenceFiles
from hsm.algorithms import Digest
from seals.cases import errors
from seals.cases.approval_form import APPROVAL_TYPE
from seals.cases.case import Attachment, CaseRecord, Hand
from seals.cases.rules import Role
from seals.cases.states import CaseStatus
from seals.seal import SealApplication, SealKind, SealRecord
from tests.case_world import (
    ANNE,
    BOSS,
    CARL,
    CLERK,
    KEEPER,
    OA,
    REQUESTER,
    SECOND,
    CaseWorld,
    book,
    document,
    make_case_world,
)
from tests.conftest import SteppingClock
from tests.pki import make_uscc

ASKED = """
[[rule]]
id = "small"
kinds = ["04"]
classes = ["receipt"]
amount_below = 10000
[[rule]]
id = "asked"
kinds = ["04"]
deadline_days = 1
[[rule.stage]]
id = "one"
needed = 1
people = ["person:anne"]
[[rule.stage.substitute]]
person = "person:carl"
stands_for = "person:anne"
first = {day}
last = {day}
"""


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock(datetime(2026, 3, 2, 15, 50, tzinfo=UTC))  # ten minutes before midnight in Beijing


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> CaseWorld:
    made = make_case_world(engine, clock, book(ASKED.format(day="2026-03-02")))
    for hand in (ANNE, CARL):
        made.enlist(hand)
    made.enlist(BOSS, Role.REPRESENTATIVE)
    return made


@pytest.fixture
def seal(world: CaseWorld) -> SealRecord:
    return world.seal(SealKind.CONTRACT)


def _backdated(world: CaseWorld, case: CaseRecord, hand: Hand, at: datetime) -> str:
    """Sign what was offered at an earlier moment, or is said to have been."""
    payload = world.desk.payload(case.id, Ballot(case.content), hand=hand)
    members = payload.members | {"at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return world.sign(members, hand, APPROVAL_TYPE)


def test_I22_an_approval_is_judged_when_it_is_handed_in(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock
) -> None:
    """A payload may wait a quarter of an hour for its signature; the deadline and a substitute's last day do not."""
    case = world.submitted(seal)
    by_carl = _backdated(world, case, CARL, clock.now)
    clock.advance(timedelta(minutes=14))
    with pytest.raises(ApproverUnfit):  # past midnight his days are over
        world.desk.approve(case.id, by_carl, hand=CARL)
    clock.now = (case.deadline or clock.now) - timedelta(seconds=1)
    in_time = _backdated(world, case, ANNE, clock.now)
    clock.advance(timedelta(minutes=2))
    with pytest.raises(DeadlinePassed):
        world.desk.approve(case.id, in_time, hand=ANNE)
    assert world.desk.get(case.id).status is CaseStatus.APPROVING


def test_an_approval_with_a_certificate_that_ran_out_meanwhile_counts_for_nothing(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock
) -> None:
    clock.advance(timedelta(days=364, hours=12))
    case = world.submitted(seal)
    held = x509.load_der_x509_certificate(world.certificates[ANNE.actor.person].der)
    clock.now = held.not_valid_after_utc - timedelta(seconds=1)
    assert case.deadline is not None
    assert clock.now < case.deadline
    signed = _backdated(world, case, ANNE, clock.now)
    clock.advance(timedelta(minutes=2))
    with pytest.raises(errors.SignerUnfit):
        world.desk.approve(case.id, signed, hand=ANNE)


def test_no_approval_is_older_than_the_submission(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock
) -> None:
    clock.advance(timedelta(hours=1))
    case = world.submitted(seal)
    early = _backdated(world, case, ANNE, clock.now - timedelta(minutes=5))
    with pytest.raises(errors.ApprovalInvalid):
        world.desk.approve(case.id, early, hand=ANNE)


OTHER = make_uscc("91110108MA01C8QX6")
STRANGER = Hand(Actor("person:stranger", "别家", OTHER), "key:99999999", frozenset({"case:request"}))


def _foreign_seal(world: CaseWorld) -> SealRecord:
    world.world.enterprises.register(OTHER, "别家有限公司", actor=CLERK.actor)
    return world.registry.apply(
        SealApplication(OTHER, SealKind.CONTRACT, STRANGER.actor.id), actor=STRANGER.actor
    )


def test_another_enterprise_cannot_crowd_a_document_out_of_sight(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock
) -> None:
    ours = world.opened(seal)
    foreign = _foreign_seal(world)
    clock.advance(timedelta(seconds=1))
    for _ in range(51):
        world.opened(foreign, by=STRANGER)
    shown = world.desk.lanes_of(str(document()), ours.owner_uscc)
    assert [one.case.id for one in shown] == [ours.id]
    assert len(world.desk.lanes_of(str(document()))) == 50


def test_a_request_key_is_the_callers_own(world: CaseWorld, seal: SealRecord) -> None:
    """What another enterprise named "1" is neither in the way nor told of."""
    ours = world.desk.open(world.request(seal), request_key="1", hand=REQUESTER)
    foreign = _foreign_seal(world)
    theirs = world.desk.open(world.request(foreign), request_key="1", hand=STRANGER)
    assert theirs.id != ours.id
    assert world.desk.open(world.request(seal), request_key="1", hand=REQUESTER).id == ours.id
    first = world.desk.standing.request(world.grantee(seal), request_key="1", hand=REQUESTER)
    other = world.grantee(foreign, app=replace(OA, uscc=OTHER))
    assert world.desk.standing.request(other, request_key="1", hand=STRANGER).id != first.id


def test_what_a_keeper_claimed_stands_on_the_record(world: CaseWorld, seal: SealRecord) -> None:
    """The class and the amount that let a rule ask nobody, or a standing authorisation cover the use, can be read later."""
    permit = world.use(seal, document_class="receipt", amount=9_999)
    case = world.desk.get(permit.warrant.case_id)
    assert (case.rule.id, case.request.document_class, case.request.amount) == ("small", "receipt", 9_999)
    world.standing(seal)
    by_app = world.use(seal, OA, document=Digest.parse(f"sha256:{'0' * 64}"), document_class="receipt")
    assert world.desk.get(by_app.warrant.case_id).request.document_class == "receipt"


def test_a_standing_authorisation_ends_at_its_end_also_between_permit_and_key(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock
) -> None:
    world.standing(seal, ends=clock.now + timedelta(minutes=5))
    clock.advance(timedelta(minutes=5))
    at_the_end = world.granted(seal, OA, document_class="receipt")
    with world.engine.begin() as conn:
        world.permits.consume(conn, at_the_end)
    late = world.granted(seal, OA, document_class="receipt")
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(errors.StandingEnded), world.engine.begin() as conn:
        world.permits.consume(conn, late)


@pytest.mark.parametrize("ahead", [1, 365 * 7973])
def test_no_standing_authorisation_ends_more_than_three_years_ahead(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock, ahead: int
) -> None:
    """Neither by beginning late nor by an end that no calendar has in UTC."""
    begins = clock.now + timedelta(days=ahead)
    asked = world.grantee(seal, begins=begins, ends=begins + timedelta(days=1096))
    with pytest.raises(errors.CaseFieldInvalid, match="ends"):
        world.desk.standing.request(asked, request_key="late", hand=REQUESTER)


def test_the_name_of_a_document_stays_as_it_was_approved(
    world: CaseWorld, seal: SealRecord, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world.desk._files = EvidenceFiles(tmp_path_factory.mktemp("files"))
    case = world.opened(seal, document=Attachment(document(), "采购合同.pdf"))
    world.desk.submit(case.id, hand=REQUESTER)
    kept = world.desk.attach(case.id, b"a contract", "对外担保.pdf", hand=REQUESTER)
    assert (kept.request.document.kept, kept.request.document.name) == (True, "采购合同.pdf")


def test_I22_a_second_person_is_a_person(world: CaseWorld) -> None:
    """An application that holds the officer's right confirms nobody's certificate."""
    issued = world.certify(KEEPER_HAND)
    asked = world.desk.signers.register(issued.der, KEEPER, Role.APPROVER, hand=SECOND)
    with pytest.raises(errors.SignerSecondPerson):
        world.desk.signers.confirm(asked.certificate_sha256, hand=Hand(OA, "key:12121212"))


KEEPER_HAND = Hand(KEEPER, "key:ffffffff")


def test_a_colleague_cannot_close_a_case_that_is_not_theirs(world: CaseWorld, seal: SealRecord) -> None:
    case = world.approved(seal, ANNE)
    for colleague in (CLERK, ANNE):
        with pytest.raises(errors.NotYourCase):
            world.desk.close(case.id, hand=Hand(colleague.actor, "key:x"))
    assert world.desk.get(case.id).status is CaseStatus.APPROVED
    overseer = Hand(CLERK.actor, "key:y", frozenset({"seal:authorise"}))
    assert world.desk.close(case.id, hand=overseer).status is CaseStatus.CLOSED
