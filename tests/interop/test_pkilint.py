"""pkilint, an outside judge, on every certificate that our profiles give (RFC 5280, RFC 5480, X.520 …)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremony import CeremonyPlan
from ca.certificate import CertificateRequest, SubjectName
from hsm.algorithms import KeyKind
from tests.conftest import SteppingClock
from tests.pki import CLERK, Keeper, Pki, World, make_world, new_key

pytestmark = pytest.mark.judge

KINDS = [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048]


def judge(tool: str, *files: Path) -> list[str]:
    """Return what a pkilint tool finds, notices included: ``severity code`` each."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            f"pkilint.bin.{tool}",
            "lint",
            "-s",
            "NOTICE",
            "-f",
            "JSON",
            *files,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout, done.stderr
    results = json.loads(done.stdout)["results"]
    return [
        f"{finding['severity']} {finding['code']}"
        for result in results
        for finding in result["finding_descriptions"]
    ]


def write(folder: Path, name: str, certificate: x509.Certificate) -> Path:
    path = folder / f"{name}.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(params=KINDS, ids=lambda kind: kind.value)
def world(request: pytest.FixtureRequest, sqlite_database: str, clock: SteppingClock) -> Iterator[World]:
    from api.database import make_engine

    kind = request.param
    engine: sa.Engine = make_engine(sqlite_database)
    plan = CeremonyPlan(token="ca", scheme="file", root_key=kind, issuing_key=kind, unit_key=kind)
    yield make_world(engine, clock, plan=plan)
    engine.dispose()


def everything(world: World) -> dict[str, x509.Certificate]:
    """Return one certificate of every profile; the enterprise's has an RSA key."""
    made = world.hierarchy
    keeper: Keeper = world.enrol(kind=KeyKind.RSA_2048)
    drill = world.authority.issue(
        CertificateRequest("test-seal", SubjectName("演练 drill", "测试公司"), new_key().public_key()),
        request_key="drill",
        actor=CLERK,
    )
    return {
        "root": made.root.x509,
        "issuing": made.issuing.x509,
        "tsa": made.tsa.x509,
        "ocsp": made.ocsp.x509,
        "seal-maker": made.seal_maker.x509,
        "enterprise-seal": keeper.issued.certificate,
        "test-seal": drill.certificate,
    }


def test_every_profile_and_pair_is_clean(world: World, tmp_path: Path) -> None:
    """Each certificate alone, then with its issuer's: names, key identifiers and signature algorithm agree."""
    made = everything(world)
    files = {name: write(tmp_path, name, certificate) for name, certificate in made.items()}
    findings = {name: judge("lint_pkix_cert", file) for name, file in files.items()}
    for name, file in files.items():
        above = files["issuing" if name not in ("root", "issuing") else "root"]
        findings[f"{name} and its issuer"] = judge("lint_pkix_signer_signee_cert_chain", above, file)
    assert {name: found for name, found in findings.items() if found} == {}


def test_the_judge_finds_a_wrong_certificate(clock: SteppingClock, tmp_path: Path) -> None:
    """A CA flag against its key usage: the judge is awake."""
    wrong = Pki(clock.now).party(
        ca=True, key_usage=("digital_signature",), not_after=clock.now + timedelta(days=3)
    )
    assert judge("lint_pkix_cert", write(tmp_path, "wrong", wrong.certificate))
