"""Containers as others write them: evidence in other places, other identifiers of the signer, contents of other types, keys that are met rarely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from asn1crypto import algos, core
from asn1crypto import x509 as general
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca import der
from ca.certificate import SubjectName
from ca.cms_names import CERTIFICATE_VALUES, REVOCATION_VALUES
from ca.profile import ENTERPRISE_SEAL
from signing.containers.envelope import ContainerKind
from tests import bare_world as bare
from tests.container_world import Containers, Wish, international
from tests.pki import Party, shared_rsa_key
from tests.unit.verify.test_side_by_side import attribute, rebuilt, with_unsigned
from tests.verify_world import NOW, Signing
from verify.algorithms import SignatureScheme, check_scheme
from verify.certificates.key_identifiers import subject_key
from verify.errors import Finding
from verify.report import DocumentReport
from verify.signatures import loaded
from verify.signatures.carried import OCSP_BASIC, OCSP_RESPONSE
from verify.signatures.detached import ContentOctets
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

CERTIFICATES, OTHER = 0xA0, 0xA1


@pytest.fixture(scope="module")
def here() -> Containers:
    return international()


def judge(here: Containers, octets: bytes, *, crls: Iterable[bytes] = ()) -> DocumentReport:
    trust = TrustStore([here.pki.root.certificate], [here.pki.issuing.certificate], crls=list(crls))
    content = ContentOctets(bare.CONTENT)
    return Verifier(trust).verify(octets, at=here.now + timedelta(hours=1), content=content)


def parts_of(octets: bytes) -> list[bytes]:
    info = der.Reader(octets).enter(der.SEQUENCE)
    info.oid()
    return list(info.enter(0xA0).enter(der.SEQUENCE).elements())


def put_together(parts: Iterable[bytes]) -> bytes:
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, der.sequence(*parts)))


def with_revocation(octets: bytes, *items: bytes) -> bytes:
    *before, signers = parts_of(octets)
    return put_together([*before, der.tlv(0xA1, *items), signers])


def other(kind: str, value: bytes) -> bytes:
    return der.tlv(OTHER, der.oid(kind), value)


def basic_of(response: bytes) -> bytes:
    """Take the status off a response."""
    outer = der.Reader(response).enter(der.SEQUENCE)
    outer.element()
    typed = outer.enter(0xA0).enter(der.SEQUENCE)
    typed.element()
    return typed.contents(der.OCTET_STRING)


@pytest.fixture(scope="module")
def signed(here: Containers) -> bytes:
    return here.sign_file(bare.CONTENT, Wish(ContainerKind.CMS, stated=False))


@pytest.fixture(scope="module")
def answer(here: Containers) -> bytes:
    return here.pki.ocsp(here.keeper.certificate)


def test_answers_stand_in_a_container_in_either_form(here: Containers, signed: bytes, answer: bytes) -> None:
    """EU DSS writes the answer without the status around it (EN 319 122-1): it was passed over."""
    root = here.pki.crl(here.pki.root)
    assert judge(here, with_revocation(signed, root)).sub_indication is SubIndication.TRY_LATER
    for item in (other(OCSP_RESPONSE, answer), other(OCSP_BASIC, basic_of(answer))):
        report = judge(here, with_revocation(signed, root, item))
        assert report.verdict is Verdict.PASSED, report.reason.en


@pytest.mark.parametrize("by_answer", [False, True])
def test_evidence_of_the_older_cades_stands_in_unsigned_attributes(
    here: Containers, signed: bytes, answer: bytes, by_answer: bool
) -> None:
    pki = here.pki
    lists = [pki.crl(pki.root), *([] if by_answer else [pki.crl()])]
    values = der.sequence(
        der.explicit(0, der.sequence(*lists)),
        der.explicit(1, der.sequence(basic_of(answer))) if by_answer else b"",
    )
    above = der.sequence(pki.issuing.der, pki.root.der)
    both = [attribute(CERTIFICATE_VALUES, above), attribute(REVOCATION_VALUES, values)]
    report = judge(here, with_unsigned(signed, *both))
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert judge(here, with_unsigned(signed, both[0])).sub_indication is SubIndication.TRY_LATER


@pytest.mark.parametrize(
    "item",
    [der.tlv(0xA2, der.null()), other(OCSP_RESPONSE, der.null()), der.tlv(OTHER, der.null()), b"\x30\x80"],
    ids=["another choice", "no answer", "no kind", "cut off"],
)
def test_evidence_that_nobody_can_read_is_left_out(here: Containers, signed: bytes, item: bytes) -> None:
    """It is no part of the signature, which was called damaged for it."""
    assert judge(here, with_revocation(signed, item), crls=here.crls()).verdict is Verdict.PASSED


def with_certificates(octets: bytes, *certificates: bytes) -> list[bytes]:
    return [
        der.tlv(CERTIFICATES, *certificates) if one[0] == CERTIFICATES else one for one in parts_of(octets)
    ]


def identified(parts: list[bytes], identifier: bytes) -> bytes:
    """Write another identifier into the only SignerInfo: nobody signed that."""
    *before, signers = parts
    _, _, *rest = der.Reader(signers).enter(der.SET).enter(der.SEQUENCE).elements()
    signer = der.sequence(der.integer(3), identifier, *rest)
    return put_together([*before, der.tlv(der.SET, signer)])


def test_of_several_certificates_of_a_key_the_signed_one_counts(here: Containers, signed: bytes) -> None:
    """RFC 5652 §5.3: a key identifier names the certificate of before a renewal too; the first was taken, and found not to be the one."""
    keeper, pki = here.keeper, here.pki
    older = pki.party(key=keeper.key, not_before=here.now - timedelta(days=400))
    key = der.tlv(0x80, subject_key(keeper.certificate) or b"")
    for first, second in ((older.der, keeper.der), (keeper.der, older.der)):
        octets = identified(with_certificates(signed, first, second, pki.issuing.der), key)
        report = judge(here, octets, crls=here.crls())
        assert report.verdict is Verdict.PASSED, report.reason.en
    alone = identified(with_certificates(signed, older.der, pki.issuing.der), key)
    assert judge(here, alone, crls=here.crls()).sub_indication is SubIndication.FORMAT_FAILURE


@pytest.mark.parametrize("bound", [True, False])
def test_a_certificate_of_the_same_number_beside_does_no_harm(here: Containers, bound: bool) -> None:
    """Anybody can make one of the same issuer and number, and put it first."""
    keeper, pki = here.keeper, here.pki
    stranger = Party(ec.generate_private_key(ec.SECP256R1()), pki.issuing.certificate)
    made = pki.make(
        ENTERPRISE_SEAL,
        SubjectName("x", "x"),
        issuer=stranger,
        serial=keeper.certificate.serial_number,
    )
    signed = bare.attached(here) if bound else _unbound(here)
    octets = put_together(with_certificates(signed, made.der, keeper.der, pki.issuing.der))
    report = judge(here, octets, crls=here.crls())
    assert report.verdict is Verdict.PASSED, report.reason.en
    alone = put_together(with_certificates(signed, made.der, pki.issuing.der))
    assert judge(here, alone, crls=here.crls()).verdict is not Verdict.PASSED


def _unbound(here: Containers) -> bytes:
    """Sign by a writer that names no certificate among what it signs."""
    from cryptography.hazmat.primitives.serialization import pkcs7

    builder = pkcs7.PKCS7SignatureBuilder().set_data(bare.CONTENT)
    builder = builder.add_signer(here.keeper.certificate, here.keeper.key, hashes.SHA256())
    builder = builder.add_certificate(here.pki.issuing.certificate)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def test_an_issuer_may_be_named_in_other_string_types(here: Containers, signed: bytes) -> None:
    """RFC 5280 §7.1: writers that encode the name anew are met; OpenSSL takes it for the same."""
    certificate = here.keeper.certificate
    named = [
        general.RelativeDistinguishedName(
            [
                {
                    "type": one.oid.dotted_string,
                    "value": general.DirectoryString("bmp_string", core.BMPString(one.value)),
                }
            ]
        )
        for one in certificate.issuer
        if one.oid != x509.NameOID.COUNTRY_NAME
    ]
    country = [
        general.RelativeDistinguishedName(
            [{"type": "country_name", "value": core.PrintableString(one.value)}]
        )
        for one in certificate.issuer.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    ]
    anew = general.Name("", general.RDNSequence([*country, *named])).dump()
    assert anew != certificate.issuer.public_bytes()
    octets = identified(parts_of(signed), der.sequence(anew, der.integer(certificate.serial_number)))
    assert judge(here, octets, crls=here.crls()).verdict is Verdict.PASSED
    strange = der.sequence(der.sequence(), der.integer(certificate.serial_number))
    missing = judge(here, identified(parts_of(signed), strange), crls=here.crls())
    assert missing.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def of_type(here: Containers, signed_as: str, stands_as: str) -> bytes:
    """Sign the content as one type and let another stand in the container."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(bare.CONTENT)
    attributes = sorted(
        [
            attribute("1.2.840.113549.1.9.3", der.oid(signed_as)),
            attribute("1.2.840.113549.1.9.4", der.octet_string(digest.finalize())),
        ]
    )
    value = here.keeper.signer.sign(der.tlv(der.SET, *attributes))
    certificate, sha256 = here.keeper.certificate, der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
    signer = der.sequence(
        der.integer(1),
        der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
        sha256,
        der.tlv(0xA0, *attributes),
        der.sequence(der.oid("1.2.840.10045.4.3.2")),
        der.octet_string(value),
    )
    content = der.sequence(der.oid(stands_as), der.explicit(0, der.octet_string(bare.CONTENT)))
    certificates = der.tlv(CERTIFICATES, here.keeper.der, here.pki.issuing.der)
    return put_together(
        [der.integer(3), der.tlv(der.SET, sha256), content, certificates, der.tlv(der.SET, signer)]
    )


DATA, STRANGE = "1.2.840.113549.1.7.1", "1.2.3.4"


@pytest.mark.parametrize(
    ("signed_as", "stands_as", "expected"),
    [
        (DATA, DATA, (Verdict.PASSED, None)),
        (STRANGE, STRANGE, (Verdict.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)),
        (DATA, STRANGE, (Verdict.FAILED, SubIndication.FORMAT_FAILURE)),
        (STRANGE, DATA, (Verdict.FAILED, SubIndication.FORMAT_FAILURE)),
    ],
)
def test_a_content_of_another_type_is_no_damage(
    here: Containers, signed_as: str, stands_as: str, expected: tuple[Verdict, SubIndication | None]
) -> None:
    """RFC 5652 §5.3: any type may be signed; what it means is not known here, and nothing is broken."""
    report = judge(here, of_type(here, signed_as, stands_as), crls=here.crls())
    assert (report.verdict, report.sub_indication) == expected


def test_ed448_goes_with_shake256() -> None:
    """RFC 8419 §3.1."""
    signing = Signing(NOW)
    pki, key = signing.pki, ed448.Ed448PrivateKey.generate()
    whole = der.Reader(pki.party().der).enter(der.SEQUENCE)
    *before, _, extensions = whole.enter(der.SEQUENCE).elements()
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    tbs = der.sequence(*before, spki, extensions)
    octets = der.sequence(tbs, whole.element(), der.bit_string(pki.issuing.signer.sign(tbs)))
    keeper = Party(key, x509.load_der_x509_certificate(octets), pki.party().chain)  # type: ignore[arg-type]
    data = signing.sign(keeper=keeper, md_algorithm="shake256")
    assert signing.verify(data).verdict is Verdict.PASSED
    spoilt = data.replace(b"Contract", b"Contrast")
    assert signing.only(spoilt).sub_indication is SubIndication.HASH_FAILURE


def test_a_long_exponent_is_refused_before_it_costs_its_time() -> None:
    """A hundred kilobytes of signers with exponents as long as their moduli took half a minute."""
    numbers = shared_rsa_key().public_key().public_numbers()
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    for exponent, refusal in ((65537, InvalidSignature), ((1 << 32) + 1, Finding), (numbers.n - 2, Finding)):
        key = rsa.RSAPublicNumbers(exponent, numbers.n).public_key()
        with pytest.raises(refusal):
            check_scheme(key, SignatureScheme(algorithm, "sha256"), bytes(255) + b"\x02", b"")


def test_the_certificates_of_a_container_are_loaded_once(
    here: Containers, signed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two hundred signers loaded sixty large certificates: three megabytes took minutes."""
    names = x509.SubjectAlternativeName([x509.DNSName(f"host{number}.example.test") for number in range(900)])
    large = [here.pki.party(extra=[(names, False)]).der for _ in range(3)]
    assert min(map(len, large)) > loaded.MAX_KEPT_OCTETS
    octets = rebuilt(put_together(with_certificates(signed, here.keeper.der, *large)), 20, 1)
    seen: list[bytes] = []
    kept = x509.load_der_x509_certificate

    def counted(octets: bytes) -> x509.Certificate:
        seen.append(octets)
        return kept(octets)

    monkeypatch.setattr(x509, "load_der_x509_certificate", counted)
    report = judge(here, octets, crls=here.crls())
    assert (report.verdict, len(report.signatures)) == (Verdict.PASSED, 20)
    assert [seen.count(one) for one in large] == [1] * 3
