"""Exchange with the national platform on both databases: what is told, what is believed, what is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from seals.errors import SealNotFound
from seals.filing import national
from seals.filing.errors import (
    ExchangeContradiction,
    ExchangeUnproven,
    FilingFieldInvalid,
    NeverAlive,
    OfficerNeeded,
)
from seals.filing.exchange import Maker, Stretch, stretch_of
from seals.filing.national import FIELDS, Interface, Message, civil
from seals.registry import SealRegistry
from seals.renewal import RenewalRequest
from seals.seal import SealKind, SealRecord, SealStatus
from tests.conftest import SteppingClock
from tests.filing_world import ENGRAVER, OFFICER, FilingWorld, make_filing_world
from tests.store.test_seals_races import _together
from tests.token_world import ANNE, BERT, CARL, KEEPER, make_token_world

FOREIGN = "44030100000042"


@dataclass
class Platform:
    """Messages as the platform or another place would send them; right by default."""

    world: FilingWorld
    now: Callable[[], datetime]

    def message(self, interface: Interface, maker: Maker | None = None, **changes: str) -> Message:
        maker = maker or self.world.foreign
        now = self.now()
        told = {
            "sealCode": FOREIGN,
            "sealName": "深圳某某科技有限公司",
            "useUnitCode": "12100000000018032A",
            "sealZone": "440301",
            "validStartTime": civil(now - timedelta(days=10)),
            "validEndTime": civil(now + timedelta(days=100)),
            "parentSealCode": "",
            "createTime": civil(now - timedelta(days=11)),
            "creater": "深圳制章",
            "legalType": "01",
            "certStartTime": civil(now - timedelta(days=10)),
            "certEndTime": civil(now + timedelta(days=100)),
            "cancelReason": "挂失",
            "cancelDescribe": "",
            "applyDate": civil(now),
            "invalidType": "2",
            "invalidEffectTime": civil(now),
            **changes,
        }
        wanted = FIELDS[interface].keys() - {"signCert", "signature"}
        bare = national.unsigned(interface, {name: told[name] for name in wanted}, maker.certificate)
        return bare.signed(maker.signer.sign(bare.canonical))

    def file(self, *messages: Message) -> bytes:
        return national.write_file(messages, self.now())

    def tell(self, interface: Interface, **changes: Any) -> Any:
        return self.world.desk.exchange.take_in(self.file(self.message(interface, **changes)), actor=OFFICER)

    def about(self, seal: SealRecord) -> dict[str, str]:
        assert seal.valid_from is not None
        assert seal.valid_to is not None
        return {
            "sealCode": seal.code,
            "sealName": seal.name,
            "useUnitCode": seal.owner.uscc,
            "validStartTime": civil(seal.valid_from),
            "validEndTime": civil(seal.valid_to),
        }

    def status(self, code: str = FOREIGN, when: datetime | None = None) -> str:
        question = {"sealCode": code, "sealName": "", "queryTime": civil(when or self.now())}
        return self.world.desk.exchange.query(question)["status"]


@pytest.fixture
def platform(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Platform:
    world = make_filing_world(make_token_world(engine, clock, tmp_path), tmp_path)
    return Platform(world, clock)


def _day(clock: SteppingClock, **page: int) -> Stretch:
    return Stretch(clock.now - timedelta(days=1), clock.now + timedelta(days=1), **page)


def test_what_is_exported_is_imported_elsewhere_and_again_without_effect(
    platform: Platform, clock: SteppingClock, tmp_path: Path
) -> None:
    world = platform.world
    seals = [world.tokens.seal(kind) for kind in (SealKind.LEGAL_NAME, SealKind.FINANCE)]
    lost = world.tokens.seal(SealKind.CONTRACT)
    clock.advance(timedelta(minutes=1))
    world.tokens.seals.freeze(lost.code, actor=KEEPER, reason="遗失\n在出租车上")
    told: list[tuple[int, int]] = []
    files = {
        each: world.desk.exchange.export(
            each, _day(clock), actor=OFFICER, progress=lambda *numbers: told.append(numbers)
        )
        for each in (Interface.RELEASE, Interface.DEACTIVATE)
    }
    assert told == [(1, 3), (2, 3), (3, 3), (1, 1)]
    released = json.loads(files[Interface.RELEASE])["messages"]
    assert {one["sealCode"] for one in released} == {seals[0].code, seals[1].code, lost.code}
    assert [one["invalidType"] for one in json.loads(files[Interface.DEACTIVATE])["messages"]] == ["2"]
    page = world.desk.exchange.export(Interface.RELEASE, _day(clock, page=2, size=2), actor=OFFICER)
    assert len(json.loads(page)["messages"]) == 1
    done = world.desk.exchange.take_in(files[Interface.DEACTIVATE], actor=OFFICER)
    assert (done.taken, done.known, done.stopped) == (1, 0, ())
    again = world.desk.exchange.take_in(files[Interface.DEACTIVATE], actor=OFFICER)
    assert (again.taken, again.known) == (0, 1)
    with pytest.raises(
        NeverAlive
    ):  # it was released while it was alive; told after the loss, it does not revive
        world.desk.exchange.take_in(files[Interface.RELEASE], actor=OFFICER)
    assert world.tokens.seals.get(lost.code).status is SealStatus.FROZEN
    actions = [record.action for record in world.audit()]
    assert actions.count("exchange.export_begun") == actions.count("exchange.exported") == 3


def test_a_foreign_seal_is_released_renewed_lost_and_cancelled(
    platform: Platform, clock: SteppingClock
) -> None:
    with pytest.raises(SealNotFound):
        platform.status()
    platform.tell(Interface.RELEASE)
    assert platform.status() == "0"
    assert platform.status(when=clock.now + timedelta(days=101)) == "1"
    platform.tell(Interface.RENEW, validEndTime=civil(clock.now + timedelta(days=200)))
    assert platform.status(when=clock.now + timedelta(days=101)) == "0"
    clock.advance(timedelta(hours=1))
    platform.tell(Interface.DEACTIVATE)
    assert platform.status() == "1"
    assert platform.status(when=clock.now - timedelta(minutes=1)) == "0"
    clock.advance(timedelta(hours=1))
    platform.tell(Interface.DEACTIVATE, invalidType="1")
    listed = platform.world.desk.exchange.revocations(_day(clock))
    assert listed["total"] == 1
    assert listed["items"] == [
        {
            "sealCode": FOREIGN,
            "sealName": "深圳某某科技有限公司",
            "invalidType": "1",
            "invalidEffectTime": civil(
                clock.now - timedelta(hours=1)
            ),  # since the loss, not since the cancelling
        }
    ]


def test_the_platform_stops_our_seal_on_both_sides_and_never_brings_one_back(
    platform: Platform, clock: SteppingClock
) -> None:
    seal, gone = platform.world.tokens.seal(), platform.world.tokens.seal(SealKind.FINANCE)
    clock.advance(timedelta(minutes=1))
    done = platform.tell(Interface.DEACTIVATE, **platform.about(seal))
    assert done.stopped == (seal.code,)
    assert platform.world.tokens.seals.get(seal.code).status is SealStatus.FROZEN
    platform.tell(Interface.DEACTIVATE, **platform.about(gone), invalidType="0")
    assert platform.world.tokens.seals.get(gone.code).status is SealStatus.REVOKED
    for interface in (Interface.RELEASE, Interface.RENEW):
        with pytest.raises(NeverAlive):
            platform.tell(interface, **platform.about(gone))
    with pytest.raises(NeverAlive):  # nor weaken it to a loss, from which seals come back
        platform.tell(Interface.DEACTIVATE, **platform.about(gone))
    clock.advance(timedelta(minutes=1))
    platform.world.tokens.seals.request_resume(seal.code, actor=ANNE)
    platform.world.tokens.seals.confirm_resume(seal.code, actor=BERT)
    assert platform.world.desk.housekeep(CARL)["national_stops_followed"] == 0  # two people brought it back
    assert platform.status(seal.code) == "0"
    assert platform.status(gone.code) == "1"
    clock.advance(timedelta(minutes=1))
    platform.tell(Interface.DEACTIVATE, **platform.about(seal))  # lost a second time
    assert platform.status(seal.code) == "1"


def test_a_stop_told_before_the_seal_is_made_waits_for_it(platform: Platform, clock: SteppingClock) -> None:
    desk, seals = platform.world.desk, platform.world.tokens.seals
    job = platform.world.ordered()
    clock.advance(timedelta(minutes=1))
    done = platform.tell(Interface.DEACTIVATE, sealCode=job.seal, sealName=seals.get(job.seal).name)
    assert done.stopped == ()
    desk.workshop.take(job.id, actor=ENGRAVER)
    platform.world.imprint(job)
    desk.workshop.make(job.id, actor=ENGRAVER)
    assert desk.housekeep(CARL)["national_stops_followed"] == 1
    assert seals.get(job.seal).status is SealStatus.FROZEN


def test_what_a_crash_left_after_an_import_is_finished(
    platform: Platform, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = platform.world.tokens.seal()
    clock.advance(timedelta(minutes=1))

    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dead:
        dead.setattr(SealRegistry, "freeze", die)
        with pytest.raises(KeyboardInterrupt):
            platform.tell(Interface.DEACTIVATE, **platform.about(seal))
    assert platform.world.tokens.seals.get(seal.code).status is SealStatus.ACTIVE
    assert platform.status(seal.code) == "1"  # nobody is told otherwise meanwhile
    assert platform.world.desk.housekeep(OFFICER)["national_stops_followed"] == 1
    assert platform.world.tokens.seals.get(seal.code).status is SealStatus.FROZEN


def test_contradictions_are_refused_by_field_and_the_whole_file_with_them(
    platform: Platform, clock: SteppingClock
) -> None:
    seal = platform.world.tokens.seal()
    about = platform.about(seal)
    late, early = civil(clock.now + timedelta(days=4000)), civil(clock.now - timedelta(days=400))
    cases: list[tuple[Interface, str, dict[str, str]]] = [
        (Interface.RELEASE, "sealName", {**about, "sealName": "另一枚章"}),
        (Interface.RELEASE, "useUnitCode", {**about, "useUnitCode": "12100000000018032A"}),
        (Interface.RELEASE, "validStartTime", {**about, "validStartTime": early}),
        (Interface.RELEASE, "validEndTime", {**about, "validEndTime": early}),
        (Interface.RENEW, "sealCode", about),
        (Interface.DEACTIVATE, "sealCode", {}),
        (Interface.DEACTIVATE, "sealName", {**about, "sealName": "另一枚章"}),
        (Interface.DEACTIVATE, "invalidEffectTime", {**about, "invalidEffectTime": late}),
    ]
    for interface, field, changes in cases:
        good = platform.message(Interface.RELEASE, sealCode="44030100000043")
        bad = platform.message(interface, **changes)
        with pytest.raises(ExchangeContradiction) as wrong:
            platform.world.desk.exchange.take_in(platform.file(good, bad), actor=OFFICER)
        assert wrong.value.field == field
        with pytest.raises(SealNotFound):  # the good one beside it was not taken in either
            platform.status("44030100000043")
    platform.tell(Interface.RELEASE, **about)
    for end in (late, early):
        with pytest.raises(ExchangeContradiction):
            platform.tell(Interface.RENEW, **{**about, "validEndTime": end})
    assert platform.world.tokens.seals.get(seal.code).status is SealStatus.ACTIVE


def test_only_trusted_makers_are_believed_and_only_officers_bring_files(platform: Platform) -> None:
    from tests.pki import Pki

    stranger = Pki(platform.now()).seal_maker()
    other = Maker(stranger.der, stranger.signer)
    with pytest.raises(ExchangeUnproven):
        platform.tell(Interface.RELEASE, maker=other)
    good = platform.message(Interface.RELEASE)
    forged = Message(
        good.interface, {**good.fields, "validEndTime": civil(platform.now() + timedelta(days=999))}
    )
    swapped = Message(
        good.interface,
        {**good.fields, "signCert": platform.message(Interface.RELEASE, other).fields["signCert"]},
    )
    for bad in (forged, swapped, good.signed(b"\x30\x00"), good.signed(b"junk")):
        with pytest.raises(ExchangeUnproven):
            platform.world.desk.exchange.take_in(platform.file(good, bad), actor=OFFICER)
    for who in (ENGRAVER, KEEPER):
        with pytest.raises(OfficerNeeded):
            platform.world.desk.exchange.take_in(platform.file(good), actor=who)
        with pytest.raises(OfficerNeeded):
            platform.world.desk.exchange.export(
                Interface.RELEASE, stretch_of("2026-01-01 00:00:00", "2027-01-01 00:00:00"), actor=who
            )


def test_of_two_imports_of_one_file_at_once_one_takes_it_in(platform: Platform) -> None:
    octets = platform.file(platform.message(Interface.RELEASE))
    results = _together(
        *[lambda: platform.world.desk.exchange.take_in(octets, actor=OFFICER) for _ in range(2)]
    )
    assert sum(one.taken for one in results if not isinstance(one, Exception)) == 1
    with platform.world.tokens.engine.connect() as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM national_message")).scalar_one() == 1


def test_a_stretch_and_a_question_are_read_strictly(platform: Platform) -> None:
    for start, end, page, size in (
        ("2026-01-02 00:00:00", "2026-01-01 00:00:00", 1, 10),
        ("2026-01-01", "2026-02-01 00:00:00", 1, 10),
        ("2026-01-01 00:00:00", "2026-02-30 00:00:00", 1, 10),
        ("2026-01-01 00:00:00", "2026-02-01 00:00:00", 0, 10),
        ("2026-01-01 00:00:00", "2026-02-01 00:00:00", 1, 501),
    ):
        with pytest.raises(FilingFieldInvalid):
            stretch_of(start, end, page, size)
    for question in (
        {},
        {"sealCode": "1", "queryTime": "2026-01-01 00:00:00"},
        {"sealCode": FOREIGN, "queryTime": "?"},
    ):
        with pytest.raises(FilingFieldInvalid):
            platform.world.desk.exchange.query(question)
    seal = platform.world.tokens.seal()
    question = {"sealCode": seal.code, "sealName": "别的名字", "queryTime": civil(platform.now())}
    with pytest.raises(SealNotFound):
        platform.world.desk.exchange.query(question)


def test_a_past_moment_is_answered_by_the_validity_of_that_moment(
    platform: Platform, clock: SteppingClock
) -> None:
    """A renewal begins a new validity and does not make what was sealed before it invalid."""
    world = platform.world
    seal = world.tokens.seal(SealKind.LEGAL_NAME)
    clock.advance(timedelta(days=10))
    before = clock.now
    clock.advance(timedelta(days=1))
    wish = RenewalRequest(world.tokens.pki.enrol().issued, 30)
    world.tokens.seals.request_renewal(seal.code, wish, actor=KEEPER)
    world.tokens.seals.renew(seal.code, actor=BERT)
    assert platform.status(seal.code) == "0"
    assert platform.status(seal.code, before) == "0"
    assert platform.status(seal.code, clock.now + timedelta(days=31)) == "1"


def test_a_release_told_after_a_renewal_is_the_first_one(platform: Platform, clock: SteppingClock) -> None:
    world = platform.world
    seal = world.tokens.seal(SealKind.LEGAL_NAME)
    world_day = _day(clock)

    def release() -> bytes:
        return world.desk.exchange.export(Interface.RELEASE, world_day, actor=OFFICER)

    def told(octets: bytes) -> dict[str, str]:
        (message,) = json.loads(octets)["messages"]
        return {name: text for name, text in message.items() if name != "signature"}

    first = release()
    world.desk.exchange.take_in(first, actor=OFFICER)
    clock.advance(timedelta(days=11))
    wish = RenewalRequest(world.tokens.pki.enrol().issued, 1825)
    world.tokens.seals.request_renewal(seal.code, wish, actor=KEEPER)
    world.tokens.seals.renew(seal.code, actor=BERT)
    renewal = world.desk.exchange.export(Interface.RENEW, _day(clock), actor=OFFICER)
    assert world.desk.exchange.take_in(renewal, actor=OFFICER).taken == 1
    again = release()
    assert told(again) == told(first)
    world.desk.exchange.take_in(again, actor=OFFICER)  # and it contradicts nothing
    later = platform.message(Interface.RELEASE, **platform.about(world.tokens.seals.get(seal.code)))
    with pytest.raises(ExchangeContradiction):
        world.desk.exchange.take_in(platform.file(later), actor=OFFICER)


def test_a_whole_second_counts_what_came_about_in_it(platform: Platform, clock: SteppingClock) -> None:
    clock.now = clock.now.replace(microsecond=0) + timedelta(milliseconds=700)
    seal = platform.world.tokens.seal(SealKind.LEGAL_NAME)
    clock.now = clock.now.replace(microsecond=900_000)
    assert platform.status(seal.code) == "0"
    platform.world.tokens.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    assert platform.status(seal.code) == "1"
