"""SM2 in a PKCS#11 token by a mechanism of its maker's: every habit, wrong descriptions, errors in the middle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.devices.errors import DescriptionInvalid
from hsm.devices.sm2_input import Sm2Input
from hsm.errors import (
    DuplicateKey,
    KeyNotProtected,
    SoftwareKeyRefused,
    TokenLost,
    TokenRefused,
    UnsupportedAlgorithm,
)
from hsm.key_policy import KeyPolicy
from hsm.signer import Custody
from hsm.sm2.public_key import CURVE_OID, Sm2PublicKey
from hsm.softhsm import SoftHsm
from hsm.vendor_mechanisms import PUBLISHED, SignatureForm, VendorMechanisms
from hsm.verification import verify_signature
from hsm.worker.wire import MAX_BLOB
from tests.hsm.conftest import Faults, Shelf
from tests.hsm.vendor_bench import FORMS, INPUTS, VendorBench

pytestmark = pytest.mark.token


def again(bench: VendorBench, shelf: Shelf) -> CryptokiProvider:
    """Make a provider for what the bench is now."""
    provider = bench.provider(shelf)
    shelf.opened.append(provider)
    return provider


def check(provider: CryptokiProvider, shelf: Shelf, token: str, name: str = "k") -> None:
    """Make a pair, find it, let it sign and let the verifier of the house judge; then list and remove it."""
    uri = provider.generate(shelf.uri(token, name), KeyKind.SM2)
    (stored,) = (key for key in provider.keys(token) if key.uri == uri)
    assert (stored.kind, stored.custody) == (KeyKind.SM2, Custody.TOKEN)
    assert (stored.extractable, stored.sensitive, stored.always_sensitive) == (False, True, True)
    signer = provider.signer(uri, expected=stored.public_key)
    assert signer.custody is Custody.TOKEN
    assert isinstance(signer.public_key, Sm2PublicKey)
    for message in (b"", b"m", b"x" * 100_000):
        verify_signature(signer.public_key, signer.algorithm, message, signer.sign(message))
    provider.destroy(uri)
    assert provider.keys(token) == ()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("given", INPUTS)
def test_every_habit_of_a_mechanism(
    vendor_bench: VendorBench, vendor_shelf: Shelf, given: Sm2Input, form: SignatureForm
) -> None:
    """It hashes itself, wants Z ‖ M or e, answers raw or in DER: described by data, one signature for all."""
    vendor_bench.habits = replace(vendor_bench.habits, input=given, signature=form)
    check(again(vendor_bench, vendor_shelf), vendor_shelf, vendor_shelf.token())


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_published_descriptions_work_on_a_module_with_those_numbers(
    vendor_bench: VendorBench, vendor_shelf: Shelf, name: str
) -> None:
    assert "not confirmed" in PUBLISHED[name].source
    vendor_bench.habits = PUBLISHED[name]
    check(again(vendor_bench, vendor_shelf), vendor_shelf, vendor_shelf.token())


def test_a_module_that_writes_the_curve_otherwise(vendor_bench: VendorBench, vendor_shelf: Shelf) -> None:
    name = b"\x13\x03SM2"  # PrintableString, a curveName of PKCS#11 v3.0 §2.3.3
    vendor_bench.habits = replace(vendor_bench.habits, curve=name)
    check(again(vendor_bench, vendor_shelf), vendor_shelf, vendor_shelf.token())


WRONG = {
    "input": Sm2Input.Z_MESSAGE,
    "another input": Sm2Input.MESSAGE,
    "signature": SignatureForm.DER,
    "sign": 0x80000272,
    "identity_parameter": True,
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_description_is_found_out_at_the_first_key(
    vendor_bench: VendorBench, vendor_shelf: Shelf, name: str
) -> None:
    """The pair signs once and is verified: one that does not do as described is destroyed, and nothing was signed with it."""
    vendor_bench.mechanisms = replace(vendor_bench.habits, **{name.rsplit(maxsplit=1)[-1]: WRONG[name]})
    provider = again(vendor_bench, vendor_shelf)
    token = vendor_shelf.token()
    with pytest.raises(DescriptionInvalid):
        provider.generate(vendor_shelf.uri(token), KeyKind.SM2)
    assert provider.keys(token) == ()
    vendor_bench.mechanisms = None
    check(again(vendor_bench, vendor_shelf), vendor_shelf, token)


@pytest.mark.parametrize("wrong", [{"generate": 0x80000262}, {"key_type": 7}, {"curve": b"\5\0"}])
def test_a_description_that_makes_no_key(
    vendor_bench: VendorBench, vendor_shelf: Shelf, wrong: dict[str, object]
) -> None:
    vendor_bench.mechanisms = replace(vendor_bench.habits, **wrong)
    provider = again(vendor_bench, vendor_shelf)
    token = vendor_shelf.token()
    with pytest.raises((UnsupportedAlgorithm, TokenRefused)):
        provider.generate(vendor_shelf.uri(token), KeyKind.SM2)
    assert provider.keys(token) == ()


def test_without_a_description_the_modules_own_key_is_refused(
    vendor_bench: VendorBench, vendor_shelf: Shelf, soft_hsm: SoftHsm
) -> None:
    """Plain ECDSA on the SM2 curve is what the module would do: no SM2 signature, so no signature at all."""
    uri = vendor_shelf.key()
    assert isinstance(vendor_shelf.keys, CryptokiProvider)
    plain = CryptokiProvider(
        soft_hsm.module,
        pins=vendor_shelf.source,
        counters=vendor_shelf.counters,
        environment=vendor_bench.environment,
    )
    vendor_shelf.opened.append(plain)
    with pytest.raises(UnsupportedAlgorithm):
        plain.signer(uri)
    assessed = CryptokiProvider(
        soft_hsm.module,
        pins=vendor_shelf.source,
        counters=vendor_shelf.counters,
        environment=vendor_bench.environment,
        policy=KeyPolicy(require_hardware=True),
    )
    vendor_shelf.opened.append(assessed)
    with pytest.raises(SoftwareKeyRefused):
        assessed.generate(vendor_shelf.uri(uri.token, "sealed"), KeyKind.SM2)


def test_a_mechanism_that_hashes_itself_takes_no_more_than_the_pipe(
    vendor_bench: VendorBench, vendor_shelf: Shelf
) -> None:
    vendor_bench.habits = replace(vendor_bench.habits, input=Sm2Input.MESSAGE)
    provider = again(vendor_bench, vendor_shelf)
    signer = provider.signer(provider.generate(vendor_shelf.uri(vendor_shelf.token()), KeyKind.SM2))
    longest = b"x" * MAX_BLOB
    verify_signature(signer.public_key, signer.algorithm, longest, signer.sign(longest))
    with pytest.raises(UnsupportedAlgorithm):
        signer.sign(longest + b"x")


ORDERS = [
    ("C_GenerateKeyPair", "once:rv:5"),
    ("C_GenerateKeyPair", "once:after-rv:5"),
    ("C_GenerateKeyPair", "once:after-rv:30"),
    ("half", "once:do"),
    ("C_GenerateKeyPair", "once:crash"),
    ("C_GenerateKeyPair", "once:after-crash"),
]


@pytest.mark.crash
@pytest.mark.parametrize(("function", "order"), ORDERS)
def test_an_error_in_the_middle_of_generation_ends_in_one_whole_pair(
    vendor_shelf: Shelf, faults: Faults, function: str, order: str
) -> None:
    token = vendor_shelf.token()
    faults(function, order)
    uri = vendor_shelf.keys.generate(vendor_shelf.uri(token), KeyKind.SM2)
    assert [key.uri for key in vendor_shelf.keys.keys(token)] == [uri]
    signer = vendor_shelf.keys.signer(uri)
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    with pytest.raises(DuplicateKey):
        vendor_shelf.keys.generate(vendor_shelf.uri(token), KeyKind.SM2)


@pytest.mark.crash
def test_a_module_that_always_fails_leaves_nothing_that_signs(vendor_shelf: Shelf, faults: Faults) -> None:
    token = vendor_shelf.token()
    for order in ("always:crash", "always:rv:5", "always:rv:31"):
        faults("C_GenerateKeyPair", order)
        with pytest.raises((TokenLost, TokenRefused)):
            vendor_shelf.keys.generate(vendor_shelf.uri(token), KeyKind.SM2)
    faults.none()
    assert vendor_shelf.keys.keys(token) == ()
    assert vendor_shelf.keys.generate(vendor_shelf.uri(token), KeyKind.SM2)


@pytest.mark.crash
def test_a_crash_while_signing_is_taken_up_again(vendor_shelf: Shelf, faults: Faults) -> None:
    signer = vendor_shelf.keys.signer(vendor_shelf.key())
    for order in ("once:crash", "once:after-crash", "once:rv:5", "once:rv:30"):
        faults("C_Sign", order)
        verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    faults("C_Sign", "always:rv:21")
    with pytest.raises(TokenRefused):
        signer.sign(b"m")


def test_I24_a_pair_that_could_leave_is_destroyed(vendor_shelf: Shelf, faults: Faults) -> None:
    token = vendor_shelf.token()
    faults("exportable", "always:do")
    with pytest.raises(KeyNotProtected):
        vendor_shelf.keys.generate(vendor_shelf.uri(token), KeyKind.SM2)
    faults.none()
    assert vendor_shelf.keys.keys(token) == ()


@pytest.mark.parametrize("wrong", [{"sign": -1}, {"generate": 2**32}, {"curve": b""}, {"curve": bytes(513)}])
def test_a_description_is_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(DescriptionInvalid) as refused:
        replace(VendorMechanisms(1, 2, 3), **wrong)
    assert next(iter(wrong)) in refused.value.detail
    whole = VendorMechanisms(1, 2, 3, Sm2Input.MESSAGE, SignatureForm.DER, CURVE_OID, True)
    assert VendorMechanisms.from_json(whole.to_json()) == whole
