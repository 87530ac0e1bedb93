"""The registry against its own table, by two writers on one database: any acts by any persons end where the table says.

Both writers have an engine and a registry of their own, as two workers of the service have; what one does the other must
see. The model knows the table, the demands of each act and nothing else; every refusal must have a reason that it knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.database.engine import make_engine
from ca.actor import Actor
from ca.enrolment.evidence_files import EvidenceFiles
from ca.enterprise import Enterprises
from ca.uscc import check_character
from seals import status_list, store
from seals.destruction import Destruction, KeptPicture, Method, keep
from seals.errors import (
    ActRefused,
    ClockWentBack,
    DestructionInvalid,
    FilingDemanded,
    KeeperInvalid,
    KeeperNotRequested,
    OwnerRenamed,
    RenewalNotRequested,
    ResumeNotRequested,
    SealError,
    SealMoved,
    SealNotFound,
    SealNotUsable,
    SecondPersonNeeded,
)
from seals.keepers import KeeperWish
from seals.ledger import Deed, Ledger, acting
from seals.registry import SealRegistry
from seals.renewal import RenewalRequest
from seals.seal import SealApplication, SealKind, SealRecord
from seals.states import DESK_ACTS, FIRST_STATUS, IN_USE, STOPPING_ACTS, SealAct, SealStatus, destination
from tests.conftest import SteppingClock
from tests.seal_world import SealWorld, certificate, photograph

KEY = ec.generate_private_key(ec.SECP256R1())
WITNESS: Final = 2
TICK = timedelta(microseconds=1)
ENDED_FOLLOWER = frozenset({SealStatus.REJECTED, SealStatus.CLOSED, SealStatus.REVOKED})
ASKING = {SealAct.REQUEST_LIFT: SealAct.LIFT, SealAct.REQUEST_RESUME: SealAct.CONFIRM_RESUME}
COMING_BACK = {
    SealAct.FREEZE: (SealAct.REQUEST_RESUME, SealAct.CONFIRM_RESUME),
    SealAct.SUSPEND: (SealAct.REQUEST_LIFT, SealAct.LIFT),
    SealAct.REWORK: (SealAct.REQUEST_RENEWAL, SealAct.RENEW),
    SealAct.LIFT: (SealAct.REQUEST_KEEPER, SealAct.CHANGE_KEEPER),
}
DONE_BY_OTHERS = {SealAct.APPLY, SealAct.SUPERSEDE}
acts = st.sampled_from([act for act in SealAct if act not in DONE_BY_OTHERS])
stops = st.sampled_from(sorted(COMING_BACK))
people = st.integers(0, 2)
writers = st.integers(0, 1)
_serials = itertools.count(1)


def _uscc() -> str:
    """Return a code that no example before had."""
    body = f"11330105{next(_serials):09d}"
    return body + check_character(body)


class _Model:
    """What one pair should be."""

    def __init__(self, applicant: int, at: datetime, owner: str, engrave: bool, follows: str | None) -> None:
        self.status, self.applicant, self.owner = FIRST_STATUS, applicant, owner
        self.engrave, self.follows = engrave, follows
        self.frozen_from: SealStatus | None = None
        self.asked_by: int | None = None
        self.last_act = SealAct.APPLY
        self.renewal_by = -1
        self.principal, self.keepers, self.asked_for = 0, {0}, (-1, -1)
        self.made = self.destroyed = self.filed = False
        self.past = [(at, FIRST_STATUS)]

    def move(self, act: SealAct, actor: int, now: datetime) -> None:
        after = destination(act, self.status, self.frozen_from)
        assert after is not None
        if self.status is not SealStatus.FROZEN:
            self.frozen_from = self.status
        if after is not SealStatus.FROZEN:
            self.frozen_from = None
        self.asked_by = actor if act in ASKING else None
        self.renewal_by = actor if act is SealAct.REQUEST_RENEWAL else self.renewal_by
        if act is SealAct.REQUEST_KEEPER:
            self.asked_for = (actor, other(actor))
        if act is SealAct.CHANGE_KEEPER:
            self.principal = self.asked_for[1]
            self.keepers.add(self.principal)
        if act is SealAct.REMOVE_KEEPER:
            self.keepers.remove(other(actor))
        self.made |= act in {SealAct.MAKE, SealAct.APPROVE}
        self.destroyed |= act is SealAct.DESTROY
        self.filed |= act in {SealAct.APPROVE, SealAct.ACCEPT}
        self.status, self.last_act = after, act
        self.past.append((max(now, self.past[-1][0]), after))

    def in_use(self) -> bool:
        return self.status in IN_USE or self.frozen_from in IN_USE

    def objections_to_keepers(self, act: SealAct, actor: int) -> set[type[SealError]]:
        if act is SealAct.REQUEST_KEEPER and other(actor) == self.principal:
            return {KeeperInvalid}
        if act is SealAct.CHANGE_KEEPER and self.last_act is not SealAct.REQUEST_KEEPER:
            return {KeeperNotRequested}
        if act is SealAct.CHANGE_KEEPER and actor in self.asked_for:
            return {SecondPersonNeeded}
        if act is SealAct.REMOVE_KEEPER and other(actor) not in self.keepers - {self.principal}:
            return {KeeperInvalid}
        return set()

    def objections(self, act: SealAct, actor: int, now: datetime, owner: str) -> set[type[SealError]]:
        """Return every reason for which the registry must refuse, each of which it may be the one to name."""
        if destination(act, self.status, self.frozen_from) is None:
            return {ActRefused}
        found = self.objections_to_keepers(act, actor)
        if act not in STOPPING_ACTS and now < self.past[-1][0]:
            found.add(ClockWentBack)
        if (
            act in {SealAct.APPROVE, SealAct.ORDER, SealAct.ACCEPT, SealAct.REJECT}
            and actor == self.applicant
        ):
            found.add(SecondPersonNeeded)
        if act in {SealAct.APPROVE, SealAct.ORDER, SealAct.ACCEPT} and owner != self.owner:
            found.add(OwnerRenamed)
        if act is SealAct.APPROVE and self.engrave:
            found.add(FilingDemanded)
        if act in ASKING.values() and self.asked_by in {None, actor}:
            found.add(ResumeNotRequested if self.asked_by is None else SecondPersonNeeded)
        if act is SealAct.RENEW and self.last_act is not SealAct.REQUEST_RENEWAL:
            found.add(RenewalNotRequested)
        elif act is SealAct.RENEW and self.renewal_by == actor:
            found.add(SecondPersonNeeded)
        if act is SealAct.DESTROY and (self.destroyed or not self.made):
            found.add(DestructionInvalid)
        if act is SealAct.DESTROY and actor == WITNESS:
            found.add(SecondPersonNeeded)
        return found


def other(actor: int) -> int:
    """Return whom ``actor`` proposes as the principal keeper, or strikes off."""
    return (actor + 1) % 3


class Writers:
    """Two workers on one database, and the picture that proves destructions."""

    def __init__(self, url: str, picture: KeptPicture) -> None:
        self.clock = SteppingClock()
        self.engines = [make_engine(url), make_engine(url)]
        self.picture = picture
        self.told: list[tuple[str, int]] = []
        self.first = SealWorld(self.engines[0], self.clock)
        self.registries = [
            SealRegistry(
                engine,
                Enterprises(engine, self.clock, self.first.audit),
                self.clock,
                self.first.audit,
                on_move=(lambda _, record: self.told.append((record.code, record.moves)),),
            )
            for engine in self.engines
        ]


class RegistryMachine(RuleBasedStateMachine):
    """Rules do what people do; the model does what the table says."""

    codes = Bundle("codes")
    place: Writers

    @initialize(target=codes, applicants=st.tuples(people, people, people))
    def begin(self, applicants: tuple[int, int, int]) -> MultipleResults[str]:
        """Begin with three pairs: one applied for, one approved, one engraved and filed."""
        self.clock = self.place.clock
        self.uscc = _uscc()
        self.people = [Actor(f"person:{letter}", uscc=self.uscc) for letter in "abc"]
        self.models: dict[str, _Model] = {}
        self.stale: dict[str, SealRecord] = {}
        self.names = 0
        self.owner = "第零名有限公司"
        self.place.first.enterprises.register(self.uscc, self.owner, actor=self.people[0])
        self.place.told.clear()
        made = [self._applied(applicant, turn % 2, turn == 2) for turn, applicant in enumerate(applicants)]
        self.act(made[1], SealAct.APPROVE, (applicants[1] + 1) % 3, 1)
        self.walk(made[2], (applicants[2] + 1) % 3, 0)
        return multiple(*made)

    @rule(seconds=st.integers(-200, 5000))
    def time_passes(self, seconds: int) -> None:
        """Let the clock go on, and sometimes back."""
        self.clock.advance(timedelta(seconds=seconds))

    @precondition(lambda self: len(self.models) < 5)
    @rule(target=codes, actor=people, writer=writers, engrave=st.booleans())
    def apply(self, actor: int, writer: int, engrave: bool) -> str:
        return self._applied(actor, writer, engrave)

    def _applied(self, actor: int, writer: int, engrave: bool) -> str:
        asked = SealApplication(self.uscc, SealKind.LEGAL_NAME, self.people[0].id, engrave=engrave)
        record = self.place.registries[writer].apply(asked, actor=self.people[actor])
        self.models[record.code] = _Model(actor, self.clock(), self.owner, engrave, None)
        return record.code

    @rule(code=codes, pick=st.integers(0, 23), actor=people, writer=writers)
    def act_as_the_table_allows(self, code: str, pick: int, actor: int, writer: int) -> None:
        """One of the acts that lead on from here, so that late states are met often."""
        model = self.models[code]
        ways = [
            act
            for act in SealAct
            if act not in DONE_BY_OTHERS and destination(act, model.status, model.frozen_from) is not None
        ]
        if ways:
            self.act(code, ways[pick % len(ways)], actor, writer)

    @rule(code=codes, stop=stops, asker=people, actor=people, writer=writers)
    def stop_and_come_back(self, code: str, stop: SealAct, asker: int, actor: int, writer: int) -> None:
        """Stop, ask and confirm by any two persons, the same one among them, each by another worker."""
        ask, confirm = COMING_BACK[stop]
        self.act(code, stop, asker, writer)
        self.act(code, ask, asker, 1 - writer)
        self.act(code, confirm, actor, writer)

    @rule(code=codes, act=acts, actor=people, writer=writers)
    def act(self, code: str, act: SealAct, actor: int, writer: int) -> None:
        """Any act, by anyone, by either writer: done exactly if the table and its own demands allow it."""
        model = self.models[code]
        expected = model.objections(act, actor, self.clock(), self.owner)
        refused: SealError | None = None
        try:
            self._do(self.place.registries[writer], act, code, self.people[actor])
        except SealError as wrong:
            refused = wrong
        if refused is not None:
            known = tuple(expected)
            assert isinstance(refused, known), f"{act} of {model.status}: {refused!r}, expected {expected}"
            return
        assert not expected, f"{act} of {model.status} went through, expected {expected}"
        model.move(act, actor, self.clock())
        if act in {SealAct.APPROVE, SealAct.ACCEPT} and model.follows is not None:
            old = self.models[model.follows]
            if old.in_use():
                old.move(SealAct.SUPERSEDE, actor, self.clock())

    @rule(code=codes, actor=people, writer=writers)
    def walk(self, code: str, actor: int, writer: int) -> None:
        """Go on towards use."""
        way = [
            SealAct.ORDER,
            SealAct.MAKE,
            SealAct.PERSONALISE,
            SealAct.OFFER,
            SealAct.DELIVER,
            SealAct.ACCEPT,
        ]
        for act in way:
            if destination(act, self.models[code].status) is not None:
                self.act(code, act, actor, writer)

    @rule(code=codes, writer=writers)
    def look(self, code: str, writer: int) -> None:
        """One worker reads a pair and takes its time."""
        self.stale[code] = self.place.registries[writer].get(code)

    @rule(code=codes, act=acts, actor=people, writer=writers)
    def act_on_what_was_read_before(self, code: str, act: SealAct, actor: int, writer: int) -> None:
        """I11: compare-and-swap; whoever read before another moved is told so, and nothing changes."""
        before = self.stale.get(code)
        if before is None or before.moves == len(self.models[code].past):
            return
        if destination(act, before.status, before.frozen_from) is None:
            return
        with pytest.raises(SealMoved), acting(self.place.engines[writer], self.place.first.audit) as ledger:
            ledger.move(before, Deed(act, self.people[actor], self.clock()))

    @precondition(lambda self: len(self.models) < 5 and self.names < 2)
    @rule(target=codes, actor=people, writer=writers)
    def rename(self, actor: int, writer: int) -> str:
        self.names += 1
        self.owner = (
            f"第{'一二三四五六七八九十'[self.names % 10]}{'甲乙丙丁戊己庚辛'[self.names // 10 % 8]}名有限公司"
        )
        used = {code for code, model in self.models.items() if model.in_use()}
        pending = self.place.registries[writer].rename_owner(self.uscc, self.owner, actor=self.people[actor])
        assert {pair.predecessor for pair in pending} == used
        for model in self.models.values():
            if model.follows in used and model.status not in ENDED_FOLLOWER:
                ways = (SealAct.REJECT, SealAct.CLOSE, SealAct.REVOKE)
                model.move(next(way for way in ways if destination(way, model.status)), actor, self.clock())
        for pair in pending:
            old = self.models[str(pair.predecessor)]
            made = _Model(actor, self.clock(), self.owner, old.engrave, pair.predecessor)
            made.principal, made.keepers = old.principal, set(old.keepers)
            self.models[pair.code] = made
        return pending[0].code if pending else next(iter(self.models))

    @rule(code=codes, actor=people, writer=writers)
    def use(self, code: str, actor: int, writer: int) -> None:
        """I29: only a pair in use is sealed with, and only by its keeper."""
        wanted = (
            self.models[code].status is SealStatus.ACTIVE
            and actor in self.models[code].keepers
            and self._inside_validity(code)
        )
        registry, admitted = self.place.registries[writer], False
        try:
            with self.place.engines[writer].begin() as conn:
                admitted = registry.admit(conn, code, actor=self.people[actor]).code == code
        except SealNotUsable:
            admitted = False
        assert admitted is wanted

    @invariant()
    def both_writers_see_what_the_table_says(self) -> None:
        for turn, (code, model) in enumerate(getattr(self, "models", {}).items()):
            record = self.place.registries[turn % 2].get(code)
            assert record.status is model.status
            assert record.frozen_from is model.frozen_from
            assert record.keeper == self.people[model.principal].id
            assert set(record.keepers) == {self.people[one].id for one in model.keepers}
            assert record.moves == len(model.past)
            asked = None if model.asked_by is None else self.people[model.asked_by].id
            assert record.resume_requested_by == asked
            assert (record.filed_at is not None) is model.filed
            assert (record.destroyed_at is not None) is model.destroyed

    @invariant()
    def the_past_is_the_replay_of_the_history(self) -> None:
        """State as of any time, at and around every move; nothing before the application."""
        for turn, (code, model) in enumerate(list(getattr(self, "models", {}).items())[:3]):
            registry = self.place.registries[turn % 2]
            for moment, _ in model.past[-3:]:
                for when in (moment - TICK, moment, moment + TICK):
                    replayed = [status for at, status in model.past if at <= when]
                    if replayed:
                        assert registry.state_at(code, when) is replayed[-1]
                    else:
                        with pytest.raises(SealNotFound):
                            registry.state_at(code, when)

    def teardown(self) -> None:
        """I20: each move has its event, its audit record and its word to those who follow; I21: the chain holds."""
        if not hasattr(self, "models"):
            return
        world = self.place.first
        with world.engine.connect() as conn:
            active, entries = status_list._states(conn)
            trail = conn.execute(
                sa.text("SELECT subject, count(*) FROM audit WHERE action LIKE 'seal.%' GROUP BY subject")
            )
            counted = {row[0]: row[1] for row in trail}
        for code, model in self.models.items():
            assert len(world.registry.history(code)) == len(model.past) == counted[code]
            told = [moves for subject, moves in self.place.told if subject == code]
            assert told == list(range(2, len(model.past) + 1))
            listed = SealStatus.ACTIVE if code in active else entries.get(code, [(None, None)])[-1][1]
            assert listed is (model.status if model.filed else None), "the public list"

    def _inside_validity(self, code: str) -> bool:
        record, now = self.place.registries[0].get(code), self.clock()
        bound = record.electronic.certificate
        assert bound is not None
        return not record.expired(now) and bound.not_before <= now <= bound.not_after

    def _do(self, registry: SealRegistry, act: SealAct, code: str, actor: Actor) -> None:
        bound = certificate(max(self.clock(), self._last(code)), uscc=self.uscc, key=KEY)
        if act in DESK_ACTS:
            changes = {"certificate": bound} if act is SealAct.ACCEPT else None
            with acting(self._engine_of(registry), self.place.first.audit) as ledger:
                registry.step(ledger, code, act, actor, "一个原因", changes)
            return
        plain: dict[SealAct, Callable[[], object]] = {
            SealAct.APPROVE: lambda: registry.approve(code, actor=actor, certificate=bound),
            SealAct.REQUEST_RENEWAL: lambda: registry.request_renewal(
                code, RenewalRequest(bound), actor=actor
            ),
            SealAct.REQUEST_KEEPER: lambda: registry.request_keeper(
                code, KeeperWish(self._other(actor).id, principal=True), actor=actor
            ),
            SealAct.REMOVE_KEEPER: lambda: registry.remove_keeper(
                code, self._other(actor).id, actor=actor, reason="一个原因"
            ),
            SealAct.DESTROY: lambda: registry.destroy(
                code, Destruction(self.people[WITNESS].id, Method.CUT, self.place.picture), actor=actor
            ),
        }
        if act in plain:
            plain[act]()
        else:
            getattr(registry, act.value)(code, actor=actor, reason="一个原因")

    def _other(self, actor: Actor) -> Actor:
        return self.people[other(self.people.index(actor))]

    def _engine_of(self, registry: SealRegistry) -> sa.Engine:
        return self.place.engines[self.place.registries.index(registry)]

    def _last(self, code: str) -> datetime:
        return self.models[code].past[-1][0]


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Writers]:
    made = Writers(database_url, keep(EvidenceFiles(tmp_path), photograph()))
    yield made
    for engine in made.engines:
        engine.dispose()


def test_I11_I22_I26_two_writers_keep_to_the_table(place: Writers) -> None:
    """I11, I20, I22, I26 for pairs: only the table's moves, two persons where two are asked, all of it on record."""
    RegistryMachine.place = place
    demands = settings(
        max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(RegistryMachine, settings=demands)
    with place.first.engine.connect() as conn:
        place.first.audit.verify(conn)
        assert store.find(conn, "0" * 14) is None


def test_the_ledger_itself_refuses_what_the_table_lacks(place: Writers) -> None:
    """No way round: the lowest writer of a pair's state asks the table too."""
    world = place.first
    record = world.applied()
    with world.engine.connect() as conn, pytest.raises(ActRefused, match="applied"):
        Ledger(conn).move(record, Deed(SealAct.ACCEPT, Actor("person:x"), world.clock()))
