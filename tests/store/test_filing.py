"""Engraving and filing on both databases: the whole road, and each refusal by name (B2, B3, I20, I22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.tokens.token import Holder
from seals.chip_store import LinkStatus
from seals.errors import ActRefused, ChipLinkRefused, ChipOfAnother, SecondPersonNeeded
from seals.filing.errors import (
    AnswerForAnotherSeal,
    ChallengeExpired,
    ChallengeSpent,
    ChallengeUnknown,
    ChipInAnotherSeal,
    ChipNotOfShop,
    ChipRefused,
    DeliveryRefused,
    FileUnfit,
    FilingFieldInvalid,
    ImprintNeeded,
    JobActRefused,
    JobExists,
    JobMoved,
    JobUnknown,
    LetterNeeded,
    NoSuchPicture,
    NotThisShop,
    OfficerInvolved,
    OfficerNeeded,
    ShopRegistered,
    ShopStateRefused,
    ShopStopped,
    ShopUnknown,
    WrongChip,
)
from seals.filing.job import (
    TRANSITIONS,
    Document,
    ImprintState,
    JobAct,
    JobQuery,
    JobStatus,
    NewShop,
    ReturnReason,
    ShopState,
)
from seals.filing.people import Identity
from seals.imprint.errors import ImprintError, ImprintMissing, ImprintTooLarge, ImprintUnreadable
from seals.seal import SealKind, SealStatus
from tests.conftest import SteppingClock
from tests.filing_world import (
    APPLICANT,
    COUNTER,
    DIVISION,
    ENGRAVER,
    LETTER,
    MESSENGER,
    OFFICER,
    OTHER_ENGRAVER,
    REPRESENTATIVE,
    SECOND_SHOP,
    SHOP,
    FilingWorld,
    make_filing_world,
)
from tests.pki import USCC
from tests.store.test_seals_races import _together
from tests.token_world import ANNE, BERT, CARL, FIVE, KEEPER, make_token_world


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> FilingWorld:
    return make_filing_world(make_token_world(engine, clock, tmp_path), tmp_path)


@pytest.fixture
def here(_sqlite_made: str, clock: SteppingClock, tmp_path: Path) -> Iterator[FilingWorld]:
    """Yield a world on SQLite alone, for refusals that no database decides."""
    made = make_engine(_sqlite_made)
    yield make_filing_world(make_token_world(made, clock, tmp_path), tmp_path)
    made.dispose()


def test_B2_B3_the_whole_road_from_application_to_use(world: FilingWorld, clock: SteppingClock) -> None:
    """Applied, ordered, taken, scanned, made, personalised, offered, delivered, accepted: one record throughout."""
    job = world.ordered()
    assert (job.status, world.seal(job).status) == (JobStatus.OPEN, SealStatus.MAKING)
    job = world.desk.workshop.take(job.id, actor=ENGRAVER)
    scan = world.imprint(job)
    assert (scan.state, scan.advice) == (ImprintState.COMPARED, "agrees")
    assert scan.overlap > 0.95
    steps: list[tuple[Callable[[], Any], SealStatus]] = [
        (lambda: world.desk.workshop.make(job.id, actor=ENGRAVER), SealStatus.MADE),
        (lambda: world.answered(job, world.chip()), SealStatus.PERSONALISED),
        (lambda: world.desk.workshop.offer(job.id, actor=COUNTER), SealStatus.AWAITING),
        (lambda: world.deliver(job), SealStatus.DELIVERED),
    ]
    for act, status in steps:
        clock.advance(timedelta(minutes=1))
        act()
        assert world.seal(job).status is status
    assert world.desk.office.queue(actor=OFFICER).items[0].id == job.id
    link = world.tokens.chips.links_of_seal(job.seal)[0]
    assert (link.status, link.asked_by) == (LinkStatus.REQUESTED, ENGRAVER.id)
    filed = world.accept(job)
    seal = world.seal(job)
    assert (filed.status, seal.status, seal.filed_by) == (JobStatus.FILED, SealStatus.ACTIVE, OFFICER.id)
    assert seal.electronic.certificate is not None
    link = world.tokens.chips.links_of_seal(job.seal)[0]
    assert (link.status, link.decided_by, link.token) == (LinkStatus.LINKED, OFFICER.id, filed.chip)
    view = world.desk.office.get(job.id, actor=OFFICER)
    assert [event.act.value for event in view.events] == [
        "order", "take", "imprint", "make", "personalise", "offer", "deliver", "accept",
    ]  # fmt: skip
    assert [one.number for one in view.imprints] == [1]
    assert view.deliveries[0].receiver.tail == "002X"
    acts = [record.action for record in world.audit()]
    for event in view.events:
        assert f"filing.{event.act}" in acts
    assert world.desk.office.imprint_file(job.id, 1, overlay=True, actor=OFFICER).startswith(b"\x89PNG")
    assert world.desk.office.queue(actor=OFFICER).items == ()


def test_B2_a_receivers_number_is_nowhere_in_the_database(world: FilingWorld) -> None:
    job = world.offered()
    world.deliver(job, MESSENGER, letter=LETTER)
    with world.tokens.engine.connect() as conn:
        for name in sa.inspect(conn).get_table_names():
            for row in conn.execute(sa.text(f'SELECT * FROM "{name}"')):
                text = repr(tuple(row))
                assert MESSENGER.number not in text, name
                assert REPRESENTATIVE.number not in text, name
    assert MESSENGER.number not in repr(MESSENGER)
    delivery = world.desk.office.get(job.id, actor=OFFICER).deliveries[0]
    assert delivery.receiver.name not in repr(delivery.receiver)
    assert len(delivery.letter_sha256) == 64


def test_B3_a_returned_filing_is_worked_on_again_with_a_new_scan_and_a_new_answer(world: FilingWorld) -> None:
    place = world.chip()
    job = world.delivered(place=place)
    with pytest.raises(FilingFieldInvalid):
        world.desk.office.return_(job.id, code="R00", reason="不清", actor=OFFICER)
    with pytest.raises(FilingFieldInvalid):
        world.desk.office.return_(job.id, code="R02", reason="  ", actor=OFFICER)
    back = world.desk.office.return_(job.id, code="R02", reason="右下角缺墨", actor=OFFICER)
    assert (back.status, back.reason_code, world.seal(job).status) == (
        JobStatus.RETURNED,
        "R02",
        SealStatus.RETURNED,
    )
    again = world.desk.workshop.rework(job.id, actor=ENGRAVER, reason="重新盖印")
    assert (again.status, again.imprint, again.chip) == (JobStatus.TAKEN, 0, "")
    assert world.tokens.chips.links_of_seal(job.seal)[-1].status is LinkStatus.UNLINKED
    with pytest.raises(ImprintNeeded):
        world.desk.workshop.make(job.id, actor=ENGRAVER)
    world.imprint(job, turned=True)
    world.desk.workshop.make(job.id, actor=ENGRAVER)
    world.answered(job, place)
    world.desk.workshop.offer(job.id, actor=COUNTER)
    world.deliver(job)
    assert world.accept(job).status is JobStatus.FILED
    view = world.desk.office.get(job.id, actor=OFFICER)
    assert [one.number for one in view.imprints] == [1, 2]
    assert [one.number for one in view.deliveries] == [1, 2]


def test_I22_who_applied_engraved_or_delivered_does_not_file(world: FilingWorld) -> None:
    """Two keys, or another writing of the same name, are still the same person."""
    job = world.delivered()
    for who in (APPLICANT, ENGRAVER, COUNTER):
        alone = Actor(who.id.upper(), who.name)
        with pytest.raises(OfficerInvolved):
            world.accept(job, alone)
        with pytest.raises(OfficerInvolved):
            world.desk.office.return_(job.id, code="R99", reason="试试", actor=alone)
    for who in (ENGRAVER, KEEPER):
        with pytest.raises(OfficerNeeded):
            world.accept(job, who)
    assert world.status(job) is JobStatus.DELIVERED
    seal = world.applied(SealKind.FINANCE)
    with pytest.raises(SecondPersonNeeded):
        world.desk.office.order(seal.code, actor=APPLICANT)


def test_I20_no_audit_record_no_move_of_job_or_seal(
    world: FilingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world.delivered()
    certificate = world.certificate()

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(AuditTrail, "append_many", full)
        for act in (
            lambda: world.desk.office.accept(job.id, certificate=certificate, actor=OFFICER),
            lambda: world.desk.office.return_(job.id, code="R01", reason="不符", actor=OFFICER),
        ):
            with pytest.raises(OSError, match="no space"):
                act()
    assert (world.status(job), world.seal(job).status) == (JobStatus.DELIVERED, SealStatus.DELIVERED)
    assert world.tokens.chips.links_of_seal(job.seal)[0].status is LinkStatus.REQUESTED


def test_of_two_shops_that_take_one_job_at_once_one_gets_it(world: FilingWorld) -> None:
    for kind in (SealKind.LEGAL_NAME, SealKind.FINANCE, SealKind.CONTRACT):
        job = world.ordered(kind, shop="")
        results = _together(
            lambda job=job: world.desk.workshop.take(job.id, actor=ENGRAVER),
            lambda job=job: world.desk.workshop.take(job.id, actor=OTHER_ENGRAVER),
        )
        lost = [one for one in results if isinstance(one, Exception)]
        assert len(lost) == 1
        assert isinstance(lost[0], JobMoved | JobActRefused | NotThisShop)
        winner = next(one for one in results if not isinstance(one, Exception))
        assert world.desk.office.get(job.id, actor=OFFICER).job.shop == winner.shop


def test_of_two_orders_of_one_seal_at_once_one_opens_a_job(world: FilingWorld) -> None:
    seal = world.applied()
    results = _together(
        *[lambda who=who: world.desk.office.order(seal.code, actor=who) for who in (ANNE, BERT)]
    )
    assert len([one for one in results if isinstance(one, Exception)]) == 1
    assert len(world.desk.office.list(JobQuery(seal=seal.code)).items) == 1
    with pytest.raises((JobExists, ActRefused)):
        world.desk.office.order(seal.code, actor=CARL)


def test_a_seal_that_was_ordered_without_a_job_gets_one(here: FilingWorld) -> None:
    seal = here.applied()
    here.tokens.seals.order(seal.code, actor=BERT)
    with pytest.raises(SecondPersonNeeded):
        here.desk.office.order(seal.code, actor=APPLICANT, shop=SHOP)
    job = here.desk.office.order(seal.code, actor=BERT, shop=SHOP)
    assert here.seal(job).status is SealStatus.MAKING
    assert here.desk.workshop.take(job.id, actor=ENGRAVER).status is JobStatus.TAKEN


def test_of_two_officers_at_once_one_decides(world: FilingWorld) -> None:
    job = world.delivered()
    certificate = world.certificate()
    results = _together(
        lambda: world.desk.office.accept(job.id, certificate=certificate, actor=OFFICER),
        lambda: world.desk.office.return_(job.id, code="R01", reason="不符", actor=CARL),
    )
    assert len([one for one in results if isinstance(one, Exception)]) == 1
    pair = (world.status(job), world.seal(job).status)
    assert pair in ((JobStatus.FILED, SealStatus.ACTIVE), (JobStatus.RETURNED, SealStatus.RETURNED))


# -- the chip ---------------------------------------------------------------------------------------------------------


def test_a_chip_that_answers_for_another_seal_is_refused_with_an_alarm(world: FilingWorld) -> None:
    first, second = world.made(), world.made(kind=SealKind.FINANCE)
    place = world.chip()
    signer = world.signer(place)
    mine, other = world.challenged(first, place), world.challenged(second, place)
    with pytest.raises(AnswerForAnotherSeal):  # the other seal's octets under this seal's challenge
        world.desk.chip.answer(first.id, mine.id, signer.sign(other.message), actor=ENGRAVER)
    with pytest.raises(ChallengeSpent):  # one answer, right or wrong, uses a challenge up
        world.desk.chip.answer(first.id, mine.id, signer.sign(mine.message), actor=ENGRAVER)
    with pytest.raises(AnswerForAnotherSeal):  # the other seal's challenge itself
        world.desk.chip.answer(first.id, other.id, signer.sign(other.message), actor=ENGRAVER)
    assert world.alarms() == ["AnswerForAnotherSeal", "ChallengeSpent", "AnswerForAnotherSeal"]
    assert world.status(first) is JobStatus.MADE
    assert world.answered(first, place).chip == place.token
    with pytest.raises(ChipInAnotherSeal):
        world.challenged(second, place)
    assert world.alarms()[-1] == "ChipInAnotherSeal"


def test_an_old_a_repeated_and_a_wrong_chips_answer_are_refused_by_name(
    world: FilingWorld, clock: SteppingClock
) -> None:
    job = world.made()
    place, stranger = world.chip(), world.chip()
    signer = world.signer(place)
    old = world.challenged(job, place)
    late = signer.sign(old.message)
    clock.advance(timedelta(minutes=5, seconds=1))
    with pytest.raises(ChallengeExpired):
        world.desk.chip.answer(job.id, old.id, late, actor=ENGRAVER)
    new = world.challenged(job, place)
    with pytest.raises(ChallengeSpent):  # a recorded answer under a new challenge
        world.desk.chip.answer(job.id, new.id, late, actor=ENGRAVER)
    new = world.challenged(job, place)
    answer = world.signer(stranger).sign(new.message)
    with pytest.raises(WrongChip):
        world.desk.chip.answer(job.id, new.id, answer, actor=ENGRAVER)
    for junk in (b"", b"\0" * 4096, bytes(range(70))):
        new = world.challenged(job, place)
        with pytest.raises(WrongChip):
            world.desk.chip.answer(job.id, new.id, junk, actor=ENGRAVER)
    with pytest.raises(ChallengeUnknown):
        world.desk.chip.answer(job.id, "0" * 32, late, actor=ENGRAVER)
    assert world.alarms() == [
        "ChallengeExpired",
        "ChallengeSpent",
        "WrongChip",
        "WrongChip",
        "WrongChip",
        "WrongChip",
    ]
    assert world.status(job) is JobStatus.MADE
    assert [link.seal for link in world.tokens.chips.links(place.token)] == []


def test_a_challenge_from_before_a_restoration_is_not_answered(world: FilingWorld) -> None:
    from seals.filing.restoration import end_challenges

    job, place = world.made(), world.chip()
    asked = world.challenged(job, place)
    with world.tokens.engine.begin() as conn:
        assert end_challenges(conn, world.tokens.pki.clock()) == 1
        assert end_challenges(conn, world.tokens.pki.clock()) == 0
    with pytest.raises(ChallengeSpent):
        world.desk.chip.answer(job.id, asked.id, world.signer(place).sign(asked.message), actor=ENGRAVER)


def test_of_two_answers_at_once_one_counts(world: FilingWorld) -> None:
    job, place = world.made(), world.chip()
    asked = world.challenged(job, place)
    answer = world.signer(place).sign(asked.message)
    results = _together(
        *[lambda: world.desk.chip.answer(job.id, asked.id, answer, actor=ENGRAVER) for _ in range(2)]
    )
    assert len([one for one in results if isinstance(one, Exception)]) == 1
    assert [event.act for event in world.desk.office.get(job.id, actor=OFFICER).events].count(
        JobAct.PERSONALISE
    ) == 1
    assert len(world.tokens.chips.links_of_seal(job.seal)) == 1


def test_A5_a_chips_number_comes_from_the_shops_own_range(here: FilingWorld) -> None:
    from ca.tokens.inventory_store import Place
    from ca.tokens.ranges import Grant

    job = here.made()
    here.tokens.ranges.grant(Grant("ZZ00000001", "ZZ00000009", SECOND_SHOP, "牛师傅"), actor=ANNE)
    for serial, number in (("N1", ""), ("N2", "ZZ00000001")):
        here.tokens.new(serial, number=number)
        here.tokens.personalise(here.tokens.plan(serial, FIVE[1:2]))
        with pytest.raises(ChipNotOfShop):
            here.challenged(job, Place(serial, FIVE[1][0], FIVE[1][1]))
    assert here.alarms() == ["ChipNotOfShop"] * 2


def test_a_chip_of_another_enterprise_or_linked_with_another_seal_is_refused(here: FilingWorld) -> None:
    from ca.tokens.inventory_store import Place
    from tests.store.test_seals_chips import OTHER_USCC

    job = here.made()
    here.tokens.pki.enterprises.register(OTHER_USCC, "另一家公司", actor=ANNE)
    here.tokens.new("F1", holder=Holder(OTHER_USCC), number="YX00000008")
    here.tokens.personalise(here.tokens.plan("F1", FIVE[1:2]))
    with pytest.raises(ChipOfAnother):
        here.challenged(job, Place("F1", FIVE[1][0], FIVE[1][1]))
    place = here.chip()
    linked = here.tokens.seal(SealKind.CONTRACT)
    here.tokens.chips.request_link(place.token, linked.code, actor=ANNE)
    here.tokens.chips.confirm_link(linked.code, actor=BERT)
    with pytest.raises(ChipInAnotherSeal):
        here.challenged(job, place)


def test_I26_a_chip_stopped_after_its_answer_files_no_seal(world: FilingWorld) -> None:
    job = world.delivered()
    world.tokens.chips.report_lost(
        world.desk.office.get(job.id, actor=OFFICER).job.chip, actor=ANNE, reason="丢了"
    )
    with pytest.raises((ChipRefused, ChipLinkRefused)):
        world.accept(job)
    assert world.seal(job).status is SealStatus.DELIVERED


# -- shops and their jobs ---------------------------------------------------------------------------------------------


def test_only_a_jobs_shop_works_on_it(here: FilingWorld) -> None:
    job = here.ordered()
    with pytest.raises(NotThisShop):
        here.desk.workshop.take(job.id, actor=OTHER_ENGRAVER)
    here.desk.workshop.take(job.id, actor=ENGRAVER)
    others: list[Callable[[], Any]] = [
        lambda: here.desk.workshop.upload_imprint(job.id, here.scan(job), actor=OTHER_ENGRAVER),
        lambda: here.desk.workshop.make(job.id, actor=OTHER_ENGRAVER),
        lambda: here.desk.chip.challenge(job.id, here.chip(), actor=OTHER_ENGRAVER),
        lambda: here.desk.workshop.offer(job.id, actor=OTHER_ENGRAVER),
        lambda: here.deliver(job, actor=OTHER_ENGRAVER),
        lambda: here.desk.workshop.rework(job.id, actor=OTHER_ENGRAVER, reason="x"),
        lambda: here.desk.office.get(job.id, actor=OTHER_ENGRAVER),
        lambda: here.desk.workshop.make(job.id, actor=OFFICER),
    ]
    for act in others:
        with pytest.raises(NotThisShop):
            act()
    with pytest.raises(ShopUnknown):
        here.desk.workshop.make(job.id, actor=KEEPER)
    with pytest.raises(JobUnknown):
        here.desk.workshop.make("../../etc/passwd", actor=ENGRAVER)
    here.imprint(job)
    with pytest.raises(NotThisShop):  # the owner sees how it stands, never the clean scan (B6)
        here.desk.office.imprint_file(job.id, 1, overlay=False, actor=KEEPER)
    assert here.desk.office.get(job.id, actor=KEEPER).job.id == job.id
    with pytest.raises(NoSuchPicture):
        here.desk.office.imprint_file(job.id, 7, overlay=False, actor=OFFICER)


def test_shops_see_their_own_jobs_and_those_open_to_their_division(
    here: FilingWorld, clock: SteppingClock
) -> None:
    mine = here.ordered()
    clock.advance(timedelta(minutes=1))
    free = here.ordered(SealKind.FINANCE, shop="")
    listed = here.desk.office.list(JobQuery(for_shop=SHOP))
    assert [job.id for job in listed.items] == [mine.id, free.id]
    assert [job.id for job in here.desk.office.list(JobQuery(for_shop=SECOND_SHOP)).items] == [free.id]
    first = here.desk.office.list(JobQuery(for_shop=SHOP, limit=1))
    assert first.next == mine.id
    assert [job.id for job in here.desk.office.list(JobQuery(for_shop=SHOP, after=first.next)).items] == [
        free.id
    ]
    far = NewShop("12100000000018032A", "外地刻章店", "330106", "特许刻字9999")
    here.desk.shops.register(far, actor=OFFICER)
    stranger = Actor("person:far", "远", far.uscc)
    for act in (
        lambda: here.desk.office.get(free.id, actor=stranger),
        lambda: here.desk.workshop.take(free.id, actor=stranger),
    ):
        with pytest.raises(NotThisShop):
            act()
    assert here.desk.office.get(free.id, actor=OTHER_ENGRAVER).job.id == free.id
    here.desk.workshop.take(free.id, actor=OTHER_ENGRAVER)
    back = here.desk.workshop.release(free.id, actor=OTHER_ENGRAVER, reason="设备故障")
    assert (back.status, back.shop) == (JobStatus.OPEN, "")


def test_the_register_of_shops_is_the_officers(here: FilingWorld) -> None:
    shop = NewShop(SHOP, "北京刻章0店", DIVISION, "特许刻字0001")
    assert here.desk.shops.register(shop, actor=OFFICER) in here.desk.shops.list()
    with pytest.raises(OfficerNeeded):
        here.desk.shops.register(shop, actor=ENGRAVER)
    with pytest.raises(ShopRegistered):
        here.desk.shops.register(NewShop(SHOP, "改名", DIVISION, "特许刻字0001"), actor=OFFICER)
    with pytest.raises(ShopRegistered):
        here.desk.shops.register(NewShop(USCC, "抄许可证", DIVISION, "特许刻字0001"), actor=OFFICER)
    for wrong in (NewShop(USCC, "店", "3301", "特许1234"), NewShop(USCC, "店", DIVISION, "?")):
        with pytest.raises(FilingFieldInvalid):
            here.desk.shops.register(wrong, actor=OFFICER)
    job = here.ordered(shop="")
    assert here.desk.shops.suspend(SHOP, actor=OFFICER, reason="年检未过").state is ShopState.SUSPENDED
    with pytest.raises(ShopStateRefused):
        here.desk.shops.suspend(SHOP, actor=OFFICER, reason="再次")
    with pytest.raises(ShopStopped):
        here.desk.workshop.take(job.id, actor=ENGRAVER)
    with pytest.raises(ShopStopped):
        here.ordered(SealKind.CONTRACT)
    with pytest.raises(ShopUnknown):
        here.ordered(SealKind.INVOICE, shop="12100000000018032A")
    here.desk.shops.readmit(SHOP, actor=OFFICER, reason="年检通过")
    assert here.desk.workshop.take(job.id, actor=ENGRAVER).shop == SHOP
    assert [one.uscc for one in here.desk.shops.list(division=DIVISION)] == sorted((SHOP, SECOND_SHOP))


# -- imprints ---------------------------------------------------------------------------------------------------------


def test_B2_what_is_no_picture_or_a_bomb_is_refused_by_name(here: FilingWorld) -> None:
    import struct
    import zlib

    job = here.taken()
    huge = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + huge + struct.pack(">I", zlib.crc32(b"IHDR" + huge))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk + here.scan(job)[33:]
    cases: list[tuple[bytes, type[ImprintError]]] = [
        (b"not a picture at all", ImprintUnreadable),
        (b"\x89PNG\r\n\x1a\n", ImprintUnreadable),
        (here.scan(job)[:2000], ImprintUnreadable),
        (bomb, ImprintTooLarge),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * (20 * 2**20), ImprintTooLarge),
        (_white(), ImprintMissing),
    ]
    for scan, wrong in cases:
        with pytest.raises(wrong):
            here.desk.workshop.upload_imprint(job.id, scan, actor=ENGRAVER)
    with pytest.raises(ImprintNeeded):
        here.desk.workshop.make(job.id, actor=ENGRAVER)
    view = here.desk.office.get(job.id, actor=ENGRAVER)
    assert {one.state for one in view.imprints} == {ImprintState.FAILED}
    assert view.imprints[-1].fault == "ImprintMissing"


def _white() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (400, 400), (255, 255, 255)).save(out, "PNG")
    return out.getvalue()


def test_a_crash_between_the_stored_scan_and_its_row_leaves_nothing_half_done(
    world: FilingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B2: the file is there, the job knows nothing of it; uploaded again, all is as if nothing had happened."""
    from seals.filing import job_store

    job = world.taken()

    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dead:
        dead.setattr(job_store, "insert_imprint", die)
        with pytest.raises(KeyboardInterrupt):
            world.imprint(job)
    before = world.desk.office.get(job.id, actor=OFFICER)
    assert (before.imprints, before.job.moves) == ((), job.moves)
    assert world.imprint(job).state is ImprintState.COMPARED
    assert world.desk.workshop.make(job.id, actor=ENGRAVER).imprint == 1


def test_a_comparison_cut_off_is_finished_by_housekeeping(
    world: FilingWorld, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.filing_world import StudioHere

    job = world.taken()

    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dead:
        dead.setattr(StudioHere, "compare", die)
        with pytest.raises(KeyboardInterrupt):
            world.imprint(job)
    assert world.desk.office.get(job.id, actor=OFFICER).imprints[0].state is ImprintState.PENDING
    with pytest.raises(ImprintNeeded):
        world.desk.workshop.make(job.id, actor=ENGRAVER)
    assert world.desk.housekeep(OFFICER)["filing_comparisons_finished"] == 0
    clock.advance(timedelta(minutes=3))
    assert world.desk.housekeep(OFFICER)["filing_comparisons_finished"] == 1
    assert world.desk.office.get(job.id, actor=OFFICER).imprints[0].state is ImprintState.COMPARED
    assert world.desk.workshop.make(job.id, actor=ENGRAVER).status is JobStatus.MADE


# -- delivery ---------------------------------------------------------------------------------------------------------


def test_B2_delivery_wants_the_representative_or_a_letter_and_a_receipt(here: FilingWorld) -> None:
    job = here.offered()
    with pytest.raises(LetterNeeded):
        here.deliver(job, MESSENGER)
    namesake = Identity(REPRESENTATIVE.name, Document.RESIDENT_ID, "440308199901101512")
    with pytest.raises(LetterNeeded):
        here.deliver(job, namesake)
    with pytest.raises(FileUnfit):
        here.deliver(job, MESSENGER, letter=b"MZ\x90\0 no document")
    with pytest.raises(FileUnfit):
        here.deliver(job, receipt=b"")
    for wrong in (
        Identity("", Document.PASSPORT, "E12345678"),
        Identity("孙", Document.PASSPORT, "E1"),
        Identity("孙", Document.RESIDENT_ID, "110105194912310021"),
        Identity("孙\n", Document.RESIDENT_ID, "1101051949123100"),
    ):
        with pytest.raises(FilingFieldInvalid):
            here.deliver(job, wrong, letter=LETTER)
    assert here.status(job) is JobStatus.OFFERED
    shown = Identity(f" {REPRESENTATIVE.name} ", Document.RESIDENT_ID, "11010519491231002x")
    assert here.deliver(job, shown).status is JobStatus.DELIVERED


def test_B2_no_representative_on_record_means_always_a_letter(here: FilingWorld) -> None:
    job = here.offered(representative=None)
    with pytest.raises(LetterNeeded):
        here.deliver(job)
    assert here.deliver(job, letter=LETTER).status is JobStatus.DELIVERED


def test_B2_a_lost_or_cancelled_seal_is_not_handed_over(world: FilingWorld, clock: SteppingClock) -> None:
    lost, gone = world.offered(), world.offered(kind=SealKind.FINANCE)
    clock.advance(timedelta(minutes=1))
    world.tokens.seals.freeze(lost.seal, actor=KEEPER, reason="店内失窃")
    world.tokens.seals.revoke(gone.seal, actor=OFFICER, reason="公司注销")
    for job in (lost, gone):
        with pytest.raises(DeliveryRefused):
            world.deliver(job)
    assert world.desk.housekeep(OFFICER)["filing_jobs_ended"] == 1
    assert world.status(gone) is JobStatus.CLOSED
    again = world.desk.workshop.rework(lost.id, actor=ENGRAVER, reason="重刻")
    assert (again.status, world.seal(lost).status) == (JobStatus.TAKEN, SealStatus.MAKING)


# -- closing ----------------------------------------------------------------------------------------------------------


def test_unclaimed_for_three_months_is_closed_and_counted(world: FilingWorld, clock: SteppingClock) -> None:
    waiting, filed = world.offered(), world.filed(kind=SealKind.FINANCE)
    late = world.delivered(kind=SealKind.CONTRACT)
    clock.advance(timedelta(days=91))
    assert world.desk.housekeep(OFFICER)["filing_unclaimed_closed"] == 0
    clock.advance(timedelta(days=2))
    assert world.desk.housekeep(OFFICER)["filing_unclaimed_closed"] == 1
    assert (world.status(waiting), world.seal(waiting).status) == (JobStatus.CLOSED, SealStatus.CLOSED)
    assert world.status(filed) is JobStatus.FILED
    assert world.status(late) is JobStatus.DELIVERED  # it was claimed; it waits for an officer
    assert world.desk.housekeep(OFFICER)["filing_unclaimed_closed"] == 0
    assert world.tokens.chips.links_of_seal(waiting.seal)[-1].status is LinkStatus.UNLINKED
    record = next(one for one in world.audit() if one.action == "filing.close")
    assert record.subject == f"job:{waiting.id}"


def test_the_queue_is_sorted_by_age(world: FilingWorld, clock: SteppingClock) -> None:
    first, second = world.offered(), world.offered(kind=SealKind.FINANCE)
    world.deliver(second)
    clock.advance(timedelta(hours=1))
    world.deliver(first)
    assert [job.id for job in world.desk.office.queue(actor=OFFICER).items] == [second.id, first.id]
    page = world.desk.office.queue(actor=OFFICER, limit=1)
    assert page.next == second.id
    assert [job.id for job in world.desk.office.queue(actor=OFFICER, after=page.next).items] == [first.id]
    with pytest.raises(OfficerNeeded):
        world.desk.office.queue(actor=ENGRAVER)


# -- the tables -------------------------------------------------------------------------------------------------------


def test_every_state_of_a_job_is_reached_and_named() -> None:
    reached = {JobStatus.OPEN} | {to for moves in TRANSITIONS.values() for to in moves.values()}
    assert reached == set(JobStatus)
    assert all(one.zh for one in (*JobStatus, *JobAct, *Document))
    assert len({reason.code for reason in ReturnReason}) == len(ReturnReason)


def test_an_act_out_of_turn_is_refused_and_changes_nothing(here: FilingWorld) -> None:
    job = here.taken()
    for act in (
        lambda: here.desk.workshop.take(job.id, actor=ENGRAVER),
        lambda: here.desk.workshop.offer(job.id, actor=ENGRAVER),
        lambda: here.deliver(job),
        lambda: here.accept(job),
        lambda: here.desk.office.return_(job.id, code="R01", reason="x", actor=OFFICER),
        lambda: here.desk.workshop.rework(job.id, actor=ENGRAVER, reason="x"),
        lambda: here.challenged(job, here.chip()),
    ):
        with pytest.raises(JobActRefused):
            act()
    assert here.desk.office.get(job.id, actor=OFFICER).job == job
