"""One enrolment against its table: random acts by random people, compared with a model after each (I22)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.database.engine import make_engine
from ca.actor import SYSTEM
from ca.certificate import CertificateStatus
from ca.enrolment.approval import Ballot, person_of
from ca.enrolment.errors import EnrolmentError
from ca.enrolment.request import Approver, Delivery
from ca.enrolment.states import TRANSITIONS, EnrolmentAct, EnrolmentStatus, RejectionCode
from tests.conftest import SteppingClock
from tests.enrolment_world import FIRST, RA, REQUESTER, SECOND, SUBJECT, THIRD, make_office, renamed

S, A = EnrolmentStatus, EnrolmentAct
HIMSELF = Approver(REQUESTER, frozenset({RA}))
PEOPLE = st.sampled_from([FIRST, SECOND, THIRD, HIMSELF])
RULES = b"""
version = "machine"
[[rule]]
id = "two"
matters = ["new"]
profiles = ["*"]
order = "serial"
deadline_days = 10
checklist = [{ id = "seen", zh = "\xe5\xb7\xb2\xe6\xa0\xb8\xe5\xaf\xb9", en = "seen" }]
[[rule.stage]]
id = "first"
needed = 1
scope = "ra:approve"
[[rule.stage]]
id = "second"
needed = 1
scope = "ra:approve"
"""


class EnrolmentMachine(RuleBasedStateMachine):
    """The model knows the status, who approved this version, which digests were shown, and the deadline."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.engine = make_engine(f"sqlite:///{folder / 'ca.db'}")
        self.clock = SteppingClock(datetime(2026, 11, 21, tzinfo=UTC))
        self.office = make_office(self.engine, self.clock, folder, RULES)
        self.desk = self.office.desk
        record = self.office.draft(evidence=())
        self.id, self.status, self.version = record.id, S.DRAFT, 1
        self.approved_by: list[str] = []
        self.digests = [record.digest]
        self.deadline: datetime | None = None
        self.edits = 0

    def attempt(self, act: EnrolmentAct, call: Callable[[], object], *, allowed: bool) -> bool:
        """Do it; it must succeed exactly if the table and the people allow it."""
        expected = allowed and self.status in TRANSITIONS[act]
        try:
            call()
            done = True
        except EnrolmentError:
            done = False
        assert done == expected, f"{act} on {self.status}: {done}, expected {expected}"
        return done

    def in_time(self) -> bool:
        return self.deadline is None or self.clock.now <= self.deadline

    @rule()
    def edit(self) -> None:
        self.edits += 1
        subject = renamed(SUBJECT, common_name=f"第{self.edits}版")
        changed = self.office.application(subject=subject, evidence=())
        if self.attempt(A.EDIT, lambda: self.desk.edit(self.id, changed, actor=REQUESTER), allowed=True):
            self.status, self.approved_by = S.DRAFT, []
            self.version += 1
            self.digests.append(self.desk.get(self.id).digest)

    @rule(who=PEOPLE)
    def edit_by(self, who: Approver) -> None:
        if who is HIMSELF:
            return
        changed = self.office.application(evidence=())
        self.attempt(A.EDIT, lambda: self.desk.edit(self.id, changed, actor=who.actor), allowed=False)

    @rule()
    def submit(self) -> None:
        if self.attempt(A.SUBMIT, lambda: self.desk.submit(self.id, actor=REQUESTER), allowed=True):
            self.status = S.SUBMITTED
            self.deadline = self.clock.now + timedelta(days=10)

    @rule(who=PEOPLE, found=st.booleans())
    def check(self, who: Approver, found: bool) -> None:
        def mark() -> object:
            return self.desk.check(self.id, "seen", found=found, remark="说明", by=who)

        if self.attempt(A.CHECK, mark, allowed=who is not HIMSELF):
            self.status = S.APPROVING if found else S.CHECKING

    @rule(who=PEOPLE, stale=st.integers(0, 3))
    def approve(self, who: Approver, stale: int) -> None:
        shown = self.digests[-1] if stale else self.digests[0]
        allowed = (
            who is not HIMSELF
            and person_of(who.actor) not in self.approved_by
            and shown == self.digests[-1]
            and self.in_time()
        )
        if self.attempt(
            A.APPROVE, lambda: self.desk.approve(self.id, Ballot(shown), by=who), allowed=allowed
        ):
            self.approved_by.append(person_of(who.actor))
            if len(self.approved_by) == 2:
                self.status = S.APPROVED
                self.deadline = self.clock.now + timedelta(days=10)

    @rule(who=PEOPLE)
    def reject(self, who: Approver) -> None:
        def refuse() -> object:
            return self.desk.reject(self.id, RejectionCode.OTHER, "不符", by=who)

        if self.attempt(A.REJECT, refuse, allowed=who is not HIMSELF):
            self.status = S.REJECTED

    @rule(who=PEOPLE, chance=st.integers(0, 4))
    def withdraw(self, who: Approver, chance: int) -> None:
        if chance:
            return  # seldom, or no run gets far
        if self.attempt(
            A.WITHDRAW, lambda: self.desk.withdraw(self.id, actor=who.actor), allowed=who is HIMSELF
        ):
            self.status = S.WITHDRAWN

    @rule()
    def issue(self) -> None:
        again = self.status in (S.ISSUED, S.DELIVERED)
        if again:
            assert self.desk.issue(self.id, actor=FIRST.actor).status is self.status
            return
        if self.attempt(A.BEGIN, lambda: self.desk.issue(self.id, actor=FIRST.actor), allowed=True):
            self.status = S.ISSUED

    @rule()
    def deliver(self) -> None:
        how = Delivery("李伟", "当面")
        if self.attempt(A.DELIVER, lambda: self.desk.deliver(self.id, how, actor=FIRST.actor), allowed=True):
            self.status = S.DELIVERED

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))
        self.desk.housekeep(SYSTEM)
        if self.status in TRANSITIONS[A.EXPIRE] and not self.in_time():
            self.status = S.EXPIRED

    @invariant()
    def record_agrees(self) -> None:
        if not hasattr(self, "desk"):
            return
        record = self.desk.get(self.id)
        assert (record.status, record.version) == (self.status, self.version)
        people = [one.person for one in record.approvals]
        assert sorted(people) == sorted(self.approved_by)
        assert len(set(people)) == len(people)
        assert person_of(REQUESTER) not in people
        assert all(one.digest == record.digest for one in record.approvals)
        if record.serial is not None:
            assert len(people) == 2
            made = self.office.world.authority.certificate(record.serial)
            assert made.status is CertificateStatus.ISSUED
            assert record.content.subject.common_name in made.subject
        with self.engine.connect() as conn:
            self.office.world.audit.verify(conn)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()


EnrolmentMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestI22Enrolment = EnrolmentMachine.TestCase


def test_I22_only_approval_leads_to_issuing() -> None:
    """By the table: ``issuing`` is entered from ``approved`` alone, and that by a grant or an approved job alone."""
    into = {
        (act, before)
        for act, moves in TRANSITIONS.items()
        for before, after in moves.items()
        if after is S.ISSUING
    }
    assert into == {(A.BEGIN, S.APPROVED), (A.BEGIN, S.ISSUING)}
    into = {act for act, moves in TRANSITIONS.items() if S.APPROVED in moves.values()}
    assert into == {A.GRANT, A.ADMIT}
    assert set(TRANSITIONS[A.GRANT]) == {S.APPROVING}
    assert set(TRANSITIONS[A.ADMIT]) == {S.DRAFT}
