"""Certificate revocation lists as octets (RFC 5280 §5): pure, spliced from entries that are encoded once.

An entry is encoded when a certificate is revoked and kept with it (about 40 octets); a list is then a matter of
concatenation: 100,000 entries take less than half a second, where an ASN.1 library takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from hsm.algorithms import SignatureAlgorithm

_REASON_CODE: Final = der.oid("2.5.29.21")
_AUTHORITY_KEY_IDENTIFIER: Final = der.oid("2.5.29.35")
_CRL_NUMBER: Final = der.oid("2.5.29.20")
_VERSION_2: Final = der.integer(1)

MAX_CRL_NUMBER: Final = 2**159 - 1
"""RFC 5280 §5.2.3: a CRL number has at most 20 octets."""

REASON_CODES: Final = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}
"""RFC 5280 §5.3.1. ``removeFromCRL`` (8) is for delta lists only and is not here."""
_HOLD: Final = der.octet_string(der.enumerated(REASON_CODES["certificateHold"]))


@dataclass(frozen=True, slots=True)
class CrlContent:
    """What a list says, apart from its entries; times are aware and written in whole seconds.

    ``issuer_name`` is the encoded Name of the issuer's certificate, ``key_identifier`` its subject key identifier. An
    issuer has one full list, so there is no issuingDistributionPoint (RFC 5280 §5.2.5).
    """

    issuer_name: bytes
    key_identifier: bytes
    number: int
    this_update: datetime
    next_update: datetime
    algorithm: SignatureAlgorithm


def encode_entry(serial: int, revoked_at: datetime, reason: str = "unspecified") -> bytes:
    """Encode one ``revokedCertificates`` entry (RFC 5280 §5.1.2.6).

    ``reason`` is a name of :data:`REASON_CODES`; ``unspecified`` is left out, as §5.3.1 asks.
    """
    code = REASON_CODES[reason]
    parts = [der.integer(serial), der.x509_time(revoked_at)]
    if code:
        value = der.octet_string(der.enumerated(code))
        parts.append(der.sequence(der.sequence(_REASON_CODE, value)))
    return der.sequence(*parts)


def encode_tbs(content: CrlContent, entries: Sequence[bytes]) -> bytes:
    """Encode the ``TBSCertList`` (RFC 5280 §5.1.2) of ``entries`` encoded before; none leaves the field out."""
    if not 0 <= content.number <= MAX_CRL_NUMBER:
        raise ValueError("a CRL number has at most 20 octets")
    return der.sequence(
        _VERSION_2,
        algorithm_identifier(content.algorithm),
        content.issuer_name,
        der.x509_time(content.this_update),
        der.x509_time(content.next_update),
        der.sequence(*entries) if entries else b"",
        der.explicit(0, der.sequence(*_extensions(content))),
    )


def _extensions(content: CrlContent) -> Iterator[bytes]:
    key_identifier = der.sequence(der.tlv(0x80, content.key_identifier))
    yield der.sequence(_AUTHORITY_KEY_IDENTIFIER, der.octet_string(key_identifier))
    yield der.sequence(_CRL_NUMBER, der.octet_string(der.integer(content.number)))


def assemble(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """Join a signed list: TBS, algorithm, signature (RFC 5280 §5.1.1)."""
    return der.sequence(tbs, algorithm_identifier(algorithm), der.bit_string(signature))


def entries_of(crl: bytes) -> Iterator[bytes]:
    """Yield the encoded entries of a list that we made; others raise :class:`ca.der.DerError`."""
    tbs = der.Reader(crl).enter(der.SEQUENCE).enter(der.SEQUENCE)
    tbs.integer()
    for _ in range(4):  # algorithm, issuer, thisUpdate, nextUpdate
        tbs.element()
    if tbs.peek() == der.SEQUENCE:
        entries = tbs.enter(der.SEQUENCE)
        while entries.more:
            yield entries.element()


def serial_of(entry: bytes) -> int:
    """Return the serial number of an encoded entry."""
    return der.Reader(entry).enter(der.SEQUENCE).integer()


def is_hold(entry: bytes) -> bool:
    """Tell whether an encoded entry is a hold, which may be lifted or become final."""
    return entry.endswith(_HOLD)
