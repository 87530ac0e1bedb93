"""Key identifiers as certificates and lists state them (RFC 5280 §4.2.1.1, §4.2.1.2, §5.2.1). Pure."""

from __future__ import annotations

from cryptography import x509

from verify.certificates.extensions import extensions_of


def subject_key(certificate: x509.Certificate) -> bytes | None:
    """Return the subject key identifier, if the certificate has one that can be read: it helps to find, and proves nothing."""
    try:
        return extensions_of(certificate).get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return None


def authority_key(issued: x509.Certificate | x509.CertificateRevocationList) -> bytes | None:
    """Return the key identifier of whoever issued a certificate or a list, if it names one."""
    try:
        return extensions_of(issued).get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except (x509.ExtensionNotFound, ValueError):
        return None
