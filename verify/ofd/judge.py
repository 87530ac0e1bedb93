"""The door for OFD packages: octets, what is trusted and a time in; a report out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from verify.certificates.signer import CertificateJudge
from verify.errors import Unreadable
from verify.licences.judge import judge_licence
from verify.maker_lists import SealLists
from verify.ofd import limits
from verify.ofd.container import ContainerJudge
from verify.ofd.description import Listed, own_parts, read_description, read_list
from verify.ofd.evidence import evidence_files
from verify.ofd.integrity import integrity_parts, judge_integrity
from verify.ofd.licence import said_by
from verify.ofd.package import Package
from verify.ofd.references import Whole, named_each
from verify.ofd.report import IntegrityFile, OfdReport, OfdStep
from verify.ofd.showing import check_showing
from verify.ofd.signature import (
    OfdCase,
    check_bases,
    details_of,
    judge_signature,
    report_of,
)
from verify.ofd.structure import DocumentBody, Structure, read_structure
from verify.ofd.zip_records import refused
from verify.policy import Policy
from verify.report import DocumentReport, Reason
from verify.seal import SealJudge
from verify.ses.report import StepState
from verify.ses.steps import failed
from verify.verdict import SubIndication, Verdict
from verify.wording import summary


@dataclass(frozen=True, slots=True)
class OfdJudge:
    """Judges packages with the paths and evidence of one verification, as of ``at``."""

    judge: CertificateJudge
    policy: Policy
    at: datetime
    lists: SealLists

    def report(self, data: bytes, empty: DocumentReport) -> OfdReport:
        """Judge every signature and the integrity file of a package; raises ``Unreadable`` for what is none."""
        package = Package(data)
        structure = read_structure(package)
        cases = _cases(package, structure)
        containers = ContainerJudge(
            self.judge, SealJudge(self.judge, self.lists, self.policy), self.policy, self.at
        )
        parts = _parts(cases) | integrity_parts(package)
        whole = Whole(package, structure, parts, evidence_files(package, parts), named_each(len(cases)))
        for case in cases:
            judge_signature(whole, case, containers)
        package.prove()
        check_showing(cases)
        check_bases(cases)
        integrity = judge_integrity(package, containers)
        signatures = sealed = tuple(map(report_of, cases))
        if signatures and integrity is not None and integrity.signature is not None:
            signatures = (*signatures, integrity.signature)
        verdict, sub, reason = summary(signatures)
        report = OfdReport(
            empty.file,
            verdict,
            reason,
            signatures,
            sub_indication=sub,
            size=len(data),
            verified_at=empty.verified_at,
            notice=next((item.notice for item in signatures if item.notice), ""),
            pages=sum(len(body.pages) for body in structure.bodies),
            entries=len(package.paths),
            coverage=tuple(details_of(case, whole.most) for case in cases),
            missing=tuple(f"{location} ({near})" for location, near in structure.missing),
            licence=judge_licence(said_by(package, structure), sealed, self.at),
        )
        return _with_integrity(report, None if integrity is None else integrity.file)


def _cases(package: Package, structure: Structure) -> list[OfdCase]:
    """Open one case for each row of each list; a description that cannot be read stays in its case as a failure."""
    cases: list[OfdCase] = []
    for body in structure.bodies:
        if body.list is not None and body.list in package:
            rows = read_list(package, body.list)
            if len(cases) + len(rows) > limits.MAX_SIGNATURES:
                raise refused(
                    f"的签名超过 {limits.MAX_SIGNATURES} 处", f"has over {limits.MAX_SIGNATURES} signatures"
                )
            for item in rows:
                cases.append(_case(package, body, item))
                _check_references(cases)
        elif body.list is not None:
            raise Unreadable(
                f"OFD 文件的签名列表 {body.list} 缺失，无法核验；请向发送方索取完整的原件。",
                f"The list of signatures, {body.list}, is missing; ask the sender for the complete file.",
            )
    return cases


def _check_references(cases: list[OfdCase]) -> None:
    """Stop before the descriptions of many signatures were all read and compared."""
    count = sum(len(case.description.references) for case in cases if case.description is not None)
    if count > limits.MAX_REFERENCES_TOTAL:
        raise refused(
            f"的签名共引用超过 {limits.MAX_REFERENCES_TOTAL} 个文件",
            f"has signatures that name over {limits.MAX_REFERENCES_TOTAL} files together",
        )


def _case(package: Package, body: DocumentBody, item: Listed) -> OfdCase:
    case = OfdCase(item, body)
    try:
        case.description = read_description(package, item.path)
    except Unreadable as wrong:
        case.note(OfdStep.DESCRIPTION, failed(SubIndication.FORMAT_FAILURE, wrong.reason.zh, wrong.reason.en))
    return case


def _parts(cases: list[OfdCase]) -> frozenset[str]:
    return frozenset(
        part for case in cases if case.description is not None for part in own_parts(case.description)
    )


def _with_integrity(report: OfdReport, found: IntegrityFile | None) -> OfdReport:
    """Let the integrity file speak: what it forbids outweighs valid signatures; alone it is no signature of anybody."""
    if found is None:
        return report
    report = replace(report, integrity_file=found)
    if found.state is StepState.FAILED and report.verdict is not Verdict.FAILED:
        said = Reason(f"完整性文件：{found.reason.zh}", f"Integrity file: {found.reason.en}")
        return replace(
            report, verdict=Verdict.FAILED, reason=said, sub_indication=SubIndication.DOCUMENT_MODIFIED
        )
    if found.state is StepState.INDETERMINATE and report.verdict is Verdict.PASSED:
        said = Reason(f"完整性文件：{found.reason.zh}", f"Integrity file: {found.reason.en}")
        return replace(
            report,
            verdict=Verdict.INDETERMINATE,
            reason=said,
            sub_indication=SubIndication.SIG_CONSTRAINTS_FAILURE,
        )
    return report
