"""Random acts of shops, officers and owners: job and seal never stand apart, and nobody files what they made (I20, I22)."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.database.engine import make_engine
from api.database.schema import METADATA
from ca.actor import Actor
from hsm.spoken import SpokenError
from seals.filing.job import JobAct, JobStatus
from seals.seal import SealStatus
from tests.conftest import SteppingClock
from tests.filing_world import (
    APPLICANT,
    APPROVER,
    COUNTER,
    ENGRAVER,
    LETTER,
    MESSENGER,
    OFFICER,
    OTHER_ENGRAVER,
    RECEIPT,
    FilingWorld,
    make_filing_world,
)
from tests.token_world import CARL, make_token_world

TOGETHER = {
    JobStatus.OPEN: {SealStatus.MAKING},
    JobStatus.TAKEN: {SealStatus.MAKING},
    JobStatus.MADE: {SealStatus.MADE},
    JobStatus.PERSONALISED: {SealStatus.PERSONALISED},
    JobStatus.OFFERED: {SealStatus.AWAITING},
    JobStatus.DELIVERED: {SealStatus.DELIVERED},
    JobStatus.RETURNED: {SealStatus.RETURNED},
    JobStatus.FILED: {SealStatus.ACTIVE},
    JobStatus.CLOSED: {SealStatus.CLOSED, SealStatus.REVOKED},
}
"""What a job's state says of its seal; a frozen or revoked seal stands apart until somebody goes on or closes."""
AT_SHOPS = st.sampled_from((ENGRAVER, ENGRAVER, ENGRAVER, COUNTER, OTHER_ENGRAVER, OFFICER, APPLICANT))
AT_THE_OFFICE = st.sampled_from(
    (OFFICER, OFFICER, CARL, ENGRAVER, COUNTER, APPLICANT, Actor(ENGRAVER.id.upper()))
)


class Filing(RuleBasedStateMachine):
    """One seal, one chip, everybody who may and everybody who may not."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="yinxin-filing-")
        place = Path(self.folder.name)
        self.clock = SteppingClock()
        self.engine = make_engine(f"sqlite:///{place / 'yinxin.db'}")
        with self.engine.begin() as conn:
            for metadata in METADATA:
                metadata.create_all(conn)
        self.world: FilingWorld = make_filing_world(make_token_world(self.engine, self.clock, place), place)
        self.chip = self.world.chip()
        self.certificate = self.world.certificate()
        self.job = self.world.ordered()

    def attempt(self, act: Any, *arguments: Any, **named: Any) -> None:
        self.clock.advance(timedelta(minutes=1))
        try:
            act(*arguments, **named)
        except SpokenError as wrong:
            if not (wrong.zh and wrong.en):
                raise AssertionError(f"{wrong!r} says nothing to people") from wrong

    @rule(who=AT_SHOPS)
    def take(self, who: Actor) -> None:
        self.attempt(self.world.desk.workshop.take, self.job.id, actor=who)

    @rule(who=AT_SHOPS)
    def scan_and_make(self, who: Actor) -> None:
        self.attempt(
            self.world.desk.workshop.upload_imprint, self.job.id, self.world.scan(self.job), actor=who
        )
        self.attempt(self.world.desk.workshop.make, self.job.id, actor=who)

    @rule(who=AT_SHOPS, right=st.booleans())
    def prove(self, who: Actor, right: bool) -> None:
        try:
            asked = self.world.desk.chip.challenge(self.job.id, self.chip, actor=who)
        except SpokenError:
            return
        signed = self.world.signer(self.chip).sign(asked.message if right else b"something else")
        self.attempt(self.world.desk.chip.answer, self.job.id, asked.id, signed, actor=who)

    @rule(who=AT_SHOPS)
    def offer_and_deliver(self, who: Actor) -> None:
        self.attempt(self.world.desk.workshop.offer, self.job.id, actor=who)
        papers = {"receipt": RECEIPT, "letter": LETTER}
        self.attempt(self.world.desk.workshop.deliver, self.job.id, MESSENGER, **papers, actor=who)

    @rule(who=AT_THE_OFFICE)
    def accept(self, who: Actor) -> None:
        self.attempt(self.world.desk.office.accept, self.job.id, certificate=self.certificate, actor=who)

    @rule(who=AT_THE_OFFICE)
    def send_back(self, who: Actor) -> None:
        self.attempt(self.world.desk.office.return_, self.job.id, code="R01", reason="不符", actor=who)

    @rule(who=AT_SHOPS)
    def rework(self, who: Actor) -> None:
        self.attempt(self.world.desk.workshop.rework, self.job.id, actor=who, reason="重做")

    @rule()
    def lose(self) -> None:
        self.attempt(self.world.tokens.seals.freeze, self.job.seal, actor=APPLICANT, reason="丢失")

    @rule()
    def bring_back(self) -> None:
        self.attempt(self.world.tokens.seals.request_resume, self.job.seal, actor=APPLICANT)
        self.attempt(self.world.tokens.seals.confirm_resume, self.job.seal, actor=APPROVER)

    @rule(months=st.integers(0, 2))
    def wait(self, months: int) -> None:
        self.clock.advance(timedelta(days=40 * months))
        self.world.desk.housekeep(CARL)

    @invariant()
    def job_and_seal_stand_together(self) -> None:
        seal, job = self.world.seal(self.job), self.world.status(self.job)
        status = seal.frozen_from if seal.status is SealStatus.FROZEN else seal.status
        assert status in TOGETHER[job], (job, seal.status)

    @invariant()
    def nobody_files_what_they_made(self) -> None:
        """I22: of a filed seal, officer, applicant and the shop's people are different persons."""
        events = self.world.desk.office.get(self.job.id, actor=OFFICER).events
        filed = [event.actor for event in events if event.act is JobAct.ACCEPT]
        made = {
            event.actor for event in events if event.act in (JobAct.MAKE, JobAct.PERSONALISE, JobAct.DELIVER)
        }
        assert not made & set(filed)
        assert APPLICANT.id not in filed
        acts = [record for record in self.world.audit() if record.subject == f"job:{self.job.id}"]
        moved = [record for record in acts if record.action.removeprefix("filing.") in tuple(JobAct)]
        assert len(moved) == len(events)

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()


TestFiling = Filing.TestCase
TestFiling.settings = settings(
    max_examples=5,
    stateful_step_count=24,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a failure is told at once: an example takes a second
    suppress_health_check=list(HealthCheck),
)
