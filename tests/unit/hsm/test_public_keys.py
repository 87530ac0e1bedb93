"""Public keys as tokens describe them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import KeyKind, kind_of
from hsm.errors import UnsupportedAlgorithm
from hsm.public_keys import CURVES, public_key_from, same_key


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("wrapped", [True, False])
def test_points_are_read_with_and_without_their_wrapper(curve: str, wrapped: bool) -> None:
    """PKCS#11 v2.40 §2.3.3 wants DER OCTET STRING; some tokens give the bare point."""
    for _ in range(20):
        key = ec.generate_private_key(CURVES[curve]()).public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        octets = bytes((4, len(point))) + point if wrapped else point
        assert same_key(public_key_from({"curve": curve, "point": octets.hex()}), key)


def test_rsa_numbers_are_read() -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    numbers = key.public_numbers()
    read = public_key_from(
        {
            "modulus": f"00{numbers.n:x}" if len(f"{numbers.n:x}") % 2 == 0 else f"0{numbers.n:x}",
            "exponent": "010001",
        }
    )
    assert same_key(read, key)
    assert kind_of(read) is KeyKind.RSA_2048


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"modulus": "00", "exponent": "03"},
        {"curve": "06052b8104000a", "point": "04" * 65},
        {"curve": "06082a8648ce3d030107", "point": "04" + "00" * 64},
        {"curve": "06082a8648ce3d030107", "point": ""},
        {"curve": "06082a8648ce3d030107", "point": "zz"},
        {"certificate": "3000"},
    ],
)
def test_what_is_no_key_of_ours_is_refused(attributes: dict[str, str]) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        public_key_from(attributes)


def test_kinds_that_we_do_not_make_are_refused() -> None:
    for key in (
        rsa.generate_private_key(65537, 1024).public_key(),
        ec.generate_private_key(ec.SECP521R1()).public_key(),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            kind_of(key)
    assert ed25519.Ed25519PrivateKey.generate()
