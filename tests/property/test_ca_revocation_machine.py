"""Revocation against its table: random acts by random people, compared with a model after each (I11)."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.database.engine import make_engine
from ca.certificate import RevocationReason
from ca.errors import CaError
from ca.revocation import TRANSITIONS, RevocationAct, Standing, standing_of
from ca.status.crl_store import Scope, listed
from ca.status.revocation_list import serial_of
from hsm.suite import Suite
from tests.conftest import SteppingClock
from tests.pki import CLERK, OFFICER, SECOND, Keeper, make_world

PEOPLE = st.sampled_from([CLERK, OFFICER, SECOND])
REASONS = st.sampled_from(
    [reason for reason in RevocationReason if not reason.is_compromise and reason != "certificateHold"]
)


class RevocationMachine(RuleBasedStateMachine):
    """One certificate; the model knows its standing, who held it, and whether a hold was lifted."""

    suite = Suite.INTERNATIONAL

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.engine = make_engine(f"sqlite:///{Path(self.folder.name) / 'ca.db'}")
        self.clock = SteppingClock(datetime(2026, 11, 21, tzinfo=UTC))
        self.world = make_world(self.engine, self.clock, suite=self.suite)
        self.keeper: Keeper = self.world.enrol()
        self.standing, self.held_by, self.lifted = Standing.GOOD, "", False
        self.first_revoked: datetime | None = None

    def allowed(self, act: RevocationAct, who: str) -> bool:
        if self.standing not in TRANSITIONS[act]:
            return False
        if act is RevocationAct.RELEASE:
            return not self.lifted and who != self.held_by
        return act is not RevocationAct.HOLD or not self.lifted

    def attempt(self, act: RevocationAct, who: str, call: object) -> None:
        expected = self.allowed(act, who)
        try:
            call()  # type: ignore[operator]
            done = True
        except CaError:
            done = False
        assert done == expected, f"{act} by {who} on {self.standing}"
        if not done:
            return
        self.standing = TRANSITIONS[act][self.standing]
        if act is RevocationAct.HOLD:
            self.held_by, self.first_revoked = who, self.clock.now
        elif act is RevocationAct.RELEASE:
            self.lifted, self.first_revoked = True, None
        elif self.first_revoked is None:
            self.first_revoked = self.clock.now

    @rule(who=PEOPLE, reason=REASONS)
    def revoke(self, who: object, reason: RevocationReason) -> None:
        serial, authority = self.keeper.issued.serial, self.world.authority
        self.attempt(RevocationAct.REVOKE, who.id, lambda: authority.revoke(serial, reason, actor=who))  # type: ignore[attr-defined, arg-type]

    @rule(who=PEOPLE)
    def hold(self, who: object) -> None:
        serial, authority = self.keeper.issued.serial, self.world.authority
        reason = RevocationReason.CERTIFICATE_HOLD
        self.attempt(RevocationAct.HOLD, who.id, lambda: authority.revoke(serial, reason, actor=who))  # type: ignore[attr-defined, arg-type]

    @rule(who=PEOPLE)
    def release(self, who: object) -> None:
        serial, authority = self.keeper.issued.serial, self.world.authority
        self.attempt(RevocationAct.RELEASE, who.id, lambda: authority.release(serial, actor=who))  # type: ignore[attr-defined, arg-type]

    @rule(hours=st.integers(1, 100))
    def wait(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @invariant()
    def record_agrees(self) -> None:
        if not hasattr(self, "world"):
            return
        record = self.world.authority.certificate(self.keeper.issued.serial)
        assert standing_of(record) is self.standing
        assert record.revoked_at == self.first_revoked
        with self.engine.connect() as conn:
            parts = listed(conn, Scope("issuing", record.shard), None)
            serials = [serial_of(entry) for part in parts for entry in part]
            self.world.audit.verify(conn)
        assert serials == ([] if self.standing is Standing.GOOD else [record.serial])

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()


RevocationMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestRevocation = RevocationMachine.TestCase


class NationalRevocationMachine(RevocationMachine):
    """The same in SM2: shorter, for only the keys differ."""

    suite = Suite.GM


NationalRevocationMachine.TestCase.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)
TestNationalRevocation = NationalRevocationMachine.TestCase
