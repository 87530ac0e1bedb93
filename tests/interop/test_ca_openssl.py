"""openssl judges our chains: with the strict rules, by purpose, at the first and last second, and broken ones."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony_plan import CeremonyPlan
from hsm.algorithms import KeyKind
from tests.conftest import SteppingClock
from tests.pki import Keeper, World, make_world

pytestmark = pytest.mark.judge


@pytest.fixture(params=[KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_3072], ids=lambda kind: kind.value)
def world(request: pytest.FixtureRequest, sqlite_database: str, clock: SteppingClock) -> Iterator[World]:
    from api.database.engine import make_engine

    engine: sa.Engine = make_engine(sqlite_database)
    plan = CeremonyPlan(token="ca", scheme="file", root_key=request.param, issuing_key=request.param)
    yield make_world(engine, clock, plan=plan)
    engine.dispose()


@pytest.fixture
def keeper(world: World) -> Keeper:
    return world.enrol()


class Judge:
    """``openssl verify`` over one hierarchy."""

    def __init__(self, folder: Path, world: World) -> None:
        self.folder = folder
        self.root = self.write("root", world.root)
        self.issuing = self.write("issuing", world.issuing)

    def write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        return path

    def verify(self, leaf: x509.Certificate, *options: str, at: datetime | None = None) -> str:
        moment = ["-attime", str(int(at.timestamp()))] if at else []
        done = subprocess.run(
            [
                *("openssl", "verify", "-x509_strict", "-check_ss_sig", *moment, *options),
                *("-CAfile", self.root, "-untrusted", self.issuing, self.write("leaf", leaf)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return "OK" if done.returncode == 0 else done.stderr + done.stdout


@pytest.fixture
def judge(tmp_path: Path, world: World) -> Judge:
    return Judge(tmp_path, world)


def test_every_chain_is_accepted(judge: Judge, world: World, keeper: Keeper) -> None:
    leaves = [keeper.issued.certificate, *(unit.x509 for unit in world.authority.units())]
    assert [judge.verify(leaf) for leaf in leaves] == ["OK"] * 5


def test_purposes(judge: Judge, world: World, keeper: Keeper) -> None:
    tsa, ocsp = world.hierarchy.tsa.x509, world.hierarchy.ocsp.x509
    assert judge.verify(tsa, "-purpose", "timestampsign") == "OK"
    assert judge.verify(ocsp, "-purpose", "ocsphelper") == "OK"
    assert judge.verify(keeper.issued.certificate, "-purpose", "timestampsign") != "OK"
    assert judge.verify(keeper.issued.certificate, "-purpose", "sslserver") != "OK"


def test_I09_first_and_last_second(judge: Judge, world: World, keeper: Keeper) -> None:
    """Openssl counts the last second as expired already (``X509_cmp_time``), RFC 5280 §4.1.2.5 does not."""
    made, second = keeper.issued, timedelta(seconds=1)
    assert judge.verify(made.certificate, at=made.not_before) == "OK"
    assert judge.verify(made.certificate, at=made.not_after - second) == "OK"
    assert "expired" in judge.verify(made.certificate, at=made.not_after + second)
    assert "not yet valid" in judge.verify(made.certificate, at=made.not_before - second)


def test_I10_a_leaf_cannot_issue(judge: Judge, world: World, keeper: Keeper, tmp_path: Path) -> None:
    """Somebody who holds an enterprise's sealing key signs a certificate with it: no path is found."""
    from cryptography.hazmat.primitives import hashes

    from tests.pki import new_key

    forged = (
        x509.CertificateBuilder()
        .subject_name(keeper.issued.certificate.subject)
        .issuer_name(keeper.issued.certificate.subject)
        .public_key(new_key().public_key())
        .serial_number(7)
        .not_valid_before(keeper.issued.not_before)
        .not_valid_after(keeper.issued.not_after)
        .sign(world.provider.held(keeper.key_uri).key, hashes.SHA256())
    )
    middle = judge.write("middle", keeper.issued.certificate)
    assert judge.verify(forged, "-untrusted", str(middle)) != "OK"


def test_text_names_the_enterprise(judge: Judge, keeper: Keeper) -> None:
    """What a person sees in openssl: the name in Chinese, the code in both places."""
    done = subprocess.run(
        [
            "openssl",
            "x509",
            "-in",
            judge.write("leaf", keeper.issued.certificate),
            "-noout",
            "-subject",
            "-nameopt",
            "utf8",
        ],
        capture_output=True,
        check=True,
        timeout=60,
    )
    text = done.stdout.decode()
    assert keeper.name in text
    assert text.count(keeper.uscc) == 2
