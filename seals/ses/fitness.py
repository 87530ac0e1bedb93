"""Who may make seals and for whom: the demands on the maker's and the signer's certificate before a key is touched."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from ca.checked_signer import CertifiedKey
from ca.profile import EKU_SEAL_MAKER
from ca.status.ocsp_codec import CertificateStatus, Standing
from hsm.errors import HsmError
from hsm.public_keys import certificate_key, spki
from hsm.sm2.public_key import Sm2PublicKey
from seals.errors import SealCertificateExpired
from seals.seal import BoundCertificate, SealRecord, SealStatus
from seals.ses.errors import NationalSuiteNeeded, SealDataStopped, SealMakerUnfit


def check_seal(record: SealRecord, now: datetime) -> BoundCertificate:
    """Demand a seal in force with a certificate in force; return that certificate.

    Raises :class:`SealDataStopped`, :class:`seals.errors.SealCertificateExpired`.
    """
    bound = record.electronic.certificate
    if record.status is not SealStatus.ACTIVE or record.expired(now) or bound is None:
        raise SealDataStopped(record.code, record.status.zh, record.status.value)
    if not bound.not_before <= now <= bound.not_after:
        raise SealCertificateExpired(f"seal {record.code}")
    return bound


def check_maker(maker: CertifiedKey, status: CertificateStatus, now: datetime) -> None:
    """GM/T 0031-2025, making a seal: the maker's certificate is checked first — key, purpose, validity, revocation."""
    if not _is_sm2(maker.certificate):
        raise NationalSuiteNeeded
    if not _is_for_seals(maker.certificate):
        raise SealMakerUnfit("用途不是制章", "it is not for making seals")
    if not maker.certificate.not_valid_before_utc <= now <= maker.certificate.not_valid_after_utc:
        raise SealMakerUnfit("不在有效期内", "it is outside its validity")
    if status.standing is not Standing.GOOD:
        raise SealMakerUnfit("已吊销或状态未知", f"its state is {status.standing.value}")


def check_apart(maker: CertifiedKey, signer: BoundCertificate) -> None:
    """Demand that nobody makes a seal for itself: maker and signer differ in certificate and in key."""
    certificate = x509.load_der_x509_certificate(signer.der)
    if not _is_sm2(certificate):
        raise NationalSuiteNeeded
    if spki(certificate_key(certificate)) == spki(certificate_key(maker.certificate)):
        raise SealMakerUnfit("与签章人为同一密钥", "its key is the signer's own")


def _is_sm2(certificate: x509.Certificate) -> bool:
    try:
        return isinstance(certificate_key(certificate), Sm2PublicKey)
    except HsmError:
        return False


def _is_for_seals(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature and x509.ObjectIdentifier(EKU_SEAL_MAKER) in purposes
