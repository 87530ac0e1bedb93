"""Wrong drafts of cross certificates: one wrong thing each, found by the demand that is meant to (I10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509

from ca import der
from ca.cross.extensions import POLICY_MAPPINGS
from ca.cross.terms import CrossTerms
from ca.custody_policy import ANY_POLICY
from ca.errors import LintFailed
from ca.lint import check
from ca.lint_cross import CROSS_DEMANDS
from ca.plan import Draft, draft
from ca.profile import CROSS, ISSUING
from hsm.signer import Custody
from tests.unit.ca.drafts import rebuilt, right_draft, right_plan, right_terms, with_plan

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def good() -> Draft:
    return right_draft(NOW, CROSS)


def under(**changes: Any) -> Draft:
    """Return a draft made under other terms: what it says is what was asked, and that is wrong."""
    one = right_plan(NOW, CROSS)
    terms: CrossTerms = replace(one.request.cross, **changes)  # type: ignore[type-var]
    return draft(replace(one, request=replace(one.request, cross=terms)))


def mapped(*pairs: tuple[str, str], critical: bool = True) -> Draft:
    value = der.sequence(*(der.sequence(der.oid(own), der.oid(theirs)) for own, theirs in pairs))
    return rebuilt(good(), put=(x509.UnrecognizedExtension(POLICY_MAPPINGS, value), critical))


def named(*names: x509.GeneralName, critical: bool = True) -> Draft:
    return rebuilt(good(), put=(x509.NameConstraints(list(names), None), critical))


def own_name() -> Draft:
    """Call the other authority as we are called: to a verifier that is self-issued, free of names and depth."""
    one = right_plan(NOW, CROSS)
    terms = replace(one.request.cross, subject=one.issuer.x509.subject.public_bytes())  # type: ignore[type-var]
    return draft(replace(one, request=replace(one.request, cross=terms)))


def terms_in_an_issuing_ca() -> Draft:
    one = right_plan(NOW, ISSUING)
    terms = right_terms(one.request.subject, one.request.public_key)
    return with_plan(right_draft(NOW, ISSUING), request=replace(one.request, cross=terms))


def custody_of_a_foreign_key() -> Draft:
    one = right_plan(NOW, CROSS)
    return draft(replace(one, request=replace(one.request, custody=Custody.TOKEN)))


C = x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN")]))
OURS = "1.3.6.1.4.1.55555.1"
CASES: list[tuple[str, str, Callable[[], Draft]]] = [
    ("terms_belong_to_cross_profiles", "an issuing CA under terms", terms_in_an_issuing_ca),
    ("terms_belong_to_cross_profiles", "custody of a foreign key", custody_of_a_foreign_key),
    ("cross_is_bounded", "any policy", lambda: under(policies=(ANY_POLICY,), mappings=())),
    ("cross_is_bounded", "no policy", lambda: under(policies=(), mappings=())),
    ("cross_is_bounded", "a policy twice", lambda: under(policies=(OURS, OURS))),
    ("cross_is_bounded", "any name", lambda: under(permitted=())),
    ("cross_is_bounded", "deeper than the profile", lambda: under(path_length=3)),
    ("cross_is_bounded", "our own name", own_name),
    (
        "policies_are_the_terms",
        "another policy",
        lambda: rebuilt(
            good(),
            put=(
                x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]),
                False,
            ),
        ),
    ),
    ("policies_are_the_terms", "none", lambda: rebuilt(good(), drop=x509.CertificatePolicies)),
    (
        "mappings_are_the_terms",
        "one more mapping",
        lambda: mapped((OURS, "1.3.6.1.4.1.66666.1"), (OURS, "1.2.3")),
    ),
    ("mappings_are_the_terms", "not critical", lambda: mapped((OURS, "1.3.6.1.4.1.66666.1"), critical=False)),
    ("mappings_are_the_terms", "a policy it has not", lambda: under(mappings=(("1.2.3", "1.2.4"),))),
    ("mappings_are_the_terms", "anyPolicy", lambda: under(mappings=((OURS, ANY_POLICY),))),
    ("names_are_the_terms", "fewer names", lambda: named(C)),
    ("names_are_the_terms", "not critical", lambda: named(C, critical=False)),
    ("names_are_the_terms", "none", lambda: rebuilt(good(), drop=x509.NameConstraints)),
    (
        "names_are_the_terms",
        "in an issuing CA",
        lambda: rebuilt(right_draft(NOW, ISSUING), put=(x509.NameConstraints([C], None), True)),
    ),
    ("policy_limits_are_the_terms", "no constraint", lambda: rebuilt(good(), drop=x509.PolicyConstraints)),
    (
        "policy_limits_are_the_terms",
        "mapping allowed",
        lambda: rebuilt(good(), put=(x509.PolicyConstraints(0, 5), True)),
    ),
    (
        "policy_limits_are_the_terms",
        "anyPolicy later",
        lambda: rebuilt(good(), put=(x509.InhibitAnyPolicy(3), True)),
    ),
]


@pytest.mark.parametrize(
    ("finding", "make"), [(f, m) for f, _, m in CASES], ids=[name for _, name, _ in CASES]
)
def test_I10_wrong_cross_certificates_are_found(finding: str, make: Callable[[], Draft]) -> None:
    with pytest.raises(LintFailed) as refused:
        check(make(), NOW)
    assert finding in [one.partition(":")[0] for one in refused.value.findings]


def test_every_demand_has_a_case_and_cites_its_clause() -> None:
    assert {demand.__name__ for demand in CROSS_DEMANDS} == {finding for finding, _, _ in CASES}
    assert all("RFC" in (demand.__doc__ or "") or "I10" in (demand.__doc__ or "") for demand in CROSS_DEMANDS)
