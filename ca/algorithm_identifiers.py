"""DER ``AlgorithmIdentifier`` values (RFC 5280 §4.1.1.2) of our signature and digest algorithms."""

from __future__ import annotations

from ca import der
from hsm.algorithms import DigestAlgorithm, SignatureAlgorithm


def algorithm_identifier(algorithm: SignatureAlgorithm) -> bytes:
    """Encode a signature algorithm: RSA with NULL parameters (RFC 4055 §5), ECDSA (RFC 5758 §3.2) and SM2 without.

    Certificates with SM2-with-SM3 and NULL exist as well; readers of ours take both.
    """
    name = der.oid(algorithm.oid)
    return der.sequence(name, der.null()) if algorithm.is_rsa else der.sequence(name)


def digest_identifier(algorithm: DigestAlgorithm) -> bytes:
    """Encode a digest algorithm, of the SHA-2 family (RFC 5754 §2) or SM3 (GB/T 33560), without parameters."""
    return der.sequence(der.oid(algorithm.oid))
