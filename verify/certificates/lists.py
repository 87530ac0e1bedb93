"""Revocation lists: read once, found by their issuer, each read for one certificate (RFC 5280 §5, §6.3.3).

Complete lists, delta lists on the complete ones that they change, indirect lists, lists over some reasons. Who signed them is
the caller's question (:mod:`verify.certificates.list_signers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, reduce
from typing import Final

from cryptography import x509

from ca import der
from verify.certificates.crl_entries import entries_understood
from verify.certificates.crl_scope import Head, Reasons, covered, head_of, list_issuers
from verify.certificates.facts import (
    CERTIFICATE_HOLD,
    Fact,
    Said,
    first_end,
    invalid_since,
    kept_by_all,
)
from verify.certificates.key_identifiers import authority_key
from verify.certificates.names import NameKey, issuer_key_of, name_key
from verify.policy import MAX_CRL_OCTETS

MAX_INDIRECT_ENTRIES: Final = 200_000
"""Entries of a list for several authorities, which have to be walked: whose each is stands on the one before it.

A longer one is not used at all: of whom it revokes behind the last that is read it would say that all is well.
"""
KEPT_LISTS: Final = 64
"""Lists kept decoded by their octets: the same come with document after document."""
MAX_KEPT_OCTETS: Final = 65_536
"""Longest of them, some thousand entries; at the most four megabytes of foreign octets are held."""
_REMOVED: Final = "removeFromCRL"
_PASSING: Final = frozenset({CERTIFICATE_HOLD, _REMOVED})
_Entries = dict[tuple[NameKey, int], x509.RevokedCertificate]


@dataclass(frozen=True, slots=True, eq=False)
class Crl:
    """A list that could be read, by the digest of its octets."""

    value: x509.CertificateRevocationList
    mark: bytes
    head: Head
    octets: bytes


SignerOf = Callable[[Crl], x509.Certificate | None]
"""Tells whose key signed a list that counts; ``None``: it does not count."""
_Counted = tuple[Crl, Reasons, Fact]


class Lists:
    """The lists of one verification, by their issuers' names; it may begin with those of the trust store, read before."""

    def __init__(self, begun: Lists | None = None) -> None:
        self._begun = begun
        self._by_issuer: dict[NameKey, list[Crl]] = {}
        self._entries: dict[bytes, _Entries] = {}

    def add(self, octets: bytes, mark: bytes) -> None:
        """Take a list's octets; what cannot be read, or is over the limit, is left out as if it were not there."""
        if len(octets) > MAX_CRL_OCTETS:
            return
        found = _read_kept(octets) if len(octets) <= MAX_KEPT_OCTETS else _read(octets)
        if found is not None:
            loaded, head = found
            self._by_issuer.setdefault(head.issuer, []).append(Crl(loaded, mark, head, octets))

    def of(self, issuer: NameKey) -> Iterator[Crl]:
        """Yield the lists of one issuer, in the order in which they were taken: a store may have a hundred thousand parts of one."""
        if self._begun is not None:
            yield from self._begun.of(issuer)
        yield from self._by_issuer.get(issuer, ())

    def said(self, certificate: x509.Certificate, signer_of: SignerOf, embedded: set[bytes]) -> list[Said]:
        """Return what the lists that have a signer say of a certificate; ``embedded`` are marks of the document's own."""
        complete: list[_Counted] = []
        deltas: list[_Counted] = []
        for issuer in list_issuers(certificate):
            for item in self.of(issuer):
                reasons = covered(item.head, certificate)
                signer = signer_of(item) if reasons else None
                if signer is not None:
                    fact = self._fact(item, certificate, signer, embedded=item.mark in embedded)
                    if fact.revoked_at is None and not item.head.proves_good:
                        continue
                    (complete if item.head.base is None else deltas).append((item, reasons, fact))
        found = [(reasons, fact) for _, reasons, fact in complete]
        for delta in deltas:
            found += [(delta[1], fact) for fact in _changed(delta, complete)]
        return found

    def _fact(
        self, item: Crl, certificate: x509.Certificate, signer: x509.Certificate, *, embedded: bool
    ) -> Fact:
        entry, crl = self._entry(item, certificate), item.value
        revoked_at, reason = (None, "") if entry is None else _date_and_reason(entry)
        ends = signer.not_valid_after_utc
        times, kept = (crl.last_update_utc, crl.next_update_utc), item.head.kept_since
        return Fact("crl", *times, revoked_at, reason, embedded, ends=ends, kept_since=kept)

    def _entry(self, item: Crl, certificate: x509.Certificate) -> x509.RevokedCertificate | None:
        if (
            certificate.serial_number < 0
        ):  # no rule accepts such a certificate, and the library looks for none
            return None
        if not item.head.indirect:
            return _direct(item, certificate.serial_number)
        if item.mark not in self._entries:
            self._entries[item.mark] = _by_issuer(item)
        return self._entries[item.mark].get((issuer_key_of(certificate), certificate.serial_number))


def _read(octets: bytes) -> tuple[x509.CertificateRevocationList, Head] | None:
    try:
        loaded = x509.load_der_x509_crl(octets)
        _ = (loaded.last_update_utc, loaded.next_update_utc)
        head = head_of(loaded)
        head = replace(head, usable=head.usable and entries_understood(octets))
        return None if head.indirect and len(loaded) > MAX_INDIRECT_ENTRIES else (loaded, head)
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


_read_kept = lru_cache(maxsize=KEPT_LISTS)(_read)


def _changed(delta: _Counted, complete: list[_Counted]) -> Iterator[Fact]:
    """§5.2.4: a revocation stands by itself; silence, or a hold that was lifted, only on the list that it changes."""
    item, _, own = delta
    if own.revoked_at is not None and own.reason != _REMOVED:
        yield own
        return
    for base, _, before in complete:
        if not _changes(item, base):
            continue
        held = before.reason == CERTIFICATE_HOLD and own.reason != _REMOVED
        if before.revoked_at is None or before.reason == CERTIFICATE_HOLD:
            kept = (before.revoked_at, before.reason) if held else (None, "")
            both = own.embedded and before.embedded
            ends, since = first_end((own, before)), kept_by_all((own, before))
            yield Fact(
                "crl", own.this_update, own.next_update, *kept, embedded=both, ends=ends, kept_since=since
            )


def _changes(delta: Crl, base: Crl) -> bool:
    """§5.2.4 (a)-(d), §6.3.3 (c): same issuer, scope and key, and a complete list neither older nor newer than it builds on."""
    if delta.head.issuer != base.head.issuer or delta.head.scope != base.head.scope:
        return False
    if authority_key(delta.value) != authority_key(base.value):
        return False
    number, first, last = base.head.number, delta.head.base, delta.head.number
    return number is not None and first is not None and last is not None and first <= number < last


def _by_issuer(item: Crl) -> _Entries:
    """§5.3.3: whose certificate an entry is about: whom it names, else whom the entry before it was about."""
    found: _Entries = {}
    whose = item.head.issuer
    for entry in item.value:
        named = _certificate_issuer(entry)
        whose = whose if named is None else named
        key = whose, entry.serial_number
        found[key] = _graver(found[key], entry) if key in found else entry
    return found


def _direct(item: Crl, serial: int) -> x509.RevokedCertificate | None:
    """Find the entry of a certificate of the list's issuer; the octets of the number tell whether there may be a second."""
    first = item.value.get_revoked_certificate_by_serial_number(serial)
    if first is None or item.octets.count(der.integer(serial)) == 1:
        return first
    return reduce(_graver, (entry for entry in item.value if entry.serial_number == serial), first)


def _graver(one: x509.RevokedCertificate, other: x509.RevokedCertificate) -> x509.RevokedCertificate:
    """Of two entries of one certificate, which no list should have (X.509 §7.3), return the one that ends it, and earlier; else the first."""
    dates = [(reason in _PASSING, since) for since, reason in map(_date_and_reason, (one, other))]
    return other if dates[1] < dates[0] else one


def _certificate_issuer(entry: x509.RevokedCertificate) -> NameKey | None:
    try:
        names = entry.extensions.get_extension_for_class(x509.CertificateIssuer).value
    except x509.ExtensionNotFound:
        return None
    return next((name_key(item.value) for item in names if isinstance(item, x509.DirectoryName)), ())


def _date_and_reason(entry: x509.RevokedCertificate) -> tuple[datetime, str]:
    """Read since when and why (§5.3.1, §5.3.2)."""
    reason, invalid = "unspecified", None
    with suppress(x509.ExtensionNotFound, ValueError):
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    with suppress(x509.ExtensionNotFound, ValueError):
        invalid = entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    revoked = entry.revocation_date_utc
    return invalid_since(revoked, reason, invalid) or revoked, reason
