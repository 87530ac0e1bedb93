"""What the command verifies: files, the documents of a folder, and what lies or is handed beside them."""

from __future__ import annotations

import argparse
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from verify.document_file import DocumentFile, document_file, mode_of, octets_of, unreadable
from verify.institution.record import MAX_RECORD_SIZE, MAX_RECORDS
from verify.report import DocumentReport
from verify.signatures.detached import ContentFile
from verify.signatures.merkle import judge_with_proof
from verify.walk import below

SUFFIXES = frozenset({".pdf", ".ofd", ".esl"})
"""What is looked for in a folder: documents and electronic seals."""
Verify = Callable[..., DocumentReport]
"""``IsolatedVerifier.verify``, its constant arguments given."""
EVIDENCE_SUFFIX = ".evidence.jws"
"""How a document's evidence records are called that lie beside it."""


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files, and of a folder its documents and what could not be looked into; a folder without any yields itself."""
    for path in paths:
        if stat.S_ISDIR(mode_of(path)):
            found = [
                one for one in below(path) if one.suffix.lower() in SUFFIXES or stat.S_ISDIR(mode_of(one))
            ]
            yield from sorted(found) or [path]
        else:
            yield path


def passed_over(path: Path, at: datetime) -> DocumentReport | None:
    """Report why what lies in a folder is not judged; ``None`` for a file, and for what is there no more, which its reader tells."""
    mode = mode_of(path)
    if not mode or stat.S_ISREG(mode):
        return None
    if not stat.S_ISDIR(mode):
        return unreadable(
            str(path),
            at,
            "这不是普通文件（是管道、设备等），没有核验；请移除，或另存为文件后再核验。",
            "This is no regular file (a pipe, a device …) and was not judged; remove it, or save it as a file and verify that.",
        )
    if path.is_symlink():
        return unreadable(
            str(path),
            at,
            "这是指向另一文件夹的链接，其中的文件没有核验；请直接指定那个文件夹。",
            "This is a link to another folder, and nothing in it was judged; name that folder itself.",
        )
    return unreadable(
        str(path),
        at,
        "该文件夹无法打开，其中的文件没有核验；请检查访问权限和路径长度。",
        "The folder cannot be opened, and nothing in it was judged; check its permissions, and how long its path is.",
    )


def verify_file(verify: Verify, path: Path, at: datetime, asked: argparse.Namespace) -> DocumentReport:
    """Verify one file with what was handed along; what cannot be read has a report too."""
    if path not in asked.files and (told := passed_over(path, at)) is not None:
        return told
    data = (document_file(path) if asked.proof is None else None) or octets_of(path, at)
    return data if isinstance(data, DocumentReport) else _judged(verify, path, data, at, asked)


def _judged(
    verify: Verify,
    path: Path,
    data: bytes | DocumentFile,
    at: datetime,
    asked: argparse.Namespace,
) -> DocumentReport:
    content = None if asked.content is None else ContentFile(asked.content)
    if isinstance(data, bytes) and asked.proof is not None:
        try:
            proof = asked.proof.read_bytes()
        except OSError:
            return unreadable(
                str(path), at, "无法读取证明文件，请检查路径。", "The proof cannot be read; check its path."
            )
        return judge_with_proof(verify, data, proof, at=at, name=str(path), content=content)
    evidence = beside(path, asked.evidence)
    return verify(data, at=at, name=str(path), password=asked.password, content=content, evidence=evidence)


def beside(path: Path, given: Path | None) -> str:
    """Read the evidence records named, or those beside the file; one that cannot be read is told as a damaged one."""
    found = given or path.with_name(path.name + EVIDENCE_SUFFIX)
    if given is None and not stat.S_ISREG(mode_of(found)):
        return ""
    try:
        with found.open("rb") as stream:
            return stream.read(MAX_RECORDS * MAX_RECORD_SIZE + 1).decode("ascii", "replace") or "?"
    except OSError:
        return "?"
