"""A hierarchy made by the real authority, its certificates as files, and the outside judges that read them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.certificate import IssuedCertificate, RevocationReason
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from ca.store import certificate
from hsm.errors import TokenLost
from tests.conftest import SteppingClock, missing
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import CLERK, SECOND, World, make_world

LIFE_OF_A_JUDGE = 30
"""Seconds a judge may take; each answers within a tenth of one."""


@dataclass(frozen=True)
class Verdict:
    """What a judge said: its exit status and everything it printed."""

    status: int
    text: str


def judge(*command: object, folder: Path, given: bytes | None = None) -> Verdict:
    """Run an outside judge in ``folder``."""
    name = str(command[0])
    if shutil.which(name) is None:
        missing(name, "not installed")
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        input=given,
        capture_output=True,
        timeout=LIFE_OF_A_JUDGE,
        check=False,
    )
    return Verdict(ran.returncode, (ran.stdout + ran.stderr).decode(errors="replace"))


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


@dataclass
class Court:
    """The world's certificates and lists as files in ``folder``."""

    world: World
    folder: Path
    crls: CrlPublisher = field(init=False)
    ocsp: OcspResponder = field(init=False)

    def __post_init__(self) -> None:
        world = self.world
        self.crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
        self.ocsp = OcspResponder(world.engine, world.keys, world.clock, world.config)
        hierarchy = world.hierarchy
        for name, holder in (
            ("root", hierarchy.root),
            ("issuing", hierarchy.issuing),
            ("tsa", hierarchy.tsa),
            ("ocsp", hierarchy.ocsp),
            ("maker", hierarchy.seal_maker),
        ):
            self.write(name, holder.certificate)

    def write(self, name: str, der: bytes) -> str:
        """Write a certificate as ``NAME.pem``; return the file's name."""
        (self.folder / f"{name}.pem").write_bytes(pem(der))
        return f"{name}.pem"

    def publish(self) -> str:
        """Write both lists as ``NAME.crl.pem`` and together; return the name of the file with both."""
        texts = []
        for name in ("root", "issuing"):
            read = x509.load_der_x509_crl(self.crls.current(name).der)
            texts.append(read.public_bytes(Encoding.PEM))
            (self.folder / f"{name}.crl.pem").write_bytes(texts[-1])
        (self.folder / "crls.pem").write_bytes(b"".join(texts))
        return "crls.pem"

    def chain(self, name: str) -> str:
        """Write ``NAME.pem`` with issuing CA and root after it; return the file's name."""
        parts = [(self.folder / f"{one}.pem").read_bytes() for one in (name, "issuing", "root")]
        (self.folder / f"{name}-chain.pem").write_bytes(b"".join(parts))
        return f"{name}-chain.pem"

    def run(self, *command: object, given: bytes | None = None) -> Verdict:
        return judge(*command, folder=self.folder, given=given)


@dataclass(frozen=True)
class Subject:
    """A serial number as the database knows it: how it must be judged by everybody."""

    name: str
    serial: int
    expected: str
    der: bytes = b""


REASONS = (
    RevocationReason.UNSPECIFIED,
    RevocationReason.KEY_COMPROMISE,
    RevocationReason.AFFILIATION_CHANGED,
    RevocationReason.SUPERSEDED,
    RevocationReason.CESSATION_OF_OPERATION,
    RevocationReason.PRIVILEGE_WITHDRAWN,
    RevocationReason.CERTIFICATE_HOLD,
)


def open_court(engine: sa.Engine, clock: SteppingClock, folder: Path) -> Court:
    """Make a world ten minutes ago, as far as outside judges know, so that nothing in it lies in their future."""
    clock.advance(timedelta(minutes=-10))
    return Court(make_world(engine, clock, provider=FaultyProvider()), folder)


def populate(world: World, clock: SteppingClock) -> list[Subject]:
    """Issue, revoke for every reason, hold, lift a hold, leave a serial in doubt, and name unknown ones."""
    found = [Subject(f"good{n}", made.serial, "good", made.der) for n, made in enumerate(_enrol(world, 3))]
    for reason, made in zip(REASONS, _enrol(world, len(REASONS)), strict=True):
        world.authority.revoke(made.serial, reason, actor=CLERK)
        found.append(Subject(f"gone-{reason.value}", made.serial, reason.value, made.der))
    (lifted,) = _enrol(world, 1)
    world.authority.revoke(lifted.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    clock.advance(timedelta(seconds=1))
    world.authority.release(lifted.serial, actor=SECOND)
    found.append(Subject("lifted", lifted.serial, "good", lifted.der))
    found.append(Subject("burned", _burn_one(world), "unspecified"))
    found += [Subject(f"unknown{n}", serial, "unknown") for n, serial in enumerate((1, 2**64, 2**158 + 7))]
    return found


def _enrol(world: World, count: int) -> list[IssuedCertificate]:
    return [world.enrol().issued for _ in range(count)]


def _burn_one(world: World) -> int:
    """Lose the token between its signature and our record; return the serial that was burned for it."""
    provider = world.provider
    assert isinstance(provider, FaultyProvider)
    provider.wrap = lambda signer: FaultySigner(signer, after=lambda message, _signature: lose_token(message))
    with pytest.raises(TokenLost):
        world.enrol()
    provider.wrap = lambda signer: signer
    with world.engine.connect() as conn:
        query = sa.select(certificate.c.serial).where(certificate.c.status == "burned")
        return int(conn.execute(query).scalar_one())
