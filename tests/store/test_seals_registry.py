"""The registry on both engines: life cycle, two persons, both sides at once, codes, change of name."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.errors import ActorIdInvalid, EnterpriseUnknown
from seals import store
from seals.application import MAX_KEEPERS
from seals.code_patterns import CodePatterns
from seals.errors import (
    ActRefused,
    ApplicationInvalid,
    CertificateUnfit,
    ClockWentBack,
    CodesExhausted,
    CodeTaken,
    GlyphMissing,
    KeeperInvalid,
    KeeperNotRequested,
    OwnerRenamed,
    ReasonNeeded,
    ResumeNotRequested,
    SealMoved,
    SealNotFound,
    SecondPersonNeeded,
    TextUnfit,
)
from seals.keeper_store import KeeperAsked
from seals.keepers import KeeperWish
from seals.registry import RegistryRules
from seals.seal import SealAct, SealKind, SealQuery, SealStatus
from tests.conftest import SteppingClock
from tests.seal_world import (
    APPLICANT,
    APPROVER,
    KEEPER,
    NAME,
    OTHER_USCC,
    SECOND,
    USCC,
    SealWorld,
    certificate,
)

DAY = timedelta(days=1)


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


def _audit(world: SealWorld) -> list[Any]:
    with world.engine.connect() as conn:
        world.audit.verify(conn)
        return world.audit.records(conn)


def test_application_and_approval_make_one_record_with_both_sides(
    world: SealWorld, clock: SteppingClock
) -> None:
    """B1, B3: one record, both codes, active after a second person's approval."""
    applied = world.applied()
    assert applied.status is SealStatus.APPLIED
    assert (applied.valid_from, applied.electronic.certificate) == (None, None)
    clock.advance(timedelta(hours=1))
    bound = certificate(clock().astimezone(UTC))
    active = world.registry.approve(applied.code, actor=APPROVER, certificate=bound)
    assert active.status is SealStatus.ACTIVE
    assert (len(active.physical.code), len(active.electronic.code)) == (13, 14)
    assert active.electronic.code[:6] == USCC[2:8] == active.physical.code[:6]
    assert (active.physical.width_mm, active.physical.height_mm) == (42, 42)
    assert active.electronic.certificate is not None
    assert active.electronic.certificate.serial == bound.serial
    assert active.electronic.certificate.der == bound.der
    assert active.valid_from == clock()
    assert active.valid_to == clock() + 3 * 365 * DAY
    assert (active.owner.uscc, active.owner.name) == (USCC, NAME)
    assert (active.keeper, active.applicant, active.approver) == (KEEPER.id, APPLICANT.id, APPROVER.id)
    assert world.registry.get(active.physical.code) == world.registry.get(active.code) == active
    assert [(record.action, record.subject) for record in _audit(world)][-2:] == [
        ("seal.apply", active.code),
        ("seal.approve", active.code),
    ]


def test_I22_the_applicant_does_not_approve_or_reject(world: SealWorld) -> None:
    """B3, A2: requester is never approver."""
    applied = world.applied()
    with pytest.raises(SecondPersonNeeded):
        world.registry.approve(applied.code, actor=APPLICANT, certificate=certificate(world.clock()))
    with pytest.raises(SecondPersonNeeded):
        world.registry.reject(applied.code, actor=APPLICANT, reason="no")
    assert world.registry.get(applied.code).status is SealStatus.APPLIED


def test_freezing_stops_both_sides_at_once(world: SealWorld, clock: SteppingClock) -> None:
    """B4: one action, looked up by either code."""
    active = world.active()
    clock.advance(DAY)
    world.registry.freeze(active.physical.code, actor=KEEPER, reason="遗失")
    assert world.registry.get(active.code).status is SealStatus.FROZEN
    assert world.registry.get(active.physical.code).status is SealStatus.FROZEN
    assert world.registry.state_at(active.code, clock()) is SealStatus.FROZEN
    assert world.registry.state_at(active.physical.code, clock() - timedelta(seconds=1)) is SealStatus.ACTIVE


def test_I22_coming_back_needs_two_people(world: SealWorld) -> None:
    """B4: unfreeze needs two people."""
    active = world.active()
    world.registry.freeze(active.code, actor=KEEPER, reason="遗失")
    with pytest.raises(ResumeNotRequested):
        world.registry.confirm_resume(active.code, actor=SECOND)
    world.registry.request_resume(active.code, actor=APPROVER)
    with pytest.raises(SecondPersonNeeded):
        world.registry.confirm_resume(active.code, actor=APPROVER)
    with pytest.raises(SecondPersonNeeded):
        world.registry.confirm_resume(active.code, actor=Actor(APPROVER.id.upper()))
    assert world.registry.get(active.code).status is SealStatus.FROZEN
    back = world.registry.confirm_resume(active.code, actor=SECOND)
    assert (back.status, back.resume_requested_by) == (SealStatus.ACTIVE, None)


def test_a_request_to_resume_does_not_outlive_the_freeze(world: SealWorld) -> None:
    active = world.active()
    world.registry.freeze(active.code, actor=KEEPER, reason="一")
    world.registry.request_resume(active.code, actor=APPROVER)
    world.registry.confirm_resume(active.code, actor=SECOND)
    world.registry.freeze(active.code, actor=KEEPER, reason="二")
    with pytest.raises(ResumeNotRequested):
        world.registry.confirm_resume(active.code, actor=SECOND)


@pytest.mark.parametrize("reason", ["", "   ", "字" * 201])
def test_stopping_acts_state_a_reason(world: SealWorld, reason: str) -> None:
    active, applied = world.active(), world.applied(SealKind.CONTRACT)
    for act in (world.registry.freeze, world.registry.revoke):
        with pytest.raises(ReasonNeeded):
            act(active.code, actor=SECOND, reason=reason)
    with pytest.raises(ReasonNeeded):
        world.registry.reject(applied.code, actor=SECOND, reason=reason)
    assert world.registry.get(active.code).moves == 2


def test_a_revoked_seal_stays_revoked(world: SealWorld) -> None:
    active = world.active()
    world.registry.revoke(active.code, actor=SECOND, reason="停业")
    refused = [
        lambda: world.registry.freeze(active.code, actor=SECOND, reason="x"),
        lambda: world.registry.revoke(active.code, actor=SECOND, reason="x"),
        lambda: world.registry.request_resume(active.code, actor=SECOND),
        lambda: world.registry.confirm_resume(active.code, actor=SECOND),
        lambda: world.registry.reject(active.code, actor=SECOND, reason="x"),
        lambda: world.approved(active.code),
    ]
    for act in refused:
        with pytest.raises(ActRefused) as wrong:
            act()
        assert wrong.value.status == "revoked"


def test_state_at_any_past_moment(world: SealWorld, clock: SteppingClock) -> None:
    """B4: shown from that instant; any past state can be asked for."""
    start = clock()
    applied = world.applied()
    steps = [
        (SealStatus.ACTIVE, lambda: world.approved(applied.code)),
        (SealStatus.FROZEN, lambda: world.registry.freeze(applied.code, actor=KEEPER, reason="遗失")),
        (SealStatus.FROZEN, lambda: world.registry.request_resume(applied.code, actor=APPROVER)),
        (SealStatus.ACTIVE, lambda: world.registry.confirm_resume(applied.code, actor=SECOND)),
        (SealStatus.REVOKED, lambda: world.registry.revoke(applied.code, actor=SECOND, reason="停业")),
    ]
    expected = [(start, SealStatus.APPLIED)]
    for status, act in steps:
        clock.advance(timedelta(hours=1, microseconds=1))
        act()
        expected.append((clock(), status))
    for moment, status in expected:
        assert world.registry.state_at(applied.code, moment) is status
        assert world.registry.state_at(applied.code, moment + timedelta(minutes=59)) is status
    with pytest.raises(SealNotFound):
        world.registry.state_at(applied.code, start - timedelta(microseconds=1))
    assert [event.act for event in world.registry.history(applied.code)] == [
        SealAct.APPLY,
        SealAct.APPROVE,
        SealAct.FREEZE,
        SealAct.REQUEST_RESUME,
        SealAct.CONFIRM_RESUME,
        SealAct.REVOKE,
    ]


def test_a_change_of_name_makes_a_new_pair_and_keeps_the_link(world: SealWorld, clock: SteppingClock) -> None:
    """B5: old pair superseded, new pair issued, link both ways, old name kept."""
    old = world.active()
    second = world.active(SealKind.CONTRACT)
    world.registry.freeze(second.code, actor=KEEPER, reason="遗失")
    clock.advance(DAY)
    new = world.registry.rename_owner(USCC, "浙江某某科技集团有限公司", actor=APPLICANT)
    assert [(pair.predecessor, pair.status) for pair in new] == [
        (old.code, SealStatus.APPLIED),
        (second.code, SealStatus.APPLIED),
    ]
    assert world.registry.get(old.code).status is SealStatus.ACTIVE, "in use until the new one is approved"
    clock.advance(DAY)
    for pair in new:
        world.approved(pair.code)
    for before, after in zip((old, second), new, strict=True):
        assert world.registry.get(before.code).status is SealStatus.SUPERSEDED
        assert world.registry.get(before.code).successor == after.code
        assert world.registry.get(before.code).owner.name == NAME
        assert world.registry.get(after.code).predecessor == before.code
        assert world.registry.get(after.code).owner.name == "浙江某某科技集团有限公司"
        assert (
            world.registry.state_at(before.code, clock() - timedelta(seconds=1)) is not SealStatus.SUPERSEDED
        )
        assert before.physical.code != after.physical.code


def test_renaming_twice_leaves_one_pending_pair_of_the_last_name(world: SealWorld) -> None:
    old = world.active()
    first = world.registry.rename_owner(USCC, "第一新名有限公司", actor=APPLICANT)
    assert world.registry.rename_owner(USCC, "第一新名有限公司", actor=APPLICANT) == first, "nothing twice"
    second = world.registry.rename_owner(USCC, "第二新名有限公司", actor=APPLICANT)
    assert world.registry.get(first[0].code).status is SealStatus.REJECTED
    world.approved(second[0].code)
    assert world.registry.get(old.code).successor == second[0].code


def test_a_name_that_cannot_be_carved_changes_nothing(world: SealWorld) -> None:
    world.active()
    with pytest.raises(TextUnfit):
        world.registry.rename_owner(USCC, "字" * 60, actor=APPLICANT)
    assert world.enterprises.get(USCC).name == NAME


def test_a_pair_revoked_meanwhile_keeps_its_state_and_gets_the_link(world: SealWorld) -> None:
    old = world.active()
    (new,) = world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    world.registry.revoke(old.code, actor=SECOND, reason="损毁")
    world.approved(new.code)
    assert world.registry.get(old.code).status is SealStatus.REVOKED
    assert world.registry.get(old.code).successor == new.code


def test_an_application_under_an_old_name_is_not_approved(world: SealWorld) -> None:
    applied = world.applied()
    world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    with pytest.raises(OwnerRenamed):
        world.approved(applied.code)


def test_codes_rise_by_division_and_follow_the_pattern(engine: sa.Engine, clock: SteppingClock) -> None:
    world = SealWorld(engine, clock, RegistryRules(CodePatterns(physical="{division}001{serial:04d}")))
    pairs = [world.applied() for _ in range(3)]
    assert [pair.physical.code for pair in pairs] == [f"330105001000{n}" for n in (1, 2, 3)]
    assert [pair.code for pair in pairs] == [f"3301050000000{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "pattern", ["{division}{serial:08d}", "{division}{serial}", "{serial:013d}x", "{division}-{serial:06d}"]
)
def test_a_pattern_of_the_wrong_length_is_refused_at_start(pattern: str) -> None:
    with pytest.raises(ValueError, match="not 13 digits"):
        CodePatterns(physical=pattern)


def test_a_division_that_is_full_says_so(world: SealWorld) -> None:
    world.applied()
    with world.engine.begin() as conn:
        full = store.seal_counter.update().where(store.seal_counter.c.name == "electronic:330105")
        conn.execute(full.values(value=99_999_999))
    with pytest.raises(CodesExhausted):
        world.applied()


def test_a_seal_already_engraved_brings_its_code(world: SealWorld) -> None:
    given = world.applied(physical_code="3301050000002")
    assert given.physical.code == "3301050000002"
    with pytest.raises(CodeTaken):
        world.applied(physical_code="3301050000002")
    assert [world.applied().physical.code for _ in range(2)] == ["3301050000001", "3301050000003"]
    world.registry.reject(given.code, actor=SECOND, reason="印模不清")
    again = world.applied(physical_code="3301050000002")
    assert world.registry.get("3301050000002").code == again.code, "the one that was not rejected"


@pytest.mark.parametrize(
    "changes",
    [
        {"physical_code": "123"},
        {"valid_days": 0},
        {"valid_days": 5000},
        {"keeper": ""},
        {"keepers": tuple(f"person:{n}" for n in range(30))},
    ],
)
def test_applications_out_of_order_are_refused(world: SealWorld, changes: dict[str, Any]) -> None:
    with pytest.raises(ApplicationInvalid):
        world.applied(**changes)
    assert world.registry.list(SealQuery()).records == ()


def test_what_cannot_be_drawn_is_refused_before_anything_is_written(world: SealWorld) -> None:
    with pytest.raises(GlyphMissing):
        world.applied(SealKind.OTHER, line="某\U0003134f专用章")
    with pytest.raises(TextUnfit):
        world.applied(template="round-60")
    assert world.registry.list(SealQuery()).records == ()


def test_an_owner_unknown_to_the_register_is_refused(world: SealWorld) -> None:
    with pytest.raises(EnterpriseUnknown):
        world.applied(uscc=OTHER_USCC)


def test_unknown_codes_are_not_found(world: SealWorld) -> None:
    for code in ("", "abc", "9" * 13, "9" * 14, "'; DROP TABLE seal; --"):
        with pytest.raises(SealNotFound):
            world.registry.get(code)
        with pytest.raises(SealNotFound):
            world.registry.freeze(code, actor=SECOND, reason="x")


@pytest.mark.parametrize(
    "case", ["another enterprise's", "expired", "not yet valid", "wrong serial", "no certificate"]
)
def test_an_unfit_certificate_is_not_bound(world: SealWorld, clock: SteppingClock, case: str) -> None:
    applied = world.applied()
    now = clock().astimezone(UTC)
    bound = certificate(now)
    wrong = {
        "another enterprise's": certificate(now, uscc=OTHER_USCC),
        "expired": certificate(now - 30 * DAY, days=2),
        "not yet valid": certificate(now + DAY),
        "wrong serial": type(bound)(bound.serial + 1, bound.der),
        "no certificate": type(bound)(1, b"\x30\x00"),
    }[case]
    with pytest.raises(CertificateUnfit):
        world.registry.approve(applied.code, actor=APPROVER, certificate=wrong)
    assert world.registry.get(applied.code).status is SealStatus.APPLIED


def test_I17_a_clock_gone_back_stops_what_gives_power_and_nothing_else(
    world: SealWorld, clock: SteppingClock
) -> None:
    applied, active = world.applied(), world.active(SealKind.CONTRACT)
    frozen = world.active(SealKind.FINANCE)
    world.registry.freeze(frozen.code, actor=KEEPER, reason="遗失")
    recorded = clock()
    clock.advance(-timedelta(hours=2))
    with pytest.raises(ClockWentBack):
        world.approved(applied.code)
    with pytest.raises(ClockWentBack):
        world.registry.request_resume(frozen.code, actor=APPROVER)
    world.registry.freeze(active.code, actor=KEEPER, reason="遗失")
    assert world.registry.history(active.code)[-1].at == recorded, "never before what is on record"


def test_I20_no_audit_write_no_change(world: SealWorld) -> None:
    """The disk fills up at the audit row: nothing of the act remains."""
    active = world.active()
    before = len(_audit(world))
    with world.engine.begin() as conn:
        if world.engine.dialect.name == "sqlite":
            trigger = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            conn.exec_driver_sql(trigger)
        else:
            conn.exec_driver_sql(
                "CREATE FUNCTION full_disk() RETURNS trigger AS "
                "$$ BEGIN RAISE EXCEPTION 'disk full'; END $$ LANGUAGE plpgsql"
            )
            conn.exec_driver_sql(
                "CREATE TRIGGER full_disk BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
    acts = [
        lambda: world.registry.freeze(active.code, actor=KEEPER, reason="遗失"),
        lambda: world.registry.revoke(active.code, actor=KEEPER, reason="遗失"),
        lambda: world.applied(SealKind.CONTRACT),
        lambda: world.registry.request_keeper(active.code, KeeperWish("person:new"), actor=SECOND),
    ]
    for act in acts:
        with pytest.raises(sa.exc.DBAPIError):
            act()
    assert world.registry.get(active.code) == active
    assert len(world.registry.history(active.code)) == 2
    assert len(world.registry.list(SealQuery()).records) == 1
    assert len(_audit(world)) == before


def test_the_row_moves_by_compare_and_swap(world: SealWorld) -> None:
    """A stale reading of the pair cannot be written back."""
    stale = world.active()
    world.registry.freeze(stale.code, actor=KEEPER, reason="遗失")
    with pytest.raises(SealMoved), world.engine.begin() as conn:
        store.move(conn, stale, SealAct.REVOKE, SealStatus.REVOKED, {})
    world.registry.request_resume(stale.code, actor=APPROVER)
    world.registry.confirm_resume(stale.code, actor=SECOND)
    with pytest.raises(SealMoved), world.engine.begin() as conn:
        store.move(
            conn, stale, SealAct.REVOKE, SealStatus.REVOKED, {}
        )  # active again, but not the same active


def test_I22_a_keeper_is_listed_by_two_and_struck_off_by_one(world: SealWorld) -> None:
    """§9 of the personas: keeping is handed over; the list, the history and the trail say whose it is."""
    active = world.active(keepers=("person:b", "person:a"))
    assert active.keepers == ("person:a", "person:b", KEEPER.id)
    registry, code = world.registry, active.code
    asked = registry.request_keeper(code, KeeperWish("person:c"), actor=SECOND, reason="轮岗")
    assert asked.keepers == active.keepers, "nothing holds before it is confirmed"
    assert registry.keeper_waiting(code) == KeeperAsked(SECOND.id, "person:c", principal=False)
    for same in (SECOND, Actor("person:c"), Actor("Person:C")):
        with pytest.raises(SecondPersonNeeded):
            registry.change_keeper(code, actor=same)
    more = registry.change_keeper(code, actor=APPROVER)
    assert (more.keeper, more.keepers) == (KEEPER.id, ("person:a", "person:b", "person:c", KEEPER.id))
    assert registry.keeper_waiting(code) is None
    with pytest.raises(KeeperNotRequested):
        registry.change_keeper(code, actor=APPROVER)

    registry.request_keeper(code, KeeperWish("person:c", principal=True), actor=KEEPER)
    handed = registry.change_keeper(code, actor=APPROVER, reason="同意")
    assert (handed.keeper, handed.keepers) == ("person:c", more.keepers)
    less = registry.remove_keeper(code, KEEPER.id, actor=SECOND, reason="离职")
    assert less.keepers == ("person:a", "person:b", "person:c")
    history = [(event.act.value, event.reason) for event in registry.history(code)[2:]]
    assert history == [
        ("request_keeper", "person:c：轮岗"),
        ("change_keeper", "person:c"),
        ("request_keeper", "person:c（主要保管人 / principal）"),
        ("change_keeper", "person:c（主要保管人 / principal）：同意"),
        ("remove_keeper", f"{KEEPER.id}：离职"),
    ]
    told = [json.loads(record.detail) for record in _audit(world)][-2:]
    assert (told[0]["keeper"], told[0]["former"], told[0]["requested_by"]) == (
        "person:c",
        KEEPER.id,
        KEEPER.id,
    )
    assert told[1]["keeper"] == KEEPER.id


def test_a_change_of_keepers_that_cannot_be_is_refused_whole(world: SealWorld) -> None:
    code = world.active(keepers=("person:a",)).code
    for wrong in (KEEPER.id, "person:nobody"):
        with pytest.raises(KeeperInvalid):
            world.registry.remove_keeper(code, wrong, actor=SECOND, reason="离职")
    with pytest.raises(ReasonNeeded):
        world.registry.remove_keeper(code, "person:a", actor=SECOND, reason=" ")
    for wish in (
        KeeperWish("person:a"),
        KeeperWish("Person:A"),
        KeeperWish(KEEPER.id, principal=True),
        KeeperWish(f"person:{'x' * 300}"),
    ):
        with pytest.raises(KeeperInvalid):
            world.registry.request_keeper(code, wish, actor=SECOND)
    for unseen in (" ", "x", "person:\0", "person:a\u200b"):
        with pytest.raises(ActorIdInvalid):
            world.registry.request_keeper(code, KeeperWish(unseen), actor=SECOND)
    for number in range(MAX_KEEPERS - 2):
        world.registry.request_keeper(code, KeeperWish(f"person:n{number}"), actor=SECOND)
        full = world.registry.change_keeper(code, actor=APPROVER)
    assert len(full.keepers) == MAX_KEEPERS
    with pytest.raises(KeeperInvalid):
        world.registry.request_keeper(code, KeeperWish("person:late"), actor=SECOND)


def test_an_act_in_between_voids_the_request_for_a_keeper(world: SealWorld) -> None:
    """Frozen, nobody is made a keeper; striking off still works."""
    code = world.active(keepers=("person:a",)).code
    world.registry.request_keeper(code, KeeperWish("person:c"), actor=SECOND)
    world.registry.freeze(code, actor=KEEPER, reason="遗失")
    with pytest.raises(ActRefused):
        world.registry.change_keeper(code, actor=APPROVER)
    assert world.registry.remove_keeper(code, "person:a", actor=SECOND, reason="离职").keepers == (KEEPER.id,)
    world.registry.request_resume(code, actor=SECOND)
    world.registry.confirm_resume(code, actor=APPROVER)
    with pytest.raises(KeeperNotRequested):
        world.registry.change_keeper(code, actor=APPROVER)


def test_lists_are_paged_by_code_and_filtered(world: SealWorld) -> None:
    kinds = [SealKind.LEGAL_NAME, SealKind.CONTRACT, SealKind.FINANCE, SealKind.CONTRACT, SealKind.CONTRACT]
    codes = [world.applied(kind).code for kind in kinds]
    world.approved(codes[1])
    seen, after = [], ""
    while True:
        page = world.registry.list(SealQuery(after=after, limit=2))
        seen += [record.code for record in page.records]
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(codes)
    found = world.registry.list(SealQuery(kind=SealKind.CONTRACT, status=SealStatus.APPLIED))
    assert [record.code for record in found.records] == [codes[3], codes[4]]
    assert len(world.registry.list(SealQuery(uscc=USCC, keeper=KEEPER.id)).records) == 5
    assert world.registry.list(SealQuery(uscc=OTHER_USCC)).records == ()
    assert world.registry.list(SealQuery(keeper="person:nobody")).records == ()


def test_the_picture_is_the_approved_one_only_after_approval(world: SealWorld) -> None:
    """B7: until approval 未备案 stands across it; afterwards the digest is the one on record."""
    applied = world.applied(SealKind.CONTRACT)
    before = world.registry.picture(applied.code)
    assert any(mark.part == "banner" for mark in before.marks)
    active = world.approved(applied.code)
    after = world.registry.picture(active.physical.code)
    assert not any(mark.part == "banner" for mark in after.marks)
    assert after.digest == active.electronic.picture_sha256 != before.digest
    rejected = world.applied(SealKind.FINANCE)
    world.registry.reject(rejected.code, actor=SECOND, reason="印模不清")
    assert any(mark.part == "banner" for mark in world.registry.picture(rejected.code).marks)


def test_every_act_is_on_the_trail_with_its_actor_and_reason(world: SealWorld) -> None:
    active = world.active()
    world.registry.freeze(active.code, actor=KEEPER, reason="公章遗失")
    last = _audit(world)[-1]
    assert (last.action, last.subject, last.actor.id) == ("seal.freeze", active.code, KEEPER.id)
    detail = json.loads(last.detail)
    assert (detail["reason"], detail["physical"], detail["status"]) == (
        "公章遗失",
        active.physical.code,
        "frozen",
    )


def test_expiry_is_judged_from_the_validity(world: SealWorld, clock: SteppingClock) -> None:
    active = world.active(valid_days=10)
    assert active.valid_to is not None
    assert not active.expired(active.valid_to)
    assert active.expired(active.valid_to + timedelta(microseconds=1))
    assert active.expired(active.valid_from - timedelta(microseconds=1))  # type: ignore[operator]
    clock.advance(11 * DAY)
    assert world.registry.get(active.code).status is SealStatus.ACTIVE
    assert world.registry.get(active.code).expired(clock())


def test_an_unapproved_application_may_wait(world: SealWorld, clock: SteppingClock) -> None:
    applied = world.applied(valid_days=10)
    clock.advance(100 * DAY)
    assert not world.registry.get(applied.code).expired(clock())
    assert world.approved(applied.code).valid_from == clock()
