"""Checking a signature with a public key: every signature of ours passes here before it leaves (I7)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hsm.algorithms import PublicKey, SignatureAlgorithm


class SignatureWrong(Exception):
    """The signature is not by this key over these octets."""


def check_signature(key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    """Check RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2) or ECDSA (RFC 3279 §2.2.3); :class:`SignatureWrong` if it fails."""
    hashing = algorithm.digest.hash()
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.is_rsa:
            key.verify(signature, message, padding.PKCS1v15(), hashing)
        elif isinstance(key, ec.EllipticCurvePublicKey) and not algorithm.is_rsa:
            key.verify(signature, message, ec.ECDSA(hashing))
        else:
            raise SignatureWrong("the key is of another kind than the algorithm")
    except InvalidSignature as wrong:
        raise SignatureWrong(algorithm.label) from wrong
