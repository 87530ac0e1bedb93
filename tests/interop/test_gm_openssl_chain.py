"""What openssl issues in SM2, our verifier accepts: root, certificate and revocation list made by its commands."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.conftest import missing
from verify.algorithms import key_of
from verify.certificates.links import made_by
from verify.certificates.paths import PathFinder
from verify.certificates.purpose import check_document_signer
from verify.certificates.revocation import Evidence
from verify.certificates.signer import CertificateJudge
from verify.errors import Finding
from verify.policy import Policy
from verify.trust import TrustStore
from verify.verdict import SubIndication

pytestmark = pytest.mark.judge
IDENTITY = ("-sigopt", "distid:1234567812345678")
CONFIG = """
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sm3
default_crl_days = 7
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[crl]
authorityKeyIdentifier = keyid
"""


class Authority:
    """A folder in which openssl keeps a root in SM2."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "openssl.cnf").write_text(CONFIG)
        (folder / "index.txt").touch()
        for name in ("serial", "crlnumber"):
            (folder / name).write_text("1000\n")
        self.key("root")
        self("req", "-new", "-x509", "-key", "root.key", "-sm3", *IDENTITY, "-subj", "/CN=TEST SM2 Root",
             "-days", "3650", "-extensions", "root", "-out", "root.pem")  # fmt: skip

    def __call__(self, *command: str) -> None:
        environment = {**os.environ, "OPENSSL_CONF": str(self.folder / "openssl.cnf")}
        try:
            ran = subprocess.run(
                ["openssl", *command], cwd=self.folder, env=environment, capture_output=True, check=False
            )
        except FileNotFoundError:
            missing("openssl", "not installed")
        assert ran.returncode == 0, ran.stderr.decode()

    def key(self, name: str) -> None:
        self("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt",
             "ec_param_enc:named_curve", "-out", f"{name}.key")  # fmt: skip

    def issue(self, name: str) -> x509.Certificate:
        self.key(name)
        self(
            "req",
            "-new",
            "-key",
            f"{name}.key",
            "-sm3",
            *IDENTITY,
            "-subj",
            f"/CN=TEST {name}",
            "-out",
            f"{name}.csr",
        )
        self("ca", "-batch", "-config", "openssl.cnf", "-in", f"{name}.csr", "-cert", "root.pem", "-keyfile", "root.key",
             *IDENTITY, "-vfyopt", "distid:1234567812345678", "-extensions", "leaf", "-days", "365", "-notext",
             "-out", f"{name}.pem")  # fmt: skip
        return x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())

    def crl(self, *revoked: str) -> bytes:
        for name in revoked:
            self(
                "ca",
                "-config",
                "openssl.cnf",
                "-revoke",
                f"{name}.pem",
                "-cert",
                "root.pem",
                "-keyfile",
                "root.key",
            )
        self("ca", "-config", "openssl.cnf", "-gencrl", "-crlexts", "crl", "-cert", "root.pem", "-keyfile", "root.key",
             *IDENTITY, "-out", "list.pem")  # fmt: skip
        return x509.load_pem_x509_crl((self.folder / "list.pem").read_bytes()).public_bytes(Encoding.DER)

    @property
    def root(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / "root.pem").read_bytes())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("openssl-sm2"))


def judged(authority: Authority, leaf: x509.Certificate, crl: bytes) -> tuple[str, Finding | None]:
    paths = PathFinder(TrustStore([authority.root]))
    evidence = Evidence(paths)
    evidence.add([crl], [], embedded=False)
    judge = CertificateJudge(paths, evidence, Policy())
    found = judge.judge(leaf, [], datetime.now(UTC) + timedelta(seconds=5), check_document_signer)
    return found.state.status, found.finding


def test_openssl_is_its_own_root(authority: Authority) -> None:
    assert made_by(authority.root, authority.root)
    assert key_of(authority.root).key_size == 256


def test_a_chain_and_a_list_by_openssl(authority: Authority) -> None:
    good, bad = authority.issue("good"), authority.issue("bad")
    crl = authority.crl("bad")
    assert judged(authority, good, crl) == ("good", None)
    status, finding = judged(authority, bad, crl)
    assert status == "revoked"
    assert finding is not None
    assert finding.sub is SubIndication.REVOKED_NO_POE


def test_another_root_of_the_same_name_is_not_it(authority: Authority, tmp_path: Path) -> None:
    leaf = authority.issue("other")
    twin = Authority(tmp_path)
    assert twin.root.subject == authority.root.subject
    assert not made_by(leaf, twin.root)
    _, finding = judged(twin, leaf, authority.crl())
    assert finding is not None
    assert finding.sub is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
