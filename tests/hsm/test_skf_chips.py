"""Chips with several applications behind an SKF library: an emulated chip, every step of personalisation broken once."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hsm.algorithms import KeyKind
from hsm.chip import Chips, PinOwner
from hsm.devices.errors import ChipFull, DeviceKeyRefused, EnvelopeRefused, EnvelopeUnreadable
from hsm.devices.structure import Abi
from hsm.enveloped_key import EnvelopedKey
from hsm.errors import (
    DuplicateKey,
    HsmError,
    KeyMismatch,
    KeyNotFound,
    KeyUriError,
    ModuleUnavailable,
    PinIncorrect,
    PinLocked,
    PinRejected,
    TokenExists,
    TokenLost,
    TokenNotFound,
    TokenRefused,
    UnsupportedAlgorithm,
)
from hsm.pins import Pin
from hsm.provider import KeyRing, open_signer
from hsm.signer import Custody
from hsm.skf import envelope
from hsm.skf.chip import SkfChips
from hsm.skf.layout import ENVELOPEDKEYBLOB, SkfDescription
from hsm.skf.provider import SkfProvider
from hsm.sm2.backend import python_backend
from hsm.sm2.public_key import Sm2PublicKey
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.emulator_build import Compile
from tests.hsm.conftest import Faults, Shelf
from tests.hsm.device_shelves import SkfBench
from tests.hsm.sm2_certificates import sm2_certificate

SERIAL = "CHIP1"
ISSUERS = ("licence", "official-seal", "bank", "social-security", "tax")
WRONG = Pin("135790")
NEW = Pin("11223344")
SESSION = bytes(range(16))
BACKEND = python_backend(allowed=True)


def enveloped(signing: Sm2PublicKey) -> tuple[EnvelopedKey, bytes]:
    """Make an encryption pair for the holder of ``signing``, as a key centre does; return it and its scalar."""
    scalar = bytes(BACKEND.generate())
    sm4 = Cipher(algorithms.SM4(SESSION), modes.ECB()).encryptor()
    session = BACKEND.encrypt(signing, SESSION)
    return EnvelopedKey(session, BACKEND.public(scalar), sm4.update(scalar)), scalar


def application(chips: Chips, name: str = "bank") -> str:
    chips.create_application(SERIAL, name, SO_PIN, USER_PIN, 6)
    return name


def test_a_chip_describes_itself(skf_chips: SkfChips, skf_bench: SkfBench) -> None:
    skf_bench.plug("CHIP0")
    first, second = skf_chips.chips()
    assert (first.serial, second.serial) == ("CHIP0", SERIAL)
    assert (second.label, second.manufacturer, second.issuer) == ("芯片", "Yinxin test emulator", "测试")
    assert 0 < second.free_space < second.total_space == 65536


def test_five_issuers_live_on_one_chip(skf_chips: SkfChips, skf_shelf: Shelf) -> None:
    """一芯多证: an application each, with a PIN, key pairs and certificates of its own; one is removed, four work on."""
    pins = {name: Pin(f"pin-of-{number}") for number, name in enumerate(ISSUERS)}
    for name, pin in pins.items():
        skf_chips.create_application(SERIAL, name, SO_PIN, pin, 3)
        public = skf_chips.generate(SERIAL, name, "signature", pin=pin)
        signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "signature"), expected=public, pin=pin)
        der = sm2_certificate(signer, public, 7)
        skf_chips.import_certificate(SERIAL, name, "signature", der, encryption=False, pin=pin)
    assert skf_chips.applications(SERIAL) == tuple(sorted(ISSUERS))
    with pytest.raises(PinIncorrect):
        skf_chips.generate(SERIAL, "bank", "another", pin=pins["tax"])
    assert [skf_chips.pin_info(SERIAL, name).left for name in ISSUERS] == [3, 3, 2, 3, 3]
    skf_chips.delete_application(SERIAL, "bank")
    for name in set(ISSUERS) - {"bank"}:
        signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "signature"), pin=pins[name])
        verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
        (stored,) = skf_chips.certificates(SERIAL, name)
        assert (stored.container, stored.encryption) == ("signature", False)
    with pytest.raises(TokenNotFound):
        skf_chips.containers(SERIAL, "bank")
    with pytest.raises(TokenNotFound):
        skf_chips.delete_application(SERIAL, "bank")


def test_the_ring_opens_a_key_on_a_chip_and_tells_its_custody(skf_chips: SkfChips, skf_shelf: Shelf) -> None:
    name = application(skf_chips)
    public = skf_chips.generate(SERIAL, name, "合同章")
    uri = skf_chips.uri(SERIAL, name, "合同章")
    signer = open_signer(KeyRing({"skf": skf_shelf.keys}), str(uri), expected=public)
    assert signer.custody is Custody.DEVICE
    assert signer.custody.is_hardware
    verify_signature(public, signer.algorithm, b"m", signer.sign(b"m"))
    assert skf_shelf.asked[-1] == f"{SERIAL}/{name}"


@pytest.mark.parametrize("switches", [(), ("-DWIDE",), ("-DALIGNED",), ("-DWIDE", "-DALIGNED")])
def test_every_layout_of_structures_is_described_by_data(
    skf_bench: SkfBench, compiled: Compile, skf_shelf: Shelf, switches: tuple[str, ...]
) -> None:
    """ULONG of 4 or 8 octets, packed or not: chip, signature, envelope and names go through each."""
    skf_bench.library = compiled("skf_emulator", *switches)
    abi = Abi(8 if "-DWIDE" in switches else 4, "-DALIGNED" not in switches)
    skf_bench.description = SkfDescription(abi)
    provider = skf_bench.provider(skf_shelf)
    skf_shelf.opened.append(provider)
    chips = SkfChips(provider)
    assert chips.chips()[0].total_space == 65536
    name = application(chips)
    signing = chips.generate(SERIAL, name, "c")
    signer = provider.signer(chips.uri(SERIAL, name, "c"))
    verify_signature(signing, signer.algorithm, b"m", signer.sign(b"m"))
    pair, _ = enveloped(signing)
    assert chips.import_encryption_pair(SERIAL, name, "c", pair.to_blob()) == pair.public
    assert chips.pin_info(SERIAL, name).limit == 6


def test_the_encryption_pair_arrives_in_its_envelope(skf_chips: SkfChips, skf_bench: SkfBench) -> None:
    name = application(skf_chips)
    signing = skf_chips.generate(SERIAL, name, "c")
    pair, scalar = enveloped(signing)
    for _ in range(2):  # delivered twice is delivered once
        assert skf_chips.import_encryption_pair(SERIAL, name, "c", pair.to_blob()) == pair.public
    (container,) = skf_chips.containers(SERIAL, name)
    assert (container.signature, container.encryption) == (signing, pair.public)
    (kept,) = skf_bench.plugged.rglob("enc.key")
    assert kept.read_bytes()[:32] == scalar
    another, _ = enveloped(signing)
    with pytest.raises(DuplicateKey):
        skf_chips.import_encryption_pair(SERIAL, name, "c", another.to_blob())


def test_an_envelope_for_another_container_or_altered_is_refused(skf_chips: SkfChips) -> None:
    name = application(skf_chips)
    signing = skf_chips.generate(SERIAL, name, "c")
    other = skf_chips.generate(SERIAL, name, "other")
    pair, _ = enveloped(other)
    with pytest.raises(EnvelopeRefused):
        skf_chips.import_encryption_pair(SERIAL, name, "c", pair.to_blob())
    good, _ = enveloped(signing)
    altered = replace(good, encrypted=bytes(32 - len(b"x")) + b"x")
    with pytest.raises(EnvelopeRefused):
        skf_chips.import_encryption_pair(SERIAL, name, "c", altered.to_blob())
    for octets in (b"", good.to_blob()[:-1], good.to_blob() + b"\0\1", b"\2" + good.to_blob()[1:]):
        with pytest.raises(EnvelopeUnreadable):
            skf_chips.import_encryption_pair(SERIAL, name, "c", octets)
    with pytest.raises(KeyNotFound):
        skf_chips.import_encryption_pair(SERIAL, name, "nothing", good.to_blob())
    assert skf_chips.containers(SERIAL, name)[0].encryption is None
    assert skf_chips.import_encryption_pair(SERIAL, name, "c", good.to_blob()) == good.public


def test_an_envelope_has_the_length_of_the_standards_header() -> None:
    """GM/T 0016 with a key of 16 octets: 12 + 64 + 132 + 164 + 16; a placeholder octet of Cipher may follow."""
    pair, _ = enveloped(BACKEND.public(bytes(BACKEND.generate())))
    octets = pair.to_blob()
    assert len(octets) == 388 == ENVELOPEDKEYBLOB.size(Abi()) + 16
    assert envelope.read(octets) == envelope.read(octets + b"\0") == pair


def test_certificates_have_a_slot_for_each_pair(skf_chips: SkfChips, skf_shelf: Shelf) -> None:
    name = application(skf_chips)
    signing = skf_chips.generate(SERIAL, name, "c")
    pair, _ = enveloped(signing)
    signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"))
    for_signing, for_encryption = (sm2_certificate(signer, key, 5) for key in (signing, pair.public))
    with pytest.raises(KeyNotFound):
        skf_chips.import_certificate(SERIAL, name, "c", for_encryption, encryption=True)
    skf_chips.import_encryption_pair(SERIAL, name, "c", pair.to_blob())
    with pytest.raises(KeyMismatch):
        skf_chips.import_certificate(SERIAL, name, "c", for_signing, encryption=True)
    with pytest.raises(KeyMismatch):
        skf_chips.import_certificate(SERIAL, name, "c", for_encryption, encryption=False)
    skf_chips.import_certificate(SERIAL, name, "c", for_signing, encryption=False)
    skf_chips.import_certificate(SERIAL, name, "c", for_encryption, encryption=True)
    found = [(each.encryption, each.der) for each in skf_chips.certificates(SERIAL, name)]
    assert found == [(False, for_signing), (True, for_encryption)]
    (only,) = skf_shelf.keys.certificates(f"{SERIAL}/{name}")
    assert only.der == for_signing
    skf_chips.delete_container(SERIAL, name, "c")
    assert skf_chips.containers(SERIAL, name) == ()
    with pytest.raises(KeyNotFound):
        skf_chips.delete_container(SERIAL, name, "c")


def test_wrong_pins_are_counted_by_the_chip_and_reading_costs_none(skf_chips: SkfChips) -> None:
    name = application(skf_chips)
    for left in range(5, 0, -1):
        with pytest.raises(PinIncorrect) as wrong:
            skf_chips.change_pin(SERIAL, name, WRONG, NEW)
        assert wrong.value.left == left
        for _ in range(3):
            assert skf_chips.pin_info(SERIAL, name).left == left
    with pytest.raises(PinLocked):
        skf_chips.change_pin(SERIAL, name, WRONG, NEW)
    assert skf_chips.pin_info(SERIAL, name).locked
    with pytest.raises(PinLocked):
        skf_chips.generate(SERIAL, name, "c", pin=USER_PIN)
    with pytest.raises(PinIncorrect) as wrong:
        skf_chips.unblock(SERIAL, name, WRONG, NEW)
    assert wrong.value.left == 5 == skf_chips.pin_info(SERIAL, name, PinOwner.OFFICER).left
    skf_chips.unblock(SERIAL, name, SO_PIN, NEW)
    assert (skf_chips.pin_info(SERIAL, name).left, skf_chips.pin_info(SERIAL, name).limit) == (6, 6)
    assert skf_chips.generate(SERIAL, name, "c", pin=NEW)
    skf_chips.change_pin(SERIAL, name, SO_PIN, NEW, PinOwner.OFFICER)
    with pytest.raises(PinIncorrect):
        skf_chips.unblock(SERIAL, name, SO_PIN, USER_PIN)


def test_a_wrong_pin_is_asked_of_the_chip_once_even_when_the_worker_dies(
    skf_chips: SkfChips, faults: Faults
) -> None:
    """The count is never spent by a retry: a worker that dies while the PIN is judged is not replaced for it."""
    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "c")
    skf_chips.close()
    faults("SKF_VerifyPIN", "always:after-crash")
    with pytest.raises(TokenLost):
        skf_chips.delete_container(SERIAL, name, "c", pin=WRONG)
    assert skf_chips.pin_info(SERIAL, name).left == 5
    faults.none()
    skf_chips.delete_container(SERIAL, name, "c", pin=USER_PIN)
    assert skf_chips.pin_info(SERIAL, name).left == 6


def test_a_wrong_pin_shuts_out_whoever_is_logged_in(skf_chips: SkfChips, skf_shelf: Shelf) -> None:
    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "c")
    signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"))
    with pytest.raises(PinIncorrect):
        skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"), pin=WRONG)
    asked = len(skf_shelf.asked)
    assert signer.sign(b"m")
    assert len(skf_shelf.asked) == asked + 1
    assert skf_chips.pin_info(SERIAL, name).left == 6


def test_a_chip_that_says_already_logged_in_lets_no_wrong_pin_pass(
    skf_bench: SkfBench, skf_shelf: Shelf
) -> None:
    """It would answer so without judging the PIN: the login before is ended, and the PIN judged."""
    skf_bench.extra["SKF_REMEMBERS"] = "1"
    provider = skf_bench.provider(skf_shelf)
    skf_shelf.opened.append(provider)
    chips = SkfChips(provider)
    name = application(chips)
    chips.generate(SERIAL, name, "c", pin=USER_PIN)
    with pytest.raises(PinIncorrect):
        chips.delete_container(SERIAL, name, "c", pin=WRONG)
    assert chips.pin_info(SERIAL, name).left == 5
    chips.delete_container(SERIAL, name, "c", pin=USER_PIN)


def test_the_chip_may_demand_device_authentication(skf_bench: SkfBench, skf_shelf: Shelf) -> None:
    skf_bench.extra["SKF_DEVICE_KEY"] = b"1234567812345678".hex()
    right = skf_bench.provider(skf_shelf)
    environment = skf_bench.environment()
    common = {"pins": skf_shelf.source, "counters": skf_shelf.counters, "environment": environment}
    none = SkfProvider(skf_bench.library, **common)
    wrong = SkfProvider(skf_bench.library, device_keys=lambda _serial: bytes(16), **common)
    skf_shelf.opened.extend((right, none, wrong))
    for provider in (none, wrong):
        with pytest.raises(DeviceKeyRefused):
            application(SkfChips(provider))
    assert application(SkfChips(right))
    for provider in (none, wrong):
        with pytest.raises(DeviceKeyRefused):
            SkfChips(provider).delete_application(SERIAL, "bank")
    for _ in range(8):  # the chip counts these too
        with pytest.raises(DeviceKeyRefused):
            SkfChips(wrong).delete_application(SERIAL, "bank")
    SkfChips(right).delete_application(SERIAL, "bank")


def test_names_pins_and_kinds_are_checked(skf_chips: SkfChips) -> None:
    name = application(skf_chips)
    with pytest.raises(TokenExists):
        application(skf_chips)
    with pytest.raises(PinRejected):
        skf_chips.create_application(SERIAL, "short", SO_PIN, Pin("1234"), 6)
    cut = Pin("123456\0 unseen")  # C would end it after six digits
    with pytest.raises(PinRejected):
        skf_chips.create_application(SERIAL, "cut", SO_PIN, cut, 6)
    with pytest.raises(PinRejected):
        skf_chips.change_pin(SERIAL, name, USER_PIN, cut)
    with pytest.raises(PinRejected):
        skf_chips.unblock(SERIAL, name, SO_PIN, cut)
    with pytest.raises(ValueError, match="tries"):
        skf_chips.create_application(SERIAL, "tries", SO_PIN, USER_PIN, 16)
    for wrong in ("", " a", "a/b", "章" * 11, "a\n"):
        with pytest.raises(KeyUriError):
            skf_chips.create_application(SERIAL, wrong, SO_PIN, USER_PIN, 6)
    for wrong in ("", "x" * 65, "a/b"):
        with pytest.raises(KeyUriError):
            skf_chips.generate(SERIAL, name, wrong)
    with pytest.raises(UnsupportedAlgorithm):
        skf_chips.generate(SERIAL, name, "c", kind=KeyKind.EC_P256)
    with pytest.raises(TokenNotFound):
        skf_chips.applications("CHIP9")
    assert skf_chips.applications(SERIAL) == (name,)
    assert skf_chips.containers(SERIAL, name) == ()


def test_two_chips_of_one_serial_number_are_refused(skf_chips: SkfChips, skf_bench: SkfBench) -> None:
    skf_bench.plug(SERIAL, "its-double")
    with pytest.raises(TokenNotFound) as wrong:
        skf_chips.applications(SERIAL)
    assert "2 chips" in wrong.value.detail


def test_a_full_chip_says_so(skf_bench: SkfBench, skf_shelf: Shelf) -> None:
    skf_bench.extra["SKF_MAX_CONTAINERS"] = "2"
    provider = skf_bench.provider(skf_shelf)
    skf_shelf.opened.append(provider)
    chips = SkfChips(provider)
    name = application(chips)
    for number in range(2):
        chips.generate(SERIAL, name, str(number))
    with pytest.raises(ChipFull):
        chips.generate(SERIAL, name, "third")
    assert len(chips.containers(SERIAL, name)) == 2


STEPS = ("SKF_CreateContainer", "SKF_GenECCKeyPair", "SKF_ExportPublicKey", "SKF_OpenContainer")


@pytest.mark.parametrize("order", ["once:rv:a000001", "once:after-rv:a000001"])
@pytest.mark.parametrize("step", STEPS)
def test_an_error_in_the_middle_of_generation_leaves_a_known_state(
    skf_chips: SkfChips, faults: Faults, step: str, order: str
) -> None:
    """The chip answers with an error before or after the effect: the container is not there, or empty, or whole."""
    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "earlier")
    faults(step, order)
    try:
        made = skf_chips.generate(SERIAL, name, "c")
    except TokenRefused:
        held = {each.name: each.signature for each in skf_chips.containers(SERIAL, name)}
        assert held.pop("earlier")
        assert held in ({}, {"c": None})
        made = skf_chips.generate(SERIAL, name, "c")
    assert {each.name: each.signature for each in skf_chips.containers(SERIAL, name)}["c"] == made
    with pytest.raises(DuplicateKey):
        skf_chips.generate(SERIAL, name, "c")


@pytest.mark.crash
@pytest.mark.parametrize("order", ["once:crash", "once:after-crash"])
@pytest.mark.parametrize("step", ["SKF_CreateContainer", "SKF_GenECCKeyPair", "SKF_EnumContainer"])
def test_a_library_that_crashes_in_the_middle_takes_nobody_with_it(
    skf_chips: SkfChips, skf_shelf: Shelf, faults: Faults, step: str, order: str
) -> None:
    """The worker dies, another one takes the step up: one pair is made, and it signs."""
    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "earlier")
    faults(step, order)
    made = skf_chips.generate(SERIAL, name, "c")
    assert len(skf_chips.containers(SERIAL, name)) == 2
    signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"), expected=made)
    verify_signature(made, signer.algorithm, b"m", signer.sign(b"m"))


@pytest.mark.crash
def test_a_library_that_always_crashes_is_given_up(skf_chips: SkfChips, faults: Faults) -> None:
    name = application(skf_chips)
    faults("SKF_GenECCKeyPair", "always:crash")
    with pytest.raises(TokenLost):
        skf_chips.generate(SERIAL, name, "c")
    faults.none()
    assert skf_chips.containers(SERIAL, name)[0].signature is None
    assert skf_chips.generate(SERIAL, name, "c")
    faults("SKF_CreateApplication", "once:after-crash")
    with pytest.raises(TokenLost):
        application(skf_chips, "half")
    skf_chips.delete_application(SERIAL, "half")
    faults("SKF_EnumDev", "always:crash")
    for ask in (skf_chips.chips, lambda: skf_chips.applications(SERIAL)):
        with pytest.raises(TokenLost):
            ask()


def test_a_library_that_hangs_is_killed(skf_chips: SkfChips, skf_shelf: Shelf, faults: Faults) -> None:
    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "c")
    signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"))
    faults("SKF_ECCSignData", "once:hang")
    with pytest.raises(TokenLost):
        signer.sign(b"m")
    assert signer.sign(b"m")


PERSONALISATION = (
    "SKF_CreateContainer",
    "SKF_GenECCKeyPair",
    "SKF_ImportECCKeyPair",
    "SKF_ImportCertificate",
    "SKF_VerifyPIN",
)


@pytest.mark.parametrize("step", PERSONALISATION)
def test_a_chip_pulled_out_in_the_middle_is_finished_when_it_is_back(
    skf_chips: SkfChips, skf_bench: SkfBench, skf_shelf: Shelf, faults: Faults, step: str
) -> None:
    """Whatever step the chip leaves in: an error that says so, and the same steps again finish the work."""
    name = application(skf_chips)
    pairs: dict[bytes, bytes] = {}

    def personalise() -> None:
        held = {each.name: each.signature for each in skf_chips.containers(SERIAL, name)}
        signing = held.get("c") or skf_chips.generate(SERIAL, name, "c")
        assert isinstance(signing, Sm2PublicKey)
        if signing.point not in pairs:
            pairs[signing.point] = enveloped(signing)[0].to_blob()
        skf_chips.import_encryption_pair(SERIAL, name, "c", pairs[signing.point])
        signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"))
        der = sm2_certificate(signer, signing, 5)
        skf_chips.import_certificate(SERIAL, name, "c", der, encryption=False)

    faults(step, "once:unplug")
    with pytest.raises((TokenLost, TokenNotFound)) as gone:
        personalise()
    assert isinstance(gone.value, HsmError)
    assert skf_chips.chips() == ()
    with pytest.raises((TokenLost, TokenNotFound)):
        skf_chips.pin_info(SERIAL, name)
    (skf_bench.folder / f"unplugged-key-{SERIAL}").rename(skf_bench.plugged / f"key-{SERIAL}")
    personalise()
    (container,) = skf_chips.containers(SERIAL, name)
    assert container.signature
    assert container.encryption
    assert len(skf_chips.certificates(SERIAL, name)) == 1
    assert skf_chips.pin_info(SERIAL, name).left == 6


@pytest.mark.crash
def test_a_worker_killed_by_another_is_replaced(skf_chips: SkfChips, skf_shelf: Shelf) -> None:
    import os

    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "c")
    signer = skf_shelf.keys.signer(skf_chips.uri(SERIAL, name, "c"))
    assert isinstance(skf_shelf.keys, SkfProvider)
    worker = skf_shelf.keys.slot(f"{SERIAL}/{name}")._worker
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert signer.sign(b"m")


def test_the_service_itself_never_loads_the_library(skf_chips: SkfChips) -> None:
    name = application(skf_chips)
    skf_chips.generate(SERIAL, name, "c")
    assert "skf_emulator" not in Path("/proc/self/maps").read_text()


def test_a_library_that_is_none_is_named(skf_shelf: Shelf, tmp_path: Path) -> None:
    text = tmp_path / "library.so"
    text.write_text("not a library")
    for library in (tmp_path / "nothing.so", text, Path("/lib/x86_64-linux-gnu/libc.so.6")):
        chips = SkfChips(SkfProvider(library, pins=skf_shelf.source, counters=tmp_path / "c"))
        with pytest.raises(ModuleUnavailable):
            chips.chips()
        assert not skf_shelf.again().probe("CHIP1/none").ready
