"""Permits on both engines: who gets one, once, and how each ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from hsm.algorithms import DigestAlgorithm
from seals import errors
from seals.permit import PERMIT_LIFE, Permit, PermitState
from seals.seal import SealKind, SealRecord
from tests.conftest import SteppingClock
from tests.seal_world import APPLICANT, APPROVER, KEEPER, OTHER_USCC, SECOND, USCC, SealWorld

DOCUMENT = DigestAlgorithm.SHA256.digest(b"a document")


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


def _grant(world: SealWorld, code: str, actor: Actor = KEEPER) -> Permit:
    with world.engine.begin() as conn:
        warrant = world.warrant(code, DOCUMENT, actor)
        return world.permits.grant(
            conn, code, document=DOCUMENT, actor=actor, purpose="合同盖章", warrant=warrant
        )


def _state(world: SealWorld, permit: Permit) -> PermitState:
    with world.engine.connect() as conn:
        found = world.permits.find(conn, permit.id)
    assert found is not None
    return found.state


def _permits(world: SealWorld) -> int:
    with world.engine.connect() as conn:
        return int(conn.execute(sa.text("SELECT count(*) FROM seal_permit")).scalar_one())


def test_a_permit_binds_seal_document_and_actor(world: SealWorld) -> None:
    """C1: the keeper may seal this document with this seal, once."""
    active = world.active()
    permit = _grant(world, active.physical.code)
    assert (permit.seal.record, permit.document, permit.actor) == (active, DOCUMENT, KEEPER)
    assert permit.seal.certificate == active.electronic.certificate
    with world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    with world.engine.begin() as conn:
        world.permits.complete(conn, permit.id, actor=KEEPER, outcome="sealed")
    with world.engine.connect() as conn:
        found = world.permits.find(conn, permit.id)
        world.audit.verify(conn)
        actions = [record.action for record in world.audit.records(conn)]
        actions = [action for action in actions if action.startswith("permit.")]
    assert found is not None
    assert (found.state, found.outcome, found.document) == (PermitState.USED, "sealed", str(DOCUMENT))
    assert found.settled_at == world.clock()
    assert actions == ["permit.granted", "permit.consumed", "permit.used"]


def test_I29_a_permit_works_once(world: SealWorld) -> None:
    permit = _grant(world, world.active().code)
    with world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    with world.engine.begin() as conn:
        world.permits.complete(conn, permit.id, actor=KEEPER)
    for act in (world.permits.complete, world.permits.release):
        with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
            act(conn, permit.id, actor=KEEPER, outcome="again")
    assert _state(world, permit) is PermitState.USED


@pytest.mark.parametrize("consumed", [False, True])
def test_a_released_permit_is_spent(world: SealWorld, consumed: bool) -> None:
    permit = _grant(world, world.active().code)
    if consumed:
        with world.engine.begin() as conn:
            world.permits.consume(conn, permit)
    with world.engine.begin() as conn:
        world.permits.release(conn, permit.id, actor=KEEPER, outcome="令牌断开")
    with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    assert _state(world, permit) is PermitState.RELEASED


def test_an_unused_permit_cannot_be_counted_as_used(world: SealWorld) -> None:
    permit = _grant(world, world.active().code)
    with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
        world.permits.complete(conn, permit.id, actor=KEEPER)
    with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
        world.permits.release(conn, "0" * 32, actor=KEEPER, outcome="none such")
    assert _state(world, permit) is PermitState.GRANTED


def test_an_old_permit_is_spent(world: SealWorld, clock: SteppingClock) -> None:
    permit = _grant(world, world.active().code)
    clock.advance(PERMIT_LIFE + timedelta(seconds=1))
    with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
        world.permits.consume(conn, permit)


def test_a_permit_rolled_back_was_never_granted(world: SealWorld) -> None:
    active = world.active()
    with world.engine.connect() as conn:
        warrant = world.warrant(active.code, DOCUMENT)
        permit = world.permits.grant(conn, active.code, document=DOCUMENT, actor=KEEPER, warrant=warrant)
        conn.rollback()
    with pytest.raises(errors.PermitSpent), world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    assert _permits(world) == 0


def _frozen(world: SealWorld, active: SealRecord) -> None:
    world.registry.freeze(active.code, actor=KEEPER, reason="遗失")


def _revoked(world: SealWorld, active: SealRecord) -> None:
    world.registry.revoke(active.code, actor=KEEPER, reason="损毁")


def _superseded(world: SealWorld, active: SealRecord) -> None:
    (new,) = world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    world.approved(new.code)


STOPS: list[tuple[Callable[[SealWorld, SealRecord], None], type[errors.SealNotUsable]]] = [
    (_frozen, errors.SealFrozen),
    (_revoked, errors.SealRevoked),
    (_superseded, errors.SealSuperseded),
]


@pytest.mark.parametrize(("stop", "error"), STOPS)
def test_a_stopped_seal_gets_no_permit(
    world: SealWorld, stop: Callable[[SealWorld, SealRecord], None], error: type[errors.SealNotUsable]
) -> None:
    """B4: the sealing service refuses, by either code."""
    active = world.active()
    stop(world, active)
    for code in (active.code, active.physical.code):
        with pytest.raises(error) as refused:
            _grant(world, code)
        assert type(refused.value) is error
    assert _permits(world) == 0


@pytest.mark.parametrize(("stop", "error"), STOPS)
def test_a_seal_stopped_after_the_grant_is_refused_before_the_key(
    world: SealWorld, stop: Callable[[SealWorld, SealRecord], None], error: type[errors.SealNotUsable]
) -> None:
    active = world.active()
    permit = _grant(world, active.code)
    stop(world, active)
    with pytest.raises(error), world.engine.begin() as conn:
        world.permits.consume(conn, permit)
    assert _state(world, permit) is PermitState.GRANTED


def test_a_superseded_seal_names_its_successor(world: SealWorld) -> None:
    """B5: the explanation leads to the new seal."""
    active = world.active()
    _superseded(world, active)
    with pytest.raises(errors.SealSuperseded) as refused:
        _grant(world, active.code)
    successor = world.registry.get(active.code).successor
    assert successor is not None
    assert successor in refused.value.zh
    assert successor in refused.value.en


def test_unknown_unapproved_rejected_and_expired_seals_are_told_apart(
    world: SealWorld, clock: SteppingClock
) -> None:
    applied = world.applied()
    rejected = world.applied(SealKind.CONTRACT)
    world.registry.reject(rejected.code, actor=SECOND, reason="印模不清")
    short = world.active(SealKind.INVOICE, valid_days=10)
    old = world.active(SealKind.OTHER, line="行政审批专用章", valid_days=1000)
    told = set()
    for code, error in (
        ("9" * 14, errors.SealUnknown),
        ("' OR 1=1", errors.SealUnknown),
        (applied.code, errors.SealUnapproved),
        (rejected.code, errors.SealRejected),
    ):
        with pytest.raises(error) as refused:
            _grant(world, code)
        assert type(refused.value) is error
        told.add((refused.value.zh, refused.value.en))
    assert short.valid_to is not None
    clock.now = short.valid_to
    _grant(world, short.code)  # the last moment is inside
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(errors.SealExpired):
        _grant(world, short.code)
    clock.advance(timedelta(days=400))
    with pytest.raises(errors.SealCertificateExpired):
        _grant(world, old.code)
    assert len(told) == 3


@pytest.mark.parametrize(
    "actor",
    [
        APPROVER,
        APPLICANT,
        Actor("person:mallory", uscc=USCC),
        Actor(KEEPER.id, uscc=OTHER_USCC),
        Actor("person:listed"),
        Actor("person:listed", uscc=OTHER_USCC),
        Actor(KEEPER.id.upper(), uscc=USCC),
    ],
)
def test_only_a_keeper_of_the_owner_gets_a_permit(world: SealWorld, actor: Actor) -> None:
    """Bad input: a seal that is not the caller's."""
    active = world.active(keepers=("person:listed",))
    with pytest.raises(errors.SealNotYours):
        _grant(world, active.code, actor)


@pytest.mark.parametrize(
    "actor", [KEEPER, Actor(KEEPER.id), Actor("person:listed", uscc=USCC)], ids=["keeper", "alone", "listed"]
)
def test_keepers_of_the_owner_get_a_permit(world: SealWorld, actor: Actor) -> None:
    active = world.active(keepers=("person:listed",))
    assert _grant(world, active.code, actor).actor == actor


def test_a_keeper_struck_off_gets_nothing(world: SealWorld) -> None:
    listed = Actor("person:listed", uscc=USCC)
    active = world.active(keepers=(listed.id,))
    permit = _grant(world, active.code, listed)
    world.registry.remove_keeper(active.code, listed.id, actor=SECOND, reason="离职")
    with pytest.raises(errors.SealNotYours):
        _grant(world, active.code, listed)
    with pytest.raises(errors.SealNotYours), world.engine.begin() as conn:
        world.permits.consume(conn, permit)


def test_every_refusal_says_what_to_do_in_two_languages() -> None:
    found: list[Any] = [errors.SealNotUsable, *errors.SealNotUsable.__subclasses__(), errors.SealRejected]
    sentences = {(error.zh, error.en) for error in found}
    assert len(sentences) == len(found)
    assert all(zh.endswith("。") and en.endswith(".") for zh, en in sentences)
