"""Who a certificate names: person, enterprise and unified social credit code, in plain facts."""

from __future__ import annotations

import re
from typing import Final

from cryptography import x509

from verify.paths import Chain, fingerprint, name
from verify.report import SignerReport

ORGANIZATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")
_USCC: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


def describe(certificate: x509.Certificate, chain: Chain) -> SignerReport:
    """Describe a certificate; ``chain`` is empty when no path was found."""
    subject = certificate.subject
    return SignerReport(
        name=name(subject),
        organization=_attribute(subject, x509.NameOID.ORGANIZATION_NAME),
        uscc=uscc_of(subject),
        serial=f"{certificate.serial_number:x}",
        issuer=name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=fingerprint(certificate).hex(),
        chain=tuple(name(item.subject) for item in chain),
    )


def uscc_of(subject: x509.Name) -> str:
    """Return the unified social credit code (GB 32100): organizationIdentifier, else serialNumber, or empty."""
    for oid in (ORGANIZATION_IDENTIFIER, x509.NameOID.SERIAL_NUMBER):
        found = _USCC.search(_attribute(subject, oid))
        if found is not None:
            return found.group()
    return ""


def _attribute(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
