"""Cases against their own table, by two desks on one database: any acts by any people end where the table says (I22, I29)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from api.database.engine import make_engine
from ca.enrolment.approval import Ballot
from ca.enrolment.errors import EnrolmentError
from seals.cases.case import Attachment, Hand, first_break
from seals.cases.desk import UseDesk
from seals.cases.errors import CaseError, UseRefused
from seals.cases.states import TRANSITIONS, UNUSED_ONLY, CaseAct, CaseStatus
from seals.permit import Permit, Permits
from tests.case_world import (
    ANNE,
    BERT,
    CARL,
    CLERK,
    KEEPER,
    PIN,
    REQUESTER,
    CaseWorld,
    book,
    document,
    make_case_world,
)
from tests.conftest import SteppingClock

RULES = book('[[rule]]\nid = "two"\n[[rule.stage]]\nid = "review"\nneeded = 2\nscope = "case:approve"\n')
PEOPLE = (ANNE, BERT, CARL, Hand(REQUESTER.actor, "", ANNE.scopes))
COPIES = 2
people = st.integers(0, len(PEOPLE) - 1)
writers = st.integers(0, 1)


class CaseMachine(RuleBasedStateMachine):
    """One case, two desks. The model knows the table, the approvals that count and the uses."""

    url: str
    steps = 0
    """Invariants looked at in the whole run."""

    @initialize()
    def begin(self) -> None:
        self.clock = SteppingClock()
        engines = [make_engine(self.url) for _ in range(2)]
        self.engines = engines
        self.world: CaseWorld = make_case_world(engines[0], self.clock, RULES)
        for hand in (ANNE, BERT, CARL):
            self.world.enlist(hand)
        audit, keys = self.world.world.audit, self.world.world.keys
        self.desks = [self.world.desk, UseDesk(engines[1], self.clock, audit, RULES, keys=keys)]
        self.permits = [Permits(self.world.registry, desk.uses, self.clock, audit) for desk in self.desks]
        self.seal = self.world.seal()
        self.case = self.world.opened(self.seal, copies=COPIES).id
        self.status, self.approved_by, self.used, self.text = CaseStatus.DRAFT, set[int](), 0, 0
        self.out: Permit | None = None

    def teardown(self) -> None:
        for engine in getattr(self, "engines", []):
            with engine.begin() as conn:
                if engine is self.engines[0]:
                    _empty(conn)
            engine.dispose()

    def _may(self, act: CaseAct) -> bool:
        return self.status in TRANSITIONS[act] and not (act in UNUSED_ONLY and self.used)

    def _went(self, act: CaseAct, done: bool) -> bool:
        """Compare what was done with what the table lets be done, and follow it."""
        assert done == self._may(act), (act, self.status)
        if done:
            self.status = TRANSITIONS[act][self.status]
        return done

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except (CaseError, UseRefused, EnrolmentError):
            return False
        return True

    @rule(writer=writers)
    def amend(self, writer: int) -> None:
        self.text += 1
        request = self.world.request(
            self.seal, copies=COPIES, document=Attachment(document(str(self.text).encode()))
        )
        done = self._try(lambda: self.desks[writer].amend(self.case, request, hand=REQUESTER))
        if self._went(CaseAct.AMEND, done):
            self.approved_by.clear()

    @rule(writer=writers)
    def submit(self, writer: int) -> None:
        self._went(CaseAct.SUBMIT, self._try(lambda: self.desks[writer].submit(self.case, hand=REQUESTER)))

    @rule(writer=writers, who=people)
    def approve(self, writer: int, who: int) -> None:
        case = self.desks[writer].get(self.case)
        desk, hand = self.desks[writer], PEOPLE[who]
        done = self._try(lambda: desk.approve_with_key(self.case, Ballot(case.content), hand=hand, pin=PIN))
        able = self.status is CaseStatus.APPROVING and who < 3 and who not in self.approved_by
        assert done == able
        if done:
            self.approved_by.add(who)
            if len(self.approved_by) == 2:
                self.status = CaseStatus.APPROVED

    @rule(
        writer=writers, act=st.sampled_from([CaseAct.REJECT, CaseAct.WITHDRAW, CaseAct.VOID, CaseAct.CLOSE])
    )
    def end(self, writer: int, act: CaseAct) -> None:
        desk = self.desks[writer]
        doing = {
            CaseAct.REJECT: lambda: desk.reject(self.case, "不同意", hand=ANNE),
            CaseAct.WITHDRAW: lambda: desk.withdraw(self.case, hand=REQUESTER),
            CaseAct.VOID: lambda: desk.void(self.case, "文件有误", hand=CLERK),
            CaseAct.CLOSE: lambda: desk.close(self.case, hand=REQUESTER),
        }[act]
        done = self._try(doing)
        if act is CaseAct.CLOSE and self.status is CaseStatus.IN_USE:
            assert not done  # the desk closes nothing that a permit is out for
            return
        self._went(act, done)

    @rule(writer=writers, other=st.booleans())
    def use(self, writer: int, other: bool) -> None:
        case = self.desks[writer].get(self.case)
        offered = document(b"another") if other else case.request.document.digest

        def grant() -> None:
            warrant = self.world.warrant(self.seal, case_id=self.case, document=offered)
            with self.engines[writer].begin() as conn:
                self.out = self.permits[writer].grant(
                    conn, self.seal.code, document=offered, actor=KEEPER, warrant=warrant
                )

        done = self._try(grant)
        if other:
            assert not done
            if self._may(CaseAct.VOID):
                self.status = CaseStatus.VOIDED
            return
        self._went(CaseAct.USE, done)

    @rule(writer=writers, sealed=st.booleans())
    def settle(self, writer: int, sealed: bool) -> None:
        permit, self.out = self.out, None
        if permit is None:
            return
        with self.engines[writer].begin() as conn:
            if sealed:
                self.permits[writer].consume(conn, permit)
                self.permits[writer].complete(conn, permit.id, actor=KEEPER)
            else:
                self.permits[writer].release(conn, permit.id, actor=KEEPER, outcome="")
        self.used += sealed
        self.status = CaseStatus.CLOSED if self.used == COPIES else CaseStatus.APPROVED

    @rule(days=st.sampled_from([1, 31]), writer=writers)
    def wait(self, days: int, writer: int) -> None:
        deadline = self.desks[writer].get(self.case).deadline
        if self.out is None:
            self.clock.advance(timedelta(days=days))
        self.desks[writer].expire()
        late = deadline is not None and deadline < self.clock()
        if late and self._may(CaseAct.EXPIRE):
            self.status = CaseStatus.EXPIRED

    @invariant()
    def the_case_is_what_the_table_says(self) -> None:
        if not hasattr(self, "case"):
            return
        type(self).steps += 1
        for desk in self.desks:
            lanes = desk.lanes(self.case)
            found = lanes.case
            assert (found.status, found.used) == (self.status, self.used)
            assert found.used <= COPIES
            assert first_break(lanes.entries) is None
            assert {one.person for one in found.approvals} == {
                PEOPLE[who].actor.person for who in self.approved_by
            }


def _empty(conn: sa.Connection) -> None:
    from api.database.schema import METADATA

    for metadata in reversed(METADATA):
        for table in reversed(metadata.sorted_tables):
            if sa.inspect(conn).has_table(table.name):
                conn.execute(table.delete())


@pytest.fixture
def machine(database_url: str, engine: sa.Engine) -> type[CaseMachine]:
    """Give the machine this test's database, whose tables are made."""
    engine.dispose()

    class Machine(CaseMachine):
        url = database_url

    return Machine


def test_I22_I29_any_acts_by_two_desks_end_where_the_table_says(
    machine: type[CaseMachine],
) -> None:
    wanted = settings(
        max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=wanted)
    assert machine.steps > 0
