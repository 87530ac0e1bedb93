"""The later life of a pair on both engines: order and filing, loss, suspension, renewal, destruction, any past state."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.enrolment.evidence_files import EvidenceFiles
from seals import event_store, renewal_store
from seals.destruction import Destruction, KeptPicture, Method, keep
from seals.errors import (
    ActRefused,
    ApplicationInvalid,
    CertificateNeeded,
    CertificateUnfit,
    ClockWentBack,
    CodeTaken,
    DestructionInvalid,
    FilingDemanded,
    LiftNotRequested,
    OwnerRenamed,
    ReasonNeeded,
    RenewalNotRequested,
    SealMoved,
    SealNotFound,
    SealSuspended,
    SecondPersonNeeded,
)
from seals.keepers import may_report_lost
from seals.ledger import acting
from seals.lookup.errors import MomentToCome
from seals.registry import RegistryRules, SealRegistry
from seals.renewal import RenewalRequest
from seals.seal import SealAct, SealKind, SealRecord, SealStatus
from seals.states import TRANSITIONS
from tests.conftest import SteppingClock
from tests.seal_world import (
    APPLICANT,
    APPROVER,
    KEEPER,
    OTHER_USCC,
    SECOND,
    USCC,
    SealWorld,
    certificate,
    photograph,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICER = APPROVER
WAY = (SealAct.ORDER, SealAct.MAKE, SealAct.PERSONALISE, SealAct.OFFER, SealAct.DELIVER)


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


@pytest.fixture
def kept(tmp_path: Path) -> KeptPicture:
    return keep(EvidenceFiles(tmp_path / "evidence"), photograph())


def _step(world: SealWorld, code: str, act: SealAct, actor: Actor = OFFICER, **more: Any) -> SealRecord:
    with acting(world.engine, world.audit) as ledger:
        return world.registry.step(ledger, code, act, actor, **more)


def _made(world: SealWorld, status: SealStatus, **changes: Any) -> SealRecord:
    """Take a new pair to be engraved to a state on its way into use."""
    record = world.applied(engrave=True, **changes)
    for act in WAY:
        if record.status is status:
            return record
        record = _step(world, record.code, act)
    if status is SealStatus.RETURNED:
        return _step(world, record.code, SealAct.RETURN, reason="印模不清")
    return record


def _filed(world: SealWorld, **changes: Any) -> SealRecord:
    delivered = _made(world, SealStatus.DELIVERED, **changes)
    bound = certificate(world.clock().astimezone(UTC))
    return _step(world, delivered.code, SealAct.ACCEPT, changes={"certificate": bound})


def _wish(world: SealWorld, days: int | None = None, **changes: Any) -> RenewalRequest:
    return RenewalRequest(certificate(world.clock().astimezone(UTC), **changes), days)


def _history(world: SealWorld, code: str) -> list[SealAct]:
    return [event.act for event in world.registry.history(code)]


# -- making and filing ------------------------------------------------------------------------------------------------


def test_a_pair_is_ordered_made_delivered_and_filed(world: SealWorld, clock: SteppingClock) -> None:
    """B2, B3: filing makes the pair active, from that moment on; 已备案 is a fact of the record."""
    delivered = _made(world, SealStatus.DELIVERED)
    assert (delivered.filed_at, delivered.valid_from) == (None, None)
    clock.advance(DAY)
    bound = certificate(clock())
    filed = _step(world, delivered.code, SealAct.ACCEPT, SECOND, changes={"certificate": bound})
    assert (filed.status, filed.filed_at, filed.filed_by) == (SealStatus.ACTIVE, clock(), SECOND.id)
    assert (filed.approver, filed.valid_from) == (APPROVER.id, clock())
    assert filed.electronic.certificate is not None
    assert filed.electronic.certificate.serial == bound.serial
    assert _history(world, filed.code) == [SealAct.APPLY, *WAY, SealAct.ACCEPT]
    with world.engine.connect() as conn:
        world.audit.verify(conn)
        actions = [record.action for record in world.audit.records(conn) if record.subject == filed.code]
    assert actions == [f"seal.{act}" for act in _history(world, filed.code)]


def test_a_seal_never_filed_is_drawn_with_the_mark_across_it(world: SealWorld) -> None:
    """B7: until it is filed, and after it was closed unclaimed."""
    waiting = _made(world, SealStatus.AWAITING)
    assert world.registry.picture(waiting.code).digest != waiting.electronic.picture_sha256
    world.registry.close(waiting.code, actor=OFFICER, reason="逾期未领")
    assert world.registry.picture(waiting.code).digest != waiting.electronic.picture_sha256
    filed = _filed(world)
    assert world.registry.picture(filed.code).digest == filed.electronic.picture_sha256


def test_approval_alone_is_refused_where_filing_is_demanded(engine: sa.Engine, clock: SteppingClock) -> None:
    """The error says what to do: order it."""
    world = SealWorld(engine, clock, RegistryRules(direct_filing=False))
    applied = world.applied()
    with pytest.raises(FilingDemanded) as refused:
        world.approved(applied.code)
    assert "yinxin seal order" in refused.value.zh
    assert "yinxin seal order" in refused.value.en
    assert world.registry.order(applied.code, actor=APPROVER).status is SealStatus.MAKING


def test_a_seal_to_be_engraved_is_not_approved_at_once(world: SealWorld) -> None:
    with pytest.raises(FilingDemanded):
        world.approved(world.applied(engrave=True).code)


def test_I22_the_applicant_neither_orders_nor_files(world: SealWorld) -> None:
    applied = world.applied(engrave=True)
    with pytest.raises(SecondPersonNeeded):
        world.registry.order(applied.code, actor=APPLICANT)
    delivered = _made(world, SealStatus.DELIVERED)
    bound = {"certificate": certificate(world.clock())}
    with pytest.raises(SecondPersonNeeded):
        _step(world, delivered.code, SealAct.ACCEPT, APPLICANT, changes=bound)
    assert world.registry.get(delivered.code).status is SealStatus.DELIVERED


def test_filing_wants_a_certificate_and_the_name_of_today(world: SealWorld) -> None:
    delivered = _made(world, SealStatus.DELIVERED)
    with pytest.raises(CertificateNeeded):
        _step(world, delivered.code, SealAct.ACCEPT)
    other = certificate(world.clock(), uscc=OTHER_USCC)
    with pytest.raises(CertificateUnfit):
        _step(world, delivered.code, SealAct.ACCEPT, changes={"certificate": other})
    world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    with pytest.raises(OwnerRenamed):
        _step(world, delivered.code, SealAct.ACCEPT, changes={"certificate": certificate(world.clock())})


@pytest.mark.parametrize("act", [SealAct.FREEZE, SealAct.REVOKE, SealAct.APPROVE, SealAct.CONFIRM_RESUME])
def test_the_desk_steps_only_through_making_and_filing(world: SealWorld, act: SealAct) -> None:
    record = world.applied()
    with pytest.raises(ValueError, match="no step"):
        _step(world, record.code, act, reason="x")


def test_a_step_that_fails_undoes_what_the_desk_wrote(world: SealWorld) -> None:
    """I20: job row, seal row and audit are one commit or none."""
    record = world.applied(engrave=True)

    def two_steps() -> None:
        with acting(world.engine, world.audit) as ledger:
            world.registry.step(ledger, record.code, SealAct.ORDER, OFFICER)
            world.registry.step(ledger, record.code, SealAct.DELIVER, OFFICER)

    with pytest.raises(ActRefused):
        two_steps()
    assert _history(world, record.code) == [SealAct.APPLY]
    with world.engine.connect() as conn:
        assert [r.action for r in world.audit.records(conn) if r.subject == record.code] == ["seal.apply"]


def test_who_follows_the_moves_is_told_in_the_same_transaction(world: SealWorld) -> None:
    """B4: what a follower raises undoes the move, so no lock is ever missing behind a freeze."""
    told: list[tuple[str, SealStatus]] = []

    def follow(conn: sa.Connection, record: SealRecord) -> None:
        assert conn.in_transaction()
        told.append((record.code, record.status))
        if record.status is SealStatus.REVOKED:
            raise RuntimeError("no room for the lock command")

    registry = SealRegistry(world.engine, world.enterprises, world.clock, world.audit, on_move=(follow,))
    active = world.active()
    registry.freeze(active.code, actor=KEEPER, reason="遗失")
    with pytest.raises(RuntimeError, match="no room"):
        registry.revoke(active.code, actor=KEEPER, reason="停业")
    assert told == [(active.code, SealStatus.FROZEN), (active.code, SealStatus.REVOKED)]
    assert registry.get(active.code).status is SealStatus.FROZEN


# -- loss -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    [
        SealStatus.MADE,
        SealStatus.PERSONALISED,
        SealStatus.AWAITING,
        SealStatus.DELIVERED,
        SealStatus.RETURNED,
    ],
)
def test_a_seal_is_lost_before_use_and_found_again(world: SealWorld, status: SealStatus) -> None:
    """B4, I22: it comes back to the state it had, by two people; and it can be made anew instead."""
    record = _made(world, status)
    frozen = world.registry.freeze(record.code, actor=SECOND, reason="途中遗失")
    assert (frozen.status, frozen.frozen_from) == (SealStatus.FROZEN, status)
    with pytest.raises(ActRefused):
        _step(world, record.code, SealAct.DELIVER)
    world.registry.request_resume(record.code, actor=APPROVER)
    with pytest.raises(SecondPersonNeeded):
        world.registry.confirm_resume(record.code, actor=APPROVER)
    back = world.registry.confirm_resume(record.code, actor=SECOND)
    assert (back.status, back.frozen_from, back.filed_at) == (status, None, None)
    world.registry.freeze(record.code, actor=SECOND, reason="又遗失")
    assert _step(world, record.code, SealAct.REWORK).status is SealStatus.MAKING


def test_a_suspended_seal_that_is_lost_comes_back_suspended(world: SealWorld) -> None:
    active = world.active()
    world.registry.suspend(active.code, actor=KEEPER, reason="核查")
    world.registry.request_lift(active.code, actor=APPROVER)
    frozen = world.registry.freeze(active.code, actor=KEEPER, reason="遗失")
    assert (frozen.frozen_from, frozen.resume_requested_by) == (SealStatus.SUSPENDED, None)
    with pytest.raises(ActRefused):
        _step(world, active.code, SealAct.REWORK)
    world.registry.request_resume(active.code, actor=APPROVER)
    assert world.registry.confirm_resume(active.code, actor=SECOND).status is SealStatus.SUSPENDED
    with pytest.raises(LiftNotRequested):
        world.registry.lift(active.code, actor=SECOND)


def test_what_is_not_made_or_has_ended_cannot_be_lost(world: SealWorld) -> None:
    making, ended = _made(world, SealStatus.MAKING), world.active()
    world.registry.revoke(ended.code, actor=SECOND, reason="停业")
    for code in (world.applied(SealKind.CONTRACT).code, making.code, ended.code):
        with pytest.raises(ActRefused):
            world.registry.freeze(code, actor=KEEPER, reason="遗失")


def test_of_two_freezes_at_once_one_wins_and_the_other_hears_of_it(world: SealWorld) -> None:
    """B4: exactly one freeze on record, and a clear word for the other person."""
    for _ in range(4):
        active = world.active()
        results = _together(
            lambda: world.registry.freeze(active.code, actor=KEEPER, reason="遗失"),  # noqa: B023
            lambda: world.registry.freeze(active.code, actor=SECOND, reason="遗失"),  # noqa: B023
        )
        (lost,) = [result for result in results if isinstance(result, Exception)]
        assert isinstance(lost, SealMoved | ActRefused)
        assert "挂失" in lost.zh or "他人" in lost.zh
        assert _history(world, active.code).count(SealAct.FREEZE) == 1


def _together(*works: Callable[[], Any]) -> list[Any]:
    barrier, found = threading.Barrier(len(works)), [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            found[index] = work()
        except Exception as wrong:  # noqa: BLE001 - the test looks at it
            found[index] = wrong  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_who_may_report_a_seal_lost(world: SealWorld) -> None:
    """B4: principal keeper, any keeper, the applicant's enterprise, its legal representative; nobody else's."""
    record = world.active(keepers=("person:sun.qi",))
    for actor in (
        KEEPER,
        Actor(KEEPER.id),
        Actor("person:sun.qi"),
        Actor("person:fa.ren", uscc=USCC),
        APPLICANT,
    ):
        assert may_report_lost(record, actor), actor
    for actor in (SECOND, Actor(KEEPER.id, uscc=OTHER_USCC), Actor("person:fa.ren", uscc=OTHER_USCC)):
        assert not may_report_lost(record, actor), actor


# -- suspension and renewal -------------------------------------------------------------------------------------------


def test_I22_a_suspension_is_lifted_by_two_people(world: SealWorld) -> None:
    active = world.active()
    world.registry.suspend(active.code, actor=KEEPER, reason="核查")
    with world.engine.begin() as conn, pytest.raises(SealSuspended):
        world.registry.admit(conn, active.code, actor=KEEPER)
    with pytest.raises(LiftNotRequested):
        world.registry.lift(active.code, actor=SECOND)
    world.registry.request_lift(active.code, actor=APPROVER)
    with pytest.raises(SecondPersonNeeded):
        world.registry.lift(active.code, actor=Actor("PERSON:LI.SI"))
    assert world.registry.lift(active.code, actor=SECOND).status is SealStatus.ACTIVE


def test_I22_a_renewal_takes_two_people_and_keeps_what_was_before(
    world: SealWorld, clock: SteppingClock
) -> None:
    """Exactly what was asked for is carried out; the old certificate and validity stay on record."""
    active = world.active()
    old = active.electronic.certificate
    clock.advance(30 * DAY)
    wish = _wish(world, days=100)
    asked = world.registry.request_renewal(active.code, wish, actor=APPLICANT)
    assert (asked.status, asked.electronic.certificate) == (SealStatus.ACTIVE, old)
    with pytest.raises(SecondPersonNeeded):
        world.registry.renew(active.code, actor=APPLICANT)
    clock.advance(HOUR)
    renewed = world.registry.renew(active.code, actor=SECOND)
    assert renewed.electronic.certificate is not None
    assert renewed.electronic.certificate.serial == wish.certificate.serial
    assert (renewed.valid_from, renewed.valid_to) == (clock(), clock() + 100 * DAY)
    assert renewed.electronic.picture_sha256 == active.electronic.picture_sha256
    with world.engine.connect() as conn:
        (kept,) = renewal_store.done(conn, active.code)
    assert (kept.certificate, kept.valid_from, kept.valid_to) == (old, active.valid_from, active.valid_to)
    assert (kept.asked_by, kept.decided_by) == (APPLICANT.id, SECOND.id)
    before = world.registry.standing_at(active.code, clock() - DAY)
    assert (before.valid_from, before.valid_to) == (active.valid_from, active.valid_to)
    with world.engine.connect() as conn:
        (record,) = [r for r in world.audit.records(conn) if r.action == "seal.renew"]
    assert old is not None
    assert json.loads(record.detail)["old_certificate"] == old.sha256


def test_a_request_to_renew_does_not_outlive_another_act(world: SealWorld) -> None:
    active = world.active()
    world.registry.request_renewal(active.code, _wish(world), actor=APPLICANT)
    world.registry.suspend(active.code, actor=KEEPER, reason="核查")
    world.registry.request_lift(active.code, actor=APPROVER)
    world.registry.lift(active.code, actor=SECOND)
    with pytest.raises(RenewalNotRequested):
        world.registry.renew(active.code, actor=SECOND)
    assert world.registry.renewal_waiting(active.code) is None


def test_an_expired_seal_is_renewed_from_then_on(world: SealWorld, clock: SteppingClock) -> None:
    active = world.active(valid_days=10)
    clock.advance(20 * DAY)
    lapsed = clock()
    world.registry.request_renewal(active.code, _wish(world), actor=APPLICANT)
    clock.advance(HOUR)
    renewed = world.registry.renew(active.code, actor=SECOND)
    assert not renewed.expired(clock())
    assert world.registry.standing_at(active.code, lapsed).expired
    assert not world.registry.standing_at(active.code).expired


@pytest.mark.parametrize("days", [0, -1, 100_000])
def test_days_of_a_renewal_are_bounded(world: SealWorld, days: int) -> None:
    with pytest.raises(ApplicationInvalid):
        world.registry.request_renewal(world.active().code, _wish(world, days), actor=APPLICANT)


def test_a_renewal_wants_another_certificate_of_the_owner(world: SealWorld) -> None:
    active = world.active()
    same = active.electronic.certificate
    assert same is not None
    for wish in (_wish(world, uscc=OTHER_USCC), RenewalRequest(same)):
        with pytest.raises(CertificateUnfit):
            world.registry.request_renewal(active.code, wish, actor=APPLICANT)


# -- destruction ------------------------------------------------------------------------------------------------------


def test_a_physical_seal_is_destroyed_once_before_a_witness(
    world: SealWorld, kept: KeptPicture, clock: SteppingClock
) -> None:
    active = world.active()
    what = Destruction(SECOND.id, Method.CRUSHED, kept)
    with pytest.raises(ActRefused):
        world.registry.destroy(active.code, what, actor=KEEPER)
    world.registry.revoke(active.code, actor=SECOND, reason="停业")
    with pytest.raises(SecondPersonNeeded):
        world.registry.destroy(active.code, what, actor=SECOND)
    for nobody in (KEEPER.id.removeprefix("person:"), "person:", "app:oa", "person:a\0b"):
        with pytest.raises(DestructionInvalid, match="witness"):
            world.registry.destroy(active.code, replace(what, witness=nobody), actor=KEEPER)
    clock.advance(DAY)
    gone = world.registry.destroy(active.code, what, actor=KEEPER)
    assert (gone.status, gone.destroyed_at) == (SealStatus.REVOKED, clock())
    found = world.registry.destruction(active.code)
    assert found is not None
    assert (found.by, found.witness, found.method, found.picture_sha256) == (
        KEEPER.id,
        SECOND.id,
        "crushed",
        kept.sha256,
    )
    with pytest.raises(DestructionInvalid, match="already"):
        world.registry.destroy(active.code, what, actor=KEEPER)
    with world.engine.connect() as conn:
        (record,) = [r for r in world.audit.records(conn) if r.action == "seal.destroy"]
    detail = json.loads(record.detail)
    assert (detail["witness"], detail["picture_of_destruction"]) == (SECOND.id, kept.sha256)


def test_what_was_never_made_is_not_destroyed(world: SealWorld, kept: KeptPicture) -> None:
    making, waiting = _made(world, SealStatus.MAKING), _made(world, SealStatus.AWAITING)
    for record in (making, waiting):
        world.registry.close(record.code, actor=OFFICER, reason="逾期未领")
    what = Destruction(SECOND.id, Method.CUT, kept)
    with pytest.raises(DestructionInvalid):
        world.registry.destroy(making.code, what, actor=KEEPER)
    with pytest.raises(DestructionInvalid):
        world.registry.destroy(waiting.code, Destruction(" ", Method.CUT, kept), actor=KEEPER)
    assert world.registry.destroy(waiting.code, what, actor=KEEPER).status is SealStatus.CLOSED


# -- reasons, clock, codes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "  ", "字" * 201])
def test_new_stopping_acts_state_a_reason(world: SealWorld, reason: str) -> None:
    active, waiting = world.active(), _made(world, SealStatus.AWAITING)
    with pytest.raises(ReasonNeeded):
        world.registry.suspend(active.code, actor=KEEPER, reason=reason)
    with pytest.raises(ReasonNeeded):
        world.registry.close(waiting.code, actor=OFFICER, reason=reason)
    with pytest.raises(ReasonNeeded):
        _step(world, _made(world, SealStatus.DELIVERED).code, SealAct.RETURN, reason=reason)


def test_a_clock_gone_back_stops_everything_but_stopping(
    world: SealWorld, kept: KeptPicture, clock: SteppingClock
) -> None:
    active, making = world.active(), _made(world, SealStatus.MAKING)
    last = clock()
    clock.advance(-HOUR)
    with pytest.raises(ClockWentBack):
        _step(world, making.code, SealAct.MAKE)
    with pytest.raises(ClockWentBack):
        world.registry.request_renewal(active.code, _wish(world), actor=APPLICANT)
    suspended = world.registry.suspend(active.code, actor=KEEPER, reason="核查")
    with pytest.raises(ClockWentBack):
        world.registry.request_lift(active.code, actor=APPROVER)
    assert world.registry.history(active.code)[-1].at == last, "times never fall along a history"
    world.registry.freeze(suspended.code, actor=KEEPER, reason="遗失")
    world.registry.revoke(suspended.code, actor=KEEPER, reason="停业")
    with pytest.raises(ClockWentBack):
        world.registry.destroy(active.code, Destruction(SECOND.id, Method.CUT, kept), actor=KEEPER)
    assert world.registry.close(making.code, actor=OFFICER, reason="停做").status is SealStatus.CLOSED


def test_a_code_is_taken_until_its_application_is_rejected(world: SealWorld) -> None:
    """B1: a closed pair keeps its code, for a seal with it may exist."""
    code = "3301050009999"
    first = world.applied(physical_code=code, engrave=True)
    with pytest.raises(CodeTaken):
        world.applied(SealKind.FINANCE, physical_code=code)
    world.registry.order(first.code, actor=OFFICER)
    world.registry.close(first.code, actor=OFFICER, reason="停做")
    with pytest.raises(CodeTaken):
        world.applied(SealKind.FINANCE, physical_code=code)


# -- as of any time ---------------------------------------------------------------------------------------------------


def test_status_as_of_any_time_across_a_change_of_name(world: SealWorld, clock: SteppingClock) -> None:
    """B5: the old pair is superseded, the link is told from then on and not before."""
    old = world.active()
    clock.advance(DAY)
    (new,) = world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    clock.advance(DAY)
    before = clock()
    clock.advance(DAY)
    world.approved(new.code)
    asked = world.registry.standing_at(old.physical.code, before)
    assert (asked.code, asked.status, asked.successor) == (old.code, SealStatus.ACTIVE, None)
    now = world.registry.standing_at(old.physical.code)
    assert (now.status, now.since, now.successor) == (SealStatus.SUPERSEDED, clock(), new.code)
    assert world.registry.standing_at(new.code).predecessor == old.code
    assert world.registry.state_at(new.code, before) is SealStatus.APPLIED


def test_since_is_when_the_state_began_not_the_last_act(world: SealWorld, clock: SteppingClock) -> None:
    active = world.active()
    clock.advance(DAY)
    lost = clock()
    world.registry.freeze(active.code, actor=KEEPER, reason="遗失")
    clock.advance(DAY)
    world.registry.request_resume(active.code, actor=APPROVER)
    assert world.registry.standing_at(active.code).since == lost


def test_no_state_before_the_application_or_in_time_to_come(world: SealWorld, clock: SteppingClock) -> None:
    active = world.active()
    for ask in (world.registry.state_at, world.registry.standing_at):
        with pytest.raises(SealNotFound):
            ask(active.code, active.applied_at - timedelta(microseconds=1))
        with pytest.raises(SealNotFound):
            ask("no code", clock())
    with pytest.raises(MomentToCome):
        world.registry.standing_at(active.code, clock() + timedelta(seconds=1))


def test_a_past_state_is_one_look_into_an_index(world: SealWorld) -> None:
    """However long the history: one statement, whose plan goes down the index and sorts nothing."""
    active = world.active()
    sent: list[tuple[str, Any]] = []
    explain = "EXPLAIN QUERY PLAN " if world.engine.dialect.name == "sqlite" else "EXPLAIN "
    with world.engine.connect() as conn:
        if world.engine.dialect.name == "postgresql":
            conn.execute(sa.text("SET enable_seqscan = off"))  # the table is small here
        sa.event.listen(conn, "before_cursor_execute", lambda *told: sent.append((told[2], told[3])))
        for code in (active.code, active.physical.code):
            sent.clear()
            assert event_store.latest(conn, code, world.clock()) is not None
            ((statement, parameters),) = sent
            plan = " ".join(map(str, conn.exec_driver_sql(explain + statement, parameters).all()))
            assert "seal_event_at" in plan, plan
            assert "TEMP B-TREE" not in plan.split("SCALAR SUBQUERY")[0], plan


def test_every_illegal_act_is_refused_with_words_that_name_state_and_act(world: SealWorld) -> None:
    """B8: illegal transitions, from each of a few states, all of them."""
    for record in (world.applied(), _made(world, SealStatus.MAKING), world.active()):
        for act in (SealAct.FREEZE, SealAct.SUSPEND, SealAct.LIFT, SealAct.RENEW, SealAct.CONFIRM_RESUME):
            if record.status in TRANSITIONS[act]:
                continue
            with pytest.raises(ActRefused) as refused:
                getattr(world.registry, act.value)(record.code, actor=SECOND, reason="试")
            assert record.status.zh in refused.value.zh
            assert act.zh in refused.value.zh
