"""The door for OFD packages: octets, what is trusted and a time in; a report out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from verify.certificates.signer import CertificateJudge
from verify.licences.judge import judge_licence
from verify.maker_lists import SealLists
from verify.ofd.container import ContainerJudge
from verify.ofd.description import own_parts
from verify.ofd.evidence import evidence_files
from verify.ofd.integrity import integrity_parts, judge_integrity
from verify.ofd.licence import said_by
from verify.ofd.listing import read_cases
from verify.ofd.other_readers import check_other_readers
from verify.ofd.package import Package
from verify.ofd.references import Whole, named_each
from verify.ofd.report import IntegrityFile, OfdReport
from verify.ofd.showing import check_showing
from verify.ofd.signature import (
    OfdCase,
    check_bases,
    details_of,
    judge_signature,
    report_of,
)
from verify.ofd.structure import read_structure
from verify.policy import Policy
from verify.report import DocumentReport, Reason
from verify.seal import SealJudge
from verify.ses.report import StepState
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
        cases = read_cases(package, structure)
        containers = ContainerJudge(
            self.judge, SealJudge(self.judge, self.lists, self.policy), self.policy, self.at
        )
        parts = _parts(cases) | integrity_parts(package)
        whole = Whole(package, structure, parts, evidence_files(package, parts), named_each(len(cases)))
        for case in cases:
            judge_signature(whole, case, containers)
        package.prove()
        check_showing(cases)
        check_other_readers(package, cases)
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
