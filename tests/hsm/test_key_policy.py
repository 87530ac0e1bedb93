"""What an installation accepts: keys in the custody of software are refused where hardware is demanded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.home import Home
from api.tokens.key_stores import open_key_stores
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.envelopes import EnvelopeFormat, ReceivingToken, Recipient, WrappedKey
from hsm.errors import (
    Sm2SigningUnavailable,
    SoftwareKeyRefused,
)
from hsm.key_policy import KeyPolicy
from hsm.provider import KeyProvider, KeyRing, open_signer
from hsm.signer import Custody
from hsm.sm2 import backend
from hsm.soft_keys import SoftProvider
from hsm.softhsm import SoftHsm
from hsm.verification import verify_signature
from hsm.worker_provider import WorkerProvider
from tests.hsm.conftest import QUICK, Shelf

HARDWARE = KeyPolicy(require_hardware=True)


def test_which_custody_is_hardware() -> None:
    assert {custody: custody.is_hardware for custody in Custody} == {
        Custody.TOKEN: True,
        Custody.DEVICE: True,
        Custody.SEALED: False,
        Custody.SOFT: False,
        Custody.REMOTE: False,
    }


@pytest.mark.parametrize("custody", [*Custody])
def test_the_policy_admits_by_custody(custody: Custody) -> None:
    KeyPolicy().admit(custody, "k")
    if custody.is_hardware:
        HARDWARE.admit(custody, "k")
        return
    with pytest.raises(SoftwareKeyRefused) as refused:
        HARDWARE.admit(custody, "k")
    assert custody.value in refused.value.detail
    assert "require_hardware_keys" in refused.value.zh
    assert "require_hardware_keys" in refused.value.en


@pytest.fixture
def strict(soft_hsm: SoftHsm, environment: dict[str, str], token_shelf: Shelf) -> KeyProvider:
    """Give the same tokens to a service that demands hardware."""

    def make(shelf: Shelf) -> KeyProvider:
        return CryptokiProvider(
            soft_hsm.module,
            pins=shelf.source,
            counters=shelf.counters,
            environment=environment,
            policy=HARDWARE,
        )

    token_shelf.make = make
    return token_shelf.again()


@pytest.mark.token
def test_a_strict_service_makes_and_uses_no_sealed_key(token_shelf: Shelf, strict: KeyProvider) -> None:
    """Made before the setting was changed, a sealed key is listed with its custody, and signs no more."""
    token = token_shelf.token()
    sealed = token_shelf.keys.generate(token_shelf.uri(token, "sealed"), KeyKind.SM2)
    with pytest.raises(SoftwareKeyRefused):
        strict.generate(token_shelf.uri(token, "new"), KeyKind.SM2)
    with pytest.raises(SoftwareKeyRefused):
        strict.signer(sealed)
    hard = strict.generate(token_shelf.uri(token, "hard"), KeyKind.EC_P256)
    assert {key.uri.object: key.custody for key in strict.keys(token)} == {
        "hard": Custody.TOKEN,
        "sealed": Custody.SEALED,
    }
    assert open_signer(KeyRing({"pkcs11": strict}, HARDWARE), hard).sign(b"m")
    strict.destroy(sealed)


@pytest.mark.token
def test_a_strict_service_takes_in_no_sealed_encryption_key(token_shelf: Shelf, strict: KeyProvider) -> None:
    """An SM2 key out of an envelope would lie sealed in the token, where only keys in hardware are accepted."""
    assert isinstance(strict, WorkerProvider)
    token = token_shelf.token()
    signing = token_shelf.keys.generate(token_shelf.uri(token, "sign"), KeyKind.SM2)
    (key,) = token_shelf.keys.keys(token)
    receiver, public = ReceivingToken(strict, token), key.public_key
    wrapped = WrappedKey(EnvelopeFormat.SM2, bytes(113), bytes(32))
    with pytest.raises(SoftwareKeyRefused):
        receiver.open(wrapped, public, signing, Recipient(public), token_shelf.uri(token, "enc"))
    with pytest.raises(SoftwareKeyRefused):
        receiver.decrypt(token_shelf.uri(token, "enc"), KeyKind.SM2, bytes(113))


@pytest.mark.token
def test_the_ring_refuses_though_a_provider_does_not(token_shelf: Shelf) -> None:
    """The second lock: a provider that was given no policy, in a ring that was."""
    uri = token_shelf.key(KeyKind.SM2)
    ring = KeyRing({"pkcs11": token_shelf.keys}, HARDWARE)
    with pytest.raises(SoftwareKeyRefused):
        open_signer(ring, uri)
    assert open_signer(KeyRing({"pkcs11": token_shelf.keys}), uri).sign(b"m")


def test_a_strict_service_makes_and_uses_no_soft_key(soft_shelf: Shelf) -> None:
    uri = soft_shelf.key()
    strict = SoftProvider(
        soft_shelf.tokens, pins=soft_shelf.source, counters=soft_shelf.counters, cost=QUICK, policy=HARDWARE
    )
    for refused in (
        lambda: strict.generate(soft_shelf.uri(uri.token, "new"), KeyKind.EC_P256),
        lambda: strict.signer(uri),
    ):
        with pytest.raises(SoftwareKeyRefused):
            refused()
    assert [key.uri for key in strict.keys(uri.token)] == [uri]


def no_pin(_: str) -> object:
    raise AssertionError("nobody asked for a PIN")


@pytest.mark.parametrize("choice", ["auto", "soft"])
def test_hardware_must_be_named(tmp_path: Path, choice: str) -> None:
    """The SoftHSM that ``auto`` finds is software: it is not taken for hardware because it speaks PKCS#11."""
    with pytest.raises(SoftwareKeyRefused):
        open_key_stores(choice, Home(tmp_path), no_pin, HARDWARE)  # type: ignore[arg-type]


@pytest.mark.token
def test_stores_of_an_installation_have_its_policy(tmp_path: Path, soft_hsm: SoftHsm) -> None:
    stores = open_key_stores(str(soft_hsm.module), Home(tmp_path), no_pin, HARDWARE)  # type: ignore[arg-type]
    assert stores.ring.policy is HARDWARE
    assert {provider.policy for provider in stores.ring.providers()} == {HARDWARE}  # type: ignore[attr-defined]
    stores.ring.close()


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide both libraries, as on a machine that has neither."""
    monkeypatch.setattr(backend, "CHAIN", ())
    backend._native.cache_clear()
    yield
    backend._native.cache_clear()


@pytest.mark.usefixtures("no_library")
def test_the_soft_store_signs_in_python_only_where_allowed(soft_shelf: Shelf) -> None:
    token = soft_shelf.token()
    with pytest.raises(Sm2SigningUnavailable):
        soft_shelf.keys.generate(soft_shelf.uri(token), KeyKind.SM2)
    assert soft_shelf.keys.keys(token) == ()
    allowing = SoftProvider(
        soft_shelf.tokens,
        pins=soft_shelf.source,
        counters=soft_shelf.counters,
        cost=QUICK,
        policy=KeyPolicy(python_signing=True),
    )
    uri = allowing.generate(soft_shelf.uri(token), KeyKind.SM2)
    signer = allowing.signer(uri)
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    with pytest.raises(Sm2SigningUnavailable):
        soft_shelf.keys.signer(uri).sign(b"m")
