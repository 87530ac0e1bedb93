"""The seal behind a signature: the maker's statement, and the seal's state then and now from signed status lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509

from ca.profile import EKU_SEAL_MAKER
from seals.errors import SealError
from seals.seal import SealStatus
from seals.statement import (
    ParsedStatusList,
    SealStatement,
    SealStatusList,
    parse_statement,
    parse_status_list,
)
from seals.states import ENDED, STOPPED_ZH
from verify.certificates.identity import maker_identity
from verify.certificates.paths import Chain, fingerprint, name
from verify.certificates.purpose import check_exactly
from verify.certificates.signer import CertificateJudge, Judged
from verify.errors import Finding, failed, unsure
from verify.policy import Policy
from verify.report import UNKNOWN, Reason, SealReport, SealStatusReport, SigningTime, StatusReport
from verify.signatures.cms import load_certificate
from verify.trusted_lists.decision import TrustDecision
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

MadeList = TypeVar("MadeList")
"""A list that a maker signed, as its reader keeps it."""


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


@dataclass(slots=True)
class SealLists:
    """The newest trustworthy status list of each seal maker, by its identity (:func:`maker_identity`), never its name alone.

    Whoever runs another authority that is trusted as well may call its own maker as it likes: its list must not take the
    place of the one in which a seal stands as stopped.
    """

    by_maker: dict[str, SealStatusList] = field(default_factory=dict)

    def of(self, chain: Chain, trust: TrustDecision | None) -> SealStatusList | None:
        """Return the list of the maker that a chain begins with and what vouches for it, if one is known."""
        return self.by_maker.get(maker_identity(chain, trust))

    @property
    def newest(self) -> datetime | None:
        """Issue time of the newest list."""
        return max((item.issued_at for item in self.by_maker.values()), default=None)


def load_lists(texts: Sequence[str]) -> list[tuple[ParsedStatusList, x509.Certificate]]:
    """Read lists whose own signature holds; others are left out as if they were not there."""
    found = []
    for text in texts:
        try:
            parsed = parse_status_list(text)
            found.append((parsed, parsed.check_signature()))
        except SealError:
            continue
    return found


def trusted_lists(
    loaded: Sequence[tuple[ParsedStatusList, x509.Certificate]], judge: CertificateJudge, at: datetime
) -> SealLists:
    """Keep lists whose maker is trusted and that were issued by the present; the highest number wins (I30).

    Whose certificate has ended is asked about as of the list's issue, and only where the maker has no list of today: such a list is
    out of date at the latest with the certificate, and what is never left stays so.
    """
    made = []
    for parsed, maker in loaded:
        found = parsed.status_list
        by = judge_maker(judge, parsed.chain_der, maker, found.issued_at, at)
        if by is not None:
            ends = min(found.next_update, maker.not_valid_after_utc)
            made.append((by, replace(found, next_update=ends)))
    return SealLists(newest_of_each(made, lambda one: one.number))


@dataclass(frozen=True, slots=True)
class ListMaker:
    """Who signed a list and is trusted for it; ``late`` tells that the certificate had ended by the time of verification."""

    judged: Judged
    late: bool

    @property
    def identity(self) -> str:
        """Name the maker across renewals."""
        return maker_identity(self.judged.chain, self.judged.trust)


def newest_of_each(
    made: Iterable[tuple[ListMaker, MadeList]], number: Callable[[MadeList], int]
) -> dict[str, MadeList]:
    """Return each maker's list with the highest number; one whose maker has ended since only where there is none of today."""
    present: dict[str, MadeList] = {}
    past: dict[str, MadeList] = {}
    for maker, found in made:
        kept = past if maker.late else present
        known = kept.get(maker.identity)
        if known is None or number(found) > number(known):
            kept[maker.identity] = found
    return past | present


def judge_maker(
    judge: CertificateJudge,
    chain_der: Sequence[bytes],
    maker: x509.Certificate,
    issued: datetime,
    at: datetime,
) -> ListMaker | None:
    """Judge the maker of a list as of ``at``, or where its certificate has ended as of the list's issue; ``None``: not trusted."""
    if issued > (judge.latest or at):
        return None
    chain = [c for der in chain_der[1:] if (c := load_certificate(der)) is not None]
    late = at > maker.not_valid_after_utc
    judged = judge.judge(maker, chain, issued if late else at, check_maker, ServiceKind.SEAL_MAKER)
    return None if judged.finding is not None else ListMaker(judged, late)


def learn_makers(
    loaded: Sequence[tuple[ParsedStatusList, x509.Certificate]], judge: CertificateJudge
) -> None:
    """Let a judge know the certificates that the lists bring along, as judging their makers does."""
    for parsed, _ in loaded:
        judge.evidence.learn([c for der in parsed.chain_der[1:] if (c := load_certificate(der)) is not None])


def check_maker(certificate: x509.Certificate) -> None:
    """Demand a seal maker's certificate: nobody else states seals or lists."""
    check_exactly(certificate, EKU_SEAL_MAKER, "签发印章声明", "stating seals")


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
        report = _report(statement, maker, judged)
        if judged.finding is not None:
            return SealJudged(report, finding=_unknown_maker(judged.finding))
        then, now, notes = self._states(statement, judged, question)
        finding = _first_objection(statement, question, self.policy) or _objection(
            statement, then, now, question
        )
        return SealJudged(report, then, now, finding, notes)

    def _states(
        self, statement: SealStatement, maker: Judged, question: SealQuestion
    ) -> tuple[StatusReport, StatusReport, tuple[Reason, ...]]:
        listed = self.lists.of(maker.chain, maker.trust)
        stated = StatusReport(statement.status.value, "statement", as_of=statement.issued_at)
        if listed is None:
            note = Reason(
                "没有该制章单位的印章状态表，印章现状未知；盖章时的状态以制章单位声明为准。",
                "There is no status list of this seal maker: the seal's state now is unknown, "
                "its state then is what the maker stated.",
            )
            return stated, UNKNOWN, (note,)
        then = _state(listed, statement, question.when)
        now = _state(listed, statement, question.at)
        notes = _stale(listed) if question.at > listed.next_update else ()
        return (stated if then.status == UNKNOWN.status else then), now, notes


def _state(listed: SealStatusList, statement: SealStatement, when: datetime) -> StatusReport:
    status = listed.status_at(statement.seal_code, when)
    old = when > listed.next_update
    if status is None or (old and status not in ENDED):  # what is never left, even an old list proves
        return StatusReport(SealStatusReport.UNKNOWN.value, as_of=listed.issued_at)
    history = [since for since, _ in listed.entries.get(statement.seal_code, ()) if since <= when]
    since = history[-1] if history else None
    if status is SealStatus.ACTIVE and when > statement.valid_to:
        return StatusReport(SealStatusReport.EXPIRED.value, "statement", statement.valid_to)
    return StatusReport(status.value, "list", since, as_of=listed.issued_at)


def _stale(listed: SealStatusList) -> tuple[Reason, ...]:
    day = listed.issued_at.date()
    return (
        Reason(
            f"印章状态表为 {day} 签发，已过期，印章现状以更新后的状态表为准。",
            f"The seal status list is of {day} and out of date; get a newer one to know the seal's state now.",
        ),
    )


def _report(statement: SealStatement, maker: x509.Certificate, judged: Judged) -> SealReport:
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
        maker_id=maker_identity(judged.chain, judged.trust),
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


def _objection(
    statement: SealStatement, then: StatusReport, now: StatusReport, question: SealQuestion
) -> Finding | None:
    """Weigh the seal's state: stopped before a proved time is failure, stopped by now without proof is doubt."""
    if then.status in STOPPED_ZH:
        day = then.since.date() if then.since else "?"
        return _not_valid(
            f"印章“{statement.name}”已于 {day} {STOPPED_ZH[SealStatus(then.status)]}，盖章时间在此之后，故无效；请向盖章单位核实。",
            f"The seal {statement.name} was {then.status} on {day}, before it was used here; ask the enterprise.",
        )
    if now.status in STOPPED_ZH and not question.time.trusted:
        day = now.since.date() if now.since else "?"
        return unsure(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"印章“{statement.name}”已于 {day} {STOPPED_ZH[SealStatus(now.status)]}，且没有可信时间戳证明盖章在此之前；请要求补充证据。",
            f"The seal {statement.name} was {now.status} on {day}, and no trusted time-stamp proves an earlier use; "
            "ask for that evidence.",
        )
    return None
