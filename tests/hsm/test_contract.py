"""What every key provider promises, proved on real PKCS#11 tokens and on the soft key store alike."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hsm.algorithms import KeyKind, PublicKey, SignatureAlgorithm
from hsm.builder_keys import builder_key
from hsm.errors import (
    CertificateUnreadable,
    DuplicateKey,
    KeyMismatch,
    KeyNotFound,
    KeyUriError,
    SignatureInvalid,
    TokenExists,
    TokenNotFound,
    UnsupportedAlgorithm,
)
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from hsm.signer import Custody, Signer
from hsm.sm2.public_key import Sm2PublicKey
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.hsm.conftest import Shelf
from tests.hsm.sm2_certificates import sm2_certificate

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "测试 TEST")])


def certificate(signer: Signer, subject_key: PublicKey | None = None, serial: int = 1) -> bytes:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(signer.public_key, Sm2PublicKey):
        return sm2_certificate(signer, subject_key or signer.public_key, serial)
    builder = x509.CertificateBuilder(
        NAME, NAME, subject_key or signer.public_key, serial, now, now + timedelta(1)
    )
    return builder.sign(builder_key(signer), signer.algorithm.digest.hash()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("kind", [*KeyKind])
def test_every_kind_of_key_signs_what_another_library_verifies(shelf: Shelf, kind: KeyKind) -> None:
    uri = shelf.key(kind)
    signer = shelf.keys.signer(uri)
    signature = signer.sign(b"message")
    verify_signature(signer.public_key, signer.algorithm, b"message", signature)
    assert signer.public_key.key_size == kind.bits
    with pytest.raises(SignatureInvalid):
        verify_signature(signer.public_key, signer.algorithm, b"another", signature)


@pytest.mark.parametrize("algorithm", [a for a in SignatureAlgorithm if a.is_rsa])
@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1])
def test_rsa_signs_messages_of_any_length(shelf: Shelf, algorithm: SignatureAlgorithm, size: int) -> None:
    """The token hashes up to 1 MiB, we hash what is longer: both are the same signature (PKCS#1 v1.5 is one-valued)."""
    signer = shelf.keys.signer(shelf.key(KeyKind.RSA_2048), algorithm=algorithm)
    message = b"x" * size
    verify_signature(signer.public_key, algorithm, message, signer.sign(message))


@pytest.mark.parametrize("algorithm", [SignatureAlgorithm.ECDSA_SHA256, SignatureAlgorithm.ECDSA_SHA384])
@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384])
def test_ecdsa_with_either_digest(shelf: Shelf, kind: KeyKind, algorithm: SignatureAlgorithm) -> None:
    signer = shelf.keys.signer(shelf.key(kind), algorithm=algorithm)
    for number in range(20):  # r or s with leading zeros turn up now and then
        message = number.to_bytes(4, "big")
        verify_signature(signer.public_key, algorithm, message, signer.sign(message))


def test_an_algorithm_of_another_family_is_refused(shelf: Shelf) -> None:
    uri = shelf.key()
    with pytest.raises(UnsupportedAlgorithm):
        shelf.keys.signer(uri, algorithm=SignatureAlgorithm.RSA_SHA256)


def test_I24_keys_are_read_back_as_protected(shelf: Shelf) -> None:
    uri = shelf.key()
    (stored,) = shelf.keys.keys(uri.token)
    assert (stored.extractable, stored.sensitive, stored.always_sensitive) == (False, True, True)
    assert stored.uri == uri
    assert uri.id is not None
    assert len(uri.id) == 16


def test_labels_and_ids_are_unique(shelf: Shelf) -> None:
    shelf.needs("generate")
    uri = shelf.key()
    with pytest.raises(DuplicateKey):
        shelf.keys.generate(shelf.uri(uri.token), shelf.plain)
    with pytest.raises(DuplicateKey):
        shelf.keys.generate(uri, shelf.kinds[0])
    with pytest.raises(DuplicateKey):
        shelf.keys.generate(shelf.uri(uri.token, "other").with_id(uri.id or b""), shelf.plain)
    assert len(shelf.keys.keys(uri.token)) == 1


def test_several_keys_and_certificates_live_on_one_token(shelf: Shelf) -> None:
    """一芯多证: five pairs, each with its certificate."""
    token = shelf.token()
    made = {}
    for number in range(5):
        kind = shelf.kinds[0] if number == 0 else shelf.plain
        uri = shelf.keys.generate(shelf.uri(token, f"印章 {number}"), kind)
        made[uri] = certificate(shelf.keys.signer(uri), serial=2**158 + number)
        shelf.keys.import_certificate(uri, made[uri])
    assert {each.id: each.der for each in shelf.keys.certificates(token)} == {
        uri.id: der for uri, der in made.items()
    }
    for uri, der in made.items():
        expected = certificate_key(x509.load_der_x509_certificate(der))
        signer = shelf.keys.signer(KeyUri(uri.scheme, token, uri.object), expected=expected)
        verify_signature(expected, signer.algorithm, b"m", signer.sign(b"m"))
    assert [each.label for each in shelf.keys.certificates(token)] == [f"印章 {n}" for n in range(5)]


def test_a_renewed_certificate_takes_the_place_of_the_old_one(shelf: Shelf) -> None:
    uri = shelf.key()
    signer = shelf.keys.signer(uri)
    for serial in (1, 2, 2):
        shelf.keys.import_certificate(uri, certificate(signer, serial=serial))
    (stored,) = shelf.keys.certificates(uri.token)
    assert x509.load_der_x509_certificate(stored.der).serial_number == 2


def test_a_certificate_of_another_key_is_refused(shelf: Shelf) -> None:
    uri = shelf.key()
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(KeyMismatch):
        shelf.keys.import_certificate(uri, certificate(shelf.keys.signer(uri), other))
    with pytest.raises(KeyMismatch):
        shelf.keys.signer(uri, expected=other)
    with pytest.raises(CertificateUnreadable):
        shelf.keys.import_certificate(uri, b"no certificate")
    assert shelf.keys.certificates(uri.token) == ()


def test_a_destroyed_key_is_gone_with_its_certificate(shelf: Shelf) -> None:
    shelf.needs("generate", "destroy")
    uri = shelf.key()
    signer = shelf.keys.signer(uri)
    shelf.keys.import_certificate(uri, certificate(signer))
    kept = shelf.keys.generate(shelf.uri(uri.token, "kept"), shelf.plain)
    shelf.keys.destroy(uri)
    assert [each.uri for each in shelf.keys.keys(uri.token)] == [kept]
    assert shelf.keys.certificates(uri.token) == ()
    with pytest.raises(KeyNotFound):
        signer.sign(b"m")
    with pytest.raises(KeyNotFound):
        shelf.keys.destroy(uri)


def test_a_key_destroyed_by_another_process_is_not_found(shelf: Shelf) -> None:
    shelf.needs("destroy")
    uri = shelf.key()
    signer = shelf.keys.signer(uri)
    signer.sign(b"m")
    shelf.again().destroy(uri)
    with pytest.raises(KeyNotFound):
        signer.sign(b"m")


def test_wrong_addresses_are_named(shelf: Shelf) -> None:
    uri = shelf.key()
    with pytest.raises(KeyNotFound):
        shelf.keys.signer(shelf.uri(uri.token, "nothing"))
    with pytest.raises(KeyNotFound):
        shelf.keys.signer(uri.with_id(b"\1" * 16))
    with pytest.raises(TokenNotFound):
        shelf.keys.signer(shelf.uri(f"{shelf.prefix}nowhere"))
    with pytest.raises(TokenNotFound):
        shelf.keys.certificates(f"{shelf.prefix}nowhere")
    other = "file" if shelf.scheme == "pkcs11" else "pkcs11"
    with pytest.raises(KeyUriError):
        shelf.keys.signer(KeyUri(other, uri.token, uri.object))


def test_tokens_have_unique_labels_of_limited_length(shelf: Shelf) -> None:
    token = shelf.token()
    with pytest.raises(TokenExists):
        shelf.keys.create_token(token, SO_PIN, USER_PIN)
    with pytest.raises(KeyUriError):
        shelf.keys.create_token(f"{shelf.prefix}{'章' * 11}", SO_PIN, USER_PIN)  # 33 octets
    longest = f"{shelf.prefix}{'章' * 10}ab"  # 32 octets
    shelf.keys.create_token(longest, SO_PIN, USER_PIN)
    assert shelf.keys.tokens() == tuple(sorted([token, longest]))


def test_a_token_is_there_after_a_restart(shelf: Shelf) -> None:
    uri = shelf.key()
    before = shelf.keys.signer(uri)
    shelf.keys.close()
    after = shelf.again().signer(uri, expected=before.public_key)
    verify_signature(before.public_key, after.algorithm, b"m", after.sign(b"m"))


def test_a_signer_works_after_its_provider_was_closed(shelf: Shelf) -> None:
    """Closing ends sessions, not the right to open new ones."""
    signer = shelf.keys.signer(shelf.key())
    shelf.keys.close()
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_many_threads_share_one_signer(shelf: Shelf) -> None:
    uri = shelf.key()
    signer = shelf.keys.signer(uri)
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(25):
                message = f"{number}/{step}".encode()
                verify_signature(signer.public_key, signer.algorithm, message, signer.sign(message))
        except BaseException as failure:  # noqa: BLE001 - reported below
            wrong.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_ring_opens_by_text(shelf: Shelf) -> None:
    uri = shelf.key()
    ring = KeyRing({shelf.scheme: shelf.keys})
    signer = open_signer(ring, str(uri))
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    assert isinstance(signer, Signer)
    assert signer.custody is (Custody.SEALED if shelf.sealed else shelf.keys.custody)
    assert {each.custody for each in shelf.keys.keys(uri.token)} == {signer.custody}
    with pytest.raises(KeyUriError):
        open_signer(KeyRing({}), str(uri))


def test_the_probe_tells_a_ready_token_from_none(shelf: Shelf) -> None:
    token = shelf.token()
    assert shelf.keys.probe(token).ready
    health = shelf.keys.probe(f"{shelf.prefix}nowhere")
    assert not health.ready
    assert "TokenNotFound" in health.detail or "TokenLost" in health.detail
