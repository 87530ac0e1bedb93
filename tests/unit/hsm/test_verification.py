"""A signature is proved or refused; there is no third answer and no boolean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hsm.algorithms import SignatureAlgorithm
from hsm.errors import SignatureInvalid
from hsm.verification import verify_signature

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("algorithm", [*SignatureAlgorithm])
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


@pytest.mark.parametrize(
    "module", ["hsm.verification", "hsm.cryptoki", "hsm.soft_keys", "hsm.builder_keys", "hsm.softhsm"]
)
def test_only_the_worker_knows_the_pkcs11_binding(module: str) -> None:
    script = f"import sys, {module}; sys.exit('pkcs11' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], check=False).returncode
        == 0
    )
