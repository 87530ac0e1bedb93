"""I30 by two writers: whatever interleaves, fails or dies, the number of the current list only rises and the list is true.

Both writers have an engine and a publisher of their own. The seam between reservation and release is the signer: there a
key may be lost, and there the other writer may come first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from api.database.engine import make_engine
from ca.actor import SYSTEM
from hsm.errors import TokenLost
from hsm.signer import Signer
from seals.errors import ClockWentBack, StatusListUnknown
from seals.seal import SealKind, SealRecord, SealStatus
from seals.statement import parse_status_list
from seals.status_list import STALE_AFTER, ListMaker, StatusListPublisher
from seals.store import seal_status_list
from tests.conftest import SteppingClock
from tests.seal_world import APPROVER, KEEPER, SECOND, MemorySigner, SealWorld, certificate

_issuers = itertools.count(1)
KEY = ec.generate_private_key(ec.SECP256R1())


class _Lost(MemorySigner):
    def sign(self, message: bytes) -> bytes:
        raise TokenLost("pulled out")


@dataclass
class Ground:
    """What all examples share: a database with two engines, two seals, a clock that only this test moves."""

    world: SealWorld
    clock: SteppingClock
    engines: tuple[sa.Engine, sa.Engine]
    seals: tuple[SealRecord, SealRecord]


@dataclass
class Plan:
    """What happens at the signer: the key is lost, or first the other writer publishes."""

    lost: bool = False
    first: Callable[[], None] | None = None
    begun: list[int] = field(default_factory=list)


class Publishing(RuleBasedStateMachine):
    """Two publishers of one issuer, and the seals they tell of."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground, self.plan = ground, Plan()
        self.issuer = f"seals-{next(_issuers)}"
        self.highest = 0
        self.released: dict[int, str] = {}
        issued = certificate(ground.clock(), key=KEY, days=3650).der
        maker = ListMaker(self.issuer, [issued], self._signer)
        self.writers = [
            StatusListPublisher(engine, ground.clock, ground.world.audit, maker) for engine in ground.engines
        ]

    def _signer(self) -> Signer:
        plan, self.plan = self.plan, Plan()
        if plan.first is not None:
            plan.first()
        return _Lost(KEY) if plan.lost else MemorySigner(KEY)

    @rule(seconds=st.integers(0, 7200))
    def time_passes(self, seconds: int) -> None:
        self.ground.clock.advance(timedelta(seconds=seconds))

    @rule(which=st.integers(0, 1))
    def a_seal_is_lost_or_found(self, which: int) -> None:
        registry, code = self.ground.world.registry, self.ground.seals[which].code
        if registry.get(code).status is SealStatus.ACTIVE:
            registry.freeze(code, actor=KEEPER, reason="遗失")
        else:
            registry.request_resume(code, actor=APPROVER)
            registry.confirm_resume(code, actor=SECOND)

    @rule(writer=st.integers(0, 1), lost=st.booleans())
    def publish(self, writer: int, lost: bool) -> None:
        self.plan = Plan(lost=lost)
        self._publish(writer, lost=lost)

    @rule(writer=st.integers(0, 1), lost=st.booleans())
    def publish_while_the_other_comes_first(self, writer: int, lost: bool) -> None:
        self.plan = Plan(lost, first=lambda: self._publish(1 - writer, lost=False))
        self._publish(writer, lost=lost)

    @rule(writer=st.integers(0, 1))
    def publish_with_a_clock_gone_back(self, writer: int) -> None:
        if not self._rows():
            return
        now = self.ground.clock.now
        self.ground.clock.now = max(row.issued_at for row in self._rows()) - timedelta(seconds=1)
        with pytest.raises(ClockWentBack):
            self.writers[writer].publish(actor=SYSTEM)
        self.ground.clock.now = now

    @rule(writer=st.integers(0, 1))
    def close_what_was_left(self, writer: int) -> None:
        due = [row for row in self._rows() if row.state == "reserved"]
        due = [row.number for row in due if row.issued_at < self.ground.clock() - STALE_AFTER]
        assert self.writers[writer].reconcile(actor=SYSTEM) == tuple(due)

    def _publish(self, writer: int, *, lost: bool) -> None:
        if lost:
            with pytest.raises(TokenLost):
                self.writers[writer].publish(actor=SYSTEM)
            return
        made = self.writers[writer].publish(actor=SYSTEM)
        assert made.number not in self.released
        self.released[made.number] = made.jws
        self._is_true(made.jws, made.issued_at)

    def _is_true(self, jws: str, at: datetime) -> None:
        """Compare a list with the registry as of the moment that it was seen."""
        parsed = parse_status_list(jws)
        parsed.check_signature()
        for seal in self.ground.seals:
            told = parsed.status_list.status_at(seal.code, at)
            assert told is self.ground.world.registry.state_at(seal.code, at)

    @invariant()
    def I30_the_current_list_is_the_highest_released_and_never_falls(self) -> None:
        for writer in self.writers:
            if not self.released:
                with pytest.raises(StatusListUnknown):
                    writer.current()
                continue
            current = writer.current()
            assert current.number == max(self.released) >= self.highest
            assert current.jws == self.released[current.number]
            self.highest = current.number

    @invariant()
    def numbers_are_given_once_and_dated_forwards(self) -> None:
        rows = self._rows()
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert all(a.issued_at <= b.issued_at for a, b in itertools.pairwise(rows))
        assert {row.number for row in rows if row.state == "published"} == self.released.keys()

    def _rows(self) -> list[sa.Row[tuple[int, datetime, str]]]:
        columns = seal_status_list.c
        chosen = sa.select(columns.number, columns.issued_at, columns.state)
        with self.ground.engines[0].connect() as conn:
            mine = chosen.where(columns.issuer == self.issuer).order_by(columns.number)
            return list(conn.execute(mine).all())


@pytest.fixture
def ground(engine: sa.Engine, database_url: str, clock: SteppingClock) -> Iterator[Ground]:
    world, second = SealWorld(engine, clock), make_engine(database_url)
    yield Ground(
        world, clock, (engine, second), (world.active(SealKind.LEGAL_NAME), world.active(SealKind.FINANCE))
    )
    second.dispose()


def test_I30_two_writers_never_let_a_number_fall(ground: Ground) -> None:
    run_state_machine_as_test(
        lambda: Publishing(ground),
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with ground.engines[1].connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(seal_status_list)).scalar_one() > 0
