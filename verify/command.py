"""The command ``verify FILE…``: the same for ``python -m verify`` and ``yinxin verify``.

Exit status: 0 every document passed, 1 one failed, 3 one cannot be read, 2 one is indeterminate; of several, the first
of 1, 3, 2 that occurs. 4: every document passed, and one of them was voided since. 5: every document passed, and the department asked
does not accept one; 6: it accepts one on a condition only. A document without any signature is indeterminate (2): nothing stands against it, nothing for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from verify.acceptance.answers import AnswerStatus
from verify.acceptance.errors import AcceptanceError
from verify.acceptance.shelf import Question, choose, question
from verify.folder import TrustFolderUnusable, load_trust
from verify.institution.record import MAX_RECORD_SIZE, MAX_RECORDS
from verify.isolated import DEFAULT_SECONDS, IsolatedVerifier, Limits
from verify.policy import MAX_DOCUMENT_OCTETS
from verify.report import DocumentReport, Reason
from verify.signatures.detached import ContentFile
from verify.signatures.merkle import judge_with_proof
from verify.table import lines
from verify.trust import TrustStore
from verify.trusted_lists.errors import ListRefused, ListUnreadable
from verify.verdict import EXIT_STATUS, Verdict, worst

SUFFIXES = frozenset({".pdf", ".ofd", ".esl"})
"""What is looked for in a folder: documents and electronic seals."""
VOIDED_STATUS = 4
"""Every document passed, and one was voided since: its seals verify, it is not to be used."""
REFUSED_STATUS = 5
"""Every document passed, and the department that was asked does not accept one."""
CONDITIONS_STATUS = 6
"""Every document passed, and the department accepts one only if something is done as well."""
EVIDENCE_SUFFIX = ".evidence.jws"
"""How a document's evidence records are called that lie beside it."""
USAGE_STATUS = 64
"""Wrong use (sysexits.h EX_USAGE): apart from every verdict."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify",
        description="核验 PDF、OFD 签章与电子印章数据（.esl、.dat）/ verify sealed PDF and OFD documents and electronic seal data",
        epilog="exit status: 0 passed, 1 failed, 2 indeterminate, 3 unreadable; of several the gravest (1, 3, 2, 0); "
        "4 all passed, one was voided since; 5 all passed, the department does not accept one; 6 accepts one on a condition",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="PDF、OFD、印章文件或文件夹 / PDF, OFD or seal files, or folders",
    )
    parser.add_argument(
        "--trust", type=Path, metavar="DIR", help="信任库文件夹 / folder of trusted roots and evidence"
    )
    parser.add_argument(
        "--list",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="信任清单（TS 119 612 XML 或 TS 119 602 JSON）/ a trust list, XML or JSON; may be repeated",
    )
    parser.add_argument(
        "--signer",
        action="append",
        default=[],
        metavar="SHA256|CERT",
        help="信任清单的签名证书：SHA-256 或证书文件 / who may sign it: SHA-256 of a certificate, or its file",
    )
    parser.add_argument(
        "--at", metavar="TIME", help="核验时间（RFC 3339）/ time of verification, default now"
    )
    parser.add_argument(
        "--content",
        type=Path,
        metavar="FILE",
        help="分离式签名所签的原文件 / the file that a detached signature is over",
    )
    parser.add_argument(
        "--proof",
        type=Path,
        metavar="JSON",
        help="合并签名的证明文件 / proof of a document under a batch's signature",
    )
    parser.add_argument(
        "--department",
        metavar="NAME",
        help="按该部门的政策判断是否受理（名称、编号或政策文件）/ also ask a department: its name, id or policy file",
    )
    parser.add_argument(
        "--act", default="", metavar="ACT", help="办理的事项 / the act that the department is asked about"
    )
    parser.add_argument(
        "--evidence",
        type=Path,
        metavar="FILE",
        help="制度证据记录；默认取文件旁的 FILE.evidence.jws / evidence records, default FILE.evidence.jws",
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON / print one JSON object")
    parser.add_argument("--password", help="加密 PDF 的打开密码 / password of encrypted documents")
    parser.add_argument(
        "--seconds",
        type=float,
        default=DEFAULT_SECONDS,
        help="每个文件的时限（秒）/ time limit for one document",
    )
    return parser


def run(
    args: Sequence[str],
    *,
    clock: Callable[[], datetime],
    trust: TrustStore | None = None,
    out: TextIO | None = None,
    errors: TextIO | None = None,
) -> int:
    """Run the command and return its exit status; ``trust`` is used where ``--trust`` is not given.

    Wrong use and an unusable trust folder print what to do on ``errors`` and return 64.
    """
    out, errors = out or sys.stdout, errors or sys.stderr
    try:
        asked = _parser().parse_args(list(args))
    except SystemExit as stop:
        return USAGE_STATUS if stop.code else 0
    try:
        at = clock() if asked.at is None else parse_time(asked.at)
        store = load_trust(asked.trust) if asked.trust is not None else trust or TrustStore(())
        store = _with_lists(store, asked)
        department = _question(asked)
    except (TrustFolderUnusable, AcceptanceError, ListRefused) as unusable:
        print(unusable.zh, unusable.en, sep="\n", file=errors)
        return USAGE_STATUS
    except ValueError:
        print("--at 的时间格式不正确，例如 2026-03-01T12:00:00Z。", file=errors)
        print("The time of --at cannot be read; write it like 2026-03-01T12:00:00Z.", file=errors)
        return USAGE_STATUS
    reports = list(_verify_all(asked, store, at, None if asked.json else out, department))
    if asked.json:
        documents = [report.to_json() for report in reports]
        print(json.dumps({"documents": documents}, ensure_ascii=False, indent=2), file=out)
    status = EXIT_STATUS[worst([report.verdict for report in reports])]
    if status:
        return status
    return (
        VOIDED_STATUS if any(report.voided is not None for report in reports) else _accepted_status(reports)
    )


def _question(asked: argparse.Namespace) -> Question | None:
    """Find the department and the act that are asked about, before any file is read."""
    if asked.department is None:
        return None
    return question(choose(asked.department, asked.trust), asked.act)


def _accepted_status(reports: Sequence[DocumentReport]) -> int:
    found = [one.answers.accepted.status for one in reports if one.answers is not None]
    if AnswerStatus.NO in found:
        return REFUSED_STATUS
    return CONDITIONS_STATUS if AnswerStatus.CONDITIONS in found else 0


def _with_lists(store: TrustStore, asked: argparse.Namespace) -> TrustStore:
    """Add the lists that were named, each signed by one of the signers that were named."""
    if not asked.list:
        return store
    from verify.trusted_lists.files import read_lists  # noqa: PLC0415 - XML is not always needed

    try:
        found = read_lists(asked.list, asked.signer)
    except OSError as error:
        raise ListUnreadable(
            f"无法读取信任清单 {error.filename}，请检查路径。",
            f"The trust list {error.filename} cannot be read; check its path.",
        ) from error
    return replace(store, lists=[*store.lists, *found])


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time or a date; one without a zone is UTC. Raises ``ValueError``."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _verify_all(
    asked: argparse.Namespace,
    trust: TrustStore,
    at: datetime,
    out: TextIO | None,
    department: Question | None,
) -> Iterator[DocumentReport]:
    with IsolatedVerifier(trust, limits=Limits(seconds=asked.seconds)) as verifier:
        for number, path in enumerate(_expand(asked.files)):
            report = _verify_file(verifier, path, at, asked)
            report = report if department is None else department.of(report)
            if out is not None:
                print(*([""] if number else []), *lines(report), sep="\n", file=out, flush=True)
            yield report


def _expand(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(
                item for item in path.rglob("*") if item.suffix.lower() in SUFFIXES and item.is_file()
            )
            yield from found or [path]
        else:
            yield path


def _verify_file(
    verifier: IsolatedVerifier, path: Path, at: datetime, asked: argparse.Namespace
) -> DocumentReport:
    try:
        size = path.stat().st_size
        if path.is_dir():
            return _unreadable(
                path, at, "文件夹中没有 PDF 或 OFD 文件。", "The folder holds no PDF or OFD file."
            )
        if size > MAX_DOCUMENT_OCTETS:
            limit = MAX_DOCUMENT_OCTETS // 1024 // 1024
            return _unreadable(
                path,
                at,
                f"文件超过 {limit} MB 的核验上限，请拆分后再核验。",
                f"The file is larger than the limit of {limit} MB; split it and verify the parts.",
            )
        data = path.read_bytes()
    except FileNotFoundError:
        return _unreadable(path, at, "找不到该文件，请检查路径。", "There is no such file; check the path.")
    except OSError:
        return _unreadable(
            path, at, "无法读取该文件，请检查访问权限。", "The file cannot be read; check its permissions."
        )
    return _judged(verifier, path, data, at, asked)


def _judged(
    verifier: IsolatedVerifier, path: Path, data: bytes, at: datetime, asked: argparse.Namespace
) -> DocumentReport:
    if asked.proof is not None:
        try:
            proof = asked.proof.read_bytes()
        except OSError:
            return _unreadable(
                path, at, "无法读取证明文件，请检查路径。", "The proof cannot be read; check its path."
            )
        return judge_with_proof(verifier.verify, data, proof, at=at, name=str(path))
    content = None if asked.content is None else ContentFile(asked.content)
    evidence = _evidence(path, asked.evidence)
    return verifier.verify(
        data, at=at, name=str(path), password=asked.password, content=content, evidence=evidence
    )


def _evidence(path: Path, given: Path | None) -> str:
    """Read the evidence records named, or those beside the file; one that cannot be read is told as a damaged one."""
    beside = given or path.with_name(path.name + EVIDENCE_SUFFIX)
    if given is None and not beside.is_file():
        return ""
    try:
        with beside.open("rb") as stream:
            return stream.read(MAX_RECORDS * MAX_RECORD_SIZE + 1).decode("ascii", "replace") or "?"
    except OSError:
        return "?"


def _unreadable(path: Path, at: datetime, zh: str, en: str) -> DocumentReport:
    return DocumentReport(str(path), Verdict.UNREADABLE, Reason(zh, en), verified_at=at)
