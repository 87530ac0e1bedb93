"""Judge a public answer about a seal: whole, by a seal maker that is trusted, about this code, and still good.

Pure, like all of this room: the answer, the trust store and the time come as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from ca.profile import EKU_SEAL_MAKER
from seals.errors import SealError
from seals.lookup.answer import ParsedLookup, SealLookup, parse_lookup
from verify.certificates.paths import PathFinder, name
from verify.certificates.purpose import check_exactly
from verify.certificates.revocation import Evidence
from verify.certificates.signer import CertificateJudge
from verify.errors import Finding, failed, unsure
from verify.policy import Policy
from verify.report import Reason
from verify.signatures.loaded import load_certificate
from verify.trust import TrustStore
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication, Verdict


@dataclass(frozen=True, slots=True)
class LookupJudged:
    """What an answer is worth. ``lookup`` is ``None`` where nothing of it may be believed."""

    verdict: Verdict
    reason: Reason
    lookup: SealLookup | None = None
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that an answer is held against: the code, and the past moment if one was named."""

    code: str
    at: datetime | None = None


def judge_lookup(jws: str, asked: Asked, trust: TrustStore, *, now: datetime) -> LookupJudged:
    """Judge an answer as of ``now`` (aware).

    1. It reads and its signature holds. 2. It answers this question. 3. Its maker's certificate leads to an anchor, is
    for seal makers and not revoked. 4. ``now`` lies between its issue and its next update, within the clock skew.
    """
    policy = Policy()
    try:
        parsed = parse_lookup(jws)
        maker = parsed.check_signature()
    except SealError:
        broken = failed(
            SubIndication.SEAL_NOT_VALID,
            "答复已损坏或签名不符，不能采信；请重新查询。",
            "The answer is damaged or its signature does not hold; do not rely on it, ask again.",
        )
        return _judged(broken)
    lookup, said_by = parsed.lookup, name(maker.subject)
    try:
        _check_question(lookup, asked)
        _check_maker(parsed, maker, trust, policy, now)
        _check_time(lookup, policy, now)
    except Finding as finding:
        return _judged(finding, lookup, said_by)
    return LookupJudged(
        Verdict.PASSED,
        Reason("答复完整，由受信任的制章者签名。", "The answer is whole and signed by a trusted seal maker."),
        lookup,
        said_by,
    )


def _judged(finding: Finding, lookup: SealLookup | None = None, maker: str = "") -> LookupJudged:
    verdict = finding.indication.verdict
    return LookupJudged(verdict, finding.reason, None if verdict is Verdict.FAILED else lookup, maker)


def _check_question(lookup: SealLookup, asked: Asked) -> None:
    """Refuse an answer about another seal or another moment; *now* is the moment of issue, not a past one told again."""
    if lookup.asked != asked.code or lookup.as_of != (asked.at or lookup.issued_at):
        raise failed(
            SubIndication.SEAL_NOT_VALID,
            "答复的不是所查询的印章或时间，可能被调换；请重新查询。",
            "The answer is about another seal or another moment and may have been exchanged; ask again.",
        )


def _check_maker(
    parsed: ParsedLookup, maker: x509.Certificate, trust: TrustStore, policy: Policy, now: datetime
) -> None:
    paths = PathFinder(trust)
    evidence = Evidence(paths)
    evidence.add(trust.crls, trust.ocsp, embedded=False)
    chain = [c for der in parsed.chain_der[1:] if (c := load_certificate(der)) is not None]
    judge = CertificateJudge(paths, evidence, policy, now)
    judged = judge.judge(maker, chain, now, _is_maker, ServiceKind.SEAL_MAKER)
    if judged.finding is not None:
        raise judged.finding


def _is_maker(certificate: x509.Certificate) -> None:
    check_exactly(certificate, EKU_SEAL_MAKER, "答复印章查询", "answering about seals")


def _check_time(lookup: SealLookup, policy: Policy, now: datetime) -> None:
    """Refuse an old answer: a seal may have been stopped since (I30)."""
    if not lookup.issued_at - policy.clock_skew <= now <= lookup.next_update + policy.clock_skew:
        raise unsure(
            SubIndication.TRY_LATER,
            f"答复签发于 {lookup.issued_at:%Y-%m-%d %H:%M:%S}Z，已过期或时钟不准；请重新查询。",
            f"The answer was issued at {lookup.issued_at:%Y-%m-%d %H:%M:%S}Z: it is too old, or a clock is wrong; ask again.",
        )
