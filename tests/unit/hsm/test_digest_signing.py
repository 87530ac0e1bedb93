"""Keys that take a digest made elsewhere: the same signature as over the message, nothing of another function."""

from __future__ import annotations

import pytest

from hsm.algorithms import Digest, DigestAlgorithm, KeyKind
from hsm.digest_signing import digest_signer, digest_to_sign, verify_digest
from hsm.errors import DigestNotSignable, SignatureInvalid
from hsm.key_uri import KeyUri
from hsm.signer import Signer
from hsm.soft_keys import SoftProvider
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN

MESSAGE = b"what was hashed elsewhere"
KINDS = [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048, KeyKind.SM2]


def soft_signer(store: SoftProvider, kind: KeyKind) -> Signer:
    store.create_token("t", SO_PIN, USER_PIN)
    return store.signer(store.generate(KeyUri("file", "t", "k"), kind))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
def test_a_digest_is_signed_as_its_message_would_be(soft_keys: SoftProvider, kind: KeyKind) -> None:
    signer = soft_signer(soft_keys, kind)
    digest = digest_to_sign(signer.public_key, signer.algorithm, MESSAGE)
    signature = digest_signer(signer).sign_digest(digest)
    verify_signature(signer.public_key, signer.algorithm, MESSAGE, signature)
    verify_digest(signer.public_key, signer.algorithm, digest, signature)
    verify_digest(signer.public_key, signer.algorithm, digest, signer.sign(MESSAGE))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
def test_another_digest_or_a_flipped_bit_never_passes(soft_keys: SoftProvider, kind: KeyKind) -> None:
    signer = soft_signer(soft_keys, kind)
    digest = digest_to_sign(signer.public_key, signer.algorithm, MESSAGE)
    signature = digest_signer(signer).sign_digest(digest)
    other = digest_to_sign(signer.public_key, signer.algorithm, MESSAGE + b"!")
    with pytest.raises(SignatureInvalid):
        verify_digest(signer.public_key, signer.algorithm, other, signature)
    with pytest.raises(SignatureInvalid):
        verify_digest(
            signer.public_key, signer.algorithm, digest, signature[:-1] + bytes([signature[-1] ^ 1])
        )


def test_a_digest_of_another_function_is_refused(soft_keys: SoftProvider) -> None:
    signer = digest_signer(soft_signer(soft_keys, KeyKind.EC_P256))
    wrong = Digest(DigestAlgorithm.SHA384, bytes(48))
    with pytest.raises(DigestNotSignable) as refused:
        signer.sign_digest(wrong)
    assert "sha384" in refused.value.detail
