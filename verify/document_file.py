"""Documents that lie in files: read where they are judged, so that they are held once and go through no pipe."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from verify.policy import MAX_DOCUMENT_OCTETS
from verify.report import DocumentReport, Reason
from verify.verdict import Verdict

PIECE: Final = 1 << 20
"""Octets read at a time of what has no size of its own: a pipe, a device."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A regular file with its path from the root, so that another process finds the same; ``name`` is how it was called."""

    path: Path
    name: str
    size: int

    def sha256(self) -> bytes:
        """Digest it piece by piece; ``OSError``."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()

    def octets(self, at: datetime) -> bytes | DocumentReport:
        """Read it, or report why it cannot be read."""
        return octets_of(self.path, at, self.name)


def mode_of(path: Path) -> int:
    """Return what a path is by its mode (``st_mode``), links followed; 0: there is nothing, or nothing that can be looked at."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def document_file(path: Path) -> DocumentFile | None:
    """Find a regular file; ``None``: it is none, or none that has a path of its own, as what a shell hands over by descriptor."""
    try:
        own = path.resolve(strict=True)
        if own.is_file():
            return DocumentFile(own, str(path), own.stat().st_size)
    except (OSError, RuntimeError):
        pass
    return None


def octets_of(path: Path, at: datetime, name: str = "") -> bytes | DocumentReport:
    """Read a file, or report why it cannot be read; ``name`` is how it is called, if not by its path."""
    name = name or str(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            return unreadable(
                name, at, "文件夹中没有 PDF 或 OFD 文件。", "The folder holds no PDF or OFD file."
            )
        if found.st_size > MAX_DOCUMENT_OCTETS:
            return _too_large(name, at)
        data = path.read_bytes() if stat.S_ISREG(found.st_mode) else _flowing(path)
    except FileNotFoundError:
        return unreadable(name, at, "找不到该文件，请检查路径。", "There is no such file; check the path.")
    except OSError:
        return unreadable(
            name, at, "无法读取该文件，请检查访问权限。", "The file cannot be read; check its permissions."
        )
    return data if len(data) <= MAX_DOCUMENT_OCTETS else _too_large(name, at)


def _flowing(path: Path) -> bytes:
    """Read what says no size beforehand, and no further than what is judged."""
    found = bytearray()
    with path.open("rb") as stream:
        while len(found) <= MAX_DOCUMENT_OCTETS and (piece := stream.read(PIECE)):
            found += piece
    return bytes(found)


def _too_large(name: str, at: datetime) -> DocumentReport:
    limit = MAX_DOCUMENT_OCTETS // 1024 // 1024
    return unreadable(
        name,
        at,
        f"文件超过 {limit} MB 的核验上限，请拆分后再核验。",
        f"The file is larger than the limit of {limit} MB; split it and verify the parts.",
    )


def unreadable(name: str, at: datetime, zh: str, en: str) -> DocumentReport:
    """Report a file that cannot be read, by its name."""
    return DocumentReport(name, Verdict.UNREADABLE, Reason(zh, en), verified_at=at)
