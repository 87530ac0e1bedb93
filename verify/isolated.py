"""Verification in a process that can be killed: a document that hangs or exhausts it costs a verdict, not the service."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from hsm.kept_process import KeptProcess, Upkeep
from verify.allowance import REPORT, RESTED, in_use, resident_for, seconds_for
from verify.document_file import DocumentFile
from verify.moment import time_of_verification
from verify.policy import MAX_DOCUMENT_OCTETS, Policy
from verify.report import DocumentReport, Reason
from verify.signatures.detached import ContentFile, ContentOctets
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.wire import pack_policy, pack_trust, unpack_report

DEFAULT_SECONDS: Final = 60.0
"""Longest time for one document of any size; small ones have less (:mod:`verify.allowance`)."""
DEFAULT_MEMORY: Final = 4 * 1024**3
"""Address space of the process: the largest document allowed, its parsed objects, and the libraries."""
MAX_DOCUMENTS: Final = 500
"""Documents after which the process is replaced, so that leaks of libraries cannot add up."""

TRUST_FACTOR: Final = 4
"""Octets that a process keeps for each of its trust store, which no document is to blame for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the largest document may cost: wall-clock seconds and octets of address space."""

    seconds: float = DEFAULT_SECONDS
    memory: int = DEFAULT_MEMORY


class IsolatedVerifier:
    """The same door as :class:`verify.verifier.Verifier`, with the work done in a process of its own.

    Started on first use, one document at a time (callers wait for each other), replaced after a hang or a crash. Close
    it, or use it as a context manager.
    """

    def __init__(
        self, trust: TrustStore, policy: Policy | None = None, *, limits: Limits | None = None
    ) -> None:
        self._limits = limits or Limits()
        setup = {
            "trust": pack_trust(trust),
            "policy": pack_policy(policy or Policy()),
            "memory": self._limits.memory,
        }
        first = json.dumps(setup).encode()
        self._known = len(first) * TRUST_FACTOR
        self._lock = threading.Lock()
        self._worker = KeptProcess(
            Upkeep(
                module="verify.worker",
                first=first,
                environment=os.environ,
                seconds=self._limits.seconds,
                most=MAX_DOCUMENTS,
                greets=True,
                longest=REPORT,
            )
        )

    def verify(  # noqa: PLR0913 - what may come with a file, each by name
        self,
        data: bytes | DocumentFile,
        *,
        at: datetime,
        name: str = "",
        password: str | None = None,
        content: ContentFile | ContentOctets | None = None,
        evidence: str = "",
        present: datetime | None = None,
    ) -> DocumentReport:
        """Verify as ``Verifier.verify`` does; a hang or crash is INDETERMINATE/LIMIT_REACHED with its reason.

        A file is read in that process; one that cannot be read has the report that says so.
        ``present`` (aware): the clock's time, where ``at`` is an earlier one (``Verifier.looking_back``).
        """
        at = time_of_verification(at)
        path = str(content.path.absolute()) if isinstance(content, ContentFile) else None
        beside = content.octets if isinstance(content, ContentOctets) else None
        asked = {
            "at": at.isoformat(),
            "name": name,
            "password": password,
            "content": path,
            "evidence": evidence,
            "present": None if present is None or present <= at else present.isoformat(),
            "file": str(data.path) if isinstance(data, DocumentFile) else None,
        }
        own = data.size if isinstance(data, DocumentFile) else len(data)
        size = own + len(beside or b"")
        seconds = min(self._limits.seconds, seconds_for(own + _size(content)))
        resident = resident_for(size) + self._known
        head = json.dumps({**asked, "beside": beside is not None, "resident": resident}).encode()
        whole = (data,) if isinstance(data, bytes) else ()
        frames = (head, *whole) if beside is None else (head, *whole, beside)
        with self._lock:
            answer, late = self._worker.exchange(frames, 1, seconds)
            self._rest()
            try:
                if answer is not None:
                    return unpack_report(json.loads(answer[0]))
            except (ValueError, TypeError, KeyError):
                self._worker.stop()
        reason = _too_slow(seconds) if late else _CRASHED
        return DocumentReport(
            name,
            Verdict.INDETERMINATE,
            reason,
            sub_indication=SubIndication.LIMIT_REACHED,
            sha256=_sha256(data),
            size=own,
            verified_at=at,
        )

    def _rest(self) -> None:
        """Replace a process that keeps much of what its last document took."""
        process = self._worker.process
        used = None if process is None else in_use(process.pid)
        if used is not None and used[1] > RESTED + self._known:
            self._worker.stop()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def verify_isolated(  # noqa: PLR0913 - the two doors' arguments together
    data: bytes,
    trust: TrustStore,
    *,
    at: datetime,
    name: str = "",
    password: str | None = None,
    policy: Policy | None = None,
    limits: Limits | None = None,
) -> DocumentReport:
    """Verify one document in a process of its own; see :class:`IsolatedVerifier`."""
    with IsolatedVerifier(trust, policy, limits=limits) as verifier:
        return verifier.verify(data, at=at, name=name, password=password)


def _size(content: ContentFile | ContentOctets | None) -> int:
    """Octets that are read of the file beside the document."""
    if isinstance(content, ContentOctets):
        return len(content.octets)
    try:
        return 0 if content is None else min(content.path.stat().st_size, MAX_DOCUMENT_OCTETS)
    except OSError:
        return 0


def _sha256(data: bytes | DocumentFile) -> str:
    """Digest what could not be judged; empty where it cannot be read any more."""
    try:
        return (hashlib.sha256(data).digest() if isinstance(data, bytes) else data.sha256()).hex()
    except OSError:
        return ""


def _too_slow(limit: float) -> Reason:
    seconds = round(limit, 2)
    return Reason(
        f"核验超过 {seconds:g} 秒的时限，已停止，无法判定；请简化文件或放宽时限后重试。",
        f"Verification took longer than {seconds:g} seconds and was stopped; "
        "simplify the document or raise the limit and try again.",
    )


_CRASHED: Final = Reason(
    "文件使核验程序超出内存、结果过大或异常中止，无法判定；请勿据此认可该文件，并向发送方核实。",
    "The document exhausted or stopped the verifier or made it say too much, so nothing can be said; do not rely on it and ask its sender.",
)
