"""Verification for callers: the pure verifier, in processes that can be killed, over this installation's evidence."""

from __future__ import annotations

import hashlib
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509

from api.evidence.publishing import Evidence
from api.settings import Settings
from ca.clock import Clock
from signing.recognition.handover import foreign_lists, pins_in
from verify.folder import load_trust
from verify.isolated import IsolatedVerifier, Limits, verify_isolated
from verify.report import DocumentReport
from verify.signatures.detached import ContentOctets
from verify.signatures.merkle import judge_with_proof
from verify.trust import TrustStore

WORKERS: Final = 2
"""Documents verified at the same time; each worker holds one document in memory, further callers wait."""


@dataclass(slots=True)
class _Desk:
    """A worker with the evidence it was started with."""

    key: str
    verifier: IsolatedVerifier


class Verification:
    """Verifies foreign documents; close it to end its processes."""

    def __init__(self, evidence: Evidence, clock: Clock, limits: Limits, workers: int = WORKERS) -> None:
        self._evidence = evidence
        self._clock = clock
        self._limits = limits
        self._desks: queue.LifoQueue[_Desk | None] = queue.LifoQueue()
        self._workers = workers
        for _ in range(workers):
            self._desks.put(None)

    def verify(  # noqa: PLR0913 - what may come with a file, each by name
        self,
        data: bytes,
        *,
        at: datetime | None = None,
        name: str = "",
        password: str | None = None,
        content: ContentOctets | None = None,
        evidence: str = "",
    ) -> DocumentReport:
        """Verify a document as of ``at`` (aware; ``None`` is now) with the evidence of this moment.

        Never raises for its content. *Now* is read after the evidence was gathered: a list made for this very
        question is not from the future.
        """
        with self._desk() as verifier:
            present = self._clock()
            return verifier.verify(
                data,
                at=at or present,
                name=name,
                password=password,
                content=content,
                evidence=evidence,
                present=present,
            )

    def verify_with_proof(
        self,
        data: bytes,
        proof: bytes,
        *,
        at: datetime | None = None,
        name: str = "",
        content: ContentOctets | None = None,
    ) -> DocumentReport:
        """Verify a document that is under the one signature of a batch, by its proof (:mod:`verify.signatures.merkle`)."""
        with self._desk() as verifier:
            present = self._clock()
            verify = partial(verifier.verify, present=present)
            return judge_with_proof(verify, data, proof, at=at or present, name=name, content=content)

    def verify_file(self, path: Path, trust: Path) -> DocumentReport:
        """Verify a file now against a trust folder, as an auditor would (:class:`verify.folder.TrustFolderUnusable`)."""
        store = load_trust(trust)
        return verify_isolated(
            path.read_bytes(), store, at=self._clock(), name=path.name, limits=self._limits
        )

    def close(self) -> None:
        """End the processes; one at work ends with its document."""
        desks = [
            self._desks.get() for _ in range(self._workers)
        ]  # all of them first: what is put back is taken next
        for desk in desks:
            if desk is not None:
                desk.verifier.close()
            self._desks.put(None)

    @contextmanager
    def _desk(self) -> Iterator[IsolatedVerifier]:
        """Borrow a worker that has the present evidence; one with older evidence is replaced."""
        files = self._evidence.files()
        key = _fingerprint(files)
        desk = self._desks.get()
        try:
            if desk is None or desk.key != key:
                if desk is not None:
                    desk.verifier.close()
                desk = _Desk(key, IsolatedVerifier(_trust(files), limits=self._limits))
            yield desk.verifier
        finally:
            self._desks.put(desk)


def open_verification(
    settings: Settings, evidence: Evidence, clock: Clock, workers: int = WORKERS
) -> Verification:
    """Open the verifier under the settings' limits; no process is started yet."""
    limits = Limits(settings.verify_seconds, settings.verify_memory_mib * 2**20)
    return Verification(evidence, clock, limits, workers)


def _fingerprint(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest()


def _trust(files: dict[str, bytes]) -> TrustStore:
    """Build from the files of the trust folder what the verifier takes."""

    def certificates(folder: str) -> tuple[x509.Certificate, ...]:
        chosen = (data for name, data in files.items() if name.startswith(folder) and name.endswith(".cer"))
        return tuple(map(x509.load_der_x509_certificate, chosen))

    return TrustStore(
        anchors=certificates("anchors/"),
        intermediates=certificates("intermediates/"),
        crls=tuple(data for name, data in files.items() if name.endswith(".crl")),
        ocsp=tuple(data for name, data in files.items() if name.endswith(".ocsp")),
        seal_lists=tuple(data.decode() for name, data in files.items() if name.endswith(".jws")),
        lists=foreign_lists(files),
        pins=pins_in(files),
    )
