"""Certificates of containers, loaded once: issuers, seal makers and time-stamp units come again in every document."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from verify.algorithms import key_of
from verify.certificates.extensions import extensions_of

KEPT_CERTIFICATES: Final = 256
"""Certificates kept decoded."""
MAX_KEPT_OCTETS: Final = 8192
"""Longest of them; ours have 1.2 kB, so at the most two megabytes of foreign octets are held."""


def load_certificate(der: bytes) -> x509.Certificate | None:
    """Load a certificate with a key that can be used; ``None`` for any other octets."""
    return _load_kept(der) if len(der) <= MAX_KEPT_OCTETS else _load(der)


def _load(der: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        key_of(certificate)
        _ = (certificate.subject, certificate.issuer, extensions_of(certificate))
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        return None
    return certificate


_load_kept = lru_cache(maxsize=KEPT_CERTIFICATES)(_load)
