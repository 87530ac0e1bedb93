"""The numbered procedure for one signature, after ETSI EN 319 102-1 §5.3, §5.5 and §5.6, for PDF (EN 319 142-1).

Steps: 1 format and ByteRange · 2 the container · 3 the digest · 4 the signing certificate · 5 the signature value ·
6 the time and its proof · 7 the certificate at that time · 8 changes after signing · 9 the seal · 10 the states now.
A step that fails with TOTAL-FAILED ends the work, but for the digest; what is known by then stays in the report. Left out: policies of the
container (EN 319 102-1 §5.2.7.1, our rules are :class:`Policy`), counter-signatures and attribute certificates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from ca.cms_names import DATA, SIGNATURE_TIME_STAMP
from seals.statement import SEAL_STATEMENT_OID
from verify.case import GM_SUB_FILTER, PADES, PKCS7, Case
from verify.changes import assess
from verify.cms import (
    as_read,
    check_content_type,
    check_detached,
    check_digest,
    check_signature,
    check_signing_certificate,
    parse_message,
    signing_certificate,
)
from verify.dates import pdf_date
from verify.digests import Prefixes, digest_of
from verify.document import Document
from verify.errors import Finding, failed, unsure
from verify.policy import Policy
from verify.purpose import check_document_signer
from verify.report import UNKNOWN, Change, Indication, Reason, SignatureKind, SigningTime, TimeSource
from verify.seal import SealJudge, SealQuestion
from verify.signature_value import SignatureValue
from verify.signer import CertificateJudge
from verify.timestamp import TokenCheck, quiet
from verify.verdict import SubIndication

CONTENT_DIFFERS: Final = Change("签章所覆盖的内容", "the octets under the signature")
"""What a failed digest tells: something the signature covers is not as it was, not where."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """Everything that the steps share within one document."""

    document: Document
    judge: CertificateJudge
    seals: SealJudge
    policy: Policy
    at: datetime
    extra: tuple[x509.Certificate, ...]
    prefixes: Prefixes
    proofs: tuple[ProofOfExistence, ...] = ()

    def run(self, case: Case) -> None:
        """Run every step on one opened case; what was found stays in it, nothing is raised."""
        if case.value is None:
            return
        try:
            self._changes(case)
            if case.kind is SignatureKind.TIMESTAMP:
                self._time_stamp_steps(case)
            else:
                self._signer_steps(case)
        except Finding as finding:
            case.object(finding)
        except Exception as error:  # noqa: BLE001 - foreign octets; whatever a library raises is a finding, not a crash
            case.object(_unexpected(error))

    def _changes(self, case: Case) -> None:
        case.integrity = assess(
            self.document, _known(case.value), self.policy
        )  # 8, early: it needs no certificate
        if case.integrity.modified:
            where = "；".join(_place(change) for change in case.integrity.where[:3])
            where_en = "; ".join(change.what_en for change in case.integrity.where[:3])
            case.object(
                failed(
                    SubIndication.DOCUMENT_MODIFIED,
                    f"文件在签章后被改动（{where}），签章无效；请向签章单位索取原件。",
                    f"The document was changed after signing ({where_en}); ask the signatory for the original file.",
                )
            )

    def _time_stamp_steps(self, case: Case) -> None:
        value = _known(case.value)
        token = TokenCheck(self.judge, self.extra, self.policy)
        at = self._proved(value.covered) or self.at
        stamp = token.check(
            value.contents,
            lambda algorithm: value.digest(algorithm, self.prefixes),
            at,
        )
        case.message, case.certificate, case.stamp = stamp.message, stamp.certificate, stamp
        case.chain, case.then, case.embedded = stamp.judged.chain, stamp.judged.state, stamp.judged.embedded
        case.time = SigningTime(
            stamp.time, TimeSource.TSA if stamp.trusted else TimeSource.TSA_UNVERIFIED, stamp.authority
        )
        case.now = self.judge.state(case.chain, 0, self.at) if case.chain else UNKNOWN
        case.object(stamp.judged.finding)

    def _signer_steps(self, case: Case) -> None:
        value = _known(case.value)
        _check_sub_filter(value)
        message = case.message = parse_message(value.contents)  # 2
        if SEAL_STATEMENT_OID in message.signed:
            case.kind = SignatureKind.SEAL
        self.judge.evidence.add(message.crls, message.ocsp, embedded=True)
        check_detached(message)
        check_content_type(message, DATA)
        self._digest(case, value.digest(message.digest, self.prefixes))  # 3
        certificate = case.certificate = signing_certificate(message, self.extra)  # 4
        check_signing_certificate(message, certificate, required=value.sub_filter == PADES)
        check_signature(message, certificate, None if message.signed else self._content(value))  # 5
        self._time(case)  # 6
        self._certificate(case)  # 7
        self._seal(case)  # 9

    def _digest(self, case: Case, digest: bytes) -> None:
        """Judge the content; when it differs, the other steps still tell whose seal it was, which, and when."""
        try:
            check_digest(_known(case.message), digest)
        except Finding as finding:
            if finding.sub is not SubIndication.HASH_FAILURE:
                raise
            case.object(finding)
            case.integrity = replace(
                case.integrity, modified=True, where=(CONTENT_DIFFERS, *case.integrity.where)
            )

    def _content(self, value: SignatureValue) -> bytes:
        data = self.document.data
        return data[: value.gap_start] + data[value.gap_end : value.covered]

    def _proved(self, covered: int) -> datetime | None:
        times = [proof.time for proof in self.proofs if proof.covered > covered]
        return min(times, default=None)

    def _time(self, case: Case) -> None:
        """EN 319 102-1 §5.5.4: the best proved time, from the signature time-stamp or a later document time-stamp."""
        message, value = _known(case.message), _known(case.value)
        claimed = message.claimed_time or _claimed(value)
        proved = self._proved(value.covered)
        tokens = message.unsigned.get(SIGNATURE_TIME_STAMP, [])
        if tokens:
            self._signature_stamp(case, tokens[0], proved or self.at)
        if case.stamp is not None and case.stamp.trusted:
            case.time = SigningTime(case.stamp.time, TimeSource.TSA, case.stamp.authority, claimed)
        elif proved is not None:
            authority = next(proof.authority for proof in self.proofs if proof.time == proved)
            case.time = SigningTime(proved, TimeSource.TSA, authority, claimed)
        elif case.stamp is not None:
            case.time = SigningTime(case.stamp.time, TimeSource.TSA_UNVERIFIED, case.stamp.authority, claimed)
        elif claimed is not None:
            case.time = SigningTime(claimed, TimeSource.CLAIMED, claimed=claimed)
        if case.time.value is not None and case.time.value > self.at + self.policy.clock_skew:
            case.object(_from_the_future())

    def _signature_stamp(self, case: Case, token: Any, at: datetime) -> None:
        message = _known(case.message)
        check = TokenCheck(self.judge, (*message.certificates, *self.extra), self.policy)
        case.stamp, finding = quiet(
            lambda: check.check(as_read(token), lambda name: digest_of(name, message.signature), at)
        )
        finding = finding or (case.stamp.judged.finding if case.stamp is not None else None)
        if finding is None:
            return
        case.notes.append(
            Reason(
                f"时间戳不能作为时间证明：{finding.reason.zh}",
                f"The time-stamp proves no time: {finding.reason.en}",
            )
        )
        if finding.indication is Indication.TOTAL_FAILED:
            case.object(finding)

    def _certificate(self, case: Case) -> None:
        certificate, message = _known(case.certificate), _known(case.message)
        when = _known(case.time.value) if case.time.trusted else self.at
        stamp = case.stamp.message.certificates if case.stamp is not None else ()
        extra = (*message.certificates, *self.extra, *stamp)
        judged = self.judge.judge(certificate, extra, when, check_document_signer)
        case.chain, case.then, case.embedded = judged.chain, judged.state, judged.embedded
        if judged.chain:
            claimed = case.time.value if case.time.value is not None else self.at
            case.then = self.judge.state(
                judged.chain, 0, when if case.time.trusted else min(claimed, self.at)
            )
            case.now = self.judge.state(judged.chain, 0, self.at)
        finding = judged.finding
        if finding is not None and case.time.trusted:
            finding = with_proof(finding, certificate, when)
        case.object(finding)

    def _seal(self, case: Case) -> None:
        question = SealQuestion(
            self.document.data,
            self.prefixes,
            _known(case.value),
            _known(case.message),
            _known(case.certificate),
            case.time,
            self.at,
        )
        case.seal = self.seals.judge_seal(question)
        case.object(case.seal.finding)
        case.notes += case.seal.notes


def _known(value: Any) -> Any:
    if value is None:
        raise failed(
            SubIndication.FORMAT_FAILURE, "签名缺少必要的内容。", "The signature lacks a necessary part."
        )
    return value


def _check_sub_filter(value: SignatureValue) -> None:
    if value.sub_filter not in {PADES, PKCS7, GM_SUB_FILTER}:
        shown = value.sub_filter[:40] or "-"
        raise unsure(
            SubIndication.FORMAT_FAILURE,
            f"不支持的签名格式（{shown}），无法核验；请要求以 PAdES 格式重新签章。",
            f"The signature format {shown} is not supported; ask for a PAdES signature.",
        )


def _claimed(value: SignatureValue) -> datetime | None:
    return pdf_date(value.dictionary.get("/M"))


def with_proof(finding: Finding, certificate: x509.Certificate, when: datetime) -> Finding:
    """EN 319 102-1 §5.5.4 4), §5.6.2.3: with a proved time, no-proof findings become final ones."""
    if finding.sub is SubIndication.REVOKED_NO_POE:
        return failed(
            SubIndication.REVOKED,
            f"签章时证书已被吊销或暂停（可信时间 {when:%Y-%m-%d}），签章无效；请向签章单位核实。",
            f"The certificate was revoked or suspended when it signed (proved time {when:%Y-%m-%d}); "
            "ask the signatory.",
        )
    if finding.sub is SubIndication.OUT_OF_BOUNDS_NO_POE:
        if when < certificate.not_valid_before_utc:
            return failed(
                SubIndication.NOT_YET_VALID,
                "签章时间早于证书生效时间，签章无效；请向签章单位核实。",
                "The signature is older than the signer's certificate, so it is invalid; ask the signatory.",
            )
        if when > certificate.not_valid_after_utc:
            return failed(
                SubIndication.EXPIRED,
                "签章时证书已到期，签章无效；请要求以有效证书重新签章。",
                "The certificate had expired when it signed; ask for a signature with a valid certificate.",
            )
    return finding


def _from_the_future() -> Finding:
    return unsure(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        "签章时间晚于核验时间，无法判定；请检查本机时钟或核验时间。",
        "The signature claims a time after the time of verification; check this computer's clock or the time asked for.",
    )


def _unexpected(error: Exception) -> Finding:
    return unsure(
        SubIndication.GENERIC,
        "签名内容异常，核验程序无法得出结论；请向签章单位索取原件后重新核验。",
        f"The signature is malformed in a way that allows no conclusion ({type(error).__name__}); "
        "ask for the original file and verify again.",
    )


def _place(change: Any) -> str:
    page = f"第 {change.page} 页" if change.page else ""
    return f"{page}{change.what_zh}"
