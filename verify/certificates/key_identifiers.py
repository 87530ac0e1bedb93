"""Key identifiers as certificates and lists state them (RFC 5280 §4.2.1.1, §4.2.1.2, §5.2.1). Pure."""

from __future__ import annotations

from cryptography import x509


def subject_key(certificate: x509.Certificate) -> bytes | None:
    """Return the subject key identifier, if the certificate has one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def authority_key(issued: x509.Certificate | x509.CertificateRevocationList) -> bytes | None:
    """Return the key identifier of whoever issued a certificate or a list, if it names one."""
    try:
        return issued.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None
