"""Three answers, never mixed (D2): what holds, who is trusted, who accepts; and none better than the verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.verify.test_seals import Sealing
from tests.verify_world import Signing
from verify.acceptance.answering import answered, ask
from verify.acceptance.answers import AnswerStatus
from verify.acceptance.shelf import find, shipped
from verify.report import DocumentReport
from verify.trust import TrustStore
from verify.trusted_lists.decision import ListedStatus, ListEntry, TrustDecision
from verify.verdict import Indication, SubIndication, Verdict
from verify.wire import pack, unpack_report

YES, NO, OPEN = AnswerStatus.YES, AnswerStatus.NO, AnswerStatus.OPEN


def told(report: DocumentReport) -> tuple[AnswerStatus, AnswerStatus, AnswerStatus]:
    found = report.answers
    assert found is not None
    return found.cryptographic.status, found.trusted.status, found.accepted.status


def test_a_valid_seal_of_a_known_authority(report: DocumentReport) -> None:
    assert told(report) == (YES, YES, AnswerStatus.NOT_ASKED)
    found = report.answers
    assert found is not None
    assert "管理员直接指定" in found.trusted.sentence.zh
    assert told(ask(report, find(shipped(), "市场监管"), "年度报告"))[2] is YES
    assert told(ask(report, find(shipped(), "财政"), "bill"))[2] is NO


def test_a_correct_signature_of_an_unknown_issuer_is_not_trusted(signing: Signing, sealed: bytes) -> None:
    """D2: never green."""
    at = signing.now + timedelta(hours=1)
    report = signing.verify(sealed, trust=TrustStore([signing.tsa.certificate]), at=at)
    assert report.verdict is Verdict.INDETERMINATE
    assert told(report) == (YES, OPEN, AnswerStatus.NOT_ASKED)
    found = report.answers
    assert found is not None
    assert "无法识别" in found.trusted.sentence.zh
    assert told(ask(report, find(shipped(), "社保"), "单位参保登记"))[2] is NO


def test_a_changed_document_says_nothing_about_who_signed(sealing: Sealing, sealed: bytes) -> None:
    """Attack: a trusted certificate is enclosed with a signature that is not its key's."""
    changed = bytearray(sealed)
    changed[changed.index(b"Contract")] ^= 1
    assert told(sealing.signing.verify(bytes(changed)))[:2] == (NO, OPEN)


@pytest.mark.parametrize(
    ("sub", "indication", "expected"),
    [
        (SubIndication.REVOKED, Indication.TOTAL_FAILED, (YES, NO)),
        (SubIndication.TRY_LATER, Indication.INDETERMINATE, (YES, OPEN)),
        (SubIndication.SIG_CRYPTO_FAILURE, Indication.TOTAL_FAILED, (NO, OPEN)),
        (SubIndication.NO_SIGNING_CERTIFICATE_FOUND, Indication.INDETERMINATE, (OPEN, OPEN)),
        (SubIndication.GENERIC, Indication.INDETERMINATE, (OPEN, OPEN)),
        (SubIndication.LIMIT_REACHED, Indication.INDETERMINATE, (OPEN, OPEN)),
        (SubIndication.CRYPTO_CONSTRAINTS_FAILURE, Indication.INDETERMINATE, (OPEN, OPEN)),
        (SubIndication.SIGNED_DATA_NOT_FOUND, Indication.INDETERMINATE, (OPEN, OPEN)),
    ],
)
def test_what_is_not_known_to_have_been_checked_counts_as_open(
    report: DocumentReport,
    sub: SubIndication,
    indication: Indication,
    expected: tuple[AnswerStatus, AnswerStatus],
) -> None:
    wrong = replace(report.signatures[0], indication=indication, sub_indication=sub)
    assert told(answered(replace(report, verdict=indication.verdict, signatures=(wrong,))))[:2] == expected


def test_no_sub_indication_gives_a_yes_without_the_verdict(report: DocumentReport) -> None:
    """Every word there is: a document that is not valid never has three times yes."""
    policy = find(shipped(), "社保")
    for sub in SubIndication:
        for indication in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
            wrong = replace(report.signatures[0], indication=indication, sub_indication=sub)
            found = replace(report, verdict=indication.verdict, signatures=(wrong,))
            first, second, third = told(ask(found, policy, "enrol"))
            assert third is NO
            assert (first, second) != (YES, YES)


def test_something_against_the_package_as_a_whole_counts(report: DocumentReport) -> None:
    """An OFD's integrity file fails where every signature passes: not valid, so not *cryptographically valid* either."""
    assert told(answered(replace(report, verdict=Verdict.FAILED)))[0] is NO
    assert told(answered(replace(report, verdict=Verdict.INDETERMINATE)))[0] is OPEN


def test_the_list_that_vouched_is_named(report: DocumentReport) -> None:
    at = report.verified_at
    assert at is not None
    entry = ListEntry(
        "https://a/list", operator_zh="某省", sequence=12, issued=at, then=ListedStatus("granted")
    )
    listed = replace(report.signatures[0], trust=TrustDecision(True, at, entry))
    found = answered(replace(report, signatures=(listed,))).answers
    assert found is not None
    assert "第 12 号" in found.trusted.sentence.zh
    assert found.trusted.rests_on[0].startswith("https://a/list · no. 12")
    distrusted = replace(report.signatures[0], trust=TrustDecision(False, at, entry))
    assert told(answered(replace(report, signatures=(distrusted,))))[1] is OPEN


def test_answers_and_proofs_cross_the_wire_and_are_json(report: DocumentReport) -> None:
    asked = ask(report, find(shipped(), "税务"), "出口退税")
    assert unpack_report(json.loads(json.dumps(pack(asked)))) == asked
    shown = json.loads(json.dumps(asked.to_json()))
    assert shown["answers"]["acceptance"]["rule"]
    assert shown["signatures"][0]["proofs"]["complete"] is False


def test_an_answer_is_no_truth_value(report: DocumentReport) -> None:
    found = report.answers
    assert found is not None
    with pytest.raises(TypeError):
        bool(found.cryptographic.status)
