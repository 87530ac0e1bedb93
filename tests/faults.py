"""Faults on purpose, through the seams that production code has anyway: the engine's events and the key ring.

``CrashingAuthority`` runs in a process of its own (:func:`crash`), which kills itself with SIGKILL at a named step: no
exit handler, no rollback, no buffer flushed, as when the power goes.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.database.engine import make_engine
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.certificate import CertificateRequest, SubjectName
from ca.clock import system_clock
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.errors import TokenLost
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyRing
from hsm.signer import Custody, Signer
from tests.pki import CLERK, COMPANY, USCC, MemoryProvider, World, make_config, new_key

STEPS = (
    "before commit 1",
    "after commit 1",
    "before signing",
    "after signing",
    "before commit 2",
    "after commit 2",
)
"""The steps of one issuance: two transactions (reserve and record the octets; record the outcome) and the key."""


SIGKILLED: Final = -signal.SIGKILL
"""Exit code of a process that was killed."""


def die(*_given: object) -> NoReturn:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def in_a_process(work: Callable[[], object], *engines: sa.Engine, kill_after: float | None = None) -> int:
    """Run ``work`` in a forked process with connections of its own; return its exit code (:data:`SIGKILLED` if killed)."""
    for engine in engines:
        engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            for engine in engines:
                engine.dispose(close=False)
            work()
        except BaseException:  # noqa: BLE001 - only the exit code tells
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def log_signature(log: Path, message: bytes) -> None:
    """Write the digest of what was signed, synced to the disk: it outlives the process."""
    with log.open("ab") as lines:
        lines.write(f"{hashlib.sha256(message).hexdigest()}\n".encode())
        lines.flush()
        os.fsync(lines.fileno())


def logged_signatures(log: Path) -> list[str]:
    """Return the digests of everything that the processes had signed."""
    return log.read_text().split() if log.exists() else []


def keep_key(world: World, folder: Path) -> Path:
    """Write the issuing key where another process finds it."""
    key = world.signer(world.hierarchy.issuing.key_uri).key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    key_file = folder / "issuing.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key_file


class FaultySigner:
    """A signer that runs ``before`` and ``after`` around the real signature; either may raise or kill."""

    def __init__(
        self,
        signer: Signer,
        before: Callable[[bytes], None] = lambda _message: None,
        after: Callable[[bytes, bytes], bytes] = lambda _message, signature: signature,
    ) -> None:
        self._signer, self._before, self._after = signer, before, after
        self.algorithm: SignatureAlgorithm = signer.algorithm
        self.public_key: PublicKey = signer.public_key
        self.custody: Custody = signer.custody

    def sign(self, message: bytes) -> bytes:
        self._before(message)
        return self._after(message, self._signer.sign(message))


class FaultyProvider(MemoryProvider):
    """A provider in memory whose signers can be given faults: ``wrap`` is put around each signer opened."""

    def __init__(self, scheme: str = "file") -> None:
        super().__init__(scheme)
        self.wrap: Callable[[Signer], Signer] = lambda signer: signer

    def signer(self, uri: KeyUri, **wishes: Any) -> Signer:
        return self.wrap(super().signer(uri, **wishes))


def kept_provider(key_uri: str, key_file: Path, wrap: Callable[[Signer], Signer]) -> FaultyProvider:
    """Open what :func:`keep_key` wrote, ``wrap`` around each signer."""
    uri = KeyUri.parse(key_uri)
    provider = FaultyProvider(uri.scheme)
    provider.create_token(uri.token, Pin("12345678"), Pin("123456"))
    provider.put(uri, load_pem_private_key(key_file.read_bytes(), None))  # type: ignore[arg-type]
    provider.wrap = wrap
    return provider


def lose_token(_message: bytes) -> NoReturn:
    """Fail as a token pulled out does."""
    raise TokenLost


@dataclass(frozen=True)
class CrashJob:
    """What a crashing process needs; ``log`` gets a line for every signature made, synced to the disk."""

    url: str
    key_file: Path
    key_uri: str
    log: Path
    step: str = ""
    request_key: str = ""
    endless: bool = False
    pair: bool = False
    """Issue a signing and an encryption certificate together."""
    chunk: int = 0
    """Issue so many certificates in one chunk; the kill at a signature comes at the one in its middle."""


def crash(job: CrashJob, *, kill_after: float | None = None, signatures: int = 0) -> int:
    """Run ``job`` in a fresh process and return its exit code (-9 for a kill).

    With ``kill_after`` it is killed from outside: that many seconds after it made its ``signatures``-th signature.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults"])
    made = count_signatures(job)
    process = context.Process(target=_issue_and_crash, args=(job,))
    process.start()
    if kill_after is not None:
        ready = job.log.with_suffix(".ready")
        _wait_for(ready.exists, process)
        ready.unlink(missing_ok=True)
        due = made + signatures
        _wait_for(lambda: count_signatures(job) >= due, process)
        time.sleep(kill_after)
        process.kill()
    process.join(60)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the process did not end")
    return process.exitcode


def count_signatures(job: CrashJob) -> int:
    """Count the signatures that the processes of ``job`` have made so far."""
    return len(logged_signatures(job.log))


def _wait_for(happened: Callable[[], bool], process: Any) -> None:
    deadline = time.monotonic() + 60
    while not happened() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.001)


def _issue_and_crash(job: CrashJob) -> None:
    authority = _crashing_authority(job)
    job.log.with_suffix(".ready").touch()
    number = 0
    while True:
        number += 1
        request_key = f"{job.request_key}-{number}"
        if job.chunk:
            numbers = range(1, job.chunk + 1)
            asked = [(_request("enterprise-seal"), f"{request_key}-{one}") for one in numbers]
            authority.issue_many(asked, actor=CLERK)
        elif job.pair:
            pair = (_request("enterprise-sign"), _request("enterprise-encrypt"))
            authority.issue_pair(*pair, request_key=request_key, actor=CLERK)
        else:
            authority.issue(_request("enterprise-seal"), request_key=request_key, actor=CLERK)
        if not job.endless:
            return


def _request(profile: str) -> CertificateRequest:
    return CertificateRequest(profile, SubjectName(COMPANY, COMPANY, USCC), new_key().public_key())


def _crashing_authority(job: CrashJob) -> CertificateAuthority:
    place = max(job.chunk // 2, 1)
    made = 0

    def before(_message: bytes) -> None:
        nonlocal made
        made += 1
        if job.step == "before signing" and made == place:
            die()

    def after(message: bytes, signature: bytes) -> bytes:
        log_signature(job.log, message)
        if job.step == "after signing" and made == place:
            die()
        return signature

    engine = make_engine(job.url)
    provider = kept_provider(job.key_uri, job.key_file, lambda signer: FaultySigner(signer, before, after))
    kill_at_commit(engine, job.step)
    ring = KeyRing({provider.scheme: provider})
    return CertificateAuthority(engine, ring, system_clock, AuditTrail(system_clock), make_config())


def kill_at_commit(engine: sa.Engine, step: str) -> None:
    """Kill this process right before, or right after, the n-th commit of a transaction that writes ("before commit 1")."""
    when, _, number = step.partition(" commit ")
    if not number:
        return
    seen = 0

    def committing(_connection: sa.Connection) -> None:
        nonlocal seen
        seen += 1
        if when == "before" and seen == int(number):
            die()

    def returned(_dbapi: object, _record: object) -> None:
        if when == "after" and seen == int(number):
            die()

    sa.event.listen(engine, "commit", committing)
    sa.event.listen(engine, "checkin", returned)
