"""Which revocation list speaks for which certificate, and over which reasons (RFC 5280 §5.2.5, §6.3.3 (b), (d)). Pure.

A list that is signed and fresh proves nothing about a certificate outside its scope: the attack is to hand in the list of
another shard, of CAs only, or of other reasons, in which the serial number cannot stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from verify.certificates.extensions import extensions_of
from verify.certificates.names import KEPT_CERTIFICATES, NameKey, issuer_key_of, name_key, part_key
from verify.certificates.remembered import by_identity
from verify.certificates.stated_times import EXPIRED_CERTS_ON_CRL, generalized_time

ACCEPTED_CRL_EXTENSIONS: Final = {
    x509.AuthorityKeyIdentifier.oid,
    x509.CRLNumber.oid,
    x509.IssuingDistributionPoint.oid,
    x509.DeltaCRLIndicator.oid,
}
"""Critical extensions that we understand; a CRL with any other is not used (RFC 5280 §5.2)."""
_EXPIRED: Final = x509.ObjectIdentifier(EXPIRED_CERTS_ON_CRL)
Reasons = frozenset[x509.ReasonFlags]
ALL_REASONS: Final[Reasons] = frozenset(x509.ReasonFlags) - {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.remove_from_crl,
}
"""RFC 5280 §4.2.1.13: what a list may be over."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a list says of itself: read once."""

    issuer: NameKey
    number: int | None
    base: int | None
    """Of a delta list, the number of the complete list that it changes; ``None`` for a complete one."""
    scope: x509.IssuingDistributionPoint | None
    usable: bool
    """It is understood; a delta list has its number as well, without which nothing tells what it changes."""
    kept_since: datetime | None = None
    """Since when it keeps certificates that ended (:data:`verify.certificates.stated_times.EXPIRED_CERTS_ON_CRL`)."""

    @property
    def proves_good(self) -> bool:
        """Tell whether its silence counts: §5.2.3 demands a number of every list; what one without it revokes is revoked all the same."""
        return self.number is not None

    @property
    def indirect(self) -> bool:
        """Tell whether it may have entries of other authorities."""
        return self.scope is not None and self.scope.indirect_crl


def head_of(crl: x509.CertificateRevocationList) -> Head:
    """Read what a list says of itself (RFC 5280 §5.2: with no critical extension that is unknown; a delta list is numbered)."""
    extensions = {extension.oid: extension for extension in crl.extensions}
    understood = all(not e.critical or oid in ACCEPTED_CRL_EXTENSIONS for oid, e in extensions.items())
    number = extensions.get(x509.CRLNumber.oid)
    base = extensions.get(x509.DeltaCRLIndicator.oid)
    scope = extensions.get(x509.IssuingDistributionPoint.oid)
    return Head(
        name_key(crl.issuer),
        None if number is None else number.value.crl_number,
        None if base is None else base.value.crl_number,
        None if scope is None else scope.value,
        understood and (number is not None or base is None),
        _kept_since(extensions.get(_EXPIRED)),
    )


def _kept_since(stated: x509.Extension[x509.ExtensionType] | None) -> datetime | None:
    return None if stated is None else generalized_time(stated.value.public_bytes())


def covered(head: Head, certificate: x509.Certificate) -> Reasons:
    """§6.3.3 (b), (d): over which reasons a list, complete or delta, speaks for a certificate; over none if out of scope."""
    if not head.usable or not _kind_fits(head.scope, certificate):
        return frozenset()
    found: Reasons = frozenset()
    for point in _points(certificate):
        if _issuer_fits(head, certificate, point) and _place_fits(head, certificate, point):
            found |= point.reasons or ALL_REASONS
    only = None if head.scope is None else head.scope.only_some_reasons
    return found if only is None else found & only


def list_issuers(certificate: x509.Certificate) -> frozenset[NameKey]:
    """Return the names by whom lists about a certificate may be issued: its issuer, and whom it names beside."""
    names = {issuer_key_of(certificate)}
    for point in _points(certificate):
        names |= set(_issuers_of(point))
    return frozenset(names)


def _kind_fits(scope: x509.IssuingDistributionPoint | None, certificate: x509.Certificate) -> bool:
    """§6.3.3 (b) (2) (ii)-(iv)."""
    if scope is None:
        return True
    authority = _is_authority(certificate)
    if scope.only_contains_attribute_certs:
        return False
    return not (
        (scope.only_contains_user_certs and authority) or (scope.only_contains_ca_certs and not authority)
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return extensions_of(certificate).get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


_WHOLE: Final = x509.DistributionPoint([x509.UniformResourceIdentifier("whole:")], None, None, None)
"""§6.3.3 (a): a certificate without distribution points has one, its issuer's list over all reasons, with no name here."""


@by_identity(KEPT_CERTIFICATES)
def _points(certificate: x509.Certificate) -> tuple[x509.DistributionPoint, ...]:
    try:
        return (*extensions_of(certificate).get_extension_for_class(x509.CRLDistributionPoints).value, _WHOLE)
    except x509.ExtensionNotFound:
        return (_WHOLE,)


def _issuers_of(point: x509.DistributionPoint) -> Iterator[NameKey]:
    for general in point.crl_issuer or ():
        if isinstance(general, x509.DirectoryName):
            yield name_key(general.value)


def _issuer_fits(head: Head, certificate: x509.Certificate, point: x509.DistributionPoint) -> bool:
    """§6.3.3 (b) (1): the certificate's issuer, or whom the point names, by a list that says it speaks for others."""
    if point.crl_issuer:
        return head.indirect and head.issuer in _issuers_of(point)
    return head.issuer == issuer_key_of(certificate)


def _place_fits(head: Head, certificate: x509.Certificate, point: x509.DistributionPoint) -> bool:
    """§6.3.3 (b) (2) (i): a list that names its place is the one of a point with that name."""
    scope = head.scope
    if scope is None or (scope.full_name is None and scope.relative_name is None):
        return point is _WHOLE or bool(point.crl_issuer or point.reasons)
    if point is _WHOLE:
        return False
    places = _places(scope.full_name, scope.relative_name, head.issuer)
    above = next(_issuers_of(point), issuer_key_of(certificate))
    named = _places(point.full_name, point.relative_name, above)
    if not named:  # the point is named by who issues its list alone
        named = {("directory", key) for key in _issuers_of(point)}
    return not places.isdisjoint(named)


def _places(
    full: list[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, above: NameKey
) -> set[object]:
    """Return names in a form that can be compared; a relative name stands below the list's issuer (§4.2.1.13)."""
    if relative is not None:
        return {("directory", (*above, part_key(relative)))}
    return {
        ("directory", name_key(item.value)) if isinstance(item, x509.DirectoryName) else item
        for item in full or ()
    }
