"""Checking a signature. Needs no token, no database and no private key."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hsm.algorithms import Family, PublicKey, SignatureAlgorithm
from hsm.errors import SignatureInvalid
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import verify_message


def verify_signature(
    public_key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes
) -> None:
    """Prove that ``signature`` over ``message`` (octets, hashed inside) was made by the key, or raise.

    RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2), DER ``Ecdsa-Sig-Value`` (RFC 3279 §2.2.3), or for SM2 with the default identity
    DER ``SM2Signature`` or r ‖ s (GM/T 0009 §7.3). Raises :class:`SignatureInvalid`, also when the algorithm is not one
    for this kind of key.
    """
    try:
        if isinstance(public_key, rsa.RSAPublicKey) and algorithm.is_rsa:
            public_key.verify(signature, message, padding.PKCS1v15(), algorithm.digest.hash())
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and algorithm.family is Family.EC:
            public_key.verify(signature, message, ec.ECDSA(algorithm.digest.hash()))
        elif isinstance(public_key, Sm2PublicKey) and algorithm.family is Family.SM2:
            verify_message(public_key, message, signature)
        else:
            raise SignatureInvalid(f"{algorithm.label} is not for this kind of key")
    except InvalidSignature as wrong:
        raise SignatureInvalid(algorithm.label) from wrong
