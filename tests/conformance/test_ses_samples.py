"""Seals of the public reference implementation get the verdicts that their makers' faults demand (C5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from cryptography import x509

from seals.ses.structure import is_signature, read_seal, read_signature
from tests.conftest import missing
from tests.ses_world import SAMPLES, judge, states, step
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict

AT = datetime(2026, 9, 1, tzinfo=UTC)
IN_2021 = datetime(2021, 6, 1, tzinfo=UTC)
NOBODY = TrustStore(())


@dataclass(frozen=True)
class Expected:
    """What a verifier says of a sample that trusts nobody; ``steps`` are those that decide."""

    verdict: Verdict
    sub: SubIndication
    steps: dict[str, str] = field(default_factory=dict)


SIGNED, ENDED = {"maker-signature": "passed"}, {"seal-validity": "failed", "maker-validity": "failed"}
TABLE = {
    "UserV1.esl": Expected(Verdict.FAILED, SubIndication.EXPIRED, {**SIGNED, **ENDED}),
    "UserV4.esl": Expected(Verdict.FAILED, SubIndication.EXPIRED, {**SIGNED, **ENDED}),
    "UserV5.esl": Expected(
        Verdict.FAILED,
        SubIndication.EXPIRED,
        {**SIGNED, "maker-validity": "failed", "seal-validity": "passed", "seal-time-stamp": "not_done"},
    ),
    "UserV5_ts.esl": Expected(
        Verdict.FAILED,
        SubIndication.EXPIRED,
        {**SIGNED, "maker-validity": "failed", "seal-time-stamp": "failed"},
    ),
    "SignedValueV4.dat": Expected(
        Verdict.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        {
            **SIGNED,
            "signer-signature": "passed",
            "signer-listed": "passed",
            "signer-validity": "passed",
            "data-hash": "not_done",
            "seal-validity": "passed",
        },
    ),
}


def octets(name: str) -> bytes:
    path = SAMPLES / name
    if not path.is_file():
        missing("the public samples of seal data", f"no {path}")
    return path.read_bytes()


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_gets_its_verdict(name: str) -> None:
    report, expected = judge(octets(name), NOBODY, AT), TABLE[name]
    assert (report.verdict, report.sub_indication) == (expected.verdict, expected.sub)
    found = states(report)
    assert {key: found[key] for key in expected.steps} == expected.steps


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_is_read_without_deviations(name: str) -> None:
    data = octets(name)
    seal = read_signature(data).seal if is_signature(data) else read_seal(data)
    assert seal.deviations == ()
    assert (seal.picture.type, seal.picture.pixels) == ("PNG", (400, 400))
    assert (seal.picture.width_mm, seal.picture.height_mm) == (40, 40)
    assert len(seal.property.signers.certificates) == 1


def test_the_time_of_the_seal_decides_nothing_about_its_signature() -> None:
    """While it was valid the v4 seal has one thing against it: nobody knows who issued its maker's certificate."""
    report = judge(octets("UserV4.esl"), NOBODY, IN_2021)
    assert report.verdict is Verdict.INDETERMINATE
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert step(report, "seal-validity").state.value == "passed"


def test_a_made_up_root_of_the_same_name_changes_nothing() -> None:
    """The name of an issuer proves nothing: an anchor with the samples' issuer for its name has another key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    maker = x509.load_der_x509_certificate(read_seal(octets("UserV4.esl")).maker_certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    root = (
        x509.CertificateBuilder()
        .subject_name(maker.issuer)
        .issuer_name(maker.issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    report = judge(octets("UserV4.esl"), TrustStore([root]), IN_2021)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_sample_with_its_document_at_hand_is_still_untied() -> None:
    """The sample's digest is 32 zero octets: no file has it."""
    data = octets("SignedValueV4.dat")
    assert read_signature(data).data_hash == bytes(32)
    report = judge(data, NOBODY, AT, document=b"any")
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)
