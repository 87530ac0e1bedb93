"""SM2 with the answers that the standards print (GB/T 32918.5-2017 = GM/T 0003.5-2012, the recommended curve)."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from hsm.errors import DecryptionFailed, SignatureInvalid
from hsm.sm2 import curve
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.cipher import Sm2Cipher, mask
from hsm.sm2.self_test import CIPHER, MESSAGE, PLAINTEXT, PUBLIC, SCALAR, SIGNATURE
from hsm.sm2.signature import identity_digest, message_digest

K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
"""The nonce of both examples, A.2 (signature) and C.2 (encryption)."""
FIXED = PythonBackend(allowed=True, nonces=lambda: K)


def test_the_curve() -> None:
    """GB/T 32918.5 §2: the base point is on it and has the order n."""
    assert curve.on_curve(*curve.G)
    assert curve.base_multiple(curve.N) is None
    assert curve.base_multiple(curve.N - 1) == (curve.G[0], curve.P - curve.G[1])
    assert curve.multiple(curve.N, curve.G) is None
    assert curve.base_multiple(1) == curve.G
    assert set(curve.lift(curve.G[0])) == {curve.G, (curve.G[0], curve.P - curve.G[1])}
    assert curve.lift(next(x for x in range(100) if not curve.lift(x))) == ()


def test_sums_that_meet_themselves() -> None:
    """The doubling and the infinity inside an addition, where formulas for the general case fail."""
    point = curve.base_multiple(7)
    assert point is not None
    assert curve.combined(7, 1, point) == curve.base_multiple(14)
    assert curve.combined(curve.N - 7, 1, point) is None
    assert curve.combined(0, 3, point) == curve.base_multiple(21)
    assert curve.combined(5, 0, point) == curve.base_multiple(5)


def test_a_point_that_comes_often_is_multiplied_the_same() -> None:
    """The comb that is made for it and the windows before agree, at the edges too."""
    point = curve.base_multiple(0xABCDEF)
    assert point is not None
    scalars = [0, 1, 15, 16, curve.N - 1, curve.N, 2**255 + 12345, 0xF0F0 << 100]
    for _ in range(curve.OFTEN):
        curve.combined(1, 1, point)
    assert point in curve._POPULAR._combs
    for base in (0, 1, curve.N - 0xABCDEF, 77):
        for scalar in scalars:
            expected = curve.base_multiple(base + scalar * 0xABCDEF)
            assert curve.combined(base, scalar, point) == expected
    verify = FIXED.verify_digest
    for _ in range(curve.OFTEN + 2):
        verify(PUBLIC, message_digest(PUBLIC, MESSAGE), SIGNATURE.der)
        with pytest.raises(SignatureInvalid):
            verify(PUBLIC, bytes(32), SIGNATURE.der)


def test_what_is_kept_of_points_is_bounded() -> None:
    kept = curve._Popular()
    for number in range(1, curve.WATCHED + 20):
        kept.comb((number, number))
    assert len(kept._seen) <= curve.WATCHED
    for number in range(3, 6):
        point = curve.base_multiple(number)
        assert point is not None
        for _ in range(curve.OFTEN):
            kept.comb(point)
    assert len(kept._combs) == 3


def test_the_public_key() -> None:
    assert FIXED.public(SCALAR) == PUBLIC


def test_z_and_e() -> None:
    """GB/T 32918.5 A.2: ZA and e for the identity 1234567812345678."""
    assert identity_digest(PUBLIC).hex().upper() == (
        "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"
    )
    assert message_digest(PUBLIC, MESSAGE).hex().upper() == (
        "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
    )


def test_the_signature_with_the_nonce_of_the_standard() -> None:
    assert FIXED.sign(SCALAR, MESSAGE) == SIGNATURE.der
    FIXED.verify(PUBLIC, MESSAGE, SIGNATURE.der)


def test_the_ciphertext_with_the_nonce_of_the_standard() -> None:
    """GB/T 32918.5 C.2."""
    made = FIXED.encrypt(PUBLIC, PLAINTEXT)
    assert made == CIPHER
    assert FIXED.decrypt(SCALAR, CIPHER) == PLAINTEXT
    assert Sm2Cipher.from_der(CIPHER.der) == CIPHER == Sm2Cipher.from_raw(CIPHER.raw)


@pytest.mark.parametrize("length", [1, 31, 32, 33, 64, 255])
def test_the_mask_is_the_x963_derivation(length: int) -> None:
    """Another implementation of the same function: ``cryptography``'s X9.63 KDF without shared information."""
    secret = b"\x07" * 64
    assert mask(secret, length) == X963KDF(SM3(), length, None).derive(secret)


def test_a_mask_of_zeros_is_drawn_anew() -> None:
    """GB/T 32918.4 §6.1 A5: found by search, a nonce whose one-octet mask for this key is zero."""
    nonce = next(k for k in range(1, 5000) if _mask_octet(k) == 0)
    nonces = iter((nonce, K))
    backend = PythonBackend(allowed=True, nonces=lambda: next(nonces))
    assert backend.encrypt(PUBLIC, b"x") == FIXED.encrypt(PUBLIC, b"x")
    assert list(nonces) == []


def test_a_ciphertext_with_a_mask_of_zeros_is_refused() -> None:
    """GB/T 32918.4 §7.1 B4: its digest is right, and it still does not decrypt."""
    nonce = next(k for k in range(1, 5000) if _mask_octet(k) == 0)
    made = PythonBackend(allowed=True, nonces=lambda: nonce)._encrypt(PUBLIC, b"x")
    assert made.text == b"x"
    with pytest.raises(DecryptionFailed):
        FIXED.decrypt(SCALAR, made)


def _mask_octet(nonce: int) -> int:
    point = curve.multiple(nonce, (PUBLIC.x, PUBLIC.y))
    assert point is not None
    return mask(b"".join(each.to_bytes(32) for each in point), 1)[0]


@pytest.mark.parametrize("bad", [0, curve.N, curve.N - int.from_bytes(SCALAR)])
def test_a_nonce_that_gives_no_signature_is_drawn_anew(bad: int) -> None:
    """GB/T 32918.2 §6.1: r = 0, r + k = n or s = 0; here the first point is infinity or the sum is forced."""
    if bad in (0, curve.N):
        with pytest.raises(ArithmeticError):
            PythonBackend(allowed=True, nonces=lambda: bad).sign_digest(SCALAR, bytes(32))
        return
    point = curve.base_multiple(bad)
    assert point is not None
    digest = ((-bad - point[0]) % curve.N).to_bytes(32)  # then r + k = n
    nonces = iter((bad, K))
    backend = PythonBackend(allowed=True, nonces=lambda: next(nonces))
    assert backend.sign_digest(SCALAR, digest) == FIXED.sign_digest(SCALAR, digest)
    assert list(nonces) == []
