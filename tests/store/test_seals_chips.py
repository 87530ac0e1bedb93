"""Chips and the seals that they are in, on both databases (B4, I26)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.tokens.errors import TokenUnknown
from ca.tokens.state import SealEffect, TokenState
from ca.tokens.token import Holder
from seals.chip_store import LinkStatus
from seals.errors import (
    ChipLinkRefused,
    ChipOfAnother,
    SealFrozen,
    SealHeldByChip,
    SealMoved,
    SealNotFound,
    SecondPersonNeeded,
)
from seals.ledger import acting
from seals.registry import SealRegistry
from seals.seal import SealAct, SealApplication, SealKind, SealStatus
from tests.conftest import SteppingClock
from tests.pki import USCC
from tests.token_world import ANNE, BERT, CARL, FIVE, KEEPER, TokenWorld, make_token_world

OTHER_USCC = "12100000000018032A"


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> TokenWorld:
    made = make_token_world(engine, clock, tmp_path)
    made.issued(parts=FIVE[:2])
    return made


def test_a_link_takes_two_people_and_a_seal_has_one_chip(world: TokenWorld) -> None:
    seal = world.seal()
    asked = world.chips.request_link("C1", seal.code, actor=ANNE)
    assert asked.status is LinkStatus.REQUESTED
    with pytest.raises(SecondPersonNeeded):
        world.chips.confirm_link(seal.code, actor=ANNE)
    with pytest.raises(ChipLinkRefused):
        world.chips.request_link("C1", seal.code, actor=BERT)
    linked = world.chips.confirm_link(seal.physical.code, actor=BERT)
    assert (linked.status, linked.stop) == (LinkStatus.LINKED, SealEffect.RUN)
    with pytest.raises(ChipLinkRefused):
        world.chips.confirm_link(seal.code, actor=CARL)
    second = world.linked("C1", SealKind.FINANCE)
    assert [each.seal for each in world.chips.links("C1")] == [seal.code, second.code]


def test_a_chip_is_linked_with_its_own_enterprises_seals_while_it_is_in_use(world: TokenWorld) -> None:
    seal = world.seal()
    world.pki.enterprises.register(OTHER_USCC, "另一家公司", actor=ANNE)
    world.new("C2", holder=Holder(OTHER_USCC))
    with pytest.raises(ChipOfAnother):
        world.chips.request_link("C2", seal.code, actor=ANNE)
    with pytest.raises(TokenUnknown):
        world.chips.request_link("C9", seal.code, actor=ANNE)
    with pytest.raises(SealNotFound):
        world.chips.request_link("C1", "99999999999999", actor=ANNE)
    world.chips.freeze_chip("C1", actor=ANNE, reason="盘点")
    with pytest.raises(ChipLinkRefused):
        world.chips.request_link("C1", seal.code, actor=ANNE)


def test_I26_freezing_a_chip_freezes_all_its_seals_and_two_people_bring_them_back(
    world: TokenWorld, clock: SteppingClock
) -> None:
    seals = [world.linked("C1", kind) for kind in (SealKind.LEGAL_NAME, SealKind.FINANCE)]
    frozen = world.chips.freeze_chip("C1", actor=ANNE, reason="公章被盗")
    assert {each.status for each in frozen.seals} == {SealStatus.FROZEN}
    with world.engine.begin() as conn, pytest.raises(SealFrozen):
        world.seals.admit(conn, seals[0].code, actor=KEEPER)
    clock.advance(timedelta(minutes=1))
    world.seals.request_resume(seals[0].code, actor=BERT)
    with pytest.raises(SealHeldByChip):
        world.seals.confirm_resume(seals[0].code, actor=CARL)
    world.chips.request_resume("C1", actor=BERT)
    back = world.chips.confirm_resume("C1", actor=CARL)
    assert back.token.state is TokenState.ISSUED
    assert {each.status for each in back.seals} == {SealStatus.ACTIVE}
    history = world.seals.history(seals[0].code)
    assert [(event.act.value, event.actor) for event in history[-2:]] == [
        ("request_resume", BERT.id),
        ("confirm_resume", CARL.id),
    ]


def test_a_seal_frozen_on_its_own_account_stays_so(world: TokenWorld, clock: SteppingClock) -> None:
    alone, other = world.linked("C1", SealKind.LEGAL_NAME), world.linked("C1", SealKind.FINANCE)
    world.seals.freeze(alone.code, actor=CARL, reason="另案冻结")
    clock.advance(timedelta(minutes=1))
    world.chips.report_lost("C1", actor=ANNE, reason="没找到")
    world.chips.request_resume("C1", actor=BERT)
    world.chips.confirm_resume("C1", actor=CARL)
    assert world.seals.get(alone.code).status is SealStatus.FROZEN
    assert world.seals.get(other.code).status is SealStatus.ACTIVE


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("write_off", SealStatus.REVOKED),
        ("terminate", SealStatus.REVOKED),
        ("damage", SealStatus.FROZEN),
    ],
)
def test_I26_a_chip_that_ends_stops_its_seals_for_good(
    world: TokenWorld, act: str, status: SealStatus
) -> None:
    seal = world.linked()
    ended = getattr(world.chips, act)("C1", actor=ANNE, reason="完了")
    assert [each.status for each in ended.seals] == [status]
    if status is SealStatus.FROZEN:
        world.seals.request_resume(seal.code, actor=BERT)
        with pytest.raises(SealHeldByChip):
            world.seals.confirm_resume(seal.code, actor=CARL)


def test_a_seal_leaves_a_broken_chip_for_another_but_never_a_lost_one(world: TokenWorld) -> None:
    seal = world.linked()
    world.chips.report_lost("C1", actor=ANNE, reason="没找到")
    world.chips.request_unlink(seal.code, actor=ANNE)
    with pytest.raises(ChipLinkRefused):
        world.chips.confirm_unlink(seal.code, actor=BERT)
    assert world.chips.withdraw(seal.code, actor=BERT).status is LinkStatus.LINKED
    world.chips.request_resume("C1", actor=BERT)
    world.chips.confirm_resume("C1", actor=CARL)
    world.chips.damage("C1", actor=ANNE, reason="摔坏")
    world.chips.request_unlink(seal.code, actor=ANNE)
    with pytest.raises(SecondPersonNeeded):
        world.chips.confirm_unlink(seal.code, actor=ANNE)
    assert world.chips.confirm_unlink(seal.code, actor=BERT).status is LinkStatus.UNLINKED
    world.seals.request_resume(seal.code, actor=ANNE)
    assert world.seals.confirm_resume(seal.code, actor=BERT).status is SealStatus.ACTIVE
    world.issued("C2", parts=FIVE[:1])
    world.chips.request_link("C2", seal.code, actor=ANNE)
    assert world.chips.confirm_link(seal.code, actor=BERT).token == "C2"


def test_an_application_waits_for_its_chip(world: TokenWorld) -> None:
    applied = world.seals.apply(SealApplication(USCC, SealKind.CONTRACT, KEEPER.id), actor=KEEPER)
    world.chips.request_link("C1", applied.code, actor=ANNE)
    world.chips.confirm_link(applied.code, actor=BERT)
    world.chips.freeze_chip("C1", actor=ANNE, reason="盘点")
    certificate = world.pki.enrol().issued
    with pytest.raises(SealHeldByChip):
        world.seals.approve(applied.code, actor=BERT, certificate=certificate)
    world.chips.request_resume("C1", actor=BERT)
    world.chips.confirm_resume("C1", actor=CARL)
    approved = world.seals.approve(applied.code, actor=BERT, certificate=certificate)
    assert approved.status is SealStatus.ACTIVE


def test_I26_what_a_crash_left_between_chip_and_seals_is_finished(
    world: TokenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.linked()

    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dead:
        dead.setattr(SealRegistry, "freeze", die)
        with pytest.raises(KeyboardInterrupt):
            world.chips.freeze_chip("C1", actor=ANNE, reason="被盗")
    assert world.seals.get(seal.code).status is SealStatus.ACTIVE
    assert world.registry.get("C1").state is TokenState.SUSPENDED
    assert world.chips.reconcile() == 1
    assert world.seals.get(seal.code).status is SealStatus.FROZEN
    assert world.chips.reconcile() == 0


def test_a_seal_that_somebody_moves_at_that_moment_is_done_next_time(
    world: TokenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = world.linked()

    def moved(*_arguments: object, **_named: object) -> None:
        raise SealMoved("seal: somebody was faster")

    with monkeypatch.context() as busy:
        busy.setattr(SealRegistry, "freeze", moved)
        assert world.chips.freeze_chip("C1", actor=ANNE, reason="被盗").seals[0].status is SealStatus.ACTIVE
    assert world.chips.reconcile() == 1
    assert world.seals.get(seal.code).status is SealStatus.FROZEN


WAY = (SealAct.ORDER, SealAct.MAKE, SealAct.PERSONALISE, SealAct.OFFER, SealAct.DELIVER)


def _on_its_way(world: TokenWorld, *acts: SealAct) -> str:
    """Return a seal to be engraved, linked with the chip, as far on its way into use as ``acts`` lead."""
    asked = SealApplication(USCC, SealKind.CONTRACT, KEEPER.id, engrave=True)
    code = world.seals.apply(asked, actor=KEEPER).code
    for act in acts:
        with acting(world.engine, world.pki.audit) as ledger:
            world.seals.step(ledger, code, act, BERT)
    world.chips.request_link("C1", code, actor=ANNE)
    world.chips.confirm_link(code, actor=BERT)
    return code


@pytest.mark.parametrize("count", [2, 4, 5])
def test_I26_a_lost_chip_freezes_a_seal_that_is_not_in_use_yet(world: TokenWorld, count: int) -> None:
    """B2, B4: made, waiting or delivered; with the chip it comes back to the state it had."""
    code = _on_its_way(world, *WAY[:count])
    before = world.seals.get(code).status
    world.chips.report_lost("C1", actor=ANNE, reason="没找到")
    assert (world.seals.get(code).status, world.seals.get(code).frozen_from) == (SealStatus.FROZEN, before)
    world.chips.request_resume("C1", actor=BERT)
    world.chips.confirm_resume("C1", actor=CARL)
    assert world.seals.get(code).status is before


def test_I26_a_seal_waits_while_its_chip_is_stopped_and_is_closed_when_the_chip_ends(
    world: TokenWorld,
) -> None:
    """In the making there is nothing to lose; but it is not handed over before its chip is back."""
    code, ended = _on_its_way(world, SealAct.ORDER), _on_its_way(world, SealAct.ORDER)
    world.chips.freeze_chip("C1", actor=ANNE, reason="盘点")
    for act in WAY[1:4]:
        with acting(world.engine, world.pki.audit) as ledger:
            world.seals.step(ledger, code, act, BERT)
    with pytest.raises(SealHeldByChip), acting(world.engine, world.pki.audit) as ledger:
        world.seals.step(ledger, code, SealAct.DELIVER, BERT)
    world.chips.terminate("C1", actor=ANNE, reason="报废")
    assert world.seals.get(ended).status is SealStatus.CLOSED
    assert world.seals.get(code).status is SealStatus.REVOKED
