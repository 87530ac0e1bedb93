"""Judges of the national suite: the Go program in ``gmsm/``, openssl, and each SM2 implementation of ``hsm`` over the rest.

The Go program is built once in a run, from the versions that ``gmsm/go.sum`` pins; the Go tool keeps what it built.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from hsm.sm2.backend import CHAIN, BackendMissing, Sm2Backend, load, python_backend
from tests.conftest import missing
from tests.interop.status_judges import Verdict, judge
from tests.parts import go_is_here

LIFE_OF_A_BUILD = 600
"""Seconds for the first build, modules fetched and compiled; later ones take one."""
SOURCE = Path(__file__).parent / "gmsm"
OPENSSL_ID = ("-vfyopt", "distid:1234567812345678")


def build(folder: Path) -> Path:
    """Build the Go judge into ``folder``."""
    if not go_is_here():
        missing("go", "not installed, or too old for gmsm")
    made = folder / "judge"
    ran = subprocess.run(
        ["go", "build", "-trimpath", "-o", made, "."],
        cwd=SOURCE,
        env={**os.environ, "GOFLAGS": "-mod=readonly"},
        capture_output=True,
        text=True,
        timeout=LIFE_OF_A_BUILD,
        check=False,
    )
    if ran.returncode:
        pytest.fail(f"the Go judge cannot be built: {ran.stderr}")
    return made


@dataclass(frozen=True)
class GoJudge:
    """``gmsm/judge.go``: its commands over octets."""

    program: Path
    folder: Path

    def file(self, name: str, octets: bytes) -> str:
        (self.folder / name).write_bytes(octets)
        return name

    def chain(self, at: datetime, *certificates: bytes) -> Verdict:
        """Judge root, issuing CA and leaf."""
        names = [self.file(f"{place}.cer", der) for place, der in enumerate(certificates)]
        return self._run("chain", int(at.timestamp()), *names)

    def crl(self, issuer: bytes, crl: bytes) -> Verdict:
        return self._run("crl", self.file("issuer.cer", issuer), self.file("list.crl", crl))

    def ocsp(self, responder: bytes, response: bytes) -> Verdict:
        return self._run("ocsp", self.file("responder.cer", responder), self.file("answer.der", response))

    def signed(self, certificate: bytes, message: bytes, signature: bytes) -> Verdict:
        parts = (("signer.cer", certificate), ("message", message), ("signature", signature))
        return self._run("signed", *(self.file(name, octets) for name, octets in parts))

    def pkcs7(self, at: datetime, root: bytes, message: bytes, content: bytes | None = None) -> Verdict:
        names = [self.file("root.cer", root), self.file("message.p7", message)]
        if content is not None:
            names.append(self.file("content", content))
        return self._run("pkcs7", int(at.timestamp()), *names)

    def csr(self, request: bytes) -> Verdict:
        return self._run("csr", self.file("request.p10", request))

    def envelope(self, scalar: bytes, enveloped: bytes) -> Verdict:
        """Open an ``SM2EnvelopedKey`` (GM/T 0009) with the private key that it was made for."""
        return self._run("envelope", scalar.hex(), self.file("enveloped.der", enveloped))

    def _run(self, *command: object) -> Verdict:
        return judge(self.program, *command, folder=self.folder)


def sm2_implementations() -> tuple[Sm2Backend, ...]:
    """Return every implementation that is here; our own Python always is."""
    found = [python_backend(allowed=False)]
    for module, name in CHAIN:
        try:
            found.append(load(module, name))
        except BackendMissing:
            continue
    return tuple(found)
