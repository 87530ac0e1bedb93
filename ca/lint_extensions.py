"""Demands on the extensions of a certificate: RFC 5280 §4.2 and the profiles' own standards, one function each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from ca import der
from ca.cross.extensions import due_extensions
from ca.extensions import policies_due
from ca.extensions import subject_key_identifier as subject_key_identifier_of
from ca.host_names import general_names
from ca.key_facts import family_of, key_identifier
from ca.lint_case import Case, demand
from ca.national_extensions import national_values
from ca.profile import EKU_OCSP_SIGNING, EKU_TIME_STAMPING, ENCIPHERING, KEY_USAGE_BITS, Purpose

_EXTENSIONS_TAG: Final = 0xA3
_BOOLEAN: Final = 0x01
_BODY_FIELDS: Final = 7
"""RFC 5280 §4.1: version to subjectPublicKeyInfo; the optional unique identifiers would follow."""


def extensions_are_the_last(case: Case) -> None:
    """RFC 5280 §4.1.2.8: no unique identifiers; [3] extensions follow the key and end the body."""
    after = case.fields[_BODY_FIELDS:]
    demand(after and after[0][0] == _EXTENSIONS_TAG, "something stands between the key and the extensions")
    demand(len(after) == 1, "something follows the extensions")


def extensions_are_der(case: Case) -> None:
    """RFC 5280 §4.2, X.690 §11: each value is encoded in the one way that DER allows."""
    demand(
        len(case.fields) > _BODY_FIELDS, "the body has no extensions where a version 3 certificate has them"
    )
    values = der.Reader(case.fields[_BODY_FIELDS]).enter(_EXTENSIONS_TAG).enter(der.SEQUENCE)
    for found in case.certificate.extensions:
        one = values.enter(der.SEQUENCE)
        one.oid()
        if one.peek() == _BOOLEAN:
            demand(one.boolean(), f"extension {found.oid.dotted_string} writes out a default (X.690 §11.5)")
        written = one.contents(der.OCTET_STRING)
        demand(written == found.value.public_bytes(), f"extension {found.oid.dotted_string} is not DER")


def extensions_are_the_profiles(case: Case) -> None:
    """RFC 5280 §4.2: every extension once (the parser refuses twins), and exactly those the profile has."""
    profile = case.plan.profile
    due = {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
    if profile.extended_key_usage:
        due.add(ExtensionOID.EXTENDED_KEY_USAGE)
    if profile.crl_address:
        due.add(ExtensionOID.CRL_DISTRIBUTION_POINTS)
        if case.plan.shard:
            due.add(ExtensionOID.FRESHEST_CRL)
    if profile.ocsp_address or not profile.self_signed:
        due.add(ExtensionOID.AUTHORITY_INFORMATION_ACCESS)
    if profile.ocsp_no_check:
        due.add(ExtensionOID.OCSP_NO_CHECK)
    if case.plan.request.custody is not None:
        due.add(ExtensionOID.CERTIFICATE_POLICIES)
    if case.plan.request.cross is not None:
        due |= due_extensions(case.plan.request.cross)
    if profile.names_hosts:
        due.add(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    codes = national_values(case.plan.config.suite, case.plan.request)
    due |= {x509.ObjectIdentifier(oid) for oid, _ in codes}
    found = {extension.oid for extension in case.certificate.extensions}
    wrong = sorted(oid.dotted_string for oid in found ^ due)
    demand(not wrong, f"extensions beyond or short of the profile: {', '.join(wrong)}")


def basic_constraints(case: Case) -> None:
    """RFC 5280 §4.2.1.9: critical; CA exactly as the profile says, so that no leaf is ever a CA (I10)."""
    found = case.extension(x509.BasicConstraints)
    if found is None:
        demand(met=False, finding="basic constraints are missing")
        return
    demand(found.critical, "basic constraints are not critical")
    demand(found.value.ca == case.plan.profile.is_ca, "the CA flag is not the profile's")
    demand(found.value.path_length == case.plan.path_length, "the path length is not the profile's")


def issuer_may_issue(case: Case) -> None:
    """RFC 5280 §6.1.4 (k)-(n): the issuer is a CA, may sign certificates and has path length left (I10)."""
    if case.plan.profile.self_signed:
        return
    above = case.plan.issuer.x509.extensions
    constraints = above.get_extension_for_class(x509.BasicConstraints).value
    demand(constraints.ca, "the issuer is not a CA")
    demand(
        above.get_extension_for_class(x509.KeyUsage).value.key_cert_sign,
        "the issuer may not sign certificates",
    )
    if case.plan.profile.is_ca:
        left = constraints.path_length
        own = case.plan.path_length
        demand(left is None or (own is not None and own < left), "the issuer's path length is used up")


def key_usage(case: Case) -> None:
    """RFC 5280 §4.2.1.3, RFC 8813 §3: critical, at least one bit, exactly the profile's that such a key can do."""
    found = case.extension(x509.KeyUsage)
    if found is None:
        demand(met=False, finding="the key usage is missing")
        return
    demand(found.critical, "the key usage is not critical")
    due = case.plan.profile.uses(family_of(case.plan.request.public_key))
    demand(_bits(found.value) == set(due) != set(), "the key usage is not the profile's")


def _bits(usage: x509.KeyUsage) -> set[str]:
    bits = {bit for bit in KEY_USAGE_BITS[:7] if getattr(usage, bit)}
    if usage.key_agreement:
        bits |= {bit for bit in KEY_USAGE_BITS[7:] if getattr(usage, bit)}
    return bits


def key_usage_of_leaves(case: Case) -> None:
    """RFC 5280 §4.2.1.3: without the CA flag neither keyCertSign nor cRLSign."""
    found, constraints = case.extension(x509.KeyUsage), case.extension(x509.BasicConstraints)
    if found is not None and not (constraints is not None and constraints.value.ca):
        demand(
            not found.value.key_cert_sign and not found.value.crl_sign,
            "a leaf may not sign certificates or lists",
        )


def key_usage_of_purpose(case: Case) -> None:
    """I24, GB/T 20518-2018 (dual certificates): a key that enciphers signs nothing, a key that signs enciphers nothing."""
    found = case.extension(x509.KeyUsage)
    enciphers = found is not None and not _bits(found.value).isdisjoint(ENCIPHERING)
    signs = found is not None and not _bits(found.value) <= ENCIPHERING
    demand(not (signs and enciphers), "one key would both sign and encipher")
    demand(
        enciphers == (case.plan.profile.purpose is Purpose.ENCRYPTION),
        "encipherment belongs to encryption profiles",
    )


def extended_key_usage(case: Case) -> None:
    """RFC 5280 §4.2.1.12: exactly the profile's purposes, never anyExtendedKeyUsage, critical as the profile says."""
    found = case.extension(x509.ExtendedKeyUsage)
    uses = tuple(use.dotted_string for use in found.value) if found is not None else ()
    demand(uses == case.plan.profile.extended_key_usage, "the extended key usage is not the profile's")
    demand("2.5.29.37.0" not in uses, "anyExtendedKeyUsage is not issued")
    if found is not None:
        demand(
            found.critical == case.plan.profile.extended_key_usage_critical,
            "its criticality is not the profile's",
        )


def time_stamping_alone(case: Case) -> None:
    """RFC 3161 §2.3: a time-stamp key has this one purpose, and the extension is critical."""
    found = case.extension(x509.ExtendedKeyUsage)
    if found is not None and EKU_TIME_STAMPING in {use.dotted_string for use in found.value}:
        demand(found.critical and len(list(found.value)) == 1, "time-stamping stands alone and critical")


def ocsp_no_check(case: Case) -> None:
    """RFC 6960 §4.2.2.2.1: an OCSP responder's certificate, and no other, is exempt from revocation checks."""
    uses = case.extension(x509.ExtendedKeyUsage)
    responder = uses is not None and EKU_OCSP_SIGNING in {use.dotted_string for use in uses.value}
    found = case.extension(x509.OCSPNoCheck)
    demand((found is not None) == responder, "id-pkix-ocsp-nocheck belongs to OCSP responders alone")


def subject_key_identifier(case: Case) -> None:
    """RFC 5280 §4.2.1.2: not critical, SHA-1 over the key's bits (method 1)."""
    found = case.extension(x509.SubjectKeyIdentifier)
    if found is None:
        demand(met=False, finding="the subject key identifier is missing")
        return
    demand(not found.critical, "the subject key identifier is critical")
    due = case.plan.request.subject_key_identifier
    demand(found.value.digest == due, "the subject key identifier is not the key's")


def authority_key_identifier(case: Case) -> None:
    """RFC 5280 §4.2.1.1: not critical, the key identifier of the issuer's certificate and nothing else."""
    found = case.extension(x509.AuthorityKeyIdentifier)
    if found is None:
        demand(met=False, finding="the authority key identifier is missing")
        return
    if case.plan.profile.self_signed:
        due = key_identifier(case.plan.issuer_key)
    else:
        due = subject_key_identifier_of(case.plan.issuer.x509)
    demand(not found.critical, "the authority key identifier is critical")
    demand(found.value.key_identifier == due, "the authority key identifier is not the issuer's")
    alone = found.value.authority_cert_issuer is None and found.value.authority_cert_serial_number is None
    demand(alone, "the authority key identifier names issuer and serial")


def crl_address(case: Case) -> None:
    """RFC 5280 §4.2.1.13: one point with one address, that of the issuer's list."""
    found = case.extension(x509.CRLDistributionPoints)
    if found is None:
        return
    demand(not found.critical, "the CRL distribution points are critical")
    due = case.plan.config.crl_address(case.plan.issuer.id, case.plan.shard)
    demand(_names_only(list(found.value), due), "the CRL address is not that of the certificate's shard")


def freshest_crl(case: Case) -> None:
    """RFC 5280 §4.2.1.15: not critical, one point with one address, that of the shard's delta list."""
    found = case.extension(x509.FreshestCRL)
    if found is None:
        return
    demand(not found.critical, "the freshest CRL is critical")
    due = case.plan.config.delta_address(case.plan.issuer.id, case.plan.shard)
    demand(
        _names_only(list(found.value), due), "the delta CRL's address is not that of the certificate's shard"
    )


def _names_only(points: list[x509.DistributionPoint], address: str) -> bool:
    said = [(point.full_name or [], point.reasons, point.crl_issuer) for point in points]
    return said == [([x509.UniformResourceIdentifier(address)], None, None)]


def authority_access(case: Case) -> None:
    """RFC 5280 §4.2.2.1: the addresses of the issuer's certificate and of its OCSP responder."""
    found = case.extension(x509.AuthorityInformationAccess)
    if found is None:
        return
    config, issuer, profile = case.plan.config, case.plan.issuer.id, case.plan.profile
    due = []
    if profile.ocsp_address:
        due.append((AuthorityInformationAccessOID.OCSP, config.ocsp_address(issuer)))
    if not profile.self_signed:
        due.append((AuthorityInformationAccessOID.CA_ISSUERS, config.issuer_address(issuer)))
    described = [x509.AccessDescription(how, x509.UniformResourceIdentifier(where)) for how, where in due]
    demand(not found.critical, "the authority information access is critical")
    demand(list(found.value) == described, "the addresses are not the issuer's")


def custody_policy(case: Case) -> None:
    """RFC 5280 §4.2.1.4: not critical, the custody that the request states and, for a CA, any policy below."""
    custody = case.plan.request.custody
    found = None if custody is None else case.extension(x509.CertificatePolicies)
    if (
        found is None or custody is None
    ):  # ``extensions_are_the_profiles`` compares what there is with what is due
        return
    demand(not found.critical, "the certificate policies are critical")
    said = tuple(policy.policy_identifier.dotted_string for policy in found.value)
    demand(
        said == policies_due(custody, is_ca=case.plan.profile.is_ca), "the policies are not the key's custody"
    )
    demand(all(policy.policy_qualifiers is None for policy in found.value), "a policy has qualifiers")


def alternative_names(case: Case) -> None:
    """RFC 5280 §4.2.1.6: beside a subject's name not critical; exactly the hosts that were asked for, at least one."""
    found = case.extension(x509.SubjectAlternativeName)
    if found is None:  # ``extensions_are_the_profiles`` compares what there is with what is due
        return
    demand(not found.critical, "the alternative names are critical")
    due = list(general_names(case.plan.request.hosts))
    demand(due and list(found.value) == due, "the alternative names are not the hosts asked for")


def national_codes(case: Case) -> None:
    """GB/T 20518: each code of the holder that its suite has a place for, as asked, not critical."""
    due = dict(national_values(case.plan.config.suite, case.plan.request))
    for extension in case.certificate.extensions if due else ():
        value = due.get(extension.oid.dotted_string)
        if value is not None:
            demand(not extension.critical, f"{extension.oid.dotted_string} is critical")
            demand(extension.value.public_bytes() == value, f"{extension.oid.dotted_string} is another code")


EXTENSION_DEMANDS: Final[tuple[Callable[[Case], None], ...]] = (
    extensions_are_the_last,
    extensions_are_der,
    extensions_are_the_profiles,
    basic_constraints,
    issuer_may_issue,
    key_usage,
    key_usage_of_leaves,
    key_usage_of_purpose,
    extended_key_usage,
    time_stamping_alone,
    ocsp_no_check,
    subject_key_identifier,
    authority_key_identifier,
    crl_address,
    freshest_crl,
    authority_access,
    custody_policy,
    alternative_names,
    national_codes,
)
"""What only cross certificates have (policies, mappings, names): :mod:`ca.lint_cross`."""
