"""Publishing the status list on both engines: it agrees with the registry, and its number only rises."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from ca.actor import SYSTEM
from hsm.errors import TokenLost
from hsm.signer import Signer
from seals.errors import ClockWentBack, StatementSignatureInvalid, StatusListUnknown
from seals.ledger import acting
from seals.seal import SealAct, SealKind, SealStatus
from seals.statement import SealStatusList, parse_status_list
from seals.status_list import STALE_AFTER, ListMaker, StatusListPublisher
from tests.conftest import SteppingClock
from tests.seal_world import APPLICANT, APPROVER, KEEPER, SECOND, USCC, MemorySigner, SealWorld, certificate


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


@pytest.fixture
def maker(clock: SteppingClock) -> ListMaker:
    key = ec.generate_private_key(ec.SECP256R1())
    return ListMaker("seals-test", [certificate(clock(), key=key).der], lambda: MemorySigner(key))


def _publisher(world: SealWorld, maker: ListMaker) -> StatusListPublisher:
    return StatusListPublisher(world.engine, world.clock, world.audit, maker)


def _published(world: SealWorld, maker: ListMaker) -> SealStatusList:
    parsed = parse_status_list(_publisher(world, maker).publish(actor=SYSTEM).jws)
    parsed.check_signature()
    return parsed.status_list


def test_the_list_agrees_with_the_registry_at_every_moment(
    world: SealWorld, maker: ListMaker, clock: SteppingClock
) -> None:
    """I13 in kind: list and database agree for every seal, then and now."""
    start = clock()
    kinds = [SealKind.LEGAL_NAME, SealKind.CONTRACT, SealKind.FINANCE, SealKind.LEGAL_NAME]
    plain, frozen, resumed, revoked = (world.active(kind) for kind in kinds)
    applied, rejected = world.applied(), world.applied()
    acts = [
        lambda: world.registry.freeze(frozen.code, actor=KEEPER, reason="遗失"),
        lambda: world.registry.freeze(resumed.code, actor=KEEPER, reason="遗失"),
        lambda: world.registry.request_resume(resumed.code, actor=APPROVER),
        lambda: world.registry.confirm_resume(resumed.code, actor=SECOND),
        lambda: world.registry.revoke(revoked.code, actor=SECOND, reason="停业"),
        lambda: world.registry.reject(rejected.code, actor=SECOND, reason="不清"),
    ]
    moments = [start]
    for act in acts:
        clock.advance(timedelta(minutes=7, microseconds=3))
        act()
        moments.append(clock())
    found = _published(world, maker)
    assert found.active == {plain.code}
    assert set(found.entries) == {frozen.code, resumed.code, revoked.code}
    for seal in (plain, frozen, resumed, revoked):
        for moment in moments:
            assert found.status_at(seal.code, moment) is world.registry.state_at(seal.code, moment)
    for unknown in (applied.code, rejected.code, "9" * 14):
        assert found.status_at(unknown, clock()) is None


def test_a_superseded_pair_is_listed(world: SealWorld, maker: ListMaker) -> None:
    old = world.active()
    (new,) = world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    world.approved(new.code)
    found = _published(world, maker)
    assert found.status_at(old.code, world.clock()) is SealStatus.SUPERSEDED
    assert found.active == {new.code}


def test_I30_numbers_only_rise_and_the_newest_is_current(
    world: SealWorld, maker: ListMaker, clock: SteppingClock
) -> None:
    publisher = _publisher(world, maker)
    with pytest.raises(StatusListUnknown):
        publisher.current()
    numbers = []
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        published = publisher.publish(actor=SYSTEM)
        numbers.append(published.number)
        assert publisher.current() == published
        assert published.next_update - published.issued_at == maker.life
    assert numbers == [1, 2, 3]
    other = dataclasses.replace(maker, issuer="another")
    assert _publisher(world, other).publish(actor=SYSTEM).number == 1
    assert publisher.current().number == 3


def test_I17_a_clock_gone_back_publishes_nothing(
    world: SealWorld, maker: ListMaker, clock: SteppingClock
) -> None:
    publisher = _publisher(world, maker)
    first = publisher.publish(actor=SYSTEM)
    clock.advance(-timedelta(seconds=1))
    with pytest.raises(ClockWentBack):
        publisher.publish(actor=SYSTEM)
    assert publisher.current() == first


class _Lost(MemorySigner):
    """The token goes away: before the signature takes effect, or after it."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, *, after: bool) -> None:
        super().__init__(key)
        self._after = after

    def sign(self, message: bytes) -> bytes:
        if self._after:
            super().sign(message)
        raise TokenLost("pulled out")


@pytest.mark.parametrize("after", [False, True])
def test_I01_I19_a_lost_signature_leaves_a_reservation_that_is_withheld(
    world: SealWorld, clock: SteppingClock, after: bool
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = [certificate(clock(), key=key).der]

    def lost() -> Signer:
        return _Lost(key, after=after)

    good = ListMaker("seals-test", chain, lambda: MemorySigner(key))
    first = _publisher(world, good).publish(actor=SYSTEM)
    publisher = _publisher(world, ListMaker("seals-test", chain, lost))
    with pytest.raises(TokenLost):
        publisher.publish(actor=SYSTEM)
    assert publisher.current() == first
    assert publisher.reconcile(actor=SYSTEM) == (), "somebody may still be signing"
    clock.advance(STALE_AFTER + timedelta(seconds=1))
    assert publisher.reconcile(actor=SYSTEM) == (2,)
    assert publisher.reconcile(actor=SYSTEM) == ()
    assert _publisher(world, good).publish(actor=SYSTEM).number == 3, "a number is never used twice"
    with world.engine.connect() as conn:
        world.audit.verify(conn)
        actions = [record.action for record in world.audit.records(conn)]
    assert [action for action in actions if action.startswith("seal_list.")] == [
        "seal_list.reserved",
        "seal_list.published",
        "seal_list.reserved",
        "seal_list.withheld",
        "seal_list.reserved",
        "seal_list.published",
    ]


class _Flips(MemorySigner):
    """A token that flips a bit of what it returns."""

    def sign(self, message: bytes) -> bytes:
        return super().sign(message + b"\x00")


def test_I07_a_bad_signature_is_withheld(world: SealWorld, clock: SteppingClock) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    maker = ListMaker("seals-test", [certificate(clock(), key=key).der], lambda: _Flips(key))
    publisher = _publisher(world, maker)
    with pytest.raises(StatementSignatureInvalid):
        publisher.publish(actor=SYSTEM)
    with pytest.raises(StatusListUnknown):
        publisher.current()


def test_what_was_never_filed_is_not_on_the_list_and_what_was_suspended_is(
    world: SealWorld, maker: ListMaker, clock: SteppingClock
) -> None:
    """A pair in the making, lost on its way, closed or revoked before use: nobody's business. 停用 shows from its instant."""
    waiting, lost, ended, filed = (world.applied(engrave=True) for _ in range(4))
    plain, halted = world.active(), world.active()
    way = (SealAct.ORDER, SealAct.MAKE, SealAct.PERSONALISE, SealAct.OFFER, SealAct.DELIVER)
    for record in (waiting, lost, ended, filed):
        for act in way if record is filed else way[:2]:
            clock.advance(timedelta(minutes=1))
            with acting(world.engine, world.audit) as ledger:
                world.registry.step(ledger, record.code, act, APPROVER)
    world.registry.freeze(lost.code, actor=KEEPER, reason="途中遗失")
    world.registry.revoke(ended.code, actor=SECOND, reason="停做")
    accepted = {"certificate": certificate(clock())}
    with acting(world.engine, world.audit) as ledger:
        world.registry.step(ledger, filed.code, SealAct.ACCEPT, APPROVER, changes=accepted)
    clock.advance(timedelta(minutes=1))
    world.registry.suspend(halted.code, actor=KEEPER, reason="核查")
    since = clock()
    found = _published(world, maker)
    assert found.active == {plain.code, filed.code}
    assert set(found.entries) == {halted.code}
    assert found.status_at(halted.code, since) is SealStatus.SUSPENDED
    assert found.status_at(halted.code, since - timedelta(microseconds=1)) is SealStatus.ACTIVE


def test_the_past_of_a_filed_seal_begins_with_its_filing(
    world: SealWorld, maker: ListMaker, clock: SteppingClock
) -> None:
    """Lost and found before it was filed, frozen after: the list tells of the second loss alone."""
    record = world.applied(engrave=True)
    way = (SealAct.ORDER, SealAct.MAKE, SealAct.PERSONALISE, SealAct.OFFER, SealAct.DELIVER)
    for act in way:
        with acting(world.engine, world.audit) as ledger:
            world.registry.step(ledger, record.code, act, APPROVER)
    world.registry.freeze(record.code, actor=KEEPER, reason="途中遗失")
    world.registry.request_resume(record.code, actor=APPROVER)
    world.registry.confirm_resume(record.code, actor=SECOND)
    with acting(world.engine, world.audit) as ledger:
        world.registry.step(
            ledger, record.code, SealAct.ACCEPT, APPROVER, changes={"certificate": certificate(clock())}
        )
    assert _published(world, maker).active == {record.code}
    world.registry.freeze(record.code, actor=KEEPER, reason="遗失")
    words = [status for _, status in _published(world, maker).entries[record.code]]
    assert words == [SealStatus.ACTIVE, SealStatus.FROZEN]
