"""Octets of strangers before the room of keys: SubjectPublicKeyInfo, certificates, requests, SM2, sealed keys of a token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.certificates import certificate_facts
from hsm.errors import CertificateUnreadable, HsmError, Sm2Unreadable, UnsupportedAlgorithm
from hsm.public_keys import certificate_key, load_spki, public_key_from, spki
from hsm.sm2.private_octets import pkcs8, read_pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.self_test import PUBLIC, SCALAR, SIGNATURE
from hsm.sm2.signature import Sm2Signature
from hsm.spki_octets import spki_of_certificate, spki_of_request
from hsm.worker.sealed_keys import BLOB_OCTETS, SealedKey
from tests.hsm.sm2_certificates import sm2_certificate, tlv

QUICK = settings(deadline=None, max_examples=400)


class Fixed:
    """A signer whose signature is of another message: nothing here checks it."""

    public_key = PUBLIC

    def sign(self, _message: bytes) -> bytes:
        return SIGNATURE.der


CERTIFICATE = sm2_certificate(Fixed(), PUBLIC, 12345)  # type: ignore[arg-type]
TBS = x509.load_der_x509_certificate(CERTIFICATE).tbs_certificate_bytes
KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "测试")])
SEALED = SealedKey("k", b"\1" * 16, PUBLIC, bytes(BLOB_OCTETS))


def damaged(octets: bytes) -> st.SearchStrategy[bytes]:
    """Draw the octets with a few of them changed, cut out, doubled or put in."""
    place = st.integers(0, len(octets))
    change = st.tuples(place, st.integers(0, 4), st.binary(max_size=4))

    def apply(changes: list[tuple[int, int, bytes]]) -> bytes:
        made = octets
        for at, cut, put in changes:
            made = made[:at] + put + made[at + cut :]
        return made

    return st.lists(change, min_size=1, max_size=4).map(apply)


def refusing(read: Callable[[bytes], object], octets: bytes) -> object:
    """Read; a refusal of ours is ``None``, every other exception is a fault."""
    try:
        return read(octets)
    except HsmError as refusal:
        refused = refusal
    assert len(refused.detail) < 200
    return None


@QUICK
@given(st.one_of(st.binary(max_size=200), damaged(spki(PUBLIC))))
def test_a_public_key_is_read_or_refused(octets: bytes) -> None:
    found = refusing(load_spki, octets)
    if isinstance(found, Sm2PublicKey):
        assert spki(found) == octets


@QUICK
@given(st.one_of(st.binary(max_size=200), damaged(TBS)))
def test_the_key_of_a_body_is_found_or_refused(octets: bytes) -> None:
    for read in (spki_of_certificate, spki_of_request):
        try:
            found = read(octets)
        except UnsupportedAlgorithm:
            continue
        assert found in octets
        assert found[0] == 0x30


@QUICK
@given(damaged(CERTIFICATE))
def test_a_certificate_is_read_or_refused(octets: bytes) -> None:
    try:
        facts = certificate_facts(octets)
    except CertificateUnreadable:
        return
    if isinstance(facts.public_key, Sm2PublicKey):
        assert spki(facts.public_key) in octets


@QUICK
@given(st.one_of(st.binary(max_size=300), damaged(SEALED.value)))
def test_a_sealed_key_of_a_token_is_read_or_refused(octets: bytes) -> None:
    found = refusing(lambda value: SealedKey.parse("k", value), octets)
    if found is not None:
        assert isinstance(found, SealedKey)
        assert found.value == octets


@QUICK
@given(st.one_of(st.binary(max_size=200), damaged(bytes(pkcs8(SCALAR, PUBLIC)))))
def test_a_private_key_is_read_or_refused(octets: bytes) -> None:
    try:
        scalar, public = read_pkcs8(octets)
    except Sm2Unreadable as refusal:
        refused = refusal
    else:
        assert pkcs8(scalar, public) == octets
        return
    assert SCALAR.hex() not in refused.detail


@QUICK
@given(damaged(SIGNATURE.der))
def test_a_damaged_signature_is_another_or_none(octets: bytes) -> None:
    found = refusing(Sm2Signature.parse, octets)
    if found is not None:
        assert isinstance(found, Sm2Signature)
        assert octets in (found.der, found.raw)


@QUICK
@given(
    st.dictionaries(
        st.sampled_from(["sm2", "curve", "point", "modulus", "exponent", "certificate"]), st.text(max_size=20)
    )
)
def test_what_a_token_says_of_a_key_is_read_or_refused(attributes: dict[str, str]) -> None:
    try:
        public_key_from(attributes)
    except UnsupportedAlgorithm:
        return
    assert attributes


def test_where_the_key_stands_agrees_with_another_library() -> None:
    """Versions 1 and 3 of a certificate, and a request, with a key that ``cryptography`` can give."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    key_der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    third = x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, now, now + timedelta(1)).sign(
        KEY, SHA256()
    )
    request = x509.CertificateSigningRequestBuilder(NAME).sign(KEY, SHA256())
    assert spki_of_certificate(third.tbs_certificate_bytes) == key_der
    assert spki_of_request(request.tbs_certrequest_bytes) == key_der
    assert spki_of_certificate(TBS) == spki(PUBLIC)
    assert certificate_key(x509.load_der_x509_certificate(CERTIFICATE)) == PUBLIC


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"\x30\x85\x01\x00\x00\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        TBS + b"\0",
        tlv(0x30, *[b"\5\0"] * 7),
        tlv(0x31, TBS),
    ],
)
def test_no_key_where_there_is_none(octets: bytes) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        spki_of_certificate(octets)
