"""Keys, signatures and ciphertexts of SM2 as octets: one way to write each, and a clear refusal for everything else."""

from __future__ import annotations

import pytest
from asn1crypto import core, keys, pem
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.errors import SignatureInvalid, Sm2Unreadable, UnsupportedAlgorithm
from hsm.public_keys import load_spki, same_key, spki
from hsm.sm2.cipher import MAX_PLAINTEXT, Sm2Cipher
from hsm.sm2.curve import N, P
from hsm.sm2.private_octets import PKCS8_OCTETS, pkcs8, read_pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import check_scalar, random_scalar, wipe
from hsm.sm2.self_test import CIPHER, PUBLIC, SCALAR, SIGNATURE
from hsm.sm2.signature import MAX_ID, Sm2Signature, identity_digest


class Pair(core.Sequence):
    _fields = [("r", core.Integer), ("s", core.Integer)]  # noqa: RUF012 - asn1crypto writes into it


class Cipher(core.Sequence):
    _fields = [  # noqa: RUF012 - asn1crypto writes into it
        ("x", core.Integer),
        ("y", core.Integer),
        ("h", core.OctetString),
        ("t", core.OctetString),
    ]


def test_a_signature_is_what_another_library_reads() -> None:
    read = Pair.load(SIGNATURE.der, strict=True)
    assert (read["r"].native, read["s"].native) == (SIGNATURE.r, SIGNATURE.s)
    assert Pair({"r": SIGNATURE.r, "s": SIGNATURE.s}).dump() == SIGNATURE.der
    assert Sm2Signature.parse(SIGNATURE.der) == Sm2Signature.parse(SIGNATURE.raw) == SIGNATURE


@pytest.mark.parametrize("r", [1, 127, 128, 255, 256, 2**255, N - 1])
@pytest.mark.parametrize("s", [1, N - 1])
def test_signatures_of_every_length_go_round(r: int, s: int) -> None:
    signature = Sm2Signature(r, s)
    assert Pair({"r": r, "s": s}).dump() == signature.der
    assert Sm2Signature.from_der(signature.der) == signature == Sm2Signature.from_raw(signature.raw)
    assert Sm2Signature.parse(signature.raw) == signature


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (N, 1), (1, N), (-1, 1), (2**256, 1)])
def test_numbers_out_of_range_are_no_signature(r: int, s: int) -> None:
    with pytest.raises(SignatureInvalid):
        Sm2Signature(r, s)
    with pytest.raises(SignatureInvalid):
        Sm2Signature.parse(Pair({"r": r, "s": s}).dump())


def test_raw_octets_out_of_range_are_no_signature() -> None:
    one = (1).to_bytes(32)
    for raw in (bytes(32) + one, one + bytes(32), N.to_bytes(32) + one, one + b"\xff" * 32):
        with pytest.raises(SignatureInvalid):
            Sm2Signature.parse(raw)


R, S = (SIGNATURE.der[2 : 4 + SIGNATURE.der[3]], SIGNATURE.der[4 + SIGNATURE.der[3] :])
NOT_DER = {
    "nothing": b"",
    "one octet": b"\x30",
    "trailing octet": SIGNATURE.der + b"\0",
    "trailing octet inside": bytes((0x30, len(R + S) + 1)) + R + S + b"\0",
    "a third integer": bytes((0x30, len(R + S) + 3)) + R + S + b"\2\1\1",
    "cut off": SIGNATURE.der[:-1],
    "long form of the length": b"\x30\x81" + SIGNATURE.der[1:],
    "indefinite length": b"\x30\x80" + R + S + b"\0\0",
    "a set": b"\x31" + SIGNATURE.der[1:],
    "r alone": bytes((0x30, len(R))) + R,
    "an octet string for r": bytes((0x30, len(R + S), 4)) + R[1:] + S,
    "a needless zero": bytes((0x30, len(R + S) + 1, 2, R[1] + 1, 0)) + R[2:] + S,
    "an empty integer": b"\x30\x05\x02\x00\x02\x01\x01",
    "a negative integer": b"\x30\x06\x02\x01\x81\x02\x01\x01",
    "an integer of 34 octets": b"\x30\x27\x02\x22\x01" + bytes(33) + b"\x02\x01\x01",
    "63 octets": SIGNATURE.raw[1:],
    "65 octets": b"\0" + SIGNATURE.raw,
    "a megabyte": b"\x30" * 2**20,
}


@pytest.mark.parametrize("name", [*NOT_DER])
def test_nothing_but_der_or_raw_is_a_signature(name: str) -> None:
    with pytest.raises(SignatureInvalid):
        Sm2Signature.parse(NOT_DER[name])


def test_a_ciphertext_is_what_another_library_reads() -> None:
    read = Cipher.load(CIPHER.der, strict=True)
    values = (read["x"].native, read["y"].native, read["h"].native, read["t"].native)
    assert values == (CIPHER.x, CIPHER.y, CIPHER.hash, CIPHER.text)
    assert CIPHER.raw == b"\4" + CIPHER.x.to_bytes(32) + CIPHER.y.to_bytes(32) + CIPHER.hash + CIPHER.text


@pytest.mark.parametrize("length", [1, 20, 21, 127, 128, MAX_PLAINTEXT])
def test_ciphertexts_of_every_length_go_round(length: int) -> None:
    """Where the lengths of DER change their form: 128 octets inside, 128 and 256 around."""
    cipher = Sm2Cipher(CIPHER.x, CIPHER.y, CIPHER.hash, bytes(length))
    assert Sm2Cipher.from_der(cipher.der) == cipher == Sm2Cipher.from_raw(cipher.raw)
    assert Cipher({"x": cipher.x, "y": cipher.y, "h": cipher.hash, "t": cipher.text}).dump() == cipher.der


def test_a_ciphertext_off_the_curve_is_refused() -> None:
    """An invalid-curve attack begins with such a point."""
    for x, y in ((CIPHER.x, CIPHER.y ^ 1), (0, 0), (CIPHER.x + P, CIPHER.y), (CIPHER.x, CIPHER.y - P)):
        with pytest.raises(Sm2Unreadable):
            Sm2Cipher(x, y, CIPHER.hash, CIPHER.text)
    with pytest.raises(Sm2Unreadable):
        Sm2Cipher.from_raw(CIPHER.raw[:64] + bytes((CIPHER.raw[64] ^ 1,)) + CIPHER.raw[65:])
    with pytest.raises(Sm2Unreadable):
        Sm2Cipher(CIPHER.x, CIPHER.y, CIPHER.hash[1:], CIPHER.text)


BAD_CIPHERS = {
    "nothing": b"",
    "trailing octet": CIPHER.der + b"\0",
    "cut off": CIPHER.der[:-1],
    "long form of a short length": b"\x30\x81" + CIPHER.der[1:],
    "no text": Cipher({"x": CIPHER.x, "y": CIPHER.y, "h": CIPHER.hash, "t": b""}).dump(),
    "too much text": Cipher({"x": CIPHER.x, "y": CIPHER.y, "h": CIPHER.hash, "t": bytes(256)}).dump(),
    "a short digest": Cipher({"x": CIPHER.x, "y": CIPHER.y, "h": bytes(31), "t": b"t"}).dump(),
    "a negative coordinate": Cipher({"x": -CIPHER.x, "y": CIPHER.y, "h": CIPHER.hash, "t": b"t"}).dump(),
    "a coordinate too large": Cipher({"x": CIPHER.x + P, "y": CIPHER.y, "h": CIPHER.hash, "t": b"t"}).dump(),
    "length in three octets": b"\x30\x83\x00\x00\x70" + CIPHER.der[2:],
    "indefinite length": b"\x30\x80" + CIPHER.der[2:] + b"\0\0",
    "a signature": SIGNATURE.der,
}


@pytest.mark.parametrize("name", [*BAD_CIPHERS])
def test_nothing_but_der_is_a_ciphertext(name: str) -> None:
    with pytest.raises(Sm2Unreadable):
        Sm2Cipher.from_der(BAD_CIPHERS[name])


@pytest.mark.parametrize(
    "octets",
    [b"", b"\4", CIPHER.raw[:97], b"\2" + CIPHER.raw[1:], CIPHER.raw[1:], CIPHER.raw + bytes(256)],
)
def test_a_raw_ciphertext_of_another_shape_is_refused(octets: bytes) -> None:
    with pytest.raises(Sm2Unreadable):
        Sm2Cipher.from_raw(octets)


def test_a_public_key_is_what_another_library_reads() -> None:
    read = keys.PublicKeyInfo.load(spki(PUBLIC), strict=True)
    assert read["algorithm"]["algorithm"].dotted == "1.2.840.10045.2.1"
    assert read["algorithm"]["parameters"].chosen.dotted == "1.2.156.10197.1.301"
    assert bytes(read["public_key"]) == PUBLIC.point
    assert pem.unarmor(PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)) == (
        "PUBLIC KEY",
        {},
        spki(PUBLIC),
    )
    assert PUBLIC.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == PUBLIC.point
    assert load_spki(spki(PUBLIC)) == PUBLIC
    assert same_key(load_spki(spki(PUBLIC)), PUBLIC)
    with pytest.raises(ValueError, match="SubjectPublicKeyInfo"):
        PUBLIC.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def test_a_public_key_off_the_curve_cannot_be_made() -> None:
    for x, y in ((PUBLIC.x, PUBLIC.y ^ 1), (0, 0), (PUBLIC.x, PUBLIC.y + P), (-1, 1)):
        with pytest.raises(Sm2Unreadable):
            Sm2PublicKey(x, y)
    broken = bytearray(spki(PUBLIC))
    broken[-1] ^= 1
    with pytest.raises(Sm2Unreadable):
        load_spki(bytes(broken))


def test_another_form_of_point_is_refused() -> None:
    compressed = bytes((2 + PUBLIC.y % 2,)) + PUBLIC.x.to_bytes(32)
    for octets in (b"", b"\0", compressed, PUBLIC.point[:-1], PUBLIC.point + b"\0", b"\6" + PUBLIC.point[1:]):
        with pytest.raises(Sm2Unreadable):
            Sm2PublicKey.from_point(octets)


def test_what_is_no_key_of_ours_is_named() -> None:
    foreign = ed25519.Ed25519PrivateKey.generate().public_key()
    der = foreign.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for octets in (b"", b"\x30\x00", der, spki(PUBLIC)[:-1]):
        with pytest.raises((UnsupportedAlgorithm, Sm2Unreadable)):
            load_spki(octets)
    other_curve = ec.generate_private_key(ec.SECP256K1()).public_key()
    loaded = load_spki(other_curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert not isinstance(loaded, Sm2PublicKey)


def test_private_octets_go_round() -> None:
    octets = pkcs8(SCALAR, PUBLIC)
    assert len(octets) == PKCS8_OCTETS
    assert read_pkcs8(octets) == (bytearray(SCALAR), PUBLIC)
    read = keys.PrivateKeyInfo.load(bytes(octets), strict=True)
    assert read["private_key_algorithm"]["parameters"].chosen.dotted == "1.2.156.10197.1.301"
    assert read["private_key"].parsed["private_key"].native == int.from_bytes(SCALAR)


def test_private_octets_of_another_form_are_refused_without_a_word_of_them() -> None:
    octets = pkcs8(SCALAR, PUBLIC)
    zero = pkcs8(SCALAR, PUBLIC)
    zero[36:68] = bytes(32)
    for bad in (b"", octets[:-1], octets + b"\0", bytes(zero), b"\x31" + octets[1:]):
        with pytest.raises(Sm2Unreadable) as caught:
            read_pkcs8(bad)
        assert SCALAR.hex() not in str(caught.value)


def test_scalars_are_from_1_to_n_minus_2() -> None:
    for right in (1, N - 2, int.from_bytes(SCALAR)):
        check_scalar(right.to_bytes(32))
    for wrong in (bytes(32), (N - 1).to_bytes(32), N.to_bytes(32), b"\xff" * 32, SCALAR[1:], SCALAR + b"\0"):
        with pytest.raises(ValueError, match="private key"):
            check_scalar(wrong)


def test_drawn_scalars_differ_and_are_in_range() -> None:
    drawn = [random_scalar() for _ in range(200)]
    for scalar in drawn:
        check_scalar(scalar)
    assert len({bytes(scalar) for scalar in drawn}) == len(drawn)


def test_wiping_leaves_zeros_in_place() -> None:
    scalar = random_scalar()
    same = scalar
    wipe(scalar)
    assert same == bytes(32)


def test_an_identity_has_at_most_8191_octets() -> None:
    identity_digest(PUBLIC, b"x" * MAX_ID)
    with pytest.raises(ValueError, match="8191"):
        identity_digest(PUBLIC, b"x" * (MAX_ID + 1))
