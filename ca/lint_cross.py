"""Demands on cross certificates: what is granted to another authority stands in the certificate, all of it and no more (I10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography import x509

from ca import der
from ca.cross.extensions import POLICY_MAPPINGS
from ca.cross.terms import constraints_of, same_name
from ca.custody_policy import ANY_POLICY
from ca.lint_case import Case, demand


def terms_belong_to_cross_profiles(case: Case) -> None:
    """I10: the profile for other authorities has terms, and no other has; nobody certifies a CA of his own by the way."""
    terms, profile = case.plan.request.cross, case.plan.profile
    demand(
        (terms is not None) == profile.foreign, "terms of cross certification and the profile do not agree"
    )
    demand(
        terms is None or case.plan.request.custody is None, "we do not know where another authority's key is"
    )


def cross_is_bounded(case: Case) -> None:
    """RFC 5280 §4.2.1.4, §4.2.1.10: named policies only, some name permitted, no deeper than the profile; never all of it."""
    terms, profile = case.plan.request.cross, case.plan.profile
    if terms is None:
        return
    demand(terms.policies and ANY_POLICY not in terms.policies, "a cross certificate names its policies")
    demand(len(set(terms.policies)) == len(terms.policies), "a policy stands twice")
    demand(terms.permitted, "a cross certificate says which names are permitted")
    demand(
        profile.path_length is not None and 0 <= terms.path_length <= profile.path_length,
        "the path length is beyond the profile's",
    )
    demand(not same_name(case.subject, case.issuer), "a cross certificate is for another authority")


def policies_are_the_terms(case: Case) -> None:
    """RFC 5280 §4.2.1.4: not critical, the policies of the terms in order, without qualifiers."""
    terms = case.plan.request.cross
    if terms is None:
        return
    found = case.extension(x509.CertificatePolicies)
    said = () if found is None else tuple(one.policy_identifier.dotted_string for one in found.value)
    demand(found is not None and not found.critical, "the certificate policies are missing or critical")
    demand(said == terms.policies, "the policies are not those of the terms")


def mappings_are_the_terms(case: Case) -> None:
    """RFC 5280 §4.2.1.5: critical, from policies that the certificate has, never from or to anyPolicy."""
    terms = case.plan.request.cross
    if terms is None:
        return
    found = [one for one in case.certificate.extensions if one.oid == POLICY_MAPPINGS]
    demand(len(found) == (1 if terms.mappings else 0), "the policy mappings are missing or not asked for")
    for one in found:
        demand(one.critical, "the policy mappings are not critical")
        demand(_pairs(one.value.public_bytes()) == terms.mappings, "the mappings are not those of the terms")
    for own, theirs in terms.mappings:
        demand(own in terms.policies, "a policy is mapped that the certificate does not have")
        demand(ANY_POLICY not in (own, theirs), "anyPolicy is mapped")


def _pairs(value: bytes) -> tuple[tuple[str, str], ...]:
    inner, pairs = der.Reader(value).enter(der.SEQUENCE), []
    while inner.more:
        one = inner.enter(der.SEQUENCE)
        pairs.append((one.oid(), one.oid()))
    return tuple(pairs)


def names_are_the_terms(case: Case) -> None:
    """RFC 5280 §4.2.1.10: critical, exactly the subtrees of the terms; in no other certificate of ours."""
    terms = case.plan.request.cross
    found = case.extension(x509.NameConstraints)
    if terms is None:
        demand(found is None, "name constraints stand in a certificate without terms")
        return
    demand(found is not None and found.critical, "the name constraints are missing or not critical")
    demand(found is not None and found.value == constraints_of(terms), "the names are not those of the terms")


def policy_limits_are_the_terms(case: Case) -> None:
    """RFC 5280 §4.2.1.11, §4.2.1.14: both critical, as the terms say."""
    terms = case.plan.request.cross
    if terms is None:
        return
    limits, inhibit = case.extension(x509.PolicyConstraints), case.extension(x509.InhibitAnyPolicy)
    said: tuple[int | None, int | None] = (None, None)
    if limits is not None:
        demand(limits.critical, "the policy constraints are not critical")
        said = (limits.value.require_explicit_policy, limits.value.inhibit_policy_mapping)
    due = (terms.require_explicit_policy, terms.inhibit_policy_mapping)
    demand(said == due, "the policy constraints are not those of the terms")
    skip = None if inhibit is None else inhibit.value.skip_certs
    demand(inhibit is None or inhibit.critical, "inhibitAnyPolicy is not critical")
    demand(skip == terms.inhibit_any_policy, "inhibitAnyPolicy is not that of the terms")


CROSS_DEMANDS: Final[tuple[Callable[[Case], None], ...]] = (
    terms_belong_to_cross_profiles,
    cross_is_bounded,
    policies_are_the_terms,
    mappings_are_the_terms,
    names_are_the_terms,
    policy_limits_are_the_terms,
)
