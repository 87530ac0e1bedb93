"""What the command verifies: files, the documents of a folder, and what lies or is handed beside them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from verify.document_file import DocumentFile, document_file, octets_of, unreadable
from verify.institution.record import MAX_RECORD_SIZE, MAX_RECORDS
from verify.report import DocumentReport
from verify.signatures.detached import ContentFile
from verify.signatures.merkle import judge_with_proof

SUFFIXES = frozenset({".pdf", ".ofd", ".esl"})
"""What is looked for in a folder: documents and electronic seals."""
Verify = Callable[..., DocumentReport]
"""``IsolatedVerifier.verify``, its constant arguments given."""
EVIDENCE_SUFFIX = ".evidence.jws"
"""How a document's evidence records are called that lie beside it."""


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files, and of a folder its documents; a folder without any yields itself."""
    for path in paths:
        if path.is_dir():
            found = sorted(
                item for item in path.rglob("*") if item.suffix.lower() in SUFFIXES and item.is_file()
            )
            yield from found or [path]
        else:
            yield path


def verify_file(verify: Verify, path: Path, at: datetime, asked: argparse.Namespace) -> DocumentReport:
    """Verify one file with what was handed along; what cannot be read has a report too."""
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
    if given is None and not found.is_file():
        return ""
    try:
        with found.open("rb") as stream:
            return stream.read(MAX_RECORDS * MAX_RECORD_SIZE + 1).decode("ascii", "replace") or "?"
    except OSError:
        return "?"
