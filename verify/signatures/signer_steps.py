"""The steps of one signature that do not depend on what holds it: steps 2 to 7, 9 and 10 of :mod:`verify.pdf.procedure`.

The container is told by its content: CMS and GB/T 35275 go through the steps here, a seal signature through those of the
seal standards (:mod:`verify.signatures.seal_signature`), and what either finds becomes the same case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from ca.cms_names import DATA, SIGNATURE_TIME_STAMP
from seals.statement import SEAL_STATEMENT_OID
from verify.certificates.purpose import check_document_signer
from verify.certificates.signer import CertificateJudge
from verify.civil_time import civil_day
from verify.digests import SM3, digest_of
from verify.errors import Finding, failed, unsure
from verify.policy import Policy
from verify.report import Reason, SignatureKind, SigningTime, TimeSource
from verify.seal import SealJudge, SealQuestion
from verify.signatures.case import Case
from verify.signatures.cms import (
    check_content_type,
    check_detached,
    check_digest,
    check_signature,
    other_type,
    parse_message,
)
from verify.signatures.cms_values import as_read, certificate_references
from verify.signatures.containers import Container, container_of
from verify.signatures.protected import CONTENT_DIFFERS, Protected
from verify.signatures.seal_signature import SealSignatureSteps
from verify.signatures.signer_certificate import (
    UNBOUND,
    check_signing_certificate,
    is_bound,
    other_of_its_key,
    signing_certificate,
)
from verify.signatures.strength_steps import moments, strength_of, weakness
from verify.signatures.timestamp import TimeStamp, TokenCheck, quiet
from verify.strength import weak_now
from verify.verdict import SubIndication

MAX_STAMPS: Final = 8
"""Time-stamps judged of one signature: each of several authorities may have set one (EN 319 122-1 §5.3)."""


@dataclass(frozen=True, slots=True)
class SignerSteps:
    """What the steps share within one verification; ``extra`` are certificates that the document brings along."""

    judge: CertificateJudge
    seals: SealJudge
    policy: Policy
    at: datetime
    extra: tuple[x509.Certificate, ...]

    def run(self, case: Case, protected: Protected) -> None:
        """Run every step; what was found stays in the case. Raises ``Finding`` where the work ends."""
        container = container_of(protected.container)
        if container is Container.SES:
            SealSignatureSteps(self.judge, self.seals, self.policy, self.at, self.extra).run(case, protected)
            if case.certificate is not None:
                when = moments(case.time, None, self.at)
                case.strength = strength_of(SM3, case.certificate, case.chain, when)
            return
        message = case.message = parse_message(protected.container, old=True, signer=protected.signer)  # 2
        case.container = container or Container.CMS
        if SEAL_STATEMENT_OID in message.signed:
            case.kind = SignatureKind.SEAL
        self.judge.evidence.add(message.crls, message.ocsp, embedded=True)
        if not protected.may_attach:
            check_detached(message)
        other = "" if protected.ranges is not None or protected.described else other_type(message)
        if other:
            case.object(_of_another_type(other))
        else:
            check_content_type(message, DATA)
        self._digest(case, protected)  # 3
        certificate = case.certificate = signing_certificate(message, self.extra)  # 4
        check_signing_certificate(message, certificate, required=protected.bound)
        check_signature(message, certificate, None if message.signed else protected.content())  # 5
        self._time(case, protected)  # 6
        self._certificate(case)  # 7
        self._unbound(case)
        self._strength(case, protected)  # 7, §5.6.2.4
        self._seal(case, protected)  # 9

    def _digest(self, case: Case, protected: Protected) -> None:
        """Judge the content; when it differs, the other steps still tell whose seal it was, which, and when."""
        message = known(case.message)
        try:
            check_digest(message, protected.digest(message.digest))
        except Finding as finding:
            if finding.sub is not SubIndication.HASH_FAILURE:
                raise
            case.object(finding)
            case.integrity = replace(
                case.integrity, modified=True, where=(CONTENT_DIFFERS, *case.integrity.where)
            )

    def _time(self, case: Case, protected: Protected) -> None:
        """EN 319 102-1 §5.5.4: the best proved time, from the signature time-stamp or a later document time-stamp."""
        message, proof = known(case.message), protected.proof
        claimed = message.claimed_time or protected.claimed
        tokens = message.unsigned.get(SIGNATURE_TIME_STAMP, [])[:MAX_STAMPS]
        found = [self._signature_stamp(case, one, self.at if proof is None else proof.time) for one in tokens]
        stamp = case.stamp = _best([one for one in found if one is not None])
        if stamp is not None and stamp.trusted:
            case.time = SigningTime(stamp.time, TimeSource.TSA, stamp.authority, claimed, stamp.judged.trust)
        elif proof is not None:
            case.time = SigningTime(proof.time, TimeSource.TSA, proof.authority, claimed, proof.trust)
        elif stamp is not None:
            case.time = SigningTime(
                stamp.time, TimeSource.TSA_UNVERIFIED, stamp.authority, claimed, stamp.judged.trust
            )
        elif claimed is not None:
            case.time = SigningTime(claimed, TimeSource.CLAIMED, claimed=claimed)
        if case.time.value is not None and case.time.value > self.at + self.policy.clock_skew:
            case.object(_from_the_future())

    def _signature_stamp(self, case: Case, token: Any, at: datetime) -> TimeStamp | None:
        """EN 319 102-1 §5.5.4: a token that does not hold is taken out and told. Nobody signed that it stands there: it says nothing of the signature."""
        message = known(case.message)
        check = TokenCheck(self.judge, (*message.certificates, *self.extra), self.policy)
        stamp, finding = quiet(
            lambda: check.check(as_read(token), lambda name: digest_of(name, message.signature), at)
        )
        finding = finding or (stamp.judged.finding if stamp is not None else None)
        if finding is None:
            return stamp
        case.notes.append(
            Reason(
                f"时间戳不能作为时间证明：{finding.reason.zh}",
                f"The time-stamp proves no time: {finding.reason.en}",
            )
        )
        return stamp

    def _certificate(self, case: Case) -> None:
        certificate, message = known(case.certificate), known(case.message)
        when = known(case.time.value) if case.time.trusted else self.at
        stamp = case.stamp.message.certificates if case.stamp is not None else ()
        extra = (*message.certificates, *self.extra, *stamp)
        judged = self.judge.judge(certificate, extra, when, check_document_signer)
        case.chain, case.then, case.embedded = judged.chain, judged.state, judged.embedded
        case.trust = judged.trust
        if judged.chain:
            claimed = case.time.value if case.time.value is not None else self.at
            case.then = self.judge.state(
                judged.chain, 0, when if case.time.trusted else min(claimed, self.at)
            )
            case.look_now(self.judge, self.at)
        finding = judged.finding
        if finding is not None and case.time.trusted:
            finding = with_proof(finding, case, when)
        case.object(finding)

    def _unbound(self, case: Case) -> None:
        """Tell what is bound to no certificate, and doubt it where another of the key is at hand that matters."""
        certificate, message = known(case.certificate), known(case.message)
        if is_bound(message):
            return
        case.notes.append(UNBOUND)
        when = known(case.time.value) if case.time.trusted else self.at
        at_hand = (*message.certificates, *self.extra)
        case.object(other_of_its_key(certificate, at_hand, self.judge, when))

    def _strength(self, case: Case, protected: Protected) -> None:
        """Judge the algorithms as of what is proved; those that have ended since are told."""
        message, proof = known(case.message), protected.proof
        when = moments(case.time, None if proof is None else proof.time, self.at)
        certificate, imprint = known(case.certificate), protected.imprint
        binding = [name for name, _ in certificate_references(message.signed, old=message.old)]
        case.strength = strength_of(
            message.digest, certificate, case.chain, when, imprint=imprint, binding=binding
        )
        weak = weakness(case.strength, when)
        case.object(weak)
        since = weak_now(case.strength) if weak is None else None
        if since is not None:
            case.notes.append(since)

    def _seal(self, case: Case, protected: Protected) -> None:
        statement = _statement(known(case.message).signed.get(SEAL_STATEMENT_OID))
        question = SealQuestion(statement, protected.handed_in, known(case.certificate), case.time, self.at)
        case.seal = self.seals.judge_seal(question)
        case.object(case.seal.finding)
        case.notes += case.seal.notes


def _best(stamps: list[TimeStamp]) -> TimeStamp | None:
    """Return the earliest of the time-stamps that prove a time, else the first: each proves as much (EN 319 102-1 §5.5.4)."""
    proving = [one for one in stamps if one.trusted]
    return min(proving, key=lambda one: one.time) if proving else next(iter(stamps), None)


def _statement(values: list[Any] | None) -> str | None:
    """Return the statement's text; one that cannot be read is the empty text, which is no statement."""
    if not values:
        return None
    try:
        return str(values[0].native)
    except (ValueError, TypeError):
        return ""


def known(value: Any) -> Any:
    """Return a part that the steps before must have left; raises FORMAT_FAILURE where it is missing."""
    if value is None:
        raise failed(
            SubIndication.FORMAT_FAILURE, "签名缺少必要的内容。", "The signature lacks a necessary part."
        )
    return value


def with_proof(finding: Finding, case: Case, when: datetime) -> Finding:
    """EN 319 102-1 §5.5.4: say what a proved time makes of a certificate that was revoked or had ended by then.

    The proof says by when the signature existed, not since when: one that is older than the certificate is no signature of it, and one
    that its signatory dates behind the end is of then. Of one that the signatory dates before the end nobody knows whether it is.
    """
    certificate, claimed = known(case.certificate), case.time.claimed
    if finding.sub is SubIndication.REVOKED_NO_POE:
        since = case.then.since
        if since is not None and claimed is not None and claimed < since:
            return _late_proof(finding, since, when, ("被吊销或暂停", "was revoked or suspended"))
        return failed(
            SubIndication.REVOKED,
            f"签章时证书已被吊销或暂停（可信时间 {civil_day(when)}），签章无效；请向签章单位核实。",
            f"The certificate was revoked or suspended when it signed (proved time {civil_day(when)}); "
            "ask the signatory.",
        )
    if finding.sub is SubIndication.OUT_OF_BOUNDS_NO_POE:
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if when < start:
            return failed(
                SubIndication.NOT_YET_VALID,
                "签章时间早于证书生效时间，签章无效；请向签章单位核实。",
                "The signature is older than the signer's certificate, so it is invalid; ask the signatory.",
            )
        if when > end and claimed is not None and start <= claimed <= end:
            return _late_proof(finding, end, when, ("到期", "expired"))
        if when > end:
            return failed(
                SubIndication.EXPIRED,
                "签章时证书已到期，签章无效；请要求以有效证书重新签章。",
                "The certificate had expired when it signed; ask for a signature with a valid certificate.",
            )
    return finding


def _late_proof(finding: Finding, since: datetime, when: datetime, end: tuple[str, str]) -> Finding:
    """Keep the doubt of a signature that is dated before its certificate's end and proved only behind it."""
    zh, en = end
    return unsure(
        known(finding.sub),
        f"证书已于 {civil_day(since)} {zh}，可信时间戳只证明签章在 {civil_day(when)} 之前已存在，不能证明早于该日，无法判定；"
        "请补充更早的时间证据，或要求以有效证书重新签章。",
        f"The certificate {en} on {civil_day(since)}, and the trusted time-stamp proves the signature to be older than {civil_day(when)} "
        "alone, not than that day; provide an earlier proof of time, or ask for a signature with a valid certificate.",
    )


def _of_another_type(kind: str) -> Finding:
    return unsure(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签名声明所签内容的类型为 {kind}，不是普通文件，其含义无法判定；请使用该类内容的专用软件核验，或要求对文件本身签名。",
        f"The signature says that its content is of the type {kind} and no plain file, so what it means is not known here; "
        "verify it with software for such content, or ask for a signature over the file itself.",
    )


def _from_the_future() -> Finding:
    return unsure(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        "签章时间晚于核验时间，无法判定；请检查本机时钟或核验时间。",
        "The signature claims a time after the time of verification; check this computer's clock or the time asked for.",
    )
