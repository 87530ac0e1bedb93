"""Which digests and signature algorithms count, and the one place that checks a signature's value."""

from __future__ import annotations

from typing import Any, Final

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from verify.errors import unsure
from verify.verdict import SubIndication

DIGESTS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
}
"""Digests accepted (ETSI TS 119 312 §5.2); SHA-1 and MD5 are collision-broken and never count."""

MIN_RSA_BITS: Final = 2048
"""ETSI TS 119 312 §8.2."""
MAX_RSA_BITS: Final = 16_384
"""A larger modulus only costs time; OpenSSL itself stops here."""


def _weak(name: str) -> Exception:
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        f"签名使用了不被接受的算法（{name}），无法作为可靠证明；请要求重新签章。",
        f"The signature uses an algorithm that is not accepted ({name}); ask for it to be signed again.",
    )


def digest_name(algorithm: algos.DigestAlgorithm) -> str:
    """Return the ``hashlib`` name of an accepted digest; raises CRYPTO_CONSTRAINTS_FAILURE for any other."""
    name = str(algorithm["algorithm"].native)
    if name not in DIGESTS:
        raise _weak(name)
    return name


def check_value(
    key: Any, algorithm: algos.SignedDigestAlgorithm, digest: str, signature: bytes, message: bytes
) -> None:
    """Check a signature value over ``message`` (RFC 5652 §5.6).

    ``digest`` is the SignerInfo's digest, used where the algorithm itself names none. Raises
    ``InvalidSignature``, or CRYPTO_CONSTRAINTS_FAILURE for algorithms that are unknown, weak, or not the key's.
    """
    name = algorithm.signature_algo
    if isinstance(key, rsa.RSAPublicKey) and name in {"rsassa_pkcs1v15", "rsassa_pss"}:
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise _weak(f"RSA-{key.key_size}")
        scheme, hashed = _rsa(algorithm, digest)
        key.verify(signature, message, scheme, hashed)
    elif isinstance(key, ec.EllipticCurvePublicKey) and name == "ecdsa":
        if key.key_size < 256:
            raise _weak(key.curve.name)
        key.verify(signature, message, ec.ECDSA(_hash(_own_digest(algorithm, digest))))
    elif (isinstance(key, ed25519.Ed25519PublicKey) and name == "ed25519") or (
        isinstance(key, ed448.Ed448PublicKey) and name == "ed448"
    ):
        key.verify(signature, message)
    else:
        raise _weak(str(algorithm["algorithm"].native))


def _own_digest(algorithm: algos.SignedDigestAlgorithm, fallback: str) -> str:
    try:
        own = str(algorithm.hash_algo)
    except ValueError:
        return fallback
    if own != fallback:
        raise InvalidSignature  # RFC 5652 §5.6: one digest for the attributes and for the signature
    return own


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in DIGESTS:
        raise _weak(name)
    return DIGESTS[name]()


def _rsa(
    algorithm: algos.SignedDigestAlgorithm, digest: str
) -> tuple[padding.PKCS1v15 | padding.PSS, hashes.HashAlgorithm]:
    if algorithm.signature_algo == "rsassa_pkcs1v15":
        return padding.PKCS1v15(), _hash(_own_digest(algorithm, digest))
    parameters = algorithm["parameters"]
    hashed = _hash(str(parameters["hash_algorithm"]["algorithm"].native))
    generator = parameters["mask_gen_algorithm"]
    mask = _hash(str(generator["parameters"]["algorithm"].native))
    return padding.PSS(mgf=padding.MGF1(mask), salt_length=int(parameters["salt_length"].native)), hashed
