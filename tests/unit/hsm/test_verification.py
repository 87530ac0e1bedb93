"""A signature is proved or refused; there is no third answer and no boolean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hsm.algorithms import SignatureAlgorithm
from hsm.errors import SignatureInvalid
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.curve import N
from hsm.sm2.self_test import MESSAGE, PUBLIC, SCALAR, SIGNATURE
from hsm.sm2.signature import Sm2Signature
from hsm.verification import verify_signature

ROOT = Path(__file__).parents[3]
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("algorithm", [a for a in SignatureAlgorithm if a is not SignatureAlgorithm.SM2_SM3])
def test_right_is_silent_and_wrong_raises(algorithm: SignatureAlgorithm) -> None:
    digest = algorithm.digest.hash()
    key = RSA if algorithm.is_rsa else EC
    signature = (
        RSA.sign(b"m", padding.PKCS1v15(), digest) if algorithm.is_rsa else EC.sign(b"m", ec.ECDSA(digest))
    )
    verify_signature(key.public_key(), algorithm, b"m", signature)
    for message, octets in (
        (b"n", signature),
        (b"m", b""),
        (b"m", signature[:-1]),
        (b"m", signature + b"\0"),
        (b"m", bytes((signature[0] ^ 1,)) + signature[1:]),
    ):
        with pytest.raises(SignatureInvalid):
            verify_signature(key.public_key(), algorithm, message, octets)


def test_another_digest_or_another_family_is_refused() -> None:
    signature = EC.sign(b"m", ec.ECDSA(SignatureAlgorithm.ECDSA_SHA256.digest.hash()))
    for algorithm in (SignatureAlgorithm.ECDSA_SHA384, SignatureAlgorithm.RSA_SHA256):
        with pytest.raises(SignatureInvalid):
            verify_signature(EC.public_key(), algorithm, b"m", signature)
    with pytest.raises(SignatureInvalid):
        verify_signature(RSA.public_key(), SignatureAlgorithm.ECDSA_SHA256, b"m", signature)


def test_sm2_right_is_silent_and_wrong_raises() -> None:
    """GB/T 32918.5 A.2, as DER and as r and s alone; then everything near it."""
    sm2 = SignatureAlgorithm.SM2_SM3
    right = SIGNATURE.der
    verify_signature(PUBLIC, sm2, MESSAGE, right)
    verify_signature(PUBLIC, sm2, MESSAGE, SIGNATURE.raw)
    swapped = Sm2Signature(SIGNATURE.s, SIGNATURE.r)
    complement = Sm2Signature(SIGNATURE.r, N - SIGNATURE.s)  # what ECDSA would accept as well
    other_name = PythonBackend(allowed=True).sign(SCALAR, MESSAGE, b"ALICE123@YAHOO.COM")
    for message, octets in (
        (MESSAGE + b".", right),
        (MESSAGE, b""),
        (MESSAGE, right[:-1]),
        (MESSAGE, right + b"\0"),
        (MESSAGE, swapped.der),
        (MESSAGE, complement.der),
        (MESSAGE, complement.raw),
        (MESSAGE, other_name),
    ):
        with pytest.raises(SignatureInvalid):
            verify_signature(PUBLIC, sm2, message, octets)


def test_sm2_and_the_other_families_are_kept_apart() -> None:
    for key, algorithm in (
        (PUBLIC, SignatureAlgorithm.ECDSA_SHA256),
        (PUBLIC, SignatureAlgorithm.RSA_SHA256),
        (EC.public_key(), SignatureAlgorithm.SM2_SM3),
        (RSA.public_key(), SignatureAlgorithm.SM2_SM3),
    ):
        with pytest.raises(SignatureInvalid):
            verify_signature(key, algorithm, MESSAGE, SIGNATURE.der)


@pytest.mark.parametrize(
    "module", ["hsm.verification", "hsm.cryptoki", "hsm.soft_keys", "hsm.builder_keys", "hsm.softhsm"]
)
def test_only_the_worker_knows_the_pkcs11_binding(module: str) -> None:
    script = f"import sys, {module}; sys.exit('pkcs11' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("module", ["hsm.verification", "hsm.public_keys", "hsm.algorithms"])
def test_checking_brings_no_code_for_private_sm2_keys(module: str) -> None:
    script = f"import sys, {module}; print(*(name for name in sys.modules if name.startswith(('hsm.sm2', 'gmssl'))))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) <= {"hsm.sm2", "hsm.sm2.curve", "hsm.sm2.public_key", "hsm.sm2.signature"}


def test_nothing_is_loaded_when_the_chain_is_imported() -> None:
    script = "import sys, hsm.sm2.backend; print(*(n for n in sys.modules if 'gmssl' in n or 'sm2.by_' in n))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
