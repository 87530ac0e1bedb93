"""Judging seals and seal signatures: every step, its state, and what the version makes of it (C5, C8)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ca import der
from ca.profile import EKU_TIME_STAMPING
from hsm.algorithms import KeyKind
from hsm.algorithms import SignatureAlgorithm as Signing
from seals.ses.parts import CertListType, SesVersion
from seals.ses.structure import read_seal
from tests.pki import Party, new_key, shared_rsa_key
from tests.ses_world import (
    DAY,
    DOCUMENT,
    SCOPE,
    SesSealing,
    ia5,
    other_pki,
    png,
    raw_signature,
    sealing,
    states,
    step,
    utc_time,
)
from verify.report import Indication
from verify.ses.steps import SEAL_DEMANDS, Demand, Step
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

V1, V4, V5 = SesVersion.V1, SesVersion.V4, SesVersion.V5


@pytest.fixture(scope="module")
def world() -> SesSealing:
    return sealing()


def test_a_good_seal_of_each_version_passes(world: SesSealing) -> None:
    for octets, version in ((world.esl_v1(), V1), (world.esl(V4), V4), (world.esl(V5), V5)):
        report = world.judge(octets)
        assert report.verdict is Verdict.PASSED, report.reason
        assert report.standard == version.standard
        expected = {
            key.value: "not_done" if demands[version] is Demand.NOT_ASKED else "passed"
            for key, demands in SEAL_DEMANDS.items()
        }
        expected["seal-time-stamp"] = expected["registry-state"] = "not_done"
        assert states(report) == expected


def test_a_time_stamped_v5_seal_passes(world: SesSealing) -> None:
    report = world.judge(world.esl(V5, stamped=True))
    assert report.verdict is Verdict.PASSED
    assert step(report, "seal-time-stamp").state.value == "passed"


def test_a_digest_list_passes(world: SesSealing) -> None:
    report = world.judge(world.esl(list_type=CertListType.DIGESTS))
    assert report.verdict is Verdict.PASSED
    assert report.facts is not None
    assert report.facts.list_type == "digests"


def test_a_raw_signature_is_accepted_and_told(world: SesSealing) -> None:
    report = world.judge(world.esl(signed=raw_signature))
    assert report.verdict is Verdict.PASSED
    assert any("r‖s" in note.zh for note in report.notes)


def test_the_signature_is_over_the_octets_as_they_stand(world: SesSealing) -> None:
    """Real seals write ``critical FALSE`` out: a second encoding would drop it, and the signature with it."""
    plain = world.content()
    item = der.sequence(der.oid("1.2.3.4"), der.boolean(value=False), der.octet_string(b"x"))
    info = _with_extensions(world, der.sequence(item))
    report = world.judge(world.esl(info=info))
    assert report.verdict is Verdict.PASSED
    assert not any("critical" in note.en for note in report.notes), "usual, so nobody need be told"
    seal = read_seal(world.esl(info=info))
    assert seal.info == info
    assert seal.extensions[0].oid == "1.2.3.4"
    without = _with_extensions(world, der.sequence(der.sequence(der.oid("1.2.3.4"), der.octet_string(b"x"))))
    assert without != info
    assert plain.code == seal.id


def _with_extensions(world: SesSealing, extensions: bytes) -> bytes:
    from seals.ses.writer import encode_info

    body = der.Reader(encode_info(world.content())).contents(der.SEQUENCE)
    return der.sequence(body, extensions)


@pytest.mark.parametrize("form", ["explicit", "octets", "foreign"])
def test_other_forms_of_extensions_are_read(world: SesSealing, form: str) -> None:
    items = der.sequence(der.sequence(der.oid("1.2.3.4"), der.octet_string(b"x")))
    made = {
        "explicit": der.explicit(0, items),
        "octets": der.octet_string(items),
        "foreign": der.sequence(der.sequence(ia5("free form"))),
    }[form]
    report = world.judge(world.esl(info=_with_extensions(world, made)))
    assert report.verdict is Verdict.PASSED
    assert any("extDatas" in note.en for note in report.notes)


def test_a_changed_seal_fails_by_its_signature(world: SesSealing) -> None:
    good = world.esl()
    at = good.index("合同".encode())
    report = world.judge(good[:at] + "财务".encode() + good[at + 6 :])
    assert report.verdict is Verdict.FAILED
    assert report.sub_indication is SubIndication.SIG_CRYPTO_FAILURE
    assert step(report, "maker-signature").state.value == "failed"


def test_a_seal_is_judged_by_its_own_validity(world: SesSealing) -> None:
    ended = world.judge(world.esl(valid_to=world.now))
    assert (ended.verdict, ended.sub_indication) == (Verdict.FAILED, SubIndication.EXPIRED)
    early = world.judge(world.esl(valid_from=world.now + DAY))
    assert (early.verdict, early.sub_indication) == (Verdict.FAILED, SubIndication.NOT_YET_VALID)
    turned = world.judge(world.esl(valid_from=world.now + DAY, valid_to=world.now - DAY))
    assert step(turned, "format").state.value == "failed"
    at_end = world.esl(valid_to=world.now + timedelta(hours=1))
    assert world.judge(at_end).verdict is Verdict.PASSED  # both ends are inside


def test_an_unknown_maker_is_never_green(world: SesSealing) -> None:
    report = world.judge(world.esl(maker=other_pki().seal_maker()))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert step(report, "maker-revocation").state.value == "not_done"


def test_a_chain_that_breaks_a_rule_is_invalid_though_its_root_is_trusted(world: SesSealing) -> None:
    """The faults of the public samples: a root that may not issue, a leaf that says it may and is no CA."""
    root = world.pki.make(
        "root", world.pki.root.certificate.subject, key_usage=("digital_signature",), eku=None
    )
    by_root = world.pki.seal_maker(issuer=root, eku=None)
    report = world.judge(world.esl(maker=by_root), trust=TrustStore([root.certificate], crls=world.crls()))
    assert step(report, "maker-chain").state.value == "failed"
    claims = world.pki.seal_maker(key_usage=("digital_signature", "key_cert_sign"), eku=None)
    report = world.judge(world.esl(maker=claims))
    assert (report.verdict, report.sub_indication) == (
        Verdict.FAILED,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"eku": None}, "passed"),
        ({"key_usage": ("key_encipherment",), "eku": None}, "failed"),
        ({"eku": (EKU_TIME_STAMPING,)}, "indeterminate"),
    ],
)
def test_key_usage_of_the_maker(world: SesSealing, changes: dict[str, Any], state: str) -> None:
    report = world.judge(world.esl(maker=world.pki.seal_maker(**changes)))
    assert step(report, "maker-use").state.value == state
    assert (report.verdict is Verdict.PASSED) is (state == "passed")


def test_a_keeper_cannot_make_seals(world: SesSealing) -> None:
    """Whoever may sign documents under a trusted root could otherwise make a seal in any name."""
    report = world.judge(world.esl(maker=world.keeper))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert any("自行制作" in note.zh for note in report.notes)


def test_the_maker_names_an_organisation(world: SesSealing) -> None:
    from ca.certificate import SubjectName

    report = world.judge(world.esl(maker=world.pki.seal_maker(subject=SubjectName("张三"))))
    assert step(report, "maker-use").state.value == "failed"


def _ended(world: SesSealing) -> Any:
    """Return a maker whose certificate ended half an hour after the seal was made."""
    return world.pki.seal_maker(not_after=world.now + timedelta(minutes=30))


def test_a_maker_that_ended_since_is_invalid_in_v4_and_noted_in_v5(world: SesSealing) -> None:
    """The one place where the 2025 text draws another conclusion than the one of 2020."""
    maker = _ended(world)
    strict = world.judge(world.esl(V4, maker=maker))
    assert (strict.verdict, strict.sub_indication) == (Verdict.FAILED, SubIndication.EXPIRED)
    noted = world.judge(world.esl(V5, maker=maker))
    assert noted.verdict is Verdict.PASSED
    assert "仅作提示" in step(noted, "maker-validity").reason.zh
    v1 = world.judge(world.esl_v1(maker=maker))
    assert v1.verdict is Verdict.FAILED


def test_a_maker_that_had_ended_when_the_seal_was_made_is_invalid_in_v5(world: SesSealing) -> None:
    maker = world.pki.seal_maker(not_before=world.now - 3 * DAY, not_after=world.now - DAY)
    report = world.judge(world.esl(V5, maker=maker))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.EXPIRED)


def _revoked(world: SesSealing, since: Any, reason: str) -> tuple[Any, TrustStore]:
    from cryptography import x509

    maker = world.pki.seal_maker()
    flag = x509.ReasonFlags(reason)
    crls = world.crls(
        revoked={maker.certificate.serial_number: (since, flag)},
        this_update=world.now + timedelta(minutes=40),
    )
    return maker, world.trust(crls)


def test_revocation_of_the_maker(world: SesSealing) -> None:
    later = world.now + timedelta(minutes=30)
    maker, trust = _revoked(world, later, "superseded")
    assert world.judge(world.esl(V4, maker=maker), trust=trust).sub_indication is SubIndication.REVOKED
    assert world.judge(world.esl(V5, maker=maker), trust=trust).verdict is Verdict.PASSED
    before, earlier = _revoked(world, world.now - timedelta(minutes=30), "superseded")
    assert world.judge(world.esl(V5, maker=before), trust=earlier).verdict is Verdict.FAILED


def test_after_a_compromise_only_a_time_stamp_proves_that_the_seal_is_older(world: SesSealing) -> None:
    maker, trust = _revoked(world, world.now + timedelta(minutes=30), "keyCompromise")
    bare = world.judge(world.esl(V5, maker=maker), trust=trust)
    assert (bare.verdict, bare.sub_indication) == (Verdict.INDETERMINATE, SubIndication.REVOKED_NO_POE)
    stamped = world.judge(world.esl(V5, maker=maker, stamped=True), trust=trust)
    assert stamped.verdict is Verdict.PASSED, stamped.reason


def test_a_time_stamp_after_the_compromise_proves_nothing(world: SesSealing) -> None:
    """The thief dates the seal back and has it stamped today: the stamp is good, and too late."""
    maker, trust = _revoked(world, world.now - timedelta(minutes=30), "keyCompromise")
    back = world.now - timedelta(hours=2)
    seal = world.esl(V5, maker=maker, created=back, stamped=True)
    report = world.judge(seal, trust=trust)
    assert step(report, "seal-time-stamp").state.value == "passed"
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.REVOKED_NO_POE)
    in_use = world.judge(world.signature(seal, version=5, time=back), trust=trust, document=DOCUMENT)
    assert step(in_use, "maker-revocation").state.value == "indeterminate"


def test_a_signer_compromised_before_the_time_stamp_is_not_proved_by_it(world: SesSealing) -> None:
    from cryptography import x509

    flags = (world.now - timedelta(minutes=30), x509.ReasonFlags.key_compromise)
    trust = world.trust(
        world.crls(
            revoked={world.keeper.certificate.serial_number: flags},
            this_update=world.now + timedelta(minutes=40),
        )
    )
    back = world.signature(time=world.now - timedelta(hours=2), stamped=True)
    report = world.judge(back, trust=trust, document=DOCUMENT)
    assert step(report, "signature-time-stamp").state.value == "passed"
    assert step(report, "signer-revocation").state.value == "indeterminate"


def test_after_an_authority_is_compromised_no_date_that_its_holders_wrote_counts(world: SesSealing) -> None:
    """Whoever has the authority's key makes makers and signers at will, and dates what they sign before the loss."""
    from cryptography import x509

    since = world.now + timedelta(minutes=30)
    of_root = world.pki.crl(
        world.pki.root,
        this_update=world.now + timedelta(minutes=40),
        revoked={world.pki.issuing.certificate.serial_number: (since, x509.ReasonFlags.ca_compromise)},
    )
    trust = world.trust([world.pki.crl(), of_root])
    bare = world.judge(world.esl(V5), trust=trust)
    assert (bare.verdict, bare.sub_indication) == (Verdict.INDETERMINATE, SubIndication.REVOKED_NO_POE)
    used = world.judge(world.signature(), trust=trust, document=DOCUMENT)
    assert step(used, "signer-revocation").state.value == "indeterminate"


def test_without_lists_nothing_is_said_about_revocation(world: SesSealing) -> None:
    report = world.judge(world.esl(), trust=world.trust([]))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)


def test_the_date_of_making_is_plausible_in_v5(world: SesSealing) -> None:
    future = world.judge(world.esl(V5, created=world.now + DAY))
    assert step(future, "making-time").state.value == "failed"
    after_end = world.judge(world.esl(V5, valid_to=world.now - timedelta(hours=1)))
    assert step(after_end, "making-time").state.value == "failed"


def test_a_time_stamp_that_does_not_hold_makes_the_seal_invalid(world: SesSealing) -> None:
    from hsm.algorithms import DigestAlgorithm
    from seals.ses.writer import assemble, encode_info

    content = world.content(V5)
    info = encode_info(content)
    signature = world.maker.signer.sign(info)
    other = world.stamp(DigestAlgorithm.SM3.digest(b"something else"))
    for token, sub in ((b"\x01\x02\x03", SubIndication.FORMAT_FAILURE), (other, SubIndication.HASH_FAILURE)):
        report = world.judge(assemble(content, info, world.maker.der, signature, token))
        assert (report.verdict, report.sub_indication) == (Verdict.FAILED, sub)
    later = world.judge(world.esl(V5, stamped=True, created=world.now + timedelta(minutes=59)))
    assert later.sub_indication is SubIndication.TIMESTAMP_ORDER_FAILURE


def test_a_time_stamp_of_an_unknown_authority_leaves_doubt(world: SesSealing) -> None:
    from hsm.algorithms import DigestAlgorithm
    from seals.ses.writer import assemble, encode_info

    content = world.content(V5)
    info = encode_info(content)
    signature = world.maker.signer.sign(info)
    token = world.stamp(DigestAlgorithm.SM3.digest(signature), other_pki().tsa())
    report = world.judge(assemble(content, info, world.maker.der, signature, token))
    assert report.verdict is Verdict.INDETERMINATE
    assert step(report, "seal-time-stamp").state.value == "indeterminate"


def test_another_algorithm_than_the_standards_is_invalid(world: SesSealing) -> None:
    good = world.esl()
    ecdsa = der.oid(Signing.ECDSA_SHA256.oid)
    seal = read_seal(good)
    swapped = der.sequence(
        seal.info, der.octet_string(seal.maker_certificate), ecdsa, der.bit_string(seal.signature)
    )
    assert world.judge(swapped).sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_rsa_is_read_in_v1_alone(world: SesSealing) -> None:
    """GM/T 0031-2014 lets RSA sign; SHA-1 is read and is no proof."""
    maker = world.pki.seal_maker(key=new_key(KeyKind.RSA_2048))
    sha256, sha1 = der.oid("1.2.840.113549.1.1.11"), der.oid("1.2.840.113549.1.1.5")
    assert world.judge(world.esl_v1(maker=maker, algorithm=sha256)).verdict is Verdict.PASSED
    weak = world.judge(world.esl_v1(maker=maker, algorithm=sha1))
    assert step(weak, "maker-signature").state.value == "indeterminate"


@pytest.mark.parametrize(
    ("number", "name", "verdict"),
    [
        ("1.2.840.113549.1.1.5", "sha1", Verdict.INDETERMINATE),
        ("1.2.840.113549.1.1.11", "sha256", Verdict.PASSED),
        ("1.2.840.113549.1.1.11", "sha1", Verdict.FAILED),
    ],
)
def test_a_v1_signature_by_rsa(world: SesSealing, number: str, name: str, verdict: Verdict) -> None:
    """Of SHA-1 the digest has 20 octets: what was sealed so is no proof any more, and no forgery."""
    keys = [shared_rsa_key(2048, index) for index in range(2)]
    keeper, maker = world.pki.party(key=keys[0]), world.pki.seal_maker(key=keys[1])
    algorithm = der.oid(number)
    hashing = hashes.SHA1() if number.endswith(".5") else hashes.SHA256()

    def by(party: Party, octets: bytes) -> bytes:
        assert isinstance(party.key, rsa.RSAPrivateKey)
        return der.bit_string(party.key.sign(octets, padding.PKCS1v15(), hashing))

    info = read_seal(world.esl_v1(items=der.octet_string(keeper.der))).info
    members = (der.octet_string(maker.der), algorithm)
    esl = der.sequence(info, der.sequence(*members, by(maker, der.sequence(info, *members))))
    tbs = der.sequence(
        der.integer(11),
        esl,
        der.bit_string(f"{world.now:%Y-%m-%dT%H:%M:%S}Z".encode()),
        der.bit_string(hashlib.new(name, DOCUMENT, usedforsecurity=False).digest()),
        ia5(SCOPE),
        der.octet_string(keeper.der),
        algorithm,
    )
    report = world.judge(der.sequence(tbs, by(keeper, tbs)), document=DOCUMENT)
    assert report.verdict is verdict, report.reason.en
    if name == "sha1" and verdict is Verdict.INDETERMINATE:
        other = world.judge(der.sequence(tbs, by(keeper, tbs)), document=b"other")
        assert other.sub_indication is SubIndication.HASH_FAILURE


def test_texts_in_the_list_of_a_v1_seal_are_read(world: SesSealing) -> None:
    report = world.judge(world.esl_v1(items=ia5("160131")))
    assert report.verdict is Verdict.PASSED
    signed = world.judge(world.signature_v1(seal=world.esl_v1(items=ia5("160131"))), document=DOCUMENT)
    assert step(signed, "signer-listed").state.value == "indeterminate"


def test_octets_that_are_no_seal_fail_with_the_member_named(world: SesSealing) -> None:
    good = world.esl()
    report = world.judge(good + b"\x00")
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)
    assert "SESeal" in report.reason.en
    cut = world.judge(world.esl_v1().replace(ia5("ES"), ia5("EX"), 1))
    assert cut.verdict is Verdict.FAILED


# --- seal signatures -----------------------------------------------------------------------------------------------


def test_a_seal_signature_is_tied_to_its_document(world: SesSealing) -> None:
    for octets in (
        world.signature(),
        world.signature(world.esl(V5), version=5),
        world.signature(world.esl(V5), version=5, stamped=True),
        world.signature(world.esl(list_type=CertListType.DIGESTS)),
        world.signature(signed=raw_signature),
        world.signature_v1(),
    ):
        alone = world.judge(octets)
        assert (alone.verdict, alone.sub_indication) == (
            Verdict.INDETERMINATE,
            SubIndication.SIGNED_DATA_NOT_FOUND,
        ), alone.reason
        assert step(alone, "data-hash").state.value == "not_done"
        assert world.judge(octets, document=DOCUMENT).verdict is Verdict.PASSED
        other = world.judge(octets, document=b"another")
        assert (other.verdict, other.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)


def test_a_signer_that_is_not_in_the_list_misuses_the_seal(world: SesSealing) -> None:
    stranger = world.pki.party()
    for list_type in CertListType:
        octets = world.signature(world.esl(list_type=list_type), signer=stranger)
        report = world.judge(octets, document=DOCUMENT)
        assert step(report, "signer-listed").state.value == "failed"
        assert report.verdict is Verdict.FAILED


def test_versions_of_signature_and_seal_agree(world: SesSealing) -> None:
    for octets in (world.signature(world.esl(V4), version=5), world.signature(world.esl(V5), version=4)):
        assert step(world.judge(octets), "version").state.value == "failed"
    assert step(world.judge(world.signature(world.esl_v1(), version=4)), "version").state.value == "failed"


def test_the_time_of_signing_lies_inside_certificate_and_seal(world: SesSealing) -> None:
    late = world.judge(world.signature(time=world.now + DAY), document=DOCUMENT)
    assert step(late, "signer-validity").state.value == "failed"
    short = world.pki.party(not_after=world.now + timedelta(minutes=5))
    esl = world.esl(signers=(short.der,))
    outside = world.signature(esl, signer=short, time=world.now + timedelta(minutes=10))
    assert world.judge(outside, document=DOCUMENT).sub_indication is SubIndication.EXPIRED
    inside = world.signature(esl, signer=short, time=world.now + timedelta(minutes=1))
    assert world.judge(inside, document=DOCUMENT).verdict is Verdict.PASSED
    ended_seal = world.esl(valid_to=world.now - timedelta(hours=1), valid_from=world.now - DAY)
    report = world.judge(world.signature(ended_seal), document=DOCUMENT)
    assert step(report, "seal-validity").state.value == "failed"


@pytest.mark.parametrize("stamped", [False, True])
def test_local_time_written_as_utc_is_doubt(world: SesSealing, stamped: bool) -> None:
    """Some makers write it: within eight hours the signature is from the future, and its time-stamp older. Nobody changed anything."""
    local = world.signature(time=world.now + timedelta(hours=8), stamped=stamped)
    report = world.judge(local, document=DOCUMENT)
    assert report.verdict is Verdict.INDETERMINATE
    assert "perhaps a local time" in report.reason.en
    later = world.judge(local, document=DOCUMENT, at=world.now + timedelta(hours=9))
    assert later.verdict is (Verdict.INDETERMINATE if stamped else Verdict.PASSED)
    impossible = world.signature(time=world.now + timedelta(hours=16), stamped=stamped)
    assert world.judge(impossible, document=DOCUMENT).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(8, Verdict.INDETERMINATE), (14, Verdict.INDETERMINATE), (15, Verdict.FAILED)]
)
def test_a_validity_that_begins_by_local_time_is_doubt(
    world: SesSealing, ahead: int, verdict: Verdict
) -> None:
    """Whoever writes the date of making so writes the begin so, or takes the day that has begun already where it was made."""
    esl = world.esl(V4, valid_from=world.now.replace(microsecond=0) + timedelta(hours=ahead))
    used = world.judge(world.signature(esl), document=DOCUMENT)
    assert (used.verdict, used.sub_indication) == (verdict, SubIndication.NOT_YET_VALID)
    assert world.judge(esl, at=world.now + timedelta(hours=ahead + 1)).verdict is Verdict.PASSED


def test_v1_tells_its_time_in_several_forms(world: SesSealing) -> None:
    from datetime import UTC

    local = world.now + timedelta(hours=8)
    forms = (
        f"{world.now:%Y-%m-%dT%H:%M:%S}Z".encode(),
        f"{local:%Y-%m-%d %H:%M:%S}".encode(),
        f"{local:%Y-%m-%dT%H:%M:%S}+08:00".encode(),
        utc_time(world.now),
        der.generalized_time(world.now),
        f"{world.now:%Y%m%d%H%M%S}Z".encode(),
        _token(world),
    )
    for form in forms:
        report = world.judge(world.signature_v1(form))
        assert report.signed_at == world.now.astimezone(UTC).replace(microsecond=0)
    unknown = world.judge(world.signature_v1(b"yesterday"), document=DOCUMENT)
    assert (unknown.verdict, unknown.sub_indication) == (Verdict.INDETERMINATE, SubIndication.NO_POE)


def _token(world: SesSealing) -> bytes:
    from hsm.algorithms import DigestAlgorithm

    return world.stamp(DigestAlgorithm.SM3.digest(DOCUMENT))


def test_extensions_of_a_signature_are_tagged_explicitly(world: SesSealing) -> None:
    items = der.sequence(der.sequence(der.oid("1.2.3.4"), der.octet_string(b"x")))
    good = world.judge(world.signature(extensions=der.explicit(0, items)), document=DOCUMENT)
    assert good.verdict is Verdict.PASSED
    assert not any("extDatas" in note.en for note in good.notes)
    bare = world.judge(world.signature(extensions=items), document=DOCUMENT)
    assert any("extDatas" in note.en for note in bare.notes)


# --- the door ------------------------------------------------------------------------------------------------------


def test_the_verifier_knows_seal_data_by_its_content(world: SesSealing) -> None:
    """C5: the same door as for documents, in the same process of its own."""
    from verify.ses.report import SealDataReport
    from verify.table import lines
    from verify.wire import pack, unpack_report

    verifier = Verifier(world.trust())
    report = verifier.verify(world.esl(), at=world.now + timedelta(hours=1), name="seal.pdf")
    assert isinstance(report, SealDataReport)
    assert report.verdict is Verdict.PASSED
    assert unpack_report(pack(report)) == report
    shown = report.to_json()
    assert shown["seal_data"]["kind"] == "seal"
    assert len(shown["seal_data"]["steps"]) == len(SEAL_DEMANDS) + 1
    text = "\n".join(lines(report))
    assert "电子印章" in text
    assert "the maker's signature" in text
    assert report.indication is Indication.TOTAL_PASSED
    with pytest.raises(TypeError):
        bool(report)


def test_a_pdf_with_a_seal_before_it_is_a_pdf(world: SesSealing) -> None:
    """A reader would show the PDF: the verdict is about that, never about the seal in front of it."""
    from verify.ses.report import SealDataReport

    hidden = world.esl(vendor="%PDF-1.7")
    report = Verifier(world.trust()).verify(hidden, at=world.now)
    assert not isinstance(report, SealDataReport)
    assert report.verdict is Verdict.UNREADABLE


def test_sentences_stand_in_both_languages(world: SesSealing) -> None:
    for octets in (world.esl(), world.signature(), world.esl(V5, stamped=True), world.esl()[:-1]):
        report = world.judge(octets)
        assert report.reason.zh
        assert report.reason.en
        for item in report.steps:
            assert item.reason.zh
            assert item.reason.en
            assert item.name.zh
            assert item.name.en


def test_the_table_has_every_version_for_every_step() -> None:
    assert all(set(demands) == set(SesVersion) for demands in SEAL_DEMANDS.values())
    assert set(SEAL_DEMANDS) < set(Step)


def test_a_claimed_size_of_the_picture_is_limited(world: SesSealing) -> None:
    from seals.ses.writer import PictureContent

    bomb = PictureContent(png(width=60_000, height=60_000), 40, 40)
    report = world.judge(world.esl(picture=bomb))
    assert report.sub_indication is SubIndication.FORMAT_FAILURE
    assert "picture.data" in report.reason.en


# --- the state in the registry -------------------------------------------------------------------------------------


def _at(world: SesSealing, octets: bytes, *states_of_seal: Any, later: timedelta = timedelta(hours=1)) -> Any:
    trust = world.trust(seal_lists=[world.status_list(*states_of_seal)])
    return Verifier(trust).verify(octets, at=world.now + later, name="seal.esl")


def test_a_lost_seal_shows_as_lost_from_that_instant(world: SesSealing) -> None:
    """B4, C8: seal data carries no state, its maker's status list does; by the standards alone it would go on passing."""
    from seals.seal import SealStatus

    lost = (world.now - DAY, SealStatus.ACTIVE), (world.now - timedelta(hours=1), SealStatus.FROZEN)
    report = _at(world, world.esl(), *lost)
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.SEAL_NOT_VALID)
    assert SealStatus.FROZEN.zh in report.reason.zh
    active = _at(world, world.esl())
    assert (active.verdict, step(active, "registry-state").state.value) == (Verdict.PASSED, "passed")


def test_a_signature_before_the_loss_needs_proof_of_its_time(world: SesSealing) -> None:
    from seals.seal import SealStatus

    lost = (world.now - DAY, SealStatus.ACTIVE), (world.now + timedelta(minutes=30), SealStatus.REVOKED)
    claimed = _at(world, world.signature(), *lost)
    assert step(claimed, "registry-state").state.value == "indeterminate"
    stamped = _at(world, world.signature(stamped=True), *lost)
    assert step(stamped, "registry-state").state.value == "passed"
    after = (world.now - DAY, SealStatus.ACTIVE), (world.now - timedelta(minutes=1), SealStatus.REVOKED)
    late = _at(world, world.signature(stamped=True), *after)
    assert step(late, "registry-state").state.value == "failed"


def test_a_time_stamp_after_the_loss_does_not_prove_a_use_before_it(world: SesSealing) -> None:
    """The finder of a lost seal dates the use back and has it stamped today."""
    from seals.seal import SealStatus

    lost = (world.now - DAY, SealStatus.ACTIVE), (world.now - timedelta(minutes=30), SealStatus.FROZEN)
    back = world.signature(time=world.now - timedelta(hours=2), stamped=True)
    report = _at(world, back, *lost)
    assert step(report, "signature-time-stamp").state.value == "passed"
    assert step(report, "registry-state").state.value == "indeterminate"


def test_what_a_list_cannot_tell_is_no_state(world: SesSealing) -> None:
    from seals.seal import SealStatus

    other = world.esl(code="99999999999999")
    assert step(_at(world, other), "registry-state").state.value == "indeterminate"
    frozen = (world.now - DAY, SealStatus.FROZEN)
    old = _at(world, world.esl(), frozen, later=2 * DAY)
    assert step(old, "registry-state").state.value == "indeterminate"
    revoked = _at(world, world.esl(), (world.now - DAY, SealStatus.REVOKED), later=2 * DAY)
    assert step(revoked, "registry-state").state.value == "failed"
    stale = _at(world, world.esl(), later=2 * DAY)
    assert step(stale, "registry-state").state.value == "not_done"
    assert "过期" in stale.reason.zh
