"""A report in the shape of ETSI TS 119 102-2 (V1.4.1): XML by its schema, and JSON with the same names.

The standard has a schema for XML only; the JSON mirrors the XML element by element (``$schema`` says which). What
it has no element for — seals, states of seals, the three answers, both proofs, trust lists — stands in ``OtherInformation`` in a namespace of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from verify.acceptance.answers import Answer
from verify.objects.report import ObjectReport
from verify.report import DocumentReport, SignatureKind, SignatureReport
from verify.reports import vocabulary as v
from verify.reports.signature_report import Objects, signature_report, time_text
from verify.reports.tree import Node, given, leaf, node, to_json, to_xml
from verify.ses.report import SealDataReport
from verify.verdict import Indication, Verdict

SOFTWARE: Final = "印信 Yinxin"


@dataclass(frozen=True, slots=True)
class Issue:
    """Who issues a report, and under which number; all empty where nobody but this program did.

    ``certificate`` is the DER of the verification service's certificate.
    """

    by: str = ""
    number: str = ""
    issued_at: datetime | None = None
    answer: str = ""
    certificate: bytes = b""


UNISSUED: Final = Issue()


def etsi_xml(report: DocumentReport, issue: Issue = UNISSUED) -> bytes:
    """Write the XML validation report. ``ValueError``: the report names no time of verification."""
    return to_xml(_report(report, issue))


def etsi_json(report: DocumentReport, issue: Issue = UNISSUED) -> dict[str, Any]:
    """Give the same report as JSON. ``ValueError``: the report names no time of verification."""
    return {"$comment": _COMMENT, "ValidationReport": to_json(_report(report, issue))}


_COMMENT: Final = "Mirrors the XML of ETSI TS 119 102-2 V1.4.1 (http://uri.etsi.org/19102/v1.4.1#); the standard defines no JSON."


def signatures_of(report: DocumentReport) -> tuple[SignatureReport, ...]:
    """Return what a validation report speaks of: the signatures, or the one object that the file is, or its lack of any."""
    if report.signatures:
        return report.signatures
    if isinstance(report, SealDataReport):
        return (_seal_data(report),)
    indication = {
        Verdict.PASSED: Indication.TOTAL_PASSED,
        Verdict.FAILED: Indication.TOTAL_FAILED,
    }.get(report.verdict, Indication.INDETERMINATE)
    signer = report.signer if isinstance(report, ObjectReport) else None
    notes = report.notes if isinstance(report, ObjectReport) else ()
    return (
        SignatureReport(
            "", SignatureKind.SIGNATURE, indication, report.reason, report.sub_indication, signer, notes=notes
        ),
    )


def _seal_data(report: SealDataReport) -> SignatureReport:
    return SignatureReport(
        "",
        SignatureKind.SEAL,
        report.indication,
        report.reason,
        report.sub_indication,
        report.signer or report.maker,
        time=report.time,
        certificate_then=report.certificate_then,
        certificate_now=report.certificate_now,
        seal_then=report.seal_then,
        seal_now=report.seal_now,
        notes=report.notes,
        algorithm=report.algorithm,
        seal_data=report.part,
    )


def _report(report: DocumentReport, issue: Issue) -> Node:
    if report.verified_at is None:
        raise ValueError("a report is of a time")
    objects = Objects(report)
    told = [
        signature_report(report, item, objects, number)
        for number, item in enumerate(signatures_of(report), start=1)
    ]
    return node("vr:ValidationReport", *told, objects.node(), _validator(report, issue))


def _validator(report: DocumentReport, issue: Issue) -> Node:
    """TS 119 102-2 §4.5: who validated; and of the whole document what no single signature says."""
    found = issue.certificate
    named = (
        leaf("tsl:X509Certificate", v.base64_text(found))
        if found
        else leaf("tsl:X509SubjectName", issue.by or SOFTWARE)
    )
    return node(
        "vr:SignatureValidator",
        node("vr:DigitalId", named),
        node("vr:OtherInformation", _issue(issue), _document(report)),
    )


def _issue(issue: Issue) -> Node:
    return node(
        "yx:Issue",
        leaf("yx:Software", SOFTWARE),
        given("yx:By", issue.by),
        given("yx:Number", issue.number),
        given("yx:IssuedAt", time_text(issue.issued_at)),
        given("yx:Answer", issue.answer),
    )


def _document(report: DocumentReport) -> Node:
    return node(
        "yx:Document",
        given("yx:File", report.file),
        given("yx:SHA256", report.sha256),
        leaf("yx:Size", str(report.size)),
        leaf("yx:Verdict", report.verdict.value),
        leaf("yx:VerdictZh", report.verdict.zh),
        leaf("yx:ReasonZh", report.reason.zh),
        leaf("yx:Reason", report.reason.en),
        given("yx:EvidenceAsOf", time_text(report.evidence_as_of)),
        given("yx:Notice", report.notice),
        _voided(report),
        _answers(report),
    )


def _voided(report: DocumentReport) -> Node | None:
    if report.voided is None:
        return None
    found = report.voided
    return node(
        "yx:Voided",
        given("yx:Since", time_text(found.since)),
        given("yx:Why", found.why),
        given("yx:Record", found.voiding),
        given("yx:Maker", found.maker),
        given("yx:AsOf", time_text(found.as_of)),
    )


def _answers(report: DocumentReport) -> Node | None:
    if report.answers is None:
        return None
    found = report.answers
    return node(
        "yx:Answers",
        _answer("yx:Cryptographic", found.cryptographic),
        _answer("yx:Trusted", found.trusted),
        _answer("yx:Accepted", found.accepted),
    )


def _answer(name: str, answer: Answer) -> Node:
    return node(
        name,
        leaf("yx:Status", answer.status.value),
        given("yx:SentenceZh", answer.sentence.zh),
        given("yx:Sentence", answer.sentence.en),
        *(leaf("yx:RestsOn", text) for text in answer.rests_on),
    )
