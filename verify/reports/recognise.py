"""Recognise a verification report by its content and judge it: bare signed data, or a sealed PDF that carries it.

1. It reads, and its signature holds. 2. Its signer's certificate leads to an anchor, is for verification reports and was not revoked.
3. In a PDF: the page is the one that the data was signed for, and the seal on it is by the same certificate. 4. Where the file
reported on is handed along: its digest is the reported one. What counts is the signed data; a page that says otherwise fails.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, cast

from cryptography import x509

from ca.profile import EKU_VERIFICATION
from seals.errors import SealError
from verify.certificates.paths import name
from verify.certificates.purpose import check_exactly
from verify.certificates.signer import CertificateJudge
from verify.digests import Prefixes
from verify.errors import Finding, Unreadable
from verify.pdf.document import Document, open_document
from verify.report import DocumentReport, SignatureReport
from verify.reports.attached import attached
from verify.reports.reported import Reported, only_of_then
from verify.reports.signed import ParsedReport, bare_report, parse_report
from verify.sentence import Reason
from verify.signatures.detached import Content, Digests
from verify.signatures.loaded import load_certificate
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication, Verdict, worst


@dataclass(frozen=True, slots=True)
class Reading:
    """One file that may be a report: its octets, what was found about it so far, the file handed along with it."""

    data: bytes
    prefixes: Prefixes
    report: DocumentReport
    content: Content | None
    skew: timedelta


def report_in(data: bytes, opened: Document | None, password: str | None = None) -> str | None:
    """Return the signed data of a report, bare or attached to a PDF as it was ``opened``; ``None``: the file is no report."""
    bare = bare_report(data)
    if bare is not None:
        return bare
    if opened is None:
        return None
    try:
        octets = attached(opened.last)
    except Exception:  # noqa: BLE001 - foreign octets: the document's own verdict says what is wrong with it
        octets = None
    if opened.source.refused is not None:  # what our reader takes for unusual, the other one reads
        return report_in(data, _reopened(data, password), password)
    return None if octets is None else octets.decode("latin-1").strip()


def _reopened(data: bytes, password: str | None) -> Document | None:
    try:
        return open_document(data, password)
    except Unreadable:
        return None


def with_reported(reading: Reading, jws: str, judge: CertificateJudge) -> DocumentReport:
    """Add what the report says. The verdict on a PDF can only get worse by it; of bare data it is the verdict."""
    report, bare = reading.report, bare_report(reading.data) is not None
    try:
        parsed = parse_report(jws)
        leaf = parsed.check_signature()
    except (SealError, ValueError, TypeError):
        told = _BROKEN
    else:
        told = _told(parsed, leaf)
        told = (
            _weighed(told, parsed, leaf, judge, reading)
            if bare
            else _on_page(told, parsed, leaf, judge, reading)
        )
        told = _of_its_time(_handed_along(told, reading.content), parsed, reading.skew)
    if told.verdict is Verdict.FAILED:
        told = replace(told, says=None, says_reason=None)  # nothing of it may be believed
    if not bare:
        return _merged(report, told)
    sub = None if told.verdict is Verdict.PASSED else SubIndication.GENERIC
    newest = judge.evidence_as_of
    return DocumentReport(
        report.file, told.verdict, told.reason, (), sub, report.sha256, report.size, report.verified_at, newest,
        reported=told,
    )  # fmt: skip


def _told(parsed: ParsedReport, leaf: x509.Certificate) -> Reported:
    return Reported(
        Verdict.PASSED,
        _true(parsed),
        parsed.number,
        parsed.says,
        parsed.says_reason,
        str(parsed.report.get("file", ""))[:512],
        parsed.sha256,
        parsed.size,
        parsed.verified_at,
        parsed.issued_at,
        parsed.evidence_as_of,
        name(leaf.subject),
        hashlib.sha256(parsed.chain_der[0]).hexdigest(),
        parsed.answer,
        voided=parsed.report.get("voided") is not None,
    )


def _weighed(
    told: Reported, parsed: ParsedReport, leaf: x509.Certificate, judge: CertificateJudge, reading: Reading
) -> Reported:
    """Judge the service's certificate now: bare data proves no time of its own."""
    at = reading.report.verified_at
    chain = [one for der in parsed.chain_der[1:] if (one := load_certificate(der)) is not None]
    if at is None:
        raise ValueError("a report is of a time")
    judged = judge.judge(leaf, chain, at, check_service, ServiceKind.VERIFICATION)
    if judged.finding is not None:
        return _objected(told, judged.finding)
    if parsed.issued_at > at + reading.skew:
        return replace(told, verdict=Verdict.INDETERMINATE, reason=_FROM_THE_FUTURE)
    return told


def check_service(certificate: x509.Certificate) -> None:
    """Demand a verification service's certificate: nobody else's reports count."""
    check_exactly(certificate, EKU_VERIFICATION, "出具核验报告", "issuing verification reports")


def _objected(told: Reported, finding: Finding) -> Reported:
    return replace(
        told,
        verdict=finding.indication.verdict,
        reason=Reason(
            f"不能确认核验报告的出具者“{told.by}”：{finding.reason.zh}",
            f"The report's issuer, {told.by}, cannot be confirmed: {finding.reason.en}",
        ),
    )


def _on_page(
    told: Reported, parsed: ParsedReport, leaf: x509.Certificate, judge: CertificateJudge, reading: Reading
) -> Reported:
    """Hold the page against the data: same octets as were signed for, under a seal of the same certificate."""
    page = parsed.page
    if page is None or page.octets > len(reading.data):
        return replace(told, verdict=Verdict.FAILED, reason=_OTHER_PAGE, page_agrees=False)
    if reading.prefixes.upto("sha256", page.octets).hexdigest() != page.sha256:
        return replace(told, verdict=Verdict.FAILED, reason=_OTHER_PAGE, page_agrees=False)
    told = replace(told, page_agrees=True)
    seal = _seal(reading.report.signatures, told.by_sha256)
    if seal is not None:
        against = _no_service(seal, parsed, leaf, judge, reading)
        return told if against is None else _objected(told, against)
    told = _weighed(told, parsed, leaf, judge, reading)
    if reading.report.verdict is Verdict.FAILED:
        return replace(told, verdict=Verdict.FAILED, reason=reading.report.reason)
    verdict = worst([told.verdict, Verdict.INDETERMINATE])
    return replace(told, verdict=verdict, reason=_UNSEALED if told.verdict is Verdict.PASSED else told.reason)


def _seal(signatures: tuple[SignatureReport, ...], certificate: str) -> SignatureReport | None:
    """Return the passed seal by a certificate, if there is one."""
    for item in signatures:
        if item.verdict is Verdict.PASSED and item.signer is not None and item.signer.sha256 == certificate:
            return item
    return None


def _no_service(
    seal: SignatureReport,
    parsed: ParsedReport,
    leaf: x509.Certificate,
    judge: CertificateJudge,
    reading: Reading,
) -> Finding | None:
    """Say why the seal is no verification service's, or nothing; its own judgement has told its certificate's state.

    A list that vouches for whoever issued the certificate vouches for no verification service: it names those apart.
    """
    proved = seal.time.value if seal.time.trusted else None
    at = proved or cast("datetime", reading.report.verified_at)
    chain = [one for der in parsed.chain_der[1:] if (one := load_certificate(der)) is not None]
    judged = judge.judge(leaf, chain, at, check_service, ServiceKind.VERIFICATION)
    trusted = judged.trust is not None and judged.trust.trusted
    try:
        check_service(leaf)
    except Finding as finding:
        return finding
    return None if trusted else judged.finding


def _of_its_time(told: Reported, parsed: ParsedReport, skew: timedelta) -> Reported:
    """Doubt a report about a time that had not come when it was issued: nobody knew what would be revoked or voided until then."""
    if told.verdict is not Verdict.PASSED or parsed.verified_at <= parsed.issued_at + skew:
        return told
    return replace(told, verdict=Verdict.INDETERMINATE, reason=_AHEAD)


def _handed_along(told: Reported, content: Content | None) -> Reported:
    if content is None:
        return told
    try:
        agrees = Digests(content).of("sha256").hex() == told.sha256
    except (Finding, OSError):
        return replace(told, verdict=worst([told.verdict, Verdict.INDETERMINATE]), reason=_UNREAD)
    if agrees:
        return replace(told, agrees=True)
    return replace(told, verdict=Verdict.FAILED, reason=_OTHER_FILE, agrees=False)


def _merged(report: DocumentReport, told: Reported) -> DocumentReport:
    verdict = worst([report.verdict, told.verdict])
    if verdict is report.verdict:
        reason = told.reason if verdict is Verdict.PASSED else report.reason
        return replace(report, reason=reason, reported=told)
    sub = SubIndication.DOCUMENT_MODIFIED if told.page_agrees is False else SubIndication.GENERIC
    return replace(report, verdict=verdict, reason=told.reason, sub_indication=sub, reported=told)


def _true(parsed: ParsedReport) -> Reason:
    """Say first that it is a report and what it reports: that a report is true does not make its document good."""
    then = only_of_then(parsed.verified_at, parsed.issued_at)
    return Reason(
        f"这是一份真实的核验报告，它报告的结论是“{parsed.says.zh}”：{parsed.says_reason.zh}{then.zh}",
        f"This is a true verification report, and what it reports is “{parsed.says.en}”: {parsed.says_reason.en}{then.en}",
    )


_BROKEN: Final = Reported(
    Verdict.FAILED,
    Reason(
        "核验报告的签名数据已损坏或签名不符，不能采信；请向出具者重新索取。",
        "The report's signed data is damaged or its signature does not hold; do not rely on it, ask its issuer for another.",
    ),
)
_OTHER_PAGE: Final = Reason(
    "页面文字与所附的签名数据不属于同一份报告，不能采信；请向出具者重新索取。",
    "The page does not belong to the signed data in it; do not rely on it, ask the issuer for another.",
)
_UNSEALED: Final = Reason(
    "页面没有核验服务的有效盖章，只有所附的签名数据可信；请以盖章的报告为准。",
    "The page has no valid seal of the verification service: only the signed data in it counts. Ask for the sealed report.",
)
_FROM_THE_FUTURE: Final = Reason(
    "报告的出具时间晚于核验时间，时钟可能不准；请校准时钟后重新核验。",
    "The report was issued later than the time of verification: a clock may be wrong. Set it and verify again.",
)
_AHEAD: Final = Reason(
    "报告所述的核验时间晚于报告的出具时间，当时无人能知道其后的吊销、挂失和作废，不能采信；请重新核验原文件。",
    "The report is about a time later than its own issue, when nobody could know what would be revoked, stopped or voided until then; "
    "verify the document itself anew.",
)
_OTHER_FILE: Final = Reason(
    "这份报告核验的不是随附的文件（SHA-256 不同）；请核对是否拿错了文件或报告。",
    "The report is about another file than the one handed along (their SHA-256 differ): make sure which belongs to which.",
)
_UNREAD: Final = Reason(
    "随附的文件无法读取，不能与报告对照；请检查后重新核验。",
    "The file handed along cannot be read, so it could not be compared with the report; check it and verify again.",
)
