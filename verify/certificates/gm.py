"""SM2 signatures with SM3 under certificates, revocation lists and OCSP responses (GB/T 20518, GM/T 0009).

``cryptography`` reads these structures but neither their keys nor their signatures. Each check is over the octets as
they were read, with the identity 1234567812345678; an algorithm's parameters are absent or NULL, both occur.
"""

from __future__ import annotations

from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca import der
from hsm.algorithms import SignatureAlgorithm
from hsm.errors import SignatureInvalid
from hsm.sm2.public_key import Sm2PublicKey
from hsm.verification import verify_signature

SM2_WITH_SM3: Final = SignatureAlgorithm.SM2_SM3.oid
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
"""SM2 as a digital signature (GB/T 33560), which GB/T 35275 containers name beside or instead of SM2-with-SM3."""
SIGNATURE_OIDS: Final = frozenset({SM2_WITH_SM3, SM2_SIGNATURE})
_ACCEPTED: Final = frozenset(
    {
        der.sequence(der.oid(SM2_WITH_SM3)),
        der.sequence(der.oid(SM2_WITH_SM3), der.null()),
    }
)
"""AlgorithmIdentifier of SM2-with-SM3 as certificates and lists write it."""


def is_sm2(structure: Any) -> bool:
    """Tell whether a certificate, list or response says that SM2 with SM3 signed it."""
    oid: x509.ObjectIdentifier = structure.signature_algorithm_oid
    return oid.dotted_string == SM2_WITH_SM3


def check_value(key: Any, message: bytes, signature: bytes) -> None:
    """Check an SM2 signature (DER or r ‖ s) over ``message``; raises ``InvalidSignature``, also for another kind of key."""
    if not isinstance(key, Sm2PublicKey):
        raise InvalidSignature
    try:
        verify_signature(key, SignatureAlgorithm.SM2_SM3, message, signature)
    except SignatureInvalid as wrong:
        raise InvalidSignature from wrong


def check_certificate(certificate: x509.Certificate, key: Any) -> None:
    """RFC 5280 §4.1.1.2, §4.1.1.3: both algorithm fields are the same SM2-with-SM3, and ``key`` signed the TBSCertificate.

    Raises ``InvalidSignature``, or ``ValueError`` for octets that cannot be taken apart.
    """
    tbs = certificate.tbs_certificate_bytes
    inner = der.Reader(tbs).enter(der.SEQUENCE)
    if inner.peek() == _VERSION:
        inner.element()
    inner.element()  # serialNumber
    _check_algorithms(inner.element(), certificate.public_bytes(Encoding.DER))
    check_value(key, tbs, certificate.signature)


def check_crl(crl: x509.CertificateRevocationList, key: Any) -> None:
    """RFC 5280 §5.1.1.2, §5.1.1.3: the same for a revocation list."""
    tbs = crl.tbs_certlist_bytes
    inner = der.Reader(tbs).enter(der.SEQUENCE)
    if inner.peek() == der.INTEGER:
        inner.element()
    _check_algorithms(inner.element(), crl.public_bytes(Encoding.DER))
    check_value(key, tbs, crl.signature)


def check_response(response: ocsp.OCSPResponse, key: Any) -> None:
    """RFC 6960 §4.2.1: ``key`` signed the ResponseData; raises ``InvalidSignature``."""
    check_value(key, response.tbs_response_bytes, response.signature)


_VERSION: Final = 0xA0


def _check_algorithms(inner: bytes, whole: bytes) -> None:
    outer = der.Reader(whole).enter(der.SEQUENCE)
    outer.element()
    if inner not in _ACCEPTED or outer.element() != inner:
        raise InvalidSignature
