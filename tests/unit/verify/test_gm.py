"""Seals in SM2 and SM3: what passes, in each shape that is met, and what never does."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca import cms_names, der
from ca.certificate import SubjectName
from ca.custody_policy import ANY_POLICY, policy_oid
from ca.gm_cms import GmSignedData
from ca.profile import ISSUING
from hsm.algorithms import DigestAlgorithm
from hsm.public_keys import certificate_key, spki
from hsm.signer import Custody
from hsm.sm2.signature import Sm2Signature
from hsm.suite import Suite
from seals.seal import SealStatus
from signing.containers.cms import ContainerForm, Signatory, container
from signing.containers.cms_parts import CONTENT_IS_DATA, attribute, message_digest
from signing.containers.envelope import CmsEnvelope
from signing.mark import Work
from signing.pdf.general import prepare
from tests.gm_world import Altered, GmSealing
from tests.interop.sealing_world import mark
from tests.pki import Party, Pki
from tests.sm2 import Sm2TestKey, backend
from tests.verify_world import Signing, small_pdf
from verify.certificates.gm import SM2_WITH_SM3, check_certificate
from verify.report import SignatureKind, SignatureReport
from verify.table import lines
from verify.verdict import Indication, SubIndication, Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FORMS = pytest.mark.parametrize("form", list(ContainerForm), ids=lambda form: form.label)


@pytest.fixture(scope="module")
def gm() -> GmSealing:
    return GmSealing()


@pytest.fixture(scope="module")
def sealed(gm: GmSealing) -> bytes:
    return gm.seal()


def outcome(report: SignatureReport) -> tuple[str, str | None]:
    return report.indication.value, report.sub_indication


@FORMS
@pytest.mark.parametrize("stamped", [True, False], ids=["stamped", "plain"])
def test_a_seal_in_the_national_suite_passes(gm: GmSealing, form: ContainerForm, stamped: bool) -> None:
    found = gm.only(gm.seal(form=form, stamped=stamped))
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en
    assert found.kind is SignatureKind.SEAL
    assert found.time.trusted is stamped
    assert found.algorithm == "SM2 / SM3"
    assert found.seal is not None
    assert found.seal.trusted
    assert found.certificate_now.status == "good"
    assert found.seal_now.status == "active"


def test_levels_are_the_same_as_in_the_other_suite(gm: GmSealing) -> None:
    levels = [gm.only(gm.seal(stamped=stamped)).level for stamped in (False, True)]
    assert levels == ["B-B", "B-T"]
    long_term = gm.seal(long_term=True)
    alone = gm.only(long_term, trust=gm.trust(crls=[]))
    assert (alone.indication, alone.level) == (Indication.TOTAL_PASSED, "B-LT"), alone.reason.en


def test_the_report_says_which_readers_can_check_it(gm: GmSealing, sealed: bytes) -> None:
    report = gm.verify(sealed)
    readers = report.signatures[0].readers
    assert readers is not None
    assert "Adobe" in readers.zh
    shown = "\n".join(lines(report))
    assert "SM2 / SM3" in shown
    assert "Adobe-class readers" in shown


def test_a_status_list_in_sm2_tells_the_seal_frozen(gm: GmSealing, sealed: bytes) -> None:
    frozen = gm.status_list(
        (gm.now - DAY, SealStatus.ACTIVE), (gm.now + timedelta(seconds=30), SealStatus.FROZEN)
    )
    found = gm.only(sealed, trust=gm.trust(seal_lists=[frozen]))
    assert found.indication is Indication.TOTAL_PASSED
    assert (found.seal_then.status, found.seal_now.status) == ("active", "frozen")


def test_a_second_seal_leaves_the_first_valid(gm: GmSealing, sealed: bytes) -> None:
    twice = gm.verify(gm.seal(sealed, place="2:60,60"))
    assert [one.verdict for one in twice.signatures] == [Verdict.PASSED] * 2


def test_seals_of_both_suites_stand_side_by_side(gm: GmSealing, sealed: bytes) -> None:
    international = GmSealing(suite=Suite.INTERNATIONAL)
    both = international.seal(sealed, place="2:60,60")
    lists = [gm.status_list(), international.status_list()]
    roots = [gm.pki.root.certificate, international.pki.root.certificate]
    trust = type(gm.trust())(roots, crls=[*gm.crls(), *international.crls()], seal_lists=lists)
    report = gm.verify(both, trust=trust)
    assert [one.algorithm for one in report.signatures] == ["SM2 / SM3", "P-256 / SHA-256"]
    assert [one.verdict for one in report.signatures] == [Verdict.PASSED] * 2
    assert [one.to_json()["readers"].startswith("Signed with the Chinese") for one in report.signatures] == [
        True,
        False,
    ]


def test_pyhanko_signs_beside_a_national_seal(gm: GmSealing, sealed: bytes) -> None:
    """Another maker's international signature on top is valid too."""
    other = Signing()
    both = other.sign(sealed, stamp=True)
    trust = type(gm.trust())(
        [gm.pki.root.certificate, other.pki.root.certificate], crls=[*gm.crls(), *other.crls()]
    )
    assert [one.verdict for one in gm.verify(both, trust=trust).signatures] == [Verdict.PASSED] * 2


def filled(gm: GmSealing, make: Callable[[Signatory, bytes], bytes], keeper: Party | None = None) -> bytes:
    """Seal with a container of one's own making over the signed octets."""
    keeper = keeper or gm.keeper
    signatory = Signatory(keeper.signer, keeper.certificate, keeper.chain, ContainerForm.GBT35275)
    output = io.BytesIO()
    work = Work(io.BytesIO(small_pdf()), output)
    prepared = prepare(work, mark(when=gm.now, statement=None), CmsEnvelope(signatory), stamped=True)
    data = output.getvalue()
    gap = re.search(rb"/Contents (<0+>)", data)
    assert gap is not None
    prepared.complete(make(signatory, data[: gap.start(1)] + data[gap.end(1) :]))
    return output.getvalue()


def national(signatory: Signatory) -> GmSignedData:
    return GmSignedData.of(signatory.certificate.public_bytes(x509_der()), signatory.chain)


def x509_der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


def test_gbt35275_without_authenticated_attributes(gm: GmSealing) -> None:
    """The signature is over the document itself, Z before it."""
    data = filled(gm, lambda who, content: national(who).assemble(who.signer.sign(content)))
    assert gm.only(data).indication is Indication.TOTAL_PASSED
    where = data.index(b"Contract")
    changed = data[:where] + b"c" + data[where + 1 :]
    assert gm.only(changed).verdict is Verdict.FAILED


def _swapped(octets: bytes, old: str, new: str, count: int) -> bytes:
    """Put another identifier in the place of one, in a container whose attributes are not touched."""
    assert len(der.oid(old)) == len(der.oid(new)), "else every length around it would change"
    return octets.replace(der.oid(old), der.oid(new), count)


def _attributed(who: Signatory, content: bytes) -> tuple[bytes, bytes]:
    attributes = national(who).attributes(DigestAlgorithm.SM3.digest(content))
    return attributes, national(who).assemble(who.signer.sign(attributes), attributes=attributes)


def test_gbt35275_with_international_data_inside(gm: GmSealing) -> None:
    """As several real writers have it: their own outer type and signed type, PKCS #7 data between."""

    def make(who: Signatory, content: bytes) -> bytes:
        attributes = national(who).attributes(DigestAlgorithm.SM3.digest(content))
        whole = der.Reader(national(who).assemble(who.signer.sign(attributes), attributes=attributes))
        outer = whole.enter(der.SEQUENCE)
        kind, body = outer.element(), outer.enter(0xA0).enter(der.SEQUENCE)
        parts = []
        while body.more:
            parts.append(body.element())
        parts[2] = der.sequence(der.oid(cms_names.DATA))
        return der.sequence(kind, der.explicit(0, der.sequence(*parts)))

    assert gm.only(filled(gm, make)).indication is Indication.TOTAL_PASSED


def _with_signature_algorithm(encoded: bytes) -> Callable[[Signatory, bytes], bytes]:
    sm2 = der.sequence(der.oid(cms_names.SM2_SIGNATURE))

    def make(who: Signatory, content: bytes) -> bytes:
        attributes = national(who).attributes(DigestAlgorithm.SM3.digest(content))
        signature = der.octet_string(who.signer.sign(attributes))
        whole = der.Reader(national(who).assemble(b"", attributes=attributes))
        outer = whole.enter(der.SEQUENCE)
        kind, body = outer.element(), outer.enter(0xA0).enter(der.SEQUENCE)
        parts = []
        while body.more:
            parts.append(body.element())
        signer = der.Reader(parts[-1]).enter(der.SET).enter(der.SEQUENCE)
        fields = []
        while signer.more:
            fields.append(signer.element())
        assert fields[-2] == sm2
        fields[-2:] = [encoded, signature]
        parts[-1] = der.set_of(der.sequence(*fields))
        return der.sequence(kind, der.explicit(0, der.sequence(*parts)))

    return make


SM2_SM3, SM2 = der.oid("1.2.156.10197.1.501"), der.oid("1.2.156.10197.1.301.1")


@pytest.mark.parametrize(
    "encoded",
    [
        der.sequence(SM2_SM3),
        der.sequence(SM2_SM3, der.null()),
        der.sequence(SM2),
        der.sequence(SM2, der.null()),
    ],
    ids=["501", "501-null", "301.1", "301.1-null"],
)
def test_both_names_of_the_algorithm_are_read(gm: GmSealing, encoded: bytes) -> None:
    found = gm.only(filled(gm, _with_signature_algorithm(encoded)))
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en


@pytest.mark.parametrize(
    "encoded",
    [
        der.sequence(der.oid("1.2.156.10197.1.301.3")),
        der.sequence(der.oid("1.2.840.10045.4.3.2")),
        der.sequence(SM2_SM3, der.integer(1)),
        der.sequence(SM2_SM3, der.oid("1.2.840.10045.3.1.7")),
    ],
    ids=["encryption", "ecdsa", "parameter", "curve"],
)
def test_other_algorithms_do_not_count_for_an_sm2_key(gm: GmSealing, encoded: bytes) -> None:
    found = gm.only(filled(gm, _with_signature_algorithm(encoded)))
    assert outcome(found) == ("INDETERMINATE", SubIndication.CRYPTO_CONSTRAINTS_FAILURE)


def test_raw_r_and_s_are_read(gm: GmSealing) -> None:
    raw = Altered(gm.keeper.signer, lambda message: Sm2Signature.from_der(gm.keeper.signer.sign(message)).raw)
    assert gm.only(gm.seal(signer=raw, stamped=False)).indication is Indication.TOTAL_PASSED


def _scalar(gm: GmSealing) -> bytes:
    assert isinstance(gm.keeper.key, Sm2TestKey)
    return gm.keeper.key.scalar


def _empty_identity(gm: GmSealing, message: bytes) -> bytes:
    return backend().sign(_scalar(gm), message, b"")


def _hashed_twice(gm: GmSealing, message: bytes) -> bytes:
    return backend().sign(_scalar(gm), DigestAlgorithm.SM3.digest(message).value)


def _without_z(gm: GmSealing, message: bytes) -> bytes:
    return backend().sign_digest(_scalar(gm), DigestAlgorithm.SM3.digest(message).value)


def _negated(gm: GmSealing, message: bytes) -> bytes:
    """ECDSA forgives s and -s; SM2 must not."""
    from hsm.sm2.curve import N

    good = Sm2Signature.from_der(gm.keeper.signer.sign(message))
    return Sm2Signature(good.r, N - good.s).der


@pytest.mark.parametrize("wrong", [_empty_identity, _hashed_twice, _without_z, _negated])
def test_other_ways_to_sign_are_refused(gm: GmSealing, wrong: Callable[[GmSealing, bytes], bytes]) -> None:
    signer = Altered(gm.keeper.signer, lambda message: wrong(gm, message))
    found = gm.only(gm.seal(signer=signer, stamped=False))
    assert outcome(found) == ("TOTAL-FAILED", SubIndication.SIG_CRYPTO_FAILURE)


def test_sha256_attributes_do_not_count_for_an_sm2_key(gm: GmSealing) -> None:
    """GB/T 35275: SM3 for the attributes too; a mixture is nobody's suite."""

    def make(who: Signatory, content: bytes) -> bytes:
        plain = Signatory(who.signer, who.certificate, who.chain)
        sha256 = DigestAlgorithm.SHA256.digest
        named = der.sequence(
            der.sequence(
                der.sequence(der.octet_string(sha256(who.certificate.public_bytes(Encoding.DER)).value))
            )
        )
        attributes = der.set_of(
            CONTENT_IS_DATA,
            message_digest(sha256(content).value),
            attribute(cms_names.SIGNING_CERTIFICATE_V2, named),
        )
        whole = cms.ContentInfo.load(container(plain, attributes, who.signer.sign(attributes)))
        stated = whole["content"]
        for algorithm in (stated["digest_algorithms"][0], stated["signer_infos"][0]["digest_algorithm"]):
            algorithm["algorithm"] = "sha256"
        return bytes(whole.dump(force=True))

    found = gm.only(filled(gm, make))
    assert found.verdict is not Verdict.PASSED
    assert found.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_bare_national_subfilter_is_read(gm: GmSealing) -> None:
    """One open library writes /GM.SM2; the container says the rest."""
    data = gm.seal(form=ContainerForm.GBT35275, stamped=False, stated=False)
    other = data.replace(b"/SubFilter /adbe.pkcs7.detached", b"/SubFilter /GM.SM2             ")
    assert other != data
    found = gm.only(other)
    assert outcome(found) == ("TOTAL-FAILED", SubIndication.HASH_FAILURE), "recognised, and its change too"


# certificates, lists, answers, time-stamps


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"profile": "enterprise-encrypt"}, "encryption certificate"),
        ({"key_usage": ("key_encipherment", "data_encipherment", "key_agreement")}, "encryption certificate"),
        ({"key_usage": ("crl_sign",)}, "not meant for"),
        ({"eku": ("1.3.6.1.5.5.7.3.1",)}, "not meant for"),
    ],
    ids=["encrypt-profile", "encipherment", "crl-sign", "server"],
)
def test_a_certificate_for_something_else_makes_no_signature(
    gm: GmSealing, changes: dict[str, Any], rule: str
) -> None:
    """The encryption half of a pair may be in the key centre's escrow: it proves nothing about its holder."""
    found = gm.only(gm.seal(keeper=gm.pki.party(**changes)))
    assert outcome(found) == ("INDETERMINATE", SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert rule in found.reason.en


def test_the_international_suite_refuses_an_encryption_certificate_too() -> None:
    world = Signing()
    usage = ("key_encipherment", "data_encipherment")
    found = world.only(world.sign(keeper=world.pki.party(key_usage=usage)))
    assert outcome(found) == ("INDETERMINATE", SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert "加密证书" in found.reason.zh
    assert "encryption certificate" in found.reason.en


def test_the_signing_half_of_a_pair_passes(gm: GmSealing) -> None:
    keeper = gm.pki.party(profile="enterprise-sign")
    assert gm.only(gm.seal(keeper=keeper)).indication is Indication.TOTAL_PASSED


def _kept(custody: Custody, *others: str) -> list[tuple[x509.ExtensionType, bool]]:
    named = [x509.ObjectIdentifier(one) for one in (policy_oid(custody), *others)]
    return [(x509.CertificatePolicies([x509.PolicyInformation(one, None) for one in named]), False)]


def _issuer_that_says_so(gm: GmSealing) -> Party:
    return gm.pki.make(
        ISSUING,
        SubjectName("印信测试 custody", "印信测试"),
        issuer=gm.pki.root,
        extra=_kept(Custody.TOKEN, ANY_POLICY),
    )


@pytest.mark.parametrize("custody", list(Custody), ids=lambda one: one.value)
def test_the_report_says_where_the_key_is_kept(custody: Custody) -> None:
    gm = GmSealing()
    gm.pki.issuing = _issuer_that_says_so(gm)
    keeper = gm.pki.party(extra=_kept(custody))
    report = gm.verify(gm.seal(keeper=keeper))
    (found,) = report.signatures
    assert found.custody == custody.value
    words = found.to_json()
    expected = {
        "token": "令牌内密钥",
        "device": "密码设备",
        "sealed": "令牌封装密钥",
        "soft": "软件密钥",
        "remote": "异地密钥",
    }
    assert words["custody_zh"].startswith(expected[custody.value])
    assert f"SM2 / SM3 · {expected[custody.value]}" in "\n".join(lines(report))


def test_two_writings_of_the_algorithm_in_one_certificate_are_one_too_many(gm: GmSealing) -> None:
    """RFC 5280 §4.1.1.2: what is signed about the algorithm and what stands outside are the same."""
    good = gm.keeper.certificate.public_bytes(Encoding.DER)
    plain, padded = der.sequence(der.oid(SM2_WITH_SM3)), der.sequence(der.oid(SM2_WITH_SM3), der.null())
    reader = der.Reader(good).enter(der.SEQUENCE)
    tbs, outer, signature = reader.element(), reader.element(), reader.element()
    other = padded if outer == plain else plain
    mixed = x509.load_der_x509_certificate(der.sequence(tbs, other, signature))
    key = certificate_key(gm.pki.issuing.certificate)
    check_certificate(gm.keeper.certificate, key)
    with pytest.raises(InvalidSignature):
        check_certificate(mixed, key)


def test_an_unproved_chain_says_nothing_about_custody(gm: GmSealing) -> None:
    keeper = gm.pki.party(extra=_kept(Custody.TOKEN))
    stranger = GmSealing()
    assert gm.only(gm.seal(keeper=keeper), trust=stranger.trust()).custody == ""


def test_an_issuer_that_is_not_under_our_rules_says_nothing_about_custody(gm: GmSealing) -> None:
    """Trusted for signatures, but our policy in its certificate is only somebody's claim."""
    found = gm.only(gm.seal(keeper=gm.pki.party(extra=_kept(Custody.DEVICE))))
    assert found.indication is Indication.TOTAL_PASSED
    assert found.custody == ""


def test_unknown_root_is_never_green(gm: GmSealing, sealed: bytes) -> None:
    found = gm.only(sealed, trust=GmSealing().trust())
    assert outcome(found) == ("INDETERMINATE", SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_issuer_of_the_same_name_is_still_unknown(gm: GmSealing, sealed: bytes) -> None:
    twin = GmSealing()
    assert twin.pki.root.certificate.subject == gm.pki.root.certificate.subject
    found = gm.only(sealed, trust=twin.trust(crls=gm.crls()))
    assert found.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_spoiled_certificate_signature(gm: GmSealing) -> None:
    found = gm.only(gm.seal(keeper=gm.pki.party(spoil=True)))
    assert found.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
HERE = x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN")]))
ELSEWHERE = x509.NameConstraints(
    [x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "XX")]))], None
)


@pytest.mark.parametrize(
    ("leaf", "issuing"),
    [
        ({"extra": [(UNKNOWN_EXTENSION, True)]}, {}),
        ({}, {"extra": [(UNKNOWN_EXTENSION, True)]}),
        ({}, {"extra": [(ELSEWHERE, True)]}),
        ({}, {"extra": [(x509.NameConstraints([HERE], None), False)]}),
        ({}, {"extra": [(x509.NameConstraints(None, [HERE]), True)]}),
        ({"extra": [(x509.NameConstraints([HERE], None), True)]}, {}),
        ({}, {"ca": False, "path_length": None, "key_usage": ("digital_signature",)}),
        ({}, {"key_usage": ("digital_signature",)}),
        ({"serial": None, "subject": x509.Name([])}, {}),
    ],
    ids=[
        "leaf-critical",
        "ca-critical",
        "elsewhere",
        "not-critical",
        "excluded",
        "leaf-constrains",
        "no-ca",
        "no-cert-sign",
        "no-subject",
    ],
)
def test_chains_that_break_a_rule(gm: GmSealing, leaf: dict[str, Any], issuing: dict[str, Any]) -> None:
    pki = gm.pki
    above = (
        pki.make("issuing", pki.issuing.certificate.subject, issuer=pki.root, **issuing) if issuing else None
    )
    keeper = pki.party(**leaf, issuer=above) if above else pki.party(**leaf)
    found = gm.only(gm.seal(keeper=keeper, stamped=False, stated=False))
    assert found.verdict is Verdict.INDETERMINATE
    assert found.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def test_path_length_is_kept(gm: GmSealing) -> None:
    """RFC 5280 §4.2.1.9: the issuing CA allows no further CA below."""
    pki = gm.pki
    below = pki.make("issuing", pki.issuing.certificate.subject, issuer=pki.issuing)
    assert below.certificate.issuer == below.certificate.subject, "self-issued: not counted"
    other = pki.make(
        "issuing", x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST 下级")]), issuer=pki.issuing
    )
    found = gm.only(gm.seal(keeper=pki.party(issuer=other), stamped=False, stated=False))
    assert found.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    assert "more authorities" in found.reason.en


def test_an_issuer_may_be_kept_to_its_names(gm: GmSealing) -> None:
    pki = gm.pki
    extra = [(x509.NameConstraints([HERE], None), True)]
    above = pki.make("issuing", pki.issuing.certificate.subject, issuer=pki.root, extra=extra)
    data = gm.seal(keeper=pki.party(issuer=above), stamped=False, stated=False)
    found = gm.only(data, trust=gm.trust([*gm.crls(), pki.crl(above)]))
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en


def test_unknown_extensions_that_are_not_critical_are_passed_over(gm: GmSealing) -> None:
    keeper = gm.pki.party(extra=[(UNKNOWN_EXTENSION, False)])
    assert gm.only(gm.seal(keeper=keeper)).indication is Indication.TOTAL_PASSED


def test_expired_and_revoked_are_seen(gm: GmSealing, sealed: bytes) -> None:
    keeper = gm.pki.party(not_before=gm.now - 40 * DAY, not_after=gm.now - 10 * DAY)
    found = gm.only(gm.seal(keeper=keeper))
    assert outcome(found) == ("TOTAL-FAILED", SubIndication.EXPIRED)
    serial, reason = gm.keeper.certificate.serial_number, x509.ReasonFlags.unspecified
    before = gm.crls(revoked={serial: (gm.now - HOUR, reason)})
    assert outcome(gm.only(sealed, trust=gm.trust(before))) == ("TOTAL-FAILED", SubIndication.REVOKED)
    after = gm.only(
        sealed, trust=gm.trust(gm.crls(revoked={serial: (gm.now + timedelta(minutes=5), reason)}))
    )
    assert (after.indication, after.certificate_now.status) == (Indication.TOTAL_PASSED, "revoked")


def test_a_revocation_list_that_somebody_else_signed_is_not_believed(gm: GmSealing, sealed: bytes) -> None:
    serial = gm.keeper.certificate.serial_number
    revoked = {serial: (gm.now - HOUR, x509.ReasonFlags.unspecified)}
    forged = [gm.pki.crl(revoked=revoked, key=Sm2TestKey()), gm.pki.crl(gm.pki.root)]
    found = gm.only(sealed, trust=gm.trust(forged))
    assert found.sub_indication is SubIndication.TRY_LATER
    assert found.certificate_then.status == "unknown"


def test_ocsp_answers_in_sm2(gm: GmSealing) -> None:
    data = gm.seal(stated=False)
    root, leaf = gm.pki.crl(gm.pki.root), gm.keeper.certificate
    stamped = gm.pki.ocsp(gm.tsa.certificate)
    good = gm.trust([root], ocsp=[gm.pki.ocsp(leaf), stamped])
    assert gm.only(data, trust=good).indication is Indication.TOTAL_PASSED
    bad = gm.pki.ocsp(leaf, revoked=(gm.now - HOUR, x509.ReasonFlags.key_compromise))
    assert gm.only(data, trust=gm.trust([root], ocsp=[bad, stamped])).sub_indication is SubIndication.REVOKED
    stranger = gm.pki.ocsp(leaf, responder=GmSealing().pki.responder())
    unknown = gm.only(data, trust=gm.trust([root], ocsp=[stranger, stamped]))
    assert unknown.sub_indication is SubIndication.TRY_LATER


def test_ocsp_answers_that_name_the_issuer_by_sm3(gm: GmSealing) -> None:
    """RFC 6960 leaves the CertID's digest open; clients of the national suite take SM3, which the library cannot name."""
    from ca.status.ocsp_codec import IssuerHashes

    leaf, issuer = gm.keeper.certificate, gm.pki.issuing
    by_sha1 = IssuerHashes(issuer.certificate).cert_id(leaf.serial_number)
    answer = der.Reader(gm.pki.ocsp(leaf)).enter(der.SEQUENCE)
    status, wrapped = answer.element(), answer.enter(0xA0).enter(der.SEQUENCE)
    name, basic = wrapped.element(), der.Reader(wrapped.contents(der.OCTET_STRING)).enter(der.SEQUENCE)
    body, rest = basic.element(), []
    while basic.more:
        rest.append(basic.element())
    key_bits = spki(issuer.key.public_key())[-65:]
    sm3 = DigestAlgorithm.SM3
    names = [sm3.digest(part).value for part in (issuer.certificate.subject.public_bytes(), key_bits)]
    by_sm3 = der.sequence(
        der.sequence(der.oid(sm3.oid)), *map(der.octet_string, names), der.integer(leaf.serial_number)
    )
    changed = _replaced(body, by_sha1.issuer_name_hash, by_sm3)
    responder = gm.pki.responder()
    tbs = changed
    rest[1] = der.bit_string(responder.signer.sign(tbs))
    rest[2:] = [der.explicit(0, der.sequence(responder.der))]
    whole = der.sequence(
        status, der.explicit(0, der.sequence(name, der.octet_string(der.sequence(tbs, *rest))))
    )
    data, root = gm.seal(stamped=False, stated=False), gm.pki.crl(gm.pki.root)
    found = gm.only(data, trust=gm.trust([root], ocsp=[whole]))
    assert (found.indication, found.certificate_now.source) == (Indication.TOTAL_PASSED, "ocsp"), (
        found.reason.en
    )
    other = whole.replace(names[1], bytes(32))
    assert gm.only(data, trust=gm.trust([root], ocsp=[other])).sub_indication is SubIndication.TRY_LATER


def _replaced(body: bytes, name_hash: bytes, cert_id: bytes) -> bytes:
    """Put another CertID into ResponseData; every length around it is written anew."""
    reader, parts = der.Reader(body).enter(der.SEQUENCE), []
    while reader.more:
        element = reader.element()
        if name_hash in element:
            single = der.Reader(element).enter(der.SEQUENCE).enter(der.SEQUENCE)
            fields = []
            while single.more:
                fields.append(single.element())
            element = der.sequence(der.sequence(cert_id, *fields[1:]))
        parts.append(element)
    return der.sequence(*parts)


def test_a_time_stamp_by_somebody_without_the_purpose_proves_nothing(gm: GmSealing) -> None:
    world = GmSealing()
    world.__dict__.update(pki=gm.pki, keeper=gm.keeper, maker=gm.maker)
    world.__dict__["tsa"] = gm.pki.tsa(eku=("1.3.6.1.5.5.7.3.36",))
    found = world.only(world.seal())
    assert not found.time.trusted


def test_a_key_of_another_curve_under_an_sm2_signature(gm: GmSealing) -> None:
    """The certificate is P-256, the container says SM2: no mixture passes."""
    keeper = gm.pki.party(key=ec.generate_private_key(ec.SECP256R1()))
    signer = Altered(gm.keeper.signer, gm.keeper.signer.sign)
    signatory = Signatory(gm.keeper.signer, gm.keeper.certificate, gm.keeper.chain)

    def make(_: Signatory, content: bytes) -> bytes:
        return national(Signatory(keeper.signer, keeper.certificate, keeper.chain)).assemble(
            signer.sign(content)
        )

    assert signatory.form is ContainerForm.RFC5652
    found = gm.only(filled(gm, make))
    assert found.verdict is not Verdict.PASSED
    assert found.signer is not None


def test_an_sm2_point_off_the_curve_is_no_certificate(gm: GmSealing) -> None:
    data = gm.seal(stamped=False, stated=False)
    point = gm.keeper.key.public_key().public_bytes(*_uncompressed())
    hexed = point.hex().upper().encode()
    assert hexed in data
    off = bytearray(point)
    off[-1] ^= 1
    found = gm.only(data.replace(hexed, bytes(off).hex().upper().encode()))
    assert outcome(found) == ("INDETERMINATE", SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def _uncompressed() -> tuple[Any, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return Encoding.X962, PublicFormat.UncompressedPoint


def test_a_mixed_chain_passes_by_the_same_rules() -> None:
    """An SM2 leaf below an international hierarchy, as a province may have for a while."""
    world = GmSealing(suite=Suite.INTERNATIONAL)
    keeper = world.pki.party(key=Sm2TestKey())
    found = world.only(world.seal(keeper=keeper))
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en
    assert found.algorithm == "SM2 / SM3"


def test_trust_folder_takes_sm2_roots(gm: GmSealing, sealed: bytes, tmp_path: Any) -> None:
    from verify.folder import load_trust

    (tmp_path / "root.cer").write_bytes(gm.pki.root.der)
    (tmp_path / "issuing.cer").write_bytes(gm.pki.issuing.der)
    for number, crl in enumerate(gm.crls()):
        (tmp_path / f"{number}.crl").write_bytes(crl)
    (tmp_path / "seals.jws").write_text(gm.status_list())
    store = load_trust(tmp_path)
    assert (len(store.anchors), len(store.intermediates)) == (1, 1)
    assert gm.verify(sealed, trust=store).verdict is Verdict.PASSED


def test_pki_of_the_test_world_is_sm2_throughout(gm: GmSealing) -> None:
    assert isinstance(gm.pki, Pki)
    for party in (gm.pki.root, gm.pki.issuing, gm.keeper, gm.tsa, gm.maker):
        assert party.certificate.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"
