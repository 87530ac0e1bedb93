"""Each demand of the lint has cases with the one wrong thing that it must find (RFC 5280 and the profiles' standards).

A case is a function from a right draft to a wrong one; its docstring says what is wrong.
"""

# A case's docstring describes the case, not an action.
# ruff: noqa: D401, D403

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from ca import der
from ca.certificate import NationalCodes
from ca.custody_policy import policy_oid
from ca.errors import LintFailed, RequestInvalid
from ca.lint import check
from ca.lint_body import BODY_DEMANDS
from ca.lint_extensions import EXTENSION_DEMANDS
from ca.national_extensions import ORGANISATION_CODE, TAXPAYER
from ca.plan import Draft, Validity, draft
from ca.profile import (
    ENTERPRISE_ENCRYPT,
    ENTERPRISE_SEAL,
    ISSUING,
    KEY_USAGE_BITS,
    OCSP_RESPONDER,
    PROFILES,
    ROOT,
    TEST_SEAL,
    TLS_SERVER,
    TSA,
    Profile,
)
from ca.weak_keys import PUBLISHED_SM2_POINTS
from hsm.algorithms import SignatureAlgorithm
from hsm.signer import Custody
from hsm.sm2.public_key import Sm2PublicKey
from hsm.suite import Suite
from tests.pki import COMPANY, USCC, Pki, make_config, make_uscc, new_key
from tests.unit.ca.drafts import (
    ENTERPRISE,
    issuer_of,
    rebuilt,
    right_draft,
    right_plan,
    with_elements,
    with_plan,
    with_tbs,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Case = Callable[[], Draft]
pytestmark = pytest.mark.usefixtures("both_suites")
CASES: list[tuple[str, Case]] = []


def case(finding: str) -> Callable[[Case], Case]:
    """Register a case in which ``finding`` (a demand's name) must be among the findings."""

    def keep(function: Case) -> Case:
        CASES.append((finding, function))
        return function

    return keep


def good(profile: Profile = ENTERPRISE_SEAL) -> Draft:
    return right_draft(NOW, profile)


def in_shard(number: int) -> Draft:
    """Return a right draft of a certificate whose issuer's list has parts."""
    return draft(replace(right_plan(NOW, ENTERPRISE_SEAL), shard=number))


def name_with(*changes: tuple[x509.ObjectIdentifier, str, _ASN1Type | None]) -> x509.Name:
    replaced = dict.fromkeys(oid for oid, _value, _kind in changes)
    kept = [attribute for attribute in ENTERPRISE.x509() if attribute.oid not in replaced]
    made = [x509.NameAttribute(oid, value, kind, _validate=False) for oid, value, kind in changes]
    return x509.Name([*kept, *made])


def extension(
    kind: type[x509.ExtensionType], profile: Profile = ENTERPRISE_SEAL
) -> x509.Extension[x509.ExtensionType]:
    return x509.load_der_x509_certificate(good(profile).unsigned).extensions.get_extension_for_class(kind)


def usage(**bits: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: bits.get(name, False) for name in KEY_USAGE_BITS})


@case("version_is_3")
def version_1() -> Draft:
    """A body that says version 1 (the field left out) although it has extensions."""
    return with_elements(good(), lambda body: body[1:])


@case("serial_in_range")
def serial_too_long() -> Draft:
    """2^159: the first number whose encoding, with its sign octet, is longer than 20 octets."""
    return with_elements(good(), lambda body: [body[0], der.integer(1 << 159), *body[2:]])


@case("serial_is_the_reserved_one")
def serial_of_another() -> Draft:
    """A serial number that is in range but not the one reserved."""
    return rebuilt(good(), serial=make_config().instance_prefix << 136 | 7)


@case("serial_is_the_reserved_one")
def serial_of_another_installation() -> Draft:
    """The reserved number begins with another installation's prefix."""
    plan = right_plan(NOW)
    return draft(replace(plan, config=replace(plan.config, instance_prefix=9)))


@case("algorithms_agree")
def algorithm_inside_differs() -> Draft:
    """ecdsa-with-SHA384 inside, ecdsa-with-SHA256 outside."""
    other = der.sequence(der.oid(SignatureAlgorithm.ECDSA_SHA384.oid))
    return with_elements(good(), lambda body: [*body[:2], other, *body[3:]])


@case("algorithm_fits_issuer_key")
def rsa_over_an_ec_key() -> Draft:
    """An RSA signature algorithm planned for an EC issuer."""
    return draft(replace(right_plan(NOW), algorithm=SignatureAlgorithm.RSA_SHA256))


@case("issuer_key_is_of_the_suite")
def suite_changed_after_the_ceremony() -> Draft:
    """The setting names the other suite than that of the hierarchy."""
    one = good()
    other = next(suite for suite in Suite if suite is not one.plan.config.suite)
    return with_plan(one, config=replace(one.plan.config, suite=other))


@case("issuer_is_the_subject_above")
def issuer_renamed() -> Draft:
    """The issuer's name in another string type: equal to a reader, different in octets."""
    old = x509.load_der_x509_certificate(good().unsigned).issuer
    printable = [
        x509.NameAttribute(one.oid, str(one.value), _ASN1Type.BMPString, _validate=False)
        if one.oid == NameOID.COMMON_NAME
        else one
        for one in old
    ]
    return rebuilt(good(), issuer=x509.Name(printable))


@case("validity_is_as_planned")
def one_second_longer() -> Draft:
    """notAfter is inclusive: a day counted one second too long."""
    one = good()
    return rebuilt(one, not_after=one.plan.validity.not_after + timedelta(seconds=1))


@case("validity_length")
def longer_than_the_profile() -> Draft:
    """Exactly the profile's limit plus the inclusive second."""
    plan = right_plan(NOW)
    end = plan.validity.not_before + plan.profile.max_validity
    return draft(replace(plan, validity=Validity(plan.validity.not_before, end)))


@case("validity_inside_issuer")
def outlives_its_issuer() -> Draft:
    """One second after the issuer's end."""
    pki = Pki(NOW)
    pki.issuing = pki.make(
        ISSUING,
        right_plan(NOW, ROOT).request.subject,
        issuer=pki.root,
        not_before=NOW - timedelta(days=1),
        not_after=NOW + timedelta(days=30),
    )
    plan = right_plan(NOW, pki=pki)
    longer = Validity(plan.validity.not_before, plan.validity.not_after + timedelta(seconds=1))
    return draft(replace(plan, validity=longer))


@case("validity_inside_issuer")
def begins_before_its_issuer() -> Draft:
    """Backdated to before the issuer's own beginning."""
    plan = right_plan(NOW)
    return draft(replace(plan, validity=Validity(NOW - timedelta(days=2), plan.validity.not_after)))


@case("begins_now")
def backdated() -> Draft:
    """WoSign's issue S: a beginning an hour in the past."""
    plan = right_plan(NOW)
    return draft(replace(plan, validity=Validity(NOW - timedelta(hours=1), plan.validity.not_after)))


@case("subject_is_as_asked")
def subject_of_another() -> Draft:
    """Another company's name under the right plan."""
    return rebuilt(good(), subject=name_with((NameOID.ORGANIZATION_NAME, "另一家公司", None)))


@case("subject_attributes_fit")
def unknown_attribute() -> Draft:
    """An attribute that no profile has."""
    return rebuilt(good(), subject=name_with((NameOID.EMAIL_ADDRESS, "a@example.test", None)))


@case("subject_attributes_fit")
def name_of_65_characters() -> Draft:
    """X.520 ub-organization-name is 64."""
    return rebuilt(good(), subject=name_with((NameOID.ORGANIZATION_NAME, "司" * 65, None)))


@case("subject_attributes_fit")
def name_with_a_control_character() -> Draft:
    """A zero octet inside a name: what a C program reads ends there."""
    return rebuilt(good(), subject=name_with((NameOID.ORGANIZATION_NAME, "示例\0公司", None)))


@case("subject_encodings")
def name_as_bmp_string() -> Draft:
    """BMPString is not for new certificates."""
    return rebuilt(good(), subject=name_with((NameOID.ORGANIZATION_NAME, COMPANY, _ASN1Type.BMPString)))


@case("country_is_a_code")
def lower_case_country() -> Draft:
    """ISO 3166 codes are capitals."""
    return rebuilt(good(), subject=name_with((NameOID.COUNTRY_NAME, "cn", None)))


@case("subject_has_what_the_profile_needs")
def no_code() -> Draft:
    """An enterprise without its unified social credit code."""
    return right_draft(NOW, subject=replace(ENTERPRISE, uscc=""))


@case("uscc_is_right")
def wrong_check_character() -> Draft:
    """A code whose check character is wrong."""
    wrong = USCC[:-1] + ("0" if USCC[-1] != "0" else "1")
    return right_draft(NOW, subject=replace(ENTERPRISE, uscc=wrong))


@case("uscc_is_right")
def two_codes() -> Draft:
    """Two different codes in the two places of one name."""
    return rebuilt(good(), subject=name_with((NameOID.SERIAL_NUMBER, make_uscc("9111010800000000A"), None)))


@case("test_is_marked")
def root_without_its_mark() -> Draft:
    """A hierarchy for demonstrations whose root does not say so."""
    plain = replace(right_plan(NOW, ROOT).request.subject, common_name="Root", organization="Yinxin")
    return right_draft(NOW, ROOT, subject=plain)


@case("test_is_marked")
def name_of_a_test_in_production() -> Draft:
    """A test hierarchy's name under a production configuration (TURKTRUST 2011)."""
    plan = right_plan(NOW)
    return draft(replace(plan, config=replace(plan.config, production=True)))


@case("test_is_marked")
def profile_of_a_test_in_production() -> Draft:
    """A drill's profile under a production configuration."""
    plan = right_plan(NOW, TEST_SEAL)
    return draft(replace(plan, config=replace(plan.config, production=True)))


@case("key_is_strong")
def key_of_a_kind_the_profile_lacks() -> Draft:
    """A P-256 key where the profile takes RSA only."""
    return right_draft(NOW, replace(ENTERPRISE_SEAL, key_kinds=("rsa-3072",)))


@case("key_is_strong")
def exponent_3() -> Draft:
    """RSA with the public exponent 3."""
    key = rsa.generate_private_key(3, 2048).public_key()
    return right_draft(NOW, public_key=key)


@case("key_is_strong")
def modulus_with_a_small_factor() -> Draft:
    """A modulus divisible by 3: no prime product of an honest token."""
    modulus = 3 * ((1 << 2046) + 9)
    key = rsa.RSAPublicNumbers(65537, modulus).public_key()
    return right_draft(NOW, public_key=key)


@case("key_is_strong")
def rsa_1024() -> Draft:
    """A modulus of 1024 bits."""
    key = rsa.generate_private_key(65537, 1024).public_key()
    return right_draft(NOW, public_key=key)


@case("key_is_the_one_asked_for")
def another_key() -> Draft:
    """The key was exchanged after planning."""
    return rebuilt(good(), key=new_key().public_key())


@case("key_is_the_one_asked_for")
def the_issuers_own_key() -> Draft:
    """A leaf over its issuer's key."""
    pki = Pki(NOW)
    return right_draft(NOW, pki=pki, public_key=pki.issuing.key.public_key())


@case("extensions_are_the_last")
def unique_identifier() -> Draft:
    """RFC 5280 §4.1.2.8: subjectUniqueID, tag [2], between the key and the extensions."""
    return with_elements(good(), lambda body: [*body[:-1], der.tlv(0x82, b"\0\1"), body[-1]])


@case("extensions_are_the_profiles")
def hosts_of_a_person() -> Draft:
    """Hosts asked for a certificate that is for no server."""
    return right_draft(NOW, hosts=("example.test",))


@case("extensions_are_the_profiles")
def server_of_no_host() -> Draft:
    """A server's certificate that names no host."""
    return right_draft(NOW, TLS_SERVER, hosts=())


@case("alternative_names")
def another_host() -> Draft:
    """A host more than was asked for."""
    more = x509.SubjectAlternativeName([x509.DNSName("broker.example.test"), x509.DNSName("example.test")])
    return rebuilt(good(TLS_SERVER), put=(more, False))


@case("alternative_names")
def critical_hosts() -> Draft:
    """RFC 5280 §4.2.1.6: critical only where the subject is empty."""
    one = good(TLS_SERVER)
    found = x509.load_der_x509_certificate(one.unsigned).extensions
    return rebuilt(one, put=(found.get_extension_for_class(x509.SubjectAlternativeName).value, True))


@case("extensions_are_the_profiles")
def an_extension_more() -> Draft:
    """A subject alternative name, which a sealing certificate never has."""
    return rebuilt(good(), put=(x509.SubjectAlternativeName([x509.DNSName("example.test")]), False))


@case("extensions_are_the_profiles")
def an_extension_less() -> Draft:
    """No CRL distribution point."""
    return rebuilt(good(), drop=x509.CRLDistributionPoints)


@case("extensions_are_the_profiles")
def name_constraints_on_a_leaf() -> Draft:
    """RFC 5280 §4.2.1.10: name constraints stand in CA certificates only."""
    constraint = x509.NameConstraints([x509.DNSName("example.test")], None)
    return rebuilt(good(), put=(constraint, True))


def with_octets(old: bytes, new: bytes) -> Draft:
    """A right draft with one run of octets, which stands in it once, replaced by another of the same length."""
    one = good()
    assert one.tbs.count(old) == 1
    assert len(old) == len(new)
    return with_tbs(one, one.tbs.replace(old, new))


@case("extensions_are_der")
def key_usage_with_trailing_zeros() -> Draft:
    """X.690 §11.2.2: a named bit list written with two bits fewer unused than there are."""
    return with_octets(bytes.fromhex("0404030206c0"), bytes.fromhex("0404030204c0"))


@case("authority_access")
def address_as_a_host_name() -> Draft:
    """The right text as dNSName [2] instead of uniformResourceIdentifier [6]."""
    address = make_config().ocsp_address("issuing").encode()
    return with_octets(b"\x86" + bytes([len(address)]) + address, b"\x82" + bytes([len(address)]) + address)


@case("key_is_the_one_asked_for")
def point_in_hybrid_form() -> Draft:
    """X9.62's hybrid form of the same point: read alike, written otherwise (RFC 5480 §2.2 has 04, 02 and 03 only)."""
    point = key_point(one := good())
    form = bytes([6 | point[-1] & 1])
    return with_tbs(one, one.tbs.replace(point, form + point[1:]))


def key_point(one: Draft) -> bytes:
    key = one.plan.request.public_key
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@case("basic_constraints")
def leaf_with_the_ca_flag() -> Draft:
    """CA:TRUE in a sealing certificate (TURKTRUST 2011)."""
    return rebuilt(good(), put=(x509.BasicConstraints(ca=True, path_length=None), True))


@case("basic_constraints")
def basic_constraints_missing() -> Draft:
    """Left out altogether."""
    return rebuilt(good(), drop=x509.BasicConstraints)


@case("basic_constraints")
def basic_constraints_not_critical() -> Draft:
    """RFC 5280 §4.2.1.9: critical in a CA's certificate."""
    return rebuilt(good(ISSUING), put=(x509.BasicConstraints(ca=True, path_length=0), False))


@case("basic_constraints")
def path_length_too_long() -> Draft:
    """An issuing CA that could certify another CA."""
    return rebuilt(good(ISSUING), put=(x509.BasicConstraints(ca=True, path_length=1), True))


@case("issuer_may_issue")
def issuer_is_a_leaf() -> Draft:
    """An issuer whose own certificate is a leaf's."""
    pki = Pki(NOW)
    leaf = pki.party()
    one = right_plan(NOW, pki=pki)
    return draft(replace(one, issuer=issuer_of(leaf)))


@case("issuer_may_issue")
def issuer_without_cert_sign() -> Draft:
    """A CA whose key usage lacks keyCertSign."""
    pki = Pki(NOW)
    pki.issuing = pki.make(
        ISSUING, right_plan(NOW, ROOT).request.subject, issuer=pki.root, key_usage=("crl_sign",)
    )
    return right_draft(NOW, pki=pki)


@case("issuer_may_issue")
def path_length_used_up() -> Draft:
    """A CA under an issuer with path length 0."""
    pki = Pki(NOW)
    plan = right_plan(NOW, ISSUING, pki=pki)
    return draft(replace(plan, issuer=issuer_of(pki.issuing)))


@case("key_usage")
def key_usage_missing() -> Draft:
    """Left out altogether."""
    return rebuilt(good(), drop=x509.KeyUsage)


@case("key_usage")
def key_usage_not_critical() -> Draft:
    """RFC 5280 §4.2.1.3: SHOULD be critical; ours is."""
    return rebuilt(good(), put=(usage(digital_signature=True, content_commitment=True), False))


@case("key_usage")
def key_usage_for_encryption() -> Draft:
    """A sealing key that may also encrypt."""
    wide = usage(digital_signature=True, content_commitment=True, key_encipherment=True)
    return rebuilt(good(), put=(wide, True))


@case("key_usage_of_leaves")
def leaf_that_signs_lists() -> Draft:
    """cRLSign in a leaf."""
    wide = usage(digital_signature=True, content_commitment=True, crl_sign=True)
    return rebuilt(good(), put=(wide, True))


@case("extended_key_usage")
def another_purpose() -> Draft:
    """Code signing in a sealing certificate."""
    wide = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.3")])
    return rebuilt(good(), put=(wide, False))


@case("extended_key_usage")
def any_purpose() -> Draft:
    """anyExtendedKeyUsage."""
    return rebuilt(good(), put=(x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.5.29.37.0")]), False))


@case("time_stamping_alone")
def time_stamping_not_critical() -> Draft:
    """RFC 3161 §2.3: critical."""
    found = extension(x509.ExtendedKeyUsage, TSA)
    return rebuilt(good(TSA), put=(found.value, False))


@case("time_stamping_alone")
def time_stamping_with_another() -> Draft:
    """RFC 3161 §2.3: only one instance of KeyPurposeID."""
    uses = [x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8"), x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")]
    return rebuilt(good(TSA), put=(x509.ExtendedKeyUsage(uses), True))


@case("ocsp_no_check")
def responder_without_no_check() -> Draft:
    """A responder whose own status nobody could ask for."""
    return rebuilt(good(OCSP_RESPONDER), drop=x509.OCSPNoCheck)


@case("ocsp_no_check")
def no_check_for_a_seal() -> Draft:
    """A sealing certificate exempt from revocation."""
    return rebuilt(good(), put=(x509.OCSPNoCheck(), False))


@case("subject_key_identifier")
def foreign_key_identifier() -> Draft:
    """The identifier of another key."""
    other = x509.SubjectKeyIdentifier.from_public_key(new_key().public_key())
    return rebuilt(good(), put=(other, False))


@case("subject_key_identifier")
def key_identifier_missing() -> Draft:
    """RFC 5280 §4.2.1.2: MUST in a CA's certificate, ours everywhere."""
    return rebuilt(good(ISSUING), drop=x509.SubjectKeyIdentifier)


@case("authority_key_identifier")
def foreign_authority() -> Draft:
    """The identifier of a key that did not sign."""
    other = x509.AuthorityKeyIdentifier.from_issuer_public_key(new_key().public_key())
    return rebuilt(good(), put=(other, False))


@case("authority_key_identifier")
def authority_missing() -> Draft:
    """RFC 5280 §4.2.1.1: MUST in every certificate that is not self-signed."""
    return rebuilt(good(), drop=x509.AuthorityKeyIdentifier)


@case("authority_key_identifier")
def authority_critical() -> Draft:
    """RFC 5280 §4.2.1.1: MUST NOT be critical."""
    one = good()
    found = x509.load_der_x509_certificate(one.unsigned).extensions.get_extension_for_class(
        x509.AuthorityKeyIdentifier
    )
    return rebuilt(one, put=(found.value, True))


@case("crl_address")
def another_crl() -> Draft:
    """The list of another issuer."""
    where = x509.UniformResourceIdentifier(make_config().crl_address("other"))
    point = x509.DistributionPoint([where], None, None, None)
    return rebuilt(good(), put=(x509.CRLDistributionPoints([point]), False))


@case("crl_address")
def another_shard() -> Draft:
    """The list of the shard before: the certificate would never stand on a list that it names (I15)."""
    where = x509.UniformResourceIdentifier(make_config().crl_address("issuing", 2))
    point = x509.DistributionPoint([where], None, None, None)
    return rebuilt(in_shard(3), put=(x509.CRLDistributionPoints([point]), False))


@case("freshest_crl")
def delta_of_another_shard() -> Draft:
    where = x509.UniformResourceIdentifier(make_config().delta_address("issuing", 2))
    point = x509.DistributionPoint([where], None, None, None)
    return rebuilt(in_shard(3), put=(x509.FreshestCRL([point]), False))


@case("freshest_crl")
def critical_delta() -> Draft:
    one = in_shard(3)
    found = x509.load_der_x509_certificate(one.unsigned).extensions.get_extension_for_class(x509.FreshestCRL)
    return rebuilt(one, put=(found.value, True))


@case("extensions_are_the_profiles")
def delta_without_a_shard() -> Draft:
    where = x509.UniformResourceIdentifier(make_config().delta_address("issuing", 1))
    point = x509.DistributionPoint([where], None, None, None)
    return rebuilt(good(), put=(x509.FreshestCRL([point]), False))


@case("authority_access")
def another_responder() -> Draft:
    """An OCSP address of somebody else."""
    where = x509.UniformResourceIdentifier("http://elsewhere.test/ocsp")
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
    return rebuilt(good(), put=(x509.AuthorityInformationAccess([access]), False))


@case("key_usage_of_purpose")
def signs_and_enciphers() -> Draft:
    """A signing certificate whose key would decipher as well, as some national seal certificates have it."""
    return rebuilt(good(), put=(usage(digital_signature=True, key_encipherment=True), True))


@case("key_usage_of_purpose")
def escrowed_signing_key() -> Draft:
    """An encryption profile that was changed to sign: its key is escrowed (I24)."""
    both = usage(digital_signature=True, key_agreement=True)
    return rebuilt(good(ENTERPRISE_ENCRYPT), put=(both, True))


@case("custody_policy")
def another_custody() -> Draft:
    """The certificate claims a token although the key is in a file."""
    one = right_draft(NOW, custody=Custody.SOFT)
    claimed = x509.PolicyInformation(x509.ObjectIdentifier(policy_oid(Custody.TOKEN)), None)
    return rebuilt(one, put=(x509.CertificatePolicies([claimed]), False))


@case("custody_policy")
def critical_custody() -> Draft:
    """A policy that software which does not know it could not pass over."""
    one = right_draft(NOW, custody=Custody.TOKEN)
    policies = x509.load_der_x509_certificate(one.unsigned).extensions.get_extension_for_class(
        x509.CertificatePolicies
    )
    return rebuilt(one, put=(policies.value, True))


@case("extensions_are_the_profiles")
def custody_made_up() -> Draft:
    """A custody that nobody stated."""
    claimed = x509.PolicyInformation(x509.ObjectIdentifier(policy_oid(Custody.TOKEN)), None)
    return rebuilt(good(), put=(x509.CertificatePolicies([claimed]), False))


@case("national_codes")
def another_code() -> Draft:
    """A national code that is not the one asked for."""
    one = right_draft(NOW, pki=Pki(NOW, suite=Suite.GM), national=NationalCodes(taxpayer=USCC))
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier(TAXPAYER), b"\x13\x03123")
    return rebuilt(one, put=(other, False))


@case("national_codes")
def critical_code() -> Draft:
    """A national code that makes other software refuse the certificate."""
    one = right_draft(NOW, pki=Pki(NOW, suite=Suite.GM))
    found = x509.load_der_x509_certificate(one.unsigned).extensions
    code = found.get_extension_for_oid(x509.ObjectIdentifier(ORGANISATION_CODE))
    return rebuilt(one, put=(code.value, True))


@case("extensions_are_the_profiles")
def national_code_abroad() -> Draft:
    """A national code in the international suite."""
    one = right_draft(NOW, pki=Pki(NOW, suite=Suite.INTERNATIONAL))
    code = x509.UnrecognizedExtension(x509.ObjectIdentifier(ORGANISATION_CODE), b"\x13\x03123")
    return rebuilt(one, put=(code, False))


@case("key_is_strong")
def published_sm2_key() -> Draft:
    """The key pair that GB/T 32918.5 prints as its example."""
    x, y = next(iter(PUBLISHED_SM2_POINTS))
    return right_draft(NOW, public_key=Sm2PublicKey(x, y))


def findings_of(one: Draft) -> list[str]:
    """Return the names of the demands that are not met."""
    with pytest.raises(LintFailed) as refused:
        check(one, NOW)
    return [finding.partition(":")[0] for finding in refused.value.findings]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.id)
def test_right_drafts_meet_every_demand(profile: Profile) -> None:
    one = good(profile)
    assert check(one, NOW).tbs == one.tbs


def test_right_drafts_of_a_shard_meet_every_demand() -> None:
    one = in_shard(3)
    assert check(one, NOW).tbs == one.tbs


@pytest.mark.parametrize(("finding", "make"), CASES, ids=[function.__name__ for _, function in CASES])
def test_wrong_drafts_are_found(finding: str, make: Case) -> None:
    assert finding in findings_of(make())


def test_every_demand_has_a_case() -> None:
    demands = {demand.__name__ for demand in (*BODY_DEMANDS, *EXTENSION_DEMANDS)}
    assert demands == {finding for finding, _ in CASES}


def test_every_demand_cites_its_clause() -> None:
    for demand in (*BODY_DEMANDS, *EXTENSION_DEMANDS):
        words = demand.__doc__ or ""
        assert any(mark in words for mark in ("RFC", "X.5", "GB", "Baseline", "I1", "I32", "I9")), (
            demand.__name__
        )


def test_an_extension_twice_is_refused() -> None:
    """RFC 5280 §4.2: a certificate MUST NOT include more than one instance of an extension."""

    def twice(body: list[bytes]) -> list[bytes]:
        inner = der.Reader(body[-1]).enter(0xA3).enter(der.SEQUENCE)
        first = inner.element()
        rest = inner.data[inner.position : inner.end]
        return [*body[:-1], der.explicit(3, der.sequence(first, first, rest))]

    assert findings_of(with_elements(good(), twice))


def test_an_algorithm_with_null_parameters_is_refused() -> None:
    """RFC 5758 §3.2: ECDSA identifiers have no parameters, not even NULL."""
    other = der.sequence(der.oid(SignatureAlgorithm.ECDSA_SHA256.oid), der.null())
    one = with_elements(good(), lambda body: [*body[:2], other, *body[3:]])
    assert findings_of(one) == ["it cannot be read back"]


def test_octets_that_are_no_certificate_are_refused() -> None:
    with pytest.raises(LintFailed):
        check(with_tbs(good(), b"\x30\x03\x02\x01\x01"), NOW)


def test_I05_the_unsigned_certificate_must_hold_the_octets_to_sign() -> None:
    """What is linted is what is signed: a draft whose two halves differ is refused."""
    one, other = good(), good()
    with pytest.raises(LintFailed):
        check(Draft(one.plan, other.tbs, one.unsigned), NOW)


def test_I09_a_draft_grown_old_is_refused() -> None:
    """Checked an hour after it was planned, it does not begin now any more."""
    with pytest.raises(LintFailed, match="begins_now"):
        check(good(), NOW + timedelta(hours=1))


def test_a_name_that_cannot_be_encoded_is_bad_input() -> None:
    with pytest.raises(RequestInvalid):
        right_draft(NOW, subject=replace(ENTERPRISE, country="China"))


def test_a_plan_of_other_hashes_is_not_hidden() -> None:
    """The lint does not look at hashes (the cycle does): the same octets pass under them."""
    assert check(with_plan(good(), profile_hash="0" * 64), NOW)
