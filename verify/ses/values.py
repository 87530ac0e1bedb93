"""Signature values in seal data: always over the octets as they stand, SM2 with SM3, in v1 RSA too."""

from __future__ import annotations

from typing import Any, Final

from asn1crypto import algos
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from hsm.errors import SignatureInvalid
from hsm.sm2.signature import RAW_OCTETS, Sm2Signature
from seals.ses.parts import SesVersion
from verify.algorithms import check_value, key_of
from verify.certificates import gm
from verify.digests import SM3
from verify.errors import Finding
from verify.ses.steps import Outcome, failed, found, passed
from verify.verdict import SubIndication

RSA: Final = {
    "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.11": "sha256",
}
"""GM/T 0031-2014 lets RSA sign with SHA-1 or SHA-256 (PKCS #1); the first is read, and not accepted as proof."""


def check(
    certificate: x509.Certificate, algorithm: str, message: bytes, signature: bytes, version: SesVersion
) -> Outcome:
    """Check a signature value with the key of a certificate in which nobody trusts yet."""
    digest = _digest(algorithm, version)
    if digest is None:
        return failed(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"签名算法 {algorithm} 不是标准规定的算法，无效。",
            f"The signature algorithm {algorithm} is none that the standard allows: invalid.",
        )
    try:
        _check(key_of(certificate), algorithm, digest, signature, message)
    except Finding as weak:
        return found(weak)
    except (InvalidSignature, ValueError, TypeError):
        return failed(
            SubIndication.SIG_CRYPTO_FAILURE,
            "签名与内容不符，内容可能已被改动，无效；请向制章单位索取原件。",
            "The signature does not match: the content may have been changed. Invalid; ask the maker for the original.",
        )
    return passed("签名与原始字节相符。", "The signature holds over the octets as they stand.")


def _digest(algorithm: str, version: SesVersion) -> str | None:
    if algorithm in gm.SIGNATURE_OIDS:
        return SM3
    return RSA.get(algorithm) if version is SesVersion.V1 else None


def _check(key: Any, algorithm: str, digest: str, signature: bytes, message: bytes) -> None:
    named = algos.SignedDigestAlgorithm({"algorithm": algorithm})
    check_value(key, named, digest, signature, message)


def is_raw(signature: bytes) -> bool:
    """Tell whether an SM2 signature is r ‖ s of 64 octets instead of DER: not as the standard has it, and in use."""
    if len(signature) != RAW_OCTETS:
        return False
    try:
        Sm2Signature.from_der(signature)
    except SignatureInvalid:
        return True
    return False
