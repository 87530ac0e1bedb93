"""The extensions of a certificate as octets, from what was planned: one row for each, in the order they are written. Pure.

``cryptography`` encodes the values; those that are the same for every certificate of a profile or an issuer are encoded
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from ca import der
from ca.cross.extensions import encode_cross
from ca.custody_policy import ANY_POLICY, policy_oid
from ca.host_names import general_names
from ca.key_facts import family_of, key_identifier
from ca.national_extensions import national_values
from ca.profile import KEY_USAGE_BITS
from hsm.signer import Custody

if TYPE_CHECKING:
    from ca.plan import Plan

_once = lru_cache(maxsize=512)
"""Values that repeat: a few for each profile, two for each issuer."""
_CRITICAL: Final = der.boolean(value=True)


def encode_extensions(plan: Plan) -> bytes:
    """Encode ``[3] Extensions`` (RFC 5280 §4.2) of a planned certificate.

    What the suite has no place for raises :class:`ca.errors.RequestInvalid`.
    """
    written = (one for row in _ROWS for one in row(plan))
    return der.explicit(3, der.sequence(*written))


@_once
def _extension(oid: x509.ObjectIdentifier, value: bytes, *, critical: bool = False) -> bytes:
    """X.690 §11.5: ``critical`` is written only where it is true."""
    name = der.oid(oid.dotted_string)
    return der.sequence(name, _CRITICAL if critical else b"", der.octet_string(value))


def _basic_constraints(plan: Plan) -> Iterator[bytes]:
    yield _constraints(plan.profile.is_ca, plan.path_length)


@_once
def _constraints(is_ca: bool, path_length: int | None) -> bytes:
    value = x509.BasicConstraints(is_ca, path_length).public_bytes()
    return _extension(ExtensionOID.BASIC_CONSTRAINTS, value, critical=True)


def _key_usage(plan: Plan) -> Iterator[bytes]:
    yield _usage(plan.profile.uses(family_of(plan.request.public_key)))


@_once
def _usage(uses: tuple[str, ...]) -> bytes:
    value = x509.KeyUsage(**{bit: bit in uses for bit in KEY_USAGE_BITS}).public_bytes()
    return _extension(ExtensionOID.KEY_USAGE, value, critical=True)


def _subject_key_identifier(plan: Plan) -> Iterator[bytes]:
    value = der.octet_string(plan.request.subject_key_identifier)
    yield der.sequence(
        der.oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER.dotted_string), der.octet_string(value)
    )  # not kept: it is another one each time


def _authority_key_identifier(plan: Plan) -> Iterator[bytes]:
    own = plan.profile.self_signed
    yield _authority(key_identifier(plan.issuer_key) if own else subject_key_identifier(plan.issuer.x509))


@_once
def _authority(identifier: bytes) -> bytes:
    return _extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.tlv(0x80, identifier)))


def subject_key_identifier(certificate: x509.Certificate) -> bytes:
    """Return what a certificate calls its key; :class:`x509.ExtensionNotFound` where it says nothing."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _extended_key_usage(plan: Plan) -> Iterator[bytes]:
    if plan.profile.extended_key_usage:
        yield _purposes(plan.profile.extended_key_usage, plan.profile.extended_key_usage_critical)


@_once
def _purposes(purposes: tuple[str, ...], critical: bool) -> bytes:
    value = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in purposes]).public_bytes()
    return _extension(ExtensionOID.EXTENDED_KEY_USAGE, value, critical=critical)


def _crl_address(plan: Plan) -> Iterator[bytes]:
    if plan.profile.crl_address:
        yield _list_at(plan.config.crl_address(plan.issuer.id, plan.shard))


def _freshest_crl(plan: Plan) -> Iterator[bytes]:
    if plan.profile.crl_address and plan.shard:
        yield _delta_at(plan.config.delta_address(plan.issuer.id, plan.shard))


@_once
def _list_at(address: str) -> bytes:
    value = x509.CRLDistributionPoints([_point(address)]).public_bytes()
    return _extension(ExtensionOID.CRL_DISTRIBUTION_POINTS, value)


@_once
def _delta_at(address: str) -> bytes:
    return _extension(ExtensionOID.FRESHEST_CRL, x509.FreshestCRL([_point(address)]).public_bytes())


def _point(address: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)


def _authority_access(plan: Plan) -> Iterator[bytes]:
    profile, config, issuer = plan.profile, plan.config, plan.issuer.id
    ocsp = config.ocsp_address(issuer) if profile.ocsp_address else ""
    above = "" if profile.self_signed else config.issuer_address(issuer)
    if ocsp or above:
        yield _access(ocsp, above)


@_once
def _access(ocsp: str, issuer: str) -> bytes:
    places = ((AuthorityInformationAccessOID.OCSP, ocsp), (AuthorityInformationAccessOID.CA_ISSUERS, issuer))
    described = [
        x509.AccessDescription(how, x509.UniformResourceIdentifier(where)) for how, where in places if where
    ]
    value = x509.AuthorityInformationAccess(described).public_bytes()
    return _extension(ExtensionOID.AUTHORITY_INFORMATION_ACCESS, value)


def _ocsp_no_check(plan: Plan) -> Iterator[bytes]:
    if plan.profile.ocsp_no_check:
        yield _extension(ExtensionOID.OCSP_NO_CHECK, der.null())


def _certificate_policies(plan: Plan) -> Iterator[bytes]:
    if plan.request.custody is not None:
        yield _policies(policies_due(plan.request.custody, is_ca=plan.profile.is_ca))


def policies_due(custody: Custody, *, is_ca: bool) -> tuple[str, ...]:
    """Return the policies of a certificate: its custody, and for a CA any other, since keys below are kept otherwise."""
    return (policy_oid(custody), ANY_POLICY) if is_ca else (policy_oid(custody),)


@_once
def _policies(policies: tuple[str, ...]) -> bytes:
    value = der.sequence(*(der.sequence(der.oid(policy)) for policy in policies))
    return _extension(ExtensionOID.CERTIFICATE_POLICIES, value)


def _alternative_names(plan: Plan) -> Iterator[bytes]:
    if plan.request.hosts:
        value = x509.SubjectAlternativeName(general_names(plan.request.hosts)).public_bytes()
        yield _extension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, value)


def _cross(plan: Plan) -> Iterator[bytes]:
    if plan.request.cross is not None:
        yield from encode_cross(plan.request.cross)


def _national(plan: Plan) -> Iterator[bytes]:
    for oid, value in national_values(plan.config.suite, plan.request):
        yield der.sequence(der.oid(oid), der.octet_string(value))


_ROWS: Final[tuple[Callable[[Plan], Iterator[bytes]], ...]] = (
    _basic_constraints,
    _key_usage,
    _subject_key_identifier,
    _authority_key_identifier,
    _extended_key_usage,
    _crl_address,
    _freshest_crl,
    _authority_access,
    _ocsp_no_check,
    _certificate_policies,
    _cross,
    _alternative_names,
    _national,
)
