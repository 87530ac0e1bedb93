"""The verifier by itself: what it imports, its command, its trust folder, its process (D6)."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.verify_world import Signing, append, small_pdf
from verify.command import USAGE_STATUS, run
from verify.document_file import document_file
from verify.folder import TrustFolderUnusable, load_trust
from verify.isolated import IsolatedVerifier, Limits, verify_isolated
from verify.trust import TrustStore
from verify.verdict import EXIT_STATUS, SubIndication, Verdict, worst
from verify.wire import pack, pack_policy, pack_trust, unpack_policy, unpack_report, unpack_trust

FORBIDDEN = (
    "sqlalchemy", "alembic", "fastapi", "starlette", "pkcs11", "psycopg", "aiohttp", "requests", "httpx", "uvicorn",
    "pydantic", "pyhanko.sign", "hsm.provider", "hsm.pins", "hsm.cryptoki", "hsm.soft_keys", "urllib.request",
    "gmssl_pyx", "hsm.soft_private", "hsm.worker", "hsm.sm2.backend", "hsm.sm2.arithmetic", "hsm.sm2.scalar",
    "hsm.sm2.private_octets", "hsm.sm2.by_python", "hsm.sm2.by_libcrypto", "hsm.sm2.by_gmssl",
)  # fmt: skip


def test_import_closure_is_pure() -> None:
    """House 1: an auditor runs it alone; no database, web, token, network client or private key comes with it."""
    code = "import sys, verify.__main__, verify.worker; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "verify.verifier" in loaded
    assert [name for name in FORBIDDEN if name in loaded] == []


@pytest.fixture
def folder(signing: Signing, tmp_path: Path) -> Path:
    """Lay out a trust folder in all its forms."""
    trust = tmp_path / "trust"
    (trust / "crls").mkdir(parents=True)
    (trust / "root.cer").write_bytes(signing.root_der)
    (trust / "issuing.pem").write_bytes(signing.pki.issuing.certificate.public_bytes(Encoding.PEM))
    for number, der in enumerate(signing.crls()):
        (trust / "crls" / f"{number}.crl").write_bytes(der)
    (trust / "README.txt").write_text("anything")
    return trust


def test_trust_folder_in_all_its_forms(signing: Signing, folder: Path, b_b: bytes) -> None:
    store = load_trust(folder)
    assert (len(store.anchors), len(store.intermediates), len(store.crls)) == (1, 1, 2)
    assert signing.verify(b_b, trust=store).verdict is Verdict.PASSED


def test_certificate_in_a_folder_called_anchors_is_believed(signing: Signing, tmp_path: Path) -> None:
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "issuing.cer").write_bytes(signing.pki.issuing.der)
    assert len(load_trust(tmp_path).anchors) == 1


def test_unusable_trust_folder_says_which_file(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrustFolderUnusable):
        load_trust(tmp_path / "nowhere")
    (folder / "broken.cer").write_bytes(b"not a certificate")
    with pytest.raises(TrustFolderUnusable) as caught:
        load_trust(folder)
    assert "broken.cer" in caught.value.zh
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(TrustFolderUnusable, match="no root"):
        load_trust(empty)


@pytest.fixture
def files(signing: Signing, tmp_path: Path, b_t: bytes) -> dict[str, str]:
    contents = {
        "passed": b_t,
        "failed": append(b_t, {5: b"<</Length 2>>stream\nq \nendstream"}),
        "indeterminate": small_pdf(),
        "unreadable": b"GIF89a",
    }
    for name, data in contents.items():
        (tmp_path / f"{name}.pdf").write_bytes(data)
    return {name: str(tmp_path / f"{name}.pdf") for name in contents}


def call(signing: Signing, folder: Path, *args: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    clock = lambda: signing.now + timedelta(hours=1)  # noqa: E731
    status = run([*args, "--trust", str(folder)], clock=clock, out=out, errors=errors)
    return status, out.getvalue(), errors.getvalue()


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["passed"], 0),
        (["failed"], 1),
        (["indeterminate"], 2),
        (["unreadable"], 3),
        (["passed", "indeterminate"], 2),
        (["indeterminate", "unreadable"], 3),
        (["unreadable", "failed", "passed"], 1),
    ],
)
def test_exit_status(
    signing: Signing, folder: Path, files: dict[str, str], names: list[str], status: int
) -> None:
    """Of several documents the gravest counts: 1, then 3, then 2, then 0."""
    assert call(signing, folder, *(files[name] for name in names))[0] == status


def test_json_output(signing: Signing, folder: Path, files: dict[str, str]) -> None:
    status, out, _ = call(signing, folder, files["passed"], files["unreadable"], "--json")
    documents = json.loads(out)["documents"]
    assert status == 3
    assert [item["verdict"] for item in documents] == ["passed", "unreadable"]
    assert documents[0]["file"] == files["passed"]
    assert documents[0]["signatures"][0]["level"] == "B-T"


def test_human_output_opens_with_the_word(signing: Signing, folder: Path, files: dict[str, str]) -> None:
    """D1: 有效 / 无效 / 无法判定 first, then the reason, then the rest."""
    _, out, _ = call(signing, folder, files["passed"])
    lines = out.splitlines()
    assert lines[1].strip() == "有效 / VALID"
    assert "可信时间戳 / trusted time-stamp" in out
    assert "演示证书，不具法律效力" in out
    assert "trust evidence as of" in out
    _, out, _ = call(signing, folder, files["failed"])
    assert out.splitlines()[1].strip() == "无效 / INVALID"
    assert "第 1 页" in out


def test_time_of_verification(signing: Signing, folder: Path, files: dict[str, str]) -> None:
    before = (signing.now - timedelta(days=1)).isoformat()
    assert call(signing, folder, files["passed"], "--at", before)[0] == 2
    status, _, errors = call(signing, folder, files["passed"], "--at", "yesterday")
    assert status == USAGE_STATUS
    assert "时间格式" in errors


def test_folder_of_documents_and_missing_file(signing: Signing, folder: Path, files: dict[str, str]) -> None:
    status, out, _ = call(signing, folder, str(Path(files["passed"]).parent), "--json")
    assert status == 1
    assert len(json.loads(out)["documents"]) == 4
    status, out, _ = call(signing, folder, "/nowhere/at/all.pdf")
    assert status == 3
    assert "找不到该文件" in out


def test_hostile_names_cannot_steer_the_terminal(signing: Signing, folder: Path, tmp_path: Path) -> None:
    data = signing.sign(field="Seal\x1b[31m")
    path = tmp_path / "x.pdf"
    path.write_bytes(data)
    _, out, _ = call(signing, folder, str(path))
    assert "\x1b" not in out


def test_runs_as_a_module(signing: Signing, folder: Path, files: dict[str, str]) -> None:
    command = [sys.executable, "-m", "verify", files["passed"], "--trust", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"][0]["verdict"] == "passed"


@pytest.fixture
def isolated(signing: Signing) -> Iterator[IsolatedVerifier]:
    with IsolatedVerifier(signing.trust()) as verifier:
        yield verifier


def test_isolated_reports_are_the_same(signing: Signing, isolated: IsolatedVerifier, b_lta: bytes) -> None:
    at = signing.now + timedelta(hours=1)
    for _ in range(2):
        assert isolated.verify(b_lta, at=at, name="test.pdf") == signing.verify(b_lta, at=at)


def test_isolated_reads_a_file_itself(
    signing: Signing, isolated: IsolatedVerifier, b_lta: bytes, tmp_path: Path
) -> None:
    at, path = signing.now + timedelta(hours=1), tmp_path / "甲.pdf"
    path.write_bytes(b_lta)
    (tmp_path / "link.pdf").symlink_to(path)
    file = document_file(tmp_path / "link.pdf")
    assert file is not None
    report = isolated.verify(file, at=at, name="test.pdf")
    assert report == signing.verify(b_lta, at=at)
    path.unlink()
    gone = isolated.verify(file, at=at, name="test.pdf")
    assert (gone.file, gone.verdict, gone.sha256) == ("test.pdf", Verdict.UNREADABLE, "")
    assert "找不到" in gone.reason.zh
    assert isolated.verify(b_lta, at=at, name="test.pdf") == report


def test_what_only_this_process_has_is_read_here(tmp_path: Path) -> None:
    """A shell hands a document over as a pipe, and a file that was taken away as a descriptor."""
    reader, writer = os.pipe()
    taken = tmp_path / "taken.pdf"
    with taken.open("wb") as stream, os.fdopen(reader), os.fdopen(writer, "wb"):
        taken.unlink()
        assert document_file(Path(f"/dev/fd/{reader}")) is None
        assert document_file(Path(f"/dev/fd/{stream.fileno()}")) is None
    assert document_file(tmp_path) is None


def test_isolated_hang_becomes_a_verdict(signing: Signing, b_b: bytes) -> None:
    """A process that does not come to an end costs a verdict, and the next document is served by a new one."""
    at = signing.now + timedelta(hours=1)
    with IsolatedVerifier(signing.trust(), limits=Limits(seconds=3)) as verifier:
        assert verifier.verify(b_b, at=at).verdict is Verdict.PASSED
        process = verifier._worker.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        report = verifier.verify(b_b, at=at)
        assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.LIMIT_REACHED)
        assert "时限" in report.reason.zh
        assert verifier.verify(b_b, at=at).verdict is Verdict.PASSED


def test_isolated_crash_becomes_a_verdict_and_the_next_is_served(
    signing: Signing, isolated: IsolatedVerifier, b_b: bytes
) -> None:
    at = signing.now + timedelta(hours=1)
    assert isolated.verify(b_b, at=at).verdict is Verdict.PASSED
    process = isolated._worker.process
    assert process is not None
    process.kill()
    process.wait()
    assert isolated.verify(b_b, at=at).verdict is Verdict.PASSED


def test_isolated_memory_limit(signing: Signing) -> None:
    """Sixty megabytes of text need more memory than is given: a verdict, no swap, no crash of ours."""
    at = signing.now + timedelta(hours=1)
    large = small_pdf(text="x" * 60_000_000)
    report = verify_isolated(large, signing.trust(), at=at, limits=Limits(memory=220 * 1024 * 1024))
    assert report.verdict in {Verdict.INDETERMINATE, Verdict.UNREADABLE}


def test_wire_round_trips(signing: Signing, b_lta: bytes) -> None:
    report = signing.verify(b_lta)
    assert unpack_report(json.loads(json.dumps(pack(report)))) == report
    trust = signing.trust(intermediates=[signing.pki.issuing.certificate], seal_lists=["a.b.c"])
    again = unpack_trust(json.loads(json.dumps(pack_trust(trust))))
    assert pack_trust(again) == pack_trust(trust)
    from verify.policy import Policy

    policy = Policy(require_revocation=False)
    assert unpack_policy(json.loads(json.dumps(pack_policy(policy)))) == policy


def test_wire_refuses_what_is_no_report() -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        unpack_report({"file": 3, "verdict": "passed", "reason": {"zh": "", "en": ""}})
    with pytest.raises((ValueError, TypeError, KeyError)):
        unpack_report({"verdict": "sure"})


def test_order_of_verdicts() -> None:
    assert worst(list(Verdict)) is Verdict.FAILED
    assert worst([Verdict.PASSED, Verdict.INDETERMINATE]) is Verdict.INDETERMINATE
    assert sorted(EXIT_STATUS.values()) == [0, 1, 2, 3]


def test_empty_trust_believes_nobody(signing: Signing, b_b: bytes) -> None:
    assert signing.verify(b_b, trust=TrustStore(())).verdict is Verdict.INDETERMINATE
