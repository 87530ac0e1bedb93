"""一芯多证 on a real SoftHSM: five issuers, five PINs, five keys that really sign (A4, I24, I26)."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from api.database.engine import make_engine
from ca.certificate import RevocationReason
from ca.custody_policy import custody_of
from ca.tokens.errors import ContainerCertificateBad, TokenNotUsable
from ca.tokens.state import TokenState
from hsm.algorithms import KeyKind, SignatureAlgorithm
from hsm.chip import PinOwner
from hsm.cryptoki import CryptokiProvider
from hsm.derivation import Derivation
from hsm.errors import (
    DuplicateKey,
    KeyUriError,
    PinIncorrect,
    PinLocked,
    TokenExists,
    TokenNotFound,
    TokenRefused,
    UnsupportedAlgorithm,
)
from hsm.key_uri import KeyUri
from hsm.pin_counter import PinCounter
from hsm.pins import Pin
from hsm.provider import KeyRing
from hsm.signer import Custody
from hsm.token_chip import TokenChips
from hsm.verification import verify_signature
from seals.errors import SealHeldByChip
from seals.seal import SealStatus
from tests.conftest import SO_PIN, USER_PIN, SteppingClock
from tests.token_world import ANNE, BERT, CARL, FIVE, TokenWorld, make_token_world

pytestmark = pytest.mark.token
MESSAGE = b"one chip, many certificates"


@pytest.fixture
def chips(softhsm: CryptokiProvider) -> TokenChips:
    return TokenChips(softhsm, softhsm._counter)


@pytest.fixture
def serial() -> str:
    return f"SC{secrets.token_hex(5)}"


@pytest.fixture
def world(softhsm: CryptokiProvider, chips: TokenChips, clock: SteppingClock, tmp_path: Path) -> TokenWorld:
    engine: sa.Engine = make_engine(f"sqlite:///{tmp_path / 'tokens.db'}")
    ring = KeyRing({"pkcs11": softhsm})
    if "so-pin-service" not in softhsm.tokens():
        softhsm.create_token("so-pin-service", SO_PIN, USER_PIN)
    master = Derivation(ring, KeyUri("pkcs11", "so-pin-service", "so-pin-master"))
    made = make_token_world(engine, clock, tmp_path, chips={"pkcs11": chips}, ring=ring, master=master)
    made.five_issuers()
    return made


def test_I24_I26_five_issuers_one_revoked_then_the_chip_frozen(
    world: TokenWorld, chips: TokenChips, softhsm: CryptokiProvider, serial: str
) -> None:
    """A4: each key really signs; one certificate revoked leaves four; the chip frozen stops all and its seal."""
    world.issued(serial)
    token = world.registry.get(serial)
    keys = {part.name: part.containers[0].keys[0] for part in token.applications}
    assert {key.issuer for key in keys.values()} == {f"ca-{name}" for name, _, _ in FIVE}
    assert len({key.not_after for key in keys.values()}) == 5
    own = world.pki.authority.certificate(keys["psb"].serial or 0, "ca-psb")
    seal = world.linked(serial, certificate=own)
    letters = world.letters.of_token(serial)
    pins = {each.application: world.letters.print(each.id, actor=ANNE).pin for each in letters}
    signers = [world.gate.signer(world.place(serial, n), pin=pins[FIVE[n][0]]) for n in range(5)]
    for number, signer in enumerate(signers):
        verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
        (stored,) = softhsm.keys(f"{serial}/{FIVE[number][0]}", pin=pins[FIVE[number][0]])
        assert (stored.extractable, stored.sensitive, stored.always_sensitive) == (False, True, True)

    bank = keys["bank"]
    world.pki.authority.revoke(bank.serial or 0, RevocationReason.SUPERSEDED, actor=BERT, issuer=bank.issuer)
    with pytest.raises(ContainerCertificateBad):
        signers[2].sign(MESSAGE)
    for number in (0, 1, 3, 4):
        signer = signers[number]
        verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))

    frozen = world.chips.freeze_chip(serial, actor=ANNE, reason="公章挂失")
    assert frozen.token.state is TokenState.SUSPENDED
    assert [each.status for each in frozen.seals] == [SealStatus.FROZEN]
    for signer in signers:
        with pytest.raises(TokenNotUsable):
            signer.sign(MESSAGE)
    for name, key in keys.items():
        record = world.pki.authority.certificate(key.serial or 0, key.issuer)
        expected = RevocationReason.SUPERSEDED if name == "bank" else RevocationReason.CERTIFICATE_HOLD
        assert record.reason is expected
    world.seals.request_resume(seal.code, actor=BERT)
    with pytest.raises(SealHeldByChip):  # nobody brings the seal back round the chip
        world.seals.confirm_resume(seal.code, actor=CARL)

    world.chips.request_resume(serial, actor=BERT)
    back = world.chips.confirm_resume(serial, actor=CARL)
    assert [each.status for each in back.seals] == [SealStatus.ACTIVE]
    for number in (0, 1, 3, 4):
        signer = signers[number]
        verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
    with pytest.raises(ContainerCertificateBad):
        signers[2].sign(MESSAGE)


def test_A4_a_wrong_pin_locks_that_issuers_part_alone_until_two_people_unblock_it(
    world: TokenWorld, chips: TokenChips, serial: str
) -> None:
    world.issued(serial)
    letters = {each.application: each.id for each in world.letters.of_token(serial)}
    right = {name: world.letters.print(letter, actor=ANNE).pin for name, letter in letters.items()}
    place = world.place(serial, 0)  # the licence's part: three tries
    for left in (2, 1):
        with pytest.raises(PinIncorrect) as wrong:
            world.gate.signer(place, pin=Pin("00000000x"))
        assert wrong.value.left == left
        assert chips.pin_info(serial, "aic").left == left  # reading costs nothing
    with pytest.raises(PinLocked):
        world.gate.signer(place, pin=Pin("00000000x"))
    with pytest.raises(PinLocked):
        world.gate.signer(place, pin=right["aic"])
    assert chips.pin_info(serial, "aic").locked
    state = {part.name: part.pin for part in world.registry.get(serial).applications}
    assert (state["aic"].left, state["aic"].locked) == (0, True)
    other = world.gate.signer(world.place(serial, 1), pin=right["psb"])
    verify_signature(other.public_key, other.algorithm, MESSAGE, other.sign(MESSAGE))

    task = world.unblocking.request(serial, "aic", reason="锁定", actor=ANNE)
    done = world.unblocking.approve(task.id, actor=BERT)
    new = world.letters.print(done.letter or 0, actor=ANNE).pin
    assert new != right["aic"]
    signer = world.gate.signer(place, pin=new)
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
    assert chips.pin_info(serial, "aic").left == 3
    with pytest.raises(PinIncorrect):
        world.gate.signer(place, pin=right["aic"])


def test_so_pins_are_derived_and_differ_by_chip_and_part(
    softhsm: CryptokiProvider, world: TokenWorld
) -> None:
    master = KeyUri("pkcs11", "so-pin-service", "so-pin-master")
    one, other = (Derivation(KeyRing({"pkcs11": softhsm}), master) for _ in range(2))
    assert one.derive("so-pin", "C1", "bank") == other.derive("so-pin", "C1", "bank")
    made = {
        one.derive(*parts)
        for parts in (
            ("so-pin", "C1", "bank"),
            ("so-pin", "C1", "tax"),
            ("so-pin", "C2", "bank"),
            ("so-pin", "C1ban", "k"),
            ("letter", "C1", "bank"),
        )
    }
    assert len(made) == 5
    elliptic = KeyUri("pkcs11", "so-pin-service", f"ec-{secrets.token_hex(4)}")
    softhsm.generate(elliptic, KeyKind.EC_P256)
    with pytest.raises(UnsupportedAlgorithm):
        Derivation(KeyRing({"pkcs11": softhsm}), elliptic).derive("so-pin", "C1", "bank")


def test_the_chip_says_what_is_wrong(chips: TokenChips, serial: str) -> None:
    chips.create_application(serial, "bank", SO_PIN, USER_PIN, 4)
    assert chips.applications(serial) == ("bank",)
    assert serial in {each.serial for each in chips.chips()}
    with pytest.raises(TokenExists):
        chips.create_application(serial, "bank", SO_PIN, USER_PIN, 4)
    for wrong in ("", "a/b", "a b", "x" * 31):
        with pytest.raises(KeyUriError):
            chips.create_application(serial, wrong, SO_PIN, USER_PIN, 4)
    with pytest.raises(TokenNotFound):
        chips.pin_info(serial, "tax")
    chips.generate(serial, "bank", "bank", kind=KeyKind.EC_P256, pin=USER_PIN)
    with pytest.raises(DuplicateKey):
        chips.generate(serial, "bank", "bank", kind=KeyKind.EC_P256, pin=USER_PIN)
    assert chips.containers(serial, "bank") == ()
    with pytest.raises(TokenRefused):
        chips.delete_application(serial, "bank")
    with pytest.raises(TokenRefused):
        chips.change_pin(serial, "bank", SO_PIN, USER_PIN, PinOwner.OFFICER)
    with pytest.raises(PinIncorrect) as refused:
        chips.unblock(serial, "bank", Pin("not-the-so-pin"), USER_PIN)
    assert refused.value.left == 3
    assert chips.pin_info(serial, "bank", PinOwner.OFFICER).left == 3
    assert chips.pin_info(serial, "bank").left == 4
    chips.change_pin(serial, "bank", USER_PIN, Pin("13579135"))
    assert PinCounter(chips._counter._folder, "pkcs11").limit(f"{serial}/bank") == 4
    chips.delete_container(serial, "bank", "bank", pin=Pin("13579135"))
    chips.generate(serial, "bank", "bank", kind=KeyKind.EC_P256, pin=Pin("13579135"))
    assert chips.uri(serial, "bank", "bank") == KeyUri("pkcs11", f"{serial}/bank", "bank")


def test_an_sm2_key_on_a_token_says_that_it_is_sealed(world: TokenWorld, serial: str) -> None:
    """A software token does no SM2: the scalar is sealed under the token's key, and the certificate says so."""
    token = world.issued(serial, parts=FIVE[:1], kind=KeyKind.SM2)
    key = token.applications[0].containers[0].keys[0]
    der = world.pki.authority.certificate(key.serial or 0, key.issuer).der
    assert custody_of(x509.load_der_x509_certificate(der)) is Custody.SEALED
    (letter,) = world.letters.of_token(serial)
    signer = world.gate.signer(world.place(serial, 0), pin=world.letters.print(letter.id, actor=ANNE).pin)
    assert (signer.algorithm, signer.custody) == (SignatureAlgorithm.SM2_SM3, Custody.SEALED)
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))
