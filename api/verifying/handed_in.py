"""Documents handed in for a verification order: from the parts of a form to files, each with what comes beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import Final

from fastapi import UploadFile
from pydantic import SecretStr

from signing.verification_orders.errors import OrderFieldInvalid
from signing.verification_orders.order import OWN_MARK, Incoming
from verify.institution.record import MAX_RECORD_SIZE, MAX_RECORDS
from verify.targets import EVIDENCE_SUFFIX

PIECE: Final = 1 << 20
"""Octets copied at a time."""

MAX_EVIDENCE = MAX_RECORDS * MAX_RECORD_SIZE
"""Octets of a file of evidence records."""


@dataclass(frozen=True, slots=True)
class Handed:
    """The parts of one form. ``password`` is of every document; ``content`` and ``evidence`` are about one."""

    files: Sequence[UploadFile]
    password: SecretStr | None = None
    content: UploadFile | None = None
    evidence: UploadFile | None = None


@contextmanager
def received(handed: Handed, mark: str, *, numbered: bool = False) -> Iterator[list[Incoming]]:
    """Yield what was uploaded as files of a folder that is gone afterwards. Raises ``OrderFieldInvalid``.

    A file ``NAME.evidence.jws`` is no document where ``NAME`` is among the others: it belongs to that one.
    """
    if mark.startswith(OWN_MARK):
        raise OrderFieldInvalid(
            "mark",
            f"不能以 {OWN_MARK} 开头",
            f"it does not begin with {OWN_MARK}, as an order's own marks do",
        )
    documents, records = _apart(handed.files)
    if len(documents) != 1:
        _demand_one(handed)
    password = None if handed.password is None else handed.password.get_secret_value()
    with tempfile.TemporaryDirectory(prefix="yinxin-order-") as name:
        content = None if handed.content is None else _written(handed.content, Path(name) / "content")
        found = []
        for number, one in enumerate(documents):
            path = _written(one, Path(name) / f"{number}")
            own = f"{OWN_MARK}{number}" if numbered else mark if len(documents) == 1 else ""
            evidence = evidence_text(handed.evidence or records.get(one.filename or ""))
            found.append(Incoming(path, one.filename or "document", own, password, evidence, content))
        yield found


def _apart(files: Sequence[UploadFile]) -> tuple[list[UploadFile], dict[str, UploadFile]]:
    """Tell the documents from evidence records that belong to one of them, by its name."""
    names = {one.filename or "" for one in files}
    records: dict[str, UploadFile] = {}
    documents = []
    for one in files:
        name = one.filename or ""
        about = name.removesuffix(EVIDENCE_SUFFIX)
        if about != name and about in names and about not in records:
            records[about] = one
        else:
            documents.append(one)
    return documents, records


def _demand_one(handed: Handed) -> None:
    """Refuse what is about one document where there are several, or none: nobody could tell whose it is."""
    for field, given in (("content", handed.content), ("evidence", handed.evidence)):
        if given is not None:
            raise OrderFieldInvalid(
                field,
                "只能随同一个文件提交；多个文件请逐个追加（POST …/files）",
                "goes with one document; hand several in one by one (POST …/files)",
            )


def _written(part: UploadFile, path: Path) -> Path:
    with path.open("wb") as out:
        copyfileobj(part.file, out, PIECE)
    return path


def evidence_text(given: UploadFile | None) -> str:
    """Read a file of evidence records; one that is too long is told as a damaged one."""
    return "" if given is None else given.file.read(MAX_EVIDENCE + 1).decode("ascii", "replace") or "?"
