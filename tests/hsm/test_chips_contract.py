"""What every library of chips promises (:class:`hsm.chip.Chips`), proved on an SKF library and on tokens alike."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hsm.chip import Chips
from hsm.errors import (
    DuplicateKey,
    KeyMismatch,
    KeyNotFound,
    KeyUriError,
    PinIncorrect,
    PinLocked,
    TokenExists,
    TokenNotFound,
)
from hsm.pin_counter import PinCounter
from hsm.pins import Pin
from hsm.provider import KeyProvider
from hsm.skf.chip import SkfChips
from hsm.skf.provider import SkfProvider
from hsm.token_chip import TokenChips
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.hsm.conftest import Shelf
from tests.hsm.sm2_certificates import sm2_certificate

SERIAL = "CHIP1"
WRONG = Pin("135790")
NEW = Pin("11223344")


@dataclass(frozen=True)
class Desk:
    """A library of chips, and the provider that opens their keys."""

    chips: Chips
    keys: KeyProvider


@pytest.fixture(params=["skf_shelf", "soft_shelf", pytest.param("token_shelf", marks=pytest.mark.token)])
def desk(request: pytest.FixtureRequest) -> Desk:
    shelf = request.getfixturevalue(request.param)
    assert isinstance(shelf, Shelf)
    if isinstance(shelf.keys, SkfProvider):
        return Desk(SkfChips(shelf.keys), shelf.keys)
    return Desk(TokenChips(shelf.keys, PinCounter(shelf.counters, shelf.scheme)), shelf.keys)


def test_an_application_is_made_used_and_found(desk: Desk) -> None:
    """Pair, certificate, signature under the address that the library gives; a second application is apart."""
    chips = desk.chips
    for name in ("bank", "tax"):
        chips.create_application(SERIAL, name, SO_PIN, USER_PIN, 6)
    assert chips.applications(SERIAL) == ("bank", "tax")
    assert [chip.serial for chip in chips.chips()] == [SERIAL]
    public = chips.generate(SERIAL, "bank", "signature", pin=USER_PIN)
    with pytest.raises(DuplicateKey):
        chips.generate(SERIAL, "bank", "signature", pin=USER_PIN)
    uri = chips.uri(SERIAL, "bank", "signature")
    assert uri.scheme == chips.scheme
    signer = desk.keys.signer(uri, expected=public, pin=USER_PIN)
    verify_signature(public, signer.algorithm, b"m", signer.sign(b"m"))
    der = sm2_certificate(signer, public, 5)
    chips.import_certificate(SERIAL, "bank", "signature", der, encryption=False, pin=USER_PIN)
    (stored,) = chips.certificates(SERIAL, "bank")
    assert (stored.container, stored.encryption, stored.der) == ("signature", False, der)
    (container,) = chips.containers(SERIAL, "bank")
    assert (container.name, container.signature, container.encryption) == ("signature", public, None)
    assert chips.certificates(SERIAL, "tax") == chips.containers(SERIAL, "tax") == ()
    chips.delete_container(SERIAL, "bank", "signature", pin=USER_PIN)
    assert chips.certificates(SERIAL, "bank") == chips.containers(SERIAL, "bank") == ()


def test_pins_are_counted_for_each_application_and_reading_costs_none(desk: Desk) -> None:
    chips = desk.chips
    chips.create_application(SERIAL, "bank", SO_PIN, USER_PIN, 3)
    chips.create_application(SERIAL, "tax", SO_PIN, USER_PIN, 5)
    for left in (2, 1):
        with pytest.raises(PinIncorrect) as wrong:
            chips.change_pin(SERIAL, "bank", WRONG, NEW)
        assert wrong.value.left == left == chips.pin_info(SERIAL, "bank").left
    with pytest.raises(PinLocked):
        chips.change_pin(SERIAL, "bank", WRONG, NEW)
    assert chips.pin_info(SERIAL, "bank").locked
    with pytest.raises(PinLocked):
        chips.generate(SERIAL, "bank", "c", pin=USER_PIN)
    assert (chips.pin_info(SERIAL, "tax").left, chips.pin_info(SERIAL, "tax").limit) == (5, 5)
    chips.unblock(SERIAL, "bank", SO_PIN, NEW)
    assert (chips.pin_info(SERIAL, "bank").left, chips.pin_info(SERIAL, "bank").limit) == (3, 3)
    assert chips.generate(SERIAL, "bank", "c", pin=NEW)
    with pytest.raises(PinIncorrect):
        chips.generate(SERIAL, "bank", "d", pin=USER_PIN)


def test_what_is_wrong_is_named(desk: Desk) -> None:
    chips = desk.chips
    chips.create_application(SERIAL, "bank", SO_PIN, USER_PIN, 6)
    with pytest.raises(TokenExists):
        chips.create_application(SERIAL, "bank", SO_PIN, USER_PIN, 6)
    for wrong in ("", "a/b", "x" * 40):
        with pytest.raises(KeyUriError):
            chips.create_application(SERIAL, wrong, SO_PIN, USER_PIN, 6)
    with pytest.raises(ValueError, match="tries"):
        chips.create_application(SERIAL, "tax", SO_PIN, USER_PIN, 0)
    for ask in (
        lambda: chips.pin_info(SERIAL, "nothing"),
        lambda: chips.generate(SERIAL, "nothing", "c", pin=USER_PIN),
        lambda: chips.certificates(SERIAL, "nothing"),
        lambda: chips.unblock(SERIAL, "nothing", SO_PIN, NEW),
    ):
        with pytest.raises(TokenNotFound):
            ask()
    with pytest.raises(KeyNotFound):
        chips.delete_container(SERIAL, "bank", "nothing", pin=USER_PIN)
    chips.generate(SERIAL, "bank", "c", pin=USER_PIN)
    other = chips.generate(SERIAL, "bank", "d", pin=USER_PIN)
    signer = desk.keys.signer(chips.uri(SERIAL, "bank", "c"), pin=USER_PIN)
    der = sm2_certificate(signer, other, 5)
    with pytest.raises(KeyMismatch):
        chips.import_certificate(SERIAL, "bank", "c", der, encryption=False, pin=USER_PIN)
