"""Standing authorisations on both databases: signed, counted exactly once, ended at once (C8, I20, I22, I29)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.certificate import RevocationReason
from ca.enrolment.errors import SecondPersonNeeded
from seals.cases import errors
from seals.cases.case import Hand
from seals.cases.rules import Role
from seals.cases.standing import STANDING_TYPE, payload_of
from seals.cases.standing_store import StandingStatus
from seals.cases.states import CaseStatus
from seals.cases.warrant import Ground
from seals.permit import Permit
from seals.seal import SealKind, SealRecord
from tests.case_world import (
    ANNE,
    BOSS,
    CLERK,
    OA,
    PIN,
    REQUESTER,
    SECOND,
    CaseWorld,
    document,
    make_case_world,
)
from tests.conftest import SteppingClock

RECEIPT = {"document_class": "receipt"}


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> CaseWorld:
    made = make_case_world(engine, clock)
    made.enlist(BOSS, Role.REPRESENTATIVE)
    return made


@pytest.fixture
def seal(world: CaseWorld) -> SealRecord:
    return world.seal(SealKind.FINANCE)


def test_C8_an_application_seals_under_a_signed_authorisation(world: CaseWorld, seal: SealRecord) -> None:
    """C8: named seal, application, class and end; the use has a case with its three lanes."""
    with pytest.raises(errors.ApprovalNeeded):
        world.warrant(seal, OA, **RECEIPT)
    one = world.standing(seal)
    assert (one.status, one.signed_by) == (StandingStatus.EFFECTIVE, BOSS.actor.id)
    permit = world.use(seal, OA, **RECEIPT)
    assert (permit.warrant.ground, permit.warrant.standing) == (Ground.STANDING, one.id)
    case = world.desk.get(permit.warrant.case_id)
    assert (case.status, case.used, case.standing) == (CaseStatus.CLOSED, 1, one.id)
    assert world.desk.standing.get(one.id).used == 1
    spelt = replace(OA, id="APP:OA")
    assert world.warrant(seal, spelt, **RECEIPT).standing == one.id
    with pytest.raises(errors.ApprovalNeeded):
        world.warrant(seal, OA, document_class="contract")
    with pytest.raises(errors.ApprovalNeeded):
        world.warrant(seal, Actor("app:other", "", OA.uscc), **RECEIPT)


def test_C8_ended_at_once_also_between_permit_and_key(world: CaseWorld, seal: SealRecord) -> None:
    one = world.standing(seal)
    permit, ready = world.granted(seal, OA, **RECEIPT), world.warrant(seal, OA, **RECEIPT)
    with pytest.raises(errors.CaseReasonNeeded):
        world.desk.standing.delete(one.id, "", hand=CLERK)
    world.desk.standing.delete(one.id, "应用下线", hand=CLERK)
    with pytest.raises(errors.ApprovalNeeded):
        world.warrant(seal, OA, **RECEIPT)
    with pytest.raises(errors.StandingEnded), world.engine.begin() as conn:
        world.permits.grant(conn, seal.code, document=document(), actor=OA, warrant=ready)
    with pytest.raises(errors.StandingEnded), world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    world.release(permit)
    assert world.desk.standing.get(one.id).used == 0


def test_I29_the_quota_is_counted_once_and_given_back(world: CaseWorld, seal: SealRecord) -> None:
    one = world.standing(seal, quota=2)
    lost = world.granted(seal, OA, **RECEIPT)
    world.use(seal, OA, **RECEIPT)
    with pytest.raises(errors.StandingUsedUp):
        world.warrant(seal, OA, **RECEIPT)
    world.release(lost)
    assert world.desk.standing.get(one.id).used == 1
    world.use(seal, OA, **RECEIPT)
    with pytest.raises(errors.StandingUsedUp):
        world.warrant(seal, OA, **RECEIPT)


def test_a_day_has_its_own_quota(world: CaseWorld, seal: SealRecord, clock: SteppingClock) -> None:
    world.standing(seal, per_day=1)
    world.use(seal, OA, **RECEIPT)
    with pytest.raises(errors.StandingUsedUp):
        world.warrant(seal, OA, **RECEIPT)
    clock.advance(timedelta(days=1))
    world.use(seal, OA, **RECEIPT)


def _together(*acts: Callable[[], Permit]) -> list[Permit | Exception]:
    def caught(act: Callable[[], Permit]) -> Permit | Exception:
        try:
            return act()
        except errors.UseRefused as lost:
            return lost

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(caught, acts))


@pytest.mark.parametrize("per_day", [0, 1])
def test_I29_two_workers_race_for_the_last_use(world: CaseWorld, seal: SealRecord, per_day: int) -> None:
    """Both hold a warrant judged good; one gets the permit, the other is told that the quota is used up."""
    one = world.standing(seal, quota=1 if per_day == 0 else 3, per_day=per_day)
    warrants = [world.warrant(seal, OA, **RECEIPT) for _ in range(4)]

    def grant(number: int) -> Permit:
        warrant = warrants[number]
        with world.engine.begin() as conn:
            return world.permits.grant(conn, seal.code, document=document(), actor=OA, warrant=warrant)

    results = _together(*[lambda number=number: grant(number) for number in range(4)])
    assert sum(isinstance(result, Permit) for result in results) == 1
    assert sum(isinstance(result, errors.StandingUsedUp) for result in results) == 3
    assert world.desk.standing.get(one.id).used == 1


def test_I29_two_workers_race_for_one_approved_copy(world: CaseWorld, seal: SealRecord) -> None:
    world.enlist(ANNE)
    case = world.approved(seal, ANNE)
    warrants = [world.warrant(seal, case_id=case.id) for _ in range(3)]

    def grant(number: int) -> Permit:
        from tests.case_world import KEEPER

        with world.engine.begin() as conn:
            return world.permits.grant(
                conn, seal.code, document=document(), actor=KEEPER, warrant=warrants[number]
            )

    results = _together(*[lambda number=number: grant(number) for number in range(3)])
    assert sum(isinstance(result, Permit) for result in results) == 1
    assert len(world.desk.lanes(case.id).permits) == 1


def test_I22_only_another_person_who_represents_the_owner_signs(world: CaseWorld, seal: SealRecord) -> None:
    world.enlist(ANNE)
    desk = world.desk.standing
    own = desk.request(world.grantee(seal), request_key="own", hand=BOSS)
    with pytest.raises(SecondPersonNeeded):
        desk.sign(own.id, world.sign(payload_of(own), BOSS, STANDING_TYPE), hand=BOSS)
    one = desk.request(world.grantee(seal), request_key="one", hand=REQUESTER)
    with pytest.raises(errors.SignerMissing):
        desk.sign(one.id, world.sign(payload_of(one), ANNE, STANDING_TYPE), hand=ANNE)
    with pytest.raises(errors.SignerMissing):  # somebody else hands it in
        desk.sign(one.id, world.sign(payload_of(one), BOSS, STANDING_TYPE), hand=SECOND)
    for changed in ({"quota": 99}, {"app": "app:x"}, {"ends": "2099-01-01T00:00:00.000000Z"}):
        with pytest.raises(errors.ApprovalInvalid):
            desk.sign(one.id, world.sign(payload_of(one) | changed, BOSS, STANDING_TYPE), hand=BOSS)
    assert desk.get(one.id).status is StandingStatus.PENDING
    assert desk.sign_with_key(one.id, hand=BOSS, pin=PIN).status is StandingStatus.EFFECTIVE
    with pytest.raises(errors.CaseActRefused):
        desk.sign_with_key(one.id, hand=BOSS, pin=PIN)
    assert world.actions(f"standing:{one.id}") == [
        "standing.requested",
        "standing.signing",
        "standing.effective",
    ]


def test_it_ends_in_time_and_with_the_representative(
    world: CaseWorld, seal: SealRecord, clock: SteppingClock
) -> None:
    short = world.standing(seal, ends=clock() + timedelta(days=1))
    clock.advance(timedelta(days=2))
    with pytest.raises(errors.StandingEnded):
        world.warrant(seal, OA, **RECEIPT)
    assert world.desk.expire() == 1
    assert world.desk.standing.get(short.id).status is StandingStatus.EXPIRED
    world.standing(seal)
    issued = world.certificates["person:boss"]
    world.world.authority.revoke(
        issued.serial, RevocationReason.KEY_COMPROMISE, issuer=issued.issuer, actor=CLERK.actor
    )
    with pytest.raises(errors.StandingEnded):
        world.warrant(seal, OA, **RECEIPT)


def test_bad_requests_name_the_member(world: CaseWorld, seal: SealRecord, clock: SteppingClock) -> None:
    desk, now = world.desk.standing, clock()
    good = world.grantee(seal)
    for member, changes in (
        ("app", {"app": Actor("person:x")}),
        ("classes", {"classes": ()}),
        ("classes", {"classes": ("a", "a")}),
        ("classes", {"classes": ("a\n",)}),
        ("quota", {"quota": 0}),
        ("quota", {"quota": 10**9}),
        ("per_day", {"per_day": 4}),
        ("ends", {"ends": now}),
        ("ends", {"ends": now + timedelta(days=1097)}),
        ("ends", {"begins": now + timedelta(days=3), "ends": now + timedelta(days=2)}),
    ):
        with pytest.raises(errors.CaseFieldInvalid) as refused:
            desk.request(replace(good, **changes), request_key="bad", hand=REQUESTER)
        assert refused.value.field == member
    one = desk.request(good, request_key="k", hand=REQUESTER)
    assert desk.request(good, request_key="k", hand=REQUESTER) == one
    with pytest.raises(errors.CaseKeyTaken):
        desk.request(replace(good, quota=2), request_key="k", hand=REQUESTER)
    with pytest.raises(errors.CaseUnknown):
        desk.sign("x" * 40, "", hand=Hand(Actor("person:x")))
