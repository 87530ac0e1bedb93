"""One signature of a package, step by step (GB/T 33190 §18, GM/T 0099; the order of the reference implementation and what it omits).

Description → digest method → every protected file → the container with chain, revocation and time → copy of the seal → scope →
coverage → the signature that it rests on. A step that fails hides none behind it: the report tells whose seal it was all the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Final

from seals.ses.errors import SealDataInvalid
from seals.ses.scope import read_byte_range
from seals.ses.structure import read_signature
from verify.errors import Finding, Unreadable, failed, unsure
from verify.ofd import limits
from verify.ofd.container import ContainerJudge
from verify.ofd.description import Description, Listed, StampAnnot
from verify.ofd.evidence import evidence_beside
from verify.ofd.locations import folder
from verify.ofd.names import canonical
from verify.ofd.package import Package
from verify.ofd.references import SHOWN, Compared, Coverage, Whole, compare, coverage, method_of, shortened
from verify.ofd.report import OfdSignature, OfdStep, at
from verify.ofd.stated_time import odd_time
from verify.ofd.structure import DocumentBody
from verify.ofd.zip_records import refused
from verify.readers import Place
from verify.report import Indication, Integrity, Placement, Reason, SignatureReport
from verify.ses import steps as ses
from verify.ses.report import SealDataStep, StepState
from verify.ses.steps import Outcome, doubtful, passed
from verify.signatures.case import Case, reported
from verify.signatures.containers import Container, without_padding
from verify.verdict import SubIndication

MAX_SHOWN: Final = 1000
"""Places reported for one signature, as of one PDF."""


@dataclass(slots=True)
class OfdCase:
    """One signature at work: the row of the list, its description where that could be read, and what was found."""

    listed: Listed
    body: DocumentBody
    case: Case = field(default_factory=lambda: Case(()))
    description: Description | None = None
    compared: Compared | None = None
    coverage: Coverage | None = None
    steps: list[SealDataStep] = field(default_factory=list)
    value_sha256: str = ""
    """Digest of its signed value, where that is there."""
    description_sha256: str = ""
    """Digest of its description, which that value is over."""

    def note(self, step: OfdStep, outcome: Outcome) -> None:
        """Keep how a step ended, and object where it does not hold."""
        done = at(step, outcome)
        self.steps.append(done)
        if outcome.state in {StepState.FAILED, StepState.INDETERMINATE}:
            make = failed if outcome.state is StepState.FAILED else unsure
            self.case.object(make(outcome.sub or SubIndication.GENERIC, outcome.reason.zh, outcome.reason.en))

    @property
    def name(self) -> str:
        """How the report calls it: its number, and where it stands."""
        return f"{self.listed.id} {self.listed.path}".strip()


def judge_signature(whole: Whole, case: OfdCase, judge: ContainerJudge) -> None:
    """Run every step; what was found stays in the case, nothing is raised."""
    description = case.description
    if description is None:
        return
    case.note(OfdStep.DESCRIPTION, _described(description))
    method = method_of(description)
    case.note(OfdStep.METHOD, method.outcome)
    case.compared = compare(whole, description, method)
    case.note(OfdStep.REFERENCES, case.compared.outcome)
    try:
        _container(whole.package, case, description, judge)
    except Unreadable as wrong:
        case.note(OfdStep.CONTENT, ses.failed(SubIndication.FORMAT_FAILURE, wrong.reason.zh, wrong.reason.en))
    case.coverage = coverage(whole, description)
    case.note(OfdStep.COVERAGE, case.coverage.outcome)
    case.case.integrity = _integrity(case, case.compared, case.coverage)


def _described(description: Description) -> Outcome:
    """Doubt locations that mean several files: by the file, by a folder above it, by the root, each reader opens its own."""
    if not description.twofold:
        return passed("可以读取。", "It can be read.")
    named = "、".join(map(shortened, description.twofold[:SHOWN]))
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签名描述中的路径（{named}）可指包内不同的文件，不同阅读器会取用不同的一个，不能认定；请向签章单位索取原件核对。",
        f"Locations in the description may mean several files of the package ({named}), and readers open different ones; "
        "compare the document with the signatory's original.",
    )


def _container(package: Package, case: OfdCase, description: Description, judge: ContainerJudge) -> None:
    if description.value is None:
        raise refused("的签名描述没有指明签名值", "has a description that names no signed value")
    octets = package.read_value(description.value)
    case.value_sha256 = hashlib.sha256(octets).hexdigest()
    apart = Case(())
    described = package.read_xml(description.path)
    case.description_sha256 = hashlib.sha256(described).hexdigest()
    judge.run(apart, octets, described, evidence_beside(package, description.path))
    case.steps.append(at(OfdStep.CONTENT, _outcome(apart.finding)))
    earlier, case.case = case.case.finding, apart
    if earlier is not None and _as_grave(earlier, apart.finding):
        apart.finding = earlier  # the files were compared first: what changed in them is what is told
    if apart.container is not Container.SES:
        if description.shows:
            case.note(OfdStep.SEAL_COPY, _BORROWED)
        return
    octets = without_padding(octets) or octets
    if description.seal is not None:
        case.note(OfdStep.SEAL_COPY, _copy(package, description.seal, octets))
    if description.picture is not None and description.picture in package:
        case.note(OfdStep.SEAL_PICTURE, _picture(package, description.picture, octets))
    if apart.seal_data is not None:
        case.note(OfdStep.SCOPE, _scope(apart.seal_data.scope, description))


_BORROWED: Final = doubtful(
    SubIndication.SEAL_NOT_VALID,
    "签名不是电子签章，却指定了要显示的印章；该印章未经其所有人签署，可取自任何文件，不能认定；请要求用电子签章重新签署。",
    "The signature is no electronic seal and yet names one to be shown; the seal may come from any other document, so it "
    "proves nothing; ask for an electronic seal.",
)


def _as_grave(one: Finding, other: Finding | None) -> bool:
    return other is None or one.indication is Indication.TOTAL_FAILED or other.indication is one.indication


def _outcome(finding: Finding | None) -> Outcome:
    if finding is None:
        return passed("签名值、证书、时间与印章均通过。", "Value, certificate, time and seal hold.")
    return ses.found(finding)


def _copy(package: Package, path: str, octets: bytes) -> Outcome:
    """Compare ``Seal.esl`` with the seal inside the signature, octet for octet."""
    if path not in package:
        return ses.failed(
            SubIndication.SEAL_NOT_VALID,
            f"印章文件 {path} 缺失，无效。",
            f"The copy of the seal, {path}, is missing: invalid.",
        )
    if _nested_seal(octets) != package.read_value(path):
        return ses.failed(
            SubIndication.SEAL_NOT_VALID,
            f"印章文件 {path} 与签章数据中的印章不一致，显示的印章不是所签的印章，无效。",
            f"The copy of the seal, {path}, is not the seal that was signed: what is shown is another seal.",
        )
    return passed("与签章数据中的印章逐字节相同。", "Octet for octet the seal that was signed.")


def _nested_seal(octets: bytes) -> bytes:
    try:
        return read_signature(octets).seal.octets
    except SealDataInvalid:
        return b""


def _picture(package: Package, path: str, octets: bytes) -> Outcome:
    """``ImageLoc``: what readers may draw in the place of the picture that the seal's maker signed is the same picture."""
    try:
        same = read_signature(octets).seal.picture.data == package.read_value(path)
    except SealDataInvalid:
        same = False
    if same:
        return passed("与印章中的图片逐字节相同。", "Octet for octet the picture in the seal.")
    return doubtful(
        SubIndication.SEAL_NOT_VALID,
        f"另附的印章图片 {shortened(path)} 不是印章中的图片，阅读器可能显示前者，不能认定；请以本报告中的印章为准，并向签章单位核实。",
        f"The picture beside the seal, {shortened(path)}, is not the one in the seal, and a reader may show it; "
        "go by the seal in this report and ask the signatory.",
    )


def _scope(scope: str, description: Description) -> Outcome:
    """``propertyInfo`` is the absolute path of the description: a signature moved to another place names the wrong one.

    GM/T 0031-2014 §6.2.1 leaves its content to the writer. Where it is empty, says something else than a path, or names the description
    from where that stands, nothing is lost if no location in the description depends on the place.
    """
    path, stated = description.path, scope.strip(_BLANK)
    if canonical(stated) == canonical(path):
        return passed(f"指向本签名描述 {path}。", f"It names this description, {path}.")
    if not _is_location(stated) or canonical(f"{folder(path)}{stated}") == canonical(path):
        return _PLACELESS if description.relative else _FIXED
    shown = stated[:200]
    return ses.failed(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签章所述保护范围“{shown}”不是本签名描述 {path}，签章被移用，无效。",
        f"The seal signature says that it protects {shown!r}, not {path}: it was moved here from elsewhere.",
    )


_BLANK: Final = " \t\r\n\x00"
"""Around a scope; programs in C write the end of their strings too."""


def _is_location(stated: str) -> bool:
    """Tell a path from other words (an identifier of the document, a date): it begins at the root, or ends as descriptions do.

    The octets of a PDF are another place as well: whoever sealed one sealed no description.
    """
    if read_byte_range(stated) is not None:
        return True
    return stated.startswith(("/", "\\")) or stated.casefold().endswith(".xml")


_FIXED: Final = passed(
    "签章未以路径写明保护范围；签名描述中的路径均为绝对路径，移动位置不改变其含义。",
    "The seal signature states no path for its scope; every location in the description is absolute and means the same anywhere.",
)
_PLACELESS: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "签章未以绝对路径写明保护范围，而签名描述中有相对路径，移到别处即指向其他文件，不能认定；请要求重新签章。",
    "The seal signature states no absolute path for its scope, and locations in the description are relative: moved elsewhere they mean other files; "
    "ask for a new seal.",
)


def check_bases(cases: list[OfdCase]) -> None:
    """``Relative``: the signature that one rests on must hold as well (GM/T 0099), and so on down; no circles."""
    by_id = {case.listed.id: case for case in cases}
    for case in cases:
        if case.listed.relative:
            case.note(OfdStep.RELATIVE, _base(case, by_id))


def _base(case: OfdCase, by_id: dict[str, OfdCase]) -> Outcome:
    sub, seen, below = SubIndication.SIG_CONSTRAINTS_FAILURE, {case.listed.id}, case
    while wanted := below.listed.relative:
        base = by_id.get(wanted)
        if base is None or wanted in seen:
            return ses.failed(
                sub,
                f"所依赖的签名 {wanted[:40]} 不存在或互相依赖，无效。",
                f"The signature that it rests on, {wanted[:40]!r}, is not there or rests on this one: invalid.",
            )
        finding = base.case.finding
        if finding is not None:
            bad = finding.indication is Indication.TOTAL_FAILED
            zh = f"所依赖的签名 {wanted} {'无效' if bad else '无法判定'}：{finding.reason.zh}"
            en = f"The signature it rests on, {wanted}, is {'invalid' if bad else 'in doubt'}: {finding.reason.en}"
            return (ses.failed if bad else doubtful)(sub, zh, en)
        seen.add(wanted)
        below = base
    return passed(
        f"所依赖的签名 {case.listed.relative} 有效。",
        f"The signature it rests on, {case.listed.relative}, is valid.",
    )


def report_of(case: OfdCase) -> SignatureReport:
    """Turn a finished case into its report."""
    description, covered = case.description, case.coverage
    shown = () if description is None else _placements(description.stamps, case.body)
    report = reported(case.case, case.name, Place.OFD, shown)
    odd = None if description is None else odd_time(description.stated_time, report.time.value)
    if odd is not None:
        report = replace(report, notes=(*report.notes, odd))
    if covered is None or not covered.locked:
        return report
    locked = Reason(
        "该签章锁定了签名列表，其后不能再追加签名。",
        "This signature locks the list of signatures: none can be added after it.",
    )
    return replace(report, notes=(*report.notes, locked))


def _integrity(case: OfdCase, compared: Compared, covered: Coverage) -> Integrity:
    """Tell what changed; a description that differs from the one signed is as bad as a changed file, for it names the files."""
    modified: bool | None = compared.outcome.state is StepState.FAILED or case.case.integrity.modified is True
    if not modified and compared.outcome.state is not StepState.PASSED:
        modified = None
    where = (*compared.changes, *case.case.integrity.where)[: limits.MAX_NAMED]
    return Integrity(covered.whole, modified, where)


def _placements(stamps: tuple[StampAnnot, ...], body: DocumentBody) -> tuple[Placement, ...]:
    """Say where the seal shows, in mm from the top left of the page's box; of a seam seal the slice that shows."""
    numbers = {page.id: number for number, page in enumerate(body.pages, start=1)}
    shown = []
    for stamp in stamps[:MAX_SHOWN]:
        number = numbers.get(stamp.page)
        if number is None:
            continue
        origin, (x, y, width, height) = body.pages[number - 1].box, stamp.boundary
        left, top, wide, high = stamp.clip or (0.0, 0.0, width, height)
        shown.append(Placement(number, x + left - origin[0], y + top - origin[1], wide, high))
    return tuple(shown)


def details_of(case: OfdCase, most: int) -> OfdSignature:
    """Return what the package's own part of the report says of this signature; of each kind at most so many files."""
    description, covered = case.description, case.coverage
    return OfdSignature(
        id=case.listed.id,
        path=case.listed.path,
        type=case.listed.type.value,
        method="" if description is None else description.method,
        provider="" if description is None else description.provider,
        stated_time="" if description is None else description.stated_time[:40],
        protected=0 if description is None else len(description.references),
        locked=covered is not None and covered.locked,
        relative=case.listed.relative,
        open=() if covered is None else covered.open[:most],
        loose=() if covered is None else (*covered.loose, *covered.evidence)[:most],
        steps=tuple(case.steps),
        value_sha256=case.value_sha256,
        description_sha256=case.description_sha256,
    )
