"""The rules of RFC 5280 §6.1 for a chain with SM2 keys, which the library cannot walk because it knows no SM2.

The same demands as :mod:`verify.paths` makes of the library for every other chain; signatures, names, validities, key
usage and serial numbers were checked before. A name constraint is not evaluated here: such a chain is refused.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509

UNDERSTOOD: Final = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,
    }
)
"""Critical extensions that somebody here acts on; any other makes a certificate unusable (RFC 5280 §4.2)."""


class RuleBroken(Exception):
    """A chain breaks a rule; the text says which."""


def check_rules(chain: tuple[x509.Certificate, ...]) -> None:
    """Check a chain from its leaf to its anchor, both included; raises :class:`RuleBroken`."""
    for position, certificate in enumerate(chain):
        extensions = {extension.oid: extension for extension in certificate.extensions}
        _check_version(certificate)
        _check_extensions(extensions)
        if position == 0:
            _check_leaf(extensions)
        else:
            _check_issuer(extensions)
            _check_length(certificate, chain[1:position])


_Extensions = dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]


def _check_version(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.1.2.1: extensions stand in certificates of version 3."""
    if certificate.version is not x509.Version.v3:
        raise RuleBroken("a certificate is not of version 3")


def _check_extensions(extensions: _Extensions) -> None:
    """RFC 5280 §4.2: critical extensions are understood; §4.2.1.1, §4.2.1.2: key identifiers are not critical."""
    for oid, extension in extensions.items():
        if oid == x509.NameConstraints.oid:
            raise RuleBroken("name constraints are not supported in a chain with SM2 keys")
        if extension.critical and oid not in UNDERSTOOD:
            raise RuleBroken(f"the critical extension {oid.dotted_string} is not understood")


def _check_leaf(extensions: _Extensions) -> None:
    """RFC 5280 §4.2.1.1: who signed it is named."""
    if x509.AuthorityKeyIdentifier.oid not in extensions:
        raise RuleBroken("a certificate names no authority key")


def _check_issuer(extensions: _Extensions) -> None:
    """RFC 5280 §4.2.1.9: an issuer says critically that it is one; §4.2.1.2: and names its key."""
    constraints = extensions.get(x509.BasicConstraints.oid)
    if constraints is None or not constraints.critical:
        raise RuleBroken("an issuer has no critical basic constraints")
    if x509.SubjectKeyIdentifier.oid not in extensions:
        raise RuleBroken("an issuer names no subject key")


def _check_length(issuer: x509.Certificate, below: tuple[x509.Certificate, ...]) -> None:
    """RFC 5280 §4.2.1.9: at most so many CAs below, those that issued to themselves not counted."""
    length = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    counted = sum(1 for certificate in below if certificate.subject != certificate.issuer)
    if length is not None and counted > length:
        raise RuleBroken("more authorities stand below one than it allows")
