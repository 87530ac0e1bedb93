"""A process killed by SIGKILL around the signature of an approval and around a permit: nothing half done counts (I20, I22, I29)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.enrolment.approval import Ballot
from seals.cases.desk import UseDesk
from seals.cases.states import CaseStatus
from seals.permit import Permits, PermitState
from seals.seal import SealKind
from seals.store import seal_permit
from tests.case_world import ANNE, KEEPER, PIN, CaseWorld, document, make_case_world
from tests.conftest import SteppingClock
from tests.faults import SIGKILLED, die, in_a_process, kill_at_commit

pytestmark = pytest.mark.crash
APPROVAL = (
    ("before commit 1", False),
    ("after commit 1", False),
    ("intended", False),
    ("signed", False),
    ("before commit 2", False),
    ("after commit 2", True),
)
"""Steps of one approval: the intent, the key, the outcome; and whether it counts afterwards."""


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> CaseWorld:
    made = make_case_world(engine, clock)
    made.enlist(ANNE)
    return made


def killed(
    world: CaseWorld, url: str, step: str, act: Callable[[UseDesk, Permits, sa.Engine], object]
) -> None:
    """Do ``act`` in a process of its own, on connections of its own, which dies at ``step``."""

    def passing(passed: str) -> None:
        if passed == step:
            die()

    def work() -> None:
        engine = make_engine(url)
        audit, clock = world.world.audit, world.world.clock
        book, keys = world.desk.office.book, world.world.keys
        desk = UseDesk(engine, clock, audit, book, keys=keys, passing=passing)
        kill_at_commit(engine, step)
        act(desk, Permits(world.registry, desk.uses, clock, audit), engine)

    assert in_a_process(work, world.engine) == SIGKILLED, step


@pytest.mark.parametrize(("step", "counts"), APPROVAL)
def test_I20_I22_an_approval_counts_wholly_or_not_at_all(
    world: CaseWorld, database_url: str, step: str, counts: bool
) -> None:
    """Killed before or after the key: the case is approved with its record, or waits and is approved anew."""
    case = world.submitted(world.seal(SealKind.FINANCE))
    ballot = Ballot(case.content)
    killed(
        world, database_url, step, lambda desk, *_: desk.approve_with_key(case.id, ballot, hand=ANNE, pin=PIN)
    )
    found = world.desk.lanes(case.id).case
    assert found.status is (CaseStatus.APPROVED if counts else CaseStatus.APPROVING)
    assert len(found.approvals) == int(counts)
    assert ("case.grant" in world.actions(f"case:{case.id}")) == counts
    if not counts:
        assert world.approve(case, ANNE).status is CaseStatus.APPROVED


@pytest.mark.parametrize("step", ["before commit 1", "after commit 1"])
def test_I29_a_permit_and_its_use_are_taken_together(world: CaseWorld, database_url: str, step: str) -> None:
    seal = world.seal(SealKind.FINANCE)
    case = world.approved(seal, ANNE)
    warrant = world.warrant(seal, case_id=case.id)

    def grant(_: UseDesk, permits: Permits, engine: sa.Engine) -> None:
        with engine.begin() as conn:
            permits.grant(conn, seal.code, document=document(), actor=KEEPER, warrant=warrant)

    killed(world, database_url, step, grant)
    taken = step.startswith("after")
    lanes = world.desk.lanes(case.id)
    assert lanes.case.status is (CaseStatus.IN_USE if taken else CaseStatus.APPROVED)
    assert len(lanes.permits) == int(taken)
    with world.engine.begin() as conn:
        states = [row.state for row in conn.execute(sa.select(seal_permit.c.state))]
        assert states == [PermitState.GRANTED.value] * int(taken)
        for permit in lanes.permits:  # what reconciliation does with the permit of a dead process
            world.permits.release(conn, permit, actor=KEEPER, outcome="interrupted")
    assert world.use(seal, case_id=case.id).document == document()
    assert world.desk.get(case.id).status is CaseStatus.CLOSED
