"""Tokens against their table: random acts by random people, compared with a model after each (I26)."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.database.engine import make_engine
from ca.actor import Actor
from ca.certificate import CertificateStatus, RevocationReason
from ca.errors import CaError
from ca.tokens.state import EFFECTS, STOPPING_ACTS, TRANSITIONS, SealEffect, TokenAct, TokenState
from ca.tokens.token import Holder
from seals.seal import SealStatus
from tests.conftest import SteppingClock
from tests.pki import USCC
from tests.token_world import ANNE, BERT, CARL, FIVE, KEEPER, TokenWorld, make_token_world

PEOPLE = st.sampled_from([ANNE, BERT, CARL])
STOPS = st.sampled_from(sorted(STOPPING_ACTS))
HOLD = RevocationReason.CERTIFICATE_HOLD


class TokenMachine(RuleBasedStateMachine):
    """One chip with two certificates and a linked seal; the model knows state, prior, and who stopped and asked."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        place = Path(self.folder.name)
        self.engine = make_engine(f"sqlite:///{place / 'tokens.db'}")
        self.clock = SteppingClock()
        self.world: TokenWorld = make_token_world(self.engine, self.clock, place)
        self.world.new()
        self.state = self.prior = TokenState.UNINITIALISED
        self.stopped_by = self.asked_by = ""
        self.holds, self.seal, self.keys = 0, "", False
        self.seal_ended = False

    @rule()
    def personalise(self) -> None:
        if self.keys or self.state is not TokenState.UNINITIALISED:
            return
        self.world.personalise(self.world.plan(parts=FIVE[:2]))
        self.state, self.keys = TokenState.PERSONALISED, True
        self.seal = self.world.linked().code

    @rule(act=st.sampled_from([TokenAct.PREPARE, TokenAct.PERSONALISE]), who=PEOPLE)
    def walk(self, act: TokenAct, who: Actor) -> None:
        """Do what only the procedure does: allowed by the table, it moves; else it is refused."""
        if self.keys or act is TokenAct.PREPARE:
            self.attempt(act, lambda: getattr(self.world.registry, act.value)("C1", actor=who))

    @rule(who=PEOPLE)
    def issue(self, who: Actor) -> None:
        holder = Holder(USCC, KEEPER.id, "保管人")
        self.attempt(TokenAct.ISSUE, lambda: self.world.registry.issue("C1", holder, actor=who))

    @rule(act=STOPS, who=PEOPLE)
    def stop(self, act: TokenAct, who: Actor) -> None:
        before = self.state
        door = getattr(self.world.chips, "freeze_chip" if act is TokenAct.SUSPEND else act.value)
        if not self.attempt(act, lambda: door("C1", actor=who, reason="停")):
            return
        if before not in TRANSITIONS[TokenAct.CONFIRM_RESUME]:
            self.prior = before
            self.holds += EFFECTS[self.state].certificates is HOLD
        self.stopped_by, self.asked_by = who.id, ""

    @rule(who=PEOPLE)
    def request_resume(self, who: Actor) -> None:
        if self.attempt(TokenAct.REQUEST_RESUME, lambda: self.world.chips.request_resume("C1", actor=who)):
            self.asked_by = who.id

    @rule(who=PEOPLE)
    def confirm_resume(self, who: Actor) -> None:
        barred = not self.asked_by or who.id in (self.asked_by, self.stopped_by)
        if self.attempt(
            TokenAct.CONFIRM_RESUME, lambda: self.world.chips.confirm_resume("C1", actor=who), barred=barred
        ):
            self.asked_by = ""

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def reconcile(self) -> None:
        """Nothing is left to do after an act that went through."""
        assert self.world.registry.reconcile() == 0
        assert self.world.chips.reconcile() == 0

    def attempt(self, act: TokenAct, call: object, *, barred: bool = False) -> bool:
        expected = self.state in TRANSITIONS[act] and not barred
        try:
            call()  # type: ignore[operator]
            done = True
        except CaError:
            done = False
        assert done == expected, f"{act} on {self.state}"
        if done:
            targets = TRANSITIONS[act][self.state]
            self.state = targets[0] if len(targets) == 1 else self.prior
        return done

    @invariant()
    def the_inventory_is_what_the_table_says(self) -> None:
        if not hasattr(self, "world"):
            return
        token = self.world.registry.get("C1")
        assert token.state is self.state
        assert token.resume_requested_by == self.asked_by
        assert token.moves == len(self.world.registry.history("C1"))

    @invariant()
    def certificates_and_seals_follow(self) -> None:
        """I26: lost or ended, all revoked and all seals stopped; stopped, all held and frozen; else all in force."""
        if not getattr(self, "keys", False):
            return
        effect = EFFECTS[self.state]
        token = self.world.registry.get("C1")
        for part in token.applications:
            record = self.world.pki.authority.certificate(part.containers[0].keys[0].serial or 0)
            spent = self.holds > 1
            if effect.certificates is None:
                wanted = CertificateStatus.REVOKED if spent else CertificateStatus.ISSUED
                assert record.status is wanted
            else:
                assert record.status is CertificateStatus.REVOKED
                final = effect.spent if effect.certificates is HOLD else effect.certificates
                assert record.reason is (final if spent and effect.certificates is HOLD else record.reason)
                if not spent:
                    assert record.reason is effect.certificates
        seal = self.world.seals.get(self.seal).status
        wanted_seal = {
            SealEffect.RUN: SealStatus.ACTIVE,
            SealEffect.FREEZE: SealStatus.FROZEN,
            SealEffect.REVOKE: SealStatus.REVOKED,
        }
        assert seal is wanted_seal[effect.seals]

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            with self.engine.connect() as conn:
                self.world.pki.audit.verify(conn)
            self.engine.dispose()
            self.folder.cleanup()


TokenMachine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
)


class TestTokenMachine(TokenMachine.TestCase):  # type: ignore[misc]
    """I26, for any sequence of acts by any persons."""


def test_I26_the_table_has_no_way_out_of_an_end_and_none_past_two_people() -> None:
    ends = {TokenState.PERMANENTLY_LOST, TokenState.DAMAGED, TokenState.TERMINATED}
    for act, moves in TRANSITIONS.items():
        assert not ends & moves.keys(), act
        for before, targets in moves.items():
            gives_back = EFFECTS[before].certificates is not None and any(
                EFFECTS[target].certificates is None for target in targets
            )
            assert not gives_back or act is TokenAct.CONFIRM_RESUME
    for state, effect in EFFECTS.items():
        stopped = state in ends | {TokenState.SUSPENDED, TokenState.TEMPORARILY_LOST}
        assert stopped == (effect.certificates is not None) == (effect.seals is not SealEffect.RUN)
    assert {target for moves in TRANSITIONS.values() for each in moves.values() for target in each} == set(
        TokenState
    ) - {TokenState.UNINITIALISED}


def test_the_moves_that_dogtag_has_are_there() -> None:
    """``tokendb.allowedTransitions`` by Dogtag's numbers; 6:7 is left out, its reason is in the table's docstring."""
    state = {
        "0": TokenState.READY,
        "1": TokenState.DAMAGED,
        "2": TokenState.PERMANENTLY_LOST,
        "3": TokenState.SUSPENDED,
        "4": TokenState.ISSUED,
        "6": TokenState.TERMINATED,
    }
    listed = "0:1,0:2,0:3,0:6,3:2,3:6,4:1,4:2,4:3,4:6"
    moves = {
        (before, target)
        for moves in TRANSITIONS.values()
        for before, targets in moves.items()
        for target in targets
    }
    for pair in listed.split(","):
        one, other = pair.split(":")
        assert (state[one], state[other]) in moves, pair
    assert (TokenState.SUSPENDED, TokenState.DAMAGED) not in moves
