"""The integrity file ``OFDEntries.xml`` (GM/T 0099): every entry is named in a signed list; what is not named was smuggled in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.container import ContainerJudge
from verify.ofd.evidence import evidence_beside
from verify.ofd.locations import resolve
from verify.ofd.package import INTEGRITY, Package
from verify.ofd.report import IntegrityFile
from verify.ofd.zip_records import refused
from verify.readers import Place
from verify.report import Indication, Integrity, Reason, SignatureReport
from verify.ses.report import StepState
from verify.signatures.case import Case, reported


@dataclass(frozen=True, slots=True)
class JudgedIntegrity:
    """What came of an integrity file: the finding, and its signature where one could be judged."""

    file: IntegrityFile
    signature: SignatureReport | None = None


def judge_integrity(package: Package, judge: ContainerJudge) -> JudgedIntegrity | None:
    """Compare the list with the entries, then judge its signature; ``None`` for a package without one."""
    if INTEGRITY not in package:
        return None
    try:
        listed, value = _read(package)
    except Unreadable as wrong:
        return JudgedIntegrity(IntegrityFile(StepState.FAILED, wrong.reason))
    apart = {INTEGRITY, value}
    unlisted = tuple(path for path in package.paths if path not in listed and path not in apart)
    missing = tuple(sorted(path for path in listed if path not in package))
    if unlisted or missing:
        words = _differs(unlisted, missing)
        return JudgedIntegrity(
            IntegrityFile(
                StepState.FAILED,
                words,
                len(listed),
                unlisted[: limits.MAX_NAMED],
                missing[: limits.MAX_NAMED],
            )
        )
    if value not in package:
        words = Reason(
            "完整性文件的签名值缺失，完整性保护无效。",
            "The integrity file's signed value is missing: it protects nothing.",
        )
        return JudgedIntegrity(IntegrityFile(StepState.FAILED, words, len(listed)))
    return _signed(package, judge, value, len(listed))


def _signed(package: Package, judge: ContainerJudge, value: str, count: int) -> JudgedIntegrity:
    """Judge the signature over the list; it is over names alone, so it says nothing of what the files hold."""
    case = Case(())
    carried = evidence_beside(package, value)
    judge.run(case, package.read_value(value), package.read_xml(INTEGRITY), carried)
    case.integrity = Integrity(covers_whole_document=False, modified=case.integrity.modified is True)
    report = reported(case, INTEGRITY, Place.OFD)
    if case.finding is not None:
        bad = case.finding.indication is Indication.TOTAL_FAILED
        state = StepState.FAILED if bad else StepState.INDETERMINATE
        return JudgedIntegrity(IntegrityFile(state, case.finding.reason, count), report)
    words = Reason(
        f"{count} 个条目均在签名清单内，没有夹带；清单只列名称，其签名人没有签署文件内容。",
        f"All {count} entries are in the signed list, none was added; the list has names alone, its signer signed no content.",
    )
    return JudgedIntegrity(IntegrityFile(StepState.PASSED, words, count), replace(report, reason=words))


def integrity_parts(package: Package) -> frozenset[str]:
    """Return the path of the integrity file's signed value, if there is such a file."""
    if INTEGRITY not in package:
        return frozenset()
    try:
        return frozenset({_read(package)[1]})
    except Unreadable:
        return frozenset()


def _read(package: Package) -> tuple[frozenset[str], str]:
    tree = package.tree(INTEGRITY)
    files = tree.first("FileList")
    value = tree.value("SignedValueLoc")
    if tree.name != "DocEntries" or files is None or not value:
        raise refused("的完整性文件不符合标准", "has an integrity file that is not as GM/T 0099 has it")
    paths = frozenset(resolve(item.attributes.get("FileLoc", ""), INTEGRITY) for item in files.all("File"))
    return paths, resolve(value, INTEGRITY)


def _differs(unlisted: tuple[str, ...], missing: tuple[str, ...]) -> Reason:
    zh, en = [], []
    if unlisted:
        named = "、".join(unlisted[:5])
        zh.append(f"{len(unlisted)} 个条目不在清单内，系夹带（{named}）")
        en.append(f"{len(unlisted)} entries are not in the list and were smuggled in ({named})")
    if missing:
        named = "、".join(missing[:5])
        zh.append(f"{len(missing)} 个清单内的文件缺失（{named}）")
        en.append(f"{len(missing)} listed files are missing ({named})")
    return Reason(
        f"包内条目与完整性文件不符：{'；'.join(zh)}。请索取原件。",
        f"The entries differ from the integrity file: {'; '.join(en)}. Ask for the original file.",
    )
