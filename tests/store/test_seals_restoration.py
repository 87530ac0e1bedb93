"""Seals after a restoration: what was stopped since stays stopped, and evidence older than the backup changes nothing (I31)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from ca.actor import SYSTEM
from seals.errors import ActRefused
from seals.ledger import acting
from seals.restoration import StatesMerged, merge_states
from seals.seal import SealAct, SealStatus
from seals.statement import SealStatusList, parse_status_list
from seals.status_list import ListMaker, StatusListPublisher
from seals.store import seal, seal_event
from tests.conftest import SteppingClock
from tests.seal_world import APPROVER, KEEPER, SECOND, MemorySigner, SealWorld, certificate

HOUR = timedelta(hours=1)


class Place:
    """A registry that publishes, is backed up, and comes back."""

    def __init__(self, engine: sa.Engine, clock: SteppingClock) -> None:
        self.world, self.clock = SealWorld(engine, clock), clock
        key = ec.generate_private_key(ec.SECP256R1())
        self.maker = ListMaker("seals-test", [certificate(clock(), key=key).der], lambda: MemorySigner(key))
        self._kept: dict[sa.Table, list[dict[str, Any]]] = {}

    def published(self) -> str:
        self.clock.advance(HOUR)
        world = self.world
        return (
            StatusListPublisher(world.engine, self.clock, world.audit, self.maker).publish(actor=SYSTEM).jws
        )

    def listed(self) -> SealStatusList:
        return parse_status_list(self.published()).status_list

    def back_up(self) -> None:
        self.clock.advance(HOUR)
        with self.world.engine.connect() as conn:
            self._kept = {
                table: [dict(row) for row in conn.execute(sa.select(table)).mappings()]
                for table in (seal, seal_event)
            }

    def come_back(self, *lists: str) -> tuple[StatesMerged, ...]:
        self.clock.advance(HOUR)
        with self.world.engine.begin() as conn:
            conn.execute(seal_event.delete())
            for row in self._kept[seal]:
                here = seal.c.electronic_code == row["electronic_code"]
                conn.execute(seal.update().where(here).values(row))
            conn.execute(seal_event.insert(), self._kept[seal_event])
            merged = []
            for jws in lists:
                audit = self.world.audit
                merged.append(
                    merge_states(conn, jws, makers={self.maker.chain[0]}, actor=SYSTEM, audit=audit)
                )
            return tuple(merged)

    def freeze(self, code: str) -> None:
        self.clock.advance(HOUR)
        self.world.registry.freeze(code, actor=KEEPER, reason="遗失")

    def resume(self, code: str) -> None:
        self.clock.advance(HOUR)
        self.world.registry.request_resume(code, actor=APPROVER)
        self.world.registry.confirm_resume(code, actor=SECOND)

    def revoke(self, code: str) -> None:
        self.clock.advance(HOUR)
        self.world.registry.revoke(code, actor=SECOND, reason="停业")

    def status(self, code: str) -> SealStatus:
        return self.world.registry.get(code).status


@pytest.fixture
def place(engine: sa.Engine, clock: SteppingClock) -> Place:
    return Place(engine, clock)


def test_a_list_older_than_the_backup_changes_nothing(place: Place) -> None:
    """Frozen and resumed before the backup: were it frozen again at that time, no list could be published any more."""
    code = place.world.active().code
    place.freeze(code)
    old = place.published()
    place.resume(code)
    place.back_up()
    assert place.come_back(old)[0].stopped == ()
    assert place.status(code) is SealStatus.ACTIVE
    assert [status for _, status in place.listed().entries[code]] == [
        SealStatus.ACTIVE,
        SealStatus.FROZEN,
        SealStatus.ACTIVE,
    ]


def test_I31_a_seal_resumed_since_stays_frozen_and_the_time_of_its_loss_is_kept(place: Place) -> None:
    """Resuming takes two people who are there; what was sealed while it was lost is never good."""
    code = place.world.active().code
    place.back_up()
    place.freeze(code)
    lost = place.clock()
    place.resume(code)
    new = place.published()
    assert place.come_back(new)[0].stopped == (code,)
    assert place.status(code) is SealStatus.FROZEN
    assert place.listed().status_at(code, lost) is SealStatus.FROZEN
    place.resume(code)
    assert place.listed().status_at(code, lost) is SealStatus.FROZEN


@pytest.mark.parametrize("newest_first", [False, True])
def test_I31_every_stop_since_is_in_force_at_its_own_time(place: Place, newest_first: bool) -> None:
    code = place.world.active().code
    place.back_up()
    place.freeze(code)
    frozen = place.clock()
    lists = [place.published()]
    place.revoke(code)
    revoked = place.clock()
    lists.append(place.published())
    place.come_back(*(reversed(lists) if newest_first else lists))
    assert place.status(code) is SealStatus.REVOKED
    found = place.listed()
    assert found.status_at(code, frozen) is SealStatus.FROZEN
    assert found.status_at(code, revoked) is SealStatus.REVOKED


@pytest.mark.parametrize(
    "stop", [Place.freeze, Place.revoke, lambda *_: None], ids=["freeze", "revoke", "none"]
)
def test_I31_a_seal_approved_since_is_applied_for_anew(
    place: Place, stop: Callable[[Place, str], None]
) -> None:
    """Approved a second time, a seal that was lost since would come back under its code."""
    code = place.world.applied().code
    place.back_up()
    place.world.approved(code)
    stop(place, code)
    new = place.published()
    assert place.come_back(new)[0].stopped == (code,)
    assert place.status(code) is SealStatus.REJECTED
    with pytest.raises(ActRefused):
        place.world.approved(code)
    assert code not in place.listed().entries


def _stepped(place: Place, code: str, *acts: SealAct) -> None:
    world = place.world
    for act in acts:
        place.clock.advance(HOUR)
        bound = {"certificate": certificate(place.clock())} if act is SealAct.ACCEPT else None
        with acting(world.engine, world.audit) as ledger:
            world.registry.step(ledger, code, act, APPROVER, changes=bound)


def test_I31_a_seal_suspended_since_is_suspended_again(place: Place) -> None:
    """Lifting takes two people who are there."""
    code = place.world.active().code
    place.back_up()
    place.clock.advance(HOUR)
    place.world.registry.suspend(code, actor=KEEPER, reason="核查")
    since = place.clock()
    place.world.registry.request_lift(code, actor=APPROVER)
    place.world.registry.lift(code, actor=SECOND)
    assert place.come_back(place.published())[0].stopped == (code,)
    assert place.status(code) is SealStatus.SUSPENDED
    assert place.listed().status_at(code, since) is SealStatus.SUSPENDED


@pytest.mark.parametrize(
    ("made", "after"),
    [
        ((), SealStatus.REJECTED),
        ((SealAct.ORDER,), SealStatus.CLOSED),
        ((SealAct.ORDER, SealAct.MAKE), SealStatus.FROZEN),
    ],
)
def test_I31_a_seal_filed_since_is_not_in_use_without_its_certificate(
    place: Place, made: tuple[SealAct, ...], after: SealStatus
) -> None:
    code = place.world.applied(engrave=True).code
    _stepped(place, code, *made)
    place.back_up()
    way = (SealAct.ORDER, SealAct.MAKE, SealAct.PERSONALISE, SealAct.OFFER, SealAct.DELIVER, SealAct.ACCEPT)
    _stepped(place, code, *way[len(made) :])
    assert place.come_back(place.published())[0].stopped == (code,)
    assert place.status(code) is after
    assert code not in place.listed().active, "its certificate is not here"


def test_I31_a_seal_filed_and_revoked_since_is_revoked(place: Place) -> None:
    code = place.world.applied(engrave=True).code
    way = (SealAct.ORDER, SealAct.MAKE, SealAct.PERSONALISE, SealAct.OFFER, SealAct.DELIVER)
    _stepped(place, code, *way)
    place.back_up()
    _stepped(place, code, SealAct.ACCEPT)
    place.revoke(code)
    place.come_back(place.published())
    assert place.status(code) is SealStatus.REVOKED
