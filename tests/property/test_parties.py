"""Rounds against their own tables, by two desks on one database: any acts by any parties end where the tables say (C6, I29)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from api.database.engine import make_engine
from hsm.errors import TokenLost
from signing.making import Step
from signing.parties.desk import PartyRounds
from signing.parties.errors import RoundError
from signing.parties.round import first_break
from signing.parties.states import PARTY_TRANSITIONS, TRANSITIONS, PartyStatus, RoundAct, RoundStatus
from tests.conftest import SteppingClock
from tests.party_world import BETA, BOSS, GAMMA, HANDS, PartyWorld, make_party_world
from tests.pki import USCC

CODES = (USCC, BETA, GAMMA)
GROUPS = (1, 2, 2)
numbers = st.integers(1, 3)
writers = st.integers(0, 1)


class RoundMachine(RuleBasedStateMachine):
    """One round of three parties, two desks. The model knows the tables, whose turn it is and who stands for whom."""

    world: PartyWorld
    engines: tuple[sa.Engine, sa.Engine]
    opened = 0
    steps = 0
    """Invariants looked at in the whole run."""
    done: set[RoundAct]

    @initialize()
    def begin(self) -> None:
        type(self).opened += 1
        self.desks = [self.world.rounds, self.world.desk(engine=self.engines[1])]
        deadline = self.world.clock() + timedelta(minutes=10)
        self.found = self.world.open(key=f"m-{self.opened}", groups=GROUPS, deadline=deadline)
        self.status = RoundStatus.RUNNING
        self.parties = [PartyStatus.WAITING] * 3
        self.whose = [0, 1, 2]
        self.version, self.over, self.acts = 0, False, 1

    def _turn(self, number: int) -> bool:
        waiting = [place for place, one in enumerate(self.parties) if one is PartyStatus.WAITING]
        first = min((GROUPS[place] for place in waiting), default=0)
        return number - 1 in waiting and GROUPS[number - 1] == first and not self.over

    def _may(self, act: RoundAct, number: int) -> bool:
        return self.status in TRANSITIONS[act] and self.parties[number - 1] in PARTY_TRANSITIONS[act]

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except (RoundError, TokenLost):
            return False
        return True

    def _went(self, act: RoundAct, number: int = 0) -> None:
        self.done.add(act)
        self.status, self.acts = TRANSITIONS[act][self.status], self.acts + 1
        if number:
            self.parties[number - 1] = PARTY_TRANSITIONS[act][self.parties[number - 1]]

    def _desk(self, writer: int) -> PartyRounds:
        return self.desks[writer]

    @rule(writer=writers, number=numbers, fails=st.booleans())
    def seal(self, writer: int, number: int, fails: bool) -> None:
        def lose(step: Step) -> None:
            if fails and step is Step.PERMITTED:
                raise TokenLost("pulled out")

        service = self.world.office.passing(lose)
        office = self._desk(writer).office
        desk = PartyRounds(office, service)
        who = self.whose[number - 1]
        choice = self.world.choice(who + 1)
        done = self._try(lambda: desk.sealing.seal(self.found.id, number, choice, hand=HANDS[who]))
        able = self._may(RoundAct.SEAL, number) and self._turn(number) and not fails
        assert done == able, (number, self.status, self.parties)
        if done:
            last = [one for one in self.parties if one is not PartyStatus.SEALED]
            self._went(RoundAct.RELEASE if len(last) == 1 else RoundAct.SEAL, number)
            self.version += 1

    @rule(writer=writers, number=numbers)
    def decline(self, writer: int, number: int) -> None:
        hand = HANDS[self.whose[number - 1]]
        done = self._try(
            lambda: self._desk(writer).decline(self.found.id, number, reason="不同意", hand=hand)
        )
        assert done == (self._may(RoundAct.DECLINE, number) and self._turn(number))
        if done:
            self._went(RoundAct.DECLINE, number)

    @rule(writer=writers, number=numbers, other=st.integers(0, 2))
    def substitute(self, writer: int, number: int, other: int) -> None:
        code = CODES[other]
        done = self._try(
            lambda: self._desk(writer).substitute(self.found.id, number, code, reason="换人", hand=BOSS)
        )
        stopped = (
            PartyStatus.DECLINED in self.parties and self.parties[number - 1] is not PartyStatus.DECLINED
        )
        assert done == (self._may(RoundAct.SUBSTITUTE, number) and not stopped)
        if done:
            self.whose[number - 1] = other
            self._went(RoundAct.SUBSTITUTE, number)

    @rule(writer=writers)
    def withdraw(self, writer: int) -> None:
        done = self._try(lambda: self._desk(writer).withdraw(self.found.id, reason="不签了", hand=BOSS))
        assert done == (self.status in TRANSITIONS[RoundAct.WITHDRAW])
        if done:
            self._went(RoundAct.WITHDRAW)

    @rule(writer=writers)
    def time_runs_out(self, writer: int) -> None:
        self.world.clock.advance(timedelta(minutes=11))
        ended = self._desk(writer).expire()
        assert (ended > 0) >= (self.status in TRANSITIONS[RoundAct.EXPIRE])
        if self.status in TRANSITIONS[RoundAct.EXPIRE]:
            self._went(RoundAct.EXPIRE)
        self.over = True

    @invariant()
    def as_the_tables_say(self) -> None:
        type(self).steps += 1
        for desk in self.desks:
            now = desk.get(self.found.id, hand=BOSS)
            assert (now.status, [one.status for one in now.parties]) == (self.status, self.parties)
            assert (now.version, len(now.versions)) == (self.version, self.version + 1)
            assert now.claim is None
        entries = desk.entries(self.found.id, hand=BOSS)
        assert (len(entries), first_break(entries)) == (self.acts, None)
        assert [one.digest for one in now.versions] == list(dict.fromkeys(one.digest for one in now.versions))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_C6_I29_any_acts_by_two_writers_end_where_the_tables_say(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """C6, I29: no act outside the tables takes effect, every seal makes one version, and the record stays a chain."""
    url = str(request.getfixturevalue("_sqlite_made" if database == "sqlite" else "_postgres_made"))
    engines = make_engine(url), make_engine(url)
    clock = SteppingClock()
    world = make_party_world(engines[0], clock, tmp_path / "archive", lambda _now: timedelta(0))
    machine: Any = type("Machine", (RoundMachine,), {"world": world, "engines": engines, "done": set()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for engine in engines:
        engine.dispose()
    assert machine.steps > 20
    assert machine.done >= set(TRANSITIONS) - {RoundAct.EXTEND, RoundAct.RELEASE}, (
        "every act was really tried"
    )
