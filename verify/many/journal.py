"""What was judged so far, in a file beside the result: a line for each document, so that nothing is lost and little is done twice.

Lines are only ever added, each whole with its end in one write; a line that a crash cut off is no line. The first line says
what is judged with (trust, policies, time), by digest: under anything else every document is judged anew. The file goes when
the result is written. It is as trustworthy as the folder that it lies in, as the result is.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from verify.many.errors import ManyRefused
from verify.many.finding import Finding

SUFFIX: Final = ".state"
"""What is added to the result's name."""
FORM: Final = "yinxin-verify-state-v1"
MAX_LINE: Final = 1024 * 1024
"""Octets of one line: a finding with fifty signatures has some 150,000, and at most half of this beside its own members."""
MAX_AGE: Final = timedelta(hours=48)
"""How long what was judged is used again: a run that was left longer begins anew."""
RETRIED: Final = "LIMIT_REACHED"
"""A document that took too long or whose process died: when a run goes on, it is tried again."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What documents are judged with: a digest over all of it, and the time as of which."""

    fingerprint: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Where a document's line is, and of which octets it tells."""

    offset: int
    digest: str


class Journal:
    """The open file; one writer. Close it, or use it as a context manager."""

    def __init__(self, path: Path, stream: BinaryIO, basis: Basis, known: dict[str, Known]) -> None:
        self.path = path
        self.basis = basis
        self._stream = stream
        self._known = known

    def digest(self, key: str) -> str | None:
        """Return the digest of what was judged under a name, if it was."""
        found = self._known.get(key)
        return None if found is None else found.digest

    def add(self, key: str, digest: str, found: Finding) -> None:
        """Keep what was found; the last line of a name counts."""
        offset = self._stream.seek(0, os.SEEK_END)
        self._stream.write(_line({"key": key, "digest": digest, "finding": found}))
        self._stream.flush()
        self._known[key] = Known(offset, digest)

    def finding(self, key: str) -> Finding:
        """Read back what was found. ``KeyError`` for a name that has nothing."""
        self._stream.seek(self._known[key].offset)
        found: Finding = json.loads(self._stream.readline(MAX_LINE))["finding"]
        return found

    def sync(self) -> None:
        """Have it on the disk, for a loss of power."""
        os.fsync(self._stream.fileno())

    def remove(self) -> None:
        """Take it away: the result is written."""
        self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._known)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def open_journal(path: Path, basis: Basis, *, at_given: bool, handed: bool = False) -> tuple[Journal, bool]:
    """Open the file of a run, alone; tell whether one with other trust, policies or time was put aside.

    ``handed``: it lies among what is verified, where somebody else may have put it, and is not gone on with.
    :class:`ManyRefused` where another process is at it, it is a link, or the folder cannot be written.
    """
    if path.is_symlink():
        raise ManyRefused(
            f"进度文件 {path} 是链接，写入会改动它所指的文件；请删除它，或换一个输出文件名。",
            f"The state file {path} is a link, and what it leads to would be overwritten; remove it, or name another result.",
        )
    try:
        stream = path.open("a+b")
    except OSError as wrong:
        raise ManyRefused(
            f"无法写入进度文件 {path}，请检查文件夹权限与空间。",
            f"The state file {path} cannot be written; check the folder's permissions and space.",
        ) from wrong
    with contextlib.ExitStack() as stack:
        stack.callback(stream.close)
        _lock(stream, path)
        head, known, end = _read(stream)
        stale = bool(known)
        goes_on = head is not None and not handed and _same(head, basis, at_given=at_given)
        if head is not None and goes_on:
            basis = Basis(basis.fingerprint, datetime.fromisoformat(head["at"]))
            stream.truncate(end)  # what a crash cut off
        else:
            known = {}
            stream.truncate(0)
            stream.write(_line({"form": FORM, "fingerprint": basis.fingerprint, "at": basis.at.isoformat()}))
            stream.flush()
        stack.pop_all()
    return Journal(path, stream, basis, known), stale and not goes_on


def _same(head: dict[str, Any], basis: Basis, *, at_given: bool) -> bool:
    began = datetime.fromisoformat(head["at"])
    if head["fingerprint"] != basis.fingerprint:
        return False
    return began == basis.at if at_given else timedelta() <= basis.at - began <= MAX_AGE


def _read(stream: BinaryIO) -> tuple[dict[str, Any] | None, dict[str, Known], int]:
    """Return the first line, where each name's last line is, and where whole lines end."""
    stream.seek(0)
    head, known, end = None, dict[str, Known](), 0
    for offset, line in _lines(stream):
        try:
            told = json.loads(line)
            if head is None:
                if told["form"] != FORM:
                    return None, {}, 0
                datetime.fromisoformat(told["at"])
                head = told
            elif told["finding"]["sub_indication"] != RETRIED:
                known[told["key"]] = Known(offset, told["digest"])
        except (ValueError, TypeError, KeyError):
            break
        end = offset + len(line)
    return head, known, end


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while (line := stream.readline(MAX_LINE)).endswith(b"\n"):
        yield offset, line
        offset += len(line)


def _line(value: dict[str, Any]) -> bytes:
    """Write a line; plain ASCII, so that a name which is no text can be written too."""
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _lock(stream: BinaryIO, path: Path) -> None:
    """Let one process at a time work on a result; the system frees the lock of one that died."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        raise ManyRefused(
            f"另一核验进程正在写入 {path.name.removesuffix(SUFFIX)}，请等它结束，或换一个输出文件名。",
            f"Another process is at {path.name.removesuffix(SUFFIX)}; wait for it, or name another result.",
        ) from taken
