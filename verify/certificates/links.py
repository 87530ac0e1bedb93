"""One link of a path: names that match and a signature that the issuer's key made (RFC 5280 §6.1.3 (a) (1), (4)). Pure."""

from __future__ import annotations

from math import gcd, isqrt, prod
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from hsm.sm2.public_key import Sm2PublicKey
from verify.algorithms import EXPONENT_LIMIT, MAX_RSA_BITS, MIN_CURVE_BITS, MIN_RSA_BITS, key_of
from verify.certificates import gm
from verify.certificates.names import issuer_key_of, subject_key_of

_VERSION: Final = 0xA0
_SMALL_FACTORS: Final = prod(
    number for number in range(2, 752) if all(number % divisor for divisor in range(2, isqrt(number) + 1))
)
"""NIST SP 800-89 §5.3.3 (d): no modulus has a factor below 752; one that was damaged on its way has, and then anybody finds the others."""


def made_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether names match and ``issuer``'s key made the certificate's signature."""
    return issuer_key_of(certificate) == subject_key_of(issuer) and signed_by(certificate, issuer)


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether ``issuer``'s key, one that can be used, made the certificate's signature."""
    try:
        key = key_of(issuer)
        if not usable(key):
            return False
        if gm.is_sm2(certificate):
            gm.check_certificate(certificate, key)
        else:
            _check_algorithms(certificate)
            _check_value(certificate, key)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def usable(key: Any) -> bool:
    """Tell whether a key is of a kind and length that proves anything (ETSI TS 119 312 §8); longer numbers only cost time."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        fits = MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS and numbers.e < EXPONENT_LIMIT
        return fits and gcd(numbers.n, _SMALL_FACTORS) == 1
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.key_size >= MIN_CURVE_BITS
    return isinstance(key, Sm2PublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)


def _check_algorithms(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.1.1.2: the algorithm that is signed over is the one beside the signature; raises ``InvalidSignature``."""
    tbs = der.Reader(certificate.tbs_certificate_bytes).enter(der.SEQUENCE)
    if tbs.peek() == _VERSION:
        tbs.element()
    tbs.element()  # serialNumber
    outer = der.Reader(certificate.public_bytes(Encoding.DER)).enter(der.SEQUENCE)
    outer.element()
    if tbs.element() != outer.element():
        raise InvalidSignature


def _check_value(certificate: x509.Certificate, key: Any) -> None:
    octets, signature = certificate.tbs_certificate_bytes, certificate.signature
    parameters = certificate.signature_algorithm_parameters
    if isinstance(key, rsa.RSAPublicKey):
        hashed = certificate.signature_hash_algorithm
        if hashed is None or not isinstance(parameters, AsymmetricPadding):
            raise InvalidSignature
        key.verify(signature, octets, parameters, hashed)
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
        key.verify(signature, octets, parameters)
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and parameters is None:
        key.verify(signature, octets)
    else:
        raise InvalidSignature
