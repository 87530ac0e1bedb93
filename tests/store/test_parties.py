"""Several parties on one document, on both databases (C6)."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.audit import AuditTrail
from hsm.errors import TokenLost
from seals.cases.errors import CaseFieldInvalid
from signing.containers.certification import Certification
from signing.level import Level
from signing.making import Step
from signing.parties import round_store
from signing.parties.errors import (
    AnotherSealing,
    FieldsNotReserved,
    NotAParty,
    NotTheInitiator,
    NotYourTurn,
    PlaceMissing,
    RoundActRefused,
    RoundBroken,
    RoundFieldInvalid,
    RoundKeyTaken,
    RoundOver,
    RoundReasonNeeded,
    RoundUnknown,
    SealOfAnother,
    VersionMoved,
)
from signing.parties.round import PartyWish, Round
from signing.parties.round_store import RoundQuery
from signing.parties.states import PartyStatus, RoundAct, RoundStatus
from signing.parties.store import signing_round, signing_round_entry
from signing.placing.where import Placement
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.party_world import BETA, BOSS, FIRST, GAMMA, SECOND, STRANGER, THIRD, PartyWorld, make_party_world
from tests.unit.signing.office import AUDITOR
from verify.verdict import Verdict


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> PartyWorld:
    return make_party_world(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))


def statuses(found: Round) -> list[PartyStatus]:
    return [one.status for one in found.parties]


def test_C6_three_parties_seal_in_order_and_every_signature_stays_valid(world: PartyWorld) -> None:
    """C6: each later seal is an incremental update; the last one releases the document; the record is a chain."""
    found = world.open()
    assert [one.field for one in found.parties] == ["Party-1", "Party-2", "Party-3"]
    assert [one.number for one in found.called] == [1]
    with pytest.raises(NotYourTurn, match="甲方"):
        world.seal(found, 2)
    documents = [world.rounds.document(found.id, hand=BOSS)]
    for number in (1, 2, 3):
        made = world.seal(found, number, level=Level.B_LT)
        assert made.sealed.report.verdict is Verdict.PASSED
        assert len(made.sealed.report.signatures) == number
        octets = world.rounds.document(found.id, hand=BOSS)
        assert octets.startswith(documents[-1]), "an update is appended"
        documents.append(octets)
    done = made.round
    assert (done.status, done.version) == (RoundStatus.RELEASED, 3)
    assert statuses(done) == [PartyStatus.SEALED] * 3
    fields = PdfFileReader(io.BytesIO(documents[-1])).root["/AcroForm"]["/Fields"]
    assert sorted(str(one.get_object()["/T"]) for one in fields) == ["Party-1", "Party-2", "Party-3"]
    entries = world.rounds.entries(found.id, hand=THIRD)
    assert [one.act for one in entries] == [RoundAct.OPEN, RoundAct.SEAL, RoundAct.SEAL, RoundAct.RELEASE]
    assert [one.credential for one in entries[1:]] == [FIRST.credential, SECOND.credential, THIRD.credential]
    assert [one for one in world.office.actions() if one.startswith("round.")] == [
        "round.open", "round.seal", "round.seal", "round.release",
    ]  # fmt: skip


def test_C6_a_certified_document_takes_the_seals_of_fields_kept_for_it(world: PartyWorld) -> None:
    """The first party certifies; the fields were there before, so the others may still sign (ISO 32000-2 §12.8.2.2)."""
    found = world.open()
    world.seal(found, 1, level=Level.B_LT, certify=Certification.FORM_FILLING)
    made = world.seal(found, 2, level=Level.B_LT)
    assert [one.verdict for one in made.sealed.report.signatures] == [Verdict.PASSED] * 2


def test_C6_free_order_two_at_once_each_seal_once_on_the_newest_version(world: PartyWorld) -> None:
    """C6: two parties seal at the same moment: the second takes the new version by itself, its seal is used once."""
    found = world.open(groups=(1, 1, 1))
    gate = threading.Barrier(2)

    def go(number: int) -> int:
        gate.wait(30)
        return world.seal(found, number, world.desk()).round.version

    with ThreadPoolExecutor(2) as pool:
        versions = sorted(pool.map(go, (1, 2)))
    after = world.rounds.get(found.id, hand=BOSS)
    assert versions[-1] == after.version == 2
    assert after.claim is None
    used = [row for row in world.office.rows(sealing) if row.state == "completed"]
    assert len(used) == 2, "each seal was used once"
    chain = {row.document: f"sha256:{row.result}" for row in used}
    assert [str(one.digest) for one in after.versions[1:]] == [
        chain[str(one.digest)] for one in after.versions[:-1]
    ]


def test_a_claim_keeps_others_from_the_key_and_a_party_with_its_own_place_is_told(world: PartyWorld) -> None:
    found = world.open(places=("", ""), groups=(1, 1), reserve=False)
    inside: list[type[Exception]] = []

    def other(step: Step) -> None:
        if step is Step.SIGNED:
            for act in (
                lambda: world.seal(found, 2, where=Placement(1, 80, 200)),
                lambda: world.rounds.withdraw(found.id, reason="不签了", hand=BOSS),
            ):
                with pytest.raises(AnotherSealing) as told:
                    act()
                inside.append(told.type)

    world.seal(found, 1, world.desk(world.office.passing(other)), where=Placement(1, 20, 200))
    assert inside == [AnotherSealing, AnotherSealing]
    with pytest.raises(VersionMoved):
        world.seal(found, 2, where=Placement(1, 80, 200), version=0)
    with pytest.raises(PlaceMissing):
        world.seal(found, 2)
    assert world.seal(found, 2, where=Placement(1, 80, 200), version=1).round.status is RoundStatus.RELEASED


def test_I29_a_dead_sealing_is_taken_up_once(world: PartyWorld) -> None:
    """I29: a process dies after the key, before the outcome: reconciliation completes the sealing, then the round."""

    class Died(BaseException):
        pass

    def die(step: Step) -> None:
        if step is Step.ARCHIVED:
            raise Died

    found = world.open()
    with pytest.raises(Died):
        world.seal(found, 1, world.desk(world.office.passing(die)))
    held = world.rounds.get(found.id, hand=BOSS)
    assert held.claim is not None
    assert held.version == 0
    world.office.service.reconcile(AUDITOR)
    assert world.rounds.sealing.reconcile() == 1
    after = world.rounds.get(found.id, hand=BOSS)
    assert (after.version, after.claim, statuses(after)[0]) == (1, None, PartyStatus.SEALED)
    assert world.rounds.sealing.reconcile() == 0
    assert world.rounds.entries(found.id, hand=BOSS)[-1].credential == "reconciled"
    assert len([row for row in world.office.rows(sealing) if row.state == "completed"]) == 1


def test_a_failed_sealing_gives_the_version_back(world: PartyWorld) -> None:
    def lose(step: Step) -> None:
        if step is Step.PERMITTED:
            raise TokenLost("pulled out")

    found = world.open()
    with pytest.raises(TokenLost):
        world.seal(found, 1, world.desk(world.office.passing(lose)))
    assert world.rounds.get(found.id, hand=BOSS).claim is None
    assert world.seal(found, 1).round.version == 1


def test_C6_decline_stops_a_round_until_the_initiator_puts_another_party_in(world: PartyWorld) -> None:
    found = world.open()
    with pytest.raises(RoundReasonNeeded):
        world.rounds.decline(found.id, 1, reason=" ", hand=FIRST)
    world.seal(found, 1)
    with pytest.raises(NotAParty):
        world.rounds.decline(found.id, 2, reason="不同意", hand=FIRST)
    declined = world.rounds.decline(found.id, 2, reason="第三条不同意", hand=SECOND)
    assert (declined.status, declined.reason) == (RoundStatus.DECLINED, "乙方：第三条不同意")
    with pytest.raises(RoundActRefused):
        world.seal(found, 2)
    with pytest.raises(NotTheInitiator):
        world.rounds.substitute(found.id, 2, GAMMA, reason="换人", hand=THIRD)
    with pytest.raises(RoundFieldInvalid, match="乙方"):
        world.rounds.substitute(found.id, 3, BETA, reason="换人", hand=BOSS)
    again = world.rounds.substitute(found.id, 2, GAMMA, reason="由丙方承接", hand=BOSS)
    assert (again.status, again.parties[1].enterprise) == (RoundStatus.RUNNING, "温州丙方测试有限公司")
    with pytest.raises(RoundUnknown):
        world.rounds.get(found.id, hand=SECOND)
    choice = world.choice(3)
    assert world.rounds.sealing.seal(found.id, 2, choice, hand=THIRD).round.version == 2
    with pytest.raises(RoundActRefused):
        world.rounds.substitute(found.id, 1, BETA, reason="已签的不能换", hand=BOSS)


def test_C6_withdrawal_deadline_and_reminders(world: PartyWorld, clock: SteppingClock) -> None:
    found, other = world.open(remind_days=(3, 1)), world.open(key="r-2")
    with pytest.raises(NotTheInitiator):
        world.rounds.withdraw(other.id, reason="不签了", hand=SECOND)
    assert world.rounds.withdraw(other.id, reason="改用新版合同", hand=BOSS).status is RoundStatus.WITHDRAWN
    assert world.rounds.reminders.collect(AUDITOR) == 0
    clock.advance(timedelta(days=8))
    assert [world.rounds.reminders.collect(AUDITOR) for _ in range(2)] == [1, 0]
    (told,) = world.rounds.reminders.read()
    assert (told.round_id, told.days, told.waiting[0]["role"]) == (found.id, 3, "甲方")
    assert world.rounds.reminders.read(uscc=BETA) == ()
    world.seal(found, 1)
    clock.advance(timedelta(days=1, hours=1))
    assert world.rounds.reminders.collect(AUDITOR) == 1
    assert world.rounds.reminders.read(uscc=BETA)[0].days == 1
    clock.advance(timedelta(days=1))
    with pytest.raises(RoundOver):
        world.seal(found, 2)
    assert [world.rounds.expire(), world.rounds.expire()] == [1, 0]
    with pytest.raises(RoundActRefused):
        world.rounds.extend(found.id, clock() + timedelta(days=1), hand=BOSS)


def test_a_deadline_may_be_extended_and_reminds_anew(world: PartyWorld, clock: SteppingClock) -> None:
    found = world.open(remind_days=(20,))
    assert world.rounds.reminders.collect(AUDITOR) == 1
    world.rounds.extend(found.id, clock() + timedelta(days=15), hand=BOSS)
    assert [world.rounds.reminders.collect(AUDITOR) for _ in range(2)] == [1, 0]


def test_nobody_sees_a_round_of_others_and_each_finds_what_waits(world: PartyWorld) -> None:
    first, second = world.open(), world.open(key="r-2", groups=(1, 1, 1))
    with pytest.raises(RoundUnknown):
        world.rounds.get(first.id, hand=STRANGER)
    waits = [one.id for one in world.rounds.list(RoundQuery(uscc=BETA, waiting=True))]
    assert waits == [second.id]
    assert len(world.rounds.list(RoundQuery(uscc=BETA))) == 2
    assert world.rounds.list(RoundQuery(uscc=str(STRANGER.actor.uscc))) == ()


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"parties": (PartyWish(BETA, "甲方"),)}, RoundFieldInvalid, "parties"),
        (
            {"parties": (PartyWish(BETA, "甲方"), PartyWish("91330106MA2CYNTX0E", "乙方"))},
            RoundFieldInvalid,
            "parties",
        ),
        ({"parties": (PartyWish(BETA, "甲方"), PartyWish(GAMMA, ""))}, CaseFieldInvalid, "role"),
        ({"parties": (PartyWish(BETA, "甲方"), PartyWish(GAMMA, "乙方", "77"))}, RoundFieldInvalid, "kind"),
        (
            {"parties": (PartyWish(BETA, "甲方"), PartyWish(GAMMA, "乙方", where="x"))},
            RoundFieldInvalid,
            "where",
        ),
        ({"remind_days": (0,)}, RoundFieldInvalid, "remind_days"),
        ({"title": ""}, CaseFieldInvalid, "title"),
    ],
)
def test_a_wish_that_is_not_in_order_is_named(
    world: PartyWorld, changes: dict, error: type[Any], field: str
) -> None:
    with pytest.raises(error) as told:
        world.open(**changes)
    assert told.value.field == field
    assert world.office.rows(signing_round) == []


def test_a_key_opens_one_round_and_a_seal_must_be_the_partys(world: PartyWorld) -> None:
    found = world.open()
    assert world.open().id == found.id
    with pytest.raises(RoundKeyTaken):
        world.open(title="另一份")
    with pytest.raises(SealOfAnother):
        world.rounds.sealing.seal(found.id, 1, world.choice(2), hand=FIRST)
    with pytest.raises(NotAParty):
        world.rounds.sealing.seal(found.id, 1, world.choice(1), hand=SECOND)
    with pytest.raises(FieldsNotReserved):
        world.open(world.rounds.document(world.seal(found, 1).round.id, hand=BOSS), key="r-3")
    with pytest.raises(RoundFieldInvalid, match="deadline"):
        world.open(key="r-4", deadline=world.clock())


def test_I20_without_the_audit_trail_nothing_moves(
    world: PartyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I20: the entry, the state and the audit record are one transaction."""
    found = world.open()

    def full(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("disk", {}, Exception("disk is full"))

    monkeypatch.setattr(AuditTrail, "append_many", full)
    with pytest.raises(sa.exc.OperationalError):
        world.rounds.decline(found.id, 1, reason="不同意", hand=FIRST)
    assert world.rounds.get(found.id, hand=FIRST).status is RoundStatus.RUNNING
    assert len(world.office.rows(signing_round_entry)) == 1


def test_an_edited_record_is_found(world: PartyWorld, engine: sa.Engine) -> None:
    found = world.open()
    with engine.begin() as conn:
        conn.execute(signing_round_entry.update().values(actor="person:other"))
    with pytest.raises(RoundBroken):
        world.rounds.entries(found.id, hand=BOSS)
    with engine.connect() as conn:
        assert round_store.entries(conn, found.id)[0].actor.id == "person:other"


def test_parties_may_seal_a_document_that_keeps_no_fields(world: PartyWorld) -> None:
    found = world.open(blank_pdf(3), reserve=False, places=("pages=1-3;at=20,200", "2:80,200"), groups=(1, 2))
    assert [one.field for one in found.parties] == ["", ""]
    world.seal(found, 1)
    assert world.seal(found, 2).round.status is RoundStatus.RELEASED
