"""Which certificate may stand for a stamp: the demands, one function each; and whether it still stands."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca.certificate import CertificateRecord, CertificateStatus
from ca.profile import CHIP_AUTH
from ca.status.ocsp_codec import Standing
from ca.status.store import status_of
from hsm.algorithms import KeyKind, kind_of
from hsm.errors import HsmError
from hsm.public_keys import certificate_key
from seals.devices.errors import StampCertificateUnfit
from seals.devices.stamp import StampCertificate

KEY_KINDS: Final = frozenset({KeyKind.EC_P256, KeyKind.SM2})
"""ES256 and SM2SM3: what the chips of stamps can do."""


def certificate_for(record: CertificateRecord, serial: str, now: datetime) -> StampCertificate:
    """Check a certificate of our register for the stamp ``serial``; :class:`StampCertificateUnfit` says what is wrong."""
    if record.profile != CHIP_AUTH.id:
        raise StampCertificateUnfit(f"profile {record.profile}, not {CHIP_AUTH.id}")
    if record.status is not CertificateStatus.ISSUED:
        raise StampCertificateUnfit(f"it is {record.status}")
    certificate = x509.load_der_x509_certificate(record.der)
    _names(certificate, serial)
    _key(certificate)
    found = StampCertificate(record.issuer, record.serial, record.der, record.not_before, record.not_after)
    demand_validity(found, now)
    return found


def demand_validity(certificate: StampCertificate, now: datetime) -> None:
    """RFC 5280 §4.1.2.5: both ends are inside."""
    if not certificate.not_before <= now <= certificate.not_after:
        raise StampCertificateUnfit("it is outside its validity")


def demand_standing(conn: sa.Connection, certificate: StampCertificate) -> None:
    """Demand that the certificate is neither revoked nor on hold, as the register says in this transaction."""
    if status_of(conn, certificate.issuer, certificate.serial).standing is not Standing.GOOD:
        raise StampCertificateUnfit("it is revoked or on hold")


def stands(conn: sa.Connection, certificate: StampCertificate, now: datetime) -> bool:
    """Tell whether what the stamp reports would be believed now."""
    try:
        demand_validity(certificate, now)
        demand_standing(conn, certificate)
    except StampCertificateUnfit:
        return False
    return True


def _names(certificate: x509.Certificate, serial: str) -> None:
    """Demand that the common name is the stamp's serial number."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [str(name.value) for name in names] != [serial]:
        raise StampCertificateUnfit("it names another stamp")


def _key(certificate: x509.Certificate) -> None:
    """Demand a key that signs ES256 or SM2SM3."""
    try:
        kind = kind_of(certificate_key(certificate))
    except HsmError as wrong:
        raise StampCertificateUnfit("its key cannot be read") from wrong
    if kind not in KEY_KINDS:
        raise StampCertificateUnfit(f"a key of kind {kind.value}")
