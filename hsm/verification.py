"""Checking a signature. Needs no token, no database and no private key."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.errors import SignatureInvalid


def verify_signature(
    public_key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes
) -> None:
    """Prove that ``signature`` over ``message`` (octets, hashed inside) was made by the key, or raise.

    RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2) or DER ``Ecdsa-Sig-Value`` (RFC 3279 §2.2.3). Raises :class:`SignatureInvalid`,
    also when the algorithm is not one for this kind of key.
    """
    try:
        if isinstance(public_key, rsa.RSAPublicKey) and algorithm.is_rsa:
            public_key.verify(signature, message, padding.PKCS1v15(), algorithm.digest.hash())
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and not algorithm.is_rsa:
            public_key.verify(signature, message, ec.ECDSA(algorithm.digest.hash()))
        else:
            raise SignatureInvalid(f"{algorithm.label} is not for this kind of key")
    except InvalidSignature as wrong:
        raise SignatureInvalid(algorithm.label) from wrong
