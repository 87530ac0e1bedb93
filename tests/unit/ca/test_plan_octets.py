"""The body of a certificate, written by hand: octet for octet what ``cryptography`` writes where it knows the key."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from ca.certificate import NationalCodes
from ca.custody_policy import ANY_POLICY, custody_of, policy_oid
from ca.errors import RequestInvalid
from ca.national_extensions import NATIONAL_EXTENSIONS, ORGANISATION_CODE
from ca.plan import Plan, draft
from ca.profile import (
    ENTERPRISE_ENCRYPT,
    ENTERPRISE_SEAL,
    ISSUING,
    KEY_USAGE_BITS,
    PROFILES,
    ROOT,
    TLS_SERVER,
    Profile,
)
from hsm.algorithms import KeyKind
from hsm.public_keys import certificate_key
from hsm.signer import Custody
from hsm.sm2.public_key import Sm2PublicKey
from hsm.suite import Suite
from tests.pki import USCC, Pki, new_key, shared_rsa_key
from tests.unit.ca.drafts import right_draft, right_plan, with_parts

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def by_the_library(plan: Plan) -> bytes:
    """Encode the plan with the builder of ``cryptography``, the real algorithm put in its place."""
    request, profile, config = plan.request, plan.profile, plan.config
    subject = request.subject.x509()
    builder = (
        x509.CertificateBuilder()
        .serial_number(plan.serial)
        .issuer_name(subject if profile.self_signed else plan.issuer.x509.subject)
        .subject_name(subject)
        .not_valid_before(plan.validity.not_before)
        .not_valid_after(plan.validity.not_after)
        .public_key(request.public_key)  # type: ignore[arg-type]
        .add_extension(x509.BasicConstraints(profile.is_ca, profile.path_length), critical=True)
    )
    usage = {bit: bit in profile.key_usage for bit in KEY_USAGE_BITS}
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(request.public_key)  # type: ignore[arg-type]
    builder = builder.add_extension(own, critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(plan.issuer_key)  # type: ignore[arg-type]
    builder = builder.add_extension(above, critical=False)
    if profile.extended_key_usage:
        uses = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in profile.extended_key_usage])
        builder = builder.add_extension(uses, critical=profile.extended_key_usage_critical)
    if profile.crl_address:
        where = x509.UniformResourceIdentifier(config.crl_address(plan.issuer.id))
        points = x509.CRLDistributionPoints([x509.DistributionPoint([where], None, None, None)])
        builder = builder.add_extension(points, critical=False)
    access = []
    if profile.ocsp_address:
        access.append((AuthorityInformationAccessOID.OCSP, config.ocsp_address(plan.issuer.id)))
    if not profile.self_signed:
        access.append((AuthorityInformationAccessOID.CA_ISSUERS, config.issuer_address(plan.issuer.id)))
    if access:
        said = [x509.AccessDescription(how, x509.UniformResourceIdentifier(where)) for how, where in access]
        builder = builder.add_extension(x509.AuthorityInformationAccess(said), critical=False)
    if profile.ocsp_no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    if request.hosts:
        builder = builder.add_extension(names(*request.hosts), critical=False)
    return with_parts(builder.create_unsigned().tbs_certificate_bytes, plan.algorithm, request.public_key)


def names(name: str, number: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address(number))])


SIGNING = [
    profile for profile in PROFILES.values() if profile is not ENTERPRISE_ENCRYPT and not profile.foreign
]


@pytest.mark.parametrize("profile", SIGNING, ids=lambda profile: profile.id)
@pytest.mark.parametrize(
    "kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048], ids=lambda kind: kind.value
)
def test_the_international_body_is_what_the_library_writes(profile: Profile, kind: KeyKind) -> None:
    key = shared_rsa_key() if kind.is_rsa else new_key(kind)
    plan = right_plan(NOW, profile, public_key=key.public_key())
    assert draft(plan).tbs == by_the_library(plan)


@pytest.mark.parametrize(
    ("kind", "uses"),
    [
        (KeyKind.RSA_2048, {"key_encipherment", "data_encipherment"}),
        (KeyKind.EC_P256, {"key_agreement"}),
        (KeyKind.SM2, {"key_encipherment", "data_encipherment", "key_agreement"}),
    ],
    ids=lambda value: value.value if isinstance(value, KeyKind) else "",
)
def test_an_encryption_certificate_says_what_its_key_can_do(kind: KeyKind, uses: set[str]) -> None:
    """RFC 3279 §2.3.1, RFC 8813 §3, GB/T 32918: RSA transports keys, elliptic curves agree, SM2 does both."""
    key = shared_rsa_key() if kind.is_rsa else new_key(kind)
    pki = Pki(NOW, suite=Suite.GM if kind is KeyKind.SM2 else Suite.INTERNATIONAL)
    made = right_draft(NOW, ENTERPRISE_ENCRYPT, pki=pki, public_key=key.public_key())
    certificate = x509.load_der_x509_certificate(made.unsigned)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert {bit for bit in KEY_USAGE_BITS[:7] if getattr(usage, bit)} == uses


def test_a_national_certificate_carries_key_algorithm_and_code() -> None:
    """GB/T 20518: id-ecPublicKey over sm2p256v1, SM2 with SM3 without parameters, the USCC in its extension."""
    made = right_draft(
        NOW, pki=Pki(NOW, suite=Suite.GM), national=NationalCodes(taxpayer="91110108MA01C8QX3")
    )
    certificate = x509.load_der_x509_certificate(made.unsigned)
    assert isinstance(certificate_key(certificate), Sm2PublicKey)
    assert certificate.public_key_algorithm_oid.dotted_string == "1.2.840.10045.2.1"
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"
    assert bytes.fromhex("300a06082a811ccf55018375") in made.tbs
    code = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(ORGANISATION_CODE))
    assert code.value.public_bytes() == b"\x13\x12" + USCC.encode()
    assert not code.critical


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.id)
def test_I32_the_international_suite_writes_no_national_code(profile: Profile) -> None:
    national = {row.oid for row in NATIONAL_EXTENSIONS[Suite.GM]}
    certificate = x509.load_der_x509_certificate(right_draft(NOW, profile).unsigned)
    assert national.isdisjoint(extension.oid.dotted_string for extension in certificate.extensions)


@pytest.mark.parametrize(
    "codes",
    [
        NationalCodes(taxpayer="纳税人"),
        NationalCodes(social_insurance="1" * 65),
        NationalCodes(resident_id="11010519491231002Y"),
        NationalCodes(resident_id="110105194912310021"),
        NationalCodes(business_registration="110*"),
    ],
    ids=["not printable", "too long", "bad letter", "bad check", "asterisk"],
)
def test_a_code_that_cannot_be_written_is_bad_input(codes: NationalCodes) -> None:
    with pytest.raises(RequestInvalid):
        right_draft(NOW, pki=Pki(NOW, suite=Suite.GM), national=codes)


def test_a_right_resident_number_is_written_as_a_choice() -> None:
    """GB 11643's own example number; ``IdentifyCode`` is a CHOICE with an explicit tag."""
    made = right_draft(
        NOW, pki=Pki(NOW, suite=Suite.GM), national=NationalCodes(resident_id="11010519491231002X")
    )
    assert b"\xa0\x14\x13\x1211010519491231002X" in made.tbs


def test_a_code_has_no_place_in_the_international_suite() -> None:
    with pytest.raises(RequestInvalid, match="taxpayer"):
        right_draft(NOW, national=NationalCodes(taxpayer=USCC))


@pytest.mark.parametrize("custody", list(Custody))
@pytest.mark.parametrize("profile", [ROOT, ISSUING, ENTERPRISE_SEAL], ids=lambda profile: profile.id)
def test_a_certificate_says_where_its_key_is_kept(profile: Profile, custody: Custody) -> None:
    certificate = x509.load_der_x509_certificate(right_draft(NOW, profile, custody=custody).unsigned)
    assert custody_of(certificate) is custody
    said = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    due = {policy_oid(custody), ANY_POLICY} if profile.is_ca else {policy_oid(custody)}
    assert {policy.policy_identifier.dotted_string for policy in said} == due


def test_a_certificate_that_says_nothing_or_two_things_has_no_custody() -> None:
    pki = Pki(NOW)
    assert custody_of(pki.party().certificate) is None
    both = [x509.PolicyInformation(x509.ObjectIdentifier(policy_oid(kind)), None) for kind in Custody]
    assert custody_of(pki.party(extra=[(x509.CertificatePolicies(both), False)]).certificate) is None


@pytest.mark.parametrize(
    "hosts",
    [
        ("*.example.test",),
        ("broker_1.example.test",),
        ("256.1.1.1",),
        ("-broker.test",),
        ("a" * 64,),
        ("",),
        ("x.test", "x.test"),
        tuple(f"h{number}.test" for number in range(17)),
    ],
    ids=["wildcard", "underscore", "number", "hyphen", "long label", "empty", "twice", "too many"],
)
def test_a_host_that_no_certificate_names_is_bad_input(hosts: tuple[str, ...]) -> None:
    with pytest.raises(RequestInvalid):
        right_draft(NOW, TLS_SERVER, hosts=hosts)
