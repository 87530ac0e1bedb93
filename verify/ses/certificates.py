"""A certificate in seal data: chain, use, validity and revocation, each a step of its own.

The standards ask for them one by one and draw different conclusions, so the four are judged apart: chain and use as rules that
no time changes, validity and revocation at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509

from verify.certificates.facts import COMPROMISED
from verify.certificates.paths import Chain, check_validity, name
from verify.certificates.purpose import needs_no_revocation
from verify.certificates.signer import STOPPED, CertificateJudge
from verify.civil_time import civil_day
from verify.errors import Finding, unsure
from verify.policy import Policy
from verify.report import CertificateStatus, StatusReport
from verify.ses.steps import Outcome, doubtful, failed, found, passed, skipped
from verify.trusted_lists.anchors import Vouching
from verify.trusted_lists.decision import TrustDecision
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication


class Proof(Protocol):
    """What proves that something existed at a time: a time-stamp over it, or one over a document that holds it."""

    @property
    def time(self) -> datetime:
        """The time proved."""

    @property
    def trusted(self) -> bool:
        """Whether it counts."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A certificate with the chain found for it (itself alone where there is none), and how that step ended."""

    certificate: x509.Certificate
    chain: Chain
    outcome: Outcome
    trust: TrustDecision | None = None
    """Which list, or whose decree, makes the end of the chain an anchor."""
    word: Chain = ()
    """By whose word its certificates are or are not revoked: the chain, or another path by which one was."""

    @property
    def trusted(self) -> bool:
        """Tell whether the chain is known and keeps the rules."""
        return len(self.chain) > 0


@dataclass(frozen=True, slots=True)
class Made:
    """What a key made, and whose certificate that is, in the words of a sentence."""

    zh: str
    en: str
    of_zh: str
    of_en: str


@dataclass(frozen=True, slots=True)
class CertificateSteps:
    """Judges certificates of one verification with its paths and evidence."""

    judge: CertificateJudge
    policy: Policy
    extra: tuple[x509.Certificate, ...] = ()
    """Certificates that the document brings along; seal data carries none but the two that sign."""

    def look(
        self,
        certificate: x509.Certificate,
        near: datetime,
        kind: ServiceKind = ServiceKind.CA,
        *proofs: Proof | None,
    ) -> Looked:
        """Find a chain and hold it to the rules at a time when all of it is valid, ``near`` the one that matters.

        A trust list vouches by a service of ``kind`` that is granted at a time that is proved, else now: ``near`` is only
        what the key itself said, and whoever has it dates back before a withdrawal.
        """
        proved = min((p.time for p in proofs if p is not None and p.trusted), default=self.judge.now)
        asked = Vouching(kind, proved, self.judge.now)
        try:
            chains, first = self.judge.paths.holding(certificate, self.extra, near, asked)
        except Finding as unknown:
            return Looked(certificate, (), found(unknown))
        if first is None:
            return self._chosen(chains, asked, near)
        trust = self.judge.paths.decision(chains[0], asked, near)
        for chain in self.judge.paths.candidates(certificate, self.extra, kind):
            moment = _inside(chain, near)
            if moment is None:
                first = _never_together()
                continue
            chains, finding = self.judge.paths.holding(certificate, self.extra, moment, asked)
            if finding is None:
                return self._chosen(chains, asked, moment)
            first = finding
        return Looked(certificate, (), found(first, fatal=trust.trusted), trust)

    def _chosen(self, chains: tuple[Chain, ...], asked: Vouching, near: datetime) -> Looked:
        chain, word, _ = self.judge.in_order(chains, self.extra, asked.kind, self.judge.now or near)
        trust = self.judge.paths.decision(chain, asked, near)
        return Looked(chain[0], chain, passed(*_chain_words(chain)), trust, word)

    def validity(self, looked: Looked, at: datetime) -> Outcome:
        """Judge the validity of the certificate at ``at``, and of those above it where they are known."""
        for certificate in (looked.certificate, *looked.chain[1:]):
            try:
                check_validity(certificate, at)
            except Finding:
                return _outside(certificate, at)
        day = civil_day(looked.certificate.not_valid_after_utc)
        return passed(f"在有效期内（至 {day}）。", f"Inside its validity (to {day}).")

    def revocation(self, looked: Looked, at: datetime) -> Outcome:
        """Judge the revocation of each certificate below the anchor at ``at``."""
        if not looked.trusted:
            return skipped(
                "证书链不可信，未查吊销状态。", "Without a trusted chain nothing says whether it was revoked."
            )
        for position, certificate in enumerate(looked.word[:-1]):
            state = self.judge.state(looked.word, position, at)
            if state.status in STOPPED:
                return _revoked(certificate, state)
            asked = self.policy.require_revocation and not (
                position == 0 and needs_no_revocation(certificate)
            )
            if state.status == CertificateStatus.UNKNOWN.value and asked:
                return doubtful(
                    SubIndication.TRY_LATER,
                    f"缺少证书“{name(certificate.subject)}”在 {civil_day(at)} 的吊销信息；请更新 CRL 或 OCSP 后重新核验。",
                    f"No revocation information for the certificate of {name(certificate.subject)} at {civil_day(at)}; "
                    "add a current CRL or OCSP response and verify again.",
                )
            if state.status in {CertificateStatus.EXPIRED.value, CertificateStatus.NOT_YET_VALID.value}:
                return skipped(
                    "不在有效期内，未查吊销状态。", "Outside its validity there is no revocation to ask for."
                )
        return passed("未被吊销。", "Not revoked.")

    def unsound(self, looked: Looked, now: datetime, made: Made, *proofs: Proof | None) -> Outcome | None:
        """Doubt what was made with a key that is known by now to be compromised, or is suspended, where no proof is older than that.

        Whoever has an authority's key makes certificates at will, and whoever has any key dates back what it signs. A suspension says
        that it may be so (EN 319 102-1 §5.2.6.4): whoever asks again later knows.
        """
        states = [self.judge.state(looked.word, position, now) for position in range(len(looked.word) - 1)]
        lost = [(state.since, state) for state in states if state.since is not None and _lost(state)]
        if not lost:
            return None
        first, state = min(lost, key=lambda one: one[0])
        if any(proof is not None and proof.trusted and proof.time < first for proof in proofs):
            return None
        return _unsound(state, first, made)

    def until_proved(self, looked: Looked, now: datetime, *proofs: Proof | None) -> Outcome | None:
        """Doubt a date that its signer wrote, where nothing tells what became of the certificates until a proof, or until now.

        Whoever has a stolen key dates back to before the revocation and brings the list of that day along. A certificate that has
        ended since is asked about at its end.
        """
        if not (looked.trusted and self.policy.require_revocation):
            return None
        until = min((p.time for p in proofs if p is not None and p.trusted), default=now)
        for position, certificate in enumerate(looked.chain[:-1]):
            last = min(until, certificate.not_valid_after_utc)
            if self.judge.state(looked.chain, position, last).status == CertificateStatus.UNKNOWN.value:
                return _nothing_since(certificate, last, ended=last < until)
        return None

    def state(self, looked: Looked, at: datetime) -> StatusReport:
        """Return the certificate's own state at ``at``."""
        return self.judge.state(looked.chain, 0, at)


def _inside(chain: Chain, near: datetime) -> datetime | None:
    """Return the moment nearest to ``near`` at which every certificate of a chain is valid."""
    start = max(certificate.not_valid_before_utc for certificate in chain)
    end = min(certificate.not_valid_after_utc for certificate in chain)
    return None if start > end else min(max(near, start), end)


def _chain_words(chain: Chain) -> tuple[str, str]:
    root = name(chain[-1].subject)
    return f"可信，上溯至“{root}”。", f"Trusted, up to {root}."


def _never_together() -> Finding:
    return unsure(
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        "证书链中各证书的有效期没有交集，不能信任。",
        "The certificates of the chain were never valid together, so it cannot be trusted.",
    )


def _outside(certificate: x509.Certificate, at: datetime) -> Outcome:
    who = name(certificate.subject)
    if at < certificate.not_valid_before_utc:
        day = civil_day(certificate.not_valid_before_utc)
        return failed(
            SubIndication.NOT_YET_VALID,
            f"证书“{who}”自 {day} 起有效，{civil_day(at)} 时尚未生效。",
            f"The certificate of {who} is valid from {day}; on {civil_day(at)} it was not yet.",
        )
    day = civil_day(certificate.not_valid_after_utc)
    return failed(
        SubIndication.EXPIRED,
        f"证书“{who}”已于 {day} 到期，{civil_day(at)} 时已失效。",
        f"The certificate of {who} ended on {day}, before {civil_day(at)}.",
    )


def _nothing_since(certificate: x509.Certificate, last: datetime, *, ended: bool) -> Outcome:
    """Say what is missing; for a certificate that has ended a list of today does not do, unless its authority keeps such on it."""
    who, end = name(certificate.subject), civil_day(last)
    zh, en = "请更新 CRL 或 OCSP 后重新核验。", "Add a current CRL or OCSP response and verify again."
    if ended:
        zh = (
            f"证书已于 {end} 到期，现行 CRL 一般不再列出它；请向颁发机构索取其到期前最后一期（或仍列出过期证书的）CRL 后重新核验，"
            "或请签章单位重新签章。"
        )
        en = (
            f"It ended on {end}, and lists of today mostly leave it out: ask its authority for the last CRL before that, or one that "
            "keeps expired certificates, and verify again; or have the document sealed anew."
        )
    return doubtful(
        SubIndication.TRY_LATER,
        f"日期由签名者自行填写，没有可信时间戳证明；也没有吊销信息说明证书“{who}”到 {end} 为止未被吊销。{zh}",
        f"The date is the signer's own word, no trusted time-stamp proves it, and no revocation information tells whether the certificate "
        f"of {who} was revoked until {end}. {en}",
    )


def _lost(state: StatusReport) -> bool:
    return state.reason in COMPROMISED or state.status == CertificateStatus.ON_HOLD.value


def _unsound(state: StatusReport, since: datetime, made: Made) -> Outcome:
    day = civil_day(since)
    if state.status == CertificateStatus.ON_HOLD.value:
        return doubtful(
            SubIndication.TRY_LATER,
            f"{made.of_zh}或其上级证书自 {day} 起暂停，密钥可能已失控，且没有可信时间戳证明{made.zh}在此之前；请向颁发机构核实，或在其恢复、"
            "吊销后重新核验。",
            f"{made.of_en} or one above it is suspended since {day}, its key perhaps lost, and no trusted time-stamp proves that {made.en} "
            "is older; ask its authority, or verify again when it is restored or revoked.",
        )
    return doubtful(
        SubIndication.REVOKED_NO_POE,
        f"{made.of_zh}或其上级证书因密钥泄露已于 {day} 吊销，且没有可信时间戳证明{made.zh}在此之前。",
        f"{made.of_en} or one above it was revoked on {day} for a compromised key, and no trusted time-stamp proves that {made.en} is older.",
    )


def _revoked(certificate: x509.Certificate, state: StatusReport) -> Outcome:
    who, day = name(certificate.subject), civil_day(state.since) if state.since else "?"
    return failed(
        SubIndication.REVOKED,
        f"证书“{who}”已于 {day} 吊销或暂停。",
        f"The certificate of {who} was revoked or suspended on {day}.",
    )
