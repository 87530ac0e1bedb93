"""The seal behind a signature: the maker's statement, and the seal's state then and now from signed status lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from seals.errors import SealError
from seals.seal import SealStatus
from seals.statement import (
    SealStatement,
    SealStatusList,
    parse_statement,
)
from seals.states import STOPPED_ZH
from verify.certificates.paths import fingerprint, name
from verify.certificates.signer import CertificateJudge, Judged
from verify.civil_time import civil_day
from verify.errors import Finding, failed, unsure
from verify.maker_lists import SealLists, check_maker, state_in
from verify.makers import MakerIdentity
from verify.policy import Policy
from verify.report import UNKNOWN, Reason, SealReport, SealStatusReport, SigningTime, StatusReport
from verify.signatures.loaded import load_certificate
from verify.trusted_lists.model import ServiceKind
from verify.verdict import Indication, SubIndication


@dataclass(frozen=True, slots=True)
class SealJudged:
    """What is known about the seal; ``finding`` is the first thing that speaks against it."""

    report: SealReport | None = None
    then: StatusReport = UNKNOWN
    now: StatusReport = UNKNOWN
    finding: Finding | None = None
    notes: tuple[Reason, ...] = ()


NO_STATEMENT: Final = SealJudged()
"""What is known of a seal that no statement speaks of: nothing, which is no fault."""


@dataclass(frozen=True, slots=True)
class SealQuestion:
    """One signature as the judge of seals sees it: the statement in it (JWS), its signer, its time.

    ``handed_in`` tells whether the signature is over the document of this SHA-256, in the state before sealing.
    """

    statement: str | None
    handed_in: Callable[[str], bool]
    signer: x509.Certificate
    time: SigningTime
    at: datetime
    code: str = ""
    """The code of the electronic seal that the signature itself carries, where it carries one."""

    @property
    def when(self) -> datetime:
        """The best known time of sealing: proved, else claimed, else the time of verification."""
        return self.time.value or self.at


@dataclass(frozen=True, slots=True)
class SealJudge:
    """Judge seal statements with the certificates, lists and rules of one verification."""

    judge: CertificateJudge
    lists: SealLists
    policy: Policy

    def judge_seal(self, question: SealQuestion) -> SealJudged:
        """Read and judge the statement; without one the result is empty: the seal is unknown, which is no fault."""
        if question.statement is None:
            return NO_STATEMENT
        try:
            parsed = parse_statement(question.statement)
            maker = parsed.check_signature()
        except (SealError, ValueError, TypeError):
            return SealJudged(finding=_broken())
        statement = parsed.statement
        chain = [c for der in parsed.chain_der[1:] if (c := load_certificate(der)) is not None]
        at = question.when if question.time.trusted else question.at
        judged = self.judge.judge(maker, chain, at, check_maker, ServiceKind.SEAL_MAKER)
        known = self.judge.known_as(maker, chain, at, question.at)
        report = _report(statement, maker, judged, known)
        if judged.finding is not None:
            return SealJudged(report, finding=_unknown_maker(judged.finding))
        told = self._told(statement, known, question)
        finding = _first_objection(statement, question, self.policy) or told.finding
        return SealJudged(report, told.then, told.now, finding, told.notes)

    def _told(self, statement: SealStatement, maker: MakerIdentity, question: SealQuestion) -> _Told:
        """Weigh the seal's state by its maker's lists; of several the one that says the worst."""
        lists = self.lists.of(maker, statement.seal_code, question.at)
        if not lists:
            stated = _stated(statement)
            note = Reason(
                "没有该制章单位的印章状态表，印章现状未知；盖章时的状态以制章单位声明为准。",
                "There is no status list of this seal maker: the seal's state now is unknown, "
                "its state then is what the maker stated.",
            )
            return _Told(stated, UNKNOWN, _objection(statement, stated, UNKNOWN, question), (note,))
        told = [_told_by(listed, statement, question) for listed in lists]
        return min(told, key=lambda one: _LIGHTNESS[None if one.finding is None else one.finding.indication])


@dataclass(frozen=True, slots=True)
class _Told:
    """What one list says of a seal, when it was used and now."""

    then: StatusReport
    now: StatusReport
    finding: Finding | None
    notes: tuple[Reason, ...]


_LIGHTNESS: Final = {Indication.TOTAL_FAILED: 0, Indication.INDETERMINATE: 1, None: 2}


def _told_by(listed: SealStatusList, statement: SealStatement, question: SealQuestion) -> _Told:
    then, now = (_state(listed, statement, moment) for moment in (question.when, question.at))
    claimed = question.time.claimed
    if claimed is not None and claimed < question.when:
        before = _state(listed, statement, claimed)
        then = before if before.status in STOPPED_ZH else then  # its signer says itself that it was stopped
    if then.status == UNKNOWN.status:
        then = _stated(statement)
    finding = (
        _unlisted(listed, statement, question)
        or _objection(statement, then, now, question)
        or _stopped_between(statement, listed, question)
    )
    return _Told(then, now, finding, _stale(listed) if question.at > listed.next_update else ())


def _unlisted(listed: SealStatusList, statement: SealStatement, question: SealQuestion) -> Finding | None:
    """Weigh what a list says of a seal that it never gave out, or does not know though it is newer than the statement."""
    if listed.issued_at <= statement.issued_at:
        return None  # a seal, or a use, that is newer than the list
    status = listed.status_at(statement.seal_code, min(question.when, listed.issued_at))
    if status is None:
        return unsure(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"制章单位 {civil_day(listed.issued_at)} 的印章状态表中没有印章“{statement.name}”，而声明在此之前出具；请向制章单位核实。",
            f"The maker's status list of {civil_day(listed.issued_at)} does not have the seal {statement.name}, though the statement is "
            "older; ask the maker.",
        )
    if status is SealStatus.ACTIVE or status.value in STOPPED_ZH:
        return None
    return _not_valid(
        f"盖章时印章“{statement.name}”的状态为“{status.zh}”，不得使用；请向制章单位核实。",
        f"The seal {statement.name} was {status.value} when it was used; ask its maker.",
    )


def _state(listed: SealStatusList, statement: SealStatement, when: datetime) -> StatusReport:
    found = state_in(listed, statement.seal_code, when)
    if found.status == SealStatus.ACTIVE.value and when > statement.valid_to:
        return StatusReport(SealStatusReport.EXPIRED.value, "statement", statement.valid_to)
    return found


def _stated(statement: SealStatement) -> StatusReport:
    return StatusReport(statement.status.value, "statement", as_of=statement.issued_at)


def _stale(listed: SealStatusList) -> tuple[Reason, ...]:
    day = civil_day(listed.issued_at)
    return (
        Reason(
            f"印章状态表为 {day} 签发，已过期，印章现状以更新后的状态表为准。",
            f"The seal status list is of {day} and out of date; get a newer one to know the seal's state now.",
        ),
    )


def _report(
    statement: SealStatement, maker: x509.Certificate, judged: Judged, known: MakerIdentity
) -> SealReport:
    return SealReport(
        code=statement.seal_code,
        physical_code=statement.physical_code,
        kind=statement.kind.code,
        kind_zh=statement.kind.zh,
        kind_en=statement.kind.en,
        name=statement.name,
        owner=statement.owner_name,
        owner_uscc=statement.owner_uscc,
        valid_from=statement.valid_from,
        valid_to=statement.valid_to,
        maker=name(maker.subject),
        maker_identity=known,
        trusted=judged.finding is None,
        trust=judged.trust,
        picture_sha256=statement.picture_sha256,
        permit=statement.permit,
        leave=statement.leave,
    )


def _not_valid(zh: str, en: str) -> Finding:
    return failed(SubIndication.SEAL_NOT_VALID, zh, en)


def _broken() -> Finding:
    return _not_valid(
        "印章声明已损坏或签名不符，不能证明所用印章；请向盖章单位核实。",
        "The seal statement is damaged or its signature does not hold; ask the sealing enterprise.",
    )


def _unknown_maker(cause: Finding) -> Finding:
    return unsure(
        cause.sub,
        "无法识别印章的制章单位，不能确认印章真伪；请将其根证书加入信任库后重新核验。",
        "The seal's maker is not recognised, so the seal cannot be confirmed; "
        f"add its root to the trust store and verify again ({cause.reason.en})",
    )


def _first_objection(statement: SealStatement, question: SealQuestion, policy: Policy) -> Finding | None:
    """Check what the statement binds: this certificate, this document, an active seal, a time inside its life."""
    skew, when = policy.clock_skew, question.when
    signer = fingerprint(question.signer).hex()
    if statement.certificate_sha256 != signer:
        return _not_valid(
            "印章声明不是为该签章人的证书出具的，印章被冒用；请向盖章单位核实。",
            "The seal statement was made for another certificate: the seal is misused. Ask the sealing enterprise.",
        )
    if question.code and statement.seal_code != question.code:
        return _not_valid(
            "印章声明与签章中的电子印章不是同一枚，印章被调换；请向盖章单位核实。",
            "The seal statement is about another seal than the one in the signature: it was swapped. Ask the enterprise.",
        )
    if not question.handed_in(statement.document_sha256):
        return _not_valid(
            "印章声明不是为这份文件出具的，用印未获许可；请向盖章单位核实。",
            "The seal statement was made for another document: this use was not permitted. Ask the enterprise.",
        )
    if statement.status is not SealStatus.ACTIVE:
        return _not_valid(
            f"盖章时印章状态为“{statement.status.zh}”，不得使用；请向盖章单位核实。",
            f"The seal was {statement.status.value} when it was used; ask the sealing enterprise.",
        )
    if (
        when < statement.valid_from - skew
        or when > statement.valid_to + skew
        or when < statement.issued_at - skew
    ):
        return _not_valid(
            "盖章时间不在印章的有效期内，或早于印章声明；请向盖章单位核实。",
            "The time of sealing lies outside the seal's life or before its statement; ask the sealing enterprise.",
        )
    return None


def _stopped_between(
    statement: SealStatement, listed: SealStatusList, question: SealQuestion
) -> Finding | None:
    """Doubt a seal that was stopped behind the signer's own date, whatever became of it: whoever had it then dates back.

    A proof of a time behind the stop says by when the signature existed, not since when.
    """
    claimed = question.time.claimed
    if claimed is None:
        return None
    until = question.when if question.time.trusted else question.at
    since = listed.stopped_between(statement.seal_code, claimed, until)
    if since is None:
        return None
    return unsure(
        SubIndication.SEAL_STATUS_UNKNOWN,
        f"印章“{statement.name}”曾于 {civil_day(since)} 停用，且没有可信时间戳证明盖章在此之前；请要求补充证据，或请印章持有人书面确认。",
        f"The seal {statement.name} was stopped on {civil_day(since)}, and no trusted time-stamp proves an earlier use; "
        "ask for that evidence, or for its holder's confirmation.",
    )


def _objection(
    statement: SealStatement, then: StatusReport, now: StatusReport, question: SealQuestion
) -> Finding | None:
    """Weigh the seal's state: stopped before a proved time is failure, stopped by now without proof is doubt."""
    if then.status in STOPPED_ZH:
        day = civil_day(then.since) if then.since else "?"
        return _not_valid(
            f"印章“{statement.name}”已于 {day} {STOPPED_ZH[SealStatus(then.status)]}，盖章时间在此之后，故无效；请向盖章单位核实。",
            f"The seal {statement.name} was {then.status} on {day}, before it was used here; ask the enterprise.",
        )
    if now.status in STOPPED_ZH and not question.time.trusted:
        day = civil_day(now.since) if now.since else "?"
        return unsure(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"印章“{statement.name}”已于 {day} {STOPPED_ZH[SealStatus(now.status)]}，且没有可信时间戳证明盖章在此之前；请要求补充证据。",
            f"The seal {statement.name} was {now.status} on {day}, and no trusted time-stamp proves an earlier use; "
            "ask for that evidence.",
        )
    return None
