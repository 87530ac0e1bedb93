"""Certificate revocation lists as octets (RFC 5280 §5): pure, spliced from entries that are encoded once.

An entry is encoded when a certificate is revoked and kept with it (about 50 octets); a list is then a matter of
concatenation: 100,000 entries take less than half a second, where an ASN.1 library takes minutes. Entries come as they
are read, any number joined at a time, so a list costs its own octets and no object an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from hsm.algorithms import SignatureAlgorithm

_REASON_CODE: Final = der.oid("2.5.29.21")
_AUTHORITY_KEY_IDENTIFIER: Final = der.oid("2.5.29.35")
_CRL_NUMBER: Final = der.oid("2.5.29.20")
_DELTA_CRL_INDICATOR: Final = der.oid("2.5.29.27")
_ISSUING_DISTRIBUTION_POINT: Final = der.oid("2.5.29.28")
_FRESHEST_CRL: Final = der.oid("2.5.29.46")
_URI: Final = 0x86
_VERSION_2: Final = der.integer(1)

MAX_CRL_NUMBER: Final = 2**159 - 1
"""RFC 5280 §5.2.3: a CRL number has at most 20 octets."""
MAX_ENTRY_OCTETS: Final = 53
"""Longest entry of ours: a serial number of 20 octets, a UTCTime and a reason, with their headers."""
_SHORT_FORM: Final = 0x80
"""Below this a length is one octet (X.690 §8.1.3.4): that of every entry of ours."""

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
"""RFC 5280 §5.3.1. ``removeFromCRL`` (8) is no reason to revoke: see :func:`encode_removal`."""
_REMOVE_FROM_CRL: Final = 8


@dataclass(frozen=True, slots=True)
class CrlContent:
    """What a list says, apart from its entries; times are aware and written in whole seconds.

    ``issuer_name`` is the encoded Name of the issuer's certificate, ``key_identifier`` its subject key identifier.
    ``address`` is that of the list when it covers only the certificates that name it (issuingDistributionPoint, §5.2.5);
    a full list has none. ``freshest`` is the address of its delta list (§5.2.6); ``base`` the number of the list that
    this one says the changes since (deltaCRLIndicator, §5.2.4), 0 for a complete list.
    """

    issuer_name: bytes
    key_identifier: bytes
    number: int
    this_update: datetime
    next_update: datetime
    algorithm: SignatureAlgorithm
    address: str = ""
    freshest: str = ""
    base: int = 0


def encode_entry(serial: int, revoked_at: datetime, reason: str = "unspecified") -> bytes:
    """Encode one ``revokedCertificates`` entry (RFC 5280 §5.1.2.6).

    ``reason`` is a name of :data:`REASON_CODES`; ``unspecified`` is left out, as §5.3.1 asks.
    """
    return _entry(serial, revoked_at, REASON_CODES[reason])


def encode_removal(serial: int, revoked_at: datetime) -> bytes:
    """Encode the entry by which a delta list takes a serial off its base (RFC 5280 §5.3.1, removeFromCRL)."""
    return _entry(serial, revoked_at, _REMOVE_FROM_CRL)


def _entry(serial: int, revoked_at: datetime, code: int) -> bytes:
    parts = [der.integer(serial), der.x509_time(revoked_at)]
    if code:
        value = der.octet_string(der.enumerated(code))
        parts.append(der.sequence(der.sequence(_REASON_CODE, value)))
    return der.sequence(*parts)


def encode_tbs(content: CrlContent, entries: Iterable[bytes]) -> bytes:
    """Encode the ``TBSCertList`` (RFC 5280 §5.1.2) of ``entries`` encoded before, singly or joined, read once.

    No entry leaves the field out.
    """
    if not 0 <= content.number <= MAX_CRL_NUMBER:
        raise ValueError("a CRL number has at most 20 octets")
    listed = list(entries)
    size = sum(map(len, listed))
    parts = [
        _VERSION_2,
        algorithm_identifier(content.algorithm),
        content.issuer_name,
        der.x509_time(content.this_update),
        der.x509_time(content.next_update),
        *((der.header(der.SEQUENCE, size), *listed) if size else ()),
        der.explicit(0, der.sequence(*_extensions(content))),
    ]
    return b"".join(
        (der.header(der.SEQUENCE, sum(map(len, parts))), *parts)
    )  # one copy, of the list's own size


def _extensions(content: CrlContent) -> Iterator[bytes]:
    key_identifier = der.sequence(der.tlv(0x80, content.key_identifier))
    yield der.sequence(_AUTHORITY_KEY_IDENTIFIER, der.octet_string(key_identifier))
    yield der.sequence(_CRL_NUMBER, der.octet_string(der.integer(content.number)))
    if content.base:
        yield _critical(_DELTA_CRL_INDICATOR, der.integer(content.base))
    if content.address:
        yield _critical(_ISSUING_DISTRIBUTION_POINT, der.sequence(_point_name(content.address)))
    if content.freshest:
        points = der.sequence(der.sequence(_point_name(content.freshest)))
        yield der.sequence(_FRESHEST_CRL, der.octet_string(points))


def _critical(name: bytes, value: bytes) -> bytes:
    return der.sequence(name, der.boolean(value=True), der.octet_string(value))


def _point_name(address: str) -> bytes:
    """RFC 5280 §4.2.1.13: ``[0] DistributionPointName`` with ``[0] fullName``, one address."""
    return der.explicit(0, der.explicit(0, der.tlv(_URI, address.encode("ascii"))))


def assemble(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """Join a signed list: TBS, algorithm, signature (RFC 5280 §5.1.1)."""
    return der.sequence(tbs, algorithm_identifier(algorithm), der.bit_string(signature))


def entries_of(crl: bytes) -> Iterator[bytes]:
    """Yield the encoded entries of a list that we made; others raise :class:`ca.der.DerError`."""
    start, end = _entries_in(der.Reader(crl).enter(der.SEQUENCE).enter(der.SEQUENCE))
    while start < end:
        after = _after(crl, start, end)
        yield crl[start:after]
        start = after


def entries_gone(before: bytes, tbs: bytes) -> Iterator[bytes]:
    """Yield the entries of the list ``before`` that are not at their place in the body ``tbs`` of the next one (I15).

    Lists keep the order of changes: what did not change stands in both in the same order, and what is new follows. So
    one pass over the octets of both finds what was taken off or rewritten.
    """
    at, end = _entries_in(der.Reader(before).enter(der.SEQUENCE).enter(der.SEQUENCE))
    to, last = _entries_in(der.Reader(tbs).enter(der.SEQUENCE))
    while at < end:
        after = _after(before, at, end)
        entry = before[at:after]
        if tbs[to : to + after - at] == entry and to + after - at <= last:
            to += after - at
        else:
            yield entry
        at = after


def lists(tbs: bytes, serial: int) -> bool:
    """Tell whether the body of a list has an entry for a serial number."""
    start, end = _entries_in(der.Reader(tbs).enter(der.SEQUENCE))
    wanted, found = der.integer(serial), start
    while (found := tbs.find(wanted, found, end)) >= 0:
        if tbs[found - 2] == der.SEQUENCE:
            return True
        found += 1
    return False


def _entries_in(tbs: der.Reader) -> tuple[int, int]:
    """Return where the entries start and end in ``tbs.data``."""
    tbs.integer()
    for _ in range(4):  # algorithm, issuer, thisUpdate, nextUpdate
        tbs.element()
    if tbs.peek() != der.SEQUENCE:
        return tbs.position, tbs.position
    entries = tbs.enter(der.SEQUENCE)
    return entries.position, entries.end


def _after(data: bytes, at: int, end: int) -> int:
    """Return where the entry at ``at`` ends."""
    if end - at < 2 or data[at] != der.SEQUENCE or data[at + 1] >= _SHORT_FORM:
        raise der.DerError("not an entry of ours")
    after = at + 2 + data[at + 1]
    if after > end:
        raise der.DerError("an entry is longer than its list")
    return after


def serial_of(entry: bytes) -> int:
    """Return the serial number of an encoded entry."""
    return der.Reader(entry).enter(der.SEQUENCE).integer()
