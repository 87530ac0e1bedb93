"""What a restoration must not do: bring back what ended, or use evidence that is older than the backup (I4, I11, I31)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, CertificateStatus, RevocationReason, SubjectName
from ca.enrolment.approval import Ballot
from ca.enrolment.errors import EnrolmentActRefused
from ca.enrolment.states import EnrolmentStatus
from ca.restoration import ListMerged, merge_list
from ca.status.crl import CrlPublisher
from ca.store import certificate
from ca.tokens.errors import PersonalisationNotApproved
from ca.tokens.state import TokenState
from ca.unfinished import end_unfinished
from tests.conftest import SteppingClock
from tests.enrolment_world import FIRST, make_office
from tests.pki import CLERK, COMPANY, SECOND, USCC, World, make_world, new_key
from tests.token_world import ANNE, FIVE, make_token_world


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    made = make_world(engine, clock)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    return made


@pytest.fixture
def publisher(world: World) -> CrlPublisher:
    return CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)


def issued(world: World) -> int:
    request = CertificateRequest(
        "enterprise-seal", SubjectName(COMPANY, COMPANY, USCC), new_key().public_key()
    )
    return world.authority.issue(request, request_key="one", actor=CLERK).serial


def merged(world: World, clock: SteppingClock, der: bytes) -> ListMerged:
    with world.engine.begin() as conn:
        return merge_list(conn, der, at=clock(), actor=SYSTEM, audit=world.audit)


def test_I11_a_list_from_before_the_lifting_of_a_hold_holds_nothing_again(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    """A hold is lifted once in a life: set again by an old copy of the list, it would stand for ever."""
    serial = issued(world)
    world.authority.revoke(serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    old = publisher.publish("issuing", actor=SYSTEM).der
    clock.advance(timedelta(hours=1))
    world.authority.release(serial, actor=SECOND)
    assert merged(world, clock, old).revoked == ()
    assert world.authority.certificate(serial).status is CertificateStatus.ISSUED


def test_I31_a_final_revocation_is_in_force_again_also_where_a_hold_was_lifted(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    serial = issued(world)
    world.authority.revoke(serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    world.authority.release(serial, actor=SECOND)
    here = certificate.c.serial == serial
    with world.engine.connect() as conn:
        backup = dict(conn.execute(sa.select(certificate).where(here)).mappings().one())
    clock.advance(timedelta(hours=1))
    world.authority.revoke(serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    new = publisher.publish("issuing", actor=SYSTEM).der
    with world.engine.begin() as conn:
        conn.execute(certificate.update().where(here).values(backup))
    assert world.authority.certificate(serial).status is CertificateStatus.ISSUED
    assert merged(world, clock, new).revoked == (serial,)
    assert world.authority.certificate(serial).reason is RevocationReason.KEY_COMPROMISE


def test_I4_what_was_handed_in_needs_fresh_approvals(
    engine: sa.Engine, clock: SteppingClock, tmp_path: Path
) -> None:
    """It may have been approved and issued since the backup: votes of before do not issue it a second time."""
    office = make_office(engine, clock, tmp_path)
    draft = office.draft()
    open_ones = [office.submitted(), office.checked(), office.approved()]
    done = office.issued()
    with office.engine.begin() as conn:
        assert end_unfinished(conn, clock.now)["enrolments"] == 3
    for one in open_ones:
        assert office.desk.get(one.id).status is EnrolmentStatus.FAILED
        with pytest.raises(EnrolmentActRefused):
            office.desk.approve(one.id, Ballot(one.digest), by=FIRST)
    assert office.desk.get(draft.id).status is EnrolmentStatus.DRAFT
    assert office.desk.get(done.id).status is EnrolmentStatus.ISSUED


def test_I22_an_approved_personalisation_is_approved_afresh(
    engine: sa.Engine, clock: SteppingClock, tmp_path: Path
) -> None:
    """The chip may have been made since the backup: the plan of before makes no second one."""
    world = make_token_world(engine, clock, tmp_path)
    world.new()
    plan = world.plan(parts=FIVE[:1])
    world.approved(plan)
    with world.engine.begin() as conn:
        assert end_unfinished(conn, clock.now)["personalisations"] == 1
    with pytest.raises(PersonalisationNotApproved):
        world.personalisation.run("C1", actor=ANNE)
    assert world.personalise(plan).state is TokenState.PERSONALISED
