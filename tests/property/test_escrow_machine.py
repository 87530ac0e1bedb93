"""Escrow as a state machine over a real token (I25): whatever people do in whatever order, a key is recovered only when
enough distinct custodians approved exactly the bytes that stand, and then it is on record and everybody is told.
"""  # noqa: D205

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.database.engine import make_engine
from ca.actor import Actor
from ca.keycentre.case import UserRecovery
from ca.keycentre.errors import KeyCentreError, QuorumMissing, VoteRepeated, VoterIsRequester
from ca.keycentre.state import CaseStatus
from hsm.cryptoki import CryptokiProvider
from tests.conftest import SteppingClock
from tests.keycentre_world import EVIDENCE, NAMES, OFFICER, KeyCentreWorld, cast, make_key_centre, new_token

pytestmark = pytest.mark.token
voters = st.sampled_from([*NAMES])
REQUESTERS = (Actor("person:wu.gang"), Actor(NAMES[0]))


def machine(provider: CryptokiProvider, folder: str) -> Any:
    token = new_token(provider)
    holders: list[KeyCentreWorld] = []

    class Escrow(RuleBasedStateMachine):
        """Votes are modelled as the set of (custodian, word) on the digest that stands."""

        count = 0
        reached = 0

        def __init__(self) -> None:
            super().__init__()
            type(self).count += 1
            self.clock = SteppingClock()
            engine = make_engine(f"sqlite:///{folder}/{type(self).count}.db")
            self.world = make_key_centre(engine, self.clock, provider, token=token)
            if not holders:
                holders.append(self.world)
                for _ in range(4):
                    self.world.holder()
            self.holders = holders[0].holders
            self.key_id, _ = self.world.delivered(self.holders[0])
            self.case = ""
            self.status = CaseStatus.WITHDRAWN
            self.votes: dict[str, str] = {}
            self.recovered = 0

        @rule(requester=st.sampled_from(REQUESTERS), which=st.integers(1, 3))
        @precondition(lambda self: self.status is not CaseStatus.OPEN)
        def open(self, requester: Actor, which: int) -> None:
            order = UserRecovery(self.key_id, "lost", EVIDENCE, self.holders[which].public_key)
            self.case = self.world.centre.recover_request(order, actor=requester).id
            self.requester, self.status, self.votes = requester, CaseStatus.OPEN, {}
            self.opened_at = self.clock.now

        @rule(name=voters, word=st.sampled_from(["approve", "approve", "reject"]))
        @precondition(lambda self: bool(self.case))
        def vote(self, name: str, word: str) -> None:
            case = self.world.centre.case(self.case)
            try:
                after = self.world.centre.vote(cast(case, name, word), actor=Actor(name))
            except VoteRepeated:
                assert name in self.votes
                return
            except VoterIsRequester:
                assert name == self.requester.id
                return
            except KeyCentreError:
                assert self.status is not CaseStatus.OPEN or self.expired
                return
            assert self.status is CaseStatus.OPEN
            assert not self.expired
            assert name not in self.votes
            self.votes[name] = word
            refused = sum(each == "reject" for each in self.votes.values())
            self.status = CaseStatus.REJECTED if len(NAMES) - refused < 2 else CaseStatus.OPEN
            assert after.status is self.status

        @rule(which=st.integers(1, 3))
        @precondition(lambda self: self.status is CaseStatus.OPEN)
        def amend(self, which: int) -> None:
            order = UserRecovery(self.key_id, f"lost {which}", EVIDENCE, self.holders[which].public_key)
            try:
                self.world.centre.amend(self.case, order, actor=self.requester)
            except KeyCentreError:
                assert self.expired
                return
            before = self.world.centre.votes(self.case)
            digest = self.world.centre.case(self.case).document_sha256
            self.votes = {each.custodian: each.word for each in before if each.document_sha256 == digest}
            self.opened_at = self.clock.now

        @rule()
        @precondition(lambda self: bool(self.case))
        def execute(self) -> None:
            approved = [name for name, word in self.votes.items() if word == "approve"]
            try:
                done = self.world.centre.execute(self.case, actor=OFFICER)
            except QuorumMissing:
                assert len(approved) < 2
                return
            except KeyCentreError:
                assert self.status in (CaseStatus.REJECTED, CaseStatus.WITHDRAWN) or self.expired
                return
            assert len(approved) >= 2
            assert self.requester.id not in approved
            self.recovered += self.status is CaseStatus.OPEN
            type(self).reached += 1
            self.status = done.status
            assert self.status is CaseStatus.EXECUTED
            assert done.delivery

        @rule()
        @precondition(lambda self: self.status is CaseStatus.OPEN)
        def withdraw(self) -> None:
            self.world.centre.withdraw(self.case, actor=self.requester)
            self.status = CaseStatus.WITHDRAWN

        @rule(days=st.integers(1, 4))
        def wait(self, days: int) -> None:
            self.clock.advance(timedelta(days=days))

        @property
        def expired(self) -> bool:
            return self.clock.now >= self.opened_at + timedelta(days=7)

        @invariant()
        def recoveries_are_on_record_and_told(self) -> None:
            actions = self.world.actions()
            assert actions.count("kmc.case.executed") == self.recovered
            assert actions.count("kmc.case.executing") == self.recovered
            if self.case:
                told = {(each.event, each.addressee) for each in self.world.centre.notices_of(self.case)}
                assert {("opened", "auditor"), ("opened", "holder")} <= told
                assert (("executed", "holder") in told) == (self.status is CaseStatus.EXECUTED)
                assert self.world.centre.case(self.case).status is self.status

        def teardown(self) -> None:
            self.world.engine.dispose()

    return Escrow


def test_I25_escrow_recovery_needs_m_of_n_whatever_the_order(
    softhsm: CryptokiProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    escrow = machine(softhsm, str(tmp_path_factory.mktemp("escrow")))
    wanted = settings(
        max_examples=25,
        stateful_step_count=14,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(escrow, settings=wanted)
    assert escrow.reached, "no run of the machine recovered a key: it proves nothing"
