"""Three implementations of SM2 that share no arithmetic judge each other, key after key."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hsm.errors import DecryptionFailed, SignatureInvalid, Sm2Unreadable
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.curve import N
from hsm.sm2.signature import DEFAULT_ID, Sm2Signature, message_digest
from tests.sm2_makers import MAKERS, sm2_maker

SCALARS = st.integers(1, N - 2).map(lambda number: number.to_bytes(32))
IDENTITIES = st.one_of(st.just(DEFAULT_ID), st.binary(max_size=40))
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(QUIET, max_examples=150)


@FEW
@given(scalar=SCALARS, message=st.binary(max_size=300), identity=IDENTITIES)
@example(scalar=(1).to_bytes(32), message=b"", identity=b"")
@example(scalar=(N - 2).to_bytes(32), message=b"m", identity=DEFAULT_ID)
def test_each_accepts_what_each_signs(scalar: bytes, message: bytes, identity: bytes) -> None:
    backends = [sm2_maker(name) for name in MAKERS]
    public = backends[-1].public(scalar)
    assert [backend.public(scalar) for backend in backends] == [public] * 3
    for maker, judge in itertools.product(backends, backends):
        signature = maker.sign(scalar, message, identity)
        judge.verify(public, message, signature, identity)
        judge.verify(public, message, Sm2Signature.from_der(signature).raw, identity)
        for other in ((message + b"\0", identity), (message, identity + b"\0")):
            with pytest.raises(SignatureInvalid):
                judge.verify(public, other[0], signature, other[1])


@FEW
@given(scalar=SCALARS, plaintext=st.binary(min_size=1, max_size=255))
@example(scalar=(1).to_bytes(32), plaintext=b"\0")
@example(scalar=(N - 2).to_bytes(32), plaintext=b"\xff" * 255)
def test_each_opens_what_each_closes(scalar: bytes, plaintext: bytes) -> None:
    backends = [sm2_maker(name) for name in MAKERS]
    public = backends[-1].public(scalar)
    for maker, judge in itertools.product(backends, backends):
        cipher = maker.encrypt(public, plaintext)
        assert judge.decrypt(scalar, cipher) == plaintext
        assert judge.decrypt(scalar, Sm2Cipher.from_der(cipher.der)) == plaintext
        assert len(cipher.text) == len(plaintext)


@FEW
@given(data=st.data(), scalar=SCALARS)
def test_one_flipped_bit_never_passes(data: Any, scalar: bytes) -> None:
    """In a signature (either form), in the digest, in each part of a ciphertext."""
    backends = [sm2_maker(name) for name in MAKERS]
    public = backends[-1].public(scalar)
    digest = message_digest(public, b"message")
    der = backends[0].sign_digest(scalar, digest)
    cipher = backends[0].encrypt(public, b"key of 16 octets")
    for octets in (der, Sm2Signature.from_der(der).raw):
        bad = _flipped(octets, data)
        for judge in backends:
            with pytest.raises(SignatureInvalid):
                judge.verify_digest(public, digest, bad)
            with pytest.raises(SignatureInvalid):
                judge.verify_digest(public, _flipped(digest, data), octets)
    bad = _flipped(cipher.der, data)
    for judge in backends:
        with pytest.raises((DecryptionFailed, Sm2Unreadable)):
            judge.decrypt(scalar, Sm2Cipher.from_der(bad))


@QUIET
@given(st.binary(max_size=400))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    """No parser lets anything out but its own error, and what it reads it writes back the same."""
    for parse, write in (
        (Sm2Signature.from_der, lambda made: made.der),
        (Sm2Signature.from_raw, lambda made: made.raw),
        (Sm2Cipher.from_der, lambda made: made.der),
        (Sm2Cipher.from_raw, lambda made: made.raw),
    ):
        try:
            made = parse(octets)
        except (SignatureInvalid, Sm2Unreadable):
            continue
        assert write(made) == octets


def _flipped(octets: bytes, data: Any) -> bytes:
    """Flip a bit that does not depend on the length, which is another in every run."""
    bit = data.draw(st.integers(0, 2**16)) % (8 * len(octets))
    return (int.from_bytes(octets) ^ 1 << bit).to_bytes(len(octets))
