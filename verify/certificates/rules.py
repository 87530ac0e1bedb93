"""The rules of RFC 5280 §6.1 on one chain, from its leaf to its anchor: the one engine for every chain (ADR 40).

Signatures, links by name, validities and key usage are :mod:`verify.certificates.paths`'; here are the extensions: what is
understood, who may issue, how deep, under which names and under which policies. x509-limbo and NIST PKITS hold these
rules to account. Nothing here reads a clock: a chain that once kept them keeps them ever after.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509

from verify.certificates.extensions import extensions_of
from verify.certificates.name_constraints import NameForbidden, check_names
from verify.certificates.names import is_self_issued
from verify.certificates.policies import ANY_TERMS, PathTerms
from verify.certificates.policy_graph import POLICY_MAPPINGS, PolicyBroken, valid_policies

MAX_SERIAL_BITS: Final = 8 * 20 - 1
"""RFC 5280 §4.1.2.2: at most 20 octets, the sign bit among them."""
Understood = frozenset[x509.ObjectIdentifier]
UNDERSTOOD: Final[Understood] = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,
        x509.NameConstraints.oid,
        x509.CertificatePolicies.oid,
        POLICY_MAPPINGS,
        x509.PolicyConstraints.oid,
        x509.InhibitAnyPolicy.oid,
    }
)
"""Critical extensions that somebody here acts on; any other makes a certificate unusable (RFC 5280 §4.2)."""


__all__ = ["UNDERSTOOD", "PolicyBroken", "RuleBroken", "check_rules", "check_structure"]


class RuleBroken(Exception):
    """A chain breaks a rule; the text says which."""


def check_rules(chain: tuple[x509.Certificate, ...], terms: PathTerms = ANY_TERMS) -> frozenset[str]:
    """Check a chain from its leaf to its anchor, both included; return its valid policies.

    The policies (dotted) are in the words of the anchor's domain; a chain of the anchor alone has none. Raises
    :class:`RuleBroken`, or :class:`PolicyBroken` where no policy is valid and one is demanded.
    """
    _check_terms(chain, terms)
    check_structure(chain)
    _check_named(chain[0])
    return valid_policies(chain, terms)


def check_structure(chain: tuple[x509.Certificate, ...], understood: Understood = UNDERSTOOD) -> None:
    """Check all that does not rest on policies; raises :class:`RuleBroken`. ``understood``: what of the leaf is acted on."""
    for position, certificate in enumerate(chain):
        extensions = {extension.oid: extension for extension in extensions_of(certificate)}
        _check_fields(certificate, issuer=position > 0)
        _check_extensions(extensions, UNDERSTOOD if position else understood)
        if position == 0:
            _check_leaf(extensions)
        else:
            _check_issuer(extensions)
            _check_length(certificate, chain[1:position])
            _check_constraints(extensions, chain[:position])


_Extensions = dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]


def _check_fields(certificate: x509.Certificate, *, issuer: bool) -> None:
    """RFC 5280 §4.1.2.1 (version 3), §4.1.2.2 (length of the serial number), §4.1.2.6 (an issuer has a name)."""
    if certificate.version is not x509.Version.v3:
        raise RuleBroken("a certificate is not of version 3")
    if certificate.serial_number.bit_length() > MAX_SERIAL_BITS:
        raise RuleBroken("a serial number has more than 20 octets")
    if issuer and not list(certificate.subject):
        raise RuleBroken("an issuer has no name")


def _check_extensions(extensions: _Extensions, understood: Understood) -> None:
    """RFC 5280 §4.2: critical extensions are understood; §4.2.1.1, §4.2.1.2: key identifiers are not critical."""
    for oid, extension in extensions.items():
        if extension.critical and oid not in understood:
            raise RuleBroken(f"the critical extension {oid.dotted_string} is not understood")


def _check_leaf(extensions: _Extensions) -> None:
    """RFC 5280 §4.2.1.10: only a CA's certificate constrains names."""
    constraints = extensions.get(x509.BasicConstraints.oid)
    authority = constraints is not None and constraints.value.ca  # type: ignore[attr-defined]  # of this identifier
    if x509.NameConstraints.oid in extensions and not authority:
        raise RuleBroken("a certificate that is no CA constrains names")


def _check_named(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.2.1.1: a certificate names the key that signed it."""
    if all(extension.oid != x509.AuthorityKeyIdentifier.oid for extension in extensions_of(certificate)):
        raise RuleBroken("a certificate names no authority key")


def _check_issuer(extensions: _Extensions) -> None:
    """RFC 5280 §4.2.1.9: an issuer says critically that it is one; §4.2.1.2: and names its key."""
    constraints = extensions.get(x509.BasicConstraints.oid)
    if constraints is None or not constraints.critical:
        raise RuleBroken("an issuer has no critical basic constraints")
    if not constraints.value.ca:  # type: ignore[attr-defined]  # the extension of this identifier
        raise RuleBroken("an issuer says that it is no CA")
    if x509.SubjectKeyIdentifier.oid not in extensions:
        raise RuleBroken("an issuer names no subject key")


def _check_terms(chain: tuple[x509.Certificate, ...], terms: PathTerms) -> None:
    """RFC 5280 §6.1.2 (k): no more authorities than whoever asks allows."""
    counted = sum(1 for certificate in chain[1:-1] if not is_self_issued(certificate))
    if terms.max_length is not None and counted > terms.max_length:
        raise RuleBroken("more authorities stand in the path than are allowed")


def _check_length(issuer: x509.Certificate, below: tuple[x509.Certificate, ...]) -> None:
    """RFC 5280 §4.2.1.9: at most so many CAs below, those that issued to themselves not counted."""
    length = extensions_of(issuer).get_extension_for_class(x509.BasicConstraints).value.path_length
    counted = sum(1 for certificate in below if not is_self_issued(certificate))
    if length is not None and counted > length:
        raise RuleBroken("more authorities stand below one than it allows")


def _check_constraints(extensions: _Extensions, below: tuple[x509.Certificate, ...]) -> None:
    """RFC 5280 §6.1.3 (b), (c): all names below lie inside; self-issued CAs are passed over, the leaf never is."""
    found = extensions.get(x509.NameConstraints.oid)
    if found is None:
        return
    if not found.critical:
        raise RuleBroken("name constraints are not critical")
    for position, certificate in enumerate(below):
        if position and is_self_issued(certificate):
            continue
        try:
            check_names(certificate, found.value)  # type: ignore[arg-type]  # the extension of this identifier
        except NameForbidden as forbidden:
            raise RuleBroken(str(forbidden)) from forbidden
