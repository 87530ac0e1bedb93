"""Steps that bare objects have in common: a maker's certificate in four, a time of validity, and the verdict from all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509

from verify.certificates.identity import describe
from verify.certificates.purpose import check_confines
from verify.certificates.signer import CertificateJudge
from verify.errors import Finding
from verify.objects.report import ObjectFact, ObjectReport
from verify.policy import Policy
from verify.report import Indication
from verify.sentence import Reason
from verify.ses.certificates import CertificateSteps, Looked
from verify.ses.facts import SealDataStep, StepState
from verify.ses.steps import Outcome, doubtful, found, passed
from verify.terminal import stamp
from verify.trusted_lists.model import ServiceKind, TrustedList
from verify.trusted_lists.source import Pin
from verify.verdict import SubIndication
from verify.wording import TEST_NOTICE, is_test_root


class ObjectStep(StrEnum):
    """Every step that one of the objects has."""

    FORM = "form"
    SIGNATURE = "signature"
    CHAIN = "chain"
    USE = "use"
    VALIDITY = "validity"
    REVOCATION = "revocation"
    ALGORITHM = "algorithm"
    CURRENT = "current"
    WHOLE = "completeness"
    ISSUER_CODE = "issuer-code"
    CONTENT = "content"
    PATH = "path"
    IDENTIFIER = "identifier"
    SOURCE = "source"
    NUMBER = "number"
    POINTERS = "pointers"


NAMES: Final = {
    ObjectStep.FORM: Reason("格式", "form"),
    ObjectStep.SIGNATURE: Reason("签名", "signature"),
    ObjectStep.CHAIN: Reason("证书链", "certificate chain"),
    ObjectStep.USE: Reason("证书用途", "purpose of the certificate"),
    ObjectStep.VALIDITY: Reason("证书有效期", "validity of the certificate"),
    ObjectStep.REVOCATION: Reason("吊销状态", "revocation"),
    ObjectStep.ALGORITHM: Reason("算法强度", "strength of the algorithms"),
    ObjectStep.CURRENT: Reason("时效", "up to date"),
    ObjectStep.WHOLE: Reason("完整性", "completeness"),
    ObjectStep.ISSUER_CODE: Reason("颁发机构代码", "issuer's code"),
    ObjectStep.CONTENT: Reason("原文", "content"),
    ObjectStep.PATH: Reason("证明路径", "path of the proof"),
    ObjectStep.IDENTIFIER: Reason("标识校验", "check of the identifier"),
    ObjectStep.SOURCE: Reason("签发者", "whose list it is"),
    ObjectStep.NUMBER: Reason("序号", "number"),
    ObjectStep.POINTERS: Reason("所指清单", "lists pointed to"),
}


def at(step: ObjectStep, outcome: Outcome) -> SealDataStep:
    """Return an outcome as the report has it."""
    return SealDataStep(step.value, NAMES[step], outcome.state, outcome.reason, outcome.sub)


def fact(key: str, label: tuple[str, str], zh: str, en: str | None = None) -> ObjectFact:
    """Make one fact; ``en`` where the value differs between the languages."""
    return ObjectFact(key, Reason(*label), zh, zh if en is None else en)


def moment(key: str, label: tuple[str, str], when: datetime | None) -> ObjectFact:
    """Make the fact of a time, in UTC."""
    return fact(key, label, stamp(when))


@dataclass(frozen=True, slots=True)
class Bench:
    """What the judging of one object has at hand: certificates and evidence of this verification, rules, the time."""

    judge: CertificateJudge
    policy: Policy
    at: datetime
    known: tuple[x509.Certificate, ...] = ()
    """Every certificate of the trust store and of its lists: who may have made what is signed but carries no certificate."""
    lists: Sequence[TrustedList] = ()
    """Trust lists that are believed, as far as they go."""
    pins: Sequence[Pin] = ()
    """Whose trust lists would be believed."""

    def maker(
        self,
        certificate: x509.Certificate,
        extra: tuple[x509.Certificate, ...],
        purpose: Callable[[x509.Certificate], None],
        kind: ServiceKind = ServiceKind.CA,
    ) -> tuple[Looked, tuple[SealDataStep, ...]]:
        """Judge who made an object, as of now: chain, purpose, validity, revocation; a list vouches by a service of ``kind``."""
        steps = CertificateSteps(self.judge, self.policy, extra)
        looked = steps.look(certificate, self.at, kind)
        return looked, (
            at(ObjectStep.CHAIN, looked.outcome),
            at(ObjectStep.USE, _use(looked, purpose)),
            at(ObjectStep.VALIDITY, steps.validity(looked, self.at)),
            at(ObjectStep.REVOCATION, steps.revocation(looked, self.at)),
        )

    def current(self, since: datetime, until: datetime | None) -> Outcome:
        """Judge whether what was said then is still said now; what promises no next one is good for the policy's time."""
        if since > self.at + self.policy.clock_skew:
            return doubtful(
                SubIndication.TIMESTAMP_ORDER_FAILURE,
                f"签发时间 {stamp(since)} 晚于核验时间，请检查本机时钟。",
                f"It was issued at {stamp(since)}, after the time of verification; check this computer's clock.",
            )
        end = since + self.policy.freshness if until is None else until
        if self.at > end + self.policy.clock_skew:
            return doubtful(
                SubIndication.TRY_LATER,
                f"已过期：最迟应于 {stamp(end)} 更新，不能说明现状；请取得最新的一份。",
                f"Out of date: a newer one was due at {stamp(end)}, so it says nothing about now; get the newest.",
            )
        return passed(f"在时效内（至 {stamp(end)}）。", f"Up to date (until {stamp(end)}).")


def _use(looked: Looked, purpose: Callable[[x509.Certificate], None]) -> Outcome:
    try:
        purpose(looked.certificate)
    except Finding as finding:
        return found(finding, fatal=True)
    try:
        check_confines(looked.chain, purpose, looked.trust)
    except Finding as finding:
        return found(finding)
    return passed("用途相符。", "It is meant for this.")


@dataclass(frozen=True, slots=True)
class Judged:
    """What one object's module found: the steps in their order, the facts, who made it, the sentence if all holds."""

    good: Reason
    steps: tuple[SealDataStep, ...]
    facts: tuple[ObjectFact, ...] = ()
    looked: Looked | None = None
    notes: tuple[Reason, ...] = field(default=())


_ORDER: Final = (
    (StepState.FAILED, Indication.TOTAL_FAILED),
    (StepState.INDETERMINATE, Indication.INDETERMINATE),
)


def concluded(report: ObjectReport, judged: Judged) -> ObjectReport:
    """Draw the verdict: the first step that failed, else the first in doubt, else good."""
    looked = judged.looked
    told = replace(
        report,
        steps=judged.steps,
        facts=judged.facts,
        notes=judged.notes,
        signer=None if looked is None else describe(looked.certificate, looked.chain),
        notice=TEST_NOTICE if looked is not None and looked.chain and is_test_root(looked.chain[-1]) else "",
    )
    for state, indication in _ORDER:
        for step in judged.steps:
            if step.state is state:
                because = Reason(
                    f"{step.name.zh}：{step.reason.zh}", f"{step.name.en.capitalize()}: {step.reason.en}"
                )
                return replace(
                    told,
                    verdict=indication.verdict,
                    indication=indication,
                    sub_indication=step.sub_indication or SubIndication.GENERIC,
                    reason=because,
                )
    good = Indication.TOTAL_PASSED
    return replace(told, verdict=good.verdict, indication=good, reason=judged.good)
