"""The registry against its own table: any sequence of acts by any persons ends where the table says."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from api.database import make_engine
from ca.actor import Actor
from hsm.algorithms import DigestAlgorithm
from seals.errors import (
    ActRefused,
    OwnerRenamed,
    ResumeNotRequested,
    SealNotUsable,
    SecondPersonNeeded,
)
from seals.permit import Permit, PermitState
from seals.seal import FIRST_STATUS, TRANSITIONS, SealAct, SealApplication, SealKind, SealQuery, SealStatus
from tests.conftest import SteppingClock
from tests.seal_world import KEEPER, NAME, USCC, SealWorld, certificate

PEOPLE = [Actor(f"person:{letter}", uscc=USCC) for letter in "abc"]
DOCUMENT = DigestAlgorithm.SHA256.digest(b"a document")
people = st.sampled_from(PEOPLE)


class _Model:
    """What one pair should be: state, who applied, who asked to resume, and its past."""

    def __init__(self, applicant: str, at: datetime, owner: str, predecessor: str | None = None) -> None:
        self.status = FIRST_STATUS
        self.applicant = applicant
        self.requested_by: str | None = None
        self.owner = owner
        self.predecessor = predecessor
        self.past = [(at, FIRST_STATUS)]

    def move(self, act: SealAct, at: datetime) -> None:
        self.status = TRANSITIONS[act][self.status]
        self.past.append((at, self.status))


class RegistryMachine(RuleBasedStateMachine):
    """Rules do what people do; the model does what the table says."""

    codes = Bundle("codes")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = SteppingClock()
        self.engine = make_engine(f"sqlite:///{Path(self.folder.name) / 'seals.db'}")
        self.world = SealWorld(self.engine, self.clock)
        self.models: dict[str, _Model] = {}
        self.owner = NAME
        self.names = 0

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()

    @rule(seconds=st.integers(0, 5000))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @precondition(lambda self: len(self.models) < 8)
    @rule(target=codes, actor=people)
    def apply(self, actor: Actor) -> str:
        asked = SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id)
        record = self.world.registry.apply(asked, actor=actor)
        self.models[record.code] = _Model(actor.id, self.clock(), self.owner)
        return record.code

    @rule(code=codes, actor=people)
    def approve(self, code: str, actor: Actor) -> None:
        model, bound = self.models[code], certificate(self.clock())
        expected: type[Exception] | None = None
        if model.status not in TRANSITIONS[SealAct.APPROVE]:
            expected = ActRefused
        elif actor.id == model.applicant:
            expected = SecondPersonNeeded
        elif model.owner != self.owner:
            expected = OwnerRenamed
        outcome: type[Exception] | None = None
        try:
            self.world.registry.approve(code, actor=actor, certificate=bound)
        except (ActRefused, SecondPersonNeeded, OwnerRenamed) as refused:
            outcome = type(refused)
        assert outcome is expected
        if outcome is not None:
            return
        model.move(SealAct.APPROVE, self.clock())
        old = self.models.get(model.predecessor or "")
        if old is not None and old.status in TRANSITIONS[SealAct.SUPERSEDE]:
            old.move(SealAct.SUPERSEDE, self.clock())

    @rule(code=codes, actor=people)
    def reject(self, code: str, actor: Actor) -> None:
        model = self.models[code]
        own = actor.id == model.applicant
        self._simple(
            code, SealAct.REJECT, lambda: self.world.registry.reject(code, actor=actor, reason="退"), own
        )

    @rule(code=codes, actor=people)
    def freeze(self, code: str, actor: Actor) -> None:
        self._simple(code, SealAct.FREEZE, lambda: self.world.registry.freeze(code, actor=actor, reason="失"))

    @rule(code=codes, actor=people)
    def revoke(self, code: str, actor: Actor) -> None:
        self._simple(code, SealAct.REVOKE, lambda: self.world.registry.revoke(code, actor=actor, reason="销"))

    @rule(code=codes, actor=people)
    def request_resume(self, code: str, actor: Actor) -> None:
        act = SealAct.REQUEST_RESUME
        if self._simple(code, act, lambda: self.world.registry.request_resume(code, actor=actor)):
            self.models[code].requested_by = actor.id

    @rule(code=codes, actor=people)
    def confirm_resume(self, code: str, actor: Actor) -> None:
        model = self.models[code]
        if model.status is SealStatus.FROZEN and model.requested_by is None:
            try:
                self.world.registry.confirm_resume(code, actor=actor)
            except ResumeNotRequested:
                return
            raise AssertionError("resumed without a request")
        own = actor.id == model.requested_by
        act = SealAct.CONFIRM_RESUME
        if self._simple(code, act, lambda: self.world.registry.confirm_resume(code, actor=actor), own):
            model.requested_by = None

    def _simple(self, code: str, act: SealAct, work: object, own: bool = False) -> bool:
        """Do an act; tell whether the table and the two-person rule let it through, and hold the registry to it."""
        model = self.models[code]
        allowed = model.status in TRANSITIONS[act]
        try:
            work()  # type: ignore[operator]
        except ActRefused:
            assert not allowed
            return False
        except SecondPersonNeeded:
            assert allowed
            assert own
            return False
        assert allowed
        assert not own
        model.move(act, self.clock())
        if model.status is not SealStatus.FROZEN:
            model.requested_by = None
        return True

    @precondition(lambda self: 0 < len(self.models) < 8)
    @rule(target=codes, actor=people)
    def rename(self, actor: Actor) -> str:
        self.names += 1
        self.owner = (
            f"第{'一二三四五六七八九十'[self.names % 10]}{'甲乙丙丁戊己庚辛'[self.names // 10 % 8]}名有限公司"
        )
        before = {
            code for code, model in self.models.items() if model.status in TRANSITIONS[SealAct.SUPERSEDE]
        }
        pending = self.world.registry.rename_owner(USCC, self.owner, actor=actor)
        assert {pair.predecessor for pair in pending} == before
        for model in self.models.values():
            if model.predecessor in before and model.status is SealStatus.APPLIED:
                model.move(SealAct.REJECT, self.clock())
        for pair in pending:
            self.models[pair.code] = _Model(actor.id, self.clock(), self.owner, pair.predecessor)
        return pending[0].code if pending else next(iter(self.models))

    @rule(code=codes)
    def use(self, code: str) -> None:
        usable = self.models[code].status is SealStatus.ACTIVE
        try:
            with self.engine.begin() as conn:
                warrant = self.world.warrant(code, DOCUMENT)
                permit: Permit = self.world.permits.grant(
                    conn, code, document=DOCUMENT, actor=KEEPER, warrant=warrant
                )
                self.world.permits.consume(conn, permit)
        except SealNotUsable:
            assert not usable
            return
        assert usable
        with self.engine.connect() as conn:
            found = self.world.permits.find(conn, permit.id)
        assert found is not None
        assert found.state is PermitState.CONSUMED

    @invariant()
    def the_registry_is_what_the_table_says(self) -> None:
        if not hasattr(self, "models"):
            return
        records = {record.code: record for record in self.world.registry.list(SealQuery(limit=200)).records}
        assert {code: record.status for code, record in records.items()} == {
            code: model.status for code, model in self.models.items()
        }
        for code, model in self.models.items():
            assert records[code].resume_requested_by == model.requested_by
            assert records[code].moves == len(model.past)

    @invariant()
    def the_past_does_not_change(self) -> None:
        for code, model in list(getattr(self, "models", {}).items())[:3]:
            for index, (moment, _) in enumerate(model.past):
                latest = [status for at, status in model.past[index:] if at == moment][-1]
                assert self.world.registry.state_at(code, moment) is latest


RegistryMachine.TestCase.settings = settings(
    max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


TestSealRegistry = RegistryMachine.TestCase
"""I11 and I22 for seals: only the table's moves, and two persons where two are asked."""
