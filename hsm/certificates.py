"""What a token stores of a certificate besides its octets."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from hsm.algorithms import PublicKey
from hsm.errors import CertificateUnreadable, Sm2Unreadable, UnsupportedAlgorithm
from hsm.public_keys import certificate_key


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """DER of subject, issuer and serial number (CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER), and the public key."""

    subject: bytes
    issuer: bytes
    serial: bytes
    public_key: PublicKey


def certificate_facts(der: bytes) -> CertificateFacts:
    """Read a DER certificate (RFC 5280); :class:`CertificateUnreadable` if it is none or has no key of ours."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate_key(certificate)
        serial = certificate.serial_number
        subject, issuer = certificate.subject.public_bytes(), certificate.issuer.public_bytes()
    except (UnsupportedAlgorithm, Sm2Unreadable) as wrong:
        raise CertificateUnreadable(wrong.detail) from wrong
    except ValueError as wrong:
        raise CertificateUnreadable("not a DER certificate") from wrong
    return CertificateFacts(subject, issuer, _integer(serial), key)


def _integer(value: int) -> bytes:
    """DER INTEGER (X.690 §8.3) of a serial number, which has at most 20 octets (RFC 5280 §4.1.2.2)."""
    octets = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return bytes((2, len(octets))) + octets
