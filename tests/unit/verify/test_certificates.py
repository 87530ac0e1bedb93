"""The signer's certificate, then and now: unknown, expired, revoked, meant for something else (D1, D2)."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pyhanko.sign import timestamps
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ca import der
from tests.pki import Pki, new_key, shared_rsa_key
from tests.verify_world import Signing, asn1, private_info
from verify.certificates.answers import MAX_SINGLE_ANSWERS
from verify.civil_time import civil_day
from verify.policy import Policy
from verify.report import SignatureReport, TimeSource
from verify.trust import TrustStore
from verify.verdict import Indication, SubIndication, Verdict
from verify.verifier import Verifier

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
COMPROMISE = x509.ReasonFlags.key_compromise


def outcome(report: SignatureReport) -> tuple[str, str | None]:
    return report.indication.value, None if report.sub_indication is None else report.sub_indication.value


def test_unknown_issuer_is_never_green(signing: Signing, b_lta: bytes) -> None:
    """D2: a correct signature by an unknown issuer is 无法识别, not 有效."""
    stranger = Pki(signing.now, name="陌生 Stranger")
    report = signing.verify(b_lta, trust=TrustStore([stranger.root.certificate], crls=signing.crls()))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert "无法识别" in report.reason.zh


def test_issuer_of_the_same_name_is_still_unknown(signing: Signing, b_b: bytes) -> None:
    twin = Pki(signing.now)
    assert twin.root.certificate.subject == signing.pki.root.certificate.subject
    found = signing.only(b_b, trust=TrustStore([twin.root.certificate], crls=signing.crls()))
    assert outcome(found) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_intermediate_may_come_from_the_trust_store(signing: Signing) -> None:
    from dataclasses import replace

    bare = replace(signing.keeper, chain=())
    data = signing.sign(keeper=bare)
    assert outcome(signing.only(data)) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    known = signing.trust(intermediates=[signing.pki.issuing.certificate])
    assert outcome(signing.only(data, trust=known)) == ("TOTAL-PASSED", None)


def test_expired_without_a_time_stamp(signing: Signing) -> None:
    keeper = signing.pki.party(not_after=signing.now + DAY)
    later = signing.now + 3 * DAY
    found = signing.only(signing.sign(keeper=keeper), at=later)
    assert outcome(found) == ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")
    assert found.certificate_now.status == "expired"


def test_a_chain_that_was_sound_once_expires_all_the_same(signing: Signing) -> None:
    """One verifier for many documents remembers which chains keep the rules, never that they are in force."""
    keeper = signing.pki.party(not_before=signing.now - DAY, not_after=signing.now + DAY)
    data, shared = signing.sign(keeper=keeper), Verifier(signing.trust())
    for days, expected in ((0, None), (3, "OUT_OF_BOUNDS_NO_POE"), (0, None), (3, "OUT_OF_BOUNDS_NO_POE")):
        found = shared.verify(data, at=signing.now + HOUR + days * DAY).signatures[0]
        assert outcome(found)[1] == expected


def test_expired_before_a_proved_time(signing: Signing) -> None:
    keeper = signing.pki.party(not_before=signing.now - 9 * DAY, not_after=signing.now - DAY)
    found = signing.only(signing.sign(keeper=keeper, stamp=True))
    assert outcome(found) == ("TOTAL-FAILED", "EXPIRED")


def test_not_yet_valid_at_a_proved_time(signing: Signing) -> None:
    keeper = signing.pki.party(not_before=signing.now + timedelta(minutes=30))
    found = signing.only(signing.sign(keeper=keeper, stamp=True))
    assert outcome(found) == ("TOTAL-FAILED", "NOT_YET_VALID")


def revoked(signing: Signing, when: Any, reason: x509.ReasonFlags = COMPROMISE, **more: Any) -> TrustStore:
    serial = signing.keeper.certificate.serial_number
    return signing.trust(crls=signing.crls(revoked={serial: (when, reason)}, **more))


def test_revoked_before_the_proved_time_fails(signing: Signing, b_t: bytes) -> None:
    found = signing.only(b_t, trust=revoked(signing, signing.now - HOUR))
    assert outcome(found) == ("TOTAL-FAILED", "REVOKED")
    assert found.certificate_then.status == "revoked"


def test_revoked_after_the_proved_time_passes_and_says_so(signing: Signing, b_t: bytes) -> None:
    """Mission 9: the sentence of a certificate that was revoked later."""
    trust = revoked(signing, signing.now + HOUR, this_update=signing.now + 2 * HOUR)
    found = signing.only(b_t, trust=trust, at=signing.now + 3 * HOUR)
    assert outcome(found) == ("TOTAL-PASSED", None)
    assert (found.certificate_then.status, found.certificate_now.status) == ("good", "revoked")
    assert "早于吊销且有可信时间戳" in found.reason.zh


def test_revoked_without_proof_of_time_is_indeterminate(signing: Signing, b_b: bytes) -> None:
    trust = revoked(signing, signing.now + HOUR, this_update=signing.now + 2 * HOUR)
    found = signing.only(b_b, trust=trust, at=signing.now + 3 * HOUR)
    assert outcome(found) == ("INDETERMINATE", "REVOKED_NO_POE")


def test_evidence_for_one_document_says_nothing_about_the_next(signing: Signing, b_b: bytes) -> None:
    """What verifiers of one trust share is what never changes; each knows only the evidence that it was given."""
    shared, later = Verifier(signing.trust(crls=[])), signing.now + 3 * HOUR
    good = signing.crls(this_update=signing.now + 2 * HOUR)
    bad = revoked(signing, signing.now + HOUR, this_update=signing.now + 2 * HOUR).crls
    none = "TRY_LATER"
    for crls, expected in ((good, None), ((), none), (bad, "REVOKED_NO_POE"), (good, None), ((), none)):
        found = shared.knowing(crls, ()).verify(b_b, at=later).signatures[0]
        assert outcome(found)[1] == expected
    assert outcome(shared.verify(b_b, at=later).signatures[0])[1] == none


def test_suspended_certificate(signing: Signing, b_b: bytes, b_t: bytes) -> None:
    hold = x509.ReasonFlags.certificate_hold
    trust = revoked(signing, signing.now - HOUR, hold)
    assert outcome(signing.only(b_b, trust=trust)) == ("INDETERMINATE", "REVOKED_NO_POE")
    assert outcome(signing.only(b_t, trust=trust)) == ("TOTAL-FAILED", "REVOKED")


def test_of_two_answers_of_one_second_the_suspension_counts(signing: Signing, b_b: bytes) -> None:
    """Whoever hands in the list first does not choose."""
    hold, serial = x509.ReasonFlags.certificate_hold, signing.keeper.certificate.serial_number
    answer = signing.pki.ocsp(signing.keeper.certificate, revoked=(signing.now - HOUR, hold))
    trust = signing.trust(ocsp=[answer])
    assert outcome(signing.only(b_b, trust=trust)) == ("INDETERMINATE", "REVOKED_NO_POE")
    both = [signing.pki.crl(), *signing.crls(revoked={serial: (signing.now - HOUR, hold)}, number=2)]
    assert outcome(signing.only(b_b, trust=signing.trust(crls=both))) == ("INDETERMINATE", "REVOKED_NO_POE")


def test_suspension_that_was_lifted(signing: Signing, b_b: bytes) -> None:
    hold = x509.ReasonFlags.certificate_hold
    serial = signing.keeper.certificate.serial_number
    old = signing.crls(revoked={serial: (signing.now - DAY, hold)}, this_update=signing.now - DAY)
    found = signing.only(b_b, trust=signing.trust(crls=[*old, *signing.crls(number=2)]))
    assert outcome(found) == ("TOTAL-PASSED", None)


@pytest.mark.parametrize("reason", [x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded])
@pytest.mark.parametrize("until", [HOUR, 2 * DAY], ids=["current", "stale"])
def test_a_suspension_that_became_a_revocation_was_never_lifted(
    signing: Signing, b_t: bytes, reason: x509.ReasonFlags, until: timedelta
) -> None:
    """RFC 5280 §5.3.1: the revocation has a later date, of its own decision; the worse news made valid what was stamped in between."""
    now, serial = signing.now, signing.keeper.certificate.serial_number
    root = signing.pki.crl(signing.pki.root)

    def told(*lists: bytes) -> tuple[str, str | None]:
        return outcome(signing.only(b_t, trust=signing.trust(crls=[*lists, root]), at=now + 6 * HOUR))

    began = (now - until, x509.ReasonFlags.certificate_hold)
    held = signing.pki.crl(
        revoked={serial: began}, this_update=now - until, next_update=now - until + 2 * HOUR
    )
    over = signing.pki.crl(revoked={serial: (now + 2 * HOUR, reason)}, this_update=now + 5 * HOUR, number=3)
    assert told(held, over) == ("TOTAL-FAILED", "REVOKED")
    lifted = signing.pki.crl(this_update=now - HOUR / 2, next_update=now, number=2)
    assert told(held, lifted, over) == ("TOTAL-PASSED", None)
    assert told(over) == ("TOTAL-PASSED", None)
    later = signing.pki.crl(
        revoked={serial: (now + HOUR, x509.ReasonFlags.certificate_hold)}, this_update=now + HOUR, number=2
    )
    assert told(later, over) == ("TOTAL-PASSED", None)


def test_no_revocation_information(signing: Signing, b_b: bytes) -> None:
    """pdf.md: hard-fail that checks nothing is no check; evidence is required unless the policy says otherwise."""
    bare = signing.trust(crls=[])
    assert outcome(signing.only(b_b, trust=bare)) == ("INDETERMINATE", "TRY_LATER")
    relaxed = Policy(require_revocation=False)
    assert outcome(signing.only(b_b, trust=bare, policy=relaxed)) == ("TOTAL-PASSED", None)


def test_stale_revocation_list(signing: Signing, b_b: bytes) -> None:
    found = signing.only(b_b, at=signing.now + 30 * DAY)
    assert outcome(found) == ("INDETERMINATE", "TRY_LATER")
    assert civil_day(signing.now) in found.reason.zh


def test_intermediate_without_revocation_information(signing: Signing, b_b: bytes) -> None:
    only_issuing = signing.trust(crls=[signing.pki.crl()])
    assert outcome(signing.only(b_b, trust=only_issuing)) == ("INDETERMINATE", "TRY_LATER")


def test_revoked_intermediate(signing: Signing, b_b: bytes) -> None:
    serial = signing.pki.issuing.certificate.serial_number
    trust = signing.trust(
        crls=[signing.pki.crl(), signing.pki.crl(signing.pki.root, {serial: (signing.now - DAY, COMPROMISE)})]
    )
    assert outcome(signing.only(b_b, trust=trust)) == ("INDETERMINATE", "REVOKED_CA_NO_POE")


def test_forged_revocation_list_is_not_believed(signing: Signing, b_b: bytes) -> None:
    """A list that another key signed neither clears nor revokes."""
    serial = signing.keeper.certificate.serial_number
    forged = signing.pki.crl(revoked={serial: (signing.now - DAY, COMPROMISE)}, key=new_key(), number=9)
    good = signing.trust(crls=[*signing.crls(), forged])
    assert outcome(signing.only(b_b, trust=good)) == ("TOTAL-PASSED", None)
    clean = signing.pki.crl(key=new_key(), number=10)
    none = signing.trust(crls=[clean, signing.pki.crl(signing.pki.root)])
    assert outcome(signing.only(b_b, trust=none)) == ("INDETERMINATE", "TRY_LATER")


def test_ocsp_by_a_delegated_responder(signing: Signing, b_b: bytes) -> None:
    answer = signing.pki.ocsp(signing.keeper.certificate)
    trust = signing.trust(crls=[signing.pki.crl(signing.pki.root)], ocsp=[answer])
    found = signing.only(b_b, trust=trust)
    assert outcome(found) == ("TOTAL-PASSED", None)
    assert found.certificate_then.source == "ocsp"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [(MAX_SINGLE_ANSWERS, ("TOTAL-PASSED", None)), (MAX_SINGLE_ANSWERS + 1, ("INDETERMINATE", "TRY_LATER"))],
)
def test_ocsp_about_more_than_anybody_asks(
    signing: Signing, b_b: bytes, answers: int, expected: tuple[str, str | None]
) -> None:
    """Each is compared with each certificate before the signature is looked at: a document full of them took half a minute."""
    responder = signing.pki.responder()
    answer = asn1_ocsp.OCSPResponse.load(signing.pki.ocsp(signing.keeper.certificate, responder=responder))
    basic = answer["response_bytes"]["response"].parsed
    data = basic["tbs_response_data"]
    data["responses"] = list(data["responses"]) * answers
    octets = data.dump(force=True)
    basic["signature"] = core.OctetBitString(responder.signer.sign(octets))
    trust = signing.trust(crls=[signing.pki.crl(signing.pki.root)], ocsp=[answer.dump(force=True)])
    assert outcome(signing.only(b_b, trust=trust)) == expected


def test_ocsp_revoked(signing: Signing, b_t: bytes) -> None:
    answer = signing.pki.ocsp(signing.keeper.certificate, revoked=(signing.now - HOUR, COMPROMISE))
    trust = signing.trust(crls=[*signing.crls()], ocsp=[answer])
    assert outcome(signing.only(b_t, trust=trust)) == ("TOTAL-FAILED", "REVOKED")


@pytest.mark.parametrize(
    "wrong",
    [
        {"eku": ("1.3.6.1.5.5.7.3.8",)},
        {"extra": (), "spoil": True},
        {"not_after": "past"},
        {"nocheck": False},
        {"key": "weak"},
    ],
)
def test_ocsp_by_somebody_without_the_right(signing: Signing, b_b: bytes, wrong: dict[str, Any]) -> None:
    """RFC 6960 §4.2.2.2: purpose, issuer, validity and nocheck of the delegate all count; TS 119 312 §8: so does its key."""
    changes = dict(wrong)
    if changes.get("key") == "weak":
        changes["key"] = shared_rsa_key(1024)
    if changes.get("not_after") == "past":
        changes = {"not_before": signing.now - 9 * DAY, "not_after": signing.now - DAY}
    if changes.pop("nocheck", True) is False:
        from dataclasses import replace

        from ca.profile import OCSP_RESPONDER

        responder = signing.pki.make(
            replace(OCSP_RESPONDER, ocsp_no_check=False), signing.pki.responder().certificate.subject
        )
    else:
        responder = signing.pki.responder(**changes)
    answer = signing.pki.ocsp(signing.keeper.certificate, responder=responder)
    trust = signing.trust(crls=[signing.pki.crl(signing.pki.root)], ocsp=[answer])
    assert outcome(signing.only(b_b, trust=trust)) == ("INDETERMINATE", "TRY_LATER")


def test_ocsp_by_a_responder_of_another_issuer(signing: Signing, b_b: bytes) -> None:
    other = Pki(signing.now, name="Other")
    answer = signing.pki.ocsp(signing.keeper.certificate, responder=other.responder())
    trust = TrustStore(
        [signing.pki.root.certificate, other.root.certificate],
        crls=[signing.pki.crl(signing.pki.root)],
        ocsp=[answer],
    )
    assert outcome(signing.only(b_b, trust=trust)) == ("INDETERMINATE", "TRY_LATER")


def test_crl_of_another_distribution_point_does_not_speak(signing: Signing, b_b: bytes) -> None:
    """RFC 5280 §6.3.3 (b)(2): a shard speaks only for certificates that point to it."""
    issuing = signing.pki.issuing

    def shard(address: str) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding

        scope = x509.IssuingDistributionPoint(
            [x509.UniformResourceIdentifier(address)], None, False, False, None, False, False
        )
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuing.certificate.subject)
            .last_update(signing.now)
            .next_update(signing.now + DAY)
            .add_extension(x509.CRLNumber(7), critical=False)
            .add_extension(scope, critical=True)
        )
        return builder.sign(issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)

    root = signing.pki.crl(signing.pki.root)
    right = signing.pki.config.crl_address("issuing")
    assert outcome(signing.only(b_b, trust=signing.trust(crls=[shard(right), root]))) == (
        "TOTAL-PASSED",
        None,
    )
    wrong = signing.trust(crls=[shard("http://elsewhere.example.test/x.crl"), root])
    assert outcome(signing.only(b_b, trust=wrong)) == ("INDETERMINATE", "TRY_LATER")


@pytest.mark.parametrize(
    "changes",
    [
        {"eku": ("1.3.6.1.5.5.7.3.8",)},
        {"eku": ("1.3.6.1.5.5.7.3.1",)},
        {"key_usage": ("key_encipherment",)},
        {"key_usage": ("key_agreement",)},
    ],
)
def test_certificate_meant_for_something_else(signing: Signing, changes: dict[str, Any]) -> None:
    found = signing.only(signing.sign(keeper=signing.pki.party(**changes), signer_key_usage=set()))
    assert outcome(found) == ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE")


def test_certificate_issued_by_an_end_entity(signing: Signing) -> None:
    """CVE-2002-0862: a leaf issues nothing."""
    false_ca = signing.pki.party()
    found = signing.only(signing.sign(keeper=signing.pki.party(issuer=false_ca)))
    assert outcome(found) == ("INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE")


def test_spoiled_certificate_signature(signing: Signing) -> None:
    found = signing.only(signing.sign(keeper=signing.pki.party(spoil=True)))
    assert outcome(found) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_sha1_certificate(signing: Signing) -> None:
    keeper = signing.pki.party()
    found = signing.only(signing.sign(keeper=keeper, md_algorithm="sha1", cades_signed_attr_spec=None))
    assert outcome(found) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")


@pytest.mark.parametrize(
    "key", [lambda: shared_rsa_key(2048), lambda: ec.generate_private_key(ec.SECP384R1())]
)
def test_other_keys(signing: Signing, key: Any) -> None:
    assert outcome(signing.only(signing.sign(keeper=signing.pki.party(key=key())))) == ("TOTAL-PASSED", None)


def test_rsa_pss(signing: Signing) -> None:
    keeper = signing.pki.party(key=shared_rsa_key(2048))
    data = signing.sign(keeper=keeper, pss=True)
    assert outcome(signing.only(data)) == ("TOTAL-PASSED", None)


def test_signature_from_the_future(signing: Signing, b_b: bytes, b_t: bytes) -> None:
    early = signing.now - HOUR
    assert outcome(signing.only(b_b, at=early))[0] == "INDETERMINATE"
    assert outcome(signing.only(b_t, at=early))[0] == "INDETERMINATE"


@pytest.mark.parametrize(
    "changes", [{"eku_critical": False}, {"eku": ("1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.36")}, {"eku": None}]
)
def test_time_stamp_by_a_certificate_without_the_purpose(signing: Signing, changes: dict[str, Any]) -> None:
    """RFC 3161 §2.3: the purpose, alone and critical; otherwise the time is no proof."""
    tsa = signing.pki.tsa(key=shared_rsa_key(), **changes)
    found = signing.only(signing.sign(stamper=signing.stamper(tsa=tsa)))
    assert found.time.source is TimeSource.TSA_UNVERIFIED
    assert found.level == "B-B"
    assert "时间戳" in found.notes[0].zh


def restamped(signing: Signing, time: bytes, more: bytes = b"", at: datetime | None = None) -> Any:
    """Return a time-stamper whose unit signs what no unit says: another form of time, further members of the TSTInfo."""

    class Odd(timestamps.DummyTimeStamper):
        def request_tsa_response(self, req: Any) -> Any:
            response = super().request_tsa_response(req)
            data = response["time_stamp_token"]["content"]
            info = data["encap_content_info"]["content"].parsed
            octets = der.sequence(re.sub(rb"\x18\x0f\d{14}Z", time, bytes(info.contents)) + more)
            data["encap_content_info"]["content"] = core.ParsableOctetString(octets)
            (signer,) = data["signer_infos"]
            attributes = signer["signed_attrs"]
            for attribute in attributes:
                if attribute["type"].native == "message_digest":
                    attribute["values"] = [hashlib.sha256(octets).digest()]
            message = attributes.untag().dump(force=True)
            signer["signature"] = shared_rsa_key().sign(message, padding.PKCS1v15(), hashes.SHA256())
            return response

    tsa = signing.tsa
    store = SimpleCertificateStore.from_certs([asn1(one) for one in tsa.chain])
    return Odd(asn1(tsa.der), private_info(tsa), certs_to_embed=store, fixed_dt=at or signing.now)


CRITICAL = tsp.Extensions(
    [{"extn_id": "1.2.3.4", "critical": True, "extn_value": core.OctetString(b"\x05\x00")}]
)


@pytest.mark.parametrize(
    ("time", "more", "sound"),
    [
        (rb"\g<0>", b"", True),
        (b"\x18\x0e20200101000000", b"", False),
        (b"\x18\x0f00000101000000Z", b"", False),
        (rb"\g<0>", CRITICAL.retag({"implicit": 1}).dump(), False),
    ],
    ids=["as it should be", "local time", "year 0", "a critical extension"],
)
def test_a_time_stamp_that_says_what_nobody_understands_proves_nothing(
    signing: Signing, time: bytes, more: bytes, sound: bool
) -> None:
    """RFC 3161 §2.4.2: UTC; RFC 5280 §4.2 for its extensions."""
    found = signing.only(signing.sign(stamper=restamped(signing, time, more)))
    assert found.time.trusted is sound
    assert found.indication is Indication.TOTAL_PASSED, "nobody signed that the token stands there"
    assert any("malformed" in note.en for note in found.notes) is not sound


def test_both_attributes_that_name_the_signing_certificate_name_this_one(signing: Signing) -> None:
    """RFC 5035 §5: each is judged by itself; one that names another certificate is not hidden by the other."""

    def named(certificate: bytes) -> cms.CMSAttribute:
        value = tsp.SigningCertificate({"certs": [{"cert_hash": hashlib.sha1(certificate).digest()}]})
        return cms.CMSAttribute({"type": "signing_certificate", "values": [value]})

    own, other = signing.keeper.der, signing.pki.party(key=signing.keeper.key).der
    assert outcome(signing.only(signing.sign(extra=[named(own)]))) == ("TOTAL-PASSED", None)
    assert outcome(signing.only(signing.sign(extra=[named(other)]))) == ("TOTAL-FAILED", "FORMAT_FAILURE")


def test_time_stamp_of_an_unknown_authority_proves_nothing(signing: Signing) -> None:
    stranger = Pki(signing.now, name="Stranger").tsa(key=shared_rsa_key())
    data = signing.sign(stamper=signing.stamper(tsa=stranger))
    found = signing.only(data, trust=revoked(signing, signing.now + HOUR), at=signing.now + 2 * HOUR)
    assert outcome(found) == ("INDETERMINATE", "REVOKED_NO_POE")
    assert found.time.source is TimeSource.TSA_UNVERIFIED


def test_revoked_time_stamp_authority(signing: Signing, b_t: bytes) -> None:
    serial = signing.tsa.certificate.serial_number
    trust = signing.trust(crls=signing.crls(revoked={serial: (signing.now - HOUR, COMPROMISE)}))
    found = signing.only(b_t, trust=trust)
    assert found.time.source is TimeSource.TSA_UNVERIFIED


def test_reports_refuse_to_be_truth_values(signing: Signing, b_b: bytes) -> None:
    report = signing.verify(b_b)
    for thing in (report, report.signatures[0], report.verdict):
        with pytest.raises(TypeError):
            bool(thing)
    assert report.signatures[0].indication is Indication.TOTAL_PASSED


def test_naive_time_is_wrong_use(signing: Signing, b_b: bytes) -> None:
    with pytest.raises(ValueError, match="aware"):
        signing.verify(b_b, at=signing.now.replace(tzinfo=None))
