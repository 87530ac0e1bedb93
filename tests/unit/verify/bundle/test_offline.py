"""Without a network the verdicts are those of the service: every kind of document, in a process that can open no socket (D6)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from seals.seal import SealStatus
from tests.pki import Party
from tests.unit.verify.bundle.test_bundle import HOUR, Maker
from tests.unit.verify.test_seals import DAY, Sealing
from tests.verify_world import Signing, append, small_pdf
from verify.bundle.use import BundleUse, opened
from verify.folder import load_trust
from verify.trust import TrustStore
from verify.verifier import Verifier

NO_SOCKETS = """
import socket
class Refused(socket.socket):
    def __init__(self, *_a, **_k):
        raise SystemExit("a socket was opened")
def refuse(*_a, **_k):
    raise SystemExit("a name was looked up")
socket.socket = Refused
socket.create_connection = socket.getaddrinfo = socket.socketpair = refuse
"""
"""Loaded by every Python process of the run before anything else, as ``sitecustomize``: the verifier's worker too."""
COMMAND = """
import sys
from datetime import datetime
from verify.command import run
sys.exit(run(sys.argv[2:], clock=lambda: datetime.fromisoformat(sys.argv[1])))
"""
ROOT = Path(__file__).parents[4]


def documents(signing: Signing, revoked: Party) -> dict[str, bytes]:
    """Make one document of each kind; no time-stamp proves that the revoked keeper's and the suspended seal's came before."""
    sealing = Sealing(signing)
    good = sealing.seal()
    stranger = Signing(signing.now)  # of a hierarchy of its own
    return {
        "passed.pdf": good,
        "modified.pdf": append(good, {4: b"<< /Length 0 >>\nstream\n\nendstream"}),
        "revoked.pdf": signing.sign(keeper=revoked),
        "suspended.pdf": sealing.seal(stamp=False),
        "unknown.pdf": stranger.sign(stamp=True),
        "unsigned.pdf": small_pdf(),
        "damaged.pdf": good[: len(good) // 3],
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Maker]:
    """Lay out the documents, the trust folder of the service, and its bundle."""
    folder = tmp_path_factory.mktemp("offline")
    signing = Signing()
    maker, sealing = Maker(signing), Sealing(signing)
    (folder / "documents").mkdir()
    stopped = signing.pki.party()
    for name, data in documents(signing, stopped).items():
        (folder / "documents" / name).write_bytes(data)
    when = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)  # after they were signed
    revoked = {stopped.certificate.serial_number: (when, ReasonFlags.key_compromise)}
    states = sealing.status_list((signing.now - DAY, SealStatus.ACTIVE), (when, SealStatus.SUSPENDED))
    files = {
        "anchors/root.cer": signing.root_der,
        "intermediates/issuing.cer": signing.pki.issuing.certificate.public_bytes(Encoding.DER),
        "crls/issuing.crl": signing.pki.crl(revoked=revoked, this_update=when),
        "crls/root.crl": signing.pki.crl(signing.pki.root),
        "seals/seals-0.jws": states.encode(),
    }
    for name, data in files.items():
        path = folder / "trust" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    maker.now = when
    (folder / "b.bundle").write_bytes(maker.make(files=files))
    return folder, maker


def offline(world: tuple[Path, Maker], *options: str) -> dict[str, tuple[str, str | None]]:
    folder, maker = world
    at = (maker.now + HOUR).isoformat()
    names = sorted(str(path) for path in (folder / "documents").iterdir())
    (folder / "sitecustomize.py").write_text(NO_SOCKETS)
    environment = os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", COMMAND, at, *names, "--json", "--bundle", str(folder / "b.bundle")]
    memory = ("--bundle-memory", str(folder / "memory.json"))
    done = subprocess.run(
        [*command, *memory, *options], capture_output=True, text=True, check=False, env=environment
    )
    assert "a socket was opened" not in done.stderr
    assert "a name was looked up" not in done.stderr
    tried = [sys.executable, "-c", "import socket; socket.socket()"]
    assert subprocess.run(tried, capture_output=True, check=False, env=environment).returncode
    told = json.loads(done.stdout)["documents"]
    return {Path(one["file"]).name: (one["verdict"], one["sub_indication"]) for one in told}


def online(world: tuple[Path, Maker], trust: TrustStore) -> dict[str, tuple[str, str | None]]:
    folder, maker = world
    verifier = Verifier(trust)
    found = {}
    for path in sorted((folder / "documents").iterdir()):
        report = verifier.verify(path.read_bytes(), at=maker.now + HOUR, name=path.name)
        sub = report.sub_indication
        found[path.name] = (report.verdict.value, None if sub is None else sub.value)
    return found


def test_the_verdicts_are_those_of_the_service(world: tuple[Path, Maker]) -> None:
    folder, maker = world
    expected = online(world, load_trust(folder / "trust"))
    assert offline(world, "--bundle-signer", maker.signer) == expected
    verdicts = {name: verdict for name, (verdict, _) in expected.items()}
    assert verdicts == {
        "passed.pdf": "passed",
        "modified.pdf": "failed",
        "revoked.pdf": "indeterminate",
        "suspended.pdf": "indeterminate",
        "unknown.pdf": "indeterminate",
        "unsigned.pdf": "indeterminate",
        "damaged.pdf": "unreadable",
    }


def test_without_the_signers_name_nothing_is_green(world: tuple[Path, Maker]) -> None:
    assert "passed" not in {verdict for verdict, _ in offline(world).values()}


def test_a_certificate_that_has_ocsp_alone_is_judged_alike(tmp_path: Path) -> None:
    """Its authority publishes no list: with the answer both say yes, without it neither does."""
    signing = Signing()
    maker, keeper = Maker(signing), signing.pki.party()
    document, at = signing.sign(keeper=keeper, stamp=False), signing.now + HOUR
    files = {
        "anchors/root.cer": signing.root_der,
        "crls/root.crl": signing.pki.crl(signing.pki.root),
        "ocsp/keeper.ocsp": signing.pki.ocsp(keeper.certificate),
    }
    for given, expected in ((files, "passed"), (dict(list(files.items())[:2]), "indeterminate")):
        folder = tmp_path / expected
        for name, data in given.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        packed = folder / "b.bundle"
        packed.write_bytes(maker.make(files=given))
        with opened(BundleUse(packed, maker.signer, None), at) as bundle:
            away = Verifier(bundle.trust).verify(document, at=at)
        here = Verifier(load_trust(folder)).verify(document, at=at)
        assert (away.verdict.value, away.sub_indication) == (expected, here.sub_indication)
        assert here.verdict is away.verdict
