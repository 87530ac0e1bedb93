"""Which certificate may be bound to a seal: the demands, one function each."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final, Protocol

from cryptography import x509
from cryptography.x509.oid import NameOID

from seals.errors import CertificateUnfit
from seals.seal import BoundCertificate, SealOwner

_IDENTIFIERS: Final = (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER)


class CertificateFacts(Protocol):
    """What the certification room hands over: ``ca.authority.IssuedCertificate`` fits."""

    @property
    def serial(self) -> int:
        """Serial number."""

    @property
    def der(self) -> bytes:
        """The certificate, DER."""


def bind(facts: CertificateFacts, *, owner: SealOwner, now: datetime) -> BoundCertificate:
    """Check the keeper's certificate and return what the record keeps; :class:`CertificateUnfit` says what is wrong."""
    try:
        certificate = x509.load_der_x509_certificate(facts.der)
        _holder(certificate, owner)
    except (ValueError, x509.InvalidVersion) as wrong:
        raise CertificateUnfit("the certificate cannot be read") from wrong
    _serial(certificate, facts.serial)
    _validity(certificate, now)
    return BoundCertificate(
        serial=facts.serial,
        sha256=hashlib.sha256(facts.der).hexdigest(),
        der=facts.der,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _serial(certificate: x509.Certificate, serial: int) -> None:
    """Demand that the number handed over is the certificate's own (RFC 5280 §4.1.2.2)."""
    if certificate.serial_number != serial:
        raise CertificateUnfit("the serial number is another certificate's")


def _holder(certificate: x509.Certificate, owner: SealOwner) -> None:
    """Demand that the subject names the owner's unified social credit code, alone or after an ETSI EN 319 412-1 prefix."""
    for oid in _IDENTIFIERS:
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            text = str(attribute.value)
            if text == owner.uscc or text.endswith(f"-{owner.uscc}"):
                return
    raise CertificateUnfit(f"the subject does not name {owner.uscc}")


def _validity(certificate: x509.Certificate, now: datetime) -> None:
    """Demand that the certificate is valid at the moment of binding (RFC 5280 §4.1.2.5, both ends inside)."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CertificateUnfit("the certificate is outside its validity")
