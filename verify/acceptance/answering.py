"""The three answers of a report, in words. The verdict stays as it is: here it is taken apart, never improved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from verify.acceptance.accept import accept
from verify.acceptance.answers import Acceptance, AcceptanceStatus, Answer, Answers, AnswerStatus
from verify.acceptance.facts import candidates, decision_of
from verify.acceptance.policy import DepartmentPolicy
from verify.civil_time import civil_day
from verify.institution.proofs import PartState
from verify.institution.technical import value_state
from verify.objects.report import ObjectReport
from verify.objects.steps import ObjectStep
from verify.report import DocumentReport, Indication, SignatureReport, Verdict
from verify.sentence import Reason, iso
from verify.ses.facts import SealDataStep, StepState
from verify.trusted_lists.decision import ListEntry
from verify.verdict import SubIndication

_YES, _NO, _OPEN = AnswerStatus.YES, AnswerStatus.NO, AnswerStatus.OPEN
_GRAVITY: Final = {_YES: 0, _OPEN: 1, _NO: 2}
_OF_OCTETS: Final = (ObjectStep.FORM, ObjectStep.SIGNATURE, ObjectStep.CONTENT, ObjectStep.PATH)
NOT_ASKED: Final = Answer(
    AnswerStatus.NOT_ASKED,
    Reason(
        "未选择部门和事项，没有判断是否受理。",
        "No department and act were chosen: whether it is accepted was not judged.",
    ),
)


def answered(
    report: DocumentReport,
    acceptance: Acceptance | None = None,
    signatures: tuple[SignatureReport, ...] | None = None,
) -> DocumentReport:
    """Add the three answers to a report; ``acceptance`` is a department's, if one was asked.

    ``signatures`` take the place of the report's own, which they only add proofs to.
    """
    third = NOT_ASKED if acceptance is None else _third(acceptance)
    answers = Answers(_first(report), _second(report), third, acceptance)
    return replace(
        report, signatures=report.signatures if signatures is None else signatures, answers=answers
    )


def ask(report: DocumentReport, policy: DepartmentPolicy, act: str) -> DocumentReport:
    """Let a department answer too; :class:`verify.acceptance.errors.ActUnknown` for an act that it has not."""
    return answered(report, accept(report, policy, act))


def _first(report: DocumentReport) -> Answer:
    """Tell whether it is cryptographically valid: the octets are those that were signed, and the values are right."""
    if not report.signatures:
        return _unsigned(report)
    answers = [_value(one) for one in report.signatures]
    grave = max(answers, key=lambda one: _GRAVITY[one.status])
    if grave.status is _YES and all(one.verdict is Verdict.PASSED for one in report.signatures):
        grave = _whole(report, grave)
    rests_on = tuple([f"{one.field}: {one.algorithm}" for one in report.signatures if one.algorithm])
    return Answer(grave.status, grave.sentence, rests_on)


def _whole(report: DocumentReport, answer: Answer) -> Answer:
    """Let what stands against the document as a whole speak, an OFD's integrity file say, where no signature shows it."""
    if report.verdict is Verdict.PASSED:
        return answer
    return Answer(_NO if report.verdict is Verdict.FAILED else _OPEN, report.reason)


def _value(item: SignatureReport) -> Answer:
    state = value_state(item)
    if state is PartState.PRESENT:
        return Answer(_YES, _INTACT)
    return Answer(_NO if state is PartState.FAILED else _OPEN, item.reason)


def _unsigned(report: DocumentReport) -> Answer:
    if report.verdict is Verdict.PASSED:
        return Answer(_YES, report.reason)
    if isinstance(report, ObjectReport) and (value := _value_of(report)) is not None:
        return Answer(_YES, value.reason)
    broken = report.verdict is Verdict.FAILED and report.sub_indication in {
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
    }
    return Answer(_NO if broken else _OPEN, report.reason)


def _value_of(report: ObjectReport) -> SealDataStep | None:
    """Return the signature step of a bare object where its octets are whole: who made it is another question."""
    told = {step.key: step for step in report.steps}
    about = [told[step] for step in _OF_OCTETS if step in told]
    whole = all(step.state is StepState.PASSED for step in about)
    return told.get(ObjectStep.SIGNATURE) if whole else None


def _second(report: DocumentReport) -> Answer:
    """Tell whether a list, or the operator's anchors, vouch for every signatory as of the time that counts."""
    signed = candidates(report) or report.signatures
    if not signed:
        return Answer(_YES if report.verdict is Verdict.PASSED else _OPEN, report.reason)
    at = report.verified_at
    answers = [_trust(one, at) for one in signed]
    grave = max(answers, key=lambda one: _GRAVITY[one.status])
    rests_on = tuple(dict.fromkeys([text for one in answers for text in one.rests_on]))
    return Answer(grave.status, grave.sentence, rests_on)


def _trust(item: SignatureReport, at: datetime | None) -> Answer:
    if value_state(item) is not PartState.PRESENT:
        return Answer(_OPEN, _NO_SIGNATURE_NO_TRUST)
    decision = None if at is None else decision_of(item, at)
    rests = () if decision is None or not decision.trusted else (told(decision.entry),)
    if item.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND or decision is None:
        return Answer(_OPEN, _UNKNOWN)
    if item.verdict is Verdict.PASSED and decision.trusted:
        return Answer(_YES, _trusted(decision.entry, decision.as_of), rests)
    if item.verdict is Verdict.PASSED:
        return Answer(_OPEN, _UNKNOWN)
    return Answer(_NO if item.indication is Indication.TOTAL_FAILED else _OPEN, item.reason, rests)


def told(entry: ListEntry) -> str:
    """Write a list entry in one line."""
    if not entry.scheme_id:
        return " · ".join(filter(None, ("decree", entry.provider, entry.certificate_sha256)))
    parts = (
        entry.scheme_id,
        f"no. {entry.sequence}",
        iso(entry.issued),
        entry.provider,
        entry.service,
        entry.then.status,
    )
    return " · ".join(part for part in parts if part)


def _trusted(entry: ListEntry, as_of: datetime) -> Reason:
    day = f"{as_of:%Y-%m-%d %H:%M} UTC"
    if not entry.scheme_id:
        return Reason(
            f"截至 {day}，由本系统管理员直接指定信任的机构担保（不依据信任列表）。",
            f"As of {day}, an authority that the administrator of this trust store trusts directly vouches for it, without a trusted list.",
        )
    issued = "" if entry.issued is None else civil_day(entry.issued)
    who_zh, who_en = entry.operator_zh or entry.operator, entry.operator or entry.operator_zh
    return Reason(
        f"截至 {day}，由{who_zh}的信任列表“{entry.scheme_id}”第 {entry.sequence} 号（{issued}）担保。",
        f"As of {day}, trusted list {entry.scheme_id} of {who_en}, no. {entry.sequence} ({issued}), vouches for it.",
    )


def _third(found: Acceptance) -> Answer:
    status = {
        AcceptanceStatus.ACCEPTED: AnswerStatus.YES,
        AcceptanceStatus.CONDITIONS: AnswerStatus.CONDITIONS,
        AcceptanceStatus.REFUSED: AnswerStatus.NO,
    }[found.status]
    policy = f"{found.department} {found.policy_version} · sha256:{found.policy_sha256}"
    said = (policy, f"{found.rule} · {found.cites}", found.entry, found.maker_entry, found.time_entry)
    rests = tuple(dict.fromkeys(filter(None, said)))
    return Answer(status, found.sentence, rests)


_INTACT: Final = Reason(
    "签名计算正确，文件自签署后未被改动。",
    "The signatures are mathematically right and the document is unchanged since.",
)
_UNKNOWN: Final = Reason(
    "无法识别：没有信任列表或锚点为签署人的证书担保。签名正确不等于可信。",
    "Not recognised: no list and no anchor vouches for the signatory. A correct signature is not yet a trusted one.",
)
_NO_SIGNATURE_NO_TRUST: Final = Reason(
    "签名本身不成立或未能核对，无从判断签署人是否可信。",
    "The signature itself does not hold or could not be checked, so nothing can be said of who signed.",
)
