"""What entries of a revocation list say critically (RFC 5280 §5.3): with one that nobody understands the whole list says nothing. Pure.

Lists have entries by the hundred thousand, and hardly one is critical: an octet search finds where one might be, and only where it
finds anything that is not known are the entries walked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cryptography import x509

from ca import der
from verify.certificates.extensions import critical_names, each_extension

UNDERSTOOD: Final = frozenset(
    one.oid.dotted_string for one in (x509.CRLReason, x509.InvalidityDate, x509.CertificateIssuer)
) | {"2.5.29.23"}
"""RFC 5280 §5.3.1 to §5.3.3, and the instruction code of a hold, which RFC 5280 has no more: the hold itself is acted on."""
_TIMES: Final = frozenset({der.UTC_TIME, der.GENERALIZED_TIME})
_TRUE: Final = der.boolean(value=True) + bytes((der.OCTET_STRING,))
"""What stands before the value of a critical extension (X.690 §11.1)."""
_KNOWN: Final = frozenset(der.oid(one) for one in UNDERSTOOD)
_KNOWN_OCTETS: Final = len(der.oid("2.5.29.21"))
"""Of each of them."""


def entries_understood(octets: bytes) -> bool:
    """Tell whether every critical extension of the entries of a list (DER) is known; ``ValueError``: it is no list."""
    entries = _entries(octets)
    if entries is None or not _perhaps(entries):
        return True
    while entries.more:
        if not UNDERSTOOD.issuperset(_critical(entries.enter(der.SEQUENCE))):
            return False
    return True


def _perhaps(entries: der.Reader) -> bool:
    """Search for what is TRUE behind any other name: a serial number may have these octets too, and is no extension."""
    octets, end = entries.data, entries.end
    found = octets.find(_TRUE, entries.position, end)
    while found >= 0:
        if octets[found - _KNOWN_OCTETS : found] not in _KNOWN:
            return True
        found = octets.find(_TRUE, found + 1, end)
    return False


def _entries(octets: bytes) -> der.Reader | None:
    """§5.1.2: step to revokedCertificates, if there are any."""
    fields = der.Reader(octets).enter(der.SEQUENCE).enter(der.SEQUENCE)
    if fields.peek() == der.INTEGER:
        fields.element()
    for _ in ("signature", "issuer", "thisUpdate"):
        fields.element()
    if fields.peek() in _TIMES:
        fields.element()
    return fields.enter(der.SEQUENCE) if fields.peek() == der.SEQUENCE else None


def _critical(entry: der.Reader) -> Iterator[str]:
    for _ in ("userCertificate", "revocationDate"):
        entry.element()
    return critical_names(each_extension(entry.enter(der.SEQUENCE) if entry.more else entry))
