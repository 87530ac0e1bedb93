"""Decoders of the key centre over whatever octets: round trips, refusals by name, and no flipped bit that passes unseen."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.keycentre import delivery, enveloped_key_der
from ca.keycentre.errors import EnvelopeForAnother, EnvelopeUnproven, EnvelopeUnreadable
from hsm.algorithms import SignatureAlgorithm
from hsm.enveloped_key import BLOB_OCTETS, EnvelopedKey
from hsm.envelopes import EnvelopeFormat, Recipient, WrappedKey
from hsm.errors import Sm2Unreadable
from hsm.signer import Custody
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.cipher import Sm2Cipher

SM2 = PythonBackend(allowed=True)
SCALARS = [SM2.generate() for _ in range(4)]
POINTS = [SM2.public(each) for each in SCALARS]
RSA = rsa.generate_private_key(65537, 2048).public_key()
P256 = ec.generate_private_key(ec.SECP256R1()).public_key()
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "印信测试 CA")]).public_bytes()
points = st.sampled_from(POINTS)
public_keys = st.sampled_from([*POINTS, RSA, P256])
serials = st.integers(0, (1 << 160) - 1)
times = st.datetimes(datetime(1950, 1, 1), datetime(2149, 1, 1)).map(  # noqa: DTZ001 - the strategy takes naive bounds
    lambda t: t.replace(microsecond=0, tzinfo=UTC)
)
text = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=64)


@st.composite
def enveloped_keys(draw: st.DrawFn) -> EnvelopedKey:
    one, other = draw(points), draw(points)
    digest, key = draw(st.binary(min_size=32, max_size=32)), draw(st.binary(min_size=16, max_size=16))
    encrypted = draw(st.binary(min_size=32, max_size=32))
    return EnvelopedKey(Sm2Cipher(one.x, one.y, digest, key), other, encrypted)


class Centre:
    """A signer over SM2 in Python."""

    algorithm = SignatureAlgorithm.SM2_SM3
    public_key = POINTS[0]
    custody = Custody.SOFT

    def sign(self, message: bytes) -> bytes:
        return SM2.sign(SCALARS[0], message)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[bytes, Recipient, WrappedKey]:
    key = draw(enveloped_keys())
    to = Recipient(draw(public_keys), draw(text), draw(text))
    body = draw(st.binary(min_size=1, max_size=300))
    if isinstance(to.public_key, rsa.RSAPublicKey):
        wrapped = WrappedKey(EnvelopeFormat.RSA_KWP, draw(st.binary(min_size=256, max_size=256)), body)
    elif isinstance(to.public_key, ec.EllipticCurvePublicKey):
        wrapped = WrappedKey(EnvelopeFormat.ECDH_KWP, draw(st.binary(min_size=65, max_size=65)), body)
    else:
        wrapped = WrappedKey(EnvelopeFormat.SM2, key.cipher.raw, key.encrypted)
    return delivery.seal("ab" * 16, key.public, to, wrapped, Centre()), to, wrapped


@given(enveloped_keys())
def test_an_enveloped_key_survives_both_writings(key: EnvelopedKey) -> None:
    assert EnvelopedKey.from_blob(key.to_blob()) == key
    assert len(key.to_blob()) == BLOB_OCTETS
    der = enveloped_key_der.encode(key)
    assert enveloped_key_der.decode(der) == key
    assert len(der) <= enveloped_key_der.MAX_OCTETS


@given(enveloped_keys(), st.integers(0, BLOB_OCTETS * 8 - 1))
def test_a_flipped_bit_of_a_blob_is_refused_or_seen(key: EnvelopedKey, bit: int) -> None:
    octets = bytearray(key.to_blob())
    octets[bit // 8] ^= 1 << bit % 8
    try:
        assert EnvelopedKey.from_blob(bytes(octets)) != key
    except Sm2Unreadable:
        return


@given(enveloped_keys(), st.data())
def test_a_flipped_bit_of_der_is_refused_or_seen(key: EnvelopedKey, data: st.DataObject) -> None:
    octets = bytearray(enveloped_key_der.encode(key))
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 1 << bit % 8
    try:
        found = enveloped_key_der.decode(bytes(octets))
    except EnvelopeUnreadable:
        return
    assert found != key


@settings(deadline=None, max_examples=60)
@given(deliveries(), st.data())
def test_a_delivery_survives_and_no_flipped_bit_passes(
    made: tuple[bytes, Recipient, WrappedKey], data: st.DataObject
) -> None:
    octets, to, wrapped = made
    found = delivery.parse(octets, to.public_key).proven(POINTS[0]).meant_for(to)
    assert found.wrapped == wrapped
    bent = bytearray(octets)
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises((EnvelopeUnproven, EnvelopeUnreadable, EnvelopeForAnother)):
        delivery.parse(bytes(bent), to.public_key).proven(POINTS[0]).meant_for(to)


@given(st.binary(max_size=600))
def test_any_octets_are_refused_by_name(octets: bytes) -> None:
    for read, error in (
        (enveloped_key_der.decode, EnvelopeUnreadable),
        (delivery.parse, EnvelopeUnreadable),
        (EnvelopedKey.from_blob, Sm2Unreadable),
    ):
        with pytest.raises(error):
            read(octets)


def test_a_recipient_is_bound_by_all_that_names_it() -> None:
    with pytest.raises(ValueError, match="serial"):
        Recipient(P256, "x" * 65)
    assert len(Recipient(P256, "a", "b").binding) == hashlib.sha256().digest_size
    assert Recipient(P256, "a", "b").binding != Recipient(P256, "ab", "").binding
