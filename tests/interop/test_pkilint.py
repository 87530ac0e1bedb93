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

from ca.ceremony import trust_list_unit
from ca.ceremony_plan import CeremonyPlan
from ca.certificate import CertificateRequest, SubjectName, public_key_of
from hsm.algorithms import KeyKind, kind_of
from hsm.signer import Custody
from hsm.suite import Suite
from tests.conftest import SteppingClock
from tests.pki import CLERK, COMPANY, USCC, Keeper, Pki, World, make_world, new_key

pytestmark = pytest.mark.judge

KINDS = [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048, KeyKind.SM2]


SM2_FINDINGS = frozenset(
    {"NOTICE pkix.unsupported_algorithm", "ERROR pkix.key_usage_value_prohibited_for_ec"}
)
"""The judge cannot verify SM2, and holds RFC 8813 §3 (elliptic curves do not encipher) against an SM2 encryption key,
which has the same id-ecPublicKey: GB/T 20518 wants both bits there, for SM2 does encrypt (GB/T 32918.4)."""


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
    from api.database.engine import make_engine

    kind = request.param
    engine: sa.Engine = make_engine(sqlite_database)
    plan = CeremonyPlan(token="ca", scheme="file", root_key=kind, issuing_key=kind, unit_key=kind)
    suite = Suite.GM if kind is KeyKind.SM2 else Suite.INTERNATIONAL
    yield make_world(engine, clock, plan=plan, suite=suite)
    engine.dispose()


def everything(world: World) -> dict[str, x509.Certificate]:
    """Return one certificate of every profile, over keys of the CA's kind; the sealing certificate has an RSA key."""
    made, kind = world.hierarchy, kind_of(public_key_of(world.issuing))
    keeper: Keeper = world.enrol(kind=KeyKind.RSA_2048)
    owner = SubjectName(COMPANY, COMPANY, USCC)
    signing, encryption = (
        CertificateRequest(profile, owner, new_key(kind).public_key(), custody=Custody.DEVICE)
        for profile in ("enterprise-sign", "enterprise-encrypt")
    )
    pair = world.authority.issue_pair(signing, encryption, request_key="pair", actor=CLERK)
    free = {"test-seal": "演练 drill", "person-sign": "张三", "chip-auth": "chip 000123"}
    free |= {"tls-server": "broker.example.test", "tls-client": "印信连接 link"}
    hosts = {"tls-server": ("broker.example.test", "192.0.2.7", "2001:db8::7")}
    others = {
        profile: world.authority.issue(
            CertificateRequest(
                profile,
                SubjectName(name, "测试公司"),
                new_key(kind).public_key(),
                hosts=hosts.get(profile, ()),
            ),
            request_key=profile,
            actor=CLERK,
        )
        for profile, name in free.items()
    }
    return {
        "root": made.root.x509,
        "issuing": made.issuing.x509,
        "tsa": made.tsa.x509,
        "ocsp": made.ocsp.x509,
        "seal-maker": made.seal_maker.x509,
        "trust-list": trust_list_unit(world.authority, actor=CLERK).x509,
        "enterprise-seal": keeper.issued.certificate,
        "enterprise-sign": pair.signing.certificate,
        "enterprise-encrypt": pair.encryption.certificate,
        **{profile: issued.certificate for profile, issued in others.items()},
    }


def test_every_profile_and_pair_is_clean(world: World, tmp_path: Path) -> None:
    """Each certificate alone, then with its issuer's: names, key identifiers and signature algorithm agree."""
    made = everything(world)
    files = {name: write(tmp_path, name, certificate) for name, certificate in made.items()}
    findings = {name: judge("lint_pkix_cert", file) for name, file in files.items()}
    for name, file in files.items():
        above = files["issuing" if name not in ("root", "issuing") else "root"]
        findings[f"{name} and its issuer"] = judge("lint_pkix_signer_signee_cert_chain", above, file)
    known = SM2_FINDINGS if kind_of(public_key_of(world.issuing)) is KeyKind.SM2 else frozenset()
    assert {name: left for name, found in findings.items() if (left := set(found) - known)} == {}
    assert known <= {code for found in findings.values() for code in found}, "the judge has learnt SM2"


def test_the_judge_finds_a_wrong_certificate(clock: SteppingClock, tmp_path: Path) -> None:
    """A CA flag against its key usage: the judge is awake."""
    wrong = Pki(clock.now).party(
        ca=True, key_usage=("digital_signature",), not_after=clock.now + timedelta(days=3)
    )
    assert judge("lint_pkix_cert", write(tmp_path, "wrong", wrong.certificate))
