"""一芯多证 over GM/T 0016: the same inventory, personalisation and unblocking on an emulated SKF chip, in SM2 (A4, I26)."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from api.database.engine import make_engine
from ca.certificate import RevocationReason
from ca.custody_policy import custody_of
from ca.tokens.errors import ChipAbsent, ContainerCertificateBad, StepFailed, TokenNotUsable
from ca.tokens.state import TokenState
from hsm.algorithms import KeyKind, SignatureAlgorithm
from hsm.errors import PinIncorrect, PinLocked
from hsm.pins import Pin
from hsm.provider import KeyRing
from hsm.signer import Custody
from hsm.skf.chip import SkfChips
from hsm.verification import verify_signature
from seals.seal import SealStatus
from tests.conftest import SteppingClock
from tests.hsm.conftest import Shelf
from tests.token_world import ANNE, BERT, CARL, FIVE, TokenWorld, make_token_world

SERIAL = "CHIP1"
"""The chip that the emulator has in its reader."""
MESSAGE = b"one chip, many certificates"


@pytest.fixture
def world(skf_chips: SkfChips, skf_shelf: Shelf, clock: SteppingClock, tmp_path: Path) -> TokenWorld:
    engine = make_engine(f"sqlite:///{tmp_path / 'tokens.db'}")
    ring = KeyRing({"skf": skf_shelf.keys})
    return make_token_world(engine, clock, tmp_path, chips={"skf": skf_chips}, ring=ring)


def test_I26_five_sm2_certificates_on_an_skf_chip(world: TokenWorld) -> None:
    """A4, in SM2: one revoked leaves four signing, the chip frozen stops all, two people bring them back."""
    token = world.issued(SERIAL, kind=KeyKind.SM2)
    keys = {part.name: part.containers[0].keys[0] for part in token.applications}
    der = world.pki.authority.certificate(keys["bank"].serial or 0).der
    assert custody_of(x509.load_der_x509_certificate(der)) is Custody.DEVICE
    letters = world.letters.of_token(SERIAL)
    pins = {each.application: world.letters.print(each.id, actor=ANNE).pin for each in letters}
    signers = [world.gate.signer(world.place(SERIAL, n), pin=pins[FIVE[n][0]]) for n in range(5)]
    for signer in signers:
        assert (signer.algorithm, signer.custody) == (SignatureAlgorithm.SM2_SM3, Custody.DEVICE)
        verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
    world.pki.authority.revoke(keys["bank"].serial or 0, RevocationReason.SUPERSEDED, actor=BERT)
    with pytest.raises(ContainerCertificateBad):
        signers[2].sign(MESSAGE)
    for number in (0, 1, 3, 4):
        verify_signature(
            signers[number].public_key, signers[number].algorithm, MESSAGE, signers[number].sign(MESSAGE)
        )
    seal = world.linked(SERIAL)
    world.chips.freeze_chip(SERIAL, actor=ANNE, reason="被盗")
    assert world.seals.get(seal.code).status is SealStatus.FROZEN
    for signer in signers:
        with pytest.raises(TokenNotUsable):
            signer.sign(MESSAGE)
    world.chips.request_resume(SERIAL, actor=BERT)
    assert world.chips.confirm_resume(SERIAL, actor=CARL).token.state is TokenState.ISSUED
    verify_signature(signers[0].public_key, signers[0].algorithm, MESSAGE, signers[0].sign(MESSAGE))


def test_A4_a_wrong_pin_locks_one_application_of_an_skf_chip_until_two_people_unblock_it(
    world: TokenWorld, skf_chips: SkfChips
) -> None:
    world.issued(SERIAL, kind=KeyKind.SM2)
    place = world.place(SERIAL, 0)
    for left in (2, 1):
        with pytest.raises(PinIncorrect) as wrong:
            world.gate.signer(place, pin=Pin("000000"))
        assert wrong.value.left == left == world.gate.read_pin(SERIAL, "aic")
    with pytest.raises(PinLocked):
        world.gate.signer(place, pin=Pin("000000"))
    assert [skf_chips.pin_info(SERIAL, name).left for name, _, _ in FIVE] == [0, 4, 5, 6, 7]
    assert world.registry.get(SERIAL).applications[0].pin.locked
    task = world.unblocking.request(SERIAL, "aic", reason="锁定", actor=ANNE)
    done = world.unblocking.approve(task.id, actor=BERT)
    pin = world.letters.print(done.letter or 0, actor=ANNE).pin
    signer = world.gate.signer(place, pin=pin)
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))


def test_a_chip_that_is_not_in_the_reader_is_told_and_taken_up_later(world: TokenWorld) -> None:
    world.issued(SERIAL, kind=KeyKind.SM2)
    world.new("CHIP7")
    with pytest.raises(StepFailed):
        world.personalise(world.plan("CHIP7", kind=KeyKind.SM2))
    assert world.registry.get("CHIP7").state is TokenState.UNINITIALISED
    world.new("CHIP8", medium="sdf")
    with pytest.raises(ChipAbsent):
        world.personalise(world.plan("CHIP8", kind=KeyKind.SM2))
