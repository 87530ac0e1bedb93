"""Certificates by which an issuer lets another key speak for it: that of an OCSP responder, that of a key for lists alone.

They stand in no path, and are held to what every certificate of a path is (RFC 6960 §4.2.2.2, RFC 5280 §6.3.3 (f)). Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from verify.algorithms import DIGESTS
from verify.certificates.paths import MAX_DESCRIBED, check_delegate
from verify.certificates.remembered import by_identity
from verify.errors import Finding
from verify.strength import digest_sunset

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@by_identity(MAX_DESCRIBED)
def keeps_the_rules(delegate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether the certificate of another key of ``issuer``'s breaks no rule of RFC 5280 §6.1; its signature is not looked at."""
    try:
        check_delegate(delegate, issuer)
    except (Finding, ValueError, UnsupportedAlgorithm):
        return False
    return True


@by_identity(MAX_DESCRIBED)
def _digest_end(delegate: x509.Certificate) -> tuple[datetime | None]:
    try:
        algorithm = delegate.signature_hash_algorithm
    except UnsupportedAlgorithm:  # SM3, else the signature would not have held
        algorithm = None
    name = "" if algorithm is None else algorithm.name.replace("-", "_")
    if not name or name in DIGESTS:
        return (None,)
    sunset = digest_sunset(name)
    return (_NEVER if sunset is None else sunset.ends,)


def digest_end(delegate: x509.Certificate) -> datetime | None:
    """Return when the digest ended that the certificate is signed with (ETSI TS 119 312 §5.2); ``None``: it counts."""
    return _digest_end(delegate)[0]
