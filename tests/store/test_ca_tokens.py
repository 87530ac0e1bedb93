"""Tokens on both databases: life, certificates that follow, personalisation, letters, unblocking (A4, I26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.certificate import CertificateRequest, CertificateStatus, RevocationReason, SubjectName
from ca.errors import EnterpriseUnknown
from ca.tokens import letter_store
from ca.tokens.errors import (
    ChipAbsent,
    ContainerCertificateBad,
    ContainerUnknown,
    LetterUnavailable,
    LetterUnreadable,
    ProcedureRefused,
    TokenActRefused,
    TokenClockBehind,
    TokenFieldInvalid,
    TokenNotUsable,
    TokenReasonNeeded,
    TokenRegistered,
    TokenResumeNotRequested,
    TokenSecondPersonNeeded,
    TokenUnknown,
    UnblockRefused,
    UnblockUnknown,
)
from ca.tokens.inventory_store import Place
from ca.tokens.letter_store import LetterStatus, UnblockStatus
from ca.tokens.procedure_store import ProcedureStatus, StepStatus
from ca.tokens.state import TokenState
from ca.tokens.store import pin_letter
from ca.tokens.token import Holder, KeyUse, NewToken, Standing, TokenQuery
from hsm.algorithms import KeyKind
from hsm.pins import Pin
from tests.conftest import SteppingClock
from tests.pki import COMPANY, USCC, new_key
from tests.token_world import ANNE, BERT, CARL, FIVE, KEEPER, TokenWorld, make_token_world


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> TokenWorld:
    return make_token_world(engine, clock, tmp_path)


def standings(world: TokenWorld, serial: str = "C1") -> list[Standing]:
    token = world.registry.get(serial)
    return [key.standing for part in token.applications for place in part.containers for key in place.keys]


def certificates(world: TokenWorld, serial: str = "C1") -> list[CertificateStatus]:
    token = world.registry.get(serial)
    return [
        world.pki.authority.certificate(key.serial or 0).status
        for part in token.applications
        for place in part.containers
        for key in place.keys
    ]


def test_A4_five_certificates_on_one_chip(world: TokenWorld) -> None:
    token = world.issued()
    assert token.state is TokenState.ISSUED
    assert token.holder == Holder(USCC, KEEPER.id, "保管人")
    assert [part.name for part in token.applications] == sorted(name for name, _, _ in FIVE)
    found = {place.purpose: place.keys[0] for part in token.applications for place in part.containers}
    assert set(found) == {purpose for _, _, purpose in FIVE}
    assert len({key.spki_sha256 for key in found.values()}) == 5
    assert len({key.serial for key in found.values()}) == 5
    assert len({key.not_after for key in found.values()}) == 5
    assert len({part.policy.tries for part in token.applications}) == 5
    assert all(part.pin.left == part.policy.tries for part in token.applications)
    assert [event.state for event in world.registry.history("C1")] == ["ready", "personalised", "issued"]
    assert world.registry.list(TokenQuery(uscc=USCC)).items == (token,)


def test_a_token_is_registered_once(world: TokenWorld) -> None:
    world.new()
    assert world.new().moves == 0
    with pytest.raises(TokenRegistered):
        world.new(model="another")
    with pytest.raises(EnterpriseUnknown):
        world.new("C2", holder=Holder("91110108MA01C8QX39"))
    with pytest.raises(TokenUnknown):
        world.registry.get("C9")


@pytest.mark.parametrize("serial", ["", "-1", "A" * 25, "a/b", "é", "a b"])
def test_a_serial_number_is_checked(serial: str) -> None:
    with pytest.raises(TokenFieldInvalid) as refused:
        NewToken(serial, "A1")
    assert refused.value.field == "serial"


def test_I26_a_lost_token_has_all_its_certificates_revoked_and_its_keys_barred(world: TokenWorld) -> None:
    world.issued()
    world.registry.write_off("C1", actor=ANNE, reason="找不到了")
    assert standings(world) == [Standing.REVOKED] * 5
    assert certificates(world) == [CertificateStatus.REVOKED] * 5
    key = world.registry.get("C1").applications[0].containers[0].keys[0]
    assert world.pki.authority.certificate(key.serial or 0).reason is RevocationReason.KEY_COMPROMISE
    with pytest.raises(TokenActRefused):
        world.registry.request_resume("C1", actor=BERT)


@pytest.mark.parametrize(
    ("act", "state", "reason"),
    [
        ("damage", TokenState.DAMAGED, RevocationReason.SUPERSEDED),
        ("terminate", TokenState.TERMINATED, RevocationReason.CESSATION_OF_OPERATION),
    ],
)
def test_I26_a_token_that_ends_takes_its_certificates_along(
    world: TokenWorld, act: str, state: TokenState, reason: RevocationReason
) -> None:
    world.issued()
    ended = getattr(world.registry, act)("C1", actor=ANNE, reason="换新")
    assert ended.state is state
    for part in ended.applications:
        assert world.pki.authority.certificate(part.containers[0].keys[0].serial or 0).reason is reason


def test_I26_a_stopped_token_comes_back_by_two_people_and_only_to_what_it_was(
    world: TokenWorld, clock: SteppingClock
) -> None:
    world.personalised()
    stopped = world.registry.report_lost("C1", actor=ANNE, reason="没找到")
    assert (stopped.state, stopped.prior) == (TokenState.TEMPORARILY_LOST, TokenState.PERSONALISED)
    assert standings(world) == [Standing.HELD] * 5
    with pytest.raises(TokenNotUsable):
        world.gate.admit(world.place("C1", 0))
    with pytest.raises(TokenResumeNotRequested):
        world.registry.confirm_resume("C1", actor=CARL)
    clock.advance(timedelta(minutes=1))
    world.registry.request_resume("C1", actor=BERT)
    for person in (ANNE, BERT):
        with pytest.raises(TokenSecondPersonNeeded):
            world.registry.confirm_resume("C1", actor=person)
    back = world.registry.confirm_resume("C1", actor=CARL)
    assert back.state is TokenState.PERSONALISED
    assert standings(world) == [Standing.GOOD] * 5
    assert certificates(world) == [CertificateStatus.ISSUED] * 5


def test_a_second_stop_revokes_because_a_certificate_is_held_once(world: TokenWorld) -> None:
    world.issued()
    for _ in range(2):
        world.registry.suspend("C1", actor=ANNE, reason="盘点")
        world.registry.request_resume("C1", actor=BERT)
        world.registry.confirm_resume("C1", actor=CARL)
    assert world.registry.get("C1").state is TokenState.ISSUED
    assert standings(world) == [Standing.REVOKED] * 5


def test_a_hold_of_its_own_outlives_the_tokens(world: TokenWorld, clock: SteppingClock) -> None:
    world.issued()
    alone = world.registry.get("C1").applications[2].containers[0].keys[0]
    authority = world.pki.authority
    authority.revoke(alone.serial or 0, RevocationReason.CERTIFICATE_HOLD, actor=BERT)
    clock.advance(timedelta(minutes=5))
    world.registry.suspend("C1", actor=ANNE, reason="盘点")
    assert sorted(standings(world)) == ["apart", "held", "held", "held", "held"]
    world.registry.request_resume("C1", actor=ANNE)
    world.registry.confirm_resume("C1", actor=CARL)
    assert standings(world) == [Standing.GOOD] * 5
    assert sorted(certificates(world)) == ["issued"] * 4 + ["revoked"]


def test_A4_revoking_one_leaves_four_usable(world: TokenWorld) -> None:
    world.issued()
    key = world.gate.admit(world.place("C1", 2))
    world.pki.authority.revoke(key.serial or 0, RevocationReason.SUPERSEDED, actor=BERT)
    with pytest.raises(ContainerCertificateBad):
        world.gate.admit(world.place("C1", 2))
    for number in (0, 1, 3, 4):
        assert world.gate.admit(world.place("C1", number)).serial != key.serial


def test_what_a_crash_left_between_state_and_certificates_is_finished(
    world: TokenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issued()
    with monkeypatch.context() as dead:
        dead.setattr(type(world.pki.authority), "revoke", _dies)
        with pytest.raises(KeyboardInterrupt):
            world.registry.write_off("C1", actor=ANNE, reason="丢失")
    assert world.registry.get("C1").state is TokenState.PERMANENTLY_LOST
    assert certificates(world) == [CertificateStatus.ISSUED] * 5
    assert world.registry.reconcile() == 5
    assert certificates(world) == [CertificateStatus.REVOKED] * 5
    assert world.registry.reconcile() == 0


def _dies(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_a_stop_needs_a_reason_and_goes_through_with_a_wrong_clock(
    world: TokenWorld, clock: SteppingClock
) -> None:
    world.personalised()
    for reason in ("", "  ", "长" * 201):
        with pytest.raises(TokenReasonNeeded):
            world.registry.suspend("C1", actor=ANNE, reason=reason)
    clock.advance(timedelta(hours=-1))
    with pytest.raises(TokenClockBehind):
        world.registry.issue("C1", Holder(USCC, KEEPER.id, "保管人"), actor=ANNE)
    assert world.registry.terminate("C1", actor=ANNE, reason="注销").state is TokenState.TERMINATED


def test_a_token_goes_to_the_enterprise_it_was_made_for(world: TokenWorld) -> None:
    world.personalised()
    with pytest.raises(TokenFieldInvalid):
        world.registry.issue("C1", Holder("12100000000018032A", KEEPER.id, "保管人"), actor=ANNE)
    with pytest.raises(TokenFieldInvalid):
        world.registry.issue("C1", Holder(USCC), actor=ANNE)


# -- personalisation --------------------------------------------------------------------------------------------------


def test_a_finished_personalisation_is_not_repeated_and_another_plan_is_refused(world: TokenWorld) -> None:
    world.new()
    world.personalise(world.plan())
    procedure = world.personalisation.procedure("C1")
    assert procedure.status is ProcedureStatus.DONE
    assert len(procedure.steps) == 5 + 1 + 15 + 1
    assert {step.status for step in procedure.steps} == {StepStatus.DONE}
    with pytest.raises(ProcedureRefused):
        world.personalise(world.plan())
    world.new("C2")
    with pytest.raises(ProcedureRefused):
        world.personalisation.procedure("C2")


def test_a_chip_without_a_reader_is_told(world: TokenWorld) -> None:
    world.new("C3", medium="skf")
    with pytest.raises(ChipAbsent):
        world.personalise(world.plan("C3"))
    assert world.registry.get("C3").state is TokenState.UNINITIALISED


def test_A6_a_delivered_encryption_pair_and_its_certificate_follow_the_token(world: TokenWorld) -> None:
    world.issued()
    place = Place("C1", "bank", "bank", KeyUse.ENCRYPT)
    key, other = (new_key(KeyKind.EC_P256).public_key() for _ in range(2))
    world.registry.delivered(place, "pkcs11:token=C1%2Fbank;object=bank-enc", key, actor=ANNE)
    world.registry.delivered(place, "pkcs11:token=C1%2Fbank;object=bank-enc", key, actor=ANNE)
    with pytest.raises(TokenFieldInvalid):
        world.registry.delivered(place, "pkcs11:token=C1%2Fbank;object=other", other, actor=ANNE)
    with pytest.raises(ContainerUnknown):
        world.registry.delivered(replace(place, container="none"), "pkcs11:token=x;object=y", key, actor=ANNE)
    request = CertificateRequest("enterprise-encrypt", SubjectName("加密", COMPANY, USCC), key)
    issued = world.pki.authority.issue(request, request_key="enc:1", actor=ANNE)
    token = world.registry.certified(place, issued, actor=ANNE)
    found = token.key("bank", "bank", KeyUse.ENCRYPT)
    assert found is not None
    assert (found.serial, found.standing) == (issued.serial, Standing.GOOD)
    world.registry.terminate("C1", actor=ANNE, reason="到期")
    assert world.pki.authority.certificate(issued.serial).status is CertificateStatus.REVOKED
    with pytest.raises(ContainerUnknown):
        world.registry.certified(replace(place, use=KeyUse.SIGN, container="none"), issued, actor=ANNE)


# -- letters and unblocking -------------------------------------------------------------------------------------------


def test_a_letter_is_given_out_once_and_then_is_gone(world: TokenWorld) -> None:
    world.issued()
    letter = world.letters.of_token("C1")[0]
    assert letter.status is LetterStatus.READY
    printed = world.letters.print(letter.id, actor=ANNE)
    assert len(printed.pin.reveal()) == 8
    assert printed.pin.reveal() not in repr(printed)
    assert printed.pin.reveal().encode() not in letter.sealed
    with pytest.raises(LetterUnavailable):
        world.letters.print(letter.id, actor=BERT)
    assert world.letters.of_token("C1")[0].sealed == b""
    with world.engine.connect() as conn:
        for record in world.pki.audit.records(conn, 0, 1000):
            assert printed.pin.reveal() not in record.detail


def test_an_altered_letter_is_not_printed_and_not_spent(world: TokenWorld) -> None:
    world.issued()
    letter = world.letters.of_token("C1")[0]
    spoilt = bytearray(letter.sealed)
    spoilt[-1] ^= 1
    with world.engine.begin() as conn:
        conn.execute(pin_letter.update().where(pin_letter.c.id == letter.id).values(sealed=bytes(spoilt)))
    with pytest.raises(LetterUnreadable):
        world.letters.print(letter.id, actor=ANNE)
    assert world.letters.of_token("C1")[0].status is LetterStatus.READY


def test_a_letter_moved_to_another_chip_does_not_open(world: TokenWorld) -> None:
    world.issued("C1")
    world.issued("C2")
    mine, other = world.letters.of_token("C1")[0], world.letters.of_token("C2")[0]
    with world.engine.begin() as conn:
        conn.execute(pin_letter.update().where(pin_letter.c.id == other.id).values(sealed=mine.sealed))
    with pytest.raises(LetterUnreadable):
        world.letters.print(other.id, actor=ANNE)


def test_unblocking_takes_two_people_and_voids_the_old_letter(world: TokenWorld) -> None:
    world.issued()
    old = next(each for each in world.letters.of_token("C1") if each.application == "bank")
    task = world.unblocking.request("C1", "bank", reason="忘记 PIN", actor=ANNE)
    with pytest.raises(UnblockRefused):
        world.unblocking.request("C1", "bank", reason="再来", actor=BERT)
    with pytest.raises(TokenSecondPersonNeeded):
        world.unblocking.approve(task.id, actor=ANNE)
    done = world.unblocking.approve(task.id, actor=BERT)
    assert done.status is UnblockStatus.DONE
    letters = {each.id: each for each in world.letters.of_token("C1")}
    assert letters[old.id].status is LetterStatus.VOID
    assert letters[old.id].sealed == b""
    assert done.letter is not None
    assert letters[done.letter].status is LetterStatus.READY
    with pytest.raises(LetterUnavailable):
        world.letters.print(old.id, actor=ANNE)
    assert isinstance(world.letters.print(done.letter, actor=ANNE).pin, Pin)
    with pytest.raises(UnblockRefused):
        world.unblocking.approve(task.id, actor=CARL)
    with pytest.raises(UnblockUnknown):
        world.unblocking.approve(10_000, actor=CARL)
    assert world.unblocking.list(status=UnblockStatus.DONE) == (done,)


def test_a_rejected_task_changes_nothing(world: TokenWorld) -> None:
    world.issued()
    task = world.unblocking.request("C1", "tax", reason="忘记 PIN", actor=ANNE)
    with pytest.raises(TokenSecondPersonNeeded):
        world.unblocking.reject(task.id, actor=ANNE)
    assert world.unblocking.reject(task.id, actor=BERT).status is UnblockStatus.REJECTED
    with pytest.raises(UnblockRefused):
        world.unblocking.approve(task.id, actor=BERT)
    assert (
        world.unblocking.request("C1", "tax", reason="又忘了", actor=ANNE).status is UnblockStatus.REQUESTED
    )


def test_an_unblocking_cut_off_at_the_chip_sets_the_same_pin_again(
    world: TokenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issued()
    task = world.unblocking.request("C1", "bank", reason="忘记 PIN", actor=ANNE)
    seen: list[str] = []
    reader = world.readers["pkcs11"]

    def cut(_serial: str, _application: str, _so_pin: Pin, new: Pin) -> None:
        seen.append(new.reveal())
        if len(seen) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(reader, "unblock", cut)
    with pytest.raises(KeyboardInterrupt):
        world.unblocking.approve(task.id, actor=BERT)
    assert world.unblocking.get(task.id).status is UnblockStatus.APPROVED
    with world.engine.connect() as conn:
        prepared = [each.status for each in letter_store.letters(conn, "C1", "bank")]
    assert prepared == [LetterStatus.READY, LetterStatus.PREPARED]
    done = world.unblocking.approve(task.id, actor=BERT)
    assert seen[0] == seen[1]
    assert world.letters.print(done.letter or 0, actor=ANNE).pin.reveal() == seen[0]


def test_a_stopped_token_is_not_unblocked_and_its_letters_are_not_printed(world: TokenWorld) -> None:
    world.issued()
    letter = world.letters.of_token("C1")[0]
    task = world.unblocking.request("C1", "bank", reason="忘记 PIN", actor=ANNE)
    world.registry.report_lost("C1", actor=ANNE, reason="没找到")
    with pytest.raises(TokenNotUsable):
        world.unblocking.approve(task.id, actor=BERT)
    with pytest.raises(LetterUnavailable):
        world.letters.print(letter.id, actor=ANNE)
    with pytest.raises(TokenNotUsable):
        world.unblocking.request("C1", "tax", reason="忘记 PIN", actor=ANNE)
