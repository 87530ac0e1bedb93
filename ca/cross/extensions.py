"""The extensions that only cross certificates have, as octets (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.10, §4.2.1.11, §4.2.1.14). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from ca import der
from ca.cross.terms import CrossTerms, constraints_of

POLICY_MAPPINGS: Final = x509.ObjectIdentifier("2.5.29.33")
_CRITICAL: Final = der.boolean(value=True)


def encode_cross(terms: CrossTerms) -> Iterator[bytes]:
    """Yield the extensions of the terms, critical but for the policies; ``ValueError`` for names that are none."""
    yield _extension(ExtensionOID.CERTIFICATE_POLICIES, policies_value(terms), critical=False)
    if terms.mappings:
        yield _extension(POLICY_MAPPINGS, mappings_value(terms))
    if terms.permitted or terms.excluded:
        yield _extension(ExtensionOID.NAME_CONSTRAINTS, constraints_of(terms).public_bytes())
    if terms.require_explicit_policy is not None or terms.inhibit_policy_mapping is not None:
        limits = x509.PolicyConstraints(terms.require_explicit_policy, terms.inhibit_policy_mapping)
        yield _extension(ExtensionOID.POLICY_CONSTRAINTS, limits.public_bytes())
    if terms.inhibit_any_policy is not None:
        value = x509.InhibitAnyPolicy(terms.inhibit_any_policy).public_bytes()
        yield _extension(ExtensionOID.INHIBIT_ANY_POLICY, value)


def policies_value(terms: CrossTerms) -> bytes:
    """Return CertificatePolicies without qualifiers."""
    return der.sequence(*(der.sequence(der.oid(policy)) for policy in terms.policies))


def mappings_value(terms: CrossTerms) -> bytes:
    """Return PolicyMappings: issuerDomainPolicy, subjectDomainPolicy."""
    return der.sequence(*(der.sequence(der.oid(own), der.oid(theirs)) for own, theirs in terms.mappings))


def due_extensions(terms: CrossTerms) -> set[x509.ObjectIdentifier]:
    """Return which extensions a cross certificate under these terms has beside those of every CA."""
    due = {ExtensionOID.CERTIFICATE_POLICIES}
    if terms.mappings:
        due.add(POLICY_MAPPINGS)
    if terms.permitted or terms.excluded:
        due.add(ExtensionOID.NAME_CONSTRAINTS)
    if terms.require_explicit_policy is not None or terms.inhibit_policy_mapping is not None:
        due.add(ExtensionOID.POLICY_CONSTRAINTS)
    if terms.inhibit_any_policy is not None:
        due.add(ExtensionOID.INHIBIT_ANY_POLICY)
    return due


def _extension(oid: x509.ObjectIdentifier, value: bytes, *, critical: bool = True) -> bytes:
    name = der.oid(oid.dotted_string)
    return der.sequence(name, _CRITICAL if critical else b"", der.octet_string(value))
