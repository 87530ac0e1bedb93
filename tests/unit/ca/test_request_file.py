"""PKCS#10 requests in either suite: proved by their own key, or refused with the reason (I27)."""

from __future__ import annotations

import base64
import secrets

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.errors import KeyWeak, RequestFileForged, RequestFileUnreadable
from ca.request_file import MAX_OCTETS, read_request
from ca.weak_keys import PUBLISHED_SM2_POINTS, why_weak
from hsm.algorithms import DEFAULT_ALGORITHM, KeyKind, PublicKey, SignatureAlgorithm, kind_of
from hsm.public_keys import spki
from hsm.sm2.curve import G, P
from hsm.sm2.public_key import Sm2PublicKey
from tests.pki import MemorySigner, PrivateKey, new_key, shared_rsa_key

KINDS = (KeyKind.SM2, KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "某某公司")])


def key_of(kind: KeyKind) -> PrivateKey:
    return shared_rsa_key() if kind.is_rsa else new_key(kind)


def request(key: PrivateKey, *, public: PublicKey | None = None, parameters: bytes = b"") -> bytes:
    """Make a request by hand (RFC 2986 §4); ``public`` puts another key in, ``parameters`` follow the algorithm."""
    algorithm = DEFAULT_ALGORITHM[kind_of(key.public_key())]
    body = der.sequence(der.integer(0), NAME.public_bytes(), spki(public or key.public_key()), b"\xa0\x00")
    named = (
        der.sequence(der.oid(algorithm.oid), parameters) if parameters else algorithm_identifier(algorithm)
    )
    return der.sequence(body, named, der.bit_string(MemorySigner(key).sign(body)))


def armour(octets: bytes, label: str = "CERTIFICATE REQUEST") -> bytes:
    text = base64.encodebytes(octets).decode()
    return f"\r\nfrom a mail:\n-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_in_der_and_pem(kind: KeyKind) -> None:
    key = key_of(kind)
    made = request(key)
    for octets in (made, armour(made), armour(made, "NEW CERTIFICATE REQUEST")):
        read = read_request(octets)
        assert spki(read.public_key) == spki(key.public_key())
        assert (read.subject, read.der) == (NAME, made)
        assert read.algorithm is DEFAULT_ALGORITHM[kind]


def test_an_sm2_request_with_null_parameters() -> None:
    """Both forms are in use."""
    assert (
        read_request(request(new_key(KeyKind.SM2), parameters=der.null())).algorithm
        is SignatureAlgorithm.SM2_SM3
    )


def test_a_request_of_the_library() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(key, hashes.SHA256())
    assert read_request(made.public_bytes(Encoding.PEM)).der == made.public_bytes(Encoding.DER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_over_somebody_elses_key_is_forged(kind: KeyKind) -> None:
    other = rsa.generate_private_key(65537, 2048) if kind.is_rsa else new_key(kind)
    with pytest.raises(RequestFileForged):
        read_request(request(key_of(kind), public=other.public_key()))


def test_an_ecdsa_signature_over_an_sm2_key_is_forged() -> None:
    """The key is SM2 and the algorithm is not."""
    with pytest.raises(RequestFileForged):
        read_request(request(new_key(KeyKind.EC_P256), public=new_key(KeyKind.SM2).public_key()))


MADE = {kind: request(key_of(kind)) for kind in (KeyKind.SM2, KeyKind.EC_P256)}


@pytest.mark.parametrize("kind", MADE)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_never_passes(kind: KeyKind, data: st.DataObject) -> None:
    made = bytearray(MADE[kind])
    place = data.draw(st.integers(0, 8 * len(made) - 1))
    made[place // 8] ^= 1 << place % 8
    with pytest.raises((RequestFileForged, RequestFileUnreadable, KeyWeak)):
        read_request(bytes(made))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_are_refused_in_our_words(octets: bytes) -> None:
    for given_ in (octets, b"\x30" + octets, armour(octets)):
        with pytest.raises((RequestFileUnreadable, RequestFileForged, KeyWeak)):
            read_request(given_)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30" * (MAX_OCTETS + 1),
        armour(MADE[KeyKind.SM2]) * 2,
        armour(MADE[KeyKind.SM2], "CERTIFICATE"),
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAA\n-----END CERTIFICATE REQUEST-----",
        MADE[KeyKind.SM2] + b"\0",
    ],
    ids=["empty", "too large", "two requests", "a certificate", "not base64", "octets after it"],
)
def test_what_is_no_request_is_unreadable(octets: bytes) -> None:
    with pytest.raises(RequestFileUnreadable):
        read_request(octets)


def test_a_point_off_the_sm2_curve_is_unreadable() -> None:
    key = new_key(KeyKind.SM2)
    made = request(key)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    spoilt = point[:-1] + bytes((point[-1] ^ 1,))
    with pytest.raises(RequestFileUnreadable):
        read_request(made.replace(point, spoilt))


def test_an_algorithm_that_we_do_not_use_is_unreadable() -> None:
    key = rsa.generate_private_key(65537, 2048)
    made = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(key, hashes.SHA224())
    with pytest.raises(RequestFileUnreadable, match="is not used here"):
        read_request(made.public_bytes(Encoding.DER))


def modulus_of(first: int, second: int) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(65537, first * second).public_key()


def a_prime(start: int) -> int:
    """Return the next number from ``start`` that passes Fermat's test to base 2: prime enough for a test."""
    start |= 1
    while pow(2, start - 1, start) != 1:
        start += 2
    return start


def fingerprinted() -> rsa.RSAPublicKey:
    """Make a modulus with the fingerprint of CVE-2017-15361: a power of 65537 modulo the product of the first primes."""
    product = 1
    for prime in range(2, 168):
        if all(prime % divisor for divisor in range(2, int(prime**0.5) + 1)):
            product *= prime
    modulus = product * ((1 << 2047) // product + 1) + pow(65537, secrets.randbelow(1 << 40), product)
    while any(modulus % small == 0 for small in range(3, 752, 2)):
        modulus += product
    return rsa.RSAPublicNumbers(65537, modulus).public_key()


def test_rsa_keys_whose_factors_can_be_found() -> None:
    first = a_prime(3 << 1022)
    assert "close" in (why_weak(modulus_of(first, a_prime(first + 2))) or "")
    small = rsa.RSAPublicNumbers(65537, 751 * ((1 << 2038) | 1)).public_key()
    assert "small factor" in (why_weak(small) or "")
    low = rsa.RSAPublicNumbers(3, shared_rsa_key().public_key().public_numbers().n).public_key()
    assert "exponent" in (why_weak(low) or "")
    assert why_weak(shared_rsa_key().public_key()) is None


def test_keys_of_chips_that_can_be_factored() -> None:
    """CVE-2017-15361: a modulus with that fingerprint is refused, and honest ones are not."""
    assert "CVE-2017-15361" in (why_weak(fingerprinted()) or "")
    for number in range(3):
        assert why_weak(shared_rsa_key(2048, number).public_key()) is None


@pytest.mark.parametrize("point", [*PUBLISHED_SM2_POINTS, G, (G[0], P - G[1])], ids=["example", "G", "-G"])
def test_sm2_keys_that_everybody_knows(point: tuple[int, int]) -> None:
    key = Sm2PublicKey(*point)
    assert "public" in (why_weak(key) or "")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda curve: curve.name)
def test_the_base_point_of_a_curve_is_no_key(curve: ec.EllipticCurve) -> None:
    assert "public" in (why_weak(ec.derive_private_key(1, curve).public_key()) or "")
    assert why_weak(ec.generate_private_key(curve).public_key()) is None


def test_short_keys_and_other_curves() -> None:
    assert why_weak(rsa.generate_private_key(65537, 1024).public_key())
    assert why_weak(ec.generate_private_key(ec.SECP521R1()).public_key())
