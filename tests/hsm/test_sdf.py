"""Keys behind an SDF library: layouts as data, passwords asked once, a device that goes away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.devices.errors import DescriptionInvalid, OperationNotOffered
from hsm.errors import (
    DecryptionFailed,
    KeyNotFound,
    KeyUriError,
    ModuleUnavailable,
    PinIncorrect,
    TokenLost,
    TokenNotFound,
    TokenRefused,
)
from hsm.key_uri import KeyUri
from hsm.pin_counter import DEFAULT_LIMIT
from hsm.pins import Pin
from hsm.sdf.layout import SdfDescription
from hsm.sdf.provider import SdfProvider
from hsm.signer import Custody
from hsm.sm2.backend import python_backend
from hsm.sm2.public_key import Sm2PublicKey
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.emulator_build import Compile
from tests.hsm.conftest import Faults, Shelf
from tests.hsm.device_shelves import SdfBench
from tests.hsm.sm2_certificates import sm2_certificate

WRONG = Pin("135790")
BACKEND = python_backend(allowed=True)


def keys(shelf: Shelf) -> SdfProvider:
    assert isinstance(shelf.keys, SdfProvider)
    return shelf.keys


def encryption_key(bench: SdfBench, index: int) -> Sm2PublicKey:
    return Sm2PublicKey.from_point(b"\4" + (bench.folder / f"key-{index}" / "enc.key").read_bytes()[32:])


def test_keys_of_ours_are_found_and_no_other_is_touched(sdf_bench: SdfBench, sdf_shelf: Shelf) -> None:
    """Index 4 is not in the description: its access right is never asked for, since a wrong password may lock it."""
    for password in ("246810", "246810", "246810", "another"):
        sdf_bench.make(password)
    provider = keys(sdf_shelf)
    label = sdf_bench.description.label
    assert provider.tokens() == (label,)
    assert [key.uri.object for key in provider.keys(label)] == ["1", "2", "3"]
    signer = provider.signer(sdf_bench.uri(2))
    assert signer.custody is Custody.DEVICE
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    with pytest.raises(KeyNotFound):
        provider.signer(sdf_bench.uri(4))
    assert sorted(set(sdf_bench.asked())) == ["1", "2", "3"]


def test_a_wrong_password_is_asked_once_and_counted(
    sdf_bench: SdfBench, sdf_shelf: Shelf, faults: Faults
) -> None:
    sdf_bench.make()
    provider = keys(sdf_shelf)
    with pytest.raises(PinIncorrect):
        provider.signer(sdf_bench.uri(1), pin=WRONG)
    assert sdf_bench.asked() == ["1"]
    faults("SDF_GetPrivateKeyAccessRight", "once:after-crash")
    with pytest.raises(TokenLost):
        provider.signer(sdf_bench.uri(1), pin=WRONG)
    assert sdf_bench.asked() == ["1", "1"]
    assert provider.signer(sdf_bench.uri(1), pin=USER_PIN).sign(b"m")
    assert provider.probe(sdf_bench.description.label).tries_left == DEFAULT_LIMIT


def test_one_password_for_all_keys_or_none(sdf_bench: SdfBench, sdf_shelf: Shelf) -> None:
    """A second key with another password is told as a wrong PIN, and the right to the first is given back."""
    sdf_bench.make()
    sdf_bench.make("another")
    with pytest.raises(PinIncorrect):
        keys(sdf_shelf).signer(sdf_bench.uri(1))
    assert sdf_bench.asked() == ["1", "2"]


NARROW = SdfDescription(
    "sdf", (1,), coordinate_octets=32, cipher_order=("L", "x", "y", "C", "M"), cipher_octets=136
)


@pytest.mark.parametrize(
    ("switches", "description"),
    [((), SdfDescription()), (("-DNARROW",), NARROW)],
    ids=["standard", "another"],
)
def test_structures_of_another_maker_are_described_by_data(
    sdf_bench: SdfBench,
    sdf_shelf: Shelf,
    compiled: Compile,
    switches: tuple[str, ...],
    description: SdfDescription,
) -> None:
    sdf_bench.library, sdf_bench.description = compiled("sdf_emulator", *switches), description
    sdf_bench.make()
    provider = sdf_bench.provider(sdf_shelf)
    sdf_shelf.opened.append(provider)
    signer = provider.signer(sdf_bench.uri(1))
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    cipher = BACKEND.encrypt(encryption_key(sdf_bench, 1), b"a secret of 28 octets, or so")
    assert provider.decrypt(sdf_bench.uri(1), cipher) == b"a secret of 28 octets, or so"
    with pytest.raises(DecryptionFailed):
        provider.decrypt(sdf_bench.uri(1), replace(cipher, hash=bytes(32)))
    with pytest.raises(KeyNotFound):
        provider.decrypt(sdf_bench.uri(2), cipher)


def test_the_wrong_layout_never_passes_for_a_key(sdf_bench: SdfBench, sdf_shelf: Shelf) -> None:
    sdf_bench.make()
    sdf_bench.description = replace(sdf_bench.description, public_order=("x", "y", "bits"))
    provider = sdf_bench.provider(sdf_shelf)
    sdf_shelf.opened.append(provider)
    with pytest.raises(TokenRefused):
        provider.keys(sdf_bench.description.label)


@pytest.mark.parametrize(
    "wrong",
    [
        {"coordinate_octets": 31},
        {"public_order": ("bits", "x")},
        {"cipher_order": ("x", "y", "C", "M", "L")},
        {"cipher_order": ("x", "y")},
        {"keys": ()},
        {"keys": (0,)},
        {"label": " a"},
    ],
)
def test_a_description_is_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(DescriptionInvalid) as refused:
        replace(SdfDescription(), **wrong)
    assert next(iter(wrong)) in refused.value.detail or "cipher_octets" in refused.value.detail


def test_what_the_interface_lacks_is_said(sdf_bench: SdfBench, sdf_shelf: Shelf) -> None:
    sdf_bench.make()
    provider, uri = keys(sdf_shelf), sdf_bench.uri(1)
    for ask in (
        lambda: provider.create_token("another", SO_PIN, USER_PIN),
        lambda: provider.generate(sdf_bench.uri(2), KeyKind.SM2),
        lambda: provider.destroy(uri),
        lambda: provider.change_pin(uri.token, USER_PIN, WRONG),
        lambda: provider.unblock(uri.token, SO_PIN, WRONG),
    ):
        with pytest.raises(OperationNotOffered) as refused:
            ask()
        assert "厂商" in refused.value.zh
    with pytest.raises(KeyUriError):
        provider.generate(KeyUri("skf", "a/b", "c"), KeyKind.SM2)


def test_certificates_are_kept_in_files_of_the_device(
    sdf_bench: SdfBench, sdf_shelf: Shelf, faults: Faults
) -> None:
    sdf_bench.make()
    provider, uri = keys(sdf_shelf), sdf_bench.uri(1)
    signer = provider.signer(uri)
    old, new = (sm2_certificate(signer, signer.public_key, serial) for serial in (1, 2**100))
    provider.import_certificate(uri, old)
    faults("SDF_WriteFile", "once:rv:1000001")
    with pytest.raises(TokenRefused):
        provider.import_certificate(uri, new)
    assert provider.certificates(uri.token) == ()
    provider.import_certificate(uri, new)
    assert [each.der for each in provider.certificates(uri.token)] == [new]


def test_a_connection_that_breaks_is_taken_up_again(
    sdf_bench: SdfBench, sdf_shelf: Shelf, faults: Faults
) -> None:
    sdf_bench.make()
    provider = keys(sdf_shelf)
    signer = provider.signer(sdf_bench.uri(1))
    for order in ("once:rv:1000003", "once:rv:1000007", "once:crash", "once:after-crash"):
        faults("SDF_InternalSign_ECC", order)
        verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    faults("SDF_InternalSign_ECC", "always:crash")
    with pytest.raises(TokenLost):
        signer.sign(b"m")
    faults.none()
    faults("SDF_InternalSign_ECC", "once:hang")
    with pytest.raises(TokenLost):
        signer.sign(b"m")
    faults("SDF_InternalSign_ECC", "once:unplug")
    with pytest.raises((TokenLost, TokenNotFound)):
        signer.sign(b"m")
    assert not provider.probe(sdf_bench.description.label).ready
    Path(f"{sdf_bench.folder}-unplugged").rename(sdf_bench.folder)
    assert signer.sign(b"m")
    assert provider.probe(sdf_bench.description.label).ready
    assert provider.probe(sdf_bench.description.label).tries_left == DEFAULT_LIMIT


def test_another_device_or_library_is_named(sdf_shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(TokenNotFound):
        sdf_shelf.keys.keys("another")
    provider = SdfProvider(tmp_path / "nothing.so", pins=sdf_shelf.source, counters=tmp_path / "c")
    with pytest.raises(ModuleUnavailable):
        provider.keys("sdf")


def test_the_service_itself_never_loads_the_library(sdf_bench: SdfBench, sdf_shelf: Shelf) -> None:
    sdf_bench.make()
    assert sdf_shelf.keys.signer(sdf_bench.uri(1)).sign(b"m")
    assert "sdf_emulator" not in Path("/proc/self/maps").read_text()
