"""Two at once, on both engines: one wins, the other is told, nothing is done twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from ca.errors import EnterpriseExists
from hsm.algorithms import DigestAlgorithm
from seals import store
from seals.errors import ActRefused, CodeTaken, PermitSpent, SealFrozen, SealMoved
from seals.permit import Permit
from seals.seal import SealAct, SealKind, SealQuery, SealStatus
from tests.conftest import SteppingClock
from tests.seal_world import APPLICANT, APPROVER, KEEPER, SECOND, USCC, SealWorld, certificate

DOCUMENT = DigestAlgorithm.SHA256.digest(b"a document")


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


def _together(*works: Callable[[], Any]) -> list[Any]:
    """Start all at one barrier; return what each gave or raised."""
    barrier = threading.Barrier(len(works))
    found: list[Any] = [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            found[index] = work()
        except Exception as wrong:  # noqa: BLE001 - the test looks at it
            found[index] = wrong

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return found


def _lost(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, Exception)]


def test_of_two_approvals_at_once_one_wins(world: SealWorld) -> None:
    """B3 under load: one approval, one history, one certificate."""
    for _ in range(5):
        applied = world.applied()
        bounds = [certificate(world.clock()) for _ in range(2)]
        results = _together(
            lambda: world.registry.approve(applied.code, actor=APPROVER, certificate=bounds[0]),  # noqa: B023
            lambda: world.registry.approve(applied.code, actor=SECOND, certificate=bounds[1]),  # noqa: B023
        )
        (lost,) = _lost(results)
        assert isinstance(lost, SealMoved | ActRefused)
        (won,) = [result for result in results if result is not lost]
        assert world.registry.get(applied.code) == won
        assert [event.act for event in world.registry.history(applied.code)] == [
            SealAct.APPLY,
            SealAct.APPROVE,
        ]
    with world.engine.connect() as conn:
        world.audit.verify(conn)


def test_two_connections_that_both_read_active_move_it_once(world: SealWorld) -> None:
    """The interleaving itself: both have read the pair before either writes."""
    active = world.active()
    both_read = threading.Barrier(2)

    def stop(act: SealAct, status: SealStatus) -> None:
        with world.engine.execution_options(read_only=True).connect() as reading:
            before = store.find(reading, active.code)
        assert before is not None
        both_read.wait()
        with world.engine.begin() as conn:
            store.move(conn, before, act, status, {})

    results = _together(
        lambda: stop(SealAct.FREEZE, SealStatus.FROZEN), lambda: stop(SealAct.REVOKE, SealStatus.REVOKED)
    )
    assert [type(result) for result in _lost(results)] == [SealMoved]
    assert world.registry.get(active.code).moves == 3


def test_codes_given_at_once_are_all_different(world: SealWorld) -> None:
    results = _together(*[lambda: [world.applied() for _ in range(4)] for _ in range(4)])
    assert not _lost(results)
    pairs = [pair for found in results for pair in found]
    assert max(Counter(pair.code for pair in pairs).values()) == 1
    assert max(Counter(pair.physical.code for pair in pairs).values()) == 1
    assert sorted(pair.code for pair in pairs) == [f"33010500{n:06d}" for n in range(1, 17)]


def test_one_engraved_code_is_registered_once(world: SealWorld) -> None:
    results = _together(*[lambda: world.applied(physical_code="3301050009999") for _ in range(3)])
    assert [type(result) for result in _lost(results)] == [CodeTaken, CodeTaken]


def test_I29_a_permit_taken_by_many_is_taken_once(world: SealWorld) -> None:
    active = world.active()
    with world.engine.begin() as conn:
        warrant = world.warrant(active.code, DOCUMENT)
        permit = world.permits.grant(conn, active.code, document=DOCUMENT, actor=KEEPER, warrant=warrant)

    def consume() -> None:
        with world.engine.begin() as conn:
            world.permits.consume(conn, permit)

    results = _together(*[consume] * 4)
    assert [type(result) for result in _lost(results)] == [PermitSpent] * 3


def test_after_a_freeze_no_permit_is_granted(world: SealWorld) -> None:
    """B4: each grant is either before the freeze on the trail, or refused."""
    for _ in range(5):
        _race_of_grants_and_freeze(world, world.active(SealKind.INVOICE).code)


def _race_of_grants_and_freeze(world: SealWorld, code: str) -> None:
    def grant() -> Permit:
        warrant = world.warrant(code, DOCUMENT)
        with world.engine.begin() as conn:
            return world.permits.grant(conn, code, document=DOCUMENT, actor=KEEPER, warrant=warrant)

    def freeze() -> None:
        world.registry.freeze(code, actor=KEEPER, reason="遗失")

    results = _together(grant, freeze, grant, grant)
    granted = {result.id for result in results if isinstance(result, Permit)}
    assert all(isinstance(lost, SealFrozen) for lost in _lost(results)), results
    with world.engine.connect() as conn:
        records = world.audit.records(conn, limit=10_000)
    (frozen,) = (
        record.number for record in records if (record.action, record.subject) == ("seal.freeze", code)
    )
    assert all(record.number < frozen for record in records if record.subject in granted)


def test_changes_of_name_at_once_make_one_pair(world: SealWorld) -> None:
    old = world.active()
    results = _together(
        *[lambda: world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT) for _ in range(3)]
    )
    assert all(isinstance(lost, SealMoved | EnterpriseExists) for lost in _lost(results)), results
    assert len(_lost(results)) < 3
    pending = world.registry.list(SealQuery(status=SealStatus.APPLIED)).records
    assert [pair.predecessor for pair in pending] == [old.code]


def test_approving_the_new_pair_while_the_old_one_is_frozen_deadlocks_nobody(world: SealWorld) -> None:
    """Row locks come first, the lock on the trail's head last; so nobody waits in a ring."""
    name = "新名有限公司"
    for attempt in range(5):
        old = world.active(SealKind.FINANCE)
        name = f"第{'一二三四五'[attempt]}新名有限公司"
        new = world.registry.rename_owner(USCC, name, actor=APPLICANT)[-1]
        results = _together(
            lambda: world.approved(new.code),  # noqa: B023
            lambda: world.registry.freeze(old.code, actor=KEEPER, reason="遗失"),  # noqa: B023
        )
        assert all(isinstance(lost, SealMoved | ActRefused) for lost in _lost(results)), results
        if world.registry.get(new.code).status is SealStatus.APPLIED:
            world.approved(new.code)
        assert world.registry.get(old.code).status is SealStatus.SUPERSEDED
